"""Every command, through the real entry point, in a real project, for machines and for people."""

import json
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest

from slipway.cli.app import build
from slipway.cli.manual import commands
from slipway.project.server import free_ports

ARGUMENTS = {
    ("status",): (),
    ("scope", "check"): (),
    ("scope", "show"): (),
    ("scope", "readiness"): (),
    ("scope", "attest"): ("data-7", "--by", "Ada", "--why", "pytest runs in CI."),
    ("data", "make"): (),
    ("data", "list"): (),
    ("data", "show"): (),
    ("data", "diff"): ("main",),
    ("run", "train"): ("--seed", "1"),
    ("run", "list"): (),
    ("run", "show"): (),
    ("run", "compare"): ("--diff",),
    ("run", "slices"): (),
    ("model", "list"): (),
    ("model", "show"): ("first",),
    ("model", "verify"): ("first",),
    ("model", "card"): ("first",),
    ("model", "signer"): (),
    ("data", "lineage"): (),
    ("label", "list"): (),
    ("label", "guidelines"): (),
    ("rollout", "list"): (),
    ("rollout", "show"): (),
    ("rollout", "plan"): ("--per-day", "5000"),
    ("rollout", "step"): (),
    ("rollout", "replay"): (),
    ("bench", "list"): (),
    ("monitor", "list"): (),
    ("monitor", "service"): (),
    ("alert", "list"): (),
    ("retrain", "list"): (),
    ("alert", "test"): (),
    ("journal", "verify"): (),
    ("journal", "tail"): (),
    ("journal", "query"): ("select arm, count(outcome) as n from answers group by arm",),
    ("journal", "prune"): ("--dry-run",),
    ("key", "list"): (),
    ("audit",): (),
    ("report",): (),
}
"""What each command is called with; all of them end well in the project of the fixture."""

ELSEWHERE = {
    ("retrain", "start"),
    *(("review", name) for name in ("next", "decide", "undo", "leave", "list", "stats", "decision")),
    *(("alert", name) for name in ("show", "ack", "snooze", "resolve")),
    *(("batch", name) for name in ("score", "outcomes", "decisions", "metrics")),
    *(("model", name) for name in ("sign", "import", "export")),
    *(("label", name) for name in ("rank", "sample", "settle", "next", "decide", "progress", "apply", "collect")),
    *(("label", name) for name in ("guideline", "import", "export", "agreement", "consensus", "bias")),
    ("scope",),
    *(("bench",), ("bench", "show"), ("run", "search")),
    *(("key", "make"), ("key", "revoke")),
    *(("init",), ("serve",), ("control",), ("demo",), ("monitor", "show"), ("monitor", "run")),
    ("monitor", "report"),
    *(("rollout", "start"), ("rollout", "back"), ("rollout", "approve"), ("rollout", "rehearse")),
}
"""Commands with a test of their own below, or beside what they do."""


def names(words):
    return " ".join(words)


def test_no_command_is_forgotten():
    """A new command needs a line above; there it is held to --json, to a clean stderr and to 100 columns."""
    assert set(commands(build())) == set(ARGUMENTS) | ELSEWHERE


def assert_is_one_document(done):
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ARGUMENTS, ids=names)
def test_with_json_stdout_is_one_document_and_nothing_else(words, project, here):
    """In this process; what libraries write past Python is seen as well."""
    assert_is_one_document(here(*words, *ARGUMENTS[words], "--json", cwd=project))


@pytest.mark.parametrize("words", [("status",), ("run", "train"), ("monitor", "service")], ids=names)
def test_so_it_is_in_a_process_of_its_own(words, project, slipway):
    assert_is_one_document(slipway(*words, *ARGUMENTS[words], "--json", cwd=project))


@pytest.mark.parametrize("words", ARGUMENTS, ids=names)
def test_for_people_it_is_narrow_plain_text_without_escape_codes(words, project, here):
    done = here(*words, *ARGUMENTS[words], cwd=project)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert out.strip()
    assert max(len(line) for line in out.splitlines()) <= 100 or words == ("report",)
    assert not [line for line in out.splitlines() if line != line.rstrip()]
    assert not re.search(r"\x1b|[\u2500-\u257f]", out)


