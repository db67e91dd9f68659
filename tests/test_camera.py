"""Cameras that come and go: fakes that obey a clock."""

import math
import sys
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from test_frames import Time, red_left, scene

from posturewatch.errors import PosturewatchError
from posturewatch.frames import Pace
from posturewatch.looking import camera as cameras
from posturewatch.looking.camera import is_camera, list_cameras, read_camera


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


# Cameras with names


def plugged(monkeypatch, *cameras_):
    monkeypatch.setattr(cameras, "list_cameras", lambda: list(cameras_))


def test_a_camera_is_named_by_a_part_of_its_name_in_any_case(monkeypatch, tmp_path):
    plugged(monkeypatch, ("/dev/video0", "HD Webcam: HD Webcam"), ("/dev/video2", "Logi C920"))
    monkeypatch.chdir(tmp_path)
    assert [is_camera(source) for source in ("c920", " Logi ", "HD Webcam", "C930", " ")] == [True] * 3 + [False] * 2
    (tmp_path / "c920").touch()
    assert not is_camera("c920"), "what is there as a file is a file"
    opened = []
    stream = read_camera("webcam", Pace(2), pytest.fail, open_camera=lambda source: opened.append(source) or Still())
    next(stream)
    assert opened == ["/dev/video0"], "the first of those that fit"


class Still(FakeCamera):
    def __init__(self, time=None):
        super().__init__(time or Time())


def test_a_number_is_opened_as_a_number_and_a_device_or_address_as_it_is():
    for source, expected in (("3", 3), ("/dev/video3", "/dev/video3"), ("rtsp://192.0.2.1/a", "rtsp://192.0.2.1/a")):
        opened = []
        next(read_camera(source, Pace(2), pytest.fail, open_camera=lambda what, of=opened: of.append(what) or Still()))
        assert opened == [expected]


def test_a_named_camera_that_is_plugged_in_again_under_another_number_comes_back(monkeypatch):
    time, opened, warnings = Time(), [], []
    numbers = {0: "/dev/video0", 3: None, 8: "/dev/video4"}  # where it is, from this second on

    def where():
        return [place for at_s, place in numbers.items() if at_s <= time.s - 1000][-1]

    class Plugged(FakeCamera):
        def __init__(self, source):
            super().__init__(time)
            opened.append(source)
            self.away = lambda: where() != source

    monkeypatch.setattr(
        cameras, "list_cameras", lambda: [("/dev/video1", "Other")] + ([(where(), "USB Cam")] if where() else [])
    )
    stream = read_camera("usb cam", Pace(2), warnings.append, clock=time.clock, sleep=time.sleep, open_camera=Plugged)
    seen = list(islice(stream, 24))
    assert {frame.reason for frame in seen if 3.5 <= frame.t_s < 8} == {"camera lost"}
    assert {frame.reason for frame in seen if frame.t_s < 3 or frame.t_s >= 10} == {None}
    assert opened[0] == "/dev/video0"
    assert opened[-1] == "/dev/video4"
    assert set(opened[1:-1]) == {"usb cam"}, "nowhere: OpenCV says so"
    assert len(warnings) == 1


def test_a_camera_unplugged_while_it_is_listed_is_left_out(tmp_path):
    device = tmp_path / "video0"
    (device / "name").mkdir(parents=True)  # can't be read as a file
    assert list_cameras(tmp_path) == [("/dev/video0", "")]


# Let go and taken again


class Switched:
    """A camera that can be taken away and let go; what happens to it as (seconds, what)."""

    def __init__(self, rate_hz=2.0, off=None):
        self.time, self.pace, self.log, self.warnings = Time(), Pace(rate_hz, off), [], []
        self.there = lambda _s: True
        self.picture = None
        self.stream = read_camera(
            "0", self.pace, self.warnings.append, clock=self.time.clock, sleep=self.time.sleep, open_camera=self._open
        )

    def _open(self, _source):
        outer, seconds = self, self.time.s - 1000

        class Logged(FakeCamera):
            def release(self):
                outer.log.append((outer.time.s - 1000, "released"))

            def retrieve(self):
                return super().retrieve() if outer.picture is None else (True, outer.picture)

        camera = Logged(self.time)
        camera.away = lambda: not self.there(self.time.s - 1000)
        self.log.append((seconds, "opened" if not camera.away() else "tried"))
        return camera

    def run(self, seconds):
        """The frames until then."""
        end_s, found = self.time.s + seconds, []
        while self.time.s < end_s:
            found.append(next(self.stream))
        return found

    def did(self, what):
        return [seconds for seconds, did in self.log if did == what]


