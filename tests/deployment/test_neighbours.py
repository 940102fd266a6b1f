"""Days that follow on one another are named, and the claim over them is called what it is."""

import re

import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import explain
from slipway.records.cohort import Cohort, PairSums
from slipway.records.rollout import Decision
from slipway.testing.rollouts import DAY_US, plan, started
from slipway.testing.streams import autoregressive

PLAN = plan(unit="day", margin=0.01, alpha=0.25)  # each gate has 5 %
N = 1000


def judged(differences):
    """Judge days on whose pairs the candidate's loss minus live's was so much, as a mean."""
    rollout, _ = started(PLAN)
    cohorts = [
        Cohort(
            start_us=t * DAY_US,
            end_us=(t + 1) * DAY_US,
            route_version=2,
            share=0.0,
            pairs=PairSums(
                seen=N, labelled=N, n=N, only_candidate=N // 2 + round(N * d), only_live=N // 2,
                candidate_loss=float(N // 2 + round(N * d)), live_loss=float(N // 2), squares=float(N + round(N * d)),
            ),
        )
        for t, d in enumerate(differences)
    ]  # fmt: skip
    return judge(rollout, cohorts, now_us=len(cohorts) * DAY_US).gates[0]


def waves(n, *, mean):
    """Return days that swing slowly about a mean, and the same days in an order drawn at random."""
    slow = mean + 0.02 * np.sin(2 * np.pi * np.arange(n) / 12)
    return slow, np.random.default_rng(3).permutation(slow)


def test_days_that_follow_on_one_another_are_named_with_the_interval_that_allows_for_it():
    slow, mixed = (judged(x) for x in waves(36, mean=0.0))
    assert (slow.decision, mixed.decision) == (Decision.HOLD, Decision.PASS)
    assert "but days follow on one another: hold" in slow.reason
    assert slow.interval.high == pytest.approx(mixed.interval.high)
    assert "follow on" not in mixed.reason
    said = re.search(
        r"days follow on one another \(correlation (.*)\), .* is (.*) times as wide, \[(.*), (.*)\]", slow.reason
    )
    correlation, factor, low, high = (float(x) for x in said.groups())
    assert correlation == pytest.approx(np.cos(2 * np.pi / 12), abs=0.04)  # of a sine and itself a twelfth later
    assert factor == pytest.approx(np.sqrt((1 + correlation) / (1 - correlation)), abs=0.2)
    assert (low, high) == pytest.approx(
        (-100 * factor * slow.interval.high, 100 * factor * slow.interval.high), rel=0.1
    )


def test_a_pass_that_keeps_the_margin_with_the_wider_interval_stands():
    passed = judged(waves(36, mean=-0.2)[0])
    assert passed.decision is Decision.PASS
    assert "follow on" in passed.reason


def test_a_fail_says_it_too():
    failed = judged(waves(36, mean=0.03)[0])
    assert failed.decision is Decision.FAIL
    assert "follow on" in failed.reason


def test_few_days_say_nothing_of_their_neighbours():
    assert "follow on" not in judged(waves(19, mean=-0.02)[0]).reason


def test_the_claim_is_called_asymptotic():
    assert "asymptotic in days" in judged(waves(25, mean=0.0)[0]).reason
    assert "asymptotically: exact where days are Gaussian" in explain(PLAN)[0]
    assert "asymptotic" not in " ".join(explain(plan(unit="row")))


def test_independent_days_are_seldom_named():
    x = autoregressive(np.random.default_rng(5), streams=200, units=20, correlation=0.0)
    assert np.mean(["follow on" in judged(0.05 * days).reason for days in x]) <= 0.06
