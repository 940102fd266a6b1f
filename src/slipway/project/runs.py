"""Runs: train, measure, package, write down."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from slipway.data import clusters as clustering
from slipway.data.baseline import PRESENT, SIMPLE, TRIVIAL, trivial_answer
from slipway.data.dividing import group_of
from slipway.data.simple import grow_simple
from slipway.errors import BadInput, NotFound
from slipway.modeling.compare import compare
from slipway.modeling.looks import alpha_at
from slipway.modeling.package import package_trained
from slipway.modeling.report import Reporter
from slipway.modeling.run import hash_code, hash_params, make_run
from slipway.modeling.slices import Reached
from slipway.modeling.train import fit
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.attempts import attempt
from slipway.project.datasets import Kept
from slipway.project.labelling.human import human_of
from slipway.project.libraries import libraries
from slipway.project.looking import TRAINING, commit_look
from slipway.project.packages import Graph, keep, scorer
from slipway.project.repeats import Asked, Recipe
from slipway.project.tables import columns_of, features, target
from slipway.project.user_code import load_function, sources, train_with
from slipway.records.attempt import Work
from slipway.records.base import Record, canonical
from slipway.records.dataset import DatasetVersion, Deal, Score
from slipway.records.look import Look
from slipway.records.model import Provenance
from slipway.records.run import Level, Repeat, Reported, Run
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.scoping.judge import Judgement, judge_run
from slipway.wiring import Parts


class Wish(Record, frozen=True, kw_only=True):
    """What may be asked of a training besides the data.

    Attributes:
        params: Hyperparameters instead of the scope's, or None.
        seed: Seed instead of the scope's, or None.
        seeds: With how many seeds in all to train; the model of the first is packaged.
        name: Name of the package, or None for the project's.
        timeout_s: The longest that one call of the training function may take, or None.
        search: The search that found the hyperparameters, or None.
    """

    params: dict[str, Any] | None = None
    seed: int | None = None
    seeds: int = 1
    name: str | None = None
    timeout_s: float | None = None
    search: str | None = None


def train(
    parts: Parts,
    *,
    version: DatasetVersion,
    wish: Wish = Wish(),  # noqa: B008 - immutable
    told: Callable[[Reported], object] = lambda _: None,
    by: str,
) -> Run:
    """Train on a version, measure on the rows held out, package, and keep run and package together.

    The look at the rows held out is counted in the same commit, so that nobody sees a result that was not counted.

    Raises:
        BadInput: The scope names no training function, or the function failed.
        DeadlineExceeded: It took longer than it may.
        Refused: The model cannot be packaged faithfully.
    """
    scope, reference = parts.scope, training_function(parts)
    if wish.seeds < 1:
        raise BadInput(f"seeds: want at least 1, got {wish.seeds}.")
    params = scope.modeling.params if wish.params is None else wish.params
    seed = scope.modeling.seed if wish.seed is None else wish.seed
    texts = sources(reference, folder=parts.layout.root)
    function = load_function(reference, folder=parts.layout.root)
    recipe = Recipe(hash_code(texts), params, hash_params(params), version.id, seed)
    scoring = Scoring.of(scope.task, metric=scope.metric)
    ready, report = datasets.to_learn_from(parts, version), Reporter(told)
    human = human_of(parts, version)
    held_out = ready.labelled[ready.split.test]
    with attempt(parts, work=Work.TRAIN, data=version.id, code=recipe.code, by=by) as note:
        parts.blobs.put(canonical({file: text.splitlines() for file, text in texts.items()}))
        started = parts.clock.now_us()
        trained = fit(
            ready.labelled,
            train_rows=ready.split.train,
            test_rows=ready.split.test,
            fields=scope.fields,
            task=scope.task,
            scoring=scoring,
            train=lambda x, y, given, chance: train_with(
                function,
                X=x,
                y=y,
                params=given,
                seed=chance,
                reference=reference,
                report=report,
                timeout_s=wish.timeout_s,
            ),
            params=params,
            seed=seed,
            tags=scope.modeling.tags,
            reached=reached_by(parts, held_out, human=human),
            entities=clustering.entities_of(ready.labelled[scope.task.entity]),
            groups=clustering.groups_of(ready.labelled, group=group_of(ready.deal)),
        )
        made = package_trained(
            trained,
            name=wish.name or scope.project.name,
            load=Graph,
            provenance=Provenance(
                code=recipe.code,
                params_hash=recipe.params_hash,
                data=version.id,
                seed=seed,
                tool=type(trained.estimator).__name__,
            ),
            created_us=started,
            baselines=version.baselines,
            purpose=scope.project.need,
        )
        run = make_run(
            sources=texts,
            params=params,
            data=version.id,
            seed=seed,
            tools=libraries(),
            scores=(*trained.scores, *version.baselines, *([] if human is None else [human])),
            slices=trained.slices,
            package=made.id,
            started_us=started,
            ended_us=parts.clock.now_us(),
            reported=report.kept,
            repeats=_repeats(parts, recipe, held_out, wish=wish, function=function, first=trained.answers, by=by),
            search=wish.search,
            held_out=ready.held_out,
        )
        kept = commit_look(
            parts,
            lambda look: [Change(_looked(run, look), run.id, 0), *keep(parts, made)],
            rows=held_out,
            data=version.id,
            run=run.id,
            what=TRAINING,
            by=by,
            why=f"trained {made.manifest.name} on {version.name}",
        )
        note.detail = f"run {run.id[:12]}"
    return _looked(run, kept)


def _looked(run: Run, look: Look) -> Run:
    return replace(run, look=look.number, judged_at=look.judged_at)


def training_function(parts: Parts) -> str:
    """Return what the scope names to train with.

    Raises:
        BadInput: It names nothing.
    """
    if not (reference := parts.scope.modeling.train):
        raise BadInput("model.train: want a function such as 'model.py:train' in slipway.toml, got nothing.")
    return reference


def _repeats(
    parts: Parts,
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    wish: Wish,
    function: Callable[..., Any],
    first: Any,
    by: str,
) -> tuple[Repeat, ...]:
    """Train with the seeds that follow, each kept as soon as it is there; the first was trained already."""
    if wish.seeds == 1:
        return ()
    asked, given = Asked(parts, rows), [(recipe.seed, first, parts.blobs.put(first.astype("<f8").tobytes()))]
    for seed in range(recipe.seed + 1, recipe.seed + wish.seeds):
        other = recipe._replace(seed=seed)
        asked.train(
            other,
            function=function,
            reference=f"{parts.scope.modeling.train} with seed {seed}",
            timeout_s=wish.timeout_s,
            by=by,
            why=f"trained again with seed {seed}",
        )
        given.append((seed, asked.answers(other), asked.blob(other)))
    y, scoring = target(rows, name=parts.scope.task.target), Scoring.of(parts.scope.task, metric=parts.scope.metric)
    return tuple(
        Repeat(seed=seed, value=float(scoring.loss(y, answers=said).mean()), answers=blob) for seed, said, blob in given
    )


def judge(parts: Parts, run: Run) -> tuple[Judgement, ...]:
    """Hold a run against baselines, target and kill rule, on the rows held out.

    Each is judged with the miss probability that is left at this look (:mod:`slipway.modeling.looks`), baselines by
    paired differences on the same rows.
    """
    if run.package is None:
        return judge_run(parts.scope, scores=run.scores)
    alpha, scope = alpha_at(run.judged_at or run.look), parts.scope
    ready = datasets.kept_of(parts, run)
    rows, days, scoring = _held_out(ready), clusters(parts, ready), Scoring.of(scope.task, metric=scope.metric)
    y, answers = target(rows, name=scope.task.target), answers_of(parts, run.package, rows)
    own = scoring.score("model", y=y, answers=answers, clusters=days, alpha=alpha)
    others = [s for s in run.scores if s.name != own.name]
    learned = target(ready.labelled[ready.split.train], name=scope.task.target)
    baselines = {TRIVIAL: np.full(y.size, trivial_answer(learned, scoring=scoring))}
    if any(s.name == SIMPLE for s in others):
        simple = grow_simple(ready.labelled[ready.split.train], y=learned, fields=scope.fields, scoring=scoring)
        baselines[SIMPLE] = simple.answers(rows)
    if (column := _present(parts)) in rows.columns:
        baselines[PRESENT] = target(rows, name=column)
    differences = {
        name: compare(y, candidate=answers, baseline=said, scoring=scoring, clusters=days, alpha=alpha).difference
        for name, said in baselines.items()
    }
    return judge_run(scope, scores=(own, *others), differences=differences)


def _held_out(ready: Kept) -> pl.DataFrame:
    return ready.labelled[ready.split.test]


def _present(parts: Parts) -> str:
    return f"answer_of_{parts.scope.live}"


def reached_by(parts: Parts, rows: pl.DataFrame, *, human: Score | None, level: Level | None = None) -> Reached | None:
    """Return what somebody else reaches on rows with a Y; None for what the model reaches elsewhere.

    Args:
        parts: The project.
        rows: The rows.
        human: A person's loss as it was measured; the scope's human level goes before it.
        level: Whose level is wanted; None takes a person's, else the present system's, else none.

    Raises:
        BadInput: The level that is wanted is not known.
    """
    scope = parts.scope
    person = scope.metric.human_level if scope.metric.human_level is not None or human is None else human.value
    if person is not None and level in (None, Level.HUMAN):
        return Reached(Level.HUMAN, person)
    if level is Level.HUMAN:
        raise BadInput(
            "level 'human': want what a person reaches, got nothing. Write metric.human_level, or let people read rows "
            "twice ('slipway label sample second-reading'), or import labels of several ('slipway label import')."
        )
    present = None if level is Level.REST else _reached_by_present(parts, rows)
    if level is Level.PRESENT and present is None:
        raise BadInput("level 'present': want answers of the present system, got none. Name it in serving.live.")
    return present


def _reached_by_present(parts: Parts, rows: pl.DataFrame) -> Reached | None:
    scope, column = parts.scope, _present(parts)
    if column not in rows.columns:
        return None
    scoring = Scoring.of(scope.task, metric=scope.metric)
    said, y = target(rows, name=column), target(rows, name=scope.task.target)
    if scope.task.kind is TaskKind.REGRESSION and not np.isfinite(said).all():
        return None  # a number that was not given has no loss
    return Reached(Level.PRESENT, scoring.loss(y, answers=said))


def answers_of(parts: Parts, package: str, table: Any) -> Any:
    """Return a kept package's answers to the rows of a table."""
    manifest, score = scorer(parts, package)
    x = features(table, fields=manifest.signature.fields)
    return score(columns_of(x, fields=manifest.signature.fields), table.height)


def clusters(parts: Parts, ready: Kept) -> Any | None:
    """Return the cluster of each row held out; see :func:`clusters_of`."""
    return clusters_of(parts, ready.labelled[ready.split.test], deal=ready.deal)


def clusters_of(parts: Parts, rows: pl.DataFrame, *, deal: Deal) -> Any | None:
    """Return what intervals count in on rows that were dealt so (:mod:`slipway.stats.clusters`); None for rows."""
    return clustering.clusters_of(rows, task=parts.scope.task, group=group_of(deal))


def find(parts: Parts, wanted: str) -> Run:
    """Return the run of that id, or with that beginning of one.

    Raises:
        NotFound: There is none, or more than one.
    """
    known = [run for _, run, _ in parts.store.all(Run)]
    begun = [run for run in known if run.id.startswith(wanted)]
    if len(begun) != 1:
        raise NotFound(
            f"run {wanted}: want the id of one run, found {len(begun)} of {len(known)}. See 'slipway run list'."
        )
    return begun[0]
