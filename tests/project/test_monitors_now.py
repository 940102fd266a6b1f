"""Silence is never good news: a monitor that cannot look says so on the page for whoever is called at night."""

import pytest

from slipway import Project
from slipway.cli.app import run
from slipway.control.equip import REFERENCE
from slipway.errors import BadInput
from slipway.runtime.package import load_manifest


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project.init(tmp_path_factory.mktemp("blind") / "p")
    project.make_dataset()
    package = project.train().package
    page = (project.folder / "slipway.toml").read_text().replace('live = "radius-rule"', 'live = "trees"')
    page = page.replace("[data]", f'[arms.trees]\npackage = "{package}"\n\n[data]', 1)
    (project.folder / "slipway.toml").write_text(page)
    project = Project.open(project.folder)
    project.open_route()
    return project, package


def test_one_that_can_see_says_nothing(project):
    (one,) = project[0].monitors()
    assert (one.model, one.problem) == ("trees", "")


def test_silence_is_not_good_news_where_nobody_looked(project, capsys):
    (one,) = project[0].monitors()
    assert one.looked is None
    assert "nobody looks now, for control does not run" in one.sentence
    for words in (["status"], ["monitor", "list"]):
        run([*words, "--project", str(project[0].folder)])
        assert "trees: nobody looks now" in " ".join(capsys.readouterr().out.split())


def test_the_first_look_is_announced_and_what_it_takes_to_tell(project, capsys):
    mine = Project.open(project[0].folder)
    mine.step()
    (one,) = mine.status().monitors
    assert (one.looked.slices, one.looked.inputs_upto_us) == (0, 0)
    assert "nothing looked at yet, first look at" in one.sentence
    assert "Cannot tell yet: even the largest change of X takes" in one.sentence


def test_an_arm_is_asked_for_by_the_name_that_slipway_toml_gives_it(project):
    for name in ("trees", None):
        with pytest.raises(BadInput, match="want rows that trees answered, found none"):
            project[0].monitor_report(name)
    with pytest.raises(BadInput, match="want an arm that is a packaged model, got radius-rule"):
        project[0].monitor_report("radius-rule")


def test_one_whose_reference_is_damaged_is_told_where_people_look(project, capsys):
    project, package = project
    reference = load_manifest(project._parts.blobs, package).files[REFERENCE]
    (found,) = (path for path in (project.folder / ".slipway").rglob(f"*{reference.rpartition(':')[2]}*"))
    found.chmod(0o600)
    found.write_bytes(b"something else")
    (one,) = project.monitors()
    said = one.problem
    assert said.startswith("The monitor of trees cannot look: ")
    assert said in project.status().problems
    assert run(["monitor", "list", "--project", str(project.folder)]) == 0
    assert "The monitor of trees cannot look" in " ".join(capsys.readouterr().out.split())
