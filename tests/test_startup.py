"""How long a baseline takes and what a stream adds: windows, looks asked about, errors and jitter by hand."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from figures import Sitter
from figures import landmarks as seen_by

from calibration import people, report, startup, stream
from calibration.events import Clip, Event
from calibration.people import Line
from calibration.rig import lines as packing
from calibration.startup import Asked, Attempt
from calibration.stream import MANY, ONE, STREAM, Track
from posturewatch.chain import Deviation
from posturewatch.landmarks import Landmarks
from posturewatch.monitor import SMOOTHED
from posturewatch.smoothing import Smoother

near = pytest.approx
HFOV = "68"
NOBODY = Landmarks(0.0, (640, 480))
UPRIGHT, FORWARD = seen_by(Sitter()), seen_by(Sitter(cva_drop_deg=20))


def line(t_s=0.0, kind="neutral", true=0.0, found=UPRIGHT, cva=52.0, person="anna", **fields):
    truth = {"d_cva_deg": true, "cva_deg": cva - true}
    seen = replace(found, t_s=t_s)
    return Line(f"{person}-{kind}-{t_s}", person, f"{person}-front", kind, 0.0, False, seen, truth, **fields)


def clip(name="anna-capture_still", events=((0, 15, "neutral"),), fps=5.0, pictures=None):
    """Upright throughout, but for the labels that pictures are given for."""
    listed = tuple(Event(*each) for each in events)
    lines = []
    for step in range(round(listed[-1].end_s * fps)):
        t_s = step / fps
        label = next(each.label for each in listed if each.start_s <= t_s < each.end_s)
        found, true = (pictures or {}).get(label, (UPRIGHT, 0.0))
        lines.append(replace(line(t_s, label, true, found), name=f"{name}-{step}"))
    return Clip(name, fps, listed, tuple(lines))


def tried(activity, length_s, neutral=None, forward=None, refused=None, person="anna"):
    return Attempt(person, activity, length_s, refused, neutral, forward)


def cells(text, label):
    """The cells of the table's row that begins so."""
    [row] = [row for row in text.splitlines() if row.startswith(f"| {label}")]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


# Windows


def test_the_shortest_window_is_one_look():
    assert [startup.count(length_s, 5.0) for length_s in (0.2, 1, 15)] == [1, 5, 75]
    assert startup.count(0.2, 1.0) == 1


def test_windows_are_spread_over_the_clip_and_none_goes_beyond_it():
    assert startup.starts(75, 50) == [0, 8, 17, 25]
    assert startup.starts(75, 74) == [0, 1]
    assert startup.starts(75, 75) == [0]
    assert startup.starts(75, 76) == []


def test_every_capture_clip_is_tried_and_no_other(monkeypatch):
    monkeypatch.setattr(startup, "attempt", lambda clip, activity, length_s, start, asked, hfov: (activity, length_s))
    found = [clip(), clip("anna-capture_talking"), clip("anna-workday")]
    told = startup.attempts(found, {"anna": Asked((), ())})
    assert {activity for activity, _ in told} == {"still", "talking"}
    assert [told.count(("still", length_s)) for length_s in (0.2, 10, 15)] == [4, 4, 1]


# The error of a baseline


def test_a_baselines_error_is_the_mean_of_estimated_less_true_over_what_is_told(monkeypatch):
    told = {1.0: 3.0, 2.0: 22.0, 3.0: None}
    monkeypatch.setattr(startup, "deviation", lambda look, _: Deviation(look.t_s, forward_head_deg=told[look.t_s]))
    upright = people.baseline([replace(line(), neutral=True)], 68.0)
    asked = [line(1.0, true=1.0), line(2.0, true=25.0), line(3.0, true=90.0)]
    assert startup.mean_error_deg(asked, upright) == near((2 - 3) / 2)
    assert startup.mean_error_deg([asked[2]], upright) is None
    assert startup.mean_error_deg([], upright) is None


def test_a_baseline_captured_with_the_head_forward_tells_that_much_too_little():
    bent = clip(pictures={"neutral": (seen_by(Sitter(cva_drop_deg=10)), 10.0)})
    asked = Asked((line(99.0),), (line(98.0, "fh", 20.0, FORWARD),))
    upright, forward = (startup.attempt(each, "still", 1.0, 0, asked, HFOV) for each in (clip(), bent))
    assert upright.neutral_deg == near(0, abs=2)
    assert -20 < forward.neutral_deg < -5
    assert -20 < forward.forward_deg - upright.forward_deg < -5


