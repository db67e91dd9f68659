"""What the days came to: a row a minute, and each transition, alert, exercise, range and answer; one SQLite file."""

import sqlite3
import statistics
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from posturewatch.errors import PosturewatchError
from posturewatch.files import store
from posturewatch.files.minutes import ADDED, HIGHEST, Gathered, Gathering, Minute, local, when
from posturewatch.files.store import KINDS, STATES
from posturewatch.posture import Transition
from posturewatch.session import Notice, Sample

Value = str | int | float | None
Row = dict[str, Any]

MOST_WAITING = 1440  # chosen: a day of minutes waits in memory for a disk that can't be written
LEARNED_FROM = 20  # chosen: the last sets that a range is the median of, so that it follows the person

_BUGS = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.NotSupportedError)
_SUMMED = ", ".join(f"{name} = {name} + excluded.{name}" for name in ADDED)
_TOPPED = ", ".join(f"{name} = coalesce(max({name}, excluded.{name}), {name}, excluded.{name})" for name in HIGHEST)
_NAMES = ("at_s", "offset_s", "day", *ADDED, *HIGHEST)
_ADD_MINUTE = (  # a minute that was written in two parts is one row
    f"INSERT INTO minutes ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608 (names from here)
    f" ON CONFLICT (at_s) DO UPDATE SET {_SUMMED}, {_TOPPED}"
)


