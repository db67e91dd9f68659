"""The history: what is kept, told again, forgotten; and that no disk, no lock and no kill -9 ends the watching."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SAMPLE

from posturewatch.errors import PosturewatchError
from posturewatch.files import store
from posturewatch.files.store import KINDS, STATES
from posturewatch.history import LEARNED_FROM, MOST_WAITING, History
from posturewatch.posture import Transition
from posturewatch.session import Notice, Summary

ZONE = datetime.fromisoformat("2025-11-22T10:00:00+01:00").tzinfo
TEN = datetime(2025, 11, 22, 10, 0, 0, tzinfo=ZONE)
TODAY = date(2025, 11, 22)
ALERT = Notice(700.0, "posture", 2, "Time to change position.", "chin-tuck")
TRANSITION = Transition(20.0, 10.0, "upright", "forward_head")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "history.sqlite"


def opened(path):
    """A history about which there is nothing to tell."""
    history, complaints = History.open(path)
    assert complaints == []
    return history


def sit(history, start, length_s, rate_hz=2, state="upright", **values):
    """Samples of one state from start to start + length_s."""
    for tick in range(round(length_s * rate_hz) + 1):
        t_s = tick / rate_hz
        history.add(replace(SAMPLE, t_s=t_s, state=state, **values), start + timedelta(seconds=t_s))


def one_of_each(history, at=TEN):
    sit(history, at, 60)
    history.transition(TRANSITION, at)
    history.alert(ALERT, at)
    history.exercise_done("chin-tuck", True, {None: 10}, at)
    history.range_reached("turn", "left", 50.0, at)
    history.answer(at.date(), False)


def count(path, kind):
    db = sqlite3.connect(path)
    found = db.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]
    db.close()
    return found


# What is kept


def test_a_minute_is_in_the_file_when_the_next_one_begins(path):
    history = opened(path)
    sit(history, TEN, 59.5)
    assert count(path, "minutes") == 0
    sit(history, TEN + timedelta(seconds=60), 59.5)
    assert count(path, "minutes") == 1
    history.close()
    assert count(path, "minutes") == 2


def test_a_minute_tells_seconds_angles_and_looks(path):
    history = opened(path)
    sit(history, TEN, 15, state="slumped", forward_head_deg=12.0, error_deg=2.0, severity=1.2, hold_s=15.0, dose=0.02)
    sit(history, TEN + timedelta(seconds=20), 5, state="away", forward_head_deg=None, error_deg=None, severity=None)
    (minute,) = history.minutes()
    assert minute.at == TEN
    assert minute.at.utcoffset() == timedelta(hours=1)
    assert minute.day == "2025-11-22"
    assert minute.seconds == {**dict.fromkeys(STATES, 0.0), "slumped": 15.0, "away": 5.0}
    assert (minute.forward_head_deg_mean, minute.forward_head_deg_max) == (12.0, 12.0)
    assert minute.forward_head_deg_told_s == 15.0
    assert (minute.error_deg_mean, minute.error_deg_max) == (2.0, 2.0)
    assert (minute.severity_mean, minute.severity_max) == (pytest.approx(1.2), 1.2)
    assert (minute.hold_s_max, minute.dose_max, minute.looks) == (83.0, 0.14, 31 + 11)


def test_a_minute_in_which_nothing_was_told_has_no_angle(path):
    history = opened(path)
    sit(history, TEN, 30, state="away", forward_head_deg=None, error_deg=None, severity=None)
    (minute,) = history.minutes()
    assert (minute.forward_head_deg_mean, minute.forward_head_deg_max, minute.severity_mean) == (None, None, None)


def test_a_minute_that_was_saved_half_way_or_by_two_programs_is_one_row(path):
    history = opened(path)
    sit(history, TEN, 20, forward_head_deg=10.0, dose=0.5)
    history.save()
    history.save()
    assert count(path, "minutes") == 1
    history.close()
    history = opened(path)
    sit(history, TEN + timedelta(seconds=30), 10, forward_head_deg=40.0, dose=0.1)
    (minute,) = history.minutes()
    assert minute.seconds["upright"] == 30.0
    assert minute.forward_head_deg_mean == pytest.approx(20.0)
    assert (minute.forward_head_deg_max, minute.dose_max) == (40.0, 0.5)
    assert minute.looks == 41 + 21


def test_a_part_without_an_angle_takes_none_away(path):
    history = opened(path)
    sit(history, TEN, 10, forward_head_deg=10.0)
    history.save()
    sit(history, TEN + timedelta(seconds=20), 10, forward_head_deg=None)
    (minute,) = history.minutes()
    assert (minute.forward_head_deg_mean, minute.forward_head_deg_max) == (10.0, 10.0)
    assert minute.seconds["upright"] == 20.0


def test_transitions_and_alerts_are_in_the_file_at_once(path):
    history = opened(path)
    history.transition(TRANSITION, TEN)
    history.alert(ALERT, TEN)
    assert (count(path, "transitions"), count(path, "alerts")) == (1, 1)


def test_every_kind_of_row_is_ready_for_json_and_csv(path):
    history = opened(path)
    history.transition(TRANSITION, TEN + timedelta(milliseconds=250))
    history.alert(ALERT, TEN)
    history.exercise_done("side-bend", False, {"left": 5, "right": 4}, TEN)
    history.range_reached("turn", "left", 50.5, TEN)
    history.answer(TODAY, True)
    sit(history, TEN, 60)
    told = {kind: list(history.rows(kind)) for kind in KINDS}
    minutes = told.pop("minutes")
    day = {"at": "2025-11-22T10:00:00.000+01:00", "day": "2025-11-22"}
    assert told == {
        "transitions": [
            {
                "at": "2025-11-22T10:00:00.250+01:00",
                "day": "2025-11-22",
                "dwell_s": 10.0,
                "before": "upright",
                "after": "forward_head",
            }
        ],
        "alerts": [
            {**day, "kind": "posture", "level": 2, "message": "Time to change position.", "exercise": "chin-tuck"}
        ],
        "exercises": [
            {
                **day,
                "exercise": "side-bend",
                "done": False,
                "repetitions": 0,
                "repetitions_left": 5,
                "repetitions_right": 4,
            }
        ],
        "ranges": [{**day, "axis": "turn", "side": "left", "degrees": 50.5}],
        "answers": [{"day": "2025-11-22", "hurts": True}],
    }
    assert [row["at"] for row in minutes] == ["2025-11-22T10:00:00+01:00", "2025-11-22T10:01:00+01:00"]
    assert list(minutes[0]) == ["at", "day", *KINDS["minutes"]]
    assert minutes[0]["upright_s"] == 60.0
    json.dumps([told, minutes], allow_nan=False)
    assert told["exercises"][0]["done"] is False
    assert told["answers"][0]["hurts"] is True


def test_rows_come_in_order_from_since_until_before_until(path):
    history = opened(path)
    for minutes in (3, 1, 2, 4):
        one_of_each(history, TEN + timedelta(days=minutes))
    days = [TEN + timedelta(days=n) for n in range(1, 5)]
    for kind in ("transitions", "alerts", "exercises", "ranges"):
        assert [row["day"] for row in history.rows(kind)] == [day.date().isoformat() for day in days]
        assert [row["day"] for row in history.rows(kind, days[1], days[3])] == ["2025-11-24", "2025-11-25"]
    assert [minute.at for minute in history.minutes(days[1], days[2])] == [days[1], days[1] + timedelta(minutes=1)]
    midnight = datetime(2025, 11, 24, tzinfo=ZONE)
    assert [row["day"] for row in history.rows("answers", midnight, midnight + timedelta(days=1))] == ["2025-11-24"]
    assert [row["day"] for row in history.rows("answers", midnight, midnight + timedelta(days=1.1))] == [
        "2025-11-24",
        "2025-11-25",
    ]


# What the coach asks


def test_the_exercises_done_last_come_oldest_first_without_those_broken_off(path):
    history = opened(path)
    for hour, (name, done) in enumerate([("a", True), ("b", True), ("c", False), ("a", True), ("d", True)]):
        history.exercise_done(name, done, {}, TEN + timedelta(hours=hour))
    assert history.recent_exercises(10) == ["a", "b", "a", "d"]
    assert history.recent_exercises(2) == ["a", "d"]
    history.close()
    assert opened(path).recent_exercises(2) == ["a", "d"]


def test_a_range_is_the_median_of_the_last_sets_for_each_axis_and_side(path):
    history = opened(path)
    assert history.ranges() == {}
    for degrees in (10.0, 30.0, 80.0):
        history.range_reached("turn", "left", degrees, TEN)
    history.range_reached("turn", "right", 55.0, TEN)
    history.range_reached("nod", None, 12.0, TEN)
    assert history.ranges() == {("turn", "left"): 30.0, ("turn", "right"): 55.0, ("nod", None): 12.0}
    for set_ in range(LEARNED_FROM):
        history.range_reached("turn", "left", 50.0 + set_ % 2, TEN + timedelta(days=1))
    assert history.ranges()[("turn", "left")] == 50.5


def test_the_question_is_asked_once_a_day_and_the_last_answer_counts(path):
    history = opened(path)
    assert history.hurts(TODAY) is None
    history.answer(TODAY, False)
    assert history.hurts(TODAY) is False
    history.answer(TODAY, True)
    assert history.hurts(TODAY) is True
    history.close()
    history = opened(path)
    assert history.hurts(TODAY) is True
    assert history.hurts(TODAY + timedelta(days=1)) is None
    assert count(path, "answers") == 1


# Forgetting


def test_forgetting_everything_leaves_no_trace_in_any_file(path):
    path.parent.mkdir()
    path.write_text("chin-tuck")
    history, _ = History.open(path)
    one_of_each(history)
    history.forget()
    assert {kind: list(history.rows(kind)) for kind in KINDS} == {kind: [] for kind in KINDS}
    left = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    assert left.keys() <= {"history.sqlite", "history.sqlite-wal", "history.sqlite-shm"}
    for word in (b"chin-tuck", b"2025-11-22", b"Time to change"):
        assert not [name for name, data in left.items() if word in data]
    assert history.hurts(TODAY) is None
    one_of_each(history)
    assert history.recent_exercises(1) == ["chin-tuck"]


def test_forgetting_gives_the_space_back(path):
    history = opened(path)
    for _ in range(50):
        history.alert(replace(ALERT, message="long " * 1000), TEN)
    history.save()
    history.forget()
    assert path.stat().st_size < 60_000


def test_forgetting_what_is_older_keeps_the_rest(path):
    history = opened(path)
    old, new = TEN - timedelta(days=3), TEN
    one_of_each(history, old)
    one_of_each(history, new)
    history.forget(before=new)
    for kind in set(KINDS) - {"answers"}:
        assert {row["day"] for row in history.rows(kind)} == {"2025-11-22"}, kind
    assert not list(history.rows("answers"))  # an answer is as old as its day's beginning
    assert b"2025-11-19" not in path.read_bytes()


def test_a_watch_that_runs_does_not_keep_another_program_from_forgetting(path):
    watch = opened(path)
    one_of_each(watch)
    opened(path).forget()
    assert watch.recent_exercises(5) == []
    watch.transition(TRANSITION, TEN)
    assert count(path, "transitions") == 1


def test_what_a_reader_keeps_from_being_overwritten_is_told(path):
    history = opened(path)
    one_of_each(history)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM alerts").fetchall()
    with pytest.raises(PosturewatchError, match=r"reading .* forget once more"):
        history.forget()
    reader.close()
    history.forget()


def test_what_is_older_than_the_days_to_keep_goes(path):
    history = opened(path)
    for days in (31, 29, 0):
        one_of_each(history, TEN - timedelta(days=days))
    aside = path.with_name("history.sqlite.damaged1")
    aside.write_text("old")
    os.utime(aside, (0, (TEN - timedelta(days=31)).timestamp()))
    young = path.with_name("history.sqlite.damaged2")
    young.write_text("young")
    history.prune(30, TEN)
    for kind in set(KINDS) - {"answers"}:
        assert {row["day"] for row in history.rows(kind)} == {"2025-11-22", "2025-10-24"}, kind
    assert [row["day"] for row in history.rows("answers")] == ["2025-10-24", "2025-11-22"]
    assert not aside.exists()
    assert young.exists()


# What goes wrong


def test_a_damaged_file_is_set_aside_with_one_complaint_and_a_new_one_begins(path):
    path.parent.mkdir()
    path.write_text("no database")
    history, complaints = History.open(path)
    assert complaints == [
        f"The history {path} is damaged (file is not a database). It was kept as history.sqlite.damaged1, "
        "and a new one has begun."
    ]
    assert path.with_name("history.sqlite.damaged1").read_text() == "no database"
    one_of_each(history)
    history.close()
    assert opened(path).recent_exercises(1) == ["chin-tuck"]


def test_a_newer_file_is_refused(path):
    opened(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(PosturewatchError, match="newer posturewatch"):
        History.open(path)


@contextmanager
def read_only_folder():
    """A folder that can't be written, by root neither: root has to be nobody meanwhile."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    folder.chmod(0o500)
    try:
        yield folder
    finally:
        folder.chmod(0o700)
        os.seteuid(os.getuid())
        shutil.rmtree(folder)


