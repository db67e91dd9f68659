"""What is drawn: the exercises' pictures, a person with outlines and arrows; what the preview lays over a real one."""
