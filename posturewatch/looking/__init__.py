"""Where pictures come from and what of them is looked at: cameras, when to look, at whom, and the room behind."""
