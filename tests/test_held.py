"""Ticks that weren't looked at: the last look stands for them, in the clocks and alerts as in the recording."""

import contextlib
import json
import math
from dataclasses import replace
from itertools import pairwise

import figures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_monitor import (  # remembered: the pictures drawn there are worked out once
    AWAY_FROM_SCREEN,
    CATALOGUE,
    DARK,
    FACELESS,
    FORWARD,
    KEPT,
    LEFT,
    NOBODY,
    STANDARD,
    STRICT,
    UPRIGHT,
    at,
    changes,
    drawn,
    only,
    remembered,  # noqa: F401
    samples,
    stream,
)

from posturewatch import baseline as baselines
from posturewatch.commands.running import Session
from posturewatch.config import with_hfov
from posturewatch.errors import Ended
from posturewatch.estimate.capture import Calibrating, Failed, Started, Startup, Window
from posturewatch.files.record import Outputs, Recorder, as_line
from posturewatch.files.replay import read_landmarks, read_session
from posturewatch.landmarks import Held, Landmarks
from posturewatch.monitor import Moment, Monitor
from posturewatch.posture import Transition
from posturewatch.session import Notice, Wish


def run(looks, rate_hz=2, source=KEPT, rules=STRICT, governed=True):
    return list(Monitor(rules, CATALOGUE, rate_hz, governed=governed).run(iter(looks), source))


def thinned(looks, every_s=10.0):
    """Only looked at where the picture is another one, and every 10 s; the ticks between are held."""
    kept, before, last_s = [], None, -math.inf
    for look in looks:
        same = before is not None and (look.pose is before.pose and look.reason == before.reason)
        if same and look.t_s - last_s < every_s:
            kept.append(Held(look.t_s))
        else:
            kept.append(look)
            last_s = look.t_s
        before = look
    return kept


def aged(events):
    """Events without the age of the samples."""
    return [replace(e, sample=replace(e.sample, age_s=0.0)) if isinstance(e, Moment) else e for e in events]


# A held tick


def test_a_held_tick_repeats_the_last_estimate_with_its_age():
    looks = [UPRIGHT, *(Held(n / 2) for n in range(1, 20)), replace(UPRIGHT, t_s=10.0), Held(10.5)]
    found = samples(run(looks))
    assert [(s.t_s, s.age_s) for s in found] == [*((n / 2, n / 2) for n in range(20)), (10.0, 0.0), (10.5, 0.5)]
    assert {s.forward_head_deg for s in found} == {found[0].forward_head_deg}
    assert {(s.state, s.now, s.reason, s.view) for s in found} == {("upright", "upright", None, "front")}
    assert [s.still_s for s in found] == pytest.approx([n / 2 for n in range(22)])


DAY = (
    ("upright", 15, UPRIGHT),
    ("forward", 185, FORWARD),
    ("nobody", 8, NOBODY),
    ("upright", 20, UPRIGHT),
    ("dark", 14, DARK),
    ("left", 25, LEFT),
    ("faceless", 6, FACELESS),
    ("forward", 40, FORWARD),
    ("upright", 12, UPRIGHT),
)


@pytest.mark.parametrize("rate_hz", [1, 2, 5])
def test_clocks_transitions_and_alerts_go_on_exactly_as_if_each_tick_had_been_looked_at(rate_hz):
    looks = stream(rate_hz, *((seconds, picture) for _, seconds, picture in DAY))
    held = thinned(looks)
    assert sum(isinstance(look, Landmarks) for look in held) < 60 < len(held)
    every, few = run(looks, rate_hz), run(held, rate_hz)
    assert aged(few) == every
    assert {type(event) for event in every} == {Started, Moment, Transition, Notice}
    assert max(s.age_s for s in samples(few)) == pytest.approx(10.0, abs=1.01 / rate_hz)
    assert {notice.level for notice in only(Notice, every)} == {1, 2, 3}


