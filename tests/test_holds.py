"""Hold, dose, still and seated: DESIGN part 4, at 2, 5 and 30 looks a second."""

from dataclasses import replace
from types import SimpleNamespace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline import (
    DOWN,
    FORWARD,
    NOBODY,
    SLUMPED,
    TURNED,
    UNTOLD,
    UPRIGHT,
    Desk,
    at,
    at_every_rate,
    looks,
    run,
)

from posturewatch.chain import Deviation
from posturewatch.config import PostureRules, SeatedRule, Settings, StillRule, with_preset
from posturewatch.holds import LEFT, Clocks, Seated, Still, limit_s
from posturewatch.system.desk import Desk as DesktopDesk

LOCKED = {"reason": "screen locked"}
STANDARD = Settings()
GENTLE = with_preset(STANDARD, "gentle")
STRICT = with_preset(STANDARD, "strict")  # T = 45 s


def near(value, rate_hz):
    """The value to within one look's time."""
    return pytest.approx(value, abs=1.0 / rate_hz + 1e-6)


# hold


@at_every_rate
def test_the_hold_counts_from_the_first_look_out_of_the_band_once_the_posture_is_entered(rate_hz):
    played = run(rate_hz, (20, UPRIGHT), (40, FORWARD))
    assert at(played, 29.5).clocks.hold_s == 0.0
    assert at(played, 30.0).clocks.hold_s == near(10.0, rate_hz)
    assert at(played, 60.0).clocks.hold_s == near(40.0, rate_hz)


@at_every_rate
def test_a_change_of_name_does_not_restart_the_hold(rate_hz):
    played = run(rate_hz, (20, FORWARD), (20, TURNED), (20, SLUMPED))
    assert {look.state.state for look in played} == {"upright", "forward_head", "turned", "slumped"}
    assert played[-1].clocks.hold_s == near(60.0, rate_hz)


@at_every_rate
def test_the_hold_ends_with_five_seconds_upright(rate_hz):
    played = run(rate_hz, (30, FORWARD), (10, UPRIGHT))
    assert at(played, 34.5).clocks.hold_s == near(34.5, rate_hz)
    assert at(played, 35.0).clocks.hold_s == 0.0


@at_every_rate
def test_the_hold_outlasts_four_seconds_upright(rate_hz):
    assert run(rate_hz, (30, FORWARD), (4, UPRIGHT), (6, FORWARD))[-1].clocks.hold_s == near(40.0, rate_hz)


@at_every_rate
def test_the_hold_ends_with_ten_seconds_away(rate_hz):
    played = run(rate_hz, (30, FORWARD), (20, NOBODY))
    assert at(played, 39.5).clocks.hold_s == near(30.0, rate_hz)
    assert at(played, 40.0).clocks.hold_s == 0.0


@at_every_rate
def test_the_hold_goes_on_after_nine_seconds_away_without_them(rate_hz):
    assert run(rate_hz, (30, FORWARD), (9, NOBODY), (10, FORWARD))[-1].clocks.hold_s == near(40.0, rate_hz)


@at_every_rate
def test_the_hold_ends_with_a_minute_unknown(rate_hz):
    played = run(rate_hz, (30, FORWARD), (70, UNTOLD))
    assert at(played, 89.5).clocks.hold_s == near(30.0, rate_hz)
    assert at(played, 90.0).clocks.hold_s == 0.0


@at_every_rate
@pytest.mark.parametrize("seconds", [8, 58])
def test_the_hold_goes_on_after_less_than_a_minute_untold_without_it(rate_hz, seconds):
    assert run(rate_hz, (30, FORWARD), (seconds, UNTOLD), (10, FORWARD))[-1].clocks.hold_s == near(40.0, rate_hz)


@at_every_rate
def test_untold_time_within_the_entering_dwell_is_not_held(rate_hz):
    assert run(rate_hz, (5, FORWARD), (8, UNTOLD), (10, FORWARD))[-1].clocks.hold_s == near(15.0, rate_hz)


def test_a_dwell_cut_short_by_an_absence_is_no_hold():
    played = run(2, (6, FORWARD), (5, NOBODY), (2, UNTOLD))
    assert played[-1].state.state == "away"
    assert {look.clocks.hold_s for look in played} == {0.0}


