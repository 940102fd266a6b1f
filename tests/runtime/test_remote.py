"""A remote service on a real socket that is down, slow, drips, redirects, sends too much, lies about itself, or changes
its mind: a batch ends in time, the error is counted by kind, and what fails again and again is left alone."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import time

import msgspec
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from slipway.errors import BadInput, DeadlineExceeded, Unavailable
from slipway.records.arm import Arm, ArmKind, JsonShape
from slipway.runtime.http import HttpRuntime
from slipway.testing import models

OK = b'{"outputs":[{"name":"score","shape":[1],"datatype":"FP64","data":[0.25]}]}'


def reply(body=OK, *, status="200 OK", head=""):
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode() + body


class Service:
    """Answers each request with the next of its replies, the last for ever; an async function writes as it likes."""

    def __init__(self, *replies, tls=None):
        self._replies, self._tls = list(replies), tls
        self.requests, self.connections, self._talks = [], 0, []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._talks.clear()

    async def _talk(self, reader, writer):
        self.connections += 1
        self._talks.append(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append((head, await reader.readexactly(size)))
                now = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
                if now is None:
                    break
                if callable(now):
                    await now(writer)
                else:
                    writer.write(now)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


def asking(service, scenario, *, scheme="http", root=None, signature=models.NUMBERS, monotonic=time.monotonic, **more):
    async def run():
        async with service:
            url = f"{scheme}://127.0.0.1:{service.port}/v2/models/old/infer"
            arm = Arm(name="old", kind=ArmKind.HTTP, url=url, **{"timeout_ms": 20_000} | more)
            runtime = HttpRuntime(arm, signature=signature, root=root, monotonic=monotonic)
            try:
                return await scenario(runtime)
            finally:
                await runtime.close()

    return asyncio.run(run())


async def one(runtime, rows=1):
    return (await runtime.predict(models.numbers_batch(rows), rows=rows)).tolist()


def failing(runtime, error=Unavailable, match=None):
    async def run():
        with pytest.raises(error, match=match):
            await one(runtime)

    return run()


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await asyncio.sleep(0.05)


async def hang(writer):
    await asyncio.sleep(60)


def test_one_connection_serves_many_batches():
    service = Service(reply())

    async def scenario(runtime):
        for _ in range(20):
            assert await one(runtime) == [0.25]
        assert runtime.usage().failures == {}

    asking(service, scenario)
    assert (service.connections, len(service.requests)) == (1, 20)


@pytest.mark.parametrize("how", [drip, hang])
def test_a_batch_ends_in_time_however_slowly_the_bytes_come(how):
    async def scenario(runtime):
        begun_s = time.monotonic()
        await failing(runtime, DeadlineExceeded, "within 300 ms")
        assert time.monotonic() - begun_s < 4
        assert runtime.usage().failures == {"timeout": 1}

    asking(Service(how), scenario, timeout_ms=300)


@pytest.mark.parametrize(
    ("said", "kind", "match"),
    [
        (
            reply(b"", status="302 Found", head="location: http://else.example/\r\n"),
            "redirect",
            "else.example",
        ),
        (reply(b" " * 100_000), "large", "at most 65792 bytes"),
        (reply(b"\x1f\x8b", head="content-encoding: gzip\r\n"), "reply", "content-encoding 'gzip'"),
        (reply(b"{}"), "reply", "outputs"),
        (reply(b"no", status="401 Unauthorized"), "status", "401 'no'"),
        (reply(b"busy", status="503 Service Unavailable"), "status", "503 'busy'"),
        (b"SSH-2.0-nothing\r\n\r\n", "dropped", "RemoteProtocolError"),
        (None, "dropped", "RemoteProtocolError"),
    ],
)
def test_failures_are_counted_by_kind_and_not_asked_again(said, kind, match):
    service = Service(said)

    async def scenario(runtime):
        await failing(runtime, match=match)
        assert runtime.usage().failures == {kind: 1}

    asking(service, scenario)
    assert len(service.requests) == 1, "asking twice might do something twice over there"


@pytest.mark.parametrize("first", [None, reply(b"busy", status="503 Service Unavailable")])
def test_where_it_does_no_harm_a_request_is_sent_again_once(first):
    service = Service(first, reply())

    async def scenario(runtime):
        assert await one(runtime) == [0.25]
        assert runtime.usage().failures == {"retried": 1}

    asking(service, scenario, retry=True)
    assert len(service.requests) == 2


def test_a_refusal_is_final_even_where_asking_again_does_no_harm():
    service = Service(reply(b"no", status="400 Bad Request"))
    asking(service, lambda runtime: failing(runtime, match="400"), retry=True)
    assert len(service.requests) == 1


def test_what_was_never_sent_is_sent_again():
    async def scenario(runtime):
        await failing(runtime, match="ConnectError")
        assert runtime.usage().failures == {"retried": 1, "connect": 1}

    class Nobody(Service):
        async def __aenter__(self):
            await super().__aenter__()
            self._server.close()
            await self._server.wait_closed()
            return self

    asking(Nobody(reply()), scenario)


class Clock:
    """Seconds that go by when the test says so: no pause ends because the machine is slow."""

    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_what_fails_again_and_again_is_left_alone_then_tried_by_one():
    clock = Clock()
    service = Service(*[reply(b"", status="500 Oops")] * 6, reply())

    async def scenario(runtime):
        for _ in range(5):
            await failing(runtime, match="500")
        begun_s = time.monotonic()
        for _ in range(10):
            await failing(runtime, match="5 failures in a row before; it is left alone for 0.5 s more")
        assert time.monotonic() - begun_s < 4, "ten pauses are 5 s, and the fallback must not wait"
        assert len(service.requests) == 5
        clock.now_s += 0.55
        tried = await asyncio.gather(*(one(runtime) for _ in range(8)), return_exceptions=True)
        assert all(isinstance(t, Unavailable) for t in tried)
        assert len(service.requests) == 6, "one tries, the others do not"
        clock.now_s += 0.55
        await failing(runtime, match="left alone")
        clock.now_s += 0.55
        assert await one(runtime) == [0.25]
        assert await asyncio.gather(*(one(runtime) for _ in range(8))) == [[0.25]] * 8
        assert runtime.usage().failures == {"status": 6, "left_alone": 18}

    asking(service, scenario, monotonic=clock)


def test_a_caller_who_goes_away_while_he_tries_leaves_the_try_to_the_next():
    service, clock = Service(*[reply(b"", status="500 Oops")] * 5, hang, reply()), Clock()

    async def scenario(runtime):
        for _ in range(5):
            await failing(runtime)
        clock.now_s += 0.55
        trying = asyncio.create_task(one(runtime))
        async with asyncio.timeout(60):
            while len(service.requests) < 6:
                await asyncio.sleep(0.01)
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
        assert await one(runtime) == [0.25]

    asking(service, scenario, monotonic=clock)


def certificate(folder, *, name):
    """A certificate of its own for a name or address, with its key; returns the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old service")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def test_a_certificate_counts_only_from_the_authority_that_was_named_and_for_that_host(tmp_path):
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    service = Service(reply(), tls=certificate(tmp_path, name=here))

    async def answers(runtime):
        assert await one(runtime) == [0.25]

    async def refused(runtime):
        await failing(runtime, match="CERTIFICATE_VERIFY_FAILED")
        assert runtime.usage().failures == {"tls": 1}

    asking(service, answers, scheme="https", root=tmp_path, ca="ca.pem")
    asking(service, refused, scheme="https", root=tmp_path)
    elsewhere = Service(reply(), tls=certificate(tmp_path, name=x509.DNSName("elsewhere.example")))
    asking(elsewhere, refused, scheme="https", root=tmp_path, ca="ca.pem")


