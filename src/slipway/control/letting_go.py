"""Which days are let go: their sums are kept, their rows are not, so a project's memory does not grow with its age.

A day may go once nothing can be learnt from its rows: its outcomes were waited for, with a day to spare; every running
rollout has summed it for good; every monitor was fed it; and no shadow owes an answer (one that owes for a week is not
waited for). As long as there is room nothing goes, so a small project keeps all its days.
"""

from collections.abc import Iterable

from slipway.control.block import DAY_US, Block
from slipway.control.judging import Judging
from slipway.control.ledger import Ledger
from slipway.control.maturity import held_us
from slipway.control.past import DaySums
from slipway.control.watching import Watching
from slipway.records.rollout import Rollout

KEPT_ROWS = 4_000_000
"""As many rows stay whatever their age; about 120 bytes each."""

SPARE_US = DAY_US
"""What a frame may take from the moment that it bears to the moment that control reads it."""

OWED_US = 7 * DAY_US


def may_go(block: Block, *, ledger: Ledger, waits_us: Iterable[int], now_us: int) -> bool:
    """Tell whether nothing can be learnt from a day's rows any more.

    Args:
        block: The day.
        ledger: What was read; all of the journal as it was at the moment.
        waits_us: How long the monitors, and each rollout that needs the day, wait for outcomes.
        now_us: The moment.
    """
    waited_us = max(map(held_us, waits_us))
    over_us = block.end_us + waited_us + SPARE_US
    return over_us <= now_us - (OWED_US if ledger.shadow_lag() else 0)


def let_go(
    ledger: Ledger,
    *,
    running: Iterable[Rollout],
    judging: Judging,
    watching: Watching | None,
    wait_us: int,
    now_us: int,
    kept_rows: int = KEPT_ROWS,
) -> tuple[DaySums, ...]:
    """Let the oldest days go until few enough rows are left, and return what models did on them.

    Args:
        ledger: What was read.
        running: Rollouts that run.
        judging: Their cohorts.
        watching: The monitors, fed up to the moment.
        wait_us: How long monitors wait for outcomes.
        now_us: The moment.
        kept_rows: How many rows may stay.
    """
    if watching is not None:
        for route in ledger.routes():
            for block in ledger.blocks(route):
                if watching.fed(block):
                    block.forget_bins()
    past: list[DaySums] = []
    while ledger.rows > kept_rows:
        block = min((next(ledger.blocks(route)) for route in ledger.routes()), key=lambda b: (b.day, b.route))
        needing = [r for r in running if r.route == block.route and block.end_us > r.since_us]
        waits_us = [wait_us, *(round(r.plan.maturity_s * 1e6) for r in needing)]
        if not may_go(block, ledger=ledger, waits_us=waits_us, now_us=now_us):
            break
        for rollout in needing:
            judging.fix(rollout, day=block.day, now_us=now_us)
        if watching is not None:
            past += watching.sums_of(block, ledger=ledger)
        ledger.let_go(block)
    return tuple(past)
