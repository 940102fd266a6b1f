"""What each change between two runs brought: train the models that lie between them, and divide the difference.

Every model is asked about the same rows, which none of them learned from. Answers are kept under the hash of all they
follow from, so that an interrupted comparison goes on where it was, and the next one starts from what is there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput, NotFound
from slipway.modeling.attribution import Brought, Cell, Own, cells, divide_change, left_over
from slipway.modeling.looks import say_look
from slipway.modeling.parity import alike
from slipway.project import datasets
from slipway.project.attempts import attempt
from slipway.project.comparing import FEWEST_ROWS, sources_of, unseen
from slipway.project.libraries import libraries
from slipway.project.looking import commit_look
from slipway.project.repeats import Asked, Recipe
from slipway.project.runs import answers_of, clusters_of, find, training_function
from slipway.project.tables import target
from slipway.project.user_code import restored
from slipway.records.attempt import Work
from slipway.records.base import Record
from slipway.records.run import Run
from slipway.records.scoring import ALPHA, Scoring
from slipway.wiring import Parts
from slipway.words import count, gap, limits

CODE, PARAMS, DATA, SEED, ENVIRONMENT = "code", "hyperparameters", "data", "seed", "environment"
SEEDS = 3
_FEW = 2

Floats = npt.NDArray[np.float64]


class Attribution(Record, frozen=True, kw_only=True):
    """What each change between two runs brought.

    Attributes:
        before: Id of the earlier run.
        after: Id of the later run.
        metric: Name of the mean loss.
        brought: One entry for each of code, hyperparameters and data that differs; where versions of libraries differ
            between the runs, or from today's, also one for the two runs' own seeds and one for the environment. They
            add up to ``whole``.
        whole: Mean loss after minus before: of models trained again, over seeds and rows; where the environment has an
            entry, of the two runs' own models.
        seeds: Seeds that each combination was trained with.
        rows: Rows asked about; no model learned from them.
        trained: Models trained now; the others were kept from before.
        sentences: All of it in words.
    """

    before: str
    after: str
    metric: str
    brought: tuple[Brought, ...]
    whole: float
    seeds: tuple[int, ...]
    rows: int
    trained: int
    sentences: tuple[str, ...]


class _Model(NamedTuple):
    """One model of the grid, by whose code, hyperparameters and data, and with which seed."""

    code: Run
    params: Run
    data: Run
    seed: int

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.code.code, self.params.params, self.params.params_hash, self.data.data, self.seed)


class _Grid(NamedTuple):
    """All models of a comparison, the runs' own two with their likes where libraries differ, and the rows for all."""

    models: dict[Cell, list[_Model]]
    likes: tuple[tuple[str, _Model], ...]
    asked: Asked

    def missing(self) -> list[_Model]:
        likes = [like for _, like in self.likes]
        each = {model.recipe.key: model for models in (*self.models.values(), likes) for model in models}
        return [model for model in each.values() if not self.asked.knows(model.recipe)]


class Outlook(Record, frozen=True, kw_only=True):
    """What dividing a change would take: how many models are to be trained, and about how long that is."""

    models: int
    seconds: float


def outlook(parts: Parts, before: str, after: str, *, seeds: int = SEEDS) -> Outlook:
    """Return what :func:`attribute` would take, by how long the two runs took."""
    old, new = find(parts, before), find(parts, after)
    models = _grid(parts, old, new, seeds=seeds).missing()
    each_s = max(run.ended_us - run.started_us for run in (old, new)) / 1e6
    return Outlook(models=len(models), seconds=len(models) * each_s)


