"""What a browser may do on the control surface: look at pages, and send the forms that are on them.

A browser has no way to send ``Authorization: Bearer`` by itself. Where the project has keys, a page asks for one by
HTTP Basic instead: any name, and the key as the password. Browsers send that again with every request, those that a
foreign page makes them send included; so it counts on pages only, whose forms carry a token that no foreign page can
read. Everything else of the surface takes ``Bearer`` alone.

Reference:
    RFC 7617 (Basic), RFC 6750 (Bearer).
"""

import base64
import binascii
from collections.abc import Mapping

PAGES = "/page"
"""Where the pages are, but for the first one, which is at ``/``."""

CHALLENGE = 'Basic realm="slipway: any name, and a key as the password", charset="UTF-8"'


def is_page(path: str) -> bool:
    """Tell whether a path is that of a page.

    >>> [is_page(path) for path in ("/", "/page/rollouts/a-1", "/pages", "/status")]
    [True, True, False, False]
    """
    return path == "/" or path.startswith(f"{PAGES}/")


def as_bearer(headers: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the headers with a password, where there is one, as the key that it is.

    >>> told = as_bearer({b"authorization": b"Basic " + base64.b64encode(b"ann:k3y")})
    >>> told[b"authorization"]
    b'Bearer k3y'
    """
    scheme, _, told = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"basic":
        return dict(headers)
    try:
        _, _, key = base64.b64decode(told.strip(), validate=True).partition(b":")
    except binascii.Error:
        key = b""
    return {**headers, b"authorization": b"Bearer " + key}
