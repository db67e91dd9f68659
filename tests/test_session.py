"""What a session came to, in seconds, angles and alerts."""

import json
from dataclasses import replace

import pytest
from recordings import NOTICE, TRANSITION
from samples import SAMPLE, UNTOLD

from posturewatch.session import Notice, Summary


def summed(*events):
    summary = Summary()
    for event in events:
        summary.add(event)
    return summary


def at(t_s, state="upright", angle_deg=0.0, **changes):
    return replace(SAMPLE, t_s=t_s, state=state, forward_head_deg=angle_deg, **changes)


def test_a_sample_counts_for_its_state_until_the_next_one():
    summary = summed(at(0.0), at(2.0), at(3.0, "forward_head"), at(4.5, "forward_head"), at(6.0, "away"), at(7.0))
    assert summary.seconds == {"upright": 3.0, "forward_head": 3.0, "away": 1.0}


def test_a_gap_of_more_than_five_seconds_counts_for_no_state():
    assert summed(at(0.0), at(5.0), at(10.001), at(11.001)).seconds == {"upright": pytest.approx(6.0)}
    assert summed(at(0.0), at(8 * 3600.0)).seconds == {}


def test_the_longest_hold_is_the_largest_hold_there_was():
    assert summed(at(0.0, hold_s=3.0), at(1.0, hold_s=83.5), at(2.0, hold_s=0.0)).longest_hold_s == 83.5
    assert summed().longest_hold_s == 0.0


def test_p10_p50_and_p90_are_of_the_angles_that_were_told_each_look_once():
    angles = [*range(101), 90]  # 0, 1, …, 100 and a repeated look that doesn't count
    looks = [at(float(i), angle_deg=float(angle)) for i, angle in enumerate(angles)]
    looks[-1] = replace(looks[-1], age_s=0.5)
    untold = replace(UNTOLD, t_s=200.0)
    assert summed(*looks, untold).percentiles_deg() == (10.0, 50.0, 90.0)
    assert summed(untold).percentiles_deg() is None


def test_alerts_are_counted_by_kind_and_level_and_exercises_named_once_for_each_suggestion():
    summary = summed(
        Notice(1.0, "posture", 1, "", None),
        Notice(2.0, "posture", 2, "", "crown"),
        Notice(3.0, "posture", 3, "", "crown"),
        Notice(4.0, "still", 2, "", "walk"),
        Notice(5.0, "posture", 1, "", None),
        TRANSITION,
    )
    assert dict(summary.alerts) == {"posture, level 1": 2, "posture, level 2": 1, "posture, level 3": 1} | {
        "still, level 2": 1
    }
    assert summary.exercises == ["crown", "walk"]


def test_the_summary_as_json_holds_all_of_it():
    summary = summed(at(0.0, hold_s=1.23456), at(1.0, angle_deg=10.0), replace(UNTOLD, t_s=2.0, reason="too dark"))
    summary.add(NOTICE)
    assert summary.as_dict() == {
        "seconds": {"upright": 2.0},
        "longest_hold_s": 83.0,
        "forward_head_deg": {"p10": 1.0, "p50": 5.0, "p90": 9.0},
        "alerts": {"posture, level 2": 1},
        "exercises": ["alternate-head-turns"],
        "samples": 3,
        "samples_told": 2,
    }
    assert json.loads(json.dumps(summary.as_dict())) == summary.as_dict()
    assert summed().as_dict()["forward_head_deg"] is None