# time until dose 1


@pytest.mark.parametrize(
    ("posture", "seconds"),
    [
        ("forward_head", 600.0),
        ("slumped", 600.0),
        ("neck_flexed", 600.0),
        ("neck_extended", 300.0),
        ("side_bent", 480.0),
        ("turned", 600.0),
    ],
)
def test_each_posture_has_its_own_time_until_dose_one(posture, seconds):
    assert limit_s(posture, None, STANDARD.posture) == seconds
    assert limit_s(posture, 10.0, STANDARD.posture) == seconds
    assert limit_s(posture, 10.0, GENTLE.posture) == 1.5 * seconds
    assert limit_s(posture, 70.0, STRICT.posture) == 45.0


@pytest.mark.parametrize(
    ("flexion_deg", "seconds"),
    [(20.0, 600), (25.0, 600), (26.0, 473), (35.0, 410), (45.0, 340), (65.0, 200), (85.0, 60), (100.0, 60)],
)
def test_looking_down_beyond_25_degrees_follows_iso_11226(flexion_deg, seconds):
    assert limit_s("neck_flexed", flexion_deg, STANDARD.posture) == pytest.approx(seconds)
    assert limit_s("neck_flexed", flexion_deg, GENTLE.posture) == pytest.approx(1.5 * seconds)
    assert limit_s("neck_flexed", flexion_deg, STRICT.posture) == 45.0


def test_a_shorter_limit_of_ones_own_goes_before_iso_11226():
    short = replace(STANDARD.posture, neck_flexed=replace(STANDARD.posture.neck_flexed, limit_s=100.0))
    assert limit_s("neck_flexed", 35.0, short) == 100.0
    assert limit_s("neck_flexed", 85.0, short) == 60.0


def test_only_looking_down_follows_iso_11226():
    assert limit_s("forward_head", 45.0, STANDARD.posture) == 600.0


# dose


@at_every_rate
@pytest.mark.parametrize(
    ("fields", "dose"),
    [
        (FORWARD, 90 / 600),
        (SLUMPED, 90 / 600),
        (DOWN, 90 / 600),
        (UPRIGHT | {"neck_flexion_deg": 45.0}, 90 / 340),
        (UPRIGHT | {"neck_flexion_deg": -15.0}, 90 / 300),
        (UPRIGHT | {"side_bend_deg": -15.0}, 90 / 480),
        (TURNED, 90 / 600),
    ],
)
def test_the_dose_rises_by_the_held_time_over_the_limit(rate_hz, fields, dose):
    assert run(rate_hz, (5, UPRIGHT), (90, fields))[-1].clocks.dose == pytest.approx(dose, abs=1.0 / rate_hz / 300)


@at_every_rate
def test_the_rise_during_the_entering_dwell_is_added_when_the_posture_is_entered(rate_hz):
    played = run(rate_hz, (20, UPRIGHT), (10, FORWARD), settings=STRICT)
    assert at(played, 29.0).clocks.dose == 0.0
    assert at(played, 30.0).clocks.dose == pytest.approx(10 / 45, abs=1.1 / rate_hz / 45)


@at_every_rate
def test_a_dwell_that_comes_to_nothing_neither_raises_nor_lowers_the_dose(rate_hz):
    one = 1.0 / rate_hz / 600
    played = run(rate_hz, (60, FORWARD), (25, UPRIGHT), (9, FORWARD), (11, UPRIGHT))
    assert at(played, 85.0).clocks.dose == pytest.approx(65 / 600 - 20 / 600, abs=3 * one)
    assert at(played, 93.5).clocks.dose == pytest.approx(45 / 600, abs=3 * one)
    assert played[-1].clocks.dose == pytest.approx(34 / 600, abs=4 * one)


@at_every_rate
def test_a_dwell_that_came_to_nothing_is_not_added_later(rate_hz):
    played = run(rate_hz, (9, FORWARD), (20, UPRIGHT), (15, FORWARD))
    assert played[-1].clocks.dose == pytest.approx(15 / 600, abs=1.1 / rate_hz / 600)


