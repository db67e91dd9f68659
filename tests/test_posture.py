"""Hysteresis, dwell, away and unknown: DESIGN part 4, at 2, 5 and 30 looks a second."""

from dataclasses import replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline import DOWN, FORWARD, NOBODY, SLUMPED, TURNED, UNTOLD, UPRIGHT, at_every_rate, looks

from posturewatch.chain import Deviation
from posturewatch.config import HoldRules, PostureRules
from posturewatch.posture import POSTURES, Posture, PostureState, Transition, now, severities, severity, step_s

RULES = PostureRules()

# posture, field, enters at, leaves below (DESIGN part 4)
TABLE = [
    ("forward_head", "forward_head_deg", 10.0, 6.0),
    ("slumped", "head_drop_cm", 4.0, 2.4),
    ("slumped", "sink_cm", 2.0, 1.2),
    ("neck_flexed", "neck_flexion_deg", 20.0, 15.0),
    ("neck_extended", "neck_flexion_deg", -10.0, -6.0),
    ("side_bent", "side_bend_deg", 12.0, 8.0),
    ("side_bent", "side_bend_deg", -12.0, -8.0),
    ("turned", "turn_deg", 30.0, 22.0),
    ("turned", "turn_deg", -30.0, -22.0),
]
each_posture = pytest.mark.parametrize(("posture", "field", "enter", "leave"), TABLE)


def play(rate_hz, *segments, rules=RULES, hold=None):
    """The transitions of a timeline, and the state at its end."""
    posture = Posture(rules, hold or HoldRules())
    found = [each for dev in looks(rate_hz, *segments) for each in posture.update(dev)]
    return found, posture.current


def near(rate_hz, *expected):
    """The transitions expected, their times to within one look's."""
    one = 1.0 / rate_hz
    return [
        Transition(pytest.approx(t_s, abs=one), pytest.approx(since_s, abs=one), before, after)
        for t_s, since_s, before, after in expected
    ]


# severity and now


def test_the_baseline_itself_has_severity_zero_and_is_upright():
    dev = Deviation(0.0, **UPRIGHT)
    assert severities(dev, RULES) == dict.fromkeys(POSTURES, 0.0)
    assert severity(dev, RULES) == 0.0
    assert now(dev, RULES) == "upright"


@each_posture
def test_severity_is_one_at_the_entering_threshold_and_grows_with_the_deviation(posture, field, enter, leave):
    assert severities(Deviation(0.0, **{**UPRIGHT, field: enter}), RULES)[posture] == pytest.approx(1.0)
    assert severities(Deviation(0.0, **{**UPRIGHT, field: 2.5 * enter}), RULES)[posture] == pytest.approx(2.5)


@pytest.mark.parametrize(("field", "value"), [("forward_head_deg", -30.0), ("head_drop_cm", -9.0), ("sink_cm", -9.0)])
def test_a_deviation_away_from_the_posture_is_severity_zero(field, value):
    assert severity(Deviation(0.0, **{**UPRIGHT, field: value}), RULES) == 0.0


def test_looking_down_is_no_extension_and_looking_up_no_flexion():
    assert severities(Deviation(0.0, neck_flexion_deg=40.0), RULES) == {"neck_flexed": 2.0, "neck_extended": 0.0}
    assert severities(Deviation(0.0, neck_flexion_deg=-40.0), RULES) == {"neck_flexed": 0.0, "neck_extended": 4.0}


def test_only_told_postures_have_a_severity():
    assert severities(Deviation(0.0, turn_deg=60.0, sink_cm=1.0), RULES) == {"turned": 2.0, "slumped": 0.5}


def test_slumped_is_as_severe_as_the_worse_of_drop_and_sink():
    assert severities(Deviation(0.0, head_drop_cm=6.0, sink_cm=1.0), RULES) == {"slumped": 1.5}
    assert severities(Deviation(0.0, head_drop_cm=2.0, sink_cm=5.0), RULES) == {"slumped": 2.5}


def test_severity_is_the_largest_of_all_that_is_told():
    assert severity(Deviation(0.0, forward_head_deg=12.0, turn_deg=-60.0), RULES) == 2.0


def test_severity_is_none_when_neither_forward_head_nor_drop_is_told():
    assert severity(Deviation(0.0, turn_deg=60.0, sink_cm=4.0, neck_flexion_deg=50.0, side_bend_deg=9.0), RULES) is None
    assert severity(Deviation(0.0, forward_head_deg=5.0), RULES) == 0.5
    assert severity(Deviation(0.0, head_drop_cm=1.0), RULES) == 0.25


