"""Play flights through a running server in the order of life: asked about when the doors close, known when landed."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import numpy as np
import polars as pl
from model import FIELDS

from slipway.control.report import StepReport

HOUR_US = 3_600_000_000


class Replay:
    """Sends each hour's outcomes and requests on the event clock, and has control look once a day.

    Args:
        flights: What ``model.load`` returns: the rows to ask about.
        serving: Address of the data plane.
        look: Makes control look at the evidence as of a moment, such as ``Project.step``.
    """

    def __init__(self, flights: pl.DataFrame, *, serving: str, look: Callable[[int], StepReport]) -> None:
        asked, told = flights.sort("time"), flights.drop_nulls(["late", "landed"]).sort("landed")
        self._rows = asked.select(pl.col("flight").alias("id"), "flight", *FIELDS)
        self._times = asked["time"].dt.epoch("us").to_numpy()
        self._outcomes = told.select(id="flight", value="late")
        self._landings = told["landed"].dt.epoch("us").to_numpy()
        self._client = httpx.Client(timeout=60, headers={"Content-Type": "application/json"})
        self._serving = serving
        self._look = look
        self.asked = 0
        self.told = 0

    def days(self, first: date, last: date) -> Iterator[tuple[date, StepReport]]:
        """Play each day and yield it with what control said; the generator may be left early."""
        today = first
        while today <= last:
            start = midnight(today)
            for hour in range(24):
                self._play(start + hour * HOUR_US, start + (hour + 1) * HOUR_US)
            yield today, self._look(start + 24 * HOUR_US)
            today += timedelta(days=1)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _play(self, begin: int, end: int) -> None:
        first, last = np.searchsorted(self._landings, [begin, end])
        if last > first:
            self._post("outcomes", {"outcomes": self._outcomes[int(first) : int(last)].to_dicts()}, at=end)
            self.told += int(last - first)
        first, last = np.searchsorted(self._times, [begin, end])
        if last > first:
            self._post("predict", {"rows": self._rows[int(first) : int(last)].to_dicts()}, at=end)
            self.asked += int(last - first)

    def _post(self, path: str, body: object, *, at: int) -> None:
        reply = self._client.post(
            f"{self._serving}/{path}", content=msgspec.json.encode(body), headers={"Slipway-Time-Us": str(at - 1)}
        )
        if reply.status_code != httpx.codes.OK:
            raise RuntimeError(f"{reply.request.url}: want 200, got {reply.status_code}: {reply.text[:500]}")


def midnight(day: date) -> int:
    """Return the beginning of a day, UTC, in microseconds since the epoch."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
