"""Whatever goes wrong is said in words, with a status that means something, and never as a traceback."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from slipway.cli.failure import report
from slipway.errors import BadFile, Conflict, NotFound


def slipway(*words, cwd, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "slipway.cli.app", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **kwargs,
    )


def test_outside_a_project_it_says_how_to_make_one(tmp_path):
    done = slipway("status", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "slipway.toml" in done.stderr
    assert "slipway init" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_json_an_error_is_one_document_on_stdout_and_a_message_on_stderr(tmp_path):
    done = slipway("status", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "NotFound"
    assert "slipway init" in json.loads(done.stdout)["error"]
    assert "slipway init" in done.stderr


def test_a_folder_named_outright_is_not_searched_upward(tmp_path):
    (tmp_path / "slipway.toml").write_text("")
    (tmp_path / "inner").mkdir()
    done = slipway("status", "--project", "inner", cwd=tmp_path)
    assert done.returncode == 1
    assert "inner" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["staus"], 'Did you mean "status"?'),
        (["rollout", "strat", "x"], 'Did you mean "start"?'),
        (["status", "--jsn"], "--json"),
        (["rollout", "start", "a", "b"], "b"),
        (["run", "train", "--seed", "many"], "many"),
        (["rollout", "back"], "--why"),
        (["serve", "--clock", "sundial"], "sundial"),
        (["status", "surplus"], "surplus"),
        (["journal", "tail", "--rows"], "--rows"),
    ],
)
def test_a_wrong_command_ends_with_2_and_names_the_way_out(words, said, tmp_path):
    done = slipway(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_command_with_json_is_a_document_too(tmp_path):
    done = slipway("run", "train", "--seed", "many", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["kind"] == "Usage"


def test_a_wrong_file_carries_its_problems(capsys):
    assert report(BadFile("slipway.toml", ["line 3: want a, got b."]), words=["scope", "check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "BadFile"
    assert document["problems"] == ["line 3: want a, got b."]


@pytest.mark.parametrize("error", [NotFound("x"), Conflict("y"), FileNotFoundError(2, "No such file", "z.html")])
def test_what_a_user_can_mend_ends_with_1(error, capsys):
    assert report(error, words=[]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("slipway: ")
    assert "Traceback" not in err


def test_a_bug_is_one_line_and_a_file_with_the_traceback(tmp_path, monkeypatch, capsys):
    (tmp_path / "slipway.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert report(ZeroDivisionError("by zero"), words=["status"]) == 70
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    (file,) = (tmp_path / ".slipway" / "run").glob("slipway-crash-*.txt")
    assert str(file) in err
    assert "ZeroDivisionError: by zero" in file.read_text()


def test_a_message_cannot_move_the_cursor(capsys):
    report(NotFound("model '\x1b[2Jevil\x07'"), words=[])
    assert "\x1b" not in capsys.readouterr().err


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path):
    code = "import sys, time; from slipway.cli import app\n" + (
        "class A:\n  def __call__(self, *a, **k):\n    print('in', flush=True); time.sleep(30)\n"
        "app.build = A\nsys.exit(app.run(['status']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "in\n"
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error_to_shout_about():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "slipway.cli.app", "--help"],
        check=False,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""
