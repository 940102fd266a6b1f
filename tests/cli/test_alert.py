"""``slipway alert``: a person says that he looks after something, and everybody can see it."""

import json

import pytest

from slipway import Project
from slipway.cli.app import run


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p")
    page = made.folder / "slipway.toml"
    page.write_text(page.read_text() + '\n[arms.other]\nrule = "mean_radius > 14"\n')
    made = Project.open(made.folder)
    made.roll_back(made.start_rollout("other").id, why="a test")
    made.step()
    return made


def said(capsys, project, *words):
    status = run(["alert", *words, "--json", "--project", str(project.folder)])
    return status, json.loads(capsys.readouterr().out)


def test_an_alert_is_listed_acknowledged_snoozed_and_resolved(project, capsys):
    (alert,) = said(capsys, project, "list")[1]
    assert (alert["state"], alert["trouble"]["kind"]) == ("open", "rolled-back")
    assert said(capsys, project, "ack", "--why", "mine")[1]["state"] == "acknowledged"
    snoozed = said(capsys, project, "snooze", alert["id"][:14], "--for", "2h")[1]
    assert snoozed["snoozed_until_us"] - snoozed["events"][-1]["at_us"] == 2 * 3600 * 1_000_000
    assert said(capsys, project, "resolve")[1]["state"] == "resolved"
    assert said(capsys, project, "list") == (0, [])
    assert len(said(capsys, project, "list", "--all")[1]) == 1
    assert run(["alert", "ack", "--project", str(project.folder)]) != 0
    assert "want one that is not resolved" in capsys.readouterr().err
    assert [e.by for e in project.audit() if e.kind == "alert"][-1] != "control"


def test_people_read_what_to_do_and_status_says_how_many_are_open(project, capsys):
    assert run(["alert", "show", "--project", str(project.folder)]) == 0
    page = capsys.readouterr().out
    for words in ("was rolled back by command", "1. See with 'slipway status'", "opened", "#rolled-back"):
        assert words in page
    assert run(["status", "--project", str(project.folder)]) == 0
    assert "1 open" in capsys.readouterr().out


def test_a_test_says_which_receiver_did_not_take_it(project, capsys):
    page = project.folder / "slipway.toml"
    page.write_text(page.read_text() + '\n[alerts.receivers.ops]\nkind = "slack"\nurl_env = "NO_SUCH_VARIABLE"\n')
    assert run(["alert", "test", "--project", str(project.folder)]) == 1
    assert "variable NO_SUCH_VARIABLE is not set where the server runs" in capsys.readouterr().out


def test_alerts_are_listed_beside_a_scope_that_nobody_can_read_and_taken_where_control_runs(project, capsys):
    (project.folder / "slipway.toml").write_text("[project\n")
    (alert,) = said(capsys, project, "list")[1]
    assert run(["alert", "show", alert["id"], "--project", str(project.folder)]) == 0
    told = capsys.readouterr()
    assert alert["id"] in told.out
    assert "slipway.toml cannot be read" in told.err
    for words in (["alert", "ack"], ["monitor", "service"]):
        assert run([*words, "--project", str(project.folder)]) != 0
        assert "want slipway.toml, or a control process that read it before" in capsys.readouterr().err
