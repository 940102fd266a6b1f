"""Something new goes from nothing to all requests, a canary first, and its verdicts come out of the journal again."""

import importlib.util
import sys
from pathlib import Path

import pytest

from slipway.records.rollout import RolloutStatus
from slipway.records.task import Case

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "digits"


def test_from_nothing_to_full(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    spec = importlib.util.spec_from_file_location("life_of_digits", EXAMPLE / "life.py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        project, lines = module.live(tmp_path)
    finally:
        sys.modules.pop("model", None)
    (rollout,) = project.rollouts()
    assert project.scope.project.case is Case.NEW
    assert rollout.status is RolloutStatus.COMPLETED, lines
    assert [e.stage for e in rollout.entries] == ["canary", "ramp-50", "full", "watch"]
    assert project.route().share_of(rollout.candidate) == 1.0
    assert project.replay(rollout.id).same
