"""A record and what belongs to it, as the faces show them together."""

from slipway.records.base import Record
from slipway.records.model import Manifest
from slipway.records.rollout import Decision, GateResult, Rollout, Verdict


class Packaged(Record, frozen=True, kw_only=True):
    """A packaged model.

    Attributes:
        id: Package id.
        manifest: What it is.
    """

    id: str
    manifest: Manifest


class RolloutStory(Record, frozen=True, kw_only=True):
    """A rollout with every verdict on it, oldest first."""

    rollout: Rollout
    verdicts: tuple[Verdict, ...]


def headline(verdict: Verdict) -> str:
    """Return what a verdict says besides what each of its gates says; the gates are shown on their own.

    >>> from slipway.records.gate import Gate, GateKind
    >>> from slipway.records.rollout import Action, Decision, GateResult
    >>> gate = GateResult(
    ...     gate=Gate(kind=GateKind.HARM), decision=Decision.PASS, reason="no harm seen: pass.", counts={}
    ... )
    >>> headline(
    ...     Verdict(
    ...         rollout="r",
    ...         stage="full",
    ...         at_us=0,
    ...         decision=Decision.PASS,
    ...         action=Action.ADVANCE,
    ...         reason="full: every gate passes, advance. harm: no harm seen: pass.",
    ...         gates=(gate,),
    ...     )
    ... )
    'full: every gate passes, advance.'
    """
    told = verdict.reason
    for gate in verdict.gates:
        told = told.replace(f"{gate.gate.kind}: {gate.reason}", "")
    return " ".join(told.split()) or verdict.reason


def decisive(verdict: Verdict) -> tuple[GateResult, ...]:
    """Return the gates that made the verdict what it is: those that fail, else those that hold, else all."""
    for wanted in (Decision.FAIL, Decision.HOLD):
        if found := tuple(g for g in verdict.gates if g.decision is wanted):
            return found
    return verdict.gates
