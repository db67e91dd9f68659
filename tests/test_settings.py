import json
import math
import os
import stat
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from posturewatch import config
from posturewatch.config import Settings, as_dict, keys, with_preset
from posturewatch.errors import PosturewatchError
from posturewatch.files.settings import load

fuzz = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "settings.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def complaint(write):
    def complaint(text: str | bytes) -> str:
        with pytest.raises(PosturewatchError) as caught:
            load(write(text))
        return str(caught.value)

    return complaint


def toml_of(table: dict, path: tuple[str, ...] = ()) -> str:
    """Enough of a TOML writer for what `as_dict` gives; JSON's spelling of these values is TOML's too."""
    lines = [f"[{'.'.join(path)}]"] if path else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    inner = [toml_of(value, (*path, key)) for key, value in table.items() if isinstance(value, dict)]
    return "\n".join(lines + inner)


# --- what is read


def test_an_empty_file_gives_the_defaults(write):
    assert load(write("")) == Settings()


def test_a_missing_default_file_gives_the_defaults(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "default_path", lambda: tmp_path / "nowhere" / "settings.toml")
    assert load(None) == Settings()


def test_the_default_file_is_read_when_it_is_there(monkeypatch, write):
    path = write("[watch]\nrate_hz = 5\n")
    monkeypatch.setattr(config, "default_path", lambda: path)
    assert load(None).watch.rate_hz == 5.0


def test_what_is_written_replaces_the_default_and_nothing_else(write):
    text = '[posture.forward_head]\nenter_deg = 12\n[alerts]\nmax_per_hour = 0\n[camera]\nsource = "/dev/video2"\n'
    standard = Settings()
    forward = replace(standard.posture.forward_head, enter_deg=12.0)
    assert load(write(text)) == replace(
        standard,
        posture=replace(standard.posture, forward_head=forward),
        alerts=replace(standard.alerts, max_per_hour=0),
        camera=replace(standard.camera, source="/dev/video2"),
    )


def test_a_whole_number_is_accepted_where_a_fraction_is_possible(write):
    rate = load(write("[watch]\nrate_hz = 5")).watch.rate_hz
    assert (rate, type(rate)) == (5.0, float)


def test_a_cameras_index_may_be_written_as_a_number(write):
    assert load(write("[camera]\nsource = 1")).camera.source == "1"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(write):
    assert load(write(b"\xef\xbb\xbf[watch]\r\nrate_hz = 5\r\n")).watch.rate_hz == 5.0


def test_neck_extended_takes_and_keeps_negative_angles(write):
    rule = load(write("[posture.neck_extended]\nenter_deg = -15\nexit_deg = -9\n")).posture.neck_extended
    assert (rule.enter_deg, rule.exit_deg) == (-15.0, -9.0)


def test_quiet_hours_become_minutes_since_midnight(write):
    text = '[quiet]\nhours = ["22:00-07:30", "12:00-13:00", "18:00-24:00"]'
    assert load(write(text)).quiet.hours == ((1320, 450), (720, 780), (1080, 1440))


@pytest.mark.parametrize(
    "text",
    ["[posture]\nunknown_after_s = 20", "posture.unknown_after_s = 20", "posture = {unknown_after_s = 20}"],
    ids=["section", "dotted", "inline"],
)
def test_every_way_toml_has_to_write_a_key_is_read(write, text):
    assert load(write(text)).posture.unknown_after_s == 20.0


def test_the_preset_in_the_file_is_read_but_not_yet_applied(write):
    read = load(write('[watch]\npreset = "gentle"'))
    assert read == replace(Settings(), watch=replace(Settings().watch, preset="gentle"))


