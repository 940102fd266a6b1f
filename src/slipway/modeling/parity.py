"""The gate between a model and its graph: the same answers on real rows, and the same silence where there is none.

Real rows show what precision costs. Rows with one value taken away, one category never seen, one number at the end of
its range or far beyond, show corners that no held-out row may visit and that service will: an estimator that refuses
them must not have a graph that answers.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import Refused, SlipwayError
from slipway.modeling.answers import Ask, Scorer
from slipway.modeling.cause import Suspect, probable_cause
from slipway.modeling.frame import as_columns
from slipway.records.field import Field, FieldKind
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]

UNSEEN = "(a category never seen)"
_CORNER_ROWS = 64
_FAR = 10.0


class Tolerance(NamedTuple):
    """How far a graph may be from its original.

    Attributes:
        difference: Scores closer than this count as equal: absolute for a probability, in standard deviations of the
            answers for a number.
        far_share: Part of the rows that may be further off (a tree's threshold between two float32 numbers).
        flip_share: Part of the rows whose label may change.
    """

    difference: float = 1e-4
    far_share: float = 0.001
    flip_share: float = 0.001


class Parity(NamedTuple):
    """How far a graph is from its original.

    Attributes:
        rows: Real rows compared.
        largest: Largest difference of a score.
        far: Rows whose scores differ by more than the tolerance.
        flips: Rows whose labels differ; 0 for a regression.
        corners: What else was tried, in words.
    """

    rows: int
    largest: float
    far: int
    flips: int
    corners: tuple[str, ...]


def check_parity(
    original: Ask,
    *,
    graph: Scorer,
    name: str,
    x: pl.DataFrame,
    wanted: Floats,
    fields: Sequence[Field],
    kind: TaskKind,
    threshold: float = 0.5,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - immutable
    suspect: Suspect = lambda _: None,
) -> Parity:
    """Measure how far a graph is from its original, and refuse it if that is too far.

    Args:
        original: Asks the estimator.
        graph: Asks the graph, as service will.
        name: What to call the model in messages.
        x: Real rows, as the estimator was trained on.
        wanted: The estimator's answers to them, shape (rows,).
        fields: X in order.
        kind: Binary or regression.
        threshold: Score from which a binary answer counts as 1.
        tolerance: How far is too far.
        suspect: Asked for a trap that the original is in once it differs, as :func:`slipway.modeling.traps.known_trap`.

    Raises:
        Refused: Too far on real rows, no answer to a row that the estimator answers, or an answer in a corner where
            the estimator has another or none. The message has the numbers, the probable cause and the way out.
    """
    got = graph(as_columns(x, fields=fields), x.height)
    parity = compare_answers(
        got,
        wanted=wanted,
        name=name,
        kind=kind,
        threshold=threshold,
        tolerance=tolerance,
        cause=lambda far: probable_cause(x, fields=fields, far=far, suspect=suspect),
    )
    unit = _unit(wanted, kind)
    corners = tuple(
        _try_corner(
            corner, original=original, graph=graph, name=name, fields=fields, unit=unit, relative=tolerance.difference
        )
        for corner in (*_corners(x.head(_CORNER_ROWS), fields), *_ends(x, fields))
    )
    return parity._replace(corners=corners)


def compare_answers(
    got: Floats,
    *,
    wanted: Floats,
    name: str,
    kind: TaskKind,
    threshold: float = 0.5,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - immutable
    cause: Callable[[npt.NDArray[np.bool_]], str] = lambda _: "",
) -> Parity:
    """Measure how far answers are from those wanted, row by row, and refuse them if that is too far.

    Args:
        got: The graph's answers, shape (rows,), NaN where there is none.
        wanted: The original's, shape (rows,).
        name: What to call the model in messages.
        kind: Binary or regression.
        threshold: Score from which a binary answer counts as 1.
        tolerance: How far is too far.
        cause: Told which rows are further off; returns the probable cause and the way out.

    Raises:
        Refused: Too far, or a row without an answer.
    """
    unit, off, far, flips, bad = _apart(got, wanted, kind, threshold, tolerance)
    if bad:
        raise Refused(
            f"parity of {name}: want answers within {tolerance.difference * unit:.3g} of the original's on all but "
            f"{100 * tolerance.far_share:g} % of {len(got):,} rows, got {int(far.sum()):,} further off "
            f"({100 * far.mean():.2f} %, by up to {off.max():.3g}), {int(flips.sum()):,} with another label "
            f"({100 * flips.mean():.2f} %) and {int(np.isnan(got).sum()):,} without an answer. {cause(far)}"
        )
    return Parity(
        rows=len(got), largest=float(off.max(initial=0.0)), far=int(far.sum()), flips=int(flips.sum()), corners=()
    )


def alike(
    got: Floats,
    *,
    wanted: Floats,
    kind: TaskKind,
    threshold: float = 0.5,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - immutable
) -> bool:
    """Tell whether answers are within the tolerance of those wanted: one model, but for what precision costs.

    >>> alike(np.array([0.1, 0.9]), wanted=np.array([0.10001, 0.9]), kind=TaskKind.BINARY)
    True
    >>> alike(np.array([0.1, 0.9]), wanted=np.array([0.2, 0.9]), kind=TaskKind.BINARY)
    False
    """
    return not _apart(got, wanted, kind, threshold, tolerance).bad


class _Apart(NamedTuple):
    unit: float
    off: Floats
    far: npt.NDArray[np.bool_]
    flips: npt.NDArray[np.bool_]
    bad: bool


def _apart(got: Floats, wanted: Floats, kind: TaskKind, threshold: float, tolerance: Tolerance) -> _Apart:
    unit = _unit(wanted, kind)
    off = np.where(np.isnan(got), np.inf, np.abs(got - wanted))
    far = off > tolerance.difference * unit
    flips = (got >= threshold) != (wanted >= threshold) if kind is TaskKind.BINARY else np.zeros(len(got), np.bool_)
    bad = far.mean() > tolerance.far_share or flips.mean() > tolerance.flip_share or np.isnan(got).any()
    return _Apart(unit, off, far, flips, bool(bad))


def _unit(wanted: Floats, kind: TaskKind) -> float:
    return 1.0 if kind is TaskKind.BINARY else float(wanted.std()) or 1.0


class _Corner(NamedTuple):
    what: str
    way_out: str
    x: pl.DataFrame


def _corners(x: pl.DataFrame, fields: Sequence[Field]) -> Iterator[_Corner]:
    for field in fields:
        text = field.kind is FieldKind.CATEGORY
        if not field.required:
            taken = x.with_columns(pl.lit("" if text else float("nan")).alias(field.name))
            way_out = f"Declare '{field.name}' required, or fill it in before the model (SimpleImputer)."
            yield _Corner(f"'{field.name}' missing", way_out, taken)
        if text and not field.values:
            way_out = (
                f"Give '{field.name}' its closed set of values, or let the encoder take unknown ones "
                "(handle_unknown='ignore')."
            )
            yield _Corner(f"'{field.name}' never seen", way_out, x.with_columns(pl.lit(UNSEEN).alias(field.name)))


def _ends(x: pl.DataFrame, fields: Sequence[Field]) -> Iterator[_Corner]:
    """Set each number to the ends of its range, and where the range is open to values far beyond what was seen."""
    for field in fields:
        seen = x[field.name].drop_nans() if field.kind is FieldKind.NUMBER else pl.Series([], dtype=pl.Float64)
        if not seen.len():
            continue
        low, high = float(seen.min()), float(seen.max())  # type: ignore[arg-type]  # a Float64 column
        far = _FAR * max(high - low, abs(high), abs(low), 1.0)
        ends = (
            ("at its lowest", low if field.low is None else field.low),
            ("at its highest", high if field.high is None else field.high),
            *((("far below what was seen", low - far),) if field.low is None else ()),
            *((("far above what was seen", high + far),) if field.high is None else ()),
        )
        way_out = (
            f"Give '{field.name}' its range (low, high) in the scope, so that nothing beyond is asked, or bound it "
            "before the model."
        )
        for where, value in ends:
            taken = x.head(_CORNER_ROWS).with_columns(pl.lit(value).alias(field.name))
            yield _Corner(f"'{field.name}' {where} ({value:.6g})", way_out, taken)


def _try_corner(
    corner: _Corner,
    *,
    original: Ask,
    graph: Scorer,
    name: str,
    fields: Sequence[Field],
    unit: float,
    relative: float,
) -> str:
    limit = relative * unit
    wanted = _wanted(original, corner.x)
    try:
        got = graph(as_columns(corner.x, fields=fields), corner.x.height)
    except SlipwayError as error:
        raise Refused(
            f"parity of {name}: want an answer or none in each row where {corner.what}, got a graph that fails, and "
            f"with it every row of the batch ({error}) {corner.way_out}"
        ) from error
    if wanted is None:
        if not np.isnan(got).all():
            raise Refused(
                f"parity of {name}: want no answer where {corner.what}, since the original refuses it, got "
                f"{float(got[~np.isnan(got)][0]):.3g} from the graph. {corner.way_out}"
            )
        return f"{corner.what}: neither answers"
    off = np.where(np.isnan(got), np.inf, np.abs(got - wanted))
    if (off > np.maximum(limit, relative * np.abs(wanted))).any():
        worst = int(off.argmax())
        raise Refused(
            f"parity of {name}: want the original's {wanted[worst]:.4g} where {corner.what}, got {got[worst]:.4g} from "
            f"the graph, which treats it in another way. {corner.way_out}"
        )
    return f"{corner.what}: the same answers"


def _wanted(original: Ask, x: pl.DataFrame) -> Floats | None:
    """Return the original's answers, or None where it refuses; what it raises is its own business."""
    try:
        answers = original(x)
    except Exception:  # noqa: BLE001 - an estimator may raise anything at all on rows it does not take
        return None
    return answers if np.isfinite(answers).all() else None
