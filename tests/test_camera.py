"""Cameras that come and go: fakes that obey a clock."""

import math
import sys
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from test_frames import Time, red_left, scene

from posturewatch import camera as cameras
from posturewatch.camera import is_camera, list_cameras, read_camera
from posturewatch.errors import PosturewatchError
from posturewatch.frames import Pace


class FakeCamera:
    """30 pictures a second by the clock; gone from unplugged_s to plugged_s; buffer pictures may wait."""

    def __init__(self, time, unplugged_s=math.inf, plugged_s=-math.inf, opened=True, buffer=0):
        self.time, self.buffer, self.opened = time, buffer, opened
        self.away = lambda: unplugged_s <= time.s - 1000 < plugged_s
        self.taken_s, self.grabs, self.retrieved, self.released = time.s, 0, 0, False

    def isOpened(self):
        return self.opened and not self.away()

    def grab(self):
        if self.away() or not self.opened:
            return False
        self.grabs += 1
        oldest_s = self.time.s - self.buffer / 30
        if self.taken_s + 1 / 30 < oldest_s:
            self.taken_s = oldest_s  # what didn't fit in the buffer is gone
        self.taken_s += 1 / 30
        self.time.s = max(self.time.s, self.taken_s)
        return True

    def retrieve(self):
        self.retrieved += 1
        return True, scene(64, 48, seed=self.grabs)[..., ::-1]

    def release(self):
        self.released = True


def watch(camera, rate_hz, time, warn=pytest.fail, **options):
    options.setdefault("open_camera", lambda source: camera)
    return read_camera("0", Pace(rate_hz), warn, clock=time.clock, sleep=time.sleep, **options)


@pytest.mark.parametrize("rate_hz", [2, 5, 30])
def test_a_camera_is_looked_at_once_a_tick_and_emptied_between(rate_hz):
    time = Time()
    camera = FakeCamera(time)
    seen = [frame.t_s for frame in islice(watch(camera, rate_hz, time), 3 * rate_hz)]
    assert seen[0] == 0
    assert [n / rate_hz for n in range(3 * rate_hz)] == pytest.approx(seen, abs=0.034)
    assert camera.retrieved == 3 * rate_hz
    assert camera.grabs >= 30 * seen[-1], "every picture of the camera is taken, or it would wait and grow old"


def test_no_picture_that_waited_in_the_buffer_is_delivered():
    time = Time()
    camera = FakeCamera(time, buffer=4)
    ages_s = []
    for _ in islice(watch(camera, 5, time), 10):
        ages_s.append(time.s - camera.taken_s)
        time.s += 0.5  # the consumer is slower than the rate
    assert max(ages_s) < 0.001


def test_a_camera_that_answers_at_once_is_not_asked_without_pause():
    time = Time()
    camera = FakeCamera(time)
    camera.grab = lambda: True
    times_s = [frame.t_s for frame in islice(watch(camera, 2, time), 4)]
    assert times_s == pytest.approx([0, 0.5, 1.0, 1.5], abs=0.003)


def test_a_single_broken_picture_is_no_lost_camera():
    time = Time()
    camera = FakeCamera(time)
    whole = camera.retrieve
    camera.retrieve = lambda: (False, None) if camera.grabs % 5 == 0 else whole()
    assert {frame.reason for frame in islice(watch(camera, 30, time), 60)} == {None}


def test_a_lost_camera_says_so_once_a_tick_is_tried_every_2_s_and_comes_back():
    time, warnings, tries_s = Time(), [], []

    def open_camera(source):
        tries_s.append(round(time.s - 1000, 1))
        return FakeCamera(time, unplugged_s=3.0, plugged_s=8.0)

    stream = list(islice(watch(None, 2, time, warnings.append, open_camera=open_camera), 24))
    lost = [frame for frame in stream if frame.reason == "camera lost"]
    assert [frame.image for frame in lost] == [None] * len(lost)
    assert [round(frame.t_s * 2) / 2 for frame in lost] == [n / 2 for n in range(6, 19)]
    assert [frame.reason for frame in stream if frame not in lost] == [None] * (24 - len(lost))
    assert all(0.4 < later.t_s - earlier.t_s < 0.6 for earlier, later in pairwise(stream))
    assert tries_s == pytest.approx([0, 5, 7, 9], abs=0.5)  # lost at 3
    assert warnings == ["The camera was lost. Trying to reopen it every 2 s."]


