"""The parts of the coach: the catalogue, what a body does in each axis, and what is said to it."""
