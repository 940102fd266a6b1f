"""``slipway review``: the cases that people decide, one at a time."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show
from slipway.cli.when import duration_s
from slipway.words import moment, number

if TYPE_CHECKING:
    from slipway.control.review_forms import Accepted, Handed, Listed, Stats
    from slipway.records.review import Decision

app = App(name="review")

By = Annotated[str, Parameter(name="--by")]


@app.command(name="next", sort_key=0)
def next_(*, by: By, lease: str | None = None, person: str = "", common: Common = COMMON) -> int:
    """Take the next case that waits for somebody; the same again for who has one.

    Args:
        by: Who reads.
        lease: How long nobody else gets it, such as 10min; what the people's arm says if not given.
        person: Only cases of this arm.
        common: What every command takes.
    """
    lease_s = None if lease is None else duration_s(lease, option="--lease")
    return show(common.open().reviews.next(by=by, lease_s=lease_s, person=person), human=_handed, common=common)


@app.command(sort_key=1)
def decide(case: str, value: float, /, *, by: By, why: str = "", common: Common = COMMON) -> int:
    """Decide a case that you have.

    Args:
        case: Its id.
        value: What you decide, in the terms of Y.
        by: Who decides.
        why: In words.
        common: What every command takes.
    """
    return show(common.open().reviews.decide(case, value, by=by, why=why), human=_decided, common=common)


@app.command(sort_key=2)
def undo(case: str, /, *, by: By, common: Common = COMMON) -> int:
    """Take back what you decided last on a case, as long as nobody has fetched it.

    Args:
        case: Its id.
        by: Who decided.
        common: What every command takes.
    """
    return show(common.open().reviews.undo(case, by=by), human=_undone, common=common)


@app.command(sort_key=3)
def leave(case: str, /, *, by: By, common: Common = COMMON) -> int:
    """Give a case back undecided.

    Args:
        case: Its id.
        by: Who has it.
        common: What every command takes.
    """
    return show(common.open().reviews.leave(case, by=by), human=_undone, common=common)


@app.command(name="list", sort_key=4)
def list_(*, by: str = "", common: Common = COMMON) -> int:
    """List the cases that wait, oldest first; where readers differ, only for who may settle it.

    Args:
        by: For whom; for any who comes if not given.
        common: What every command takes.
    """
    return show(common.open().reviews.cases(by=by), human=_list, common=common)


@app.command(sort_key=5)
def stats(*, by: str = "", common: Common = COMMON) -> int:
    """Say where the queue stands, and who did what.

    Args:
        by: For whom; for any who comes if not given.
        common: What every command takes.
    """
    return show(common.open().reviews.stats(by=by), human=_stats, common=common)


@app.command(sort_key=6)
def decision(case: str, /, *, wait: str = "0s", common: Common = COMMON) -> int:
    """Say what was decided on a request, as its caller gets it: from then on nobody takes it back.

    Args:
        case: Id of the request.
        wait: How long to wait for it, at most 30s.
        common: What every command takes.
    """
    wait_s = duration_s(wait, option="--wait")
    return show(common.open().reviews.decision(case, wait_s=wait_s), human=_decision, common=common)


def _handed(screen: Screen, handed: "Handed | None") -> None:
    if handed is None:
        screen.line("No case waits for you now.")
        return
    screen.title(handed.question)
    told = [(f.name, "not known" if f.value is None else f"{f.value} {f.unit}".strip()) for f in handed.fields]
    screen.facts(told)
    screen.line()
    facts = [("case", handed.id), ("asked of", handed.people), ("due", moment(handed.due_us))]
    facts.append(("yours until", moment(handed.until_us)))
    if handed.suggestion is not None:
        facts.append(("a model would say", f"{handed.suggestion:.3g}"))
    may = "a number" if handed.answers is None else " or ".join(f"{value:g}" for value in handed.answers)
    screen.facts([*facts, ("may be", may)])
    screen.line(f"slipway review decide {handed.id} VALUE --by NAME")


def _decided(screen: Screen, accepted: "Accepted") -> None:
    screen.line(
        f"Decided. It can be taken back until {moment(accepted.undo_until_us)}, unless its caller fetches it first."
    )


def _undone(screen: Screen, accepted: "Accepted") -> None:
    screen.line(f"Case {accepted.id} waits again.")


def _list(screen: Screen, cases: "tuple[Listed, ...]") -> None:
    rows = [(c.id, c.person, moment(c.at_us), moment(c.due_us), c.holder or "nobody") for c in cases]
    screen.table(("case", "asked of", "asked", "due", "who has it"), rows, none="No case waits.")


def _stats(screen: Screen, stats: "Stats") -> None:
    screen.facts([(name.replace("_", " "), number(value)) for name, value in stats.counts.items()])
    screen.line()
    rows = [(r.by, number(r.decided), number(r.undone), f"{r.median_s:.0f} s") for r in stats.readers]
    screen.table(("who", ">read", ">taken back", ">half took at most"), rows, none="Nobody has decided a case.")


def _decision(screen: Screen, decision: "Decision") -> None:
    if decision.pending:
        screen.line(f"Nobody has decided yet; it is due {moment(decision.due_us)}.")
        return
    how = "answered in place of people, whose time was over" if decision.fallback else "decided"
    screen.line(f"{decision.by} {how}: {decision.decision:g}, {moment(decision.at_us or 0)}.")