@pytest.mark.parametrize("under", ["", "data"])
def test_in_a_read_only_home_watching_goes_on_with_one_complaint(under):
    with read_only_folder() as folder:
        history, complaints = History.open(folder / under / "history.sqlite")
        assert len(complaints) == 1
        assert "Cannot keep the history" in complaints[0]
        assert "Permission denied" in complaints[0]
        one_of_each(history)
        one_of_each(history)
        history.prune(30, TEN)
        assert history.recent_exercises(5) == ["chin-tuck", "chin-tuck"]
        assert history.ranges() == {("turn", "left"): 50.0}
        assert history.hurts(TODAY) is not None
        assert len(list(history.rows("alerts"))) == 2
        with pytest.raises(PosturewatchError, match="Cannot keep the history"):
            history.forget()
        history.close()
        assert len(complaints) == 1


def test_a_home_that_becomes_writable_gets_what_was_kept_in_memory():
    with read_only_folder() as folder:
        path = folder / "history.sqlite"
        history, _ = History.open(path)
        one_of_each(history)
        folder.chmod(0o700)
        history.alert(ALERT, TEN)
        assert (count(path, "minutes"), count(path, "alerts"), count(path, "answers")) == (1, 2, 1)
        history.close()
        assert (count(path, "minutes"), count(path, "alerts"), count(path, "answers")) == (2, 2, 1)


