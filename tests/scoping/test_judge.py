"""A promise holds on evidence only: what was not measured is unknown, what lies across a limit is unknown, too."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.records.dataset import Score
from slipway.records.scoring import Scoring
from slipway.scoping.judge import Standing, judge_run
from slipway.scoping.parse import parse
from slipway.stats.evidence import FixedInterval

SCOPE = parse((Path(__file__).parent / "hearts.toml").read_text())  # target 0.1, kill_above 0.3, live "rule"


def score(name, low, value, high, **changes):
    facts = {"metric": "error", "split": "test", "alpha": 0.05, "n": 500} | changes
    return Score(name=name, low=low, value=value, high=high, **facts)


def standings(scores, **more):
    return {j.promise: j.standing for j in judge_run(SCOPE, scores=scores, **more)}


GOOD = score("model", 0.05, 0.07, 0.09)
TRIVIAL = score("trivial", 0.35, 0.4, 0.45)
PRESENT = score("present", 0.10, 0.12, 0.14)


def test_a_good_run_keeps_every_promise():
    assert set(standings([GOOD, TRIVIAL, PRESENT]).values()) == {Standing.HOLDS}


def test_a_bad_run_breaks_every_promise():
    bad = score("model", 0.5, 0.6, 0.7)
    assert set(standings([bad, TRIVIAL, PRESENT]).values()) == {Standing.BROKEN}


def test_nothing_measured_is_nothing_known():
    assert set(standings([]).values()) == {Standing.UNKNOWN}
    assert len(standings([])) == 4


@pytest.mark.parametrize(
    "unusable",
    [
        score("model", 0.0, math.nan, 0.0),
        score("model", -math.inf, 0.0, 0.0),
        score("model", 0.0, 0.0, 0.0, n=0),
        score("model", 0.0, 0.0, 0.0, split="train"),
        score("model", 0.0, 0.0, 0.0, metric="log-loss"),
        score("candidate", 0.0, 0.0, 0.0),
    ],
)
def test_a_score_that_is_no_measurement_keeps_no_promise(unusable):
    assert set(standings([unusable, TRIVIAL, PRESENT]).values()) == {Standing.UNKNOWN}


def test_an_interval_across_the_limit_is_unknown():
    across = standings([score("model", 0.08, 0.09, 0.11), TRIVIAL, PRESENT])
    assert across == {
        "better than trivial": Standing.HOLDS,
        "better than present": Standing.UNKNOWN,
        "target": Standing.UNKNOWN,
        "kill rule": Standing.HOLDS,
    }


def test_a_paired_difference_decides_over_two_intervals():
    across = [score("model", 0.08, 0.09, 0.11), TRIVIAL, PRESENT]
    paired = FixedInterval(low=-0.04, high=-0.02, estimate=-0.03, alpha=0.05, n=500)
    assert standings(across, differences={"present": paired})["better than present"] is Standing.HOLDS
    worse = FixedInterval(low=0.01, high=0.02, estimate=0.015, alpha=0.05, n=500)
    assert standings([GOOD, TRIVIAL, PRESENT], differences={"present": worse})["better than present"] is Standing.BROKEN


def test_without_a_live_arm_there_is_no_present_system_to_beat():
    fresh = msgspec.structs.replace(SCOPE, live=None)
    assert "better than present" not in {j.promise for j in judge_run(fresh, scores=[])}


def test_the_human_level_is_judged_where_it_is_known():
    metric = msgspec.structs.replace(SCOPE.metric, human_level=0.08)
    known = msgspec.structs.replace(SCOPE, metric=metric)
    assert judge_run(known, scores=[GOOD])[-1].promise == "human level"
    assert judge_run(known, scores=[GOOD])[-1].standing is Standing.UNKNOWN


order = {Standing.HOLDS: 0, Standing.UNKNOWN: 1, Standing.BROKEN: 2}
shares = st.floats(0, 1)


@given(st.lists(shares, min_size=3, max_size=3).map(sorted), st.floats(0, 0.5))
def test_a_worse_model_never_stands_better(limits, worse):
    before = standings([score("model", *limits), TRIVIAL, PRESENT])
    after = standings([score("model", *(v + worse for v in limits)), TRIVIAL, PRESENT])
    assert all(order[after[p]] >= order[before[p]] for p in before)


def test_a_simple_model_is_held_against_where_one_was_measured():
    simple = score("simple", 0.10, 0.12, 0.14)
    assert standings([GOOD, TRIVIAL, PRESENT, simple])["better than simple"] is Standing.HOLDS
    worse = score("simple", 0.01, 0.02, 0.03)
    assert standings([GOOD, TRIVIAL, PRESENT, worse])["better than simple"] is Standing.BROKEN
    assert "better than simple" not in standings([GOOD, TRIVIAL, PRESENT])


def test_the_cost_of_each_error_is_in_what_target_and_kill_rule_are_held_against():
    """Ten errors in 100 rows, all of them cases missed: at 1 each the target of 0.2 is met, at 5 each it is not."""
    y, answers = np.r_[np.ones(10), np.zeros(90)], np.zeros(100)
    page = (Path(__file__).parent / "hearts.toml").read_text().replace("target = 0.1", "target = 0.2")
    for cost, target, kill in ((1, Standing.HOLDS, Standing.HOLDS), (5, Standing.BROKEN, Standing.BROKEN)):
        scope = parse(page.replace("[metric]", f"[metric]\nfalse_negative_cost = {cost}"))
        loss = Scoring.of(scope.task, metric=scope.metric).loss(y, answers=answers)
        mean = float(np.mean(loss))
        measured = score("model", 0.8 * mean, mean, 1.2 * mean)
        said = {j.promise: j.standing for j in judge_run(scope, scores=[measured])}
        assert mean == cost * 0.1
        assert (said["target"], said["kill rule"]) == (target, kill)
