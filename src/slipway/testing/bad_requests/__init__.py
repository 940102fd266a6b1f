"""More than a thousand requests that no server should take, each wrong in a way of its own, and how each is answered.

For whoever changes the way in: a parser, a protocol, a proxy in front. Each is bytes on the wire, so that what a client
would mend or refuse itself is here too.
"""

from itertools import chain

from slipway.testing.bad_requests.protocols import bad_decisions, bad_metrics, bad_outcomes, bad_tables, bad_tensors
from slipway.testing.bad_requests.request import ENTITY, ROUTE, ROW, SIGNATURE, BadRequest, http, text
from slipway.testing.bad_requests.rows import bad_rows
from slipway.testing.bad_requests.wire import bad_wire

__all__ = ["ENTITY", "ROUTE", "ROW", "SIGNATURE", "BadRequest", "bad_requests", "http", "text"]


def bad_requests() -> list[BadRequest]:
    """Return all of them; no two have the same bytes."""
    every = chain(bad_rows(), bad_tensors(), bad_tables(), bad_outcomes(), bad_decisions(), bad_metrics(), bad_wire())
    return list({one.data: one for one in every}.values())
