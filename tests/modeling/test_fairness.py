"""Groups are measured with what statistics packages say, and small ones are counted, not hidden."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix

from slipway.errors import BadInput
from slipway.modeling.fairness import by_group
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

BINARY = Scoring(kind=TaskKind.BINARY)


def people(rng, n=4000):
    group = pl.Series("sex", rng.choice(["f", "m", "x"], n, p=[0.5, 0.498, 0.002]))
    y = (rng.random(n) < 0.3).astype(float)
    return group, y, rng.random(n)


def test_rates_are_those_of_the_confusion_matrix():
    group, y, answers = people(np.random.default_rng(0))
    for found in by_group(group, y=y, answers=answers, scoring=BINARY).measured:
        here = (group == found.group).to_numpy()
        tn, fp, fn, tp = confusion_matrix(y[here], answers[here] >= 0.5).ravel()
        assert found.false_positive.estimate == pytest.approx(fp / (fp + tn))
        assert found.false_negative.estimate == pytest.approx(fn / (fn + tp))
        assert found.selected.estimate == pytest.approx((fp + tp) / here.sum())
        assert found.loss.estimate == pytest.approx((fp + fn) / here.sum())


def test_a_group_too_small_to_measure_is_counted():
    group, y, answers = people(np.random.default_rng(1))
    group = group.extend_constant(None, 5)
    y, answers = np.append(y, [0.0] * 5), np.append(answers, [0.9] * 5)
    found = by_group(group, y=y, answers=answers, scoring=BINARY)
    assert [g.group for g in found.measured] == ["f", "m"] or [g.group for g in found.measured] == ["m", "f"]
    assert found.unmeasured_rows == int((group == "x").sum()) + 5


def test_chance_is_called_chance_and_a_real_gap_is_not():
    rng = np.random.default_rng(2)
    group = pl.Series("sex", np.repeat(["f", "m"], 3000))
    y = np.zeros(6000)
    wrong = {"alike": np.full(6000, 0.1), "apart": np.where(group == "f", 0.2, 0.1)}
    said = {
        name: by_group(group, y=y, answers=(rng.random(6000) < chance).astype(float), scoring=BINARY).gap
        for name, chance in wrong.items()
    }
    assert said["alike"].endswith("which may be chance")
    assert said["apart"].startswith("f is worse off than m by 0.")
    assert "chance" not in said["apart"]


def test_no_gap_is_named_where_there_is_none_in_hardly_any_of_many_worlds():
    rng = np.random.default_rng(3)
    group = pl.Series("sex", np.tile(["a", "b", "c"], 200))
    wrong = sum(
        "chance" not in by_group(group, y=np.zeros(600), answers=rng.random(600) < 0.2, scoring=BINARY).gap
        for _ in range(300)
    )
    assert wrong <= 300 * 0.05 + 3 * (300 * 0.05 * 0.95) ** 0.5


def visits(rng, people=30, each=10):
    """Rows of people who are wrongly told yes always or never."""
    person = np.repeat(np.arange(people), each)
    return person, (rng.random(people) < 0.3).astype(float)[person]


def test_rows_of_one_person_count_as_that_person():
    person, told = visits(np.random.default_rng(4))
    group, y = pl.Series("sex", np.where(person < 15, "f", "m")), np.zeros(person.size)
    by_row = by_group(group, y=y, answers=told, scoring=BINARY).measured
    by_person = by_group(group, y=y, answers=told, scoring=BINARY, clusters=person).measured
    for rows, people in zip(by_row, by_person, strict=True):
        assert (rows.group, rows.n, rows.loss.estimate) == (people.group, people.n, people.loss.estimate)
        for measure in ("loss", "selected", "false_positive"):
            narrow, wide = getattr(rows, measure), getattr(people, measure)
            assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_of_groups_alike_hardly_any_gap_is_named_also_where_people_have_many_rows():
    """By rows it would be named in half of these worlds."""
    rng = np.random.default_rng(6)
    named = {"rows": 0, "people": 0}
    for _ in range(150):
        person, told = visits(rng)
        group, y = pl.Series("sex", np.where(person % 2, "f", "m")), np.zeros(person.size)
        for by, clusters in (("rows", None), ("people", person)):
            named[by] += "chance" not in by_group(group, y=y, answers=told, scoring=BINARY, clusters=clusters).gap
    assert named["people"] <= 150 * 0.05
    assert named["rows"] > 150 * 0.3


def test_a_group_of_one_person_is_counted_and_not_measured():
    person = np.array([0] * 40 + list(range(1, 41)))
    group, y = pl.Series("sex", ["f"] * 40 + ["m"] * 40), np.array([0.0] * 79 + [1.0])
    found = by_group(group, y=y, answers=y, scoring=BINARY, clusters=person)
    assert [(g.group, g.false_negative) for g in found.measured] == [("m", None)]  # a single yes is of one person
    assert found.unmeasured_rows == 40


def test_numbers_have_a_loss_and_no_rates():
    group = pl.Series("site", ["a"] * 40 + ["b"] * 40)
    found = by_group(group, y=np.zeros(80), answers=np.arange(80.0), scoring=Scoring(kind=TaskKind.REGRESSION))
    assert [(g.selected, round(g.loss.estimate, 2)) for g in found.measured] == [(None, 19.5), (None, 59.5)]


def test_another_number_of_rows_is_refused():
    with pytest.raises(BadInput, match="sex: want a group, a truth and an answer a row, got 1, 2, 2"):
        by_group(pl.Series("sex", ["f"]), y=[0, 1], answers=[0, 1], scoring=BINARY)
