"""The benchmark beside peers: headers that can be read, ratios within a round, no goal met that was not measured."""

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split(".")[0] == "beside"]:
        del sys.modules[name]


def beside(name):
    return importlib.import_module(f"beside.{name}")


FILES = sorted(p.stem for p in (BENCHMARKS / "peers").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", FILES)
def test_each_peer_says_how_it_is_installed_started_and_asked(name):
    peers, load = beside("peers"), beside("load")
    peer = peers.read(name)
    assert {"title", "command", "path", "body"} <= peer.facts.keys()
    for rows in peer.facts.get("rows", (1, 64)):
        path, form = peer.form(rows)
        assert path.startswith("/")
        assert load.body(form, np.ones((rows, 30)), number=0)
    assert set(peer.facts) <= set(peers.__doc__.split())


def test_the_whole_list_is_asked_by_default():
    text = (BENCHMARKS / "serving.py").read_text()
    listed = text.partition("PEERS = (")[2].partition(")")[0]
    read = beside("peers").read
    batching = [f"{name}+batching" for name in FILES if "batching" in read(name).facts]
    assert sorted(w.strip(' "\n') for w in listed.split(",") if w.strip()) == sorted(FILES + batching)


def test_the_limit_is_asked_with_the_bodies_of_slipway_and_who_is_installed_is_pinned():
    read = beside("peers").read
    assert read("nginx").form(1) == read("slipway_all").form(1)
    assert all("==" in want for name in FILES for want in read(name).wants)


def test_who_batches_is_told_apart_and_shares_its_environment():
    plain, batching = (beside("peers").read(name) for name in ("litserve_ort", "litserve_ort+batching"))
    assert (plain.batches, batching.batches) == (False, True)
    assert plain.home == batching.home
    assert "batching (up to 64 requests, 2 ms)" in batching.title


@pytest.mark.parametrize(
    "reply",
    [
        {"predictions": [0.25, 0.5]},
        {"predictions": {"probabilities": [[0.75, 0.25], [0.5, 0.5]]}},
        [0.25, 0.5],
        {"outputs": [{"name": "score", "data": [0.25, 0.5]}]},
    ],
)
def test_scores_are_found_in_each_form_of_reply(reply):
    assert beside("load").scores_of(reply) == [0.25, 0.5]


def runs(*rates, wrong=""):
    report = beside("report")
    return [report.Run(i, rate, 1.0, 2.0, 10.0, 0.1, wrong) for i, rate in enumerate(rates)]


def test_a_ratio_is_taken_within_a_round_and_tells_its_spread():
    report = beside("report")
    over, under = (report.Cell(p, "small", 1, 16) for p in ("slipway_all", "nginx"))
    got = report.ratio({over: runs(10, 40, 90), under: runs(100, 100, 100)}, over, under)
    assert (got.median, got.low, got.high, got.rounds) == pytest.approx((0.4, 0.1, 0.9, 3))
    assert report.ratio({over: runs(10)}, over, under) is None
    assert report.ratio({over: runs(10), under: runs(100, wrong="5 answers without 200")}, over, under) is None


def test_a_goal_is_met_only_by_what_was_measured():
    report = beside("report")
    titles = {"slipway_all": "Slipway", "nginx": "nginx"}
    fast = {
        report.Cell("slipway_all", "small", 1, 16): runs(50, 50, 10),
        report.Cell("nginx", "small", 1, 16): runs(100, 100, 100),
        report.Cell("slipway_all", "small", 1, 64): runs(50, wrong="3 broken connections"),
        report.Cell("nginx", "small", 1, 64): runs(100),
    }
    lines = report.goals(fast, titles=titles, packaged=[]).splitlines()
    assert "- met: nginx, 1 row, 16 conn.: 0.50 [0.10-0.50] in 3 rounds, >= 0.45." in lines
    assert "- not known: nginx, 1 row, 64 conn., >= 0.6." in lines
    assert "- not known: p99 in ms at 64 conn., < 5." in lines
    assert not any(line.startswith("- met") for line in report.goals({}, titles=titles, packaged=[]).splitlines())


def test_failures_and_those_who_could_not_come_stand_in_the_table():
    report = beside("report")
    found = {report.Cell("nginx", "small", 1, 16): runs(5, wrong="5 answers without 200")}
    text = report.tables(found, titles={"nginx": "nginx", "ray": "Ray"}, reasons={"ray": "it ended with 1: no"})
    assert "5 answers without 200" in text
    assert "other work took 0.10 at the median" in text
    assert "Ray: not measured, it ended with 1: no." in text


def test_64_rows_are_judged_at_every_number_of_connections_that_was_measured():
    report = beside("report")
    found = {report.Cell("slipway_all", "small", 64, n): runs(20) for n in (1, 16, 64)}
    found |= {report.Cell("ray", "small", 64, n): runs(rate) for n, rate in ((1, 5), (16, 10), (64, 15))}
    found |= {report.Cell("ray+batching", "small", 64, 64): runs(40)}
    titles = {"slipway_all": "Slipway", "ray": "Ray", "ray+batching": "Ray, batching"}
    text = report.goals(found, titles=titles, packaged=["ray", "ray+batching"])
    for line in (
        "- met: Ray, 64 rows, 1 conn.: 4.00", "- met: Ray, 64 rows, 16 conn.: 2.00",
        "- missed: Ray, 64 rows, 64 conn.: 1.33", "- missed: Ray, batching, 64 rows, 64 conn.: 0.50",
    ):  # fmt: skip
        assert line in text
    assert "Ray, batching, 64 rows, 16" not in text


@pytest.mark.parametrize(("took_s", "void"), [(1.8, False), (1.98, True)])
def test_a_cell_is_void_where_wrk_is_at_its_own_limit(monkeypatch, tmp_path, took_s, void):
    load, peers = beside("load"), beside("peers")
    asked = load.Load(peers.read("nginx"), rows=1, data=np.ones((1, 30)), scores=np.ones((1, 2)), folder=tmp_path)
    said = '\nRESULT {"requests":20,"us":2000000,"p50":1,"p99":2,"bad":0,"broken":0}\n'
    clock, spent = iter((0.0, 2.0)), iter((5.0, 5.0 + took_s))
    monkeypatch.setattr(load, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(load, "_children_s", lambda: next(spent))
    monkeypatch.setattr(load.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))
    got = asked.run(1, connections=1, seconds=2)
    assert (got.rate, got.wrk, got.wrong.startswith("void")) == (10.0, pytest.approx(took_s / 2), void)


def test_a_server_rests_once_it_has_done_what_it_left_for_later(monkeypatch):
    peers = beside("peers")
    now, spent = [0.0], iter((1.0, 1.3, 1.3, 1.5, 1.5, 1.51, 1.51, 1.52))  # two looks at work, then hardly any
    busy = iter((0.0, 0.3, 0.3, 0.5, 0.5, 1.1, 1.1, 1.2))  # but the third time because others took both cores
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    monkeypatch.setattr(peers, "time", clock)
    monkeypatch.setattr(peers, "cpu_s", lambda _: next(spent))
    monkeypatch.setattr(peers, "busy_s", lambda: next(busy))
    monkeypatch.setattr(peers.os, "cpu_count", lambda: 2)
    assert peers.rest(1) == pytest.approx(3 * 0.3)
    monkeypatch.setattr(peers, "busy_s", lambda: 0.0)
    monkeypatch.setattr(peers, "cpu_s", lambda _: now[0])  # it never rests
    assert peers.rest(1, most_s=3.0) == pytest.approx(3.0, abs=0.3)


def test_binary_tensors_are_the_same_rows_as_bytes_behind_their_json():
    load, peers = beside("load"), beside("peers")
    rows = np.arange(60.0).reshape(2, 30) / 8
    for name in ("kserve_ort", "slipway_all"):
        path, form = peers.read(name).form(2, binary=True)
        asked = load.request(form, rows, number=0)
        size = int(asked.headers["inference-header-content-length"])
        told = json.loads(asked.data[:size])["inputs"][0]
        assert path.endswith("/infer")
        assert told["parameters"]["binary_data_size"] == len(asked.data) - size == 2 * 30 * 4
        assert np.frombuffer(asked.data[size:], "<f4").tolist() == rows.ravel().tolist()
        head, line = asked.line.split(" ")
        assert (int(head), bytes.fromhex(line)) == (size, asked.data)
    with pytest.raises(peers.Unusable, match="takes no binary tensors"):
        peers.install(peers.read("litserve_ort"), binary=True)
