"""Arrows and words of a picture: which way the movement goes. Flat points, as an `Outline`'s."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from posturewatch.drawing.scene import Scene
from posturewatch.drawing.skeleton import Array, joints
from posturewatch.drawing.sketch import curve, flat

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line beside the figure: `kind` arrow (head at its end), both (a head at each), line, panel flesh (filled)."""

    points: Array
    kind: str = "arrow"


@dataclass(frozen=True, slots=True)
class Word:
    """A few letters at a place: `anchor` start, middle or end."""

    text: str
    at: Point
    anchor: str = "middle"


Marks = list[Mark | Word]


def marks(scene: Scene) -> Marks:
    """The arrows and words of a picture; none where nothing moves."""
    draw = DRAWN.get(scene.motion)
    return draw(scene) if draw else []


def _at(scene: Scene, name: str, *, end: bool = False) -> Point:
    x, y, _ = flat(joints(scene.end if end else scene.start)[name], scene.view)
    return float(x), float(y)


def _arc(middle: Point, radii: Point, first_deg: float, last_deg: float) -> Array:
    """Points on an ellipse; 0° is right, 90° is down."""
    angles = np.radians(np.linspace(first_deg, last_deg, 49))
    return np.column_stack([middle[0] + radii[0] * np.cos(angles), middle[1] + radii[1] * np.sin(angles)])


def _straight(x: float, y: float, dx: float, dy: float) -> Mark:
    return Mark(np.array([(x, y), (x + dx, y + dy)]))


def _sideways(scene: Scene) -> list[tuple[str, float]]:
    """(side, +1 where it is to the right in the picture) of each side that the movement has."""
    right = {"front": 1.0, "back": -1.0, "side": 1.0}[scene.view]
    return [(side, right if side == "left" else -right) for side in scene.sides or ("left", "right")]


def _turn(scene: Scene) -> Marks:
    """Round the crown, as seen from a little above."""
    x, top = _at(scene, "crown")
    middle, radii = (x, top - 44), (112.0, 26.0)
    sides = _sideways(scene)
    if len(sides) == 2:
        arcs = [Mark(_arc(middle, radii, 158, 22), "both")]
        return [*arcs, *_both_words(x, top - 40, 138)]
    side, way = sides[0]
    arc = _arc(middle, radii, 90 + 32 * way, 90 - 88 * way)
    return [Mark(arc), Word(f"to your {side}", (x + way * 40, top - 84))]


def _both_words(x: float, y: float, apart: float) -> Marks:
    return [Word("your right", (x - apart, y), "end"), Word("your left", (x + apart, y), "start")]


def _tilt(scene: Scene) -> Marks:
    """Over the crown, about the middle of the neck."""
    base, pivot, crown = (np.array(_at(scene, name)) for name in ("c7", "pivot", "crown"))
    middle = (base + pivot) / 2
    radius = float(middle[1] - crown[1]) + 36
    lean = max(abs(scene.end.tilt_deg - scene.start.tilt_deg), 10.0) + 20
    at = (float(middle[0]), float(middle[1]))
    sides = _sideways(scene)
    if len(sides) == 2:
        over = Mark(_arc(at, (radius, radius), -90 - lean, -90 + lean), "both")
        return [over, *_both_words(at[0], at[1] - radius + 24, radius * 0.66)]
    side, way = sides[0]
    arc = _arc(at, (radius, radius), -90 - 4 * way, -90 + lean * way)
    word = Word(f"to your {side}", (at[0] + way * radius * 0.3, at[1] - radius - 26))
    return [Mark(arc), word]


def _nod(scene: Scene) -> Marks:
    """Down before the face; beside it from the front."""
    if scene.view != "side":
        x, y = _at(scene, "tragus")
        return [_straight(x + 125, y - 40, 0, 130), Word("down", (x + 145, y + 30), "start")]
    at, radii = _at(scene, "pivot"), (182.0, 182.0)
    arc = _arc(at, radii, -42, 14)
    return [Mark(arc), Word("down", (at[0] + 192, at[1] - 60), "start")]


def _look_up(scene: Scene) -> Marks:
    at = _at(scene, "pivot")
    arc = _arc(at, (215.0, 215.0), 0, -52)
    return [Mark(arc), Word("up", (at[0] + 215, at[1] - 100), "start"), *_breath(scene)]


def _line(*points: Point) -> Mark:
    return Mark(np.array(points), "line")