@at_every_rate
def test_each_part_of_a_dwell_adds_by_the_limit_of_its_posture(rate_hz):
    back = UPRIGHT | {"neck_flexion_deg": -30.0}
    played = run(rate_hz, (6, back), (6, FORWARD))
    assert at(played, 10.0).clocks.dose == pytest.approx(6 / 300 + 4 / 600, abs=2.0 / rate_hz / 300)


@at_every_rate
def test_after_a_change_of_name_the_dose_goes_on_by_the_new_limit(rate_hz):
    back = UPRIGHT | {"neck_flexion_deg": -15.0}
    dose = run(rate_hz, (60, FORWARD), (70, back))[-1].clocks.dose
    assert dose == pytest.approx(70 / 600 + 60 / 300, abs=2.0 / rate_hz / 300)


def test_the_dose_is_at_most_one_and_a_half():
    played = run(2, (300, FORWARD), settings=STRICT)
    assert at(played, 66.0).clocks.dose == pytest.approx(66 / 45, abs=0.02)
    assert played[-1].clocks.dose == 1.5


@at_every_rate
def test_the_dose_falls_by_one_in_ten_minutes_upright(rate_hz):
    played = run(rate_hz, (45, FORWARD), (65, UPRIGHT), settings=STRICT)
    assert at(played, 50.0).clocks.dose == pytest.approx(50 / 45, abs=1.1 / rate_hz / 45)
    assert played[-1].clocks.dose == pytest.approx(50 / 45 - 60 / 600, abs=1.1 / rate_hz / 45)


@at_every_rate
def test_the_dose_falls_by_one_in_five_minutes_away(rate_hz):
    played = run(rate_hz, (45, FORWARD), (63, NOBODY), settings=STRICT)
    assert at(played, 47.5).clocks.dose == pytest.approx(1.0, abs=1.1 / rate_hz / 45)
    assert played[-1].clocks.dose == pytest.approx(1.0 - 60 / 300, abs=2.0 / rate_hz / 45)


def test_the_dose_never_falls_below_zero():
    assert run(2, (20, FORWARD), (60, UPRIGHT))[-1].clocks.dose == 0.0


@at_every_rate
@pytest.mark.parametrize("before", [FORWARD, UPRIGHT])
def test_the_dose_stands_still_while_nothing_can_be_told(rate_hz, before):
    played = run(rate_hz, (45, FORWARD), (10, before), (100, UNTOLD), settings=STRICT)
    assert played[-1].clocks.dose == at(played, 55.0 - 1.0 / rate_hz).clocks.dose > 0.9


def test_the_dose_stands_still_in_a_dark_room_after_leaving():
    played = run(2, (45, FORWARD), (13, NOBODY), (9, UNTOLD), (1, NOBODY), settings=STRICT)
    assert at(played, 66.5).state.state == "away"
    assert at(played, 66.5).clocks.dose == at(played, 57.5).clocks.dose


def test_a_completed_exercise_sets_the_dose_to_zero_and_leaves_the_other_clocks():
    desk = Desk(STRICT)
    played = [desk.look(dev) for dev in looks(2, (40, FORWARD))]
    desk.holds.exercise_done()
    assert desk.holds.clocks == replace(played[-1].clocks, dose=0.0)
    assert desk.look(Deviation(40.5, **FORWARD)).clocks.dose == pytest.approx(0.5 / 45)


def test_an_exercise_during_the_dwell_discards_what_was_pending():
    desk = Desk(STRICT)
    for dev in looks(2, (8, FORWARD)):
        desk.look(dev)
    desk.holds.exercise_done()
    for dev in looks(2, (2, FORWARD), from_s=8.5):
        last = desk.look(dev)
    assert last.state.state == "forward_head"
    assert last.clocks.dose == pytest.approx(2.5 / 45)


# gaps


@at_every_rate
@pytest.mark.parametrize("gap_s", [5.5, 60.0, 119.0])
def test_a_gap_adds_nothing_to_any_clock_and_ends_none(rate_hz, gap_s):
    desk = Desk(STRICT)
    steady = FORWARD | {"head_cm": (0.0, 0.0, 60.0)}
    before = [desk.look(dev) for dev in looks(rate_hz, (30, steady))][-1]
    after = desk.look(Deviation(30.0 + gap_s, **steady))
    assert after.clocks == before.clocks
    assert before.clocks.hold_s == before.clocks.still_s == before.clocks.seated_s == pytest.approx(30.0)


