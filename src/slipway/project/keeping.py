"""What of the journal is let go, by command; control does the same every minute."""

from slipway.control.retention import carry_out, plan
from slipway.control.step import Controller
from slipway.project.serving import now_us
from slipway.records.base import Record
from slipway.storage.journal.retention import RetentionPlan, said
from slipway.wiring import Parts


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
    controller.catch_up([])
    read = controller.ledger.upto
    planned = plan(parts.layout, scope=parts.scope, store=parts.store, read=read, now_us=at_us)
    if dry_run:
        return Pruned(plan=planned, removed=(), errors=())
    report = carry_out(planned, layout=parts.layout, store=parts.store, now_us=at_us, by=by)
    return Pruned(plan=planned, removed=tuple(r.segment for r in report.removed), errors=report.errors)
