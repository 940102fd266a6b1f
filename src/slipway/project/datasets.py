"""Dataset versions: load, ask the present system, prepare, keep."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from msgspec.structs import replace

from slipway.data.dataset import prepare
from slipway.data.dividing import deal_of, divide, divide_by_place, say_deal
from slipway.data.split import Split
from slipway.data.version import Words, name_held_out, name_held_out_before, row_hashes
from slipway.errors import BadInput, Conflict, NotFound, SlipwayError, Unavailable, nearest
from slipway.ports import Change
from slipway.project import dataset_files
from slipway.project.asking import ask
from slipway.project.sources import read_place, read_query
from slipway.project.tables import as_polars, features, typed
from slipway.project.time_limit import time_limit
from slipway.project.user_checks import user_checks
from slipway.project.user_code import call, load_function
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import Record
from slipway.records.dataset import CheckResult, DatasetVersion, Deal, SplitKind, SplitRule
from slipway.records.run import Run
from slipway.records.scoring import Scoring
from slipway.wiring import Parts

ANSWER_OF = "answer_of_"
"""How a column begins that holds the present system's answers."""


class Loaded(NamedTuple):
    """A table and a word on where it came from."""

    table: pl.DataFrame
    source: str


def load(parts: Parts, *, params: dict[str, Any] | None, timeout_s: float | None = None) -> Loaded:
    """Return what ``[data]`` of the scope names.

    Args:
        parts: The project.
        params: Arguments for the source function, or None for the scope's.
        timeout_s: The longest that the source function may take, or None.

    Raises:
        BadInput: The scope names no source, or the source gives no table.
        NotFound: The file or function does not exist.
        DeadlineExceeded: The function took longer than it may.
    """
    source = parts.scope.data.source
    if not source:
        raise BadInput("data.source: want a function or a file in [data] of slipway.toml, got nothing.")
    if ".py:" not in source:
        return _read(parts, source)
    arguments = parts.scope.data.params if params is None else params
    function = load_function(source, folder=parts.layout.root)
    told = ", ".join(f"{k}={_told(v)}" for k, v in arguments.items())
    with time_limit(timeout_s, what=source):
        given = call(function, reference=source, **arguments)
    return Loaded(as_polars(given, what=source), f"{source}({told})")


def _read(parts: Parts, source: str) -> Loaded:
    root = parts.layout.root
    if source.endswith(".sql"):
        return Loaded(*read_query(root / source, variable=parts.scope.data.database))
    fit = partial(typed, fields=parts.scope.fields, task=parts.scope.task)
    return Loaded(read_place(source, root=root, fit=fit), source)


def make(
    parts: Parts,
    *,
    name: str,
    loaded: Loaded,
    by: str,
    parents: tuple[str, ...] = (),
    beside: Sequence[Record] = (),
) -> DatasetVersion:
    """Check, split, profile and keep a table as a version named by its content and its split.

    Where the scope names a live arm, its answers to all rows become a column, so that every model is held against them.

    Args:
        parts: The project.
        name: A checked word.
        loaded: The rows, and a word on where they came from.
        by: Who asked for it.
        parents: Ids of the versions that it is made from.
        beside: What else is kept in the same transaction, under the version's id.

    Raises:
        BadInput: The name is no checked word, a column that the scope needs is not there, or a check of the user's own
            fails (``data.checks``).
        Unavailable: The live arm did not answer.
        Conflict: The same rows are kept under another name.
    """
    table, present = loaded.table, None
    asked = _asked(parts, table)
    live = next((arm for arm in parts.scope.arms if arm.name == parts.scope.live), None)
    if (
        live is not None and live.kind is not ArmKind.PERSON
    ):  # people decide case by case, and are measured in a rollout
        present = f"{ANSWER_OF}{live.name}"
        table = table.with_columns(pl.Series(present, _answers(live, parts=parts, table=table)).fill_nan(None))
    scope, hashes = parts.scope, row_hashes(table)
    version = prepare(
        table,
        name=name,
        fields=scope.fields,
        task=scope.task,
        scoring=Scoring.of(scope.task, metric=scope.metric),
        rule=_rule(parts, seed=scope.modeling.seed),
        seed=scope.modeling.seed,
        source=loaded.source,
        created_us=parts.clock.now_us(),
        present=present,
        parents=parents,
        hashes=hashes,
    ).version
    version = replace(version, checks=(*version.checks, *asked))
    version = replace(version, files=_files(parts, table, version=version, hashes=hashes))
    changes = [Change(record=record, id=version.id, expect=None) for record in (version, *beside)]
    parts.store.commit(changes, at_us=version.created_us, by=by, why=f"dataset {name} from {loaded.source}")
    return version


