"""The exercises' pictures: a drawn person, its outlines, arrows, and the SVG."""
