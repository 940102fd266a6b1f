"""What was typed into a form of the live page, read from a request that only the page itself can have sent."""

from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request

from slipway.errors import BadInput

MOST_BYTES = 64_000
"""Longest form that is read."""

LONGEST = 500
"""Most characters of a reason."""


class Form(NamedTuple):
    """A form.

    Attributes:
        token: What shows that it stood on a page of ours.
        who: Name typed.
        why: Reason typed.
        sure: Whether the box was ticked.
        stage: Stage that was shown beside it, or empty.
        answer: Which of several buttons was pressed, or empty.
    """

    token: str
    who: str
    why: str
    sure: bool
    stage: str
    answer: str


async def read_form(request: Request) -> Form:
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

    return Form(
        token=field("token"),
        who=field("who"),
        why=field("why"),
        sure=field("sure") == "yes",
        stage=field("stage"),
        answer=field("answer"),
    )
