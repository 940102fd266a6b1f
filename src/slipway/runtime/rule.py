"""An arm that is a rule: one comparison such as ``dep_delay > 15``. It scores 1 where it holds, else 0."""

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from slipway.errors import BadInput, nearest
from slipway.ports import Columns, Floats
from slipway.records.arm import Arm
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.usage import ArmUsage

_SHAPE = re.compile(r"\s*([a-z][a-z0-9_-]*)\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*")
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_BOOLEANS = {"true": 1.0, "false": 0.0}


class RuleRuntime:
    """Asks one rule. A row whose value is missing cannot be answered: its score is NaN.

    Raises:
        BadInput: The rule is no comparison, names no known field, or compares with the wrong kind of value.

    >>> from slipway.records.arm import ArmKind
    >>> from slipway.records.task import TaskKind
    >>> signature = Signature(fields=(Field(name="dep_delay", kind=FieldKind.NUMBER),), kind=TaskKind.BINARY)
    >>> rule = RuleRuntime(Arm(name="rule", kind=ArmKind.RULE, rule="dep_delay > 15"), signature=signature)
    >>> rule.score({"dep_delay": np.array([15.0, 15.5, np.nan])}, rows=3).tolist()
    [0.0, 1.0, nan]
    """

    at_once = True

    def __init__(self, arm: Arm, *, signature: Signature) -> None:
        shape = _SHAPE.fullmatch(arm.rule)
        if shape is None:
            raise BadInput(
                f"arm {arm.name}: want a rule 'field operator value' such as 'dep_delay > 15' with one of "
                f'{" ".join(_OPERATORS)}, got {arm.rule!r}. Anything longer is a function: kind = "python".'
            )
        self._name, sign, value = shape.groups()
        field = next((f for f in signature.fields if f.name == self._name), None)
        if field is None:
            known = [f.name for f in signature.fields]
            raise BadInput(
                f"arm {arm.name}: want a rule over one of the fields {known}, got '{self._name}'."
                f"{nearest(self._name, known)}"
            )
        self._compare = _OPERATORS[sign]
        self._value = _operand(arm.name, field, sign, value)

    def score(self, columns: Columns, *, rows: int) -> Floats:
        """Return 1 where the rule holds, 0 where it does not, NaN where the value is missing."""
        column = columns[self._name]
        if len(column) != rows:
            raise BadInput(f"column '{self._name}': want {rows} rows, got {len(column)}.")
        missing = np.equal(column, None) if column.dtype == object else np.isnan(column)  # type: ignore[call-overload]
        held = np.asarray(self._compare(column, self._value), np.float64)
        return np.where(missing, np.nan, held)

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """See :meth:`slipway.ports.Runtime.predict`."""
        return self.score(columns, rows=rows)

    async def close(self) -> None:
        """Nothing to give back."""

    def usage(self) -> ArmUsage:
        """See :meth:`slipway.runtime.usage.Measured.usage`: a comparison holds no memory of its own."""
        return ArmUsage()


def _operand(arm: str, field: Field, sign: str, text: str) -> float | str:
    if field.kind is FieldKind.CATEGORY:
        quoted = re.fullmatch(r"'([^']*)'|\"([^\"]*)\"", text)
        if quoted is None or sign not in ("==", "!="):
            raise BadInput(
                f"arm {arm}: want '{field.name} == \"value\"' or '!=', since '{field.name}' is a category, "
                f"got '{field.name} {sign} {text}'."
            )
        return quoted[1] if quoted[1] is not None else str(quoted[2])
    if field.kind is FieldKind.BOOLEAN and text in _BOOLEANS:
        return _BOOLEANS[text]
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise BadInput(f"arm {arm}: want a finite number to compare '{field.name}' with, got {text!r}.")
    return number
