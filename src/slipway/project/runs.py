"""Runs: train, measure, package, write down."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import polars as pl

from slipway.errors import BadInput, NotFound
from slipway.modeling.compare import Comparison, compare
from slipway.modeling.package import package_trained
from slipway.modeling.run import environment, hash_code, hash_params, make_run
from slipway.modeling.slices import Reached
from slipway.modeling.train import days_of, fit, moments
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.datasets import Kept
from slipway.project.packages import Graph, keep, scorer
from slipway.project.tables import columns_of, features, target
from slipway.project.user_code import call, load_function, sources
from slipway.records.base import canonical
from slipway.records.dataset import DatasetVersion
from slipway.records.model import Provenance
from slipway.records.run import Level, Run
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.scoping.judge import Judgement, judge_run
from slipway.wiring import Parts


def train(
    parts: Parts,
    *,
    version: DatasetVersion,
    params: dict[str, Any] | None,
    seed: int | None,
    name: str | None,
    by: str,
) -> Run:
    """Train on a version, measure on the rows held out, package, and keep run and package together.

    Raises:
        BadInput: The scope names no training function, or the function failed.
        Refused: The model cannot be packaged faithfully.
    """
    scope = parts.scope
    reference = scope.modeling.train
    if not reference:
        raise BadInput("model.train: want a function such as 'model.py:train' in slipway.toml, got nothing.")
    params = scope.modeling.params if params is None else params
    seed = scope.modeling.seed if seed is None else seed
    texts = sources(reference, folder=parts.layout.root)
    function = load_function(reference, folder=parts.layout.root)
    scoring = Scoring.of(scope.task, metric=scope.metric)
    ready = datasets.kept(parts, version)
    started = parts.clock.now_us()
    trained = fit(
        ready.labelled,
        train_rows=ready.split.train,
        test_rows=ready.split.test,
        fields=scope.fields,
        task=scope.task,
        scoring=scoring,
        train=lambda x, y, given, chance: call(function, x, y, given, chance, reference=reference),
        params=params,
        seed=seed,
        tags=scope.modeling.tags,
        reached=reached_by(parts, ready.labelled[ready.split.test]),
    )
    tool = type(trained.estimator).__name__
    made = package_trained(
        trained,
        name=name or scope.project.name,
        load=Graph,
        provenance=Provenance(
            code=hash_code(texts), params_hash=hash_params(params), data=version.id, seed=seed, tool=tool
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
        tools=environment(_version_of),
        scores=(*trained.scores, *version.baselines),
        slices=trained.slices,
        package=made.id,
        started_us=started,
        ended_us=parts.clock.now_us(),
    )
    parts.blobs.put(canonical({file: text.splitlines() for file, text in texts.items()}))
    changes = [Change(run, run.id, 0), *keep(parts, made)]
    parts.store.commit(changes, at_us=run.ended_us, by=by, why=f"trained {made.manifest.name} on {version.name}")
    return run


def judge(parts: Parts, run: Run) -> tuple[Judgement, ...]:
    """Hold a run against baselines, target and kill rule; against the present system on the same rows."""
    present = against_present(parts, run)
    differences = {} if present is None else {"present": present.difference}
    return judge_run(parts.scope, scores=run.scores, differences=differences)


def against_present(parts: Parts, run: Run) -> Comparison | None:
    """Compare a run's model with the present system on the rows held out; None where there is no such system."""
    version = datasets.find(parts, run.data)
    ready = datasets.kept(parts, version)
    held_out = ready.labelled[ready.split.test]
    column = f"answer_of_{parts.scope.live}"
    if run.package is None or column not in held_out.columns:
        return None
    return compare(
        target(held_out, name=parts.scope.task.target),
        candidate=answers_of(parts, run.package, held_out),
        baseline=target(held_out, name=column),
        scoring=Scoring.of(parts.scope.task, metric=parts.scope.metric),
        clusters=clusters(parts, ready),
    )


def reached_by(parts: Parts, rows: pl.DataFrame) -> Reached | None:
    """Return what a person reaches, else the present system, on rows with a Y; None where neither is known."""
    scope = parts.scope
    if scope.metric.human_level is not None:
        return Reached(Level.HUMAN, scope.metric.human_level)
    column = f"answer_of_{scope.live}"
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
    """Return the day of each row held out, or None where the task has no time or too few days."""
    time = parts.scope.task.time
    return days_of(moments(ready.labelled[time]), rows=ready.split.test) if time else None


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


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
