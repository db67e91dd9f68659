"""`python -m posturewatch`, and the console script."""

import signal
import sys
from types import FrameType

from posturewatch.errors import Ended


def main() -> None:
    """Run the command line; a request to end while it is still loading ends it as quietly as later."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _end)  # the terminal was closed
    try:
        from posturewatch import cli

        cli.app()
    except KeyboardInterrupt:
        sys.exit(130)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Ended


if __name__ == "__main__":
    main()
