"""Business metrics by POST /outcomes: journalled before the reply, never outcomes, by prediction and metric."""

import io

import httpx
import polars as pl
import pytest

from slipway.control.ledger import Ledger
from slipway.control.terms import Terms
from slipway.records.frame import MetricFrame
from slipway.storage.journal import SegmentReader
from slipway.testing import models

WELL = {"id": "a", "metric": "revenue", "value": 3.2}
ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}


def values(place):
    """Each value in the journal: id, metric, value."""
    frames = place.frames(MetricFrame)
    return [row for f in frames for row in zip(f.id, f.metric, f.value, strict=True)]


def test_one_many_and_a_table_are_kept_and_are_no_outcomes(serve, place):
    out = io.BytesIO()
    pl.DataFrame({"id": ["b"], "metric": ["minutes"], "value": [7]}).write_ipc_stream(out)
    with serve() as server:

        def tell(body):
            return httpx.post(f"{server.url}/outcomes", json=body).json()

        asked = {"user": "u", **{f.name: 0.5 for f in models.NUMBERS.fields}, "id": "a"}
        assert httpx.post(f"{server.url}/predict", json=asked).status_code == 200
        assert tell(WELL) == {"accepted": 1}
        assert tell({"metrics": [WELL, WELL | {"metric": "minutes"}]}) == {"accepted": 2}
        assert tell(WELL | {"value": 9.0}) == {"accepted": 1}
        assert tell({"id": "a", "value": 0}) == {"accepted": 1}
        table = httpx.post(f"{server.url}/outcomes", content=out.getvalue(), headers=ARROW)
        assert table.json() == {"accepted": 1}
        counts = httpx.get(f"{server.url}/metrics").text
    first, *more, last = values(place)
    assert (first, last) == (("a", "revenue", 3.2), ("b", "minutes", 7.0))
    assert more == [("a", "revenue", 3.2), ("a", "minutes", 3.2), ("a", "revenue", 9.0)]
    assert place.outcomes() == [("a", 0.0)]
    assert 'slipway_metrics_total{worker="worker-0"} 5\n' in counts
    ledger = Ledger(Terms())
    ledger.catch_up(SegmentReader(place.layout.journal))
    tally = ledger.tally
    assert (tally.metrics, tally.repeated_metrics, tally.unknown_metrics, tally.outcomes) == (2, 2, 1, 1)
    (block,) = ledger.blocks("r")
    assert block.metric(ledger.metric("revenue"))[0].tolist() == [3.2]  # the first counts


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (WELL | {"metric": "Revenue"}, 400, "metric: this names no metric."),
        (WELL | {"value": True}, 400, "This is no business metric."),
        ({"id": "a", "metric": "revenue"}, 400, "This is no business metric."),
        ({"metrics": []}, 400, "There are no metrics."),
        ({"metrics": [WELL, WELL | {"value": 1}]}, 409, "'revenue' of 'a': two values contradict each other."),
    ],
)
def test_what_is_none_is_refused_and_nothing_is_kept(serve, place, body, status, told):
    with serve() as server:
        reply = httpx.post(f"{server.url}/outcomes", json=body)
    assert (reply.status_code, reply.json()["error"]) == (status, told)
    assert place.frames(MetricFrame) == []
