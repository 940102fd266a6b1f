"""Serve a project, and tell the time by the clock that counts."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from slipway.control.step import Controller
from slipway.errors import BadInput, NotFound, SlipwayError
from slipway.project.reach import check_reach
from slipway.project.rollouts import route_or_keep
from slipway.records.worker_config import ClockKind, WorkerConfig
from slipway.serving.config_file import config_of, load_config
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.storage.secret_key import secret_key
from slipway.wiring import Parts
from slipway.wiring.control import controller

LAST_PORT = 65_535


def serve(
    projects: Sequence[Parts],
    *,
    port: int | None,
    clock: str,
    ready: Callable[[str, int], None],
    warn: Callable[[str], object],
) -> None:
    """Run the processes of one project, or of several behind one port, until stopped.

    Args:
        projects: The projects; address, port and number of workers are the first one's.
        port: Port of the data plane; None takes the scope's.
        clock: ``system`` or ``event``.
        ready: Called with host and port once they are bound, so that nothing is announced that is then refused.
        warn: Called with what is wrong where serving goes on all the same.

    Raises:
        BadInput: No such port, or too few after it for the control surfaces; or projects that clash.
        Refused: Strangers could reach a project that has no key, or its certificate has ended.
        Unavailable: A port is taken.
        Conflict: A server of one of the projects runs already.
    """
    most = LAST_PORT - len(projects)
    if port is not None and not 1 <= port <= most:
        raise BadInput(f"port: want 1 to {most}, for control surfaces take those behind it, got {port}.")
    for parts in projects:
        check_reach(parts, warn=warn)
        secret_key(parts.layout.local_key)
    hosted = [Hosted(_config(parts, port=port, clock=ClockKind(clock)), parts.layout.root) for parts in projects]
    supervisor = Supervisor(*hosted)
    ready(supervisor.host, supervisor.port)
    supervisor.run()


def _config(parts: Parts, *, port: int | None, clock: ClockKind) -> WorkerConfig:
    secret = secret_key(parts.layout.pseudonym_key)
    config = config_of(parts.scope, folder=parts.layout.root, clock=clock, pseudonym_key=secret)
    return config if port is None else msgspec.structs.replace(config, port=port)


def first_routes(projects: Sequence[Parts], *, by: str, warn: Callable[[str], object]) -> None:
    """Put each project's first route in force where none is; one of several that cannot must not stop the others.

    Args:
        projects: The projects.
        by: Whom the audit trails name.
        warn: Called for what is wrong where serving can go on all the same.

    Raises:
        SlipwayError: None of them has a route to answer by; that of the first.
    """
    failed: list[SlipwayError] = []
    for parts in projects:
        try:
            route_or_keep(parts, controller=partial(controller, parts), by=by, warn=warn)
        except SlipwayError as error:
            failed.append(error)
            if len(projects) > 1:
                name = parts.scope.project.name
                warn(f"{name}: {error} Until it has a route, its callers get 503; the other projects are served.")
    if len(failed) == len(projects):
        raise failed[0]


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