@at_every_rate
@pytest.mark.parametrize("gap_s", [120.5, 36_000.0])
def test_a_gap_as_long_as_a_break_is_one_and_moves_no_other_clock(rate_hz, gap_s):
    desk = Desk(STRICT)
    steady = FORWARD | {"head_cm": (0.0, 0.0, 60.0)}
    before = [desk.look(dev) for dev in looks(rate_hz, (30, steady))][-1]
    after = [desk.look(dev) for dev in looks(rate_hz, (10, steady), from_s=30.0 + gap_s)]
    assert after[0].clocks == replace(before.clocks, seated_s=0.0)
    assert after[-1].clocks.seated_s == near(10.0, rate_hz)
    assert after[-1].clocks.hold_s == near(40.0, rate_hz)


def test_a_gap_of_five_seconds_is_none():
    desk = Desk(STRICT)
    for dev in looks(2, (30, FORWARD)):
        desk.look(dev)
    assert desk.look(Deviation(35.0, **FORWARD)).clocks.hold_s == 35.0


def test_time_that_goes_backwards_adds_nothing():
    desk = Desk(STRICT)
    before = [desk.look(dev) for dev in looks(2, (30, FORWARD), from_s=1000.0)][-1]
    assert desk.look(Deviation(5.0, **FORWARD)).clocks == before.clocks
    assert desk.look(Deviation(6.0, **FORWARD)).clocks.hold_s == 31.0


@pytest.mark.parametrize("fields", [UPRIGHT, NOBODY])
def test_a_gap_takes_nothing_from_the_dose(fields):
    desk = Desk(STRICT)
    before = [desk.look(dev) for dev in looks(2, (40, FORWARD), (10, fields))][-1]
    assert desk.look(Deviation(500.0, **fields)).clocks.dose == before.clocks.dose > 0.5


# still


def still(rate_hz, *segments):
    """The still clock at the end of segments (seconds, pitch, place of the head)."""
    return run(rate_hz, *((seconds, sitting(pitch_deg, *place_cm)) for seconds, pitch_deg, place_cm in segments))[
        -1
    ].clocks.still_s


def sitting(pitch_deg, *place_cm):
    return UPRIGHT | {"neck_flexion_deg": pitch_deg, "head_cm": place_cm}


HERE = (0.0, 0.0, 60.0)
STEADY_FORWARD = FORWARD | {"head_cm": HERE}


@at_every_rate
def test_a_head_that_keeps_pitch_and_place_is_still_in_any_posture(rate_hz):
    assert still(rate_hz, (60, 0.0, HERE)) == near(60.0, rate_hz)
    assert still(rate_hz, (60, 22.0, HERE)) == near(60.0, rate_hz)
    assert run(rate_hz, (60, FORWARD | {"head_cm": HERE}))[-1].clocks.still_s == near(60.0, rate_hz)


@at_every_rate
@pytest.mark.parametrize(
    "move", [(3.9, HERE), (0.0, (1.9, 0.0, 60.0)), (0.0, (1.3, 0.0, 61.3)), (-3.9, (0.0, -1.9, 60.0))]
)
def test_within_four_degrees_and_two_centimetres_of_the_centre_it_stays_still(rate_hz, move):
    assert still(rate_hz, (60, 0.0, HERE), (3, *move)) == near(63.0, rate_hz)


@at_every_rate
@pytest.mark.parametrize("move", [(6.0, HERE), (-6.0, HERE), (0.0, (3.0, 0.0, 60.0)), (0.0, (2.0, 0.0, 62.0))])
def test_between_still_and_broken_the_clock_waits(rate_hz, move):
    assert still(rate_hz, (60, 0.0, HERE), (6, *move)) == near(60.0, rate_hz)
    assert still(rate_hz, (60, 0.0, HERE), (6, *move), (10, 0.0, HERE)) == near(70.0, rate_hz)


@at_every_rate
@pytest.mark.parametrize("move", [(8.0, HERE), (-8.0, HERE), (0.0, (4.0, 0.0, 60.0)), (0.0, (2.9, 0.0, 62.9))])
def test_eight_degrees_or_four_centimetres_for_five_seconds_break_it(rate_hz, move):
    assert still(rate_hz, (60, 0.0, HERE), (5, *move)) == 0.0
    assert still(rate_hz, (60, 0.0, HERE), (25, *move)) == near(20.0, rate_hz)


