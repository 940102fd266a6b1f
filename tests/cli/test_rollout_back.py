"""``slipway rollout back`` while the control store does not answer: at three in the morning it has to work."""

import json
import shutil
import sqlite3

import pytest

from slipway import Project
from slipway.records.rollout import RolloutStatus
from slipway.storage.routes import read_route


@pytest.fixture
def running(project, tmp_path):
    """A copy of the project with a rollout that runs: (folder, the rollout)."""
    folder = shutil.copytree(project, tmp_path / "copy")
    mine = Project.open(folder)
    runs = [r for r in mine.rollouts() if r.status is RolloutStatus.RUNNING]
    rollout = runs[0] if runs else mine.start_rollout("second")
    mine._parts.store.close()
    return folder, rollout


def share_of(arm, *, folder):
    mine = Project.open(folder)
    return read_route(mine._parts.layout.routes, name=mine.scope.project.name).share_of(arm)


def rolls_back(slipway, running, *words):
    folder, rollout = running
    done = slipway("rollout", "back", *words, "--why", "the phone rang", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["rollout"]["id"], told["rollout"]["status"]) == (rollout.id, "rolled back")
    assert "the store is told once it answers" in done.stderr
    assert share_of(rollout.live, folder=folder) == 1.0
    again = slipway("rollout", "back", "--why", "again", "--json", cwd=folder)
    assert json.loads(again.stdout)["kind"] == "Conflict"


def test_without_an_id_beside_a_store_that_is_no_database(slipway, running):
    Project.open(running[0])._parts.layout.control_db.write_bytes(b"not a database" * 1000)
    rolls_back(slipway, running)


def test_beside_a_slipway_toml_that_cannot_be_read_and_control_is_told(slipway, running):
    folder, rollout = running
    scope = (folder / "slipway.toml").read_text()
    (folder / "slipway.toml").write_text("[project\n")
    done = slipway("rollout", "back", "--why", "the phone rang", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rollout"]["status"] == "rolled back"
    assert "control is told at its next step" in done.stderr
    (folder / "slipway.toml").write_text(scope)
    assert share_of(rollout.live, folder=folder) == 1.0
    mine = Project.open(folder)
    assert mine.step().problems == ()
    assert mine.rollout(rollout.id).status is RolloutStatus.ROLLED_BACK


@pytest.mark.faults
def test_by_id_beside_a_store_that_another_program_holds_and_the_store_is_told(slipway, running):
    folder, rollout = running
    holder = sqlite3.connect(Project.open(folder)._parts.layout.control_db, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    rolls_back(slipway, running, rollout.id)
    holder.execute("ROLLBACK")
    holder.close()
    mine = Project.open(folder)
    assert mine.step().problems == ()
    assert mine.rollout(rollout.id).status is RolloutStatus.ROLLED_BACK


def test_where_control_left_nothing_the_store_is_named(slipway, running):
    layout = Project.open(running[0])._parts.layout
    shutil.rmtree(layout.emergency)
    layout.control_db.write_bytes(b"not a database" * 1000)
    done = slipway("rollout", "back", "--why", "the phone rang", "--json", cwd=running[0])
    assert (done.returncode, json.loads(done.stdout)["kind"]) == (1, "Corrupt")
