import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.unit import block_effect, choose_unit


def stream(seed, *, days=120, hours=8, rows=30, day_sd=0.0, hour_sd=0.0):
    rng = np.random.default_rng(seed)
    n = days * hours * rows
    hour = np.arange(n) // rows
    day = hour // hours
    noise = rng.normal(size=days)[day] * day_sd + rng.normal(size=days * hours)[hour] * hour_sd
    return rng.normal(size=n) + noise, {"hour": hour, "day": day}


def chosen_unit(made):
    values, blocks = made
    return choose_unit(values, blocks=blocks)


def test_icc_is_recovered():
    values, blocks = stream(1, days=1500, rows=5, day_sd=0.5)
    effect = block_effect(values, block_ids=blocks["day"])
    assert effect.icc == pytest.approx(0.25 / 1.25, abs=0.02)
    assert effect.design_effect == pytest.approx(1 + 39 * 0.2, rel=0.1)


def test_independent_rows_may_be_rows():
    chosen = [chosen_unit(stream(seed, days=600, rows=5)).unit for seed in range(40)]
    assert chosen.count("row") >= 34  # the proof lies with the rows, so a few streams fall to the day


def test_rows_that_stick_in_days_are_never_rows_or_hours():
    for seed in range(40):
        choice = chosen_unit(stream(seed, day_sd=0.15))
        assert choice.unit == "day"
    assert "rows of one day stick together" in choice.reason
    assert "28,800 rows count as 120 units" in choice.reason


def test_rows_that_stick_in_hours_alone_are_hours():
    chosen = [chosen_unit(stream(seed, days=600, rows=10, hour_sd=0.4)).unit for seed in range(20)]
    assert chosen.count("hour") >= 16
    assert "row" not in chosen


def test_too_little_data_goes_to_the_coarser_unit():
    choice = chosen_unit(stream(2, days=5))
    assert choice.unit == "day"
    assert "Only 5 units" in choice.reason


def test_one_block_of_each_kind_falls_to_the_coarsest():
    choice = choose_unit([1.0, 2.0, 3.0], blocks={"day": ["a", "a", "a"]})
    assert choice.unit == "day"
    assert "could not be measured" in choice.reason


def test_crossing_blocks_are_measured_on_rows():
    rng = np.random.default_rng(0)
    entity, day = rng.integers(0, 500, 20_000), rng.integers(0, 100, 20_000)
    values = rng.normal(size=100)[day] + rng.normal(size=20_000)
    assert choose_unit(values, blocks={"entity": entity, "day": day}).unit == "day"


def test_binary_values_with_rare_events():
    rng = np.random.default_rng(5)
    day = np.repeat(np.arange(90), 2000)
    rates = rng.beta(20, 980, 90)
    choice = choose_unit((rng.random(day.size) < rates[day]).astype(float), blocks={"day": day})
    assert choice.unit == "day"


def test_a_constant_reference_shows_nothing_and_goes_to_the_coarsest():
    choice = choose_unit(np.zeros(1000), blocks={"day": np.arange(1000) // 10})
    assert choice.unit == "day"
    assert "could not be measured" in choice.reason


def test_a_handful_of_events_is_no_proof_for_rows():
    rng = np.random.default_rng(0)
    values = np.zeros(400_000)
    values[rng.choice(values.size, 12, replace=False)] = 1.0
    assert choose_unit(values, blocks={"day": np.arange(values.size) // 1000}).unit == "day"


def test_days_that_follow_each_other_are_named():
    rng = np.random.default_rng(1)
    walk = np.zeros(2000)
    for day in range(1, 2000):
        walk[day] = 0.8 * walk[day - 1] + rng.normal()
    day = np.repeat(np.arange(2000), 20)
    choice = choose_unit(walk[day] + rng.normal(size=day.size), blocks={"day": day})
    assert choice.autocorrelation == pytest.approx(0.8, abs=0.06)
    assert "Neighbouring units are alike" in choice.reason


def test_upper_limit_of_the_design_effect_holds():
    """One-sided 95 %: at or above the truth in 95 % of references, for Gaussian and for rare binary rows."""
    below = {"gaussian": 0, "binary": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(40), 50)
        x = rng.normal(size=40)[day] * 0.2 + rng.normal(size=day.size)
        below["gaussian"] += block_effect(x, block_ids=day).design_effect_high < 1 + 49 * 0.04 / 1.04
        y = (rng.random(day.size) < rng.beta(1, 49, 40)[day]).astype(float)
        below["binary"] += block_effect(y, block_ids=day).design_effect_high < 1 + 49 / 51  # icc 1 / (1 + a + b)
    assert below["gaussian"] <= 28  # binomial(300, .05) passes 28 once in 1,000
    assert below["binary"] <= 45  # heavy tails cost a little more


@pytest.mark.parametrize(
    ("values", "blocks", "name"),
    [
        ([1.0, 2.0], {}, "blocks"),
        ([1.0, np.nan], {"day": [1, 2]}, "values"),
        ([1.0, 2.0], {"day": [1]}, "day"),
    ],
)
def test_bad_input_is_refused_by_name(values, blocks, name):
    with pytest.raises(BadInput, match=name):
        choose_unit(values, blocks=blocks)
