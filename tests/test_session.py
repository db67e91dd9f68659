"""The recording, field by field as in DESIGN part 2, and everything that can be wrong with one that is read."""

import errno
import json
import math
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import SAMPLE

from posturewatch.errors import PosturewatchError
from posturewatch.landmarks import Face, Landmarks
from posturewatch.posture import Transition
from posturewatch.session import (
    Notice,
    Outputs,
    Recorder,
    Sample,
    Summary,
    Wish,
    as_line,
    read_landmarks,
    read_session,
)

HEADER = {"source": "0", "rate_hz": 5.0, "hfov_deg": 70.0, "settings": {}}
UNTOLD = replace(
    SAMPLE, **dict.fromkeys([f.name for f in fields(Sample)[6:18]]), view=None, state="unknown", now="unknown"
)
TRANSITION = Transition(20.0, 10.0, "upright", "forward_head")
NOTICE = Notice(610.0, "posture", 2, "Your head has been forward for 10 minutes.", "alternate-head-turns")
NOTHING = Landmarks(0.0, (640, 480))

seldom = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def found(seed, t_s=0.0, world=True, face=True):
    """Landmarks of noise, rounded as landmarks.py rounds the models'."""
    random = np.random.default_rng(seed)
    return Landmarks(
        t_s,
        (640, 480),
        random.normal(300, 200, (33, 4)).round(3),
        random.normal(0, 1, (33, 3)).round(5) if world else None,
        Face(random.normal(0, 20, (4, 4)).round(6), random.normal(300, 100, (478, 3)).round(2)) if face else None,
    )


def record(path, *events, header=HEADER):
    recorder = Recorder(path)
    recorder.begin({**header, "baseline": None})
    for event in events:
        recorder.write(event)
    recorder.close()
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read(path):
    """The landmarks of a recording and the warnings about it."""
    warnings = []
    return list(read_landmarks(path, warnings.append)), warnings


def same(one, other):
    """Whether two landmarks are equal, to the last bit."""
    if (one.t_s, one.size_px, one.reason) != (other.t_s, other.size_px, other.reason):
        return False
    faces = [one.face, other.face]
    pairs = [(one.pose, other.pose), (one.world, other.world)]
    pairs += [] if faces == [None, None] else [(getattr(f, "matrix", None), getattr(f, "points", None)) for f in faces]
    if (one.face is None) != (other.face is None):
        return False
    if one.face is not None:
        pairs[2:] = [(one.face.matrix, other.face.matrix), (one.face.points, other.face.points)]
    return all((a is None and b is None) or (a is not None and np.array_equal(a, b)) for a, b in pairs)


# The format


def test_a_sample_is_the_line_of_the_design_with_every_field_in_its_order():
    design = (
        '{"type":"sample","t_s":12.5,"age_s":0.0,"view":"front","state":"upright","now":"forward_head","reason":null,'
        '"forward_head_deg":14.2,"error_deg":3.0,"ear_shoulder_deg":null,"neck_flexion_deg":4.1,"side_bend_deg":-1.0,'
        '"turn_deg":3.2,"shoulder_raise_cm":0.2,"head_forward_cm":4.9,"head_drop_cm":1.1,"sink_cm":0.8,'
        '"distance_cm":61.0,"severity":1.4,"hold_s":83.0,"still_s":40.0,"dose":0.14}'
    )
    assert json.dumps(as_line(SAMPLE), separators=(",", ":")) == design


def test_what_is_not_told_is_null_and_only_what_can_be_untold():
    line = as_line(UNTOLD)
    assert {key for key, value in line.items() if value is None} == {
        *("view", "reason", "forward_head_deg", "error_deg", "ear_shoulder_deg", "neck_flexion_deg", "side_bend_deg"),
        *("turn_deg", "shoulder_raise_cm", "head_forward_cm", "head_drop_cm", "sink_cm", "distance_cm", "severity"),
    }


