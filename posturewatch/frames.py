"""Pictures with their times, from a video file or a camera: the pipeline's only clock and only capture code."""

import math
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Read when OpenCV first opens a file or a camera; set by the user, they stay.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET of libavutil/log.h
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")  # s, chosen: OpenCV's own 10 s hide an unplugged camera

import cv2
import numpy as np
from numpy.typing import NDArray

from posturewatch.errors import PosturewatchError

if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is said in our own words

Picture = NDArray[np.uint8]

SLACK_S = 0.002  # chosen: containers round time stamps to 1 ms
LONGEST_PX = 1280  # chosen: the models look at 256 px; 8K costs 100 MB a picture
SMALLEST_PX = 32  # chosen
FROZEN_S = 10.0  # DESIGN part 6
REOPEN_S = 2.0  # DESIGN part 6
CAMERA_PX = (640, 480)  # chosen: every webcam has it, and a face is large enough at arm's length
USUAL_FPS = 30.0  # chosen: when a file reports none
LONGEST_STEP_S = 3600.0  # chosen: an hour between two frames is a broken time stamp
DAMAGED_FRAMES = 300  # chosen: 10 s of unreadable frames are stepped over, longer damage ends the video
AT_ONCE_S = 0.001  # chosen: a grab that takes less had its picture waiting
STALE_PICTURES = 10  # chosen: more never wait in a driver's buffer
NETWORK_TIMEOUT_MS = 5000  # chosen
DARK_LUMA = 12  # chosen: real pictures at a tenth of their light read >= 14, a lens with sensor noise (SD 20) <= 11
DAZZLED_LUMA = 240  # chosen
FLAT_LUMA = 8  # chosen: the most a covered lens with sensor noise (SD 20) spreads; real pictures >= 100
BLURRED_RATIO = 0.1  # chosen: real pictures >= 0.2; blurred until neither pose nor face is found <= 0.1

Warn = Callable[[str], None]
Clock = Callable[[], float]
Sleep = Callable[[float], None]


def now_s() -> float:
    """Seconds that only go forward, those asleep included where the system counts them: a suspend shows as a gap."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, C-contiguous RGB uint8 (h, w, 3), t_s after the stream's first.

    reason says why it can't be judged, None when it is fine. image is None when there is none ("camera lost").
    """

    t_s: float
    image: Picture | None
    reason: str | None


def picture_reason(image: Picture) -> str | None:
    """Why this RGB picture can't be judged, None when it is fine; looks at a grey thumbnail."""
    if min(image.shape[:2]) < SMALLEST_PX:
        return "picture too small"
    grey = _thumbnail(image)
    tones = np.sort(cv2.resize(grey, (32, 24), interpolation=cv2.INTER_AREA), axis=None).astype(float)
    low, dark, bright, high = tones[[7, 38, -39, -8]]  # 1 % and 5 % from either end
    # The brightest 5 %, not the mean: a face lit by the screen in a black room can be judged.
    if bright < DARK_LUMA or (high - low < FLAT_LUMA and tones.mean() < 2 * DARK_LUMA):
        return "too dark"
    if dark > DAZZLED_LUMA:
        return "too bright"
    if high - low < FLAT_LUMA:
        return "nothing to see: is the lens covered?"
    steps = np.concatenate([cv2.absdiff(grey[1:], grey[:-1]).ravel(), cv2.absdiff(grey[:, 1:], grey[:, :-1]).ravel()])
    sharp = np.count_nonzero(steps >= BLURRED_RATIO * (high - low))
    return "blurred" if sharp < steps.size / 200 else None  # chosen: an edge as long as a face is 0.5 % of the steps


