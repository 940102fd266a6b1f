"""What a user asks of a job. Pure."""

from slipway.errors import BadInput
from slipway.records.base import Record

UNDER_WAY_BYTES = 32 << 20
"""What the numbers of all parts under way may take together; each part is held a few times over."""
FEWEST_ROWS, MOST_ROWS = 4096, 65_536
"""Rows of a part."""


class Wish(Record, frozen=True, kw_only=True):
    """How a table is to be scored.

    Attributes:
        output: Where the answers go: a file, an ``s3://`` URL, or a name without an ending, which is a folder.
        id_column: Column of prediction ids; None: they are made.
        entity_column: Column of the entity; None: it is called as in the scope.
        keep: Columns of the input that the output has too; ``*`` is all.
        max_rejects: Share of the rows that may be rejected, in [0, 1]; None: any.
        overwrite: Whether to replace an output, or an unfinished job of another order, that is there.
        threads: How many, at least 1.
    """

    output: str
    id_column: str | None = None
    entity_column: str | None = None
    keep: tuple[str, ...] = ()
    max_rejects: float | None = None
    overwrite: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        if self.max_rejects is not None and not 0 <= self.max_rejects <= 1:
            raise BadInput(f"max_rejects: want a share from 0 to 1, got {self.max_rejects}. For 5 % write 0.05.")
        if self.threads < 1:
            raise BadInput(f"threads: want at least 1, got {self.threads}.")

    def part_rows(self, fields: int) -> int:
        """Return how many rows a part has, so that memory depends neither on the table's width nor on the threads.

        >>> Wish(output="o.csv", threads=2).part_rows(30), Wish(output="o.csv", threads=16).part_rows(300)
        (65536, 4096)
        """
        row_bytes = 8 * (fields + len(self.keep) + 2)
        fits = UNDER_WAY_BYTES // self.threads // row_bytes
        return min(max(1 << (fits.bit_length() - 1) if fits else 1, FEWEST_ROWS), MOST_ROWS)