def test_a_transition_and_an_alert_are_the_lines_of_the_design():
    assert list(as_line(TRANSITION).items()) == [
        ("type", "transition"),
        ("t_s", 20.0),
        ("since_s", 10.0),
        ("before", "upright"),
        ("after", "forward_head"),
    ]
    assert list(as_line(NOTICE).items()) == [
        ("type", "alert"),
        ("t_s", 610.0),
        ("kind", "posture"),
        ("level", 2),
        ("message", "Your head has been forward for 10 minutes."),
        ("exercise", "alternate-head-turns"),
    ]
    assert as_line(replace(NOTICE, level=1, exercise=None))["exercise"] is None


def test_landmarks_are_the_line_of_the_design_in_pixels_and_row_major():
    look = found(1, t_s=0.2)
    line = as_line(look)
    assert [key for key in line if key != "reason"] == ["type", "t_s", "size_px", "pose", "world", "face", "background"]
    assert (line["type"], line["t_s"], line["size_px"], line["reason"]) == ("landmarks", 0.2, [640, 480], None)
    assert [len(line["pose"]), len(line["pose"][0]), len(line["world"]), len(line["world"][0])] == [33, 4, 33, 3]
    assert line["pose"][32] == list(look.pose[32])
    assert line["face"]["matrix"][:5] == [*look.face.matrix[0], look.face.matrix[1, 0]]
    assert [len(line["face"]["matrix"]), len(line["face"]["points"]), len(line["face"]["points"][0])] == [16, 478, 2]
    assert line["face"]["points"][477] == list(look.face.points[477, :2])


def test_landmarks_without_a_person_are_null_with_the_pictures_reason():
    line = as_line(replace(NOTHING, reason="too dark"))
    assert (line["pose"], line["world"], line["face"], line["reason"]) == (None, None, None, "too dark")


def test_numbers_are_rounded_to_a_thousandth_and_the_dose_finer():
    line = as_line(replace(SAMPLE, t_s=1 / 3, forward_head_deg=14.23456, turn_deg=-0.0001, hold_s=2 / 3, dose=1 / 3))
    assert (line["t_s"], line["forward_head_deg"], line["hold_s"], line["dose"]) == (0.333, 14.235, 0.667, 0.33333)
    assert math.copysign(1, line["turn_deg"]) == 1.0


def test_a_recording_begins_with_version_1_and_what_it_was_told(tmp_path):
    first = lines(record(tmp_path / "r.jsonl", SAMPLE))[0]
    assert list(first)[:2] == ["type", "version"]
    assert first == {"type": "session", "version": 1, **HEADER, "baseline": None}


def test_the_shape_of_the_face_goes_only_to_where_the_landmarks_go(tmp_path):
    outputs = Outputs(Recorder(tmp_path / "s.jsonl"), Recorder(tmp_path / "l.jsonl"))
    outputs.begin(HEADER, {"view": "front", "front": {"face": 1}, "side": None})
    outputs.close()
    assert lines(tmp_path / "s.jsonl")[0]["baseline"] == {"view": "front"}
    assert lines(tmp_path / "l.jsonl")[0]["baseline"] == {"view": "front", "front": {"face": 1}, "side": None}


