"""The control surface over HTTP: JSON in, JSON out, on this machine only.

It answers only requests that name this machine as their host and come from no foreign page, and takes bodies only as
``application/json``, so that no web page that somebody happens to have open can command a rollout.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from slipway.control.desk import Desk, RollbackRequest, StartRequest, StepRequest, decode_request
from slipway.errors import BadInput, Conflict, Corrupt, NotFound, Refused, SlipwayError, Unavailable
from slipway.records.worker_config import is_loopback

MOST_BYTES = 1_000_000
"""Longest body that is read."""

EXACT = "application/msgpack"
"""What a caller accepts who wants every number as it is."""

_DIGITS = 18  # of the largest number that the store's integers hold for certain
_STATUS: tuple[tuple[type[SlipwayError], int, str], ...] = (
    (BadInput, 400, "Mend the request; sending it again as it is will fail again."),
    (NotFound, 404, "Look at the list above it in the path."),
    (Conflict, 409, "Look at GET /status, then decide."),
    (Refused, 403, "The message carries the evidence."),
    (Unavailable, 503, "Try again later."),
    (Corrupt, 500, "Stored bytes are damaged; nothing was guessed."),
)


def surface(desk: Desk) -> Starlette:
    """Return the ASGI application."""

    async def step(request: Request) -> Response:
        wanted = await _read(request, kind=StepRequest)
        return _answer(request, await run_in_threadpool(desk.step, wanted))

    async def start(request: Request) -> Response:
        wanted = await _read(request, kind=StartRequest)
        return _answer(request, await run_in_threadpool(desk.start, wanted), status=201)

    async def roll_back(request: Request) -> Response:
        wanted = await _read(request, kind=RollbackRequest)
        ended = await run_in_threadpool(desk.roll_back, request.path_params["id"], request=wanted)
        return _answer(request, ended)

    async def audit(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not (after.isdecimal() and len(after) <= _DIGITS):
            raise BadInput(f"after: want the number of an audit entry, got {after!r}.")
        return _answer(request, await run_in_threadpool(desk.audit, after_seq=int(after)))

    def get(ask: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return _answer(request, await run_in_threadpool(ask, *request.path_params.values()))

        return answer

    return Starlette(
        routes=[
            Route("/status", get(desk.status)),
            Route("/rollouts", get(desk.rollouts)),
            Route("/rollouts", start, methods=["POST"]),
            Route("/rollouts/{id}", get(desk.rollout)),
            Route("/rollouts/{id}/rollback", roll_back, methods=["POST"]),
            Route("/verdicts/{id}/replay", get(desk.replay)),
            Route("/findings", get(desk.findings)),
            Route("/audit", audit),
            Route("/step", step, methods=["POST"]),
        ],
        middleware=[Middleware(OwnMachineOnly)],
        exception_handlers={SlipwayError: _refuse, 404: _not_here, 405: _not_here},
    )


class OwnMachineOnly:
    """Refuses requests whose Host is not this machine, or whose Origin is a foreign page.

    Args:
        app: What is asked if nothing is wrong.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and (trouble := _foreign(Request(scope))):
            await _error(403, trouble, hint="Call it as http://127.0.0.1 from this machine.")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _foreign(request: Request) -> str:
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if not is_loopback(host):
        return f"Host: want this machine, got {host!r}."
    origin = request.headers.get("origin")
    if origin is not None and not is_loopback(urlsplit(origin).hostname or ""):
        return f"Origin: want a page of this machine or none, got {origin!r}."
    return ""


async def _read(request: Request, *, kind: type[Any]) -> Any:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadInput(f"request: want at most {MOST_BYTES:,} bytes, got more.")
    if body and request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise BadInput("Content-Type: want application/json, got something else.")
    return decode_request(bytes(body), kind=kind)


def _answer(request: Request, value: object, *, status: int = 200) -> Response:
    """Answer in JSON, or in MessagePack to who asks for it: JSON has no infinity, and an open interval becomes null."""
    if request.headers.get("accept") == EXACT:
        return Response(msgspec.msgpack.encode(value), status_code=status, media_type=EXACT)
    return _json(value, status=status)


def _json(value: object, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _error(status: int, message: str, *, hint: str) -> Response:
    return _json({"error": message, "hint": hint}, status=status)


async def _refuse(_: Request, error: Exception) -> Response:
    status, hint = next(
        ((status, hint) for kind, status, hint in _STATUS if isinstance(error, kind)), (500, "See the log of control.")
    )
    return _error(status, str(error), hint=hint)


async def _not_here(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    paths = (
        "/status, /rollouts, /rollouts/{id}, /rollouts/{id}/rollback, /verdicts/{id}/replay, /findings, /audit, /step"
    )
    return _error(status, f"{request.method} {request.url.path}: no such thing here.", hint=f"There is {paths}.")
