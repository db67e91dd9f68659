"""Pictures with their times, from a video file or a camera: the pipeline's only clock and only capture code."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Read when OpenCV first opens a file or a camera; set by the user, they stay.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET of libavutil/log.h
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")  # s, chosen: OpenCV's own 10 s hide an unplugged camera

import cv2
import numpy as np
from numpy.typing import NDArray

from posturewatch.errors import PosturewatchError
from posturewatch.files import movie

if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is said in our own words

Picture = NDArray[np.uint8]
Capture = cv2.VideoCapture

SLACK_S = 0.002  # chosen: containers round time stamps to 1 ms
LONGEST_PX = 1280  # chosen: the models look at 256 px; 8K costs 100 MB a picture
SMALLEST_PX = 32  # chosen
FROZEN_S = 10.0  # DESIGN part 6
CAMERA_PX = (640, 480)  # chosen: every webcam has it, and a face is large enough at arm's length
CAMERA_FPS = 5  # the most that is looked at in a second
USUAL_FPS = 30.0  # chosen: when a file reports none
LONGEST_STEP_S = 3600.0  # chosen: an hour between two frames is a broken time stamp
DAMAGED_FRAMES = 300  # chosen: 10 s of unreadable frames are stepped over, longer damage ends the video
NETWORK_TIMEOUT_MS = 5000  # chosen
PACKED = -1  # OpenCV's value of CAP_PROP_FORMAT for undecoded packets
SMALL_PX, JUDGED_PX = (80, 60), (64, 48)  # thumbnails: to be compared; to be judged; chosen
PACKED_PX = (640, 480)  # an eighth of it is a thumbnail
MJPG = cv2.VideoWriter.fourcc(*"MJPG")
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
    """One picture, C-contiguous RGB uint8 (h, w, 3), t_s after the stream's first; small is its grey thumbnail.

    reason says why it can't be judged, None when it is fine. image is None when there is none ("camera lost"), or,
    without a reason, when the pace didn't want it decoded.
    """

    t_s: float
    image: Picture | None
    reason: str | None
    small: Picture | None = None


@dataclass(slots=True)
class Pace:
    """What is wanted of the pictures to come; whoever looks at them may change it between two of them.

    off: why the camera is to be let go meanwhile, None to look. wants: whether the picture of this time and with this
    thumbnail (grey, at most 60 × 80) is worth looking at.
    """

    rate_hz: float
    off: str | None = None
    wants: Callable[[float, Picture], bool] = field(default=lambda _t_s, _small: True)


def picture_reason(image: Picture) -> str | None:
    """Why this RGB picture can't be judged, None when it is fine; looks at a grey thumbnail."""
    return "picture too small" if min(image.shape[:2]) < SMALLEST_PX else _reason(_shrunk(image))


def _reason(shrunk: Picture) -> str | None:
    grey = _fitted(shrunk, JUDGED_PX)
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


