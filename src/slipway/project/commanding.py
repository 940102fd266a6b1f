"""Commands that change a rollout: to the control process if one runs, else done here; one project, one controller."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import TypeVar

import msgspec

from slipway.control.alert_desk import AlertDesk, AlertRequest, AlertTestRequest
from slipway.control.report import StepReport
from slipway.control.requests import ApprovalRequest, RehearsalRequest, RollbackRequest, StartRequest, StepRequest
from slipway.control.standing import Status as ControlStatus
from slipway.control.step import Controller
from slipway.control.surface import EXACT
from slipway.control.takeover import workers_of
from slipway.control.telling.sender import Sender, Tried
from slipway.errors import BadInput, Conflict, NotFound, Refused, SlipwayError, Unavailable
from slipway.project.loopback import Reply, ask, key_of
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.records.facts import Approval
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Plan, Rollout, RolloutStatus
from slipway.records.service_report import ServiceReport
from slipway.records.trouble import Alert
from slipway.serving.config_file import load_config
from slipway.serving.pulse import Pulse, pulse_path
from slipway.serving.run_state import RunState, State, is_alive, read_states
from slipway.storage.layout import Layout
from slipway.storage.lock import end_holder, holder_of
from slipway.wiring import Parts

T = TypeVar("T")

ANSWER_S = 15.0
"""How long control may take to change a route: it waits for the journal it reads and, two seconds, for the workers."""

HUNG_S = 2.0
"""How long control may show no sign of life, which it does five times a second, before it is known to hang."""

_LOOK_S = 0.1
_END_S = 2.0
STATUS_S = 2.0
"""How long control may take to say how it is."""

STEP_S = 60.0
"""How long a step may take: in a replay it waits for the shadows first."""

_ERRORS: dict[int, type[SlipwayError]] = {400: BadInput, 403: Refused, 404: NotFound, 409: Conflict}


def control(layout: Layout) -> RunState | None:
    """Return the control process that runs this project, or None.

    Of several that say so the last one to take the lease: those before it are stopped, and do not know yet.
    """
    ready = (s for s in read_states(layout.run) if s.state is State.READY and s.name.startswith("control"))
    return max((s for s in ready if is_alive(s.pid)), key=lambda s: s.token, default=None)


def ask_status(parts: Parts) -> ControlStatus | None:
    """Return what the control process says of itself, or None if none runs, or it does not answer in time.

    It has read the journal already, so who asks it need not.
    """
    running = control(parts.layout)
    if running is None:
        return None
    try:
        return call(parts.layout, running, "GET", "/status", None, kind=ControlStatus, timeout_s=STATUS_S)
    except SlipwayError:
        return None


def ask_service(parts: Parts) -> ServiceReport | None:
    """Return how the control process says that the service does, or None if none runs, or it does not answer."""
    running = control(parts.layout)
    if running is None:
        return None
    try:
        return call(parts.layout, running, "GET", "/service", None, kind=ServiceReport, timeout_s=STATUS_S)
    except SlipwayError:
        return None


def start(parts: Parts, controller: Controller, *, arm: Arm, plan: Plan, now_us: int, by: str) -> Rollout:
    """Start a rollout; see :meth:`slipway.control.step.Controller.start`."""
    running, route = control(parts.layout), parts.scope.project.name
    if running is None:
        return controller.start(route, candidate=arm, plan=plan, now_us=now_us, by=by)
    request = StartRequest(candidate=arm.name, route=route, plan=plan, by=by, now_us=now_us)
    return _post(parts.layout, running, "/rollouts", request, kind=Rollout)


def roll_back(parts: Parts, controller: Controller, *, rollout: str, now_us: int, why: str, by: str) -> Rollout:
    """Roll back; see :meth:`slipway.control.step.Controller.roll_back`.

    A control process that hangs is ended, so that the kernel takes the controller's lock from it, and the rollback is
    done here: whoever rolls back cannot wait. There is one controller all the same, for the lock says who.
    """
    running, path = control(parts.layout), f"/rollouts/{rollout}/rollback"
    if running is not None:
        try:
            return _post(parts.layout, running, path, RollbackRequest(why=why, by=by), kind=Rollout)
        except NoAnswer as silence:
            if not _stands_aside(parts, running, hangs=silence.hangs):
                raise
            why = f"{why} (control, process {running.pid}, did not answer)"
    try:
        return controller.roll_back(rollout, now_us=now_us, why=why, by=by)
    except Conflict:
        if running is not None and (ended := _ended(parts, rollout)):
            return ended  # control did it, and then fell silent
        if running is None or (heir := _heir(parts, of=running)) is None:
            raise
    return _post(parts.layout, heir, path, RollbackRequest(why=why, by=by), kind=Rollout)


def rehearse(parts: Parts, controller: Controller, *, rollout: str, now_us: int, by: str) -> Rehearsal:
    """Time the way back without harm; see :func:`slipway.control.rehearsing.rehearse`."""
    running = control(parts.layout)
    if running is None:
        return controller.rehearse(rollout, workers=lambda: _workers(parts), now_us=now_us, by=by)
    return _post(parts.layout, running, f"/rollouts/{rollout}/rehearsal", RehearsalRequest(by=by), kind=Rehearsal)


def _workers(parts: Parts) -> list[RunState]:
    return workers_of(read_states(parts.layout.run), alive=is_alive)


def approve(parts: Parts, controller: Controller, *, said: Approval, by: str) -> Approval:
    """Keep a person's word on a stage; see :func:`slipway.control.approving.approve`."""
    running = control(parts.layout)
    if running is None:
        return controller.approve(said, by=by)
    request = ApprovalRequest(stage=said.stage, by=said.by, why=said.why, approved=said.approved, now_us=said.at_us)
    return _post(parts.layout, running, f"/rollouts/{said.rollout}/approvals", request, kind=Approval)


