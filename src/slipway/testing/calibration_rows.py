"""What a calibration test records: one row a scenario, kept as JSON lines."""

import fcntl
import math
from pathlib import Path

import msgspec
import numpy as np

from slipway.errors import NotFound


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
        median_delay: Median units until the alarm; None when half of the streams or more never alarmed.
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
    median_delay: float | None
    fixed_n: float | None = None
    fixed_power: float = 0.8
    bound: float | None = None
    goal: float | None = None

    def demand(self, *, found: float = 0.5) -> "PowerResult":
        """Return itself, or fail the calling test if the goal or the share found is missed."""
        late = self.goal is not None and (self.median_delay is None or self.median_delay > self.goal)
        if self.found < found or late:
            raise AssertionError(
                f"{self.test} ({self.scenario}, {self.effect}): want {found:.0%} found and a median of at most "
                f"{self.goal} {self.unit}, got {self.found:.1%} and {self.median_delay}."
            )
        return self


Row = NullResult | PowerResult
"""One line of a table."""


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


class Recorder:
    """Keeps the rows of one test module in ``folder/name.jsonl``; the first row of a session empties the file.

    Args:
        folder: Where the file lies; made if it is not there.
        name: Name of the module.
        session: What all processes of one session share, such as the run id of pytest-xdist, so that one does not
            empty what another has written; None for a session of one process.
    """

    def __init__(self, folder: Path, *, name: str, session: str | None = None) -> None:
        self.path = folder / f"{name}.jsonl"
        self._mark = folder / f".{name}.session"
        self._session = session
        self._fresh = True

    def __call__(self, row: Row) -> None:
        """Append one row."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if self._fresh and not self._joined():
                file.truncate(0)
                self._mark.write_text(self._session or "", encoding="utf-8")
            file.write(msgspec.json.encode(row) + b"\n")
        self._fresh = False

    def _joined(self) -> bool:
        """Tell whether another process of this session has emptied the file already."""
        return self._session is not None and self._mark.exists() and self._mark.read_text() == self._session


def read_rows(folder: Path) -> list[Row]:
    """Read all recorded rows, files in alphabetical order.

    Raises:
        NotFound: No session has left rows there.
    """
    rows = [
        msgspec.json.decode(line, type=Row)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]
    if not rows:
        raise NotFound(f"{folder}: want rows of a calibration session, found none. Run `make calibration`.")
    return rows
