"""How well people do the task, where few or none of their disagreements are settled."""

import numpy as np
import pytest

from slipway.data.labels.human import human_level
from slipway.records.label import Label
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

ROWS, WORLDS = 100, 20
BINARY = Scoring(kind=TaskKind.BINARY)


def readings(rng, errors):
    """Return labels of rows that each annotator reads with so many errors, and the truth."""
    truth = (rng.random(ROWS) < 0.3).astype(int)
    return [
        Label(row=f"r{i}", annotator=who, value=str(y ^ wrong))
        for who, share in errors.items()
        for i, (y, wrong) in enumerate(zip(truth, rng.random(ROWS) < share, strict=True))
    ], truth


@pytest.mark.parametrize(
    ("errors", "nobody", "cost"),
    [
        ({"ann": 0.1, "bob": 0.1}, (), 1.0),
        ({"ann": 0.02, "bob": 0.25}, (), 10.0),
        ({"ann": 0.02, "dataset": 0.2}, ("dataset",), 1.0),
        ({"ann": 0.2, "dataset": 0.02}, ("dataset",), 1.0),
    ],
)
def test_with_nothing_settled_the_interval_holds_the_truth_as_often_as_it_says(errors, nobody, cost):
    rng, missed = np.random.default_rng(0), 0
    scoring = Scoring(kind=TaskKind.BINARY, false_negative_cost=cost)
    people = [share for who, share in errors.items() if who not in nobody]
    true = np.mean(people) * (0.7 + 0.3 * cost)
    for _ in range(WORLDS):
        found = human_level(readings(rng, errors)[0], settled={}, scoring=scoring, nobody=nobody)
        missed += not found.low <= true <= found.high
    assert missed <= WORLDS * 0.05 + 3 * (WORLDS * 0.05 * 0.95) ** 0.5


def test_what_is_settled_narrows_the_range_and_the_page_says_what_is_open():
    labels, truth = readings(np.random.default_rng(1), {"ann": 0.1, "dataset": 0.1})
    open_ = human_level(labels, settled={}, scoring=BINARY, nobody=("dataset",))
    settled = {f"r{i}": str(y) for i, y in enumerate(truth)}
    done = human_level(labels, settled=settled, scoring=BINARY, nobody=("dataset",))
    assert done.high - done.low < 0.6 * (open_.high - open_.low)
    assert "all of these decided for them to all against; settle them" in open_.what
    assert "settle them" not in done.what