def test_the_filters_converge_on_what_is_held():
    seen = samples(
        run(
            [
                UPRIGHT,
                *(Held(n / 2) for n in range(1, 6)),
                replace(FORWARD, t_s=3.0),
                *(Held(3 + n / 2) for n in range(1, 20)),
            ]
        )
    )
    looked, *after = [s.forward_head_deg for s in seen if s.t_s >= 3.0]
    alone = figures.compare(figures.Sitter(cva_drop_deg=20.0)).forward_head_deg
    assert all(one <= other + 1e-9 for one, other in pairwise([looked, *after])), "toward it"
    assert looked < 0.9 * alone
    assert after[-1] == pytest.approx(alone, abs=0.1)


def test_held_ticks_before_any_look_are_passed_over():
    assert samples(run([Held(0.0), Held(0.5), replace(UPRIGHT, t_s=1.0), Held(1.5)])) == samples(
        run([replace(UPRIGHT, t_s=1.0), Held(1.5)])
    )


def test_a_tick_that_is_missing_among_held_ones_repeats_with_the_age_of_the_look():
    looks = [UPRIGHT, *(Held(n / 2) for n in range(1, 21) if n not in (8, 9, 10))]
    assert [(s.t_s, s.age_s) for s in samples(run(looks))] == [(n / 2, n / 2) for n in range(21)]


@pytest.mark.parametrize("source", [Window(), Startup(), Startup(KEPT)], ids=["window", "capture", "stored"])
def test_held_ticks_may_come_at_any_time_of_a_start(source):
    looks = stream(2, (12, UPRIGHT), (30, FORWARD))
    held = [Held(look.t_s) if n % 3 == 2 else look for n, look in enumerate(looks)]
    events = run(held, 2, source)
    assert [s.t_s for s in samples(events)] == [n / 2 for n in range(85)]
    assert [e.captured for e in only(Started, events)] == [source != Startup(KEPT)]
    (forward,) = only(Transition, events)[-1:]
    assert (forward.after, forward.t_s) == ("forward_head", pytest.approx(22.0, abs=0.6))


# Looks within one tick


def test_every_look_within_a_tick_counts_when_governed_and_only_the_first_when_not():
    looks = [replace(UPRIGHT, t_s=n / 2) for n in range(20)]
    looks += [replace(FORWARD, t_s=10.0 + n / 5) for n in range(1, 60)]
    looks.sort(key=lambda look: look.t_s)
    governed, other = run(looks), run(looks, governed=False)
    assert [s.t_s for s in samples(governed)][:25] == [s.t_s for s in samples(other)][:25]
    assert changes(governed) == [(20.2, 10.2, "upright", "forward_head")]
    assert changes(other) == [(20.6, 10.2, "upright", "forward_head")], "20.2 and 20.4 are of the tick that 20.0 had"


def test_a_second_look_within_a_tick_is_taken_only_when_governed():
    quick = [replace(UPRIGHT, t_s=0.0), replace(FORWARD, t_s=0.2), Held(0.4), Held(0.6)]
    governed, other = (samples(run(quick, governed=each)) for each in (True, False))
    assert [s.t_s for s in governed] == [s.t_s for s in other] == [0.0, 0.6], "one sample a tick in both"
    assert governed[1].forward_head_deg > 10
    assert (governed[1].age_s, other[1].age_s) == (pytest.approx(0.4), pytest.approx(0.6))
    assert other[1].forward_head_deg == pytest.approx(0.0, abs=1.0)


def test_a_look_at_the_same_time_or_from_before_is_passed_over_when_governed_too():
    looks = [replace(UPRIGHT, t_s=0.0), replace(UPRIGHT, t_s=1.2), replace(FORWARD, t_s=1.2), replace(FORWARD, t_s=1.1)]
    looks += [replace(FORWARD, t_s=0.3), Held(1.5)]
    assert {s.now for s in samples(run(looks))} == {"upright"}


# The recording


def jittered(looks):
    """At times as a clock gives them."""
    return [replace(look, t_s=look.t_s + 0.01 + 0.0077 * math.sin(n)) for n, look in enumerate(looks)]


