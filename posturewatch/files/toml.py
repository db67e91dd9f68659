"""A TOML text: reading it from an ordinary file, finding the line of each thing in it, and values as it writes them."""

import json
import re
import stat
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from posturewatch.errors import PosturewatchError

Where = tuple[str | int, ...]  # keys, and places in lists from 0

MOST_BYTES = 65_536  # chosen: every key with a long comment fits in a tenth of it
MOST_STATEMENT_LINES = 200  # chosen: bounds the search for a line number in a file that is one endless array


def read_text(path: Path) -> str:
    """The file's text without a byte order mark; only an ordinary file of a sensible size is opened at all."""
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise PosturewatchError(f"{path} is not a file. Name a TOML file, such as settings.toml.")
    if info.st_size > MOST_BYTES:
        raise PosturewatchError(f"{path} is above {MOST_BYTES // 1024} KB, too large to be read. Name another file.")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PosturewatchError(f"{path.name}, line {line}: not UTF-8 text. Save the file as UTF-8.") from None


def parse(name: str, text: str) -> dict[str, object]:
    """The TOML document; PosturewatchError with this file name and the line where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).partition(" (at ")
        found = re.match(r"line ([0-9]+)", place)
        line = found[1] if found else text.rstrip("\n").count("\n") + 1  # else "end of document"
        raise PosturewatchError(f"{name}, line {line}: not TOML: {one_line(why)}.") from None
    except (ValueError, RecursionError):  # a number of over 4300 digits; brackets nested by the thousand
        raise PosturewatchError(f"{name}: a number or a nesting in it is too long to be read. Shorten it.") from None


def line_of(text: str, target: Where) -> int | None:
    """The line of the statement that first writes this; None if it can't be found."""
    for line, section, written in _statements(text):
        inside = section == target[: len(section)] and _holds(written, target[len(section) :])
        if inside or section[: len(target)] == target:
            return line
    return None


def nearest_line_of(text: str, target: Where) -> int | None:
    """The line that first writes this, or failing that the most of the way to it; None if none writes any of it."""
    lines = (line_of(text, target[:n]) for n in range(len(target), 0, -1))
    return next((line for line in lines if line), None)


@lru_cache(maxsize=1)
def _statements(text: str) -> list[tuple[int, Where, dict[str, object]]]:
    """Line, section and what is written there of each statement; of a section's header, nothing."""
    counts: dict[Where, int] = {}
    section: Where = ()
    found = []
    for line, bracket, piece in _pieces(text):
        if bracket:
            section, piece = _numbered(_header(piece), bracket == "[[", counts), {}
        found.append((line, section, piece))
    return found


def _pieces(text: str) -> Iterator[tuple[int, str, dict[str, object]]]:
    """The statements of a valid TOML text, each parsed alone, up to one longer than MOST_STATEMENT_LINES: its line,
    "[" or "[[" before a section's name, and the piece.

    tomllib tells no lines, but it can be asked: a statement starts at a line's start and no cut-off piece of one is
    valid, so the shortest run of lines that parses is one statement, whatever its quotes, dots and brackets.
    """
    lines, start = text.split("\n"), 0
    for end in range(1, len(lines) + 1):
        if end - start > MOST_STATEMENT_LINES:
            return
        try:
            piece = tomllib.loads("\n".join(lines[start:end]))
        except (ValueError, RecursionError):
            continue
        brackets = re.match(r"[ \t]*(\[{0,2})", lines[start])
        yield start + 1, brackets[1] if brackets else "", piece
        start = end


def _header(piece: object) -> tuple[str, ...]:
    """The path of `[a.b]` or `[[a.b]]`, parsed alone."""
    path: tuple[str, ...] = ()
    while isinstance(piece, dict | list) and piece:
        if isinstance(piece, dict):
            path += (next(iter(piece)),)
            piece = piece[path[-1]]
        else:
            piece = piece[0]
    return path


def _numbered(names: tuple[str, ...], begins: bool, counts: dict[Where, int]) -> Where:
    """The header's path with the place in each list of tables; begins: the last name starts a new one."""
    path: Where = ()
    for n, name in enumerate(names, start=1):
        path += (name,)
        if begins and n == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += (counts[path],)
    return path


def _holds(piece: object, path: Where) -> bool:
    if not path:
        return True
    key, rest = path[0], path[1:]
    if isinstance(piece, list):
        return isinstance(key, int) and key < len(piece) and _holds(piece[key], rest)
    return isinstance(piece, dict) and key in piece and _holds(piece[key], rest)


def shown(value: object) -> str:
    """A value as TOML writes it, short enough for one line of a message."""
    if isinstance(value, bool | str):
        return one_line(json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float):
        return "a huge number" if 1e15 <= abs(value) < float("inf") else f"{value:.15g}"
    if isinstance(value, list | tuple):
        return "[…]" if value else "[]"
    return "{…}" if isinstance(value, dict) else one_line(str(value))


def one_line(text: str) -> str:
    """The text's printable characters, at most 80 of them."""
    kept = "".join(c if c.isprintable() else "?" for c in text)
    return kept if len(kept) <= 80 else kept[:79] + "…"
