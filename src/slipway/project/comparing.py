"""What changed between two dataset versions, or two runs, and what that brought."""

from typing import Any

import msgspec
import numpy as np
import polars as pl

from slipway.data.diff import Changes, compare_tables
from slipway.data.drift import moved
from slipway.data.row_names import names_rows
from slipway.modeling.compare import Comparison, compare
from slipway.modeling.compare_runs import code_diff
from slipway.modeling.compare_runs import compare_runs as difference_of
from slipway.modeling.looks import say_look
from slipway.modeling.seeds import SeedDifference, seed_difference
from slipway.project import datasets
from slipway.project.comparing_splits import compare_splits
from slipway.project.datasets import Kept
from slipway.project.looking import commit_look
from slipway.project.runs import answers_of, clusters, clusters_of, find
from slipway.project.tables import target
from slipway.records.base import Record
from slipway.records.dataset import Deal
from slipway.records.run import Run, RunKind
from slipway.records.scoring import ALPHA, Scoring
from slipway.wiring import Parts
from slipway.words import short

FEWEST_ROWS = 30


class DatasetComparison(Record, frozen=True, kw_only=True):
    """What changed between two dataset versions.

    Attributes:
        before: Id of the earlier one.
        after: Id of the later one.
        added: Rows that are new.
        removed: Rows that are gone.
        relabelled: Rows with another Y.
        edited: Rows with another value that is not Y.
        taken: Rows held out after that were learned from before; None where a version's split cannot be told.
        given: Rows learned from after that were held out before; None likewise.
        rows: The first rows that were added, removed, relabelled or edited, as many of each as asked for, by name;
            empty where rows have no name of their own.
        sentences: All of it in words.
    """

    before: str
    after: str
    added: int
    removed: int
    relabelled: int
    edited: int
    taken: int | None
    given: int | None
    rows: dict[str, tuple[str, ...]]
    sentences: tuple[str, ...]


class RunComparison(Record, frozen=True, kw_only=True):
    """What one run changed against another, and what that brought.

    Attributes:
        before: Id of the earlier run.
        after: Id of the later run.
        kind: Told from content hashes.
        brought: Both models on common rows that neither learned from; None if there are too few.
        seeds: What of the difference is the seeds', where both were repeated on the same data; else None.
        look: Which look at these rows it was; 0 where both models had been measured on them, or none was asked.
        diff: What changed in the code, as a unified diff.
        sentences: All of it in words.
    """

    before: str
    after: str
    kind: RunKind
    brought: Comparison | None
    seeds: SeedDifference | None
    look: int
    diff: tuple[str, ...]
    sentences: tuple[str, ...]


def compare_datasets(parts: Parts, before: str, after: str, *, rows: int = 0) -> DatasetComparison:
    """Compare two versions row by row, by the entity where it names a row and by content otherwise."""
    old, new = datasets.find(parts, before), datasets.find(parts, after)
    changes = _changes(parts, datasets.rows_of(parts, old), datasets.rows_of(parts, new))
    sentence = f"{new.name} {short(new.id)} against {old.name} {short(old.id)}: {changes.words}."
    named = {what: tuple(map(str, ids.head(rows))) for what, ids in changes.rows.items() if rows and len(ids)}
    listed = [f"{what}: {', '.join(ids)}{_more(changes.rows[what], rows)}." for what, ids in named.items()]
    drift, split = moved(old, new=new), compare_splits(parts, old, new=new)
    return DatasetComparison(
        before=old.id,
        after=new.id,
        added=changes.added,
        removed=changes.removed,
        relabelled=changes.relabelled,
        edited=changes.edited,
        taken=split.taken,
        given=split.given,
        rows=named,
        sentences=(
            sentence,
            *listed,
            *([split.words] if split.words else []),
            *([f"Columns that moved: {'; '.join(drift)}."] if drift else []),
        ),
    )


def _more(ids: pl.Series, rows: int) -> str:
    return f" and {len(ids) - rows:,} more" if len(ids) > rows else ""


