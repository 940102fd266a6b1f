"""Make a verdict again from what it was made from: decision and evidence must come out the same, bit for bit."""

import math
from collections.abc import Sequence

import msgspec

from slipway.deployment.deadline import unjudged
from slipway.deployment.judge import judge
from slipway.errors import BadInput
from slipway.records.base import canonical
from slipway.records.cohort import DELAYS, Cohort, VerdictInputs
from slipway.records.facts import AgreementSums, Facts, MetricSums
from slipway.records.people import PeopleSums
from slipway.records.rollout import Verdict

TOLD = "told differently:"
"""How a difference begins that is one of words, or of last digits, only."""

_DIGITS = 1e-12


def replay(verdict: Verdict, *, inputs: VerdictInputs, cohorts: Sequence[Cohort] | None = None) -> tuple[str, ...]:
    """Return every difference between the stored verdict and the one made again; empty if there is none.

    What was decided, and the evidence, must be the same bit for bit. Releases learn to tell more: a verdict that says
    the same in other words, or with more counts, is told so, beginning with :data:`TOLD` (:func:`differs`); and so is
    one whose numbers are the same but for their last digits, for another processor or numpy adds up in another order.

    Args:
        verdict: As stored.
        inputs: What it was made from, as stored.
        cohorts: The same cohorts summed anew from the journal, up to the same place; None leaves that step out.
    """
    found = []
    if cohorts is not None:
        found.extend(_cohort_differences(inputs.cohorts, cohorts))
    try:
        again = judge_again(inputs)
    except BadInput as error:
        return (*found, f"the stored inputs cannot be judged: {error}")
    old, new = _substance(verdict), _substance(_as_told(again, by=verdict))
    names = _changed(old, new)
    if names and all(_close(msgspec.to_builtins(old[name]), msgspec.to_builtins(new[name])) for name in names):
        found.append(f"{TOLD} verdict {inputs.verdict} rests on the same numbers but for their last digits.")
        return tuple(found)
    if "gates" in names and len(verdict.gates) == len(again.gates):
        names[names.index("gates")] = _of_gates(verdict, again=again)
    if names:
        found.append(f"verdict {inputs.verdict}: made again it differs in {', '.join(names)}.")
    elif names := _changed(msgspec.structs.asdict(verdict), msgspec.structs.asdict(again)):
        found.append(
            f"{TOLD} verdict {inputs.verdict} says the same in other words or with more counts ({', '.join(names)})."
        )
    return tuple(found)


def differs(found: Sequence[str]) -> bool:
    """Tell whether any of these differences is more than the words of another release.

    >>> (
    ...     differs(()),
    ...     differs((f"{TOLD} verdict r1-1 ...",)),
    ...     differs(("verdict r1-1: made again it differs in action.",)),
    ... )
    (False, False, True)
    """
    return any(not difference.startswith(TOLD) for difference in found)


def _substance(verdict: Verdict) -> dict[str, object]:
    """Return what a verdict decides and rests on, without its words."""
    said = msgspec.structs.asdict(verdict)
    gates = tuple(msgspec.structs.replace(gate, reason="") for gate in verdict.gates)
    return {**said, "reason": "", "alert": bool(verdict.alert), "gates": gates}


def _as_told(again: Verdict, *, by: Verdict) -> Verdict:
    """Return a verdict made again with those counts only that a stored one told; releases add counts, and take none."""
    if len(again.gates) != len(by.gates):
        return again
    gates = tuple(
        msgspec.structs.replace(new, counts={name: n for name, n in new.counts.items() if name in old.counts})
        for new, old in zip(again.gates, by.gates, strict=True)
    )
    return msgspec.structs.replace(again, gates=gates)