def _shrunk(image: Picture) -> Picture:
    """Of RGB, grey and below 192 pixels high or wide. Halved step by step, which is five times as fast as at once."""
    small = image[:: 2 if len(image) >= 256 else 1]  # every second row still averages the noise out
    while min(small.shape[:2]) >= 96:
        height, width = small.shape[0] // 2, small.shape[1] // 2
        small = cv2.resize(small[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    grey: Picture = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return grey


def _fitted(grey: Picture, most_px: tuple[int, int]) -> Picture:
    size = min(most_px[0], grey.shape[1]), min(most_px[1], grey.shape[0])
    small: Picture = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return small


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


def judged(t_s: float, raw: Picture, frozen: Frozen, pace: Pace, mirror: bool, packed: bool = False) -> Frame | None:
    """The frame of OpenCV's picture or, packed, of a JPEG (1, n), which is decoded only if wanted; None if broken."""
    image = None if packed else _prepared(raw, mirror)
    shrunk = _unpacked_shrunk(raw, mirror) if image is None else _shrunk(image)
    if shrunk is None:
        return None
    small = _fitted(shrunk, SMALL_PX)
    tiny = image is not None and min(image.shape[:2]) < SMALLEST_PX
    same = frozen.reason(t_s, raw)
    reason = "picture too small" if tiny else _reason(shrunk) or same
    if reason is None and not pace.wants(t_s, small):
        return Frame(t_s, None, None, small)
    image = _unpacked(raw, mirror) if image is None else image
    return None if image is None else Frame(t_s, image, reason, small)


def _unpacked(jpeg: Picture, mirror: bool) -> Picture | None:
    image = _decoded(jpeg, cv2.IMREAD_COLOR)
    return None if image is None else _prepared(image, mirror)


def _unpacked_shrunk(jpeg: Picture, mirror: bool) -> Picture | None:
    """It at an eighth of the size and a third of the cost, read off the JPEG's blocks."""
    grey = _decoded(jpeg, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    return cv2.flip(grey, 1) if grey is not None and mirror else grey


def _decoded(jpeg: Picture, flags: int) -> Picture | None:
    """As it lies in the file; None if it is broken."""
    try:
        image: Picture | None = cv2.imdecode(jpeg, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return image


def tick(t_s: float, rate_hz: float) -> int:
    """How many intervals of the rate are over at t_s: looks with the same number belong together."""
    return math.floor((t_s + SLACK_S) * rate_hz)


def next_tick_s(t_s: float, rate_hz: float) -> float:
    """The first multiple of 1 / rate after t_s: a frame is due when it reaches it, so no tick gets two."""
    return (tick(t_s, rate_hz) + 1) / rate_hz


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


def _open_video(path: Path) -> Capture:
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
    return _packed(name, capture) or capture


def _packed(name: str, decoding: Capture) -> Capture | None:
    """The same file opened to give its JPEGs undecoded, where it holds nothing else and they are large enough."""
    size = int(decoding.get(cv2.CAP_PROP_FRAME_WIDTH)), int(decoding.get(cv2.CAP_PROP_FRAME_HEIGHT))
    turned = decoding.get(cv2.CAP_PROP_ORIENTATION_META)
    if decoding.get(cv2.CAP_PROP_FOURCC) != MJPG or turned or size[0] < PACKED_PX[0] or size[1] < PACKED_PX[1]:
        return None
    probe, capture = (cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, PACKED]) for _ in range(2))
    first = probe.retrieve()[1] if probe.grab() else None
    image = None if first is None else _decoded(first, cv2.IMREAD_COLOR)
    whole = image is not None and image.shape[:2] == size[::-1]  # of an interlaced one there are two halves
    return capture if whole and capture.isOpened() else None


def _is_packed(capture: Capture) -> bool:
    return bool(capture.get(cv2.CAP_PROP_FORMAT) == PACKED)


def _fps(capture: Capture) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps <= 1000 else USUAL_FPS


def _declared_frames(path: Path, capture: Capture) -> float | None:
    """How many frames the file says it has; None when it says nothing that can be meant."""
    count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if not 0 < count < 1e9:
        return None
    length_s = movie.length_s(path)
    return min(count, length_s * _fps(capture)) if length_s else count


def video_length_s(path: str | Path) -> float | None:
    """The length a video file reports, None when it reports none; PosturewatchError when it can't be opened."""
    capture = _open_video(Path(path))
    frames = _declared_frames(Path(path), capture)
    return frames / _fps(capture) if frames else None


def _grabs(path: Path, warn: Warn) -> Iterator[tuple[float, Capture]]:
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
    pace: Pace,
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
            sleep(max(0.0, t_s - (clock() - started_s)))
            frame = Frame(t_s, None, pace.off) if pace.off else _retrieved(t_s, capture, frozen, pace, mirror)
            if frame is None:
                continue
            yield frame
            due_s = max(next_tick_s(t_s, pace.rate_hz), clock() - started_s)
        if due_s == 0:
            raise PosturewatchError(f"No frame of {path} can be decoded. Convert it to MP4, or record it again.")
        if not loop:
            return
        end_s = max(end_s, clock() - started_s)  # after a suspend one pass, not a thousand to catch up
        warn = _say_nothing  # said in the first pass


def _retrieved(t_s: float, capture: Capture, frozen: Frozen, pace: Pace, mirror: bool) -> Frame | None:
    readable, image = capture.retrieve()
    return judged(t_s, image, frozen, pace, mirror, _is_packed(capture)) if readable else None


def read_video(path: str | Path, rate_hz: float, warn: Warn, mirror: bool = False) -> Iterator[Frame]:
    """The frames of a video file that are due at rate_hz, with the file's own times, as fast as they can be read.

    PosturewatchError, with the first frame, when there is nothing to read; warn gets a line when part of it is missing.
    """
    return play(path, Pace(rate_hz), warn, mirror=mirror, clock=lambda: 0.0, sleep=lambda _s: None)


def _say_nothing(_line: str) -> None: ...


def open_camera(source: int | str) -> Capture:
    """Small pictures, few waiting; OpenCV takes what the camera can't do as it is."""
    if isinstance(source, str) and "://" in source:
        opening, reading = cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, [opening, NETWORK_TIMEOUT_MS, reading, NETWORK_TIMEOUT_MS])
    capture = cv2.VideoCapture(source, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
    capture.set(cv2.CAP_PROP_FOURCC, MJPG)  # first: it decides which sizes there are
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, CAMERA_PX[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, CAMERA_PX[1])
    capture.set(cv2.CAP_PROP_FPS, CAMERA_FPS)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture
