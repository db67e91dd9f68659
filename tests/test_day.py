"""Whole working days, from the camera to the history, in accelerated time.

Chosen so that the file stays below 40 s of CPU, of which a tick takes 1 ms: 71 minutes at a tick a second that hold
all that happens to a laptop in a day and a night; 5 minutes of short limits at 2 ticks a second, which are also looked
at 5 times a second without a governor; 20 minutes of fidgeting at 2 ticks a second; and 8 hours of it at a tick in 4 s.
"""

import os
import random
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from day import NOBODY, Scene, lived
from figures import Sitter

from posturewatch.config import AlertRules, SeatedRule, Settings, StillRule, with_preset

FORWARD, DOWN, BENT = Sitter(cva_drop_deg=18.0), Sitter(flexion_deg=30.0), Sitter(bend_deg=18.0)

DAY = (  # the seconds at which each begins; chairs move, so that the still clock keeps out of it
    Scene(300),  # 0, the baseline in its first 10 s
    Scene(780, FORWARD, chair_mm=40),  # 300
    Scene(300),  # 1080
    Scene(50, plugged=False),  # 1380
    Scene(100, chair_mm=50),  # 1430
    Scene(90, light=(0, 0)),  # 1530, the lens is covered
    Scene(60),  # 1620
    Scene(120, DOWN, chair_mm=50),  # 1680
    Scene(120),  # 1800
    Scene(300, NOBODY),  # 1920
    Scene(120, behind=True),  # 2220, two people
    Scene(60, NOBODY, behind=True),  # 2340
    Scene(300, light=(1.0, 0.3), chair_mm=50),  # 2400, dusk
    Scene(40, light=(0.02, 0.02)),  # 2700
    Scene(60),  # 2740, a lamp
    Scene(180, off="screen locked"),  # 2800
    Scene(60),  # 2980
    Scene(300, BENT, chair_mm=50),  # 3040
    Scene(60),  # 3340
    Scene(130, paused=True),  # 3400
    Scene(60),  # 3530
    Scene(2, off="going to sleep"),  # 3590
    Scene(200, asleep=True),  # 3592
    Scene(60, chair_mm=50),  # 3792
    Scene(36_000, asleep=True),  # 3852, a night without a word before
    Scene(30),  # 39852
    Scene(500, FORWARD, chair_mm=50),  # 39882
    Scene(60),  # 40382 to 40442
)
TRANSITIONS = [  # 10 s into a posture, 5 s out of it, 10 s until unknown, 3 s until away; back at once
    (10, "unknown", "upright"),  # the baseline; not a transition, and not in the list of the monitor
    (310, "upright", "forward_head"),
    (1085, "forward_head", "upright"),
    (1390, "upright", "unknown"),
    (1430, "unknown", "upright"),
    (1540, "upright", "unknown"),
    (1620, "unknown", "upright"),
    (1690, "upright", "neck_flexed"),
    (1805, "neck_flexed", "upright"),
    (1923, "upright", "away"),
    (2220, "away", "upright"),
    (2343, "upright", "away"),
    (2400, "away", "upright"),
    (2710, "upright", "unknown"),
    (2740, "unknown", "upright"),
    (2810, "upright", "unknown"),
    (2980, "unknown", "upright"),
    (3050, "upright", "side_bent"),
    (3345, "side_bent", "upright"),
    (3410, "upright", "unknown"),
    (3530, "unknown", "upright"),
    (39_892, "upright", "forward_head"),
    (40_387, "forward_head", "upright"),
][1:]
ALERTS = [
    (600, "posture", 1),  # 300 s of 600 s
    (900, "posture", 2),
    (1020, "posture", 3),  # 2 min later
    (3280, "posture", 1),  # nothing left since the absence, 240 s of 480 s
    # 305/480 at 3345, less (55 + 60 + 60 + 30)/600 upright: .294 at 39,882
    (40_006, "posture", 1),  # (.5 - .294) · 600 s later
    (40_306, "posture", 2),
]
SECONDS = {
    "forward_head": 1270,  # 775 + 495
    "neck_flexed": 115,
    "side_bent": 295,
    "away": 354,  # 297 + 57
    "unknown": 450,  # 10 before the baseline, 40 + 80 + 30 + 170 + 120
    "upright": 1758,  # what is left of 40,442 without the two sleeps
}
SEATED_S = [  # at, seconds
    (1919, 1769),  # without what isn't told: 10 + 50 + 90 s, and some seconds until it is known that it isn't
    (2039, 1889),  # an absence counts in
    (2042, 0),  # until it is a break
    (2221, 1),
    (2399, 179),  # a minute isn't
    (2799, 539),  # without 40 s of darkness
    (2919, 539),  # a lock stops it
    (2922, 0),  # and is a break after two minutes
    (3399, 419),
    (3529, 419),  # a pause is none
    (3589, 479),
    (3794, 1),  # a sleep is
    (3851, 59),
    (39_854, 1),  # and a night
    (40_440, 587),
]


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("day")
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            patch.setenv(name, str(folder))
        yield lived(patch, folder, *DAY, rate_hz=1.0)


