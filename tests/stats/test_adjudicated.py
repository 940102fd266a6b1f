"""Who is right where model and person differ, from a sample of the differences; and people as their own yardstick."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.adjudicated import Readings, Settled, between_people, difference, excess
from slipway.stats.moments import moments


def test_a_sample_of_the_disagreements_estimates_the_whole_without_bias():
    rng = np.random.default_rng(5)
    truth = rng.random(4000) < 0.3
    model, person = truth ^ (rng.random(4000) < 0.12), truth ^ (rng.random(4000) < 0.07)
    whole = float(np.mean(model != truth) - np.mean(person != truth))
    apart, estimates = model != person, []
    for _ in range(400):
        judged = apart & (rng.random(4000) < 0.25)
        cases = Settled(
            n=4000,
            apart=int(apart.sum()),
            model_wrong=int((judged & (model != truth)).sum()),
            person_wrong=int((judged & (person != truth)).sum()),
        )
        estimates.append(difference(cases, share=0.25).mean)
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - whole) < 4 * error
    assert difference(Settled(n=4000, apart=800, model_wrong=480, person_wrong=280), share=1).mean == 0.05


def read(first, second, model, *, twice):
    return Readings(
        n=len(first),
        split=int((twice & (first == model) & (second != first)).sum()),
        alone=int((twice & (first != model) & (second == first)).sum()),
        sided=int((twice & (first != model) & (second != first)).sum()),
    )


def test_excess_is_the_index_case_by_case():
    rng = np.random.default_rng(6)
    first, second, model = rng.random((3, 500)) < 0.4
    values = ((model != first) + 0.0 + (model != second)) / 2 - (first != second)
    counted = read(first, second, model, twice=np.ones(500, dtype=bool))
    assert excess(counted, second=1, settled=1) == moments(values)
    assert between_people(counted, second=1, settled=1) == pytest.approx((first != second).mean())


def test_cases_read_twice_more_often_where_model_and_person_differ_do_not_bias_it():
    rng = np.random.default_rng(7)
    truth = rng.random(4000) < 0.3
    first, second, model = (truth ^ (rng.random(4000) < rate) for rate in (0.08, 0.08, 0.15))
    whole = read(first, second, model, twice=np.ones(4000, dtype=bool))
    share = np.where(first == model, 0.2, 0.6)
    drawn = [read(first, second, model, twice=rng.random(4000) < share) for _ in range(400)]
    for estimate, truth_of in (
        ([excess(d, second=0.2, settled=0.6).mean for d in drawn], excess(whole, second=1, settled=1).mean),
        ([between_people(d, second=0.2, settled=0.6) for d in drawn], between_people(whole, second=1, settled=1)),
    ):
        assert abs(np.mean(estimate) - truth_of) < 4 * np.std(estimate) / np.sqrt(len(estimate))
    assert np.isnan(between_people(whole, second=0, settled=1))


def test_parts_add_up():
    one, two = Settled(n=5, apart=3, model_wrong=1, person_wrong=1), Settled(n=2, apart=1)
    assert one.merge(two) == Settled(n=7, apart=4, model_wrong=1, person_wrong=1)
    assert Readings(n=4, split=1, alone=1).merge(Readings(n=1, sided=1)) == Readings(n=5, split=1, alone=1, sided=1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Settled(n=3, apart=4), "want model_wrong"),
        (lambda: Settled(n=3, apart=1, model_wrong=1, person_wrong=1), "want model_wrong"),
        (lambda: Readings(n=1, split=1, alone=1), "want split"),
        (lambda: excess(Readings(n=1), second=0, settled=1), "second: want 0 < second <= 1"),
        (lambda: Readings(n=-1), "whole number"),
        (lambda: difference(Settled(n=1), share=20), "for one in five write 0.2"),
        (lambda: difference(Settled(n=1), share=float("nan")), "want 0 < share <= 1"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()
