"""Forgetting and exporting what is kept: all of it, for good, asked before; tables that other programs read rightly."""

import csv
import io
import json
import os
import stat
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from commands import mistake, run
from samples import SAMPLE

from posturewatch import baseline, config
from posturewatch.commands import upkeep
from posturewatch.files.store import KINDS
from posturewatch.history import History
from posturewatch.posture import Transition
from posturewatch.session import Notice

NOW = datetime.now().astimezone().replace(microsecond=250_000)
OLD = NOW - timedelta(days=40)  # its midnight, from which an answer counts, is up to 984 h ago


@pytest.fixture
def path():
    return config.data_folder() / "history.sqlite"


def history():
    kept, complaints = History.open(config.data_folder() / "history.sqlite")
    assert complaints == []
    return kept


def noted(kept, at, message="Time to change position.", exercise="chin-tuck"):
    """A minute, a transition, an alert, an exercise, a range, an answer."""
    kept.add(SAMPLE, at)
    kept.add(replace(SAMPLE, t_s=SAMPLE.t_s + 2), at)
    kept.save()
    kept.transition(Transition(20.0, 10.0, "upright", "forward_head"), at)
    kept.alert(Notice(700.0, "posture", 2, message, exercise), at)
    kept.exercise_done("chin-tuck", True, {None: 10}, at)
    kept.range_reached("turn", "left", 50.12345, at)
    kept.answer(at.date(), False)


@pytest.fixture
def two_days(path):
    """A history of long ago and of now."""
    kept = history()
    noted(kept, OLD)
    noted(kept, NOW)
    kept.close()


@pytest.fixture
def faces():
    """All that may lie in the folder of baselines."""
    folder = baseline.folder()
    (folder / "older").mkdir(parents=True)
    names = ["me.json", "camera-0-640x480.json", "me.json.damaged", ".baseline-x1y2", "me.json.bak", "older/me.json"]
    for name in names:
        (folder / name).write_text("face")
    return folder


def days():
    """The days of which something is kept, by kind."""
    kept = history()
    found = {kind: [row["day"] for row in kept.rows(kind)] for kind in KINDS}
    kept.close()
    return found


def left(folder):
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def mode(file):
    return oct(stat.S_IMODE(file.stat().st_mode))


# Forgetting


def test_forgetting_all_deletes_the_history_and_every_face(two_days, faces, path):
    result = run("forget", "--all")
    assert result.exit_code == 0
    assert days() == {kind: [] for kind in KINDS}
    assert left(faces) == []
    lines = result.stdout.splitlines()
    for name in ("me.json", "me.json.damaged", ".baseline-x1y2", "older/me.json"):
        assert f"Deleted: the baseline {faces / name}" in lines
    assert "Deleted: 2 minutes" in lines
    assert "Deleted: 2 alerts" in lines
    for each in path.parent.glob("history*"):
        assert b"chin-tuck" not in each.read_bytes()


def test_forgetting_until_a_day_keeps_what_is_newer_and_every_baseline(two_days, faces):
    result = run("forget", "--before", (NOW - timedelta(days=2)).date().isoformat())
    assert result.exit_code == 0
    assert days() == {kind: [NOW.date().isoformat()] for kind in KINDS}
    assert len(left(faces)) == 6
    assert "Deleted: 1 minute" in result.stdout.splitlines()


@pytest.mark.parametrize(("span", "most"), [("30d", 1), ("5w", 1), ("6w", 2), ("950h", 1), ("990h", 2)])
def test_a_span_forgets_what_is_longer_ago(two_days, span, most):
    assert run("forget", "--before", span).exit_code == 0
    assert {len(found) for found in days().values()} == {most}


def test_the_day_itself_is_kept_from_its_first_second_on(path):
    midnight = datetime.fromisoformat("2026-03-05T00:00:00").astimezone()
    kept = history()
    for at in (midnight - timedelta(seconds=1), midnight):
        kept.range_reached("turn", "left", 50.0, at)
    kept.close()
    run("forget", "--before", "2026-03-05")
    assert days()["ranges"] == ["2026-03-05"]


def test_what_was_set_aside_as_damaged_goes_too(path, two_days):
    path.write_bytes(b"no database" * 1000)
    result = run("forget", "--all")
    assert result.exit_code == 0
    assert "is damaged" in result.stderr
    assert f"Deleted: the damaged history {path}.damaged1" in result.stdout
    assert left(path.parent) == ["history.sqlite"]


def test_a_history_that_was_damaged_just_now_is_not_older_and_is_kept(path, two_days):
    path.write_bytes(b"no database" * 1000)
    result = run("forget", "--before", "30d")
    assert "kept as history.sqlite.damaged1" in result.stderr
    assert path.with_name("history.sqlite.damaged1").exists()


