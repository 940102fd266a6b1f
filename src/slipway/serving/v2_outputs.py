"""Answers as tensors of the Open Inference Protocol: ``score``, ``label`` (binary), ``arm``, ``fallback``, ``id``."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from slipway.errors import nearest
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.serving.refusal import Refusal
from slipway.serving.waiting import Waiting


class Output(NamedTuple):
    """One tensor of an answer, of shape [rows]."""

    name: str
    datatype: str
    values: Sequence[Any]


class Outputs:
    """Makes the output tensors of one signature.

    Attributes:
        datatypes: Datatype by name, in the order in which they are told.
    """

    def __init__(self, signature: Signature) -> None:
        self._threshold = signature.threshold if signature.kind is TaskKind.BINARY else None
        label = {} if self._threshold is None else {"label": "INT64"}
        self.datatypes = {"score": "FP64", **label, "arm": "BYTES", "fallback": "BOOL", "id": "BYTES"}

    def chosen(self, asked: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the outputs that are wanted: those asked for, or all where none is.

        Raises:
            Refusal: 400; there is no such output, or it is asked for twice.
        """
        names = tuple(asked)
        for i, name in enumerate(names):
            if name not in self.datatypes:
                hint = nearest(name, self.datatypes).strip()
                wanted = f"some of {', '.join(self.datatypes)}"
                raise Refusal(400, f"outputs.{name}: no such output.", wanted=wanted, got=f"'{name}'", hint=hint)
            if name in names[:i]:
                raise Refusal(400, f"outputs.{name}: comes twice.", wanted="each output once", got="two")
        return names or tuple(self.datatypes)

    def of(self, w: Waiting, *, names: Iterable[str]) -> list[Output]:
        """Return the answer's tensors of these names."""
        return [Output(name, self.datatypes[name], self._values(w, name)) for name in names]

    def _values(self, w: Waiting, name: str) -> Sequence[Any]:
        if name == "score":
            return w.score
        if name == "label" and self._threshold is not None:
            return [int(score >= self._threshold) for score in w.score]
        known: dict[str, Sequence[Any]] = {"arm": w.arm, "fallback": w.fallback, "id": w.ids}
        return known[name]
