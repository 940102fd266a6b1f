"""The sequential tests on people's decisions take the shipped exam."""

import math

import numpy as np
import pytest

from slipway.stats.anchoring import AnchorCounts, Anchoring
from slipway.stats.betting import Claim
from slipway.stats.error_rate import ErrorBound, ErrorCounts
from slipway.testing.laws import (
    LAWS,
    Case,
)

BILLION = 10**9


def error_sample(rng):
    bad = rng.random(50) < 0.1
    parts = np.array_split(bad, 4)
    return ErrorCounts(n=50, wrong=int(bad.sum())), [ErrorCounts(n=p.size, wrong=int(p.sum())) for p in parts]


def anchor_sample(rng):
    table = rng.integers(0, 6, (4, 4))

    def counts(row):
        a, b, c, d = (int(x) for x in row)
        return AnchorCounts(shown=a + b, shown_same=a, hidden=c + d, hidden_same=c)

    return counts(table.sum(axis=0)), [counts(row) for row in table]


BAD_ERRORS = (
    lambda: ErrorCounts(n=1, wrong=2),
    lambda: ErrorCounts(n=-1),
    lambda: ErrorCounts(n=2, wrong=math.nan),
    lambda: ErrorBound(bound=5, claim=Claim.ABOVE),
    lambda: ErrorBound(bound=math.nan, claim=Claim.BELOW),
)

CASES = [
    Case(
        name=f"error rate {claim.value} a bound",
        test=ErrorBound(bound=0.05, claim=claim),
        sample=error_sample,
        huge=ErrorCounts(n=20 * BILLION, wrong=BILLION),
        bad=BAD_ERRORS,
    )
    for claim in Claim
] + [
    Case(
        name="anchoring",
        test=Anchoring(alpha=0.05),
        sample=anchor_sample,
        huge=AnchorCounts(shown=BILLION, shown_same=BILLION // 2, hidden=BILLION, hidden_same=BILLION // 3),
        bad=(
            lambda: AnchorCounts(shown=1, shown_same=2),
            lambda: AnchorCounts(hidden=-1),
            lambda: Anchoring(alpha=0.0),
        ),
    )
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_laws(case, law):
    law(case)
