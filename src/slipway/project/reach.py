"""How callers reach a project's server: its certificate, and the keys that they show."""

from collections.abc import Callable, Sequence

from slipway.errors import Refused, SlipwayError
from slipway.ports import Change
from slipway.records.access import WARN_DAYS, AccessKey, Certificate, May
from slipway.records.worker_config import is_loopback
from slipway.storage.access_keys import make_key, read_keys, revoke_key
from slipway.wiring import Parts
from slipway.words import day, number


def certificate(parts: Parts) -> Certificate | None:
    """Return the certificate that the scope names, checked, or None where it names none.

    Raises:
        NotFound: A file is missing.
        Unavailable: A file cannot be read.
        BadInput: A file holds something else, or the key is another certificate's.
        Refused: It has ended, or does not hold yet.
    """
    serving, root = parts.scope.serving, parts.layout.root
    if not serving.tls_certificate:
        return None
    from slipway.serving.tls import read_certificate  # noqa: PLC0415 - cryptography is for those who name one

    return read_certificate(root / serving.tls_certificate, key=root / serving.tls_key, now_us=parts.clock.now_us())


def ends_soon(found: Certificate, *, now_us: int) -> str:
    """Say that a certificate must be renewed, or return an empty string as long as there is time."""
    left = found.days_left(now_us=now_us)
    if left > WARN_DAYS:
        return ""
    return (
        f"certificate {found.path}: it ends on {day(found.ends_us)}, in {number(round(left, 1))} days. Renew it; a "
        "server that runs takes the new files up by itself."
    )


def certificate_trouble(parts: Parts) -> list[str]:
    """Say what is wrong with the certificate, or soon will be."""
    try:
        found = certificate(parts)
    except SlipwayError as error:
        return [str(error)]
    soon = ends_soon(found, now_us=parts.clock.now_us()) if found else ""
    return [soon] if soon else []


def check_reach(parts: Parts, *, warn: Callable[[str], object]) -> None:
    """Return if the server may be started where the scope wants it.

    Args:
        parts: The project.
        warn: Called if the certificate ends soon.

    Raises:
        Refused: Strangers could reach it and nobody has a key; or the certificate has ended.
        NotFound: A file of the certificate is missing; it may also be wrong, as :func:`certificate` says.
    """
    found = certificate(parts)
    if found and (soon := ends_soon(found, now_us=parts.clock.now_us())):
        warn(soon)
    host = parts.scope.serving.host
    if not is_loopback(host) and not any(key.revoked_us is None for key in keys(parts)):
        raise Refused(
            f"serving.host: want a key where others than this machine reach {parts.scope.project.name} at '{host}', "
            "found none. Make one with 'slipway key make NAME', or serve on 127.0.0.1."
        )


def keys(parts: Parts) -> tuple[AccessKey, ...]:
    """Return the project's keys, oldest first, also those that were revoked.

    Raises:
        Corrupt: The file of keys is damaged.
    """
    return read_keys(parts.layout.keys) or ()


def make(parts: Parts, name: str, *, may: Sequence[May], by: str) -> tuple[AccessKey, str]:
    """Make a key, noted in the audit trail before it lets anybody in.

    Raises:
        SlipwayError: As :func:`slipway.storage.access_keys.make_key`, or the control store does not answer.
    """
    now_us = parts.clock.now_us()

    def note(key: AccessKey) -> None:
        why = f"key {name} made; it may {' and '.join(key.may)}"
        parts.store.commit([Change(key, name, None)], at_us=now_us, by=by, why=why)

    return make_key(parts.layout.keys, name=name, may=may, now_us=now_us, by=by, first=note)


def revoke(parts: Parts, name: str, *, by: str, warn: Callable[[str], object]) -> AccessKey:
    """Revoke a key; it counts even where the audit trail cannot be written, for locking out must not wait.

    Raises:
        NotFound: No such key.
        Unavailable: The disk refused.
    """
    now_us = parts.clock.now_us()
    revoked = revoke_key(parts.layout.keys, name=name, now_us=now_us)
    try:
        change = Change(revoked, name, None)
        parts.store.commit([change], at_us=now_us, by=by, why=f"key {name} revoked")
    except SlipwayError as error:
        warn(f"key {name} lets nobody in any more, and the audit trail does not say so: {error}")
    return revoked
