"""An arm that is somebody else's service, asked over HTTP.

It may be down, slow, hang, lie, drip, redirect or send too much: whatever it does, a batch ends within the arm's time
with scores or an error whose kind is counted. A service that fails again and again is left alone for a while.
"""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np

from slipway.errors import BadInput, DeadlineExceeded, SlipwayError, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import Arm
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.records.usage import ArmUsage
from slipway.runtime.breaker import Breaker
from slipway.runtime.handed_on import traceparent
from slipway.runtime.http_json import InferWire, ShapedWire, Unreadable, Wire
from slipway.words import address

_AT_ONCE = 64
_REPLY_BYTES, _ROW_BYTES = 64 << 10, 256
_HEADERS = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
_BUSY = frozenset({429, 502, 503, 504})


class _Failed(Exception):
    """One request that gave no reply to read: what to count it as, what was wanted, what came.

    Args:
        came: What came, in words of ours alone.
        unsent: Whether the service cannot have seen the request.
        later: Whether asking again soon may help, though it may have been seen.
    """

    def __init__(
        self, kind: str, wanted: str, got: str, *, came: str, unsent: bool = False, later: bool = False
    ) -> None:
        self.kind, self.wanted, self.got, self.came, self.unsent, self.later = kind, wanted, got, came, unsent, later
        super().__init__(got)


class HttpRuntime:
    """Asks one remote system; connections are kept alive between batches.

    Args:
        arm: Arm of kind HTTP; its ``timeout_ms`` bounds one batch from sending to the last byte.
        signature: What is sent and what an answer may be.
        root: Folder of the project, in which the arm's ``ca`` lies.
        transport: Another way to carry requests, for tests of the protocol itself.
        monotonic: Seconds of a clock that is never set, for how long the service is left alone.

    Raises:
        BadInput: An address or a certificate that is none.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        signature: Signature,
        root: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        url, shown = httpx.URL(arm.url), address(arm.url)
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput(
                f"arm {arm.name}: want an address such as 'http://127.0.0.1:9000/v2/models/old/infer', got '{shown}'."
            )
        self._arm, self._shown = arm, shown
        self._wire: Wire = ShapedWire(arm.json, signature.fields) if arm.json else InferWire(signature.fields)
        self._binary = signature.kind is TaskKind.BINARY
        self._breaker, self._monotonic = Breaker(trips_after=5), monotonic
        self._failures: Counter[str] = Counter()
        self._client = httpx.AsyncClient(
            timeout=arm.timeout_ms / 1000,
            limits=httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            verify=_trust(arm, root) if url.scheme == "https" else False,
        )

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return the service's answers, shape (rows,), NaN where it answered ``null``.

        Raises:
            Unavailable: It refused, could not be reached, answered something else than one score a row, or is left
                alone for a while because it failed again and again.
            DeadlineExceeded: It did not answer within ``timeout_ms``.
        """
        if not self._breaker.may_ask(now_s=self._monotonic()):
            self._failures["left_alone"] += 1
            left_s = self._breaker.left_s(now_s=self._monotonic())
            came = f"{self._breaker.failures} failures in a row before; it is left alone for {left_s:.1f} s more"
            raise Unavailable(
                f"{self._shown}: want an answer, got {came}. Look at that service, or route around it.", came=came
            )
        try:
            scores = await self._ask(columns, rows)
        except asyncio.CancelledError:
            self._breaker.gave_up()
            raise
        except SlipwayError:
            self._breaker.failed(now_s=self._monotonic())
            raise
        self._breaker.succeeded()
        return scores

    def usage(self) -> ArmUsage:
        """Return what it failed at; what it takes elsewhere nobody tells us."""
        return ArmUsage(device="remote", failures=dict(self._failures))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, columns: Columns, rows: int) -> Floats:
        bodies = self._wire.bodies(columns, rows=rows)
        try:
            async with asyncio.timeout(self._arm.timeout_ms / 1000):
                replies = await self._all(bodies, limit=_REPLY_BYTES + _ROW_BYTES * rows)
            return self._checked(self._wire.scores(replies, rows=rows))
        except (TimeoutError, httpx.TimeoutException):
            self._failures["timeout"] += 1
            raise DeadlineExceeded(
                f"{self._shown}: want an answer within {self._arm.timeout_ms:g} ms, got none. "
                f"Raise arms.{self._arm.name}.timeout_ms or look at that service.",
                came="none",
            ) from None
        except _Failed as failure:
            raise self._unavailable(failure.kind, failure.wanted, failure.got, came=failure.came) from None
        except Unreadable as failure:
            raise self._unavailable("reply", failure.wanted, failure.got, came="another reply") from None

    async def _all(self, bodies: list[bytes], *, limit: int) -> list[bytes]:
        if len(bodies) == 1:
            return [await self._exchange(bodies[0], limit)]
        try:
            async with asyncio.TaskGroup() as group:  # the first failure ends the others: half an answer is none
                tasks = [group.create_task(self._exchange(body, limit)) for body in bodies]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _exchange(self, body: bytes, limit: int) -> bytes:
        """Send one request and return the reply; once more if that can do no harm."""
        try:
            return await self._send(body, limit)
        except _Failed as failure:
            if not (failure.unsent or (self._arm.retry and failure.later)):
                raise
            self._failures["retried"] += 1
        return await self._send(body, limit)

    async def _send(self, body: bytes, limit: int) -> bytes:
        try:
            async with self._client.stream("POST", self._arm.url, content=body, headers=_headers()) as reply:
                return await _read(reply, limit)
        except httpx.ConnectTimeout:
            raise
        except httpx.ConnectError as error:
            kind = "tls" if isinstance(_root(error), ssl.SSLError) else "connect"
            got, unsent = f"{type(error).__name__} ({error})", kind == "connect"
            raise _Failed(kind, "a connection", got, came=_kinds(error), unsent=unsent) from None
        except httpx.TimeoutException:
            raise
        except httpx.HTTPError as error:
            got = f"{type(error).__name__} ({error})"
            raise _Failed("dropped", "an answer", got, came=_kinds(error), later=True) from None

    def _checked(self, found: list[float | None]) -> Floats:
        scores = np.array(found, np.float64)
        if self._binary and ((scores < 0) | (scores > 1)).any():
            raise Unreadable("scores in [0, 1]", f"{np.nanmin(scores):g} to {np.nanmax(scores):g}")
        return scores

    def _unavailable(self, kind: str, wanted: str, got: str, *, came: str) -> Unavailable:
        self._failures[kind] += 1
        return Unavailable(
            f"{self._shown}: want {wanted}, got {got}. Ask that service's owner, or route around it.", came=came
        )


