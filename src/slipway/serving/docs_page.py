"""The page ``/docs``: the OpenAPI document for people, in one file that loads nothing from elsewhere."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

CONTENT_TYPE = "text/html; charset=utf-8"


@cache
def page() -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Return the page, and the headers that let it do what it does and nothing else."""
    data = files("slipway.serving").joinpath("docs_page.html").read_bytes()
    script = data.partition(b"<script>")[2].partition(b"</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return data, (("content-security-policy", policy), ("x-content-type-options", "nosniff"))
