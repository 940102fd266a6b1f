"""The password in a remote arm's address is stored, for it is needed, and shown nowhere."""

import msgspec
import pytest

from slipway import Project
from slipway.cli.app import run
from slipway.errors import BadFile
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route

HIDDEN = "hunter2"
ADDRESS = f"http://me:{HIDDEN}@127.0.0.1:9/v2/models/m/infer"
SHOWN = "http://***@127.0.0.1:9/v2/models/m/infer"
WORDS = (["status"], ["rollout", "list"], ["rollout", "plan"], ["scope", "check"], ["alert", "list"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project on whose route is an arm that an older release took with a password in its address."""
    mine = Project.init(tmp_path_factory.mktemp("hidden") / "p")
    mine.open_route()
    store = mine._parts.store
    ((name, route, version),) = store.all(Route)
    other = Arm(name="other", kind=ArmKind.HTTP, url=ADDRESS)
    route = msgspec.structs.replace(route, version=route.version + 1, arms=(*route.arms, other), shadows=("other",))
    store.commit([Change(route, name, version)], at_us=1, by="t", why="t")
    return mine.folder


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("words", WORDS)
def test_no_command_prints_it(folder, capsys, words, form):
    run([*words, *form, "--project", str(folder)])
    told = capsys.readouterr()
    assert told.out + told.err
    assert HIDDEN not in told.out + told.err


def test_json_still_names_the_service_and_who_asks_it_has_the_whole_address(folder, capsys):
    run(["status", "--json", "--project", str(folder)])
    assert SHOWN in capsys.readouterr().out
    route = Project.open(folder).route()
    assert (route.arm("other").url, route.shown.arm("other").url) == (ADDRESS, SHOWN)


def test_the_report_does_not_have_it_either(folder, tmp_path):
    assert run(["report", str(tmp_path / "report.html"), "--project", str(folder)]) == 0
    assert HIDDEN not in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("line", [f'[arms.other]\nurl = "{ADDRESS}"', f'[tracing]\nendpoint = "{ADDRESS}"'])
def test_the_error_that_refuses_one_does_not_repeat_it(tmp_path, line):
    page = Project.init(tmp_path / "p").folder / "slipway.toml"
    page.write_text(page.read_text() + f"\n{line}\n")
    with pytest.raises(BadFile) as told:
        Project.open(page.parent)
    assert HIDDEN not in str(told.value)
