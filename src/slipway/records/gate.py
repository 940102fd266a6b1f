"""A gate: one question that a stage must answer before a candidate may go on."""

import math
from enum import StrEnum
from typing import Protocol

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class GateKind(StrEnum):
    """What a gate asks.

    ``NOT_WORSE``: is the candidate's loss on the same requests not worse than live's by more than the margin? Passes
    on evidence that it is not, fails on evidence that it is worse than live.
    ``HARM``: among randomly assigned requests, are the candidate's errors more frequent than live's? Fails on evidence
    of harm; passes once enough was seen without it.
    ``SERVICE``: do requests to the candidate fail or exceed the latency budget more often? As HARM. And does serving
    with the candidate keep the scope's budgets for memory and processor? Fails if not, holds if nobody measured.
    ``APPROVAL``: does a person let it go on? Holds until somebody says so, fails where somebody refuses.
    ``DRIFT``: do the monitors find that the candidate's inputs or its relation to outcomes moved? Holds while they do,
    fails where the candidate's concept drifted and live's did not.
    ``METRIC``: among entities dealt at random, is the mean of a metric that the user sends not worse than live's by
    more than the margin? As NOT_WORSE.
    ``LATENCY``: among randomly assigned requests, does the candidate take longer than live by more than the margin, a
    share of live's time? Fails on evidence that it does, at the median, the 90th or the 99th percentile.
    ``PERSON``: where the model is as sure as it has to be, is it not more often wrong than people by more than the
    margin? Who is right where the two differ, somebody else settles.
    ``AUTOMATION``: is there a confidence from which on the model is wrong on at most the plan's bound? And once it
    decides there alone, do audits agree? Holds while there is none, fails once audits say that it is above.
    ``ANCHORING``: do people follow suggestions by at most ``level``, beside people from whom chance hid them?
    ``AGREEMENT``: do both arms give the same answer to at least a share ``level`` of the same requests?
    ``BASELINE``: is the candidate's mean loss at most ``level``, such as what a baseline was measured at? Fails on
    evidence that it is above, passes on evidence that it is below the level and the margin.
    """

    NOT_WORSE = "not-worse"
    HARM = "harm"
    SERVICE = "service"
    APPROVAL = "approval"
    DRIFT = "drift"
    METRIC = "metric"
    AGREEMENT = "agreement"
    PERSON = "person"
    AUTOMATION = "automation"
    ANCHORING = "anchoring"
    LATENCY = "latency"
    BASELINE = "baseline"


