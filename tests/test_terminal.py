"""What the terminal shows: the live view, one-line changes, tables; text from outside is never markup."""

import io
import re
from dataclasses import fields, replace

import figures
import pytest
from rich.console import Console
from samples import SAMPLE

from posturewatch import exercises
from posturewatch.alerts import Alert
from posturewatch.chain import SIDE_ERROR_DEG
from posturewatch.coaching.coached import State
from posturewatch.commands.terminal import (
    calibrating,
    captured,
    change,
    checks,
    clock,
    coaching,
    live,
    measured,
    summary,
    turning,
    words,
)
from posturewatch.config import Settings, with_preset
from posturewatch.estimate.capture import Calibrating
from posturewatch.estimate.sideways import Turning
from posturewatch.holds import Clocks
from posturewatch.monitor import Moment
from posturewatch.posture import Transition
from posturewatch.session import Notice, Sample, Summary

STANDARD = Settings()
STRICT = with_preset(STANDARD, "strict")
FORWARD = replace(SAMPLE, t_s=125.0, state="forward_head", error_deg=3.4, dose=0.25)
NUMBERS = [each.name for each in fields(Sample)[6:18]]
UPRIGHT = replace(FORWARD, state="upright", now="upright", forward_head_deg=-0.4, hold_s=0.0, dose=0.0)
UNKNOWN = replace(FORWARD, **dict.fromkeys(NUMBERS), view=None, state="unknown", now="unknown", reason="too dark")
AWAY = replace(UNKNOWN, state="away", now="away", reason="nobody in view")
CLOCKS = Clocks(hold_s=83.0, dose=0.25, still_s=40.0, seated_s=125.0)
NOTICE = Notice(110.0, "posture", 2, "Your head has been forward for 10 minutes.", "crown-stretch-chin-sweep")
MARKUP = "[red]x[/red] [/] [bold"


def printed(what, width=80):
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(what)
    return console.export_text()


def shown(sample, settings=STANDARD, notice=None, source="0", clocks=None):
    clocks = clocks or Clocks(sample.hold_s, sample.dose, sample.still_s, 125.0)
    return printed(live(Moment(sample, clocks, None), settings, notice, source))


def row(text, name):
    """What stands in the live view's row of this name."""
    (found,) = re.findall(rf"│\s+{name}\s+(.*?)\s*│", text)
    return found


SHORT = [
    (0.0, "0:00"),
    (0.9, "0:00"),
    (9.0, "0:09"),
    (59.99, "0:59"),
    (60.0, "1:00"),
    (125.0, "2:05"),
    (600.0, "10:00"),
]
LONG = [(3599.9, "59:59"), (3600.0, "1:00:00"), (3725.0, "1:02:05"), (36_000.0, "10:00:00"), (360_000.0, "100:00:00")]


@pytest.mark.parametrize(("seconds", "text"), [*SHORT, *LONG])
def test_a_clock_writes_seconds_minutes_and_hours(seconds, text):
    assert clock(seconds) == text


def test_states_are_words_for_people():
    assert (words("forward_head"), words("upright")) == ("forward head", "upright")


# The live view


def test_the_live_view_shows_the_angle_with_its_error_the_posture_the_hold_the_dose_and_the_next_break():
    text = shown(FORWARD)
    assert row(text, "Forward head").startswith("+14.2° ± 3°")
    assert row(text, "Posture") == "forward head"
    assert row(text, "Held for").endswith("1:23")
    assert row(text, "Dose").endswith("25 %")
    assert row(text, "Next break") == "change position in 7:30"  # three quarters of ten minutes are left
    assert "posturewatch · 0 · 2:05" in text
    assert "Ctrl-C ends and saves" in text
    assert "Last alert" not in text


def test_the_limits_are_those_of_the_settings():
    assert row(shown(FORWARD, STRICT), "Next break") == "change position in 0:33"  # 75 % of 45 s
    assert row(shown(replace(FORWARD, state="neck_extended")), "Next break") == "change position in 3:45"
    steep = replace(FORWARD, state="neck_flexed", neck_flexion_deg=65.0, dose=0.0)
    assert row(shown(steep), "Next break") == "change position in 3:20"  # ISO 11226: 8 min - 40 x 7 s