# --- what is refused, in which words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "# mine\n\n[posture.forward_head]\nenter_dge = 12\n",
            "settings.toml, line 4: [posture.forward_head] enter_dge is not known. Did you mean enter_deg?",
        ),
        ("[watch]\nrate_hz = 500", "settings.toml, line 2: [watch] rate_hz = 500 is out of range: 0.5 to 30."),
        ("[watch]\nrate_hz = 0.4", "settings.toml, line 2: [watch] rate_hz = 0.4 is out of range: 0.5 to 30."),
        ("[watch]\nrate_hz = nan", "settings.toml, line 2: [watch] rate_hz = nan is out of range: 0.5 to 30."),
        ("[watch]\nrate_hz = -inf", "settings.toml, line 2: [watch] rate_hz = -inf is out of range: 0.5 to 30."),
        (
            "[watch]\nrate_hz = true",
            "settings.toml, line 2: [watch] rate_hz = true is not a number. Allowed: 0.5 to 30.",
        ),
        (
            '[watch]\nrate_hz = "5"',
            'settings.toml, line 2: [watch] rate_hz = "5" is not a number. Allowed: 0.5 to 30.',
        ),
        (
            "[watch.rate_hz]\nhigh = 2",
            "settings.toml, line 1: [watch] rate_hz = {…} is not a number. Allowed: 0.5 to 30.",
        ),
        (
            "[alerts]\nmax_per_hour = 2.5",
            "settings.toml, line 2: [alerts] max_per_hour = 2.5 is not a whole number. Allowed: 0 to 60.",
        ),
        (
            "[alerts]\nmax_per_hour = false",
            "settings.toml, line 2: [alerts] max_per_hour = false is not a whole number. Allowed: 0 to 60.",
        ),
        ("[camera]\nmirror = 1", "settings.toml, line 2: [camera] mirror = 1 is not allowed. Allowed: true or false."),
        ('[camera]\nsource = " "', 'settings.toml, line 2: [camera] source = " " is not allowed. Allowed: text.'),
        ("[camera]\nsource = -1", "settings.toml, line 2: [camera] source = -1 is not allowed. Allowed: text."),
        (
            '[watch]\npreset = "fast"',
            'settings.toml, line 2: [watch] preset = "fast" is not allowed. Allowed: gentle, standard, strict.',
        ),
        (
            '[quiet]\nhours = ["22:00-7:00"]',
            'settings.toml, line 2: [quiet] hours = […] is not allowed. Allowed: a list of "HH:MM-HH:MM".',
        ),
        ("[camra]\nmirror = true", "settings.toml, line 1: [camra] is not known. Did you mean [camera]?"),
        (
            "[posture.neck_flex]\nlimit_s = 60",
            "settings.toml, line 1: [posture.neck_flex] is not known. Did you mean [posture.neck_flexed]?",
        ),
        (
            "[lights]",
            "settings.toml, line 1: [lights] is not known. Known sections: "
            "camera, watch, posture, dose, hold, still, seated, alerts, quiet, history.",
        ),
        ("[watch]\nfoo = 1", "settings.toml, line 2: [watch] foo is not known. Known there: rate_hz, preset."),
        ("rate_hz = 5", "settings.toml, line 1: rate_hz is not known here. It belongs under [watch]."),
        (
            "camera = 1",
            "settings.toml, line 1: camera is a section. Write [camera] and its keys on lines of their own.",
        ),
        (
            "[[posture.turned]]\nenter_deg = 40",
            "settings.toml, line 1: turned is a section. Write [posture.turned] and its keys on lines of their own.",
        ),
        (
            "[posture.turned]\nexit_deg = 20\nenter_deg = 20",
            "settings.toml, line 2: [posture.turned] exit_deg = 20 has to be nearer to zero than enter_deg = 20.",
        ),
        (
            "[posture.forward_head]\nenter_deg = 5",
            "settings.toml, line 2: [posture.forward_head] "
            "exit_deg = 6 (the default) has to be nearer to zero than enter_deg = 5.",
        ),
        (
            "[posture.neck_extended]\nexit_deg = -12",
            "settings.toml, line 2: [posture.neck_extended] "
            "exit_deg = -12 has to be nearer to zero than enter_deg = -10 (the default).",
        ),
        (
            "[posture.neck_extended]\nenter_deg = 10",
            "settings.toml, line 2: [posture.neck_extended] enter_deg = 10 is out of range: -60 to -2.",
        ),
        (
            "[posture.forward_head]\nexit_deg = -6",
            "settings.toml, line 2: [posture.forward_head] exit_deg = -6 is out of range: 1 to 60.",
        ),
        (
            "[still]\nbreak_place_cm = 2",
            "settings.toml, line 2: [still] "
            "place_cm = 2 (the default) has to be nearer to zero than break_place_cm = 2.",
        ),
        (
            "[still]\nbreak_pitch_deg = 3",
            "settings.toml, line 2: [still] "
            "pitch_deg = 4 (the default) has to be nearer to zero than break_pitch_deg = 3.",
        ),
        (
            "[posture.turned]\nlimit_s = 60\n[seated]\nlimit_s = 5",
            "settings.toml, line 4: [seated] limit_s = 5 is out of range: 60 to 28800.",
        ),
        ("[watch]\nrate_hz 5", "settings.toml, line 2: not TOML: Expected '=' after a key in a key/value pair."),
        ("[watch]\nrate_hz = ", "settings.toml, line 2: not TOML: Invalid value."),
        ("[watch]\nrate_hz = 2\n\nrate_hz = 2\n", "settings.toml, line 4: not TOML: Cannot overwrite a value."),
        (b"[watch]\n# caf\xe9\n", "settings.toml, line 2: not UTF-8 text. Save the file as UTF-8."),
        ("[watch]\n".encode("utf-16"), "settings.toml, line 1: not UTF-8 text. Save the file as UTF-8."),
    ],
)
def test_a_mistake_is_answered_with_file_line_key_and_what_is_allowed(complaint, text, words):
    assert complaint(text) == words


