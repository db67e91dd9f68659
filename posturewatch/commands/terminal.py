"""What the terminal shows: the live view, the one-line changes, tables. Builds rich objects and prints nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from posturewatch.baseline import Baseline
from posturewatch.chain import SIDE_ERROR_DEG
from posturewatch.coaching.catalogue import Exercise
from posturewatch.coaching.coached import Event, Finished, Repetition, State, StepBegun, WrongAxis
from posturewatch.coaching.words import UNITS, wrong
from posturewatch.config import Settings
from posturewatch.estimate.capture import Calibrating
from posturewatch.estimate.sideways import SIDE_HOLD_S, SIDE_WAIT_S, Turning
from posturewatch.holds import limit_s
from posturewatch.monitor import Moment
from posturewatch.posture import POSTURES, Transition
from posturewatch.session import Notice, Sample, Summary

COLOURS = {"upright": "green", "away": "blue", "unknown": "yellow"}
TURN = (
    f"Now turn your chair by 90°, to either side, look straight ahead and sit as before for {SIDE_HOLD_S:.0f} s. "
    f"There are {SIDE_WAIT_S:.0f} s for it."
)
KEYS = "Ctrl-C ends and saves"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds as a clock writes them."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def words(state: str) -> str:
    """A state's name for people."""
    return state.replace("_", " ")


def live(
    moment: Moment,
    settings: Settings,
    notice: Notice | None,
    source: str,
    note: str | None = None,
    keys: str = KEYS,
) -> Panel:
    """The live view of `watch` and `demo`."""
    sample = moment.sample
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", style="dim")
    rows.add_column(min_width=46)
    rows.add_row("Forward head", _angle(sample))
    if sample.ear_shoulder_deg is not None:
        rows.add_row("Ear–shoulder", f"{sample.ear_shoulder_deg:+5.1f}° from vertical")
    rows.add_row("Posture", _state(sample))
    limit_s, sign = _limit_s(sample, settings), settings.alerts.sign_at_dose
    rows.add_row("Held for", _bar(sample.hold_s, limit_s, clock(sample.hold_s), sign))
    rows.add_row("Dose", _bar(sample.dose, 1.0, f"{100 * sample.dose:.0f} %", sign))
    rows.add_row("Next break", Text(_next_break(moment, settings)))
    if notice is not None:
        rows.add_row("Last alert", Text(f"{clock(notice.t_s)}  {notice.message}", style=_loudness(notice)))
    told = Text(note or "", style="yellow")
    return Panel(
        Group(rows, told, Text(keys, style="dim")),
        title=Text(f"posturewatch · {source} · {clock(sample.t_s)}"),
        width=78,
    )


def status(sample: Sample | None, status: Mapping[str, Any]) -> str:
    """How the running watch stands, in one line."""
    told = []
    if status["camera_off"]:
        told.append(f"Camera off: {status['camera_off']}")
    elif not status["baseline"] or sample is None:
        told.append("Looking for your upright posture")
    else:
        held = f" for {clock(sample.hold_s)}" if sample.hold_s else ""
        told.append(f"{words(sample.state).capitalize()}{held}{f' ({sample.reason})' if sample.reason else ''}")
        if sample.forward_head_deg is not None:
            told.append(f"head forward {sample.forward_head_deg:.0f}° ± {sample.error_deg or 0:.0f}")
        told.append(f"dose {100 * sample.dose:.0f} %")
    if status["snoozed_s"]:
        told.append(f"alerts come again in {clock(status['snoozed_s'])}")
    elif status["alerts_wait"]:
        told.append(f"alerts wait: {status['alerts_wait']}")
    return f"{'; '.join(told)}. Watching {status['camera']}, pid {status['pid']}."


