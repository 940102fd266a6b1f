"""What a remote system may answer, and what it is told to have answered wrongly."""

import asyncio

import httpx
import msgspec
import numpy as np
import pytest

from slipway.errors import BadInput, DeadlineExceeded, Unavailable
from slipway.records.arm import Arm, ArmKind
from slipway.runtime.http import HttpRuntime
from slipway.testing import models

URL = "http://old.example/v2/models/old/infer"


def ask(handler, *, rows=2, batch=models.numbers_batch, signature=models.NUMBERS):
    async def run():
        arm = Arm(name="old", kind=ArmKind.HTTP, url=URL)
        runtime = HttpRuntime(arm, signature=signature, transport=httpx.MockTransport(handler))
        try:
            return await runtime.predict(batch(rows), rows=rows)
        finally:
            await runtime.close()

    return asyncio.run(run())


def reply(**output):
    return lambda _: httpx.Response(200, json={"outputs": [{"name": "score", "datatype": "FP64", **output}]})


def test_the_request_is_the_open_inference_protocol():
    seen = []

    def handler(request):
        seen.append(msgspec.json.decode(request.content))
        return reply(shape=[6, 1], data=[0.5] * 6)(request)

    ask(handler, rows=6, batch=models.mixed_batch, signature=models.MIXED)
    delay, carrier, night = seen[0]["inputs"]
    assert delay["datatype"] == "FP64"
    assert delay["shape"] == [6, 1]
    assert carrier == {
        "name": "carrier", "shape": [6, 1], "datatype": "BYTES", "data": ["AA", "EV", "UA", "AA", None, "UA"],
    }  # fmt: skip
    assert night["data"] == [False, True, False, True, False, True]


def test_null_is_a_row_that_could_not_be_answered():
    assert ask(reply(shape=[2], data=[0.25, None])).tolist() == pytest.approx([0.25, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("handler", "wanted", "got"),
    [
        (reply(shape=[1], data=[0.5]), "2 scores", "1 with shape"),
        (reply(shape=[2, 2], data=[0.5, 0.5]), "2 scores", "shape [2, 2]"),
        (reply(shape=[2], data=[0.5, 1.5]), "scores in [0, 1]", "1.5"),
        (lambda _: httpx.Response(200, content=b'{"outputs":[{"name":"s","data":[NaN,1]}]}'), "finite", "NaN"),
        (lambda _: httpx.Response(200, content=b"<html>"), "Open Inference Protocol", "<html>"),
        (lambda _: httpx.Response(200, json={"outputs": []}), "one output", "[]"),
        (lambda _: httpx.Response(503, text="busy"), "status 200", "503 'busy'"),
    ],
)
def test_anything_else_is_refused_with_the_address(handler, wanted, got):
    with pytest.raises(Unavailable) as caught:
        ask(handler)
    assert str(caught.value).startswith(URL)
    assert wanted in str(caught.value)
    assert got in str(caught.value)


def test_a_refused_connection_and_a_slow_service_are_told_apart():
    def refuse(_):
        raise httpx.ConnectError("refused")

    def slow(_):
        raise httpx.ReadTimeout("slow")

    with pytest.raises(Unavailable, match="ConnectError"):
        ask(refuse)
    with pytest.raises(DeadlineExceeded, match="1000 ms"):
        ask(slow)


def test_an_address_that_is_none():
    with pytest.raises(BadInput, match="ftp://x"):
        HttpRuntime(Arm(name="old", kind=ArmKind.HTTP, url="ftp://x"), signature=models.NUMBERS)


@pytest.mark.parametrize(
    "reply", [httpx.Response(500), httpx.Response(302, headers={"location": "http://me:pw@else/"})]
)
def test_a_password_in_the_address_is_not_told(reply):
    async def run():
        arm = Arm(name="old", kind=ArmKind.HTTP, url=URL.replace("//", "//me:pw@"))
        runtime = HttpRuntime(arm, signature=models.NUMBERS, transport=httpx.MockTransport(lambda _: reply))
        for _ in range(6):  # after five it is left alone
            with pytest.raises(Unavailable, match=r"http://\*\*\*@old\.example/") as told:
                await runtime.predict(models.numbers_batch(2), rows=2)
            assert "me:pw" not in str(told.value)
        await runtime.close()

    asyncio.run(run())
