"""posturewatch: how far the head is carried forward, for how long, and what to do about it."""
