"""The interval for a finite population covers at all moments at once, by enumeration of every path."""

import pytest

from slipway.errors import BadInput
from slipway.stats.without_replacement import count_in_population

POPULATION = 24


def covers(truth, *, found, drawn, alpha):
    interval = count_in_population(found, drawn=drawn, population=POPULATION, alpha=alpha)
    return interval.low <= truth <= interval.high


def share_missed(truth, *, alpha):
    """Chance that some prefix of a random order misses the truth: exact, by the states that have not missed yet."""
    alive = {0: 1.0}
    for drawn in range(POPULATION):
        after = {}
        for found, chance in alive.items():
            hit = (truth - found) / (POPULATION - drawn)
            for new, share in ((found + 1, hit), (found, 1 - hit)):
                if share and covers(truth, found=new, drawn=drawn + 1, alpha=alpha):
                    after[new] = after.get(new, 0.0) + chance * share
        alive = after
    return 1 - sum(alive.values())


@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("truth", [0, 1, 3, 12, 24])
def test_the_truth_is_missed_at_most_so_often_over_all_looks(truth, alpha):
    assert share_missed(truth, alpha=alpha) <= alpha + 1e-9


def test_looking_at_all_leaves_no_doubt_and_looking_at_none_leaves_all():
    for found in (0, 7, 20):
        whole = count_in_population(found, drawn=20, population=20, alpha=0.05)
        assert (whole.low, whole.high, whole.estimate) == (found, found, found)
    none = count_in_population(0, drawn=0, population=20, alpha=0.05)
    assert (none.low, none.high) == (0, 20)


def test_it_narrows_as_more_is_seen():
    widths = []
    for drawn in (20, 80, 320):
        found = count_in_population(drawn // 20, drawn=drawn, population=1000, alpha=0.05)
        assert found.low <= 50 <= found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)


def test_a_million_rows_are_no_trouble():
    found = count_in_population(3, drawn=300, population=1_000_000, alpha=0.05)
    assert 200 < found.low < 10_000 < found.high < 60_000


@pytest.mark.parametrize(("found", "drawn", "population"), [(-1, 2, 5), (3, 2, 5), (1, 6, 5), (0, 0, 0)])
def test_counts_that_cannot_be_are_refused(found, drawn, population):
    with pytest.raises(BadInput, match="want"):
        count_in_population(found, drawn=drawn, population=population, alpha=0.05)
