"""A real server whose caller sends text for a number: one alert that says which field, and over when it is mended."""

import time

import httpx
import pytest

from slipway.control.alerting import Alerting
from slipway.control.ledger import Ledger
from slipway.control.service_look import snapshot
from slipway.control.service_watch import ServiceWatch
from slipway.control.terms import Terms
from slipway.control.trouble_sources import stored
from slipway.control.watching import Watching
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind
from slipway.records.arm import Arm, ArmKind
from slipway.records.model import Signature
from slipway.records.quality import Fault
from slipway.records.receiver import Alerts
from slipway.records.route import Route, Share
from slipway.records.scope import Budgets
from slipway.records.task import TaskKind
from slipway.records.trouble import Alert, AlertKind, AlertState, Happening
from slipway.serving import metrics
from slipway.serving.run_state import State, tell_state
from slipway.testing.fed import FIELDS, fed_model
from slipway.testing.memory import MemoryStore

RULE = Arm(name="model-1", kind=ArmKind.RULE, rule="distance > 500")
MODEL = Arm(name="model-1", kind=ArmKind.MODEL, package="0" * 64)


def route(arm):
    return Route(name="r", version=1, salt="s", shares=(Share(arm="model-1", share=1.0),), arms=(arm,))


class Site:
    """A server, and what control makes of its counts by a clock of our own: book, monitor and alerts."""

    def __init__(self, server, layout, *, caller):
        self.server, self.layout, self.caller, self.sent = server, layout, caller, 0
        self.now_us = time.time_ns() // 1000
        self.store = MemoryStore()
        self.store.commit([Change(route(MODEL), "r", 0)], at_us=self.now_us, by="test", why="test")
        service = ServiceWatch(
            layout.service,
            snapshot=lambda now_us: snapshot(layout.run, now_us=now_us),
            budgets=Budgets(),
            route="r",
            now_us=lambda: self.now_us,
        )
        self.watching = Watching(
            self.store, equip=lambda arm: fed_model(arm.name), wait_us=10**9, refused=service.refused
        )
        sources = [service.source(), *stored(self.store)]
        self.alerting = Alerting(self.store, sources=sources, alerts=Alerts(), machine_us=lambda: self.now_us)
        tell_state(layout.run, name="supervisor", state=State.READY)

    def minutes(self, number, distance=None, *, rows=6, same=False):
        """Serve so many minutes; every third row has the given distance, of the same request or of others."""
        for _ in range(number):
            for n in range(rows):
                self.sent += 1
                bad = distance is not None and n % 3 == 0
                who = "same" if bad and same else f"u{self.sent}"
                row = {"distance": distance if bad else 700.0, "temp": 3.0, "rank": 0.5, "carrier": "AA", "user": who}
                reply = self.caller.post("/predict", json=row)
                assert reply.status_code == (400 if bad else 200)
            (service,) = self.server.worker.services
            own = metrics.path_of("worker-0", folder=self.layout.state)  # the worker saves beside us, each second
            metrics.save(service.counts, path=own)
            own.replace(metrics.path_of("worker-0", folder=self.layout.run))
            self.now_us += 60_000_000
            problems = []
            self.watching.look(Ledger(Terms()), now_us=self.now_us, problems=problems)
            self.watching.store(self.now_us)
            self.alerting.step(self.now_us, problems=problems)
            assert problems == []

    def alerts(self):
        return [alert for _, alert, _ in self.store.all(Alert)]


@pytest.fixture
def site(serve, place):
    signature = Signature(fields=FIELDS, kind=TaskKind.BINARY)
    with serve(route(RULE), signature=signature) as server, httpx.Client(base_url=server.url, timeout=60) as caller:
        yield Site(server, place.layout, caller=caller)


def test_text_for_a_number_is_one_alert_that_names_the_field_and_resolves(site):
    site.minutes(5)
    assert site.alerts() == []
    site.minutes(20, "far")
    (alert,) = site.alerts()
    assert (alert.trouble.kind, alert.state) == (AlertKind.FEED, AlertState.OPEN)
    assert "33.3 % of the rows are refused: distance is text. Fix the feed." in alert.trouble.sentence
    (finding,) = [f for _, f, _ in site.store.all(Finding)]
    assert finding.kind is FindingKind.QUALITY
    assert [(q.fault, q.column) for q in finding.quality] == [(Fault.REFUSED, "distance")]
    site.minutes(30)
    (over,) = site.alerts()
    assert over.state is AlertState.RESOLVED
    assert [e.what for e in over.events] == [Happening.OPENED, Happening.RESOLVED]


def test_one_caller_who_tries_the_same_again_and_again_wakes_nobody(site):
    site.minutes(25, "far", same=True)
    assert site.alerts() == []
    text = site.caller.get("/metrics").text
    assert 'slipway_refusals_total{reason="text",field="distance",worker="worker-0"} 50' in text
