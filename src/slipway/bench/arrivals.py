"""When each request is due, fixed before the first one is sent."""

import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.load_test import Arrivals


def moments(arrivals: Arrivals, *, qps: float, for_s: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the moments at which requests are due, increasing, in seconds within [0, for_s).

    Independent schedules of several generators add up to one of the sum of their rates: a Poisson process is made of
    Poisson processes, and even ones begin at a random part of their period.

    Args:
        arrivals: By chance or evenly.
        qps: Requests a second, above 0.
        for_s: Length of the schedule, above 0.
        rng: Source of all chance.

    Raises:
        BadInput: A rate or length that is not a finite number above 0.

    >>> due = moments(Arrivals.CONSTANT, qps=10, for_s=2, rng=np.random.default_rng(0))
    >>> len(due), round(float(due[1] - due[0]), 6)
    (20, 0.1)
    """
    for name, value in (("qps", qps), ("for_s", for_s)):
        if not 0 < value < np.inf:
            raise BadInput(f"{name}: want a finite number above 0, got {value}.")
    due: npt.NDArray[np.float64]
    if arrivals is Arrivals.POISSON:
        due = np.sort(rng.random(rng.poisson(qps * for_s))) * for_s
    else:
        due = (np.arange(math.ceil(qps * for_s), dtype=np.float64) + rng.random()) / qps
    return due[due < for_s]
