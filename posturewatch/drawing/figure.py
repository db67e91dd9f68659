"""The picture of an exercise's step as SVG, still or moving, light and dark; no script, no font, nothing outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as escaped
from pathlib import Path

import numpy as np

from posturewatch.drawing.arrows import Mark, Marks, Word, marks
from posturewatch.drawing.scene import Scene, scene
from posturewatch.drawing.skeleton import Array, Pose
from posturewatch.drawing.sketch import Outline, outlines
from posturewatch.errors import PosturewatchError
from posturewatch.exercises import Exercise
from posturewatch.files import whole

WIDTH, HEIGHT = 400.0, 430.0  # px; chosen
TOP, BOTTOM, EDGE = 34.0, 376.0, 8.0  # of the part that holds the figure
LETTER = 15.0  # px: 0.4 cm on a picture 10 cm wide; chosen
LETTER_WIDTH = 0.56  # of the letter's height: the mean of common sans-serif faces, rounded up
HEAD_LENGTH, HEAD_HALF = 14.0, 8.5  # px of an arrow's head; chosen

# (light, dark): WCAG 2.2 contrast to the paper ≥ 4.5 for words, ≥ 3 for lines (tests/test_figure.py works it out)
COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#1e1e1e"),
    "word": ("#22303d", "#eef2f6"),
    "line": ("#33475b", "#c3d0dc"),
    "skin": ("#f1f5f9", "#2b3845"),
    "hair": ("#94a7b9", "#5b6f82"),
    "shirt": ("#ccd9e5", "#374b5e"),
    "cloth": ("#a9bac9", "#4a6075"),
    "wood": ("#e7ecf0", "#262d34"),
    "ghost": ("#7c8793", "#8b97a3"),
    "accent": ("#a84300", "#ffb057"),
    "accent_skin": ("#ffe9cf", "#4d3419"),
    "accent_hair": ("#eba75c", "#8a5a24"),
    "accent_shirt": ("#ffd7a6", "#6b4719"),
    "accent_cloth": ("#f7c486", "#7a5120"),
}
PAINTS = ("skin", "hair", "shirt", "cloth", "wood")
SEEN = {
    "front": ("facing you", "The figure faces you, so its left is on the right of the picture."),
    "side": ("from the side", "The figure is seen from its right side and looks to the right."),
    "back": ("from behind", "The figure is seen from behind, so its left is on the left of the picture."),
}
EASE = ".4 0 .6 1"  # slow, quick, slow; chosen


@dataclass(frozen=True, slots=True)
class _Place:
    """From flat mm to the picture's px."""

    scale: float
    centre_mm: float
    floor_mm: float  # of the window's lower edge, down

    def px(self, points: Array) -> Array:
        x = WIDTH / 2 + (points[..., 0] - self.centre_mm) * self.scale
        y = BOTTOM + (points[..., 1] - self.floor_mm) * self.scale
        return np.stack([x, y], axis=-1)


def svg(exercise: Exercise, step_number: int) -> str:
    """The picture of a step (from 1 on): start faint, end drawn, arrows between. PosturewatchError: no such step."""
    shown = _scene(exercise, step_number)
    place = _place(shown, marks(shown))
    return _document(exercise, step_number, shown, place, _still(shown, place))


def animated(exercise: Exercise, step_number: int) -> str:
    """The same, moving from start to end and back for as long as it is looked at; still for who wants no motion."""
    shown = _scene(exercise, step_number)
    place = _place(shown, marks(shown))
    figure = f'<g class="moving">{_moving(shown, place)}</g><g class="still">{_still(shown, place)}</g>'
    return _document(exercise, step_number, shown, place, figure)


