"""Count false alarms and delays of a sequential test over thousands of seeded streams, and render the table.

A calibration test simulates all streams at once (arrays of shape (streams, looks)), turns them into alarms, makes a
:class:`NullResult` or :class:`PowerResult`, asserts its promise and records it. ``python -m
slipway.testing.calibration PAGE`` then renders all recorded rows as one page of Markdown.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput, NotFound

ROWS_FOLDER = Path("benchmarks/results/calibration")
"""Where a test session leaves its rows unless told otherwise, relative to the repository."""


class NullResult(msgspec.Struct, frozen=True, tag="null"):
    """How often a test cried wolf on streams without an effect.

    Attributes:
        test: Name of the test, as its module calls it.
        scenario: What the streams were like, in words.
        alpha: The promised bound on the share of streams that ever alarm.
        streams: Number of independent seeded streams.
        looks: Looks per stream.
        false_alarms: Streams that alarmed at any look.
        naive_false_alarms: Streams in which the fixed-n test at the same level, looked at as often, alarmed.
    """

    test: str
    scenario: str
    alpha: float
    streams: int
    looks: int
    false_alarms: int
    naive_false_alarms: int | None = None

    @property
    def rate(self) -> float:
        """Share of streams with a false alarm."""
        return self.false_alarms / self.streams

    @property
    def limit(self) -> int:
        """The most false alarms that simulation error explains if the promise holds."""
        return false_alarm_limit(streams=self.streams, alpha=self.alpha)

    def demand(self) -> "NullResult":
        """Return itself, or fail the calling test if the promise is broken beyond simulation error."""
        if self.false_alarms > self.limit:
            raise AssertionError(
                f"{self.test} ({self.scenario}): want at most {self.limit} false alarms in {self.streams} streams "
                f"at alpha {self.alpha}, got {self.false_alarms} ({self.rate:.1%})."
            )
        return self


class PowerResult(msgspec.Struct, frozen=True, tag="power"):
    """How soon a test found an effect that was there.

    Attributes:
        test: Name of the test.
        scenario: What the streams were like.
        effect: The effect put in, in words.
        unit: What delays are counted in (``requests``, ``pairs``, ``days`` ...).
        alpha: Level of all tests in the row.
        streams: Number of streams.
        found: Share of streams that alarmed before they ended.
        median_delay: Median units until the alarm; ``inf`` when fewer than half alarmed.
        fixed_n: Units that the fixed-n test needs for ``fixed_power``, planned before the start.
        fixed_power: Power that ``fixed_n`` was planned for, a share.
        bound: The information limit log(1/alpha)/KL in the same unit.
        goal: The median delay that we must not exceed.
    """

    test: str
    scenario: str
    effect: str
    unit: str
    alpha: float
    streams: int
    found: float
    median_delay: float
    fixed_n: float | None = None
    fixed_power: float = 0.8
    bound: float | None = None
    goal: float | None = None

    def demand(self, *, found: float = 0.5) -> "PowerResult":
        """Return itself, or fail the calling test if the goal or the share found is missed."""
        if self.found < found or not self.median_delay <= (math.inf if self.goal is None else self.goal):
            raise AssertionError(
                f"{self.test} ({self.scenario}, {self.effect}): want {found:.0%} found and a median of at most "
                f"{self.goal} {self.unit}, got {self.found:.1%} and {self.median_delay:g}."
            )
        return self


Row = NullResult | PowerResult


def false_alarm_limit(*, streams: int, alpha: float, miss: float = 1e-3) -> int:
    """Return the smallest count that Binomial(streams, alpha) exceeds with probability at most ``miss``.

    >>> false_alarm_limit(streams=2000, alpha=0.05)  # scipy.stats.binom.isf(1e-3, 2000, 0.05)
    131
    """
    k = np.arange(streams + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, streams + 1)))])
    log_pmf = (log_factorial[-1] - log_factorial[k] - log_factorial[streams - k] + k * math.log(alpha)) + (
        streams - k
    ) * math.log1p(-alpha)
    tail = np.cumsum(np.exp(log_pmf)[::-1])[::-1]  # P(count >= k)
    return int(np.argmax(np.append(tail[1:], 0.0) <= miss))


def first_alarm(evidence: npt.ArrayLike, *, threshold: float) -> npt.NDArray[np.int64]:
    """Return the index of the first look at or above the threshold, and -1 for a stream that never got there.

    Args:
        evidence: Shape (streams, looks), such as log e-values. NaN is refused: it would count as silence.
        threshold: Such as ``log(1 / alpha)``.

    >>> first_alarm([[0.0, 3.0, 1.0], [0.0, 0.0, 0.0]], threshold=2.99)
    array([ 1, -1])
    """
    values = np.asarray(evidence, dtype=float)
    if np.isnan(values).any():
        raise BadInput("evidence: want numbers, got NaN. A test that answers NaN is broken.")
    over = values >= threshold
    return np.where(over.any(axis=1), over.argmax(axis=1), -1).astype(np.int64)


def null_result(
    alarms: npt.ArrayLike,
    *,
    test: str,
    scenario: str,
    alpha: float,
    looks: int,
    naive: npt.ArrayLike | None = None,
) -> NullResult:
    """Count the streams that ever alarmed; ``alarms`` and ``naive`` have shape (streams,), boolean."""
    flags = np.asarray(alarms, dtype=bool)
    return NullResult(
        test=test,
        scenario=scenario,
        alpha=alpha,
        streams=flags.size,
        looks=looks,
        false_alarms=int(flags.sum()),
        naive_false_alarms=None if naive is None else int(np.asarray(naive, dtype=bool).sum()),
    )


def power_result(
    first: npt.ArrayLike,
    delays: npt.ArrayLike,
    *,
    test: str,
    scenario: str,
    effect: str,
    unit: str,
    alpha: float,
    fixed_n: float | None = None,
    fixed_power: float = 0.8,
    bound: float | None = None,
    goal: float | None = None,
) -> PowerResult:
    """Sum up the delays of streams with an effect.

    Args:
        first: Index of the alarm per stream, -1 for none, as :func:`first_alarm` gives it; shape (streams,).
        delays: Units that had gone in at each look, shape (looks,) or (streams, looks).
        test: Name of the test.
        scenario: What the streams were like.
        effect: The effect put in.
        unit: What ``delays`` counts.
        alpha: Level of the test.
        fixed_n: See :class:`PowerResult`, as all that follow.
        fixed_power: The power planned for.
        bound: The information limit.
        goal: The goal.
    """
    at = np.asarray(first)
    table = np.broadcast_to(np.asarray(delays, dtype=float), (at.size, np.shape(delays)[-1]))
    waited = np.where(at >= 0, table[np.arange(at.size), at], math.inf)
    return PowerResult(
        test=test,
        scenario=scenario,
        effect=effect,
        unit=unit,
        alpha=alpha,
        streams=at.size,
        found=float((at >= 0).mean()),
        median_delay=float(np.sort(waited)[at.size // 2]),
        fixed_n=fixed_n,
        fixed_power=fixed_power,
        bound=bound,
        goal=goal,
    )


class Recorder:
    """Keeps the rows of one test module in ``folder/name.jsonl``; the first row of a session empties the file."""

    def __init__(self, folder: Path, *, name: str) -> None:
        self.path = folder / f"{name}.jsonl"
        self._fresh = True

    def __call__(self, row: Row) -> None:
        """Append one row."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("wb" if self._fresh else "ab") as file:
            file.write(msgspec.json.encode(_no_infinity(row)) + b"\n")
        self._fresh = False


