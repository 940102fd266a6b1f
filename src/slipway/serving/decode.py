"""Bodies to rows: the fast path is one typed decode; only a body that fails it is looked at again, to say why.

What passes fits the signature: every required field is there, every value has its kind, lies in its range or closed
set, and nothing unknown came along. JSON has no NaN and no infinity, and neither has a number too large for a float64.
"""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.runtime.batch import Batch, Row
from slipway.serving.explain import NO_JSON, explain, not_json
from slipway.serving.naming import LONGEST_ENTITY, all_differ, checked_id, entity_text
from slipway.serving.once import count_colons, refuse_twice
from slipway.serving.refusal import Refusal

_MANY = re.compile(rb'\s*\{\s*"rows"\s*:')
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ENTITY)]


class Asked(msgspec.Struct, gc=False):
    """Rows of one request.

    Attributes:
        rows: Values in the order of the fields; more may follow behind them. Empty where they came as columns.
        entities: What each row is dealt by.
        ids: Prediction ids that the caller gave, or None.
        many: Whether the caller sent a list, and so gets one.
        batch: The values as columns, where they came as such.
    """

    rows: Sequence[Row]
    entities: Sequence[str]
    ids: list[str | None]
    many: bool
    batch: Batch | None = None


class RowDecoder:
    """Decodes rows of one signature.

    Args:
        signature: Fields of X.
        entity: Name of the value that the assignment is keyed on.
        load_test: Whether ids may be those of load tests.

    Attributes:
        id_name: The key under which a caller may name a prediction: ``id``, or ``prediction_id`` where the scope
            already uses that word.
    """

    def __init__(self, signature: Signature, *, entity: str, load_test: bool = False) -> None:
        self._fields, self._entity, self._load_test = signature.fields, entity, load_test
        names = [f.name for f in signature.fields]
        self.id_name = "prediction_id" if "id" in {*names, entity} else "id"
        specs: list[Any] = [_spec(i, f, entity) for i, f in enumerate(signature.fields)]
        if entity in names:
            self._entity_at = names.index(entity)
        else:
            self._entity_at = len(names)
            specs.append(("entity_", _Text | int, msgspec.field(name=entity)))
        self._must = sum(spec[2].default is msgspec.NODEFAULT for spec in specs)
        self._open = [-1, *(i for i, spec in enumerate(specs) if spec[2].default is None)]
        specs.append(("id_", str | None, msgspec.field(name=self.id_name, default=None)))
        specs.sort(key=lambda s: s[0].endswith("_"))
        self._row: type[msgspec.Struct] = msgspec.defstruct(
            "Row", specs, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        many = msgspec.defstruct("Rows", [("rows", list[self._row])], forbid_unknown_fields=True)  # type: ignore[name-defined]
        self._one = msgspec.json.Decoder(self._row).decode
        self._many = msgspec.json.Decoder(many).decode

    def decode(self, body: bytes) -> Asked:
        """Return the rows of a body: one JSON object of named values, or ``{"rows": [...]}``.

        Raises:
            Refusal: 400; names the row, the field, what was wanted, what came.
        """
        try:
            if body.find(b'"rows"', 0, 16) < 0 or not _MANY.match(body):
                values = astuple(self._one(body))
                entity, given = values[self._entity_at], values[-1]
                if type(entity) is not str or not entity:
                    entity = entity_text(entity, name=self._entity)
                if given is not None:
                    checked_id(given, name=self.id_name, load_test=self._load_test)
                if body.count(b":") > self._must:
                    refuse_twice(body, names=self._names_in(values))
                return Asked([values], [entity], [given], many=False)
            rows = self._many(body).rows  # type: ignore[attr-defined]
        except NO_JSON as error:
            return self._look_again(body, error)
        listed = [astuple(row) for row in rows]
        if count_colons(body) > len(rows) * self._must + 1:
            refuse_twice(body, names=sum(map(self._names_in, listed)) + 1)
        return self.asked(listed)

    def convert(self, rows: list[dict[str, Any]]) -> Asked:
        """Return rows that came in another form, as :meth:`decode` would."""
        try:
            return self.asked([astuple(msgspec.convert(row, self._row)) for row in rows])
        except msgspec.ValidationError as error:
            refusal = self._misfit(rows) or Refusal(400, str(error))
            refusal.rows = len(rows)
            raise refusal from None

    def asked(self, values: list[tuple[Any, ...]]) -> Asked:
        """Return decoded rows with entities and ids.

        Raises:
            Refusal: 400; no row, an entity that is missing, an id that is no id or comes twice.
        """
        if not values:
            raise Refusal(400, "There are no rows.", wanted="at least one row", got="an empty list")
        ids: list[str | None] = [row[-1] for row in values]
        if ids.count(None) < len(ids):
            for given in ids:
                checked_id(given, name=self.id_name, load_test=self._load_test)
            all_differ(ids, name=self.id_name)
        at, name = self._entity_at, self._entity
        found = [row[at] for row in values]
        entities = [e if type(e) is str and e else entity_text(e, name=name) for e in found]
        return Asked(values, entities, ids, many=True)

    def _names_in(self, values: tuple[Any, ...]) -> int:
        """Return how many names a row had at the least: what was left out is NaN or, if text, None."""
        names = len(values) - values.count(math.nan)
        for i in self._open:
            if values[i] is None:
                names -= 1
        return names

    def _look_again(self, body: bytes, error: Exception) -> Asked:
        try:
            value = msgspec.json.decode(body)
        except NO_JSON as worse:
            raise not_json(worse) from None
        if isinstance(value, dict) and isinstance(value.get("rows"), list):
            if value.keys() != {"rows"}:
                extra = sorted(value.keys() - {"rows"})
                raise Refusal(
                    400, "This is neither a row nor a list of rows.", wanted="only 'rows'", got=f"also {extra}"
                )
            return self.convert(value["rows"])
        self._explain(value, 0, many=False)
        raise Refusal(400, str(error)) from None

    def _misfit(self, rows: list[dict[str, Any]]) -> Refusal | None:
        try:
            for index, row in enumerate(rows):
                self._explain(row, index, many=True)
        except Refusal as refusal:
            return refusal
        return None

    def _explain(self, row: object, index: int, *, many: bool) -> None:
        place = f"rows[{index}]" if many else ""
        explain(row, fields=self._fields, others=(self._entity, self.id_name), place=place)


def _spec(index: int, field: Field, entity: str) -> tuple[str, Any, Any]:
    kind: Any
    if field.kind is FieldKind.NUMBER:
        kind = Annotated[float, msgspec.Meta(ge=field.low, le=field.high)]
    elif field.kind is FieldKind.BOOLEAN:
        kind = bool
    else:
        kind = Literal[field.values] if field.values else str
    if field.required or field.name == entity:
        return f"f{index:04d}", kind, msgspec.field(name=field.name)
    missing = None if field.kind is FieldKind.CATEGORY else math.nan
    return f"f{index:04d}", kind | None, msgspec.field(name=field.name, default=missing)