def test_while_a_watch_runs_it_works_and_what_is_noted_later_is_kept(two_days):
    watch = history()
    noted(watch, NOW)
    assert run("forget", "--all").exit_code == 0
    assert days() == {kind: [] for kind in KINDS}
    watch.alert(Notice(700.0, "posture", 2, "Later.", None), NOW)
    watch.close()
    assert len(days()["alerts"]) == 1


def test_where_nothing_was_kept_nothing_is_made(path):
    result = run("forget", "--all")
    assert (result.exit_code, result.stdout) == (0, "There was nothing to delete.\n")
    assert not path.parent.exists()


@pytest.mark.parametrize("words", [(), ("--all", "--before", "30d"), ("--yes",)])
def test_without_saying_what_it_explains_and_ends_with_2(words, two_days, faces):
    result = run("forget", *words)
    assert result.exit_code == 2
    assert "--before" in result.stderr
    assert "--all" in result.stderr
    assert len(left(faces)) == 6
    assert {len(found) for found in days().values()} == {2}


@pytest.mark.parametrize("text", ["yesterday", "7", "7x", "2026-13-01", "-3d", "9999999w", ""])
def test_a_date_that_is_none_ends_with_2_and_nothing_is_deleted(text, two_days):
    assert run("forget", "--before", text).exit_code == 2
    assert {len(found) for found in days().values()} == {2}


@pytest.fixture
def answers(monkeypatch):
    """A person at a terminal: what they answer, and what they were asked."""
    asked = []

    def sitting(answer):
        def reply(question):
            asked.append(str(question))
            if answer is None:
                raise EOFError
            return answer

        monkeypatch.setattr(upkeep.err, "input", reply)
        monkeypatch.setattr(upkeep, "_at_a_terminal", lambda: True)
        return asked

    return sitting


@pytest.mark.parametrize(("answer", "there"), [("y", 0), ("Yes", 0), ("n", 2), ("", 2), ("all", 2), (None, 2)])
def test_on_a_terminal_it_asks_and_only_yes_deletes(answer, there, answers, two_days, faces):
    asked = answers(answer)
    result = run("forget", "--all")
    assert result.exit_code == 0
    assert asked == ["Delete the whole history and every baseline for good? [y/n] "]
    assert {len(found) for found in days().values()} == {there}
    assert bool(left(faces)) == bool(there)
    assert ("Nothing was deleted." in result.stdout) == bool(there)


def test_the_question_tells_the_day(answers, two_days):
    asked = answers("n")
    run("forget", "--before", "2026-03-05")
    assert asked[0].startswith("Delete the history before 2026-03-05 00:00")


def test_yes_skips_the_question(answers, two_days):
    assert answers("n") == []
    run("forget", "--all", "--yes")
    assert days()["alerts"] == []


def test_quiet_deletes_without_a_word(two_days):
    assert run("forget", "--all", "--quiet").output == ""
    assert days()["alerts"] == []


def test_a_history_that_cannot_be_emptied_is_one_line_and_the_faces_are_gone(path, faces):
    path.mkdir()
    assert "Cannot keep the history" in mistake(run("forget", "--all"))
    assert left(faces) == []


