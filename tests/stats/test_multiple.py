"""Merging many e-values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.evidence import EValue
from slipway.stats.multiple import e_bh, mean_e

logs = st.lists(st.floats(-700, 700), min_size=1, max_size=30)


def test_e_bh_rejects_what_wang_and_ramdas_do() -> None:
    """e = (120, 3, 45, 9, 61) at alpha = 0.05: m / (alpha k) is 100, 50, 33.3, 25, 20."""
    assert np.flatnonzero(e_bh(np.log([120, 3, 45, 9, 61]), alpha=0.05)).tolist() == [0, 2, 4]


@given(logs, st.floats(0.001, 0.5))
def test_e_bh_is_its_definition(values: list[float], alpha: float) -> None:
    m = len(values)
    ranked = sorted(values, reverse=True)
    best = max((k for k in range(1, m + 1) if ranked[k - 1] >= math.log(m / (alpha * k)) - 1e-12), default=0)
    rejected = e_bh(values, alpha=alpha)
    assert rejected.sum() >= best
    assert all(rejected[i] == (best > 0 and v >= ranked[best - 1]) for i, v in enumerate(values))


@given(logs, st.floats(0, 5))
def test_more_evidence_never_rejects_less(values: list[float], more: float) -> None:
    before = e_bh(values, alpha=0.05)
    values[0] += more
    assert (e_bh(values, alpha=0.05) >= before).all()


@given(logs)
def test_the_mean_lies_between_and_does_not_depend_on_order(values: list[float]) -> None:
    merged = mean_e([EValue(log_e=v, n=3) for v in values])
    assert min(values) - 1e-9 <= merged.log_e <= max(values) + 1e-9
    assert math.isclose(merged.log_e, mean_e([EValue(log_e=v, n=3) for v in values[::-1]]).log_e, abs_tol=1e-9)


def test_the_mean_is_as_weak_as_its_weakest_part() -> None:
    merged = mean_e([EValue(log_e=-math.inf, n=5), EValue(log_e=-math.inf, n=2, validity="asymptotic")])
    assert (merged.log_e, merged.n, merged.validity) == (-math.inf, 2, "asymptotic")


def test_nothing_and_nan_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="evidence: want one e-value or more"):
        mean_e([])
    with pytest.raises(BadInput, match="log_e: want numbers of shape"):
        e_bh([math.nan], alpha=0.05)
    assert e_bh([], alpha=0.05).tolist() == []
