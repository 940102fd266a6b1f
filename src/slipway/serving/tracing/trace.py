"""One request that is traced: what it went through and when, in monotonic time. Spans are made of it elsewhere, later.

What is noted says who was asked, how long it took and how it ended. It holds no value of a row, no entity, no query and
no header but the request's own id.
"""

import time
from collections.abc import Sequence
from contextvars import ContextVar
from enum import StrEnum
from random import Random
from typing import NamedTuple

from slipway.serving.tracing.context import Context, new

Words = dict[str, str | int | bool | list[str]]


class Role(StrEnum):
    """What a span is to who waits for it."""

    SERVER = "server"
    INTERNAL = "internal"
    CLIENT = "client"
    CONSUMER = "consumer"


class Piece(NamedTuple):
    """One part of the way.

    Attributes:
        name: Such as ``journal``.
        context: Its place.
        begun_ns: Monotonic.
        ended_ns: Monotonic.
        words: What is told of it.
        error: Name of what went wrong, or empty.
        links: Spans elsewhere that it belongs with.
        role: What it is.
    """

    name: str
    context: Context
    begun_ns: int
    ended_ns: int
    words: Words
    error: str = ""
    links: tuple[Context, ...] = ()
    role: Role = Role.INTERNAL


class Trace:
    """What is noted of one request, or of one batch that a shadow answered.

    Args:
        name: Name of the whole.
        chance: Where ids come from.
        role: What the whole is.
        parent: The caller's span, or None.
        links: Spans elsewhere that it belongs with.

    Attributes:
        name: As given.
        role: As given.
        parent: As given.
        links: As given.
        context: Place of the whole.
        at_ns: When it began, since the epoch.
        begun_ns: The same moment, monotonic, as all that follow.
        ended_ns: When it ended.
        words: What is told of the whole.
        error: Name of what went wrong, or empty.
        pieces: Its parts, in the order in which they ended.
    """

    __slots__ = (
        "_chance", "_mark_ns", "at_ns", "begun_ns", "context", "ended_ns", "error", "links", "name", "parent", "pieces",
        "role", "words",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        chance: Random,
        role: Role = Role.SERVER,
        parent: Context | None = None,
        links: Sequence[Context] = (),
    ) -> None:
        self.name, self.role, self.parent, self.links, self._chance = name, role, parent, tuple(links), chance
        self.context = new(chance, within=parent.trace_id if parent else "")
        self.at_ns, self.begun_ns = time.time_ns(), time.monotonic_ns()
        self.ended_ns = self._mark_ns = self.begun_ns
        self.words: Words = {}
        self.error = ""
        self.pieces: list[Piece] = []

    def place(self) -> Context:
        """Return the place of a part that begins."""
        return new(self._chance, within=self.context.trace_id)

    def since_mark(self, name: str, **words: str | int) -> None:
        """Note a part that lasted from the end of the one before, or from the beginning, until now."""
        now_ns = time.monotonic_ns()
        self.pieces.append(Piece(name, self.place(), self._mark_ns, now_ns, dict(words)))
        self._mark_ns = now_ns

    def part(self, name: str, *, begun_ns: int) -> None:
        """Note a part that ends now."""
        self.pieces.append(Piece(name, self.place(), begun_ns, time.monotonic_ns(), {}))

    def end(self, *, error: str = "") -> None:
        """Note that it is over, and the arms that were asked in it."""
        self.ended_ns, self.error = time.monotonic_ns(), error
        arms = [arm for piece in self.pieces if isinstance(arm := piece.words.get("slipway.arm"), str)]
        if arms:
            self.words["slipway.arms"] = list(dict.fromkeys(arms))


under_way: ContextVar[Trace | None] = ContextVar("under_way", default=None)
"""The trace of the request that is being taken; None where it is not traced.

Only who takes a request reads it: what the event loop calls later runs in the context of whoever asked for that.
"""
