"""The ML Test Score: the paper's items, its arithmetic, and what somebody's word is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.records.readiness import Attestation, Item, Mark, Readiness, Section
from slipway.scoping.readiness.score import RULES, readiness, weakest

PAPER = """
Feature expectations are captured in a schema. All features are beneficial. No feature's cost is too much.
Features adhere to meta-level requirements. The data pipeline has appropriate privacy controls.
New features can be added quickly. All input feature code is tested.
Model specs are reviewed and submitted. Offline and online metrics correlate. All hyperparameters have been tuned.
The impact of model staleness is known. A simpler model is not better.
Model quality is sufficient on important data slices. The model is tested for considerations of inclusion.
Training is reproducible. Model specs are unit tested. The ML pipeline is integration tested.
Model quality is validated before serving. The model is debuggable. Models are canaried before serving.
Serving models can be rolled back.
Dependency changes result in notification. Data invariants hold for inputs. Training and serving are not skewed.
Models are not too stale. Models are numerically stable. Computing performance has not regressed.
Prediction quality has not regressed.
"""
"""Breck et al. (2017), tables I to IV, in their order."""


def of(points):
    marks = tuple(Mark(item=i, points=p, sentence="so.") for i, p in zip(Item, points, strict=True))
    return Readiness(package="", at_us=0, marks=marks)


def test_the_items_are_the_papers():
    assert [i.asks for i in Item] == [
        " ".join(line.split()) for line in PAPER.replace("\n", " ").split(".") if line.strip()
    ]
    assert [sum(i.section is s for i in Item) for s in Section] == [7, 7, 7, 7]
    assert set(RULES) == set(Item)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=28, max_size=28))
def test_the_score_is_the_minimum_of_the_four_sums(points):
    found = of(points)
    assert found.score == min(sum(points[i : i + 7]) for i in (0, 7, 14, 21))
    assert list(found.sums().values()) == [sum(points[i : i + 7]) for i in (0, 7, 14, 21)]


def test_a_worked_example():
    """Data 3 automated and 2 by hand, model 2 and 2, infrastructure 5, monitoring 3 by hand: 4, 3, 5 and 1.5."""
    points = [1, 1, 1, 0.5, 0.5, 0, 0] + [1, 1, 0.5, 0.5, 0, 0, 0] + [1] * 5 + [0, 0] + [0.5] * 3 + [0] * 4
    found = of([float(p) for p in points])
    assert list(found.sums().values()) == [4.0, 3.0, 5.0, 1.5]
    assert found.score == 1.5
    assert "first pass" in found.meaning


@pytest.mark.parametrize(
    ("score", "words"),
    [(0, "research project"), (0.5, "serious holes"), (1, "serious holes"), (1.5, "first pass"), (3, "reasonably"),
     (3.5, "mission-critical"), (5, "mission-critical"), (5.5, "exceptional"), (7, "exceptional")],
)  # fmt: skip
def test_what_a_score_means_is_the_papers_table_v(score, words):
    full, rest = divmod(score, 1)
    assert words in of(([1.0] * int(full) + [rest] + [0.0] * 7)[:7] * 4).meaning


def test_silence_scores_nothing_and_every_item_says_what_to_do(empty):
    found = readiness(empty)
    assert found.score == 0
    assert all(m.points == 0 and not m.against and m.sentence and m.way_out for m in found.marks)


def test_a_word_lifts_silence_to_half_a_point_and_is_shown_as_a_word(empty, replace):
    word = Attestation(item=Item.DATA_7, by="Ada", why="Tests in CI since May.", at_us=0)
    mark = readiness(replace(empty, attestations=(word,))).marks[6]
    assert (mark.points, mark.attested, mark.evidence) == (0.5, True, ("attestation data-7",))
    assert mark.sentence == "Ada attested it on 1970-01-01: Tests in CI since May."
    gone = replace(word, withdrawn=True)
    assert readiness(replace(empty, attestations=(gone,))).marks[6].points == 0


def test_words_alone_reach_no_more_than_three_and_a_half(empty, replace):
    words = tuple(Attestation(item=i, by="Ada", why="Done.", at_us=0) for i in Item)
    assert readiness(replace(empty, attestations=words)).score == 3.5


def test_a_word_neither_adds_to_a_measurement_nor_outweighs_one(bare, replace):
    words = tuple(Attestation(item=i, by="Ada", why="Done.", at_us=0) for i in Item)
    plain, told = readiness(bare), readiness(replace(bare, attestations=words))
    for before, after in zip(plain.marks, told.marks, strict=True):
        assert after.points == max(before.points, 0.0 if before.against else 0.5)


@pytest.mark.parametrize("name", ["by", "why"])
def test_a_word_that_says_nothing_is_refused(name):
    with pytest.raises(BadInput, match=f"want {name} to say something"):
        Attestation(**{"item": Item.DATA_7, "by": "Ada", "why": "Done.", "at_us": 0} | {name: "  "})


def test_what_to_do_next_is_the_weakest_section_with_what_said_no_first(served):
    found = readiness(served)
    next_ = weakest(found)
    assert {found.sums()[m.item.section] for m in next_} == {found.score}
    assert [(not m.against, m.points) for m in next_] == sorted((not m.against, m.points) for m in next_)
    assert all(m.points < 1 for m in next_)


def test_a_served_model_is_worth_more_than_one_that_was_only_trained(empty, bare, served):
    sums = [sum(m.points for m in readiness(e).marks) for e in (empty, bare, served)]
    assert sums == sorted(set(sums))
