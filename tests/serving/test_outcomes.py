"""Outcomes that contradict each other are refused, and the document says of each server what it keeps."""

import httpx
import pytest

from slipway.records.task import TaskKind
from slipway.records.worker_config import Durability, WhenFull, WorkerConfig
from slipway.serving.openapi import document
from slipway.serving.outcomes import decode_outcomes
from slipway.testing import models


def test_two_values_of_one_id_in_one_body_are_refused_and_one_said_twice_is_not(serve, place):
    with serve() as server:

        def tell(*values):
            told = {"outcomes": [{"id": "a", "value": v} for v in values]}
            return httpx.post(f"{server.url}/outcomes", json=told)

        refused = tell(1, 0)
        assert (refused.status_code, refused.json()["got"]) == (409, "1 and 0")
        assert tell(1, 1).json() == {"accepted": 2}
    assert place.outcomes() == [("a", 1.0)] * 2
    assert decode_outcomes(b'{"id": "a", "value": 1}', kind=TaskKind.BINARY) == (["a"], [1.0])


@pytest.mark.parametrize("durability", Durability)
@pytest.mark.parametrize("when_full", WhenFull)
def test_the_document_says_what_is_kept_and_its_exception(durability, when_full):
    config = WorkerConfig(
        route="r", signature=models.NUMBERS, entity="user", durability=durability, when_full=when_full
    )
    text = document(config, route=None, id_name="id", typical={})["info"]["description"]
    assert "survives a kill of any process" in text
    assert ("loss of power" in text) == (durability is Durability.FSYNC)
    assert ("slipway-unlogged" in text) == (when_full is WhenFull.SERVE_UNLOGGED)
