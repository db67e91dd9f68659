"""The history's file: private, versioned, set aside when it is damaged."""

import os
import re
import sqlite3
import stat

import pytest

from posturewatch.errors import PosturewatchError
from posturewatch.files import store
from posturewatch.posture import AWAY, POSTURES, UNKNOWN, UPRIGHT

# Version 1 as its first program wrote it. Files like this one exist: this text never changes.
VERSION_1 = """
CREATE TABLE minutes (at_s INTEGER PRIMARY KEY, offset_s INTEGER NOT NULL, day TEXT NOT NULL,
  upright_s REAL NOT NULL, forward_head_s REAL NOT NULL, slumped_s REAL NOT NULL, neck_flexed_s REAL NOT NULL,
  neck_extended_s REAL NOT NULL, side_bent_s REAL NOT NULL, turned_s REAL NOT NULL, unknown_s REAL NOT NULL,
  away_s REAL NOT NULL, looks INTEGER NOT NULL, hold_s_max REAL, dose_max REAL,
  forward_head_deg_told_s REAL NOT NULL, forward_head_deg_sum REAL NOT NULL, forward_head_deg_max REAL,
  error_deg_told_s REAL NOT NULL, error_deg_sum REAL NOT NULL, error_deg_max REAL,
  severity_told_s REAL NOT NULL, severity_sum REAL NOT NULL, severity_max REAL,
  forward_head_deg_mean REAL AS (forward_head_deg_sum / forward_head_deg_told_s),
  error_deg_mean REAL AS (error_deg_sum / error_deg_told_s),
  severity_mean REAL AS (severity_sum / severity_told_s));
CREATE TABLE transitions (at_s REAL NOT NULL, offset_s INTEGER NOT NULL, day TEXT NOT NULL,
  dwell_s REAL NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL);
CREATE TABLE alerts (at_s REAL NOT NULL, offset_s INTEGER NOT NULL, day TEXT NOT NULL,
  kind TEXT NOT NULL, level INTEGER NOT NULL, message TEXT NOT NULL, exercise TEXT);
CREATE TABLE exercises (at_s REAL NOT NULL, offset_s INTEGER NOT NULL, day TEXT NOT NULL, exercise TEXT NOT NULL,
  done INTEGER NOT NULL, repetitions INTEGER NOT NULL, repetitions_left INTEGER NOT NULL,
  repetitions_right INTEGER NOT NULL);
CREATE TABLE ranges (at_s REAL NOT NULL, offset_s INTEGER NOT NULL, day TEXT NOT NULL,
  axis TEXT NOT NULL, side TEXT, degrees REAL NOT NULL);
CREATE TABLE answers (day TEXT PRIMARY KEY, hurts INTEGER NOT NULL);
INSERT INTO answers VALUES ('2025-11-21', 1);
PRAGMA user_version = 1;
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "history.sqlite"


def made(path, script):
    path.parent.mkdir(exist_ok=True)
    db = sqlite3.connect(path)
    db.executescript(script)
    db.close()


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def tables(db):
    """Names and columns, the generated ones too."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: [row[1:4] for row in db.execute(f"PRAGMA table_xinfo({name})")] for name in names}


