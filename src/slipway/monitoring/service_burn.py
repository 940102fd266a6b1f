"""How fast an error budget burns, over several windows at once. Pure.

A budget of 1 % allows 1 % of the rows to be bad. The burn rate is how many times that share is bad. One window alone
either comes late or flaps: so a long window says that it matters, and a short one that it still goes on.

Reference:
    Beyer et al. (2018), The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", table 5-8:
    14.4 over 1 h and 5 min, 6 over 6 h and 30 min, 1 over 3 d and 6 h. The first tier here is our own.
"""

from collections.abc import Callable
from typing import NamedTuple

from slipway.monitoring.service_window import spells
from slipway.records.service import Spell
from slipway.records.service_book import ServiceBook
from slipway.records.trouble import Severity
from slipway.words import duration


class Rows(NamedTuple):
    """Rows that count for a budget, and those of them that are bad."""

    bad: int
    of: int


Count = Callable[[Spell], Rows]
"""What of a spell counts for a budget."""


class Tier(NamedTuple):
    """When an alarm is due.

    Attributes:
        burn: From which burn rate on, in both windows.
        long_s: The window that says that it matters.
        short_s: The window that says that it goes on.
        now_s: The window in which it has to go on, too, to be raised anew: what was over before the longer windows were
            watched long enough is over.
        severity: How soon somebody has to look.
    """

    burn: float
    long_s: float
    short_s: float
    now_s: float
    severity: Severity


TIERS = (
    Tier(50.0, 300.0, 60.0, 60.0, Severity.CRITICAL),
    Tier(14.4, 3600.0, 300.0, 300.0, Severity.CRITICAL),
    Tier(6.0, 21_600.0, 1800.0, 300.0, Severity.CRITICAL),
    Tier(1.0, 259_200.0, 21_600.0, 3600.0, Severity.WARNING),
)
"""The first that fires counts. The first of all is for when every other answer is bad: with a budget of 1 % the second
would see a whole failure only after nine minutes."""

LEAST_BAD, LEAST_SPELLS = 10, 3
"""So many rows have to be bad, in so many minutes (hours in the longest window): one slow request at night wakes
nobody, however many rows it had."""

LEAST_SEEN = 10
"""So many rows have to come before anybody may say that it is over."""


class Burn(NamedTuple):
    """What one window says.

    Attributes:
        rate: Bad share over the budget; None where nothing came.
        rows: What came.
        spells: In how many minutes or hours of it something was bad.
        watched_s: For how long of it somebody looked.
    """

    rate: float | None
    rows: Rows
    spells: int
    watched_s: float


def burn(book: ServiceBook, *, count: Count, share: float, length_s: float, now_us: int) -> Burn:
    """Return how fast a budget burns in a window that ends now.

    Args:
        book: What is known.
        count: What counts for the budget.
        share: Share of the rows that may be bad, in (0, 1).
        length_s: The window.
        now_us: The moment.
    """
    known = spells(book, length_s=length_s, now_us=now_us)
    each = [count(spell) for spell in known]
    rows = Rows(sum(r.bad for r in each), sum(r.of for r in each))
    rate = rows.bad / rows.of / share if rows.of else None
    return Burn(rate, rows, sum(r.bad > 0 for r in each), sum(s.watched_s for s in known))


def burning(book: ServiceBook, *, count: Count, share: float, now_us: int, raised: bool = False) -> Tier | None:
    """Return the first tier that fires, or None: nothing that is known says that the budget burns.

    Args:
        book: What is known.
        count: What counts for the budget.
        share: Share of the rows that may be bad, in (0, 1).
        now_us: The moment.
        raised: Whether it was found to burn before; then the two longer windows are enough.
    """
    memo: dict[int, Rows] = {}

    def count_once(spell: Spell) -> Rows:
        if id(spell) not in memo:
            memo[id(spell)] = count(spell)
        return memo[id(spell)]

    for tier in TIERS:
        long = burn(book, count=count_once, share=share, length_s=tier.long_s, now_us=now_us)
        short = burn(book, count=count_once, share=share, length_s=tier.short_s, now_us=now_us)
        if long.rate is None or short.rate is None or long.watched_s < tier.short_s:
            continue
        enough = long.rows.bad >= LEAST_BAD and long.spells >= LEAST_SPELLS
        threshold = min(tier.burn, 0.5 / share)  # half of all is much by any budget, and 10 % cannot burn 14.4
        if not (enough and long.rate > threshold and short.rate > threshold):
            continue
        now = burn(book, count=count_once, share=share, length_s=tier.now_s, now_us=now_us)
        if raised or (now.rate is not None and now.rate > threshold):
            return tier
    return None


def kept_again(book: ServiceBook, *, count: Count, share: float, severity: Severity, now_us: int) -> bool:
    """Tell whether a budget that was not kept is kept, by the shortest window in which enough came.

    That window is five minutes after what called somebody at once, six hours after what did not; where too little came
    in it, a longer one. Where nothing comes nobody can tell, which is not that it is over.
    """
    for length_s in (300.0, 3600.0, 21_600.0):
        if length_s < 21_600.0 and severity is not Severity.CRITICAL:
            continue
        told = burn(book, count=count, share=share, length_s=length_s, now_us=now_us)
        if told.rate is not None and told.rows.of >= LEAST_SEEN:
            return told.rate < 0.9
    return False


def said(tier: Tier) -> str:
    """Return a tier in words.

    >>> said(TIERS[1])
    'more than 14.4 times what it allows, over 1 hour and over 5 minutes'
    """
    both = f"over {duration(tier.long_s)} and over {duration(tier.short_s)}"
    return f"more than {tier.burn:g} times what it allows, {both}"
