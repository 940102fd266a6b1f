"""What the rules of readiness look at: everything the store holds about a project, and the one model in question."""

from collections.abc import Iterable, Iterator

from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.dataset import DatasetVersion, Score
from slipway.records.gate import GateKind
from slipway.records.load_test import LoadTest
from slipway.records.model import Manifest
from slipway.records.readiness import FULL, HALF, NONE, Attestation
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Decision, GateResult, Rollout, Verdict
from slipway.records.run import Run
from slipway.records.scope import Scope

REFERENCE, CALIBRATION, EXAMPLES = "reference.msgpack", "calibration.msgpack", "examples.msgpack"
"""Files of a package without which control does not watch a model, and nobody can ask it again."""


class Evidence(Record, frozen=True, kw_only=True):
    """The records of a project, each kind oldest first.

    Attributes:
        scope: What the project is for.
        package: Id of the package in question; empty if there is none.
        now_us: The moment.
        datasets: Dataset versions.
        runs: Runs.
        packages: Package id and manifest.
        arms: Arm name to the package that it asks.
        serving: Names of the arms of the routes in force that answer anybody.
        rollouts: Rollouts.
        verdicts: Verdict id and verdict.
        load_tests: Load tests.
        findings: What the monitors found.
        rehearsals: What rehearsals of a rollback found.
        attestations: What people gave their word for.
    """

    scope: Scope
    package: str
    now_us: int
    datasets: tuple[DatasetVersion, ...] = ()
    runs: tuple[Run, ...] = ()
    packages: tuple[tuple[str, Manifest], ...] = ()
    arms: dict[str, str] = {}
    serving: tuple[str, ...] = ()
    rollouts: tuple[Rollout, ...] = ()
    verdicts: tuple[tuple[str, Verdict], ...] = ()
    load_tests: tuple[LoadTest, ...] = ()
    findings: tuple[Finding, ...] = ()
    rehearsals: tuple[Rehearsal, ...] = ()
    attestations: tuple[Attestation, ...] = ()

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the package in question."""
        return dict(self.packages).get(self.package)

    @property
    def run(self) -> Run | None:
        """The run that made the package, else the newest run."""
        made = [r for r in self.runs if self.package and r.package == self.package]
        return made[-1] if made else self.runs[-1] if self.runs else None

    @property
    def dataset(self) -> DatasetVersion | None:
        """The version that the run learned from, else the newest."""
        learned = [d for d in self.datasets if self.run is not None and d.id == self.run.data]
        return learned[-1] if learned else self.datasets[-1] if self.datasets else None

    @property
    def watched(self) -> bool:
        """Whether the package answers, and holds what the monitors need."""
        manifest = self.manifest
        answers = any(self.arms.get(name) == self.package for name in self.serving)
        return manifest is not None and answers and {REFERENCE, CALIBRATION} <= set(manifest.files)

    def own_rollouts(self) -> tuple[Rollout, ...]:
        """Return the rollouts of the package in question."""
        return tuple(r for r in self.rollouts if self.package and self.arms.get(r.candidate) == self.package)

    def gates(self, *kinds: GateKind, rollouts: Iterable[Rollout]) -> Iterator[tuple[str, GateResult]]:
        """Give verdict id and result of each gate of these kinds that saw anything, oldest first."""
        ids = {r.id for r in rollouts}
        for name, verdict in self.verdicts:
            if verdict.rollout in ids:
                yield from ((name, g) for g in verdict.gates if g.gate.kind in kinds and saw_anything(g))

    def open_findings(self) -> tuple[Finding, ...]:
        """Return the findings about the package that matter and are not closed."""
        return tuple(
            f for f in self.findings if f.relevant and f.closed_us is None and self.arms.get(f.model) == self.package
        )


class Found(Record, frozen=True, kw_only=True):
    """What a rule found: the fields of a :class:`~slipway.records.readiness.Mark` that it decides."""

    points: float
    sentence: str
    evidence: tuple[str, ...] = ()
    way_out: str = ""
    against: bool = False


def full(sentence: str, *evidence: str) -> Found:
    """Return a full point: Slipway does it by itself, each time."""
    return Found(points=FULL, sentence=sentence, evidence=evidence)


def half(sentence: str, *evidence: str, way_out: str) -> Found:
    """Return half a point: done once, or in part."""
    return Found(points=HALF, sentence=sentence, evidence=evidence, way_out=way_out)


def nothing(sentence: str, *evidence: str, way_out: str) -> Found:
    """Return no point, for silence: nothing was done, or nobody knows."""
    return Found(points=NONE, sentence=sentence, evidence=evidence, way_out=way_out)


def against(sentence: str, *evidence: str, way_out: str) -> Found:
    """Return no point, for a test that was made and said no."""
    return Found(points=NONE, sentence=sentence, evidence=evidence, way_out=way_out, against=True)


def saw_anything(gate: GateResult) -> bool:
    """Tell whether a gate had seen a unit; a hold on silence is evidence of nothing."""
    return gate.counts.get("units", 0) > 0 or gate.decision is not Decision.HOLD


def score_of(scores: Iterable[Score], *, name: str, metric: str) -> Score | None:
    """Return the score of one predictor on the rows held out, if it was measured."""
    wanted = (name, metric, "test")
    return next((s for s in scores if (s.name, s.metric, s.split) == wanted and s.n > 0), None)
