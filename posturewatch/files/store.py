"""The history's file: its tables and their versions, opened privately, set aside when it is damaged."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from posturewatch.errors import PosturewatchError
from posturewatch.posture import AWAY, POSTURES, UNKNOWN, UPRIGHT

STATES = (UPRIGHT, *POSTURES, UNKNOWN, AWAY)
MEASURES = ("forward_head_deg", "error_deg", "severity")
BUSY_S = 0.5  # chosen: how long a look may wait for another program that holds the file; a tenth of the longest gap
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_WHEN = "at_s REAL NOT NULL, offset_s INTEGER NOT NULL, day TEXT NOT NULL"  # UTC; local − UTC; local date
MIGRATIONS: tuple[tuple[str, ...], ...] = (  # the nth leads from version n to n + 1; written out, never changed again
    (
        """CREATE TABLE minutes (at_s INTEGER PRIMARY KEY, offset_s INTEGER NOT NULL, day TEXT NOT NULL,
        upright_s REAL NOT NULL, forward_head_s REAL NOT NULL, slumped_s REAL NOT NULL, neck_flexed_s REAL NOT NULL,
        neck_extended_s REAL NOT NULL, side_bent_s REAL NOT NULL, turned_s REAL NOT NULL, unknown_s REAL NOT NULL,
        away_s REAL NOT NULL, looks INTEGER NOT NULL, hold_s_max REAL, dose_max REAL,
        forward_head_deg_told_s REAL NOT NULL, forward_head_deg_sum REAL NOT NULL, forward_head_deg_max REAL,
        error_deg_told_s REAL NOT NULL, error_deg_sum REAL NOT NULL, error_deg_max REAL,
        severity_told_s REAL NOT NULL, severity_sum REAL NOT NULL, severity_max REAL,
        forward_head_deg_mean REAL AS (forward_head_deg_sum / forward_head_deg_told_s),
        error_deg_mean REAL AS (error_deg_sum / error_deg_told_s),
        severity_mean REAL AS (severity_sum / severity_told_s))""",  # a mean of what was told for 0 s is NULL
        f"CREATE TABLE transitions ({_WHEN}, dwell_s REAL NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL)",
        f"""CREATE TABLE alerts ({_WHEN}, kind TEXT NOT NULL, level INTEGER NOT NULL, message TEXT NOT NULL,
        exercise TEXT)""",
        f"""CREATE TABLE exercises ({_WHEN}, exercise TEXT NOT NULL, done INTEGER NOT NULL,
        repetitions INTEGER NOT NULL, repetitions_left INTEGER NOT NULL, repetitions_right INTEGER NOT NULL)""",
        f"CREATE TABLE ranges ({_WHEN}, axis TEXT NOT NULL, side TEXT, degrees REAL NOT NULL)",
        "CREATE TABLE answers (day TEXT PRIMARY KEY, hurts INTEGER NOT NULL)",
    ),
)
_MEASURED = tuple(f"{name}_{of}" for name in MEASURES for of in ("mean", "max", "told_s"))
KINDS: Mapping[str, tuple[str, ...]] = {  # what is told of a row besides its time
    "minutes": (*(f"{state}_s" for state in STATES), *_MEASURED, "hold_s_max", "dose_max", "looks"),
    "transitions": ("dwell_s", "before", "after"),
    "alerts": ("kind", "level", "message", "exercise"),
    "exercises": ("exercise", "done", "repetitions", "repetitions_left", "repetitions_right"),
    "ranges": ("axis", "side", "degrees"),
    "answers": ("hurts",),
}


def opened(path: Path) -> sqlite3.Connection | str:
    """The file, made if there is none, in the present version; or in words how it is damaged.

    OSError or sqlite3.OperationalError when it can't be used now, PosturewatchError when a newer program wrote it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    for each in (path, *beside(path)):
        with suppress(FileNotFoundError):
            each.chmod(0o600)  # SQLite gives new ones beside it the file's own mode
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        damage = _prepare(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:  # the low byte is the kind: sqlite.org/rescode.html
            return str(error)
        raise
    except PosturewatchError:
        db.close()
        raise
    if damage is None:
        return db
    db.close()
    return damage


def in_memory() -> sqlite3.Connection:
    """A history that ends with the program."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(db, 0)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing, whatever ends the block."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def set_aside(path: Path, damage: str) -> str:
    """Keep the damaged file under a name that was free; the sentence that says so."""
    for number in count(1):
        aside = path.with_name(f"{path.name}.damaged{number}")
        try:
            aside.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        break
    path.replace(aside)  # first: SQLite throws away what lies beside an empty file, should this be cut short here
    for left, kept in zip(beside(path), beside(aside), strict=True):
        if left.exists():
            left.replace(kept)
    return f"The history {path} is damaged ({damage}). It was kept as {aside.name}, and a new one has begun."


def set_aside_before(path: Path) -> list[Path]:
    """The files that `set_aside` has kept of this one."""
    return sorted(path.parent.glob(f"{path.name}.damaged*"))


def beside(path: Path) -> tuple[Path, Path]:
    """SQLite's own two files for this one."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def why(error: OSError | sqlite3.Error | PosturewatchError) -> str:
    """The error in a few words."""
    return str(getattr(error, "strerror", None) or error)


def _prepare(db: sqlite3.Connection, path: Path) -> str | None:
    """Bring the file to the present version and this program's ways; how it is damaged, if it is."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        known = f"version {version}, this one knows {len(MIGRATIONS)}"
        raise PosturewatchError(f"{path} is from a newer posturewatch ({known}). Update it, or move the file away.")
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        return " ".join(str(found).split())
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return "another program's database"
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last minutes; it never damages the file
    db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
    db.execute("PRAGMA temp_store = MEMORY")  # no file outside the folder
    if version < len(MIGRATIONS):
        with transaction(db):  # read again inside: another program may have been first
            _migrate(db, db.execute("PRAGMA user_version").fetchone()[0])
    return _missing(db)


def _migrate(db: sqlite3.Connection, version: int) -> None:
    for step in MIGRATIONS[version:]:
        for statement in step:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _missing(db: sqlite3.Connection) -> str | None:
    for kind, names in KINDS.items():
        there = {row[1] for row in db.execute(f"PRAGMA table_xinfo({kind})")}  # with the generated columns
        lost = {"day", *names} - there
        if lost:
            return f"{kind} without {', '.join(sorted(lost))}"
    return None
