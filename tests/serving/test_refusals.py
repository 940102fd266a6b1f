"""Rows that do not fit the signature are counted by reason and field: whatever the protocol, and no caller's words."""

import httpx
import pytest

from slipway.records.misfit import ELSEWHERE, Reason, key
from slipway.serving.metrics import Counts
from slipway.serving.refusal import Refusal
from slipway.serving.refusals import MOST, REMEMBERED, Refusals

GOOD = {"a": 1.0, "b": 2.0, "user": "u"}
INPUTS = [
    {"name": "a", "shape": [3], "datatype": "BYTES", "data": ["x", "y", "z"]},
    {"name": "b", "shape": [3], "datatype": "FP64", "data": [1, 2, 3]},
    {"name": "user", "shape": [3], "datatype": "BYTES", "data": ["u", "v", "w"]},
]


@pytest.mark.parametrize(
    ("path", "body", "counted", "rows"),
    [
        ("/predict", GOOD | {"a": "far"}, (Reason.TEXT, "a"), 1),
        ("/predict", {"rows": [GOOD, GOOD | {"b": True}]}, (Reason.BOOLEAN, "b"), 2),
        ("/predict/r", {"rows": [GOOD, GOOD, GOOD | {"Ann": 1}]}, (Reason.UNKNOWN, ELSEWHERE), 3),
        ("/predict", {"a": 1.0, "b": 2.0}, (Reason.MISSING, "user"), 1),
        ("/predict", GOOD | {"a": [1]}, (Reason.NESTED, "a"), 1),
        ("/predict", [GOOD], (Reason.BODY, ELSEWHERE), 1),
        ("/predict", {"rows": []}, (Reason.OTHER, ELSEWHERE), 1),
        ("/v2/models/r/infer", {"inputs": INPUTS}, (Reason.TEXT, "a"), 3),
    ],
)
def test_what_does_not_fit_is_counted_by_reason_and_field(serve, path, body, counted, rows):
    with serve() as server:
        assert httpx.post(f"{server.url}{path}", json=body).status_code == 400
        assert httpx.post(f"{server.url}/outcomes", json={"id": 3}).status_code == 400  # no row to be answered
        assert httpx.post(f"{server.url}/predict", json=GOOD).status_code == 200
        text = httpx.get(f"{server.url}/metrics").text
        (service,) = server.worker.services
    lines = [line for line in text.splitlines() if line.startswith("slipway_refusals_total{")]
    reason, field = counted
    assert lines == [f'slipway_refusals_total{{reason="{reason}",field="{field}",worker="worker-0"}} 1']
    assert service.counts.refused_rows == {key(*counted): rows}
    assert "Ann" not in text


def test_a_loop_of_retries_counts_its_rows_once():
    counts = Counts()
    refusals = Refusals(["a"], requests=counts.refusals, rows=counts.refused_rows)
    for n in range(50):
        refusals.note(Refusal(400, "x", misfit=(Reason.TEXT, "a"), rows=4), body=b"the same")
        refusals.note(Refusal(400, "x", misfit=(Reason.TEXT, "a")), body=b"another %d" % n)
    refusals.note(Refusal(503, "x"), body=b"no room")
    assert counts.refusals == {"text a": 100}
    assert counts.refused_rows == {"text a": 54}


def test_whatever_callers_send_what_is_kept_is_bounded():
    counts = Counts()
    refusals = Refusals([f"f{n}" for n in range(5000)], requests=counts.refusals, rows=counts.refused_rows)
    for n in range(5000):
        refusals.note(Refusal(400, "x", misfit=(Reason.TEXT, f"f{n}")), body=b"%d" % n)
        refusals.note(Refusal(400, "x", misfit=(Reason.UNKNOWN, f"Ann {n}")), body=b"Ann %d" % n)
    assert len(counts.refusals) <= MOST + len(Reason)
    assert sum(counts.refusals.values()) == 10_000
    assert len(refusals._bodies) == REMEMBERED
    assert not [pair for pair in counts.refusals if "Ann" in pair]