def recorded(folder, looks, start, rules, governed=True, busy=lambda _t_s: False):
    """What is in the files of a session's samples and landmarks."""
    paths = folder / "samples.jsonl", folder / "landmarks.jsonl"
    outputs = Outputs(*(Recorder(path) for path in paths))
    session = Session(rules, "0", 2.0, outputs, lambda _event: None, governed=governed, busy=busy)
    session.run(looks, start)
    outputs.close()
    return paths


@pytest.mark.parametrize(
    "start", [Startup(), Startup(KEPT), KEPT, Window()], ids=["capture", "stored", "given", "window"]
)
def test_a_recording_with_held_lines_replays_to_the_same_samples_transitions_and_alerts(tmp_path, start):
    looks = jittered(thinned(stream(2, *((seconds, picture) for _, seconds, picture in DAY))))
    fine = [Held(look.t_s + 0.21) for look in looks[150:170]] + [replace(FORWARD, t_s=looks[60].t_s + 0.2)]
    looks = sorted([*looks, *fine], key=lambda look: look.t_s)
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    live, marks = recorded(tmp_path / "live", looks, start, STRICT)
    first = read_session(marks)
    assert (first.governed, first.rate_hz) == (True, 2.0)
    kept = None if first.baseline is None else baselines.checked(first.baseline, marks)
    again, copy = recorded(
        tmp_path / "again",
        read_landmarks(marks, pytest.fail),
        Startup(kept) if first.live else kept,
        with_hfov(STRICT, first.hfov_deg),
        first.governed,
    )
    skip = 1 if isinstance(start, Window) else 0  # there the first line of the replay has the baseline already
    assert again.read_text().splitlines()[skip:] == live.read_text().splitlines()[skip:]
    assert copy.read_text().splitlines()[1:] == marks.read_text().splitlines()[1:]
    kinds = [line.split('"', 4)[3] for line in live.read_text().splitlines()]
    assert {kind: kinds.count(kind) > 1 for kind in ("sample", "transition", "alert")} == dict.fromkeys(
        ("sample", "transition", "alert"), True
    )


WISHED = [
    Wish(40.0, "exercised"),
    Wish(95.0, "answer"),
    Wish(110.0, "snooze", 150.0),
    Wish(300.0, "recalibrate"),
    Wish(400.0, "snooze", 900.0),
    Wish(430.0, "snooze", 0.0),
]


def test_what_was_wished_meanwhile_is_recorded_and_done_again_by_a_replay(tmp_path):
    looks = stream(2, (12, UPRIGHT), (250, FORWARD), (20, NOBODY), (60, UPRIGHT), (260, FORWARD))
    wished = sorted([*looks, *WISHED], key=lambda each: (each.t_s, not isinstance(each, Wish)))
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    busy = lambda t_s: 150.0 <= t_s < 270.0 or 380.0 <= t_s < 395.0  # noqa: E731
    live, marks = recorded(tmp_path / "live", wished, Startup(KEPT), STRICT, busy=busy)
    again, copy = recorded(tmp_path / "again", read_landmarks(marks, pytest.fail), Startup(KEPT), STRICT)
    assert again.read_text() == live.read_text()
    assert copy.read_text() == marks.read_text()
    lines = [json.loads(line) for line in marks.read_text().splitlines()]
    told = [(line["t_s"], line["wish"], line["for_s"]) for line in lines if line["type"] == "wish"]
    assert [each for each in told if each[1] not in ("quiet", "aloud")] == [(w.t_s, w.wish, w.for_s) for w in WISHED]
    assert [each[:2] for each in told if each[1] in ("quiet", "aloud")] == [(387.0, "quiet"), (395.0, "aloud")]
    plain, _ = recorded(tmp_path, looks, Startup(KEPT), STRICT)
    alerts = [[line for line in path.read_text().splitlines() if '"alert"' in line] for path in (live, plain)]
    assert alerts[0] != alerts[1], "the wishes matter here"


@given(st.floats(0, 1e6))
def test_a_held_look_is_recorded_with_its_time_as_it_was(t_s):
    assert as_line(Held(t_s)) == {"type": "held", "t_s": t_s}