@each_posture
def test_now_is_the_posture_from_the_entering_threshold_on(posture, field, enter, leave):
    assert now(Deviation(0.0, **{**UPRIGHT, field: enter}), RULES) == posture
    assert now(Deviation(0.0, **{**UPRIGHT, field: 0.99 * enter}), RULES) == "upright"


def test_now_names_the_largest_severity_nobody_and_nothing_told():
    assert now(Deviation(0.0, forward_head_deg=15.0, turn_deg=60.0), RULES) == "turned"
    assert now(Deviation(0.0, turn_deg=60.0), RULES) == "turned"
    assert now(Deviation(0.0, nobody=True), RULES) == "away"
    assert now(Deviation(0.0, reason="too dark"), RULES) == "unknown"


def test_the_last_look_is_shown_with_its_now_severity_and_reason():
    _, state = play(2, (1, {**FORWARD, "reason": "shoulders out of view"}))
    assert (state.now, state.severity, state.reason) == ("forward_head", 1.5, "shoulders out of view")
    assert (state.state, state.since_s, state.told) == ("upright", 0.0, True)


# hysteresis and dwell


@at_every_rate
@each_posture
def test_each_posture_is_entered_at_its_threshold_after_ten_seconds(rate_hz, posture, field, enter, leave):
    found, state = play(rate_hz, (20, UPRIGHT), (10, {**UPRIGHT, field: enter}))
    assert found == near(rate_hz, (30.0, 20.0, "upright", posture))
    assert (state.state, state.since_s) == (posture, 20.0)


@each_posture
def test_just_inside_the_threshold_is_never_entered(posture, field, enter, leave):
    assert play(2, (120, {**UPRIGHT, field: 0.99 * enter}))[0] == []


@at_every_rate
@each_posture
def test_each_posture_is_left_below_its_leaving_threshold_after_five_seconds(rate_hz, posture, field, enter, leave):
    found, _ = play(
        rate_hz, (12, {**UPRIGHT, field: enter}), (10, {**UPRIGHT, field: leave}), (5, {**UPRIGHT, field: 0.99 * leave})
    )
    assert found == near(rate_hz, (10.0, 0.0, "upright", posture), (27.0, 22.0, posture, "upright"))


@at_every_rate
@pytest.mark.parametrize("seconds", [9, 9.5])
def test_less_than_the_dwell_is_nothing(rate_hz, seconds):
    assert play(rate_hz, (5, UPRIGHT), (seconds, FORWARD), (30, UPRIGHT))[0] == []


@at_every_rate
def test_four_seconds_upright_do_not_end_a_posture(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (4, UPRIGHT), (20, FORWARD), (4, UPRIGHT), (20, FORWARD))
    assert found == near(rate_hz, (10.0, 0.0, "upright", "forward_head"))


@at_every_rate
def test_one_look_in_the_band_begins_the_entering_dwell_anew(rate_hz):
    one = 1.0 / rate_hz
    found, _ = play(rate_hz, (8, FORWARD), (one, UPRIGHT), (30, FORWARD))
    assert found == near(rate_hz, (18.0 + one, 8.0 + one, "upright", "forward_head"))


@at_every_rate
def test_one_look_out_of_the_band_begins_the_leaving_dwell_anew(rate_hz):
    one = 1.0 / rate_hz
    found, _ = play(rate_hz, (20, FORWARD), (4, UPRIGHT), (one, FORWARD), (30, UPRIGHT))
    assert found[1:] == near(rate_hz, (29.0 + one, 24.0 + one, "forward_head", "upright"))


def test_between_the_thresholds_the_dwell_goes_on_because_the_band_was_left_already():
    between = {**UPRIGHT, "forward_head_deg": 7.0}
    assert play(2, (30, between))[0] == []
    assert play(2, (1, FORWARD), (9, between))[0] == near(2, (10.0, 0.0, "upright", "forward_head"))


def test_a_slump_lasts_until_both_drop_and_sink_are_below_sixty_per_cent():
    found, state = play(2, (12, SLUMPED | {"sink_cm": 3.0}), (60, UPRIGHT | {"sink_cm": 1.3}))
    assert (len(found), state.state) == (1, "slumped")
    found, state = play(2, (12, SLUMPED | {"sink_cm": 3.0}), (60, UPRIGHT | {"head_drop_cm": 2.5}))
    assert (len(found), state.state) == (1, "slumped")


