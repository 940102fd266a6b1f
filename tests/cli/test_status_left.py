"""``slipway status`` beside a ``slipway.toml`` that cannot be read: what the store and the run folder know is told."""

import json
import shutil

import pytest

from slipway import Project


@pytest.fixture
def broken(project, tmp_path):
    """A copy of the project whose scope somebody broke: (folder, its status before)."""
    folder = shutil.copytree(project, tmp_path / "copy")
    mine = Project.open(folder)
    before = mine.status()
    mine._parts.store.close()
    (folder / "slipway.toml").write_text("[project\n")
    return folder, before


def test_the_store_is_told_and_the_fault_is_named_first(slipway, broken):
    folder, before = broken
    done = slipway("status", "--json", cwd=folder)
    told = json.loads(done.stdout)
    assert done.returncode == 1, "who watches the exit code has to learn of it"
    assert "slipway.toml" in told["problems"][0]
    assert told["project"] == before.project
    assert told["route"]["version"] == before.route.version
    assert [r["rollout"]["id"] for r in told["rollouts"]] == [r.rollout.id for r in before.rollouts]
    assert [r["id"] for r in told["ended"]] == [r.id for r in before.ended]
    assert (told["predictions"], told["outcomes"]) == (None, None), "not read is not none"
    assert "not read" in slipway("status", cwd=folder).stdout


def test_a_store_that_is_none_is_named_too(slipway, broken):
    (broken[0] / ".slipway" / "control.db").write_bytes(b"not a database" * 1000)
    told = json.loads(slipway("status", "--json", cwd=broken[0]).stdout)
    assert "control.db" in told["problems"][-1]
    assert told["route"] is None


def test_to_look_makes_no_store(slipway, tmp_path):
    (tmp_path / "slipway.toml").write_text("[project\n")
    done = slipway("status", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / ".slipway").exists()
