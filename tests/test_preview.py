"""What is drawn over the picture, and the window it is shown in."""

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from posturewatch import geometry, preview
from posturewatch.baseline import Baseline, FaceModel, Front, Side
from posturewatch.config import AngleRule, PostureRules
from posturewatch.drawing.caption import AMBER, GREEN, GREY, RED
from posturewatch.drawing.outline import FACE_OVAL
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.profile import Profile
from posturewatch.landmarks import Face, Landmarks
from posturewatch.session import Sample

RULES = PostureRules()
VGA = (640, 480)
SIZES = [(32, 32), (32, 400), (400, 32), (224, 224), (480, 848), (640, 480), (1280, 720)]
FOCAL = geometry.focal_px(640, 68.0)
SAMPLE = Sample(0.0, 0.0, "front", "upright", "upright", None, 0.0, None, *[None] * 10, 0.0, 0.0, 0.0)
UNTOLD = replace(SAMPLE, state="unknown", now="unknown", forward_head_deg=None, reason="too dark")


def picture(size=VGA, tone=100):
    return np.full((size[1], size[0], 3), tone, np.uint8)


def nothing(size=VGA, reason=None):
    return Landmarks(0.0, size, reason=reason)


def ring(middle, radius):
    """The face model's points: the outline on a circle, the others in its middle."""
    points = np.zeros((478, 3))
    points[:, :2] = middle
    turn = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[FACE_OVAL, :2] += radius * np.column_stack([np.cos(turn), np.sin(turn)])
    return points


def person(size=VGA, nose_x=0.5, face=True):
    """Somebody in the middle; with nose_x .55 in profile, looking to the picture's right."""
    pose = np.zeros((33, 4))
    profile = nose_x != 0.5
    places = {0: (nose_x, 0.4), 2: (nose_x, 0.35), 5: (nose_x, 0.35), 7: (0.5, 0.38), 8: (0.5, 0.38)}
    places |= {11: (0.5, 0.7), 12: (0.5, 0.7)} if profile else {11: (0.75, 0.7), 12: (0.25, 0.7)}
    for index, (x, y) in places.items():
        pose[index] = (x * size[0], y * size[1], 0.0, 1.0)
    points = ring((0.5 * size[0], 0.4 * size[1]), 0.15 * size[1])
    return Landmarks(0.0, size, pose, np.zeros((33, 3)), Face(np.eye(4), points) if face else None)


def front_baseline(size=VGA, head_x=320, shoulders_y=300):
    """A head of radius 60 px about (head_x, 150), the shoulders from x = 160 to 480."""
    depth = 600.0
    mesh = ring((0.0, 0.0), 60 * depth / FOCAL)[:468] + np.array([0.0, 0.0, depth])
    face = FaceModel(mesh, np.array([0.0, 0.0, depth]), np.eye(3))
    tragus = ((head_x - 320) / FOCAL, (150 - 240) / FOCAL)
    front = Front(tragus, depth, (0.0, (shoulders_y - 240) / FOCAL), (320 / FOCAL, 0.0), 0.0, 0.0, 0.0, 0.0, face)
    return Baseline(size, 68.0, "front", (head_x, 150.0, 320.0), 1.0, 20, 0.7, 0.3, 0.0, front, None)


def side_baseline():
    """Ear at y = 150, 20 px before the shoulder at y = 300, head of radius 99 px."""
    upright = Profile(1.0, 320.0, 150.0, 300.0, 300.0, 300.0, 100.0, 10.0, 3.0)
    side = Side(10.0, 20.0, 10.0, upright)
    return Baseline(VGA, 68.0, "side", (352.0, 160.0, 150.0), 1.0, 20, 0.7, 0.3, 0.0, None, side)


def at_angle(angle_deg, error_deg=None):
    return replace(SAMPLE, forward_head_deg=angle_deg, error_deg=error_deg)


def drawn(sample, found=None, baseline=None, rules=RULES, size=VGA, tone=100):
    return preview.draw(picture(size, tone), found or nothing(size), sample, baseline, rules)


