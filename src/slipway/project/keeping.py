"""What of the journal is let go, by command; control does the same every minute.

What the project's control has not read is not let go: it would be in no verdict, monitor or count. Where a control
process runs, only its checkpoint tells others how far it came, and it prunes by itself. Where none runs, whoever prunes
reads the journal to its end and leaves that as the checkpoint, so that the next control goes on behind it.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import NamedTuple

from slipway.control.retention import UNREAD, carry_out, plan
from slipway.control.step import Controller
from slipway.errors import Conflict
from slipway.project.serving import now_us
from slipway.records.base import Record
from slipway.storage.journal.retention import RetentionPlan, said
from slipway.storage.lock import ControllerLock
from slipway.wiring import Parts
from slipway.wiring.control import controller as controller_of

UNSAVED = "the control process that runs has not saved that it read all of it; it prunes by itself"


class Pruned(Record, frozen=True, kw_only=True):
    """What was due to go, and what became of it.

    Attributes:
        plan: What was due, and what stays because somebody needs it.
        removed: Segments that are gone now; empty in a dry run.
        errors: One sentence for each thing that did not work.
    """

    plan: RetentionPlan
    removed: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is due, in a sentence."""
        return said(self.plan)


def prune(parts: Parts, *, controller: Controller, by: str, dry_run: bool) -> Pruned:
    """Remove what the scope no longer keeps and nobody needs; in a dry run only say what that is.

    Raises:
        Conflict: Another process seals or prunes this journal.
        Corrupt: A marker or a segment is damaged.
        Unavailable: The journal or the control store cannot be read.
    """
    at_us = now_us(parts, controller=controller)
    known = _known(parts, saves=not dry_run)
    planned = plan(
        parts.layout, scope=parts.scope, store=parts.store, read=known.read, now_us=at_us, unread=known.unread
    )
    if dry_run:
        return Pruned(plan=planned, removed=(), errors=known.errors)
    report = carry_out(planned, layout=parts.layout, store=parts.store, now_us=at_us, by=by)
    removed = tuple(r.segment for r in report.removed)
    return Pruned(plan=planned, removed=removed, errors=(*known.errors, *report.errors))


class _Known(NamedTuple):
    """How far control has read each segment, why what lies behind stays, and what did not work."""

    read: Mapping[str, int]
    unread: str
    errors: tuple[str, ...] = ()


def _known(parts: Parts, *, saves: bool) -> _Known:
    try:
        with ControllerLock(parts.layout.controller_lock):
            control = controller_of(parts, guard=nullcontext, writes=lambda: True)
            errors: list[str] = []
            control.catch_up(errors)
            if not saves:
                return _Known(dict(control.ledger.upto), UNREAD, tuple(errors))
            try:
                control.save()
            except OSError as error:
                errors.append(f"checkpoint: {error}. What it does not cover stays until it can be written.")
            return _Known(control.saved_upto(), UNREAD, tuple(errors))
    except Conflict:
        return _Known(controller_of(parts).saved_upto(), UNSAVED)
