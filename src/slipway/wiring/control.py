"""The controller with its concrete parts, and the process in which it runs."""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.control import trouble_sources
from slipway.control.alerting import Alerting
from slipway.control.checkpoint import Checkpoint, basis_of
from slipway.control.clock_sets import ClockWatch
from slipway.control.costs import Costs
from slipway.control.emergency import Emergency
from slipway.control.equip import equip
from slipway.control.folder_routes import FolderRoutes
from slipway.control.readiness import candidate_score
from slipway.control.retraining import Retrainer
from slipway.control.reviews import Reviews
from slipway.control.service_watch import ServiceWatch
from slipway.control.step import Controller
from slipway.control.tenure import Tenure
from slipway.control.terms import terms_of
from slipway.control.watching import Watching
from slipway.control.ways_back import WaysBack
from slipway.records.access import Certificate
from slipway.records.frame import DecisionFrame
from slipway.records.worker_config import ClockKind, WorkerConfig
from slipway.serving.decisions import names_kept
from slipway.serving.use_now import usage_now
from slipway.storage.journal import SegmentWriter, writer_name
from slipway.storage.journal.reader import list_segments
from slipway.storage.layout import Layout
from slipway.storage.lock import ControllerLock, end_holder, holder_of
from slipway.wiring.parts import Parts, open_parts
from slipway.wiring.retraining import RetrainProcess
from slipway.wiring.service import service_of
from slipway.wiring.soundness import Whole, sound
from slipway.words import duration

if TYPE_CHECKING:
    from slipway.control.run import Pages


SUSPECT_US = 6 * 3_600_000_000
"""By how much a clock may be set ahead before nobody goes by it to remove what cannot be had back."""

TURN_S = 0.001
"""How long a thread of control computes while another waits for its turn. A command takes some dozen turns, for each
read of the store gives one away, so with Python's own 5 ms it took up to 185 ms beside a step that computes, not 22."""


def controller(
    parts: Parts,
    *,
    guard: Callable[[], AbstractContextManager[object]] | None = None,
    writes: Callable[[], bool] = lambda: False,
    replays: bool = False,
    reviews: Reviews | None = None,
    service: ServiceWatch | None = None,
) -> Controller:
    """Return the project's controller.

    Args:
        parts: The opened project.
        guard: Entered around each change; None makes this process the controller for each change, which is refused
            while a control process runs.
        writes: Tells whether it keeps what it read for others to go on from; only the controller may.
        replays: Whether rows of the past are replayed, as fast as they go.
        reviews: Keeps what people are to decide; None leaves that to the control process.
        service: Keeps book of the service; None makes one that keeps nothing on the disk.
    """
    scope, terms = parts.scope, terms_of(parts.scope)
    alerting = Alerting(
        parts.store,
        sources=trouble_sources.known_here(parts.store, layout=parts.layout, clock=parts.clock),
        alerts=scope.alerts,
        machine_us=parts.clock.now_us,
        replays=replays,
    )
    retrainer = Retrainer(
        parts.store,
        when=scope.monitoring.retrain,
        pause_s=scope.monitoring.retrain_pause_s,
        spawn=RetrainProcess(parts.layout),
        busy=lambda: not writes() or holder_of(parts.layout.retrain_lock) is not None,
        machine_us=parts.clock.now_us,
    )
    alerting.add(retrainer.source())
    service = service or service_of(parts, replays=replays)
    alerting.add(service.source())
    if certificate := _certificate(parts):
        alerting.add(trouble_sources.certificate(certificate, machine_us=parts.clock.now_us))
    watched = {name: getattr(scope.monitoring, name) for name in ("alpha", "tolerance", "unit")}
    rules = (terms, scope.rollout.maturity_s, watched, scope.metric, scope.fields)
    made = Controller(
        store=parts.store,
        journal=parts.journal,
        files=FolderRoutes(parts.layout.routes),
        terms=terms,
        watching=Watching(
            parts.store,
            equip=partial(equip, blobs=parts.blobs, scope=parts.scope),
            wait_us=round(parts.scope.rollout.maturity_s * 1e6),
            refused=(lambda: None) if replays else service.refused,
        ),
        checkpoint=Checkpoint(
            parts.layout.checkpoint,
            basis=basis_of(rules),
            sizes=lambda: {s.name: s.size_bytes for s in list_segments(parts.layout.journal)},
            writes=writes,
        ),
        emergency=emergency_of(parts.layout),
        guard=guard or tenure_of(parts).for_one_change,
        costs=Costs(lambda: usage_now(parts.layout.run), budgets=parts.scope.budgets, replays=replays),
        ready=lambda rollout, now_us: candidate_score(rollout, store=parts.store, scope=parts.scope, now_us=now_us),
        alerting=alerting,
        retrainer=retrainer,
        reviews=reviews,
        sound=sound(parts),
        ways=WaysBack(parts.store, stated=scope.arms, whole=Whole(parts)),
    )
    alerting.add(trouble_sources.faults(lambda: made.fault, behind_s=lambda: made.behind_s))
    if reviews is not None:
        alerting.add(trouble_sources.reviews_due(reviews.pressed))
    return made


