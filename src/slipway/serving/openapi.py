"""What the data plane speaks, as an OpenAPI 3.1 document made from the scope's signature. Pure.

It names every path, every status and every header that a caller may meet, so that a client made from it, or a test that
holds the server to it, needs nothing else.

Reference:
    spec.openapis.org/oas/v3.1.0.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from slipway.records.route import Route
from slipway.records.worker_config import ClockKind, Durability, WhenFull, WorkerConfig
from slipway.serving.caller import UNLOGGED
from slipway.serving.media import Form
from slipway.serving.openapi_schemas import schemas
from slipway.serving.v2 import BINARY

Part = dict[str, Any]

_ERRORS = {
    400: "The request is no HTTP, no JSON, or does not fit; the body names what was wanted and what came.",
    401: "The project has keys, and the request shows none of them.",
    403: "By a name or from a page that is not this server's, or with a key that may not do that.",
    404: "There is nothing here, or another version is in force.",
    405: "Not with this method; Allow says with which.",
    408: "The request did not come in time.",
    409: (
        "People are to answer where nobody can be told to wait; two rows have the same id; or two outcomes, "
        "decisions of one person, or values of one metric, on one id contradict each other."
    ),
    413: "The body is too large, or has too many rows.",
    415: "The body has a form that is not spoken here.",
    431: "The headers are too large.",
    500: "The server failed; nothing was taken.",
    503: "Full, not ready, the disk refused, or no arm answered; Retry-After says when to try again.",
    504: "No arm answered within the deadline.",
}
_TOLD = ("Outcome", "Outcomes", "Decision", "Decisions", "Metric", "Metrics")
_ALWAYS = (400, 401, 403, 405, 408, 413, 431)
_BODY = (415, 500, 503)


def document(
    config: WorkerConfig, *, route: Route | None, id_name: str, typical: Mapping[str, Any], named: bool = False
) -> Part:
    """Return the document.

    Args:
        config: Facts of the data plane.
        route: Route in force, or None before the first.
        id_name: Key under which a caller may name a prediction.
        typical: A usual row, for the examples.
        named: Whether paths name the route, as they must where one server has several projects.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": config.route,
            "version": f"route version {route.version if route else 'none yet'}, slipway {version('slipway')}",
            "description": f"Predictions, outcomes, decisions, metrics and health. {_kept(config)}",
        },
        "paths": _paths(config, end=f"/{config.route}" if named else ""),
        "components": {
            "schemas": schemas(config, id_name=id_name, typical=typical),
            "responses": {str(status): _error(status) for status in _ERRORS},
            "headers": {"RequestId": {"description": "As in the request.", "schema": {"type": "string"}}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "'slipway key make NAME'"}},
        },
    }


def _kept(config: WorkerConfig) -> str:
    """Say in words what an answer with 200 survives."""
    power = ", and a loss of power" if config.durability is Durability.FSYNC else ""
    unlogged = config.when_full is WhenFull.SERVE_UNLOGGED
    but = f", unless its reply bears the header {UNLOGGED[0]}: then the disk refused it, and it is not kept"
    kept = "What gets a 200 is in the journal before its reply and survives a kill of any process"
    return f"{kept}{power}{but if unlogged else ''}."


