"""Who is right where model and person differ, from a sample of the differences; and people as their own yardstick."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.adjudicated import Readings, Settled, difference, excess
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


def test_excess_is_the_index_case_by_case():
    rng = np.random.default_rng(6)
    first, second, model = rng.random((3, 500)) < 0.4
    values = ((model != first) + 0.0 + (model != second)) / 2 - (first != second)
    counted = Readings(
        n=500, apart=int((first != second).sum()), model_alone=int(((first == second) & (model != first)).sum())
    )
    assert excess(counted) == moments(values)
    assert counted.to_model - counted.between_people == pytest.approx(values.mean())


def test_parts_add_up():
    one, two = Settled(n=5, apart=3, model_wrong=1, person_wrong=1), Settled(n=2, apart=1)
    assert one.merge(two) == Settled(n=7, apart=4, model_wrong=1, person_wrong=1)
    assert Readings(n=4, apart=1, model_alone=1).merge(Readings(n=1)) == Readings(n=5, apart=1, model_alone=1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Settled(n=3, apart=4), "want model_wrong"),
        (lambda: Settled(n=3, apart=1, model_wrong=1, person_wrong=1), "want model_wrong"),
        (lambda: Readings(n=1, apart=1, model_alone=1), "want apart"),
        (lambda: Readings(n=-1), "whole number"),
        (lambda: difference(Settled(n=1), share=20), "for one in five write 0.2"),
        (lambda: difference(Settled(n=1), share=float("nan")), "want 0 < share <= 1"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()
