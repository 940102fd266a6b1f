"""The guarantee lives in the type: mypy refuses fixed evidence where a loop peeks, and takes anytime evidence."""

import re

import pytest
from mypy import api

PROGRAM = """
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.event_split import ArmCounts, EventSplit, EventSplitState
from slipway.stats.evidence import AnytimeInterval, EValue, FixedInterval
from slipway.stats.fixed import mean_interval
from slipway.stats.moments import Moments
from slipway.stats.sequential import SequentialTest

def judge(harm: AnytimeInterval | EValue | None) -> bool:
    return harm is None

split: SequentialTest[EventSplitState, ArmCounts, EValue] = EventSplit(share=0.05)
mean: SequentialTest[Moments, Moments, AnytimeInterval] = MeanSequence(alpha=0.05, n_star=30)
judge(split.evidence(split.start()))
judge(mean.evidence(mean.start()))
judge(None)
judge(mean_interval([1.0, 2.0], alpha=0.05))  # refused
judge(0.04)  # refused: a p-value
x: AnytimeInterval = mean_interval([1.0, 2.0], alpha=0.05)  # refused
y: FixedInterval = mean.evidence(Moments())  # refused
mean.update(mean.start(), ArmCounts(live=1, canary=1))  # refused: another test's tick
"""


@pytest.mark.slow
def test_mypy_refuses_fixed_evidence_in_a_loop_that_peeks():
    out, errors, _ = api.run(["--strict", "--config-file=", "--no-error-summary", "-c", PROGRAM])
    refused = {int(line) for line in re.findall(r"^<string>:(\d+): error", out, flags=re.MULTILINE)}
    wanted = {n for n, line in enumerate(PROGRAM.splitlines(), start=1) if "# refused" in line}
    assert refused == wanted, out + errors
