"""Coaches one exercise from what the camera sees: counts, times and says one calm sentence at a time."""

from collections import Counter
from collections.abc import Mapping
from statistics import median

from posturewatch.coaching import words
from posturewatch.coaching.attempts import SIDES, TIMED, Attempt, Attempts
from posturewatch.coaching.catalogue import SIDED, Exercise, Movement, Step
from posturewatch.coaching.coached import Event, Finished, Hint, Repetition, State, StepBegun, WrongAxis, as_line
from posturewatch.coaching.movement import Measure, Reading
from posturewatch.features import Features

__all__ = ["Coach", "Event", "Finished", "Hint", "Repetition", "State", "StepBegun", "WrongAxis", "as_line"]

GAP_S = 5.0  # DESIGN part 6: longer gaps between two looks are no time spent
UNSEEN_S = 2.0  # chosen: a look or two that tell nothing are not worth a word
ELSEWHERE_S = 10.0  # chosen: after so long out of sight, in another seat or in a long step the start is learned anew
SAID_S = 4.0  # chosen: how long a remark stays before the step's own words come back
LINGER_S = 3.0  # chosen: a step whose dose is done waits so long, for who does more of the same
ONE_SIDED = 3  # issue: so many on one side and none on the other are worth a word


class Coach:
    """Leads through one exercise; time is the looks' own.

    ranges: the person's comfortable range of earlier sets by axis and side, in the axis's unit.
    """

    def __init__(self, exercise: Exercise, ranges: Mapping[tuple[str, str | None], float] | None = None) -> None:
        self._exercise, self._ranges = exercise, dict(ranges or {})
        self._measure = Measure()
        self._attempts: Attempts | None = None
        self._ahead: Attempts | None = None  # at the next step's movement, once nothing keeps anybody from it
        self._at = -1
        self._steps_done = 0
        self._counts: Counter[str] = Counter()  # of this step
        self._halfway: Counter[str] = Counter()
        self._total: Counter[str] = Counter()
        self._ranges_now: dict[tuple[str, str | None], list[float]] = {}
        self._elapsed_s = 0.0
        self._moved_s = 0.0
        self._last_s: float | None = None
        self._seen_s: float | None = None
        self._unseen = False
        self._reading: Reading | None = None
        self._said: tuple[float, str] | None = None
        self._one_sided = False
        self._paused = False
        self._over: Finished | None = None

    @property
    def over(self) -> bool:
        """Whether the exercise has ended, one way or the other."""
        return self._over is not None

    @property
    def ended(self) -> Finished | None:
        """How it ended, once it has."""
        return self._over

    @property
    def state(self) -> State:
        """What a view shows now."""
        step, attempts = self._step, self._attempts
        movement = None if step is None else step.movement
        wanted = None if attempts is None or movement is None or movement.axis in TIMED else attempts.wanted
        side = None if wanted is None or wanted.side is None else self._side(wanted.side)
        timed = step is not None and self._by_time(step)
        return State(
            step=self._at + 1,
            steps=len(self._exercise.steps),
            text="" if step is None else step.text,
            axis=None if movement is None else movement.axis,
            unit="" if movement is None else words.UNITS[movement.axis],
            counts={} if movement is None else {each: self._counts[each] for each in movement.sides or ("both",)},
            repetitions=0 if movement is None else movement.repetitions,
            value=None if wanted is None else getattr(self._reading, str(movement and movement.axis), None),
            reached=0.0 if wanted is None else wanted.reached,
            goal=None if attempts is None or wanted is None else attempts.goals.get(side, min(attempts.goals.values())),
            held_s=wanted.held_s if wanted is not None else 0.0 if attempts is None else attempts.met_s,
            hold_s=0.0 if movement is None else movement.target if movement.axis in TIMED else movement.hold_s,
            left_s=max(step.total_s - self._elapsed_s, 0.0) if step is not None and timed else None,
            seen=not self._unseen,
            paused=self._paused,
            over=self.over,
            say=self._say(wanted.held_s if wanted is not None else 0.0),
        )

    def learned(self) -> dict[tuple[str, str | None], float]:
        """The comfortable ranges of this set, half-way movements too: the median by axis and side, for the history."""
        return {key: median(found) for key, found in self._ranges_now.items()}

    def see(self, features: Features) -> list[Event]:
        """Take the next look; what it brings."""
        if self.over:
            return []
        events = self._begin(features.t_s, 0) if self._at < 0 else []
        step_s = 0.0 if self._last_s is None else features.t_s - self._last_s
        self._last_s = features.t_s
        if self._paused:
            return events
        self._elapsed_s += step_s if 0 < step_s <= GAP_S else 0.0
        self._reading = self._measure.see(features)
        events += self._out_of_sight(features, self._reading)
        gone_on = self._gone_on(self._reading)
        if self._attempts is not None and not gone_on:
            for attempt in self._attempts.see(self._reading):
                events += self._judge(attempt)
        return events + gone_on + self._next_when_done(features.t_s)

    def pause(self, t_s: float) -> list[Event]:
        """Nothing counts and no time runs until `resume`."""
        self._last_s, self._paused = t_s, True
        return []

    def resume(self, t_s: float) -> list[Event]:
        """Go on where it was, with the start learned anew."""
        self._last_s, self._paused = t_s, False
        self._learn_anew()
        return []

    def skip(self, t_s: float) -> list[Event]:
        """Go on to the next step."""
        return [] if self.over else self._begin(t_s, self._at + 1)

    def done(self, t_s: float) -> list[Event]:
        """The person says that the exercise is done, and is believed."""
        waiting = () if self.over or self._attempts is None else self._attempts.waiting
        return [event for attempt in waiting for event in self._judge(attempt)] + self._finish(t_s, done=True)

    def hurts(self, t_s: float) -> list[Event]:
        """Stop for good."""
        return self._finish(t_s, done=False, hurts=True)

    def stop(self, t_s: float) -> list[Event]:
        """The person leaves, or the recording ends: done only when nothing of the last step is left to do."""
        return self._finish(t_s, done=self._at == len(self._exercise.steps) - 1 and self._all_made(self._movement))

    @property
    def _step(self) -> Step | None:
        return self._exercise.steps[self._at] if 0 <= self._at < len(self._exercise.steps) else None

    @property
    def _movement(self) -> Movement | None:
        return None if self._step is None else self._step.movement

    def _begin(self, t_s: float, at: int, already: Attempts | None = None) -> list[Event]:
        """Begin a step; already: what has been seen of its movement."""
        before = self._step
        if at >= len(self._exercise.steps):
            return self._finish(t_s, done=self._steps_done > 0)
        self._at = at
        step = self._exercise.steps[at]
        if before is not None and already is None and _moves_the_seat(before):
            self._measure.restart()
        self._counts, self._halfway = Counter(), Counter()
        self._elapsed_s, self._said, self._one_sided = 0.0, None, False
        self._seen_s, self._unseen = t_s, False
        self._attempts = already or self._attempts_at(at)
        self._ahead = self._attempts_at(at + 1) if step.movement is None else None
        return [StepBegun(t_s, at + 1, step.text)]

    def _attempts_at(self, at: int) -> Attempts | None:
        """Who judges that step's movement; None where there is none."""
        step = self._exercise.steps[at] if at < len(self._exercise.steps) else None
        return None if step is None or step.movement is None else Attempts(self._measure, step.movement, self._ranges)

    def _gone_on(self, reading: Reading) -> list[Event]:
        """The next step, when the person does not wait for it and makes its movement."""
        counted = [each for each in self._ahead.see(reading) if each.verdict == "counted"] if self._ahead else []
        if not counted:
            return []
        self._steps_done += 1
        begun = self._begin(counted[0].t_s, self._at + 1, self._ahead)
        return begun + [event for attempt in counted for event in self._judge(attempt)]

    def _finish(self, t_s: float, done: bool, hurts: bool = False) -> list[Event]:
        if self.over:
            return []
        counted = {side: self._total[side] for side in ("left", "right", "both") if side != "both" or self._total[side]}
        self._over = Finished(t_s, self._exercise.id, done, counted, hurts)
        return [self._over]

    def _next_when_done(self, t_s: float) -> list[Event]:
        step, movement = self._step, self._movement
        if step is None:
            return []
        time_over = self._by_time(step) and self._elapsed_s >= step.total_s
        if not (time_over or (self._all_made(movement) and not self._lingers(t_s))):
            return []
        self._steps_done += 1
        ahead = self._ahead  # kept where its movement is under way already, or has been made once
        begun = ahead is not None and (ahead.wanted.side is not None or ahead.waiting)
        return self._begin(t_s, self._at + 1, ahead if begun else None)

    def _lingers(self, t_s: float) -> bool:
        """Whether a step that has had its dose waits for more of the same movement, or for the next one."""
        attempts = self._attempts
        if attempts is None or self._movement is None or self._movement.axis in TIMED:
            return False
        if self._ahead is None:
            self._ahead = self._attempts_at(self._at + 1)
        return attempts.wanted.side is not None or t_s - self._moved_s < LINGER_S

    def _by_time(self, step: Step) -> bool:
        """Whether the step goes by time: the camera can't tell, or tells no more than that the hands are up."""
        return step.movement is None or step.movement.axis == "hands"

    def _all_made(self, movement: Movement | None) -> bool:
        """Whether every side has had its dose; a half-way movement that was comfortable is as good for that."""
        if movement is None or movement.axis == "hands":
            return False
        made = self._counts + self._halfway
        return all(made[side] >= movement.repetitions for side in movement.sides or ("both",))

    def _judge(self, attempt: Attempt) -> list[Event]:
        movement = self._movement
        if movement is None:
            return []
        key = attempt.side if movement.sides and attempt.side else "both"
        self._moved_s = attempt.t_s
        if attempt.verdict == "wrong" and self._all_made(movement):
            return []  # the next step's perhaps
        if attempt.verdict == "wrong":
            self._said = (attempt.t_s, words.wrong(attempt.axis, movement.axis))
            return [WrongAxis(attempt.t_s, attempt.axis, movement.axis)]
        if attempt.verdict == "seen":
            self._said = (attempt.t_s, words.seen(attempt.axis, attempt.side))
            return []  # it is told with the next one
        if attempt.verdict in ("counted", "halfway"):
            self._ranges_now.setdefault((attempt.axis, attempt.side), []).append(attempt.reached)
        if attempt.verdict == "counted":
            self._counts[key] += 1
            self._total[key] += 1
            self._said = (attempt.t_s, words.counted(self._counts[key], movement.repetitions, attempt.side))
            repetition = Repetition(attempt.t_s, attempt.axis, attempt.side, attempt.reached)
            return [repetition, *self._one_side(attempt.t_s, movement)]
        self._halfway[key] += attempt.verdict == "halfway"
        return [self._hint(attempt.t_s, attempt.verdict, words.remark(attempt, movement))]

    def _one_side(self, t_s: float, movement: Movement) -> list[Event]:
        made = {side: self._counts[side] + self._halfway[side] for side in movement.sides}
        if self._one_sided or len(made) < 2 or min(made.values()) > 0 or max(made.values()) < ONE_SIDED:
            return []
        self._one_sided = True
        return [self._hint(t_s, "one side", words.one_side(max(made, key=lambda side: made[side])))]

    def _hint(self, t_s: float, kind: str, text: str) -> Hint:
        self._said = (t_s, text)
        return Hint(t_s, kind, text)

    def _out_of_sight(self, features: Features, reading: Reading) -> list[Event]:
        """Say once that the person can't be seen; after long the start is learned anew."""
        movement = self._movement
        if movement is None or movement.axis in TIMED or self._told(features, reading, movement.axis):
            self._seen_s, self._unseen = features.t_s, False
            return []
        away_s = features.t_s - (features.t_s if self._seen_s is None else self._seen_s)
        if self._unseen and away_s > ELSEWHERE_S and self._measure.ready:
            self._learn_anew()
        if self._unseen or away_s <= UNSEEN_S:
            return []
        self._unseen = True
        return [self._hint(features.t_s, "unseen", words.UNSEEN)]

    def _told(self, features: Features, reading: Reading, axis: str) -> bool:
        return getattr(reading, axis) is not None if self._measure.ready else features.head is not None

    def _learn_anew(self) -> None:
        self._measure.restart()
        if self._attempts is not None:
            self._attempts.reset()

    def _side(self, sign: int) -> str | None:
        movement = self._movement
        return SIDES[sign] if movement is not None and movement.axis in SIDED else None

    def _say(self, held_s: float) -> str:
        """One short sentence for now."""
        step, movement = self._step, self._movement
        if self._over is not None:
            return words.ended(self._over.done, self._over.hurts)
        if self._paused:
            return words.PAUSED
        if step is None or self._unseen:
            return words.UNSEEN if step is not None else words.WELCOME
        if movement is not None and held_s > 0:
            return words.holding(held_s, movement.hold_s)
        if self._said is not None and self._last_s is not None and self._last_s - self._said[0] <= SAID_S:
            return self._said[1]
        if movement is not None and movement.axis not in TIMED and not self._measure.ready:
            return words.QUIET
        return step.text


def _moves_the_seat(step: Step) -> bool:
    """Whether the person may sit differently after it."""
    if step.movement is not None:
        return step.movement.axis in TIMED
    return step.total_s >= ELSEWHERE_S
