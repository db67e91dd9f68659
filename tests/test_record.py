"""The recording as it is written, field by field as in DESIGN part 2, and what the disk may do to it."""

import contextlib
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

import pytest
from recordings import HEADER, NOTHING, NOTICE, TRANSITION, found, lines, read, record
from samples import SAMPLE, UNTOLD

from posturewatch.errors import Ended, PosturewatchError, end, uninterrupted
from posturewatch.files import record as files_record
from posturewatch.files.record import Outputs, Recorder, as_line
from posturewatch.files.replay import read_session
from posturewatch.session import Sample

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


def test_ctrl_c_while_a_line_is_made_waits_until_it_is_written(tmp_path, monkeypatch):
    def interrupted(event):
        os.kill(os.getpid(), signal.SIGINT)
        return as_line(event)

    before = signal.signal(signal.SIGINT, end)
    with contextlib.closing(Recorder(tmp_path / "r.jsonl")) as recorder:
        recorder.begin({**HEADER, "baseline": None})
        monkeypatch.setattr(files_record, "as_line", interrupted)
        with pytest.raises(Ended):
            recorder.write(found(1))
        monkeypatch.undo()
        recorder.write(NOTHING)  # asked once, it ends once
    signal.signal(signal.SIGINT, before)
    assert [line["type"] for line in lines(tmp_path / "r.jsonl")] == ["session", "landmarks", "landmarks"]


def test_ctrl_c_within_two_blocks_waits_for_the_outer_one_and_else_comes_at_once():
    done = []

    def work():
        with uninterrupted():
            with uninterrupted():
                end(signal.SIGINT, None)
            done.append("outer")
        done.append("never")

    with pytest.raises(Ended):
        work()
    with pytest.raises(Ended):
        end(signal.SIGINT, None)
    assert done == ["outer"]


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
from posturewatch.files.record import Recorder
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
