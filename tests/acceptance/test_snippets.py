"""A model takes over from readers by degrees, by the words of twenty real readers; where it is bad it is taken back."""

import importlib.util
import sys
from pathlib import Path

import pytest

from slipway.records.gate import GateKind
from slipway.records.rollout import Action, Decision, RolloutStatus

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "snippets"


@pytest.fixture(scope="module")
def life():
    """The example's own module, with the folder's other modules in reach as for whoever runs it there."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        spec = importlib.util.spec_from_file_location("life_of_snippets", EXAMPLE / "life.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(EXAMPLE))
        sys.modules.pop("model", None)


def test_from_people_alone_to_full_with_an_audit_that_gives_it_back_when_the_world_changes(life, tmp_path):
    told = life.live(tmp_path, afterwards=True)
    (rollout,) = told.project.rollouts()
    acted = [(v.stage, v.action) for v in told.project.verdicts(rollout.id) if v.action is not Action.STAY]
    assert acted[-2:] == [("watch", Action.COMPLETE), ("watch", Action.ROLL_BACK)], told.lines
    assert [e.stage for e in rollout.entries] == ["shadow", "assist", "partial-70", "full", "watch"]
    assert told.wrong_before / told.alone_before <= told.project.scope.rollout.automation.error_bound, "by all twenty"
    assert told.alone_before > 800
    route = told.project.route()
    assert (route.share_of("desk"), route.handovers) == (1.0, ())
    assert told.project.replay(rollout.id).same, "each verdict from the journal alone"


def test_where_the_model_is_bad_audits_give_the_cases_back(life, tmp_path):
    told = life.live(tmp_path, editorials=True)
    (rollout,) = told.project.rollouts()
    assert rollout.status is RolloutStatus.ROLLED_BACK
    last = told.project.verdicts(rollout.id)[-1]
    assert [g.gate.kind for g in last.gates if g.decision is Decision.FAIL] == [GateKind.AUTOMATION]
    route = told.project.route()
    assert (route.share_of("desk"), route.handovers) == (1.0, ())
