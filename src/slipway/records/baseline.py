"""The level of a gate ``baseline``: whose loss it is, which are known, and a plan that states each as a number."""

from collections.abc import Mapping, Sequence

import msgspec

from slipway.errors import BadInput
from slipway.records.dataset import Score
from slipway.records.gate import Baseline, Gate, GateKind
from slipway.records.rollout import Plan

_STATED = (Baseline.HUMAN, Baseline.TARGET)


def unmeant(gate: Gate, *, metric: str, errors_cost_one: bool) -> str:
    """Say why a gate ``baseline`` cannot be asked of this metric, or nothing.

    >>> unmeant(Gate(kind=GateKind.BASELINE, level=12.0), metric="error", errors_cost_one=True)
    'gate baseline: want level < 1, a share of errors, got 12. For 12 % write 0.12.'
    """
    if gate.kind is not GateKind.BASELINE:
        return ""
    shares = metric == "error" and errors_cost_one
    if shares and gate.level is not None and gate.level >= 1:
        return f"gate baseline: want level < 1, a share of errors, got {gate.level:g}. For 12 % write 0.12."
    if not shares and gate.unit == "row":
        return "gate baseline: want unit 'day' or 'hour' where errors do not all cost 1, got 'row'. Write unit = 'day'."
    return ""


def measured(scores: Sequence[Score], *, metric: str) -> dict[Baseline, float]:
    """Return the mean loss of each baseline that was scored in this metric on the test rows.

    >>> score = Score(name="simple", metric="error", split="test", value=0.12, low=0.1, high=0.14, alpha=0.05, n=900)
    >>> measured([score], metric="error")
    {<Baseline.SIMPLE: 'simple'>: 0.12}
    """
    known = {b.value: b for b in Baseline if b not in _STATED}
    return {known[s.name]: s.value for s in scores if s.name in known and (s.metric, s.split) == (metric, "test")}


def with_levels(plan: Plan, *, levels: Mapping[Baseline, float]) -> Plan:
    """Return the plan with a number in each gate ``baseline``; what states one already keeps it.

    Args:
        plan: The plan.
        levels: Mean loss by baseline, in units of the plan's metric.

    Raises:
        BadInput: A gate names a baseline that nobody measured, or whose loss is no level (0: nobody is below it).
    """
    stages = tuple(
        msgspec.structs.replace(stage, gates=tuple(_with_level(gate, levels=levels) for gate in stage.gates))
        for stage in plan.stages
    )
    return msgspec.structs.replace(plan, stages=stages)


def _with_level(gate: Gate, *, levels: Mapping[Baseline, float]) -> Gate:
    if gate.kind is not GateKind.BASELINE or gate.level is not None or gate.of is None:
        return gate
    level = levels.get(gate.of)
    if level is None:
        way_out = (
            f"State metric.{'human_level' if gate.of is Baseline.HUMAN else 'target'}"
            if gate.of in _STATED
            else "Make a dataset version with 'slipway data make'"
        )
        raise BadInput(
            f"gate baseline: want a known loss of '{gate.of}', known are {sorted(levels)}. {way_out}, or write the "
            "number: level = 0.12."
        )
    return msgspec.structs.replace(gate, level=level)
