"""What control does beside its steps: closed segments become Parquet, and what is no longer kept goes."""

from collections.abc import Mapping

from slipway.control.retention import carry_out, plan
from slipway.errors import SlipwayError
from slipway.ports import ControlStore
from slipway.records.scope import Scope
from slipway.storage.journal.retention import GB, RetentionPlan
from slipway.storage.journal.sealing import seal_closed
from slipway.storage.layout import Layout
from slipway.words import count, size


def keep_house(layout: Layout, *, scope: Scope, store: ControlStore, read: Mapping[str, int], now_us: int) -> list[str]:
    """Seal what was closed, remove what is no longer kept, and return one sentence for each thing that is wrong.

    Args:
        layout: The project's folder.
        scope: What it wants kept.
        store: Where removals are noted.
        read: Segment to the place up to which the ledger has read it; what lies behind it stays.
        now_us: The moment.
    """
    problems: list[str] = []
    try:
        problems += seal_closed(layout.journal, sealed=layout.sealed).errors
        planned = plan(layout, scope=scope, store=store, read=read, now_us=now_us)
        problems += carry_out(planned, layout=layout, store=store, now_us=now_us).errors
        problems += _too_large(planned, keep_gb=scope.journal.keep_gb)
    except SlipwayError as error:
        problems.append(str(error))
    return problems


def _too_large(planned: RetentionPlan, *, keep_gb: float | None) -> list[str]:
    """Say that the journal stays larger than the scope wants, and who needs what is too much."""
    left_bytes = planned.total_bytes - sum(r.size_bytes for r in planned.remove)
    if keep_gb is None or left_bytes <= keep_gb * GB or not planned.keep:
        return []
    return [
        f"journal: want at most {keep_gb:g} GB (journal.keep_gb), got {size(left_bytes)}; "
        f"{count(len(planned.keep), 'segment')} needed, the oldest because {planned.keep[0].why}."
    ]