def _asked(parts: Parts, table: pl.DataFrame) -> tuple[CheckResult, ...]:
    """Return what came of the user's own checks; nothing where there are none."""
    reference, entity = parts.scope.data.checks, parts.scope.task.entity
    return user_checks(table, reference=reference, folder=parts.layout.root, entity=entity) if reference else ()


def _told(value: Any) -> str:
    """Say a parameter where it cannot be a secret: a number or a boolean; a text is named by its hash."""
    if isinstance(value, bool | int | float):
        return repr(value)
    return f"#{hashlib.sha256(repr(value).encode()).hexdigest()[:8]}"


def _files(parts: Parts, table: pl.DataFrame, *, version: DatasetVersion, hashes: Words) -> tuple[str, ...]:
    """Keep the rows, unless they are kept: answers of runs are in the order in which the rows were kept first."""
    known = next((v for id_, v, _ in parts.store.all(DatasetVersion) if id_ == version.id), None)
    if known is not None and known.name != version.name:
        raise Conflict(
            f"dataset {version.name}: want rows that are not kept yet, got those of '{known.name}' "
            f"({version.id[:12]}), value for value. Use that name."
        )
    if known is not None and all(parts.blobs.has(blob) for blob in known.blobs):
        return known.blobs
    return dataset_files.keep(parts, table, hashes=hashes)


def find(parts: Parts, wanted: str | None) -> DatasetVersion:
    """Return the version of that name (the newest) or id (or a unique beginning of it); the newest of all for None.

    Raises:
        NotFound: There is none; the message lists what there is.
    """
    known = [version for _, version, _ in parts.store.all(DatasetVersion)]
    if not known:
        raise NotFound("dataset: want a dataset version, found none. Make one with 'slipway data make'.")
    if wanted is None:
        return max(known, key=lambda v: v.created_us)
    named = [v for v in known if v.name == wanted]
    if named:
        return max(named, key=lambda v: v.created_us)
    begun = [v for v in known if v.id.startswith(wanted)]
    if len(begun) == 1:
        return begun[0]
    names = sorted({v.name for v in known})
    raise NotFound(f"dataset {wanted}: want a name or the beginning of one id, got {names}.{nearest(wanted, names)}")


def rows_of(parts: Parts, version: DatasetVersion) -> pl.DataFrame:
    """Return the rows of a version."""
    return dataset_files.read(parts, version)


def lineage(parts: Parts, version: DatasetVersion) -> list[str]:
    """Return the ids of a version and of those it was made from, directly or not, the nearest first."""
    parents = {id_: known.parents for id_, known, _ in parts.store.all(DatasetVersion)}
    found: list[str] = []
    waiting = [version.id]
    while waiting:
        id_ = waiting.pop(0)
        if id_ not in found:
            found.append(id_)
            waiting += parents.get(id_, ())
    return found


class Kept(NamedTuple):
    """A kept version, and its labelled rows as they were divided when it was made, and by what."""

    version: DatasetVersion
    labelled: pl.DataFrame
    split: Split
    deal: Deal

    @property
    def held_out(self) -> str:
        """The name of the test set: SHA-256 over the rows held out, whatever their order."""
        return self.version.held_out or name_held_out_before(self.words)

    @property
    def words(self) -> Words:
        """Hashes of the rows held out, shape (rows, 2)."""
        return row_hashes(self.labelled[self.split.test])


