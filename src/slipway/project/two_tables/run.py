"""Hold a current table against a reference: what moved, since when, whether it matters, and what to go back to."""

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.modeling.reference import make_reference, watch_only
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor, begin, take
from slipway.project.two_tables.answers import remarks_on_answers
from slipway.project.two_tables.feed import Answers, Slice, slices
from slipway.project.two_tables.prepare import Prepared, kind_of, prepare, with_moments
from slipway.project.two_tables.quality import finite, fitted
from slipway.project.two_tables.roles import find_roles
from slipway.project.two_tables.told import told
from slipway.records.alert import Finding
from slipway.records.field import FieldKind
from slipway.records.quality import Fault, Quality
from slipway.records.reference import Reference
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.two_tables import TwoTables

_RELATIVE = 0.1
_FEWEST = 20
"""Labelled rows of the reference below which answers cannot be calibrated well enough to say anything."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How two tables are to be held against each other.

    Attributes:
        time: Column of moments; None takes the only one there is, the empty text none.
        prediction: Column of answers; None takes ``prediction`` if there is one, the empty text none.
        label: Column of truths; None takes ``label`` likewise.
        ignore: Columns that are not watched.
        threshold: Score from which an answer to two classes counts as 1.
        alpha: Chance that tables alike raise any alarm; in (0, 1).
        tolerance: A change that costs less is told, not alarmed, in units of the loss; None takes a tenth of the
            reference's.
        unit: ``auto`` (found on the reference), ``row``, ``hour`` or ``day``.
    """

    time: str | None = None
    prediction: str | None = None
    label: str | None = None
    ignore: tuple[str, ...] = ()
    threshold: float = 0.5
    alpha: float = 0.01
    tolerance: float | None = None
    unit: str = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise BadInput(f"alpha: want 0 < alpha < 1, got {self.alpha}.")
        if self.tolerance is not None and not self.tolerance >= 0:
            raise BadInput(f"tolerance: want 0 or more, got {self.tolerance}.")


def watch_two_tables(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    *,
    terms: Terms,
    names: tuple[str, str] = ("reference", "current"),
) -> TwoTables:
    """Return what moved between two tables of one thing.

    With answers and their truth in both, data drift (X moved) is told from concept drift (X -> Y moved); without the
    truth, what the answers expect of themselves is told; without answers, only whether X moved. The rows of the current
    table are taken in the order of their time, in slices, as a server's monitors would have seen them.

    Promise: tables alike raise any alarm with chance alpha at most, if units (rows, hours, days: as found on the
    reference) are exchangeable.

    Args:
        reference: What is usual; with rows that no model was fitted on, where it has answers.
        current: What there is now.
        terms: How.
        names: What to call the two.

    Raises:
        BadInput: A table is empty, a column has no part or two, nothing can be watched in both, or the reference is too
            short for the unit.
    """
    for table, name in ((reference, names[0]), (current, names[1])):
        if table.is_empty():
            raise BadInput(f"{name}: want at least one row, got none.")
    reference, _ = finite(with_moments(reference, time=terms.time, what=names[0]))
    current, infinite = finite(with_moments(current, time=terms.time, what=names[1]))
    roles = find_roles(reference, time=terms.time, prediction=terms.prediction, label=terms.label, ignore=terms.ignore)
    if roles.time in current.columns:
        current = with_moments(current, time=roles.time, what=names[1])
    table, roles, quality = fitted(current, reference=reference, roles=roles)
    if not roles.watched and not roles.prediction:
        reasons = "; ".join(q.detail for q in quality)
        raise BadInput(f"{names[1]}: want a column that the reference has and that has values, got none. {reasons}")
    before = prepare(reference, roles=roles, kinds=reference, what=names[0])
    now = prepare(table, roles=roles, kinds=reference, what=names[1])
    known, answers, remarks = _learn(before, threshold=terms.threshold, what=names[0])
    try:
        instruments = msgspec.structs.replace(instruments_of(known, unit=terms.unit), answers=None)  # they are a column
    except BadInput as error:
        short = str(error).startswith("reference: ")  # too few blocks; else the error names the way out
        way = " Give a longer reference, or '--unit row' if rows are independent of each other." if short else ""
        raise BadInput(f"{names[0]}: {str(error).removeprefix('reference: ')}{way}") from error
    if answers is not None:
        _check_classes(now, scoring=answers.scoring, label=roles.label, what=names[1])
    loss_before = sum(b.loss for b in known.held_out) / known.held_out_rows if known.held_out else 0.0
    tolerance = _RELATIVE * loss_before if terms.tolerance is None else terms.tolerance
    monitor = Monitor(
        model=names[1],
        reference=known,
        instruments=instruments,
        limits=Limits(
            metric=answers.scoring.metric if answers else "error",
            tolerance=tolerance,
            dated=now.times_us is not None,
        ),
        units={},
        alpha=terms.alpha,
    )
    odd = remarks_on_answers(((names[0], before), (names[1], now)), roles=roles, threshold=terms.threshold)
    parts = slices(now, reference=known, instruments=instruments, answers=answers)
    monitor = msgspec.structs.replace(monitor, instruments=instruments.within(len(parts)))
    return told(
        parts,
        findings=_findings(parts, monitor=monitor),
        monitor=monitor,
        roles=roles,
        quality=(*infinite, *odd, *quality, *remarks),
        names=names,
        rows=(before.x.height, now.x.height),
        metric=answers.scoring.metric if answers else "",
        means=_means(before, now),
    )


