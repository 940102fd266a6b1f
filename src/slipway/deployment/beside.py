"""What a gate on people may look at: the sums of the rollout, by where they came from and by unit."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from slipway.deployment.gate_not_worse import COVERAGE
from slipway.deployment.units import LENGTH_US
from slipway.deployment.view import View
from slipway.records.automation import Automation
from slipway.records.people import COUNTS, PeopleFacts, PeopleSums
from slipway.stats.thresholds import THRESHOLDS, Graded

Ints = npt.NDArray[np.int64]

UNDECIDED = 0.1
"""Where more of the rows put before people than this were never decided, those decided may be a choice."""


def beside(view: View) -> tuple[Automation, PeopleFacts] | None:
    """Return (what the plan says of people, what was seen of them), or None where one of them is missing."""
    automation, people = view.rollout.plan.automation, view.facts.people
    return None if automation is None or people is None else (automation, people)


def own(
    people: PeopleFacts, *, view: View, wanted: Callable[[PeopleSums], bool] = lambda _: True
) -> tuple[PeopleSums, ...]:
    """Return the sums of this rollout that are wanted, in one fixed order."""
    first = view.rollout.entries[0].route_version
    found = (s for s in people.sums if s.route_version >= first and wanted(s))
    return tuple(sorted(found, key=lambda s: (s.start_us, s.route_version, s.audited, s.confidence)))


def total(sums: Iterable[PeopleSums]) -> dict[str, int]:
    """Add up all counts by name; zero of each without any."""
    whole = dict.fromkeys(COUNTS, 0)
    for one in sums:
        for name in COUNTS:
            whole[name] += getattr(one, name)
    return whole


def by_unit(sums: Iterable[PeopleSums], *, unit: str) -> list[dict[str, int]]:
    """Add up by unit of time, oldest first; for rows, all is one."""
    if unit == "row":
        return [total(sums)]
    length, groups = LENGTH_US[unit], dict[int, list[PeopleSums]]()
    for one in sums:
        groups.setdefault(one.start_us // length, []).append(one)
    return [total(groups[at]) for at in sorted(groups)]


def graded(sums: Iterable[PeopleSums], *, unit: str) -> tuple[Graded, Ints]:
    """Return the answers and errors by unit and confidence, and of the errors those that model and person share."""
    length, cells, units = LENGTH_US[unit], list(sums), dict[int, int]()
    for one in cells:
        units.setdefault(0 if unit == "row" else one.start_us // length, len(units))
    n, wrong, shared = np.zeros((3, max(1, len(units)), len(THRESHOLDS)), dtype=np.int64)
    for one in cells:
        at = units[0 if unit == "row" else one.start_us // length], THRESHOLDS.index(one.confidence)
        n[at] += one.n
        wrong[at] += one.wrong
        shared[at] += one.shared
    return Graded(THRESHOLDS, n, wrong, rows=unit == "row"), shared


def weighed(unit: dict[str, int], *, people: PeopleFacts) -> float:
    """Return how often the model was wrong, each error that it shares with a person counted for those nobody saw.

    Such errors are seen where a second person reads, so each stands for one over the part that is read twice.
    """
    return unit["wrong"] + unit["shared"] * (1 / seen_twice(people) - 1)


def seen_twice(people: PeopleFacts) -> float:
    """Return the part of the cases on which errors that model and person share are seen; 1 where nobody looks."""
    return people.second or 1.0


def unread(whole: dict[str, int], *, people: PeopleFacts) -> str:
    """Say that too few cases were read twice to know of errors that model and person share, or nothing."""
    if whole["agreed_twice"] < COVERAGE * people.second * whole["agreed"]:
        return "too few of the cases that were to be read twice are"
    return ""


def left_open(whole: dict[str, int]) -> str:
    """Say that too many rows were never decided for the others to speak for them, or nothing."""
    asked = whole["undecided"] + whole["n"] + whole["shown"]
    if whole["undecided"] > UNDECIDED * asked:
        return f"people left {whole['undecided']:,} of {asked:,} rows undecided, and those decided may be a choice"
    return ""


def noun(unit: str) -> str:
    """Return how a unit of a gate on people is called."""
    return "decision" if unit == "row" else unit