@at_every_rate
@pytest.mark.parametrize("move", [(7.9, HERE), (0.0, (3.9, 0.0, 60.0))])
def test_a_little_less_does_not_break_it(rate_hz, move):
    assert still(rate_hz, (60, 0.0, HERE), (6, *move)) == near(60.0, rate_hz)


@at_every_rate
def test_a_glance_of_less_than_five_seconds_neither_breaks_nor_counts_nor_moves_the_centre(rate_hz):
    glance = (4.5, 40.0, (10.0, 0.0, 60.0))
    assert still(rate_hz, (60, 0.0, HERE), glance, (10, 3.9, HERE)) == near(70.0, rate_hz)
    one = 1.0 / rate_hz
    assert still(rate_hz, (60, 0.0, HERE), glance, (one, 0.0, HERE), glance, (10, 0.0, HERE)) == near(70 + one, rate_hz)


@at_every_rate
def test_the_centre_follows_a_head_that_settles_elsewhere_within_half_a_minute(rate_hz):
    # 6° off, the distance falls with exp(-t / 30 s): below 4° after 30 s · ln 1.5 = 12.2 s
    assert still(rate_hz, (60, 0.0, HERE), (12, 6.0, HERE)) == near(60.0, rate_hz)
    assert still(rate_hz, (60, 0.0, HERE), (60, 6.0, HERE)) == near(107.8, rate_hz)


@at_every_rate
def test_the_centre_follows_the_place_too(rate_hz):
    # 3 cm off, below 2 cm after 12.2 s
    assert still(rate_hz, (60, 0.0, HERE), (60, 0.0, (0.0, 3.0, 60.0))) == near(107.8, rate_hz)


@at_every_rate
def test_untold_looks_stop_the_still_clock_and_do_not_break_it(rate_hz):
    steady = sitting(0.0, *HERE)
    assert run(rate_hz, (60, steady), (30, UNTOLD), (10, steady))[-1].clocks.still_s == near(70.0, rate_hz)
    assert run(rate_hz, (60, steady), (2, NOBODY), (10, steady))[-1].clocks.still_s == near(70.0, rate_hz)


@at_every_rate
def test_untold_looks_do_not_count_toward_a_break(rate_hz):
    away_from = sitting(20.0, *HERE)
    played = run(
        rate_hz, (60, sitting(0.0, *HERE)), (3, away_from), (8, UNTOLD), (1, away_from), (5, sitting(0.0, *HERE))
    )
    assert played[-1].clocks.still_s == near(65.0, rate_hz)


@at_every_rate
def test_being_away_breaks_it(rate_hz):
    steady = sitting(0.0, *HERE)
    played = run(rate_hz, (60, steady), (4, NOBODY), (10, steady))
    assert at(played, 63.0).clocks.still_s == 0.0
    assert played[-1].clocks.still_s == near(10.0, rate_hz)


def test_all_clocks_stand_still_while_the_posture_itself_is_not_told():
    untold = STEADY_FORWARD | {"forward_head_deg": None}
    played = run(2, (60, STEADY_FORWARD), (30, untold))
    assert played[-1].state.state == "unknown"
    assert played[-1].clocks == at(played, 59.5).clocks
    assert played[-1].clocks.still_s == 59.5


def test_after_an_absence_the_centre_is_where_the_head_is_now():
    elsewhere = sitting(6.0, 3.0, 0.0, 60.0)
    assert run(2, (60, sitting(0.0, *HERE)), (4, NOBODY), (10, elsewhere))[-1].clocks.still_s == near(10.0, 2)


def test_what_is_told_of_pitch_and_place_decides_and_nothing_told_stands():
    clock = Still(StillRule())
    for _ in range(3):
        clock.update(Deviation(0.0, neck_flexion_deg=0.0), 1.0)
    assert clock.still_s == 3.0
    for _ in range(3):
        clock.update(Deviation(0.0, forward_head_deg=0.0), 1.0)
    assert clock.still_s == 3.0
    for _ in range(3):
        clock.update(Deviation(0.0, head_cm=HERE), 1.0)
    assert clock.still_s == 6.0
    for _ in range(6):
        clock.update(Deviation(0.0, head_cm=(4.5, 0.0, 60.0)), 1.0)
    assert clock.still_s == 0.0