def step(parts: Parts, controller: Controller, *, now_us: int) -> StepReport:
    """Make one step; see :meth:`slipway.control.step.Controller.step`."""
    running = control(parts.layout)
    if running is None:
        return controller.step(now_us)
    return _post(parts.layout, running, "/step", StepRequest(now_us=now_us), kind=StepReport, timeout_s=STEP_S)


def act_on_alert(parts: Parts, controller: Controller, *, alert: str, request: AlertRequest, now_us: int) -> Alert:
    """Do something with an alert; see :meth:`slipway.control.alert_desk.AlertDesk.act`."""
    running = control(parts.layout)
    if running is None:
        return AlertDesk(controller, now_us=lambda: now_us).act(alert, request=request)
    return _post(parts.layout, running, f"/alerts/{alert}", request, kind=Alert)


def test_alerts(parts: Parts, request: AlertTestRequest) -> tuple[Tried, ...]:
    """Send a test to receivers of alerts: from the control process if one runs, for it has the secrets; else here."""
    running = control(parts.layout)
    if running is not None:
        return _post(parts.layout, running, "/alerts/test", request, kind=tuple[Tried, ...])
    sender = Sender(
        parts.store,
        alerts=parts.scope.alerts,
        project=parts.scope.project.name,
        root=parts.layout.root,
        machine_us=parts.clock.now_us,
    )
    return sender.test(request.receiver)


class NoAnswer(Unavailable):
    """Control did not answer; ``hangs`` where it gives no sign of life either."""

    hangs = False


def _post(
    layout: Layout, running: RunState, path: str, request: Record, *, kind: type[T], timeout_s: float | None = None
) -> T:
    return call(layout, running, "POST", path, request, kind=kind, timeout_s=timeout_s)


def call(
    layout: Layout,
    running: RunState,
    method: str,
    path: str,
    request: Record | None,
    *,
    kind: type[T],
    timeout_s: float | None = None,
) -> T:
    """Return what a control process answers.

    Args:
        layout: Where the project lies; nobody needs its scope for this.
        running: The process.
        method: Such as ``GET``.
        path: Path and query.
        request: What is sent, or None.
        kind: What is answered.
        timeout_s: How long it may take; None takes :data:`ANSWER_S`.

    Raises:
        Unavailable: It does not answer.
        SlipwayError: What it refuses with.
    """
    place = f"control at {running.host}:{running.port}"
    timeout_s = ANSWER_S if timeout_s is None else timeout_s
    call = partial(
        ask,
        method,
        host=running.host,
        port=running.port,
        path=path,
        body=b"" if request is None else msgspec.json.encode(request),
        headers={"Content-Type": "application/json", "Accept": EXACT, **key_of(layout)},
        tls_certificate=_certificate(layout),
        timeout_s=timeout_s,
    )
    try:
        reply = _unless_silent(call, sign=pulse_path(running.name, folder=layout.run))
    except TimeoutError as error:
        silence = NoAnswer(
            f"{place}: want an answer within {timeout_s:g} s, got {str(error) or 'none'} from process {running.pid}. "
            "It may still do what was asked: look with 'slipway status'. If it hangs, the server replaces it in half "
            f"a minute; 'kill -9 {running.pid}' is faster."
        )
        silence.hangs = isinstance(error, _SilentError)
        raise silence from error
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"{place}: want an answer, got {error!r}. Try again.") from error
    if 200 <= reply.status < 300:
        return msgspec.msgpack.decode(reply.body, type=kind)
    try:
        message = str(msgspec.json.decode(reply.body)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        message = f"{place}: want an answer, got status {reply.status}."
    raise _ERRORS.get(reply.status, Unavailable)(message)


def _certificate(layout: Layout) -> str:
    """Return the certificate that the server shows, which may be another one than the scope names by now."""
    try:
        return load_config(layout).tls_certificate
    except NotFound:  # no server ever ran here
        return ""


class _SilentError(TimeoutError):
    """No sign of life while an answer was waited for."""


def _unless_silent(call: Callable[[], Reply], *, sign: Path) -> Reply:
    """Return what the call returns, or give up as soon as the process behind it shows no sign of life.

    The call goes on in its thread then, until its own time is up; nobody waits for it.
    """
    outcome: Future[Reply] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    pulse = Pulse(sign, limit_s=HUNG_S)
    pulse.listen(now_s=time.monotonic())
    while not wait([outcome], timeout=_LOOK_S).done:
        if pulse.silent(now_s=time.monotonic()):
            raise _SilentError(f"no sign of life for {HUNG_S:g} s")
    return outcome.result()


def _stands_aside(parts: Parts, running: RunState, *, hangs: bool) -> bool:
    """Tell whether the controller's lock can be taken; of a process that hangs it is, by ending it."""
    lock = parts.layout.controller_lock
    if holder_of(lock) != running.pid:
        return True
    return hangs and end_holder(lock)


def _heir(parts: Parts, *, of: RunState) -> RunState | None:
    """Return who took over meanwhile, for whoever stood by is as quick as we are; None if nobody did."""
    until_s = time.monotonic() + _END_S
    while time.monotonic() < until_s:
        found = control(parts.layout)
        if found is not None and found.pid != of.pid:
            return found
        time.sleep(_LOOK_S)
    return None


def _ended(parts: Parts, id: str) -> Rollout | None:  # noqa: A002 - the field's own word
    rollout = parts.store.get(Rollout, id=id)[0]
    return rollout if rollout.status is RolloutStatus.ROLLED_BACK else None