def test_a_session_that_is_not_governed_says_so(tmp_path):
    _, marks = recorded(tmp_path, stream(2, (12, UPRIGHT)), Startup(), STANDARD, governed=False)
    assert read_session(marks).governed is False


@pytest.mark.parametrize("events", range(1, 12))
def test_a_session_ended_at_any_event_has_written_down_the_look_it_came_from(tmp_path, events):
    paths = tmp_path / "samples.jsonl", tmp_path / "landmarks.jsonl"
    left = iter([None] * events)

    def show(_event):
        if next(left, True):
            raise Ended

    with contextlib.closing(Outputs(*(Recorder(path) for path in paths))) as outputs:
        session = Session(STRICT, "0", 2.0, outputs, show)
        with pytest.raises(Ended):
            session.run(stream(2, (10, UPRIGHT)), Startup(KEPT))
    looked = list(read_landmarks(paths[1], pytest.fail))
    told = [json.loads(line) for line in paths[0].read_text().splitlines() if '"type":"sample"' in line]
    assert looked[-1].t_s == told[-1]["t_s"] == (events - 1) / 2


# A new baseline


class Live:
    """A monitor whose looks are made one at a time; `wish` is called with the time before each."""

    def __init__(self, looks, wish=lambda _monitor, _t_s: None, source=KEPT, rules=STRICT):
        self.monitor = Monitor(rules, CATALOGUE, 2, governed=True)
        self.settling = {}
        self.events = list(self.monitor.run(self._feed(looks, wish), source))

    def _feed(self, looks, wish):
        for look in looks:
            wish(self.monitor, look.t_s)
            self.settling[look.t_s] = self.monitor.settling
            yield look


def recalibrate_at(*times_s):
    return lambda monitor, t_s: monitor.recalibrate() if t_s in times_s else None


def test_while_a_new_baseline_is_captured_the_state_is_unknown_and_afterwards_the_dose_is_0():
    live = Live(stream(2, (10, UPRIGHT), (60, FORWARD)), recalibrate_at(40.0))
    events = live.events
    assert at(events, 39.5).dose > 0.5
    meanwhile = [s for s in samples(events) if 40.0 <= s.t_s <= 50.0]
    assert {(s.state, s.now, s.forward_head_deg) for s in meanwhile} == {("unknown", "unknown", None)}
    assert [e.captured for e in only(Started, events)] == [False, True]
    place = events.index(only(Started, events)[1])
    assert all(s.t_s > 50.0 for s in samples(events[place:]))
    assert at(events, 51.0).dose == 0.0
    later = [s for s in samples(events) if s.t_s > 51.0]
    assert {(s.state, s.dose) for s in later} == {("upright", 0.0)}
    assert later[-1].forward_head_deg == pytest.approx(0.0, abs=1.0), "against the new baseline"
    assert [c.t_s for c in only(Calibrating, events)] == [40.5 + n / 2 for n in range(21)]
    assert [t_s for t_s, settling in live.settling.items() if settling] == [40.0 + n / 2 for n in range(22)]


def test_a_held_tick_right_after_the_wish_says_nothing_by_the_old_baseline():
    looks = [Held(look.t_s) if 30 <= look.t_s <= 41.5 else look for look in stream(2, (10, UPRIGHT), (60, FORWARD))]
    events = Live(looks, recalibrate_at(40.0)).events
    meanwhile = [s for s in samples(events) if 40.0 <= s.t_s <= 51.0]
    assert {(s.state, s.now, s.forward_head_deg) for s in meanwhile} == {("unknown", "unknown", None)}
    assert meanwhile[0].age_s == pytest.approx(10.5)
    assert [change for change in changes(events) if change[0] >= 40.0] == [
        (40.0, 40.0, "forward_head", "unknown"),
        (52.5, 52.5, "unknown", "upright"),
    ]


