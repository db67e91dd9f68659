"""What a step's picture shows: the poses between which it moves, taken from what the coach counts, and its caption."""

from dataclasses import dataclass, replace

from posturewatch.drawing.skeleton import EAR_ABOVE_SHOULDER, HIP_SEATED, HIP_STANDING, SHOULDER, SIDES, Pose, posed
from posturewatch.errors import PosturewatchError
from posturewatch.exercises import Movement, Step

MOVE_S = 1.4  # chosen: slow, as the texts ask for
REST_S = 0.6  # chosen: long enough to see where it starts
RISING = ((0.12, 24.0), (0.4, 26.0), (0.75, 12.0))  # how far up, how far leant; chosen by eye
_EVEN = (MOVE_S / 3,) * (len(RISING) + 1)
QUICK_S = 0.3  # chosen: a pat, a shake of the hand

# How much of the seated person (mm above the hips) each kind of picture shows; "whole" is floor to crown
WINDOWS = {"head": (262.0, 902.0), "upper": (90.0, 900.0), "seat": (-60.0, 900.0)}

Words = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Motion:
    """How a step without a counted angle moves: words added to its pose at start and end, the groups that move."""

    start: Words
    end: Words
    moving: tuple[str, ...]
    zoom: str
    view: str = ""  # the one from which alone it can be seen, where there is one


# All chosen by eye: large enough to be seen, within what a person does easily; angles are EXERCISES.md's
MOTIONS: dict[str, Motion] = {
    "rest": Motion({}, {}, (), "seat"),
    "settle": Motion({"shoulders_up_mm": 34}, {}, ("arms",), "head"),
    "breathe_out": Motion({"shoulders_up_mm": 20}, {}, ("arms",), "head", "side"),
    "turn": Motion({}, {"turn_deg": -25}, ("head",), "head"),
    "tilt": Motion({}, {"tilt_deg": -12}, ("head", "neck"), "head"),
    "nod": Motion({}, {"nod_deg": 20}, ("head", "neck"), "head"),
    "half_circle": Motion({}, {"turn_deg": -15}, ("head", "neck"), "head"),
    "grow": Motion({}, {"grow_mm": 5}, ("head", "neck"), "head"),
    "look_up": Motion({"nod_deg": 25}, {}, ("head", "neck"), "head", "side"),
    "raise": Motion({}, {"shoulders_up_mm": 34}, ("arms",), "head"),
    "circle_forward": Motion({}, {"shoulders_up_mm": 30}, ("arms",), "head", "side"),
    "circle_backward": Motion({}, {"shoulders_up_mm": 30}, ("arms",), "head", "side"),
    "stand": Motion({"stance": "seated", "arms": "lap"}, {"stance": "standing"}, ("legs", "arms"), "whole", "side"),
    "walk": Motion(
        {"stance": "standing", "arms": "down"}, {"stance": "stride", "arms": "swing"}, ("legs", "arms"), "whole", "side"
    ),
    "sit_back": Motion(
        {"stance": "standing", "arms": "down"},
        {"stance": "seated", "arms": "lap", "trunk_lean_deg": -9},
        ("legs", "arms"),
        "whole",
        "side",
    ),
    "stroke": Motion({"arms": "back_of_head"}, {"arms": "shoulders"}, ("arms",), "upper", "back"),
    "fingertips": Motion({"arms": "nape"}, {"arms": "nape"}, ("arms",), "upper", "back"),
    "fold": Motion({"arms": "shoulders"}, {"arms": "shoulders"}, ("arms",), "upper", "back"),
    "sideways": Motion(
        {"arms": "nape", "hands_aside_mm": -28}, {"arms": "nape", "hands_aside_mm": 28}, ("arms",), "upper", "back"
    ),
    "pat": Motion({"arms": "pat"}, {"arms": "nape"}, ("arms",), "upper", "back"),
    "press": Motion({"arms": "back_of_head"}, {"arms": "back_of_head"}, ("arms", "head"), "upper", "side"),
    "let_go": Motion({"arms": "back_of_head"}, {"arms": "lap"}, ("arms",), "seat", "side"),
    "days": Motion({}, {}, (), "seat"),
}
MASSAGE = ("stroke", "fingertips", "fold", "sideways", "pat")
SHOWS = {  # what a picture of each counted axis may show; the first is meant where the pose doesn't say
    "turn": ("turn",),
    "tilt": ("tilt",),
    "nod": ("nod",),
    "sweep": ("half_circle",),
    "grow": ("grow",),
    "shoulders": ("raise", "circle_forward", "circle_backward"),
    "leave": ("stand", "walk"),
    "hands": ("press", *MASSAGE),
}
STILL = ("rest", "days", "press", "fold", "fingertips")


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: start and end (the position that is drawn), the poses it passes and the seconds each step of it
    takes (one fewer than the poses), the groups in the accent colour, the window's lower and upper edge in mm."""

    view: str
    motion: str
    start: Pose
    end: Pose
    other: Pose | None
    keys: tuple[Pose, ...]
    seconds: tuple[float, ...]
    moving: tuple[str, ...]
    zoom: str
    window: tuple[float, float]
    sides: tuple[str, ...]
    caption: str


