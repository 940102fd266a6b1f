"""Readers of values that only alerts have: quiet hours, time zones, addresses of receivers. No secret is taken."""

import re
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from slipway.records.trouble import AlertKind
from slipway.records.worker_config import is_loopback
from slipway.scoping import addresses as at
from slipway.scoping.problems import Wrong
from slipway.scoping.values import one_of, words

_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"
_QUIET = re.compile(rf"({_HOUR})-({_HOUR})")
_MAIL = re.compile(r"[^@\s<>,;:\"]+@[A-Za-z0-9.-]+")


def quiet(value: Any) -> str:
    """Read hours such as ``22:00-07:00``."""
    found = _QUIET.fullmatch(value) if isinstance(value, str) else None
    if not found or found[1] == found[2]:
        raise Wrong('two different times such as "22:00-07:00"')
    return found[0]


def zone(value: Any) -> str:
    """Read the name of a time zone that this machine knows."""
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, TypeError, OSError):
        raise Wrong("the name of a time zone, such as 'Europe/Berlin'") from None


def https(value: Any) -> str:
    """Read an address that may be told what is wrong: encrypted, or on this machine; without a secret in it."""
    known = at.url(value)
    parts = urlsplit(known)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise Wrong("an https:// address, or a loopback one", "What goes over the network is encrypted.")
    if parts.query:
        raise Wrong("an address without '?'", "A secret belongs into a variable: name it in url_env.")
    return known


def mail(value: Any) -> str:
    """Read one mail address."""
    if not isinstance(value, str) or not _MAIL.fullmatch(value):
        raise Wrong("a mail address, such as 'oncall@example.org'")
    return value


def mails(value: Any) -> tuple[str, ...]:
    """Read a list of mail addresses."""
    return tuple(mail(one) for one in words(value))


def smtp_host(value: Any) -> str:
    """Read the name of a mail server, without a port."""
    (name,) = at.hosts([value])
    return name


def kinds(value: Any) -> tuple[AlertKind, ...]:
    """Read a list of kinds of alert."""
    known = [k.value for k in AlertKind]
    for one in words(value):
        if one not in known:
            raise Wrong(f"a list of {one_of(known)}", f"'{one}' is none of them.")
    return tuple(AlertKind(one) for one in value)