@pytest.mark.parametrize(
    "hours",
    ['["24:00-07:00"]', '["08:00-24:01"]', '["08:00-08:00"]', '["00:00-24:00"]', '["8-9"]', "[800]", '["٠٨:٠٠-٠٩:٠٠"]'],
)
def test_quiet_hours_that_are_no_hours_are_refused(complaint, hours):
    assert "[quiet] hours" in complaint(f"[quiet]\nhours = {hours}")


def test_a_key_outside_its_section_is_sent_to_every_section_that_has_it(complaint):
    said = complaint("exit_ratio = 0.5\n")
    assert said == "settings.toml, line 1: exit_ratio is not known here. It belongs under [posture.slumped]."
    assert "[still] or [seated]" in complaint("limit_s = 60\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"watch"."rate_hz" = 500', 1),
        ("[ 'watch' ]\n\n  \"rate_hz\"  =  500", 3),
        ("watch.rate_hz = 500", 1),
        ("history.keep_days = 3\nwatch = { preset = 'strict', rate_hz = 500 }", 2),
        ("[watch]\r\n# rate_hz = 500\r\nrate_hz = 500\r\n", 3),
        ('[camera]\nsource = """\\\n[watch]"""\n# rate_hz = 1\n[watch] # rate_hz\nrate_hz = 500', 6),
        ("[quiet]\nhours = [ # rate_hz\n'22:00-07:00',\n]\n[watch]\nrate_hz = 500", 6),
        ('[camera]\nsource = "[watch] \u2028 rate_hz = 500"\n[watch]\nrate_hz = 500', 4),
        ("[posture.turned]\n[watch]\nrate_hz = 500", 3),
        ("[posture.turned]\nlimit_s = 60\n[seated]\nlimit_s = 70\n[watch]\nrate_hz = 500", 6),
    ],
)
def test_the_line_is_found_in_every_spelling(complaint, text, line):
    assert complaint(text) == f"settings.toml, line {line}: [watch] rate_hz = 500 is out of range: 0.5 to 30."


def test_a_value_over_several_lines_is_found_at_its_first_line(complaint):
    said = complaint("[quiet]\nhours = [\n  '22:00-07:00',\n  'later',\n]\n")
    assert said.startswith("settings.toml, line 2: [quiet] hours = […] is not allowed.")


def test_a_line_beyond_an_endless_array_is_left_out_rather_than_searched_for(complaint):
    text = "[quiet]\nhours = [\n" + "'22:00-07:00',\n" * 300 + "]\n[watch]\nrate_hz = 500\n"
    assert complaint(text) == "settings.toml: [watch] rate_hz = 500 is out of range: 0.5 to 30."


@pytest.mark.parametrize(
    "text",
    [
        "[watch]\nrate_hz = 0x" + "f" * 9000,
        "[watch]\nrate_hz = " + "1" * 9000,
        "[watch]\nrate_hz = [0x" + "f" * 9000 + "]",
        "[watch]\nrate_hz = " + "[" * 9000 + "]" * 9000,
        "[watch]\nrate_hz = 1e999",
        "[watch]\nrate_hz = 2020-01-01T00:00:00Z",
        "a." * 2000 + "a = 1",
        f'"{"k" * 9000}" = 1',
        '[watch]\n"a\\nb\\u001b[31m" = 1',
        '[watch]\npreset = "\\u202e\\u009b"',
        '[watch]\npreset = "a\\nb\\u001b[31m"',
        '[camera]\nsource = "a\\u0000b"',
    ],
)
def test_an_absurd_value_gets_one_short_printable_line(complaint, text):
    said = complaint(text)
    assert said.startswith("settings.toml")
    assert said.isprintable()
    assert len(said) < 400


# --- files that can't be read


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path):
    with pytest.raises(PosturewatchError, match=r"^There is no settings file .*mine\.toml\. Check the path"):
        load(tmp_path / "mine.toml")


def test_a_folder_is_not_a_settings_file(tmp_path):
    with pytest.raises(PosturewatchError, match=r"is not a file\. Name a TOML file"):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "settings.toml")
    with pytest.raises(PosturewatchError, match="is not a file"):
        load(tmp_path / "settings.toml")


def test_an_unreadable_file_is_named_with_the_reason(monkeypatch, write):
    path = write("")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PosturewatchError, match=r"Cannot read the settings .*: Permission denied\. Check the file's"):
        load(path)


