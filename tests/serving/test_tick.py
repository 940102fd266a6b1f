"""One tick, whichever way its rows take: settled at once as a whole, or in parts by arms that are awaited."""

import asyncio
import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.errors import DiskRefused
from slipway.records.arm import Arm, ArmKind
from slipway.records.handover import Handover
from slipway.records.route import Route, Share
from slipway.records.worker_config import WhenFull, WorkerConfig
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
    assert len(rows) == sum(predictions.values()) + errors.get("unanswered", 0), "each row is one or the other"
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


@pytest.mark.parametrize("runtime", [Now, Later])
def test_rows_that_fail_fast_are_no_fast_answers(runtime, monkeypatch):
    """Ten ticks in which all fail at once, one that is answered late: all that was answered was late."""
    moments = itertools.count(10**9, 1_000)
    config = msgspec.structs.replace(CONFIG, deadline_ms=60_000)
    monkeypatch.setattr("slipway.serving.tick.time.monotonic_ns", lambda: next(moments))

    async def go():
        counts, runtimes = Counts(slow_over_us=1_000_000.0), {name: runtime(0.0) for name in SHARES}
        ticker = Ticker(config, journal=Kept(), writer="w", live=lambda: LiveRoute(ROUTE, runtimes), counts=counts)
        decoder, (encode, _) = RowDecoder(CONFIG.signature, entity="user"), encoders(CONFIG.signature)
        for a, ask in ((-5, 10), (1, 1)):
            for i in range(ask):
                ticker.ask(Said(), decoder.decode(row(i, a)), at_us=1, encode=encode)
                if a > 0:
                    next(itertools.islice(moments, 2_000_000, None))  # two seconds
                await asyncio.wait_for(ticker.drained(), 60)
        return counts

    counts = asyncio.run(go())
    assert counts.errors == {"unanswered": 10}
    assert (sum(counts.latency), counts.slow) == (1, 1)
    assert sum(counts.predictions.values()) == 1, "a row that failed is no answer"


class Full(Kept):
    """A journal whose disk is full."""

    def append(self, frames):
        raise DiskRefused("journal: the disk is full.", full=True)


class Told(Said):
    """A caller that keeps the headers too."""

    def refuse(self, refusal):
        super().refuse(refusal)
        self.headers = refusal.headers

    def unlogged(self):
        """Nothing to mark."""


@pytest.mark.parametrize("runtime", [Now, Later])
def test_nobody_is_told_that_people_will_decide_what_a_full_disk_did_not_take(runtime):
    """Without a row in the journal there is no case; answers of models go out unlogged as the scope says."""
    desk = Arm(name="desk", kind=ArmKind.PERSON, people="the desk", answer_s=60.0, fallback="none")
    shares = (Share(arm="x", share=0.4), Share(arm="y", share=0.3), Share(arm="desk", share=0.3))
    over = (Handover(arm="x", person="desk", threshold=0.9),)
    route = Route(name="r", version=1, salt="s", arms=(*ARMS, desk), fallback="old", shares=shares, handovers=over)
    config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0, when_full=WhenFull.SERVE_UNLOGGED)

    async def go():
        live = LiveRoute(route, {name: runtime(-9.0) for name in SHARES})
        counts = Counts()
        ticker = Ticker(config, journal=Full(), writer="w", live=lambda: live, counts=counts)
        decoder, (one, many) = RowDecoder(CONFIG.signature, entity="user"), encoders(CONFIG.signature)
        callers = [Told() for _ in range(31)]
        for i, caller in enumerate(callers[:30]):
            ticker.ask(caller, decoder.decode(row(i, 6)), at_us=1, encode=one)
        several = b'{"rows":[%b]}' % b",".join(row(i, 6) for i in range(30))
        ticker.ask(callers[30], decoder.decode(several), at_us=1, encode=many)
        await asyncio.wait_for(ticker.drained(), 10)
        return callers, live.deal([f"u{i}" for i in range(30)])

    callers, arms = asyncio.run(go())
    assert {"x", "y", "desk"} == set(arms)
    for caller, arm in zip(callers, arms, strict=False):
        if arm == "y":
            assert b'"score":0.6' in caller.reply
        else:
            assert (caller.reply, caller.headers) == (503, (("retry-after", "10"),))
    assert callers[30].reply == 503, "some of its rows wait for people"