def test_a_baseline_is_not_asked_about_its_own_looks():
    found = clip()
    own = [replace(each, truth={"d_cva_deg": 1000.0}) for each in found.lines[:5]]
    told = startup.attempt(found, "still", 1.0, 0, Asked((*own, line(99.0)), ()), HFOV)
    assert told.neutral_deg == near(0, abs=2)
    assert startup.attempt(found, "still", 1.0, 3, Asked(tuple(own), ()), HFOV).neutral_deg < -900
    assert told.forward_deg is None


def test_a_refused_window_has_its_reason_without_numbers_and_advice():
    empty = clip(pictures={"neutral": (NOBODY, 0.0)})
    told = startup.attempt(empty, "still", 1.0, 0, Asked((), ()), HFOV)
    assert (told.refused, told.neutral_deg) == ("nobody in view", None)
    looking = clip(events=((0, 0.4, "left"), (0.4, 0.8, "right")))
    turned = {"left": (seen_by(Sitter(turn_deg=-20)), 0.0), "right": (seen_by(Sitter(turn_deg=20)), 0.0)}
    looking = clip(events=((0, 0.4, "left"), (0.4, 0.8, "right")), pictures=turned)
    assert startup.attempt(looking, "still", 0.8, 0, Asked((), ()), HFOV).refused == "the head moved too much"


# What is asked about


def test_looks_are_neutral_when_the_person_has_been_so_for_two_seconds():
    day = clip("anna-workday", ((0, 4, "upright"), (4, 8, "forward"), (8, 13, "upright")), fps=1.0)
    assert [each.landmarks.t_s for each in startup.neutral(day)] == [0, 1, 2, 3, 10, 11, 12]


def test_neutral_looks_come_from_all_clips_of_the_person_evenly():
    found = [clip(), clip("anna-workday", ((0, 15, "upright"),)), clip("bert-workday", ((0, 9, "upright"),))]
    asked = startup.ask(found, {})
    assert set(asked) == {"anna"}  # bert has no capture clip
    names = [each.name.rpartition("-")[0] for each in asked["anna"].looks]
    assert (len(names), names.count("anna-workday")) == (24, 12)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([line(kind="fh", true=20.0)], None),
        ([line(kind="fh", true=20.0, cva=52.1)], "another neutral posture in the data"),
        ([line(kind="fh", true=20.0, camera=people.Camera(65.0))], "another camera in the data"),
        ([line(kind="random", true=20.0)], "no forward heads in the data"),
        ([line(kind="fh", true=20.0, view="side")], "no pictures in the data"),
        ([], "no pictures in the data"),
    ],
)
def test_the_datas_pictures_count_where_person_camera_and_neutral_posture_are_the_same(pictures, said):
    asked = startup.ask([clip()], {"anna": pictures})["anna"]
    assert asked.unfit == said
    assert asked.pictures == (tuple(pictures) if said is None else ())


def test_only_forward_heads_of_the_data_are_asked_about():
    other = line(kind="look_down", true=5.0)
    asked = startup.ask([clip()], {"anna": [line(kind="fh_sink", true=20.0), other]})["anna"]
    assert [each.kind for each in asked.pictures] == ["fh_sink"]


# The tables


def test_the_table_is_over_the_windows_of_a_length_and_activity():
    some = [
        *(tried("still", 10.0, 1.0, 4.0), tried("still", 10.0, -3.0), tried("still", 10.0, refused="too dark")),
        *(tried("still", 0.2, 5.0), tried("talking", 10.0, 7.0)),
    ]
    said = startup.text(some, {"anna": Asked((), (), "no pictures in the data")})
    assert cells(said, "**still, 10 s** (shipped)") == [
        *("3", "33 %", "2.00", "−1.00", "2.83", "3.00"),
        *("4.00", "+4.00", "–"),
    ]
    assert cells(said, "still, 0.2 s")[:3] == ["1", "0 %", "5.00"]
    assert cells(said, "**talking, 10 s** (shipped)")[2] == "7.00"
    assert "- still: too dark (1 times)" in said
    assert "- anna: no pictures in the data" in said


def test_the_spread_is_between_windows_of_the_same_person():
    some = [tried("still", 1.0, each) for each in (1.0, 3.0)]
    other = [tried("still", 1.0, each, person="bert") for each in (11.0, 11.0)]
    assert startup.spread_deg(some + other) == near(1.0)  # squares 1 + 1 + 0 + 0, by 1 + 1
    assert startup.spread_deg([some[0], other[0], tried("still", 1.0, refused="too dark")]) is None
    assert startup.spread_deg(some, "forward_deg") is None