class Better(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Baseline(StrEnum):
    """Whose loss a candidate is held against, where no number is stated.

    ``TRIVIAL``, ``SIMPLE``, ``PRESENT``: as measured on the test rows of the newest dataset version: one answer for
    all, the simple model, and the system that exists. ``HUMAN``, ``TARGET``: as the scope states them.
    """

    TRIVIAL = "trivial"
    SIMPLE = "simple"
    PRESENT = "present"
    HUMAN = "human"
    TARGET = "target"


ABOUT_PEOPLE = frozenset({GateKind.PERSON, GateKind.AUTOMATION, GateKind.ANCHORING})
"""Kinds of gate that read what people decided beside the model."""

ON_OUTCOMES = frozenset({GateKind.NOT_WORSE, GateKind.HARM, GateKind.BASELINE})
"""Kinds of gate that read outcomes of requests: where these stop or are missing, their silence says nothing."""

MARGINS = (GateKind.NOT_WORSE, GateKind.METRIC, GateKind.LATENCY, GateKind.PERSON, GateKind.BASELINE)
"""Kinds of gate that know a margin."""


class Gate(Record, frozen=True, kw_only=True):
    """One question that a stage must answer.

    Attributes:
        kind: What is asked.
        margin: NOT_WORSE: how much worse is still acceptable, in units of the plan's metric; METRIC: in units of the
            gate's own; LATENCY: how much longer, as a share of live's time; BASELINE: how far above the level, in units
            of the plan's metric, what passes may be.
        alpha: Chance that a harmless candidate fails this gate, over all looks.
        beta: NOT_WORSE: chance that a candidate that is worse by the margin or more passes, over all looks; None takes
            alpha.
        unit: Exchangeable unit: ``row``, ``hour`` or ``day``.
        min_units: Fewest units before a pass; APPROVAL: fewest people who approve.
        metric: METRIC: name under which its values are sent; a checked word.
        better: METRIC: which way it is better.
        level: AGREEMENT: share of requests on which the arms have to agree. ANCHORING: by how much more often people
            may decide as the model says where they see it, as a share of their decisions. BASELINE: mean loss that is
            still good enough, in units of the plan's metric; None until a rollout starts, where ``of`` names it.
        tolerance: AGREEMENT on numbers: how far apart two answers may be that agree, in the unit of Y.
        by: APPROVAL: names of those who may approve; empty lets anybody.
        of: BASELINE: whose loss the level is; None where it is nobody's.

    Raises:
        BadInput: A value is out of range, or belongs to another kind of gate.
    """

    kind: GateKind
    margin: float = 0.0
    alpha: float = 0.05
    beta: float | None = None
    unit: str = "day"
    min_units: int = 1
    metric: str = ""
    better: Better | None = None
    level: float | None = None
    tolerance: float = 0.0
    by: tuple[str, ...] = ()
    of: Baseline | None = None

    @property
    def passes_at(self) -> float:
        """Chance that harm of the margin's size passes: beta, or alpha where none is stated."""
        return self.alpha if self.beta is None else self.beta

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise BadInput(f"gate {self.kind}: want 0 < alpha < 1, got {self.alpha}.")
        if self.beta is not None and not (0 < self.beta < 1 and self.kind is GateKind.NOT_WORSE):
            raise BadInput(
                f"gate {self.kind}: want 0 < beta < 1, on {GateKind.NOT_WORSE} only, got {self.beta}. "
                "It is the chance that harm of the margin's size passes."
            )
        if self.margin < 0:
            raise BadInput(f"gate {self.kind}: want margin >= 0, got {self.margin}.")
        if self.unit not in ("row", "hour", "day"):
            raise BadInput(f"gate {self.kind}: want unit 'row', 'hour' or 'day', got '{self.unit}'.")
        check_own(self)


class HasOwn(Protocol):
    """What has the settings of a gate that belong to one kind alone."""

    @property
    def kind(self) -> GateKind:
        """What is asked."""

    @property
    def metric(self) -> str:
        """As in :class:`Gate`; so are the others."""

    @property
    def margin(self) -> float | None:
        """Likewise; None in a draft that does not say."""

    @property
    def better(self) -> Better | None:
        """Likewise."""

    @property
    def level(self) -> float | None:
        """Likewise."""

    @property
    def tolerance(self) -> float:
        """Likewise."""

    @property
    def by(self) -> tuple[str, ...]:
        """Likewise."""

    @property
    def of(self) -> Baseline | None:
        """Likewise."""


OWN = {
    "metric": (GateKind.METRIC,),
    "better": (GateKind.METRIC,),
    "level": (GateKind.AGREEMENT, GateKind.ANCHORING, GateKind.BASELINE),
    "tolerance": (GateKind.AGREEMENT,),
    "by": (GateKind.APPROVAL,),
    "of": (GateKind.BASELINE,),
}
"""Setting to the kinds of gate that have it."""


def check_own(gate: HasOwn) -> None:
    """Refuse a gate that lacks a setting of its kind, or has one of another kind.

    Raises:
        BadInput: It does; the message names the setting and what to write.
    """
    _check_strangers(gate)
    if gate.kind is GateKind.METRIC:
        _check_metric(gate)
    if gate.kind is GateKind.AGREEMENT:
        _check_agreement(gate)
    if gate.kind is GateKind.ANCHORING and (gate.level is None or not 0 < gate.level < 1):
        raise BadInput(
            f"gate anchoring: want 0 < level < 1, got {gate.level}. If people may go along with a suggestion ten "
            "points more often than without it, write 0.1."
        )
    if gate.kind is GateKind.BASELINE:
        _check_baseline(gate)
    if not all(name.strip() for name in gate.by):
        raise BadInput(f"gate {gate.kind}: want names in 'by', got {list(gate.by)}. Without it anybody may approve.")


def _check_strangers(gate: HasOwn) -> None:
    for name, owners in OWN.items():
        value = getattr(gate, name)
        if gate.kind not in owners and value not in (None, "", 0.0, ()):
            raise BadInput(
                f"gate {gate.kind}: want no '{name}', got {value!r}. A gate '{owners[0]}' has one: take it out here."
            )


def _check_metric(gate: HasOwn) -> None:
    if not gate.metric:
        raise BadInput(
            "gate metric: want the metric's name, got none. "
            "Write metric = 'revenue', the name under which its values are sent."
        )
    check_name("gate metric", gate.metric)
    if gate.better is None:
        raise BadInput(
            f"gate metric: want better = 'higher' or 'lower' for {gate.metric}, got none. "
            "Of revenue more is better, of complaints fewer."
        )
    if gate.margin is not None and not 0 < gate.margin < math.inf:
        raise BadInput(
            f"gate metric: want a margin above 0 in the unit of {gate.metric}, got {gate.margin:g}. "
            "It is how much worse the mean may be and still pass; no evidence shows that two means are the same."
        )


def _check_agreement(gate: HasOwn) -> None:
    if gate.level is None or not 0 < gate.level < 1:
        raise BadInput(
            f"gate agreement: want 0 < level < 1, got {gate.level}. For agreement on 95 % of the requests write 0.95."
        )
    if not 0 <= gate.tolerance < math.inf:
        raise BadInput(f"gate agreement: want tolerance >= 0, in the unit of Y, got {gate.tolerance}.")


def _check_baseline(gate: HasOwn) -> None:
    if gate.level is None and gate.of is None:
        raise BadInput(
            "gate baseline: want level or of, got neither. Write level = 0.12 for a mean loss of 0.12, or "
            "of = 'simple' for what the simple baseline was measured at."
        )
    if gate.level is not None and not 0 < gate.level < math.inf:
        raise BadInput(f"gate baseline: want a level above 0, in units of the metric, got {gate.level:g}.")