class History:
    """The history of one file, for use from one thread. Every `at` is local time with its zone.

    What the loop calls never raises for the disk's sake: the first failure is one complaint, and what is to be kept
    waits in memory for the next try. `minutes`, `rows` and `forget` are for commands; they raise PosturewatchError.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, unkept: str | None, complain: Callable[[str], None]) -> None:
        """unkept: why the file can't be used and db is in memory; complain gets the one complaint of later on."""
        self._path, self._db, self._unkept, self._complain = path, db, unkept, complain
        self._complained = unkept is not None
        self._waiting: deque[tuple[str, tuple[Value, ...]]] = deque(maxlen=MOST_WAITING)
        self._answers: dict[str, bool] = {}
        self._gathering = Gathering()

    @classmethod
    def open(cls, path: Path, warn: Callable[[str], None] | None = None) -> "tuple[History, list[str]]":
        """The history in this file, made if there is none, and what to tell the person about it.

        A damaged file is set aside under another name; where none can be written, memory takes its place meanwhile.
        warn gets a later complaint; without it, that joins those returned. PosturewatchError when the file is newer.
        """
        complaints: list[str] = []
        unkept = None
        try:
            db = store.opened(path)
            if isinstance(db, str):
                complaints.append(store.set_aside(path, db))
                db = store.opened(path)
            if isinstance(db, str):
                raise OSError(0, db)
        except (OSError, sqlite3.OperationalError) as error:
            unkept = f"Cannot keep the history in {path}: {store.why(error)}. Check the permissions and the free space."
            complaints.append(unkept)
            db = store.in_memory()
        return cls(path, db, unkept, warn or complaints.append), complaints

    def add(self, sample: Sample, at: datetime) -> None:
        """Count a sample; a minute is written when the next one begins."""
        finished = self._gathering.add(sample, at)
        if finished is not None:
            self._put_minute(finished)

    def save(self) -> None:
        """Write what the minute has so far; what comes after it joins the same row. For a pause or before a sleep."""
        begun = self._gathering.take()
        if begun is not None:
            self._put_minute(begun)
        self._write()

    def transition(self, event: Transition, at: datetime) -> None:
        """Keep a change of state; at belongs to event.t_s."""
        self._put("transitions", *when(at), event.t_s - event.since_s, event.before, event.after)

    def alert(self, event: Notice, at: datetime) -> None:
        """Keep an alert; at belongs to event.t_s."""
        self._put("alerts", *when(at), event.kind, event.level, event.message, event.exercise)

    def exercise_done(self, exercise: str, done: bool, repetitions: Mapping[str | None, int], at: datetime) -> None:
        """Keep an exercise that ended; done is False when it was broken off. repetitions by side, None for no side."""
        counts = (repetitions.get(side, 0) for side in (None, "left", "right"))
        self._put("exercises", *when(at), exercise, int(done), *counts)

    def recent_exercises(self, most: int) -> list[str]:
        """The ids of the exercises done last, oldest first."""
        found = self._read("SELECT exercise FROM exercises WHERE done ORDER BY at_s DESC, rowid DESC LIMIT ?", most)
        return [exercise for (exercise,) in reversed(found)]

    def exercises_done(self) -> int:
        """How many have been done in all, also by another process meanwhile."""
        return int(self._read("SELECT count(*) FROM exercises WHERE done")[0][0])

    def range_reached(self, axis: str, side: str | None, degrees: float, at: datetime) -> None:
        """Keep how far a movement went in comfort."""
        self._put("ranges", *when(at), axis, side, degrees)

    def ranges(self) -> dict[tuple[str, str | None], float]:
        """Degrees by (axis, side): the median of the last LEARNED_FROM kept."""
        kept: dict[tuple[str, str | None], list[float]] = {}
        for axis, side, degrees in self._read("SELECT axis, side, degrees FROM ranges ORDER BY at_s DESC, rowid DESC"):
            kept.setdefault((axis, side), []).append(degrees)
        return {movement: statistics.median(degrees[:LEARNED_FROM]) for movement, degrees in kept.items()}

    def answer(self, day: date, hurts: bool) -> None:
        """Keep the answer to "does your neck hurt now?"; a later one of the same day takes its place."""
        self._answers[day.isoformat()] = hurts  # not asked twice on a day on which nothing can be written
        self._put("answers", day.isoformat(), int(hurts))

    def hurts(self, day: date) -> bool | None:
        """The day's last answer, None without one."""
        found = self._read("SELECT hurts FROM answers WHERE day = ?", day.isoformat())
        return self._answers.get(day.isoformat(), bool(found[0][0]) if found else None)

    def minutes(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Minute]:
        """The minutes that begin at since or later and before until, in order."""
        told = [each.name for each in fields(Minute)][3:]
        for row in self._select("minutes", since, until):
            seconds = {state: row[f"{state}_s"] for state in STATES}
            at = local(row["at_s"], row["offset_s"])
            yield Minute(at, row["day"], seconds, **{name: row[name] for name in told})

    def rows(self, kind: str, since: datetime | None = None, until: datetime | None = None) -> Iterator[Row]:
        """All that is kept of one of KINDS in this time, in order, fit for JSON and CSV: at, day, then KINDS[kind].

        at is ISO 8601 in the local time of then. An answer has no at, and belongs to the span by its day.
        """
        return map(_row, self._select(kind, since, until))

    def forget(self, before: datetime | None = None) -> None:
        """Delete for good what is older than `before`, or everything; with it the damaged files that were set aside."""
        if self._unkept is not None:
            raise PosturewatchError(self._unkept)
        self.save()
        try:
            self._delete(before)
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except (OSError, sqlite3.DatabaseError) as error:
            raise PosturewatchError(f"Cannot empty the history {self._path}: {store.why(error)}. Try again.") from error
        if busy:
            raise PosturewatchError(f"Another program is reading {self._path}. Close it, then forget once more.")

    def prune(self, keep_days: int, now: datetime) -> None:
        """Delete what is older than so many days."""
        try:
            self._delete(now - timedelta(days=keep_days))
        except (OSError, sqlite3.DatabaseError) as error:
            self._failed(error)

    def close(self) -> None:
        """Write what is gathered and close the file."""
        self.save()
        self._db.close()

    def _select(self, kind: str, since: datetime | None, until: datetime | None) -> Iterator[Row]:
        self.save()
        names = (*(() if kind == "answers" else ("at_s", "offset_s")), "day", *KINDS[kind])
        bounds, values = _span(kind, since, until)
        sql = f"SELECT {', '.join(names)} FROM {kind}{bounds} ORDER BY {names[0]}, rowid"  # noqa: S608 (names of KINDS)
        try:
            for found in self._db.execute(sql, values):
                yield dict(zip(names, found, strict=True))
        except sqlite3.DatabaseError as error:
            raise PosturewatchError(f"Cannot read the history {self._path}: {store.why(error)}. Try again.") from error

    def _delete(self, before: datetime | None) -> None:
        with store.transaction(self._db):
            for kind in KINDS:
                bounds, values = _span(kind, None, before)
                self._db.execute(f"DELETE FROM {kind}{bounds}", values)  # noqa: S608 (names of KINDS)
        self._answers.clear()
        for aside in store.set_aside_before(self._path):
            if before is None or aside.stat().st_mtime < before.timestamp():
                aside.unlink()

    def _put_minute(self, minute: Gathered) -> None:
        sums, highest = (minute.added.get(name, 0) for name in ADDED), (minute.highest.get(name) for name in HIGHEST)
        self._keep(_ADD_MINUTE, (minute.at_s, minute.offset_s, minute.day, *sums, *highest))

    def _put(self, kind: str, *values: Value) -> None:
        places = ", ".join("?" * len(values))
        self._keep(f"INSERT OR REPLACE INTO {kind} VALUES ({places})", values)  # noqa: S608 (a name of KINDS)

    def _keep(self, sql: str, values: tuple[Value, ...]) -> None:
        self._waiting.append((sql, values))
        if self._unkept is not None:  # for this program's own questions, until the file can be opened
            self._db.execute(sql, values)
        self._write()

    def _write(self) -> None:
        """Write all that waits in one piece; what can't be written waits on."""
        rows = list(self._waiting)
        if not rows or not self._reachable():
            return
        try:
            with store.transaction(self._db):
                for sql, values in rows:
                    self._db.execute(sql, values)
                self._waiting.clear()  # before the commit: what Ctrl-C cuts short here is never counted twice
        except sqlite3.DatabaseError as error:
            self._waiting = deque(rows, MOST_WAITING)
            self._failed(error)

    def _reachable(self) -> bool:
        """Whether the file is there; opens it when it can be written at last, or was deleted."""
        try:
            if self._unkept is None and self._path.exists():
                return True
            db = store.opened(self._path)
        except (OSError, sqlite3.OperationalError, PosturewatchError) as error:
            self._failed(error)
            return False
        if isinstance(db, str):
            return False
        self._db.close()
        self._db, self._unkept = db, None
        return True

    def _read(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return []

    def _failed(self, error: OSError | sqlite3.DatabaseError | PosturewatchError) -> None:
        """One complaint, whatever else fails after it."""
        if isinstance(error, _BUGS):
            raise error
        if not self._complained:
            self._complained = True
            why = store.why(error)
            self._complain(f"Cannot write the history {self._path}: {why}. Watching goes on; it is tried again.")


def _span(kind: str, since: datetime | None, until: datetime | None) -> tuple[str, list[Value]]:
    """The WHERE of since ≤ time < until and its values; an answer's time is the beginning of its day."""
    name = "day || 'T00:00:00'" if kind == "answers" else "at_s"
    bounds = [(f"{name} {sign} ?", at) for sign, at in ((">=", since), ("<", until)) if at is not None]
    values: list[Value] = [
        at.replace(tzinfo=None).isoformat() if kind == "answers" else at.timestamp() for _, at in bounds
    ]
    return f" WHERE {' AND '.join(each for each, _ in bounds)}" if bounds else "", values


def _row(found: Row) -> Row:
    row = {name: bool(value) if name in ("done", "hurts") else value for name, value in found.items()}
    if "at_s" not in row:
        return row
    at_s, offset_s = row.pop("at_s"), row.pop("offset_s")
    timespec = "seconds" if isinstance(at_s, int) else "milliseconds"
    return {"at": local(at_s, offset_s).isoformat(timespec=timespec), **row}