def test_the_next_break_is_the_nearest_of_them():
    assert row(shown(UPRIGHT), "Next break") == "move a little in 19:20"
    late = Clocks(0.0, 0.0, 0.0, 3240.0)
    assert row(shown(UPRIGHT, clocks=late), "Next break") == "stand up in 1:00"
    assert row(shown(replace(FORWARD, dose=1.2)), "Next break") == "change position now"
    assert row(shown(UPRIGHT, clocks=Clocks(still_s=1500.0)), "Next break") == "move a little now"


def test_an_angle_that_cannot_be_told_says_why():
    text = shown(UNKNOWN)
    assert row(text, "Forward head") == "can't tell: too dark"
    assert row(text, "Posture") == "unknown   too dark"
    assert "°" not in text
    assert row(shown(replace(UNKNOWN, reason=None)), "Forward head") == "can't tell: not seen"


def test_nobody_there_is_shown_as_away():
    text = shown(AWAY)
    assert row(text, "Forward head") == "can't tell: nobody in view"
    assert row(text, "Posture").startswith("away")


def test_a_posture_that_is_not_yet_a_state_is_shown_as_now():
    assert row(shown(replace(UPRIGHT, now="forward_head")), "Posture") == "upright   now forward head"


def test_an_angle_without_an_error_is_shown_alone():
    assert "±" not in shown(replace(FORWARD, error_deg=None))


@pytest.mark.parametrize(
    ("angle_deg", "place"), [(-40.0, 0), (-5.0, 0), (-0.4, 2), (0.0, 2), (10.0, 6), (20.0, 10), (35.0, 16), (90.0, 16)]
)
def test_the_ruler_goes_from_5_degrees_back_to_35_forward(angle_deg, place):
    ruler = row(shown(replace(FORWARD, forward_head_deg=angle_deg)), "Forward head").split()[-1]
    assert len(ruler) == 17
    assert ruler.index("●") == place
    assert [i for i, mark in enumerate(ruler) if mark == "┼"] == [i for i in (2, 6, 10, 14) if i != place]


def test_the_absolute_angle_has_a_row_where_it_is_told():
    assert row(shown(replace(FORWARD, ear_shoulder_deg=21.44)), "Ear–shoulder") == "+21.4° from vertical"
    assert "Ear–shoulder" not in shown(FORWARD)


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("sample", [FORWARD, UPRIGHT, UNKNOWN, AWAY], ids=lambda sample: sample.state)
def test_the_last_alert_stays_in_view_at_every_level(sample, level):
    text = " ".join(shown(sample, notice=replace(NOTICE, level=level)).replace("│", " ").split())
    assert "Last alert 1:50 Your head has been forward for 10 minutes." in text


def test_every_line_of_the_live_view_fits_80_columns():
    far = replace(FORWARD, forward_head_deg=-123.4, error_deg=12.0, reason="x" * 200, t_s=360_000.0, dose=1.5)
    text = shown(far, notice=replace(NOTICE, message="y " * 100), source="z" * 200)
    assert max(len(line) for line in text.splitlines()) <= 80


def test_text_from_outside_is_shown_as_it_is():
    assert MARKUP in shown(FORWARD, source=MARKUP)
    assert f"can't tell: {MARKUP}" in shown(replace(UNKNOWN, reason=MARKUP))
    assert MARKUP in row(shown(replace(FORWARD, reason=MARKUP)), "Posture")
    assert MARKUP in shown(FORWARD, notice=replace(NOTICE, message=MARKUP))
    assert MARKUP in printed(calibrating(Calibrating(1.0, 1.0, 10.0, MARKUP)))
    assert MARKUP in printed(change(replace(NOTICE, message=MARKUP)))
    assert MARKUP in printed(summary(Summary(), MARKUP))
    assert MARKUP in printed(checks([(MARKUP, "ok", "fine"), ("camera", "error", MARKUP)]))
    assert printed(checks([("camera", "error", MARKUP)])).count(MARKUP) == 1
    text = printed(measured([{**MEASURED, "image": "[red]x", "reason": "[bold]", "state": "[b]"}]), width=120)
    assert cells(text)[1][:2] == ["[red]x", "[b]"]
    assert cells(text)[1][-1] == "[bold]"


# The capture


def test_the_capture_shows_what_to_do_and_the_seconds_left():
    text = printed(calibrating(Calibrating(4.0, 4.0, 10.0, None)))
    assert "Sit as you want to sit" in text
    assert "6 s left" in text
    assert "I can see you." in text