def test_a_project_is_named_from_anywhere(project, here, tmp_path):
    done = here("scope", "show", "--project", project, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["project"]["name"] == "tumours"


def test_a_project_is_found_from_a_folder_inside_it(project, here):
    (project / "notes").mkdir(exist_ok=True)
    assert here("scope", "check", cwd=project / "notes").returncode == 0


def test_init_makes_a_project_and_says_what_comes_next(slipway, tmp_path):
    made = json.loads(slipway("init", "hearts", "--json", cwd=tmp_path).stdout)
    assert made["name"] == "hearts"
    assert "slipway.toml" in made["files"]
    assert (tmp_path / "hearts" / "model.py").is_file()
    told = slipway("init", "lungs", "--name", "breath", cwd=tmp_path)
    assert "Project breath" in told.stdout
    assert "slipway data make" in told.stdout


def test_init_twice_is_a_conflict_and_keeps_what_is_there(project, here):
    before = (project / "slipway.toml").read_text()
    done = here("init", "--json", cwd=project)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "Conflict"
    assert (project / "slipway.toml").read_text() == before


def test_a_wrong_scope_is_said_line_by_line(project, here, tmp_path):
    text = (project / "slipway.toml").read_text()
    (tmp_path / "slipway.toml").write_text(text.replace("target     = 0.08", "taget = 0.08").replace('"shadow"', "7"))
    done = here("scope", "check", "--json", cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["kind"] == "BadFile"
    assert len(told["problems"]) >= 2
    assert "Did you mean" in told["error"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("data", "show", "nosuch"),
        ("run", "show", "nosuch"),
        ("model", "show", "frist"),
        ("rollout", "show", "nosuch"),
        ("rollout", "start", "nosuch"),
        ("monitor", "show"),
    ],
    ids=names,
)
def test_what_does_not_exist_is_said_with_what_does(words, project, here):
    done = here(*words, "--json", cwd=project)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "NotFound"
    assert "Traceback" not in done.stderr


def test_a_name_is_enough_and_the_nearest_is_offered(project, here):
    shown = json.loads(here("model", "show", "second", "--json", cwd=project).stdout)
    assert shown["manifest"]["name"] == "second"
    by_id = json.loads(here("model", "show", shown["id"][:8], "--json", cwd=project).stdout)
    assert by_id["id"] == shown["id"]
    assert "Did you mean 'second'?" in here("model", "show", "secnd", cwd=project).stderr


def test_a_second_rollout_on_the_route_is_a_conflict(project, here):
    done = here("rollout", "start", "second", "--json", cwd=project)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "Conflict"


def test_a_hyperparameter_from_the_command_line_reaches_the_run(project, here):
    runs = json.loads(here("run", "list", "--json", cwd=project).stdout)
    assert [r["params"]["C"] for r in runs][:2] == [1.0, 0.1]


def test_serve_answers_until_it_is_told_to_stop(project):
    port = free_ports()
    words = ["serve", "--project", str(project), "--port", str(port), "--json"]
    command = [sys.executable, "-m", "slipway.cli.app", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            wait_for_health(f"http://127.0.0.1:{port}/health/ready", server)
        finally:
            server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=60)
    assert server.returncode == 0, err
    assert json.loads(out)["url"] == f"http://127.0.0.1:{port}"
    assert f"http://127.0.0.1:{port}" in err


def wait_for_health(url, server, *, within_s=60.0):
    end = time.monotonic() + within_s
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    server.kill()
    pytest.fail(
        f"{url}: not ready within {within_s} s, or the server ended with {server.poll()}: {server.stderr.read()}"
    )


def test_a_template_is_printed_edited_and_started_with(project, here, tmp_path):
    page = tmp_path / "plan.toml"
    page.write_text(here("rollout", "plan", "--template", "new", "--toml", cwd=project).stdout)
    told = json.loads(here("rollout", "plan", "--file", str(page), "--per-day", "5000", "--json", cwd=project).stdout)
    assert told["plan"]["stages"][0]["name"] == "canary"
    assert len(told["forecasts"]) == len(told["plan"]["stages"])
    assert "Reckoned with 5,000 requests a day" in told["traffic"]
    started = here("rollout", "start", "second", "--plan", str(page), "--json", cwd=project)
    assert json.loads(started.stdout)["kind"] == "Conflict"  # the plan was read, and a rollout runs
    page.write_text("[rollout]\nalpha = 5\n")
    refused = here("rollout", "start", "second", "--plan", str(page), "--json", cwd=project)
    assert "line 2, rollout.alpha" in json.loads(refused.stdout)["error"]


def test_the_plan_of_a_rollout_says_where_it_stands(project, here):
    rollout = json.loads(here("rollout", "list", "--json", cwd=project).stdout)[0]["id"]
    told = json.loads(here("rollout", "plan", rollout, "--json", cwd=project).stdout)
    assert f"Rollout {rollout} is in stage shadow (1 of" in told["stands"]
    assert "without a verdict it rolls back at" in told["stands"]


def test_a_stage_that_asks_nobody_takes_no_approval(project, here):
    done = here("rollout", "approve", "--stage", "shadow", "--by", "Ben", "--why", "looks good", "--json", cwd=project)
    assert done.returncode == 1
    assert "asks nobody" in json.loads(done.stdout)["error"]


def test_a_rehearsal_tells_each_leg_and_that_nobody_serves(project, here):
    done = here("rollout", "rehearse", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "store has it" in done.stdout
    assert "radius-rule can be loaded and asked" in done.stdout
    assert "No worker runs" in done.stdout
    why = [e["why"] for e in json.loads(here("audit", "--json", cwd=project).stdout)]
    assert any("rehearsed: who answers stays as it was" in told for told in why)


def test_rolling_back_is_a_command_with_a_reason_that_the_audit_keeps(project, slipway):
    done = slipway("rollout", "back", "--why", "the phone rang", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rollout"]["status"] == "rolled back"
    assert any("the phone rang" in e["why"] for e in json.loads(slipway("audit", "--json", cwd=project).stdout))
    again = slipway("rollout", "back", "--why", "again", "--json", cwd=project)
    assert json.loads(again.stdout)["kind"] == "Conflict"
