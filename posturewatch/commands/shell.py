"""What every command stands on: the application, exit codes, the consoles, the live screen."""

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.text import Text

from posturewatch import frames
from posturewatch.errors import PosturewatchError

WIDE = 160  # chosen: columns where the output is no terminal
INTERRUPTED = 130  # DESIGN part 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches how far your head is carried forward, for how long, and suggests a documented exercise. "
    "Everything stays on this machine.",
)
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)  # a file has no edge
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def command(example: str, name: str | None = None) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a function that returns an exit code; its errors become one line, Ctrl-C exit code 130."""

    def register(function: Callable[..., int]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                code = function(*args, **kwargs)
            except PosturewatchError as error:
                complain(error)
                code = 1
            except KeyboardInterrupt:
                code = INTERRUPTED
            except BrokenPipeError:  # `posturewatch … | head`: nobody reads on
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = 0
            raise typer.Exit(code)

        app.command(name, epilog=f"Example: {example}")(run)
        return run

    return register


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"posturewatch {metadata.version('posturewatch')}")
        raise typer.Exit()


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = (
        False
    ),
) -> None: ...


def warn(line: str) -> None:
    """One line of warning on stderr; above the live view where both are on one screen, which it would tear."""
    where = out if isinstance(sys.stderr, FileProxy) and err.is_terminal else err
    where.print(Text(f"posturewatch: {line}", style="yellow"))


@contextlib.contextmanager
def screen(wanted: bool) -> Iterator["Screen | None"]:
    """The live view, on a terminal."""
    if not (wanted and out.is_terminal):
        yield None
        return
    with Live(console=out, auto_refresh=False, transient=True) as view:
        yield Screen(view)


class Screen:
    """Draws at most ten times a second, however fast the samples come."""

    def __init__(self, view: Live) -> None:
        self._view = view
        self._drawn_s = 0.0

    def update(self, what: RenderableType) -> None:
        """Show this instead of what is there."""
        now_s = frames.now_s()
        if now_s - self._drawn_s >= 0.1:
            self._drawn_s = now_s
            self._view.update(what, refresh=True)

    def bell(self) -> None:
        """Sound the terminal's bell."""
        self._view.console.bell()


def say(what: RenderableType, quiet: bool) -> None:
    """Print it unless --quiet."""
    if not quiet:
        out.print(what)


def say_json(what: Any, indent: int | None = None) -> None:
    """Print it as JSON."""
    out.print(json.dumps(what, ensure_ascii=False, indent=indent), soft_wrap=True, markup=False)


def complain(error: PosturewatchError) -> None:
    """A mistake's one line on stderr."""
    err.print(Text(f"posturewatch: {error}"))