@pytest.mark.parametrize(
    ("done_s", "left"), [(-1.0, "10 s left"), (0.0, "10 s left"), (10.0, "0 s left"), (12.0, "0 s")]
)
def test_the_seconds_left_stay_within_the_capture(done_s, left):
    assert left in printed(calibrating(Calibrating(0.0, done_s, 10.0, None)))


def test_the_capture_says_why_it_cannot_use_a_picture():
    text = printed(calibrating(Calibrating(4.0, 4.0, 10.0, "shoulders out of view")))
    assert "Can't use this picture: shoulders out of view." in text
    assert "I can see you" not in text


# Lines


def test_the_wait_for_the_side_shows_what_to_do_the_seconds_left_and_whether_it_is_seen():
    waiting = printed(turning(Turning(15.0, 0.0, 3.0, None)))
    assert "turn your chair by 90°, to either side" in waiting
    assert "3 s left" in waiting
    assert "Waiting for your side." in waiting
    seen = printed(turning(Turning(17.0, 2.0, 3.0, None)))
    assert "1 s left" in seen
    assert "I can see you from the side." in seen
    assert "Can't use this picture: too dark." in printed(turning(Turning(17.0, 2.0, 3.0, "too dark")))


def test_a_captured_baseline_tells_what_was_measured_with_it_and_nothing_else():
    kept = figures.baseline()
    assert captured(kept) == "Baseline captured: front view, 16 looks, noise 0.0°."
    assert captured(replace(kept, hfov_deg=74.26, hfov_error_deg=4.1, upright_ear_shoulder_deg=-3.2)).splitlines() == [
        "Baseline captured: front view, 16 looks, noise 0.0°.",
        "The camera's field of view is 74.3° ± 4°, measured.",
        f"From the side the line from shoulder to ear tips -3° ± {SIDE_ERROR_DEG:.0f}° forward.",
    ]


def test_a_transition_is_one_line_with_its_beginning():
    line = change(Transition(22.0, 12.0, "upright", "forward_head"))
    assert line.plain == "    0:22  upright → forward head, since 0:12"
    assert change(Transition(40.0, 40.0, "away", "upright")).plain == "    0:40  away → upright"


def test_an_alert_is_one_line_with_its_loudness_and_where_the_exercise_is():
    assert change(NOTICE).plain == (
        "    1:50  ! Your head has been forward for 10 minutes.  (posturewatch exercises crown-stretch-chin-sweep)"
    )
    assert change(replace(NOTICE, level=1, exercise=None)).plain == (
        "    1:50  · Your head has been forward for 10 minutes."
    )
    assert change(replace(NOTICE, level=3, t_s=3725.0)).plain.startswith(" 1:02:05  !! Your head")


# Tables

MEASURED = {
    "image": "pictures/one.jpg",
    "state": "forward_head",
    "reason": None,
    "forward_head_deg": 14.25,
    "error_deg": 3.0,
    "ear_shoulder_deg": None,
    "neck_flexion_deg": 4.14,
    "side_bend_deg": -1.0,
    "turn_deg": 3.2,
    "head_drop_cm": 1.1,
}


def cells(text):
    return [line.split() for line in text.splitlines() if line.strip()]


def test_measured_pictures_are_a_table_in_order_with_a_dash_for_what_is_not_told():
    untold = {**dict.fromkeys(MEASURED), "image": "two.jpg", "state": "unknown", "reason": "too dark"}
    heads, one, two = cells(printed(measured([MEASURED, untold]), width=120))
    assert heads == ["picture", "state", "forward", "±", "flexion", "bend", "turn", "drop", "cm"]
    assert one == ["one.jpg", "forward", "head", "14.2", "3.0", "4.1", "-1.0", "3.2", "1.1"]
    assert two == ["two.jpg", "unknown", "–", "–", "–", "–", "–", "–", "too", "dark"]


def test_a_narrow_terminal_folds_words_and_leaves_numbers_and_reasons_whole():
    long = {**MEASURED, "image": "a-picture-with-a-long-name.jpg", "state": "neck_extended", "reason": "turned away"}
    text = printed(measured([MEASURED, long]))
    heads = text.splitlines()[0].split()
    assert heads == ["picture", "state", "forward", "±", "flexion", "bend", "turn", "drop", "cm"]
    assert re.findall(r"-?\d+\.\d", text) == ["14.2", "3.0", "4.1", "-1.0", "3.2", "1.1"] * 2
    assert "…" not in text
    assert {"turned", "away", "neck", "extended"} <= set(text.split())
    assert max(len(line) for line in text.splitlines()) <= 80