def test_a_break_is_measured_from_its_first_look():
    clock = Still(StillRule())
    clock.update(Deviation(0.0, neck_flexion_deg=0.0), 0.0)
    clock.update(Deviation(10.0, neck_flexion_deg=0.0), 4.0)
    clock.update(Deviation(12.0, neck_flexion_deg=20.0), 4.0)
    clock.update(Deviation(16.0, neck_flexion_deg=20.0), 4.0)
    assert clock.still_s == 4.0
    clock.update(Deviation(17.0, neck_flexion_deg=20.0), 1.0)
    assert clock.still_s == 0.0


# seated


@at_every_rate
def test_the_seated_clock_counts_every_posture_and_short_absences(rate_hz):
    played = run(rate_hz, (30, UPRIGHT), (30, FORWARD), (60, NOBODY), (30, UPRIGHT))
    assert played[-1].clocks.seated_s == near(150.0, rate_hz)


@at_every_rate
def test_the_seated_clock_begins_with_the_first_look_at_the_person(rate_hz):
    played = run(rate_hz, (20, NOBODY), (10, UNTOLD), (10, UPRIGHT))
    assert at(played, 29.0).clocks.seated_s == 0.0
    assert played[-1].clocks.seated_s == near(10.0, rate_hz)


@at_every_rate
def test_two_minutes_away_reset_it_until_the_person_is_back(rate_hz):
    played = run(rate_hz, (60, UPRIGHT), (150, NOBODY), (10, UPRIGHT))
    assert at(played, 179.0).clocks.seated_s == near(179.0, rate_hz)
    assert at(played, 180.0).clocks.seated_s == 0.0
    assert at(played, 209.0).clocks.seated_s == 0.0
    assert at(played, 210.0).clocks.seated_s == 0.0
    assert played[-1].clocks.seated_s == near(10.0, rate_hz)


@at_every_rate
def test_two_short_absences_are_no_long_one(rate_hz):
    played = run(rate_hz, (10, UPRIGHT), (100, NOBODY), (2, UPRIGHT), (100, NOBODY), (3, UPRIGHT))
    assert played[-1].clocks.seated_s == near(215.0, rate_hz)


@at_every_rate
def test_unknown_time_does_not_count_as_seated_and_resets_nothing(rate_hz):
    played = run(rate_hz, (30, UPRIGHT), (200, UNTOLD), (30, UPRIGHT))
    assert played[-1].clocks.seated_s == near(60.0, rate_hz)


def test_a_blurred_picture_of_the_empty_chair_does_not_begin_the_absence_anew():
    played = run(2, (30, UPRIGHT), (100, NOBODY), (1, UNTOLD), (25, NOBODY))
    assert played[-1].clocks.seated_s == 0.0


def test_a_gap_neither_counts_as_seated_nor_as_away():
    clock = Seated(SeatedRule())
    for nobody, step in [(False, 0.0), (False, 5.0), (True, 1.0), (True, 0.0), (True, 118.0), (False, 1.0)]:
        clock.update(nobody, step)
    assert clock.seated_s == 125.0


@at_every_rate
@pytest.mark.parametrize("why", ["going to sleep", "lid closed", "screen locked"])
def test_a_camera_let_go_for_two_minutes_because_the_desk_was_left_is_a_break(rate_hz, why):
    played = run(rate_hz, (60, UPRIGHT), (150, {"reason": why}), (10, UPRIGHT))
    assert at(played, 178.0).clocks.seated_s == near(60.0, rate_hz)
    assert at(played, 181.0).clocks.seated_s == 0.0
    assert played[-1].clocks.seated_s == near(10.0, rate_hz)


@pytest.mark.parametrize("why", ["paused", "exercise", "camera lost", "too dark"])
def test_while_nothing_says_that_the_desk_was_left_the_seated_clock_only_stands(why):
    assert run(2, (60, UPRIGHT), (600, {"reason": why}), (10, UPRIGHT))[-1].clocks.seated_s == near(70.0, 2)