def attribute(
    parts: Parts,
    before: str,
    after: str,
    *,
    seeds: int = SEEDS,
    by: str,
    told: Callable[[int, int], object] = lambda *_: None,
) -> Attribution:
    """Divide the difference of two runs' mean losses among code, hyperparameters and data.

    Args:
        parts: The project.
        before: Id of the earlier run, or its beginning.
        after: Id of the later run.
        seeds: Seeds to train each combination with: the later run's and those that follow it.
        by: Who asks.
        told: Called with models trained and models to train, before each training and at the end.

    Raises:
        BadInput: Nothing differs that could be divided, too few rows are left that no model learned from, or a
            combination cannot be trained; the message says which.
    """
    old, new = find(parts, before), find(parts, after)
    grid = _grid(parts, old, new, seeds=seeds)
    missing = grid.missing()
    rows = grid.asked.rows
    look = _count(parts, rows, old=old, new=new, seeds=seeds, by=by)  # before it is taken: whoever is killed has looked
    if missing:
        with attempt(parts, work=Work.DIVIDE, data=new.data, code=new.code, by=by) as note:
            for done, model in enumerate(missing):
                told(done, len(missing))
                _train(parts, model, asked=grid.asked, by=by)
            note.detail = f"runs {old.id[:12]} and {new.id[:12]}, {count(len(missing), 'model')} trained"
    told(len(missing), len(missing))
    scoring = Scoring.of(parts.scope.task, metric=parts.scope.metric)
    y = target(rows, name=parts.scope.task.target)
    losses = {
        cell: np.stack([scoring.loss(y, answers=grid.asked.answers(model.recipe)) for model in models])
        for cell, models in grid.models.items()
    }
    changes, clusters = _changes(old, new), clusters_of(parts, rows, deal=datasets.kept_of(parts, new).deal)
    brought = divide_change(losses, changes=changes, alpha=ALPHA, clusters=clusters)
    moved = _moved(old, new)
    if grid.likes:
        before_own, after_own = (
            _own(parts, package, again=grid.asked.answers(like.recipe), rows=rows, y=y, scoring=scoring)
            for package, like in grid.likes
        )
        rest = left_over(losses, changes=changes, before=before_own, after=after_own, alpha=ALPHA, clusters=clusters)
        brought = (
            *brought,
            Brought(change=SEED, loss=rest.seed),
            Brought(change=ENVIRONMENT, loss=rest.environment),
        )
    whole = sum(part.loss.estimate for part in brought)
    return Attribution(
        before=old.id,
        after=new.id,
        metric=scoring.metric,
        brought=brought,
        whole=whole,
        seeds=tuple(model.seed for model in grid.models[frozenset()]),
        rows=rows.height,
        trained=len(missing),
        sentences=tuple(
            _sentences(
                brought,
                whole=whole,
                metric=scoring.metric,
                seeds=seeds,
                rows=rows.height,
                look=look,
                moved=moved,
            )
        ),
    )


def _count(parts: Parts, rows: pl.DataFrame, *, old: Run, new: Run, seeds: int, by: str) -> int:
    what = f"division of the change since run {old.id[:12]}, {count(seeds, 'seed')}"
    why = f"counted a look: {what}"
    return commit_look(parts, rows=rows, data=new.data, run=new.id, what=what, by=by, why=why).number


def _changes(old: Run, new: Run) -> list[str]:
    pairs = ((CODE, old.code, new.code), (PARAMS, old.params_hash, new.params_hash), (DATA, old.data, new.data))
    return [name for name, before, after in pairs if before != after]


def _moved(old: Run, new: Run) -> list[str]:
    """Say which versions differ between two runs, or between them and those installed now, with which others train."""
    now = libraries()
    names = sorted({*old.environment, *new.environment})
    told = {name: [run.get(name, "none") for run in (old.environment, new.environment, now)] for name in names}
    return [
        f"{name} {first} before, {second} after, {third} now"
        for name, (first, second, third) in told.items()
        if len({first, second, third}) > 1
    ]


