"""Latency: a gate on the share beyond a fixed budget beside two quantile sequences, on the same requests."""

import math

import numpy as np
import pytest

from slipway.stats.event_split import log_e_split
from slipway.stats.planned import requests_for_rates
from slipway.stats.quantile import rank_limits
from slipway.testing.calibration import first_alarm, power_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA = 0.05
STREAMS, LOOKS, STEP = 400, 400, 25
QUANTILE, SLOWER = 0.95, 1.3
BUDGET = -math.log(1 - QUANTILE)
"""The live arm's 95th percentile; latencies are exponential with mean 1, the canary's 1.3."""


def requests(seed):
    """Latencies of live arm and canary, each of shape (streams, looks, step)."""
    rng = np.random.default_rng(seed)
    return rng.exponential(1.0, (STREAMS, LOOKS, STEP)), rng.exponential(SLOWER, (STREAMS, LOOKS, STEP))


def test_exceedances_need_far_fewer_requests_than_quantiles(record):
    live, canary = requests(1)
    late = [np.cumsum((x > BUDGET).sum(axis=2), axis=1) for x in (live, canary)]
    by_budget = first_alarm(log_e_split(late[0], late[1], share=0.5), threshold=-math.log(ALPHA))
    by_quantile = first_alarm(disjoint(live, canary), threshold=1.0)
    rows = {}
    for test, first in (("event_split (over budget)", by_budget), ("quantile sequences, one an arm", by_quantile)):
        rows[test] = power_result(
            first,
            2 * STEP * np.arange(1, LOOKS + 1),
            test=test,
            scenario="equal arms, exponential latency",
            effect="30 % slower; 5 % to 10 % beyond the budget",
            unit="requests",
            alpha=ALPHA,
            fixed_n=requests_for_rates(
                share=0.5, live_rate=0.05, canary_rate=0.05 ** (1 / SLOWER), alpha=ALPHA, power=0.8
            ),
        ).demand()
        record(rows[test])
    fast, slow = (row.median_delay for row in rows.values())
    assert slow > 3 * fast


def disjoint(live, canary):
    """1 where the canary's interval of the quantile lies above the live arm's, each at alpha / 2; else 0."""
    edges = np.linspace(1.5, 6.5, 201)
    reached = [np.cumsum(np.stack([(x <= e).sum(axis=2) for e in edges], axis=2), axis=1) for x in (live, canary)]
    apart = np.zeros((STREAMS, LOOKS))
    for look in range(LOOKS):
        fewest, most = rank_limits(QUANTILE, n=STEP * (look + 1), alpha=ALPHA / 2, n_star=4000)
        high_live = (reached[0][:, look] <= most).sum(axis=1)  # edges below the upper limit
        low_canary = (reached[1][:, look] < fewest).sum(axis=1)
        apart[:, look] = low_canary > high_live
    return apart
