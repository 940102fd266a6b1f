"""``slipway demo --fast`` leaves what it promises: a promotion, a rollback, a finding, and a journal without a gap."""

import re
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from slipway.project import Project
from slipway.project.user_code import load_function
from slipway.records.alert import FindingKind
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.gate import GateKind
from slipway.records.rollout import Action, Decision, RolloutStatus
from slipway.storage.journal import SegmentReader

pytestmark = pytest.mark.timeout(600)
MAY_US = int(datetime(2013, 5, 1, tzinfo=UTC).timestamp() * 1e6)


@pytest.fixture(scope="module")
def demo(tmp_path_factory, terminal):
    folder = tmp_path_factory.mktemp("demo") / "flights"
    told = terminal(folder.parent).run("demo", "--fast", "--folder", folder, timeout=580)
    project = Project.open(folder)
    rollouts = {r.status: r for r in project.rollouts()}
    return SimpleNamespace(
        told=told,
        folder=folder,
        project=project,
        good=rollouts.get(RolloutStatus.COMPLETED),
        bad=rollouts.get(RolloutStatus.ROLLED_BACK),
    )


def test_one_rollout_is_completed_and_one_is_rolled_back(demo):
    statuses = Counter(r.status for r in demo.project.rollouts())
    assert statuses == {RolloutStatus.COMPLETED: 1, RolloutStatus.ROLLED_BACK: 1}
    assert demo.project.route().share_of(demo.good.candidate) == 1.0


def test_april_is_held_and_the_evidence_says_so(demo):
    moves = [v for v in demo.project.verdicts(demo.good.id) if v.action is not Action.STAY]
    assert moves[0].stage == "shadow"
    assert moves[0].at_us >= MAY_US
    assert [m.stage for m in moves] == ["shadow", "canary", "ramp-25", "ramp-50", "full", "watch"]
    page = " ".join(demo.told[demo.told.index("What happened") :].split())
    held = re.search(rf"2013-05-01 {demo.good.id}, shadow: (.*?) - 2013", page)
    assert held, page
    assert re.search(r"candidate errs on [\d.]+ %, live on [\d.]+ %", held[1])
    assert "hold" in held[1]


def test_the_fault_is_caught_by_a_gate_with_evidence(demo):
    last = demo.project.verdicts(demo.bad.id)[-1]
    assert (last.decision, last.action) == (Decision.FAIL, Action.ROLL_BACK)
    failed = [g for g in last.gates if g.decision is Decision.FAIL]
    assert {g.gate.kind for g in failed} <= {GateKind.HARM, GateKind.NOT_WORSE}
    for result in failed:
        assert result.reason
        assert result.counts["units"] > 0
        interval_says_harm = result.interval is not None and result.interval.low > 0
        odds_say_harm = result.harm is not None and result.harm.rejects(alpha=result.gate.alpha)
        assert interval_says_harm or odds_say_harm


def test_a_finding_is_named_as_data_or_concept_drift(demo):
    findings = demo.project.findings()
    assert {f.kind for f in findings} & {FindingKind.DATA_DRIFT, FindingKind.CONCEPT_DRIFT, FindingKind.BOTH}
    assert all(f.sentence and f.model for f in findings)
    assert any(str(f.kind) in demo.told for f in findings)


@pytest.mark.parametrize("which", ["good", "bad"])
def test_every_verdict_comes_out_the_same_from_the_journal(demo, which):
    rollout = getattr(demo, which)
    report = demo.project.replay(rollout.id)
    assert report.same, report.sentence
    assert len(report.verdicts) == len(demo.project.verdicts(rollout.id)) > 0


def test_the_journal_has_each_flight_that_was_asked_about_once_and_nothing_else(demo):
    asked, told = Counter(), Counter()
    for frame, _ in SegmentReader(demo.folder / ".slipway" / "journal").read({}):
        if isinstance(frame, PredictionFrame):
            asked.update(frame.id)
        elif isinstance(frame, OutcomeFrame):
            told.update(frame.id)
    assert set(asked.values()) == set(told.values()) == {1}
    said = re.search(r"([\d,]+) flights were asked about and ([\d,]+) outcomes came", demo.told)
    assert [int(n.replace(",", "")) for n in said.groups()] == [len(asked), len(told)]
    flights = load_function("model.py:load", folder=demo.folder)(months=(4, 5, 6, 7, 8, 9, 10, 11, 12))
    assert set(told) <= set(asked) <= set(flights["flight"])
    assert len(asked) > 20_000


def test_what_was_stored_is_what_was_written(demo):
    report = demo.project.verify()
    assert report.errors == ()
    assert demo.project.status().serving is False


def test_the_report_is_there_and_needs_no_network(demo, outside):
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert outside(page) == []
    for rollout in (demo.good, demo.bad):
        assert rollout.id in page
    assert "<svg" in page


def test_the_commands_that_it_prints_run(demo, terminal):
    commands = re.findall(rf"^    slipway (.+) --project {re.escape(str(demo.folder))}$", demo.told, re.MULTILINE)
    assert len(commands) >= 4
    for words in commands:
        if words != "serve":
            assert terminal(demo.folder.parent).run(*words.split(), "--project", demo.folder).strip()
