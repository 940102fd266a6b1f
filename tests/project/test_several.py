"""Several projects behind one port: paths choose, folders stay apart, and one that is sick leaves the others alone."""

import shutil
import time
import timeit

import httpx
import pytest

from slipway import Project
from slipway.errors import BadInput, NotFound
from slipway.project.server import Server
from slipway.records.frame import PredictionFrame
from slipway.serving.run_state import State, read_states
from slipway.serving.site import route_of
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout

SMALL, LARGE = {"mean_radius": 8.0, "sample": "s1"}, {"mean_radius": 30.0, "sample": "s1"}


def make(folder, name, **changes):
    project = Project.init(folder / name, name=name)
    page = (project.folder / "slipway.toml").read_text()
    for old, new in changes.values():
        assert old in page
        page = page.replace(old, new)
    (project.folder / "slipway.toml").write_text(page)
    return project.folder


def score(client, path, row):
    reply = client.post(path, json=row)
    return reply.json()["score"] if reply.status_code == 200 else reply.status_code


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """One as it is, one with a rule of its own, one whose model is not there."""
    root = tmp_path_factory.mktemp("several")
    strict = make(
        root,
        "strict",
        rule=("mean_radius > 15", "mean_radius > 5"),
        deadline=("[serving]", "[serving]\nqueue_rows = 7"),
    )
    gone = f'package = "{"0" * 64}"'
    return make(root, "first"), strict, make(root, "broken", rule=('rule = "mean_radius > 15"', gone))


@pytest.fixture(scope="module")
def server(folders):
    with Server(folders[0], beside=folders[1:]) as running:
        until_s = time.monotonic() + 60  # control gives way to the workers, so it is ready after them
        while time.monotonic() < until_s and not all(_control_is_ready(folder) for folder in folders):
            time.sleep(0.05)
        yield running


def _control_is_ready(folder):
    return any(s.name == "control" and s.state is State.READY for s in read_states(Layout(folder).run))


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def journalled(folder):
    return [
        i for f, _ in SegmentReader(Layout(folder).journal).read({}) if isinstance(f, PredictionFrame) for i in f.id
    ]


def test_the_path_chooses_the_project_and_its_journal(client, folders):
    before = [len(journalled(folder)) for folder in folders]
    assert [score(client, f"/predict/{p}", SMALL) for p in ("first", "strict")] == [0.0, 1.0]
    ids = [client.post(f"/predict/{p}", json=LARGE).json()["id"] for p in ("first", "strict", "strict")]
    assert client.post("/outcomes/strict", json={"id": ids[1], "value": 1}).json() == {"accepted": 1}
    assert [len(journalled(f)) - n for f, n in zip(folders, before, strict=True)] == [2, 3, 0]
    assert ids[0] in journalled(folders[0])
    assert client.get("/v2/models/strict").json()["name"] == "strict"
    assert 'slipway_predictions_total{arm="radius-rule",outcome="answered",' in client.get("/metrics/strict").text


def test_a_path_that_names_no_project_is_told_which_there_are(client):
    for path in ("/predict", "/predict/none", "/outcomes", "/metrics", "/v2/models/none/infer"):
        reply = client.post(path, json=SMALL)
        assert reply.status_code == 404, path
        assert reply.json()["wanted"] == "a path that names one of broken, first, strict"
    assert "/predict/first" in client.post("/predict", json=SMALL).json()["hint"]


def test_one_that_cannot_be_loaded_leaves_the_others_alone(client):
    reply = client.post("/predict/broken", json=SMALL)
    assert reply.status_code == 503
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["routes"] == {"first": 1, "strict": 1}
    assert "No route is in force" in ready.json()["not_ready"]["broken"]
    assert client.get("/v2/health/ready").status_code == 503  # all of them, as the protocol has it
    states = {m: client.get(f"/v2/models/{m}/ready").status_code for m in ("first", "strict", "broken")}
    assert states == {"first": 200, "strict": 200, "broken": 503}
    assert client.get("/v2/health/live").status_code == 200
    assert client.delete("/health/live").status_code == 405


def test_each_folder_is_a_project_of_its_own(server, folders):
    ports = set()
    for folder in folders:
        status = Project.open(folder).status()
        assert {p.name for p in status.processes} == {"supervisor", "worker-0", "shadow", "control"}
        ports.add(next(s.port for s in read_states(Layout(folder).run) if s.name == "control"))
        assert (status.problems == ()) == (folder.name != "broken"), status.problems
    assert len(ports) == 3
    assert Project.open(folders[1]).step().problems == ()  # through its own control
    assert len({p.pid for f in folders for p in Project.open(f).status().processes}) == 8  # one supervisor, one worker


def test_names_and_addresses_that_clash_are_refused_at_the_start(tmp_path):
    one = Project.open(make(tmp_path, "one"))
    shutil.copytree(one.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".slipway"))
    with pytest.raises(BadInput, match=r"'one' for .*one and .*copy"):
        one.serve(beside=[tmp_path / "copy"], port=1)
    other = make(tmp_path, "other", host=("[serving]", '[serving]\nhost = "127.0.0.2"'))
    with pytest.raises(
        BadInput, match=r"serving.host: want the same .*127.0.0.1.* in .*one and .*127.0.0.2.* in .*other"
    ):
        one.serve(beside=[other], port=1)
    with pytest.raises(BadInput, match="port: want 1 to 65533"):
        one.serve(beside=[other], port=65_534)


def test_where_no_project_has_a_route_nothing_is_served(tmp_path):
    """Warned of one by one, and at last refused: there is nobody to answer."""
    without = {"live": ('live = "radius-rule"', ""), "case": ('case  = "replace"', 'case  = "new"')}
    one, two = (make(tmp_path, name, **without) for name in ("one", "two"))
    warned = []
    with pytest.raises(NotFound, match=r"serving.live: want an arm that answers today"):
        Project.open(one).serve(beside=[two], port=1, warn=warned.append)
    assert [text.split(":")[0] for text in warned] == ["one", "two"]


def test_where_a_path_names_a_route():
    assert [route_of(p) for p in ("", "/", "//", "/v2/models", "/v2/models/a?x", "/a/b/c", "x")] == [""] * 4 + [
        "a",
        "",
        "",
    ]


def test_a_request_pays_little_for_the_choice():
    rounds = timeit.repeat(lambda: route_of("/v2/models/first/infer"), number=2_000, repeat=5)
    assert min(rounds) / 2_000 < 20e-6  # the best round: others may have shared the machine
