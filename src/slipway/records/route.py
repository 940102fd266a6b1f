"""A route: the versioned table of which arm answers which share, and which arms shadow."""

import hashlib
import math
import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from slipway.errors import BadInput
from slipway.records.arm import NOBODY, Arm, ArmKind
from slipway.records.base import Record, check_name
from slipway.records.handover import Handover
from slipway.words import address

_FULL = 1 << 64
_NUMBER = struct.Struct("<Q").unpack


class Share(Record, frozen=True, kw_only=True):
    """One arm's part of the entities.

    Attributes:
        arm: Name of the arm.
        share: Part of the entities in [0, 1].
    """

    arm: str
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise BadInput(f"share of {self.arm}: want 0 <= share <= 1, got {self.share}. For 5 % write 0.05.")


class Route(Record, frozen=True, kw_only=True):
    """Who answers, who shadows, who steps in.

    An entity sits at a fixed point of [0, 1) given by the keyed hash; the arms cover [0, 1) in the order of
    ``shares``. The arm that a rollout ramps up comes first, so raising its share only adds entities to it.

    Attributes:
        name: A checked word.
        version: Grows by one with every change, so a worker can tell new from old.
        salt: Key of the hash; a new salt deals the entities anew.
        shares: Arms in order with shares that sum to 1.
        shadows: Arms that see every request and decide nothing.
        fallback: Arm that answers where the chosen one fails; None answers with an error.
        handovers: What people have to do with the rows of some of these arms, at most one an arm.
        arms: Every arm named above, so that a worker needs nothing but this record.
    """

    name: str
    version: int
    salt: str
    shares: tuple[Share, ...]
    shadows: tuple[str, ...] = ()
    fallback: str | None = None
    handovers: tuple[Handover, ...] = ()
    arms: tuple[Arm, ...]

    def __post_init__(self) -> None:
        check_name("route", self.name)
        if self.version < 1:
            raise BadInput(f"route {self.name}: want version >= 1, got {self.version}.")
        if not self.shares or not math.isclose(sum(s.share for s in self.shares), 1.0, abs_tol=1e-9):
            raise BadInput(
                f"route {self.name}: want shares that sum to 1, got {[(s.arm, s.share) for s in self.shares]}."
            )
        known = {a.name for a in self.arms}
        if missing := sorted(named_arms(self) - known):
            raise BadInput(f"route {self.name}: arms {missing} are named but not defined; known: {sorted(known)}.")
        people = {a.name for a in self.arms if a.kind is ArmKind.PERSON}
        if people or self.handovers:
            _check_people(self, people=people)

    def arm(self, name: str) -> Arm:
        """Return the arm of that name."""
        return next(a for a in self.arms if a.name == name)

    def handover_of(self, arm: str) -> Handover | None:
        """Return what people have to do with the rows of an arm, or None: nothing."""
        return next((h for h in self.handovers if h.arm == arm), None)

    @property
    def shown(self) -> "Route":
        """The same as it may be shown: addresses without the name and password that callers are let in by."""
        arms = tuple(msgspec.structs.replace(arm, url=address(arm.url)) if arm.url else arm for arm in self.arms)
        return msgspec.structs.replace(self, arms=arms)

    @property
    def followers(self) -> tuple[str, ...]:
        """Arms that are asked beside the request: the shadows, and what steps in for people whose time is over."""
        steps_in = [a.fallback for a in self.arms if a.kind is ArmKind.PERSON and a.fallback != NOBODY]
        return tuple(dict.fromkeys((*self.shadows, *steps_in)))

    def share_of(self, arm: str) -> float:
        """Return the share that the arm answers; 0 for a shadow."""
        return sum(s.share for s in self.shares if s.arm == arm)


def named_arms(route: Route) -> set[str]:
    """Return the arms that have a part in a route: those with a share, the shadows, what steps in, and people."""
    named = {*(s.arm for s in route.shares), *route.shadows, *(h.person for h in route.handovers)}
    steps_in = {a.fallback for a in route.arms if a.kind is ArmKind.PERSON and a.name in named} - {NOBODY}
    return named | steps_in | ({route.fallback} if route.fallback else set())


def _check_people(route: Route, *, people: set[str]) -> None:
    """Refuse people where nobody can wait for them, and handovers of what nobody asks, or to what is no person."""
    answers_at_once = {*route.shadows, *([route.fallback] if route.fallback else [])}
    answers_at_once |= {a.fallback for a in route.arms if a.kind is ArmKind.PERSON}
    if wrong := sorted(people & answers_at_once):
        raise BadInput(
            f"route {route.name}: want people only where their answer can be waited for, got {wrong} as a shadow or a "
            "fallback. Deal them a share, or hand over to them."
        )
    arms = [h.arm for h in route.handovers]
    dealt = {s.arm for s in route.shares}
    for handover in route.handovers:
        if handover.person not in people or handover.arm in people:
            raise BadInput(
                f"route {route.name}: want a handover from what answers at once to an arm of kind 'person', got one "
                f"from '{handover.arm}' to '{handover.person}'."
            )
        if handover.arm not in dealt or arms.count(handover.arm) > 1:
            raise BadInput(
                f"route {route.name}: want one handover at most for each arm with a share, of {sorted(dealt)}, "
                f"got those of {arms}."
            )


def position(salt: str, entity: str) -> float:
    """Place an entity in [0, 1): the same place for the same salt, on every worker, for ever.

    >>> 0 <= position("s", "N14228") < 1
    True
    """
    digest = hashlib.blake2b(entity.encode(), key=salt.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest, "little") / _FULL


def assign(route: Route, entity: str) -> str:
    """Return the name of the arm that answers this entity."""
    at, edge = position(route.salt, entity), 0.0
    for share in route.shares:
        edge += share.share
        if at < edge:
            return share.arm
    return next(s.arm for s in reversed(route.shares) if s.share > 0)


class Deal:
    """What :func:`assign` says, for many entities at half the price: all that the route alone decides is done once."""

    def __init__(self, route: Route) -> None:
        self._fresh = hashlib.blake2b(key=route.salt.encode()[:64], digest_size=8).copy
        # whole shares of 2^64 instead of numbers divided by it: the same comparison, without a number a row
        self._edges = [_first_from(edge * _FULL) for edge in accumulate(share.share for share in route.shares)]
        last = next(s.arm for s in reversed(route.shares) if s.share > 0)
        self._arms = [*(share.arm for share in route.shares), last]
        self._only = next((share.arm for share in route.shares if share.share == 1.0), None)

    def of(self, entities: Sequence[str]) -> list[str]:
        """Return the name of the arm that answers each entity."""
        if self._only is not None:
            return [self._only] * len(entities)
        fresh, edges, arms, digests = self._fresh, self._edges, self._arms, []
        for entity in entities:
            hashed = fresh()
            hashed.update(entity.encode())
            digests.append(hashed.digest())
        return [arms[bisect_right(edges, at)] for at in struct.unpack(f"<{len(digests)}Q", b"".join(digests))]


def _first_from(edge: float) -> int:
    """Return the first whole number that as a float is not below an edge.

    >>> _first_from(3.5)
    4
    >>> 2**60 - _first_from(2.0**60)  # IEEE 754: below 2^60 numbers are 128 apart, and half of that rounds to even, up
    64
    """
    low, high = 0, _FULL
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if float(middle) < edge else (low, middle)
    return low
