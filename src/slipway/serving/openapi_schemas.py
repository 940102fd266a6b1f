"""The bodies of the data plane as JSON Schema, made from the signature. Pure."""

import sys
from collections.abc import Mapping
from typing import Any

from slipway.records.base import NAME
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.records.worker_config import WorkerConfig
from slipway.serving.decisions import LATEST_US
from slipway.serving.naming import LONGEST_ENTITY, LONGEST_ID
from slipway.serving.v2_outputs import Outputs

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_ID: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_ID,
    "pattern": "^[^\\x00-\\x1f\\x7f]*$",
    "description": "Printable characters. An outcome names the prediction by it.",
}


def field_schema(field: Field, *, is_entity: bool = False) -> Schema:
    """Return the schema of one field's value.

    >>> field_schema(Field(name="a", kind=FieldKind.NUMBER, low=0, high=9, unit="min"))
    {'type': ['number', 'null'], 'minimum': 0, 'maximum': 9, 'description': 'In min.'}
    """
    needed = field.required or is_entity
    if field.kind is FieldKind.NUMBER:
        largest = sys.float_info.max
        told: Schema = {
            "type": "number",
            "minimum": -largest if field.low is None else field.low,
            "maximum": largest if field.high is None else field.high,
        }
        if field.unit:
            told["description"] = f"In {field.unit}."
    elif field.kind is FieldKind.BOOLEAN:
        told = {"type": "boolean"}
    elif field.values:
        return {"enum": [*field.values] if needed else [*field.values, None]}
    else:
        told = {"type": "string", "minLength": 1} if is_entity else dict(_TEXT)
    return told if needed else told | {"type": [told["type"], "null"]}


