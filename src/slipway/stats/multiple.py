"""Many e-values at once: one alarm for the whole, and which of them it was."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import EValue, check_alpha


def mean_e(evidence: Sequence[EValue]) -> EValue:
    """Merge e-values of one null into their mean, an e-value under any dependence between them.

    Args:
        evidence: One or more e-values.

    Returns:
        The mean; its ``n`` is the smallest, its validity the weakest among them.

    Raises:
        BadInput: There is none.

    Reference:
        Vovk & Wang (2021), Annals of Statistics 49(3), theorem 3.2: no other symmetric merger dominates it.

    >>> import math
    >>> merged = mean_e([EValue(log_e=math.log(30), n=8), EValue(log_e=math.log(10), n=9)])
    >>> round(math.exp(merged.log_e), 9), merged.n
    (20.0, 8)
    """
    if not evidence:
        raise BadInput("evidence: want one e-value or more, got none.")
    logs = np.array([e.log_e for e in evidence])
    top = max(float(logs.max()), -1e300)
    with np.errstate(divide="ignore"):
        log_e = top + float(np.log(np.exp(logs - top).mean()))
    exact = all(e.validity == "exact" for e in evidence)
    return EValue(log_e=log_e, n=min(e.n for e in evidence), validity="exact" if exact else "asymptotic")


def e_bh(log_e: npt.ArrayLike, *, alpha: float) -> npt.NDArray[np.bool_]:
    """Tell which hypotheses to reject with a false discovery rate of at most ``alpha`` under any dependence.

    The largest ``k`` e-values are rejected, for the largest ``k`` whose k-th largest is at least ``m / (alpha k)``.

    Args:
        log_e: Log e-values, shape (m,); may hold ``-inf``, not NaN.
        alpha: False discovery rate, in (0, 1).

    Returns:
        Which are rejected, shape (m,).

    Reference:
        Wang & Ramdas (2022), JRSS B 84(3), definition 1.

    >>> np.flatnonzero(e_bh(np.log([120, 3, 45, 9, 61]), alpha=0.05))
    array([0, 2, 4])
    """
    check_alpha(alpha)
    values = np.asarray(log_e, dtype=np.float64)
    if values.ndim != 1 or np.isnan(values).any():
        raise BadInput(f"log_e: want numbers of shape (m,), got shape {values.shape} or NaN.")
    m = len(values)
    if m == 0:
        return np.zeros(0, dtype=np.bool_)
    ranked = np.sort(values)[::-1]
    enough = ranked >= np.log(m / (alpha * np.arange(1, m + 1))) - 1e-12
    if not enough.any():
        return np.zeros(m, dtype=np.bool_)
    return np.asarray(values >= ranked[np.flatnonzero(enough)[-1]])
