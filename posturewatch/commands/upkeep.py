"""The commands for what is kept: `forget`, `export`; and `autostart`."""

import contextlib
import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.text import Text

from posturewatch import baseline, config
from posturewatch.commands.options import Quietly, make_folder, option
from posturewatch.commands.shell import command, err, out, say, warn
from posturewatch.errors import PosturewatchError
from posturewatch.files import store, whole
from posturewatch.files.store import KINDS
from posturewatch.history import History, Row
from posturewatch.system import autostart as starting

UNITS_H = {"h": 1, "d": 24, "w": 7 * 24}
MOST_HOURS = 1_000_000  # chosen: a century; more leads out of the calendar
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # owasp.org, "CSV Injection"


def moment(text: str | None) -> datetime | None:
    """A day's beginning, such as 2025-11-20, or so long ago, such as 7d; in local time."""
    if text is None:
        return None
    span = re.fullmatch(r"(\d{1,7})([hdw])", text)
    try:
        if span and (hours := int(span[1]) * UNITS_H[span[2]]) <= MOST_HOURS:
            return datetime.now().astimezone() - timedelta(hours=hours)
        return datetime.combine(date.fromisoformat(text), time()).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither a day such as 2025-11-20 nor a span such as 7d.") from None


@command("posturewatch autostart on", name="autostart")
def autostart(
    wanted: Annotated[str | None, typer.Argument(metavar="[on|off]", help="Without it: how it stands.")] = None,
    quiet: Quietly = False,
) -> int:
    """Start `watch` by itself at each login, or no longer; a watch that runs goes on."""
    acts = {"on": starting.on, "off": starting.off, None: starting.state}
    if wanted not in acts:
        raise typer.BadParameter(f"{wanted!r} is neither on nor off.")
    say(Text(acts[wanted]()), quiet)
    return 0


# Forgetting


@command("posturewatch forget --before 2025-06-01")
def forget(
    before: Annotated[
        str | None, option("--before", "DATE", "The history until this day (2025-06-01), or until so long ago (30d).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole history and every kept baseline.")] = False,
    sure: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    quiet: Quietly = False,
) -> int:
    """Delete for good what is kept, also while `watch` runs. What it notes from then on is kept anew.

    Settings, own exercises, autostart and the recordings that you asked for (--samples, --landmarks, --out) stay.
    """
    if everything == (before is not None):
        raise typer.BadParameter(
            "Say what to forget: --before 2025-06-01 (or 30d) for the older history, --all for the whole history and "
            "every kept baseline. Settings, own exercises and recordings that you asked for stay."
        )
    until = moment(before)
    if not (
        sure
        or _agreed(
            "the whole history and every baseline"
            if until is None
            else f"the history before {until.isoformat(' ', 'minutes')}"
        )
    ):
        say(Text("Nothing was deleted."), quiet)
        return 0
    any_there = False
    for deleted in chain(_forget_baselines() if until is None else (), _forget_history(until)):
        any_there = True
        say(Text(f"Deleted: {deleted}"), quiet)  # one by one: the next may be an error
    if not any_there:
        say(Text("There was nothing to delete."), quiet)
    return 0


