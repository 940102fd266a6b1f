"""``slipway journal``: what was asked, what was answered, and what turned out to be true."""

from typing import TYPE_CHECKING

from cyclopts import App

from slipway.cli.journal_query import query
from slipway.cli.journal_tail import tail
from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, say, show, working
from slipway.words import moment, number, size

if TYPE_CHECKING:  # it brings the table engine; --help must not wait for it
    from slipway.project.keeping import Pruned

app = App(name="journal")
app.command(tail, sort_key=1)
app.command(query, sort_key=2)


@app.command(sort_key=0)
def verify(*, common: Common = COMMON) -> int:
    """Read every frame of the journal, every blob and the audit chain, and check each against its hash.

    Ends with 1 if anything is not what was written.
    """
    project = common.open()
    with working("reading everything"):
        found = project.verify()
    return show(found, human=say([found.sentence]), common=common, holds=found.holds)


@app.command(sort_key=3)
def prune(*, dry_run: bool = False, common: Common = COMMON) -> int:
    """Remove what [journal] of slipway.toml no longer keeps, as far as nothing needs it.

    A running server does so by itself every minute. Rows that a rollout which runs, a shadow or an outcome still to
    come needs stay, whatever their age. Each segment that goes is noted in the audit trail.

    Args:
        dry_run: Only show what would go, and what stays because somebody needs it.
        common: What every command takes.
    """
    found = common.open().prune(dry_run=dry_run)
    return show(found, human=_pruned, common=common, holds=not found.errors)


def _pruned(screen: Screen, found: "Pruned") -> None:
    screen.line(found.sentence if found.removed or not found.plan.remove else f"Would remove {found.sentence}")
    due = [
        (r.segment, moment(r.last_us), number(sum(r.rows.values())), size(r.size_bytes), r.why)
        for r in found.plan.remove
    ]
    if due:
        screen.table(("due", "until (UTC)", ">rows", ">takes", "because"), due)
    if found.plan.keep:
        screen.line()
        screen.title("Due, and kept all the same")
        kept = [(k.segment, size(k.size_bytes), k.why) for k in found.plan.keep]
        screen.table(("segment", ">takes", "because"), kept)
    for error in found.errors:
        screen.line(f"  PROBLEM: {error}", style="bold red")