def test_what_became_writable_can_be_forgotten():
    with read_only_folder() as folder:
        history, _ = History.open(folder / "history.sqlite")
        one_of_each(history)
        folder.chmod(0o700)
        history.save()
        history.forget()
        assert count(folder / "history.sqlite", "alerts") == 0


def test_a_file_that_becomes_unreadable_is_one_complaint():
    with read_only_folder() as folder:
        folder.chmod(0o700)
        history, complaints = History.open(folder / "history.sqlite")
        folder.chmod(0)
        one_of_each(history)
        folder.chmod(0o700)
        assert len(complaints) == 1
        history.close()
        assert count(folder / "history.sqlite", "alerts") == 1


def test_a_folder_where_the_file_should_be_is_one_complaint(path):
    path.mkdir(parents=True)
    history, complaints = History.open(path)
    one_of_each(history)
    assert len(complaints) == 1


@contextmanager
def no_file_above(size_bytes):
    """As on a full disk: every write beyond this size fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size_bytes", [0, 100, 8192, 30_000])
def test_on_a_disk_that_is_full_from_the_start_watching_goes_on_with_one_complaint(path, size_bytes):
    with no_file_above(size_bytes):
        history, complaints = History.open(path)
        for _ in range(20):
            one_of_each(history)
    assert len(complaints) == 1
    assert history.recent_exercises(1) == ["chin-tuck"]
    assert history.hurts(TODAY) is not None
    history.close()
    assert len(complaints) == 1
    assert (count(path, "alerts"), count(path, "minutes")) == (20, 2)


def test_a_disk_that_fills_costs_one_complaint_and_no_row_once_there_is_space(path):
    warnings = []
    history, complaints = History.open(path, warn=warnings.append)
    one_of_each(history)
    with no_file_above(store.beside(path)[0].stat().st_size):
        for _ in range(50):
            one_of_each(history)
        history.prune(30, TEN)
        assert history.hurts(TODAY) is False
    assert complaints == []
    assert len(warnings) == 1
    assert "Watching goes on" in warnings[0]
    assert count(path, "alerts") == 1
    history.alert(ALERT, TEN)
    assert (count(path, "alerts"), count(path, "transitions")) == (52, 51)
    history.close()
    assert opened(path).recent_exercises(100) == ["chin-tuck"] * 51


def test_a_full_file_is_one_complaint(path):
    history, complaints = History.open(path)
    history._db.execute("PRAGMA max_page_count = 1")  # SQLite's own "database or disk is full"
    for n in range(400):
        history.alert(replace(ALERT, message="long " * 40), TEN + timedelta(seconds=n))
    assert len(complaints) == 1
    assert "full" in complaints[0]
    history.answer(TODAY, True)
    assert history.hurts(TODAY) is True
    kept = count(path, "alerts")
    assert 0 < kept < 400
    history._db.execute("PRAGMA max_page_count = 100000")
    history.close()
    assert count(path, "alerts") == 400


def test_what_waits_for_a_disk_is_bounded_and_the_newest_stays(path):
    history, _ = History.open(path)
    history._db.execute("PRAGMA query_only = 1")
    for n in range(MOST_WAITING + 5):
        history._keep("INSERT INTO answers VALUES (?, 0)", (f"{n:05}",))
    history._db.execute("PRAGMA query_only = 0")
    history.save()
    days = [row["day"] for row in history.rows("answers")]
    assert (len(days), days[0], days[-1]) == (MOST_WAITING, "00005", f"{MOST_WAITING + 4:05}")


def test_what_waits_for_a_home_that_stays_read_only_is_bounded(path):
    path.mkdir(parents=True)  # no file can be there
    history, _ = History.open(path)
    for n in range(MOST_WAITING + 5):
        history._waiting.append(("INSERT INTO answers VALUES (?, 0)", (f"{n:05}",)))
    history.save()
    assert (len(history._waiting), history._waiting[0][1]) == (MOST_WAITING, ("00005",))


def test_a_locked_file_holds_the_loop_for_less_than_a_second_and_loses_nothing(path):
    history, complaints = History.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history.transition(TRANSITION, TEN)
    history.alert(ALERT, TEN)
    assert len(complaints) == 1
    assert "locked" in complaints[0]
    other.execute("COMMIT")
    history.alert(ALERT, TEN)
    assert (count(path, "transitions"), count(path, "alerts")) == (1, 2)
    assert store.BUSY_S < 1
    assert history._db.execute("PRAGMA busy_timeout").fetchone()[0] == 1000 * store.BUSY_S


def test_old_rows_that_cannot_be_deleted_now_are_one_complaint(path):
    history, complaints = History.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history.prune(30, TEN)
    assert len(complaints) == 1


def test_a_history_that_is_deleted_while_watching_begins_anew(path):
    history, complaints = History.open(path)
    one_of_each(history)
    shutil.rmtree(path.parent)
    history.alert(ALERT, TEN)
    assert count(path, "alerts") == 1
    assert complaints == []


def test_a_bug_is_not_hidden_as_a_full_disk(path):
    history = opened(path)
    with pytest.raises(sqlite3.IntegrityError):
        history.range_reached("turn", "left", float("nan"), TEN)


def test_a_command_that_cannot_read_says_so(path):
    history = opened(path)
    history._db.execute("DROP TABLE alerts")
    with pytest.raises(PosturewatchError, match="Cannot read the history"):
        list(history.rows("alerts"))


KILLED = """
import os, random, signal, sys, time
from datetime import datetime, timedelta, UTC
from pathlib import Path
sys.path.insert(0, "tests")
from test_history import SAMPLE, TRANSITION, History, replace

