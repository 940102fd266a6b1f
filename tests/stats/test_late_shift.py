"""Evidence that values became larger: exact where nothing did, and more than any one threshold has."""

import itertools

import numpy as np
import pytest
from scipy import stats

from slipway.errors import BadInput
from slipway.stats.late_shift import late_shift
from slipway.stats.late_split import late_split

LEVELS = np.linspace(-4, 4, 81)
NORMAL = np.diff(stats.norm.cdf(LEVELS), prepend=0.0)
BETS = np.stack([d * LEVELS - d * d / 2 for d in (0.1, 0.3)])


def drawn(rng, *, shift, ticks, n=3000, share=0.1):
    """Return entities by level of live and canary, whose scores are higher by the shift."""
    there = np.diff(stats.norm.cdf(LEVELS - shift), prepend=0.0)
    here, mine = (p / p.sum() for p in (NORMAL, there))
    return rng.multinomial(round(n * (1 - share)), here, size=ticks), rng.multinomial(
        round(n * share), mine, size=ticks
    )


def test_equal_arms_have_a_mean_of_one_exactly():
    """All ways to deal four entities with values of levels 0, 1, 1, 2, weighted by their chance."""
    share, levels, bets, whole = 0.3, (0, 1, 1, 2), np.log([[0.8, 1.1, 2.0], [0.5, 0.5, 4.0]]), 0.0
    for dealt in itertools.product((0, 1), repeat=4):
        arms = np.zeros((2, 1, 3))
        for arm, level in zip(dealt, levels, strict=True):
            arms[arm, 0, level] += 1
        chance = share ** sum(dealt) * (1 - share) ** (4 - sum(dealt))
        whole += chance * np.exp(late_shift(*arms, shares=[share], log_ratios=bets).log_e)
    assert whole == pytest.approx(1.0, rel=1e-12)


def test_faster_is_never_evidence_on_average():
    share, bets, whole = 0.2, np.log([[0.5, 1.5]]), 0.0
    for mine, chance in ((True, share), (False, 1 - share)):  # one entity: level 1 with live, level 0 with the canary
        live, canary = ([[0, 0]], [[1, 0]]) if mine else ([[0, 1]], [[0, 0]])
        whole += chance * np.exp(late_shift(live, canary, shares=[share], log_ratios=bets).log_e)
    assert whole < 1


def test_a_small_shift_is_found_sooner_than_at_any_threshold():
    rng, sooner = np.random.default_rng(1), []
    for _ in range(20):
        live, canary = drawn(rng, shift=0.15, ticks=1, n=20_000)
        whole = late_shift(live, canary, shares=[0.1], log_ratios=BETS).log_e
        at = [int(np.searchsorted(LEVELS, stats.norm.ppf(q))) for q in (0.5, 0.9, 0.99)]
        beyond = [np.stack([x[:, place:].sum(axis=1) for place in at], axis=1) for x in (live, canary)]
        sooner.append(whole - late_split(*beyond, shares=[0.1]).log_e)
    assert np.median(sooner) > 5


def test_a_shift_that_begins_late_is_found_without_earning_back_what_was_quiet():
    rng = np.random.default_rng(2)
    quiet, later = drawn(rng, shift=0.0, ticks=200), drawn(rng, shift=0.3, ticks=6)
    live, canary = (np.concatenate(parts) for parts in zip(quiet, later, strict=True))
    assert late_shift(*quiet, shares=np.full(200, 0.1), log_ratios=BETS).log_e < 0
    assert late_shift(live, canary, shares=np.full(206, 0.1), log_ratios=BETS).log_e > np.log(80)


def test_equal_arms_are_rarely_taken_for_slower_at_any_look():
    rng, false = np.random.default_rng(3), 0
    for _ in range(200):
        live, canary = drawn(rng, shift=0.0, ticks=15, n=400, share=0.2)
        looks = (late_shift(live[:t], canary[:t], shares=[0.2] * t, log_ratios=BETS).log_e for t in range(1, 16))
        false += max(looks) >= np.log(20)
    assert false <= 17  # of 200 at 5 %: more has a chance of 1 %


def test_what_it_cannot_count_is_refused():
    with pytest.raises(BadInput, match="want numbers that do not fall"):
        late_shift([[1, 1]], [[1, 1]], shares=[0.1], log_ratios=[[1.0, 0.0]])
    with pytest.raises(BadInput, match="counts of 0 or more"):
        late_shift([[1, -1]], [[1, 1]], shares=[0.1], log_ratios=[[0.0, 1.0]])
    with pytest.raises(BadInput, match=r"\(ticks, levels\) twice"):
        late_shift([[1, 1]], [[1, 1, 1]], shares=[0.1], log_ratios=[[0.0, 1.0]])
    with pytest.raises(BadInput, match="share"):
        late_shift([[1, 1]], [[1, 1]], shares=[1.0], log_ratios=[[0.0, 1.0]])
