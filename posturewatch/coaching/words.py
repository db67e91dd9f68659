"""What the coach says: short, calm, about the change of position and never about more of it."""

from posturewatch.coaching.attempts import Attempt
from posturewatch.coaching.catalogue import AXES, Movement

UNITS = {axis: {"deg": "°", "percent": "%", "s": " s"}[unit] for axis, unit in AXES.items()}
NAMES = {
    "turn": "a turn",
    "tilt": "a tilt",
    "nod": "a nod",
    "sweep": "a sweep with the chin low",
    "grow": "growing taller",
    "shoulders": "lifting the shoulders",
}
WELCOME = "Sit comfortably and look straight ahead."
QUIET = "Look straight ahead for a moment."
UNSEEN = "I can't see your head and shoulders just now; the count waits for you."
PAUSED = "Paused; take your time."


def wrong(seen: str, wanted: str) -> str:
    """That was another movement than the step's."""
    return f"That was {NAMES[seen]}; this one is {NAMES[wanted]}."


def counted(number: int, of: int, side: str | None) -> str:
    """A repetition was counted."""
    return f"{number} of {of}{_to(side)}." if number <= of else f"{number}{_to(side)}; that is enough."


def seen(axis: str, side: str | None) -> str:
    """A repetition counts as soon as the next one follows."""
    return f"I saw {NAMES[axis]}{_to(side)}; it counts together with the next one."


def remark(attempt: Attempt, movement: Movement) -> str:
    """Why a movement was not counted."""
    if attempt.verdict == "halfway":
        reached = f"{attempt.reached:.0f}{UNITS[attempt.axis]}"
        return f"You reached {reached}{_to(attempt.side)}; what is comfortable is right."
    if attempt.verdict == "slower":
        return "A little slower, there and back."
    if attempt.verdict == "longer":
        return "Stay there for a moment before you come back."
    other = " and ".join(movement.sides)
    return f"That was{_to(attempt.side)}; this step goes to the {other}."


def one_side(side: str) -> str:
    """All repetitions so far went to one side."""
    return f"Only to the {side} so far; the other side is waiting."


def holding(held_s: float, hold_s: float) -> str:
    """The hold's timer in words."""
    left_s = hold_s - held_s
    if left_s <= 0:
        return "And slowly back to the middle."
    return f"Hold for {left_s:.0f} more seconds." if left_s >= 1.5 else "Hold for one more second."


def ended(done: bool, hurts: bool) -> str:
    """The last words."""
    if hurts:
        return "Stopped; rest now, and read the page that follows."
    return "Done; your position has changed." if done else "Stopped here; that is fine."


def _to(side: str | None) -> str:
    return "" if side is None else f" to the {side}"