def compare_runs(parts: Parts, before: str, after: str, *, by: str) -> RunComparison:
    """Compare two runs; their models on the later run's held-out rows that the earlier one did not learn from.

    Where the earlier model was never measured on these rows, it is a look at them, and counted before it is taken.
    """
    old, new = find(parts, before), find(parts, after)
    old_data, new_data = (datasets.kept_of(parts, run) for run in (old, new))
    changes = _changes(parts, datasets.rows_of(parts, old_data.version), datasets.rows_of(parts, new_data.version))
    rows = _asked(parts, old, new, old_data=old_data, new_data=new_data)
    look = 0 if rows is None else _count(parts, rows, old=old, new=new, by=by)
    brought = None if rows is None else _brought(parts, old, new, rows=rows, deal=new_data.deal)
    sources, against_sources = sources_of(parts, new), sources_of(parts, old)
    found = difference_of(
        new,
        against=old,
        sources=sources,
        against_sources=against_sources,
        data_words=changes.words,
        brought=brought,
    )
    told = brought.words if brought else f"fewer than {FEWEST_ROWS} rows that neither learned from, so nobody can tell"
    changed = found.changes or ("nothing that is hashed changed",)
    seeds = _seeds(parts, old, new, data=new_data)
    seen = say_look(look, rows=0 if rows is None else rows.height)
    sentences = (
        f"It is a {found.kind} change: {'; '.join(changed)}.",
        f"What it brought: {told}.",
        *([f"It was {'the ' * (look == 1)}{seen}."] if seen else []),
    )
    return RunComparison(
        before=old.id,
        after=new.id,
        kind=found.kind,
        brought=brought,
        seeds=seeds,
        look=look,
        diff=code_diff(sources, old=against_sources),
        sentences=sentences if seeds is None else (*sentences, seeds.words),
    )


def _seeds(parts: Parts, old: Run, new: Run, *, data: Kept) -> SeedDifference | None:
    """Compare repeated runs of one version: its held-out rows are those that all of their models answered."""
    if old.data != new.data or min(len(old.repeats), len(new.repeats)) < 2:
        return None
    rows, scoring = data.labelled[data.split.test], Scoring.of(parts.scope.task, metric=parts.scope.metric)
    y = target(rows, name=parts.scope.task.target)

    def losses(run: Run) -> Any:
        said = (np.frombuffer(parts.blobs.get(repeat.answers), dtype="<f8") for repeat in run.repeats)
        return np.stack([scoring.loss(y, answers=answers) for answers in said])

    return seed_difference(
        losses(new), against=losses(old), metric=scoring.metric, alpha=ALPHA, clusters=clusters(parts, data)
    )


def _asked(parts: Parts, old: Run, new: Run, *, old_data: Kept, new_data: Kept) -> pl.DataFrame | None:
    """Return the rows that both models are asked about; None where one is not packaged, or too few rows are left."""
    if old.package is None or new.package is None:
        return None
    rows = unseen(parts, old_data=old_data, new_data=new_data)
    return rows if rows.height >= FEWEST_ROWS else None


def _count(parts: Parts, rows: pl.DataFrame, *, old: Run, new: Run, by: str) -> int:
    if old.held_out == new.held_out != "":
        return 0
    what = f"comparison with run {old.id[:12]}"
    why = f"counted a look: {what}"
    return commit_look(parts, rows=rows, data=new.data, run=new.id, what=what, by=by, why=why).number


def _brought(parts: Parts, old: Run, new: Run, *, rows: pl.DataFrame, deal: Deal) -> Comparison | None:
    if old.package is None or new.package is None:
        return None
    return compare(
        target(rows, name=parts.scope.task.target),
        candidate=answers_of(parts, new.package, rows),
        baseline=answers_of(parts, old.package, rows),
        scoring=Scoring.of(parts.scope.task, metric=parts.scope.metric),
        clusters=clusters_of(parts, rows, deal=deal),
    )


def unseen(parts: Parts, *, old_data: Kept, new_data: Kept) -> pl.DataFrame:
    """Return the rows that the later version holds out and that the earlier one did not give to learn from."""
    entity = parts.scope.task.entity
    learned = old_data.labelled[old_data.split.train][entity]
    return new_data.labelled[new_data.split.test].filter(~pl.col(entity).is_in(learned.implode()))


def _changes(parts: Parts, old: pl.DataFrame, new: pl.DataFrame) -> Changes:
    entity = parts.scope.task.entity
    row_id = entity if names_rows(old[entity]) and names_rows(new[entity]) else None
    return compare_tables(old, new=new, row_id=row_id, target=parts.scope.task.target)


def sources_of(parts: Parts, run: Run) -> dict[str, str]:
    """Return the text of the files a run was trained with; the blob has the run's code hash as its id."""
    files = msgspec.msgpack.decode(parts.blobs.get(run.code), type=dict[str, list[str]])
    return {name: "\n".join(lines) for name, lines in files.items()}
