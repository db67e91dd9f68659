"""`python -m posturewatch`, and the console script."""

import signal
import sys

from posturewatch.errors import end


def main() -> None:
    """Run the command line; a request to end while it is still loading ends it as quietly as later."""
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, end)  # the terminal was closed
    try:
        from posturewatch import cli

        cli.app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