def _headers() -> dict[str, str]:
    told = traceparent.get()
    return {**_HEADERS, "traceparent": told} if told else _HEADERS


async def _read(reply: httpx.Response, limit: int) -> bytes:
    if reply.is_redirect:
        to = address(reply.headers.get("location", ""))[:200]
        got = f"{reply.status_code}, a redirect to '{to}'"
        raise _Failed("redirect", "an answer from this address", got, came=f"status {reply.status_code}, a redirect")
    if (encoding := reply.headers.get("content-encoding", "identity")) != "identity":
        raise _Failed("reply", "a reply as it is", f"one in content-encoding '{encoding[:40]}'", came="an encoded one")
    content = bytearray()
    async for part in reply.aiter_bytes():
        content += part
        if len(content) > limit:
            raise _Failed("large", f"a reply of at most {limit} bytes", "a longer one", came="a longer one")
    if reply.status_code != 200:
        got = f"{reply.status_code} {bytes(content[:120]).decode(errors='replace')!r}"
        came = f"status {reply.status_code}"
        raise _Failed("status", "status 200", got, came=came, later=reply.status_code in _BUSY)
    return bytes(content)


def _trust(arm: Arm, root: Path | None) -> ssl.SSLContext:
    """Return a context that checks the service's certificate and name, always."""
    if not arm.ca:
        return ssl.create_default_context()
    base = (root or Path()).resolve()
    path = (base / arm.ca).resolve()
    if not path.is_relative_to(base):
        raise BadInput(f"arm {arm.name}: want 'ca' inside the project, got '{arm.ca}', which leads out.")
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            f"arm {arm.name}: want a certificate in PEM at '{arm.ca}', got {type(error).__name__}: {error}. "
            "Ask that service's owner for the authority that signed its certificate."
        ) from None


def _kinds(error: Exception) -> str:
    """Return the kinds of an error and of what it comes from, without their words."""
    return " of ".join(dict.fromkeys((type(error).__name__, type(_root(error)).__name__)))


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
