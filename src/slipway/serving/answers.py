"""Answers as JSON bodies, in the shape in which they were asked for."""

from collections.abc import Callable

import msgspec

from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.serving.waiting import Waiting

Encode = Callable[[Waiting], bytes]


class Answer(msgspec.Struct, omit_defaults=True):
    """What one row is told.

    Attributes:
        id: Prediction id; outcomes name it.
        score: The answer.
        arm: Who gave it.
        fallback: Whether in place of the arm that failed.
        label: Binary: 1 where the score reaches the threshold, else 0.
    """

    id: str
    score: float
    arm: str
    fallback: bool
    label: int | None = None


def encoders(signature: Signature) -> tuple[Encode, Encode]:
    """Return how to encode the answer to one row, and to a list of rows."""
    threshold = signature.threshold if signature.kind is TaskKind.BINARY else None
    encode = msgspec.json.Encoder().encode

    def answer(w: Waiting, i: int) -> Answer:
        label = None if threshold is None else int(w.score[i] >= threshold)
        return Answer(w.ids[i], w.score[i], w.arm[i], w.fallback[i], label)

    def one(w: Waiting) -> bytes:
        return encode(answer(w, 0))

    def many(w: Waiting) -> bytes:
        return encode({"predictions": [answer(w, i) for i in range(len(w.ids))]})

    return one, many