def near(expected, found, within_s=2.0):
    """Whether the same things happened at the same times."""
    assert [each[1:] for each in found] == [each[1:] for each in expected]
    assert [each[0] for each in found] == pytest.approx([each[0] for each in expected], abs=within_s)


def test_a_day_brings_the_transitions_of_its_script_and_no_others(day):
    near(TRANSITIONS, day.diary.transitions)
    assert day.diary.baselines == 1


def test_a_day_brings_the_alerts_that_its_postures_come_to_and_no_others(day):
    near(ALERTS, day.diary.notices)
    assert [notice.level for notice in day.desk.shown] == [level for _, _, level in ALERTS]


def test_the_totals_of_a_day_are_right_to_a_hundredth(day):
    found = day.run.summary.seconds
    assert found.keys() == SECONDS.keys()
    for state, seconds in SECONDS.items():
        assert found[state] == pytest.approx(seconds, rel=0.01, abs=2.0), state
    assert sum(found.values()) == pytest.approx(sum(SECONDS.values()), rel=0.002)


def test_the_history_of_a_day_adds_up_to_the_same(day):
    minutes = list(day.history.minutes())
    for state, seconds in day.run.summary.seconds.items():
        assert sum(minute.seconds[state] for minute in minutes) == pytest.approx(seconds, abs=0.1), state
    assert len(minutes) == pytest.approx(sum(SECONDS.values()) / 60, abs=5), "none of the night"
    kept = [(row["before"], row["after"]) for row in day.history.rows("transitions")]
    assert kept == [each[1:] for each in TRANSITIONS]
    assert [row["level"] for row in day.history.rows("alerts")] == [level for _, _, level in ALERTS]


def test_the_camera_is_let_go_within_two_seconds_and_only_while_it_is_to_be_off(day):
    used = {second for second in range(4000) if day.world.grabbed[second]}
    off = {*range(1380, 1430), *range(2802, 2980), *range(3402, 3530), *range(3592, 3792), *range(3852, 4000)}
    assert not used & off
    assert set(range(2, 4000)) - off - used <= {1430, 1431, 2800, 2801, 3400, 3401, 3590, 3591}
    assert day.desk.released_s, "a sleep that waits for the camera may go on"