def test_nothing_is_alerted_while_a_baseline_is_captured_and_the_old_alert_is_withdrawn():
    events = Live(stream(2, (10, UPRIGHT), (90, FORWARD)), recalibrate_at(60.0)).events
    assert [m.alert.level for m in only(Moment, events) if m.sample.t_s == 59.5] == [2]
    assert {m.alert for m in only(Moment, events) if m.sample.t_s >= 60.5} == {None}
    assert [n.t_s for n in only(Notice, events) if n.t_s >= 60.0] == []


@pytest.mark.parametrize("source", [Startup(), Startup(KEPT)], ids=["capture", "stored"])
def test_a_wish_during_the_start_begins_the_capture_anew_and_only_once(source):
    live = Live(stream(2, (40, UPRIGHT)), recalibrate_at(3.0), source)
    started = only(Started, live.events)
    assert [e.captured for e in started] == ([True] if source == Startup() else [False, True])
    assert [c.t_s for c in only(Calibrating, live.events) if c.t_s >= 3.0] == [3.0 + n / 2 for n in range(21)]
    assert [c.done_s for c in only(Calibrating, live.events) if c.t_s == 3.0] == [0.0]
    assert {t_s for t_s, settling in live.settling.items() if settling} == {n / 2 for n in range(27)}
    assert at(live.events, 39.0).state == "upright"


def test_a_wish_right_after_a_capture_captures_again():
    live = Live(stream(2, (40, UPRIGHT)), recalibrate_at(10.5), Startup())
    assert [e.captured for e in only(Started, live.events)] == [True, True]
    assert all(live.settling[n / 2] for n in range(42))
    assert not live.settling[22.0]


def test_a_wish_at_the_very_end_of_a_start_has_everything_looked_at_until_the_next_baseline():
    monitor, started = Monitor(STRICT, CATALOGUE, 2, governed=True), []
    for event in monitor.run(iter(stream(2, (40, UPRIGHT))), Startup()):
        if isinstance(event, Started):
            started.append(event)
            if len(started) == 1:
                monitor.recalibrate()
        if isinstance(event, Moment):
            assert monitor.settling == (len(started) < 2), event.sample.t_s
    assert len(started) == 2


def test_a_wish_without_anybody_is_told_why_and_tried_until_somebody_sits_there():
    events = Live(stream(2, (20, UPRIGHT), (25, NOBODY), (15, UPRIGHT)), recalibrate_at(20.0)).events
    assert len(only(Failed, events)) == 1
    assert [e.captured for e in only(Started, events)] == [False, True]


# Another mode of the camera


WIDER = figures.scaled(UPRIGHT, 2.0)


@pytest.mark.parametrize("source", [KEPT, Startup(KEPT), Startup()], ids=["given", "stored", "capture"])
def test_another_picture_size_in_the_middle_leads_to_a_capture(source):
    live = Live(stream(2, (20, UPRIGHT), (30, WIDER)), source=source)
    first, second = only(Started, live.events)
    assert (first.baseline.size_px, second.baseline.size_px) == (UPRIGHT.size_px, WIDER.size_px)
    assert second.captured
    assert {s.state for s in samples(live.events) if 20.0 <= s.t_s <= 30.0} == {"unknown"}
    assert at(live.events, 45.0).state == "upright"
    assert at(live.events, 45.0).forward_head_deg == pytest.approx(0.0, abs=1.0)
    assert live.settling[20.5]
    assert not live.settling[45.0]


def test_another_size_of_a_picture_that_cannot_be_judged_is_no_other_mode():
    lost = Landmarks(0.0, (0, 0), reason="camera lost")
    events = Live(stream(2, (20, UPRIGHT), (5, lost), (5, DARK), (30, UPRIGHT))).events
    assert only(Calibrating, events) == []
    assert len(only(Started, events)) == 1


def test_a_capture_takes_no_looks_of_two_sizes():
    events = Live(stream(2, (6, UPRIGHT), (20, WIDER)), source=Startup()).events
    (started,) = only(Started, events)
    assert started.baseline.size_px == WIDER.size_px
    assert started.baseline.looks == 21
    assert [c.done_s for c in only(Calibrating, events) if c.t_s in (5.5, 6.0)] == [5.5, 0.0]