def write(exercise: Exercise, folder: Path, moving: bool = False) -> list[Path]:
    """Write ID-1.svg, ID-2.svg, …, one a step, into the folder (made where there is none); the user's alone.

    moving: the animated ones.

    Raises PosturewatchError when the folder can't be written.
    """
    draw = animated if moving else svg
    pictures = [draw(exercise, number) for number in range(1, len(exercise.steps) + 1)]
    paths = [folder / f"{exercise.id}-{number}.svg" for number in range(1, len(pictures) + 1)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, picture in zip(paths, pictures, strict=True):
            whole.write(path, picture)
    except OSError as error:
        raise PosturewatchError(f"Cannot write into {folder}: {error.strerror}. Choose another folder.") from error
    return paths


def _scene(exercise: Exercise, step_number: int) -> Scene:
    count = len(exercise.steps)
    if not 1 <= step_number <= count:
        raise PosturewatchError(f"{exercise.id} has no step {step_number}. Choose one from 1 to {count}.")
    try:
        return scene(exercise.steps[step_number - 1])
    except PosturewatchError as error:
        raise PosturewatchError(f"{exercise.id}, step {step_number}: {error}") from error


def _place(shown: Scene, drawn: Marks) -> _Place:
    """The window of the scene, widened where head, hands or arrows would not fit."""
    groups = {"head": ("head",), "whole": ("head", "arms", "legs", "chair")}.get(shown.zoom, ("head", "arms"))
    poses = [shown.start, shown.end, *([shown.other] if shown.other else [])]
    figure = [each for pose in poses for each in outlines(pose, shown.view) if each.group in groups]
    body = np.concatenate([each.points for each in figure])
    head = np.concatenate([each.points for each in figure if each.group == "head"])
    arrows = [each.points for each in drawn if isinstance(each, Mark)]
    place = _fitted(shown, body, np.concatenate([head, *arrows]))
    margin = 1.4 * HEAD_LENGTH / place.scale  # an arrow's head goes beyond its line
    wider = [each + way * margin for each in arrows for way in (-1, 1)]
    return _fitted(shown, np.concatenate([body, *wider]), np.concatenate([head, *wider]))


def _fitted(shown: Scene, inside: Array, above_floor: Array) -> _Place:
    """What is inside may not run out at the sides or at the top; what is above the floor, nor at the bottom."""
    low = max(-shown.window[0], float(above_floor[:, 1].max()))
    high = min(-shown.window[1], float(inside[:, 1].min()) - 12)
    left, right = float(inside[:, 0].min()), float(inside[:, 0].max())
    centre = 0.0 if shown.view != "side" else (left + right) / 2
    half = max(right - centre, centre - left)
    return _Place(min((BOTTOM - TOP) / (low - high), (WIDTH / 2 - EDGE) / half), centre, low)


def _document(exercise: Exercise, number: int, shown: Scene, place: _Place, figure: str) -> str:
    name = escape(f"{exercise.id}-{number}")
    step = exercise.steps[number - 1]
    seen, told = SEEN[shown.view]
    title = escape(f"{exercise.name}, step {number} of {len(exercise.steps)}")
    about = escape(f"{step.text} {told} {shown.caption[:1].upper()}{shown.caption[1:]}.")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" class="posturewatch" '
            f'role="img" aria-labelledby="{name}-title {name}-desc">',
            f'<title id="{name}-title">{title}</title>',
            f'<desc id="{name}-desc">{about}</desc>',
            f"<style>{_style()}</style>",
            f'<clipPath id="{name}-window"><rect width="{WIDTH:g}" height="{BOTTOM:g}"/></clipPath>',
            f'<rect class="paper" width="{WIDTH:g}" height="{HEIGHT:g}" rx="16"/>',
            f'<g clip-path="url(#{name}-window)">{figure}</g>',
            f'<path class="rule" d="M0 {BOTTOM:g}H{WIDTH:g}"/>',
            *_drawn(marks(shown), place),
            _text(f"{number} of {len(exercise.steps)}", 14, 24, "start", "strong"),
            _text(seen, WIDTH - 14, 24, "end", ""),
            _text(shown.caption, WIDTH / 2, BOTTOM + 33, "middle", "strong"),
            "</svg>\n",
        ]
    )


def _style() -> str:
    """Light, and dark where the viewer asks for it; plain colours, because some viewers know no CSS variables."""
    light, dark = (_rules({role: both[n] for role, both in COLOURS.items()}) for n in (0, 1))
    shapes = (
        ".posturewatch path{stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}"
        ".posturewatch .open,.posturewatch .arrow,.posturewatch .halo,.posturewatch .ghost{fill:none}"
        ".posturewatch .ghost{stroke-width:2;stroke-dasharray:5 5}"
        ".posturewatch .arrow{stroke-width:4.5}.posturewatch .halo{stroke-width:10}"
        ".posturewatch .thin{stroke-width:2.6}"
        f".posturewatch text{{font:{LETTER:g}px sans-serif;stroke-width:5;paint-order:stroke;stroke-linejoin:round}}"
        ".posturewatch .strong{font-weight:bold}"
    )
    still = (
        ".posturewatch .still{display:none}@media (prefers-reduced-motion:reduce)"
        "{.posturewatch .still{display:inline}.posturewatch .moving{display:none}}"
    )
    return f"{light}{shapes}{still}@media (prefers-color-scheme:dark){{{dark}}}"


def _rules(colour: dict[str, str]) -> str:
    rules = {
        "path": f"stroke:{colour['line']}",
        "text": f"fill:{colour['word']};stroke:{colour['paper']}",
        ".paper": f"fill:{colour['paper']}",
        ".dot": f"fill:{colour['line']}",
        ".ghost,.posturewatch .rule": f"stroke:{colour['ghost']}",
        ".halo": f"stroke:{colour['paper']}",
        ".panel": f"fill:{colour['paper']}",
        ".on,.posturewatch .arrow": f"stroke:{colour['accent']}",
        ".on.dot,.posturewatch .tip": f"fill:{colour['accent']};stroke:{colour['accent']}",
    }
    rules |= {f".{paint}": f"fill:{colour[paint]}" for paint in PAINTS}
    rules |= {f".on.{paint}": f"fill:{colour['accent_' + paint]}" for paint in PAINTS if paint != "wood"}
    return "".join(f".posturewatch {select}{{{rule}}}" for select, rule in rules.items())


