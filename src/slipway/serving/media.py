"""Which form a body has, as its headers say. Pure."""

from enum import StrEnum

from slipway.serving.refusal import Refusal


class Form(StrEnum):
    """The forms in which rows and outcomes are spoken; each reply has the form of its request."""

    JSON = "application/json"
    ARROW = "application/vnd.apache.arrow.stream"


_BY_TYPE: dict[bytes | None, Form] = {
    None: Form.JSON,
    b"application/x-www-form-urlencoded": Form.JSON,  # what curl -d says of any body unless it is told otherwise
    **{form.value.encode(): form for form in Form},
}


def form_of(headers: dict[bytes, bytes]) -> Form:
    """Return the form of a body; where no content type is given it is JSON.

    Raises:
        Refusal: 415; says what is spoken.

    >>> form_of({}), form_of({b"content-type": b"application/json; charset=utf-8"})
    (<Form.JSON: 'application/json'>, <Form.JSON: 'application/json'>)
    """
    if b"content-encoding" in headers:
        plain(headers)
    given = headers.get(b"content-type")
    form = _BY_TYPE.get(given) or _BY_TYPE.get((given or b"").partition(b";")[0].strip().lower())
    if form is None:
        raise Refusal(
            415,
            "This content type is not spoken here.",
            wanted=" or ".join(Form),
            got=(given or b"an empty text").decode("latin-1")[:80],
            hint="Without any content type a body is taken for JSON.",
            headers=(("accept", ", ".join(Form)),),
        )
    return form


def plain(headers: dict[bytes, bytes]) -> None:
    """Return if a body is not compressed.

    Raises:
        Refusal: 415.
    """
    given = headers.get(b"content-encoding", b"identity").strip().lower()
    if given not in (b"identity", b""):
        raise Refusal(
            415,
            "Compressed bodies are not taken.",
            wanted="no Content-Encoding",
            got=given.decode("latin-1")[:40],
            hint="Send the body as it is.",
            headers=(("accept-encoding", "identity"),),
        )