def _paths(config: WorkerConfig, *, end: str) -> Part:
    model = f"/v2/models/{config.route}"
    given = [_parameter("version", "path", {"type": "string"}, "Version of the route in force.")]
    infer = _post(
        "Ask by tensors (Open Inference Protocol v2).",
        takes={"application/json": _ref("Infer"), BINARY: {}},
        gives={"application/json": _ref("Inferred"), BINARY: {}},
        parameters=[_HEADER_LENGTH, *_clock(config)],
        fails=(404, 409, 504),
    )
    ready, metadata = _get("Whether the model takes requests.", _ref("Ready"), fails=(404, 503)), _metadata()
    return {
        f"/predict{end}": {"post": _predict(config)},
        f"/outcomes{end}": {"post": _outcomes(config)},
        "/health/live": {"get": _get("Whether the process runs.", _ref("Live"))},
        "/health/ready": {"get": _get("Whether it takes requests.", _ref("Ready"), fails=(503,))},
        f"/metrics{end}": {"get": _get("Counts of all workers, for Prometheus.", {}, form="text/plain")},
        f"/openapi.json{end}": {"get": _get("This document.", {"type": "object"})},
        f"/docs{end}": {"get": _get("This document, for people.", {}, form="text/html")},
        "/v2": {"get": _get("What the server is.", _ref("ServerMetadata"))},
        "/v2/health/live": {"get": _get("Whether the process runs.", _ref("Live"))},
        "/v2/health/ready": {"get": _get("Whether it takes requests.", _ref("Ready"), fails=(503,))},
        model: {"get": metadata},
        f"{model}/ready": {"get": ready},
        f"{model}/infer": {"post": infer},
        f"{model}/versions/{{version}}": {"parameters": given, "get": metadata},
        f"{model}/versions/{{version}}/ready": {"parameters": given, "get": ready},
        f"{model}/versions/{{version}}/infer": {"parameters": given, "post": infer},
    }


_HEADER_LENGTH: Part = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "How many bytes of the body are JSON, where tensors follow behind them as bytes.",
    "schema": {"type": "integer", "minimum": 0},
}


def _predict(config: WorkerConfig) -> Part:
    return _post(
        "Ask for one row, or for many.",
        takes={Form.JSON: {"anyOf": [_ref("Row"), _ref("Rows")]}, Form.ARROW: {}},
        gives={Form.JSON: {"anyOf": [_ref("Answer"), _ref("Pending"), _ref("Answers")]}, Form.ARROW: {}},
        parameters=_clock(config),
        fails=(409, 504),
    )


def _outcomes(config: WorkerConfig) -> Part:
    return _post(
        "Tell what turned out to be true, or what people decided. May be sent again: the first counts.",
        takes={Form.JSON: {"anyOf": [_ref(name) for name in _TOLD]}, Form.ARROW: {}},
        gives={Form.JSON: _ref("Accepted")},
        parameters=_clock(config),
        fails=(409,),
    )


def _metadata() -> Part:
    return _get("Inputs, outputs and the version in force.", _ref("ModelMetadata"), fails=(404, 503))


def _clock(config: WorkerConfig) -> list[Part]:
    if config.clock is ClockKind.SYSTEM:
        return []
    schema = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
    told = _parameter("Slipway-Time-Us", "header", schema, "The moment of the request, microseconds since the epoch.")
    return [told]


def _parameter(name: str, place: str, schema: Part, text: str) -> Part:
    return {"name": name, "in": place, "required": True, "description": text, "schema": schema}


def _get(text: str, schema: Part, *, form: str = "application/json", fails: tuple[int, ...] = ()) -> Part:
    return {"summary": text, "security": [{}, {"key": []}], "responses": _responses({form: schema}, fails)}


def _post(
    text: str,
    *,
    takes: Mapping[str, Part],
    gives: Mapping[str, Part],
    parameters: list[Part],
    fails: tuple[int, ...] = (),
) -> Part:
    return {
        "summary": text,
        "security": [{}, {"key": []}],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {form: {"schema": schema} for form, schema in takes.items()}},
        "responses": _responses(gives, (*_BODY, *fails)),
    }


def _responses(gives: Mapping[str, Part], fails: tuple[int, ...]) -> Part:
    told = {form: {"schema": schema} for form, schema in gives.items()}
    request_id = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    success = {"200": {"description": "Done.", "headers": request_id, "content": told}}
    statuses = sorted({*_ALWAYS, *fails})
    return success | {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _error(status: int) -> Part:
    headers: Part = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status == 503:
        headers["Retry-After"] = {"description": "In seconds.", "schema": {"type": "integer"}}
    content = {"application/json": {"schema": _ref("Error")}}
    return {"description": _ERRORS[status], "headers": headers, "content": content}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}