def _still(shown: Scene, place: _Place) -> str:
    ghosts = _ghosts(shown, place) if shown.start != shown.end and shown.motion != "walk" else []
    drawn = [_shape(each, shown.moving, place) for each in _seen(shown, shown.end)]
    # raised shoulders would hide where they were
    return "".join([*drawn, *ghosts] if shown.motion == "raise" else [*ghosts, *drawn])


def _seen(shown: Scene, pose: Pose) -> list[Outline]:
    """The outlines of a pose; the edge of a chair would only puzzle in a picture of the head."""
    unseen = ("chair", "legs") if shown.zoom == "head" else ()
    return [each for each in outlines(pose, shown.view) if each.group not in unseen]


def _ghosts(shown: Scene, place: _Place) -> Iterable[str]:
    """The start position, faint, of the parts that are elsewhere at the end."""
    end = {each.name: each.points for each in _seen(shown, shown.end)}
    for each in _seen(shown, shown.start):
        moved = each.name not in end or not np.allclose(end[each.name], each.points, atol=1.0)
        if each.closed and each.paint != "dot" and not each.name.endswith("ear") and moved:
            yield f'<path class="ghost" d="{_path(place.px(each.points), each.closed)}"/>'


def _shape(outline: Outline, moving: Sequence[str], place: _Place, inside: str = "") -> str:
    kind = [outline.name, outline.paint if outline.paint != "line" else "open"]
    if outline.group in moving:
        kind.append("on")
    path = _path(place.px(outline.points), outline.closed)
    return f'<path class="{" ".join(kind)}" d="{path}"' + (f">{inside}</path>" if inside else "/>")


def _moving(shown: Scene, place: _Place) -> str:
    """The figure with the way of every part that moves; a part unseen on the way stays as it is at the end."""
    passed = [{each.name: each.points for each in outlines(pose, shown.view)} for pose in shown.keys]
    total = sum(shown.seconds)
    times = ";".join(f"{t:.4g}" for t in np.cumsum([0.0, *shown.seconds]) / total)
    ease = ";".join([EASE] * len(shown.seconds))
    timing = f'dur="{total:g}s" repeatCount="indefinite" calcMode="spline" keyTimes="{times}" keySplines="{ease}"'
    return "".join(_moved(each, passed, shown, place, timing) for each in _seen(shown, shown.end))


def _moved(outline: Outline, passed: list[dict[str, Array]], shown: Scene, place: _Place, timing: str) -> str:
    ways = [points.get(outline.name, outline.points) for points in passed]
    if all(np.allclose(points, outline.points, atol=0.5) for points in ways):
        return _shape(outline, shown.moving, place)
    values = ";".join(_path(place.px(points), outline.closed) for points in ways)
    return _shape(outline, shown.moving, place, f'<animate attributeName="d" values="{values}" {timing}/>')


def _path(points: Array, closed: bool) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + ("Z" if closed else "")


def _drawn(drawn: Marks, place: _Place) -> Iterable[str]:
    for each in drawn:
        if isinstance(each, Word):
            x, y = place.px(np.array(each.at))
            yield _text(each.text, _kept(each.text, x, each.anchor), min(max(y, TOP + 12), BOTTOM - 8), each.anchor, "")
        else:
            yield _mark(each, place)


def _mark(mark: Mark, place: _Place) -> str:
    points = place.px(mark.points)
    if mark.kind in ("panel", "flesh"):
        return f'<path class="{"panel" if mark.kind == "panel" else "skin on"}" d="{_path(points, True)}"/>'
    if mark.kind == "line":
        return f'<path class="arrow thin" d="{_path(points, False)}"/>'
    tips = [_tip(points)] + ([_tip(points[::-1])] if mark.kind == "both" else [])
    shaft = _path(points, False)
    heads = "".join(f'<path class="tip" d="{_path(tip, True)}"/>' for tip in tips)
    return f'<path class="halo" d="{shaft}"/><path class="arrow" d="{shaft}"/>{heads}'


def _tip(points: Array) -> Array:
    """The head of an arrow that ends with these points: its tip lies a little beyond them."""
    back = points[-1] - points[max(len(points) - 4, 0)]
    ahead = back / max(float(np.linalg.norm(back)), 1e-6)
    across = np.array([-ahead[1], ahead[0]]) * HEAD_HALF
    base = points[-1] - ahead * 0.3 * HEAD_LENGTH
    return np.array([base + across, base + ahead * HEAD_LENGTH, base - across])


def _kept(text: str, x: float, anchor: str) -> float:
    """x moved so that the text stays inside the picture."""
    width = len(text) * LETTER * LETTER_WIDTH
    before = {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return min(max(x, EDGE + before), WIDTH - EDGE - width + before)


def escape(text: str) -> str:
    """Text for XML, without the control characters that XML can't hold."""
    return escaped("".join(each if each.isprintable() else " " for each in text))


def _text(text: str, x: float, y: float, anchor: str, kind: str) -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text{of_kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
