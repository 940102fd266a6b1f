"""Answers as JSON bodies, in the shape in which they were asked for."""

from collections.abc import Callable
from itertools import repeat

import msgspec

from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.serving.waiting import Waiting

Encode = Callable[[Waiting], bytes]


class Answer(msgspec.Struct, omit_defaults=True, gc=False):
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


class Pending(msgspec.Struct, gc=False):
    """What a row is told that a person is to decide.

    Attributes:
        id: Prediction id; the decision is asked for by it.
        arm: The people who are to decide.
        due_us: Until when, microseconds since the epoch.
        score: None: there is no answer yet.
        fallback: Always false.
        pending: Always true.
    """

    id: str
    arm: str
    due_us: int
    score: None = None
    fallback: bool = False
    pending: bool = True


def encoders(signature: Signature) -> tuple[Encode, Encode]:
    """Return how to encode the answer to one row, and to a list of rows."""
    threshold = signature.threshold if signature.kind is TaskKind.BINARY else None
    encode = msgspec.json.Encoder().encode

    def one(w: Waiting) -> bytes:
        if w.pending_us and w.pending_us[0]:
            return encode(Pending(w.ids[0], w.arm[0], w.pending_us[0]))
        score = w.score[0]
        label = None if threshold is None else 1 if score >= threshold else 0
        return encode(Answer(w.ids[0], score, w.arm[0], w.fallback[0], label))

    def many(w: Waiting) -> bytes:
        labels = repeat(None) if threshold is None else [1 if score >= threshold else 0 for score in w.score]
        answers: list[Answer | Pending] = list(map(Answer, w.ids, w.score, w.arm, w.fallback, labels))
        for i, due_us in enumerate(w.pending_us):
            if due_us:
                answers[i] = Pending(w.ids[i], w.arm[i], due_us)
        return encode({"predictions": answers})

    return one, many
