"""The control surface over HTTP: JSON in, JSON out; and the pages that whoever mounts it gives it, for people.

It answers only requests that name the server as their host and come from no foreign page, and, where the project has
keys, only who shows one that may command. Bodies are taken only as ``application/json``, so that no web page that
somebody happens to have open can command a rollout.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from slipway.control.alert_desk import AlertRequest, AlertTestRequest
from slipway.control.browser import CHALLENGE, as_bearer, is_page
from slipway.control.control_metrics import metrics_text
from slipway.control.desk import Desk
from slipway.control.requests import (
    ApprovalRequest,
    RehearsalRequest,
    RollbackRequest,
    StartRequest,
    StepRequest,
    decode_request,
)
from slipway.control.review_forms import ClaimRequest, DecideRequest
from slipway.control.review_surface import asker, decision, page_routes, right_to
from slipway.errors import BadInput, Conflict, Corrupt, NotFound, Refused, SlipwayError, Unavailable
from slipway.serving.door import OWN
from slipway.serving.guard import Guard
from slipway.serving.prometheus import CONTENT_TYPE
from slipway.serving.refusal import Refusal

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


def _named(request: Request) -> Iterable[str]:
    return request.path_params.values()


def _asker(request: Request) -> Iterable[str]:
    return (asker(request),)


def surface(desk: Desk, *, guard: Guard, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the ASGI application.

    Args:
        desk: What is served.
        guard: Who may command.
        pages: What is shown to people, at ``/`` and under ``/page/``.
    """

    async def audit(request: Request) -> Response:
        return _answer(request, await run_in_threadpool(desk.audit, after_seq=_after(request)))

    def told() -> str:
        known, budgets = desk.alerts.alerts(), desk.scope.budgets
        return metrics_text(desk.status(), alerts=known, budgets=budgets, service=desk.service())

    async def metrics(_: Request) -> Response:
        return Response(await run_in_threadpool(told), media_type=CONTENT_TYPE)

    async def decided(request: Request) -> Response:
        return _answer(request, await decision(request, desk.reviews))

    def get(
        ask: Callable[..., Any], *, of: Callable[[Request], Iterable[str]] = _named
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return _answer(request, await run_in_threadpool(ask, *of(request)))

        return answer

    def post(
        act: Callable[..., Any], kind: type[Any], *, status: int = 200
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            wanted = _signed(request, await _read(request, kind=kind))
            done = await run_in_threadpool(act, *request.path_params.values(), request=wanted)
            return _answer(request, done, status=status)

        return answer

    return Starlette(
        routes=[
            Route("/status", get(desk.status)),
            Route("/metrics", metrics),
            Route("/service", get(desk.service)),
            Route("/rollouts", get(desk.rollouts)),
            Route("/rollouts", post(desk.start, StartRequest, status=201), methods=["POST"]),
            Route("/rollouts/{id}", get(desk.rollout)),
            Route("/rollouts/{id}/rollback", post(desk.roll_back, RollbackRequest), methods=["POST"]),
            Route("/rollouts/{id}/rehearsal", post(desk.rehearse, RehearsalRequest), methods=["POST"]),
            Route("/rollouts/{id}/approvals", post(desk.approve, ApprovalRequest, status=201), methods=["POST"]),
            Route("/verdicts/{id}/replay", get(desk.replay)),
            Route("/findings", get(desk.findings)),
            Route("/alerts", get(desk.alerts.alerts)),
            Route("/alerts/test", post(desk.alerts.test, AlertTestRequest), methods=["POST"]),
            Route("/alerts/{id}", get(desk.alerts.alert)),
            Route("/alerts/{id}", post(desk.alerts.act, AlertRequest), methods=["POST"]),
            Route("/audit", audit),
            Route("/decisions/{id:path}", decided),
            *page_routes(desk.reviews),
            Route("/review/next", post(desk.reviews.next, ClaimRequest), methods=["POST"]),
            Route("/review/cases", get(desk.reviews.cases, of=_asker)),
            Route("/review/stats", get(desk.reviews.stats, of=_asker)),
            Route("/review/cases/{id:path}/decide", post(desk.reviews.decide, DecideRequest), methods=["POST"]),
            Route("/review/cases/{id:path}/undo", post(desk.reviews.undo, ClaimRequest), methods=["POST"]),
            Route("/review/cases/{id:path}/leave", post(desk.reviews.leave, ClaimRequest), methods=["POST"]),
            Route("/step", post(desk.step, StepRequest), methods=["POST"]),
            *pages,
        ],
        middleware=[Middleware(Guarded, guard=guard)],
        exception_handlers={SlipwayError: _refuse, 404: _not_here, 405: _not_here},
    )


class Guarded:
    """Refuses who comes by another name than the server's, from a foreign page, or without a key that may command.

    Args:
        app: What is asked if nothing is wrong.
        guard: Who may.
    """

    def __init__(self, app: ASGIApp, *, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401 or 403."""
        if scope["type"] == "http":
            headers: dict[bytes, bytes] = dict(scope["headers"])
            page = is_page(scope["path"])
            try:
                self._guard.check({b"host": b"", **headers})  # who names none gets no answer here
                key = self._guard.admit(as_bearer(headers) if page else headers, may=right_to(scope["path"]))
                scope["state"] = {"key": key}
            except Refusal as refusal:
                body = refusal.body
                message = f"{body.error} want {body.wanted}, got {body.got}."
                reply = _error(refusal.status, message, hint=body.hint)
                reply.headers.update(dict(refusal.headers))
                if page and refusal.status in (401, 403) and "www-authenticate" in reply.headers:
                    reply.status_code, reply.headers["www-authenticate"] = 401, CHALLENGE
                await reply(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _read(request: Request, *, kind: type[Any]) -> Any:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadInput(f"request: want at most {MOST_BYTES:,} bytes, got more.")
    if body and request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise BadInput("Content-Type: want application/json, got something else.")
    return decode_request(bytes(body), kind=kind)


def _signed(request: Request, wanted: Any) -> Any:
    """Say who asks: of approvals, and of people's decisions, only whose key it is counts."""
    if not hasattr(wanted, "by"):
        return wanted
    key = request.state.key
    known = isinstance(wanted, ApprovalRequest | ClaimRequest | DecideRequest) and key not in ("", OWN)
    return msgspec.structs.replace(wanted, by=key if known else signed(request, wanted.by))


def signed(request: Request, by: str) -> str:
    """Add the name of the key to who says that he asks; what he says, he could make up."""
    key = request.state.key
    return by if key in ("", OWN) else f"{by} (key {key})"


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    if not (after.isdecimal() and len(after) <= _DIGITS):
        raise BadInput(f"after: want the number of an audit entry, got {after!r}.")
    return int(after)


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
        "/status, /service, /rollouts, /rollouts/{id}, /rollouts/{id}/rollback, /rollouts/{id}/rehearsal, "
        "/rollouts/{id}/approvals, /verdicts/{id}/replay, /findings, /alerts, /alerts/{id}, /alerts/test, /audit, "
        "/decisions/{id}, /review, /step"
    )
    return _error(status, f"{request.method} {request.url.path}: no such thing here.", hint=f"There is {paths}.")