START = datetime(2025, 11, 22, tzinfo=UTC)
random.seed(5)

def write(path, round_, said):
    history, _ = History.open(path)
    os.write(said, b"o")
    start = START + timedelta(hours=6 * round_)
    for second in range(6 * 3600):
        at = start + timedelta(seconds=second)
        history.add(replace(SAMPLE, t_s=float(second)), at)
        if second and second % 60 == 0:
            os.write(said, b"m")
        if second % 60 == 30:
            history.transition(TRANSITION, at)
            os.write(said, b"t")

minutes = 0
for round_ in range(100):
    path = Path(sys.argv[1]) / str(round_ // 4) / "history.sqlite"
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        write(path, round_, said)
        os._exit(0)
    os.close(said)
    sure = os.read(heard, 1) if round_ % 4 else b""  # every fourth is killed while it makes the file
    time.sleep(random.uniform(0, 0.04 if round_ % 4 else 0.006))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(heard, 65536):
        sure += part
    os.close(heard)
    history, complaints = History.open(path)
    assert complaints == [], complaints
    start = START + timedelta(hours=6 * round_)
    kept = list(history.minutes(start, start + timedelta(hours=6)))
    assert sure.count(b"m") <= len(kept) <= sure.count(b"m") + 1, (sure, len(kept))
    assert [minute.at for minute in kept] == [start + timedelta(minutes=n) for n in range(len(kept))]
    assert all(minute.seconds["upright"] == 60 and minute.looks == 60 for minute in kept)
    changes = list(history.rows("transitions", start, start + timedelta(hours=6)))
    assert sure.count(b"t") <= len(changes) <= sure.count(b"t") + 1
    history.close()
    minutes += len(kept)
print(minutes)
"""


def test_a_hundred_kills_while_writing_cost_the_open_minute_at_most():
    memory = Path("/dev/shm")  # a slow disk's waiting would be all that is hit
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        done = subprocess.run([sys.executable, "-c", KILLED, folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100  # minutes kept in all: it was writing when it was killed


@st.composite
def stays(draw):
    """Samples of several runs of the program: (sample, at) with steps of any length, cut into runs."""
    at, runs = TEN + timedelta(seconds=draw(st.floats(0, 59))), []
    for _ in range(draw(st.integers(1, 4))):
        t_s, looks = 0.0, []
        for step_s in draw(st.lists(st.floats(0.1, 6.0) | st.floats(100.0, 500.0), min_size=1, max_size=30)):
            t_s, at = t_s + step_s, at + timedelta(seconds=step_s)
            state = draw(st.sampled_from(STATES))
            looks.append((replace(SAMPLE, t_s=t_s, state=state, forward_head_deg=draw(st.floats(0, 50))), at))
        runs.append(looks)
    return runs


@settings(max_examples=30, deadline=None)
@given(stays())
def test_the_totals_of_the_file_are_those_of_the_samples_however_often_it_was_opened(runs):
    with tempfile.TemporaryDirectory() as folder:
        path, told = Path(folder) / "history.sqlite", dict.fromkeys(STATES, 0.0)
        for looks in runs:
            history, summary = opened(path), Summary()
            for sample, at in looks:
                history.add(sample, at)
                summary.add(sample)
            history.close()
            told = {state: told[state] + summary.seconds.get(state, 0.0) for state in STATES}
        minutes = list(opened(path).minutes())
        assert {state: sum(m.seconds[state] for m in minutes) for state in STATES} == pytest.approx(told, abs=1e-6)
        assert sum(m.looks for m in minutes) == sum(len(looks) for looks in runs)
        for m in minutes:
            assert m.forward_head_deg_mean is None or m.forward_head_deg_mean <= m.forward_head_deg_max + 1e-6


def test_days_in_another_zone_keep_their_own_time(path):
    history = opened(path)
    history.alert(ALERT, TEN.astimezone(UTC))
    history.alert(ALERT, TEN.astimezone(datetime.fromisoformat("2025-11-22T10:00:00-11:00").tzinfo))
    assert [(row["at"], row["day"]) for row in history.rows("alerts")] == [
        ("2025-11-22T09:00:00.000+00:00", "2025-11-22"),
        ("2025-11-21T22:00:00.000-11:00", "2025-11-21"),
    ]
