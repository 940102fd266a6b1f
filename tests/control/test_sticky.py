"""Through the real route files of whole rollouts: a ramp only adds entities, and a restart moves none."""

import tempfile
from pathlib import Path

import httpx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway import Project
from slipway.control.folder_routes import FolderRoutes
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.project.server import Server
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, RolloutStatus, Stage, StageKind
from slipway.records.route import Deal, assign
from slipway.storage.layout import Layout
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE
from slipway.testing.traffic import DAY_US, World

ENTITIES = [f"e{i}" for i in range(200)]


def plan_of(shares):
    """A canary, ramps, full: each goes on as soon as somebody asked."""
    kinds = [StageKind.CANARY, *[StageKind.RAMP] * (len(shares) - 1)]
    dealt = [
        Stage(name=f"s{i}", kind=kind, share=share, gates=(), min_s=0, max_s=9e9)
        for i, (kind, share) in enumerate(zip(kinds, shares, strict=True))
    ]
    full = Stage(name="full", kind=StageKind.FULL, share=1, gates=(), min_s=0, max_s=9e9)
    return Plan(stages=(*dealt, full), maturity_s=0)


@settings(max_examples=8, deadline=None)
@given(
    salt=st.text(min_size=1, max_size=80),
    shares=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6, unique=True).map(sorted),
    restarts=st.sets(st.integers(0, 8)),
)
def test_a_ramp_only_adds_entities_through_a_whole_rollout(salt, shares, restarts):
    store, journal = MemoryStore(), MemoryJournal()
    with tempfile.TemporaryDirectory() as place:
        layout = Layout(Path(place)).create()

        def control():
            return Controller(store=store, journal=journal, files=FolderRoutes(layout.routes), terms=Terms())

        world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1}, requests=20)
        running = control()
        running.open_route("main", arm=LIVE, salt=salt, now_us=0)
        started = running.start("main", candidate=CANDIDATE, plan=plan_of(shares), now_us=0)
        first = FolderRoutes(layout.routes).read("main").salt  # each rollout deals anew, once
        had, seen, versions = set(), [], []
        for day in range(len(shares) + 2):
            route = FolderRoutes(layout.routes).read("main")
            dealt = Deal(route).of(ENTITIES)  # what workers and batch jobs deal by
            assert dealt == [assign(route, entity) for entity in ENTITIES]
            mine = {entity for entity, arm in zip(ENTITIES, dealt, strict=True) if arm == "candidate"}
            assert had <= mine
            assert route.salt == first
            had = mine
            seen.append(route.share_of("candidate"))
            versions.append(route.version)
            world.day(day, route=route)
            if day in restarts:
                running = control()
            running.step((day + 1) * DAY_US)
        assert sorted(set(seen)) == pytest.approx([*shares, 1.0])
        assert versions == sorted(versions)
        assert had == set(ENTITIES)
        assert running.store.get(type(started), id=started.id)[0].status is RolloutStatus.COMPLETED


RULE = '[arms.near]\nrule = "mean_radius > 14"\n\n[data]'
ROW = {"mean_radius": 10.0}


def by_http(server, names):
    rows = [{"sample": name, **ROW} for name in names]
    reply = httpx.post(f"{server.url}/predict", json={"rows": rows}, timeout=30)
    return {name: p["arm"] for name, p in zip(names, reply.json()["predictions"], strict=True)}


def by_batch(project, names):
    fields = {f.name: [0.5] * len(names) for f in project.scope.fields} | {"mean_radius": [10.0] * len(names)}
    answers = project.score(pl.DataFrame({"sample": names, **fields})).answers
    return dict(answers.select("entity", "arm").iter_rows())


@pytest.mark.slow
def test_an_entity_has_one_arm_by_http_by_job_and_after_a_restart(tmp_path):
    folder = Project.init(tmp_path / "p", name="hearts").folder
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace("[data]", RULE))
    project = Project.open(folder)
    project.open_route()
    asked = (Gate(kind=GateKind.APPROVAL),)
    canary = Stage(name="canary", kind=StageKind.CANARY, share=0.3, gates=asked, min_s=0, max_s=9e6)
    ramp = Stage(name="ramp", kind=StageKind.RAMP, share=0.6, gates=asked, min_s=0, max_s=9e6)
    started = project.start_rollout("near", plan=Plan(stages=(canary, ramp), maturity_s=0))
    names = [f"s{i}" for i in range(300)]
    with Server(folder) as server:
        first = by_http(server, names)
        assert by_batch(project, names) == first
    with Server(folder) as server:
        assert by_http(server, names) == first
        project.approve(started.id, stage="canary", by="ana", why="it may go on")
        project.step()
        second = by_http(server, names)
    assert by_batch(Project.open(folder), names) == second
    mine = [{name for name in names if arms[name] == "near"} for arms in (first, second)]
    assert mine[0] < mine[1]
    assert 60 < len(mine[0]) < 120
    assert 150 < len(mine[1]) < 210
