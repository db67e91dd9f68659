"""Which of the people in a picture is the one at the baseline's place; pure functions of landmarks and pixels."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
Place = tuple[float, float, float]  # as landmarks.Place: x, y of the nose and width of the shoulders, in pixels

NOSE, EYES, EARS, MOUTH, SHOULDERS = 0, [2, 5], [7, 8], [9, 10], [11, 12]  # MediaPipe's pose; left before right
FRONT_RATIO = 1.2  # shoulder width over the distance to the ears, from there on a front view; footage: front ≥ 1.4
NEAR_SIZE, NEAR_WIDTHS = (0.4, 2.5), 1.2  # someone else: size against the baseline's, distance in its shoulder widths
# of the baseline's size; without a face from the front, smaller is somebody behind: a sitter 15 cm farther back has
# .75 and more (rendered people), somebody .6 m behind .42-.58
SMALL = 0.62
FACE_PER_SHOULDERS = 0.42  # width of the face's points over that of the shoulders; 98 % of rendered people .35-.61
TINY_FACE = 0.12  # eyes to mouth over the size: invented in empty rooms .02-.1, 99 % of people, bowed too, from .15 on
HEAD_ROOM = 1.2  # of the size: shoulders so far below the edge carry a head that is inside the picture
# what is left of the picture to look for the sitter alone: widths aside of and above the nose; with 1.2, somebody
# who stands one width aside was found there in one of two rendered rooms, with 1 in none
ALONE_WIDTHS, ALONE_ABOVE = 1.0, 1.1
GREY = 128


def place_of(pose: Array) -> Place:
    """Where the head is and how large the person: nose x, y and the shoulder width (or, in profile, the distance from
    ears to shoulders, as far as that is larger), pixels."""
    return float(pose[NOSE, 0]), float(pose[NOSE, 1]), max(_width_px(pose), head_shoulder_px(pose))


def head_shoulder_px(pose: Array) -> float:
    """Distance in the picture from the middle of the ears to that of the shoulders."""
    return float(np.linalg.norm(pose[EARS, :2].mean(0) - pose[SHOULDERS, :2].mean(0)))


def same_place(here: Place, place: Place) -> bool:
    """Whether a person of that place and size may be the baseline's."""
    apart = float(np.hypot(here[0] - place[0], here[1] - place[1]))
    return NEAR_SIZE[0] <= here[2] / place[2] <= NEAR_SIZE[1] and apart <= NEAR_WIDTHS * max(place[2], here[2])


def face_place(points: Array) -> Place:
    """The place of the person with this face (n, 2 or 3)."""
    (x, y), width = points[:, :2].mean(0), float(np.ptp(points[:, 0]))
    return float(x), float(y), width / FACE_PER_SHOULDERS


def behind(pose: Array, face: Array | None, place: Place) -> bool:
    """Whether a person at the baseline's place, seen from the front without a face, is so small that they are behind
    it."""
    from_the_front = _width_px(pose) >= FRONT_RATIO * head_shoulder_px(pose)
    return face is None and from_the_front and place_of(pose)[2] < SMALL * place[2]


def in_furniture(pose: Array) -> bool:
    """Whether a pose where no face is seen is invented: its own face is tiny and upside down, and the picture has room
    for the head that these shoulders would carry."""
    eyes, mouth, size = pose[EYES, :2].mean(0), pose[MOUTH, :2].mean(0), place_of(pose)[2]
    upside_down = mouth[1] <= eyes[1] and float(np.linalg.norm(mouth - eyes)) < TINY_FACE * size
    return bool(upside_down) and float(pose[SHOULDERS, 1].mean()) >= HEAD_ROOM * size


def nobody_there(pose: Array | None, face: Array | None, place: Place) -> bool:
    """Whether all that was found (nothing, or not the baseline's person) is small and elsewhere: somebody far off, a
    poster, a screen's face, furniture. What is large may be the person, moved, or hide them."""
    if face is not None and same_place(face_place(face), place):
        return False
    sizes = [place_of(pose)[2]] if pose is not None else []
    sizes += [face_place(face)[2]] if face is not None else []
    return all(size < SMALL * place[2] for size in sizes)


def taken_over(pose: Array | None, faces: list[Array], place: Place) -> bool:
    """Whether the pose found is another person's while a face is seen at the baseline's place."""
    seen = any(same_place(face_place(face), place) for face in faces)
    return seen and pose is not None and not same_place(place_of(pose), place)


def alone(picture: Picture, place: Place) -> Picture:
    """The picture with all grey but the baseline's surroundings, from above the head down."""
    x, y, width = place
    left, right = (round(max(0.0, x + side * ALONE_WIDTHS * width)) for side in (-1, 1))
    top = round(max(0.0, y - ALONE_ABOVE * width))
    out = np.full_like(picture, GREY)
    out[top:, left:right] = picture[top:, left:right]
    return out


def _width_px(pose: Array) -> float:
    return float(np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]))
