"""Readers of what points outside the file: a function, a data file, a host, a URL. None may leave the project."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from slipway.scoping.problems import Wrong

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_FILE = rf"(?:{_PART}/)*{_PART}"
_FUNCTION = re.compile(rf"{_FILE}\.py:[A-Za-z_][A-Za-z0-9_]*")
_TABLE = re.compile(rf"{_FILE}\.(?:parquet|csv)")
_WANT_FUNCTION = "a function of a file in this folder, 'file.py:function'"
_WANT_SOURCE = f"{_WANT_FUNCTION}, or a .parquet or .csv file in it"


def function(value: Any) -> str:
    """Read ``file.py:function`` inside the project."""
    return _inside(value, shape=_FUNCTION, want=_WANT_FUNCTION)


def source(value: Any) -> str:
    """Read ``file.py:function`` or a Parquet or CSV file inside the project."""
    if isinstance(value, str) and _TABLE.fullmatch(value) and ".." not in value:
        return value
    return _inside(value, shape=_FUNCTION, want=_WANT_SOURCE)


def host(value: Any) -> str:
    """Read an address to bind: loopback, for nothing else is safe without keys and TLS."""
    want = "a loopback address: '127.0.0.1', '::1' or 'localhost'"
    if not isinstance(value, str):
        raise Wrong(want)
    try:
        loopback = value == "localhost" or ipaddress.ip_address(value).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise Wrong(
            want,
            "Other addresses need keys and TLS, which are still to come; until then use a proxy that has them.",
        )
    return value


def url(value: Any) -> str:
    """Read the http or https address of a service, without a password in it."""
    want = "an address such as 'http://127.0.0.1:9000/v2/models/rule/infer'"
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise Wrong(want)
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Wrong(want) from None
    if not known:
        raise Wrong(want, "It starts with http:// or https:// and names a host.")
    if parts.username is not None:
        raise Wrong(want, "A password does not belong in a file that people review: take 'user:password@' out.")
    return value


def package(value: Any) -> str:
    """Read the id of a model package."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise Wrong("a package id of 64 hex digits", "Copy it whole from the run that made it.")
    return value


def _inside(value: Any, *, shape: re.Pattern[str], want: str) -> str:
    if not isinstance(value, str):
        raise Wrong(want)
    if "\\" in value:
        raise Wrong(want, "Write folders with /, not with \\.")
    if value.startswith(("/", "~")) or re.match(r"[A-Za-z]:[/]", value) or ".." in value.split(":")[0].split("/"):
        raise Wrong(want, "The file must lie in the project's folder: no absolute path, no '..'.")
    if not shape.fullmatch(value) or ".." in value:
        raise Wrong(want, _shape_hint(value))
    return value


def _shape_hint(value: str) -> str:
    if value.endswith(".py"):
        return f"Name the function, too: '{value}:load'."
    if re.fullmatch(r"[\w/]+[.:][A-Za-z_]\w*", value) and ".py" not in value:
        file, name = re.split(r"[.:]", value)
        return f"Write '{file}.py:{name}'."
    return ""
