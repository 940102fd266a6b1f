"""``slipway monitor``: what moved, whether it matters, and where to go back to."""

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, show
from slipway.records.alert import Finding
from slipway.words import day, moment, number

app = App(name="monitor")


@app.command(name="list", sort_key=0)
def list_(*, open: bool = False, common: Common = COMMON) -> int:  # noqa: A002 - the word on the command line
    """List what the monitors found, oldest first.

    Args:
        open: Only findings that are still open.
        common: What every command takes.
    """
    found = [f for f in common.open().findings() if not open or f.closed_us is None]
    return show(found, human=_list, common=common)


@app.command(name="show", sort_key=1)
def show_(finding: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a finding: what moved, by how much, on which evidence, and which step of the life to go back to.

    Args:
        finding: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    known = common.open().findings()
    chosen = pick(finding, known, what="finding", key=lambda f: f.id, name=lambda f: f.id)
    return show(chosen, human=page, common=common)


def _list(screen: Screen, found: list[Finding]) -> None:
    rows = [(f.id, f.model, f.kind, _matters(f), day(f.opened_us), day(f.closed_us), f.go_back_to) for f in found]
    heads = ("id", "model", "what moved", "matters", "raised", "closed", "go back to")
    screen.table(heads, rows, none="No finding.")


def _matters(finding: Finding) -> str:
    return "yes" if finding.relevant else "too small"


def page(screen: Screen, finding: Finding) -> None:
    """Print one finding whole."""
    screen.title(f"Finding {finding.id}: {finding.kind} at {finding.model}")
    screen.line(f"  {finding.sentence}")
    screen.line()
    gap = finding.gap
    screen.facts(
        [
            ("raised", moment(finding.opened_us)),
            ("since", moment(finding.since_us)),
            ("closed", "still open" if finding.closed_us is None else moment(finding.closed_us)),
            ("matters", _matters(finding)),
            ("evidence", f"log E {number(finding.evidence.log_e)} over {number(finding.evidence.n)} units"),
            ("gap", f"{number(gap.estimate)} [{number(gap.low)}, {number(gap.high)}]" if gap else "not measured"),
            ("go back to", finding.go_back_to),
        ]
    )
    screen.line()
    screen.title("Columns that moved")
    rows = [
        (c.name, f"{number(c.size)} {c.unit}", number(c.evidence.log_e), c.detail.removeprefix(f"{c.name}: "))
        for c in finding.columns
    ]
    screen.table(("column", ">by", ">log E", "from and to"), rows)