def kept_of(parts: Parts, run: Run) -> Kept:
    """Return the version that a run learned from, with the very rows that the run held out.

    Raises:
        BadInput: The rows held out cannot be told any more (:func:`kept`), or are others: a version of before November
            2026 was made again since, so the run learned from some of them.
    """
    ready = kept(parts, find(parts, run.data))
    if run.held_out not in ("", ready.held_out):
        raise BadInput(
            f"run {run.id[:12]}: want the rows that it held out, got others: dataset {ready.version.name} "
            f"{run.data[:12]} was made again with another seed, order or split, so the run learned from some of them. "
            "Train again on it."
        )
    return ready


def to_learn_from(parts: Parts, version: DatasetVersion) -> Kept:
    """Return a kept version for a training: divided as it was made, and as slipway.toml says today.

    Raises:
        BadInput: The scope says another split, or see :func:`kept`.
    """
    ready = kept(parts, version)
    if version.deal is not None:
        rule = _rule(parts, seed=version.deal.seed)
        wanted = deal_of(ready.labelled, name=version.name, task=parts.scope.task, fields=parts.scope.fields, rule=rule)
        if _declared(wanted) != _declared(version.deal):
            raise BadInput(
                f"dataset {version.name}: want the split that slipway.toml says, {say_deal(wanted)}, got "
                f"{say_deal(version.deal)}, with which the version was made. data.split, data.test_share or the task "
                "has changed since; make the dataset again."
            )
    return ready


def _declared(deal: Deal) -> Deal:
    """Return what people say of a deal: neither its seed nor by what rows of chance are told apart."""
    by = deal.by if deal.groups or deal.kind in (SplitKind.TIME, SplitKind.COLUMN) else ()
    return replace(deal, by=by, seed=0, test_share=0.5 if deal.kind is SplitKind.COLUMN else deal.test_share)


def kept(parts: Parts, version: DatasetVersion) -> Kept:
    """Return a kept version with its labelled rows and the split it was made with, whatever slipway.toml says today.

    Raises:
        BadInput: The target has changed so that other rows have one; or, of a version made before rows were dealt by
            their content, the scope has changed so that they would be divided in another way.
    """
    if version.deal is None:
        return _kept_before(parts, version)
    again = divide(rows_of(parts, version), name=version.name, target=parts.scope.task.target, deal=version.deal)
    ready = Kept(version, again.labelled, again.split, version.deal)
    if version.held_out not in (name_held_out(ready.words), name_held_out_before(ready.words)):
        raise BadInput(
            f"dataset {version.name}: want the {version.splits['test']} rows that it held out when it was made, got "
            f"{again.split.test.size} others: task.target has changed in slipway.toml since. Make the dataset again."
        )
    return ready


def _kept_before(parts: Parts, version: DatasetVersion) -> Kept:
    """Divide a version that was made before rows were dealt by their content; its record does not say how."""
    scope, rows = parts.scope, rows_of(parts, version)
    rule = _rule(parts, seed=version.split_seed)
    deal = deal_of(rows, name=version.name, task=scope.task, fields=scope.fields, rule=rule)
    again = divide_by_place(rows, name=version.name, target=scope.task.target, deal=deal)
    made = (version.split_kind, version.splits["train"], version.splits["test"])
    found = (again.split.kind, again.split.train.size, again.split.test.size)
    if made != found:
        raise BadInput(
            f"dataset {version.name}: want the split it was made with, {made[1]} and {made[2]} rows by {made[0]}, got "
            f"{found[1]} and {found[2]} by {found[0]}. data.split, data.test_share or the task has changed in "
            "slipway.toml since; make the dataset again."
        )
    return Kept(version, again.labelled, again.split, deal)


def _rule(parts: Parts, *, seed: int) -> SplitRule:
    data = parts.scope.data
    return SplitRule(kind=data.split, by=data.split_by, test_share=data.test_share, seed=seed)


def _answers(arm: Arm, *, parts: Parts, table: pl.DataFrame) -> Any:
    asked = features(table, fields=parts.scope.fields)  # what is wrong with the data is not the arm's fault
    try:
        return np.asarray(ask(arm, table=asked, parts=parts))
    except SlipwayError as error:
        raise Unavailable(
            f"baseline '{arm.name}': want the present system's answers to {table.height:,} rows, got none: {error} "
            "Start it and make the dataset again: a model cannot be judged against a system that nobody measured."
        ) from error
