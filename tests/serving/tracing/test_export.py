"""What a collector does not take is counted, and said in bounds."""

import itertools
from types import SimpleNamespace

import pytest
import structlog
from opentelemetry.sdk.resources import Resource

from slipway.serving.tracing.export import TraceExport, open_export


class Flaps:
    """A collector that takes every other batch."""

    def __init__(self):
        self._answers = itertools.cycle(("FAILURE", "SUCCESS"))

    def export(self, spans):
        return SimpleNamespace(name=next(self._answers))

    def shutdown(self):
        """Nothing to end."""


def test_a_collector_that_takes_every_other_batch_has_a_line_a_minute():
    counted, seconds = [], itertools.count(0, 0.5)
    export = TraceExport(
        Flaps(), resource=Resource({}), count=lambda what, n: counted.append(what), now=lambda: next(seconds)
    )
    with structlog.testing.capture_logs() as lines:
        for _ in range(200):  # some two minutes
            export._export([object()] * 2)
    export.close()
    assert (counted.count("not_taken"), counted.count("sent")) == (100, 100)
    assert 2 <= len(lines) <= 4
    assert {line["event"] for line in lines} == {"traces not taken"}
    assert lines[0]["spans"] == 2
    assert lines[1]["spans"] > 50, "those that had no line of their own are told with the next"


@pytest.mark.parametrize("status", [302, 304])
def test_a_redirect_is_not_taken(taken, status):
    counted = []
    export = open_export(taken.url, project="p", process="worker-0", count=lambda what, n: counted.append((what, n)))
    taken.status = status
    export._export([])
    export.close()
    assert counted == [("not_taken", 0)]
