"""A person's own exercises lie over the bundled ones; what is wrong with them is named with file, line and reason."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch import config
from posturewatch.errors import PosturewatchError
from posturewatch.exercises import Dose, Loaded, Movement, Step, by_id, choose, load, load_own, own_path, text

BUNDLED = load()
IDS = [exercise.id for exercise in BUNDLED]
PLAIN = """
[[exercise]]
id = "chin-tuck"
name = "Chin tuck"
suits = ["forward_head"]
steps = ["Sit tall.", "Draw your chin in lightly.", "Let go."]
total_s = 60
"""
TURNS = """
[[exercise]]
id = "half-turns"
name = "Half turns"
suits = ["turned", "still"]
total_s = 70

  [[exercise.step]]
  text = "Sit tall."
  total_s = 10

  [[exercise.step]]
  text = "Turn to the left only."
  view = "side"
  pose = { arms = "down", trunk_lean_deg = 5 }
  movement = { axis = "turn", target = 40, back = 10, sides = ["left"], repetitions = 10, hold_s = 2 }
  total_s = 60
"""


@pytest.fixture
def own(tmp_path):
    """Write a person's own file and load it."""

    def loaded(content: str, drawn=None) -> Loaded:
        path = tmp_path / "exercises.toml"
        path.write_text(content, encoding="utf-8")
        found = load_own(path, drawn)
        assert all(said.startswith(str(path)) and "\n" not in said for said in found.complaints)
        return Loaded(found.catalogue, tuple(said.removeprefix(str(path)) for said in found.complaints))

    return loaded


def ids(loaded: Loaded) -> list[str]:
    return [exercise.id for exercise in loaded.catalogue]


# What a person may do


def test_without_a_file_of_their_own_there_are_the_bundled_ones(tmp_path):
    assert load_own(tmp_path / "none.toml") == Loaded(BUNDLED, ())
    assert load_own(tmp_path / "no" / "folder.toml") == Loaded(BUNDLED, ())


def test_their_file_stands_beside_the_settings():
    assert own_path() == config.default_path().parent / "exercises.toml"


def test_plain_steps_are_enough_they_are_timed_and_share_the_time(own):
    found = own(PLAIN)
    assert found.complaints == ()
    assert ids(found) == ["chin-tuck", *IDS]
    mine = found.catalogue[0]
    assert mine.steps == tuple(
        Step(said, "front", {}, None, 20.0) for said in ("Sit tall.", "Draw your chin in lightly.", "Let go.")
    )
    assert mine.dose == Dose("As the steps say", 1, 1, 0, 0)
    assert "stop at pain, burning, tingling or dizziness" in mine.safety
    assert (mine.source, mine.total_s) == ("Your own exercises.toml.", 60)
    assert "1. Sit tall." in text(mine)


def test_steps_can_be_counted_by_the_camera_and_have_a_figure(own):
    found = own(TURNS)
    assert found.complaints == ()
    assert found.catalogue[0].steps == (
        Step("Sit tall.", "front", {}, None, 10),
        Step(
            "Turn to the left only.",
            "side",
            {"arms": "down", "trunk_lean_deg": 5.0},
            Movement("turn", 40, 10, ("left",), 10, 2),
            60,
        ),
    )


def test_what_is_written_is_taken_before_what_may_be_left_out(own):
    lines = 'reason = "My own."\nsafety = "Slowly."\nsource = "My doctor, March"\nverifies = "Nothing."\n'
    mine = own(PLAIN + lines + 'dose = { text = "3 times a day", repetitions = 10 }').catalogue[0]
    assert (mine.reason, mine.safety, mine.source, mine.verifies) == (
        "My own.", "Slowly.", "My doctor, March", "Nothing."
    )  # fmt: skip
    assert mine.dose == Dose("3 times a day", 10, 1, 0, 0)


def test_a_new_one_is_suggested_before_the_bundled_ones_but_standing_up_comes_first_when_time_alone_is_told(own):
    catalogue = own(PLAIN.replace('"forward_head"', '"forward_head", "still"')).catalogue
    assert choose(catalogue, "forward_head", "posture", []).id == "chin-tuck"
    assert choose(catalogue, "forward_head", "posture", ["chin-tuck"]).id == "crown-stretch-chin-sweep"
    assert choose(catalogue, None, "still", []).id == "warm-up-circles"
    assert choose(catalogue, None, "still", ["warm-up-circles"]).id == "chin-tuck"


def test_one_with_a_bundled_id_takes_its_place(own):
    found = own(PLAIN.replace("chin-tuck", "alternate-head-turns"))
    assert found.complaints == ()
    assert ids(found) == IDS
    assert by_id(found.catalogue, "alternate-head-turns").name == "Chin tuck"


