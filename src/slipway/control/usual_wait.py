"""How long outcomes usually take, told from the journal, where ``maturity = "0s"`` says nothing of it.

A monitor sums each slice of time once. Without a wait it would sum an hour the moment it is over, and count as missing
whatever comes later. So it waits for as long as outcomes have taken before, and half as long again, for jobs run late.
"""

from collections.abc import Iterable

import numpy as np

from slipway.control.block import NEVER, Block
from slipway.control.ledger import Ledger
from slipway.control.maturity import OPEN_END_US
from slipway.deployment.late import FEWEST, NEARLY_ALL, ROOM


def usual_wait_us(blocks: Iterable[Block], *, before_us: int) -> int:
    """Return how long to wait for outcomes of requests of a day, from what had come when it began.

    So it is a function of the journal, whenever it is asked. Outcomes of the last 35 days' requests count. It is 0
    where fewer than :data:`~slipway.deployment.late.FEWEST` had come, and at most those 35 days: as long rows are held.

    Args:
        blocks: Days of one route.
        before_us: The day's beginning; what came later was not known then.
    """
    delays = []
    for block in blocks:
        if before_us - OPEN_END_US <= block.start_us < before_us:
            came_us = block.outcome_at_us
            known = (came_us != NEVER) & (came_us < before_us)
            delays.append(np.maximum(came_us[known] - block.at_us[known], 0))
    if sum(map(len, delays)) < FEWEST:
        return 0
    usual = np.quantile(np.concatenate(delays), NEARLY_ALL, method="inverted_cdf")
    return min(round(ROOM * float(usual)), OPEN_END_US)


class UsualWaits:
    """Remembers what was told of each day of each route."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int] = {}

    def of(self, block: Block, *, ledger: Ledger) -> int:
        """Return how long outcomes of a day's requests are waited for."""
        key = (block.route, block.day)
        if key not in self._known:
            self._known[key] = usual_wait_us(ledger.blocks(block.route), before_us=block.start_us)
        return self._known[key]