def test_a_short_lock_stops_the_seated_clock_and_is_no_break():
    played = run(2, (60, UPRIGHT), (110, LOCKED), (10, UPRIGHT), (110, LOCKED), (10, UPRIGHT))
    assert played[-1].clocks.seated_s == near(80.0, 2)


def test_an_empty_chair_a_locked_screen_and_a_sleep_are_one_absence():
    desk = Desk()
    for dev in [*looks(2, (60, UPRIGHT), (40, NOBODY), (40, LOCKED)), *looks(2, (5, UPRIGHT), from_s=190.0)]:
        last = desk.look(dev)  # 40 + 40 s and a gap of 50 s
    assert last.clocks.seated_s == near(5.0, 2)


def test_the_desktop_knows_no_other_reason_to_leave_the_desk():
    found = []
    for sleeping, lid_closed, locked in [(True, False, False), (False, True, False), (False, False, True)]:
        logind = SimpleNamespace(sleeping=sleeping, lid_closed=lid_closed, locked=locked)
        found.append(DesktopDesk.off.fget(SimpleNamespace(_logind=logind, _savers={})))
    assert tuple(found) == LEFT


# all of them

FIELDS = st.sampled_from([UPRIGHT, FORWARD, TURNED, DOWN | {"neck_flexion_deg": 70.0}, NOBODY, UNTOLD])
TIMELINE = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.25, 64.0]), st.integers(1, 20), FIELDS),
    max_size=12,
)


def played_by_steps(timeline, settings, from_s=0.0):
    """Runs of looks (seconds apart, how many, fields)."""
    desk, t_s, found = Desk(settings), from_s, []
    for step_s, count, fields in timeline:
        for _ in range(count):
            t_s += step_s
            found.append(desk.look(Deviation(t_s, **fields)))
    return found


@hypothesis.settings(deadline=None, max_examples=50)
@given(TIMELINE, st.sampled_from([STANDARD, STRICT]))
def test_the_dose_stays_within_its_bounds_and_no_clock_exceeds_told_time(timeline, settings):
    told_s = seen_s = 0.0
    for look in played_by_steps(timeline, settings):
        told_s += look.state.step_s if look.state.told else 0.0
        seen_s += look.state.step_s if look.state.told or look.dev.nobody else 0.0
        assert 0.0 <= look.clocks.dose <= 1.5
        assert 0.0 <= look.clocks.hold_s <= told_s
        assert 0.0 <= look.clocks.still_s <= told_s
        assert 0.0 <= look.clocks.seated_s <= seen_s


@hypothesis.settings(deadline=None, max_examples=50)
@given(TIMELINE, st.integers(-10_000, 1_000_000))
def test_a_shift_of_all_times_shifts_everything_and_changes_nothing(timeline, shift_s):
    here = played_by_steps(timeline, STRICT)
    there = played_by_steps(timeline, STRICT, from_s=float(shift_s))
    assert [look.clocks for look in here] == [look.clocks for look in there]
    shifted = [replace(each, t_s=each.t_s + shift_s) for look in here for each in look.alerts]
    assert shifted == [each for look in there for each in look.alerts]
    moved = [
        replace(each, t_s=each.t_s + shift_s, since_s=each.since_s + shift_s)
        for look in here
        for each in look.transitions
    ]
    assert moved == [each for look in there for each in look.transitions]


@hypothesis.settings(deadline=None, max_examples=50)
@given(TIMELINE, TIMELINE, st.sampled_from([5.25, 60.0, 3600.0, 1e6]), FIELDS)
def test_a_suspended_gap_of_any_length_adds_nothing(before, after, gap_s, fields):
    def clocks(gap_s):
        return [look.clocks for look in played_by_steps([*before, (gap_s, 1, fields), *after], STRICT)]

    gap, none = clocks(gap_s), clocks(0.0)
    assert [replace(each, seated_s=0.0) for each in gap] == [replace(each, seated_s=0.0) for each in none]
    assert all(one.seated_s <= other.seated_s for one, other in zip(gap, none, strict=True)), "a gap may be a break"


def test_the_clocks_before_the_first_look_are_zero():
    assert Desk().holds.clocks == Clocks(hold_s=0.0, dose=0.0, still_s=0.0, seated_s=0.0)
    assert limit_s("forward_head", None, PostureRules()) == 600.0