def test_a_baseline_that_cannot_be_deleted_is_one_line(faces, monkeypatch):
    monkeypatch.setattr(os, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert "Cannot delete" in mistake(run("forget", "--all"))


# Exporting


def test_json_is_one_object_with_a_list_for_each_kind(two_days):
    result = run("export", "--format", "json")
    content = json.loads(result.stdout)
    assert content.keys() == KINDS.keys()
    assert {kind: len(rows) for kind, rows in content.items()} == dict.fromkeys(KINDS, 2)
    assert content["ranges"][1] == {
        "at": NOW.isoformat(timespec="milliseconds"),
        "day": NOW.date().isoformat(),
        "axis": "turn",
        "side": "left",
        "degrees": 50.123,
    }
    assert content["answers"][0] == {"day": OLD.date().isoformat(), "hurts": False}


def test_json_of_one_kind_or_of_nothing_is_an_object_too(two_days):
    content = json.loads(run("export", "--format", "json", "--kind", "alerts", "--since", "7d").stdout)
    assert [row["day"] for row in content["alerts"]] == [NOW.date().isoformat()]
    run("forget", "--all")
    assert json.loads(run("export", "--format", "json").stdout) == {kind: [] for kind in KINDS}


def test_csv_is_a_file_for_each_kind_in_a_folder(two_days, tmp_path):
    folder = tmp_path / "new" / "out"
    result = run("export", "--format", "csv", "--out", folder)
    counts = "2 minutes, 2 transitions, 2 alerts, 2 exercises, 2 ranges, 2 answers"
    assert result.stdout == f"{counts}: {folder}\n"
    assert sorted(each.name for each in folder.iterdir()) == sorted(f"{kind}.csv" for kind in KINDS)
    for kind in KINDS:
        data = (folder / f"{kind}.csv").read_bytes()
        assert data.startswith("\ufeff".encode())  # a spreadsheet would take it for another encoding
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        assert len(rows) == 2
        assert set(rows[0]) - {"at", "local_time", "day"} == set(KINDS[kind])
        assert mode(folder / f"{kind}.csv") == "0o600"


def test_one_kind_as_csv_goes_on_the_screen_or_into_a_file(two_days, tmp_path):
    words = ("export", "--format", "csv", "--kind", "ranges", "--since", "7d")
    shown = run(*words).stdout
    local = NOW.strftime("%Y-%m-%d %H:%M:%S")
    at = NOW.isoformat(timespec="milliseconds")
    rows = ["at,local_time,day,axis,side,degrees", f"{at},{local},{NOW.date()},turn,left,50.123"]
    assert shown.splitlines() == rows
    assert run(*words, "--out", tmp_path / "r.csv").stdout == f"1 range: {tmp_path / 'r.csv'}\n"
    assert (tmp_path / "r.csv").read_bytes() == ("\ufeff" + "\r\n".join([*rows, ""])).encode()
    assert mode(tmp_path / "r.csv") == "0o600"


def test_what_was_not_told_is_an_empty_cell_and_null(path):
    kept = history()
    noted(kept, NOW, exercise=None)
    kept.close()
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv", "--kind", "alerts").stdout))
    assert row["exercise"] == ""
    assert json.loads(run("export", "--format", "json", "--kind", "alerts").stdout)["alerts"][0]["exercise"] is None


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula_and_numbers_stay_numbers(path, tmp_path, text):
    kept = history()
    noted(kept, NOW, message=text, exercise=text)
    kept.range_reached("turn", "left", -3.5, NOW)
    kept.close()
    run("export", "--format", "csv", "--kind", "alerts", "--out", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["message"], row["exercise"]) == (f"'{text}", f"'{text}")
    assert json.loads(run("export", "--format", "json", "--kind", "alerts").stdout)["alerts"][0]["message"] == text
    assert ",-3.5\n" in run("export", "--format", "csv", "--kind", "ranges").stdout


def test_quotes_commas_and_line_breaks_come_back_as_they_were(path):
    kept = history()
    message = 'He said "now",\nand went – 20 °'
    noted(kept, NOW, message=message)
    kept.close()
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv", "--kind", "alerts").stdout, newline=""))
    assert row["message"] == message


def test_an_earlier_file_is_replaced_and_becomes_private_but_never_half(two_days, tmp_path, monkeypatch):
    file = tmp_path / "out.json"
    file.write_text("earlier")
    file.chmod(0o644)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert "No space left on device" in mistake(run("export", "--format", "json", "--out", file))
    assert file.read_text() == "earlier"
    assert [each.name for each in tmp_path.glob("*out*")] == ["out.json"]
    assert run("export", "--format", "json", "--out", file).exit_code == 0
    assert json.loads(file.read_text()).keys() == KINDS.keys()
    assert mode(file) == "0o600"


def test_a_link_is_followed_and_what_is_no_file_is_written_to_as_it_is(two_days, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real.json")
    assert run("export", "--format", "json", "--out", tmp_path / "link").exit_code == 0
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())
    os.mkfifo(tmp_path / "pipe")  # never a device here: a broken rule would replace the machine's own
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert run("export", "--format", "json", "--out", tmp_path / "pipe").exit_code == 0
    assert json.loads(os.read(reader, 65536)).keys() == KINDS.keys()
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--format", "xml"),
        ("--format", "csv"),
        ("--format", "json", "--kind", "songs"),
        ("--format", "json", "--since", "then"),
    ],
)
def test_wrong_usage_ends_with_2(words, two_days):
    assert run("export", *words).exit_code == 2


def test_where_no_history_can_be_read_it_is_one_line(path, tmp_path):
    assert "no history yet" in mistake(run("export", "--format", "json"))
    assert not path.exists()
    path.mkdir(parents=True)
    assert "Cannot keep the history" in mistake(run("export", "--format", "json"))
    assert "Cannot make the folder" in mistake(damaged_and_a_file_for_a_folder(path, tmp_path))


def damaged_and_a_file_for_a_folder(path, tmp_path):
    path.rmdir()
    history().close()
    (tmp_path / "file").touch()
    return run("export", "--format", "csv", "--out", tmp_path / "file")


def test_a_damaged_history_is_told_and_is_no_empty_table(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    result = run("export", "--format", "json")
    assert "is damaged" in mistake(result)
    assert result.stdout == ""


def test_the_export_reads_while_a_watch_writes(two_days):
    watch = history()
    noted(watch, NOW)
    assert len(json.loads(run("export", "--format", "json").stdout)["alerts"]) == 3
    watch.close()
