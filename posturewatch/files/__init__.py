"""What is kept on disk, and how: whole or not at all, by one process at a time, for the user alone."""