def test_off_lets_the_camera_go_before_the_next_frame_and_on_takes_it_at_once():
    camera = Switched()
    assert {frame.reason for frame in camera.run(3)} == {None}
    off_s = camera.time.s - 1000
    camera.pace.off = "paused"
    first = next(camera.stream)
    assert (first.reason, first.image, first.small) == ("paused", None, None)
    assert camera.did("released") == [off_s], "before the wait for the frame"
    paused = camera.run(600)
    assert {frame.reason for frame in paused} == {"paused"}
    assert all(0.45 < later.t_s - earlier.t_s < 0.55 for earlier, later in pairwise([first, *paused]))
    assert camera.did("opened") == [0]
    on_s = camera.time.s - 1000
    camera.pace.off = None
    assert next(camera.stream).reason is None
    assert camera.did("opened") == [0, on_s]
    assert camera.warnings == []


def test_the_reason_for_being_off_may_change_meanwhile():
    camera = Switched()
    camera.run(1)
    camera.pace.off = "paused"
    next(camera.stream)
    camera.pace.off = "locked"
    assert next(camera.stream).reason == "locked"
    assert camera.did("released") == [camera.did("released")[0]]


def test_what_is_off_at_the_start_is_not_opened_and_not_missed():
    camera = Switched(off="locked")
    camera.there = lambda _s: False
    off = camera.run(5)
    assert [frame.reason for frame in off] == ["locked"] * len(off)
    assert [frame.t_s for frame in off] == pytest.approx([n / 2 for n in range(len(off))])
    assert camera.log == []
    camera.there = lambda _s: True
    camera.pace.off = None
    frame = next(camera.stream)
    assert (frame.reason, frame.t_s) == (None, pytest.approx(len(off) / 2, abs=0.04))
    assert camera.did("opened") == [pytest.approx(len(off) / 2 - 0.5, abs=0.04)]


def test_a_camera_that_is_gone_when_it_is_wanted_again_is_lost_with_one_warning():
    for start in (None, "locked"):
        camera = Switched(off=start)
        camera.run(2)
        camera.pace.off = "locked"
        camera.run(2)
        camera.there = lambda s: s > 20
        camera.pace.off = None
        assert {frame.reason for frame in camera.run(10)} == {"camera lost"}
        assert camera.warnings == ["The camera was lost. Trying to reopen it every 2 s."]
        camera.run(10)
        assert next(camera.stream).reason is None
        assert len(camera.warnings) == 1


def test_a_camera_off_while_it_was_lost_is_tried_at_once_when_it_is_wanted_again():
    camera = Switched()
    camera.run(2)
    camera.there = lambda _s: False
    camera.run(200)
    tries = len(camera.did("tried"))
    assert any(camera.run(0.5) and len(camera.did("tried")) > tries for _ in range(40))
    camera.there = lambda _s: True  # just after a try in vain: the next would come in 15 s
    camera.pace.off = "locked"
    camera.run(2.5)
    on_s = camera.time.s - 1000
    camera.pace.off = None
    assert next(camera.stream).reason is None
    assert camera.did("opened")[-1] == on_s


# Lost for long