def test_a_file_below_a_file_and_a_name_with_a_nul_are_errors_of_the_user(write):
    for path in (write("") / "settings.toml", Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(PosturewatchError):
            load(path)


def test_a_file_above_64_kb_is_not_read(complaint):
    assert "is above 64 KB" in complaint("#" * 65_537)


def test_reading_leaves_the_file_as_it_was(write):
    path = write("[watch]\nrate_hz = 5\n")
    path.chmod(0o600)
    load(path)
    assert path.read_text() == "[watch]\nrate_hz = 5\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- what is shown and recorded


def test_the_recorded_settings_written_as_toml_read_back_as_the_same(write):
    text = (
        '[quiet]\nhours = ["22:05-07:00", "18:00-24:00"]\n'
        '[camera]\nsource = "rtsp://cam/1"\nmirror = true\n[posture.neck_extended]\nenter_deg = -20.5\n'
    )
    read = with_preset(load(write(text)), "gentle")
    recorded = json.loads(json.dumps(as_dict(read), allow_nan=False))
    assert recorded["quiet"] == {"hours": ["22:05-07:00", "18:00-24:00"]}
    assert load(write(toml_of(recorded))) == read


def test_the_keys_are_exactly_those_of_the_settings_with_their_defaults_and_a_meaning(write):
    listed = keys()
    text = "\n".join(f"{each.key} = {each.default}" for each in listed)
    assert load(write(text)) == Settings()
    assert len({each.key for each in listed}) == len(listed) == 61
    assert all(each.meaning and each.allowed for each in listed)
    assert ("watch.rate_hz", "2", "0.5 to 30", "looks per second") in listed
    assert ("posture.neck_extended.exit_deg", "-6", "-60 to -1") in [each[:3] for each in listed]


def test_both_ends_of_every_listed_range_are_allowed_and_just_outside_is_not(write, complaint):
    for each in keys():
        low, to, high = each.allowed.partition(" to ")
        if not to:
            continue
        for value, step in ((low, -1), (high, 1)):
            try:
                load(write(f"{each.key} = {value}"))
            except PosturewatchError as error:
                assert "nearer to zero" in str(error), each.key  # noqa: PT017  - both ends lie in the range itself
            number = type(json.loads(each.default))(float(value)) + step
            assert "is out of range" in complaint(f"{each.key} = {number}")


# --- anything at all

NAMES = sorted({part for each in keys() for part in each.key.split(".")})
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-10, 1000),
        st.floats(0, 100),
        st.text(max_size=8),
        st.sampled_from(["strict", "22:00-07:00"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def toml_value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    return '"' + "".join(c if c in string.ascii_letters + string.digits else f"\\U{ord(c):08x}" for c in text) + '"'


def load_or_complain(path: Path) -> Settings | None:
    """The settings, or None after a complaint of one line; anything else goes through and fails the test."""
    try:
        return load(path)
    except PosturewatchError as error:
        assert "\n" not in str(error)  # noqa: PT017  - what load gives is looked at too
        return None


@fuzz
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"a=1\r")
def test_no_bytes_can_raise_anything_but_the_users_error(write, data):
    load_or_complain(write(data))


@fuzz
@given(st.lists(st.sampled_from([*NAMES, *'[]{}=.,"#\n', '"""', " 5", "true", "\r\n", "'", "-", "é"]), max_size=25))
def test_no_scrambled_toml_can_raise_anything_but_the_users_error(write, pieces):
    load_or_complain(write("".join(pieces)))


@fuzz
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), VALUES, max_size=4))
def test_any_valid_toml_is_either_read_or_refused_with_its_line(write, table):
    text = "\n# a comment\n".join(f"{quoted(key)} = {toml_value(value)}" for key, value in table.items())
    path = write(text)
    try:
        load(path)
    except PosturewatchError as error:
        assert str(error).startswith("settings.toml, line ")  # noqa: PT017  - the line is the point


@fuzz
@given(st.data())
def test_settings_within_their_ranges_survive_recording_and_reading(write, data):
    chosen = {}
    for each in data.draw(st.lists(st.sampled_from(keys()), max_size=5, unique=True)):
        low, to, high = each.allowed.partition(" to ")
        if to:
            value = data.draw(st.floats(float(low), float(high)))
            chosen[each.key] = round(value) if each.key in ("alerts.max_per_hour", "history.keep_days") else value
    read = load_or_complain(write("\n".join(f"{key} = {value!r}" for key, value in chosen.items())))
    if read is not None:
        recorded = as_dict(read)
        assert all(math.isfinite(value) for value in chosen.values())
        assert load(write(toml_of(recorded))) == read