def test_one_can_be_switched_off_also_without_any_of_their_own(own):
    found = own('off = ["self-massage", "warm-up-circles"]')
    assert found.complaints == ()
    assert ids(found) == [each for each in IDS if each not in ("self-massage", "warm-up-circles")]
    assert choose(found.catalogue, None, "seated", []).id == "progressive-relaxation"
    assert own("off = []").catalogue == BUNDLED


def test_their_own_can_be_switched_off_too(own):
    found = own('off = ["chin-tuck"]\n' + PLAIN)
    assert found == Loaded(BUNDLED, ())


def test_everything_may_be_switched_off(own):
    found = own(f"off = {IDS}")
    assert found == Loaded((), ())
    assert choose(found.catalogue, "turned", "posture", []) is None


# What is wrong is named, and the rest still loads


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('name = "Chin tuck"\n', "", 2, "`name` is missing. Add it."),
        ('id = "chin-tuck"\n', "", 2, "`id` is missing. Add it."),
        ('steps = ["Sit tall.", "Draw your chin in lightly.", "Let go."]\n', "", 2, "`step` is missing. Add it."),
        ('"chin-tuck"', '"Chin Tuck"', 3, "`id` must be small letters and digits joined by hyphens, and not 'hurts'"),
        ('"chin-tuck"', '"hurts"', 3, "and not 'hurts', got 'hurts'."),
        ('"Chin tuck"', "7", 4, '`name` must be a text of at most 500 characters in "quotes", got 7.'),
        ('"Chin tuck"', '"\\u001b[2J"', 4, "`name` must be a text of at most 500 characters"),
        ('"Chin tuck"', f'"{"a" * 501}"', 4, "`name` must be a text of at most 500 characters"),
        ('"forward_head"', '"foward_head"', 5, "unknown word 'foward_head'. Did you mean 'forward_head'?"),
        ('["forward_head"]', '["still", "still"]', 5, "`suits` has 'still' twice. Leave one out."),
        ('"Let go."', "3", 6, '`steps` must be a list of texts such as ["one", "two"], got ['),
        ("= 60", "= 901", 7, "`total_s` must be a number from 1 to 900, got 901."),
        ("= 60", "= false", 7, "`total_s` must be a number from 1 to 900, got False."),
        ("= 60", "= 60\nsaftey = 'x'", 8, "unknown key `saftey`. Did you mean 'safety'?"),
        ("= 60", "= 60\ndose = 5", 8, "`dose` must be a table of key = value pairs, got 5."),
        ("= 60", "= 60\ndose = { text = 'x', sides = 3 }", 8, "dose: `sides` must be a whole number from 1 to 2"),
        ("= 60", "= 60\n[exercise.dose]\n# so often\nrepetitions = 5", 8, "dose: `text` is missing. Add it."),
        ("= 60", "= 60\n[[exercise.step]]\ntext = 'x'", 6, "both `steps` and [[exercise.step]]. Keep one of them."),
    ],
)  # fmt: skip
def test_a_bad_entry_is_named_with_line_and_reason_and_the_rest_loads(own, old, new, line, said):
    assert old in PLAIN
    found = own(PLAIN.replace(old, new) + TURNS)
    assert ids(found) == ["half-turns", *IDS]
    assert len(found.complaints) == 1
    assert found.complaints[0].startswith(f", line {line}: exercise 1")
    assert said in found.complaints[0]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("total_s = 70", "total_s = 90", 6, "`total_s` is 90, but the steps take 70 s together."),
        ('text = "Sit tall."', "", 8, "step 1: `text` is missing. Add it."),
        ("total_s = 10", "", 8, "step 1: `total_s` is missing. Add it."),
        ("total_s = 10", "total_s = 10\npause = 3", 11, "step 1: unknown key `pause`. Did you mean"),
        ('view = "side"', 'view = "above"', 14, "step 2: `view` has the unknown word 'above'. Did you mean"),
        ('arms = "down"', "arms = true", 15, "step 2, pose: `arms` must be a number"),
        ("lean_deg = 5", "lean_deg = nan", 15, "step 2, pose: `trunk_lean_deg` must be a number"),
        ('axis = "turn"', 'axis = "tirn"', 16, "step 2, movement: `axis` has the unknown word 'tirn'. Did"),
        ("target = 40", "target = 61", 16, "`target` must be a number from 1 to 60, got 61."),
        ("target = 40", "target = 0", 16, "`target` must be a number from 1 to 60, got 0."),
        ("target = 40, ", "", 16, "step 2, movement: `target` is missing. Add it."),
        ("back = 10", "back = 40", 16, "`back` must be a number from 0 to 36, got 40."),
        ('sides = ["left"], ', "", 16, "`sides` is missing. Add it."),
        ('sides = ["left"]', 'sides = ["links"]', 16, "`sides` has the unknown word 'links'. Did you mean"),
        ('sides = ["left"]', 'sides = ["left", "left"]', 16, "`sides` has 'left' twice."),
        ('axis = "turn"', 'axis = "nod"', 16, "a nod has no sides. Leave `sides` out."),
        ("repetitions = 10", "repetitions = 2.5", 16, "`repetitions` must be a whole number from 1 to 100, got 2.5."),
        ("hold_s = 2", "hold_s = 7", 17, "step 2: `total_s` is 60, but its movement takes 70 s."),
        ('["left"], repetitions = 10, hold_s = 2', '["left", "right"], repetitions = 4, hold_s = 9', 17, "takes 72 s."),
        ("hold_s = 2", "turns = 2", 16, "step 2, movement: unknown key `turns`."),
    ],
)  # fmt: skip
def test_a_bad_step_is_named_with_line_and_reason(own, old, new, line, said):
    assert TURNS.count(old) == 1
    found = own(TURNS.replace(old, new) + PLAIN)
    assert ids(found) == ["chin-tuck", *IDS]
    assert len(found.complaints) == 1
    assert found.complaints[0].startswith(f", line {line}: exercise 1 ('half-turns')")
    assert said in found.complaints[0]