@at_every_rate
def test_several_out_of_band_share_one_dwell_and_the_last_worst_gives_the_name(rate_hz):
    found, _ = play(rate_hz, (6, FORWARD), (6, TURNED | {"turn_deg": 60.0, "forward_head_deg": 15.0}))
    assert found == near(rate_hz, (10.0, 0.0, "upright", "turned"))


@at_every_rate
def test_another_posture_must_be_the_worst_for_ten_seconds_to_change_the_name(rate_hz):
    both = {**FORWARD, "turn_deg": 60.0}
    found, _ = play(rate_hz, (15, FORWARD), (9, both), (5, FORWARD), (10, both))
    assert found == near(rate_hz, (10.0, 0.0, "upright", "forward_head"), (39.0, 29.0, "forward_head", "turned"))


@at_every_rate
def test_a_third_posture_begins_the_change_of_name_anew(rate_hz):
    found, _ = play(rate_hz, (15, FORWARD), (6, TURNED), (6, SLUMPED), (4, SLUMPED))
    assert found[1:] == near(rate_hz, (31.0, 21.0, "forward_head", "slumped"))


def test_each_posture_has_its_own_dwell():
    slow = replace(RULES, turned=replace(RULES.turned, enter_dwell_s=20.0, exit_dwell_s=2.0))
    found, _ = play(2, (30, TURNED), (10, UPRIGHT), (30, FORWARD), rules=slow)
    assert found == near(
        2, (20.0, 0.0, "upright", "turned"), (32.0, 30.0, "turned", "upright"), (50.0, 40.0, "upright", "forward_head")
    )


def test_a_change_of_name_takes_the_dwell_of_the_posture_entered():
    slow = replace(RULES, turned=replace(RULES.turned, enter_dwell_s=20.0))
    found, _ = play(2, (15, FORWARD), (40, TURNED), rules=slow)
    assert found[1:] == near(2, (35.0, 15.0, "forward_head", "turned"))


def test_a_dwell_of_zero_enters_at_the_first_look():
    at_once = replace(RULES, forward_head=replace(RULES.forward_head, enter_dwell_s=0.0))
    assert play(2, (3, UPRIGHT), (5, FORWARD), rules=at_once)[0] == near(2, (3.0, 3.0, "upright", "forward_head"))


# gaps


@pytest.mark.parametrize(
    ("before_s", "t_s", "seconds"),
    [(None, 3.0, 0.0), (1.0, 3.5, 2.5), (1.0, 6.0, 5.0), (1.0, 6.1, 0.0), (9.0, 6.0, 0.0)],
)
def test_a_step_is_the_time_since_the_look_before_unless_it_is_a_gap_or_backwards(before_s, t_s, seconds):
    assert step_s(before_s, t_s, 5.0) == seconds


@at_every_rate
def test_untold_looks_neither_advance_nor_reset_a_dwell(rate_hz):
    found, _ = play(rate_hz, (6, FORWARD), (8, UNTOLD), (10, FORWARD))
    assert found == near(rate_hz, (18.0, 0.0, "upright", "forward_head"))


@at_every_rate
def test_a_short_absence_neither_advances_nor_resets_a_dwell(rate_hz):
    found, _ = play(rate_hz, (6, FORWARD), (2, NOBODY), (10, FORWARD))
    assert found == near(rate_hz, (12.0, 0.0, "upright", "forward_head"))


@at_every_rate
@pytest.mark.parametrize("gap_s", [5.5, 3600.0])
def test_a_gap_of_more_than_five_seconds_adds_nothing_to_a_dwell(rate_hz, gap_s):
    posture = Posture(RULES, HoldRules())
    for dev in looks(rate_hz, (6, FORWARD)):
        assert posture.update(dev) == []
    found = [each for dev in looks(rate_hz, (8, FORWARD), from_s=6.0 + gap_s) for each in posture.update(dev)]
    assert found == near(rate_hz, (10.0 + gap_s, 0.0, "upright", "forward_head"))


@pytest.mark.parametrize("fields", [NOBODY, UNTOLD])
def test_a_gap_adds_nothing_to_an_absence(fields):
    posture = Posture(RULES, HoldRules())
    for dev in [Deviation(0.0, **fields), Deviation(1.0, **fields), Deviation(3600.0, **fields)]:
        assert posture.update(dev) == []


def test_time_that_goes_backwards_adds_nothing_and_does_no_harm():
    posture = Posture(RULES, HoldRules())
    for dev in [*looks(2, (6, FORWARD), from_s=1000.0), *looks(2, (3.5, FORWARD))]:
        assert posture.update(dev) == []
    assert posture.current.out_s == 9.5
    assert [each.after for each in posture.update(Deviation(4.5, **FORWARD))] == ["forward_head"]


