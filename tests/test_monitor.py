"""The whole loop on drawn people: from landmarks to samples, transitions and alerts, in seconds of the stream."""

import json
import math
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import pairwise

import figures
import numpy as np
import pytest
from figures import Sitter, landmarks
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch import baseline as baselines
from posturewatch import exercises, monitor
from posturewatch.baseline import build
from posturewatch.commands.running import Session
from posturewatch.config import Camera, Quiet, Settings, with_preset
from posturewatch.estimate import correction
from posturewatch.estimate.capture import Calibrating, Failed, Started, Startup, Window
from posturewatch.estimate.sideways import upright_from_the_side
from posturewatch.features import describe
from posturewatch.files.record import Outputs, Recorder, as_line
from posturewatch.files.replay import read_landmarks
from posturewatch.landmarks import Face, Landmarks
from posturewatch.monitor import Moment, Monitor
from posturewatch.posture import Transition
from posturewatch.session import Notice, Sample

STANDARD = Settings(camera=Camera(hfov_deg=figures.HFOV_DEG))
STRICT = with_preset(STANDARD, "strict")
CATALOGUE = exercises.load()


def rounded(look):
    """As landmarks.py rounds what the models find."""
    face = look.face and Face(look.face.matrix.round(6), look.face.points.round(2))
    return replace(look, pose=look.pose.round(3), world=look.world.round(5), face=face)


def drawn(**sitter):
    return rounded(landmarks(Sitter(**sitter)))


UPRIGHT, FORWARD = drawn(), drawn(cva_drop_deg=20.0)
LEFT, RIGHT = drawn(turn_deg=-25.0), drawn(turn_deg=25.0)
AWAY_FROM_SCREEN = drawn(turn_deg=70.0)
ASIDE = drawn(chair_mm=(150.0, 0.0, 0.0))
FACELESS = replace(UPRIGHT, face=None)
NOBODY = Landmarks(0.0, figures.SIZE_PX)
DARK = replace(NOBODY, reason="too dark")
LOST = Landmarks(0.0, (0, 0), reason="camera lost")


PURE = ((monitor, "describe"), (monitor, "deviation"), (baselines, "locate"))
ORIGINALS = {name: getattr(module, name) for module, name in PURE}


