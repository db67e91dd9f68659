"""How the program does on clips with a known timeline: which postures it recognises, when, and which it invents.

python -m calibration.events FOLDER [--preset gentle|standard|strict] [--hfov known|assumed|DEGREES] [--json]

A folder holds NAME.jsonl.xz (each picture's landmarks) beside NAME.timeline.json (the events), as the rig writes them.
The landmarks run through the very monitor that watches; the first ten seconds are the baseline.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from calibration.people import Line, read_file
from calibration.rig.lines import SUFFIX
from calibration.rows import hfov_deg
from calibration.tables import markdown, number, percent
from posturewatch import exercises
from posturewatch.config import PRESETS, PostureRules, Settings, with_preset
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Window
from posturewatch.landmarks import Landmarks
from posturewatch.monitor import Monitor
from posturewatch.posture import AWAY, POSTURES, UNKNOWN, Transition, rule_of
from posturewatch.session import Notice

TIMELINE = ".timeline.json"
POSTURE_OF = {  # a timeline's label → the state that it should become; any other label is upright
    "forward": "forward_head",
    "slump": "slumped",
    "down": "neck_flexed",
    "look_down": "neck_flexed",
    "up": "neck_extended",
    "side_bend": "side_bent",
    "aside": "turned",
    "absent": AWAY,
    **{posture: posture for posture in (*POSTURES, AWAY)},
}
WITHIN_S = 10.0  # a posture counts as found when it was taken up at most so long after the event's start
EARLY_S = 1.0  # chosen: smoothing and the baseline's own error may see a posture that much before
MOVE_S = 2.0  # chosen: a person needs that long to get into a posture; what is shorter with the dwell isn't asked
TOLD_LEVEL = 2  # DESIGN part 4: from this level on an alert is a notification
ENDING_S = 5.0  # DESIGN part 4: 5 s upright end a hold, so that long an alert is still about the event


@dataclass(frozen=True, slots=True)
class Event:
    """From start_s, when the person begins to move into it, until the next one begins."""

    start_s: float
    end_s: float
    label: str

    @property
    def posture(self) -> str | None:
        """The state it should become, None for upright."""
        return POSTURE_OF.get(self.label)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it was filmed: its pictures in order of time; the name begins with the person's, up to a hyphen."""

    name: str
    fps: float
    events: tuple[Event, ...]
    lines: tuple[Line, ...]

    @property
    def person(self) -> str:
        """Who is in it."""
        return self.name.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Played:
    """What a clip is and what the program made of it."""

    name: str
    length_s: float
    events: tuple[Event, ...]
    transitions: tuple[Transition, ...]
    alerts: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event long enough to be asked for: seconds from its start until it was recognised, and until the first
    notification about a posture; None when it never was."""

    clip: str
    event: Event
    recognised_s: float | None
    alerted_s: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Some clips together. true_entries: postures entered in an event of theirs, invented those without one."""

    hours: float
    outcomes: tuple[Outcome, ...]
    true_entries: int
    invented: tuple[tuple[str, Transition], ...]
    false_alerts: tuple[tuple[str, Notice], ...]

    @property
    def recall(self) -> float | None:
        """Share of the events asked for that were recognised."""
        found = [outcome.recognised_s is not None for outcome in self.outcomes]
        return sum(found) / len(found) if found else None

    @property
    def precision(self) -> float | None:
        """Share of the postures entered that were true."""
        entries = self.true_entries + len(self.invented)
        return self.true_entries / entries if entries else None

    @property
    def false_alerts_per_hour(self) -> float | None:
        """Notifications about a posture while there was none."""
        return len(self.false_alerts) / self.hours if self.hours else None


def play(name: str, looks: Iterable[Landmarks], events: Sequence[Event], settings: Settings, rate_hz: float) -> Played:
    """Run a clip's landmarks through the monitor."""
    transitions: list[Transition] = []
    alerts: list[Notice] = []
    for happening in Monitor(settings, exercises.load(), rate_hz).run(looks, Window()):
        if isinstance(happening, Transition):
            transitions.append(happening)
        elif isinstance(happening, Notice):
            alerts.append(happening)
    length_s = max(event.end_s for event in events)
    return Played(name, length_s, tuple(events), tuple(transitions), tuple(alerts))


def tally(clips: Iterable[Played], rules: PostureRules | None = None) -> Tally:
    """Score clips by the rules they were played with (the shipped ones)."""
    rules = rules or PostureRules()
    clips = list(clips)
    entries = [(clip, entry) for clip in clips for entry in clip.transitions if _entered(entry)]
    invented = [(clip.name, entry) for clip, entry in entries if not _true(clip, entry)]
    return Tally(
        hours=sum(clip.length_s for clip in clips) / 3600,
        outcomes=tuple(_outcome(clip, event) for clip in clips for event in clip.events if asked(event, rules)),
        true_entries=len(entries) - len(invented),
        invented=tuple(invented),
        false_alerts=tuple((clip.name, alert) for clip in clips for alert in _told(clip) if not _due(clip, alert)),
    )


def asked(event: Event, rules: PostureRules) -> bool:
    """Whether the event is a posture, and long enough for its dwell."""
    if event.posture is None:
        return False
    dwell_s = rules.away_after_s if event.posture == AWAY else rule_of(rules, event.posture).enter_dwell_s
    return event.end_s - event.start_s >= dwell_s + MOVE_S