# missing data


@at_every_rate
def test_a_signal_that_is_untold_while_another_is_out_of_band_has_no_vote(rate_hz):
    turned = {**UPRIGHT, "forward_head_deg": None, "turn_deg": 60.0}
    found, _ = play(rate_hz, (20, {**UPRIGHT, "forward_head_deg": 25.0}), (10, turned))
    assert found[1:] == near(rate_hz, (30.0, 20.0, "forward_head", "turned"))


@at_every_rate
def test_what_was_out_of_band_and_is_untold_may_still_be_so_the_look_tells_nothing(rate_hz):
    untold = {**UPRIGHT, "forward_head_deg": None}
    found, state = play(rate_hz, (20, FORWARD), (9, untold), (3, FORWARD))
    assert found == near(rate_hz, (10.0, 0.0, "upright", "forward_head"))
    found, state = play(rate_hz, (20, FORWARD), (11, untold))
    assert found[1:] == near(rate_hz, (30.0, 20.0, "forward_head", "unknown"))
    assert (state.now, state.told, state.reason) == ("upright", False, "forward head not told")


@at_every_rate
def test_an_untold_signal_never_completes_a_dwell(rate_hz):
    untold = {**UPRIGHT, "forward_head_deg": None}
    found, _ = play(rate_hz, (6, FORWARD), (9, untold), (2, FORWARD), (9, UPRIGHT))
    assert found == []


@at_every_rate
def test_after_a_minute_what_was_untold_is_forgotten_and_the_told_rest_decides(rate_hz):
    untold = {**UPRIGHT, "forward_head_deg": None}
    found, _ = play(rate_hz, (20, FORWARD), (90, untold))
    one = 1.0 / rate_hz
    assert found[2:] == near(rate_hz, (80.0 + one, 80.0 + one, "unknown", "upright"))


def test_a_signal_never_told_does_not_keep_the_others_from_being_judged():
    found, _ = play(2, (5, {"head_drop_cm": 0.0}), (20, {"head_drop_cm": 6.0}), (10, {"head_drop_cm": 0.0}))
    assert found == near(2, (15.0, 5.0, "upright", "slumped"), (30.0, 25.0, "slumped", "upright"))


# away and unknown


@at_every_rate
def test_three_seconds_of_nobody_are_away(rate_hz):
    assert play(rate_hz, (20, UPRIGHT), (2.5, NOBODY), (5, UPRIGHT))[0] == []
    found, state = play(rate_hz, (20, UPRIGHT), (3, NOBODY))
    assert found == near(rate_hz, (23.0, 20.0, "upright", "away"))
    assert (state.state, state.now, state.since_s) == ("away", "away", 20.0)


@at_every_rate
def test_ten_seconds_that_cannot_be_told_are_unknown_with_the_reason(rate_hz):
    assert play(rate_hz, (20, UPRIGHT), (9.5, UNTOLD), (5, UPRIGHT))[0] == []
    found, state = play(rate_hz, (20, UPRIGHT), (10, UNTOLD))
    assert found == near(rate_hz, (30.0, 20.0, "upright", "unknown"))
    assert (state.state, state.now, state.reason, state.since_s) == ("unknown", "unknown", "too dark", 20.0)


@at_every_rate
def test_the_state_is_held_until_then(rate_hz):
    assert play(rate_hz, (20, FORWARD), (9.5, UNTOLD))[1].state == "forward_head"
    assert play(rate_hz, (20, FORWARD), (2.5, NOBODY))[1].state == "forward_head"


@at_every_rate
@pytest.mark.parametrize("seconds", [4, 9])
def test_back_from_less_than_ten_seconds_away_is_back_to_the_posture_before(rate_hz, seconds):
    found, state = play(rate_hz, (20, FORWARD), (seconds, NOBODY), (1, FORWARD))
    assert found[1:] == near(
        rate_hz, (23.0, 20.0, "forward_head", "away"), (20.0 + seconds, 20.0 + seconds, "away", "forward_head")
    )
    assert state.held == "forward_head"


@at_every_rate
def test_back_from_ten_seconds_away_is_upright_as_after_a_baseline(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (11, NOBODY), (12, FORWARD))
    assert found[2:] == near(rate_hz, (31.0, 31.0, "away", "upright"), (41.0, 31.0, "upright", "forward_head"))