def spread(activity, length_s, sd):
    """Two windows that differ so that their SD is this."""
    return [tried(activity, length_s, 9.0), tried(activity, length_s, 9.0 + sd * np.sqrt(2))]


@pytest.mark.parametrize(
    ("last", "judged"),
    [
        ({8.0: 1.1, 10.0: 1.0, 15.0: 1.2}, "is that of 8 s; the shipped 10 s leave"),
        ({8.0: 2.0, 10.0: 1.2, 15.0: 1.0}, "is that of 10 s; that is why 10 s"),
        ({8.0: 2.0, 10.0: 2.0, 15.0: 1.0}, "is that of 15 s; here it would be better than the shipped 10 s"),
        ({8.0: 1.0, 10.0: 2.0, 15.0: 1.0}, "is that of 8 s; here it would be better than the shipped 10 s"),
    ],
)
def test_the_shipped_window_is_judged_by_the_activity_that_suits_it_least(last, judged):
    some = [each for length_s, sd in {0.2: 4.0, **last}.items() for each in spread("talking", length_s, sd)]
    some += [each for length_s in last for each in spread("still", length_s, 0.1)]
    assert judged in startup.why_shipped(some)
    assert "4.00° after 0.2 s" in startup.why_shipped(some)


def test_what_was_refused_is_not_on_the_curve():
    some = [tried("still", 1.0, refused="too dark"), *spread("still", 2.0, 2.0)]
    assert startup.curve(some) == {"still": [(2.0, near(2.0))]}
    assert startup.why_shipped(some) == ""


def test_the_plot_has_a_line_for_each_activity_and_one_at_the_shipped_window():
    drawn = startup.plot([*spread("still", 10.0, 1.0), *spread("still", 1.0, 2.0), *spread("talking", 1.0, 3.0)])
    at_10_s = 64 + 10 / 16 * (640 - 16 - 64)
    assert f'class="mark" d="M{at_10_s:.1f} 368.0L{at_10_s:.1f} 40.0"' in drawn
    assert drawn.count('stroke-width="2" fill="none"') == 2


# The stream


def test_jitter_is_what_changes_between_looks_in_a_row_over_root_two():
    found = stream.steadiness([np.array([1.0, -1.0, 1.0]), np.array([7.0, 7.0])])
    assert found.jitter_deg == near(np.sqrt((4 + 4 + 0) / 3 / 2))  # not the step from one part to the next
    assert (found.agreement.mae, found.agreement.bias) == (near(17 / 5), near(3.0))
    assert stream.steadiness([np.array([3.0, 3.0, np.nan, 3.0])]).jitter_deg == 0
    assert stream.steadiness([np.array([3.0, np.nan, 1.0])]).jitter_deg is None


def test_independent_errors_have_a_jitter_of_their_sd():
    noise = np.random.default_rng(1).normal(5, 2, 20_000)
    assert stream.steadiness([noise]).jitter_deg == near(2.0, rel=0.03)


def test_segments_begin_after_the_shipped_window_with_the_move_apart_and_without_absences():
    day = clip("anna-workday", ((0, 12, "upright"), (12, 16, "forward"), (16, 19, "absent"), (19, 22, "upright")), 1.0)
    found = [(label, np.flatnonzero(chosen).tolist()) for label, chosen in stream.stretches(day)]
    moving = "moving (first 2 s)"
    assert found == [
        *(("upright", [10, 11]), (moving, [12, 13]), ("forward", [14, 15])),
        *((moving, [19, 20]), ("upright", [21])),
    ]


def test_the_stream_is_told_by_segment_with_all_settled_first_and_moving_last():
    day = clip("anna-workday", ((0, 12, "upright"), (12, 16, "forward")), 1.0)
    off = np.zeros(16)
    off[[10, 11, 14, 15]] = 2.0, 4.0, -6.0, -6.0
    found = [Track(day, way, off * part) for way, part in ((ONE, 1.0), (MANY, 0.5), (STREAM, 0.5))]
    said = stream.text(found)
    firsts = re.findall(r"^\| ([a-z() 0-9]+):", said, re.MULTILINE)
    assert list(dict.fromkeys(firsts[1:])) == ["all settled", "upright", "forward", "moving (first 2 s)"]
    assert cells(said, f"all settled: {ONE}")[:4] == ["4", "100 %", "4.50", "−1.50"]
    assert cells(said, f"upright: {MANY}") == ["2", "100 %", "1.50", "+1.50", "0.71", "0.71"]
    assert "MAE 4.50 → 2.25 → 2.25°" in said


