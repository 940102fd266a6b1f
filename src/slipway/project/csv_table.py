"""Read a CSV and refuse what the reader takes without a word: short lines, names missing or twice, other formats."""

from pathlib import Path

import polars as pl

from slipway.batch.places import is_remote
from slipway.errors import BadInput
from slipway.project.broken_csv import broken_csv

_MAGIC = {".gz": (b"\x1f\x8b", "gzip"), ".zst": (b"\x28\xb5\x2f\xfd", "zstd")}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(name: str) -> pl.DataFrame:
    """Return the table of a CSV file with its columns as far as they are numbers, truth values or text.

    A line with too few values is looked for where the last column misses some, in files of this machine that are not
    compressed or end in ``.gz``.

    Args:
        name: Path or URL.

    Raises:
        BadInput: It is broken; the message tells the line, or what is wrong with the names on the first one.
        polars.exceptions.PolarsError, OSError: The reader gave up, and nobody knows which line is to blame.
    """
    local = None if is_remote(name) else Path(name)
    if local is not None:
        _check_compressed(local)
    try:
        table = pl.read_csv(name, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError):
        _refuse_line(local)
        raise
    _check_names(table.columns, name=name, local=local)
    texts = table.select(pl.col(pl.String).str.contains("\0", literal=True).any())
    if (table.height and any(texts.row(0))) or table[:, -1].null_count():
        _refuse_line(local)
    return table


def _refuse_line(local: Path | None) -> None:
    if local is not None and (where := broken_csv(local)):
        raise BadInput(f"{local}: want a whole csv file, got {where}. Mend it, or write it again.")


def _check_compressed(path: Path) -> None:
    magic, what = _MAGIC.get(path.suffix.lower(), (b"", ""))
    with path.open("rb") as file:
        if not file.read(len(magic)).startswith(magic):
            raise BadInput(f"{path}: want {what}, as the name says, got other bytes. Compress it, or call it .csv.")


def _check_names(names: list[str], *, name: str, local: Path | None) -> None:
    if any("\ufffd" in one or "\0" in one for one in names):
        _refuse_line(local)
    if len(names) == 1 and (found := [words for mark, words in _SEPARATORS.items() if mark in names[0]]):
        raise BadInput(f"{name}: want commas between values, got {found[0]}. Write it again with commas.")
    if any("_duplicated_" in one for one in names):  # the reader renames; only the line itself says for certain
        names = [str(value) for value in pl.read_csv(name, has_header=False, n_rows=1, infer_schema=False).row(0)]
    if doubled := sorted({one for one in names if names.count(one) > 1}):
        raise BadInput(f"{name}: want each column once, got {doubled} more than once on line 1. Rename or drop one.")
    if empty := [place for place, one in enumerate(names, start=1) if not one.strip()]:
        raise BadInput(f"{name}: want a name for each column, got none on line 1 for column {empty[0]}. Write one.")
