"""What the scope points at outside its file: functions, data files and columns, looked at without running anything."""

from pathlib import Path

import polars as pl

from slipway.errors import nearest
from slipway.records.dataset import DatasetVersion
from slipway.scoping.code import trouble_with
from slipway.wiring import Parts

TRAIN_ARGUMENTS = 4
"""``train(X, y, params, seed)``."""


def outside_trouble(parts: Parts) -> tuple[str, ...]:
    """Return what the scope names and is not there or does not fit, one sentence each; empty if nothing."""
    scope, root = parts.scope, parts.layout.root
    found = []
    if scope.modeling.train:
        found.append(_function("model.train", scope.modeling.train, root=root, positional=TRAIN_ARGUMENTS))
    source = scope.data.source
    if ".py:" in source:
        found.append(_function("data.source", source, root=root, positional=0, named=tuple(scope.data.params)))
    if scope.data.checks:
        found.append(_function("data.checks", scope.data.checks, root=root, positional=0))
    found += [
        _function(f"arms.{arm.name}.function", arm.function, root=root, positional=1)
        for arm in scope.arms
        if arm.function
    ]
    columns, where = _columns(parts)
    if columns is not None:
        found.append(_wanting(parts, columns, where=where))
    elif _is_file(source):
        found.append(f"data.source: want a readable file {source} in {root}, {where}.")
    return tuple(sentence for sentence in found if sentence)


def _function(key: str, reference: str, *, root: Path, positional: int, named: tuple[str, ...] = ()) -> str:
    file, _, name = reference.partition(":")
    path = root / file
    if not path.is_file():
        known = sorted(p.name for p in root.glob("*.py"))
        return f"{key}: want a file {file} in {root}, found {', '.join(known) or 'no .py file'}.{nearest(file, known)}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return f"{key}: want a readable {file}, got {error}."
    said = trouble_with(text, function=name, positional=positional, named=named)
    return f"{key}: {file}, {said}" if said else ""


def _columns(parts: Parts) -> tuple[list[str] | None, str]:
    """Return the columns of the data file, else of the newest dataset version, and where they are; None if unknown."""
    source = parts.scope.data.source
    if _is_file(source):
        path = parts.layout.root / source
        try:
            lazy = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path)
            return lazy.collect_schema().names(), source
        except (OSError, pl.exceptions.PolarsError) as error:
            first = str(error).splitlines()[0]
            return None, f"got '{first}'"
    versions = [v for _, v, _ in parts.store.all(DatasetVersion)]
    if not versions:
        return None, "no dataset"
    newest = max(versions, key=lambda v: v.created_us)
    return [c.name for c in newest.columns], f"dataset {newest.name}"


def _is_file(source: str) -> bool:
    """Tell whether the source is a file of the project; a URL or a query is asked when a dataset is made."""
    return source.endswith((".csv", ".parquet")) and "://" not in source and "*" not in source


def _wanting(parts: Parts, columns: list[str], *, where: str) -> str:
    scope = parts.scope
    task, data, model = scope.task, scope.data, scope.modeling
    named = {
        "task.target": task.target,
        "task.entity": task.entity,
        "task.time": task.time or "",
        "data.split_by": data.split_by,
        **{f"fields.{f.name}": f.name for f in scope.fields},
        **{f"model.tags '{name}'": name for name in model.tags},
        **{f"model.protected '{name}'": name for name in model.protected},
    }
    missing = {key: name for key, name in named.items() if name and name not in columns}
    if not missing:
        return ""
    hints = "".join(nearest(name, columns) for name in list(missing.values())[:1])
    return f"{', '.join(missing)}: want columns of {where}, found {', '.join(columns[:20])}.{hints}"
