"""``slipway scope`` where there is no scope: at a terminal, from a file of answers, and where nobody can be asked."""

import json
import os
import pty
import select
import subprocess
import sys

import pytest

from slipway.cli.interview import accept, converse
from slipway.scoping.interview import Draft, gaps
from slipway.scoping.propose import Proposal

CSV = """patient_id,seen,age,ward,back
1,2024-01-01T08:00:00,33,a,0
2,2024-01-02T08:00:00,54,b,1
3,2024-01-03T08:00:00,61,a,0
4,2024-01-04T08:00:00,44,b,1
"""
ANSWERS = {
    "project": {
        "name": "ward", "need": "Know who needs a second look.", "case": "new", "kill": "Stop when worse than chance.",
        "owner": "Ward 3 <ward3@clinic.test>",
    },
    "task": {"x": "Two measurements.", "y": "The patient comes back."},
    "metric": {"why": "Both errors cost a visit.", "target": 0.1, "margin": 0.01},
}  # fmt: skip


def talk(*typed, draft=Draft({}), proposals=None):  # noqa: B008 - immutable
    lines, kept, left = [], [], list(typed)
    found = converse(
        draft,
        proposals=proposals or {},
        ask=lambda _: left.pop(0) if left else None,
        tell=lines.append,
        keep=kept.append,
    )
    return found, "\n".join(lines), kept


def test_each_question_comes_with_its_reason_and_an_example_and_the_end_of_input_keeps_what_was_said():
    found, said, kept = talk("hearts", "Know who needs a second look.")
    assert found is None
    assert said.count("Why: ") == 3
    assert said.count("For example: ") == 3
    assert kept[-1].table == {"project": {"name": "hearts", "need": "Know who needs a second look."}}


def test_a_wrong_answer_is_said_and_asked_again():
    _, said, kept = talk("My Hearts", "my-hearts")
    assert "Write 'my-hearts'." in said
    assert said.count("What is the project called?") == 2
    assert kept[-1].table == {"project": {"name": "my-hearts"}}


def test_back_takes_an_answer_back_and_skip_leaves_a_gap():
    _, said, kept = talk("hearts", "skip", "back", "back", "lungs", "quit")
    assert "noted as not known yet. Without it there is no project." in said
    assert kept[-1].table == {"project": {"name": "lungs"}}
    assert kept[-1].skipped == ()
    assert "project.need" in {q.key for q in gaps(kept[1])}


def test_enter_takes_what_the_data_suggest_and_says_why_it_is_suggested():
    _, said, kept = talk("", proposals={"project.name": Proposal("flights", "the folder")})
    assert "Enter takes: flights (the folder)" in said
    assert kept[-1].table == {"project": {"name": "flights"}}


def test_enter_where_nothing_is_offered_is_no_answer():
    _, said, kept = talk("")
    assert "project.name: want text, got nothing." in said
    assert kept == []


def test_a_file_of_answers_leaves_open_what_neither_it_nor_the_data_say():
    draft = accept(Draft(ANSWERS), {"task.target": Proposal("back", "it is 0 or 1")})
    assert draft.table["task"]["target"] == "back"
    assert {"task.entity", "project.value"} <= {q.key for q in gaps(draft)}


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_answers_and_data_make_a_scope_that_checks(slipway, tmp_path, suffix):
    (tmp_path / "d.csv").write_text(CSV)
    file = tmp_path / f"answers{suffix}"
    tables = "\n".join(
        f"[{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in part.items()) for name, part in ANSWERS.items()
    )
    file.write_text(json.dumps(ANSWERS) if suffix == ".json" else tables)
    done = slipway("scope", "--answers", file, "--data", "d.csv", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "project.value" in json.loads(done.stdout)["gaps"]
    text = (tmp_path / "slipway.toml").read_text()
    for words in ('target = "back"', 'entity = "patient_id"', 'time = "seen"', 'source = "d.csv"', "# value = ..."):
        assert words in text
    shown = slipway("scope", cwd=tmp_path).stdout
    assert "Know who needs a second look." in shown
    assert "Still missing" in shown
    again = slipway("scope", "--answers", file, cwd=tmp_path)
    assert "want a folder without slipway.toml" in again.stderr


def test_what_is_open_or_wrong_is_named_and_nothing_is_written(slipway, tmp_path):
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(ANSWERS))
    done = slipway("scope", "--answers", file, "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert any(p.startswith("task.target: not known yet.") for p in json.loads(done.stdout)["problems"])
    file.write_text(json.dumps({**ANSWERS, "project": {"case": "improve"}}))
    wrong = json.loads(slipway("scope", "--answers", file, "--json", cwd=tmp_path).stdout)
    assert wrong["problems"] == ["project.case: want 'new', 'assist' or 'replace', got 'improve'."]
    assert not (tmp_path / "slipway.toml").exists()


def test_without_a_terminal_it_does_not_wait_for_one(tmp_path):
    command = [sys.executable, "-m", "slipway.cli.app", "scope"]
    done = subprocess.run(
        command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "want a terminal to ask at, or --answers FILE" in done.stderr


def test_at_a_terminal_it_asks_and_goes_on_where_it_was_left(tmp_path):
    first = at_terminal(tmp_path, ["hearts", "Know who needs a second look.", "quit"])
    assert "The answers wait in slipway.answers.toml" in first
    assert 'name = "hearts"' in (tmp_path / "slipway.answers.toml").read_text()
    second = at_terminal(tmp_path, ["quit"])
    assert "What is the project called?" not in second
    assert "What is an answer worth, and to whom?" in second


def at_terminal(folder, lines):
    """Type lines at the real command, each once it asks, and return all that was shown."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "slipway.cli.app", "scope"]
    process = subprocess.Popen(command, cwd=folder, stdin=child, stdout=child, stderr=child)
    os.close(child)
    shown = ""
    try:
        for line in lines:
            shown += until(parent, "> ")
            os.write(parent, f"{line}\n".encode())
        shown += until(parent, None)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(parent)
    return shown


def until(terminal, prompt):
    shown = ""
    while prompt is None or not shown.endswith(prompt):
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, shown
        try:
            read = os.read(terminal, 4096)
        except OSError:  # the command has ended, and with it its terminal
            return shown
        if not read:
            return shown
        shown += read.decode()
    return shown