def _half_circle(scene: Scene) -> Marks:
    """Under the chin, from shoulder to shoulder."""
    x, y = _at(scene, "pivot")
    sides = _sideways(scene)
    if len(sides) == 2:
        arc = Mark(_arc((x, y), (168, 160), 168, 12), "both")
        return [arc, *_both_words(x, y - 8, 186)]
    side, way = sides[0]
    arc = Mark(_arc((x, y), (168, 160), 90 + 30 * way, 90 - 78 * way))
    return [arc, Word(f"to your {side}", (x + way * 190, y + 10), "start" if way > 0 else "end")]


def _grow(scene: Scene) -> Marks:
    """From the crown upward, like a thread that pulls."""
    x, y = _at(scene, "crown", end=True)
    return [_straight(x, y - 12, 0, -88), Word("taller", (x + 24, y - 50), "start")]


def _both_shoulders(scene: Scene, dy: float, word: str) -> Marks:
    """An arrow beside each shoulder; from the side one before the near one."""
    y = _at(scene, "left_shoulder")[1] + (scene.start.shoulders_up_mm if dy > 0 else 0.0)
    from_y = y - dy / 2 - 15
    xs = [_at(scene, f"{side}_shoulder")[0] for side in ("left", "right")]
    if scene.view == "side":
        return [_straight(xs[0] + 110, from_y, 0, dy), Word(word, (xs[0] + 130, from_y + dy / 2), "start")]
    spots = [x + 86 * np.sign(x) for x in xs]
    return [*[_straight(x, from_y, 0, dy) for x in spots], Word(word, (max(spots), min(from_y, from_y + dy) - 30))]


def _settle(scene: Scene) -> Marks:
    return _both_shoulders(scene, 100, "let them drop")


def _raise(scene: Scene) -> Marks:
    return _both_shoulders(scene, -100, "up")


def _breathe_out(scene: Scene) -> Marks:
    return [*_breath(scene), *_both_shoulders(scene, 100, "")[:1]]


def _breath(scene: Scene) -> Marks:
    x, y = _at(scene, "mouth", end=True)
    breath = [_line((x + 40, y + 26 + 12 * n), (x + 105, y + 50 + 30 * n)) for n in (0, 1, 2)]
    return [*breath, Word("breathe out", (x + 50, y + 165), "start")]


def _circle(scene: Scene) -> Marks:
    """A ring about the near shoulder; it looks to the right, so forward is clockwise."""
    at = _at(scene, "right_shoulder")
    radii = (112.0, 112.0)
    x, y = at[0] + 128, at[1]
    if scene.motion == "circle_forward":
        return [Mark(_arc(at, radii, -130, 170)), Word("forward", (x, y), "start")]
    return [Mark(_arc(at, radii, -50, -350)), Word("backward", (x, y - 40), "start")]


def _stand(scene: Scene) -> Marks:
    shaking: Marks = []
    if scene.end.arms == "shake":
        x, y = _at(scene, "right_hand", end=True)
        shaking = [Mark(_arc((x, y - 25), (r, r), a, a + 70), "line") for r in (62, 92) for a in (-40, 130)]
        shaking.append(Word("shake", (x + 116, y - 20), "start"))
    x, y = _at(scene, "c7")
    return [_straight(x - 150, y - 130, 0, -350), Word("stand up", (x - 190, y - 300), "end"), *shaking]


def _walk(scene: Scene) -> Marks:
    x, y = _at(scene, "c7", end=True)
    return [_straight(x + 330, y + 170, 330, 0), Word("a few steps", (x + 330, y + 110), "start")]


def _sit_back(scene: Scene) -> Marks:
    x, y = _at(scene, "c7", end=True)
    up, down = _straight(x + 760, y + 150, 0, -400), _straight(x - 150, y - 480, 0, 400)
    first, second = Word("1 get up", (x + 800, y - 60), "start"), Word("2 sit back", (x - 190, y - 260), "end")
    return [up, first, down, second]


def _down_both(scene: Scene) -> list[Array]:
    """The way from the back of the head down the neck to both shoulders."""
    x, y = _at(scene, "occiput")
    neck, shoulder = _at(scene, "c7")[1], _at(scene, "left_shoulder")[1] - 44
    return [
        curve(np.array([(x + w * 26, y - 45), (x + w * 34, y + 60), (x + w * 24, neck + 70), (x + w * 178, shoulder)]))
        for w in (-1, 1)
    ]


def _stroke(scene: Scene) -> Marks:
    x, y = _at(scene, "crown")
    return [*[Mark(way) for way in _down_both(scene)], Word("from the head down to the shoulders", (x, y - 44))]