def by_label(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes of each label, in order of the labels."""
    found: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda each: each.event.label):
        found.setdefault(outcome.event.label, []).append(outcome)
    return found


def text(told: Tally) -> str:
    """The tables as Markdown."""
    cells = [_cells(label, outcomes) for label, outcomes in by_label(told.outcomes).items()]
    header = ["event", "n", "recognised", "after (median s)", "at most", "alerted", "after (median s)"]
    falls = [f"- {clip}: {t.after} at {t.t_s:.1f} s, while nobody did that" for clip, t in told.invented]
    falls += [f"- {clip}: notification at {a.t_s:.1f} s, while there was no posture" for clip, a in told.false_alerts]
    summary = (
        f"Recall {percent(told.recall)}, precision {percent(told.precision)} of the postures entered, "
        f"{number(told.false_alerts_per_hour, 1)} false notifications an hour in {60 * told.hours:.0f} minutes."
    )
    return "\n\n".join([summary, markdown(header, cells), *(["\n".join(falls)] if falls else [])])


def read_folder(folder: Path, settings: Settings, hfov: str) -> list[Played]:
    """Every clip of a folder, played; errors as `clips`."""
    return [_played(clip, settings, hfov) for clip in clips(folder)]


def clips(folder: Path) -> list[Clip]:
    """Every clip of a folder by name; PosturewatchError when there is none, or one lacks its landmarks."""
    timelines = sorted(folder.glob(f"*{TIMELINE}"))
    if not timelines:
        raise PosturewatchError(f"{folder} holds no clips (*{TIMELINE}). Make them with calibration.rig.make clips.")
    return [_clip(path) for path in timelines]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; the exit code."""
    asked_for = _arguments().parse_args(arguments)
    settings = with_preset(Settings(), asked_for.preset)
    try:
        told = tally(read_folder(asked_for.folder, settings, asked_for.hfov), settings.posture)
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    if asked_for.json:
        rates = {"recall": told.recall, "precision": told.precision, "false_an_hour": told.false_alerts_per_hour}
        print(json.dumps({**rates, **asdict(told)}, indent=1, ensure_ascii=False))
    else:
        print(text(told))
    return 0


def events(timeline: Mapping[str, object]) -> list[Event]:
    """The events in a timeline's content."""
    found = timeline["events"]
    if not isinstance(found, list):
        raise TypeError(f"a timeline's events must be a list, got {type(found).__name__}")
    return [Event(float(each["start_s"]), float(each["end_s"]), str(each["label"])) for each in found]


def _clip(path: Path) -> Clip:
    name = path.name.removesuffix(TIMELINE)
    landmarks = path.with_name(name + SUFFIX)
    if not landmarks.exists():
        raise PosturewatchError(f"{path} has no landmarks beside it ({landmarks.name}). Make the clips anew.")
    timeline = json.loads(path.read_text(encoding="utf-8"))
    return Clip(name, float(timeline["fps"]), tuple(events(timeline)), tuple(read_file(landmarks)))


def _played(clip: Clip, settings: Settings, hfov: str) -> Played:
    settings = replace(settings, camera=replace(settings.camera, hfov_deg=hfov_deg(clip.lines[0], hfov)))
    return play(clip.name, [line.landmarks for line in clip.lines], clip.events, settings, clip.fps)


def _entered(transition: Transition) -> bool:
    """Whether a posture (or the absence) begins; after an absence the state before it only goes on."""
    if transition.after in (AWAY, UNKNOWN):
        return transition.after == AWAY
    return transition.after in POSTURES and transition.before not in (AWAY, UNKNOWN)


def _within(event: Event, t_s: float, late_s: float = 0.0) -> bool:
    return event.start_s - EARLY_S <= t_s <= event.end_s + late_s


def _true(clip: Played, entry: Transition) -> bool:
    """Whether what led to the posture began in an event of that posture."""
    return any(event.posture == entry.after and _within(event, entry.since_s) for event in clip.events)


def _outcome(clip: Played, event: Event) -> Outcome:
    entries = [t for t in clip.transitions if _entered(t) and t.after == event.posture and _within(event, t.since_s)]
    found = [t.t_s for t in entries if t.since_s <= event.start_s + WITHIN_S and t.t_s < event.end_s]
    alerts = [alert.t_s for alert in _told(clip) if event.posture != AWAY and _within(event, alert.t_s, ENDING_S)]
    return Outcome(
        clip.name,
        event,
        found[0] - event.start_s if found else None,
        alerts[0] - event.start_s if alerts else None,
    )


def _told(clip: Played) -> list[Notice]:
    """The clip's notifications about a posture."""
    return [alert for alert in clip.alerts if alert.kind == "posture" and alert.level >= TOLD_LEVEL]


def _due(clip: Played, alert: Notice) -> bool:
    """Whether the person was in some posture (whichever) or has just left it."""
    bad = [event for event in clip.events if event.posture not in (None, AWAY)]
    return any(_within(event, alert.t_s, ENDING_S) for event in bad)


def _cells(label: str, outcomes: Sequence[Outcome]) -> list[str]:
    found = [each.recognised_s for each in outcomes if each.recognised_s is not None]
    alerted = [each.alerted_s for each in outcomes if each.alerted_s is not None]
    return [
        label,
        str(len(outcomes)),
        str(len(found)),
        number(median(found) if found else None, 1),
        number(max(found) if found else None, 1),
        str(len(alerted)),
        number(median(alerted) if alerted else None, 1),
    ]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How the program does on clips with a known timeline.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="standard")
    parser.add_argument("--hfov", default="assumed", help="known, assumed or degrees")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
