"""The JSON of a remote service: the Open Inference Protocol, version 2, or a shape that the project described. Pure.

In the protocol each field travels as one tensor of shape [rows, 1]: FP64 for numbers, BOOL for booleans, BYTES for
categories; a missing value is ``null``, since JSON has no NaN. Of the reply the output ``score`` counts, or the only
output if there is just one.

Reference:
    Open Inference Protocol, Required API, "Inference Request JSON Object" (kserve/open-inference-protocol).
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from slipway.errors import BadInput
from slipway.ports import Columns
from slipway.records.arm import JsonShape
from slipway.records.field import Field, FieldKind

_DATATYPES = {FieldKind.NUMBER: "FP64", FieldKind.BOOLEAN: "BOOL", FieldKind.CATEGORY: "BYTES"}


class Unreadable(Exception):
    """A reply that holds no scores: what was wanted, and what came."""

    def __init__(self, wanted: str, got: str) -> None:
        self.wanted, self.got = wanted, got
        super().__init__(f"want {wanted}, got {got}")


class Wire(Protocol):
    """How a service is spoken to."""

    def bodies(self, columns: Columns, *, rows: int) -> list[bytes]:
        """Return the requests that ask about these rows."""
        ...

    def scores(self, replies: Sequence[bytes], *, rows: int) -> list[float | None]:
        """Return one score a row out of the replies, in the order of the requests.

        Raises:
            Unreadable: They hold something else.
        """
        ...


class _Output(msgspec.Struct):
    name: str
    data: list[float | None]
    shape: list[int] = []


class _Reply(msgspec.Struct):
    outputs: list[_Output]


_decode = msgspec.json.Decoder(_Reply).decode


class InferWire:
    """The Open Inference Protocol.

    Args:
        fields: X in order.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = tuple(fields)

    def bodies(self, columns: Columns, *, rows: int) -> list[bytes]:
        """See :meth:`Wire.bodies`: one request."""
        inputs = [
            {"name": f.name, "shape": [rows, 1], "datatype": _DATATYPES[f.kind], "data": _values(f, columns[f.name])}
            for f in self._fields
        ]
        return [msgspec.json.encode({"inputs": inputs})]

    def scores(self, replies: Sequence[bytes], *, rows: int) -> list[float | None]:
        """See :meth:`Wire.scores`."""
        (content,) = replies
        try:
            outputs = _decode(content).outputs
        except msgspec.DecodeError as error:
            wanted = "outputs of the Open Inference Protocol v2 with finite numbers"
            raise Unreadable(wanted, f"{content[:80]!r} ({error})") from None
        named = [o for o in outputs if o.name == "score"] or outputs
        if len(named) != 1:
            raise Unreadable("one output, or one named 'score'", f"{[o.name for o in outputs]}")
        output = named[0]
        if len(output.data) != rows or (output.shape and math.prod(output.shape) != rows):
            raise Unreadable(f"{rows} scores", f"{len(output.data)} with shape {output.shape}")
        return output.data


class ShapedWire:
    """JSON in a shape of the service's own.

    Args:
        shape: What goes where.
        fields: X in order.

    Raises:
        BadInput: A name for something that is no field, or two fields under one name.

    >>> import numpy as np
    >>> shape = JsonShape(rows="instances", score="predictions.p", names=(("delay", "lateBy"),))
    >>> wire = ShapedWire(shape, [Field(name="delay", kind=FieldKind.NUMBER)])
    >>> wire.bodies({"delay": np.array([1.5, np.nan])}, rows=2)
    [b'{"instances":[{"lateBy":1.5},{"lateBy":null}]}']
    >>> wire.scores([b'{"predictions": [{"p": 0.25}, {"p": null}]}'], rows=2)
    [0.25, None]
    """

    def __init__(self, shape: JsonShape, fields: Sequence[Field]) -> None:
        names = dict(shape.names)
        known = [f.name for f in fields]
        if odd := sorted(names.keys() - set(known)):
            raise BadInput(f'json.names: want fields of the scope {known}, got {odd}. Write ours = "theirs".')
        self._shape = shape
        self._fields = [(f, names.get(f.name, f.name)) for f in fields]
        theirs = [name for _, name in self._fields]
        if len(set(theirs)) < len(theirs):
            raise BadInput(f"json.names: want a name of its own for each field, got {theirs}.")
        self._path = shape.score.split(".")

    def bodies(self, columns: Columns, *, rows: int) -> list[bytes]:
        """See :meth:`Wire.bodies`: one request, or one a row where the shape names no list of rows."""
        values = {theirs: _values(field, columns[field.name]) for field, theirs in self._fields}
        one_by_one = [{name: column[i] for name, column in values.items()} for i in range(rows)]
        whole = [{self._shape.rows: one_by_one}] if self._shape.rows else one_by_one
        return [msgspec.json.encode(body) for body in whole]

    def scores(self, replies: Sequence[bytes], *, rows: int) -> list[float | None]:
        """See :meth:`Wire.scores`."""
        found = [score for content in replies for score in self._found(content)]
        if len(found) != rows:
            raise Unreadable(f"{rows} scores at '{self._shape.score}'", f"{len(found)}")
        return found

    def _found(self, content: bytes) -> list[float | None]:
        try:
            at = [msgspec.json.decode(content)]
        except msgspec.DecodeError as error:
            raise Unreadable("JSON", f"{content[:80]!r} ({error})") from None
        for key in self._path:
            at = [self._step(item, key, content) for one in at for item in (one if isinstance(one, list) else [one])]
        flat = [item for one in at for item in (one if isinstance(one, list) else [one])]
        for item in flat:
            if item is not None and (isinstance(item, bool) or not isinstance(item, int | float)):
                raise Unreadable(f"numbers at '{self._shape.score}'", f"{str(item)[:80]!r}")
        return flat

    def _step(self, item: Any, key: str, content: bytes) -> Any:
        if not isinstance(item, dict) or key not in item:
            raise Unreadable(f"an answer at '{self._shape.score}'", f"{content[:120]!r}")
        return item[key]


def _values(field: Field, column: Any) -> list[Any]:
    if field.kind is FieldKind.CATEGORY:
        return list(column)
    if field.kind is FieldKind.BOOLEAN:
        return [None if math.isnan(v) else bool(v) for v in column.tolist()]
    return [None if math.isnan(v) else v for v in column.tolist()]