def _grid(parts: Parts, old: Run, new: Run, *, seeds: int) -> _Grid:
    if seeds < 1:
        raise BadInput(f"seeds: want at least 1, got {seeds}.")
    changes = _changes(old, new)
    if not changes:
        raise BadInput(
            f"runs {old.id[:12]} and {new.id[:12]}: want another code, other hyperparameters or other data, got the "
            "same of all three. There is nothing to divide; they differ in seed or environment at most."
        )
    old_data, new_data = (datasets.kept_of(parts, run) for run in (old, new))
    rows = unseen(parts, old_data=old_data, new_data=new_data)
    if rows.height < FEWEST_ROWS:
        raise BadInput(
            f"runs {old.id[:12]} and {new.id[:12]}: want {FEWEST_ROWS} held-out rows that neither learned from, got "
            f"{rows.height}. Train both on versions whose held-out rows overlap."
        )

    def model(cell: Cell, seed: int) -> _Model:
        code, params, data = (new if name in cell else old for name in (CODE, PARAMS, DATA))
        return _Model(code, params, data, seed)

    models = {cell: [model(cell, new.seed + i) for i in range(seeds)] for cell in cells(changes)}
    likes: tuple[tuple[str, _Model], ...] = ()
    if old.package is not None and new.package is not None and _moved(old, new):
        likes = ((old.package, model(frozenset(), old.seed)), (new.package, model(frozenset(changes), new.seed)))
    return _Grid(models, likes, Asked(parts, rows))


def _own(parts: Parts, package: str, *, again: Floats, rows: pl.DataFrame, y: Floats, scoring: Scoring) -> Own:
    said = answers_of(parts, package, rows)
    same = alike(said, wanted=again, kind=scoring.kind, threshold=scoring.threshold)
    return Own(scoring.loss(y, answers=said), scoring.loss(y, answers=again), same)


def _train(parts: Parts, model: _Model, *, asked: Asked, by: str) -> None:
    reference = training_function(parts)
    what = f"{reference} with the code of run {model.code.id[:12]}, parameters of {model.params.id[:12]}"
    with ExitStack() as stack:
        try:
            function = stack.enter_context(restored(reference, texts=sources_of(parts, model.code)))
        except NotFound as error:
            raise NotFound(
                f"run {model.code.id[:12]}: {error} Its code had the training function elsewhere."
            ) from error
        why = f"trained to divide a change: {what}"
        asked.train(model.recipe, function=function, reference=what, by=by, why=why)


def _sentences(
    brought: Sequence[Brought], *, whole: float, metric: str, seeds: int, rows: int, look: int, moved: Sequence[str]
) -> Iterator[str]:
    yield (
        f"From before to after the mean {metric} changes by {gap(whole, metric=metric)} "
        f"({count(seeds, 'seed')}, {count(rows, 'row')} that no model learned from); below 0 is better."
    )
    chance = "two seeds cannot tell from chance" if seeds == _FEW else "may be chance"
    for part in brought:
        between = limits(part.loss.low, part.loss.high, metric=metric)
        sure = "" if not part.loss.low <= 0 <= part.loss.high else f", which {chance}"
        yield f"{part.change} brought {gap(part.loss.estimate, metric=metric)} {between}{sure}."
    if moved and brought[-1].change == ENVIRONMENT:
        yield (
            f"The environment is what the two runs' own models differ by beyond models that were trained again with "
            f"the same seeds ({'; '.join(moved)}). It holds all that cannot be told apart from it, such as another "
            "machine; where a model is not repeated, its interval holds the chance of two trainings. Seed is what the "
            "runs' own seeds did beside the mean of all."
        )
    elif moved:
        yield f"What the environment brought ({'; '.join(moved)}) is in none of these: a run has no model to ask."
    yield f"It was {'the ' * (look == 1)}{say_look(look, rows=rows)}."
    if seeds == _FEW:
        yield (
            "Two seeds say next to nothing of how seeds differ, so their intervals are wide whatever was brought: ask "
            "for three or more (--seeds 3); what was trained is kept."
        )
    if seeds == 1:
        yield "With one seed the intervals speak of these models only, not of this way to train them."