def test_events_go_where_they_belong(tmp_path):
    outputs = Outputs(Recorder(tmp_path / "s.jsonl"), Recorder(tmp_path / "l.jsonl"))
    outputs.begin(HEADER, None)
    for event in (NOTHING, SAMPLE, TRANSITION, NOTICE):
        outputs.write(event)
    outputs.close()
    assert [line["type"] for line in lines(tmp_path / "s.jsonl")] == ["session", "sample", "transition", "alert"]
    assert [line["type"] for line in lines(tmp_path / "l.jsonl")] == ["session", "landmarks"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_written_as_null_and_watching_goes_on(tmp_path, value):
    odd = {f.name: value for f in fields(Sample) if isinstance(getattr(SAMPLE, f.name), float)}
    broken = found(1)
    broken.pose[3, 1] = broken.face.points[400, 0] = value
    path = record(tmp_path / "r.jsonl", replace(SAMPLE, **odd), broken, replace(TRANSITION, since_s=value), SAMPLE)
    _, sample, look, transition, last = path.read_text().splitlines()
    assert "NaN" not in path.read_text()
    assert "Infinity" not in path.read_text()
    assert all(json.loads(sample)[name] is None for name in odd)
    assert (json.loads(look)["pose"], json.loads(look)["face"], json.loads(transition)["since_s"]) == (None,) * 3
    assert json.loads(look)["world"] == broken.world.tolist()
    assert json.loads(last)["forward_head_deg"] == 14.2


def test_a_source_whose_name_is_no_utf_8_is_still_json(tmp_path):
    name = os.fsdecode(b"m\xc3\xbcde-\xff.mp4")
    path = record(tmp_path / "r.jsonl", NOTHING, header={**HEADER, "source": name})
    assert lines(path)[0]["source"] == name
    assert read_session(path).source == name
    assert "müde" in path.read_text(encoding="utf-8")


# Writing


def test_a_recording_is_its_owners_alone_also_where_the_file_was_everybodys(tmp_path):
    path = record(tmp_path / "r.jsonl", SAMPLE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o666)
    assert stat.S_IMODE(record(path, SAMPLE).stat().st_mode) == 0o600


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("content", [b"my diary\n", b'{"type":"sample"}\n', b"\x00\x01\xff", b" \n", b'{"type":'])
def test_a_file_that_is_no_recording_is_refused_and_left_as_it_is(tmp_path, content, keep):
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(PosturewatchError, match=r"diary\.txt exists and is no recording\. Choose another name"):
        Recorder(path, keep)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [p.name for p in tmp_path.iterdir()] == ["diary.txt"]


def test_a_folder_or_a_missing_folder_is_refused_in_one_line(tmp_path):
    with pytest.raises(PosturewatchError, match="exists and is no recording"):
        Recorder(tmp_path)
    with pytest.raises(PosturewatchError, match=r"Cannot write .*none/r\.jsonl: No such file or directory\. Choose"):
        Recorder(tmp_path / "none" / "r.jsonl")


def test_an_empty_file_is_taken(tmp_path):
    (tmp_path / "r.jsonl").touch()
    assert len(lines(record(tmp_path / "r.jsonl", SAMPLE))) == 2


def test_an_earlier_recording_is_replaced_or_with_keep_kept_as_bak(tmp_path):
    path = record(tmp_path / "r.jsonl", SAMPLE, SAMPLE)
    before = path.read_bytes()
    recorder = Recorder(path, keep=True)
    recorder.begin(HEADER)
    recorder.close()
    assert (tmp_path / "r.jsonl.bak").read_bytes() == before
    assert len(lines(path)) == 1
    path.write_bytes(before)
    (tmp_path / "r.jsonl.bak").unlink()
    record(path, SAMPLE)
    assert [p.name for p in tmp_path.iterdir()] == ["r.jsonl"]
    assert len(lines(path)) == 2


@pytest.mark.parametrize("keep", [False, True])
def test_a_recording_that_never_begins_leaves_everything_as_it_was(tmp_path, keep):
    path = record(tmp_path / "r.jsonl", SAMPLE, SAMPLE)
    before = path.read_bytes()
    Recorder(path, keep).close()
    Recorder(tmp_path / "new.jsonl", keep).close()
    assert [p.name for p in tmp_path.iterdir()] == ["r.jsonl"]
    assert path.read_bytes() == before


def test_each_line_is_in_the_file_when_write_returns(tmp_path):
    recorder = Recorder(tmp_path / "r.jsonl")
    recorder.begin(HEADER)
    for number in range(1, 4):
        recorder.write(replace(SAMPLE, t_s=float(number)))
        assert [line.get("t_s") for line in lines(tmp_path / "r.jsonl")] == [None, 1.0, 2.0, 3.0][: number + 1]
    recorder.close()


def test_what_comes_before_the_first_line_waits_and_follows_it_in_order(tmp_path):
    recorder = Recorder(tmp_path / "r.jsonl")
    for t_s in (0.0, 0.5, 1.0):
        recorder.write(replace(SAMPLE, t_s=t_s))
    assert (tmp_path / "r.jsonl").read_bytes() == b""
    recorder.begin(HEADER)
    assert [line.get("t_s") for line in lines(tmp_path / "r.jsonl")] == [None, 0.0, 0.5, 1.0]
    recorder.begin({"source": "another"})
    recorder.write(replace(SAMPLE, t_s=1.5))
    recorder.close()
    assert [line.get("t_s") for line in lines(tmp_path / "r.jsonl")] == [None, 0.0, 0.5, 1.0, 1.5]


@contextmanager
def largest_file(size):
    """No file may grow beyond this, as on a full disk: part of a line is taken, then nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_a_recording_with_one_line_and_closing_adds_no_other(tmp_path):
    path = tmp_path / "r.jsonl"
    outputs = Outputs(Recorder(path), None)
    outputs.begin(HEADER, None)
    outputs.write(SAMPLE)
    outputs.write(SAMPLE)
    with largest_file(1000), pytest.raises(PosturewatchError, match=r"Cannot write .*r\.jsonl: .* free some space"):
        outputs.write(SAMPLE)
    outputs.close()
    assert path.stat().st_size == 1000
    whole = path.read_text().split("\n")[:-1]
    assert [json.loads(line)["type"] for line in whole] == ["session", "sample", "sample"]


def test_with_warn_a_full_disk_gives_up_that_recording_with_one_warning_and_goes_on_with_the_other(tmp_path):
    warnings = []
    outputs = Outputs(Recorder(tmp_path / "s.jsonl"), Recorder(tmp_path / "l.jsonl"), warnings.append)
    outputs.begin(HEADER, None)
    with largest_file(1000):
        for _ in range(10):
            outputs.write(SAMPLE)
            outputs.write(NOTHING) if not warnings else None
    outputs.write(NOTHING)
    outputs.close()
    assert len(warnings) == 1
    assert "s.jsonl" in warnings[0]
    assert warnings[0].endswith("It goes on without this recording.")
    assert lines(tmp_path / "l.jsonl")[-1]["type"] == "landmarks"


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Full:
    """A file on a full disk."""

    def __init__(self):
        self.closed = False

    def truncate(self, _):
        return 0

    def write(self, _):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self):
        self.closed = True


def on_a_full_disk(path, warn):
    recorder = Recorder(path)
    recorder._file.close()
    recorder._file = full = Full()
    return Outputs(recorder, None, warn), full


def test_no_space_left_is_told_in_the_systems_words(tmp_path):
    outputs, _ = on_a_full_disk(tmp_path / "r.jsonl", None)
    outputs.write(SAMPLE)  # waits in memory
    with pytest.raises(PosturewatchError, match="No space left on device"):
        outputs.begin(HEADER, None)


def test_with_warn_no_space_left_is_told_once_and_the_file_closed(tmp_path):
    warnings = []
    outputs, full = on_a_full_disk(tmp_path / "r.jsonl", warnings.append)
    outputs.begin(HEADER, None)
    outputs.write(SAMPLE)
    outputs.close()
    assert len(warnings) == 1
    assert full.closed


WRITE_FOREVER = """
import sys
from pathlib import Path
import numpy as np
from posturewatch.landmarks import Landmarks
from posturewatch.session import Recorder
recorder = Recorder(Path(sys.argv[1]))
recorder.begin({"source": "0", "rate_hz": 5, "hfov_deg": 70.0, "baseline": None, "settings": {}})
pose, world = np.random.rand(33, 4).round(3), np.random.rand(33, 3).round(5)
t = 0
while True:
    recorder.write(Landmarks(t / 5, (640, 480), pose, world))
    t += 1
"""


def test_after_kill_9_everything_up_to_the_last_whole_line_is_read(tmp_path):
    path = tmp_path / "r.jsonl"
    with subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, path]) as child:
        until = time.monotonic() + 20
        while time.monotonic() < until and (not path.exists() or path.stat().st_size < 200_000):
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    whole = path.read_bytes().count(b"\n") - 1
    looks, warnings = read(path)
    assert whole > 50
    assert [look.t_s for look in looks] == [i / 5 for i in range(whole)]
    assert len(warnings) == (not path.read_bytes().endswith(b"\n"))


# Reading


@seldom
@given(
    seed=st.integers(0, 2**32),
    t_s=st.floats(0, 1e6),
    world=st.booleans(),
    face=st.booleans(),
    nobody=st.booleans(),
    reason=st.none() | st.text(),
)
def test_landmarks_come_back_as_the_very_same_numbers(tmp_path, seed, t_s, world, face, nobody, reason):
    look = replace(found(seed, t_s, world, face), reason=reason)
    look = Landmarks(t_s, (0, 0), reason=reason) if nobody else look
    (back,), warnings = read(record(tmp_path / "r.jsonl", look))
    assert same(back, look)
    assert warnings == []


def test_the_comparison_above_sees_a_difference():
    look = found(1)
    assert same(look, found(1))
    assert not same(look, replace(look, t_s=1e-9))
    assert not same(look, replace(look, face=None))
    assert not same(look, replace(look, world=look.world + 1e-5))
    assert not same(look, replace(look, face=Face(look.face.matrix, look.face.points + 1e-9)))


def test_the_first_line_says_where_it_came_from(tmp_path):
    path = record(tmp_path / "r.jsonl", NOTHING, header={**HEADER, "rate_hz": 2, "baseline": {"view": "front"}})
    first = read_session(path)
    assert (first.source, first.rate_hz, first.hfov_deg, first.baseline) == ("0", 2.0, 70.0, None)


@pytest.mark.parametrize(("person", "every"), [(False, 1), (True, 101)])
def test_a_recording_cut_anywhere_in_its_last_line_is_read_with_one_warning(tmp_path, person, every):
    path = record(tmp_path / "r.jsonl", NOTHING, found(1, t_s=0.2) if person else replace(NOTHING, t_s=0.2))
    whole = path.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    for cut in range(last + 1, len(whole) - 1, every):
        path.write_bytes(whole[:cut])
        looks, warnings = read(path)
        assert [look.t_s for look in looks] == [0.0]
        assert warnings == [f"{path} was cut off in line 3; everything before it is used."]
    for cut, count in ((last, 1), (len(whole) - 1, 2), (len(whole), 2)):
        path.write_bytes(whole[:cut])
        looks, warnings = read(path)
        assert (len(looks), warnings) == (count, [])


def test_a_cut_within_a_letter_is_a_cut_too(tmp_path):
    path = record(tmp_path / "r.jsonl", NOTHING, replace(NOTHING, t_s=0.2, reason="ü"))
    path.write_bytes(path.read_bytes().partition("ü".encode())[0] + "ü".encode()[:1])
    looks, warnings = read(path)
    assert (len(looks), len(warnings)) == (1, 1)


@pytest.mark.parametrize("damage", [b'{"type":"landm\n', b"\n", b"[1]\n", b"17\n", b"\xff\xfe\n", b"NaN\n", b'"x"\n'])
def test_a_damaged_line_in_the_middle_is_named_with_file_and_line(tmp_path, damage):
    path = record(tmp_path / "r.jsonl", NOTHING, replace(NOTHING, t_s=0.2))
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second + damage + third)
    with pytest.raises(PosturewatchError, match=r"r\.jsonl, line 3 is no JSON object\. Record it again\."):
        read(path)


def test_the_looks_before_the_damage_are_given(tmp_path):
    path = record(tmp_path / "r.jsonl", NOTHING, replace(NOTHING, t_s=0.2))
    path.write_bytes(path.read_bytes() + b"\xff\n")
    looks = read_landmarks(path, lambda line: None)
    assert [next(looks).t_s, next(looks).t_s] == [0.0, 0.2]
    with pytest.raises(PosturewatchError, match="line 4"):
        next(looks)


def test_a_recording_of_samples_holds_no_landmarks(tmp_path):
    path = record(tmp_path / "r.jsonl", SAMPLE, TRANSITION, NOTICE)
    with pytest.raises(PosturewatchError, match=r"r\.jsonl holds no landmarks\. Record them with --landmarks"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hello\n",
        b"\xff\xfe\x00\x01",
        bytes(range(256)) * 40,
        b'{"type":"sample"}\n',
        b'{"type":"session","version":2}\n',
        b'{"type":"session","version":2,"source":"0","rate_hz":5,"hfov_deg":70,"baseline":null}\n',
        b'{"type":"summary","version":1,"source":"0","rate_hz":5,"hfov_deg":70,"baseline":null}\n',
        b'{"type":"session"}\n',
        b"[]\n",
        b"[" * 100_000,
        b'{"type":"session","version":1,"source":"0","rate_hz":5',
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    for act in (read_session, lambda path: read(path)):
        with pytest.raises(PosturewatchError, match=r"r\.jsonl") as caught:
            act(path)
        assert "\n" not in str(caught.value)


def test_a_missing_recording_and_a_folder_are_refused_in_one_line(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(PosturewatchError, match="Cannot read"):
            read_session(path)
        with pytest.raises(PosturewatchError, match="Cannot read"):
            read(path)


@pytest.mark.parametrize("key", ["source", "rate_hz", "hfov_deg", "baseline"])
def test_a_first_line_without_one_of_its_keys_is_refused(tmp_path, key):
    line = {"type": "session", "version": 1, **HEADER, "baseline": None}
    del line[key]
    (tmp_path / "r.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(PosturewatchError, match=rf"r\.jsonl, line 1: '{key}' is missing or wrong"):
        read_session(tmp_path / "r.jsonl")


@pytest.mark.parametrize("key", ["rate_hz", "hfov_deg"])
@pytest.mark.parametrize("value", ["1e999", "NaN", "0", "-5", "1000", '"x"', "null", "[]", "9" * 400])
def test_a_first_line_with_an_impossible_number_is_refused(tmp_path, key, value):
    line = json.dumps({"type": "session", "version": 1, **HEADER, "baseline": None, key: "HERE"})
    (tmp_path / "r.jsonl").write_text(line.replace('"HERE"', value) + "\n")
    with pytest.raises(PosturewatchError, match=r"r\.jsonl, line 1: "):
        read_session(tmp_path / "r.jsonl")


def test_a_time_that_goes_backwards_is_refused_and_one_that_stands_is_not(tmp_path):
    path = record(tmp_path / "r.jsonl", *(replace(NOTHING, t_s=t_s) for t_s in (0.0, 1.0, 1.0, 0.9)))
    looks = read_landmarks(path, lambda line: None)
    assert [next(looks).t_s for _ in range(3)] == [0.0, 1.0, 1.0]
    with pytest.raises(PosturewatchError, match=r"r\.jsonl, line 5: the time goes backwards"):
        next(looks)


WRONG = [
    ("t_s", value) for value in ("NaN", "Infinity", "-1", "1e300", '"x"', "null", "[]", "{}", "9" * 400, "9" * 5000)
]
WRONG += [("size_px", value) for value in ("[]", "[640]", "5", "null", "{}", '"x"', "[NaN,1]", "[Infinity,1]")]
WRONG += [("size_px", value) for value in ("[-1,480]", "[640,1000000000]", f"[1,{'9' * 400}]")]
WRONG += [("pose", value) for value in ("[]", "5", "{}", '"x"', "[[1,2,3]]", "[[1],[1,2]]")]
WRONG += [("pose", json.dumps([[0.0] * width] * rows)) for rows, width in ((33, 3), (32, 4), (17, 2))]
WRONG += [("pose", json.dumps([[0.0] * 4] * 32 + [[0.0, 0.0, 0.0, last]])) for last in (math.nan, None, "x", 10**400)]
WRONG += [("world", json.dumps([[0.0] * 4] * 33)), ("world", "7")]
WRONG += [("world", json.dumps([[0.0, 0.0, far]] + [[0.0] * 3] * 32)) for far in (1e7, -1e300)]
WRONG += [("face", value) for value in ("5", "[]", "{}", '"x"', "true", '{"matrix":[],"points":[],"depths":[]}')]
WRONG += [("face", json.dumps({"matrix": [0.0] * 16, "points": [[0.0, 0.0]] * 478, "depths": None}))]
WRONG += [("face", json.dumps({"matrix": [0.0] * 16, "points": [[0.0, 0.0]] * 468, "depths": [0.0] * 468}))]


@pytest.mark.parametrize(("key", "value"), WRONG, ids=lambda text: text[:20])
def test_landmarks_of_a_wrong_shape_or_size_are_refused_with_file_and_line(tmp_path, key, value):
    line = as_line(found(1))
    line[key] = "HERE"
    text = record(tmp_path / "r.jsonl", NOTHING).read_text() + json.dumps(line).replace('"HERE"', value) + "\n"
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(PosturewatchError, match=r"r\.jsonl, line 3"):
        read(tmp_path / "r.jsonl")


@pytest.mark.parametrize("key", ["t_s", "size_px", "pose", "world", "face"])
def test_landmarks_without_one_of_their_keys_are_refused(tmp_path, key):
    line = as_line(found(1))
    del line[key]
    (tmp_path / "r.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(PosturewatchError, match=rf"r\.jsonl, line 1: not a landmarks line \('{key}'\)"):
        read(tmp_path / "r.jsonl")


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"wish","t_s":1.0,"wish":"dance","for_s":null}',
        '{"type":"wish","t_s":1.0,"wish":"snooze","for_s":null}',
        '{"type":"wish","t_s":1.0,"wish":"snooze","for_s":-1.0}',
        '{"type":"wish","t_s":1.0,"wish":"snooze","for_s":"long"}',
        '{"type":"wish","t_s":1.0,"wish":"snooze","for_s":[]}',
        '{"type":"wish","t_s":1.0,"wish":"answer","for_s":3.0}',
        '{"type":"wish","t_s":-1.0,"wish":"answer","for_s":null}',
        '{"type":"wish","t_s":1.0}',
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_file_and_line(tmp_path, line):
    record(tmp_path / "r.jsonl", NOTHING)
    with (tmp_path / "r.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(PosturewatchError, match=r"r\.jsonl, line 3: not a wish line"):
        read(tmp_path / "r.jsonl")


def test_a_recording_of_wishes_alone_holds_no_landmarks(tmp_path):
    record(tmp_path / "r.jsonl", Wish(1.0, "answer"))
    with pytest.raises(PosturewatchError, match="holds no landmarks"):
        read(tmp_path / "r.jsonl")


def outcome(path):
    """Reads a file that may hold anything; PosturewatchError is the only error there may be."""
    for act in (read_session, lambda path: read(path)):
        try:
            act(path)
        except PosturewatchError:
            continue


@seldom
@given(content=st.binary(max_size=300))
def test_random_bytes_are_refused_or_read_and_nothing_else(tmp_path, content):
    (tmp_path / "r.jsonl").write_bytes(content)
    outcome(tmp_path / "r.jsonl")


@settings(seldom, max_examples=100)
@given(at=st.floats(0, 1), length=st.integers(0, 60), instead=st.binary(max_size=20))
def test_a_recording_with_some_bytes_changed_is_refused_or_read_and_nothing_else(tmp_path, at, length, instead):
    events = (NOTHING, found(1, t_s=0.2, face=False), replace(NOTHING, t_s=0.4))
    header = {"type": "session", "version": 1, **HEADER, "baseline": None}
    whole = b"".join(json.dumps(line).encode() + b"\n" for line in (header, *map(as_line, events)))
    place = int(at * len(whole))
    (tmp_path / "r.jsonl").write_bytes(whole[:place] + instead + whole[place + length :])
    outcome(tmp_path / "r.jsonl")


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.just(10**400) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHERE = [
    *((key,) for key in ("type", "t_s", "size_px", "reason", "pose", "world", "face", "version", "source", "rate_hz")),
    *((key,) for key in ("hfov_deg", "baseline")),
    *(("size_px", 0), ("pose", 5), ("pose", 5, 1), ("world", 32, 2)),
    *(("face", "matrix"), ("face", "matrix", 3), ("face", "points"), ("face", "points", 470, 0), ("face", "depths", 1)),
]


@settings(seldom, max_examples=150)
@given(number=st.integers(0, 2), where=st.sampled_from(WHERE), value=anything)
def test_a_recording_with_one_value_changed_is_refused_or_read_and_nothing_else(tmp_path, number, where, value):
    content = [{"type": "session", "version": 1, **HEADER, "baseline": None}, as_line(NOTHING), as_line(found(1, 0.2))]
    inside = content[number]
    for key in where[:-1]:
        inside = inside.get(key) if isinstance(inside, dict) else inside[key]
        if inside is None:
            return
    inside[where[-1]] = value
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(line) + "\n" for line in content))
    outcome(tmp_path / "r.jsonl")


# The summary


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