def _close(old: object, new: object) -> bool:
    """Tell whether two plain values are the same but for the rounding of their numbers."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_DIGITS, abs_tol=_DIGITS)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_close(old[key], new[key]) for key in old)
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(_close(a, b) for a, b in zip(old, new, strict=True))
    return old == new


def _of_gates(verdict: Verdict, *, again: Verdict) -> str:
    """Say which gates differ, and in what; with the numbers, for a last digit shows in no sentence."""
    said = []
    for old, new in zip(verdict.gates, _as_told(again, by=verdict).gates, strict=True):
        before, after = ({**msgspec.structs.asdict(g), "reason": ""} for g in (old, new))
        said += [f"{old.gate.kind}: {name} {before[name]} and {after[name]}" for name in _changed(before, after)]
    return f"gates ({'; '.join(said)})"


def _changed(old: dict[str, object], new: dict[str, object]) -> list[str]:
    return [name for name in old if canonical(old[name]) != canonical(new[name])]


def judge_again(inputs: VerdictInputs) -> Verdict:
    """Return what is said on these inputs: the judge's verdict, or the deadline's where judging broke.

    Raises:
        BadInput: They cannot be judged.
    """
    if not inputs.broken:
        return judge(
            inputs.rollout,
            inputs.cohorts,
            now_us=inputs.now_us,
            readiness=inputs.readiness,
            costs=inputs.costs,
            facts=inputs.facts,
        )
    overdue = unjudged(inputs.rollout, now_us=inputs.now_us, why=inputs.broken)
    if overdue is None:
        raise BadInput(f"verdict {inputs.verdict}: want a stage past its deadline, for judging broke, got one within.")
    return overdue


def differences(
    stored: Facts,
    *,
    metrics: Sequence[MetricSums],
    agreement: Sequence[AgreementSums],
    people: Sequence[PeopleSums] = (),
) -> tuple[str, ...]:
    """Return every difference between sums that were stored beside the cohorts and those summed anew from the journal.

    Sums by entity are rounded in the order in which days are let go, so a metric's may differ in their last digits.
    """
    found = [
        f"metric {old.metric}: stored and summed anew differ."
        for old, new in zip(stored.metrics, metrics, strict=True)
        if not _near(old, new)
    ]
    if [a for a in stored.agreement if a.asked] != [a for a in agreement if a.asked]:
        found.append("agreement: stored and summed anew differ.")
    if stored.people is not None and list(stored.people.sums) != list(people):
        found.append("decisions of people: stored and summed anew differ.")
    return tuple(found)


def _near(old: MetricSums, new: MetricSums) -> bool:
    def numbers(sums: MetricSums) -> list[float]:
        arms = [arm for stratum in sums.strata for arm in (stratum.candidate, stratum.live)]
        of_arms = [float(x) for arm in arms for x in (arm.mature, arm.n, arm.entities, arm.total)]
        return [sums.difference or 0.0, sums.variance or 0.0, float(sums.days), float(sums.hours), *of_arms]

    one, other = numbers(old), numbers(new)
    return len(one) == len(other) and all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(one, other, strict=True))


def _cohort_differences(stored: Sequence[Cohort], anew: Sequence[Cohort]) -> list[str]:
    unknown = {(c.start_us, c.route_version) for c in stored if c.last_us is None}  # maybe of an older Slipway
    undated = {(c.start_us, c.route_version) for c in stored if not c.delays.n}  # likewise

    def keyed(cohorts: Sequence[Cohort]) -> dict[tuple[int, int], bytes]:
        return {
            key: canonical(
                msgspec.structs.replace(
                    c,
                    last_us=None if key in unknown else c.last_us,
                    delays=DELAYS if key in undated else c.delays,
                )
            )
            for c in cohorts
            for key in [(c.start_us, c.route_version)]
        }

    old, new = keyed(stored), keyed(anew)
    return [
        f"cohort {start} under route version {version}: "
        + (
            "not in the journal"
            if (start, version) not in new
            else "stored and summed anew differ"
            if (start, version) in old
            else "in the journal, but not stored"
        )
        + "."
        for start, version in sorted(old.keys() | new.keys())
        if old.get((start, version)) != new.get((start, version))
    ]
