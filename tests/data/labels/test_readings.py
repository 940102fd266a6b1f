"""Agreement by guideline and pair, and what annotators say together; the oracle is bluebirds (Welinder et al. 2010)."""

import math
import os
import re
from pathlib import Path

import pytest

from slipway.data.labels.readings import agreement, disputed, newest, together
from slipway.errors import BadInput
from slipway.records.label import Label


@pytest.fixture(scope="module")
def bluebirds():
    root = Path(os.environ.get("SLIPWAY_ORACLE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "bluebirds"
    if not root.is_dir():
        pytest.skip("no folder bluebirds; set SLIPWAY_ORACLE_DATA to the folder of oracle data")

    def pairs(text):
        return dict(re.findall(r"(\d+): (true|false)", text))

    truth = pairs((root / "gt.yaml").read_text())
    people = re.findall(r"(\d+): \{(.*?)\}", (root / "labels.yaml").read_text(), flags=re.DOTALL)
    labels = [Label(row=r, annotator=p, value=v) for p, text in people for r, v in pairs(text).items() if r in truth]
    return labels, truth


def test_bluebirds_together(bluebirds):
    """Published: majority vote 82 of 108 right, Dawid and Skene 97."""
    labels, truth = bluebirds
    found = together(labels)
    assert found.converged
    assert sum(truth[c.row] == c.value for c in found.rows) == 97
    votes = {row: [x.value for x in labels if x.row == row] for row in truth}
    assert sum(max(set(v), key=v.count) == truth[row] for row, v in votes.items()) == 82


def test_bluebirds_agree_little(bluebirds):
    labels, _ = bluebirds
    first, second, *pairs = agreement(labels)
    assert (first.statistic, first.rows) == ("krippendorff-alpha", 108)
    assert first.value.estimate == pytest.approx(0.1255, abs=5e-5)
    assert second.statistic == "fleiss-kappa"  # each image has 39 labels
    assert len(pairs) == 39 * 38 // 2


def labels_of(answers, *, guideline=""):
    return [
        Label(row=f"r{i}", annotator=who, value=value, guideline=guideline)
        for who, values in answers.items()
        for i, value in enumerate(values)
        if value != "."
    ]


def test_each_guideline_is_measured_on_its_own():
    old = labels_of({"ann": "yynnyn", "bob": "ynnyny"}, guideline="old")
    new = labels_of({"ann": "yynnyn", "bob": "yynnyy"}, guideline="new")
    by = {(a.guideline, a.statistic): a for a in agreement(old + new)}
    assert by["old", "cohen-kappa"].value.estimate < by["new", "cohen-kappa"].value.estimate
    assert by["new", "cohen-kappa"].same_share == pytest.approx(5 / 6)


def test_pairs_count_the_rows_that_both_labelled():
    found = agreement(labels_of({"ann": "yynn..", "bob": "yyny..", "cy": "..nnyy"}))
    rows = {a.who: a.rows for a in found if a.statistic == "cohen-kappa"}
    assert rows == {("ann", "bob"): 4, ("ann", "cy"): 2, ("bob", "cy"): 2}
    assert next(a for a in found if a.who == ("ann", "cy")).value is None
    assert "three or more" in next(a for a in found if a.who == ("ann", "cy")).why_not


def test_silence_is_no_agreement():
    (alone,) = agreement(labels_of({"ann": "yyyn"}))
    assert alone.value is None
    assert math.isnan(alone.same_share)
    assert "let somebody label" in alone.why_not
    same = agreement(labels_of({"ann": "yyyy", "bob": "yyyy"}))
    assert all(a.value is None and "one" in a.why_not for a in same)


def test_the_latest_label_of_an_annotator_counts():
    labels = [
        Label(row="r", annotator="ann", value="late", at_us=9),
        Label(row="r", annotator="ann", value="early", at_us=1),
        Label(row="r", annotator="ann", value="other", at_us=1, guideline="g"),
    ]
    assert [x.value for x in newest(labels)] == ["late", "other"]


def test_the_least_certain_dispute_comes_first():
    found = together(labels_of({"ann": "yyynnn", "bob": "yyynnn", "cy": "yynynn", "dan": "yyynny"}))
    assert {c.row for c in disputed(found)} == {"r2", "r3", "r5"}
    assert [c.probability for c in disputed(found)] == sorted(c.probability for c in disputed(found))
    assert found.skills[0].right_share > found.skills[-1].right_share


def test_one_class_weighs_nobody():
    with pytest.raises(BadInput, match="two or more classes"):
        together(labels_of({"ann": "yy", "bob": "yy"}))


def test_a_lone_label_is_taken_at_its_word_and_tells_of_nobody():
    """Without a second label skill cannot be told from prevalence, and the estimate would drift to one class."""
    alone = together(labels_of({"ann": "ynynnnnn"}))
    assert [c.value for c in alone.rows] == list("ynynnnnn")
    assert all(math.isnan(c.probability) for c in alone.rows)
    assert alone.skills == ()
    both = together(labels_of({"ann": "yynnyn..n", "bob": "yynnyy.y.", "cy": "yynnynn.."}))
    assert {c.row: c.value for c in both.rows if c.labels == 1} == {"r6": "n", "r7": "y", "r8": "n"}
    assert {s.annotator: s.labels for s in both.skills} == {"ann": 7, "bob": 7, "cy": 7}
