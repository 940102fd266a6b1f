"""What may be asked of control, as it is sent."""

from typing import Annotated

import msgspec

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.rollout import Plan

Moment = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class StartRequest(Record, frozen=True, kw_only=True):
    """What starts a rollout.

    Attributes:
        candidate: Name of the arm on its way in.
        route: Name of the route; None if there is only one.
        plan: Its stages; None takes the scope's.
        by: Who asks, for the audit trail.
        now_us: The moment it starts at; None takes the clock's. Where the machine's clock counts it is that, give or
            take the time that a call takes.
    """

    candidate: str
    route: str | None = None
    plan: Plan | None = None
    by: str = "control surface"
    now_us: Moment | None = None


class RollbackRequest(Record, frozen=True, kw_only=True):
    """What rolls back.

    Attributes:
        why: The reason, for the audit trail.
        by: Who asks.
    """

    why: str = "no reason given"
    by: str = "control surface"


class ApprovalRequest(Record, frozen=True, kw_only=True):
    """What a person says of the stage that a rollout is in.

    Attributes:
        stage: Name of the stage.
        by: Whose word it is.
        why: The reason, in words.
        approved: False refuses, which rolls back.
        now_us: The moment; as in :class:`StartRequest`.
    """

    stage: str
    by: str
    why: str
    approved: bool = True
    now_us: Moment | None = None


class RehearsalRequest(Record, frozen=True, kw_only=True):
    """What rehearses a rollback; ``by`` says who asks."""

    by: str = "control surface"


class StepRequest(Record, frozen=True, kw_only=True):
    """What makes control look now.

    Attributes:
        now_us: The moment to judge; None takes the clock's. Where the machine's clock counts it is that, give or take
            the time that a call takes.
    """

    now_us: Moment | None = None


def decode_request(body: bytes, *, kind: type[Record]) -> Record:
    """Read a request; an empty body is an empty object.

    Raises:
        BadInput: It is no JSON, or says something else than the request can.
    """
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadInput(f"request: want JSON of {kind.__name__}, got something else: {error}.") from error