def scene(step: Step) -> Scene:
    """The step's picture; PosturewatchError names a word of its pose that can't be drawn, or not with its movement."""
    words = dict(step.pose)
    name = _motion(words.pop("motion", None), step.movement)
    motion = MOTIONS[name]
    start, end, other = _ends(words, motion, step.movement)
    keys, seconds = _keys(name, start, end, other, step)
    window = _window(motion.zoom, start)
    sides = step.movement.sides if step.movement else ()
    view = motion.view or step.view
    return Scene(
        view, name, start, end, other, keys, seconds, motion.moving, motion.zoom, window, sides, caption(step, name)
    )


def _motion(said: float | str | None, movement: Movement | None) -> str:
    known = SHOWS[movement.axis] if movement else tuple(MOTIONS)
    name = said if said is not None else known[0]
    if name not in known:
        of_axis = f" for a {movement.axis}" if movement else ""
        raise PosturewatchError(f"unknown motion {name!r}{of_axis}. Choose one of: {', '.join(known)}.")
    return str(name)


def _ends(words: Words, motion: Motion, movement: Movement | None) -> tuple[Pose, Pose, Pose | None]:
    """Start, end, and the end on the other side where a step has two; what is counted ends at its very target."""
    start, end = posed(words | motion.start), posed(words | motion.end)
    axis, target = (movement.axis, movement.target) if movement else ("", 0.0)
    if axis in ("turn", "tilt", "sweep") and movement:
        ends = [_aside(start, axis, target, side) for side in movement.sides or SIDES]
        return start, ends[0], ends[1] if len(ends) > 1 else None
    if axis == "nod":
        end = replace(start, nod_deg=start.nod_deg + target)
    elif axis == "grow":
        end = replace(start, grow_mm=start.grow_mm + target / 100 * EAR_ABOVE_SHOULDER)
    elif axis == "shoulders":
        end = replace(start, shoulders_up_mm=start.shoulders_up_mm + target / 100 * 2 * float(SHOULDER[0]))
    if motion in (MOTIONS["turn"], MOTIONS["tilt"], MOTIONS["half_circle"]):
        return start, end, replace(end, turn_deg=-end.turn_deg, tilt_deg=-end.tilt_deg)
    return start, end, None


def _aside(start: Pose, axis: str, target: float, side: str) -> Pose:
    angle = target if side == "right" else -target
    if axis == "tilt":
        return replace(start, tilt_deg=start.tilt_deg + angle)
    return replace(start, turn_deg=start.turn_deg + angle)


def _keys(
    name: str, start: Pose, end: Pose, other: Pose | None, step: Step
) -> tuple[tuple[Pose, ...], tuple[float, ...]]:
    """The poses of the animation, beginning and ending with the same one, and the seconds between them."""
    hold = step.movement.hold_s if step.movement else 0.0
    if name.startswith("circle"):
        ring = _circle(start, end, -1.0 if name == "circle_backward" else 1.0)
        return ring, (MOVE_S / 2,) * (len(ring) - 1)
    if name == "pat":
        return (start, end, start), (QUICK_S, QUICK_S)
    if name in STILL:
        return (start, end), (max(hold, MOVE_S),)
    if start.stance != end.stance and name != "walk":
        rising = [replace(start, stance="seated", arms="lap", risen=up, trunk_lean_deg=lean) for up, lean in RISING]
        way = [start, *(rising if end.stance == "standing" else rising[::-1]), end]
        return (*way, *way[::-1]), (*_EVEN, hold + 2 * REST_S, *_EVEN)
    if other is not None:
        poses = (start, end, end, start, other, other, start)
        return poses, (MOVE_S, max(hold, QUICK_S), MOVE_S) * 2
    return (start, end, end, start, start), (MOVE_S, max(hold, REST_S), MOVE_S, REST_S)


def _circle(start: Pose, end: Pose, way: float) -> tuple[Pose, ...]:
    """A shoulder circle between the heights of start and end: up, forward (way 1) or back (−1), down, round again."""
    radius = (end.shoulders_up_mm - start.shoulders_up_mm) / 2
    middle = start.shoulders_up_mm + radius
    points = [(0, -1), (-1, 0), (0, 1), (1, 0), (0, -1)]
    return tuple(
        replace(start, shoulders_up_mm=middle + up * radius, shoulders_forward_mm=way * ahead * radius)
        for ahead, up in points
    )


def _window(zoom: str, start: Pose) -> tuple[float, float]:
    """Lower and upper edge above the floor, in mm."""
    if zoom == "whole":
        return -20.0, 1860.0  # floor to above a standing adult's crown
    low, high = WINDOWS[zoom]
    hip = HIP_SEATED if start.stance == "seated" else HIP_STANDING
    return hip + low, hip + high


def caption(step: Step, motion: str) -> str:
    """How often and how long, in a few words."""
    movement = step.movement
    if movement is None or movement.axis == "hands":
        return f"about {step.total_s:g} s"
    if movement.axis == "leave":
        return f"stay up for {movement.target:g} s or more"
    held = [f"hold {movement.hold_s:g} s"] if movement.hold_s else []
    if movement.repetitions == 1 and not movement.sides:
        return held[0] if held else f"about {step.total_s:g} s"
    return ", ".join([_times(movement, motion), *held])


def _times(movement: Movement, motion: str) -> str:
    count = f"{movement.repetitions}\N{MULTIPLICATION SIGN}"
    if motion.startswith("circle"):
        return f"{count} {motion.removeprefix('circle_')}"
    if motion == "half_circle":
        return f"{count} each way" if len(movement.sides) != 1 else f"{count} to your {movement.sides[0]}"
    if len(movement.sides) == 2:
        return f"{count} each side"
    return f"{count} to your {movement.sides[0]}" if movement.sides else count
