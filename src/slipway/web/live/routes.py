"""The live page over HTTP, mounted on the control surface by the process that runs it.

Whoever may command may look. A form is taken only with the token of the page it stands on, and from no other site.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from slipway.control.desk import Desk, RollbackRequest
from slipway.control.surface import signed
from slipway.errors import BadInput, SlipwayError
from slipway.web.live.token import Tokens

MOST_BYTES = 64_000
"""Longest form that is read."""

LONGEST = 500
"""Most characters of a reason."""


class _Form(NamedTuple):
    token: str
    who: str
    why: str
    sure: bool


def pages(desk: Desk) -> Sequence[BaseRoute]:
    """Return the routes of the live page of a desk."""
    tokens = Tokens()

    async def look(request: Request) -> Response:
        return await run_in_threadpool(_look, desk, request.path_params.get("id"))

    async def ask_back(request: Request) -> Response:
        return await run_in_threadpool(_form, desk, request=request, tokens=tokens)

    async def back(request: Request) -> Response:
        form = await _read(request)
        return await run_in_threadpool(partial(_back, desk, form, request=request, tokens=tokens))

    return (
        Route("/", look),
        Route("/page/rollouts/{id}", look),
        Route("/page/rollouts/{id}/back", ask_back),
        Route("/page/rollouts/{id}/back", back, methods=["POST"]),
    )


def _look(desk: Desk, rollout: str | None) -> Response:
    from slipway.web.live.data import gather  # noqa: PLC0415 - nobody may ever look, and templates take memory
    from slipway.web.live.page import render  # noqa: PLC0415 - as above

    return _page(render(gather(desk, rollout=rollout)))


def _form(desk: Desk, *, request: Request, tokens: Tokens, form: _Form | None = None, refused: str = "") -> Response:
    from slipway.web.live.data import gather  # noqa: PLC0415 - as above
    from slipway.web.live.page import render_form  # noqa: PLC0415 - as above

    rollout = request.path_params["id"]
    token = tokens.make("back", rollout, request.state.key)
    data = gather(desk, rollout=rollout)
    typed = {"who": form.who, "why": form.why} if form else {}
    return _page(render_form(data, token=token, refused=refused, **typed), status=400 if refused else 200)


def _back(desk: Desk, form: _Form, *, request: Request, tokens: Tokens) -> Response:
    rollout = request.path_params["id"]
    again = partial(_form, desk, request=request, tokens=tokens, form=form)
    if not tokens.fits(form.token, "back", rollout, request.state.key):
        return again(refused="This form was older than the process that reads it. Look again, then confirm.")
    if not (form.who and form.why):
        return again(refused="Want your name and a reason: both go into the audit trail.")
    if not form.sure:
        return again(refused="Want the box ticked: it says what will happen.")
    try:
        by = signed(request, f"{form.who} (live page)")
        desk.roll_back(rollout, request=RollbackRequest(why=form.why, by=by))
    except SlipwayError as error:
        return again(refused=str(error))
    return RedirectResponse(f"/page/rollouts/{rollout}", status_code=303, headers={"cache-control": "no-store"})


async def _read(request: Request) -> _Form:
    """Return what was typed.

    Raises:
        BadInput: It is no form, too long, or comes from another site.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadInput("form: want one from this page, got one from another site.")
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise BadInput("Content-Type: want application/x-www-form-urlencoded, got something else.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadInput(f"form: want at most {MOST_BYTES:,} bytes, got more.")
    fields = parse_qs(body.decode("utf-8", errors="replace"), max_num_fields=20)

    def field(name: str) -> str:
        return " ".join(fields.get(name, [""])[0].split())[:LONGEST]

    return _Form(field("token"), field("who"), field("why"), sure=field("sure") == "yes")


def _page(html: str, *, status: int = 200) -> Response:
    from slipway.web.live.page import policy  # noqa: PLC0415 - as above

    headers = {
        "content-security-policy": policy(),
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    return HTMLResponse(html, status_code=status, headers=headers)
