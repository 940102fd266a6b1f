"""A dataset version: data named by its content."""

from enum import StrEnum

from slipway.records.base import Record
from slipway.records.field import FieldKind


class SplitKind(StrEnum):
    """How rows were divided into those to learn from and those held out.

    By time the latest are held out; at random rows are dealt by chance; by group whole groups are, such as all rows of
    an entity; stratified, each class (or tenth of a number) gives the same share; a column can say it itself.
    """

    TIME = "time"
    RANDOM = "random"
    GROUP = "group"
    STRATIFIED = "stratified"
    COLUMN = "column"


class SplitRule(Record, frozen=True, kw_only=True):
    """How to divide.

    Attributes:
        kind: None takes time where the task has one, else group where an entity has several rows, else random.
        by: Column: the group of ``group`` (the entity if empty), a group to keep together while ``stratified``, or the
            column of booleans for ``column``, true where a row is held out.
        test_share: Part to hold out, in (0, 1); without meaning for ``column``.
        seed: Seed of all chance.
    """

    kind: SplitKind | None = None
    by: str = ""
    test_share: float = 0.2
    seed: int = 0


class Deal(Record, frozen=True, kw_only=True):
    """How the rows of a version were divided: all that it follows from, besides the rows.

    Attributes:
        kind: Never None here.
        by: Columns whose values decide: the time, the column of booleans, the group, or what rows are told apart by.
        groups: Whether rows of one value in ``by`` were kept together.
        test_share: Part to hold out, in (0, 1); without meaning for ``column``.
        seed: Seed of the chance; without meaning by time and by column.
    """

    kind: SplitKind
    by: tuple[str, ...]
    groups: bool = False
    test_share: float
    seed: int


class ColumnProfile(Record, frozen=True, kw_only=True):
    """One column as it was when the version was made.

    Attributes:
        name: Column.
        kind: Number, category or boolean.
        hash: SHA-256 over the column's values in canonical row order.
        missing_share: Part of the rows without a value.
        distinct: Number of different values.
        mean: Mean of a number, else None.
        sd: Standard deviation of a number, else None.
        quantiles: Minimum, 5, 25, 50, 75, 95 % and maximum of a number, else empty.
        top: Most frequent categories with their shares, at most 20.
    """

    name: str
    kind: FieldKind
    hash: str
    missing_share: float
    distinct: int
    mean: float | None = None
    sd: float | None = None
    quantiles: tuple[float, ...] = ()
    top: tuple[tuple[str, float], ...] = ()


class CheckResult(Record, frozen=True, kw_only=True):
    """One check of the data.

    Attributes:
        name: What was checked.
        passed: Whether it held.
        detail: What was found, in words, with at most ten failing rows.
    """

    name: str
    passed: bool
    detail: str


class Score(Record, frozen=True, kw_only=True):
    """One metric of one predictor on one split, with its fixed-n interval.

    Attributes:
        name: Predictor, such as ``trivial`` or ``present``.
        metric: Such as ``error_rate``.
        split: Such as ``test``.
        value: The estimate.
        low: Lower limit.
        high: Upper limit.
        alpha: Miss probability of the interval.
        n: Rows.
        what: What the predictor is, in words; empty where its name says it.
        units: Clusters that the interval counts (:mod:`slipway.stats.clusters`); 0 where it counts rows, and in a score
            of before December 2026.
    """

    name: str
    metric: str
    split: str
    value: float
    low: float
    high: float
    alpha: float
    n: int
    what: str = ""
    units: int = 0


class DatasetVersion(Record, frozen=True, kw_only=True):
    """Data named by its content and by which of its rows are held out, whatever the order of its rows.

    Attributes:
        id: SHA-256 over ``content`` and ``held_out``, so that the same id is always the same test set. Versions made
            before November 2026 are named by their content alone.
        name: A checked word.
        rows: Number of rows.
        columns: Profile of each column.
        splits: Split name to number of rows.
        split_kind: How the rows were divided.
        split_seed: Seed of the chance that dealt them, where chance did.
        deal: How they were divided in full; None for a version made before rows were dealt by their content.
        content: SHA-256 of the rows; empty for such a version, whose id it is.
        held_out: SHA-256 of the rows held out: the name of the test set; empty for such a version.
        checks: What was checked and found.
        baselines: Scores that a model must beat.
        files: Blob ids of the Parquet files that hold the rows, in order; versions share those they have in common.
        file: The one file of a version that was made before there were pieces; empty since.
        source: Where the rows came from, in words.
        parents: Ids of the versions this one was made from.
        created_us: When.
    """

    id: str
    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    splits: dict[str, int]
    split_kind: SplitKind
    checks: tuple[CheckResult, ...]
    baselines: tuple[Score, ...]
    files: tuple[str, ...] = ()
    file: str = ""
    source: str
    parents: tuple[str, ...] = ()
    created_us: int
    split_seed: int = 0
    deal: Deal | None = None
    content: str = ""
    held_out: str = ""

    @property
    def blobs(self) -> tuple[str, ...]:
        """Blob ids of the files that hold the rows, in order."""
        return self.files or (self.file,)

    @property
    def rows_id(self) -> str:
        """SHA-256 of the rows alone: versions that divide the same rows otherwise have it in common."""
        return self.content or self.id
