"""The MediaPipe model bundles, unmodified (NOTICE)."""
