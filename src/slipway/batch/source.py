"""Where the rows come from: files that can be read a slice at a time, in any order and by any thread.

Parquet and Arrow are read in place. CSV has no places to jump to, so it is copied once to Arrow, as text, beside the
job's other files; the copy is a function of the file and is made anew if it is not whole.
"""

import hashlib
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import polars as pl

from slipway.batch.formats import Format, format_of
from slipway.batch.places import FoundFile, is_remote
from slipway.batch.windows import Windows, window_rows
from slipway.errors import BadInput
from slipway.storage.atomic import refused

if TYPE_CHECKING:
    from typing_extensions import Buffer

_ARROW_ROWS = 1 << 16
_COPY = "input-{:06d}.arrow"


class Part(NamedTuple):
    """Some rows that follow on one another.

    Attributes:
        number: Of the part, from 0.
        table: Which table of the source.
        offset: First row in that table.
        first: The same row, counted over all tables.
        rows: How many.
    """

    number: int
    table: int
    offset: int
    first: int
    rows: int


class Source(Protocol):
    """Tables of one schema.

    Attributes:
        schema: Columns of the first table.
        untyped: Whether all values are text, as CSV has them.
        lengths: Rows of each table.
    """

    @property
    def schema(self) -> pl.Schema: ...  # noqa: D102 - see the class

    @property
    def untyped(self) -> bool: ...  # noqa: D102 - see the class

    @property
    def lengths(self) -> Sequence[int]: ...  # noqa: D102 - see the class

    def read(self, part: Part, *, columns: Sequence[str]) -> pl.DataFrame:
        """Return some columns of the rows of a part.

        Raises:
            BadInput: They cannot be read.
        """
        ...


class TableSource:
    """One table in memory; see :class:`Source`."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._table = table
        self.schema, self.untyped, self.lengths = table.schema, False, (table.height,)

    def read(self, part: Part, *, columns: Sequence[str]) -> pl.DataFrame:
        """See :meth:`Source.read`."""
        return self._table.slice(part.offset, part.rows).select(columns)


class FileSource:
    """Files of one format; see :class:`Source`.

    Args:
        files: At least one.
        work: Folder for copies.

    Raises:
        BadInput: The files differ in format or in columns, or one cannot be read.
    """

    def __init__(self, files: Sequence[FoundFile], *, work: Path) -> None:
        formats = {format_of(f.path) for f in files}
        if len(formats) > 1:
            raise BadInput(f"input: want files of one format, got {', '.join(sorted(formats))}. Use a pattern.")
        self._format = formats.pop()
        self.untyped = self._format is Format.CSV
        self._names = [f.path for f in files]
        self._scans = [self._scan(f.path, work / _COPY.format(i)) for i, f in enumerate(files)]
        schemas = [self._schema(i) for i in range(len(files))]
        self.schema = schemas[0]
        for name, schema in zip(self._names, schemas, strict=True):
            if schema != self.schema:
                odd = sorted(set(schema.items()) ^ set(self.schema.items()), key=str)
                raise BadInput(f"{name}: want the columns of {self._names[0]}, got other ones: {odd[:6]}.")
        self.lengths = [self._length(i) for i in range(len(files))]
        self._windows = Windows()

    def read(self, part: Part, *, columns: Sequence[str]) -> pl.DataFrame:
        """See :meth:`Source.read`."""
        rows = window_rows(len(columns))
        start = part.offset // rows * rows
        if part.offset + part.rows > start + rows:
            return self._rows(part.table, part.offset, part.rows, columns)
        size = min(rows, self.lengths[part.table] - start)
        key = part.table, start, tuple(columns)
        window = self._windows.table(key, read=lambda: self._rows(part.table, start, size, columns))
        return window.slice(part.offset - start, part.rows)

    def _rows(self, table: int, first: int, rows: int, columns: Sequence[str]) -> pl.DataFrame:
        try:
            found = self._scans[table].slice(first, rows).select(columns).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise self._broken(table, error, what=f"rows {first} to {first + rows - 1}") from error
        if found.height != rows:
            raise BadInput(f"{self._names[table]}: it changed while it was read. Start again.")
        return found

    def _scan(self, path: str, copy: Path) -> pl.LazyFrame:
        if self._format is Format.PARQUET:
            return pl.scan_parquet(path, glob=False)
        if self._format is Format.ARROW and not is_remote(path):
            return pl.scan_ipc(path, glob=False)
        if not copy.exists():
            _copy(path, self._format, copy)
        return pl.scan_ipc(copy, glob=False)

    def _schema(self, table: int) -> pl.Schema:
        try:
            return self._scans[table].collect_schema()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._broken(table, error, what="its columns") from error

    def _length(self, table: int) -> int:
        try:
            return int(self._scans[table].select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._broken(table, error, what="its length") from error

    def _broken(self, table: int, error: Exception, *, what: str) -> BadInput:
        return BadInput(
            f"{self._names[table]}: want {what} of a whole {self._format} file, got '{_short(error)}'. "
            "It is damaged or was cut short; write it again."
        )


def parts_of(lengths: Sequence[int], *, rows: int) -> list[Part]:
    """Cut tables into parts of at most so many rows; a part lies in one table.

    >>> [(p.table, p.offset, p.first, p.rows) for p in parts_of([5, 0, 2], rows=3)]
    [(0, 0, 0, 3), (0, 3, 3, 2), (2, 0, 5, 2)]
    """
    parts, first = list[Part](), 0
    for table, length in enumerate(lengths):
        for offset in range(0, length, rows):
            parts.append(Part(len(parts), table, offset, first + offset, min(rows, length - offset)))
        first += length
    return parts


def content_of(table: pl.DataFrame) -> str:
    """Return a hash of a table's columns, their types and their values, in order; objects of Python are left out.

    >>> content_of(pl.DataFrame({"a": [1, 2]})) == content_of(pl.DataFrame({"a": [2, 1]}))
    False
    """
    hashed = _Hashing()
    table.select(c for c in table.columns if table.schema[c] != pl.Object).rechunk().write_ipc_stream(hashed)
    return hashed.hash.hexdigest()


class _Hashing(BytesIO):
    """A file that keeps nothing but a hash of what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.hash = hashlib.blake2b(digest_size=16)

    def write(self, data: "Buffer", /) -> int:
        self.hash.update(data)
        return memoryview(data).nbytes


def _copy(path: str, format_: Format, copy: Path) -> None:
    new = copy.with_suffix(".new")
    scan = pl.scan_ipc if format_ is Format.ARROW else partial(pl.scan_csv, infer_schema=False)
    try:
        scan(path, glob=False).sink_ipc(new, record_batch_size=_ARROW_ROWS)
        new.replace(copy)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path}: want a {format_} file, got '{_short(error)}'. Write it again.") from error
    except OSError as error:
        raise refused(copy, error, wanted_bytes=0) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