def read_rows(folder: Path) -> list[Row]:
    """Read all recorded rows, files in alphabetical order.

    Raises:
        NotFound: No session has left rows there.
    """
    rows = [
        msgspec.json.decode(line, type=Row)  # type: ignore[arg-type]  # msgspec takes a union, mypy wants a class
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]
    if not rows:
        raise NotFound(f"{folder}: want rows of a calibration session, found none. Run `make calibration`.")
    return rows


def _no_infinity(row: Row) -> Row:
    """JSON has no infinity; a median that was never reached is stored as the largest float."""
    if isinstance(row, PowerResult) and math.isinf(row.median_delay):
        return msgspec.structs.replace(row, median_delay=sys.float_info.max)
    return row


def render(rows: Iterable[Row]) -> str:
    """Render rows as a page of Markdown with one table for false alarms and one for delays."""
    from slipway.testing.calibration_page import page  # noqa: PLC0415  # the page needs the rows' classes

    return page(list(rows))


def main(arguments: list[str]) -> int:
    """Write the page named in the arguments: ``PAGE [ROWS_FOLDER]``."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m slipway.testing.calibration PAGE [ROWS_FOLDER]\n")
        return 2
    folder: Any = Path(arguments[1]) if len(arguments) == 2 else ROWS_FOLDER
    try:
        text = render(read_rows(folder))
    except NotFound as error:
        sys.stderr.write(f"{error}\n")
        return 1
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
