"""What a coached set brings: its events, their JSON lines, and what a view shows."""

from dataclasses import dataclass
from typing import Any

from posturewatch.coaching import words


@dataclass(frozen=True, slots=True)
class Repetition:
    """One counted movement; `reached` is its range in the axis's unit, range_deg the same where that is degrees."""

    t_s: float
    axis: str
    side: str | None
    reached: float

    @property
    def range_deg(self) -> float | None:
        """The range in degrees, None on axes that have none."""
        return self.reached if words.UNITS[self.axis] == "°" else None


@dataclass(frozen=True, slots=True)
class WrongAxis:
    """A clear movement about another axis than the step's."""

    t_s: float
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class StepBegun:
    """The step `step` (from 1) begins."""

    t_s: float
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A remark; kind: "slower", "longer", "halfway", "other side", "one side" or "unseen"."""

    t_s: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end. hurts: the person said so; then the page of red flags (`exercises.hurts_text`) is to be shown."""

    t_s: float
    id: str
    done: bool
    repetitions: dict[str, int]
    hurts: bool = False


Event = Repetition | WrongAxis | StepBegun | Hint | Finished


@dataclass(frozen=True, slots=True)
class State:
    """What a view shows now.

    step: from 1. axis and unit: of the movement, None and "" in a timed step. counts: by side ("left", "right", or
    "both" where there are none), each out of `repetitions`. value: where the movement is now (+ right, down, up);
    reached: its range so far, out of `goal`. held_s: beyond the goal, out of hold_s. left_s: of a timed step.
    """

    step: int
    steps: int
    text: str
    axis: str | None
    unit: str
    counts: dict[str, int]
    repetitions: int
    value: float | None
    reached: float
    goal: float | None
    held_s: float
    hold_s: float
    left_s: float | None
    seen: bool
    paused: bool
    over: bool
    say: str


def as_line(event: Event) -> dict[str, Any]:
    """The event as `coach --json` prints it (DESIGN part 2; steps and hints beside it)."""
    if isinstance(event, Repetition):
        range_deg = None if event.range_deg is None else round(event.range_deg, 1)
        return {"type": "repetition", "t_s": round(event.t_s, 3), "side": event.side, "range_deg": range_deg}
    if isinstance(event, WrongAxis):
        return {"type": "wrong_axis", "t_s": round(event.t_s, 3), "seen": event.seen, "wanted": event.wanted}
    if isinstance(event, StepBegun):
        return {"type": "step", "t_s": round(event.t_s, 3), "step": event.step, "text": event.text}
    if isinstance(event, Hint):
        return {"type": "hint", "t_s": round(event.t_s, 3), "kind": event.kind, "text": event.text}
    ended = {"type": "exercise", "id": event.id, "done": event.done, "repetitions": event.repetitions}
    return {**ended, "hurts": True} if event.hurts else ended
