"""Rows held out, as people label them: which they are, and what their labels hide about a run's model."""

import numpy as np
import numpy.typing as npt

from slipway.data.labels.held_out_bias import ALPHA, HeldOutBias, changes_of, mean_change
from slipway.errors import BadInput
from slipway.project import datasets, runs
from slipway.project.labelling.given import entries_of
from slipway.project.labelling.rulings import rulings_of
from slipway.project.labelling.subject import Subject
from slipway.project.tables import target
from slipway.records.label import Decision, LabelQueue, QueueKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.wiring import Parts


def held_out_places(parts: Parts, mine: Subject) -> npt.NDArray[np.int64]:
    """Return where the rows held out stand in a version's table.

    Raises:
        BadInput: The labels are not those of the target, or the rows held out cannot be told any more.
    """
    if mine.column != parts.scope.task.target:
        raise BadInput(
            f"rows held out: want labels of the target '{parts.scope.task.target}', got those of '{mine.column}'."
        )
    kept = datasets.kept(parts, mine.version)
    return np.asarray(mine.labelled[kept.split.test], dtype=np.int64)


def held_out_bias(parts: Parts, mine: Subject, queue: LabelQueue, *, run: str, alpha: float = ALPHA) -> HeldOutBias:
    """Estimate a run's metric if all labels of the rows held out were right, from an audit of these.

    The run has looked at these rows; what is told here is the same look, by better labels.

    Args:
        parts: The project.
        mine: The labels that the audit is of.
        queue: An audit of the rows held out.
        run: Id of the run, or its beginning; its model is held against the rows that it held out.
        alpha: Miss probability over all times.

    Raises:
        NotFound: No such run.
        BadInput: Another kind of queue, a task of numbers, a run of another version, or nobody has looked yet.
    """
    if queue.kind is not QueueKind.AUDIT or not queue.held_out:
        raise BadInput("queue: want an audit of rows held out; make one with 'slipway label sample audit --held-out'.")
    if parts.scope.task.kind is not TaskKind.BINARY:
        raise BadInput("bias of labels: want a binary task, got one of numbers, whose labels are not simply wrong.")
    found = runs.find(parts, run)
    if found.data != queue.dataset or found.package is None:
        raise BadInput(
            f"run {found.id[:12]}: want one that was packaged from the version that the audit is of "
            f"({queue.dataset[:12]}), got {found.data[:12]}. Train on that version, or draw an audit of the run's."
        )
    rows = mine.table[held_out_places(parts, mine)]
    names = [mine.names[place] for place in held_out_places(parts, mine).tolist()]
    scoring = Scoring.of(parts.scope.task, metric=parts.scope.metric)
    y, answers = target(rows, name=mine.column), runs.answers_of(parts, found.package, rows)
    given, other = scoring.loss(y, answers=answers), scoring.loss(1 - y, answers=answers)
    rulings, losses = rulings_of(parts, mine), {}
    for i, name in enumerate(names):
        if name in rulings:
            decision = rulings[name].decision
            after = None if decision is Decision.UNSURE else other[i] if decision is Decision.FLIP else given[i]
            losses[name] = (float(given[i]), None if after is None else float(after))
    changes = changes_of(losses, drawn=[entry.row for entry in entries_of(parts, queue)])
    possible = sorted({float(change) for change in other - given if change != 0})
    change, low, high = mean_change(changes, possible=possible, population=len(names), alpha=alpha)
    as_is = float(given.mean())
    decided = sum(after - before for before, after in losses.values() if after is not None)
    return HeldOutBias(
        run=found.id,
        metric=parts.scope.metric.name,
        given=as_is,
        mended=as_is + decided / len(names),
        estimate=as_is + change,
        low=max(0.0, as_is + low),
        high=as_is + high,
        looked_at=len(changes),
        held_out=len(names),
    )
