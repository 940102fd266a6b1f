"""The endpoints of the data plane: which request means what. Everything that answers goes through the ticker."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from slipway.errors import SlipwayError
from slipway.records.worker_config import ClockKind, WorkerConfig
from slipway.serving import metrics, v2
from slipway.serving.answers import encoders
from slipway.serving.asking import live_or_none
from slipway.serving.decode import RowDecoder
from slipway.serving.guard import Guard
from slipway.serving.http_request import Request
from slipway.serving.live_route import LiveRoute
from slipway.serving.metrics import Counts
from slipway.serving.outcomes import decode_outcomes
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.tick import Ticker, Told

_Handler = Callable[[Request], None]


class App:
    """Turns whole requests into calls.

    Args:
        config: Facts of the data plane.
        ticker: Answers rows and takes outcomes.
        live: Gives the route in force, or None before the first.
        counts: What is counted.
        metrics_path: File where this worker leaves its counts.
        ready: Gives the reason why the worker wants no traffic, or an empty string.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        ticker: Ticker,
        live: Callable[[], LiveRoute | None],
        counts: Counts,
        metrics_path: Path,
        ready: Callable[[], str],
    ) -> None:
        self._config, self._ticker, self._live, self._counts = config, ticker, live, counts
        self._metrics_path, self._ready = metrics_path, ready
        self._guard = Guard(config.host)
        self._decoder = RowDecoder(config.signature, entity=config.entity)
        self._one, self._many = encoders(config.signature)
        model = f"/v2/models/{config.route}"
        get: dict[str, _Handler] = {
            "/health/live": self._alive,
            "/health/ready": self._is_ready,
            "/v2/health/live": self._alive,
            "/v2/health/ready": self._is_ready,
            f"{model}/ready": self._is_ready,
            "/v2": lambda r: r.ok(v2.server_metadata()),
            model: self._model,
            "/metrics": self._metrics,
        }
        post: dict[str, _Handler] = {
            "/predict": self._predict,
            "/outcomes": self._outcomes,
            f"{model}/infer": self._infer,
        }
        self._handlers: dict[str, dict[str, _Handler]] = {p: {"GET": h, "HEAD": h} for p, h in get.items()}
        self._handlers |= {p: {"POST": h} for p, h in post.items()}
        own = [p for p in self._handlers if p.count("/") == 1 and p != "/v2"]
        self._handlers |= {f"{p}/{config.route}": self._handlers[p] for p in own}  # as where one server has several

    def handle(self, request: Request) -> None:
        """Answer the request, now or at the end of the tick; never raise."""
        try:
            self._guard.check(request.headers)
            self._find(request)(request)
        except SlipwayError as error:
            refusal = refusal_of(error)
            self._counts.failed(f"http_{refusal.status}")
            request.refuse(refusal)

    def _find(self, request: Request) -> _Handler:
        methods = self._handlers.get(request.target) or self._handlers.get(request.target.partition("?")[0])
        if methods is None:
            known = ", ".join(sorted(self._handlers))
            raise Refusal(404, "There is nothing here.", wanted=f"one of {known}", got=request.target[:80])
        if request.method not in methods:
            allowed = ", ".join(methods)
            headers = (("allow", allowed),)
            raise Refusal(405, "Not with this method.", wanted=allowed, got=request.method, headers=headers)
        return methods[request.method]

    def _predict(self, request: Request) -> None:
        at_us = self._at_us(request)
        asked = self._decoder.decode(request.body)
        self._ticker.ask(request, asked, at_us=at_us, encode=self._many if asked.many else self._one)

    def _infer(self, request: Request) -> None:
        if b"inference-header-content-length" in request.headers:
            hint = "In tritonclient set binary_data=False."
            raise Refusal(400, "Binary tensors are not spoken here.", wanted="JSON", got="a binary part", hint=hint)
        at_us, live = self._at_us(request), live_or_none(self._live())
        asked, given_id = v2.decode_infer(request.body, config=self._config, decoder=self._decoder)
        encode = v2.encode_infer(self._config, request_id=given_id, route_version=live.route.version)
        self._ticker.ask(request, asked, at_us=at_us, encode=encode)

    def _outcomes(self, request: Request) -> None:
        at_us = self._at_us(request)
        ids, values = decode_outcomes(request.body, kind=self._config.signature.kind)
        self._ticker.tell(Told(request, ids=ids, values=values, at_us=at_us))

    def _at_us(self, request: Request) -> int:
        given = request.headers.get(b"slipway-time-us")
        if self._config.clock is ClockKind.SYSTEM:
            if given is None:
                return time.time_ns() // 1000
            hint = "Serve a replay with 'slipway serve --clock event'."
            raise Refusal(400, "This server has its own clock.", wanted="no Slipway-Time-Us", got="one", hint=hint)
        if given is None or not (given.isascii() and given.isdigit() and len(given) <= 18):
            wanted = "Slipway-Time-Us: microseconds since the epoch"
            raise Refusal(400, "This server replays.", wanted=wanted, got="none" if given is None else repr(given[:40]))
        return int(given)

    def _alive(self, request: Request) -> None:
        request.ok(b'{"live":true}')

    def _is_ready(self, request: Request) -> None:
        if reason := self._ready():
            raise Refusal(503, reason, wanted="a worker that takes requests", got="one that does not yet, or no longer")
        live = live_or_none(self._live())
        request.ok(msgspec.json.encode({"ready": True, "route": live.route.name, "version": live.route.version}))

    def _model(self, request: Request) -> None:
        request.ok(v2.model_metadata(self._config, live_or_none(self._live()).route))

    def _metrics(self, request: Request) -> None:
        workers = metrics.total(self._counts, folder=self._metrics_path.parent, own_path=self._metrics_path)
        request.reply(200, metrics.render(workers), content_type=metrics.CONTENT_TYPE)
