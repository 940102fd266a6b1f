"""What a person reads about a rollout, a finding and a night shift, without colour and in 100 columns."""

import importlib.util
import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from slipway.cli.monitor import page as finding_page
from slipway.cli.rollout_page import listed, page
from slipway.cli.run_page import page_of_all
from slipway.cli.screen import Screen, to_json
from slipway.cli.status import page as status_page
from slipway.cli.when import duration_s
from slipway.control.tally import Tally
from slipway.errors import BadInput
from slipway.project.attempts import Seen, Standing
from slipway.project.status import RolloutNow, Status
from slipway.records.alert import FindingKind, MovedPart
from slipway.records.attempt import Attempt, Work
from slipway.records.quality import Fault, Quality
from slipway.records.rollout import RolloutStatus
from slipway.records.usage import ArmUsage, WorkerUsage
from slipway.serving.run_state import RunState, State
from slipway.stats.evidence import EValue, FixedInterval

DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def data():
    file = Path(__file__).parents[1] / "web" / "conftest.py"
    spec = importlib.util.spec_from_file_location("synthetic_project", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make()


def printed(show, value):
    out = io.StringIO()
    show(Screen(Console(file=out, width=100, markup=False, highlight=False, emoji=False)), value)
    assert max(len(line) for line in out.getvalue().splitlines()) <= 100
    return " ".join(out.getvalue().split())


def test_a_rollout_shows_its_stages_its_last_evidence_and_what_moved_it(data):
    story = data.rollouts[1]
    text = printed(page, story)
    assert "boost-2 beside rule" in text
    assert "rolled back" in text
    assert "fail -> roll back" in text
    for gate in story.verdicts[-1].gates:
        assert gate.reason in text
    assert "History: 9 verdicts, 7 of them held" in text
    for stage in story.rollout.plan.stages:
        assert stage.name in text


def test_a_rollout_without_a_verdict_says_what_it_waits_for(data):
    story = msgspec.structs.replace(data.rollouts[0], verdicts=())
    assert "No verdict yet" in printed(page, story)


def test_an_empty_list_says_how_to_begin():
    assert "slipway rollout start" in printed(listed, [])


def test_a_finding_says_what_moved_by_how_much_and_where_to_go_back_to(data):
    text = printed(finding_page, data.findings[1])
    assert "concept drift" in text
    assert data.findings[1].sentence in text
    assert "go back to data" in text


def test_a_finding_shows_in_which_rows_the_same_inputs_mean_something_else(data):
    limits = FixedInterval(low=0.101, high=0.195, estimate=0.147, alpha=0.05, n=60)
    part = MovedPart(name="carrier = UA", n=1_836, gap=limits, evidence=EValue(log_e=11.5, n=60))
    text = printed(finding_page, msgspec.structs.replace(data.findings[1], parts=(part,)))
    assert "rows outcomes gap from to log E carrier = UA 1,836 0.147 0.101 0.195 11.5" in text
    assert "Where the same inputs now mean something else" in text
    assert "Where the same inputs" not in printed(finding_page, data.findings[1])


@pytest.mark.parametrize(("fault", "said"), [(Fault.STALE, "not promised"), (Fault.EMPTY, "at most 0.1 %")])
def test_a_finding_of_a_feed_says_its_own_promise_and_blames_no_older_release(data, fault, said):
    quality = (Quality(fault=fault, column="", serious=True, detail="It is broken."),)
    broken = msgspec.structs.replace(data.findings[1], kind=FindingKind.QUALITY, promise=None, quality=quality)
    text = printed(finding_page, broken)
    assert said in text
    assert "older release" not in text


def status(data, **changes):
    now = Status(
        project="flights",
        now_us=data.made_us,
        serving=True,
        processes=(RunState(name="worker-0", pid=1, state=State.READY, port=8080, at_us=0),),
        route=data.route,
        rollouts=(),
        ended=(data.rollouts[0].rollout,),
        findings=data.findings[1:],
        predictions=200_000,
        outcomes=190_000,
        problems=(),
    )
    return msgspec.structs.replace(now, **changes)


def test_the_night_page_says_who_answers_what_is_open_and_what_ended(data):
    text = printed(status_page, status(data))
    assert "up: worker-0 ready (port 8080)" in text
    assert "boost-1 100 % answers" in text
    assert "200,000 predictions, 190,000 outcomes" in text
    assert data.findings[1].sentence in text
    assert "was completed" in text


def test_one_is_one_in_what_the_journal_holds(data):
    tally = Tally(decisions=1, unknown_decisions=1, repeated_decisions=2, impossible=1)
    text = " ".join(printed(status_page, status(data, tally=tally, predictions=1, outcomes=1)).split())
    assert "1 prediction, 1 outcome; left out: 1 impossible outcome; 2 decisions on a case that the same" in text
    assert "1 decision on no known prediction" in text
    assert "people 1 decision " in text


def test_a_server_that_is_down_or_in_trouble_is_said_first(data):
    text = printed(status_page, status(data, serving=False, processes=(), problems=("worker-0: no route",)))
    assert text.index("PROBLEM: worker-0: no route") < text.index("server")
    assert "down; 'slipway serve' starts it" in text


def test_what_the_workers_take_is_said(data):
    arms = {"trees": ArmUsage(memory_bytes=40 << 20), "rule": ArmUsage()}
    usage = (WorkerUsage(name="worker-0", memory_bytes=240 << 20, cores=0.31, arms=arms),)
    assert "worker-0 240 MB (of it trees 40), 0.31 cores" in printed(status_page, status(data, usage=usage))


def test_a_running_rollout_says_how_long_it_may_hold(data):
    story = data.rollouts[1]
    running = msgspec.structs.replace(story.rollout, status=RolloutStatus.RUNNING, ended_us=None)
    now_us = running.entries[-1].at_us + 10 * DAY_US
    told = status(data, now_us=now_us, rollouts=(RolloutNow(rollout=running, verdict=story.verdicts[0]),))
    text = printed(status_page, told)
    assert "in stage canary (5 %)" in text
    assert "50 d left, then a hold rolls back" in text
    assert story.verdicts[0].reason in text


def test_json_has_no_infinity(data):
    text = to_json(data.rollouts[1])
    assert "Infinity" not in text
    assert "NaN" not in text
    assert '"low": null' in text


def test_a_word_longer_than_the_line_stays_whole_to_be_copied():
    path = "/".join(["", *(f"folder-{i}" for i in range(20))])

    def show(screen, _):
        screen.line(f"  The answers are in {path}. {'And so on. ' * 12}")
        screen.facts([("where", f"{path} {'and so on ' * 12}"), ("why", "")])

    out = io.StringIO()
    show(Screen(Console(file=out, width=60, markup=False, highlight=False, emoji=False)), None)
    lines = out.getvalue().splitlines()
    assert [f"  {path}.", f"  where  {path}"] == [line for line in lines if path in line]
    assert max(len(line) for line in lines if path not in line) <= 60
    assert lines[-2:] == ["         and so on and so on", "  why"]


def test_an_attempt_that_was_gone_on_with_and_finished_is_not_told_again():
    def seen(standing, code, at):
        begun = Attempt(id=f"{code}{at}", work=Work.SEARCH, data="d", code=code, by="ann", started_us=at)
        return Seen(begun, standing)

    attempts = [
        seen(Standing.INTERRUPTED, "a", 1),
        seen(Standing.FAILED, "b", 2),
        seen(Standing.FINISHED, "a", 3),
        seen(Standing.INTERRUPTED, "a", 4),
    ]
    told = printed(lambda screen, known: page_of_all(screen, known, attempts=attempts), [])
    assert (told.count("interrupted"), told.count("failed")) == (1, 1)


def test_a_length_of_time_is_refused_by_the_option_it_was_given_to():
    with pytest.raises(BadInput, match=r"--timeout: want a length of time such as 10min, got .5.\. A unit is missing"):
        duration_s("5", option="--timeout")
