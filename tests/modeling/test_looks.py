"""Looks at a test set: counted by rows, judged so that all of them together spend one alpha."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.modeling.looks import (
    alpha_at,
    names_of,
    next_judgement,
    next_look,
    sample_covers,
    sample_meets,
    say_look,
    spent,
    times_seen,
    worth,
)
from slipway.stats.fixed import mean_interval

RNG = np.random.default_rng(5)


def hashes(n):
    return RNG.integers(0, 2**64, n, dtype=np.uint64)


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


def look_at(rows, *, seen):
    return next_look(times_seen(names_of(rows), before=[names_of(one) for one in seen]))


def test_a_part_of_what_was_seen_is_as_spent_as_the_whole():
    rows = hashes(171)
    assert look_at(rows, seen=[rows] * 10) == 11
    assert look_at(rows[:80], seen=[rows] * 10) == 11
    assert look_at(rows[::-1][:1], seen=[rows] * 10) == 11


def test_rows_are_fresh_where_most_of_them_are():
    rows = hashes(1000)
    assert look_at(np.concatenate([rows, hashes(900)]), seen=[rows] * 3) == 4
    assert look_at(np.concatenate([rows, hashes(1100)]), seen=[rows] * 3) == 1
    assert look_at(rows, seen=[hashes(1000)]) == 1
    assert look_at(rows, seen=[]) == 1


def test_looks_at_parts_add_up_to_a_look_at_the_whole():
    rows = hashes(900)
    assert look_at(rows, seen=[rows[:300]]) == 1
    assert look_at(rows, seen=[rows[:300], rows[300:600]]) == 2
    assert look_at(rows, seen=[rows[:300], rows[300:600], rows[600:]]) == 2


@pytest.mark.parametrize(
    ("of", "part", "covered"), [(2000, 1500, True), (2000, 300, False), (90, 90, True), (90, 40, False)]
)
def test_a_look_of_before_counts_by_its_sample(of, part, covered):
    """Looks of before kept the 128 lowest hashes, halved."""
    seen = hashes(of)
    sample = tuple(int(h) >> 1 for h in np.unique(seen)[:128])
    rows = np.concatenate([seen[:part], hashes(of - part)])
    assert sample_covers(sample, hashes=rows) is covered
    assert sample_covers(sample, hashes=seen[: of // 2])
    assert not sample_covers((), hashes=rows)


def test_fresh_seeds_of_one_table_are_no_fresh_chances():
    """100 test sets of a fifth of 1000 rows: several are first looks by what they are worth, one is judged so."""
    table, taken, numbers, judged = hashes(1000), [], [], []
    for _ in range(100):
        rows = names_of(RNG.choice(table, 200, replace=False))
        numbers.append(next_look(times_seen(rows, before=taken)))
        judged.append(next_judgement(rows, before=taken))
        taken.append(rows)
    assert numbers.count(1) > 1
    assert sum(alpha_at(k) for k in numbers) > 0.05
    assert judged == list(range(1, 101))
    assert sum(alpha_at(k) for k in judged) < 0.05
    assert next_judgement(names_of(hashes(400)), before=taken) == 1  # another table: another test set


def test_a_sample_of_before_is_met_where_it_has_a_row():
    rows = hashes(500)
    sample = sorted(int(name) >> 1 for name in rows)[:128]
    assert sample_meets(sample, hashes=rows[:60])
    assert not sample_meets(sample, hashes=hashes(60))
