"""The live page over HTTP, mounted on the control surface by the process that runs it.

Whoever may command may look. A form is taken only with the token of the page it stands on, and from no other site.
"""

from collections.abc import Callable, Sequence
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from slipway.control.desk import Desk
from slipway.control.requests import ApprovalRequest, RollbackRequest
from slipway.control.surface import signed
from slipway.errors import SlipwayError
from slipway.serving.door import OWN
from slipway.web.live.form import Form, read_form
from slipway.web.live.token import Tokens

_OLD = "This form was older than the process that reads it. Look again, then confirm."


def pages(desk: Desk) -> Sequence[BaseRoute]:
    """Return the routes of the live page of a desk."""
    tokens = Tokens()

    async def look(request: Request) -> Response:
        return await run_in_threadpool(_look, desk, request.path_params.get("id"))

    return (
        Route("/", look),
        Route("/page/rollouts/{id}", look),
        *_form_routes("back", _back, desk=desk, tokens=tokens),
        *_form_routes("approve", _approve, desk=desk, tokens=tokens),
    )


def _form_routes(
    name: str, act: Callable[[Desk, Form, Request], str], *, desk: Desk, tokens: Tokens
) -> tuple[Route, Route]:
    """Return how a form is shown, and what is done with it: ``act`` returns why it was not done, or nothing."""

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_form, desk, name=name, request=request, tokens=tokens)

    def take(form: Form, request: Request) -> Response:
        rollout = request.path_params["id"]
        if not tokens.fits(form.token, name, rollout, request.state.key):
            refused = _OLD
        elif not (form.who and form.why):
            refused = "Want your name and a reason: both go into the audit trail."
        else:
            try:
                refused = act(desk, form, request)
            except SlipwayError as error:
                refused = str(error)
        if refused:
            return _form(desk, name=name, request=request, tokens=tokens, form=form, refused=refused)
        return RedirectResponse(f"/page/rollouts/{rollout}", status_code=303, headers={"cache-control": "no-store"})

    async def done(request: Request) -> Response:
        return await run_in_threadpool(partial(take, await read_form(request), request))

    path = f"/page/rollouts/{{id}}/{name}"
    return Route(path, show), Route(path, done, methods=["POST"])


def _back(desk: Desk, form: Form, request: Request) -> str:
    if not form.sure:
        return "Want the box ticked: it says what will happen."
    by = signed(request, f"{form.who} (live page)")
    desk.roll_back(request.path_params["id"], request=RollbackRequest(why=form.why, by=by))
    return ""


def _approve(desk: Desk, form: Form, request: Request) -> str:
    """Of approvals only whose key it is counts, where the project has keys; else the name that was typed."""
    if form.answer not in ("approve", "refuse"):
        return "Want one of the two buttons pressed."
    key = request.state.key
    by = form.who if key in ("", OWN) else key
    said = ApprovalRequest(stage=form.stage, by=by, why=form.why, approved=form.answer == "approve")
    desk.approve(request.path_params["id"], request=said)
    return ""


def _look(desk: Desk, rollout: str | None) -> Response:
    from slipway.web.live.data import gather  # noqa: PLC0415 - nobody may ever look, and templates take memory
    from slipway.web.live.page import render  # noqa: PLC0415 - as above

    return _page(render(gather(desk, rollout=rollout)))


def _form(
    desk: Desk, *, name: str, request: Request, tokens: Tokens, form: Form | None = None, refused: str = ""
) -> Response:
    from slipway.web.live.data import gather  # noqa: PLC0415 - as above
    from slipway.web.live.page import render_form  # noqa: PLC0415 - as above

    rollout = request.path_params["id"]
    token = tokens.make(name, rollout, request.state.key)
    data = gather(desk, rollout=rollout)
    typed = {"who": form.who, "why": form.why} if form else {}
    page = render_form(data, name=name, token=token, refused=refused, **typed)
    return _page(page, status=400 if refused else 200)


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
