"""What reviewers and waiting callers ask over HTTP: decisions by id, and the reviewers' page.

The page's forms are taken only from the page itself, told by the headers that a browser sets and a page cannot.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from slipway.control.review_desk import ReviewDesk
from slipway.control.review_forms import ClaimRequest, DecideRequest
from slipway.control.review_page import HEADERS, PAGE, page
from slipway.errors import BadInput, NotFound, Refused, SlipwayError
from slipway.records.access import May
from slipway.records.review import Decision
from slipway.serving.door import OWN

MOST_WAIT_S = 30.0
"""Longest time that one request for a decision waits."""

_LOOK_S = 0.1
_LOOKED_S = 1.2  # by then the journal was looked into, if it is not known what became of the request
_TOLD = {"decided": "Decided.", "undone": "Taken back; it waits again.", "left": "Given back."}
_MOST_BYTES = 10_000


def right_to(path: str) -> May:
    """Return what a caller of the control surface must be let in for.

    >>> [right_to(p).value for p in ("/page/review", "/review/next", "/decisions/w-1", "/rollouts")]
    ['review', 'review', 'predict', 'control']
    """
    if path == PAGE or path.startswith("/review/"):
        return May.REVIEW
    return May.PREDICT if path.startswith("/decisions/") else May.CONTROL


async def decision(request: Request, desk: ReviewDesk) -> Decision:
    """Return what was decided on a request, or, after waiting so long, that nobody has decided yet.

    Raises:
        NotFound: Nobody asked so within that time, or it was answered at once; told after a second at most.
        BadInput: It is no time to wait.
    """
    asked = request.query_params.get("wait_s", "0")
    try:
        wait_s = float(asked)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= MOST_WAIT_S:
        raise BadInput(f"wait_s: want seconds from 0 to {MOST_WAIT_S:g}, got {asked[:40]!r}.")
    asked_s = desk.monotonic()
    while True:
        over = desk.monotonic() >= asked_s + wait_s
        try:
            found = await run_in_threadpool(desk.decision, request.path_params["id"])
            if not found.pending or over:
                return found
        except NotFound:
            looked = desk.looked_s >= asked_s or desk.monotonic() >= asked_s + _LOOKED_S
            if over and looked:  # and it is not there
                raise
        await asyncio.sleep(_LOOK_S)


def asker(request: Request) -> str:
    """Return who asks: whose key it is, or who he says he is where the project has no keys; empty where he does not."""
    return _key(request) or request.query_params.get("by", "").strip()


def page_routes(desk: ReviewDesk) -> list[Route]:
    """Return the reviewers' page and what its forms send to."""

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_show, request, desk)

    async def act(request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(_act, request, form, desk)

    return [Route(PAGE, show), Route(PAGE, act, methods=["POST"])]


def _show(request: Request, desk: ReviewDesk, *, by: str = "", wrong: str = "", status: int = 200) -> Response:
    """Return the page; an address may say what was done by a word of ours, never what is told of it."""
    key, asked = _key(request), request.query_params
    by = key or by or asked.get("as", "").strip()
    case = desk.mine(by) if by else None
    html = page(
        case,
        by=by,
        named=bool(key),
        now_us=desk.now_us(),
        told=wrong[:300] or _TOLD.get(asked.get("done", ""), ""),
        undo="" if wrong else asked.get("undo", "")[:200],
        asked="none" in asked,
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def _act(request: Request, form: Mapping[str, str], desk: ReviewDesk) -> Response:
    by, id_ = _key(request) or form.get("by", "").strip(), form.get("id", "")
    where = f"{PAGE}?" + ("" if _key(request) else f"as={quote(by)}&")
    try:
        match form.get("act"):
            case "decide":
                desk.decide(id_, request=DecideRequest(by=by, value=_number(form), why=form.get("why", "")))
                where += f"done=decided&undo={quote(id_)}&"
            case "undo":
                desk.undo(id_, request=ClaimRequest(by=by))
                where += "done=undone&"
            case "leave":
                desk.leave(id_, request=ClaimRequest(by=by))
                return RedirectResponse(where + "done=left", status_code=303)
            case "next":
                pass
            case other:
                raise BadInput(f"act: want next, decide, undo or leave, got {other!r}.")
        if desk.next(ClaimRequest(by=by)) is None:
            where += "none"
    except SlipwayError as error:
        return _show(request, desk, by=by, wrong=str(error), status=400 if isinstance(error, BadInput) else 409)
    return RedirectResponse(where, status_code=303)


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form of our own page.

    Raises:
        Refused: Another page may have sent it.
        BadInput: It is no form.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    own = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if not (own or (origin is None and site == "same-origin")):
        raise Refused(
            "review: want a form of this very page, got one from elsewhere. Programs send JSON to /review/next."
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise BadInput(f"form: want at most {_MOST_BYTES:,} bytes, got more.")
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise BadInput("Content-Type: want application/x-www-form-urlencoded, got something else.")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _number(form: Mapping[str, str]) -> float:
    try:
        return float(form.get("value", "").replace(",", "."))
    except ValueError:
        raise BadInput(f"decision: want a number, got {form.get('value', '')[:40]!r}.") from None


def _key(request: Request) -> str:
    """Return the name that a key gives the reviewer; empty where the project has none, or asks itself."""
    key: str = request.state.key
    return "" if key == OWN else key
