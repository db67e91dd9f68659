"""Markdown tables whose source is as easy to read as what is made of it."""

from collections.abc import Sequence

NONE = "–"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    ruler = [":" + "-" * (width - 1) if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    lines = [_padded(header, widths), "| " + " | ".join(ruler) + " |", *(_padded(row, widths) for row in rows)]
    return "\n".join(lines)


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """The number, or a dash for none; a minus is a minus and nothing is −0."""
    if value is None or value != value:
        return NONE
    value = round(value, digits) + 0.0
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def percent(share: float | None) -> str:
    """A share of 1 in percent."""
    return NONE if share is None or share != share else f"{100 * share:.0f} %"


def span(low: float | None, high: float | None, digits: int = 1, sign: bool = False) -> str:
    """From … to …, or a dash."""
    return NONE if low is None or high is None else f"{number(low, digits, sign)} … {number(high, digits, sign)}"


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(padded) + " |"
