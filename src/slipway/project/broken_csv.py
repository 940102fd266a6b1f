"""Find the first line of a CSV file that is wrong; the reader itself only says that one is."""

import csv
from pathlib import Path


def broken_csv(path: Path) -> str | None:
    r"""Say in words which line of a CSV is wrong: its encoding, an open quote, or its number of values.

    Args:
        path: A file that a reader has refused; one that is compressed is not looked into.

    Returns:
        Such as ``line 7 with 5 values under 4 columns``; None where nothing of the sort is found.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "rows.csv"
    ...     _ = file.write_text("a,b\n1,2\n3,4,5\n", encoding="utf-8")
    ...     broken_csv(file)
    'line 3 with 3 values under 2 columns'
    """
    if path.suffix.lower() != ".csv":
        return None
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if b"\0" in raw:
                return f"line {number} with a byte of zero"
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number} that is no UTF-8 (byte 0x{raw[error.start]:02x} at place {error.start + 1})"
    return _wrong_line(path)


def _wrong_line(path: Path) -> str | None:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, strict=True)
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