@pytest.mark.parametrize(
    ("axis", "target", "most"),
    [("turn", 60, 60), ("tilt", 35, 35), ("nod", 45, 45), ("sweep", 45, 45), ("grow", 10, 10), ("shoulders", 30, 30)],
)
def test_a_target_beyond_what_most_necks_can_do_is_refused(own, axis, target, most):
    sides = 'sides = ["left"], ' if axis in ("turn", "tilt", "sweep") else ""
    line = f'{{ axis = "{axis}", target = {target}, back = 0, {sides}repetitions = 1 }}'
    content = TURNS.replace(TURNS[TURNS.index("{ axis") : TURNS.index("\n  total_s = 60")], line)
    assert own(content).complaints == ()
    said = own(content.replace(f"target = {target}", f"target = {target + 0.1}")).complaints[0]
    assert f"`target` must be a number from 1 to {most}, got {target + 0.1}." in said


def test_a_time_has_neither_a_way_back_nor_a_hold(own):
    content = TURNS.replace(TURNS[TURNS.index("{ axis") : TURNS.index("\n  total_s = 60")], "{ MOVE }")
    good = 'axis = "leave", target = 20, repetitions = 1'
    assert own(content.replace("MOVE", good)).catalogue[0].steps[1].movement == Movement("leave", 20, 0, (), 1, 0)
    assert (
        "`back` must be a number from 0 to 0, got 3." in own(content.replace("MOVE", good + ", back = 3")).complaints[0]
    )
    assert "`hold_s` must be a number from 0 to 0" in own(content.replace("MOVE", good + ", hold_s = 3")).complaints[0]
    long = good.replace("20", "61")
    assert "but its movement takes 61 s" in own(content.replace("MOVE", long)).complaints[0]


def test_a_line_is_found_below_texts_that_look_like_headers(own):
    tricky = 'reason = """\n[[exercise]]\nid = "x"\n"""\n# [[exercise]]\n'
    found = own(PLAIN + tricky + TURNS.replace("half-turns", "Half Turns"))
    assert [said.partition(": ")[0] for said in found.complaints] == [", line 15"]
    assert found.catalogue[0].reason == '[[exercise]] id = "x"'


def test_every_bad_entry_has_its_line_and_the_good_ones_between_load(own):
    bad = [PLAIN.replace("chin-tuck", f"mine-{n}").replace("60", "0") for n in range(3)]
    found = own(bad[0] + PLAIN + bad[1] + bad[2])
    assert ids(found) == ["chin-tuck", *IDS]
    assert [said[: said.index(" (")] for said in found.complaints] == [
        ", line 7: exercise 1", ", line 21: exercise 3", ", line 28: exercise 4"
    ]  # fmt: skip


def test_a_bad_entry_with_a_bundled_id_leaves_the_bundled_one(own):
    found = own(PLAIN.replace("chin-tuck", "self-massage").replace("60", "0"))
    assert found.catalogue == BUNDLED
    assert len(found.complaints) == 1


