"""Import a model that others made: an ONNX file, a skops file, an MLflow folder, or a function that returns a model.

Each becomes a package like any other, measured on rows with their truth, and its provenance says what nobody knows.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from slipway.data.clusters import entities_of, groups_of
from slipway.data.dividing import group_of
from slipway.errors import BadFile, BadInput, NotFound
from slipway.modeling.foreign import read_mlmodel, read_skops
from slipway.modeling.frame import as_x
from slipway.modeling.notebook import package_estimator
from slipway.modeling.package import Package, package_graph
from slipway.modeling.train import moments
from slipway.project import datasets
from slipway.project.looking import commit_look
from slipway.project.packages import Graph, keep
from slipway.project.tables import read_table, target
from slipway.project.user_code import call, load_function
from slipway.records.dataset import Score, SplitKind
from slipway.records.model import Provenance
from slipway.records.scoring import Scoring
from slipway.wiring import Parts

_MLMODEL = "MLmodel"
_UNKNOWN = (
    "Code and hyperparameters.",
    "Which rows it learned from, and whether those it was measured on are among them.",
)


class _Rows(NamedTuple):
    """Labelled rows to measure a model on."""

    table: pl.DataFrame
    group: str | None
    data: str
    baselines: tuple[Score, ...]


class _Found(NamedTuple):
    """A graph or an estimator, and where it came from."""

    model: Any
    source: str


def import_model(
    parts: Parts, path: str, *, name: str, rows: Path | None, answers: str | None, trust: Collection[str], by: str
) -> str:
    """Package a model that others made, and return the package id; measured on held-out rows, it is a look at them.

    Args:
        parts: The project.
        path: An ONNX file, a skops file, a folder with ``MLmodel``, or ``file.py:function``, a function of the project
            that takes nothing and returns a fitted estimator or the bytes of an ONNX file.
        name: A checked word.
        rows: A Parquet or CSV file with the fields and the target; None takes what the newest dataset version held out.
        answers: Column of the rows with what the original answered, for parity of a graph; None where nobody knows.
        trust: Types that a skops file may hold besides those known to be harmless.
        by: Whom the audit trail names.

    Raises:
        NotFound: No such file or function, or no rows to measure on.
        BadFile: The file is not what its name says.
        BadInput: It is none of these, or a column is not there.
        Refused: A pickle, an untrusted type, a graph that does not fit, or one that answers other than recorded.
    """
    found, given = _read(parts, path, trust), _rows(parts, rows)
    made = _package(parts, found, given, name=name, answers=answers)
    why, kept = f"import {name} from {found.source}", keep(parts, made)
    if given.data:
        commit_look(
            parts, lambda _: kept, rows=given.table, data=given.data, run=made.id, what="import", by=by, why=why
        )
    else:
        parts.store.commit(kept, at_us=made.manifest.created_us, by=by, why=why)
    return made.id


def _read(parts: Parts, path: str, trust: Collection[str]) -> _Found:
    if ".py:" in path:
        made = call(load_function(path, folder=parts.layout.root), reference=path)
        return _Found(made, f"function {path}")
    file = Path(path)
    if file.is_dir() and (file / _MLMODEL).is_file():
        flavour = read_mlmodel((file / _MLMODEL).read_text(encoding="utf-8"), path=str(file / _MLMODEL))
        inner = _read_file(file / flavour.path, flavour.kind, trust)
        return _Found(inner.model, flavour.source)
    if file.is_dir():
        raise BadFile(path, [f"want a file {_MLMODEL} in an MLflow folder, found none. Name the model's own folder."])
    kind = file.suffix.removeprefix(".")
    if kind not in {"onnx", "skops"}:
        raise BadInput(
            f"{path}: want an .onnx or .skops file, an MLflow folder, or file.py:function, got '{file.suffix}'. "
            "Nothing pickled is loaded: write a function that loads it and returns the estimator, if you trust its "
            "author."
        )
    return _read_file(file, kind, trust)


def _read_file(file: Path, kind: str, trust: Collection[str]) -> _Found:
    if not file.is_file():
        raise NotFound(f"{file}: want a file to import, found none.")
    data = file.read_bytes()
    return _Found(data if kind == "onnx" else read_skops(data, trust=trust, path=str(file)), f"{kind} file {file.name}")


def _rows(parts: Parts, path: Path | None) -> _Rows:
    task = parts.scope.task
    if path is None:
        version = datasets.find(parts, None)
        ready = datasets.kept(parts, version)
        return _Rows(ready.labelled[ready.split.test], group_of(ready.deal), version.id, version.baselines)
    table = read_table(path)
    if task.target not in table.columns:
        raise BadInput(f"{path}: want a column '{task.target}' with the truth, got {table.columns}.")
    return _Rows(table.drop_nulls(task.target), _declared_group(parts, table), "", ())


def _declared_group(parts: Parts, table: pl.DataFrame) -> str | None:
    """Return the column that the scope keeps together, where rows of a file have it."""
    kind, by = parts.scope.data.split, parts.scope.data.split_by
    return by if kind in (SplitKind.GROUP, SplitKind.STRATIFIED) and by in table.columns else None


def _package(parts: Parts, found: _Found, rows: _Rows, *, name: str, answers: str | None) -> Package:
    scope, now = parts.scope, parts.clock.now_us()
    scoring = Scoring.of(scope.task, metric=scope.metric)
    unknown = _UNKNOWN if rows.data else (*_UNKNOWN, "Which dataset version its rows are of: they came in a file.")
    provenance = Provenance(
        data=rows.data,
        tool="" if isinstance(found.model, bytes) else type(found.model).__name__,
        source=found.source,
        unknown=unknown,
    )
    x, y = as_x(rows.table, fields=scope.fields), target(rows.table, name=scope.task.target)
    time = scope.task.time
    times = rows.table[time] if time and time in rows.table.columns else None
    entities = entities_of(rows.table[scope.task.entity]) if scope.task.entity in rows.table.columns else None
    groups = groups_of(rows.table, group=rows.group)
    if not isinstance(found.model, bytes):
        return package_estimator(
            found.model,
            x,
            y,
            name=name,
            load=Graph,
            created_us=now,
            scoring=scoring,
            fields=scope.fields,
            times=times,
            entities=entities,
            groups=groups,
            provenance=provenance,
            purpose=scope.project.need,
        )
    return package_graph(
        found.model,
        x=x,
        y=y,
        times_us=None if times is None else moments(times),
        entities=entities,
        groups=groups,
        fields=scope.fields,
        scoring=scoring,
        name=name,
        load=Graph,
        provenance=provenance,
        created_us=now,
        recorded=None if answers is None else _recorded(rows.table, answers),
        baselines=rows.baselines,
        purpose=scope.project.need,
    )


def _recorded(table: pl.DataFrame, column: str) -> Any:
    if column not in table.columns:
        raise BadInput(
            f"--answers {column}: want a column of the rows with the original's answers, got {table.columns}."
        )
    recorded = table[column].cast(pl.Float64).to_numpy()
    if not np.isfinite(recorded).all():
        raise BadInput(f"--answers {column}: want a number in each row, got some missing. Leave those rows out.")
    return recorded
