"""What every protocol does with a request before its rows are asked: who may, when it came, which route is meant.

HTTP (:mod:`slipway.serving.app`) and gRPC are thin faces over this; both give the headers with names in lower case.
"""

import time
from collections.abc import Callable

from slipway.records.route import Route
from slipway.records.worker_config import ClockKind, WorkerConfig
from slipway.serving.asking import live_or_none
from slipway.serving.decode import RowDecoder
from slipway.serving.guard import Guard
from slipway.serving.live_route import LiveRoute
from slipway.serving.metrics import Counts
from slipway.serving.refusal import Refusal
from slipway.serving.refusals import Refusals
from slipway.serving.tabular import ColumnDecoder
from slipway.serving.tick import Ticker
from slipway.serving.v2_outputs import Outputs
from slipway.serving.v2_tensors import TensorDecoder

Headers = dict[bytes, bytes]


class Intake:
    """The way in to one project.

    Args:
        config: Facts of the data plane.
        ticker: Answers rows and takes outcomes.
        live: Gives the route in force, or None before the first.
        ready: Gives the reason why the worker wants no traffic, or an empty string.
        guard: Who may ask for what.
        counts: What is counted.

    Attributes:
        config: As given.
        ticker: As given.
        rows: Decodes JSON objects.
        load_test_rows: The same, of 'slipway bench'.
        columns: Decodes columns.
        tensors: Decodes tensors.
        outputs: Makes tensors of answers.
        guard: As given.
        refusals: Counts rows that do not fit.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        ticker: Ticker,
        live: Callable[[], LiveRoute | None],
        ready: Callable[[], str],
        guard: Guard,
        counts: Counts,
    ) -> None:
        self.config, self.ticker = config, ticker
        self._live, self._ready, self.guard = live, ready, guard
        signature, entity = config.signature, config.entity
        self.rows = RowDecoder(signature, entity=entity)
        names = (*(f.name for f in signature.fields), entity, self.rows.id_name)
        self.refusals = Refusals(names, requests=counts.refusals, rows=counts.refused_rows)
        self.load_test_rows = RowDecoder(signature, entity=entity, load_test=True)
        self.columns = ColumnDecoder(signature, entity=entity, id_name=self.rows.id_name)
        self.tensors = TensorDecoder(signature, entity=entity, id_name=self.rows.id_name)
        self.outputs = Outputs(signature)

    def route(self, *, name: str = "", version: str = "") -> Route:
        """Return the route in force, if it is the one meant.

        Args:
            name: Name of the model, or empty.
            version: Version of the route, or empty for whichever is in force.

        Raises:
            Refusal: 404; another is in force.
            Unavailable: None is.
        """
        if name and name != self.config.route:
            raise Refusal(404, "There is no such model here.", wanted=f"'{self.config.route}'", got=f"'{name[:80]}'")
        route = live_or_none(self._live()).route
        if version and version != str(route.version):
            named = f"Version {version[:20]}" if version.isdecimal() else "That version"
            raise Refusal(
                404,
                f"{named} of {route.name} is not in force.",
                wanted=f"version {route.version}",
                got=f"version {version[:20]}",
                hint="Leave the version out to be answered by whichever is in force.",
            )
        return route

    def ready(self) -> Route:
        """Return the route in force, if the worker takes requests.

        Raises:
            Refusal: 503; says why it does not.
        """
        if reason := self._ready():
            raise Refusal(503, reason, wanted="a worker that takes requests", got="one that does not yet, or no longer")
        return self.route()

    def at_us(self, headers: Headers) -> int:
        """Return the moment of a request, in microseconds since the epoch.

        Raises:
            Refusal: 400; it tells the time to a server that has its own, or does not to one that has none.
        """
        given = headers.get(b"slipway-time-us")
        if self.config.clock is ClockKind.SYSTEM:
            if given is None:
                return time.time_ns() // 1000
            hint = "Serve a replay with 'slipway serve --clock event'."
            raise Refusal(400, "This server has its own clock.", wanted="no Slipway-Time-Us", got="one", hint=hint)
        if given is None or not (given.isascii() and given.isdigit() and len(given) <= 18):
            wanted = "Slipway-Time-Us: microseconds since the epoch"
            raise Refusal(400, "This server replays.", wanted=wanted, got="none" if given is None else repr(given[:40]))
        return int(given)
