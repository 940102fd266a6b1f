"""Count false alarms and delays of a sequential test over thousands of seeded streams, and render the table.

A calibration test simulates all streams at once (arrays of shape (streams, looks)), turns them into alarms, makes a
:class:`NullResult` or :class:`PowerResult`, demands its promise and records it. ``python -m
slipway.testing.calibration PAGE`` then renders all recorded rows as one page of Markdown.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput, NotFound
from slipway.testing.calibration_page import page
from slipway.testing.calibration_rows import NullResult, PowerResult, Recorder, false_alarm_limit, read_rows

__all__ = [
    "ROWS_FOLDER",
    "NullResult",
    "PowerResult",
    "Recorder",
    "false_alarm_limit",
    "first_alarm",
    "main",
    "null_result",
    "power_result",
    "read_rows",
]

ROWS_FOLDER = Path("benchmarks/results/calibration")
"""Where a test session leaves its rows unless told otherwise, relative to the repository."""


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
    waited = np.where(at >= 0, table[np.arange(at.size), at], np.inf)
    median = float(np.sort(waited)[at.size // 2])
    return PowerResult(
        test=test,
        scenario=scenario,
        effect=effect,
        unit=unit,
        alpha=alpha,
        streams=at.size,
        found=float((at >= 0).mean()),
        median_delay=median if np.isfinite(median) else None,
        fixed_n=fixed_n,
        fixed_power=fixed_power,
        bound=bound,
        goal=goal,
    )


def main(arguments: list[str]) -> int:
    """Write the page named in the arguments: ``PAGE [ROWS_FOLDER]``."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m slipway.testing.calibration PAGE [ROWS_FOLDER]\n")
        return 2
    folder = Path(arguments[1]) if len(arguments) == 2 else ROWS_FOLDER
    try:
        text = page(read_rows(folder))
    except NotFound as error:
        sys.stderr.write(f"{error}\n")
        return 1
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