def _fingertips(scene: Scene) -> Marks:
    """In loops from the neck along the shoulders."""
    x, y = _at(scene, "c7")
    turn = np.linspace(0.5 * np.pi, 6.7 * np.pi, 120)
    aside, down = np.linspace(46, 166, 120), np.linspace(72, 116, 120)
    loops = np.column_stack([aside + 27 * np.cos(turn), down + 27 * np.sin(turn)])
    drawn = [Mark(np.array([x, y]) + loops * [way, 1]) for way in (-1, 1)]
    return [*drawn, Word("small circles, outward and down", (x, y + 200))]


def _fold(scene: Scene) -> Marks:
    """A close look: finger and thumb with a fold of skin between them."""
    middle = np.array([292.0, _at(scene, "crown")[1] + 66.0])
    fold = curve(np.array([(-106, 56), (-20, 56), (-44, -70), (44, -70), (20, 56), (106, 56)]))
    below = _arc((0.0, 0.0), (120.0, 120.0), 28, 152)
    tip = _arc((-34.0, 8.0), (19.0, 19.0), -35, 145)
    finger = np.concatenate([tip, [(-112.0, -46.0), (-90.0, -78.0)]])
    x, y = _at(scene, "left_hand")[0] * -1, _at(scene, "left_hand")[1]
    lead = np.array([(x + 14, y - 74), middle + np.array([-44, 116])])
    return [
        Mark(lead, "line"),
        Mark(_arc((float(middle[0]), float(middle[1])), (122, 122), 0, 360), "panel"),
        Mark(middle + np.concatenate([fold, below]), "flesh"),
        *[Mark(middle + finger * [way, 1], "flesh") for way in (1, -1)],
        Word("take up a fold,", (-180.0, float(middle[1]) - 66)),
        Word("let it go", (-180.0, float(middle[1]) - 20)),
    ]


def _from_side_to_side(scene: Scene) -> Marks:
    x, y = _at(scene, "c7")
    return [Mark(np.array([(x - 125, y + 34), (x + 125, y + 34)]), "both"), Word("side to side", (x, y + 84))]


def _pat(scene: Scene) -> Marks:
    """Short rays where the fingers touch."""
    x, y = _at(scene, "c7")
    angles = np.radians([[55, 90, 125]])
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=-1)[0]
    spots = [np.array([x + way * 52, y - 6]) for way in (-1, 1)]
    drawn: Marks = [Mark(np.array([spot + 44 * ray, spot + 84 * ray]), "line") for spot in spots for ray in rays]
    return [*drawn, Word("pat lightly", (x, y + 132))]


def _press(scene: Scene) -> Marks:
    """Head and hands against each other, and neither moves."""
    x, y = _at(scene, "occiput")
    return [
        _straight(x + 150, y - 40, -92, 0),
        _straight(x - 205, y - 40, 105, 0),
        Word("press lightly, head stays", (x + 90, y - 150)),
    ]


def _let_go(scene: Scene) -> Marks:
    x, y = _at(scene, "nose")
    way = curve(np.array([(x + 60, y + 60), (x + 230, y + 140), (x + 230, y + 400)]))
    return [Mark(way), Word("let go", (x + 190, y + 130), "start")]


def _days(scene: Scene) -> Marks:
    """Four boxes, one a day."""
    x, y = 250.0, _at(scene, "tragus")[1]
    boxes = [np.array([(x, t), (x + 96, t), (x + 96, t + 96), (x, t + 96), (x, t)]) for t in y + 130.0 * np.arange(4)]
    ticks = [np.array([(x + 22, t), (x + 42, t + 22), (x + 76, t - 24)]) for t in y + 50 + 130.0 * np.arange(4)]
    days: Marks = [Word(f"day {n + 1}", (x + 112, y + 62 + 130.0 * n), "start") for n in range(4)]
    return [*[Mark(each, "line") for each in boxes + ticks], *days]


DRAWN: dict[str, Callable[[Scene], Marks]] = {
    **{"turn": _turn, "tilt": _tilt, "nod": _nod, "half_circle": _half_circle, "grow": _grow, "look_up": _look_up},
    **{"settle": _settle, "raise": _raise, "breathe_out": _breathe_out},
    **{"circle_forward": _circle, "circle_backward": _circle},
    **{"stand": _stand, "walk": _walk, "sit_back": _sit_back, "press": _press, "let_go": _let_go, "days": _days},
    **{"stroke": _stroke, "fingertips": _fingertips, "fold": _fold, "sideways": _from_side_to_side, "pat": _pat},
}
