"""Play flights through a running server in the order of life: asked about when the doors close, known when landed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import polars as pl

from model import FIELDS

HOUR = timedelta(hours=1)


class Replay:
    """Sends each hour's outcomes and requests on the event clock, and has control look once a day.

    Args:
        flights: What ``model.load`` returns: the rows to ask about.
        serving: Address of the data plane.
        control: Address of the control surface.
    """

    def __init__(self, flights: pl.DataFrame, *, serving: str, control: str) -> None:
        self._flights = flights.sort("time")
        self._landings = flights.drop_nulls(["late", "landed"]).sort("landed").select("flight", "late", "landed")
        self._client = httpx.Client(timeout=60)
        self._serving = serving
        self._control = control
        self.asked = 0
        self.told = 0

    def days(self, first: date, last: date) -> Iterator[tuple[date, dict[str, object]]]:
        """Play each day and yield it with what control answered; the generator may be left early."""
        today = first
        while today <= last:
            start = datetime(today.year, today.month, today.day, tzinfo=UTC)
            for hour in range(24):
                self._play(start + hour * HOUR, start + (hour + 1) * HOUR)
            yield today, self._step(start + timedelta(days=1))
            today += timedelta(days=1)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _play(self, begin: datetime, end: datetime) -> None:
        landed = self._between(self._landings, "landed", begin, end)
        if landed.height:
            outcomes = [{"id": f, "value": v} for f, v in zip(landed["flight"], landed["late"], strict=True)]
            self._post(f"{self._serving}/outcomes", {"outcomes": outcomes}, at=end)
            self.told += len(outcomes)
        rows = self._between(self._flights, "time", begin, end)
        if rows.height:
            named = rows.select(pl.col("flight").alias("id"), "flight", *FIELDS).to_dicts()
            self._post(f"{self._serving}/predict", {"rows": named}, at=end)
            self.asked += len(named)

    @staticmethod
    def _between(table: pl.DataFrame, column: str, begin: datetime, end: datetime) -> pl.DataFrame:
        first, last = (int(table[column].search_sorted(moment)) for moment in (begin, end))
        return table[first:last]

    def _step(self, now: datetime) -> dict[str, object]:
        reply = self._client.post(f"{self._control}/step", json={"now_us": micros(now)})
        return _checked(reply)

    def _post(self, url: str, body: object, *, at: datetime) -> None:
        headers = {"Content-Type": "application/json", "Slipway-Time-Us": str(micros(at) - 1)}
        _checked(self._client.post(url, content=msgspec.json.encode(body), headers=headers))


def micros(moment: datetime) -> int:
    """Return microseconds since the epoch."""
    return int(moment.timestamp() * 1_000_000)


def _checked(reply: httpx.Response) -> dict[str, object]:
    if reply.status_code != httpx.codes.OK:
        raise RuntimeError(f"{reply.request.url}: want 200, got {reply.status_code}: {reply.text[:500]}")
    answer: dict[str, object] = reply.json()
    return answer
