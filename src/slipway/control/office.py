"""What a control process does by turns: be the controller, or stand by until it may."""

import asyncio
from collections.abc import Callable

import structlog
from starlette.concurrency import run_in_threadpool

from slipway.control.desk import Desk
from slipway.control.tenure import BEAT_S, Tenure
from slipway.errors import SlipwayError
from slipway.records.worker_config import ClockKind

_log = structlog.get_logger()


class Office:
    """Looks each second whether this process is the controller.

    Args:
        tenure: Makes it so; None: it is.
        desk: Puts in force what the store says, where nothing else would before the first command: in a replay.
        told: Called with whether it is, at first and whenever that changes.

    Attributes:
        held: Whether it is.
    """

    def __init__(self, tenure: Tenure | None, *, desk: Desk, told: Callable[[bool], object]) -> None:
        self._tenure, self._desk, self._told = tenure, desk, told
        self._said: bool | None = None
        self.held = False

    async def look(self) -> None:
        """Look once."""
        try:
            self.held = await run_in_threadpool(self._tenure.look) if self._tenure else True
            if self.held and not self._said and self._desk.kind is ClockKind.EVENT:
                await run_in_threadpool(self._desk.settle)
        except SlipwayError as error:
            _log.warning("lease of the controller", problem=str(error))
        if self.held is not self._said:
            self._said = self.held
            _log.info("controller" if self.held else "standing by")
            self._told(self.held)

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(BEAT_S)
            await self.look()
