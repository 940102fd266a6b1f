"""Commands that change a rollout: to the control process if one runs, else done here; one project, one controller."""

from http.client import HTTPException
from typing import TypeVar

import msgspec

from slipway.control.desk import RollbackRequest, StartRequest, StepRequest
from slipway.control.report import StepReport
from slipway.control.step import Controller
from slipway.control.surface import EXACT
from slipway.errors import BadInput, Conflict, NotFound, Refused, SlipwayError, Unavailable
from slipway.project.loopback import ask
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.records.rollout import Plan, Rollout
from slipway.serving.run_state import RunState, State, is_alive, read_states
from slipway.wiring import Parts

T = TypeVar("T")

ANSWER_S = 15.0
"""How long control may take to change a route: it waits for the journal it reads and, two seconds, for the workers."""

STEP_S = 60.0
"""How long a step may take: in a replay it waits for the shadows first."""

_ERRORS: dict[int, type[SlipwayError]] = {400: BadInput, 403: Refused, 404: NotFound, 409: Conflict}


def control(parts: Parts) -> RunState | None:
    """Return the control process that runs this project, or None."""
    for state in read_states(parts.layout.run):
        if state.name == "control" and state.state is State.READY and is_alive(state.pid):
            return state
    return None


def start(parts: Parts, controller: Controller, *, arm: Arm, plan: Plan, now_us: int, by: str) -> Rollout:
    """Start a rollout; see :meth:`slipway.control.step.Controller.start`."""
    running, route = control(parts), parts.scope.project.name
    if running is None:
        return controller.start(route, candidate=arm, plan=plan, now_us=now_us, by=by)
    request = StartRequest(candidate=arm.name, route=route, plan=plan, by=by, now_us=now_us)
    return _post(running, "/rollouts", request, kind=Rollout)


def roll_back(parts: Parts, controller: Controller, *, rollout: str, now_us: int, why: str, by: str) -> Rollout:
    """Roll back; see :meth:`slipway.control.step.Controller.roll_back`."""
    running = control(parts)
    if running is None:
        return controller.roll_back(rollout, now_us=now_us, why=why, by=by)
    return _post(running, f"/rollouts/{rollout}/rollback", RollbackRequest(why=why, by=by), kind=Rollout)


def step(parts: Parts, controller: Controller, *, now_us: int) -> StepReport:
    """Make one step; see :meth:`slipway.control.step.Controller.step`."""
    running = control(parts)
    if running is None:
        return controller.step(now_us)
    return _post(running, "/step", StepRequest(now_us=now_us), kind=StepReport, timeout_s=STEP_S)


def _post(running: RunState, path: str, request: Record, *, kind: type[T], timeout_s: float | None = None) -> T:
    place = f"control at {running.host}:{running.port}"
    headers = {"Content-Type": "application/json", "Accept": EXACT}
    body = msgspec.json.encode(request)
    timeout_s = ANSWER_S if timeout_s is None else timeout_s
    try:
        reply = ask(
            "POST", host=running.host, port=running.port, path=path, body=body, headers=headers, timeout_s=timeout_s
        )
    except TimeoutError as error:
        raise Unavailable(
            f"{place}: want an answer within {timeout_s:g} s, got none from process {running.pid}. It may still do "
            f"what was asked: look with 'slipway status'. If it hangs, end it ('kill -9 {running.pid}'): the server "
            "starts another."
        ) from error
    except (OSError, HTTPException) as error:
        raise Unavailable(f"{place}: want an answer, got {error!r}. Try again.") from error
    if 200 <= reply.status < 300:
        return msgspec.msgpack.decode(reply.body, type=kind)
    try:
        message = str(msgspec.json.decode(reply.body)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        message = f"{place}: want an answer, got status {reply.status}."
    raise _ERRORS.get(reply.status, Unavailable)(message)
