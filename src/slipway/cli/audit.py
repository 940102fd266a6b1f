"""``slipway audit``: who changed what, when, and on which evidence."""

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show
from slipway.storage.audit import AuditEntry
from slipway.words import moment, short


def audit(*, last: int = 50, common: Common = COMMON) -> int:
    """Show who changed what, when, and on which evidence; the newest last.

    'slipway journal verify' proves that no entry was altered or taken out.

    Args:
        last: How many of the newest entries; 0 shows all.
        common: What every command takes.
    """
    entries = list(common.open().audit())
    return show(entries[-last:] if last > 0 else entries, human=_page, common=common)


def _page(screen: Screen, entries: list[AuditEntry]) -> None:
    rows = [(str(e.seq), moment(e.at_us), e.by, f"{e.kind} {short(e.id)} v{e.version}", e.why) for e in entries]
    screen.table((">", "when", "who", "what", "why"), rows, none="Nothing was changed yet.")
