"""Commands that change a rollout: to the control process if one runs, else done here; one project, one controller."""

from typing import TypeVar

import httpx
import msgspec

from slipway.control.desk import RollbackRequest, StartRequest, StepRequest
from slipway.control.report import StepReport
from slipway.control.step import Controller
from slipway.control.surface import EXACT
from slipway.errors import BadInput, Conflict, NotFound, Refused, SlipwayError, Unavailable
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.records.rollout import Plan, Rollout
from slipway.serving.run_state import State, is_alive, read_states
from slipway.wiring import Parts

T = TypeVar("T")

_ERRORS: dict[int, type[SlipwayError]] = {400: BadInput, 403: Refused, 404: NotFound, 409: Conflict}
TIMEOUT_S = 60.0


def control_url(parts: Parts) -> str | None:
    """Return the address of the control process that runs this project, or None."""
    for state in read_states(parts.layout.run):
        if state.name == "control" and state.state is State.READY and is_alive(state.pid):
            return f"http://{state.host}:{state.port}"
    return None


def start(parts: Parts, controller: Controller, *, arm: Arm, plan: Plan, now_us: int, by: str) -> Rollout:
    """Start a rollout; see :meth:`slipway.control.step.Controller.start`."""
    url, route = control_url(parts), parts.scope.project.name
    if url is None:
        return controller.start(route, candidate=arm, plan=plan, now_us=now_us, by=by)
    request = StartRequest(candidate=arm.name, route=route, plan=plan, by=by, now_us=now_us)
    return _post(f"{url}/rollouts", request, kind=Rollout)


def roll_back(parts: Parts, controller: Controller, *, rollout: str, now_us: int, why: str, by: str) -> Rollout:
    """Roll back; see :meth:`slipway.control.step.Controller.roll_back`."""
    url = control_url(parts)
    if url is None:
        return controller.roll_back(rollout, now_us=now_us, why=why, by=by)
    return _post(f"{url}/rollouts/{rollout}/rollback", RollbackRequest(why=why, by=by), kind=Rollout)


def step(parts: Parts, controller: Controller, *, now_us: int) -> StepReport:
    """Make one step; see :meth:`slipway.control.step.Controller.step`."""
    url = control_url(parts)
    if url is None:
        return controller.step(now_us)
    return _post(f"{url}/step", StepRequest(now_us=now_us), kind=StepReport)


def _post(url: str, request: Record, *, kind: type[T]) -> T:
    try:
        headers = {"Content-Type": "application/json", "Accept": EXACT}
        reply = httpx.post(url, content=msgspec.json.encode(request), headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise Unavailable(
            f"control at {url}: want an answer, got {type(error).__name__}: {error}. Try again."
        ) from error
    if reply.is_success:
        return msgspec.msgpack.decode(reply.content, type=kind)
    try:
        message = str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        message = f"control at {url}: want an answer, got status {reply.status_code}."
    raise _ERRORS.get(reply.status_code, Unavailable)(message)
