"""``slipway retrain``: the same code on newer rows, because a finding asks for it."""

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.screen import Screen, show, working
from slipway.records.retraining import Retraining, RetrainingState
from slipway.words import day, short

app = App(name="retrain")


@app.command(sort_key=0)
def start(finding: str | None = None, /, *, common: Common = COMMON) -> int:
    """Train the live model's code on newer rows of production, compare, and start a rollout of it by shadow.

    What was begun for the finding and killed is gone on with. Ends with 1 if it was refused, and says why.

    Args:
        finding: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    asked = pick(finding, project.findings(), what="finding", key=lambda f: f.id, name=lambda f: f.id)
    with working("retraining"):
        done = project.retrain(asked.id)
    show(done, human=_page, common=common)
    return 0 if done.state is RetrainingState.ENTERED else 1


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the retrainings, oldest first: for which finding, how far they came, and why they stopped."""
    return show(common.open().retrainings(), human=_list, common=common)


def _list(screen: Screen, found: list[Retraining]) -> None:
    rows = [(r.id, r.finding, r.model, r.state, day(r.began_us), r.by, r.why) for r in found]
    screen.table(("id", "finding", "model", "state", "began", "who", "why"), rows, none="No retraining.")


def _page(screen: Screen, done: Retraining) -> None:
    screen.title(f"{done.id}: {done.state}")
    screen.line(f"  {done.why}")
    made = (("finding", done.finding), ("dataset", done.dataset), ("run", done.run), ("rollout", done.rollout))
    screen.facts([(name, short(value)) for name, value in made if value])