def near(image, x, y, colour, reach=3, tolerance=40):
    """Whether the colour is to be found within a few pixels of a place."""
    part = image[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return bool((np.abs(part - np.array(colour)).max(axis=2) <= tolerance).any())


def changed(before, after):
    """The box of what differs: x from, x to, y from, y to."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return int(columns.min()), int(columns.max()), int(rows.min()), int(rows.max())


def upper(image):
    """The part with the text in the corner."""
    return image[:140]


def gauge(image):
    """The coloured bar with its needle, without the labels under it."""
    return image[412:440]


def needle_x(sample, rules=RULES):
    """Where the needle stands out of the bar, in the middle of what is white above it."""
    above = drawn(sample, rules=rules, tone=0)[417:419].astype(int).min(axis=(0, 2))
    return float(np.flatnonzero(above > 200).mean())


@pytest.fixture
def written(monkeypatch):
    """The texts that are written, in order."""
    texts = []
    put = cv2.putText

    def spy(image, text, *rest):
        texts.append(text)
        return put(image, text, *rest)

    monkeypatch.setattr(cv2, "putText", spy)
    return texts


# The picture


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sample", [None, SAMPLE, UNTOLD, at_angle(60.0, 9.0), at_angle(-60.0, 9.0)])
def test_a_picture_of_any_size_comes_back_in_its_size_and_the_one_given_is_left_as_it_was(size, sample):
    image = picture(size)
    before = image.copy()
    baseline = replace(front_baseline(), size_px=size)
    result = preview.draw(image, person(size), sample, baseline, RULES)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert (image == before).all()
    assert (result != before).any()


def test_the_same_input_gives_the_same_picture():
    first, second = (drawn(at_angle(8.0, 3.0), person(), front_baseline()) for _ in range(2))
    assert (first == second).all()


def test_a_landmark_far_outside_is_where_its_line_leads():
    found = person()
    found.pose[11, 0] = 1e12
    image = drawn(SAMPLE, found)
    assert near(image, 620, 336, GREEN)
    assert not near(image, 60, 336, GREEN)


# The words


def test_the_angle_is_written_with_its_error_and_the_state(written):
    drawn(replace(at_angle(14.2, 3.6), state="forward_head", now="forward_head"))
    assert written[-2:] == ["+14° ± 4°", "forward head"]


@pytest.mark.parametrize(("angle_deg", "text"), [(-3.4, "-3°"), (-0.3, "+0°"), (0.4, "+0°"), (33.6, "+34°")])
def test_the_angle_is_written_in_whole_degrees_with_its_sign(written, angle_deg, text):
    drawn(at_angle(angle_deg))
    assert text in written


def test_without_an_angle_the_reason_is_written_and_no_number(written):
    drawn(UNTOLD)
    assert "can't tell: too dark" in written
    assert not any("±" in text or text.startswith(("+", "-")) for text in written)


def test_before_the_first_sample_the_reason_of_the_picture_itself_is_written(written):
    drawn(None, nothing(reason="too dark"))
    drawn(None, nothing())
    assert "can't tell: too dark" in written
    assert "no angle yet" in written


def test_an_angle_with_a_reason_shows_both(written):
    drawn(replace(at_angle(3.0, 4.0), reason="slumped not told"))
    assert written[-3:] == ["+3° ± 4°", "upright", "slumped not told"]


def test_a_posture_that_has_not_lasted_yet_is_written_behind_the_state(written):
    drawn(replace(at_angle(15.0), now="forward_head"))
    assert written[-1] == "upright, now forward head"
    drawn(replace(UNTOLD, state="forward_head"))
    assert written[-1] == "forward head"


def test_a_long_reason_takes_several_lines_and_stays_inside_the_picture(written):
    sample = replace(UNTOLD, reason="another picture size than at the baseline")
    result = drawn(sample, size=(224, 224))
    assert "can't tell: another picture size than at the baseline" not in written
    assert " ".join(written[2:]).startswith("forward head can't tell: another picture size than at the baseline")
    plain = picture((224, 224))
    assert changed(plain[:150], result[:150])[1] < 222


def test_text_grows_with_the_height_of_the_picture():
    def text_height(size):
        left = drawn(at_angle(14.0, 4.0), size=size, tone=0)[: size[1] // 3]
        rows = np.flatnonzero(left.max(axis=(1, 2)) > 150)
        return rows[-1] - rows[0]

    assert text_height((1280, 720)) / text_height((640, 480)) == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("tone", [0, 255])
def test_the_text_stands_out_on_black_and_on_white(tone):
    corner = drawn(at_angle(2.0, 4.0), tone=tone)[12:60, 12:160].astype(int)
    assert (np.abs(corner - np.array(GREEN)).max(axis=2) <= 12).sum() > 300
    plate = corner[1, 1]
    assert np.array(GREEN)[1] - plate[1] > 90


# The limits


@pytest.mark.parametrize(("angle_deg", "x"), [(-5.0, 21), (0.0, 96), (15.0, 320), (35.0, 619)])
def test_the_needle_stands_at_the_angle_on_a_bar_from_minus_5_to_35(angle_deg, x):
    assert needle_x(at_angle(angle_deg)) == pytest.approx(x, abs=1.5)


def test_another_angle_moves_the_needle_and_nothing_else_of_the_bar():
    first, second = drawn(at_angle(1.0)), drawn(at_angle(3.0))
    x0, x1, *_ = changed(gauge(first), gauge(second))
    assert (x0, x1) == (pytest.approx(111 - 8, abs=3), pytest.approx(141 + 8, abs=3))


@pytest.mark.parametrize(("angle_deg", "end_deg"), [(-40.0, -5.0), (80.0, 35.0)])
def test_beyond_the_bar_the_needle_stays_at_its_end(angle_deg, end_deg):
    assert needle_x(at_angle(angle_deg)) == needle_x(at_angle(end_deg))


def test_the_error_is_a_band_about_the_needle():
    x0, x1, *_ = changed(gauge(drawn(at_angle(15.0))), gauge(drawn(at_angle(15.0, 4.0))))
    assert (x0, x1) == (pytest.approx(320 - 60, abs=2), pytest.approx(320 + 60, abs=2))


def test_the_bar_changes_its_colour_at_the_leaving_and_at_the_entering_threshold(written):
    image = drawn(at_angle(-5.0))
    y = 430
    for x, colour in ((60, GREEN), (180, GREEN), (192, AMBER), (243, AMBER), (255, RED), (600, RED)):
        assert near(image, x, y, colour, reach=1), (x, image[y, x])
    assert written[:3] == ["leave 6°", "enter 10°", "forward head"]


def test_the_thresholds_are_those_of_the_settings(written):
    rules = replace(RULES, forward_head=AngleRule(25.0, 20.0, 10.0, 5.0, 600.0))
    image = drawn(at_angle(-5.0), rules=rules)
    assert written[:2] == ["leave 20°", "enter 25°"]
    assert near(image, 300, 430, GREEN, reach=1)
    assert near(image, 430, 430, AMBER, reach=1)
    assert near(image, 500, 430, RED, reach=1)


@pytest.mark.parametrize(("enter_deg", "exit_deg"), [(60.0, 1.0), (60.0, 59.0), (2.0, 1.0), (35.0, 34.5)])
def test_the_labels_of_any_thresholds_stay_apart_and_inside(monkeypatch, enter_deg, exit_deg):
    spans = []

    def spy(image, text, at, face, scale, *rest):
        if text.startswith(("leave", "enter", "forward")):
            spans.append((at[0], at[0] + cv2.getTextSize(text, face, scale, rest[1])[0][0]))
        return image

    monkeypatch.setattr(cv2, "putText", spy)
    for size in ((224, 224), VGA):
        spans.clear()
        drawn(None, rules=replace(RULES, forward_head=AngleRule(enter_deg, exit_deg, 10.0, 5.0, 600.0)), size=size)
        assert spans[0][0] >= 0
        assert all(before[1] < after[0] for before, after in pairwise(spans))
        assert spans[-1][1] <= size[0]


@pytest.mark.parametrize(("angle_deg", "colour"), [(5.9, GREEN), (6.1, AMBER), (9.9, AMBER), (10.1, RED)])
def test_the_angle_has_the_colour_of_its_part_of_the_bar(angle_deg, colour):
    corner = drawn(at_angle(angle_deg), tone=0)[12:48, 12:110].astype(int)
    assert (np.abs(corner - np.array(colour)).max(axis=2) <= 12).sum() > 100


def test_without_an_angle_there_is_no_needle_and_the_bar_is_dimmed():
    told, untold = drawn(at_angle(20.0), tone=0), drawn(UNTOLD, tone=0)
    assert (told[417:419].min(axis=2) > 200).any()
    assert not (untold[417:419].min(axis=2) > 200).any()
    assert untold[430, 500, 0] < 0.6 * told[430, 500, 0]


# The person


def test_shoulders_ears_eyes_nose_and_the_face_are_drawn_where_they_are():
    image = drawn(SAMPLE, person())
    for x, y in ((320, 336), (240, 336), (480, 336), (160, 336), (320, 182), (320, 192), (320, 168)):
        assert near(image, x, y, GREEN), (x, y)
    assert near(image, 240, 259, GREEN)  # half way from the right shoulder to the ear
    assert near(image, 320 + 72, 192, GREEN)  # the face's outline
    assert not near(drawn(SAMPLE, person(face=False)), 320 + 72, 192, GREEN)


@pytest.mark.parametrize(
    ("sample", "colour"),
    [
        (SAMPLE, GREEN),
        (replace(SAMPLE, now="slumped"), RED),
        (replace(SAMPLE, now="forward_head", forward_head_deg=12.0), RED),
        (UNTOLD, GREY),
        (None, GREY),
    ],
)
def test_the_person_has_the_colour_of_this_looks_posture_and_is_grey_when_nothing_is_told(sample, colour):
    assert near(drawn(sample, person()), 320, 336, colour, reach=1, tolerance=10)


# The baseline


def test_without_a_baseline_there_is_no_ghost():
    assert (drawn(SAMPLE)[140:400] == 100).all()


def test_the_ghost_is_where_head_and_shoulders_were():
    image = drawn(SAMPLE, baseline=front_baseline(head_x=420))
    line = (193, 193, 193)  # 60 % white on 100
    for x, y in ((320, 300), (161, 300), (479, 300), (420 + 60, 150), (420 - 60, 150), (420, 210)):
        assert near(image, x, y, line, tolerance=20), (x, y)
    assert 100 < image[150, 420, 0] < 140  # the head's inside, see-through
    assert (image[150, 300] == 100).all()


def test_the_ghost_is_see_through():
    image = picture()
    image[:, ::2] = 0
    result = preview.draw(image, nothing(), None, front_baseline(), RULES)
    inside = result[120:180, 290:350].astype(int)
    assert (inside[:, ::2] < inside[:, 1::2] - 60).all()


def test_the_ghost_of_a_profile_is_a_head_above_its_shoulder_in_the_direction_faced():
    line = (193, 193, 193)
    right = drawn(SAMPLE, person(nose_x=0.55, face=False), side_baseline())
    assert near(right, 320 + 99, 150, line, tolerance=20)
    assert near(right, 300, 299, line, tolerance=20)  # 20 px behind the ear
    left = drawn(SAMPLE, person(nose_x=0.45, face=False), side_baseline())
    assert near(left, 384 + 20, 299, line, tolerance=20)


def test_a_profile_without_a_person_and_another_picture_size_have_no_ghost():
    assert (drawn(SAMPLE, baseline=side_baseline())[140:400] == 100).all()
    assert (drawn(SAMPLE, baseline=front_baseline(size=(1280, 720)))[140:400] == 100).all()


# Old OpenCV


def test_where_opencv_writes_only_ascii_no_other_sign_is_handed_to_it(monkeypatch, written):
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    drawn(at_angle(14.0, 4.0))
    assert "+14 +- 4" in written
    assert all(text.isascii() for text in written)


# The window

IN_A_PROCESS = """
    import sys
    import numpy as np
    from posturewatch.errors import PosturewatchError
    from posturewatch.preview import Window
    image = np.zeros((48, 64, 3), np.uint8)
    image[:] = 200, 100, 50
    window = Window()
    try:
        shown = window.show(image)
    except PosturewatchError as error:
        sys.exit(str(error))
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="X and Wayland are looked for on Linux alone")


