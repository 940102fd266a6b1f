"""Infrastructure: the seven items of the paper's section IV."""

from slipway.records.gate import GateKind
from slipway.records.readiness import Item
from slipway.records.rollout import Action, Rollout, RolloutStatus, StageKind, Verdict
from slipway.records.run import Run
from slipway.scoping.readiness.evidence import EXAMPLES, Evidence, Found, against, full, half, nothing
from slipway.words import count

_TRAIN = "Run 'slipway run train'."
_ROLL_OUT = "Start a rollout: 'slipway rollout start'."


def reproducible(e: Evidence) -> Found:
    """Infra 1: the same code, hyperparameters, data and seed, run twice, gave the same scores."""
    same = [(a, b) for i, b in enumerate(e.runs) for a in e.runs[:i] if _inputs(a) == _inputs(b)]
    for before, after in reversed(same):
        if _model_scores(before) != _model_scores(after):
            told = "the same code, hyperparameters, data and seed gave other scores."
            way_out = "Pass the seed to everything that draws; compare the environments of both runs."
            return against(told, f"run {before.id}", f"run {after.id}", way_out=way_out)
    if not same:
        return nothing("no run was made twice.", way_out="Run 'slipway run train' once more, changing nothing.")
    before, after = same[-1]
    told = "the same code, hyperparameters, data and seed gave the same scores, to the last digit."
    ids = (f"run {before.id}", f"run {after.id}")
    if e.run is not None and _inputs(e.run) == _inputs(after):
        return full(told, *ids)
    return half(told, *ids, way_out="That was another run than the one in question: repeat this one.")


def _inputs(run: Run) -> tuple[str, str, str, int]:
    return run.code, run.params_hash, run.data, run.seed


def _model_scores(run: Run) -> tuple[object, ...]:
    return tuple(s for s in run.scores if s.name == "model")


def unit_tested(_: Evidence) -> Found:
    """Infra 2: no record shows the tests of the user's own code."""
    return nothing("no record shows tests of the code that trains the model.", way_out="Test it, then attest it.")


def integrated(e: Evidence) -> Found:
    """Infra 3: models that went the whole way from a dataset version over run and package to verdicts on requests."""
    whole = []
    versions = {d.id for d in e.datasets}
    for run in e.runs:
        if run.package is None or run.data not in versions:
            continue
        through = [r for r in e.rollouts if e.arms.get(r.candidate) == run.package]
        if any(True for _ in e.gates(*GateKind, rollouts=through)):
            whole.append(run)
    told = f"{count(len(whole), 'model')} went the whole way: data, run, package, verdicts on requests."
    ids = tuple(part for run in whole[-2:] for part in (f"run {run.id}", f"package {run.package}"))
    if len(whole) > 1:
        return full(told, *ids)
    if whole:
        return half(told, *ids, way_out="The next model that goes the whole way makes it a habit.")
    return nothing(told, way_out=_ROLL_OUT)


def validated(e: Evidence) -> Found:
    """Infra 4: parity and scores before, and a gate on quality before the model answers for real."""
    manifest = e.manifest
    if manifest is None or not manifest.scores or not manifest.parity_rows:
        return nothing("no packaged model was measured.", way_out=_TRAIN)
    package = f"package {e.package}"
    for name, verdict in reversed(_moved(e)):
        if _stage(e, verdict) in (StageKind.SHADOW, StageKind.CANARY) and _asked_quality(verdict):
            told = f"before it took more, its gates asked for its quality on requests: {verdict.decision}."
            return full(told, package, f"verdict {name}")
    told = f"measured on rows held out, and packaged alike on {count(manifest.parity_rows, 'row')}."
    return half(told, package, way_out=f"{_ROLL_OUT} Its gates ask on requests.")


def _asked_quality(verdict: Verdict) -> bool:
    return any(g.gate.kind in (GateKind.NOT_WORSE, GateKind.HARM) for g in verdict.gates)


