"""A run: (code, hyperparameters, data, seed) -> model and metrics. What kind of run it was is derived."""

from enum import StrEnum
from typing import Any

from slipway.records.base import Record
from slipway.records.dataset import Score


class RunKind(StrEnum):
    """What a run changed against another, told from content hashes alone."""

    DATA_CENTRIC = "data-centric"
    MODEL_CENTRIC = "model-centric"
    MIXED = "mixed"
    REPLAY = "replay"

    @property
    def purpose(self) -> str:
        """What such runs are for: research holds the data and varies the model, production the other way round."""
        return {RunKind.MODEL_CENTRIC: "research", RunKind.DATA_CENTRIC: "production"}.get(self, "")


class Level(StrEnum):
    """What a slice is held against: what a person or the present system reaches in it, else the model elsewhere."""

    HUMAN = "human"
    PRESENT = "present"
    REST = "rest"


class Slice(Record, frozen=True, kw_only=True):
    """A part of the data where the model is worse than on the rest.

    Attributes:
        where: Such as ``carrier = EV and hour in [17, 24)``.
        n: Rows in it.
        share: Part of all rows.
        value: Metric inside.
        rest: Metric outside.
        low: Lower limit of the gap inside minus outside, on rows the search did not see.
        high: Upper limit.
        level: What could be reached inside: by a person or the present system, else what the model reaches outside.
        level_of: Whose level that is.
        headroom: What the whole would gain if the slice reached its level: (value - level) x share. Below 0 the model
            is better there than its level, however bad it looks.
    """

    where: str
    n: int
    share: float
    value: float
    rest: float
    low: float
    high: float
    level: float
    level_of: Level = Level.REST
    headroom: float


class Reported(Record, frozen=True, kw_only=True):
    """What a training function reported while it ran.

    Attributes:
        step: Such as an epoch; rises from report to report.
        value: A loss of the function's own choosing; lower is better.
    """

    step: int
    value: float


class Repeat(Record, frozen=True, kw_only=True):
    """What the same code, hyperparameters and data gave with one seed.

    Attributes:
        seed: Seed of all chance.
        value: Mean loss on the rows held out.
        answers: Blob of the answers to them, one little-endian float64 a row.
    """

    seed: int
    value: float
    answers: str


class Run(Record, frozen=True, kw_only=True):
    """One training, complete.

    Attributes:
        id: Hash of code, params, data and seed plus start time.
        code: SHA-256 of the source files the training used.
        params: Hyperparameters as given.
        params_hash: SHA-256 of the canonical form of ``params``.
        data: Dataset version id.
        seed: Seed of all chance.
        environment: Package name to version.
        scores: Metrics by predictor and split.
        slices: Worst slices, confirmed.
        package: Id of the model package, or None if none was made.
        started_us: When it began.
        ended_us: When it ended.
        look: Which look at its test rows it was, from 1 (:class:`slipway.records.look.Look`); 0 where nobody counted.
        judged_at: As which look its judgements count, by every look before that saw any of its test rows; 0 for a run
            of before December 2026, whose look stands in.
        reported: What the training function reported while it ran.
        repeats: The same with several seeds, its own first; empty where only one was asked for.
        search: The search that found its hyperparameters, or None.
        held_out: SHA-256 over the rows that it held out, whatever their order; empty where nobody wrote it down.
    """

    id: str
    code: str
    params: dict[str, Any]
    params_hash: str
    data: str
    seed: int
    environment: dict[str, str]
    scores: tuple[Score, ...]
    slices: tuple[Slice, ...] = ()
    package: str | None = None
    started_us: int
    ended_us: int
    look: int = 0
    judged_at: int = 0
    reported: tuple[Reported, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    search: str | None = None
    held_out: str = ""


class CellAnswers(Record, frozen=True, kw_only=True):
    """What a model that was trained only to be asked answered: with another seed, or to divide a change among causes.

    Attributes:
        id: Hash of all that the answers follow from: code, params, data, seed, the rows asked about, and the versions
            of libraries.
        code: As in :class:`Run`.
        params_hash: As in :class:`Run`.
        data: Dataset version id.
        seed: Seed of all chance.
        rows: Hash of the rows asked about.
        answers: Blob with one little-endian float64 a row.
    """

    id: str
    code: str
    params_hash: str
    data: str
    seed: int
    rows: str
    answers: str
