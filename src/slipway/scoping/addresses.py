"""Readers of what points outside the file: a function, a data file, a host, a URL. None may leave the project."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from slipway.scoping.problems import Wrong

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_FILE = rf"(?:{_PART}/)*{_PART}"
_FUNCTION = re.compile(rf"{_FILE}\.py:[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*")
_TABLE = re.compile(rf"{_FILE}\.(?:parquet|pq|arrow|ipc|feather|csv|csv\.gz|csv\.zst|sql)")
_FOLDER = re.compile(rf"(?:{_PART}/)+")
_PATTERN = re.compile(r"(?!/)[A-Za-z0-9_.*?\[\]/-]*[*?\[][A-Za-z0-9_.*?\[\]/-]*")
_BUCKET = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9.-]*/[^\s@]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_WANT_FUNCTION = "a function of a file in this folder, 'file.py:function'"
_WANT_SOURCE = (
    f"{_WANT_FUNCTION}, a .parquet, .arrow or .csv file in it, a folder 'rows/', a pattern 'rows/*.parquet', the same "
    "in 's3://bucket/', or a query in a .sql file"
)


def function(value: Any) -> str:
    """Read ``file.py:function`` inside the project."""
    return _inside(value, shape=_FUNCTION, want=_WANT_FUNCTION)


def source(value: Any) -> str:
    """Read ``file.py:function``, tables or a query inside the project, or tables in a bucket."""
    shapes = (_TABLE, _FOLDER, _PATTERN, _BUCKET)
    if isinstance(value, str) and any(shape.fullmatch(value) for shape in shapes) and ".." not in value:
        return value
    return _inside(value, shape=_FUNCTION, want=_WANT_SOURCE)


def variable(value: Any) -> str:
    """Read the name of an environment variable that holds a secret."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise Wrong(
            "the name of an environment variable, such as 'DATABASE_URL'",
            "A URL with a password does not belong in a file that people review: put it into that variable.",
        )
    return value


def host(value: Any) -> str:
    """Read an address to bind; what it needs beside it is checked where all of the table is known."""
    want = "an address of this machine: '127.0.0.1' for itself only, '0.0.0.0' for all of its networks"
    if not isinstance(value, str):
        raise Wrong(want)
    try:
        known = value == "localhost" or bool(ipaddress.ip_address(value))
    except ValueError:
        known = False
    if not known:
        raise Wrong(want, "Names by which callers reach it go into 'hosts'.")
    return value


def hosts(value: Any) -> tuple[str, ...]:
    """Read a list of names of hosts, without port."""
    want = "a list of names, such as ['models.example.org']"
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Wrong(want)
    for name in value:
        if not _HOST.fullmatch(name):
            raise Wrong(want, f"'{name}' is no name of a host: no port, no path, no '*'.")
    return tuple(name.lower() for name in value)


def file(value: Any) -> str:
    """Read the path of a file; a certificate may lie outside the project, for who renews it knows nothing of it."""
    want = "the path of a file, in the project's folder or absolute"
    if not isinstance(value, str) or not value or not value.isprintable() or value.endswith("/"):
        raise Wrong(want)
    if value.startswith("~"):
        raise Wrong(want, "Write the whole path: '~' is another folder for each account.")
    return value


def url(value: Any) -> str:
    """Read the http or https address of a service, without a password in it."""
    return _address(value, want="an address such as 'http://127.0.0.1:9000/v2/models/rule/infer'")


def collector(value: Any) -> str:
    """Read the address of what takes traces by OTLP over HTTP, without a password and without the path of traces."""
    want = "the address of a collector, such as 'http://127.0.0.1:4318'"
    found = _address(value, want=want).rstrip("/")
    if found.endswith("/v1/traces") or "?" in found or "#" in found:
        raise Wrong(want, "The path '/v1/traces' is put behind it; keys go into OTEL_EXPORTER_OTLP_HEADERS.")
    return found


def _address(value: Any, *, want: str) -> str:
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


def keys(value: Any) -> tuple[str, ...]:
    """Read a list of public keys that sign packages."""
    if not isinstance(value, list) or not all(isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v) for v in value):
        raise Wrong("a list of public keys of 64 hex digits each", "'slipway model signer' shows a project's own.")
    return tuple(dict.fromkeys(value))


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
