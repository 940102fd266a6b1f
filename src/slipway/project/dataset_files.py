"""The rows of dataset versions as pieces that versions share: Parquet blobs, each kept once, however many name it."""

import io
from typing import NamedTuple

import polars as pl

from slipway.data.chunks import cuts
from slipway.data.version import Words
from slipway.records.dataset import DatasetVersion
from slipway.wiring import Parts


class Shared(NamedTuple):
    """What a version has in common with others.

    Attributes:
        pieces: Of the version.
        shared: Of these, how many another version holds too.
    """

    pieces: int
    shared: int


def keep(parts: Parts, table: pl.DataFrame, *, hashes: Words) -> tuple[str, ...]:
    """Keep the rows and return the blobs that hold them, in order; a piece that is kept already is not written again.

    Killed in the middle, some pieces are there that no version names; making the version again takes them up.

    Raises:
        DiskRefused: The disk is full or failing; no version names what was written.
    """
    return tuple(parts.blobs.put(_parquet(table.slice(first, rows))) for first, rows in cuts(hashes))


def read(parts: Parts, version: DatasetVersion) -> pl.DataFrame:
    """Return the rows of a version in the order in which they were kept.

    Raises:
        NotFound: A piece is gone.
        Corrupt: A piece is not what was written.
    """
    return pl.concat([pl.read_parquet(io.BytesIO(parts.blobs.get(blob))) for blob in version.blobs], rechunk=True)


def shared(version: DatasetVersion, *, others: list[DatasetVersion]) -> Shared:
    """Count the pieces that a version has in common with others."""
    known = {blob for other in others if other.id != version.id for blob in other.blobs}
    return Shared(len(version.blobs), sum(blob in known for blob in version.blobs))


def _parquet(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd", row_group_size=max(1, rows.height))
    return buffer.getvalue()
