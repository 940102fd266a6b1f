"""One tick, whichever way its rows take: settled at once as a whole, or in parts by arms that are awaited."""

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.records.worker_config import WorkerConfig
from slipway.serving.answers import encoders
from slipway.serving.decode import RowDecoder
from slipway.serving.live_route import LiveRoute
from slipway.serving.metrics import Counts
from slipway.serving.tick import Ticker
from slipway.testing import models

SHARES = {"x": 0.3, "y": 0.3, "old": 0.4}
ARMS = tuple(Arm(name=name, kind=ArmKind.RULE, rule="a > 0") for name in SHARES)
ROUTE = Route(
    name="r",
    version=1,
    salt="s",
    arms=ARMS,
    fallback="old",
    shares=tuple(Share(arm=a, share=s) for a, s in SHARES.items()),
)
CONFIG = WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0)


class Now:
    """Answers at once: a tenth of ``a``, and nothing where ``a`` is below the floor."""

    at_once = True

    def __init__(self, floor):
        self._floor = floor

    def score(self, columns, *, rows):
        assert len(columns["a"]) == rows
        return np.where(columns["a"] < self._floor, np.nan, columns["a"] / 10)

    async def predict(self, columns, *, rows):
        return self.score(columns, rows=rows)

    async def close(self):
        """Nothing to close."""


class Later:
    """The same, awaited."""

    def __init__(self, floor):
        self._now = Now(floor)

    async def predict(self, columns, *, rows):
        await asyncio.sleep(0)
        return self._now.score(columns, rows=rows)

    async def close(self):
        """Nothing to close."""


class Kept:
    """A journal that keeps its frames."""

    def __init__(self):
        self.frames = []

    def append(self, frames):
        self.frames += frames

    def close(self):
        """Nothing to close."""

    def rows(self):
        """Return what was kept, by id, without the latency."""
        found = {}
        for f in self.frames:
            a = np.frombuffer(f.x["a"])
            for i, id_ in enumerate(f.id):
                assert id_ not in found
                found[id_] = (f.at_us[i], f.entity[i], f.arm[i], f.fallback[i], repr(f.score[i]), a[i])
        return found


class Said:
    """A caller that keeps what it was told."""

    def __init__(self):
        self.reply = None

    def ok(self, body):
        assert self.reply is None
        self.reply = body

    def refuse(self, refusal):
        assert self.reply is None
        self.reply = refusal.status


async def ask(bodies, runtimes):
    journal, counts = Kept(), Counts()
    live = LiveRoute(ROUTE, runtimes)
    ticker = Ticker(CONFIG, journal=journal, writer="w", live=lambda: live, counts=counts)
    decoder = RowDecoder(CONFIG.signature, entity="user")
    one, many = encoders(CONFIG.signature)
    callers = [Said() for _ in bodies]
    for at_us, (caller, body) in enumerate(zip(callers, bodies, strict=True)):
        asked = decoder.decode(body)
        ticker.ask(caller, asked, at_us=at_us, encode=many if asked.many else one)
    await asyncio.wait_for(ticker.drained(), 10)
    return [caller.reply for caller in callers], journal.rows(), counts.predictions, counts.errors


def row(user, a):
    return b'{"user":"u%d","a":%d}' % (user, a)


ROW = st.builds(row, st.integers(0, 30), st.integers(-3, 9))
BODY = ROW | st.lists(ROW, min_size=1, max_size=4).map(lambda rows: b'{"rows":[%b]}' % b",".join(rows))


@settings(deadline=None, max_examples=60)
@given(st.lists(BODY, min_size=1, max_size=8))
def test_whether_arms_are_awaited_changes_no_reply_and_no_row(bodies):
    """Arm x fails below -1 and the fallback below -2, so some rows are answered by it and some by nobody."""
    floors = {"x": -1.0, "y": -9.0, "old": -2.0}
    ways = [
        {name: (Later if name in awaited else Now)(floor) for name, floor in floors.items()}
        for awaited in ((), ("x",), ("y", "old"), ("x", "y", "old"))
    ]
    found = [asyncio.run(ask(bodies, runtimes)) for runtimes in ways]
    replies, rows, predictions, errors = found[0]
    assert None not in replies
    assert len(rows) == sum(predictions.values())
    for other in found[1:]:
        assert other == (replies, rows, predictions, errors)


def test_one_reply_that_cannot_be_made_leaves_no_other_waiting():
    def broken(_):
        raise ZeroDivisionError

    async def go():
        live = LiveRoute(ROUTE, {name: Now(-9.0) for name in SHARES})
        ticker = Ticker(CONFIG, journal=Kept(), writer="w", live=lambda: live, counts=Counts())
        decoder, callers = RowDecoder(CONFIG.signature, entity="user"), [Said(), Said(), Said()]
        encode, _ = encoders(CONFIG.signature)
        for i, caller in enumerate(callers):
            ticker.ask(caller, decoder.decode(row(i, 1)), at_us=1, encode=broken if i == 1 else encode)
        await asyncio.wait_for(ticker.drained(), 10)
        return [caller.reply for caller in callers]

    first, second, third = asyncio.run(go())
    assert second == 500
    assert b'"score":0.1' in first
    assert b'"score":0.1' in third


def test_rows_of_a_tick_count_from_the_first_of_them(monkeypatch):
    """Later rows of a tick had come by then too, so nobody's latency is told too short."""
    moments = iter(range(1_000_000, 10**9, 1_000_000))
    monkeypatch.setattr("slipway.serving.tick.time.monotonic_ns", lambda: next(moments))

    async def go():
        journal = Kept()
        live = LiveRoute(ROUTE, {name: Now(-9.0) for name in SHARES})
        ticker = Ticker(CONFIG, journal=journal, writer="w", live=lambda: live, counts=Counts())
        decoder, (encode, _) = RowDecoder(CONFIG.signature, entity="user"), encoders(CONFIG.signature)
        for i in range(3):
            ticker.ask(Said(), decoder.decode(row(i, 1)), at_us=1, encode=encode)
        await asyncio.wait_for(ticker.drained(), 10)
        return journal.frames[0].latency_us

    latency_us = asyncio.run(go())
    assert len(set(latency_us)) == 1
    assert latency_us[0] >= 1000