def test_the_second_of_two_with_one_id_is_passed_over(own):
    found = own(PLAIN + PLAIN.replace("Chin tuck", "Another"))
    assert found.complaints == (", line 10: exercises 1 and 2 share the id 'chin-tuck'. Rename one.",)
    assert by_id(found.catalogue, "chin-tuck").name == "Chin tuck"


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ('"self-massage"', '`off` must be a list of texts such as ["one", "two"], got \'self-massage\'.'),
        ("[1]", '`off` must be a list of texts such as ["one", "two"], got [1].'),
        ('["self-masage"]', "`off` has 'self-masage', and there is no such exercise. Did you mean 'self-massage'?"),
    ],
)
def test_a_bad_switch_is_named_and_the_rest_loads(own, off, said):
    found = own(f"# mine\noff = {off}\n" + PLAIN)
    assert found.complaints == (f", line 2: {said}",)
    assert ids(found) == ["chin-tuck", *IDS]


def test_a_good_switch_beside_a_bad_one_still_switches_off(own):
    found = own('off = ["chest", "self-massage"]')
    assert "self-massage" not in ids(found)
    assert len(found.complaints) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("exercise = 3", ", line 1: `exercise` must be a list of tables, each headed by [[exercise]], got 3."),
        ("[exercise]\nid = 'x'", ", line 1: `exercise` must be a list of tables, each headed by [[exercise]], got "),
        ("exercise = [3]", ", line 1: exercise 1 must be a table headed by [[exercise]]."),
        ("\n[[exercises]]\nid = 'x'", ", line 2: unknown key `exercises`. Did you mean 'exercise'?"),
        ("[hurts]\ntitle = 'x'", ", line 1: unknown key `hurts`."),
        ("[[exercise]]\nid = 'x'\nname = 'x'\nsuits = ['still']\ntotal_s = 9\nstep = 3",
         ", line 6: exercise 1 ('x'): `step` must be a list of tables, each headed by [[exercise.step]], got 3."),
        ("[[exercise]]\nid = 'x'\nname = 'x'\nsuits = ['still']\ntotal_s = 9\nstep = [{}, 4]",
         ", line 6: exercise 1 ('x'), step 1: `total_s` is missing. Add it."),
    ],
)  # fmt: skip
def test_another_shape_is_one_complaint_and_the_bundled_ones_remain(own, content, said):
    found = own(content)
    assert found.catalogue == BUNDLED
    assert len(found.complaints) == 1
    assert found.complaints[0].startswith(said)


def test_an_empty_file_changes_nothing(own):
    assert own("") == Loaded(BUNDLED, ())
    assert own("# nothing yet\n") == Loaded(BUNDLED, ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"off = [\n", "not TOML"),
        (b"a = 1\nb = c\n", "line 2: not TOML"),
        (b"a = '\xe9'", "line 1: not UTF-8 text"),
        (b"a = " + b"[" * 30_000, "not TOML|too long to be read"),
        (b"#" * 70_000, "too large to be read"),
    ],
)
def test_a_file_that_is_not_toml_is_one_complaint_and_the_bundled_ones_remain(tmp_path, content, said):
    path = tmp_path / "exercises.toml"
    path.write_bytes(content)
    found = load_own(path)
    assert found.catalogue == BUNDLED
    assert len(found.complaints) == 1
    assert "exercises.toml" in found.complaints[0]
    assert any(each in found.complaints[0] for each in said.split("|"))


def test_what_is_no_file_is_one_complaint(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        found = load_own(path)
        assert found.catalogue == BUNDLED
        assert [said for said in found.complaints if f"{path} is not a file" in said] == list(found.complaints) != []


def test_a_step_that_has_no_picture_is_named_at_its_pose(own):
    def drawn(step: Step) -> None:
        if "trunk_lean_deg" in step.pose:
            raise PosturewatchError("unknown pose word 'trunk_lean_deg'. Did you mean 'turn_deg'?")

    found = own(TURNS + PLAIN, drawn)
    assert ids(found) == ["chin-tuck", *IDS]
    assert found.complaints == (
        ", line 15: exercise 1 ('half-turns'): step 2: unknown pose word 'trunk_lean_deg'. Did you mean 'turn_deg'?",
    )


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.sampled_from((PLAIN + TURNS).splitlines()), max_size=25))
def test_lines_in_any_order_load_or_are_complained_about_and_never_lose_the_bundled_ones(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("own") / "exercises.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = load_own(path)
    assert [exercise for exercise in found.catalogue if exercise.id in IDS] == list(BUNDLED)
    assert all(said.startswith((str(path), path.name)) for said in found.complaints)


def test_the_bundled_file_has_no_complaint_and_may_be_read_again():
    assert load() == BUNDLED
    assert replace(BUNDLED[0], id="x") != BUNDLED[0]
