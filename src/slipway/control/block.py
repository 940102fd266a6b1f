"""One day of one route, row by row, in typed arrays that grow."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import Hashes

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY_US = 86_400_000_000
NEVER = -1
"""Moment of an outcome that has not come."""

ROW_BITS = 40
"""A place is the number of its block, then that many bits for the row."""

ROW_MASK = (1 << ROW_BITS) - 1

UNKNOWN_BIN = np.iinfo(np.uint8).max
"""Bin of a row that was not coded for a profile."""

ROW: dict[str, tuple[str, float]] = {
    "at_us": ("i8", 0),
    "version": ("i4", 0),
    "arm": ("i2", 0),
    "entity": ("u8", 0),
    "fallback": ("?", 0),
    "score": ("f8", 0),
    "latency_us": ("u4", 0),
    "outcome": ("f8", np.nan),
    "outcome_at_us": ("i8", NEVER),
    "course": ("u1", 0),
}
"""Column to its type, and what it holds until it is told: 52 bytes a row."""

_SAID, _ASKED, _BINS, _TOLD, _TOLD_AT = "said/", "asked/", "bins/", "metric/", "metric_at/"
_GROWTH = 1.25


class Known(NamedTuple):
    """What is known of a request beyond its answer: its outcome, what shadows said, and its metrics."""

    outcome_at_us: int
    outcome: float
    shadows: list[tuple[int, float]]
    metrics: list[tuple[int, int, float]]


class Block:
    """The rows that arrived within one UTC day. Rows are only added; outcomes and shadows are filled in.

    Attributes:
        route: Name of the route.
        day: Days since the epoch.
        revision: Grows with every change, so that a sum can tell whether it is still right.
    """

    def __init__(self, *, route: str, day: int) -> None:
        self.route, self.day = route, day
        self.revision = 0
        self._rows = 0
        self._columns: dict[str, Array] = {name: np.empty(0, dtype=kind) for name, (kind, _) in ROW.items()}

    @classmethod
    def of(cls, columns: Mapping[str, Array], *, route: str, day: int, revision: int) -> "Block":
        """Make a block of what :meth:`columns` returned."""
        block = cls(route=route, day=day)
        block._columns, block._rows, block.revision = dict(columns), len(columns["at_us"]), revision
        return block

    def __len__(self) -> int:
        return self._rows

    @property
    def start_us(self) -> int:
        """Beginning of the day."""
        return self.day * DAY_US

    @property
    def end_us(self) -> int:
        """End of the day, exclusive."""
        return self.start_us + DAY_US

    @property
    def size_bytes(self) -> int:
        """Memory of the columns, room to grow included."""
        return sum(column.nbytes for column in list(self._columns.values()))

    def columns(self) -> dict[str, Array]:
        """Return all columns, each as long as the block."""
        return {name: column[: self._rows] for name, column in self._columns.items()}

    @property
    def at_us(self) -> Ints:
        """When each row was received, shape (rows,); so are all columns."""
        return self._columns["at_us"][: self._rows]

    @property
    def version(self) -> npt.NDArray[np.int32]:
        """Version of the route."""
        return self._columns["version"][: self._rows]

    @property
    def arm(self) -> npt.NDArray[np.int16]:
        """Code of the arm that answered."""
        return self._columns["arm"][: self._rows]

    @property
    def entity(self) -> Hashes:
        """Hash of the entity."""
        return self._columns["entity"][: self._rows]

    @property
    def fallback(self) -> Bools:
        """Whether the arm stepped in for the assigned one."""
        return self._columns["fallback"][: self._rows]

    @property
    def score(self) -> Floats:
        """The answer; NaN where nothing could answer."""
        return self._columns["score"][: self._rows]

    @property
    def latency_us(self) -> npt.NDArray[np.uint32]:
        """From receipt to answer; what took longer than 71 minutes counts as that."""
        return self._columns["latency_us"][: self._rows]

    @property
    def course(self) -> npt.NDArray[np.uint8]:
        """The part that people have in it, as :mod:`slipway.control.told_people` says."""
        return self._columns["course"][: self._rows]

    @property
    def outcome(self) -> Floats:
        """What turned out to be true; NaN until then."""
        return self._columns["outcome"][: self._rows]

    @property
    def outcome_at_us(self) -> Ints:
        """When it was told; ``NEVER`` until then."""
        return self._columns["outcome_at_us"][: self._rows]

    def shadow(self, arm: int) -> tuple[Floats, Bools]:
        """Return (what the arm said as a shadow, whether it was asked)."""
        if f"{_SAID}{arm}" in self._columns:
            return self._columns[f"{_SAID}{arm}"][: self._rows], self._columns[f"{_ASKED}{arm}"][: self._rows]
        return np.full(self._rows, np.nan), np.zeros(self._rows, dtype=bool)

    def metric(self, code: int) -> tuple[Floats, Ints]:
        """Return (the values of a business metric, when each was told); NaN and ``NEVER`` until then."""
        if f"{_TOLD}{code}" in self._columns:
            return self._columns[f"{_TOLD}{code}"][: self._rows], self._columns[f"{_TOLD_AT}{code}"][: self._rows]
        return np.full(self._rows, np.nan), np.full(self._rows, NEVER)

    def shadows(self) -> list[int]:
        """Return the codes of the arms that shadowed a row of the day."""
        return [int(name.removeprefix(_ASKED)) for name in self._columns if name.startswith(_ASKED)]

    def bins(self, profile: str) -> npt.NDArray[np.uint8] | None:
        """Return each row's bin in each column of a profile, shape (rows, columns); None if none was coded for it."""
        found = self._columns.get(f"{_BINS}{profile}")
        return None if found is None else found[: self._rows]

    def forget_bins(self) -> None:
        """Let the bins go, once all slices of the day are summed."""
        for name in [n for n in self._columns if n.startswith(_BINS)]:
            del self._columns[name]

    def append(self, columns: Mapping[str, Array], *, bins: Mapping[str, npt.NDArray[np.uint8]]) -> Ints:
        """Add rows, and return their numbers.

        A profile may appear when the day has rows already, as when a rollout starts: those rows are not coded for it.
        All or nothing: where a column is refused, the block is as it was.

        Args:
            columns: Columns of :data:`ROW`, all of one length; those that are left out hold what is not told yet.
            bins: Profile to bins.

        Raises:
            ValueError: The columns are not of one length, or a profile's bins not as wide as before.
        """
        before, after = self._rows, self._rows + len(columns["at_us"])
        if after > self._room:
            self._make_room(round(_GROWTH * after) + 64)
        coded = {f"{_BINS}{profile}": bins_of for profile, bins_of in bins.items()}
        late = {name: self._unknown_bins(told.shape[1]) for name, told in coded.items() if name not in self._columns}
        told = {**columns, **coded}
        for name, column in [*self._columns.items(), *late.items()]:
            column[before:after] = told.get(name, _unknown(name))
        self._columns.update(late)
        self._rows = after  # last: what did not fit leaves the block as it was
        self.revision += 1
        return np.arange(before, after)

    def put_outcomes(self, rows: Ints, *, at_us: Ints, value: Floats) -> int:
        """Keep each outcome that is its row's first; of two with one moment the smaller, so that order is no matter.

        Args:
            rows: Row of each outcome, shape (n,); a row may come several times.
            at_us: When each was told.
            value: Each finite.

        Returns:
            How many rows had none before.
        """
        return self._put_first(rows, at_us=at_us, value=value, into=(self.outcome, self.outcome_at_us))

    def put_metric(self, rows: Ints, *, metric: int, at_us: Ints, value: Floats) -> int:
        """Keep values of a business metric as :meth:`put_outcomes` keeps outcomes.

        Args:
            rows: Row of each value, shape (n,); a row may come several times.
            metric: Code of the metric.
            at_us: When each was told.
            value: Each finite.

        Returns:
            How many rows had none before.
        """
        if f"{_TOLD}{metric}" not in self._columns:
            self._columns[f"{_TOLD}{metric}"] = np.full(self._room, np.nan)
            self._columns[f"{_TOLD_AT}{metric}"] = np.full(self._room, NEVER)
        return self._put_first(rows, at_us=at_us, value=value, into=self.metric(metric))

    def put_shadows(self, rows: Ints, *, arm: int, score: Floats) -> None:
        """Keep what a shadow said; an answer is preferred to none, and the smaller of two answers to the larger.

        Args:
            rows: Row of each answer, shape (n,); a row may come several times.
            arm: Code of the shadow.
            score: Its answers, NaN where it failed.
        """
        if f"{_SAID}{arm}" not in self._columns:
            self._columns[f"{_SAID}{arm}"] = np.full(self._room, np.nan)
            self._columns[f"{_ASKED}{arm}"] = np.zeros(self._room, dtype=bool)
        said, asked = self.shadow(arm)
        order = np.lexsort((score, rows))  # NaN is last
        rows, first = np.unique(rows[order], return_index=True)
        said[rows] = np.fmin(said[rows], score[order][first])
        asked[rows] = True
        self.revision += 1

    def _put_first(self, rows: Ints, *, at_us: Ints, value: Floats, into: tuple[Floats, Ints]) -> int:
        """Keep each value that is its row's first, of two with one moment the smaller; return how many had none."""
        held, held_at = into
        order = np.lexsort((value, at_us, rows))
        rows, first = np.unique(rows[order], return_index=True)
        at_us, value = at_us[order][first], value[order][first]
        had_at, had = held_at[rows], held[rows]
        fresh = had_at == NEVER
        better = fresh | (at_us < had_at) | ((at_us == had_at) & (value < had))
        held[rows[better]], held_at[rows[better]] = value[better], at_us[better]
        self.revision += 1
        return int(fresh.sum())

    def withdraw(self, row: int) -> Known:
        """Make a row count for nothing, and return what was known of it: it belongs to no route, arm or answer now."""
        sides = {arm: self.shadow(arm) for arm in self.shadows()}
        shadows = [(arm, float(said[row])) for arm, (said, asked) in sides.items() if asked[row]]
        codes = [int(name.removeprefix(_TOLD)) for name in self._columns if name.startswith(_TOLD)]
        told = {code: self.metric(code) for code in codes}
        metrics = [(code, int(at[row]), float(value[row])) for code, (value, at) in told.items() if at[row] != NEVER]
        known = Known(int(self.outcome_at_us[row]), float(self.outcome[row]), shadows, metrics)
        self.version[row] = self.arm[row] = -1
        self.score[row] = self.outcome[row] = np.nan
        self.outcome_at_us[row] = NEVER
        for said, asked in sides.values():
            said[row], asked[row] = np.nan, False
        for value, at in told.values():
            value[row], at[row] = np.nan, NEVER
        self.revision += 1
        return known

    @property
    def _room(self) -> int:
        """Rows for which every column has room."""
        return len(self._columns["at_us"])

    def _unknown_bins(self, columns: int) -> npt.NDArray[np.uint8]:
        return np.full((self._room, columns), UNKNOWN_BIN, dtype=np.uint8)

    def _make_room(self, rows: int) -> None:
        """Widen every column; the one that tells the room comes last, so that out of memory the others have more."""
        for name in sorted(self._columns, key=lambda name: name == "at_us"):
            column = self._columns[name]
            wider = np.empty((rows, *column.shape[1:]), dtype=column.dtype)
            wider[: self._rows] = column[: self._rows]
            self._columns[name] = wider


def by_block(places: Ints) -> Iterator[tuple[int, Bools]]:
    """Yield (number of a block, which places lie in it)."""
    numbers = places >> ROW_BITS
    for number in np.unique(numbers).tolist():
        yield number, numbers == number


def _unknown(name: str) -> float:
    """Return what a column holds until it is told."""
    if name in ROW:
        return ROW[name][1]
    if name.startswith(_BINS):
        return UNKNOWN_BIN
    return NEVER if name.startswith(_TOLD_AT) else np.nan if name.startswith((_SAID, _TOLD)) else 0