def schemas(config: WorkerConfig, *, id_name: str, typical: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the components that the paths refer to.

    Args:
        config: Facts of the data plane.
        id_name: Key under which a caller may name a prediction.
        typical: A usual row, for the example.
    """
    return {
        "Row": _row(config, id_name=id_name, typical=typical),
        "Rows": _list_of("rows", "Row", most=config.queue_rows),
        "Answer": _answer(config.signature),
        "Pending": _pending(),
        "Answers": _answers(),
        "Outcome": _object({"id": {**_ID}, "value": _outcome(config.signature)}, required=["id", "value"]),
        "Outcomes": _list_of("outcomes", "Outcome"),
        "Decision": _decision(config.signature),
        "Decisions": _list_of("decisions", "Decision"),
        "Metric": _metric(),
        "Metrics": _list_of("metrics", "Metric"),
        "Accepted": _object({"accepted": {"type": "integer", "minimum": 1}}, required=["accepted"]),
        "Error": _object(dict.fromkeys(("error", "wanted", "got", "hint"), _TEXT), required=["error"]),
        "Live": _object({"live": {"const": True}}, required=["live"]),
        "Ready": _object(
            {"ready": {"const": True}, "route": _TEXT, "version": {"type": "integer"}},
            required=["ready", "route", "version"],
        ),
        **_v2(config),
    }


def _row(config: WorkerConfig, *, id_name: str, typical: Mapping[str, Any]) -> Schema:
    fields, entity = config.signature.fields, config.entity
    properties = {f.name: field_schema(f, is_entity=f.name == entity) for f in fields}
    if entity not in properties:
        text = {"type": "string", "minLength": 1, "maxLength": LONGEST_ENTITY}
        properties[entity] = {"anyOf": [text, {"type": "integer"}]}
    about = "Whom or what the row is about: the same is always answered by the same arm."
    properties[entity] = properties[entity] | {"description": about}
    properties[id_name] = {**_ID, "type": ["string", "null"]}
    required = [f.name for f in fields if f.required or f.name == entity]
    example = {**typical, **({} if entity in typical else {entity: f"{entity}-1"})}
    return _object(properties, required=sorted({*required, entity})) | {"examples": [example]}


def _answer(signature: Signature) -> Schema:
    properties: dict[str, Schema] = {
        "id": {"type": "string"},
        "score": {"type": "number"},
        "arm": {"type": "string", "description": "Who answered."},
        "fallback": {"type": "boolean", "description": "Whether in place of the arm that failed."},
    }
    if signature.kind is TaskKind.BINARY:
        properties["label"] = {"enum": [0, 1], "description": f"1 from a score of {signature.threshold:g} on."}
    return _object(properties, required=list(properties))


def _pending() -> Schema:
    properties: dict[str, Schema] = {
        "id": {"type": "string"},
        "arm": {"type": "string", "description": "The people who are to decide."},
        "due_us": {"type": "integer", "description": "Until when, in microseconds since the epoch."},
        "score": {"type": "null", "description": "There is none yet: ask control for GET /decisions/ID."},
        "fallback": {"const": False},
        "pending": {"const": True},
    }
    return _object(properties, required=list(properties))


def _answers() -> Schema:
    either = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Answer", "Pending")]}
    return _object({"predictions": {"type": "array", "minItems": 1, "items": either}}, required=["predictions"])


def _outcome(signature: Signature) -> Schema:
    return {"enum": [0, 1]} if signature.kind is TaskKind.BINARY else {"type": "number"}


def _decision(signature: Signature) -> Schema:
    properties: dict[str, Schema] = {
        "id": {**_ID},
        "decision": {**_outcome(signature), "description": "What was decided, in the terms of Y; never the truth."},
        "by": {**_ID, "description": "Who decided: a person, or a system. Of each one the first decision counts."},
        "decided_us": {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": LATEST_US,
            "description": "When, in microseconds since the epoch; the moment of receipt if not said.",
        },
        "saw": {"type": ["boolean", "null"], "description": "Whether the model's answer was seen before."},
    }
    return _object(properties, required=["id", "decision", "by"])


def _metric() -> Schema:
    name: Schema = {"type": "string", "pattern": f"^{NAME.pattern}$", "description": "What was measured."}
    value: Schema = {"type": "number", "description": "In the metric's own unit. Of one metric the first value counts."}
    return _object({"id": {**_ID}, "metric": name, "value": value}, required=["id", "metric", "value"])


def _v2(config: WorkerConfig) -> dict[str, Schema]:
    shape = {"type": "array", "items": {"type": "integer"}}
    named = {"name": _TEXT, "datatype": _TEXT, "shape": shape}
    tensor = _object(named, required=["name", "datatype", "shape"])
    names = list(Outputs(config.signature).datatypes)
    binary_input = {"binary_data_size": {"type": "integer", "minimum": 0}}
    return {
        "ServerMetadata": _object(
            {"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": _TEXT}},
            required=["name", "version", "extensions"],
        ),
        "ModelMetadata": _object(
            {
                "name": _TEXT,
                "versions": {"type": "array", "items": _TEXT},
                "platform": _TEXT,
                "inputs": {"type": "array", "items": tensor},
                "outputs": {"type": "array", "items": tensor},
            },
            required=["name", "versions", "platform", "inputs", "outputs"],
        ),
        "Infer": {
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": _TEXT,
                "inputs": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "datatype", "shape"],
                        "properties": named
                        | {"data": {"type": "array"}, "parameters": {"type": "object", "properties": binary_input}},
                    },
                },
                "outputs": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"enum": names},
                            "parameters": {"type": "object", "properties": {"binary_data": {"type": "boolean"}}},
                        },
                    },
                },
                "parameters": {"type": "object", "properties": {"binary_data_output": {"type": "boolean"}}},
            },
        },
        "Inferred": _object(
            {
                "model_name": {"const": config.route},
                "model_version": _TEXT,
                "id": _TEXT,
                "outputs": {
                    "type": "array",
                    "items": _object(
                        named | {"name": {"enum": names}, "data": {"type": "array"}, "parameters": {"type": "object"}},
                        required=["name", "datatype", "shape"],
                    ),
                },
            },
            required=["model_name", "model_version", "outputs"],
        ),
    }


def _object(properties: Mapping[str, Schema], *, required: list[str]) -> Schema:
    told: Schema = {"type": "object", "properties": dict(properties), "required": required}
    return told | {"additionalProperties": False}


def _list_of(name: str, item: str, *, most: int | None = None) -> Schema:
    items: Schema = {"type": "array", "minItems": 1, "items": {"$ref": f"#/components/schemas/{item}"}}
    return _object({name: items if most is None else items | {"maxItems": most}}, required=[name])