@at_every_rate
@pytest.mark.parametrize("seconds", [12, 59])
def test_back_from_less_than_a_minute_unknown_is_back_to_the_posture_before(rate_hz, seconds):
    found, _ = play(rate_hz, (20, FORWARD), (seconds, UNTOLD), (1, FORWARD))
    assert found[1:] == near(
        rate_hz, (30.0, 20.0, "forward_head", "unknown"), (20.0 + seconds, 20.0 + seconds, "unknown", "forward_head")
    )


@at_every_rate
def test_back_from_a_minute_unknown_is_upright_as_after_a_baseline(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (61, UNTOLD), (12, FORWARD))
    assert found[2:] == near(rate_hz, (81.0, 81.0, "unknown", "upright"), (91.0, 81.0, "upright", "forward_head"))


def test_a_hold_does_not_end_before_the_state_is_away_or_unknown():
    brief = HoldRules(end_away_s=1.0, end_unknown_s=1.0)
    for fields, seconds in [(UNTOLD, 8), (NOBODY, 2)]:
        found, state = play(2, (20, FORWARD), (seconds, fields), (1, FORWARD), hold=brief)
        assert (len(found), state.state, state.out_s) == (1, "forward_head", 21.0)


def test_after_the_hold_has_ended_the_band_is_forgotten_too():
    between = {**UPRIGHT, "forward_head_deg": 8.0}
    assert play(2, (20, FORWARD), (9, NOBODY), (30, between))[1].state == "forward_head"
    assert play(2, (20, FORWARD), (11, NOBODY), (30, between))[1].state == "upright"


@at_every_rate
def test_back_in_an_upright_posture_the_leaving_dwell_runs_from_the_return(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (5, NOBODY), (8, UPRIGHT))
    assert found[2:] == near(rate_hz, (25.0, 25.0, "away", "forward_head"), (30.0, 25.0, "forward_head", "upright"))


def test_a_dwell_under_way_goes_on_after_a_short_absence_and_is_forgotten_after_a_long_one():
    assert play(2, (6, FORWARD), (8, NOBODY), (8, FORWARD))[0][2:] == near(2, (18.0, 0.0, "upright", "forward_head"))
    assert play(2, (6, FORWARD), (12, NOBODY), (9, FORWARD))[0][2:] == []


def test_a_return_may_complete_the_dwell_at_the_same_look():
    found, _ = play(2, (20, FORWARD), (5, UPRIGHT), (6, NOBODY), (1, UPRIGHT))
    assert found[1:] == near(
        2,
        (28.0, 25.0, "forward_head", "away"),
        (31.0, 31.0, "away", "forward_head"),
        (31.0, 20.0, "forward_head", "upright"),
    )


@at_every_rate
def test_a_run_that_cannot_be_told_and_then_shows_nobody_is_away_since_nobody_was_seen(rate_hz):
    found, _ = play(rate_hz, (20, UPRIGHT), (8, UNTOLD), (5, NOBODY))
    assert found == near(rate_hz, (31.0, 28.0, "upright", "away"))


@at_every_rate
def test_unknown_becomes_away_when_nobody_is_seen(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (15, UNTOLD), (5, NOBODY), (1, FORWARD))
    assert found[1:] == near(
        rate_hz,
        (30.0, 20.0, "forward_head", "unknown"),
        (38.0, 35.0, "unknown", "away"),
        (40.0, 40.0, "away", "forward_head"),
    )


@at_every_rate
def test_away_becomes_unknown_when_the_light_goes_out(rate_hz):
    found, _ = play(rate_hz, (20, UPRIGHT), (8, NOBODY), (12, UNTOLD))
    assert found == near(rate_hz, (23.0, 20.0, "upright", "away"), (38.0, 28.0, "away", "unknown"))


@at_every_rate
def test_nobody_after_unknown_needs_its_three_seconds_again(rate_hz):
    one = 1.0 / rate_hz
    found, _ = play(rate_hz, (20, UPRIGHT), (8, NOBODY), (10 + one, UNTOLD), (2.5, NOBODY))
    assert [each.after for each in found] == ["away", "unknown"]


@at_every_rate
def test_nobody_before_a_run_that_cannot_be_told_counts_toward_unknown_since_its_beginning(rate_hz):
    found, _ = play(rate_hz, (20, UPRIGHT), (2, NOBODY), (9, UNTOLD))
    assert found == near(rate_hz, (30.0, 20.0, "upright", "unknown"))


