"""What a training function says while it runs: ``report(step, loss)``, shown live and kept with the run."""

import math
from collections.abc import Callable

from slipway.errors import BadInput
from slipway.records.run import Reported

_MOST = 1000


class Reporter:
    """Takes reports of one training, in order.

    Args:
        told: Called with each report as it comes.

    >>> report = Reporter()
    >>> report(1, 0.5)
    >>> report(2, 0.4)
    >>> [(r.step, r.value) for r in report.kept]
    [(1, 0.5), (2, 0.4)]
    """

    def __init__(self, told: Callable[[Reported], object] = lambda _: None) -> None:
        self._told = told
        self._kept: list[Reported] = []
        self._last = -1
        self._each = 1
        self._count = 0

    def __call__(self, step: int, value: float) -> None:
        """Report a loss; lower is better.

        Raises:
            BadInput: The step is no whole number above the one before, or the value is not finite.
        """
        if step != int(step) or step <= self._last:
            raise BadInput(f"report: want a whole step above {self._last}, got {step}. Report each once, in order.")
        if not math.isfinite(value):
            raise BadInput(
                f"report: want a finite loss at step {step}, got {value}. The training diverged: lower the learning "
                "rate, or look for missing values in X."
            )
        self._last = int(step)
        said = Reported(step=int(step), value=float(value))
        if self._count % self._each == 0:
            self._kept.append(said)
        if len(self._kept) == _MOST:  # thin them out, so that a million steps do not swell the run's record
            self._kept, self._each = self._kept[::2], self._each * 2
        self._count += 1
        self._told(said)

    @property
    def kept(self) -> tuple[Reported, ...]:
        """Reports so far; of more than a thousand, some at even distances."""
        return tuple(self._kept)