def test_no_clock_jumps_in_a_day(day):
    """But for what the rules say: a posture's dwell is added when it is entered, a hold that ends is 0, a break too."""
    shortest_s, entering_s = 300.0, 12.0  # T of the quickest posture; recovery away is as long; dwell and one tick
    for before, after in pairwise(day.diary.moments):
        step_s = after.sample.t_s - before.sample.t_s
        assert step_s > 0
        dt_s = 0.0 if step_s > 5.0 else step_s
        was, now = before.clocks, after.clocks
        entered = was.hold_s == 0.0 < now.hold_s
        assert now.hold_s <= was.hold_s + (entering_s if entered else dt_s) + 1e-6, after
        assert now.hold_s == 0.0 or now.hold_s >= was.hold_s, after
        assert abs(now.dose - was.dose) <= (entering_s if entered else dt_s) / shortest_s + 1e-6, after
        for old_s, new_s in ((was.still_s, now.still_s), (was.seated_s, now.seated_s)):
            assert old_s <= new_s <= old_s + dt_s + 1e-6 or new_s <= dt_s, after


def test_nothing_runs_on_while_it_is_unknown_what_is_done(day):
    for before, after in pairwise(day.diary.moments):
        if before.sample.state == after.sample.state == "unknown":
            was, now = before.clocks, after.clocks
            assert (now.dose, now.still_s) == (was.dose, was.still_s), after
            assert now.hold_s in (was.hold_s, 0.0)
            assert now.seated_s in (was.seated_s, 0.0)


@pytest.mark.parametrize(("at_s", "seated_s"), SEATED_S)
def test_the_seated_clock_of_a_day(day, at_s, seated_s):
    moment = next(each for each in day.diary.moments if each.sample.t_s >= at_s - 0.01)
    assert moment.sample.t_s == pytest.approx(at_s, abs=2.5)
    assert moment.clocks.seated_s == pytest.approx(seated_s, abs=5.0, rel=0.01)


def test_neither_dusk_nor_a_lamp_nor_somebody_behind_lets_the_baseline_be_doubted(day):
    reasons = {each.sample.reason for each in day.diary.moments if 2220 <= each.sample.t_s < 2695}
    assert reasons <= {None, "nobody in view"}
    assert {each.sample.state for each in day.diary.moments if 2402 <= each.sample.t_s < 2705} == {"upright"}


# alerts with and without a governor

STRICT = replace(
    with_preset(Settings(), "strict"),  # T = 45 s
    alerts=AlertRules(cooldown_s=30.0, max_per_hour=0, sound_after_s=20.0),
    still=StillRule(limit_s=76.0),
    seated=SeatedRule(limit_s=150.0, away_s=20.0),
)
# no step reads just 10 degrees, or the looks' noise would decide
CREEPING = [Scene(4, Sitter(cva_drop_deg=2.0 * step - 0.7), chair_mm=40) for step in range(1, 9)]
SHORT = (
    Scene(11),
    Scene(19, chair_mm=-20),  # a small move: where nothing moves, the first look at a new baseline comes late
    *CREEPING,  # 30, beyond 10 degrees from 50 on
    Scene(60, FORWARD, chair_mm=40),  # 62
    Scene(88, chair_mm=-20),  # 122
    Scene(30, NOBODY),  # 210
    Scene(20),  # 240
    Scene(70, BENT, chair_mm=50),  # 260
    Scene(10),  # 330 to 340
)
SHORT_ALERTS = [
    (72.5, "posture", 1),  # half of 45 s from 50 on
    (95.0, "posture", 2),
    (115.0, "posture", 3),
    (160.5, "seated", 2),  # 150 s from the baseline on
    (203.0, "still", 2),  # 76 s from when the move at 122 has lasted 5 s
    (270.0, "posture", 2),  # the dose is still above 1; bent for 10 s
    (290.0, "posture", 3),
    (330.0, "posture", 2),  # two cooldowns after the last
]


