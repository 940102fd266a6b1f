"""What the bodies of ``POST /outcomes`` have in common, whatever they tell: one thing, a list, or a table of them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.records.task import TaskKind
from slipway.serving.explain import NO_JSON, not_json
from slipway.serving.naming import checked_id
from slipway.serving.once import refuse_twice
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values

One = TypeVar("One")


class Form(NamedTuple):
    """How one sort of thing is told.

    Attributes:
        list_name: Key of a list of them, such as ``outcomes``.
        one: Decodes a body that tells one.
        many: Decodes a body that tells a list.
        names: Keys of one that must be there, id included.
        wrong: Makes the refusal of what is none of it, from what came.
    """

    list_name: str
    one: Callable[[bytes], Any]
    many: Callable[[bytes], Any]
    names: int
    wrong: Callable[[str], Refusal]

    def is_list(self, body: bytes) -> bool:
        """Tell whether a body begins as a list of them does."""
        return re.match(rb'\s*\{\s*"%b"\s*:' % self.list_name.encode(), body) is not None

    def decode(self, body: bytes) -> list[Any]:
        """Return what a body tells.

        Raises:
            Refusal: 400; not of this form.
        """
        try:
            told: list[Any] = getattr(self.many(body), self.list_name) if self.is_list(body) else [self.one(body)]
        except msgspec.ValidationError as error:
            raise self.wrong(str(error)) from None
        except NO_JSON as error:
            raise not_json(error) from None
        refuse_twice(body, names=self.names * len(told))
        return told


def texts_of(columns: Mapping[str, Values], name: str, *, wrong: Callable[[str], Refusal]) -> list[str]:
    """Return a column of text.

    Raises:
        Refusal: 400; something in it is no text.
    """
    texts = list(columns[name])
    if odd := [text for text in texts if not isinstance(text, str)]:
        raise wrong(f"the {'id' if name == 'id' else 'name'} {odd[0]!r}"[:200])
    return texts


def numbers_of(column: Values, *, flags: bool, wrong: Callable[[], Refusal]) -> list[float]:
    """Return a column of finite numbers; ``flags`` says whether true and false may stand for 1 and 0.

    Raises:
        Refusal: 400; something in it is no number.
    """
    numbers: npt.NDArray[Any] = np.asarray(column)
    if numbers.dtype.kind not in ("biuf" if flags else "iuf") or not np.isfinite(numbers).all():
        raise wrong()
    found: list[float] = numbers.astype(np.float64).tolist()
    return found


def check_ids(ids: Sequence[str], *, noun: str) -> None:
    """Return if there are some, and each is an id.

    Raises:
        Refusal: 400; there are none, or one is no id.
    """
    if not ids:
        raise Refusal(400, f"There are no {noun}s.", wanted="at least one", got="an empty list")
    for name in ids:
        checked_id(name, name="id", made=False)


def check_of_y(ids: Sequence[str], values: Sequence[float], *, kind: TaskKind, named: str) -> None:
    """Return if Y can have each value.

    Raises:
        Refusal: 400; Y is binary, and a value is neither 0 nor 1.
    """
    if kind is TaskKind.BINARY and not {0.0, 1.0}.issuperset(values):
        name, value = next((i, v) for i, v in zip(ids, values, strict=True) if v not in (0.0, 1.0))
        raise Refusal(400, f"{named} '{name}': Y is binary.", wanted="0 or 1", got=f"{value:g}")


def refuse_contradictions(
    keys: Iterable[One], values: Iterable[float], *, error: Callable[[One], str], wanted: str
) -> None:
    """Return if nothing is told in two ways within one request: the first would count, and which is first is chance.

    Raises:
        Refusal: 409; something is.
    """
    known: dict[One, float] = {}
    for key, value in zip(keys, values, strict=True):
        if known.setdefault(key, value) != value:
            raise Refusal(409, error(key), wanted=wanted, got=f"{known[key]:g} and {value:g}")