def _thumbnail(image: Picture) -> Picture:
    """Grey, at most 64 x 48. Halved step by step, which is five times as fast as at once."""
    small = image[:: 2 if len(image) >= 256 else 1]  # every second row still averages the noise out
    while min(small.shape[:2]) >= 96:
        height, width = small.shape[0] // 2, small.shape[1] // 2
        small = cv2.resize(small[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    size = min(64, small.shape[1]), min(48, small.shape[0])
    grey: Picture = cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    return grey


class Frozen:
    """Remembers since when the picture is the same bit for bit: a camera's own noise never lets two be equal."""

    def __init__(self) -> None:
        self._rows: Picture | None = None
        self._since_s = 0.0

    def reason(self, t_s: float, image: Picture) -> str | None:
        """Say "picture frozen" once the same picture has been looked at for 10 s; every 8th row is compared."""
        rows = image[:: 8 if len(image) >= 64 else 1]
        if self._rows is None or not np.array_equal(rows, self._rows):
            self._rows, self._since_s = rows.copy(), t_s
        return "picture frozen" if t_s - self._since_s >= FROZEN_S - SLACK_S else None


def _prepared(image: Picture, mirror: bool = False) -> Picture:
    """OpenCV's picture (grey, BGR or BGRA) as RGB, at most 1280 px long."""
    scale = LONGEST_PX / max(image.shape[:2])
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    channels = image.shape[2] if image.ndim == 3 else 1
    image = cv2.cvtColor(image, {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}[channels])
    return cv2.flip(image, 1) if mirror else image


def _judged(t_s: float, image: Picture, frozen: Frozen) -> Frame:
    same = frozen.reason(t_s, image)
    return Frame(t_s, image, picture_reason(image) or same)


def _next_tick_s(t_s: float, rate_hz: float) -> float:
    """The first multiple of 1 / rate after t_s: a frame is due when it reaches it, so no tick gets two."""
    return (math.floor((t_s + SLACK_S) * rate_hz) + 1) / rate_hz


# Files


def _check_file(path: Path, kind: str) -> None:
    """PosturewatchError unless the file can be opened and holds something."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not an ordinary file"
            raise PosturewatchError(f"{path} is {what}. Name a {kind} file.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise PosturewatchError(f"There is no file {path}. Check its name and folder.") from None
    except OSError as error:
        raise PosturewatchError(f"Cannot read {path}: {error.strerror}.") from None
    if empty:
        raise PosturewatchError(f"{path} is empty (0 bytes). Record or copy it again.")


def read_picture(path: str | Path) -> Picture:
    """A picture file as RGB (h, w, 3), turned upright by its EXIF, at most 1280 px long; PosturewatchError names it."""
    path = Path(path)
    _check_file(path, "picture")
    try:  # decoded from memory, because OpenCV can't open every file name
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise PosturewatchError(f"{path} is damaged or not a picture. Try a JPEG or PNG file.")
    return _prepared(image)


def _open_video(path: Path) -> cv2.VideoCapture:
    _check_file(path, "video")
    try:
        name = str(path.absolute())  # absolute: "a:b.mp4" would be a protocol of FFmpeg
        name.encode()
    except UnicodeEncodeError:  # OpenCV 5.0 crashes on it
        raise PosturewatchError(f"{path.name!a} can't be opened: its name is not UTF-8. Rename it.") from None
    capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise PosturewatchError(
            f"{path} is damaged or not a video. Try an MP4, MKV, AVI or GIF file that plays elsewhere."
        )
    return capture


def _fps(capture: cv2.VideoCapture) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps <= 1000 else USUAL_FPS


def _mp4_length_s(path: Path) -> float | None:
    """The playing time in the header of an MP4 or MOV file (ISO 14496-12, mvhd); None for other files.

    The frame count is no use where a clip was cut without re-encoding: it counts the hidden frames too.
    """
    with path.open("rb") as file:
        while len(head := file.read(16)) == 16:
            size, kind, large = struct.unpack(">I4sQ", head)
            if kind == b"moov":
                mvhd = head[8:] + file.read(32)
                if len(mvhd) < 40:
                    return None
                scale, ticks = struct.unpack_from(*((">IQ", mvhd, 28) if mvhd[8] else (">II", mvhd, 20)))
                return ticks / scale if mvhd[4:8] == b"mvhd" and scale else None
            size = large if size == 1 else size
            if not 8 <= size <= path.stat().st_size:
                return None
            file.seek(size - 16, os.SEEK_CUR)
    return None


def _declared_frames(path: Path, capture: cv2.VideoCapture) -> float | None:
    """How many frames the file says it has; None when it says nothing that can be meant."""
    count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if not 0 < count < 1e9:
        return None
    length_s = _mp4_length_s(path)
    return min(count, length_s * _fps(capture)) if length_s else count


def video_length_s(path: str | Path) -> float | None:
    """The length a video file reports, None when it reports none; PosturewatchError when it can't be opened."""
    capture = _open_video(Path(path))
    frames = _declared_frames(Path(path), capture)
    return frames / _fps(capture) if frames else None


def _grabs(path: Path, warn: Warn) -> Iterator[tuple[float, cv2.VideoCapture]]:
    """Every frame of a file as (t_s, capture to retrieve it from); damage is stepped over and reported at the end."""
    capture = _open_video(path)
    declared, fps = _declared_frames(path, capture), _fps(capture)
    read, failed, gaps, trusted = 0, 0, False, True
    t_s = first_s = 0.0
    while failed == 0 or (declared and read < declared and failed < DAMAGED_FRAMES):
        if not capture.grab():
            failed += 1
            continue
        gaps, failed = gaps or failed > 0, 0
        stamp_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if read == 0:
            first_s = stamp_s if math.isfinite(stamp_s) else 0.0
        elif 0 < stamp_s - first_s - t_s < LONGEST_STEP_S:  # false too when it isn't a number
            t_s = stamp_s - first_s
        else:
            t_s += 1 / fps
            if trusted:
                warn(f"Some time stamps of {path.name} can't be used: frames are counted, {fps:g} to the second.")
            trusted = False
        read += 1
        yield t_s, capture
    # Some containers count seconds x frame rate, so with a varying rate only a missing end or a gap is a loss.
    missing = declared - t_s * fps - 1 if declared else 0
    if declared and 0 < read < declared and (gaps or missing > min(max(2, 0.05 * declared), fps)):  # chosen
        warn(f"Only {read} of {declared:.0f} frames of {path.name} could be read.")


def play(
    path: str | Path,
    rate_hz: float,
    warn: Warn,
    loop: bool = False,
    mirror: bool = False,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> Iterator[Frame]:
    """A video file in real time, like a camera: waits for each due frame, skips what a slow consumer missed."""
    path, frozen, started_s, due_s, end_s = Path(path), Frozen(), clock(), 0.0, 0.0
    while True:
        first_s = end_s
        for file_s, capture in _grabs(path, warn):
            t_s = first_s + file_s
            end_s = t_s + 1 / _fps(capture)
            if t_s + SLACK_S < due_s:
                continue
            readable, image = capture.retrieve()
            if not readable:
                continue
            picture = _prepared(image, mirror)
            sleep(max(0.0, t_s - (clock() - started_s)))
            yield _judged(t_s, picture, frozen)
            due_s = max(_next_tick_s(t_s, rate_hz), clock() - started_s)
        if due_s == 0:
            raise PosturewatchError(f"No frame of {path} can be decoded. Convert it to MP4, or record it again.")
        if not loop:
            return
        end_s = max(end_s, clock() - started_s)  # after a suspend one pass, not a thousand to catch up
        warn = _say_nothing  # said in the first pass


def read_video(path: str | Path, rate_hz: float, warn: Warn, mirror: bool = False) -> Iterator[Frame]:
    """The frames of a video file that are due at rate_hz, with the file's own times, as fast as they can be read.

    PosturewatchError, with the first frame, when there is nothing to read; warn gets a line when part of it is missing.
    """
    return play(path, rate_hz, warn, mirror=mirror, clock=lambda: 0.0, sleep=lambda _s: None)


def _say_nothing(_line: str) -> None: ...


# Cameras


def is_camera(source: str) -> bool:
    """Whether a source as the user types it is a camera (index, device path, URL); anything else is a video file."""
    return source.isdecimal() or source.startswith(("/dev/video", "/dev/v4l/")) or "://" in source


def list_cameras(devices: Path = Path("/sys/class/video4linux")) -> list[tuple[str, str]]:
    """(device path, name) of the cameras Linux knows; empty elsewhere."""
    found = []
    for device in sorted(devices.glob("video*"), key=lambda device: (len(device.name), device.name)):
        # A webcam has a second device for metadata, which gives no pictures.
        if (device / "name").exists() and _first_line(device / "index") in ("", "0"):
            found.append((f"/dev/{device.name}", _first_line(device / "name")))
    return found


def _first_line(path: Path) -> str:
    return path.read_text(errors="replace").strip() if path.exists() else ""


def _open_camera(source: int | str) -> cv2.VideoCapture:
    """Small pictures, few waiting; OpenCV takes what the camera can't do as it is."""
    if isinstance(source, str) and "://" in source:
        opening, reading = cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, [opening, NETWORK_TIMEOUT_MS, reading, NETWORK_TIMEOUT_MS])
    capture = cv2.VideoCapture(source, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # first: it decides which sizes there are
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, CAMERA_PX[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, CAMERA_PX[1])
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _why_no_picture(source: int | str) -> str:
    """What can be known about a camera that can't be opened, and what to try."""
    if isinstance(source, str) and "://" in source:
        scheme, _, rest = source.partition("://")  # a password before the @ is not for the screen
        return f"No picture from {scheme}://{rest.rpartition('@')[2]}. Check the address, and that the camera is on."
    device = Path(f"/dev/video{source}" if isinstance(source, int) else source)
    other = f"Try --camera {1 if str(source) in ('0', '/dev/video0') else 0}"
    if sys.platform == "linux" and not device.exists():
        found = ", ".join(f"{path} ({name})" for path, name in list_cameras()) or "none"
        return f"There is no camera {source} ({device} is missing; found: {found}). Plug it in, or name another one."
    if sys.platform == "linux" and not os.access(device, os.R_OK | os.W_OK):
        return f"No permission to use camera {source} ({device}). Add yourself to the group video and log in again."
    return (
        f"Camera {source} gives no picture: it may be used by another program or not be allowed to this one. "
        f"{other}, or close the program that uses it; `posturewatch doctor` lists cameras."
    )


def _latest(capture: cv2.VideoCapture, due_s: float, clock: Clock, sleep: Sleep) -> Picture | None:
    """The camera's first picture at or after due_s, None when it gives none.

    All before are taken too, else they would wait in a buffer and be served when they are old.
    """
    tries = 0
    while tries < 2 * STALE_PICTURES:
        asked_s = clock()
        if not capture.grab():
            return None
        taken_s = clock()
        waiting = taken_s - asked_s < AT_ONCE_S
        if taken_s + SLACK_S < due_s:
            if waiting:
                sleep(min(0.01, due_s - taken_s))  # chosen: faster than any camera, and no busy loop
            continue
        tries += 1
        if waiting and tries <= STALE_PICTURES:
            continue
        readable, image = capture.retrieve()  # a single broken JPEG is no lost camera
        if readable:
            return np.asarray(image, np.uint8)
    return None


def read_camera(
    source: int | str,
    rate_hz: float,
    warn: Warn,
    mirror: bool = False,
    clock: Clock = now_s,
    sleep: Sleep = time.sleep,
    open_camera: Callable[[int | str], cv2.VideoCapture] = _open_camera,
) -> Iterator[Frame]:
    """A camera's pictures at rate_hz, for ever; while it is lost, frames that say so, and a try to reopen it every 2 s.

    PosturewatchError, with the first frame, when there is no picture at the start.
    """
    source = int(source) if isinstance(source, str) and source.isdecimal() else source
    capture = _working(open_camera(source))
    if capture is None:
        raise PosturewatchError(_why_no_picture(source))
    frozen, started_s, due_s, retry_s = Frozen(), clock(), 0.0, 0.0
    try:
        while True:
            image = _latest(capture, started_s + due_s, clock, sleep) if capture else None
            if image is None and capture:
                capture.release()
                capture, retry_s = None, clock() + REOPEN_S
                warn("The camera was lost. Trying to reopen it every 2 s.")
            if capture is None:
                sleep(max(0.0, started_s + due_s - clock()))
            started_s = started_s if due_s else clock()  # the first picture is at 0
            t_s = clock() - started_s if due_s else 0.0
            yield Frame(t_s, None, "camera lost") if image is None else _judged(t_s, _prepared(image, mirror), frozen)
            due_s = _next_tick_s(t_s, rate_hz)
            if capture is None and clock() >= retry_s:
                capture, retry_s = _working(open_camera(source)), clock() + REOPEN_S
    finally:
        if capture:
            capture.release()


def _working(capture: cv2.VideoCapture) -> cv2.VideoCapture | None:
    """The camera if it gives pictures; one that another program uses can often be opened, and then gives none."""
    if capture.isOpened() and capture.grab():
        return capture
    capture.release()
    return None