def coaching(exercise: Exercise, state: State) -> Panel:
    """The coach's view: the step, the counts, how far and how long, and what it says now."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", style="dim", min_width=12)
    rows.add_column(min_width=46)
    rows.add_row(f"Step {state.step} of {state.steps}", Text(state.text))
    for side, count in state.counts.items():
        if state.repetitions:
            rows.add_row("Counted" if side == "both" else f"To the {side}", _dots(count, state.repetitions))
    if state.goal is not None:
        reached = f"{max(state.reached, 0.0):.0f}{state.unit}, counts from {state.goal:.0f}{state.unit}"
        rows.add_row("Reached", _bar(max(state.reached, 0.0), state.goal, reached))
    if state.hold_s:
        rows.add_row("Held", _bar(state.held_s, state.hold_s, f"{state.held_s:.0f} of {state.hold_s:.0f} s"))
    if state.left_s is not None:
        rows.add_row("Time", Text(f"{clock(state.left_s)} left"))
    told = Text("" if state.say == state.text else state.say, style="bold" if state.seen else "yellow")
    keys = Text("p pauses · s next step · d done · h it hurts · q leaves", style="dim")
    return Panel(Group(rows, Text(), told, Text(), keys), title=Text(f"posturewatch · {exercise.name}"), width=78)


def coached(event: Event) -> Text:
    """One line for what happened in a coached exercise."""
    if isinstance(event, Finished):
        counts = ", ".join(f"{count} {side}" for side, count in event.repetitions.items() if count)
        return Text(("Done" if event.done else "Stopped") + (f": {counts}." if counts else "."))
    time = f"{clock(event.t_s):>7}  "
    if isinstance(event, Repetition):
        way = "" if event.side is None else f" to the {event.side}"
        return Text(f"{time}counted{way}, {event.reached:.0f}{UNITS[event.axis]}")
    if isinstance(event, WrongAxis):
        return Text(f"{time}{wrong(event.seen, event.wanted)}", style="yellow")
    return Text(f"{time}{event.text}", style="bold" if isinstance(event, StepBegun) else "")


def _dots(count: int, of: int) -> Text:
    return Text("● " * count + "○ " * max(of - count, 0) + f" {count} of {of}")


def calibrating(step: Calibrating) -> Group:
    """The capture of the baseline."""
    done = max(0.0, min(step.done_s, step.wanted_s))
    told = "Sit as you want to sit, look at the screen and keep still."
    bar = Table.grid(padding=(0, 2))
    bar.add_row(ProgressBar(step.wanted_s, done, width=40), Text(f"{step.wanted_s - done:.0f} s left"))
    reason = Text(f"Can't use this picture: {step.reason}.", style="yellow") if step.reason else Text("I can see you.")
    return Group(Text(told, style="bold"), bar, reason)


def turning(step: Turning) -> Group:
    """The wait for the side view."""
    bar = Table.grid(padding=(0, 2))
    bar.add_row(ProgressBar(step.wanted_s, step.done_s, width=40), Text(f"{step.wanted_s - step.done_s:.0f} s left"))
    told = "I can see you from the side." if step.done_s else "Waiting for your side."
    if step.reason:
        told = f"Can't use this picture: {step.reason}."
    return Group(Text(TURN, style="bold"), bar, Text(told, style="yellow" if step.reason else ""))


def captured(baseline: Baseline) -> str:
    """What a new baseline is made of, and what more was measured with it."""
    lines = [f"Baseline captured: {baseline.view} view, {baseline.looks} looks, noise {baseline.noise_deg:.1f}°."]
    if baseline.hfov_error_deg is not None:
        lines.append(
            f"The camera's field of view is {baseline.hfov_deg:.1f}° ± {baseline.hfov_error_deg:.0f}°, measured."
        )
    from_side = baseline.side if baseline.view == "side" else None
    angle = baseline.upright_ear_shoulder_deg if from_side is None else from_side.ear_shoulder_deg
    if angle is not None:
        lines.append(f"From the side the line from shoulder to ear tips {angle:+.0f}° ± {SIDE_ERROR_DEG:.0f}° forward.")
    return "\n".join(lines)


def change(event: Transition | Notice) -> Text:
    """One line for a log."""
    if isinstance(event, Notice):
        sign = {1: "·", 2: "!", 3: "!!"}[event.level]
        text = Text(f"{clock(event.t_s):>8}  {sign} {event.message}", style=_loudness(event))
        return text.append(f"  (posturewatch exercises {event.exercise})", style="dim") if event.exercise else text
    since = f", since {clock(event.since_s)}" if event.since_s < event.t_s else ""
    return Text(f"{clock(event.t_s):>8}  {words(event.before)} → {words(event.after)}{since}")


def summary(result: Summary, title: str) -> Table:
    """The table at the end of a session."""
    table = Table(title=Text(title), title_justify="left", show_header=False, width=78)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for state, seconds in sorted(result.seconds.items(), key=lambda item: -item[1]):
        table.add_row(Text(words(state)), f"{seconds / 60:.1f} min")
    table.add_row("longest hold", clock(result.longest_hold_s))
    spread = result.percentiles_deg()
    told = (
        "not told"
        if spread is None
        else "   ".join(f"P{p} {v:+.1f}°" for p, v in zip((10, 50, 90), spread, strict=True))
    )
    table.add_row("forward head angle", told)
    alerts = ", ".join(f"{number} × {name}" for name, number in result.alerts.items()) or "none"
    table.add_row("alerts", alerts)
    table.add_row("exercises", ", ".join(result.exercises) or "none suggested")
    return table


MEASURED = {
    "forward_head_deg": "forward",
    "error_deg": "±",
    "ear_shoulder_deg": "ear–shoulder",
    "neck_flexion_deg": "flexion",
    "side_bend_deg": "bend",
    "turn_deg": "turn",
    "head_drop_cm": "drop cm",
}


def measured(lines: Sequence[Mapping[str, Any]]) -> Table:
    """The table of `measure`: degrees, and only the columns that are told anywhere; words fold, numbers never."""
    told = [name for name in MEASURED if any(line[name] is not None for line in lines)]
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("picture", overflow="fold", max_width=40)
    table.add_column("state")
    for name in told:
        table.add_column(MEASURED[name], justify="right", no_wrap=True)
    table.add_column("")
    for line in lines:
        numbers = ["–" if line[name] is None else f"{line[name]:.1f}" for name in told]
        picture, reason = Text(str(line["image"]).rsplit("/", 1)[-1]), Text(line["reason"] or "")
        table.add_row(picture, Text(words(str(line["state"]))), *numbers, reason)
    return table


SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "bold red")}


def checks(found: Iterable[tuple[str, str, str]]) -> Table:
    """The table of `doctor`: name, level and text of each check."""
    table = Table.grid(padding=(0, 2))
    for name, level, text in found:
        sign, style = SIGNS[level]
        table.add_row(Text(sign, style=style), Text(name), Text(level, style=style), Text(text))
    return table


def _angle(sample: Sample) -> Text:
    if sample.forward_head_deg is None:
        return Text(f"can't tell: {sample.reason or 'not seen'}", style="yellow")
    text = Text(f"{sample.forward_head_deg:+5.1f}°", style="bold")
    if sample.error_deg is not None:
        text.append(f" ± {sample.error_deg:.0f}°", style="dim")
    return text.append(f"   {_scale(sample.forward_head_deg)}")


def _scale(angle_deg: float) -> str:
    """A ruler from −5° to 35° with the angle on it."""
    place = round((min(max(angle_deg, -5.0), 35.0) + 5.0) / 2.5)
    return "".join("●" if i == place else "┼" if i in (2, 6, 10, 14) else "─" for i in range(17))


def _state(sample: Sample) -> Text:
    text = Text(words(sample.state), style=COLOURS.get(sample.state, "red"))
    if sample.now != sample.state:
        text.append(f"   now {words(sample.now)}", style="dim")
    if sample.reason:
        text.append(f"   {sample.reason}", style="yellow")
    return text


def _limit_s(sample: Sample, settings: Settings) -> float:
    posture = sample.state if sample.state in POSTURES else "forward_head"
    return limit_s(posture, sample.neck_flexion_deg, settings.posture)


def _bar(value: float, whole: float, label: str, sign: float | None = None) -> Table:
    """How much of the whole; with a sign it is a limit, yellow from that share on and red at the end, else a goal."""
    share = min(value / whole, 1.0)
    style = "green" if sign is None or share < sign else "yellow" if share < 1.0 else "red"
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(1.0, share, width=30, complete_style=style, finished_style=style), Text(label))
    return row


def _next_break(moment: Moment, settings: Settings) -> str:
    """The nearest of the limits, if nothing changes."""
    sample, clocks = moment.sample, moment.clocks
    waits = {
        "move a little": settings.still.limit_s - clocks.still_s,
        "stand up": settings.seated.limit_s - clocks.seated_s,
    }
    if sample.state in POSTURES:
        waits["change position"] = (1.0 - clocks.dose) * _limit_s(sample, settings)
    what = min(waits, key=lambda name: waits[name])
    return f"{what} now" if waits[what] <= 0 else f"{what} in {clock(waits[what])}"


def _loudness(notice: Notice) -> str:
    return {1: "yellow", 2: "bold magenta", 3: "bold red"}[notice.level]