def debuggable(e: Evidence) -> Found:
    """Infra 5: single rows with the answers recorded at packaging, to be asked again at any time."""
    manifest = e.manifest
    if manifest is None or EXAMPLES not in manifest.files:
        return nothing("no package holds rows that could be asked one by one.", way_out=_TRAIN)
    told = "the package holds rows with their answers; 'slipway model verify' asks each again, alone."
    return half(
        told, f"package {e.package}", way_out="It does not show the steps inside; half a point is the most here."
    )


def canaried(e: Evidence) -> Found:
    """Infra 6: a canary of this model, or of an earlier one, that a verdict let through."""
    passed = [(name, v) for name, v in e.verdicts if v.action is Action.ADVANCE and _stage(e, v) is StageKind.CANARY]
    own = {r.id for r in e.own_rollouts()}
    mine = [name for name, v in passed if v.rollout in own]
    if mine:
        return full("its canary was let through by a verdict.", f"verdict {mine[-1]}")
    entered = [r for r in e.own_rollouts() if any(_kind(r, entry.stage) is StageKind.CANARY for entry in r.entries)]
    if entered and entered[-1].status is RolloutStatus.ROLLED_BACK:
        told = "it was rolled back from its canary, or later."
        return against(told, f"rollout {entered[-1].id}", way_out="See why: 'slipway rollout show'.")
    if entered:
        told = "it is in its canary, and no verdict has let it through yet."
        return half(told, f"rollout {entered[-1].id}", way_out="Wait for the verdict.")
    if passed:
        told = "an earlier model's canary was let through by a verdict; this one had none yet."
        return half(told, f"verdict {passed[-1][0]}", way_out=_ROLL_OUT)
    return nothing("no model went through a canary.", way_out=_ROLL_OUT)


def rolled_back(e: Evidence) -> Found:
    """Infra 7: a rollback that happened, by verdict or by command; a rehearsal is as good as an emergency."""
    back = [r for r in e.rollouts if r.status is RolloutStatus.ROLLED_BACK]
    if not back:
        gone = [r for r in e.rehearsals if r.holds and r.last_ms is not None]
        if gone:
            told = f"the way back was rehearsed: {gone[-1].last_ms:.0f} ms to the last worker, and nobody noticed."
            way_out = "A rollback that happened, by command or by a verdict, shows the rest."
            return half(told, f"rollout {gone[-1].rollout}", way_out=way_out)
        return nothing("nobody has ever rolled back.", way_out="Rehearse it: 'slipway rollout rehearse'.")
    judged = [(name, v) for name, v in e.verdicts if v.action is Action.ROLL_BACK]
    if judged:
        told = "a verdict has rolled back by itself, and the live arm answered again."
        return full(told, f"rollout {judged[-1][1].rollout}", f"verdict {judged[-1][0]}")
    told = "somebody has rolled back by command, and the live arm answered again."
    return half(told, f"rollout {back[-1].id}", way_out="A verdict that rolls back shows that nobody need be awake.")


RULES = {
    Item.INFRA_1: reproducible,
    Item.INFRA_2: unit_tested,
    Item.INFRA_3: integrated,
    Item.INFRA_4: validated,
    Item.INFRA_5: debuggable,
    Item.INFRA_6: canaried,
    Item.INFRA_7: rolled_back,
}
"""One rule an item."""


def _moved(e: Evidence) -> list[tuple[str, Verdict]]:
    own = {r.id for r in e.own_rollouts()}
    return [(name, v) for name, v in e.verdicts if v.rollout in own and v.action is Action.ADVANCE]


def _stage(e: Evidence, verdict: Verdict) -> StageKind | None:
    return next((_kind(r, verdict.stage) for r in e.rollouts if r.id == verdict.rollout), None)


def _kind(rollout: Rollout, stage: str) -> StageKind | None:
    return next((s.kind for s in rollout.plan.stages if s.name == stage), None)
