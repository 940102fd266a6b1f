"""The exam of every sequential test: ours take it in our own suite, a stranger's takes it by making a :class:`Case`.

A case shows the test at work on small seeded samples; each law is a function that fails with an ``AssertionError``
naming the case. Equality means equal bytes of :func:`slipway.stats.state.encode`, so "the same" has no tolerance to
hide in; samples should therefore be of whole numbers, where sums are exact.

    import pytest
    from slipway.testing.laws import LAWS, Case

    CASE = Case(name="mine", test=Mine(alpha=0.05), sample=..., huge=..., bad=(...,))

    @pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
    def test_mine_keeps_the_laws(law):
        law(CASE)
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.sequential import SequentialTest, merged, run
from slipway.stats.state import decode, encode

SEEDS = range(5)


@dataclass(frozen=True)
class Case:
    """One test with what it needs to be examined.

    Attributes:
        name: How failures name it.
        test: The test itself, with its settings.
        sample: From a generator, one random slice of data as (tick of the whole slice, ticks of its parts in order).
        huge: A tick of at least 10^9 units, or the largest that the test takes.
        bad: Makers of settings, ticks or updates that must be refused, NaN among them where a float goes in.
        any_order: Whether the order of ticks is promised not to matter.
        commutes: Whether parts of a tick may be merged in any order.
    """

    name: str
    test: SequentialTest[Any, Any, EValue | AnytimeInterval]
    sample: Callable[[np.random.Generator], tuple[Any, list[Any]]]
    huge: Any
    bad: tuple[Callable[[], object], ...]
    any_order: bool = True
    commutes: bool = True


Law = Callable[[Case], None]


def parts_equal_one_pass(case: Case) -> None:
    """Merging the parts of a tick gives the tick of the whole, however they are grouped."""
    for seed in SEEDS:
        whole, parts = case.sample(np.random.default_rng(seed))
        _same(case, "merged parts", merged(parts), "one pass", whole)
        backwards = parts[-1]
        for part in reversed(parts[:-1]):
            backwards = part.merge(backwards)
        _same(case, "parts grouped from the right", backwards, "one pass", whole)
        if case.commutes:
            _same(case, "parts merged in reverse", merged(parts[::-1]), "one pass", whole)


def order_does_not_matter(case: Case) -> None:
    """Where promised: ticks in any order give the same state."""
    if not case.any_order:
        return
    ticks = _ticks(case, count=3)
    states = [_last(case, order) for order in itertools.permutations(ticks)]
    for state in states[1:]:
        _same(case, "another order", state, "the first order", states[0])


def start_is_fresh(case: Case) -> None:
    """A new start knows nothing of what went before, and an update leaves the old state alone."""
    fresh = encode(case.test.start())
    state = case.test.start()
    for tick in _ticks(case, count=2):
        before = encode(state)
        after = case.test.update(state, tick)
        _demand(encode(state) == before, case, "update changed the state it was given")
        state = after
    _demand(encode(case.test.start()) == fresh, case, "a second start differs from the first")
    evidence = case.test.evidence(case.test.start())
    _demand(evidence.n == 0, case, f"a fresh start claims n={evidence.n}")
    silent = evidence.log_e <= 1e-9 if isinstance(evidence, EValue) else math.isinf(evidence.high - evidence.low)
    bounded = isinstance(evidence, AnytimeInterval) and evidence.low < evidence.high
    _demand(silent or bounded, case, f"a fresh start is not silent: {evidence}")


def state_survives_a_restart(case: Case) -> None:
    """The state comes back from bytes bit for bit, and goes on as if nothing had happened."""
    first, second = _ticks(case, count=2)
    state = case.test.update(case.test.start(), first)
    back = decode(encode(state), type(state))
    _same(case, "the state read back", back, "the state written", state)
    _same(case, "updated after a restart", case.test.update(back, second), "without", case.test.update(state, second))


def settings_survive_a_restart(case: Case) -> None:
    """The settings come back from bytes, so that a rollout can be replayed."""
    back = decode(encode(case.test), type(case.test))
    ticks = _ticks(case, count=2)
    _same(case, "evidence of the test read back", run(back, ticks), "of the test written", run(case.test, ticks))


def records_are_frozen(case: Case) -> None:
    """Settings, state, tick and evidence are frozen records."""
    (tick,) = _ticks(case, count=1)
    state = case.test.update(case.test.start(), tick)
    for record in (case.test, tick, state, case.test.evidence(state)):
        frozen = isinstance(record, msgspec.Struct) and record.__struct_config__.frozen
        _demand(frozen, case, f"{type(record).__name__} is not a frozen msgspec.Struct")


def survives_a_billion(case: Case) -> None:
    """After 10^9 units, ten times over, the evidence is still a number and its limits are in order."""
    state = case.test.start()
    for _ in range(10):
        state = case.test.update(state, case.huge)
    evidence = case.test.evidence(state)
    if isinstance(evidence, EValue):
        _demand(math.isfinite(evidence.log_e), case, f"log_e is {evidence.log_e} after a huge tick")
    else:
        _demand(evidence.low <= evidence.high, case, f"the interval is [{evidence.low}, {evidence.high}]")


def refuses_bad_input(case: Case) -> None:
    """What breaks the contract is refused with the name of the thing."""
    _demand(bool(case.bad), case, "names no bad input")
    for place, make in enumerate(case.bad):
        try:
            made = make()
        except BadInput as error:
            _demand(":" in str(error), case, f"bad[{place}]: the message names no thing: {error}")
        else:
            raise AssertionError(f"{case.name}: bad[{place}] was taken: {made!r}.")


LAWS: tuple[Law, ...] = (
    parts_equal_one_pass,
    order_does_not_matter,
    start_is_fresh,
    state_survives_a_restart,
    settings_survive_a_restart,
    records_are_frozen,
    survives_a_billion,
    refuses_bad_input,
)


def _ticks(case: Case, *, count: int) -> list[Any]:
    return [case.sample(np.random.default_rng(100 + seed))[0] for seed in range(count)]


def _last(case: Case, ticks: tuple[Any, ...]) -> Any:
    state = case.test.start()
    for tick in ticks:
        state = case.test.update(state, tick)
    return state


def _same(case: Case, what: str, value: object, other_what: str, other: object) -> None:
    _demand(encode(value) == encode(other), case, f"{what} differs from {other_what}: {value!r} and {other!r}")


def _demand(holds: bool, case: Case, message: str) -> None:  # noqa: FBT001  # an assertion reads best this way
    if not holds:
        raise AssertionError(f"{case.name}: {message}.")