@pytest.fixture(scope="module", autouse=True)
def remembered():
    """Work out each drawn picture once: what it says doesn't depend on when it is seen."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in PURE:
            patch.setattr(module, name, once(getattr(module, name)))
        yield


def once(function):
    known = {}

    def remembering(*args):
        key = tuple(content(arg) for arg in args)
        if key not in known:
            known[key] = function(*args)
        t_s = next((arg.t_s for arg in args if hasattr(arg, "t_s")), None)
        return replace(known[key], t_s=t_s) if hasattr(known[key], "t_s") else known[key]

    return remembering


KNOWN, NUMBERS = {}, {}


def content(value):
    """Everything in it but the time, as what can be looked up; the same arrays have the same number."""
    if not isinstance(value, np.ndarray) and not is_dataclass(value):
        return value
    if hasattr(value, "t_s"):
        return tuple(content(getattr(value, name)) for name in value.__slots__ if name != "t_s")
    if id(value) not in KNOWN:
        parts = (
            value.tobytes()
            if isinstance(value, np.ndarray)
            else tuple(content(getattr(value, n)) for n in value.__slots__)
        )
        KNOWN[id(value)] = value, NUMBERS.setdefault(parts, len(NUMBERS))  # the value lives on: no other gets its id
    return KNOWN[id(value)][1]


def stream(rate_hz, *segments, from_s=0.0):
    """Segments (seconds, picture or pictures to take in turn) as looks, each without its end, and one at the end."""
    looks, start_s, at = [], 0.0, 0
    for seconds, pictures in segments:
        pictures = [pictures] if isinstance(pictures, Landmarks) else pictures
        while at / rate_hz < start_s + seconds - 1e-9:
            looks.append(replace(pictures[at % len(pictures)], t_s=from_s + round(at / rate_hz, 3)))
            at += 1
        start_s += seconds
    return [*looks, replace(pictures[at % len(pictures)], t_s=from_s + round(at / rate_hz, 3))]


def run(looks, rate_hz, source=None, rules=STRICT):
    return list(Monitor(rules, CATALOGUE, rate_hz).run(iter(looks), source or Window()))


def only(kind, events):
    return [event for event in events if isinstance(event, kind)]


def samples(events):
    return [event.sample for event in events if isinstance(event, Moment)]


def at(events, t_s):
    """The first sample from t_s on."""
    return next(sample for sample in samples(events) if sample.t_s >= t_s - 0.002)


def changes(events):
    return [(e.t_s, e.since_s, e.before, e.after) for e in only(Transition, events)]


def flat(events):
    """Events as what can be compared."""
    return [(e.captured, baselines.as_dict(e.baseline)) if isinstance(e, Started) else e for e in events]


def after(events):
    """What happens from the start on."""
    place = next(i for i, event in enumerate(events) if isinstance(event, Started))
    return events[place + 1 :]


KEPT = figures.baseline()


def test_remembering_pictures_changes_nothing_of_what_these_tests_see(monkeypatch):
    looks = stream(2, (11, UPRIGHT), (3, [FORWARD, LEFT]), (2, FACELESS), (1, NOBODY), (1, DARK))
    quickly = flat(run(looks, 2))
    for module, name in PURE:
        monkeypatch.setattr(module, name, ORIGINALS[name])
    assert flat(run(looks, 2)) == quickly


# From the picture to the alert


@pytest.mark.parametrize("rate_hz", [2, 5, 30])
def test_a_head_20_degrees_forward_becomes_a_transition_a_sign_an_exercise_and_a_sound(rate_hz):
    events = run(stream(rate_hz, (12, UPRIGHT), (178, FORWARD), (15, UPRIGHT)), rate_hz)
    look_s = 1 / rate_hz + 1e-6
    assert [e.captured for e in only(Started, events)] == [True]
    forward, back = only(Transition, events)
    assert (forward.before, forward.after) == ("upright", "forward_head")
    assert (forward.since_s, forward.t_s) == (pytest.approx(12.0, abs=look_s), pytest.approx(22.0, abs=look_s))
    assert (back.before, back.after) == ("forward_head", "upright")
    assert (back.since_s, back.t_s) == (pytest.approx(190.0, abs=look_s), pytest.approx(195.0, abs=look_s))
    assert [(notice.kind, notice.level, notice.exercise) for notice in only(Notice, events)] == [
        ("posture", 1, None),
        ("posture", 2, "crown-stretch-chin-sweep"),
        ("posture", 3, "crown-stretch-chin-sweep"),
    ]
    assert [notice.t_s for notice in only(Notice, events)] == [
        pytest.approx(12.0 + 22.5, abs=look_s),  # dose 0.5 of 45 s
        pytest.approx(12.0 + 45.0, abs=look_s),
        pytest.approx(12.0 + 45.0 + 120.0, abs=look_s),
    ]


def test_the_samples_say_what_is_seen_and_for_how_long():
    events = run(stream(5, (12, UPRIGHT), (48, FORWARD)), 5)
    assert len(samples(events)) == 60 * 5 + 1
    before, after_5_s, after_30_s = at(events, 11.0), at(events, 17.0), at(events, 42.0)
    assert (before.state, before.now, before.hold_s, before.dose) == ("upright", "upright", 0.0, 0.0)
    assert before.forward_head_deg == pytest.approx(0.0, abs=1.0)
    assert (after_5_s.state, after_5_s.now, after_5_s.hold_s) == ("upright", "forward_head", 0.0)
    assert (after_30_s.state, after_30_s.now) == ("forward_head", "forward_head")
    assert after_30_s.hold_s == pytest.approx(30.0)
    assert after_30_s.dose == pytest.approx(30.0 / 45.0)
    alone = figures.compare(Sitter(cva_drop_deg=20.0)).forward_head_deg
    assert after_30_s.forward_head_deg == pytest.approx(alone, abs=1.0)  # smoothed, against a baseline of many looks
    assert after_30_s.severity == pytest.approx(after_30_s.forward_head_deg / 10.0)
    assert (after_30_s.view, after_30_s.reason, after_30_s.age_s) == ("front", None, 0.0)
    level = correction.flexion(0.0, alone)  # a head that came forward looks as if it were pitched down: these don't
    assert (after_30_s.neck_flexion_deg, after_30_s.turn_deg) == pytest.approx((level, 0.0), abs=0.5)


def test_the_second_suggestion_is_another_exercise_and_the_sound_repeats_the_last_one():
    events = run(stream(2, (12, UPRIGHT), (420, FORWARD)), 2)
    told = [(notice.t_s, notice.level, notice.exercise) for notice in only(Notice, events)]
    first, second = (exercise for _, level, exercise in told if level == 2)
    assert told == [
        (34.5, 1, None),
        (57.0, 2, first),
        (177.0, 3, first),
        (297.0, 2, second),  # the cooldown of 2 min has passed twice
        (417.0, 3, second),
    ]
    assert first != second
    assert exercises.by_id(CATALOGUE, second).name in only(Notice, events)[-1].message


def test_the_moment_carries_the_clocks_and_the_alert_that_is_still_to_be_shown():
    events = only(Moment, run(stream(2, (12, UPRIGHT), (50, FORWARD), (10, UPRIGHT)), 2))
    moments = {moment.sample.t_s: moment for moment in events}
    assert moments[50.0].alert is None
    assert (moments[60.0].alert.level, moments[60.0].alert.t_s) == (2, 57.0)
    assert moments[72.0].alert is None
    assert moments[60.0].clocks.seated_s == pytest.approx(60.0)
    assert moments[60.0].clocks.hold_s == moments[60.0].sample.hold_s == pytest.approx(48.0)


def test_an_upright_still_sitter_stays_upright_and_hears_only_that_they_sat_still_for_20_minutes():
    breathing = [rounded(figures.noisy(landmarks(), seed, 0.5)) for seed in range(12)]
    events = run(stream(2, (1210, breathing)), 2, rules=STANDARD)
    assert {sample.state for sample in samples(events)} == {"upright"}
    assert {sample.now for sample in samples(events)} == {"upright"}
    assert only(Transition, events) == []
    assert [(n.t_s, n.kind, n.level) for n in only(Notice, events)] == [(1200.0, "still", 2)]
    assert max(sample.dose for sample in samples(events)) == 0.0


# The baseline


def test_the_looks_of_the_window_are_told_by_its_baseline_once_it_is_known():
    events = run(stream(2, (12, UPRIGHT)), 2)
    assert isinstance(events[0], Started)
    assert events[0].captured
    assert [sample.t_s for sample in samples(events)] == [i / 2 for i in range(25)]
    assert {sample.state for sample in samples(events)} == {"upright"}


def test_a_later_window_takes_its_looks_and_tells_the_ones_before_it():
    events = run(stream(2, (20, FORWARD), (20, UPRIGHT)), 2, Window(20.0, 30.0))
    assert at(events, 5.0).forward_head_deg == pytest.approx(20.0, abs=3.0)
    assert at(events, 35.0).forward_head_deg == pytest.approx(0.0, abs=1.0)
    assert changes(events) == [(10.0, 0.0, "upright", "forward_head"), (25.0, 20.0, "forward_head", "upright")]


@pytest.mark.parametrize(("window", "looks"), [(Window(), 51), (Window(2.0, 4.0), 11), (Window(1.0, 9.1), 42)])
def test_a_window_takes_the_looks_from_its_beginning_to_its_end(window, looks):
    (started,) = only(Started, run(stream(5, (20, UPRIGHT)), 5, window))
    assert started.baseline.looks == looks


def test_a_window_that_fails_leaves_everything_untold_and_no_alert_comes():
    events = run(stream(5, (12, [LEFT, RIGHT]), (120, FORWARD)), 5)
    assert [type(event) for event in events if not isinstance(event, Moment)] == [Failed]
    assert "the head moved too much" in only(Failed, events)[0].message
    assert {(s.state, s.now, s.reason, s.forward_head_deg, s.severity, s.dose) for s in samples(events)} == {
        ("unknown", "unknown", "no baseline", None, None, 0.0)
    }
    assert len(samples(events)) == 132 * 5 + 1


@pytest.mark.parametrize("looks", [[], stream(2, (1, UPRIGHT)), stream(2, (10, NOBODY))], ids=["0", "1 s", "nobody"])
def test_a_recording_without_a_baseline_says_so_once_and_has_all_its_samples(looks):
    events = run(looks, 2)
    assert len(only(Failed, events)) == 1
    assert len(samples(events)) == len(looks)


@pytest.mark.parametrize(("length_s", "starts"), [(1.2, False), (1.8, True), (2.0, True)])
def test_a_window_needs_two_seconds_of_pictures(length_s, starts):
    events = run(stream(5, (length_s, UPRIGHT)), 5)
    assert bool(only(Started, events)) is starts
    if not starts:
        assert only(Failed, events)[0].message == (
            "No baseline: the window holds 1.2 s of pictures. Choose at least 2 s."
        )


def test_a_start_without_a_stored_baseline_captures_one_and_tells_its_progress():
    events = run(stream(2, (4, UPRIGHT), (2, DARK), (6, UPRIGHT)), 2, Startup())
    steps = only(Calibrating, events)
    assert [(step.t_s, step.done_s) for step in steps] == [(i / 2, i / 2) for i in range(21)]
    assert {step.wanted_s for step in steps} == {10.0}
    assert [step.t_s for step in steps if step.reason == "too dark"] == [4.0, 4.5, 5.0, 5.5]
    assert {step.reason for step in steps} == {None, "too dark"}
    assert [e.captured for e in only(Started, events)] == [True]
    assert [(s.t_s, s.state) for s in samples(events)] == [
        (i / 2, "unknown" if i <= 20 else "upright") for i in range(25)
    ]


def test_a_capture_that_fails_is_followed_by_the_next_one():
    events = run(stream(5, (10, [LEFT, RIGHT]), (20, UPRIGHT)), 5, Startup())
    told = [type(event) for event in events if not isinstance(event, Calibrating | Moment)]
    assert told == [Failed, Started]
    assert "the head moved too much" in only(Failed, events)[0].message
    assert only(Started, events)[0].captured
    assert [(step.t_s, step.done_s) for step in only(Calibrating, events)] == [
        *((pytest.approx(i / 5), pytest.approx(i / 5)) for i in range(51)),
        *((pytest.approx(10.2 + i / 5), pytest.approx(i / 5)) for i in range(51)),
    ]
    untold, told = [s for s in samples(events) if s.t_s <= 20.2], [s for s in samples(events) if s.t_s > 20.2]
    assert {(s.state, s.now, s.reason, s.forward_head_deg) for s in untold} == {
        ("unknown", "unknown", "no baseline", None)
    }
    assert {s.state for s in told} == {"upright"}
    assert [s.t_s for s in untold + told] == [pytest.approx(i / 5) for i in range(151)]


def test_the_same_reason_why_there_is_no_baseline_is_told_once():
    events = run(stream(2, (60, NOBODY), (15, DARK), (15, NOBODY)), 2, Startup())
    assert [event.message.partition(". ")[0] for event in only(Failed, events)] == [
        "No baseline: nobody in view",
        "No baseline: too dark",
        "No baseline: nobody in view",
    ]


def test_how_long_a_capture_takes_can_be_chosen():
    events = run(stream(5, (20, UPRIGHT)), 5, Startup(length_s=3.0))
    assert only(Calibrating, events)[-1].t_s == 3.0
    assert only(Started, events)[0].baseline.looks == 16


def test_a_stored_baseline_that_agrees_is_used_from_the_first_look_on():
    events = run(stream(5, (20, UPRIGHT)), 5, Startup(KEPT))
    assert isinstance(events[0], Started)
    assert [(e.captured, e.baseline is KEPT) for e in only(Started, events)] == [(False, True)]
    assert not only(Calibrating, events)
    assert not only(Failed, events)
    assert {sample.state for sample in samples(events)} == {"upright"}
    assert len(samples(events)) == 101


def test_someone_who_sits_forward_is_not_given_a_new_baseline_for_it():
    events = run(stream(5, (60, FORWARD)), 5, Startup(KEPT))
    assert [e.captured for e in only(Started, events)] == [False]
    assert changes(events) == [(10.0, 0.0, "upright", "forward_head")]


def test_an_empty_chair_says_nothing_about_the_stored_baseline():
    events = run(stream(5, (30, NOBODY), (20, UPRIGHT)), 5, Startup(KEPT))
    assert [e.captured for e in only(Started, events)] == [False]
    assert not only(Failed, events)
    assert at(events, 45.0).state == "upright"


def test_one_look_before_an_empty_chair_neither_drops_nor_confirms_the_stored_baseline():
    dropped = run(stream(5, (0.2, ASIDE), (8, NOBODY), (20, UPRIGHT)), 5, Startup(KEPT))
    assert not only(Failed, dropped)
    confirmed = run(stream(5, (0.2, UPRIGHT), (8, NOBODY), (20, ASIDE)), 5, Startup(KEPT))
    assert [e.captured for e in only(Started, confirmed)] == [False, True]


@pytest.mark.parametrize("seen", [ASIDE, figures.scaled(UPRIGHT, 0.5)], ids=["moved", "another picture size"])
def test_where_the_stored_baseline_does_not_agree_for_five_seconds_a_new_one_is_captured(seen):
    events = run(stream(5, (30, seen)), 5, Startup(KEPT))
    assert [e.captured for e in only(Started, events)] == [False, True]
    assert [event.message for event in only(Failed, events)] == [
        "The kept baseline doesn't fit any more. Sit as you want to sit: a new one is captured."
    ]
    steps = only(Calibrating, events)
    assert (steps[0].t_s, steps[0].done_s, steps[-1].t_s) == (pytest.approx(5.2), 0.0, pytest.approx(15.2))
    assert {(s.state, s.reason) for s in samples(events) if 5.0 < s.t_s <= 15.2} == {("unknown", "no baseline")}
    assert {(s.state, s.reason) for s in samples(events) if s.t_s > 15.2} == {("upright", None)}


def test_someone_who_moves_about_gets_no_stored_baseline():
    events = run(stream(5, (30, [UPRIGHT, ASIDE])), 5, Startup(KEPT))
    assert [e.baseline is KEPT for e in only(Started, events)][1:] in ([], [False])
    assert only(Calibrating, events)


def test_a_baseline_that_is_given_is_used_from_the_first_look_on():
    events = run(stream(5, (15, FORWARD)), 5, KEPT)
    assert isinstance(events[0], Started)
    assert not only(Calibrating, events)
    assert changes(events) == [(10.0, 0.0, "upright", "forward_head")]


def test_each_look_is_taken_only_when_the_one_before_is_done():
    order = []

    def looks():
        for look in stream(2, (2, UPRIGHT)):
            order.append(("taken", look.t_s))
            yield look

    for event in Monitor(STRICT, CATALOGUE, 2).run(looks(), KEPT):
        if isinstance(event, Moment):
            order.append(("done", event.sample.t_s))
    assert order == [(what, t_s) for t_s in (0.0, 0.5, 1.0, 1.5, 2.0) for what in ("taken", "done")]


# The upright angle from the side

HALFWAY, SIDE, OTHER_SIDE = drawn(body_turn_deg=45.0), drawn(body_turn_deg=90.0), drawn(body_turn_deg=-90.0)
SIDE_DEG = build([describe(SIDE, figures.HFOV_DEG)], figures.HFOV_DEG).side.ear_shoulder_deg


def turned(looks, upright=KEPT):
    """The angle, and the steps that were shown."""
    steps = []
    return upright_from_the_side(iter(looks), upright, steps.append), steps


@pytest.mark.parametrize("rate_hz", [2, 5, 30])
@pytest.mark.parametrize("side", [SIDE, OTHER_SIDE], ids=["one side", "other side"])
def test_who_turns_a_side_and_holds_it_for_three_seconds_has_the_absolute_angle_taken(side, rate_hz):
    angle, steps = turned(stream(rate_hz, (6, UPRIGHT), (2, HALFWAY), (20, side), from_s=10.2))
    assert angle == pytest.approx(SIDE_DEG, abs=0.1)
    assert steps[-1].t_s == pytest.approx(10.2 + 8.0 + 3.0, abs=0.01)
    assert {step.done_s for step in steps if step.t_s < 18.0} == {0.0}
    assert (steps[-1].done_s, steps[-1].wanted_s) == (pytest.approx(3.0, abs=0.01), 3.0)


def test_the_looks_after_it_are_left():
    looks = iter(stream(5, (1, UPRIGHT), (9, SIDE)))
    upright_from_the_side(looks, KEPT, lambda _: None)
    assert next(looks).t_s == pytest.approx(4.2)


def test_without_a_side_view_it_ends_after_30_seconds_with_nothing():
    looks = iter(stream(5, (20, UPRIGHT), (40, HALFWAY), from_s=10.0))
    assert upright_from_the_side(looks, KEPT, lambda _: None) is None
    assert next(looks).t_s == pytest.approx(40.2)


def test_a_side_that_is_held_when_the_30_seconds_end_is_waited_for():
    angle, steps = turned(stream(5, (28, UPRIGHT), (10, SIDE)))
    assert angle == pytest.approx(SIDE_DEG, abs=0.1)
    assert steps[-1].t_s == pytest.approx(31.0)


def test_a_recording_that_ends_before_has_nothing():
    assert turned(stream(5, (3, UPRIGHT), (2.6, SIDE)))[0] is None
    assert turned([])[0] is None


@pytest.mark.parametrize(("gap_s", "taken_s"), [(0.4, 3.0), (0.8, 4.8)])
def test_a_short_loss_does_not_begin_the_hold_anew_and_a_longer_one_does(gap_s, taken_s):
    angle, steps = turned(stream(5, (1, SIDE), (gap_s, DARK), (20, SIDE)))
    assert angle == pytest.approx(SIDE_DEG, abs=0.1)
    assert steps[-1].t_s == pytest.approx(taken_s)
    assert {step.reason for step in steps} == {None, "too dark"}


def test_a_head_that_moves_is_waited_for_until_it_is_still():
    swaying = [drawn(body_turn_deg=90.0, cva_drop_deg=drop) for drop in (0.0, 30.0)]
    angle, steps = turned(stream(5, (6, swaying), (20, SIDE)))
    assert angle == pytest.approx(SIDE_DEG, abs=0.1)
    assert 7.5 < steps[-1].t_s < 9.5
    assert turned(stream(5, (60, swaying)))[0] is None


def test_the_angle_is_the_usual_one_of_the_hold():
    leaning = drawn(body_turn_deg=90.0, cva_drop_deg=6.0)
    angle, _ = turned(stream(5, (0.4, leaning), (20, SIDE)))
    assert angle == pytest.approx(SIDE_DEG, abs=0.1)


def test_somebody_else_who_walks_by_is_not_taken():
    stranger = rounded(landmarks(Sitter(body_turn_deg=90.0), figures.Camera(distance_mm=1900.0)))
    angle, steps = turned(stream(5, (60, stranger)))
    assert angle is None
    assert {step.reason for step in steps} == {"nobody in view"}


# Ticks


def test_a_tick_without_a_look_repeats_the_last_estimate_with_its_age():
    looks = [look for look in stream(5, (20, FORWARD)) if not 15.0 < look.t_s < 16.0]
    events = run(looks, 5, KEPT)
    last, *repeated, new = [s for s in samples(events) if 14.9 < s.t_s < 16.1]
    assert [(s.t_s, s.age_s) for s in repeated] == [
        (pytest.approx(15.0 + i / 5), pytest.approx(i / 5)) for i in range(1, 5)
    ]
    assert [replace(s, t_s=15.0, age_s=0.0) for s in repeated] == [last] * 4
    assert (new.t_s, new.age_s) == (16.0, 0.0)
    assert new.hold_s == pytest.approx(16.0)


def test_the_last_estimate_is_repeated_for_five_seconds_and_no_longer():
    looks = [look for look in stream(2, (40, UPRIGHT)) if not 15.0 < look.t_s < 30.0]
    ages = [(s.t_s, s.age_s) for s in samples(run(looks, 2, KEPT)) if 15.0 <= s.t_s <= 30.0]
    assert ages == [(15.0, 0.0), *((15.0 + i / 2, i / 2) for i in range(1, 11)), (30.0, 0.0)]


def test_how_long_it_is_repeated_is_the_gap_that_stops_the_clocks():
    rules = replace(STRICT, hold=replace(STRICT.hold, gap_s=3.0))
    looks = [look for look in stream(2, (40, UPRIGHT)) if not 15.0 < look.t_s < 30.0]
    assert max(s.age_s for s in samples(run(looks, 2, KEPT, rules))) == 3.0


@pytest.mark.parametrize("looks_hz", [10, 30])
def test_more_looks_than_the_rate_give_one_sample_a_tick(looks_hz):
    events = run(stream(looks_hz, (20, UPRIGHT)), 2)
    assert [s.t_s for s in samples(events)] == [pytest.approx(i / 2) for i in range(41)]


@pytest.mark.parametrize("rate_hz", [0.5, 3, 7, 30])
def test_time_stamps_rounded_to_a_millisecond_neither_lose_nor_repeat_a_tick(rate_hz):
    events = run(stream(rate_hz, (60, UPRIGHT)), rate_hz, KEPT)
    assert len(samples(events)) == 60 * rate_hz + 1
    assert {s.age_s for s in samples(events)} == {0.0}


def test_a_look_from_before_the_last_one_is_passed_over():
    looks = stream(2, (10, UPRIGHT))
    looks.insert(15, replace(FORWARD, t_s=3.0))
    assert [s.t_s for s in samples(run(looks, 2, KEPT))] == [i / 2 for i in range(21)]


def test_eight_hours_of_suspend_add_nothing_to_any_clock_and_are_a_break():
    morning = stream(5, (12, UPRIGHT), (30, FORWARD))
    evening = stream(5, (10, FORWARD), from_s=8 * 3600.0)
    events = run([*morning, *evening], 5)
    before, woken, later = at(events, 42.0), at(events, 8 * 3600.0), at(events, 8 * 3600.0 + 10.0)
    for name in ("hold_s", "still_s", "dose"):
        assert getattr(woken, name) == getattr(before, name) > 0
    assert later.hold_s == pytest.approx(before.hold_s + 10.0)
    assert later.dose == pytest.approx(before.dose + 10.0 / 45.0)
    assert max(s.t_s for s in samples(events) if s.t_s < 8 * 3600.0) == pytest.approx(47.0)
    assert [notice.level for notice in only(Notice, events)] == [1]
    assert [moment.clocks.seated_s for moment in only(Moment, events)][-1] == pytest.approx(10.0, abs=0.1)  # a break


# Quiet hours


def levels(started_at, hours, until_s=190):
    rules = replace(STRICT, quiet=Quiet(hours))
    looks = stream(2, (12, UPRIGHT), (until_s - 12, FORWARD))
    events = []
    Session(rules, "0", 2, Outputs(None, None), events.append, started_at=started_at).run(looks, Window())
    return [(n.t_s, n.level) for n in only(Notice, events)]


NIGHT, LUNCH = (22 * 60, 7 * 60), (12 * 60, 13 * 60)
ALL = [(34.5, 1), (57.0, 2), (177.0, 3)]


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        (None, (NIGHT,), ALL),
        ("12:30:00", (), ALL),
        ("12:30:00", (NIGHT,), ALL),
        ("12:30:00", (LUNCH,), [(34.5, 1)]),
        ("12:30:00", (NIGHT, LUNCH), [(34.5, 1)]),
        ("21:59:03", (NIGHT,), [(34.5, 1)]),  # the notification would come at 22:00:00
        ("21:59:02", (NIGHT,), [(34.5, 1), (57.0, 2)]),  # at 21:59:59; the sound falls into the night
        ("23:58:00", (NIGHT,), [(34.5, 1)]),  # over midnight
        ("00:00:00", (NIGHT,), [(34.5, 1)]),
        ("06:58:20", (NIGHT,), [(34.5, 1), (100.0, 2)]),  # given when the night ends
        ("06:59:03", (NIGHT,), ALL),  # at 7:00:00
        ("13:00:00", (LUNCH,), ALL),
    ],
)
def test_quiet_hours_hold_back_the_notification_and_the_sound(start, hours, expected):
    started_at = start and datetime.fromisoformat(f"2026-03-01T{start}")
    assert levels(started_at, hours) == expected


# What can't be told


def test_nobody_becomes_away_after_three_seconds_and_upright_at_the_return():
    events = run(stream(5, (20, UPRIGHT), (20, NOBODY), (5, UPRIGHT)), 5)
    assert changes(events) == [(23.0, 20.0, "upright", "away"), (40.0, 40.0, "away", "upright")]
    assert (at(events, 22.0).state, at(events, 22.0).now) == ("upright", "away")
    gone = at(events, 30.0)
    assert (gone.state, gone.reason, gone.forward_head_deg, gone.view) == ("away", "nobody in view", None, None)
    assert (gone.still_s, at(events, 45.0).still_s) == (0.0, pytest.approx(5.0, abs=0.2001))


@pytest.mark.parametrize("picture", [DARK, LOST])
def test_a_picture_that_cannot_be_judged_becomes_unknown_after_ten_seconds_with_the_reason(picture):
    events = run(stream(5, (12, UPRIGHT), (30, FORWARD), (20, picture), (5, FORWARD)), 5)
    assert changes(events) == [
        (22.0, 12.0, "upright", "forward_head"),
        (52.0, 42.0, "forward_head", "unknown"),
        (62.0, 62.0, "unknown", "forward_head"),
    ]
    untold = [s for s in samples(events) if 42.0 <= s.t_s < 62.0]
    assert {(s.reason, s.now, s.forward_head_deg, s.severity) for s in untold} == {
        (picture.reason, "unknown", None, None)
    }
    assert {s.dose for s in untold} == {at(events, 41.8).dose}
    assert {s.hold_s for s in untold} == {at(events, 41.8).hold_s}


def test_a_head_turned_away_is_told_by_its_turn_and_not_by_its_angle():
    events = run(stream(5, (12, UPRIGHT), (20, AWAY_FROM_SCREEN)), 5)
    seen = at(events, 30.0)
    assert (seen.state, seen.forward_head_deg, seen.reason) == ("turned", None, "turned away")
    assert seen.turn_deg == pytest.approx(70.0, abs=10.0)


def test_somebody_small_in_the_picture_is_nobody_at_the_desk():
    passer_by = drawn(chair_mm=(-300.0, 0.0, -1300.0), cva_drop_deg=20.0)
    events = run(stream(5, (12, UPRIGHT), (20, passer_by)), 5)
    assert changes(events) == [(15.0, 12.0, "upright", "away")]
    assert {s.forward_head_deg for s in samples(events) if s.t_s >= 12.0} == {None}


def test_somebody_else_in_the_picture_is_not_measured():
    beside = drawn(chair_mm=(-640.0, 0.0, -330.0), cva_drop_deg=20.0)
    events = run(stream(5, (12, UPRIGHT), (20, beside)), 5)
    assert changes(events) == [(22.0, 12.0, "upright", "unknown")]
    assert {(s.reason, s.forward_head_deg) for s in samples(events) if s.t_s >= 12.0} == {
        ("someone else in the picture", None)
    }


def test_a_look_that_errs_moves_the_angle_by_less_than_its_error_and_the_angle_comes_back():
    shaken = [rounded(figures.noisy(landmarks(), seed, 2.0)) for seed in range(20)]
    raw = [
        ORIGINALS["deviation"](ORIGINALS["describe"](look, figures.HFOV_DEG), KEPT).forward_head_deg for look in shaken
    ]
    smooth = [s.forward_head_deg for s in samples(run(stream(10, (2, UPRIGHT), (20, shaken)), 10, KEPT)) if s.t_s >= 4]
    assert np.std(smooth) < 0.8 * np.std(raw)
    assert np.mean(smooth) == pytest.approx(np.mean(raw), abs=0.2)


def test_a_move_of_the_chair_breaks_the_still_time_after_five_seconds():
    events = run(stream(5, (60, UPRIGHT), (10, drawn(chair_mm=(80.0, 0.0, 0.0)))), 5, KEPT)
    assert at(events, 64.8).still_s == pytest.approx(60.0, abs=0.5)
    assert at(events, 69.9).still_s == pytest.approx(5.0, abs=0.5)


def test_without_the_face_the_heights_carry_on_with_a_wider_error():
    events = run(stream(5, (12, UPRIGHT), (10, FACELESS)), 5)
    with_face, without = at(events, 11.0), at(events, 20.0)
    assert without.forward_head_deg == pytest.approx(0.0, abs=1.0)
    assert without.error_deg > with_face.error_deg
    assert without.state == "upright"


def test_one_odd_look_does_not_change_the_state_but_a_lasting_one_does():
    looks = stream(5, (12, UPRIGHT), (9.6, FORWARD), (5, UPRIGHT), (9.6, FORWARD), (5, UPRIGHT))
    assert changes(run(looks, 5)) == []


# Replay


def eventful(rate_hz=5):
    """A minute with everything in it, at times as a clock gives them."""
    noisy = [rounded(figures.noisy(landmarks(Sitter(cva_drop_deg=drop)), drop, 1.0)) for drop in (17, 18, 19)]
    looks = stream(
        rate_hz, (12, UPRIGHT), (40, noisy), (4, NOBODY), (3, FACELESS), (3, [LEFT, DARK]), (12, LOST), (4, FORWARD)
    )
    looks = [look for look in looks if not 30.0 < look.t_s < 33.0]
    return [replace(look, t_s=look.t_s + 0.037 * abs(math.sin(i))) for i, look in enumerate(looks)]


def test_the_same_landmarks_give_the_same_events():
    assert flat(run(eventful(), 5)) == flat(run(eventful(), 5))


@pytest.mark.parametrize(
    "source", [Window(), Startup(), Startup(KEPT), KEPT], ids=["window", "startup", "stored", "given"]
)
def test_landmarks_that_were_recorded_and_read_give_the_same_events(tmp_path, source):
    looks = eventful()
    live = run(looks, 5, source)
    recorder = Recorder(tmp_path / "l.jsonl")
    outputs = Outputs(None, recorder)
    for look in looks:
        outputs.write(look)
    outputs.begin({}, None)
    outputs.close()
    replayed = run(read_landmarks(tmp_path / "l.jsonl", pytest.fail), 5, source)
    assert flat(replayed) == flat(live)
    assert {type(event) for event in live} >= {Moment, Transition, Notice, Started}


@pytest.mark.parametrize("source", [Window(), Startup(KEPT)], ids=["window", "stored"])
def test_a_replay_from_the_recorded_baseline_gives_the_same_events_as_the_capture(source):
    live = run(eventful(), 5, source)
    (started,) = only(Started, live)
    recorded = baselines.from_dict(json.loads(json.dumps(baselines.as_dict(started.baseline))))
    assert after(run(eventful(), 5, recorded)) == after(live)


# Anything

PICTURES = {
    "upright": UPRIGHT,
    "forward": FORWARD,
    "left": LEFT,
    "away from the screen": AWAY_FROM_SCREEN,
    "aside": ASIDE,
    "nobody": NOBODY,
    "dark": DARK,
    "lost": LOST,
    "faceless": FACELESS,
    "cut off": figures.shifted(UPRIGHT, 300, 0),
}
SOURCES = {"window": Window(), "startup": Startup(), "stored": Startup(KEPT), "given": KEPT}
segments = st.lists(
    st.tuples(
        st.sampled_from([0.2, 1.0, 4.0, 7.0, 25.0, 70.0]),
        st.lists(st.sampled_from(sorted(PICTURES)), min_size=1, max_size=2),
        st.sampled_from([0.0, 0.0, 0.3, 4.9, 5.1, 100.0]),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(
    parts=segments,
    rate_hz=st.sampled_from([0.5, 2, 5]),
    source=st.sampled_from(sorted(SOURCES)),
)
def test_whatever_comes_gives_samples_in_order_with_finite_numbers_and_a_dose_within_its_bounds(parts, rate_hz, source):
    looks, start_s = [], 0.0
    for seconds, pictures, gap_s in parts:
        looks += stream(rate_hz, (seconds, [PICTURES[name] for name in pictures]), from_s=start_s)
        start_s = looks[-1].t_s + 1 / rate_hz + gap_s
    events = run(looks, rate_hz, SOURCES[source])
    found = samples(events)
    assert len(found) >= len(looks)
    assert all(one.t_s < other.t_s for one, other in pairwise(found))
    for sample in found:
        assert 0.0 <= sample.dose <= 1.5
        assert sample.hold_s >= 0.0
        assert 0.0 <= sample.age_s <= 5.0
        assert sample.severity is None or sample.severity >= 0.0
        numbers = [getattr(sample, each.name) for each in fields(Sample)]
        assert all(math.isfinite(value) for value in numbers if isinstance(value, float))
        assert (sample.forward_head_deg is None) == (sample.error_deg is None)
        json.dumps(as_line(sample), allow_nan=False)
    assert len(only(Started, events)) <= (2 if source == "stored" else 1)