def version(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


def test_a_new_file_is_private_whatever_the_umask_and_so_is_what_lies_beside_it(path):
    old = os.umask(0)
    try:
        db = store.opened(path)
    finally:
        os.umask(old)
    db.execute("INSERT INTO answers VALUES ('2025-11-22', 0)")
    assert mode(path.parent) == "0o700"
    assert [mode(each) for each in (path, *store.beside(path))] == ["0o600"] * 3


def test_a_file_that_others_could_read_becomes_private_and_what_lies_beside_it_too(path):
    made(path, VERSION_1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("INSERT INTO answers VALUES ('2025-11-22', 0)")
    for each in (path, *store.beside(path)):
        each.chmod(0o644)
    store.opened(path)
    assert [mode(each) for each in (path, *store.beside(path))] == ["0o600"] * 3


def test_the_file_is_written_ahead_and_what_is_deleted_is_overwritten(path):
    db = store.opened(path)
    ask = lambda name: db.execute(f"PRAGMA {name}").fetchone()[0]  # noqa: E731
    assert (ask("journal_mode"), ask("synchronous"), ask("secure_delete"), ask("temp_store")) == ("wal", 1, 1, 2)


def test_a_new_file_is_of_the_present_version(path):
    db = store.opened(path)
    assert version(db) == len(store.MIGRATIONS) == 1


@pytest.mark.parametrize("script", [None, "", "PRAGMA journal_mode = WAL"], ids=["0 bytes", "empty", "header only"])
def test_a_file_of_version_0_gets_its_tables(path, script):
    path.parent.mkdir()
    path.touch()
    if script is not None:
        made(path, script)
    db = store.opened(path)
    assert tables(db) == tables(store.in_memory())
    assert version(db) == 1


def test_a_file_of_version_1_is_what_this_program_makes_and_keeps_its_rows(path, tmp_path):
    made(path, VERSION_1)
    db = store.opened(path)
    assert db.execute("SELECT * FROM answers").fetchall() == [("2025-11-21", 1)]
    assert tables(db) == tables(store.in_memory())


def test_an_older_file_is_led_to_the_present_version_and_keeps_its_rows(path, monkeypatch):
    made(path, VERSION_1)
    steps = (*store.MIGRATIONS, ("ALTER TABLE answers ADD COLUMN where_it_hurts TEXT DEFAULT 'neck'",))
    monkeypatch.setattr(store, "MIGRATIONS", steps)
    db = store.opened(path)
    assert version(db) == 2
    assert db.execute("SELECT * FROM answers").fetchall() == [("2025-11-21", 1, "neck")]
    db.close()
    assert version(store.opened(path)) == 2  # and no step is taken twice


def test_a_migration_is_made_whole_or_not_at_all(path, monkeypatch):
    made(path, VERSION_1)
    steps = (*store.MIGRATIONS, ("ALTER TABLE answers ADD COLUMN more TEXT", "ALTER TABLE nothing ADD COLUMN x"))
    monkeypatch.setattr(store, "MIGRATIONS", steps)
    with pytest.raises(sqlite3.OperationalError):
        store.opened(path)
    monkeypatch.undo()
    db = store.opened(path)
    assert version(db) == 1
    assert db.execute("SELECT * FROM answers").fetchall() == [("2025-11-21", 1)]


def test_a_file_of_a_newer_program_is_refused_and_left_as_it_was(path):
    made(path, VERSION_1 + "PRAGMA user_version = 7; PRAGMA journal_mode = DELETE;")
    before = path.read_bytes()
    with pytest.raises(PosturewatchError, match=r"newer posturewatch \(version 7, this one knows 1\)\. Update it"):
        store.opened(path)
    assert path.read_bytes() == before


DAMAGES = {
    "text": (b"this is no database, however long it may be " * 40, "not a database"),
    "cut off": (None, "malformed"),
    "zeroed page": (None, "malformed|Page 2"),
    "another program's": ("CREATE TABLE songs (title TEXT)", "another program's database"),
    "a table missing": (VERSION_1 + "DROP TABLE ranges", "ranges without axis, day, degrees, side"),
    "a column missing": (VERSION_1 + "ALTER TABLE alerts DROP COLUMN exercise", "alerts without exercise"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_told_from_one_that_is_busy_or_away(path, name):
    content, words = DAMAGES[name]
    if isinstance(content, bytes):
        path.parent.mkdir()
        path.write_bytes(content)
    else:
        made(path, content or VERSION_1)
    data = path.read_bytes()
    if name == "cut off":
        path.write_bytes(data[: len(data) // 2])
    if name == "zeroed page":
        path.write_bytes(data[:4096] + bytes(4096) + data[8192:])
    damage = store.opened(path)
    assert isinstance(damage, str)
    assert re.search(words, damage), damage


def test_damaged_files_are_kept_under_names_of_their_own(path):
    path.parent.mkdir()
    for number in (1, 2, 3):
        path.write_text(f"damage {number}")
        wal, _ = store.beside(path)
        wal.write_text(f"beside {number}")
        assert f"kept as history.sqlite.damaged{number}" in store.set_aside(path, "why")
        assert not path.exists()
        assert not wal.exists()
    kept = store.set_aside_before(path)
    assert [each.read_text() for each in kept if not each.name.endswith("-wal")] == ["damage 1", "damage 2", "damage 3"]
    assert [each.read_text() for each in kept if each.name.endswith("-wal")] == ["beside 1", "beside 2", "beside 3"]


def interrupted(db):
    with store.transaction(db):
        db.execute("INSERT INTO answers VALUES ('2025-11-22', 1)")
        raise KeyboardInterrupt


def test_a_file_that_another_program_writes_to_can_be_opened(path):
    store.opened(path).execute("BEGIN IMMEDIATE")
    assert not isinstance(store.opened(path), str)


def test_a_transaction_that_is_interrupted_leaves_nothing(path):
    db = store.opened(path)
    with pytest.raises(KeyboardInterrupt):
        interrupted(db)
    assert db.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    with store.transaction(db):
        db.execute("INSERT INTO answers VALUES ('2025-11-22', 1)")
    assert db.execute("SELECT count(*) FROM answers").fetchone() == (1,)


def test_every_state_has_its_seconds():
    assert {UPRIGHT, *POSTURES, UNKNOWN, AWAY} == set(store.STATES)
    columns = {name for name, *_ in tables(store.in_memory())["minutes"]}
    assert {f"{state}_s" for state in store.STATES} <= columns
