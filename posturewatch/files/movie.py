"""What the header of an MP4 or MOV file tells."""

import os
import struct
from pathlib import Path


def length_s(path: Path) -> float | None:
    """The playing time in its header (ISO 14496-12, mvhd); None for other files.

    The frame count is no use where a clip was cut without re-encoding: it counts the hidden frames too.
    """
    with path.open("rb") as file:
        while len(head := file.read(16)) == 16:
            size, kind, large = struct.unpack(">I4sQ", head)
            if kind == b"moov":
                mvhd = head[8:] + file.read(32)
                if len(mvhd) < 40:
                    return None
                scale, ticks = struct.unpack_from(*((">IQ", mvhd, 28) if mvhd[8] else (">II", mvhd, 20)))
                return ticks / scale if mvhd[4:8] == b"mvhd" and scale else None
            size = large if size == 1 else size
            if not 8 <= size <= path.stat().st_size:
                return None
            file.seek(size - 16, os.SEEK_CUR)
    return None
