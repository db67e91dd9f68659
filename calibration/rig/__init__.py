"""The rig: rendered people with exactly known posture, to calibrate and to test the program with."""