def test_only_columns_that_are_told_somewhere_are_shown():
    side = {**dict.fromkeys(MEASURED), "image": "side.jpg", "state": "unknown", "ear_shoulder_deg": 21.0}
    side["reason"] = "no baseline"
    heads, line = cells(printed(measured([side])))
    assert heads == ["picture", "state", "ear–shoulder"]
    assert line == ["side.jpg", "unknown", "21.0", "no", "baseline"]
    (heads,) = cells(printed(measured([])))
    assert heads == ["picture", "state"]


def test_the_summary_shows_minutes_by_length_the_hold_the_angles_the_alerts_and_the_exercises():
    result = Summary()
    for t_s in range(0, 121, 2):
        result.add(replace(UPRIGHT, t_s=float(t_s), forward_head_deg=-1.0))
    for t_s in range(122, 423, 2):
        result.add(replace(FORWARD, t_s=float(t_s), hold_s=t_s - 122.0, forward_head_deg=15.0))
    result.add(NOTICE)
    result.add(replace(NOTICE, level=1, exercise=None))
    text = printed(summary(result, "recording.mp4"))
    lines = [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]
    assert "recording.mp4" in lines
    rows = [line for line in lines if re.match("forward|upright|longest|alerts|exercises", line)]
    assert rows == [
        "forward head 5.0 min",
        "upright 2.0 min",
        "longest hold 5:00",
        "forward head angle P10 -1.0° P50 +15.0° P90 +15.0°",
        "alerts 1 × posture, level 2, 1 × posture, level 1",
        "exercises crown-stretch-chin-sweep",
    ]


def test_an_empty_summary_says_that_nothing_was_told():
    text = " ".join(printed(summary(Summary(), "empty")).replace("│", " ").split())
    assert "longest hold 0:00 forward head angle not told alerts none exercises none suggested" in text


def test_the_checks_have_a_sign_a_name_a_level_and_what_to_do():
    text = printed(checks([("python", "ok", "3.11"), ("camera", "warning", "busy"), ("models", "error", "missing")]))
    assert cells(text) == [
        ["✓", "python", "ok", "3.11"],
        ["!", "camera", "warning", "busy"],
        ["✗", "models", "error", "missing"],
    ]


def test_a_moment_with_an_active_alert_is_shown_as_any_other():
    moment = Moment(FORWARD, CLOCKS, Alert(110.0, "posture", 2, 600.0, "forward_head"))
    assert "+14.2°" in printed(live(moment, STANDARD, NOTICE, "0"))


# Colours


COLOURS = {"green": "\x1b[32m", "yellow": "\x1b[33m", "red": "\x1b[31m"}


def colours(view, name):
    """The colours in the view's row of this name."""
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(view)
    (line,) = [line for line in console.file.getvalue().splitlines() if name in line]
    return {word for word, code in COLOURS.items() if code in line}


@pytest.mark.parametrize(
    ("dose", "sign_at_dose", "colour"),
    [(0.3, 0.5, "green"), (0.6, 0.5, "yellow"), (0.6, 0.8, "green"), (0.3, 0.2, "yellow"), (1.2, 0.5, "red")],
)
def test_the_dose_turns_yellow_where_the_quiet_sign_comes_and_red_where_the_alert_does(dose, sign_at_dose, colour):
    rules = replace(STANDARD, alerts=replace(STANDARD.alerts, sign_at_dose=sign_at_dose))
    moment = Moment(replace(FORWARD, dose=dose), CLOCKS, None)
    assert colours(live(moment, rules, None, "0"), "Dose") == {colour}


@pytest.mark.parametrize("part", [0.4, 0.7, 1.0, 1.3])
def test_a_goal_of_the_coach_stays_green_when_it_is_reached(part):
    state = State(
        *(1, 1, "Turn.", "turn", "°", {}, 0, None),
        reached=30 * part,
        goal=30.0,
        held_s=5 * part,
        hold_s=5.0,
        left_s=None,
        seen=True,
        paused=False,
        over=False,
        say="Turn.",
    )
    view = coaching(exercises.load()[0], state)
    assert colours(view, "Reached") == colours(view, "Held") == {"green"}