def test_a_certificate_that_is_none(tmp_path):
    (tmp_path / "ca.pem").write_text("nonsense")
    for ca, says in (("ca.pem", "PEM at 'ca.pem'"), ("gone.pem", "gone.pem"), ("../ca.pem", "leads out")):
        arm = Arm(name="old", kind=ArmKind.HTTP, url="https://old.example/", ca=ca)
        with pytest.raises(BadInput, match=says):
            HttpRuntime(arm, signature=models.NUMBERS, root=tmp_path)


def test_a_service_with_json_of_its_own():
    body = b'{"predictions": [{"p": 0.25}, {"p": null}, {"p": 1}]}'
    service = Service(reply(body))
    shape = JsonShape(rows="instances", score="predictions.p", names=(("a", "alpha"),))

    async def scenario(runtime):
        assert await one(runtime, 3) == pytest.approx([0.25, np.nan, 1.0], nan_ok=True)

    asking(service, scenario, json=shape)
    sent = msgspec.json.decode(service.requests[0][1])
    batch = models.numbers_batch(3)
    assert sent == {"instances": [{"alpha": batch["a"][i], "b": batch["b"][i]} for i in range(3)]}


def test_without_a_list_each_row_is_a_request_of_its_own():
    service = Service(reply(b'{"result": {"p": 0.5}}'))

    async def scenario(runtime):
        assert await one(runtime, 3) == [0.5] * 3

    asking(service, scenario, json=JsonShape(score="result.p"))
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"result": {"p": "0.5"}}', "numbers at 'result.p'"),
        (b'{"result": {"p": true}}', "numbers at 'result.p'"),
        (b'{"result": {}}', "an answer at 'result.p'"),
        (b'{"result": []}', "1 scores at 'result.p', got 0"),
        (b'{"result": {"p": [0.1, 0.2]}}', "1 scores at 'result.p', got 2"),
        (b'{"result": {"p": 2}}', r"scores in \[0, 1\]"),
        (b"<html>", "JSON"),
    ],
)
def test_an_answer_that_is_none_is_refused(body, says):
    asking(Service(reply(body)), lambda r: failing(r, match=says), json=JsonShape(score="result.p"))


@pytest.mark.parametrize(("names", "says"), [((("c", "x"),), r"got \['c'\]"), ((("a", "b"),), "a name of its own")])
def test_names_that_cannot_be_meant(names, says):
    arm = Arm(name="old", kind=ArmKind.HTTP, url="http://h/", json=JsonShape(score="p", names=names))
    with pytest.raises(BadInput, match=says):
        HttpRuntime(arm, signature=models.NUMBERS)