def test_a_camera_is_released_when_nobody_looks_any_more():
    time = Time()
    camera = FakeCamera(time)
    stream = watch(camera, 2, time)
    next(stream)
    stream.close()
    assert camera.released


def test_a_camera_may_mirror_be_frozen_or_covered():
    time = Time()
    camera = FakeCamera(time)
    camera.retrieve = lambda: (True, red_left()[..., ::-1])
    stream = list(islice(watch(camera, 2, time, mirror=True), 22))
    assert (stream[0].image == red_left()[:, ::-1]).all()
    assert stream[0].image.flags.c_contiguous
    assert [frame.reason for frame in stream] == [None] * 20 + ["picture frozen"] * 2
    camera.retrieve = lambda: (True, np.zeros((48, 64), np.uint8))
    assert next(watch(camera, 2, time)).reason == "too dark"


def camera_error(source, time, opened):
    with pytest.raises(PosturewatchError) as error:
        next(read_camera(source, Pace(2), pytest.fail, open_camera=lambda source: FakeCamera(time, opened=opened)))
    return str(error.value)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells why a camera can't be opened")
def test_a_camera_that_cannot_be_opened_is_named_with_the_reason_and_what_to_try(tmp_path, monkeypatch):
    time, device = Time(), tmp_path / "video9"
    monkeypatch.setattr(cameras, "list_cameras", lambda: [("/dev/video0", "HD Webcam")])
    assert camera_error("97", time, opened=False) == (
        "There is no camera 97 (/dev/video97 is missing; found: /dev/video0 (HD Webcam)). "
        "Plug it in, or name another one."
    )
    device.touch()
    in_use = (
        f"Camera {device} gives no picture: it may be used by another program or not be allowed to this one. "
        "Try --camera 0, or close the program that uses it; `posturewatch doctor` lists cameras."
    )
    assert camera_error(str(device), time, opened=False) == in_use
    monkeypatch.setattr(FakeCamera, "grab", lambda self: False)
    assert camera_error(str(device), time, opened=True) == in_use, "opens, but another program has its pictures"
    monkeypatch.setattr(cameras.os, "access", lambda *_: False)
    assert camera_error(str(device), time, opened=False) == (
        f"No permission to use camera {device} ({device}). Add yourself to the group video and log in again."
    )


def test_the_password_in_a_cameras_address_is_not_shown():
    line = camera_error("rtsp://me:secret@192.0.2.1/live", Time(), opened=False)
    assert line == "No picture from rtsp://192.0.2.1/live. Check the address, and that the camera is on."


@pytest.mark.skipif(
    not Path("/dev").is_dir() or Path("/dev/video97").exists(), reason="needs a camera that isn't there"
)
def test_without_any_camera_opencv_itself_ends_in_one_line(capfd):
    with pytest.raises(PosturewatchError, match="camera 97"):
        next(read_camera("97", Pace(2), pytest.fail))
    assert capfd.readouterr() == ("", "")


def test_indices_devices_and_addresses_are_cameras_and_all_else_is_a_file():
    cameras = ["0", "12", "/dev/video0", "/dev/v4l/by-id/usb-cam", "rtsp://192.0.2.1/live", "http://192.0.2.1:8080/"]
    files = ["clip.mp4", "/dev/shm/clip.mp4", "0.mp4", "./0", "C:\\clips\\a.mp4", "-1", ""]
    assert [is_camera(source) for source in cameras + files] == [True] * 6 + [False] * 7


def test_cameras_are_listed_with_their_names_and_without_their_metadata_devices(tmp_path):
    for number, index, name in ((10, 0, "USB Cam\n"), (0, 0, "HD Webcam\n"), (1, 1, "HD Webcam\n")):
        device = tmp_path / f"video{number}"
        device.mkdir()
        (device / "name").write_text(name)
        (device / "index").write_text(f"{index}\n")
    assert list_cameras(tmp_path) == [("/dev/video0", "HD Webcam"), ("/dev/video10", "USB Cam")]
    assert list_cameras(tmp_path / "none") == []
