"""How well people do the task: each reading of rows that several people read, against what was settled."""

import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from slipway.data.labels.names import said
from slipway.data.labels.readings import newest, together
from slipway.records.dataset import Score
from slipway.records.label import Label
from slipway.records.scoring import ALPHA, Scoring
from slipway.records.task import TaskKind
from slipway.stats.row_loss import loss_interval
from slipway.words import count

HUMAN = "human"
READ_TWICE = "read twice"
_TOLD = 5
_BINARY = {"0": 0.0, "1": 1.0}


def human_level(
    labels: Sequence[Label], *, settled: Mapping[str, str], scoring: Scoring, nobody: Collection[str] = ()
) -> Score | None:
    """Measure a person's mean loss on rows that two or more people read; None where it cannot be told.

    The truth of a row is what a person settled, else what its readers say together (Dawid and Skene). Who is measured
    has a voice in that: where nothing is settled, and all readers may err alike, people look better than they are. The
    unit is the row; rows must be independent, and drawn at random for the level to be that of all rows.

    Args:
        labels: All labels of the target.
        settled: Row name to the label that a person settled in the end.
        scoring: How an answer is scored; only binary labels are weighed against each other.
        nobody: Names that stand for no person: they have a voice in what is said together, and are not measured.

    >>> ann = [Label(row=f"r{i}", annotator="ann", value=v) for i, v in enumerate("1100110011")]
    >>> bob = [Label(row=f"r{i}", annotator="bob", value=v) for i, v in enumerate("1100110000")]
    >>> found = human_level(ann + bob, settled={"r8": "1", "r9": "1"}, scoring=Scoring(kind=TaskKind.BINARY))
    >>> found.value, found.n  # bob erred on two of ten rows, ann on none: two of twenty readings
    (0.1, 10)
    """
    if scoring.kind is not TaskKind.BINARY:
        return None
    kept = sorted((x for x in newest(labels) if said(x.value) in _BINARY), key=lambda x: x.row)
    by_row = {row: list(given) for row, given in itertools.groupby(kept, key=lambda x: x.row)}
    by_row = {row: given for row, given in by_row.items() if len({x.annotator for x in given}) > 1}
    truth = _agreed(by_row) | {row: said(value) for row, value in settled.items() if row in by_row}
    truth = {row: value for row, value in truth.items() if value in _BINARY}
    loss, people, readings = [], set[str](), 0
    for row, value in truth.items():
        own = [x for x in by_row[row] if x.annotator not in nobody]
        if own:
            given = np.array([_BINARY[said(x.value)] for x in own])
            loss.append(float(scoring.loss(np.full(given.size, _BINARY[value]), answers=given).mean()))
            people |= {x.annotator for x in own}
            readings += len(own)
    if len(loss) < 2:
        return None
    found = loss_interval(np.array(loss), alpha=ALPHA)
    who = ", ".join(sorted(people)[:_TOLD]) + (" and others" if len(people) > _TOLD else "")
    open_ = sum(len({said(x.value) for x in by_row[row]}) > 1 and row not in settled for row in truth)
    return Score(
        name=HUMAN,
        metric=scoring.metric,
        split=READ_TWICE,
        value=found.estimate,
        low=max(0.0, found.low),
        high=found.high,
        alpha=ALPHA,
        n=len(loss),
        what=(
            f"{count(readings, 'reading')} by {who} of rows that several read, against what was settled in the end, "
            f"else what they say together; they differ and nobody settled on {count(open_, 'row')}"
        ),
    )


def _agreed(by_row: Mapping[str, Sequence[Label]]) -> dict[str, str]:
    """Return what the readers of each row say together; they need no weighing where they say the same everywhere."""
    if len({said(x.value) for given in by_row.values() for x in given}) < 2:
        return {row: said(given[0].value) for row, given in by_row.items()}
    weighed = together([x for given in by_row.values() for x in given])
    return {c.row: said(c.value) for c in weighed.rows}