def run(code, *before, **variables):
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")}
    command = [*before, sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, env=kept | variables, capture_output=True, text=True, timeout=60)


@on_linux
@pytest.mark.parametrize(
    "variables", [{}, {"DISPLAY": ":4217"}, {"WAYLAND_DISPLAY": "none-such", "XDG_SESSION_TYPE": "wayland"}]
)
def test_without_a_display_that_can_be_used_there_is_one_line_and_no_abort(variables):
    done = run(IN_A_PROCESS, **variables)
    assert done.returncode == 1, done.stderr
    assert done.stderr == "There is no display for --preview. Run it on a desktop, or leave --preview out.\n"


@on_linux
def test_where_no_display_is_named_nothing_is_tried(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with pytest.raises(PosturewatchError, match="There is no display"):
        preview.Window().show(picture())


@on_linux
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="xvfb-run is not installed: no display to open it on")
def test_the_window_shows_pictures_until_it_is_closed_and_stays_closed():
    more = """
    import cv2
    print(shown, window.show(image), cv2.getWindowProperty("posturewatch", cv2.WND_PROP_VISIBLE))
    cv2.destroyWindow("posturewatch")  # as the close button does
    print(window.show(image), window.show(image))
    """
    done = run(IN_A_PROCESS + more, "xvfb-run", "-a")
    assert done.stdout.split() == ["True", "True", "1.0", "False", "False"], done.stderr
    assert done.stderr == ""


