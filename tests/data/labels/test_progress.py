"""What is said of a queue holds for the rows nobody has looked at yet, and for how many errors are left."""

import numpy as np
import pytest

from slipway.data.labels.progress import Advice, progress, sentences
from slipway.errors import BadInput
from slipway.records.label import Decision, Entry, LabelQueue, QueueKind, Ruling


def queue_of(entries, *, kind=QueueKind.SUSPICION, tranche=50, population=None, wrong=None, made_us=0):
    return LabelQueue(
        kind=kind,
        dataset="d",
        column="y",
        file="f",
        rows=len(entries),
        population=population or len(entries),
        tranche=tranche,
        method="m",
        wrong=wrong,
        wrong_low=None if wrong is None else wrong - 5,
        wrong_high=None if wrong is None else wrong + 5,
        seed=0,
        made_us=made_us,
    )


def entries_of(rows):
    return [Entry(row=str(i), place=i, given="0") for i in range(rows)]


def ruling(decision, at_us=1):
    return Ruling(decision=decision, value="", by="ann", why="", at_us=at_us)


def rulings_of(wrong):
    return {str(i): ruling(Decision.FLIP if w else Decision.AGREE) for i, w in enumerate(wrong)}


def test_nothing_seen_says_nothing():
    entries = entries_of(100)
    found = progress(queue_of(entries), entries=entries, rulings={}, worth=20)
    assert (found.precision, found.next_share, found.left, found.advice) == (None, None, None, Advice.GO_ON)


def test_a_whole_tranche_is_known_exactly_and_the_next_is_bounded():
    entries = entries_of(200)
    found = progress(queue_of(entries), entries=entries, rulings=rulings_of([True] * 40 + [False] * 10), worth=20)
    assert (found.precision.low, found.precision.high) == (0.8, 0.8)
    found = progress(
        queue_of(entries), entries=entries, rulings=rulings_of([True] * 40 + [False] * 10 + [True] * 5), worth=20
    )
    assert found.precision.low == pytest.approx((40 + 5) / 100, abs=0.2)
    assert found.precision.low >= 45 / 100
    assert found.next_share.high == 1.0


def test_the_precision_covers_the_tranche_at_all_looks():
    """Half of a tranche is wrong, in an order of chance: seldom does any look say otherwise."""
    missed = 0
    for seed in range(100):
        wrong = np.random.default_rng(seed).permutation(np.arange(50) < 20)
        entries = entries_of(50)
        looks = [
            progress(queue_of(entries), entries=entries, rulings=rulings_of(wrong[:n]), worth=20, alpha=0.2).precision
            for n in range(1, 51, 5)
        ]
        missed += not all(look.low <= 0.4 <= look.high for look in looks)
    assert missed <= 20  # alpha / 2 of the first tranche is .1; binomial(100, .1) passes 20 once in 1,000


def test_rows_that_somebody_else_jumped_to_do_not_bend_the_sample():
    entries = entries_of(50)
    rulings = rulings_of([False] * 5) | {str(i): ruling(Decision.FLIP) for i in range(40, 50)}
    found = progress(queue_of(entries), entries=entries, rulings=rulings, worth=20)
    assert found.flipped == 10
    assert found.precision.n == 5
    assert found.precision.estimate == 0


def test_unsure_widens_both_ways():
    entries = entries_of(50)
    rulings = {str(i): ruling(Decision.UNSURE if i < 10 else Decision.AGREE) for i in range(50)}
    found = progress(queue_of(entries), entries=entries, rulings=rulings, worth=20)
    assert (found.precision.low, found.precision.high) == (0, 0.2)
    assert found.unsure == 10


@pytest.mark.parametrize(
    ("wrong_in_tranche", "worth", "advice"),
    [(0, 20, Advice.STOP), (2, 20, Advice.STOP), (3, 20, Advice.GO_ON), (10, 4, Advice.STOP), (10, 20, Advice.GO_ON)],
)
def test_it_pays_while_more_than_one_in_worth_is_wrong(wrong_in_tranche, worth, advice):
    entries = entries_of(200)
    seen = [True] * 50 + [i < wrong_in_tranche for i in range(50)]
    assert progress(queue_of(entries), entries=entries, rulings=rulings_of(seen), worth=worth).advice is advice


def test_few_rows_cannot_stop_it():
    entries = entries_of(200)
    found = progress(queue_of(entries), entries=entries, rulings=rulings_of([False] * 20), worth=20)
    assert found.advice is Advice.CANNOT_TELL


def test_at_the_end_it_says_so():
    entries = entries_of(30)
    found = progress(queue_of(entries), entries=entries, rulings=rulings_of([True] * 30), worth=20)
    assert found.advice is Advice.END


def test_an_audit_estimates_what_is_left_and_takes_off_what_was_found_since():
    entries = entries_of(200)
    queue = queue_of(entries, kind=QueueKind.AUDIT, population=2000, made_us=100)
    rulings = {str(i): ruling(Decision.FLIP if i < 10 else Decision.AGREE, at_us=200) for i in range(200)}
    found = progress(queue, entries=entries, rulings=rulings, worth=20)
    assert found.left.source == "audit"
    assert found.left.estimate == pytest.approx(100 - 10)
    assert found.left.low < 90 < found.left.high
    before = rulings | {f"b{i}": ruling(Decision.FLIP, at_us=50) for i in range(30)}
    assert progress(queue, entries=entries, rulings=before, worth=20).left == found.left
    since = rulings | {f"s{i}": ruling(Decision.FLIP, at_us=300) for i in range(30)}
    assert progress(queue, entries=entries, rulings=since, worth=20).left.estimate == pytest.approx(60)


def test_without_an_audit_the_model_is_named_as_the_source():
    entries = entries_of(100)
    queue = queue_of(entries, wrong=40.0)
    found = progress(queue, entries=entries, rulings=rulings_of([True] * 12), worth=20)
    assert (found.left.source, found.left.estimate, found.left.low, found.left.high) == ("model", 28, 23, 33)
    assert "nobody has checked" in " ".join(sentences(found))


def test_less_than_a_look_is_refused():
    entries = entries_of(5)
    for worth in (0.5, float("nan")):
        with pytest.raises(BadInput, match="worth"):
            progress(queue_of(entries), entries=entries, rulings={}, worth=worth)
