"""The commands that are more than a few lines, and what they share."""
