"""The endpoints of the data plane: which request means what. Everything that answers goes through the ticker."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import structlog

from slipway.errors import SlipwayError
from slipway.records.access import May
from slipway.records.load_test import HEADER as LOAD_TEST
from slipway.records.route import Route
from slipway.records.worker_config import WorkerConfig
from slipway.serving import arrow, metrics, prometheus
from slipway.serving.answers import encoders
from slipway.serving.decisions import COLUMNS as DECISION_COLUMNS
from slipway.serving.decisions import Decisions, decisions_of, decode_decisions, names_kept, tells_decisions
from slipway.serving.docs_page import CONTENT_TYPE as HTML
from slipway.serving.docs_page import page
from slipway.serving.guard import Guard
from slipway.serving.http_request import Request
from slipway.serving.intake import Intake
from slipway.serving.live_route import LiveRoute
from slipway.serving.media import Form, form_of, plain
from slipway.serving.metric_values import COLUMNS as METRIC_COLUMNS
from slipway.serving.metric_values import decode_metrics, metrics_of, tells_metrics
from slipway.serving.metrics import Counts
from slipway.serving.openapi import document
from slipway.serving.outcomes import COLUMNS, decode_outcomes, outcomes_of
from slipway.serving.paths import asks_rows, shape_of
from slipway.serving.people import check_nobody_waits
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.tick import Ticker
from slipway.serving.told import Decided, Measured, Told
from slipway.serving.typical import typical_row
from slipway.serving.v2 import Infer
from slipway.serving.v2_metadata import model_metadata, server_metadata

_log = structlog.get_logger()
_TOLD = tuple(dict.fromkeys((*COLUMNS, *DECISION_COLUMNS, *METRIC_COLUMNS)))
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
        guard: Who may ask for what.
        typical: Gives a usual row for the arms of a route, for the example in the OpenAPI document.
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
        guard: Guard,
        typical: Callable[[Route | None], Mapping[str, Any]] | None = None,
    ) -> None:
        self._counts, self._metrics_path, self._live = counts, metrics_path, live
        self._tasks: set[asyncio.Task[None]] = set()
        self.intake = Intake(config, ticker=ticker, live=live, ready=ready, guard=guard, counts=counts)
        self._one, self._many = encoders(config.signature)
        self._v2 = Infer(config, tensors=self.intake.tensors, outputs=self.intake.outputs)
        self._typical = typical or (lambda _: typical_row(config.signature.fields))
        self._documents: dict[tuple[int, bool], bytes] = {}
        model = f"/v2/models/{config.route}"
        get: dict[str, _Handler] = {
            "/health/live": self._alive,
            "/health/ready": self._is_ready,
            "/v2/health/live": self._alive,
            "/v2/health/ready": self._is_ready,
            f"{model}/ready": self._is_ready,
            "/v2": lambda r: r.ok(msgspec.json.encode(server_metadata())),
            model: self._model,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
            "/docs": self._docs,
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
        handler = request.head.handler
        try:
            if handler is None:
                self.intake.guard.check(request.headers)
                handler = self._find(request)
            handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a reply and the loop goes on
            self._refuse(request, error)

    def _refuse(self, request: Request, error: Exception) -> None:
        if isinstance(error, SlipwayError):
            refusal = refusal_of(error)
        else:
            _log.error("request failed", path=shape_of(request.target), exc_info=error)
            refusal = Refusal(500, "The server failed; nothing was taken.", hint="The worker's log says more.")
        self._counts.failed(f"http_{refusal.status}")
        if asks_rows(request.target) and LOAD_TEST.encode() not in request.headers:
            self.intake.refusals.note(refusal, body=request.body)
        request.refuse(refusal)

    def _find(self, request: Request) -> _Handler:
        methods = self._handlers.get(request.target)
        if methods is None:
            path = request.target.partition("?")[0]
            methods = self._handlers.get(path) or self._of_model(path)
        if methods is None:
            known = ", ".join(sorted(self._handlers))
            raise Refusal(404, "There is nothing here.", wanted=f"one of {known}", got=request.target[:80])
        if request.method not in methods:
            allowed = ", ".join(methods)
            headers = (("allow", allowed),)
            raise Refusal(405, "Not with this method.", wanted=allowed, got=request.method, headers=headers)
        return methods[request.method]

    def _of_model(self, path: str) -> dict[str, _Handler] | None:
        """Return what ``/v2/models/{name}/versions/{version}/...`` asks for, if that is what is in force."""
        parts = path.split("/")
        if parts[1:3] != ["v2", "models"] or len(parts) < 4:
            return None
        version, rest = "", parts[4:]
        if rest[:1] == ["versions"] and len(rest) > 1 and rest[1]:
            version, rest = rest[1], rest[2:]
        self.intake.route(name=parts[3], version=version)
        return self._handlers.get("/".join([*parts[:4], *rest]))

    def _predict(self, request: Request) -> None:
        self.intake.guard.admit(request.headers, may=May.PREDICT)
        if form_of(request.headers) is Form.ARROW:
            self._arrow(request, self._predict_table)
            return
        handler = self._predict_load_test if LOAD_TEST.encode() in request.headers else self._predict_rows
        request.head.handler = handler  # path, host and form are the same in every request with this head
        handler(request)

    def _predict_rows(self, request: Request) -> None:
        self.intake.guard.admit(request.headers, may=May.PREDICT)
        intake, at_us = self.intake, self.intake.at_us(request.headers)
        asked = intake.rows.decode(request.body)
        intake.ticker.ask(request, asked, at_us=at_us, encode=self._many if asked.many else self._one)

    def _predict_load_test(self, request: Request) -> None:
        self.intake.guard.own(request.headers)
        intake, at_us = self.intake, self.intake.at_us(request.headers)
        asked = intake.load_test_rows.decode(request.body)
        intake.ticker.ask(request, asked, at_us=at_us, encode=self._many if asked.many else self._one)

    def _predict_table(self, request: Request) -> None:
        intake, columns = self.intake, self.intake.columns
        check_nobody_waits(intake.route(), protocol="An Arrow table")
        table, rows = arrow.read_columns(request.body, most_rows=intake.config.queue_rows, known=columns.known)
        asked, reply = columns.decode(table, rows=rows), arrow.ArrowReply(request, signature=intake.config.signature)
        intake.ticker.ask(reply, asked, at_us=intake.at_us(request.headers), encode=reply.encode)

    def _infer(self, request: Request) -> None:
        self.intake.guard.admit(request.headers, may=May.PREDICT)
        intake, at_us = self.intake, self.intake.at_us(request.headers)
        plain(request.headers)
        route = intake.route()
        check_nobody_waits(route, protocol="The Open Inference Protocol")
        caller, asked, encode = self._v2.read(request, route_version=route.version)
        intake.ticker.ask(caller, asked, at_us=at_us, encode=encode)

    def _outcomes(self, request: Request) -> None:
        self.intake.guard.admit(request.headers, may=May.OUTCOMES)
        intake, at_us = self.intake, self.intake.at_us(request.headers)
        if form_of(request.headers) is Form.ARROW:
            self._arrow(request, self._outcome_table)
            return
        if tells_decisions(request.body):
            self._decided(request, decode_decisions(request.body, kind=intake.config.signature.kind), at_us=at_us)
            return
        if tells_metrics(request.body):
            intake.ticker.tell(Measured(request, decode_metrics(request.body), at_us=at_us))
            return
        ids, values = decode_outcomes(request.body, kind=intake.config.signature.kind)
        intake.ticker.tell(Told(request, ids=ids, values=values, at_us=at_us))

    def _outcome_table(self, request: Request) -> None:
        intake = self.intake
        at_us, kind = intake.at_us(request.headers), intake.config.signature.kind
        table, _ = arrow.read_columns(
            request.body, most_rows=intake.config.queue_rows, known=_TOLD, moments=("decided_us",)
        )
        if "metric" in table:
            intake.ticker.tell(Measured(request, metrics_of(table), at_us=at_us))
            return
        if not table.keys() <= set(COLUMNS):
            self._decided(request, decisions_of(table, kind=kind), at_us=at_us)
            return
        ids, values = outcomes_of(table, kind=kind)
        intake.ticker.tell(Told(request, ids=ids, values=values, at_us=at_us))

    def _decided(self, request: Request, told: Decisions, *, at_us: int) -> None:
        deciders = names_kept(told.by, config=self.intake.config)
        self.intake.ticker.tell(Decided(request, told, deciders=deciders, at_us=at_us))

    def _arrow(self, request: Request, handler: _Handler) -> None:
        """Answer a request with a table; the first one waits in a thread for what reads tables, and delays nobody."""
        if arrow.is_loaded():
            handler(request)
            return

        def loaded(_: object) -> None:
            try:
                handler(request)
            except Exception as error:  # noqa: BLE001 - as above
                self._refuse(request, error)

        task = asyncio.get_running_loop().create_task(asyncio.to_thread(arrow.load))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(loaded)

    def _alive(self, request: Request) -> None:
        request.ok(b'{"live":true}')

    def _is_ready(self, request: Request) -> None:
        route = self.intake.ready()
        request.ok(msgspec.json.encode({"ready": True, "route": route.name, "version": route.version}))

    def _model(self, request: Request) -> None:
        self.intake.guard.admit(request.headers)
        request.ok(msgspec.json.encode(model_metadata(self.intake.config, self.intake.route())))

    def _openapi(self, request: Request) -> None:
        self.intake.guard.admit(request.headers)
        live, config = self._live(), self.intake.config
        route, named = live.route if live else None, request.target.partition("?")[0].endswith(f"/{config.route}")
        key = route.version if route else 0, named
        if key not in self._documents:
            id_name, typical = self.intake.rows.id_name, self._typical(route)
            told = document(config, route=route, id_name=id_name, typical=typical, named=named)
            self._documents = {key: msgspec.json.encode(told)}
        request.ok(self._documents[key])

    def _docs(self, request: Request) -> None:
        data, headers = page()
        request.reply(200, data, content_type=HTML, headers=headers)

    def _metrics(self, request: Request) -> None:
        self.intake.guard.admit(request.headers)
        workers = metrics.total(self._counts, folder=self._metrics_path.parent, own_path=self._metrics_path)
        shadow = metrics.read(metrics.shadow_path(self._metrics_path.parent))
        request.reply(200, metrics.render(workers, shadow=shadow), content_type=prometheus.CONTENT_TYPE)
