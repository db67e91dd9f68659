"""The one error type for mistakes a person can mend."""


class PosturewatchError(Exception):
    """What happened, to which thing, and what to try: one line on stderr, exit code 1."""
