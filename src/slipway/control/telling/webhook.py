"""Telling by HTTP POST: a webhook whose body is signed, or an incoming webhook that Slack's payload fits.

Reference:
    RFC 2104 (HMAC). The signed text is the moment, a dot and the body, as Stripe and Slack do it, so that who records a
    message cannot send it again later.
"""

import hashlib
import hmac
import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from slipway.control.telling.attempt import STEP_S, WHOLE_S, Undelivered, cut_off, secret
from slipway.monitoring.payload import slack_payload, webhook_payload
from slipway.records.receiver import Message, Receiver, ReceiverKind
from slipway.records.worker_config import is_loopback

MOST_BYTES = 65_536
"""As much of a reply is read."""


def sign(body: bytes, *, key: bytes, now_s: int) -> str:
    """Return what the header ``Slipway-Signature`` holds.

    >>> sign(b"{}", key=b"secret", now_s=5)[:19]  # printf '5.{}' | openssl dgst -sha256 -hmac secret
    'v1=f18d2fcd9a241514'
    """
    return f"v1={hmac.new(key, str(now_s).encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def post(
    receiver: Receiver,
    message: Message,
    *,
    project: str,
    root: Path,
    environ: dict[str, str],
    now_s: int,
    within_s: float = WHOLE_S,
) -> None:
    """Deliver a message by HTTP.

    Args:
        receiver: A webhook or a Slack-compatible one.
        message: What.
        project: Name of the project.
        root: Its folder.
        environ: The environment, which may hold the address and the key.
        now_s: The moment that is signed, seconds since the epoch by the machine's clock.
        within_s: How long it may take in all.

    Raises:
        Undelivered: Nobody took it.
    """
    slack = receiver.kind is ReceiverKind.SLACK
    payload = (slack_payload if slack else webhook_payload)(message, project=project)
    body = msgspec.json.encode(payload)
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.key, "User-Agent": "slipway"}
    if not slack:
        key = secret(env=receiver.secret_env, file=receiver.secret_file, root=root, environ=environ)
        headers["Slipway-Timestamp"] = str(now_s)
        if key:
            headers["Slipway-Signature"] = sign(body, key=key.encode(), now_s=now_s)
    url = receiver.url or secret(env=receiver.url_env, file=receiver.url_file, root=root, environ=environ)
    connection, path = _connection(url)
    try:
        with cut_off(lambda: connection.sock, after_s=within_s):
            connection.request("POST", path, body=body, headers=headers)
            reply = connection.getresponse()
            reply.read(MOST_BYTES)
    except ssl.SSLCertVerificationError:
        raise Undelivered("its certificate is signed by nobody whom this machine trusts") from None
    except TimeoutError:
        raise Undelivered(f"no answer within {STEP_S:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(f"no answer ({type(error).__name__})") from None
    finally:
        connection.close()
    if not 200 <= reply.status < 300:
        raise Undelivered(f"status {reply.status}")


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    """Return a connection that is not made yet, and the path; an address that nothing may be sent to is refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        host = ""
    if parts.scheme == "https" and host:
        return http.client.HTTPSConnection(host, port, timeout=STEP_S, context=ssl.create_default_context()), path
    if parts.scheme == "http" and host and is_loopback(host):
        return http.client.HTTPConnection(host, port, timeout=STEP_S), path
    raise Undelivered("its address is no https:// address, nor a loopback one")