def test_a_lost_camera_is_tried_every_2_s_for_a_minute_and_then_ever_more_seldom_up_to_15_s():
    camera = Switched()
    camera.run(4)
    camera.there = lambda _s: False
    gone = camera.run(600)
    assert {frame.reason for frame in gone} == {"camera lost"}
    lost_s = camera.did("released")[0]
    tries = [seconds - lost_s for seconds in camera.did("tried")]
    gaps = [later - earlier for earlier, later in pairwise([0.0, *tries])]
    assert all(gap == pytest.approx(2, abs=0.51) for gap, at_s in zip(gaps, [0.0, *tries], strict=False) if at_s < 59)
    assert len([at_s for at_s in tries if at_s < 60]) >= 24  # 2 s, or 2.5 where the frames come between
    later = [(at_s, gap) for at_s, gap in zip(tries, gaps[1:], strict=False) if at_s > 60]
    assert all(min(15, at_s / 10) - 0.01 <= gap <= min(15, at_s / 10) + 0.51 for at_s, gap in later)
    assert max(gaps) == pytest.approx(15, abs=0.51)
    assert camera.warnings == ["The camera was lost. Trying to reopen it every 2 s."]
    assert all(0.45 < b.t_s - a.t_s < 0.55 for a, b in pairwise(gone)), "and a frame says so at each tick"
    camera.there = lambda _s: True
    assert camera.run(16)[-1].reason is None


def test_lost_a_second_time_it_is_every_2_s_again_and_said_again():
    camera = Switched()
    camera.there = lambda s: not (2 <= s < 200 or 230 <= s < 240)
    camera.run(250)
    second = [seconds for seconds in camera.did("tried") if seconds >= 230]
    assert [later - earlier for earlier, later in pairwise(second)] == pytest.approx([2] * (len(second) - 1), abs=0.51)
    assert len(second) >= 3
    assert len(camera.warnings) == 2


def test_each_camera_that_was_tried_in_vain_is_released():
    camera = Switched()
    camera.there = lambda s: not 2 <= s < 20
    camera.run(30)
    camera.stream.close()
    assert len(camera.did("released")) == len(camera.did("opened")) + len(camera.did("tried"))


def test_a_permission_that_is_taken_away_meanwhile_is_a_lost_camera(monkeypatch):
    camera = Switched()
    camera.run(2)
    gone_s = camera.time.s
    camera.there = lambda s: s < gone_s - 1000
    monkeypatch.setattr(FakeCamera, "isOpened", lambda self: False)
    assert {frame.reason for frame in camera.run(100)} == {"camera lost"}
    assert len(camera.warnings) == 1
    monkeypatch.undo()
    camera.there = lambda _s: True
    assert camera.run(16)[-1].reason is None


# Frozen


def test_a_picture_frozen_for_20_s_has_the_camera_opened_anew():
    camera = Switched()
    camera.picture = red_left()[..., ::-1].copy()
    seen = camera.run(29.4)
    assert [frame.reason for frame in seen if frame.t_s >= 10.1] == ["picture frozen"] * len(
        [frame for frame in seen if frame.t_s >= 10.1]
    )
    assert camera.log == [(0, "opened")]
    camera.run(1.6)
    assert camera.did("released") == [pytest.approx(30.3, abs=0.3)]
    assert camera.did("opened") == [0, pytest.approx(30.3, abs=0.3)]
    camera.run(19)
    assert len(camera.log) == 3, "then not before another 20 s"
    camera.run(2)
    assert len(camera.did("opened")) == 3
    assert camera.warnings == []
    camera.picture = None
    camera.run(1)
    assert next(camera.stream).reason is None
    camera.run(60)
    assert len(camera.did("opened")) == 3


def test_a_picture_that_moves_in_between_begins_the_20_s_anew():
    camera = Switched()
    still = red_left()[..., ::-1].copy()
    camera.picture = still
    camera.run(25)
    camera.picture = None
    camera.run(1)
    camera.picture = still
    camera.run(25)
    assert camera.did("opened") == [0]


def test_the_pace_decides_which_of_a_cameras_pictures_are_given_and_how_often():
    camera = Switched()
    asked = []
    camera.pace.wants = lambda t_s, small: asked.append((t_s, small.shape)) or len(asked) % 2 == 0
    seen = camera.run(3)
    assert [frame.image is not None for frame in seen] == [n % 2 == 1 for n in range(len(seen))]
    assert {frame.reason for frame in seen} == {None}
    assert {shape for _, shape in asked} == {(48, 64)}
    camera.pace.rate_hz = 5.0
    faster = camera.run(2)
    assert [b.t_s - a.t_s for a, b in pairwise(faster[1:])] == pytest.approx([0.2] * (len(faster) - 2), abs=0.035)