# When something happens


SHORT = replace(STRICT, still=replace(STRICT.still, limit_s=50.0), seated=replace(STRICT.seated, limit_s=80.0))
DOWN = drawn(flexion_deg=30.0)
SIGHTS = {
    "upright": UPRIGHT,
    "forward": FORWARD,
    "left": LEFT,
    "down": DOWN,
    "turned away": AWAY_FROM_SCREEN,
    "nobody": NOBODY,
    "dark": DARK,
    "faceless": FACELESS,
}
STEP_S, UNTIL_S = 0.25, 20.0


def reached(clocks, rules):
    """Which limits the clocks have reached."""
    found = {
        (name, getattr(clocks, name) >= getattr(rules, name[:-2]).limit_s - 1e-6) for name in ("still_s", "seated_s")
    }
    return found | {(dose, clocks.dose >= dose - 1e-6) for dose in (rules.alerts.sign_at_dose, 1.0)}


def told_and_found(parts, rules):
    """What soon_s says after these looks, and when something happens if all stays as at the last one."""
    looks = stream(2, *((seconds, SIGHTS[name]) for seconds, name in parts))
    end_s, told, happened, limits = looks[-1].t_s, [], [], None
    monitor = Monitor(rules, CATALOGUE, 2, governed=True)

    def feed():
        yield from looks
        told.append(monitor.soon_s())
        yield from (Held(end_s + n * STEP_S) for n in range(1, int(UNTIL_S / STEP_S)))

    for event in monitor.run(feed(), KEPT):
        if isinstance(event, Transition) and told:
            happened.append(event.t_s - end_s)
        if isinstance(event, Moment):
            before, limits = limits, reached(event.clocks, rules)
            if told and {name for name, so in limits - before if so}:
                happened.append(event.sample.t_s - end_s)
    return told[0], min(happened, default=math.inf)


parts_of_a_day = st.lists(
    st.tuples(st.sampled_from([3, 4.5, 7, 12, 22]), st.sampled_from(sorted(SIGHTS))), min_size=1, max_size=3
)


@settings(max_examples=12, deadline=None)
@given(parts_of_a_day, st.sampled_from(sorted(set(SIGHTS) - {"nobody", "dark"})))
def test_something_happens_when_it_was_said_if_all_stays_as_it_is(parts, last):
    told_s, found_s = told_and_found([*parts, (3, last)], SHORT)
    if min(told_s, found_s) < UNTIL_S - 1:
        assert found_s == pytest.approx(told_s, abs=1.05)  # a tick of half a second, and filters


@pytest.mark.parametrize(
    ("parts", "soon_s"),
    [
        ([(4, "upright"), (7, "forward")], 3.0),  # the dwell of 10 s
        ([(4, "upright"), (7, "forward"), (2, "upright"), (3, "forward")], 7.0),  # begun anew
        ([(4, "upright"), (20, "forward")], 2.5),  # half the dose of 45 s
        ([(4, "upright"), (40, "forward")], 5.0),  # all of it
        ([(4, "upright"), (14, "forward"), (3, "upright")], 2.0),  # back after 5 s
        ([(45, "upright")], 5.0),  # still
        ([(47, "upright"), (3, "down")], 7.0),  # no longer: the dwell
        ([(4, "upright"), (2, "nobody")], 1.0),  # away after 3 s
        ([(4, "upright"), (7, "dark")], 3.0),  # unknown after 10 s
        ([(4, "upright"), (8, "nobody")], math.inf),
        ([(8, "nobody")], math.inf),
        ([(4, "upright"), (15, "dark")], math.inf),
        ([(49, "upright"), (15, "dark")], math.inf),
        ([(4, "upright"), (22, "forward"), (5, "nobody")], math.inf),
    ],
)
def test_how_soon_something_happens(parts, soon_s):
    told_s, found_s = told_and_found(parts, SHORT)
    assert told_s == pytest.approx(soon_s, abs=0.51)
    assert found_s == pytest.approx(soon_s, abs=0.51)
