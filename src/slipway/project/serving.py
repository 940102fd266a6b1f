"""Serve a project, and tell the time by the clock that counts."""

import sys
from collections.abc import Callable

import msgspec

from slipway.control.step import Controller
from slipway.errors import BadInput, NotFound
from slipway.records.worker_config import ClockKind
from slipway.serving.config_file import config_of, load_config
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.storage.secret_key import secret_key
from slipway.wiring import Parts

LAST_PORT = 65_534


def serve(parts: Parts, *, port: int | None, clock: str, ready: Callable[[str, int], None]) -> None:
    """Run the project's processes until stopped.

    Args:
        parts: The project.
        port: Port of the data plane; None takes the scope's.
        clock: ``system`` or ``event``.
        ready: Called with host and port once they are bound, so that nothing is announced that is then refused.

    Raises:
        BadInput: No such port, or none after it for the control surface.
        Unavailable: The port is taken.
        Conflict: A server of this project runs already.
    """
    if port is not None and not 1 <= port <= LAST_PORT:
        raise BadInput(f"port: want 1 to {LAST_PORT}, for the control surface takes the next one, got {port}.")
    config = config_of(parts.scope, clock=ClockKind(clock), pseudonym_key=secret_key(parts.layout.pseudonym_key))
    if port is not None:
        config = msgspec.structs.replace(config, port=port)
    supervisor = Supervisor(Hosted(config, parts.layout.root))
    ready(supervisor.host, supervisor.port)
    supervisor.run()


def to_stderr(text: str) -> None:
    """Say it to whoever looks on."""
    sys.stderr.write(f"{text}\n")


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