@pytest.fixture
def screen(monkeypatch):
    """What a window system is told, with `key` as the next key pressed and `visible` as the window's state."""
    told = {"shown": [], "closed": 0, "key": -1, "visible": 1.0, "opened": 0}
    monkeypatch.setattr(preview, "_open_window", lambda width, height: told.update(opened=told["opened"] + 1))
    monkeypatch.setattr(cv2, "imshow", lambda name, image: told["shown"].append(image))
    monkeypatch.setattr(cv2, "waitKey", lambda wait: told["key"])
    monkeypatch.setattr(cv2, "getWindowProperty", lambda name, which: told["visible"])
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: told.update(closed=told["closed"] + 1))
    return told


@pytest.mark.parametrize("key", [ord("q"), ord("Q"), 27, 0x100000 + ord("q")])
def test_q_and_escape_close_the_window_for_good(screen, key):
    window = preview.Window()
    assert window.show(picture())
    screen["key"] = key
    assert not window.show(picture())
    screen["key"] = -1
    assert not window.show(picture())
    assert (screen["opened"], screen["closed"], len(screen["shown"])) == (1, 1, 2)


def test_any_other_key_changes_nothing(screen):
    window = preview.Window()
    screen["key"] = ord("x")
    assert all(window.show(picture()) for _ in range(3))
    assert screen["opened"] == 1


def test_a_closed_window_is_not_drawn_on_as_that_would_open_it_again(screen):
    window = preview.Window()
    assert window.show(picture())
    screen["visible"] = 0.0
    assert not window.show(picture())
    assert len(screen["shown"]) == 1


def test_the_window_gets_the_colours_in_opencvs_order(screen):
    image = picture()
    image[:] = (200, 100, 50)
    preview.Window().show(image)
    assert screen["shown"][0][0, 0].tolist() == [50, 100, 200]


def test_closing_a_window_that_never_opened_does_nothing(screen):
    preview.Window().close()
    assert screen["closed"] == 0


def test_an_opencv_without_windows_says_so(monkeypatch):
    def refuse(*_):
        raise cv2.error("The function is not implemented")

    monkeypatch.setattr(preview.sys, "platform", "darwin")
    monkeypatch.setattr(cv2, "namedWindow", refuse)
    with pytest.raises(PosturewatchError, match="Replace opencv-python-headless"):
        preview.Window().show(picture())
