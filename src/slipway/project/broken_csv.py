"""Find the first line of a CSV file that is wrong; the reader itself only says that one is, or takes it."""

import csv
import gzip
from pathlib import Path
from typing import IO


def broken_csv(path: Path) -> str | None:
    r"""Say in words which line of a CSV is wrong: its encoding, an open quote, or its number of values.

    Args:
        path: A file that a reader has refused, or that looks cut; of compressed ones only ``.gz`` are looked into.

    Returns:
        Such as ``line 7 with 5 values under 4 columns``; None where nothing of the sort is found.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "rows.csv"
    ...     _ = file.write_text("a,b\n1,2\n3,4,5\n", encoding="utf-8")
    ...     broken_csv(file)
    'line 3 with 3 values under 2 columns'
    """
    if path.suffix.lower() not in (".csv", ".gz"):
        return None
    try:
        return _odd_bytes(path) or _odd_line(path)
    except (OSError, EOFError) as error:  # a .gz that is torn
        return f"'{error}'"


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]  # both read bytes


def _odd_bytes(path: Path) -> str | None:
    with _open(path) as file:
        for number, raw in enumerate(file, start=1):
            if b"\0" in raw:
                hint = " (UTF-16? save it as UTF-8)" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
                return f"line {number} with a byte of zero{hint}"
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number} that is no UTF-8 (byte 0x{raw[error.start]:02x} at place {error.start + 1})"
    return None


def _odd_line(path: Path) -> str | None:
    with _open(path) as file:
        lines = csv.reader((raw.decode("utf-8") for raw in file), strict=True)
        wanted = begun = 0
        try:
            for values in lines:
                wanted = wanted or len(values)
                if values and len(values) != wanted:
                    return f"line {begun + 1} with {len(values)} values under {wanted} columns"
                begun = lines.line_num
        except csv.Error as error:
            return f"line {begun + 1} where {error}"
    return None
