"""What is wrong with the values of a table that has been brought to the reference's columns and types."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.monitoring import quality as rules
from slipway.project.two_tables.in_time import InTime
from slipway.project.two_tables.mistaken import mistaken
from slipway.project.two_tables.truths import remarks_on_truths
from slipway.records.quality import Fault, Quality, Since
from slipway.records.two_tables import Roles
from slipway.words import count

_ROWS = 4000


def remarks_of(table: pl.DataFrame, *, reference: pl.DataFrame, columns: list[str], roles: Roles) -> list[Quality]:
    """Return the remarks on the values of a table, with since when where there is a time.

    Args:
        table: The current table, its columns of the reference's kinds.
        reference: The reference.
        columns: Columns of X that both have.
        roles: Which column plays which part in the reference.
    """
    time = roles.time if roles.time in table.columns else ""
    now, then = (InTime.of(t[time]) if time else None for t in (table, reference))
    found: list[Quality | None] = []
    for name in columns:
        found += _column(table[name], before=reference[name], now=now, then=then)
    found = _explained(found, table=table, reference=reference, columns=columns, now=now)
    usable = [name for name in columns if table[name].null_count() < table.height]
    if usable:
        found.append(_duplicates(table.select(usable), reference=reference.select(usable), now=now))
    if time:
        found += _moments(table[time], before=reference[time], now=now, then=then)
    found += remarks_on_truths(table, reference=reference, roles=roles)
    return [remark for remark in found if remark is not None]


def _column(
    column: pl.Series, *, before: pl.Series, now: InTime | None, then: InTime | None
) -> Iterator[Quality | None]:
    name, n = column.name, len(column)
    was, is_ = before.null_count() / len(before), column.null_count() / n
    if is_ == 1:
        yield rules.empty(name)
        return
    told = rules.missing(name, was=was, now=is_)
    yield told and rules.missing(name, was=was, now=is_, since=_since(column.is_null(), now=now))
    known, varied = column.drop_nulls(), _varies(before.drop_nulls())
    if len(known) > 1 and not _varies(known):
        yield rules.constant(name, value=str(known[0]), varied=varied)
    elif now and then and varied:
        yield _stuck(column, before=before, now=now, then=then)
    if column.dtype == pl.String:
        new = column.is_not_null() & ~column.is_in(before.cast(pl.String).drop_nulls().unique().implode())
        if new.any():
            examples = ", ".join(str(v) for v in column.filter(new).unique(maintain_order=True)[:3])
            yield rules.unseen(name, now=int(new.sum()) / n, examples=examples, since=_since(new, now=now))
        return
    low, high = before.cast(pl.Float64).min(), before.cast(pl.Float64).max()
    if isinstance(low, float) and isinstance(high, float):
        least, most = rules.far_limits(low, high=high)
        outside, far = ((column < a) | (column > b) for a, b in ((low, high), (least, most)))
        if outside.any():
            shares = {"now": int(outside.sum()) / n, "far": int(far.sum()) / n}
            yield rules.out_of_range(name, low=low, high=high, **shares, since=_since(outside, now=now))


def _explained(
    found: list[Quality | None], *, table: pl.DataFrame, reference: pl.DataFrame, columns: list[str], now: InTime | None
) -> list[Quality | None]:
    """Add what somebody may have done to numbers, in the place of what it looks like: values out of range."""
    out = {q.column: q.since for q in found if q and q.fault is Fault.RANGE}
    numbers = [name for name in columns if table[name].dtype != pl.String]
    if not numbers:
        return found
    before, after = (t.select(numbers)[_some(t.height)] for t in (reference, table))
    known = {name: (before[name].drop_nulls(), after[name].drop_nulls()) for name in numbers}
    for name, since in out.items():
        if now and since:
            late = now.later(table[name], since=since)
            known[name] = (known[name][0], late.gather(_some(len(late))).drop_nulls())
    asked = mistaken(known, since=out)
    told = {name for names, _ in asked for name in names}
    left = [q for q in found if q is None or q.fault is not Fault.RANGE or q.column not in told]
    return [*(remark for _, remark in asked), *left]


def _some(rows: int) -> npt.NDArray[np.int64]:
    """Return places of at most :data:`_ROWS` rows, drawn from all over: what happened to all shows in some."""
    if rows <= _ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, size=_ROWS, replace=False))


def _since(faulty: pl.Series, *, now: InTime | None) -> Since | None:
    return now.since(faulty) if now else None


def _varies(known: pl.Series) -> bool:
    return bool(len(known)) and bool((known != known[0]).any())


def _stuck(column: pl.Series, *, before: pl.Series, now: InTime, then: InTime) -> Quality | None:
    """Return that one value came for much longer than ever before, in rows and in time: either alone may be a pace."""
    run, usual = now.longest(column), then.longest(before)
    if run is None or usual is None or run.span_us <= rules.GAPS * usual.span_us:
        return None
    ended = None if run.lasts else run.ended_us
    return rules.stuck(
        column.name, value=run.value, rows=run.rows, usual=usual.rows, begun_us=run.begun_us, ended_us=ended
    )


def _duplicates(table: pl.DataFrame, *, reference: pl.DataFrame, now: InTime | None) -> Quality | None:
    """Say that rows repeat others more often; of a few categories they are alike by nature, as the reference shows."""
    was, is_ = (1 - t.hash_rows().n_unique() / t.height for t in (reference, table))
    if rules.duplicates(was=was, now=is_) is None:
        return None
    again = ~table.hash_rows().is_first_distinct()
    return rules.duplicates(was=was, now=is_, since=_since(again, now=now))


def _moments(
    times: pl.Series, *, before: pl.Series, now: InTime | None, then: InTime | None
) -> Iterator[Quality | None]:
    if now and then and len(times) > 1 and len(before) > 1:
        yield rules.silence(times.name, longest_s=_silence(now), usual_s=_silence(then))
    if undated := times.null_count():
        detail = f"{count(undated, 'row')} without a moment in {times.name}: left out."
        yield Quality(fault=Fault.MISSING, column=times.name, serious=True, detail=detail)


def _silence(rows: InTime) -> float:
    """Return the longest time without a row, in seconds."""
    return float((rows.times_us[1:] - rows.times_us[:-1]).max(initial=0)) / 1e6