def _learn(before: Prepared, *, threshold: float, what: str) -> tuple[Reference, Answers | None, tuple[Quality, ...]]:
    """Return the reference, how answers are scored if there are any, and why there are none."""
    scores, y = before.scores, before.y
    if scores is not None and y is not None:
        held = np.flatnonzero(np.isfinite(scores) & np.isfinite(y))
        kind = kind_of(y)
        one_class = kind is TaskKind.BINARY and np.unique(y[held]).size < 2
        if held.size >= _FEWEST and not one_class:
            scoring = Scoring(kind=kind, threshold=threshold)
            known, calibration = make_reference(
                before.x,
                fields=before.fields,
                times_us=before.times_us,
                held_out=held,
                scores=scores[held],
                y=y[held],
                scoring=scoring,
            )
            return _named(known, before.names), Answers(scoring, calibration), _odd_classes(y[held], what=what)
        got = "one class only" if one_class and held.size else f"{held.size} rows with answer and label"
        detail = (
            f"{what} has {got}, so nobody can say how good the answers are: want both classes, and {_FEWEST} rows or "
            "more. Only the columns are watched."
        )
        return _inputs(before), None, (Quality(fault=Fault.LABELS, column="", serious=True, detail=detail),)
    return _inputs(before), None, ()


def _odd_classes(y: npt.NDArray[np.float64], *, what: str) -> tuple[Quality, ...]:
    values = np.unique(y)
    if values.size != 2 or set(values.tolist()) == {0.0, 1.0}:
        return ()
    detail = (
        f"{what} has the labels {values[0]:g} and {values[1]:g} and no others, which are read as numbers. Write 0 and "
        "1 if they are two classes."
    )
    return (Quality(fault=Fault.LABELS, column="", serious=True, detail=detail),)


def _check_classes(now: Prepared, *, scoring: Scoring, label: str, what: str) -> None:
    """Refuse truths of a third class, which no answer to two classes can be held against."""
    known = np.empty(0) if now.y is None else now.y[np.isfinite(now.y)]
    if scoring.kind is TaskKind.BINARY and (odd := sorted({*known.tolist()} - {0.0, 1.0})):
        got = ", ".join(f"{v:g}" for v in odd[:3])
        raise BadInput(
            f"{what}: column '{label}': want 0 and 1, as the reference has, got {got}. "
            "Write 1 where the class in question is true and 0 elsewhere."
        )


def _means(before: Prepared, now: Prepared) -> dict[str, tuple[float, float]]:
    """Return the mean of each column of numbers in both tables; what is missing does not count."""
    numbers = [
        (f.name, name) for f, name in zip(before.fields, before.names, strict=True) if f.kind is FieldKind.NUMBER
    ]
    was, is_ = (t.x.select(pl.col([f for f, _ in numbers]).fill_nan(None).mean()) for t in (before, now))
    return {
        name: (a, b) for f, name in numbers if isinstance(a := was[f][0], float) and isinstance(b := is_[f][0], float)
    }


def _inputs(before: Prepared) -> Reference:
    return _named(watch_only(before.x, fields=before.fields, times_us=before.times_us), before.names)


def _named(known: Reference, names: tuple[str, ...]) -> Reference:
    columns = (msgspec.structs.replace(c, name=n) for c, n in zip(known.columns, names, strict=True))
    return msgspec.structs.replace(known, columns=tuple(columns))


def _findings(parts: list[Slice], *, monitor: Monitor) -> tuple[Finding, ...]:
    watched = begin(monitor)
    for inputs, outcomes in parts:
        watched = take(watched, monitor=monitor, sums=inputs, known=outcomes, now_us=inputs.end_us)
    return watched.findings
