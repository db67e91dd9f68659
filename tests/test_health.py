"""Days at the desk, as timelines: what makes the program doubt its baseline, and what doesn't."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from figures import HFOV_DEG, Camera, Sitter, baseline, landmarks

from posturewatch.baseline import as_dict
from posturewatch.chain import Deviation, deviation
from posturewatch.estimate.health import CAMERA_MOVED, SEAT_CHANGED, Health
from posturewatch.features import Features, describe

AS_BEFORE, TILTED, ZOOMED, OTHER_ROOM = (0.0, 0.0, 0.0), (0.0, 0.04, 0.1), (0.01, 0.0, 0.9), (0.0, 0.0, 1.0)
PASSER_BY = (0.0, 0.0, 0.6)
GONE = "nobody"
HOUR_S = 3600.0
at_each_rate = pytest.mark.parametrize("rate_hz", [0.2, 1, 5])


@dataclass(frozen=True)
class Step:
    t_s: float
    doubt: str | None
    asked: str | None


@cache
def looked(sitter, camera):
    """Features and deviation of a sitter, against the upright one before the usual camera."""
    if sitter == GONE:
        found = Features(0.0, (640, 480), 457.0, reason="nobody in view", nobody=True)
    elif isinstance(sitter, str):
        found = Features(0.0, (640, 480), 457.0, reason=sitter)
    else:
        found = describe(landmarks(sitter, camera), HFOV_DEG, baseline().place)
    return found, deviation(found, baseline())


def day(*segments, rate_hz=1, health=None, from_s=0.0):
    """What is doubted and asked at each look; segments of (seconds, sitter, background)."""
    health = health or Health(baseline())
    steps, start_s, at = [], from_s, 0
    for seconds, sitter, background in segments:
        while from_s + at / rate_hz < start_s + seconds:
            t_s = from_s + at / rate_hz
            now = sitter((t_s - start_s) / seconds) if callable(sitter) else sitter
            look, seen = looked(now, Camera())
            asked = health.update(t_s, replace(look, t_s=t_s), replace(seen, t_s=t_s), background)
            steps.append(Step(t_s, health.doubt, asked))
            at += 1
        start_s += seconds
    return steps


def doubts(steps):
    """(doubt, when it came or None went) in order."""
    found = [(None, 0.0)]
    for step in steps:
        if step.doubt != found[-1][0]:
            found.append((step.doubt, step.t_s))
    return found[1:]


UPRIGHT = Sitter()
SLUMPED = Sitter(cva_drop_deg=15, lean_deg=8, chair_mm=(0, -20, 0))
LEANING = Sitter(lean_deg=18)
NEARER, FARTHER = Sitter(chair_mm=(0, 0, 150)), Sitter(chair_mm=(0, 0, -150))
LOW_CHAIR, HIGH_CHAIR = Sitter(chair_mm=(0, -60, 0)), Sitter(chair_mm=(0, 60, 0))


# The camera


@at_each_rate
def test_a_lid_that_is_tilted_is_doubted_within_25_seconds_and_asked_about_once(rate_hz):
    steps = day((300, UPRIGHT, AS_BEFORE), (300, UPRIGHT, TILTED), rate_hz=rate_hz)
    [(doubt, since_s)] = doubts(steps)
    assert doubt == CAMERA_MOVED
    assert 310 <= since_s <= 325
    [asked] = [step for step in steps if step.asked]
    assert asked.t_s == since_s
    assert "camera moved" in asked.asked


@pytest.mark.parametrize("background", [TILTED, ZOOMED, OTHER_ROOM, (-0.02, 0.0, 0.2), (0.0, 0.0, 0.8)])
def test_a_turn_a_zoom_and_another_room_are_a_camera_that_moved(background):
    assert day((60, UPRIGHT, AS_BEFORE), (30, UPRIGHT, background))[-1].doubt == CAMERA_MOVED


@pytest.mark.parametrize("background", [(0.015, 0.0, 0.0), (0.0, 0.0, 0.5), PASSER_BY, None])
def test_a_wobble_a_lamp_a_passer_by_and_a_plain_wall_are_not(background):
    assert doubts(day((60, UPRIGHT, AS_BEFORE), (600, UPRIGHT, background))) == []


def test_a_lamp_switched_on_and_off_all_evening_is_never_doubted():
    lamp = [(600, UPRIGHT, (0.0, 0.0, 0.1)), (600, UPRIGHT, None)] * 6
    assert doubts(day((60, UPRIGHT, AS_BEFORE), *lamp)) == []


def test_somebody_who_hides_the_room_for_8_seconds_is_not_doubted():
    assert doubts(day((60, UPRIGHT, AS_BEFORE), *[(8, UPRIGHT, OTHER_ROOM), (30, UPRIGHT, AS_BEFORE)] * 10)) == []


def test_a_camera_put_back_is_trusted_after_5_seconds():
    steps = day((60, UPRIGHT, AS_BEFORE), (60, UPRIGHT, TILTED), (60, UPRIGHT, AS_BEFORE), rate_hz=5)
    (_, came_s), (doubt, went_s) = doubts(steps)
    assert 71 <= came_s <= 73
    assert doubt is None
    assert 124 <= went_s <= 126


def test_a_camera_that_cannot_be_told_any_more_stays_doubted():
    assert day((60, UPRIGHT, TILTED), (600, UPRIGHT, None), (60, "too dark", None))[-1].doubt == CAMERA_MOVED


def test_an_automatic_frame_that_comes_and_goes_is_asked_about_once_in_half_an_hour():
    steps = day(*[(60, UPRIGHT, ZOOMED), (60, UPRIGHT, AS_BEFORE)] * 10)
    assert len(doubts(steps)) == 20
    assert sum(step.asked is not None for step in steps) == 1
    steps = day((60, UPRIGHT, ZOOMED), (1900, UPRIGHT, AS_BEFORE), (60, UPRIGHT, ZOOMED))
    assert sum(step.asked is not None for step in steps) == 2


def test_nothing_is_said_of_the_camera_while_the_person_moves_about():
    def about(part):
        return Sitter(chair_mm=(120.0 * (int(part * 60) % 2), 0, 0))

    assert doubts(day((60, UPRIGHT, AS_BEFORE), (60, about, TILTED))) == []


def test_a_camera_turned_while_nobody_is_there_is_noticed():
    assert day((60, UPRIGHT, AS_BEFORE), (30, GONE, TILTED))[-1].doubt == CAMERA_MOVED


# The seat


@at_each_rate
@pytest.mark.parametrize("chair", [LOW_CHAIR, HIGH_CHAIR])
def test_a_chair_6_cm_lower_or_higher_after_a_return_is_doubted_after_a_minute(chair, rate_hz):
    steps = day((300, UPRIGHT, AS_BEFORE), (120, GONE, AS_BEFORE), (300, chair, AS_BEFORE), rate_hz=rate_hz)
    [(doubt, since_s)] = doubts(steps)
    assert doubt == SEAT_CHANGED
    assert 475 <= since_s <= 490
    assert sum(step.asked is not None for step in steps) == 1


def test_the_old_chair_again_is_trusted_after_10_seconds():
    steps = day((120, GONE, None), (120, LOW_CHAIR, None), (60, GONE, None), (60, UPRIGHT, None), rate_hz=5)
    assert doubts(steps) == [(SEAT_CHANGED, pytest.approx(180, abs=2)), (None, pytest.approx(310, abs=2))]


@pytest.mark.parametrize("sitter", [SLUMPED, LEANING, NEARER, FARTHER, Sitter(flexion_deg=20), Sitter(turn_deg=20)])
def test_whoever_comes_back_and_slumps_leans_or_rolls_the_chair_is_not_doubted(sitter):
    steps = day((300, UPRIGHT, AS_BEFORE), (120, GONE, AS_BEFORE), (HOUR_S, sitter, AS_BEFORE), rate_hz=0.2)
    assert doubts(steps) == []


def test_the_same_chair_lowered_under_a_forward_head_is_posture():
    lower = replace(LOW_CHAIR, cva_drop_deg=20.0)
    assert doubts(day((60, UPRIGHT, None), (60, GONE, None), (HOUR_S, lower, None), rate_hz=0.2)) == []


def test_sinking_while_one_sits_is_posture_and_not_doubted():
    assert doubts(day((60, UPRIGHT, AS_BEFORE), (2 * HOUR_S, LOW_CHAIR, AS_BEFORE), rate_hz=0.2)) == []


def test_a_drift_over_4_hours_is_neither_doubted_nor_learned():
    health = Health(baseline())
    before = as_dict(baseline())

    def drifting(part):
        return Sitter(cva_drop_deg=round(16 * part), chair_mm=(0, -round(50 * part), 0))

    steps = day((60, UPRIGHT, AS_BEFORE), (4 * HOUR_S, drifting, AS_BEFORE), rate_hz=0.2, health=health)
    assert doubts(steps) == []
    assert as_dict(baseline()) == before
    assert looked(drifting(1.0), Camera())[1].forward_head_deg > 12.0


def test_a_chair_far_to_the_side_or_far_back_after_a_return_is_doubted():
    for chair_mm in ((280, 0, 0), (-280, 0, 0), (0, 0, -450)):
        steps = day((60, UPRIGHT, None), (60, GONE, None), (120, Sitter(chair_mm=chair_mm), None))
        assert steps[-1].doubt == SEAT_CHANGED, chair_mm


def test_somebody_who_was_gone_for_10_seconds_came_back_and_for_2_did_not_leave():
    assert day((60, UPRIGHT, None), (10, GONE, None), (90, LOW_CHAIR, None))[-1].doubt == SEAT_CHANGED
    assert doubts(day((60, UPRIGHT, None), (2, GONE, None), (90, LOW_CHAIR, None))) == []


def test_sitting_down_4_cm_lower_is_no_other_chair():
    assert doubts(day((60, GONE, None), (300, Sitter(chair_mm=(0, -38, 0)), None))) == []


def test_bobbing_up_and_down_by_4_cm_is_no_other_chair():
    def bobbing(part):
        return Sitter(chair_mm=(0, -80.0 if int(part * 30) % 2 else -40.0, 0))

    assert doubts(day((60, GONE, None), (600, bobbing, None))) == []


def test_whoever_moves_about_after_a_return_has_no_seat_yet():
    def about(part):
        return replace(LOW_CHAIR, chair_mm=(0, -60.0 if int(part * 30) % 2 else 0.0, 0))

    assert doubts(day((60, UPRIGHT, None), (60, GONE, None), (600, about, None))) == []


def test_a_minute_without_a_look_is_an_absence_too():
    """The laptop slept, or the lens was covered."""
    health = Health(baseline())
    day((60, UPRIGHT, None), health=health)
    assert day((120, LOW_CHAIR, None), health=health, from_s=HOUR_S)[-1].doubt == SEAT_CHANGED
    assert day((60, UPRIGHT, None), (90, "too dark", None), (90, LOW_CHAIR, None))[-1].doubt == SEAT_CHANGED
    assert doubts(day((60, UPRIGHT, None), (30, "too dark", None), (600, LOW_CHAIR, None))) == []


def test_looks_from_another_side_and_other_picture_sizes_say_nothing_of_the_seat():
    look, seen = looked(LOW_CHAIR, Camera())
    for other in (replace(look, view="oblique"), replace(look, size_px=(1280, 720))):
        health = Health(baseline())
        for t_s in range(200):
            health.update(t_s, replace(other, t_s=t_s), seen, None)
        assert health.doubt is None


def test_without_an_angle_the_place_alone_decides():
    look, _ = looked(UPRIGHT, Camera())
    health = Health(baseline())
    x, y, width = baseline().place
    for t_s in range(100):
        health.update(t_s, replace(look, place=(x + 0.8 * width, y, width)), Deviation(t_s), None)
    assert health.doubt == SEAT_CHANGED


def test_pauses_count_for_nothing():
    """Looks 20 s apart: each could be another moment."""
    assert doubts(day((600, UPRIGHT, TILTED), rate_hz=0.05)) == []


def test_the_camera_is_named_before_the_seat():
    steps = day((60, GONE, None), (120, LOW_CHAIR, None), (60, LOW_CHAIR, TILTED), (60, LOW_CHAIR, AS_BEFORE))
    assert [doubt for doubt, _ in doubts(steps)] == [SEAT_CHANGED, CAMERA_MOVED, SEAT_CHANGED]
    assert sum(step.asked is not None for step in steps) == 2


def test_no_more_than_a_minute_of_looks_is_kept():
    look, seen = looked(LOW_CHAIR, Camera())
    health = Health(baseline())
    for at in range(400):
        health.update(at / 5, look, replace(seen, sink_cm=9 * np.cos(at)), AS_BEFORE)
    assert len(health._seat._rows) <= 302