@pytest.fixture(scope="module")
def day():
    """Every second a look: upright until 12 s, then forward; for a second nobody is seen."""
    pictures = {"forward": (FORWARD, 20.0), "away": (NOBODY, 0.0)}
    return clip("anna-workday", ((0, 12, "upright"), (12, 15, "forward"), (15, 16, "away")), 1.0, pictures)


def test_the_streams_value_is_the_smoothed_one_against_the_baseline_of_the_shipped_window(day):
    upright, smooth = stream.monitored(day, 68.0)
    single = stream.errors(day, upright)
    smoother, true = Smoother(), np.array([each.true_deg for each in day.lines])
    told = [None if np.isnan(value) else float(value) for value in single + true]
    wanted = [smoother.update(float(t_s), {"x": value})["x"] for t_s, value in enumerate(told)]
    assert smooth + true == near(np.array(wanted, float), nan_ok=True)
    assert (upright.looks, np.isnan(smooth).tolist()) == (11, [False] * 15 + [True])
    assert single[13] == near(0, abs=3)
    assert smooth[12] < single[12] - 1  # it lags behind the move
    assert "forward_head_deg" in SMOOTHED


def test_a_day_is_looked_at_in_every_way_three_times_against_a_single_look(day, monkeypatch):
    monkeypatch.setattr(stream, "errors", lambda clip, _: np.zeros(len(clip.lines)))
    ways = [track.way for track in stream.tracks(day, HFOV)]
    assert ways == [ONE, ONE, ONE, MANY, STREAM]


def test_a_day_without_a_baseline_is_looked_at_in_no_way():
    assert not list(stream.tracks(clip("a-workday", ((0, 12, "upright"),), 1.0, {"upright": (NOBODY, 0.0)}), HFOV))


# From files


def packed(each):
    found = each.landmarks
    empty = {"pose": None, "visibility": None, "world": None, "face": None}
    seen = (
        empty
        if found.pose is None
        else {
            "pose": found.pose[:, :3].tolist(),
            "visibility": found.pose[:, 3].tolist(),
            "world": found.world.tolist(),
            "face": {
                "matrix": found.face.matrix.ravel().tolist(),
                "points": found.face.points[:, :2].tolist(),
                "depths": found.face.points[:, 2].tolist(),
            },
        }
    )
    head = {"name": each.name, "kind": each.kind, "level": 0.0, "neutral": False, "t_s": found.t_s}
    return {**head, "size_px": list(found.size_px), "truth": each.truth, "reason": None, **seen}


def write(folder, found):
    packing.write(folder / f"{found.name}{packing.SUFFIX}", [packed(each) for each in found.lines])
    listed = [{"start_s": each.start_s, "end_s": each.end_s, "label": each.label} for each in found.events]
    timeline = {"fps": found.fps, "length_s": found.events[-1].end_s, "events": listed}
    (folder / f"{found.name}.timeline.json").write_text(json.dumps(timeline))


@pytest.fixture
def folder(tmp_path, day, monkeypatch):
    monkeypatch.setattr(startup, "LENGTHS_S", (1.0, 10.0))
    monkeypatch.setattr(startup, "LOOKS", 2)
    monkeypatch.setattr(stream, "SINGLE_S", (0.0,))
    write(tmp_path, day)
    write(tmp_path, clip(fps=1.0))
    return tmp_path


def test_the_commands_print_their_tables(folder, capsys):
    assert startup.main([str(folder), "--data", str(folder)]) == 0
    said = capsys.readouterr().out
    assert cells(said, "still, 1 s")[:2] == ["4", "0 %"]
    assert "- anna: no pictures in the data" in said
    assert stream.main([str(folder)]) == 0
    said = capsys.readouterr().out
    assert cells(said, f"forward: {STREAM}")[:2] == ["1", "100 %"]
    assert "neutral" not in said  # of the capture clip


def test_a_folder_without_clips_is_refused(tmp_path, capsys):
    assert startup.main([str(tmp_path)]) == stream.main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("holds no clips") == 2


def test_the_report_has_both_chapters_where_there_are_clips_for_them(folder, monkeypatch):
    monkeypatch.setattr(report, "clips_text", lambda _: "played")
    told = report.filmed(folder, [])
    headings = [part for part in told.chapters if part.startswith("## ")]
    assert headings == [
        "## How long a baseline takes",
        "## What a stream tells beyond single pictures",
        "## Clips with a known timeline",
    ]
    assert set(told.plots) == {"startup"}
    for path in folder.glob("anna-capture*"):
        path.unlink()
    told = report.filmed(folder, [])
    assert [part for part in told.chapters if part.startswith("## ")] == headings[1:]
    assert not told.plots
