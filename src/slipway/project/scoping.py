"""From an idea to a ``slipway.toml``: what a data file suggests, answers that wait, and the page that is written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from slipway.data.profile import profile
from slipway.errors import BadFile, BadInput, Conflict, NotFound
from slipway.project.tables import read_table
from slipway.records.scope import Scope
from slipway.scoping.interview import Draft, gaps, take
from slipway.scoping.lines import dotted
from slipway.scoping.page import answers, page
from slipway.scoping.parse import faults, parse
from slipway.scoping.propose import Proposal, propose
from slipway.scoping.syntax import read_page
from slipway.storage.atomic import write_atomically

SCOPE, ANSWERS = "slipway.toml", "slipway.answers.toml"


def proposals(file: Path, *, folder: Path) -> dict[str, Proposal]:
    """Return what a CSV or Parquet file suggests for a project in a folder.

    Raises:
        NotFound: There is no such file.
        BadInput: It cannot be read.
    """
    if file.suffix not in (".csv", ".parquet"):
        raise BadInput(f"--data {file}: want a .csv or .parquet file, got '{file.suffix or file.name}'.")
    table = read_table(file)
    columns = profile(table, hashes=dict.fromkeys(table.columns, ""))
    moments = {c.name for c in table if c.dtype.is_temporal() or _reads_as_moments(c)}
    found = propose(columns, rows=table.height, moments=moments)
    if file.resolve().is_relative_to(folder.resolve()):
        name = file.resolve().relative_to(folder.resolve()).as_posix()
        found["data.source"] = Proposal(name, "it lies in the folder")
    return found


def _reads_as_moments(column: pl.Series) -> bool:
    """Tell whether a text column, as CSV has no other, holds moments."""
    if column.dtype != pl.String or column.null_count() == len(column):
        return False
    try:
        column.drop_nulls().head(100).str.to_datetime()
    except pl.exceptions.PolarsError:
        return False
    return True


def waiting(folder: Path) -> Draft:
    """Return the answers that wait in a folder, or an empty draft."""
    file = folder / ANSWERS
    return read_answers(file) if file.is_file() else Draft({})


def read_answers(file: Path) -> Draft:
    """Read answers: a page like ``slipway.toml`` with as many of its keys as are known, or the same as JSON.

    Raises:
        NotFound: There is no such file.
        BadFile: It is neither, or an answer does not stand up to its check; all of them are named.
    """
    if not file.is_file():
        raise NotFound(f"--answers {file}: want a file of answers, found none.")
    table = _table(file)
    told = table.pop("scoping", {})
    settled = told.get("settled", []) if isinstance(told, Mapping) else []
    wrong = [f"{dotted(f.place)}: {f.said}" for f in faults(table) if not f.absent]
    if wrong:
        raise BadFile(str(file), wrong)
    return take(Draft({}, settled=tuple(str(key) for key in settled)), table)


def _table(file: Path) -> dict[str, Any]:
    source = file.read_bytes()
    if file.suffix != ".json":
        return read_page(source, path=str(file)).table
    try:
        table = json.loads(source)
    except ValueError as error:
        raise BadFile(str(file), [f"want JSON, got text that is none: {error}."]) from None
    if not isinstance(table, dict):
        raise BadFile(str(file), ['want a table, such as {"project": {...}}, got something else.'])
    return table


def keep(folder: Path, draft: Draft) -> Path:
    """Keep answers where the next interview finds them; replaced whole, so that a crash loses none."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ANSWERS
    write_atomically(file, answers(draft).encode())
    return file


def finish(folder: Path, draft: Draft) -> Scope:
    """Write ``slipway.toml`` from the answers and remove the answers that waited.

    Raises:
        BadFile: Something without which there is no project is open, or two answers contradict each other; nothing
            was written.
        Conflict: There is a ``slipway.toml`` already.
    """
    file = folder / SCOPE
    if file.exists():
        raise Conflict(f"scope: want a folder without {SCOPE}, got {folder}. Edit the one that is there.")
    if open_ := [f"{q.key}: not known yet. {q.ask} {q.why}" for q in gaps(draft) if q.needed]:
        raise BadFile(str(file), open_)
    text = page(draft)
    scope = parse(text, path=str(file))
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode())
    (folder / ANSWERS).unlink(missing_ok=True)
    return scope
