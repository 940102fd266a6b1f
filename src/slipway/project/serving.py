"""Serve a project, and tell the time by the clock that counts."""

import secrets

import msgspec

from slipway.control.step import Controller
from slipway.errors import NotFound
from slipway.records.worker_config import ClockKind
from slipway.serving.config_file import config_of, load_config
from slipway.serving.supervisor import Supervisor
from slipway.storage.atomic import write_atomically
from slipway.storage.layout import Layout
from slipway.wiring import Parts

KEY_BYTES = 32


def serve(parts: Parts, *, port: int | None, clock: str) -> None:
    """Run the project's processes until stopped.

    Raises:
        Unavailable: The port is taken.
        Conflict: A server of this project runs already.
    """
    config = config_of(parts.scope, clock=ClockKind(clock), pseudonym_key=pseudonym_key(parts.layout))
    if port is not None:
        config = msgspec.structs.replace(config, port=port)
    Supervisor(config, folder=parts.layout.root).run()


def pseudonym_key(layout: Layout) -> bytes:
    """Return the key that pseudonyms are made with, made at the first call and readable by its owner only."""
    path = layout.state / "pseudonym.key"
    if not path.exists():
        write_atomically(path, secrets.token_bytes(KEY_BYTES))
        path.chmod(0o600)
    return path.read_bytes()


def now_us(parts: Parts, *, controller: Controller) -> int:
    """Return the machine's time, or the largest moment in the journal where the last server here ran a replay."""
    try:
        clock = load_config(parts.layout).clock
    except NotFound:
        clock = ClockKind.SYSTEM
    if clock is ClockKind.SYSTEM:
        return parts.clock.now_us()
    controller.catch_up([])
    return controller.ledger.newest_us
