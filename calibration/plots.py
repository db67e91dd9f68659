"""Small plots as SVG text, drawn by hand so that the same numbers give the same file; on a card of their own, so that
they can be read on a light page and on a dark one."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Range = tuple[float, float]
Corner = Literal["high left", "low right"]

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 52  # margins
LINE_PX, LABEL_PX = 18, 210  # of bar charts: a row's height, the labels' width
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#888888", "#b8a800")  # Okabe & Ito 2008
STYLE = (
    ".card{fill:#fff;stroke:#d0d7de}text{fill:#1f2328;font:13px sans-serif}.grid{stroke:#d8dee4}.mark{stroke:#1f2328}"
    "@media(prefers-color-scheme:dark){.card{fill:#161b22;stroke:#30363d}text{fill:#e6edf3}.grid{stroke:#30363d}"
    ".mark{stroke:#e6edf3}}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """Points (n, 2) under a name: dots, a line, or both."""

    name: str
    points: Array
    dots: bool = True
    line: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """What a chart shows: the axes' names, ranges and the distance of their ticks."""

    title: str
    x: str
    y: str
    x_range: Range
    y_range: Range
    x_step: float
    y_step: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval, and a second value to hold against it."""

    label: str
    value: float
    interval: Range | None = None
    other: float | None = None


def chart(axes: Axes, series: Sequence[Series], marks: Sequence[Array] = (), legend: Corner = "high left") -> str:
    """Series over two axes; marks are dashed lines (2, 2) to compare with. Dots outside the ranges are left out."""
    drawn = [_grid(axes), *(_mark(axes, mark) for mark in marks)]
    for colour, each in zip(COLOURS, series, strict=False):
        drawn.append(_series(axes, each, colour))
    high = legend == "high left"
    x, y = (LEFT + 14, TOP + 14) if high else (WIDTH - RIGHT - 260, HEIGHT - BOTTOM + 4 - 17 * len(series))
    drawn += [_legend(x, y + 17 * i, COLOURS[i], each.name) for i, each in enumerate(series)]
    return _page(axes.title, HEIGHT, drawn)


def bars(title: str, unit: str, rows: Sequence[Bar], other: str = "") -> str:
    """Horizontal bars with their intervals; `other` names the tick that is held against them."""
    height = TOP + BOTTOM + LINE_PX * len(rows)
    most = max([1.0, *(max(row.value, row.other or 0, (row.interval or (0, 0))[1]) for row in rows)])
    scale = (WIDTH - LABEL_PX - RIGHT) / most
    drawn = [_bar(row, TOP + i * LINE_PX, scale) for i, row in enumerate(rows)]
    step = next(step for step in (1, 2, 5, 10, 20, 50) if most / step <= 10)
    for value in np.arange(0, most + 1e-9, step):
        x = LABEL_PX + value * scale
        drawn.insert(0, f'<path class="grid" d="M{x:.1f} {TOP}V{height - BOTTOM + 4}"/>')
        drawn.append(_text(x, height - BOTTOM + 20, f"{value:g}", "middle"))
    note = f"{unit}; thin line: 95 % interval" + (f"; tick: {other}" if other else "")
    return _page(title, height, [*drawn, _text(WIDTH / 2, height - 12, note, "middle")])


def _page(title: str, height: int, drawn: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
            _text(WIDTH / 2, 22, title, "middle"),
            *drawn,
            "</svg>\n",
        ]
    )


def _grid(axes: Axes) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for value in _ticks(axes.x_range, axes.x_step):
        x = _place(axes, np.array([[value, axes.y_range[0]]]))[0, 0]
        parts += [f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>', _text(x, bottom + 18, _plain(value), "middle")]
    for value in _ticks(axes.y_range, axes.y_step):
        y = _place(axes, np.array([[axes.x_range[0], value]]))[0, 1]
        parts += [f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>', _text(LEFT - 8, y + 4, _plain(value), "end")]
    parts.append(_text((LEFT + right) / 2, HEIGHT - 12, axes.x, "middle"))
    middle = (TOP + bottom) / 2
    parts.append(f'<g transform="rotate(-90 18 {middle:.0f})">{_text(18, middle, axes.y, "middle")}</g>')
    return "\n".join(parts)


def _series(axes: Axes, series: Series, colour: str) -> str:
    places = _place(axes, series.points)
    if series.dots:
        shown = _inside(axes, series.points)
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places[shown])
        width, opacity = (7, 1) if series.line else (5, 0.6)
        drawn = (
            f'<path d="{dots}" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" opacity="{opacity}"/>'
        )
    else:
        drawn = ""
    if series.line:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        drawn += f'<path d="{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
    return drawn


def _mark(axes: Axes, points: Array) -> str:
    (x0, y0), (x1, y1) = _place(axes, points)
    return f'<path class="mark" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke-dasharray="4 4" opacity=".7"/>'


def _legend(x: float, y: float, colour: str, name: str) -> str:
    dot = f'<path d="M{x:g} {y - 4:g}h0" stroke="{colour}" stroke-width="9" stroke-linecap="round"/>'
    return dot + _text(x + 10, y, name)


def _bar(row: Bar, y: float, scale: float) -> str:
    middle = y + LINE_PX / 2
    parts = [
        _text(LABEL_PX - 8, middle + 4, row.label, "end"),
        f'<rect x="{LABEL_PX}" y="{y + 3:.1f}" width="{row.value * scale:.1f}" height="{LINE_PX - 6}" '
        f'fill="{COLOURS[0]}" opacity=".75"/>',
    ]
    if row.interval is not None:
        low, high = (LABEL_PX + end * scale for end in row.interval)
        parts.append(f'<path class="mark" d="M{low:.1f} {middle:.1f}H{high:.1f}"/>')
    if row.other is not None:
        x = LABEL_PX + row.other * scale
        parts.append(f'<path d="M{x:.1f} {y + 1:.1f}v{LINE_PX - 2}" stroke="{COLOURS[1]}" stroke-width="3"/>')
    return "".join(parts)


def _place(axes: Axes, points: Array) -> Array:
    """Points (n, 2) in the picture; values far outside are kept at its edge."""
    (x0, x1), (y0, y1) = axes.x_range, axes.y_range
    x = LEFT + (np.clip(points[:, 0], x0, x1) - x0) / (x1 - x0) * (WIDTH - RIGHT - LEFT)
    y = HEIGHT - BOTTOM - (np.clip(points[:, 1], y0, y1) - y0) / (y1 - y0) * (HEIGHT - BOTTOM - TOP)
    return np.column_stack([x, y])


def _inside(axes: Axes, points: Array) -> npt.NDArray[np.bool_]:
    low = np.array([axes.x_range[0], axes.y_range[0]])
    high = np.array([axes.x_range[1], axes.y_range[1]])
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def _ticks(span: Range, step: float) -> list[float]:
    first = int(np.ceil(span[0] / step - 1e-9))
    return [round(i * step, 6) for i in range(first, int(np.floor(span[1] / step + 1e-9)) + 1)]


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
