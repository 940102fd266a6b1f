"""The formats of tables in files, told from their names. Pure."""

from enum import StrEnum
from pathlib import PurePath

from slipway.errors import BadInput


class Format(StrEnum):
    """How a table lies in a file."""

    PARQUET = "parquet"
    ARROW = "arrow"
    CSV = "csv"


_SUFFIXES = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".ipc": Format.ARROW,
    ".feather": Format.ARROW,
    ".csv": Format.CSV,
}


def format_of(name: str) -> Format:
    """Return the format that a file's name tells.

    Raises:
        BadInput: It tells none.

    >>> format_of("s3://lake/flights/in.parquet").value, format_of("a.CSV.gz").value
    ('parquet', 'csv')
    """
    suffixes = [s.lower() for s in PurePath(name).suffixes]
    found = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None and suffixes[-2:-1] == [".csv"] and suffixes[-1] in (".gz", ".zst"):
        found = Format.CSV
    if found is None:
        raise BadInput(f"{name}: want a name that ends in {', '.join(_SUFFIXES)}, got none of these.")
    return found


def is_table(name: str) -> bool:
    """Tell whether a file's name tells a format."""
    try:
        format_of(name)
    except BadInput:
        return False
    return True
