"""Search for hyperparameters: every trial kept as soon as it is there, none ever shown the rows held out.

The trials are ours; optuna is asked for the next point and whether a trial is worth going on with. Each trial's chance
follows from the seed and its number, so a search that was killed and goes on finds what it would have found.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.folds import Fold, validation_folds
from slipway.errors import BadInput, Conflict, DeadlineExceeded, Refused
from slipway.modeling.answers import answers
from slipway.modeling.convert import check_estimator
from slipway.modeling.frame import as_x
from slipway.modeling.report import Reporter
from slipway.modeling.run import hash_code, hash_params
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.attempts import attempt
from slipway.project.drawing import Drawer, Point, Pruned, draw_from
from slipway.project.kin import kin
from slipway.project.runs import training_function
from slipway.project.tables import target
from slipway.project.user_code import call, load_function, sources, train_with
from slipway.records.attempt import Work
from slipway.records.base import Record, content_id
from slipway.records.dataset import DatasetVersion
from slipway.records.run import Reported
from slipway.records.scoring import Scoring
from slipway.records.trial import Trial, TrialEnd
from slipway.wiring import Parts
from slipway.words import amount, count

if TYPE_CHECKING:
    import optuna

Floats = npt.NDArray[np.float64]

_HOPELESS = 3


class SearchPlan(Record, frozen=True, kw_only=True):
    """What a search may cost, and how it measures.

    Attributes:
        trials: Trials in all, those kept from before counted.
        time_s: Begin no trial later than this after the start, or None.
        folds: Validation folds inside the rows to learn from.
        seed: Seed of all chance; None takes the scope's.
        timeout_s: The longest that one call of the training function may take, or None.
    """

    trials: int = 20
    time_s: float | None = None
    folds: int = 3
    seed: int | None = None
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise BadInput(f"trials: want at least 1, got {self.trials}.")
        if self.time_s is not None and not self.time_s > 0:
            raise BadInput(f"time: want more than 0 s, got {self.time_s:g}.")


class Progress(NamedTuple):
    """A trial that ended, and how the search stands.

    Attributes:
        trial: The trial.
        done: Trials that have ended, this one counted.
        of: Trials in all.
        best: The best complete one so far, or None.
        metric: Name of the mean loss.
    """

    trial: Trial
    done: int
    of: int
    best: Trial | None
    metric: str


class Found(Record, frozen=True, kw_only=True):
    """What a search found.

    Attributes:
        search: Its hash; the same code, data, space, folds and seed are the same search.
        metric: Name of the mean loss.
        best: The complete trial with the lowest mean loss on the validation folds.
        trials: All trials, in order.
        kept: How many of them were there before.
        again: How many of those had failed and were tried again.
        sentences: All of it in words.
    """

    search: str
    metric: str
    best: Trial
    trials: tuple[Trial, ...]
    kept: int
    again: int = 0
    sentences: tuple[str, ...]


class _Bench(NamedTuple):
    """All that stays the same from trial to trial."""

    parts: Parts
    function: Callable[..., Any]
    draw: Callable[["optuna.Trial"], dict[str, Any]]
    x: pl.DataFrame
    y: Floats
    folds: tuple[Fold, ...]
    scoring: Scoring
    search: str
    seed: int
    timeout_s: float | None


def search(
    parts: Parts,
    *,
    version: DatasetVersion,
    plan: SearchPlan,
    told: Callable[[Progress], object] = lambda _: None,
    by: str,
) -> Found:
    """Search the space of ``[model.search]`` on validation folds inside the rows to learn from.

    Trials kept from before that failed are tried again first, each at its own point and under its own number: what they
    failed of (a time limit, memory, a service) may be mended, and a change of the code is another search anyway.

    Raises:
        BadInput: The scope names no space, or trials fail one like the other.
        Conflict: Somebody else runs the same search.
        MissingExtra: optuna is not installed.
    """
    bench, code = _bench(parts, version, plan)
    kept, begun = trials_of(parts, bench.search), time.monotonic()
    failed = [trial for trial in kept if trial.end is TrialEnd.FAILED]
    drawer = Drawer([trial for trial in kept if trial.end is not TrialEnd.FAILED], seed=bench.seed)
    done, made = {trial.number: trial for trial in kept}, list[Trial]()
    with attempt(parts, work=Work.SEARCH, data=version.id, code=code, by=by) as note:
        while (failed or len(done) < plan.trials) and (plan.time_s is None or time.monotonic() - begun < plan.time_s):
            before = failed.pop(0) if failed else None
            number = len(done) + 1 if before is None else before.number
            point = drawer.point(number) if before is None else drawer.again(before)
            trial = _trial(bench, point, number=number, tries=1 if before is None else before.tries + 1)
            _keep(parts, trial, by=by)
            done[number] = trial
            made.append(trial)
            told(Progress(trial, len(done), max(plan.trials, len(done)), _best(done.values()), bench.scoring.metric))
            _refuse_hopeless(made, best=_best(done.values()))
        trials = tuple(done[number] for number in sorted(done))
        best = _best(trials)
        if best is None:
            raise BadInput(f"search: want one complete trial, got none of {len(trials)}. The last: {trials[-1].detail}")
        note.detail = f"search {bench.search[:12]}, {count(len(made), 'trial')} made"
    again = sum(trial.tries > 1 for trial in made)
    return Found(
        search=bench.search,
        metric=bench.scoring.metric,
        best=best,
        trials=trials,
        kept=len(kept),
        again=again,
        sentences=tuple(_sentences(trials, best=best, kept=len(kept), again=again, metric=bench.scoring.metric)),
    )


def trials_of(parts: Parts, search: str) -> tuple[Trial, ...]:
    """Return the kept trials of a search, in order."""
    found = (trial for _, trial, _ in parts.store.all(Trial) if trial.search == search)
    return tuple(sorted(found, key=lambda trial: trial.number))


def _bench(parts: Parts, version: DatasetVersion, plan: SearchPlan) -> tuple[_Bench, str]:
    scope, root, reference = parts.scope, parts.layout.root, training_function(parts)
    space = scope.modeling.search
    if not space:
        raise BadInput(
            "model.search: want what to search in, got nothing. Write a table [model.search] into slipway.toml, with "
            "'C = { low = 0.01, high = 100.0, log = true }', or search = 'model.py:space' under [model]."
        )
    texts = sources(reference, folder=root)
    if isinstance(space, str):
        texts |= sources(space, folder=root)
    function = load_function(reference, folder=root)
    if isinstance(space, str):
        draw = partial(call, load_function(space, folder=root), reference=space)
    else:
        draw = partial(draw_from, dimensions=space)
    seed = scope.modeling.seed if plan.seed is None else plan.seed
    ready = datasets.to_learn_from(parts, version)
    learn = ready.labelled[ready.split.train]
    y = target(learn, name=scope.task.target)
    dealt = validation_folds(
        version.split_kind,
        count=plan.folds,
        seed=seed,
        y=y,
        times=learn[scope.task.time] if scope.task.time else None,
        groups=kin(parts, learn),
    )
    code = hash_code(texts)
    known = [code, version.id, hash_params(scope.modeling.params), space, plan.folds, seed]
    x, scoring = as_x(learn, fields=scope.fields), Scoring.of(scope.task, metric=scope.metric)
    named = content_id([*known, scoring, [f.name for f in scope.fields]])
    return _Bench(parts, function, draw, x, y, dealt, scoring, named, seed, plan.timeout_s), code


def _trial(bench: _Bench, point: Point, *, number: int, tries: int) -> Trial:
    started_us, losses, given = bench.parts.clock.now_us(), list[float](), dict[str, Any]()
    reporter = Reporter(point.prune_by)
    end, detail, value = TrialEnd.COMPLETE, "", None
    try:
        given = {**bench.parts.scope.modeling.params, **bench.draw(point.asked)}
        hash_params(given)
        value = _validate(bench, given, point=point, reporter=reporter, losses=losses)
    except Pruned:
        end = TrialEnd.PRUNED
    except (BadInput, DeadlineExceeded, Refused) as error:
        end, detail = TrialEnd.FAILED, str(error).partition("\n")[0]
    point.tell(end, value=value)
    return Trial(
        search=bench.search,
        number=number,
        params=given,
        drawn=point.drawn,
        space=point.space,
        end=end,
        value=value,
        folds=tuple(losses),
        reported=reporter.kept,
        steps=point.steps,
        detail=detail,
        tries=tries,
        started_us=started_us,
        ended_us=bench.parts.clock.now_us(),
    )


def _validate(bench: _Bench, params: dict[str, Any], *, point: Point, reporter: Reporter, losses: list[float]) -> float:
    """Return the mean loss over the rows of all folds; a function that reports is pruned by that, others by folds."""
    summed, rows, kind = 0.0, 0, bench.scoring.kind
    for place, fold in enumerate(bench.folds):
        estimator = train_with(
            bench.function,
            X=bench.x[fold.learn],
            y=bench.y[fold.learn],
            params=params,
            seed=bench.seed,
            reference=bench.parts.scope.modeling.train,
            report=reporter if place == 0 else None,
            timeout_s=bench.timeout_s,
        )
        if estimator is None:
            raise BadInput("train: want a fitted estimator, got None. End the function with 'return model.fit(X, y)'.")
        check_estimator(estimator, kind=kind)
        said = answers(estimator, x=bench.x[fold.check], kind=kind)
        loss = bench.scoring.loss(bench.y[fold.check], answers=said)
        losses.append(float(loss.mean()))
        summed, rows = summed + float(loss.sum()), rows + loss.size
        if not reporter.kept and place + 1 < len(bench.folds):
            point.prune_by(Reported(step=place, value=summed / rows))
    return summed / rows


def _keep(parts: Parts, trial: Trial, *, by: str) -> None:
    change = Change(trial, f"{trial.search[:32]}-{trial.number:06d}", trial.tries - 1)
    why = f"trial {trial.number} of search {trial.search[:12]}: {trial.end}"
    try:
        parts.store.commit([change], at_us=trial.ended_us, by=by, why=why)
    except Conflict as error:
        raise Conflict(
            f"search {trial.search[:12]}: want to be the only one, but somebody else has made trial {trial.number}. "
            "Wait for that search, then start again: its trials are kept and count."
        ) from error


def _best(done: Iterable[Trial]) -> Trial | None:
    complete = [t for t in done if t.value is not None]
    return min(complete, key=lambda t: (t.value, t.number), default=None)


def _refuse_hopeless(made: Sequence[Trial], *, best: Trial | None) -> None:
    if best is None and len(made) == _HOPELESS and all(t.end is TrialEnd.FAILED for t in made):
        raise BadInput(f"search: want trials that end, got {_HOPELESS} failures in a row. The last: {made[-1].detail}")


def _sentences(done: Sequence[Trial], *, best: Trial, kept: int, again: int, metric: str) -> Iterator[str]:
    ends = [f"{n} {end}" for end in TrialEnd if (n := sum(t.end is end for t in done))]
    before = f"; {kept} of them kept from before" if kept else ""
    before += f", {again} of these failed then and tried again" if again else ""
    yield f"{count(len(done), 'trial')} ({', '.join(ends)}{before})."
    drawn = ", ".join(f"{k} = {v:.4g}" if isinstance(v, float) else f"{k} = {v}" for k, v in best.drawn.items())
    yield (
        f"Best is trial {best.number} with {drawn}: {metric} {amount(best.value, metric=metric)} on "
        f"{count(len(best.folds), 'validation fold')} inside the rows to learn from. As the best of many it flatters; "
        "only rows held out tell."
    )
