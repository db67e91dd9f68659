"""A recording read back: the same numbers, and everything that can be wrong with it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordings import HEADER, NOTHING, NOTICE, TRANSITION, found, read, record
from samples import SAMPLE

from posturewatch.errors import PosturewatchError
from posturewatch.files.record import as_line
from posturewatch.files.replay import read_landmarks, read_session
from posturewatch.landmarks import Face, Landmarks
from posturewatch.session import Wish

seldom = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


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
