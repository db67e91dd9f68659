"""A text file that is the user's alone and is written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOM_BYTES = 65_536  # chosen: what a morning's history takes


def refused(folder: Path) -> str | None:
    """Why nothing can be kept in this folder, which is made if it can be; None when all is well."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM_BYTES))
            file.flush()
    except OSError as error:
        return str(error.strerror)
    return None


@contextmanager
def writing(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A file (0600) that takes the place of an earlier one once the block has ended well; OSError when it can't be.

    A link stays, and what it leads to is replaced; a device or a pipe is written to as it is.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding=encoding, newline="") as file:
            yield file
        return
    place = path.resolve()
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:100]}-")  # mkstemp gives 0600
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    finally:
        Path(name).unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """The same with a text at hand."""
    with writing(path) as file:
        file.write(text)