def _certificate(parts: Parts) -> Callable[[], Certificate] | None:
    """Return what reads the server's certificate, or None where the scope names none."""
    serving, root = parts.scope.serving, parts.layout.root
    if not serving.tls_certificate:
        return None

    def read() -> Certificate:
        from slipway.serving.tls import read_certificate  # noqa: PLC0415 - cryptography is for those who name one

        return read_certificate(root / serving.tls_certificate, key=root / serving.tls_key, now_us=parts.clock.now_us())

    return read


def emergency_of(layout: Layout) -> Emergency:
    """Return what rolls back while the control store does not answer; it needs neither the store nor the scope."""
    return Emergency(layout.emergency, files=FolderRoutes(layout.routes))


def tenure_of(parts: Parts) -> Tenure:
    """Return this process's claim to be the project's controller."""
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    lock = parts.layout.controller_lock
    return Tenure(parts.store, lock=ControllerLock(lock), holder=holder, end=partial(end_holder, lock))


def reviews_of(parts: Parts, *, config: WorkerConfig, term: Callable[[], int]) -> Reviews:
    """Return the queue of what people are to decide; what they decide goes into a series of the journal of its own."""
    writers: list[SegmentWriter] = []

    def write(frame: DecisionFrame) -> None:
        if not writers:
            name = writer_name("people", started_us=parts.clock.now_us(), pid=os.getpid())
            writers.append(SegmentWriter(parts.layout.journal, name=name, durability=config.durability))
        writers[0].append([frame])

    return Reviews(
        parts.store,
        people=parts.scope.arms,
        scoring=terms_of(parts.scope).scoring,
        write=write,
        names=lambda by: names_kept(by, config=config),
        term=term,
    )


