"""Rows from production: predictions whose outcomes have had time to come become rows of a new dataset version."""

from typing import NamedTuple

import polars as pl

from slipway.errors import BadInput, NotFound
from slipway.project import datasets
from slipway.project.labelling import unresolved
from slipway.project.querying import query
from slipway.records.dataset import DatasetVersion
from slipway.records.field import Field, FieldKind, Privacy
from slipway.records.label import Collection
from slipway.wiring import Parts
from slipway.words import count, moment, short, utc

_ANSWERS = "select * from answers"


class Collected(NamedTuple):
    """A version with rows from production.

    Attributes:
        version: The new version.
        parent: Id of the version that the rows were added to, or None.
        taken: What was taken from the journal.
    """

    version: DatasetVersion
    parent: str | None
    taken: Collection

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was taken and what could not be, in whole sentences."""
        taken = self.taken
        since = "the beginning" if taken.since_us is None else moment(taken.since_us)
        said = [f"+{count(taken.rows, 'row')} from production, received from {since} to {moment(taken.until_us)}."]
        if taken.late:
            said.append(f"Of these, {count(taken.late, 'row')} were passed by an earlier collection: no outcome yet.")
        if taken.waiting:
            said.append(
                f"{count(taken.waiting, 'request')} of that time had no outcome yet; a later collection takes them."
            )
        if taken.given_up:
            are = "is" if taken.given_up == 1 else "are"
            said.append(
                f"{count(taken.given_up, 'request')} without an outcome {are} given up: older than ten times "
                "rollout.maturity, and than 90 days."
            )
        if taken.pseudonyms:
            said.append(
                f"Of {', '.join(taken.pseudonyms)} the journal holds keyed hashes, which is what the rows hold."
            )
        if taken.hidden:
            said.append(f"Of {', '.join(taken.hidden)} the journal holds nothing; these are missing in the new rows.")
        return tuple(said)


def collect(
    parts: Parts, *, onto: str | None, name: str, since_us: int | None, until_us: int | None, now_us: int, by: str
) -> Collected:
    """Append answered requests with their outcomes to a dataset version, or make one of them alone.

    Requests younger than ``rollout.maturity`` are left for the next time: to take only those whose outcome came early
    would bend the labels. Those that an earlier collection passed without an outcome are taken once it has come, unless
    they were given up (:mod:`slipway.project.labelling.unresolved`). The
    first possible outcome counts, as everywhere; rows of load tests are left out.

    Args:
        parts: The project.
        onto: Version to append to: id, beginning of one, or name; None takes the newest of ``name``, if there is one.
        name: Name of the dataset.
        since_us: Requests received from this moment on; None goes on where the last collection ended.
        until_us: Requests received before this moment; None takes all that have matured.
        now_us: The moment, by the clock that counts.
        by: Who.

    Raises:
        BadInput: No row has an outcome, or the rows do not fit those of the version.
        Conflict: Rows of that time are in the version already.
    """
    parent = _parent(parts, onto=onto, name=name)
    ripe = now_us - round(parts.scope.rollout.maturity_s * 1e6)
    until = ripe if until_us is None else min(until_us, ripe)
    before = _before(parts, parent)
    since = _since(before, since_us=since_us, until_us=until)
    fields = parts.scope.fields
    rows = query(parts, _ANSWERS, since_us=since, until_us=until).collect(engine="streaming")
    passed = _passed(parts, before)
    both = rows if passed is None else pl.concat([passed, rows], how="diagonal_relaxed")
    known = set(both.columns)
    answered = pl.col("outcome").is_not_null()
    old = pl.col("received_at") < utc(unresolved.given_up_before_us(parts, until_us=until))
    with_outcome = both.filter(answered).sort("received_at", "id")
    if with_outcome.is_empty():
        raise BadInput(
            f"journal: want requests with an outcome, got none among {count(both.height, 'request')} that are older "
            "than rollout.maturity. Tell outcomes to /outcomes, or with 'slipway batch outcomes'."
        )
    fresh = with_outcome.select(
        *(_x(f, known) for f in fields),
        *_own(parts, {f.name for f in fields}),
        pl.col("outcome").alias(parts.scope.task.target),
    )
    left, left_since_us = unresolved.keep(parts, both.filter(~answered & ~old))
    taken = Collection(
        since_us=since,
        until_us=until,
        rows=fresh.height,
        waiting=rows.filter(~answered & ~old).height,
        given_up=both.filter(~answered & old).height,
        late=0 if passed is None else passed.filter(answered).height,
        unresolved=left,
        unresolved_since_us=left_since_us,
        pseudonyms=tuple(f.name for f in fields if f.privacy is Privacy.PSEUDONYM),
        hidden=tuple(f.name for f in fields if f.privacy is Privacy.NOTHING),
    )
    table = fresh if parent is None else _joined(datasets.rows_of(parts, parent), fresh, parent)
    base = "" if parent is None else f"{parent.name} {short(parent.id)} and "
    version = datasets.make(
        parts,
        name=name,
        loaded=datasets.Loaded(table, f"{base}{count(fresh.height, 'row')} of the journal"),
        by=by,
        parents=() if parent is None else (parent.id,),
        beside=(taken,),
    )
    return Collected(version, None if parent is None else parent.id, taken)


def _parent(parts: Parts, *, onto: str | None, name: str) -> DatasetVersion | None:
    try:
        return datasets.find(parts, onto or name)
    except NotFound:
        if onto is not None:
            raise
        return None


def _before(parts: Parts, parent: DatasetVersion | None) -> Collection | None:
    """Return the last collection that a version, or one that it was made from, took from the journal."""
    known = {id_: c for id_, c, _ in parts.store.all(Collection)}
    line = datasets.lineage(parts, parent) if parent is not None else []
    return max((known[version] for version in line if version in known), key=lambda c: c.until_us, default=None)


def _passed(parts: Parts, before: Collection | None) -> pl.DataFrame | None:
    """Return the requests that earlier collections passed without an outcome, as they are now; None for none."""
    open_ = unresolved.unresolved(parts, before)
    if open_ is None:
        return None
    return open_.of(
        query(parts, _ANSWERS, since_us=open_.since_us, until_us=open_.until_us).collect(engine="streaming")
    )


def _since(before: Collection | None, *, since_us: int | None, until_us: int) -> int | None:
    """Return where to begin; rows that a version or one before it took from the journal are not taken again."""
    last = None if before is None else before.until_us
    if last is not None and last >= until_us:
        raise BadInput(
            f"journal: want requests received before {moment(until_us)} that are not in the dataset yet, got none: it "
            f"has those up to {moment(last)}. Later ones are not older than rollout.maturity."
        )
    if last is not None and since_us is not None and since_us < last:
        raise BadInput(
            f"--since: want a moment from {moment(last)} on, up to which the dataset has the rows already, got "
            f"{moment(since_us)}. Leave it out to go on from there."
        )
    return last if since_us is None else since_us


def _x(field: Field, known: set[str]) -> pl.Expr:
    """Return a field as the journal holds it, in the type of its kind; null where that is nothing of use."""
    column = f"x_{field.name}"
    kind = pl.String() if field.kind is FieldKind.CATEGORY else pl.Float64()
    unusable = field.privacy is Privacy.NOTHING or (
        field.privacy is Privacy.PSEUDONYM and field.kind is not FieldKind.CATEGORY
    )
    if column not in known or unusable:
        return pl.lit(None, dtype=kind).alias(field.name)
    return pl.col(column).cast(kind).alias(field.name)


def _own(parts: Parts, fields: set[str]) -> list[pl.Expr]:
    task = parts.scope.task
    own = [] if task.entity in fields else [pl.col("entity").alias(task.entity)]
    if task.time and task.time not in fields:
        own.append(pl.col("received_at").dt.replace_time_zone(None).alias(task.time))
    return own


def _joined(old: pl.DataFrame, fresh: pl.DataFrame, parent: DatasetVersion) -> pl.DataFrame:
    """Append rows in the types that the version has; columns that production does not know are null there."""
    try:
        fitting = fresh.with_columns(_as(old[name], fresh[name]) for name in fresh.columns if name in old.columns)
        return pl.concat([old, fitting], how="diagonal_relaxed")
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise BadInput(
            f"journal: want rows that fit those of {parent.name}, got: {str(error).splitlines()[0]}. "
            "Give the dataset another name to keep them apart."
        ) from error


def _as(old: pl.Series, fresh: pl.Series) -> pl.Series:
    if old.dtype == fresh.dtype or old.dtype.is_float():
        return fresh
    if old.dtype.is_integer() and fresh.dtype.is_float() and not fresh.drop_nulls().floor().equals(fresh.drop_nulls()):
        return fresh  # the column becomes one of floats: nothing is rounded away
    return fresh.cast(old.dtype)