def _agreed(what: str) -> bool:
    """The answer of who sits at a terminal; a script has said it by its words."""
    if not _at_a_terminal():
        return True
    with contextlib.suppress(EOFError):
        return err.input(Text(f"Delete {what} for good? [y/n] ")).strip().lower() in ("y", "yes")
    return False


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _forget_baselines() -> Iterator[str]:
    """Delete all that the folder holds: baselines, and copies that were set aside or cut short; each one's name."""
    for path in sorted(baseline.folder().rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        try:
            path.unlink()
        except OSError as error:
            raise PosturewatchError(f"Cannot delete {path}: {error.strerror}. Check its permissions.") from error
        yield f"the baseline {path}"


def _forget_history(until: datetime | None) -> Iterator[str]:
    """Delete what is older, or everything; how much of what it was."""
    path = _history_path()
    if not path.exists() and not store.set_aside_before(path):
        return
    history, complaints = History.open(path)
    with contextlib.closing(history):
        counts = {kind: sum(1 for _ in history.rows(kind, until=until)) for kind in KINDS}
        damaged = store.set_aside_before(path)
        history.forget(until)
    for complaint in complaints:
        warn(complaint)
    yield from _counted(counts)
    yield from (f"the damaged history {each}" for each in damaged if not each.exists())


def _history_path() -> Path:
    return config.data_folder() / "history.sqlite"


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    yield from (f"{count:,} {kind if count != 1 else kind[:-1]}" for kind, count in counts.items() if count)


# Exporting


@command("posturewatch export --format csv --out history")
def export(
    form: Annotated[str, option("--format", "csv|json", "What other programs read.")],
    place: Annotated[Path | None, option("--out", "F", "The file; the folder, for csv without --kind.")] = None,
    kind: Annotated[str | None, option("--kind", "K", f"Only one of {', '.join(KINDS)}.")] = None,
    since: Annotated[str | None, option("--since", "DATE", "From this day on, or from so long ago on (7d).")] = None,
    quiet: Quietly = False,
) -> int:
    """Write the history for spreadsheets and programs; angles in degrees, times in seconds.

    json: one object with a list for each kind, on the screen without --out.

    csv: a file for each kind (minutes.csv …) in the folder --out, or one --kind alone, marked as UTF-8.

    `at` is ISO 8601 with its zone (pandas: to_datetime(…, utc=True)); csv has it as `local_time` for spreadsheets too.

    In csv, ' stands before a text that a spreadsheet would calculate. Files are yours alone; earlier ones are replaced.
    """
    if form not in WRITERS:
        raise typer.BadParameter(f"There is no format {form!r}. It is csv or json.")
    if kind not in (None, *KINDS):
        raise typer.BadParameter(f"There is no kind {kind!r}. It is one of {', '.join(KINDS)}.")
    if form == "csv" and kind is None and place is None:
        raise typer.BadParameter("csv makes a file for each kind: name a folder by --out, or one kind by --kind.")
    wanted, start = [kind] if kind else list(KINDS), moment(since)
    with contextlib.closing(_kept()) as history:
        if form == "csv" and kind is None and place is not None:
            make_folder(place)
            counts: dict[str, int] = {}
            for each in wanted:
                counts |= _exported(history, form, [each], start, place / f"{each}.csv")
        else:
            counts = _exported(history, form, wanted, start, place)
    if place is not None:
        say(Text(f"{', '.join(_counted(counts)) or 'Nothing in that time'}: {place}"), quiet)
    return 0


def _kept() -> History:
    """The history, to be read; PosturewatchError where there is none that can be."""
    path = _history_path()
    if not path.exists():
        raise PosturewatchError(f"There is no history yet in {path}. `posturewatch watch` begins it.")
    history, complaints = History.open(path)
    if complaints:
        history.close()
        raise PosturewatchError(" ".join(complaints))
    return history


def _exported(
    history: History, form: str, kinds: list[str], since: datetime | None, place: Path | None
) -> dict[str, int]:
    """Write these kinds into one file, or on the screen; how many rows of each."""
    write = WRITERS[form]
    if place is None:
        return write(history, kinds, since, out.file)
    try:
        with whole.writing(place, "utf-8-sig" if form == "csv" else "utf-8") as file:
            return write(history, kinds, since, file)
    except OSError as error:
        raise PosturewatchError(f"Cannot write {place}: {error.strerror}. Choose another place.") from error


def _write_json(history: History, kinds: list[str], since: datetime | None, file: IO[str]) -> dict[str, int]:
    """A row a line, so that a year needs no memory and can be looked through."""
    counts = {}
    for number, kind in enumerate(kinds):
        file.write(f'{"," if number else "{"}\n"{kind}": [')
        count = 0
        for count, row in enumerate(history.rows(kind, since), 1):
            file.write(f"{',' if count > 1 else ''}\n{json.dumps(_rounded(row), ensure_ascii=False, allow_nan=False)}")
        file.write("\n]")
        counts[kind] = count
    file.write("\n}\n")
    return counts


def _write_csv(history: History, kinds: list[str], since: datetime | None, file: IO[str]) -> dict[str, int]:
    (kind,) = kinds
    timed = () if kind == "answers" else ("at", "local_time")
    table = csv.DictWriter(file, (*timed, "day", *KINDS[kind]))  # lines end as RFC 4180 has it
    table.writeheader()
    count = 0
    for count, row in enumerate(history.rows(kind, since), 1):  # noqa: B007 (counted to the end)
        local = {"local_time": str(row["at"])[:19].replace("T", " ")} if timed else {}
        table.writerow({name: _cell(value) for name, value in (local | _rounded(row)).items()})
    return {kind: count}


def _rounded(row: Row) -> Row:
    """As exact as a recording."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}


def _cell(value: object) -> object:
    """The value, a text so that no spreadsheet calculates with it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


WRITERS = {"csv": _write_csv, "json": _write_json}
