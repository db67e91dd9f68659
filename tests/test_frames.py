import math
import os
import shutil
import struct
import subprocess
import sys
from itertools import islice, pairwise
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturewatch import frames
from posturewatch.errors import PosturewatchError
from posturewatch.frames import (
    Frame,
    Frozen,
    Pace,
    picture_reason,
    play,
    read_picture,
    read_video,
    video_length_s,
)

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg command is not installed")


def scene(width=320, height=240, noise_sd=3.0, seed=0):
    """A person before a wall, RGB: a lit wall, a darker body and head, sensor noise."""
    image = np.tile(np.linspace(120, 190, width, dtype=np.float32)[None, :, None], (height, 1, 3))
    cv2.ellipse(image, (width // 2, height), (width // 3, height // 3), 0, 0, 360, (50, 60, 90), -1)
    cv2.ellipse(image, (width // 2, height // 2), (width // 9, height // 5), 0, 0, 360, (220, 170, 140), -1)
    image += np.random.default_rng(seed).normal(0, noise_sd, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def write_video(path, pictures, fps=30.0, codec="MJPG", colour=True, backend=cv2.CAP_FFMPEG):
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), backend, cv2.VideoWriter.fourcc(*codec), fps, (width, height), colour)
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[..., ::-1]) if colour else picture)
    writer.release()
    return path


def clip(path, count, fps=30.0, codec="MJPG"):
    return write_video(path, [scene(96, 64, seed=n) for n in range(count)], fps, codec)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def red_left(width=64, height=48):
    image = scene(width, height, noise_sd=0)
    image[:, : width // 2] = (250, 10, 10)
    return image


def times(stream):
    return [round(frame.t_s, 3) for frame in stream]


class Time:
    """A clock that only moves when someone waits or works."""

    def __init__(self):
        self.s = 1000.0

    def clock(self):
        return self.s

    def sleep(self, seconds):
        assert seconds >= 0
        self.s += seconds


# What can't be judged


@pytest.mark.parametrize("noise_sd", [0, 3, 10, 20])
@pytest.mark.parametrize("level", [0, 3, 16])
def test_a_covered_lens_with_sensor_noise_is_too_dark(level, noise_sd):
    noise = np.random.default_rng(0).normal(level, noise_sd, (480, 640, 3))
    assert picture_reason(np.clip(noise, 0, 255).astype(np.uint8)) == "too dark"


def test_a_dim_room_is_accepted_until_a_twentieth_of_its_light_is_left():
    light = {part: picture_reason((scene() * part).astype(np.uint8)) for part in (0.3, 0.15, 0.1, 0.05)}
    assert light == {0.3: None, 0.15: None, 0.1: None, 0.05: "too dark"}


def test_a_face_lit_by_the_screen_in_a_black_room_is_accepted():
    image = np.zeros((480, 640, 3), np.uint8)
    image[120:300, 250:390] = scene(140, 180, noise_sd=8) // 3
    assert image.mean() < 12
    assert picture_reason(image) is None


@pytest.mark.parametrize("colour", [(90, 60, 50), (200, 40, 40), (230, 230, 230)])
def test_a_uniform_picture_shows_nothing(colour):
    noise = np.random.default_rng(0).normal(0, 10, (480, 640, 3))
    image = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    assert picture_reason(image) == "nothing to see: is the lens covered?"


def test_a_dazzled_picture_is_too_bright():
    assert picture_reason(np.maximum(scene(), 241)) == "too bright"
    assert picture_reason(np.full((480, 640, 3), 255, np.uint8)) == "too bright"


def test_a_picture_without_an_edge_is_blurred_but_motion_blur_is_accepted():
    sharp = scene(224, 224)
    moved = cv2.blur(sharp, (15, 1))
    assert picture_reason(moved) is None
    assert picture_reason(cv2.GaussianBlur(sharp, (0, 0), 3)) is None
    assert picture_reason(cv2.GaussianBlur(sharp, (0, 0), 25)) == "blurred"


def test_a_picture_below_32_px_is_too_small():
    assert picture_reason(scene(32, 32)) is None
    assert picture_reason(scene(31, 200)) == "picture too small"
    assert picture_reason(scene(200, 31)) == "picture too small"


@pytest.mark.parametrize("size", [(64, 480), (480, 64), (640, 480), (1280, 720), (224, 224), (767, 431)])
def test_pictures_of_any_shape_are_accepted(size):
    assert picture_reason(scene(*size)) is None


@pytest.mark.parametrize("rate_hz", [2, 5, 30])
def test_the_same_picture_for_10_s_is_frozen(rate_hz):
    frozen, still = Frozen(), scene()
    reasons = {n / rate_hz: frozen.reason(n / rate_hz, still.copy()) for n in range(12 * rate_hz)}
    assert [t_s for t_s, reason in reasons.items() if reason == "picture frozen"] == [
        n / rate_hz for n in range(10 * rate_hz, 12 * rate_hz)
    ]


def test_a_picture_that_differs_by_noise_is_not_frozen_and_ends_a_freeze():
    frozen = Frozen()
    assert [frozen.reason(t_s, scene(seed=t_s)) for t_s in range(30)] == [None] * 30
    assert [frozen.reason(t_s, scene(seed=30)) for t_s in (30, 39, 40, 41)] == [None, None, *["picture frozen"] * 2]
    assert frozen.reason(42, scene(seed=31)) is None


# Video files


@pytest.mark.parametrize(("rate_hz", "count"), [(2, 4), (5, 10), (30, 60)])
def test_frames_are_due_once_a_tick(tmp_path, rate_hz, count):
    expected = [round(n / rate_hz, 3) for n in range(count)]
    assert times(read_video(clip(tmp_path / "a.avi", 60), rate_hz, pytest.fail)) == expected


def test_a_rate_above_the_files_own_gives_every_frame(tmp_path):
    assert times(read_video(clip(tmp_path / "a.mp4", 5, fps=10, codec="mp4v"), 30, pytest.fail)) == [
        0,
        0.1,
        0.2,
        0.3,
        0.4,
    ]


def test_a_tick_between_two_frames_waits_for_the_next_frame(tmp_path):
    # 12.5 frames a second, looked at 5 times: ticks 0, 0.2, 0.4 … are reached at 0, 0.24, 0.4 …
    path = clip(tmp_path / "a.avi", 12, fps=12.5)
    assert times(read_video(path, 5, pytest.fail)) == [0, 0.24, 0.4, 0.64, 0.8]


@needs_ffmpeg
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_variable_frame_rate_keeps_its_own_times(tmp_path, container):
    source, path = clip(tmp_path / "source.avi", 60), tmp_path / f"vfr.{container}"
    every_third = "select='if(lt(t,0.99),not(mod(n,3)),1)'"
    ffmpeg("-i", source, "-vf", every_third, "-fps_mode", "vfr", "-c:v", "mpeg4", path)
    expected = [n / 10 for n in range(10)] + [1 + n / 30 for n in range(30)]
    assert [frame.t_s for frame in read_video(path, 30, pytest.fail)] == pytest.approx(expected, abs=0.002)
    assert times(read_video(path, 5, pytest.fail)) == pytest.approx([n / 5 for n in range(10)], abs=0.002)


@needs_ffmpeg
def test_a_clip_cut_without_re_encoding_is_complete(tmp_path):
    source, path = tmp_path / "source.mp4", tmp_path / "cut.mp4"
    ffmpeg("-i", clip(tmp_path / "source.avi", 60), "-c:v", "mpeg4", "-g", "60", source)
    ffmpeg("-ss", "1", "-i", source, "-c", "copy", path)
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 60
    assert len(list(read_video(path, 30, pytest.fail))) == 30
    assert video_length_s(path) == pytest.approx(1, abs=0.05)


def turned_clockwise(path):
    data = bytearray(path.read_bytes())
    matrix = (0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, *matrix)  # ISO 14496-12, track header box
    path.write_bytes(data)
    return path


def test_rotation_metadata_is_obeyed(tmp_path):
    path = turned_clockwise(write_video(tmp_path / "phone.mp4", [red_left()] * 3, codec="mp4v"))
    image = next(read_video(path, 5, pytest.fail)).image
    assert image.shape == (64, 48, 3)
    assert image[10, 24, 0] > 200 > 50 > image[10, 24, 2], "the left is now the top"
    assert image[54, 24, 2] > 60


def test_pictures_are_contiguous_rgb_and_mirrored_on_request(tmp_path):
    path = write_video(tmp_path / "a.avi", [red_left()] * 2)
    plain, mirrored = (next(read_video(path, 5, pytest.fail, mirror=mirror)).image for mirror in (False, True))
    for image in (plain, mirrored):
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
    assert plain[24, 10, 0] > 200 > 50 > plain[24, 10, 2]
    assert (mirrored == plain[:, ::-1]).all()


def test_a_grey_video_becomes_rgb(tmp_path):
    path = write_video(tmp_path / "grey.avi", [scene(96, 64)[..., 0]] * 2, colour=False)
    image = next(read_video(path, 5, pytest.fail)).image
    assert image.shape == (64, 96, 3)
    assert np.ptp(image.astype(int), axis=2).max() <= 2


def test_a_video_of_one_frame_and_one_of_one_pixel_give_a_frame(tmp_path):
    (one,) = read_video(clip(tmp_path / "one.avi", 1), 5, pytest.fail)
    assert (one.t_s, one.reason) == (0.0, None)
    black = np.zeros((1, 1, 3), np.uint8)
    pixel = write_video(tmp_path / "pixel.avi", [black] * 2, backend=cv2.CAP_OPENCV_MJPEG)
    assert [frame.reason for frame in read_video(pixel, 30, pytest.fail)] == ["picture too small"] * 2


def test_a_video_as_wide_as_8k_is_shrunk_to_1280_px(tmp_path):
    path = write_video(tmp_path / "8k.avi", [cv2.resize(scene(), (7680, 432))])
    assert next(read_video(path, 5, pytest.fail)).image.shape == (72, 1280, 3)


def test_a_video_that_stands_still_is_frozen_after_10_s_and_a_black_one_too_dark(tmp_path):
    still = write_video(tmp_path / "still.avi", [scene(96, 64)] * 24, fps=2)
    reasons = [frame.reason for frame in read_video(still, 2, pytest.fail)]
    assert reasons == [None] * 20 + ["picture frozen"] * 4
    black = write_video(tmp_path / "black.avi", [np.zeros((64, 96, 3), np.uint8)] * 24, fps=2)
    assert {frame.reason for frame in read_video(black, 2, pytest.fail)} == {"too dark"}


def test_names_with_spaces_and_umlauts_work(tmp_path):
    path = clip(tmp_path / "a.avi", 2).rename(tmp_path / "über den Schreibtisch 100%d.avi")
    assert times(read_video(path, 30, pytest.fail)) == [0, 0.033]
    assert video_length_s(path) == pytest.approx(2 / 30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that aren't text")
def test_a_name_that_is_not_text_is_refused_because_opencv_would_crash(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/clip\xff.avi"))
    path.write_bytes(b"something")
    with pytest.raises(
        PosturewatchError, match=r"'clip\\udcff.avi' can't be opened: its name is not UTF-8. Rename it."
    ):
        next(read_video(path, 5, pytest.fail))


def test_a_video_that_cannot_be_read_is_named_with_what_to_do(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video at all\n" * 100)
    os.truncate(clip(tmp_path / "headless.mp4", 30, codec="mp4v"), 500)  # its header is at the end
    lines = {
        "missing.mp4": "There is no file {}. Check its name and folder.",
        "": "{} is a folder. Name a video file.",
        "empty.mp4": "{} is empty (0 bytes). Record or copy it again.",
        "text.mp4": "{} is damaged or not a video. Try an MP4, MKV, AVI or GIF file that plays elsewhere.",
        "headless.mp4": "{} is damaged or not a video. Try an MP4, MKV, AVI or GIF file that plays elsewhere.",
    }
    for name, line in lines.items():
        for read in (lambda path: next(read_video(path, 5, pytest.fail)), video_length_s):
            with pytest.raises(PosturewatchError) as error:
                read(tmp_path / name)
            assert str(error.value) == line.format(tmp_path / name)


def test_a_truncated_video_gives_its_frames_and_a_warning_with_their_number(tmp_path):
    path, warnings = clip(tmp_path / "clip.avi", 120), []
    os.truncate(path, path.stat().st_size // 2)
    stream = list(read_video(path, 30, warnings.append))
    assert 50 < len(stream) < 65
    assert warnings == [f"Only {len(stream)} of 120 frames of clip.avi could be read."]
    assert video_length_s(path) == pytest.approx(4)


def test_a_damaged_stretch_is_stepped_over_and_reported(tmp_path):
    script = [n / 30 for n in range(30)] + [None] * 20 + [n / 30 for n in range(50, 120)]
    stream, warnings = read_script(script, 30, declared=120)
    assert [frame.t_s for frame in stream] == pytest.approx([s for s in script if s is not None])
    assert warnings == ["Only 100 of 120 frames of clip.avi could be read."]


def test_reading_says_nothing_on_its_own(tmp_path):
    path = clip(tmp_path / "clip.avi", 60)
    os.truncate(path, path.stat().st_size // 2)
    (tmp_path / "text.mp4").write_text("no video at all\n" * 100)
    code = (
        "import sys; from posturewatch import frames, errors\n"
        "for path in sys.argv[1:]:\n"
        "    try: list(frames.read_video(path, 5, len))\n"
        "    except errors.PosturewatchError: pass\n"
    )
    run = subprocess.run([sys.executable, "-c", code, path, tmp_path / "text.mp4"], capture_output=True, check=True)
    assert (run.stdout, run.stderr) == (b"", b"")


class FakeFile:
    """A capture of a file with these time stamps; None is a frame that can't be read."""

    def __init__(self, script, declared, fps, broken=False):
        self.script, self.at, self.broken = script, -1, broken
        self.values = {cv2.CAP_PROP_FRAME_COUNT: declared, cv2.CAP_PROP_FPS: fps}
        self.image = scene(64, 48)

    def isOpened(self):
        return True

    def grab(self):
        self.at += 1
        return self.at < len(self.script) and self.script[self.at] is not None

    def retrieve(self):
        return (False, None) if self.broken else (True, self.image)

    def get(self, what):
        return self.script[self.at] * 1000 if what == cv2.CAP_PROP_POS_MSEC else self.values.get(what, 0.0)


def read_script(script, rate_hz, declared=-1.0, fps=30.0, broken=False, warnings=None):
    warnings = [] if warnings is None else warnings
    with (
        patch.object(frames, "_check_file"),
        patch.object(frames.movie, "length_s", return_value=None),
        patch.object(frames.cv2, "VideoCapture", lambda *_: FakeFile(script, declared, fps, broken)),
    ):
        return list(read_video("clip.avi", rate_hz, warnings.append)), warnings


@pytest.mark.parametrize("declared", [0, -1.9e14, math.nan])
@pytest.mark.parametrize(("fps", "step_s"), [(10.0, 0.1), (0.0, 1 / 30), (math.nan, 1 / 30), (1e6, 1 / 30)])
@pytest.mark.parametrize("stamp_s", [0.0, math.nan, -5.0])
def test_without_usable_time_stamps_frames_are_counted(stamp_s, fps, step_s, declared):
    stream, warnings = read_script([stamp_s] * 12, 30, declared, fps)
    assert [frame.t_s for frame in stream] == pytest.approx([n * step_s for n in range(12)])
    line = f"Some time stamps of clip.avi can't be used: frames are counted, {1 / step_s:g} to the second."
    assert warnings == [line]


def test_time_stamps_that_go_back_or_far_away_go_on_by_counting():
    stream, warnings = read_script([0.0, 0.1, 0.2, 0.0, 1e9, math.nan, math.inf, 0.9], 30, fps=10.0)
    assert times(stream) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9]
    assert len(warnings) == 1


def test_a_video_without_a_readable_frame_is_an_error():
    for script, broken in (([], False), ([None] * 40, False), ([0.0, 0.1], True)):
        warnings = []
        with pytest.raises(PosturewatchError, match=r"No frame of clip.avi can be decoded. Convert it to MP4"):
            read_script(script, 5, declared=2 if broken else 40, broken=broken, warnings=warnings)
        assert warnings == [], "the error says it all"


stamps = st.floats(-10, 100) | st.sampled_from([0.0, math.nan, math.inf])


@given(st.lists(stamps, min_size=1, max_size=60), st.sampled_from([1, 2, 5, 7.5, 30]))
def test_whatever_the_stamps_times_increase_and_no_tick_gets_two(script, rate_hz):
    found = [frame.t_s for frame in read_script(script, rate_hz)[0]]
    assert found[0] == 0
    assert all(later > earlier for earlier, later in pairwise(found))
    ticks = [math.floor((t_s + 0.002) * rate_hz + 1e-9) for t_s in found]
    assert len(set(ticks)) == len(ticks)


# A video played as if it were a camera


def test_playing_waits_until_each_frame_is_due(tmp_path):
    path, time = clip(tmp_path / "a.avi", 30), Time()
    seen = []
    for frame in play(path, Pace(5), pytest.fail, clock=time.clock, sleep=time.sleep):
        seen.append((round(frame.t_s, 3), round(time.s - 1000, 3)))
        time.s += 0.15
    assert seen == [(0, 0), (0.2, 0.2), (0.4, 0.4), (0.6, 0.6), (0.8, 0.8)]


def test_a_slow_consumer_gets_the_present_and_not_the_past(tmp_path):
    path, time = clip(tmp_path / "a.avi", 60), Time()
    seen = []
    for frame in play(path, Pace(5), pytest.fail, clock=time.clock, sleep=time.sleep):
        seen.append((round(frame.t_s, 3), round(time.s - 1000, 3)))
        time.s += 0.5
    assert seen == [(0, 0), (0.5, 0.5), (1.0, 1.0), (1.5, 1.5)]


def test_a_loop_repeats_with_times_going_on(tmp_path):
    path, time = clip(tmp_path / "a.avi", 10, fps=10), Time()
    stream = play(path, Pace(5), pytest.fail, loop=True, clock=time.clock, sleep=time.sleep)
    assert times(islice(stream, 12)) == [round(n / 5, 3) for n in range(12)]
    assert time.s == pytest.approx(1002.2)


def test_a_loop_after_a_long_pause_goes_on_at_the_present_and_warns_once(tmp_path, monkeypatch):
    passes, open_video = [], frames._open_video
    monkeypatch.setattr(frames, "_open_video", lambda path: passes.append(path) or open_video(path))
    path, time, warnings = clip(tmp_path / "a.avi", 40, fps=10), Time(), []
    os.truncate(path, path.stat().st_size // 2)
    stream = play(path, Pace(1), warnings.append, loop=True, clock=time.clock, sleep=time.sleep)
    next(stream)
    time.s += 3600
    assert times(islice(stream, 5)) == [3600, 3601, 3602, 3603, 3604]
    assert len(warnings) == 1
    assert len(passes) <= 4, "those of the 5 s looked at, none for the missed hour"


# Pictures


def exif_turned(jpeg):
    """The JPEG with EXIF orientation 6: turn it clockwise to see it upright."""
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x112, 3, 1, 6, 0) + b"\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + jpeg[2:]


def encoded(extension, rgb):
    colours = rgb[..., [2, 1, 0, *range(3, rgb.shape[2])]] if rgb.ndim == 3 else rgb
    return cv2.imencode(extension, np.ascontiguousarray(colours))[1].tobytes()


def test_the_exif_orientation_is_obeyed(tmp_path):
    path = tmp_path / "phone.jpg"
    path.write_bytes(exif_turned(encoded(".jpg", red_left())))
    image = read_picture(path)
    assert image.shape == (64, 48, 3)
    assert image[10, 24, 0] > 200 > 50 > image[10, 24, 2]


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_pictures_are_read_as_rgb(tmp_path, extension):
    path = tmp_path / f"ein Bild, größer{extension}"
    path.write_bytes(encoded(extension, red_left()))
    image = read_picture(str(path))
    assert (image.shape, image.dtype, image.flags.c_contiguous) == ((48, 64, 3), np.uint8, True)
    assert image[24, 10].tolist() == pytest.approx([250, 10, 10], abs=6)


def test_grey_transparent_and_16_bit_pictures_become_rgb(tmp_path):
    rgb, path = red_left(), tmp_path / "a.png"
    for picture, expected in (
        (rgb[..., 0], np.dstack([rgb[..., 0]] * 3)),
        (np.dstack([rgb, rgb[..., 0]]), rgb),
        (rgb.astype(np.uint16) * 257, rgb),
    ):
        path.write_bytes(encoded(".png", picture))
        assert (read_picture(path) == expected).all()


def test_a_picture_as_wide_as_8k_is_shrunk_to_1280_px_and_a_thin_one_keeps_a_pixel(tmp_path):
    for name, size, shape in (("8k.jpg", (432, 7680, 3), (72, 1280, 3)), ("thin.png", (5000, 1, 3), (1280, 1, 3))):
        (tmp_path / name).write_bytes(encoded(Path(name).suffix, np.full(size, 90, np.uint8)))
        assert read_picture(tmp_path / name).shape == shape


def test_a_picture_that_cannot_be_read_is_named_with_what_to_do(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "half.png").write_bytes(encoded(".png", scene())[:60])
    lines = {
        "missing.png": "There is no file {}. Check its name and folder.",
        "": "{} is a folder. Name a picture file.",
        "empty.png": "{} is empty (0 bytes). Record or copy it again.",
        "text.png": "{} is damaged or not a picture. Try a JPEG or PNG file.",
        "half.png": "{} is damaged or not a picture. Try a JPEG or PNG file.",
    }
    for name, line in lines.items():
        with pytest.raises(PosturewatchError) as error:
            read_picture(tmp_path / name)
        assert str(error.value) == line.format(tmp_path / name)


def test_a_file_that_may_not_be_read_says_why(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PosturewatchError, match=r"Cannot read .*a.png: Permission denied."):
        read_picture(tmp_path / "a.png")


def test_a_frame_cannot_be_changed():
    with pytest.raises(AttributeError):
        Frame(0.0, None, "camera lost").t_s = 1.0


# A file of JPEGs is read packed


def photos(count, width=640, height=480):
    """Pictures that differ: the person sways."""
    wide = scene(width + 40 * count, height, noise_sd=2.0)
    return [wide[:, 40 * n : 40 * n + width] for n in range(count)]


@pytest.fixture(scope="module")
def packed_file(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("packed") / "a.avi", photos(8), fps=5.0)


@pytest.fixture
def decodes(monkeypatch):
    """How often a JPEG was decoded in full, and how often at an eighth."""
    counted, decode = {"full": 0, "eighth": 0}, cv2.imdecode

    def counting(data, flags):
        counted["eighth" if flags & cv2.IMREAD_REDUCED_GRAYSCALE_8 == cv2.IMREAD_REDUCED_GRAYSCALE_8 else "full"] += 1
        return decode(data, flags)

    monkeypatch.setattr(frames.cv2, "imdecode", counting)
    return counted


def decoding(path, monkeypatch, mirror=False):
    """The same file read by the video decoder."""
    with monkeypatch.context() as patch_:
        patch_.setattr(frames, "_packed", lambda *_: None)
        return list(read_video(path, 30, pytest.fail, mirror))


def apart(one, other):
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1600, 1200), (642, 486)])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_packed_file_gives_the_same_frames_as_a_decoded_one(tmp_path, monkeypatch, decodes, size, mirror):
    path = write_video(tmp_path / "a.avi", photos(3, *size), fps=5.0)
    slow = decoding(path, monkeypatch, mirror)
    assert decodes == {"full": 0, "eighth": 0}
    quick = list(read_video(path, 30, pytest.fail, mirror))
    assert decodes["eighth"] == 3
    assert [frame.t_s for frame in quick] == [frame.t_s for frame in slow] == pytest.approx([0, 0.2, 0.4])
    for one, other, third in zip(quick, slow, [*slow[1:], slow[0]], strict=True):
        assert (one.reason, one.image.shape, one.small.shape) == (None, other.image.shape, other.small.shape)
        assert one.image.flags.c_contiguous
        assert apart(one.image, other.image) < 2 < apart(one.image, third.image)  # steps of brightness
        assert apart(one.small, other.small) < 2.5 < apart(one.small, np.flip(one.small, 1))


def test_a_packed_picture_is_decoded_only_where_it_is_wanted(packed_file, decodes):
    asked = []

    def every_third(t_s, small):
        asked.append((round(t_s, 3), small.shape, small.dtype))
        return len(asked) % 3 == 1

    pace = Pace(5, wants=every_third)
    seen = list(play(packed_file, pace, pytest.fail, clock=lambda: 0.0, sleep=lambda _s: None))
    assert asked == [(round(n / 5, 3), (60, 80), np.uint8) for n in range(8)]
    assert [frame.image is not None for frame in seen] == [n % 3 == 0 for n in range(8)]
    assert {frame.reason for frame in seen} == {None}
    assert all(frame.small is not None for frame in seen), "each has its thumbnail"
    assert decodes == {"full": 3 + 1, "eighth": 8}, "one to see what the file holds"


def test_frames_between_the_ticks_are_not_decoded_at_all(packed_file, decodes):
    assert times(read_video(packed_file, 1, pytest.fail)) == [0, 1]
    assert decodes == {"full": 2 + 1, "eighth": 2}


def test_a_decoded_picture_that_is_not_wanted_is_not_given_either(tmp_path):
    path, number = clip(tmp_path / "a.avi", 6, fps=5.0), []
    pace = Pace(5, wants=lambda _t_s, small: number.append(small.shape) or len(number) == 2)
    seen = list(play(path, pace, pytest.fail, clock=lambda: 0.0, sleep=lambda _s: None))
    assert [frame.image is not None for frame in seen] == [n == 1 for n in range(6)]
    assert set(number) == {(60, 80)}


def test_a_picture_that_cannot_be_judged_is_not_asked_about_and_says_why(tmp_path):
    black = [np.zeros((480, 640, 3), np.uint8)] * 2
    for path in (write_video(tmp_path / "a.avi", black, 5.0), write_video(tmp_path / "a.mp4", black, 5.0, "mp4v")):
        pace = Pace(5, wants=lambda *_: pytest.fail("asked"))
        seen = list(play(path, pace, pytest.fail, clock=lambda: 0.0, sleep=lambda _s: None))
        assert [frame.reason for frame in seen] == ["too dark"] * 2


def is_packed(path):
    return frames._is_packed(frames._open_video(path))


def test_what_is_no_large_file_of_jpegs_is_decoded(tmp_path, decodes):
    assert is_packed(write_video(tmp_path / "a.avi", photos(2)))
    assert is_packed(write_video(tmp_path / "a.mkv", photos(2)))
    decodes["full"] = 0
    for path in (
        write_video(tmp_path / "narrow.avi", photos(2, 632, 480)),
        write_video(tmp_path / "low.avi", photos(2, 640, 472)),
        write_video(tmp_path / "mpeg.avi", photos(2), codec="XVID"),
        write_video(tmp_path / "mpeg.mp4", photos(2), codec="mp4v"),
    ):
        assert not is_packed(path)
        assert len(list(read_video(path, 30, pytest.fail))) == 2
    assert decodes == {"full": 0, "eighth": 0}


def twice_as_high(path, target):
    """The AVI with twice the height in its stream's BITMAPINFOHEADER."""
    content = bytearray(path.read_bytes())
    at = content.index(b"strf") + 16
    assert struct.unpack_from("<i", content, at) == (480,)
    content[at : at + 4] = struct.pack("<i", 960)
    target.write_bytes(content)
    return target


def test_a_file_whose_jpegs_are_one_field_of_an_interlaced_picture_each_is_decoded(packed_file, tmp_path):
    path = twice_as_high(packed_file, tmp_path / "b.avi")
    assert not is_packed(path)
    assert len(list(read_video(path, 30, lambda _line: None))) > 0


def test_a_turned_file_of_jpegs_is_decoded(packed_file):
    class Turned:
        """The file, with a note that it is to be turned by so many degrees."""

        def __init__(self, degrees):
            self.degrees, self.capture = degrees, cv2.VideoCapture(str(packed_file), cv2.CAP_FFMPEG)

        def get(self, what):
            return self.degrees if what == cv2.CAP_PROP_ORIENTATION_META else self.capture.get(what)

    assert frames._packed(str(packed_file), Turned(0)) is not None
    assert frames._packed(str(packed_file), Turned(90)) is None


def with_broken(path, target, numbers, start=0):
    """The AVI with some of its JPEGs overwritten from this byte on, of the same length as before."""
    content, at, found = bytearray(path.read_bytes()), 0, []
    while (at := content.find(b"00dc", at)) >= 0:
        size = struct.unpack_from("<I", content, at + 4)[0]
        if content[at + 8 : at + 10] == b"\xff\xd8":
            found.append((at + 8, size))
        at += 4
    for number in numbers:
        at, size = found[number]
        content[at + start : at + size] = b"\x55" * (size - start)
    target.write_bytes(content)
    return target


def test_a_broken_jpeg_inside_is_stepped_over_whether_it_is_wanted_or_not(packed_file, tmp_path):
    path = with_broken(packed_file, tmp_path / "b.avi", [2, 3])
    assert times(read_video(path, 30, lambda _line: None)) == [0, 0.2, 0.8, 1.0, 1.2, 1.4]
    asked = []
    pace = Pace(5, wants=lambda t_s, _small: asked.append(round(t_s, 3)) or False)
    seen = list(play(path, pace, lambda _line: None, clock=lambda: 0.0, sleep=lambda _s: None))
    assert times(seen) == asked == [0, 0.2, 0.8, 1.0, 1.2, 1.4]
    assert {frame.image is None for frame in seen} == {True}


def test_a_jpeg_that_ends_early_or_is_broken_first_neither_crashes_nor_stops_the_file(packed_file, tmp_path, capfd):
    half = with_broken(packed_file, tmp_path / "b.avi", [1, 4], start=2000)
    assert times(read_video(half, 30, lambda _line: None))[-1] == 1.4
    first = with_broken(packed_file, tmp_path / "c.avi", [0])
    assert times(read_video(first, 30, lambda _line: None))[-3:] == [0.8, 1.0, 1.2], (
        "the first that can be read is at 0"
    )
    assert capfd.readouterr() == ("", "")


def test_a_jpeg_whose_full_decode_fails_is_stepped_over(packed_file, monkeypatch):
    decode, count = cv2.imdecode, [0]

    def failing(data, flags):
        if flags & cv2.IMREAD_REDUCED_GRAYSCALE_8 != cv2.IMREAD_REDUCED_GRAYSCALE_8:
            count[0] += 1
            if count[0] == 3:
                raise cv2.error("broken")
            if count[0] == 4:
                return None
        return decode(data, flags)

    monkeypatch.setattr(frames.cv2, "imdecode", failing)
    assert times(read_video(packed_file, 30, pytest.fail)) == [0, 0.6, 0.8, 1.0, 1.2, 1.4]


def test_a_packed_file_that_stands_still_is_frozen_after_10_s(tmp_path):
    path = write_video(tmp_path / "a.avi", photos(1) * 12, fps=1.0)
    assert [frame.reason for frame in read_video(path, 1, pytest.fail)] == [None] * 10 + ["picture frozen"] * 2


def test_while_it_is_off_frames_come_with_that_reason_and_nothing_is_decoded(packed_file, decodes):
    pace, time = Pace(5), Time()
    stream = play(packed_file, pace, pytest.fail, clock=time.clock, sleep=time.sleep)
    assert next(stream).reason is None
    before = dict(decodes)
    pace.off = "paused"
    seen = list(islice(stream, 3))
    assert [(frame.reason, frame.image, frame.small) for frame in seen] == [("paused", None, None)] * 3
    assert times(seen) == [0.2, 0.4, 0.6]
    assert decodes == before
    pace.off = None
    assert [frame.reason for frame in stream] == [None] * 4
    assert decodes["full"] == before["full"] + 4


def test_a_file_of_another_codec_is_not_retrieved_while_it_is_off(tmp_path):
    with patch.object(FakeFile, "retrieve", lambda _self: pytest.fail("decoded")):
        pace = Pace(30, off="locked")
        with (
            patch.object(frames, "_check_file"),
            patch.object(frames.movie, "length_s", return_value=None),
            patch.object(frames.cv2, "VideoCapture", lambda *_: FakeFile([0.0, 0.1, 0.2], -1.0, 10.0)),
        ):
            seen = list(play("a.mp4", pace, pytest.fail, clock=lambda: 0.0, sleep=lambda _s: None))
    assert [frame.reason for frame in seen] == ["locked"] * 3


def test_a_rate_that_changes_between_two_pictures_holds_from_the_next_one_on(tmp_path):
    path, time, pace = clip(tmp_path / "a.avi", 60, fps=10.0), Time(), Pace(2)
    seen = []
    for frame in play(path, pace, pytest.fail, clock=time.clock, sleep=time.sleep):
        seen.append(frame.t_s)
        pace.rate_hz = {3: 5, 8: 1, 10: 2}.get(len(seen), pace.rate_hz)
    assert seen[:12] == pytest.approx([0, 0.5, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 3.0, 4.0, 4.5, 5.0])
    assert time.s == pytest.approx(1000 + seen[-1])