@at_every_rate
def test_nobody_in_short_pieces_is_unknown_and_not_away(rate_hz):
    pieces = [(1, NOBODY), (1, UNTOLD)] * 10
    found, _ = play(rate_hz, (20, UPRIGHT), *pieces)
    assert [(each.since_s, each.after) for each in found] == [(20.0, "unknown")]


@at_every_rate
def test_a_blurred_picture_of_the_empty_chair_does_not_lengthen_the_hold(rate_hz):
    one = 1.0 / rate_hz
    found, _ = play(rate_hz, (20, FORWARD), (6, NOBODY), (one, UNTOLD), (6, NOBODY), (1, FORWARD))
    assert [each.after for each in found] == ["forward_head", "away", "upright"]


@at_every_rate
def test_unknown_and_away_together_end_the_hold_after_a_minute(rate_hz):
    found, _ = play(rate_hz, (20, FORWARD), (50, UNTOLD), (6, NOBODY), (8, UNTOLD), (1, FORWARD))
    assert [each.after for each in found] == ["forward_head", "unknown", "away", "upright"]


def test_one_look_of_a_person_begins_the_absence_anew():
    assert play(2, (20, UPRIGHT), (2.5, NOBODY), (0.5, UPRIGHT), (2.5, NOBODY), (1, UPRIGHT))[0] == []
    assert play(2, (20, UPRIGHT), (9, UNTOLD), (0.5, UPRIGHT), (9, UNTOLD), (1, UPRIGHT))[0] == []


def test_nobody_goes_before_whatever_numbers_a_look_may_carry():
    found, state = play(2, (20, UPRIGHT), (15, FORWARD | NOBODY))
    assert found == near(2, (23.0, 20.0, "upright", "away"))
    assert (state.now, state.told) == ("away", False)


def test_a_timeline_that_begins_with_nobody_is_away_and_then_upright():
    found, _ = play(2, (20, NOBODY), (20, FORWARD))
    assert [(each.t_s, each.after) for each in found] == [(3.0, "away"), (20.0, "upright"), (30.0, "forward_head")]


def test_the_state_before_the_first_look_is_upright():
    assert Posture(RULES, HoldRules()).current == PostureState(state="upright", held="upright", now="unknown")


# what holds needs


def test_out_s_counts_told_time_from_the_first_look_out_of_the_band():
    _, state = play(2, (20, UPRIGHT), (4, FORWARD))
    assert (state.out_s, state.held, state.kept) == (4.0, "upright", "forward_head")
    _, state = play(2, (20, UPRIGHT), (14, FORWARD), (6, UNTOLD), (3, FORWARD), (20, TURNED))
    assert (state.state, state.out_s, state.kept) == ("turned", 37.0, "turned")
    _, state = play(2, (20, FORWARD), (5, UPRIGHT))
    assert (state.state, state.out_s, state.kept) == ("upright", 0.0, None)
    _, state = play(2, (20, FORWARD), (5, DOWN))
    assert (state.state, state.out_s, state.kept) == ("forward_head", 25.0, "forward_head")


def test_what_is_held_through_an_absence_ends_with_the_hold():
    _, state = play(2, (20, FORWARD), (9, NOBODY))
    assert (state.state, state.held, state.out_s, state.kept) == ("away", "forward_head", 19.5, "forward_head")
    _, state = play(2, (20, FORWARD), (10, NOBODY))
    assert (state.state, state.held, state.out_s, state.kept) == ("away", "upright", 0.0, None)


SEGMENTS = st.lists(
    st.tuples(st.integers(1, 24), st.sampled_from([UPRIGHT, FORWARD, TURNED, SLUMPED, NOBODY, UNTOLD])),
    min_size=1,
    max_size=8,
)


@hypothesis.settings(deadline=None)
@given(SEGMENTS)
def test_every_transition_begins_where_the_one_before_ended_and_in_order(segments):
    found, state = play(2, *segments)
    assert [each.before for each in found] == ["upright", *(each.after for each in found)][: len(found)]
    assert all(each.since_s <= each.t_s for each in found)
    assert [each.t_s for each in found] == sorted(each.t_s for each in found)
    assert state.state == (found[-1].after if found else "upright")


@hypothesis.settings(max_examples=30, deadline=None)
@given(SEGMENTS)
def test_the_same_timeline_has_the_same_transitions_at_every_rate(segments):
    at_2, at_5 = (play(rate_hz, *segments)[0] for rate_hz in (2, 5))
    expected = near(2, *((each.t_s, each.since_s, each.before, each.after) for each in at_2))
    assert at_5 == expected
