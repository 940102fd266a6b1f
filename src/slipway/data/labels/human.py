"""How well people do the task: each reading of rows that several people read, against what was settled."""

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from slipway.data.labels.names import said
from slipway.data.labels.readings import newest, together
from slipway.records.dataset import Score
from slipway.records.label import Label
from slipway.records.scoring import ALPHA, Scoring
from slipway.records.task import TaskKind
from slipway.stats.row_loss import loss_interval
from slipway.words import count

Floats = npt.NDArray[np.float64]

HUMAN = "human"
READ_TWICE = "read twice"
_TOLD = 5
_HALF = 0.5
_BINARY = {"0": 0.0, "1": 1.0}


def human_level(
    labels: Sequence[Label], *, settled: Mapping[str, str], scoring: Scoring, nobody: Collection[str] = ()
) -> Score | None:
    """Measure a person's mean loss on rows that two or more people read; None where it cannot be told.

    The truth of a row is what a person settled, else what its readers say together (Dawid and Skene). Who is measured
    has a voice in that, so the estimate is no more than a guess where nothing is settled, and the limits do not rest on
    it: the lower one is of all open disagreements decided for those who are measured, the upper one of all decided
    against them, with as many errors more as readers who err independently of each other make alike, unseen, on rows
    that nobody settled. Where a row is hard for all of them, people are worse still, and nothing here can tell.

    The unit is the row; rows must be independent, and drawn at random for the level to be that of all rows.

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
    open_ = {row for row in truth if row not in settled and len({said(x.value) for x in by_row[row]}) > 1}
    loss, least, most, wrong, people, readings = [], [], [], [], set[str](), 0
    for row, value in truth.items():
        own = [x for x in by_row[row] if x.annotator not in nobody]
        if own:
            given = np.array([_BINARY[said(x.value)] for x in own])
            by_truth = {v: _loss(given, y, scoring) for v, y in _BINARY.items()}
            may_be = by_truth if row in open_ else {value: by_truth[value]}
            loss.append(by_truth[value])
            least.append(min(may_be.values()))
            most.append(max(may_be.values()))
            wrong.append(max(float((given != _BINARY[v]).mean()) for v in may_be))
            people |= {x.annotator for x in own}
            readings += len(own)
    if len(loss) < 2:
        return None
    low, high = (loss_interval(np.array(end), alpha=ALPHA) for end in (least, most))
    unsettled = sum(row not in settled for row in truth) / len(truth)
    unseen = 1 + unsettled * (_unseen(loss_interval(np.array(wrong), alpha=ALPHA).high) - 1)
    who = ", ".join(sorted(people)[:_TOLD]) + (" and others" if len(people) > _TOLD else "")
    return Score(
        name=HUMAN,
        metric=scoring.metric,
        split=READ_TWICE,
        value=float(np.mean(loss)),
        low=max(0.0, low.low),
        high=high.high * unseen,
        alpha=ALPHA,
        n=len(loss),
        what=(
            f"{count(readings, 'reading')} by {who} of rows that several read, against what was settled in the end, "
            f"else what they say together; they differ and nobody settled on {count(len(open_), 'row')}"
            + (": the interval is from all of these decided for them to all against; settle them" if open_ else "")
        ),
    )


def _loss(given: Floats, y: float, scoring: Scoring) -> float:
    return float(scoring.loss(np.full(given.size, y), answers=given).mean())


def _unseen(share: float) -> float:
    """Return by what to multiply a share of wrong readings that disagreements show, for those made alike and unseen.

    Two readers who err independently, p on average, err alike on at most p squared of the rows: p less that is seen.

    >>> round(0.09 * _unseen(0.09), 12)  # both err on 10 %: 9 % of readings are seen to be wrong, 1 % not
    0.1
    """
    return 2.0 if share >= _HALF**2 else (1 - math.sqrt(1 - 4 * share)) / (2 * share) if share > 0 else 1.0


def _agreed(by_row: Mapping[str, Sequence[Label]]) -> dict[str, str]:
    """Return what the readers of each row say together; they need no weighing where they say the same everywhere."""
    if len({said(x.value) for given in by_row.values() for x in given}) < 2:
        return {row: said(given[0].value) for row, given in by_row.items()}
    weighed = together([x for given in by_row.values() for x in given])
    return {c.row: said(c.value) for c in weighed.rows}