def run_control(
    folder: Path,
    *,
    parent: int | None = None,
    name: str = "control",
    port: int | None = None,
    keep_s: float = 60.0,
    pages: "Pages | None" = None,
) -> None:
    """Run a control process of a project until it is told to end.

    As long as another one is the controller it stands by: it reads the journal and answers who asks, and changes
    nothing. While the control store cannot be opened it says so and tries again; the data plane does not need it.

    Args:
        folder: The project's folder, with the data plane's facts written.
        parent: Process that must live for this one to go on.
        name: What it is called in the run folder.
        port: Port of its surface, 0 for any free one; None takes the server's.
        keep_s: Pause before each look for segments of the journal that can be sealed, and for those that may go.
        pages: Returns what is shown to people of a desk; None shows nothing.

    Raises:
        Unavailable: The port is taken.
    """
    import structlog  # noqa: PLC0415 - as below

    from slipway.control.desk import Desk  # noqa: PLC0415 - the web stack is loaded where it is used
    from slipway.control.housekeeping import keep_house  # noqa: PLC0415 - as above
    from slipway.control.run import run  # noqa: PLC0415 - as above
    from slipway.control.takeover import taken_over, workers_of  # noqa: PLC0415 - as above
    from slipway.control.telling.sender import Sender  # noqa: PLC0415 - as above
    from slipway.control.until_open import until_open  # noqa: PLC0415 - as above
    from slipway.serving.collector import collect_seldom  # noqa: PLC0415 - as above
    from slipway.serving.config_file import load_config  # noqa: PLC0415 - as above
    from slipway.serving.json_log import log_as_json  # noqa: PLC0415 - as above
    from slipway.serving.pulse import beat  # noqa: PLC0415 - as above
    from slipway.serving.run_state import State, is_alive, read_states, tell_state  # noqa: PLC0415 - as above
    from slipway.serving.start import guard_of, open_tls  # noqa: PLC0415 - as above

    log_as_json(process=name)
    parts = open_parts(folder)
    config, place = load_config(parts.layout), parts.layout.run

    log = structlog.get_logger()

    def say(state: State, *, port: int = 0, token: int = 0, trouble: str = "") -> None:
        try:
            tell_state(place, name=name, state=state, host=config.host, port=port, token=token, trouble=trouble)
        except OSError as error:  # a full disk: the file says what it said before
            log.warning("state not told", error=str(error))

    def without_store(reason: str) -> None:
        log.error("control waits for its store", reason=reason)
        say(State.STARTING, trouble=reason)

    def alive() -> bool:
        return parent is None or is_alive(parent)

    if not until_open(lambda: parts.store, trouble=without_store, alive=alive):
        return
    tenure = tenure_of(parts)
    replays = config.clock is ClockKind.EVENT
    service = service_of(parts, writes=lambda: tenure.held, replays=replays)
    control = controller(
        parts,
        guard=tenure.guard,
        writes=lambda: tenure.held,
        replays=replays,
        service=service,
        reviews=reviews_of(parts, config=config, term=lambda: tenure.token),
    )
    sender = Sender(
        parts.store,
        alerts=parts.scope.alerts,
        project=parts.scope.project.name,
        root=parts.layout.root,
        machine_us=parts.clock.now_us,
        may=lambda: tenure.held,
    )
    desk = Desk(
        control,
        sender=sender,
        scope=parts.scope,
        clock=parts.clock,
        kind=config.clock,
        clock_watch=ClockWatch(parts.clock.now_us),
        audit=parts.store.audit,
        taken_over=lambda route: taken_over(route, states=read_states(place), alive=is_alive),
        service=partial(service.report, queue_rows=config.queue_rows),
        workers=lambda: workers_of(read_states(place), alive=is_alive),
    )

    def tell(state: State, bound: int) -> None:
        say(state, port=bound, token=tenure.token)

    def keep() -> list[str]:
        if not tenure.held:
            return []
        if desk.clock_ahead_us > SUSPECT_US:
            return [
                f"the machine's clock was set ahead by {duration(desk.clock_ahead_us / 1e6)}: until control is started "
                "again nothing is removed from the journal. See whether the clock is right."
            ]
        upto, now_us = control.ledger.upto, desk.now_us()
        return keep_house(parts.layout, scope=parts.scope, store=parts.store, read=upto, now_us=now_us)

    collect_seldom()
    sys.setswitchinterval(TURN_S)
    sender.start()
    try:
        run(
            desk,
            host=config.host,
            port=config.control_port if port is None else port,
            tell=tell,
            guard=guard_of(config, layout=parts.layout),
            tenure=tenure,
            pages=pages(desk) if pages else (),
            tls=open_tls(config),
            alive=alive,
            beat=lambda: beat(name, folder=place),
            keep=keep,
            keep_s=keep_s,
        )
    finally:
        tenure.give_back()
