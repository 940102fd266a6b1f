"""Answers to files: those of a part while a job goes on, those of all parts when it ends.

Parts have the format of the output where that is Parquet, so that their rows are encoded once, by the thread that has
them, and the output is put together of them byte for byte. Only where parts are so small that it would be made of
crumbs are they read and written again.
"""

import shutil
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from slipway.batch.formats import Format, format_of
from slipway.batch.splicing import Pieces
from slipway.errors import BadInput

ROW_GROUP_ROWS, FEWEST_GROUP_ROWS = 1 << 17, 1 << 15
"""Rows of a row group that is written anew, and how many those of the parts must have on average to stay."""
_LEVEL = 1
"""Of zstd: a tenth larger than at 3, in half the time."""


def format_of_parts(output: str) -> Format:
    """Return how parts lie on the disk; a name without an ending is a folder of Parquet files.

    >>> format_of_parts("out").value, format_of_parts("out.csv").value
    ('parquet', 'arrow')
    """
    return Format.ARROW if Path(output).suffix and format_of(output) is not Format.PARQUET else Format.PARQUET


def refuse_unwritable(keep: Sequence[str], *, schema: Mapping[str, pl.DataType], output: str) -> None:
    """Return if the columns to keep can be written; best known before the first row is asked and journalled.

    Args:
        keep: Columns of the input that the output has too.
        schema: Column of the input to its type.
        output: As the user named it; its ending tells the format.

    Raises:
        BadInput: One cannot, such as a list where the output is CSV.
    """
    format_ = format_of(output) if Path(output).suffix else Format.PARQUET
    for name in keep:
        row = pl.DataFrame({name: pl.Series([None], dtype=schema[name])})
        try:
            row.lazy().sink_csv(BytesIO()) if format_ is Format.CSV else _encode(row, format_)
        except pl.exceptions.PolarsError as error:
            raise BadInput(
                f"--keep {name}: want a column that {format_.value} can hold, got {schema[name]} "
                f"({str(error).splitlines()[0]}). Leave it out, or name an output of another format."
            ) from error


def write_part(table: pl.DataFrame, path: Path, *, format_: Format) -> None:
    """Write the answers of a part.

    Raises:
        OSError: The disk refused.
    """
    # the disk is written to by us, for polars would tell a full one as a broken file
    path.write_bytes(_encode(table, format_).getbuffer())


def write_all(parts: Sequence[Path], path: Path, *, format_: Format) -> None:
    """Write the answers of all parts, in order, to one file.

    Raises:
        Corrupt: A part is not what was written.
        OSError: The disk refused; likewise a PolarsError.
    """
    if format_ is not Format.PARQUET:
        table = pl.scan_ipc(list(parts), glob=False)
        table.sink_ipc(path) if format_ is Format.ARROW else table.sink_csv(path)
        return
    pieces = Pieces(parts)
    if pieces.rows >= FEWEST_GROUP_ROWS * (pieces.groups - 1):
        pieces.splice(path)
    else:
        table = pl.scan_parquet(list(parts), glob=False)
        table.sink_parquet(path, row_group_size=ROW_GROUP_ROWS, compression_level=_LEVEL)


def write_folder(parts: Sequence[Path], folder: Path) -> None:
    """Make a folder of one Parquet file a part.

    Raises:
        OSError: The disk refused.
    """
    folder.mkdir()
    for i, part in enumerate(parts):
        shutil.copyfile(part, folder / f"part-{i:08d}.parquet")


def _encode(table: pl.DataFrame, format_: Format) -> BytesIO:
    encoded = BytesIO()
    if format_ is Format.PARQUET:
        table.write_parquet(encoded, compression_level=_LEVEL)
    else:
        table.write_ipc(encoded)
    return encoded
