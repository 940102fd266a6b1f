"""Make the lists that people work through: by suspicion, drawn at random, to be read again, or to be settled."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.data.folds import deal_folds
from slipway.data.labels.names import said
from slipway.data.labels.out_of_fold import out_of_fold_numbers, out_of_fold_shares
from slipway.data.labels.readings import disputed, together
from slipway.data.labels.suspicion import Suspicion, suspect_classes, suspect_numbers
from slipway.data.labels.tranches import drawn, shuffled_by_tranche
from slipway.errors import BadInput, NotFound
from slipway.modeling.frame import as_x
from slipway.modeling.torch_module import Estimator, is_module
from slipway.ports import Change
from slipway.project.kin import kin
from slipway.project.labelling.given import find_guideline, labels_of
from slipway.project.labelling.held_out import held_out_places
from slipway.project.labelling.rulings import rulings_of
from slipway.project.labelling.subject import Subject, learner
from slipway.project.user_code import load_function, train_with
from slipway.records.base import canonical, content_id
from slipway.records.label import Entry, LabelQueue, QueueKind
from slipway.wiring import Parts
from slipway.words import count

Ints = npt.NDArray[np.int64]
Train = Callable[[Any, Any, dict[str, Any], int], Any]

FOLDS, TRANCHE, ALPHA = 5, 50, 0.05


class Made(NamedTuple):
    """A queue that was made."""

    id: str
    queue: LabelQueue


def rank(
    parts: Parts,
    mine: Subject,
    *,
    train: str | Train | None,
    params: dict[str, Any] | None,
    folds: int,
    tranche: int,
    seed: int | None,
    by: str,
    told: Callable[[int, int], object],
) -> Made:
    """Rank the labels that nobody has decided on by suspicion, with models of the user's training function.

    Folds keep to the task: stretches of time where it has one, whole groups where an entity has several rows.

    Raises:
        BadInput: No training function, or it fails; fewer than two classes; nothing left to look at.
    """
    seed = parts.scope.modeling.seed if seed is None else seed
    params = parts.scope.modeling.params if params is None else params
    found = _suspicion(parts, mine, train=_trainer(parts, train), params=params, folds=folds, seed=seed, told=told)
    places = mine.labelled
    ruled = rulings_of(parts, mine)
    order = np.array([i for i in found.order if mine.names[places[i]] not in ruled], dtype=np.int64)
    order = shuffled_by_tranche(order, size=tranche, seed=seed)
    entries = [
        Entry(
            row=mine.names[places[i]],
            place=int(places[i]),
            given=mine.given(int(places[i])),
            guess=said(found.guess[i]) if mine.classes is None else mine.classes[int(found.guess[i])],
            margin=float(found.score[i]),
        )
        for i in order.tolist()
    ]
    return _keep(
        parts,
        mine,
        entries,
        LabelQueue(
            kind=QueueKind.SUSPICION,
            dataset=mine.version.id,
            column=mine.column,
            file="",
            rows=len(entries),
            population=len(places),
            tranche=tranche,
            method=f"{found.method}, {folds} folds",
            wrong=found.wrong,
            wrong_low=found.low,
            wrong_high=found.high,
            seed=seed,
            made_us=parts.clock.now_us(),
        ),
        by=by,
    )


def draw(
    parts: Parts,
    mine: Subject,
    *,
    kind: QueueKind,
    rows: int,
    seed: int,
    guideline: str | None,
    held_out: bool,
    by: str,
) -> Made:
    """Draw rows at random: an audit from those that nobody has decided on, a second reading from all with a label.

    Of rows held out an audit is drawn from all: those that somebody has decided on count as looked at.

    The same seed draws the same rows of the same rows in the same order; a larger sample begins with the smaller.

    Raises:
        BadInput: No row to draw from.
        NotFound: No such guideline.
    """
    ruled = rulings_of(parts, mine) if kind is QueueKind.AUDIT and not held_out else {}
    among = held_out_places(parts, mine) if held_out else mine.labelled
    places = np.array([p for p in among if mine.names[p] not in ruled], dtype=np.int64)
    chosen = places[drawn(len(places), count=rows, seed=seed)].tolist()
    entries = [Entry(row=mine.names[p], place=p, given=mine.given(p)) for p in chosen]
    return _keep(
        parts,
        mine,
        entries,
        LabelQueue(
            kind=kind,
            dataset=mine.version.id,
            column=mine.column,
            file="",
            rows=len(entries),
            population=len(places),
            method=f"{count(len(entries), 'row')} of {len(places):,}{' held out' * held_out} drawn at random",
            held_out=held_out,
            guideline=find_guideline(parts, guideline),
            seed=seed,
            made_us=parts.clock.now_us(),
        ),
        by=by,
    )


def adjudicate(parts: Parts, mine: Subject, *, by: str) -> Made:
    """List the rows that annotators disagree on and nobody has settled, the least certain first.

    Raises:
        BadInput: There are no labels by several annotators, or no row is left.
    """
    mine.needs_classes("adjudication")
    labels = labels_of(parts, mine)
    if not labels:
        raise BadInput("labels: want labels by several annotators, got none. Take them in with 'slipway label import'.")
    ruled = rulings_of(parts, mine)
    place = {name: i for i, name in enumerate(mine.names)}
    entries = [
        Entry(row=c.row, place=place[c.row], given=mine.given(place[c.row]), guess=c.value, margin=-c.probability)
        for c in disputed(together(labels))
        if c.row not in ruled
    ]
    return _keep(
        parts,
        mine,
        entries,
        LabelQueue(
            kind=QueueKind.ADJUDICATION,
            dataset=mine.version.id,
            column=mine.column,
            file="",
            rows=len(entries),
            population=len({label.row for label in labels}),
            method="rows with different labels, the least certain by Dawid and Skene first",
            seed=0,
            made_us=parts.clock.now_us(),
        ),
        by=by,
    )


def find_queue(parts: Parts, wanted: str | None) -> tuple[str, LabelQueue]:
    """Return the queue of that id, beginning of one, or kind (the newest); the newest of all for None.

    Raises:
        NotFound: There is none.
    """
    known = [(i, q) for i, q, _ in parts.store.all(LabelQueue)]
    found = [(i, q) for i, q in known if wanted is None or q.kind == wanted or i.startswith(wanted)]
    if not found:
        raise NotFound(
            f"label queue{'' if wanted is None else ' ' + wanted}: want the id or kind of one, found none among "
            f"{[i[:12] for i, _ in known][-8:]}. Make one with 'slipway label rank'."
        )
    return found[-1]


def _suspicion(
    parts: Parts,
    mine: Subject,
    *,
    train: Train,
    params: dict[str, Any],
    folds: int,
    seed: int,
    told: Callable[[int, int], object],
) -> Suspicion:
    task, places = parts.scope.task, mine.labelled
    table = mine.table[places]
    x = as_x(table, fields=[f for f in parts.scope.fields if f.name != mine.column])
    y, classes, learn = learner(mine, train, params=params, seed=seed)
    codes = np.zeros(len(y), dtype=np.int64) if mine.classes is None else np.searchsorted(classes, y).astype(np.int64)
    dealt = deal_folds(
        codes, folds=folds, seed=seed, groups=kin(parts, table), times=table[task.time] if task.time else None
    )
    if mine.classes is None:
        return suspect_numbers(y, predicted=out_of_fold_numbers(x, y=y, folds=dealt, learn=learn, told=told))
    if classes.size < 2:
        raise BadInput(f"labels of '{mine.column}': want two or more classes to tell apart, got {mine.classes}.")
    shares = out_of_fold_shares(x, y=y, classes=classes, folds=dealt, learn=learn, told=told)
    return suspect_classes(codes, probabilities=shares, alpha=ALPHA)


def _trainer(parts: Parts, train: str | Train | None) -> Train:
    train = train or parts.scope.modeling.train
    if not train:
        raise BadInput("model.train: want a function such as 'model.py:train' in slipway.toml or --train, got nothing.")
    reference = train if isinstance(train, str) else getattr(train, "__name__", "train")
    function = load_function(train, folder=parts.layout.root) if isinstance(train, str) else train

    def fitted(x: Any, y: Any, params: dict[str, Any], seed: int) -> Any:
        estimator = train_with(function, X=x, y=y, params=params, seed=seed, reference=reference)
        return Estimator(estimator) if is_module(estimator) else estimator

    return fitted


def _keep(parts: Parts, mine: Subject, entries: Sequence[Entry], queue: LabelQueue, *, by: str) -> Made:
    if not entries:
        raise BadInput(f"label queue: want a row of {mine.version.name} that waits for somebody, got none.")
    fields = {name: getattr(queue, name) for name in queue.__struct_fields__}
    kept = LabelQueue(**{**fields, "file": parts.blobs.put(canonical(list(entries)))})
    id_ = content_id(kept)
    why = f"{kept.kind} of {mine.column} in {mine.version.name}: {count(kept.rows, 'row')}"
    parts.store.commit([Change(kept, id_, 0)], at_us=kept.made_us, by=by, why=why)
    return Made(id_, kept)
