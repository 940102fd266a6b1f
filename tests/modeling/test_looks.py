"""Looks at a test set: counted by rows, judged so that all of them together spend one alpha."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.modeling.looks import alpha_at, looks_at, sample_of, say_look, shared, spent, worth
from slipway.records.look import Look
from slipway.stats.fixed import mean_interval

RNG = np.random.default_rng(5)


def hashes(n):
    return RNG.integers(0, 2**64, n, dtype=np.uint64)


def look(rows, number=1):
    return Look(number=number, data="d", sample=sample_of(rows), run="r", by="me", at_us=1)


def test_all_looks_together_spend_one_alpha():
    total = sum(alpha_at(k) for k in range(1, 1_000_000))
    assert 0.0499999 < total < 0.05
    assert alpha_at(0) == alpha_at(1)
    with pytest.raises(BadInput, match="look: want 0 or more, got -1"):
        alpha_at(-1)


def test_forty_worthless_models_fixed_beforehand_are_seldom_called_better():
    """At 95 % a look, forty looks find a false winner in most test sets; as judged here, in at most 5 %."""
    found, naive = 0, 0
    for _ in range(200):
        differences = RNG.normal(0, 1, (40, 60))  # loss of each model minus the baseline's, on 60 rows
        found += any(mean_interval(d, alpha=alpha_at(k)).high < 0 for k, d in enumerate(differences, 1))
        naive += any(mean_interval(d, alpha=0.05).high < 0 for d in differences)
    assert found <= 0.05 * 200
    assert naive >= 100


def test_what_rows_are_worth_falls_and_is_spent():
    worths = [worth(k) for k in range(1, 40)]
    assert worths == sorted(worths, reverse=True)
    assert [spent(k) for k in (1, 5, 6)] == [False, False, True]
    assert say_look(0, rows=10) == ""
    assert "hold out fresh rows" in say_look(6, rows=171)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 1.0])
def test_the_share_of_common_rows_is_estimated(part):
    common, n = hashes(round(2000 * part)), 2000
    one, other = (np.concatenate([common, hashes(n - common.size)]) for _ in range(2))
    true = common.size / (2 * n - common.size)
    assert shared(sample_of(one), other=sample_of(other)) == pytest.approx(true, abs=0.13)  # 3 sd of 128 draws


def test_another_version_with_most_of_the_rows_is_no_fresh_test_set():
    rows = hashes(1000)
    known = [look(rows), look(np.concatenate([rows[:900], hashes(100)])), look(hashes(1000))]
    assert looks_at(sample_of(rows), known=known) == tuple(known[:2])


def test_small_sets_are_compared_whole():
    rows = hashes(9)
    assert shared(sample_of(rows), other=sample_of(rows[::-1])) == 1.0
    assert shared(sample_of(rows), other=sample_of(hashes(9))) == 0.0
    assert shared((), other=()) == 0.0