def test_alerts_come_at_the_same_time_as_with_five_looks_a_second(monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        governed = lived(patch, tmp_path, *SHORT, rate_hz=2.0, settings=STRICT)
    fixed = lived(monkeypatch, tmp_path, *SHORT, rate_hz=5.0, settings=STRICT, governed=False)
    near(SHORT_ALERTS, fixed.diary.notices)
    near(fixed.diary.notices, governed.diary.notices)
    near(fixed.diary.transitions, governed.diary.transitions)
    for state, seconds in fixed.run.summary.seconds.items():
        assert governed.run.summary.seconds[state] == pytest.approx(seconds, rel=0.01, abs=1.0), state
    assert 5 * governed.eyes.looks < fixed.eyes.looks


def test_a_new_baseline_is_looked_at_with_at_once(monkeypatch, tmp_path):
    begun = lived(monkeypatch, tmp_path, Scene(13))
    assert [each.sample.reason for each in begun.diary.moments if each.sample.t_s > 10.4] == [None] * 4


# three hours of work, upright, with all that people do meanwhile

BLOCK_S, BREAK_S, DAY_S = 2900.0, 240.0, 10_800.0
HABITS = {  # seconds and what is done so long
    "a glance aside": (4.0, Sitter(turn_deg=38.0)),
    "a look at the keyboard": (6.0, Sitter(flexion_deg=26.0)),
    "a sip": (5.0, Sitter(flexion_deg=-14.0)),
    "reading something small": (8.0, Sitter(cva_drop_deg=15.0)),
    "listening, the head on one side": (7.0, Sitter(bend_deg=16.0)),
    "a note on paper": (8.0, Sitter(flexion_deg=32.0, turn_deg=15.0)),
}
CHAIR_MM = (-60.0, 0.0, 60.0)


def fidgety(seconds, seed):
    """A working day: typing, every few minutes one of the habits and another place of the chair, a break an hour."""
    chance, scenes, place, seated_s = random.Random(seed), [Scene(120)], 0.0, 120.0
    while sum(scene.seconds for scene in scenes) < seconds:
        if seated_s >= BLOCK_S:
            scenes.append(Scene(BREAK_S, NOBODY))
            seated_s = 0.0
        length_s, posture = chance.choice(list(HABITS.values()))
        scenes.append(Scene(chance.uniform(60.0, 240.0), chair_mm=place))
        scenes.append(Scene(length_s, posture, chair_mm=place))
        seated_s += scenes[-1].seconds + scenes[-2].seconds
        place = chance.choice([each for each in CHAIR_MM if each != place])
    return scenes


def test_fidgeting_brings_no_alert_and_no_transition_at_the_usual_rate(monkeypatch, tmp_path):
    lived_day = lived(monkeypatch, tmp_path, *fidgety(1200.0, seed=6))
    assert lived_day.diary.notices == []
    assert lived_day.diary.transitions == []
    assert max(moment.clocks.dose for moment in lived_day.diary.moments) == 0.0


def rss_mb():
    """Of this process, now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_three_upright_hours_with_fidgeting_bring_no_alert_and_take_no_more_memory(monkeypatch, tmp_path):
    memory_mb, blocks = [], []

    def every(moment):
        if moment.sample.t_s >= 3600.0 * len(memory_mb):
            memory_mb.append(rss_mb())
            blocks.append(sys.getallocatedblocks())

    scenes = fidgety(DAY_S, seed=5)
    whole = lived(monkeypatch, tmp_path, *scenes, rate_hz=0.25, moments=False, every=every, fps=1.0)
    assert whole.diary.notices == []
    breaks = sum(scene.sitter is NOBODY for scene in scenes)
    assert [each[1:] for each in whole.diary.transitions] == [("upright", "away"), ("away", "upright")] * breaks
    assert whole.run.summary.seconds["away"] == pytest.approx(breaks * (BREAK_S - 3.0), rel=0.02)
    assert sum(whole.run.summary.seconds.values()) == pytest.approx(DAY_S, rel=0.01)
    assert sum(sum(minute.seconds.values()) for minute in whole.history.minutes()) == pytest.approx(DAY_S, rel=0.01)
    assert len(memory_mb) == 4
    assert memory_mb[-1] - memory_mb[1] < 8.0, memory_mb
    assert blocks[-1] - blocks[1] < 4000, blocks  # Python's objects, most of them the figures that this test has drawn
