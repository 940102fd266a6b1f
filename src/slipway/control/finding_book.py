"""Keeps in the store what monitors found: what changed, and nothing twice."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from slipway.ports import Change, ControlStore
from slipway.records.alert import Finding
from slipway.records.base import canonical


class Told(NamedTuple):
    """Ids of findings.

    Attributes:
        changed: Opened, brought up to date, or closed.
        opened: Opened.
    """

    changed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


def keep_findings(
    store: ControlStore, *, told: Mapping[str, tuple[Finding, ...]], on_routes: set[str], now_us: int, by: str
) -> Told:
    """Store findings that changed in one transaction, close those that are over unseen, and return their ids.

    Over are those of models that no route has any more, by the routes and not by what this process has seen, and what
    the journal does not tell again to a monitor that read it anew: rows that were refused, a silence by a clock that
    was ahead, what an older release named by a number. What is still so is open under its own name, or found again.

    Args:
        store: Control store.
        told: Model to all findings of its monitors, also those that are stored already.
        on_routes: Models that are on a route.
        now_us: The moment.
        by: Whom the audit trail names.

    Raises:
        Conflict: Somebody else changed one meanwhile.
    """
    findings = [finding for theirs in told.values() for finding in theirs]
    stored = {id_: (finding, version) for id_, finding, version in store.all(Finding)}
    changes = []
    for finding in findings:
        before, version = stored.get(finding.id, (None, 0))
        if before is None or (before.closed_us is None and canonical(before) != canonical(finding)):
            changes.append(Change(finding, finding.id, version))
    known = {f.id for f in findings}
    orphans = [f for f, _ in stored.values() if f.id not in known and f.closed_us is None]
    ended = [f for f in orphans if f.model not in on_routes or f.model in told]
    changes += [Change(msgspec.structs.replace(f, closed_us=now_us), f.id, stored[f.id][1]) for f in ended]
    if changes:
        why = "; ".join(str(getattr(c.record, "sentence", "")) for c in changes)
        store.commit(changes, at_us=now_us, by=by, why=why)
    return Told(tuple(c.id for c in changes), tuple(c.id for c in changes if c.expect == 0))
