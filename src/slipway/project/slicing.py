"""Where a run's model is wrong on the rows held out: slices held against a level, groups of people, what to do next."""

import math

import polars as pl

from slipway.errors import BadInput, nearest
from slipway.modeling.fairness import Groups, by_group
from slipway.modeling.frame import as_x
from slipway.modeling.slices import worst_slices
from slipway.modeling.train import tag_fields
from slipway.project import datasets
from slipway.project.labelling.human import human_of
from slipway.project.looking import commit_look
from slipway.project.runs import answers_of, clusters_of, find, reached_by
from slipway.project.tables import target
from slipway.records.base import Record
from slipway.records.run import Level, Slice
from slipway.records.scoring import Scoring
from slipway.stats.planned import requests_for_rates
from slipway.wiring import Parts
from slipway.words import count, percent


class ErrorAnalysis(Record, frozen=True, kw_only=True):
    """Where a run's model is wrong.

    Attributes:
        run: Its id.
        metric: Name of the mean loss.
        rows: Rows held out that were looked at, half of them to find slices and half to confirm them.
        look: Which look at these rows it was; 0 where nobody counted.
        slices: Confirmed slices, largest headroom first.
        groups: Groups of each protected column.
        next_steps: What to do first, in words; nothing that the evidence does not carry.
    """

    run: str
    metric: str
    rows: int
    look: int
    slices: tuple[Slice, ...]
    groups: tuple[Groups, ...]
    next_steps: tuple[str, ...]


DEPTH, MOST = 3, 10
"""How an analysis is made that belongs to the look of the training; any other is a look of its own."""


def analyse_errors(
    parts: Parts, run: str, *, depth: int, most: int, level: Level | None = None, by: str
) -> ErrorAnalysis:
    """Search the rows that a run held out for slices, and measure the groups of protected columns.

    Slices are held against a level: whose, or None for a person's, else the present system's, else the rest's.

    Other settings than the usual ones show something else of the same rows: a look, counted before it is taken.

    Raises:
        NotFound: No such run.
        BadInput: It has no package, the depth is none, the level is not known, or a column of the scope is not in its
            data.
    """
    found, scope = find(parts, run), parts.scope
    if found.package is None:
        raise BadInput(f"run {found.id[:12]}: want a run with a packaged model to ask, got one without.")
    ready = datasets.kept_of(parts, found)
    rows = ready.labelled[ready.split.test]
    reached = reached_by(parts, rows, human=human_of(parts, ready.version), level=level)
    look = found.look
    if (depth, most) != (DEPTH, MOST):
        what = f"slices to depth {depth}, at most {most}"
        why = f"counted a look: {what}"
        look = commit_look(parts, rows=rows, data=found.data, run=found.id, what=what, by=by, why=why).number
    scoring = Scoring.of(scope.task, metric=scope.metric)
    y, given = target(rows, name=scope.task.target), answers_of(parts, found.package, rows)
    counted = clusters_of(parts, rows, deal=ready.deal)
    fields = (*scope.fields, *tag_fields(rows, tags=scope.modeling.tags))
    slices = worst_slices(
        as_x(rows, fields=fields),
        fields=fields,
        loss=scoring.loss(y, answers=given),
        seed=found.seed,
        clusters=counted,
        reached=reached,
        depth=depth,
        most=most,
    )
    groups = tuple(
        by_group(_column(rows, name), y=y, answers=given, scoring=scoring, clusters=counted)
        for name in scope.modeling.protected
    )
    return ErrorAnalysis(
        run=found.id,
        metric=scoring.metric,
        rows=rows.height,
        look=look,
        slices=slices,
        groups=groups,
        next_steps=_next_steps(slices),
    )


def _column(rows: pl.DataFrame, name: str) -> pl.Series:
    if name not in rows.columns:
        raise BadInput(f"model.protected: want columns of the data, got '{name}'.{nearest(name, rows.columns)}")
    return rows[name]


def _next_steps(slices: tuple[Slice, ...]) -> tuple[str, ...]:
    worth = [s for s in slices if s.headroom > 0]
    steps = [
        f"Begin with {s.where}: at {_whose(s.level_of)} there, the whole would gain {s.headroom:.3g} "
        f"({percent(s.share)} of the rows). Look at {count(min(s.n, 100), 'row')} of it: are the labels right, does X "
        f"hold what a person would look at? If both, collect more of it; {_enough(s)}"
        for s in worth[:1]
    ]
    steps += [f"Then {s.where}: {s.headroom:.3g} to gain." for s in worth[1:3]]
    if at_level := [s for s in slices if s.headroom <= 0]:
        names = "; ".join(s.where for s in at_level[:3])
        steps.append(f"Leave {names}: the loss is high there, and no worse than {_whose(at_level[0].level_of)}.")
    if not slices:
        steps.append("No slice is confirmed to be worse than the rest: more data of the same kind, or other features.")
    return tuple(steps)


_WHOSE = {
    Level.HUMAN: "the human level",
    Level.PRESENT: "the present system's level",
    Level.REST: "the level elsewhere",
}


def _whose(level: Level) -> str:
    return _WHOSE[level]


def _enough(s: Slice) -> str:
    """Say how many fresh rows of the slice would show that half of the gap is closed, at power 0.8."""
    half = (s.value + s.level) / 2
    if not (0 < s.value < 1 and 0 < half < s.value):
        return "how many rows show that it helped depends on their spread."
    both = requests_for_rates(share=0.5, live_rate=half, canary_rate=s.value, alpha=0.025, power=0.8)
    return f"about {math.ceil(both / 2):,} fresh rows of it show whether half of the gap is closed."
