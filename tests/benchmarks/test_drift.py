"""The benchmark of drift: worlds are what their words say, the monitor is the product's, peers' answers are read."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split(".")[0] in ("drift", "drift_peers", "monitoring", "page")]:
        del sys.modules[name]


def part(name):
    return importlib.import_module(f"drift_peers.{name}")


@pytest.fixture
def streams():
    return part("streams")


def halves(stream, values):
    rows = np.arange(len(stream.y)) >= stream.reference + stream.batch * stream.change
    return values[~rows], values[rows]


def errors(stream):
    return ((stream.score >= 0.5) != (stream.y == 1)).astype(float)


def gaps(stream):
    return [np.mean(part) for part in halves(stream, errors(stream) - np.minimum(stream.score, 1 - stream.score))]


@pytest.mark.parametrize("name", ["harmless", "harmful", "gradual", "concept", "concept-gradual", "both"])
def test_worlds_are_what_their_words_say(streams, name):
    stream, world = streams.draw(name, 0), streams.WORLDS[name]
    before, after = (part.mean() for part in halves(stream, errors(stream)))
    assert (after > before + 0.02) == world.hurts
    assert abs(halves(stream, stream.y - stream.score)[0].mean()) < 0.01
    assert (gaps(stream)[1] > 0.02) == (world.kind in ("concept", "both")), "more errors than it expects of itself"
    for place, column in enumerate(stream.names):
        one, other = halves(stream, stream.x[:, place])
        moved = abs(other.mean() - one.mean()) > 0.1 or abs(other.std() - one.std()) > 0.1
        assert moved == (column in world.columns), column


def test_a_label_shift_keeps_what_inputs_are_like_given_the_label(streams):
    stream = streams.draw("label", 0)
    y, x = halves(stream, stream.y), halves(stream, stream.x[:, 0])
    assert y[1].mean() == pytest.approx(0.7, abs=0.02)
    for label in (0, 1):
        assert x[0][y[0] == label].mean() == pytest.approx(x[1][y[1] == label].mean(), abs=0.05)


def test_the_goals_worlds_are_as_the_goals_are_put(streams):
    shift, concept = streams.draw("20-shift", 0), streams.draw("20-concept", 0)
    assert (len(shift.names), shift.batch, concept.batch) == (20, 100, 100)
    one, other = halves(shift, shift.x)
    moved = other.mean(axis=0) - one.mean(axis=0)
    assert moved[-4:] == pytest.approx(np.full(4, 0.25), abs=0.08)
    assert moved[:-4] == pytest.approx(np.zeros(16), abs=0.08)
    drops = [np.diff(gaps(streams.draw("20-concept", seed)))[0] for seed in range(10)]
    assert np.mean(drops) == pytest.approx(0.034, abs=0.005)
    still = streams.WORLDS["20-none"].shape
    assert (still.columns, still.batch, still.batches) == (20, 1_000, 200)


def test_rows_of_sets_are_real_and_what_is_done_to_them_is_what_the_words_say(streams):
    known = part("bundled").table("cancer")[0]
    gauge = streams.draw("cancer-gauge", 0)
    place = gauge.names.index("mean_symmetry")
    assert np.isin(gauge.x[:, 0], known[:, 0]).all()
    before, after = halves(gauge, gauge.x[:, place])
    assert after.mean() - before.mean() == pytest.approx(0.5 * known[:, place].std(), rel=0.2)
    assert np.mean(halves(gauge, errors(gauge))[1]) < 0.1, "the model does not read it"


@pytest.mark.skipif(not (BENCHMARKS / ".envs" / "nannyml").exists(), reason="NannyML's environment is not there")
def test_car_loans_change_where_nannyml_changed_them(streams):
    stream = streams.draw("loans-as-they-are", 0)
    assert (stream.reference, stream.batch, len(stream.batches)) == (50_000, 5_000, 10)
    mean = [stream.x[rows, 0].mean() for rows in stream.batches]
    assert max(mean[:5]) < 31_000
    assert min(mean[5:]) > 48_000
    assert streams.draw("loans-change", 1).x.shape == (36_000, 7)


def test_the_last_word_names_every_column_and_the_first_may_not(streams):
    """The test of inputs starts afresh at each finding, and may then see one of two columns at a time."""
    found = part("slipway_monitor").watch(streams.draw("harmless", 0))
    assert found["columns"] == ["x8", "x9"]
    assert (found["kind"], found["matters"]) == ("data", False)
    assert found["told"].index("data") == found["named"][0][0] >= 20


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("ValueDrift(column=x0,method=Wasserstein distance (normed),threshold=0.1)", (0.3, True)),
        ("ValueDrift(column=x0,method=Wasserstein distance (normed),threshold=0.1)", (0.02, False)),
        ("ValueDrift(column=x0,method=K-S p_value,threshold=0.05)", (0.02, True)),
        ("ValueDrift(column=x0,method=K-S p_value,threshold=0.05)", (0.3, False)),
    ],
)
def test_distances_of_evidently_rise_and_its_p_values_fall(metric, told):
    value, drifted = told
    assert part("others")._value_drift({"metric_name": metric, "value": value}) == ("x0", drifted)


def test_a_peers_last_word_is_what_it_said_most_since_the_change(monkeypatch):
    others = part("others")

    def peer(stream):
        for number in range(len(stream["batches"])):
            yield "one", number, number in (0, 2, 3, 4), ["a"] if number > 1 else ["b"], number == 4

    monkeypatch.setitem(others.PEERS, "peer", peer)
    found = others.follow("peer", {"batches": range(5), "change": 2})["one"]
    told = ["data", "", "data", "data", "both"]
    assert found == {"told": told, "kind": "data", "columns": ["a"], "named": [[2, ["a"]]]}


def test_figures_count_what_comes_before_the_change_as_false_and_what_comes_after_as_found(streams):
    said = {"kind": "data", "columns": ["x8", "x9"], "matters": False}
    late = said | {"told": [""] * 21 + ["data"] * 39, "named": [(21, ["x8"]), (23, ["x8", "x9"])]}
    early = said | {"told": ["concept", *[""] * 59], "named": [], "kind": "concept", "matters": True}
    figures = part("figures").summary([late, late, early], world="harmless")
    assert (figures["times"], figures["found"], figures["rows"]) == (1, 2 / 3, 1_000)
    assert (figures["kind"], figures["at_once"], figures["columns"]) == (2 / 3, 0, 1)
    assert (figures["gap"], figures["right_rows"]) == (1 / 3, 2_000)


def test_a_goal_is_missed_where_a_figure_misses_it():
    figures = part("figures")
    still = {"times": 9, "streams": 300, "false": 0.03, "low": 0.014, "high": 0.05}
    told = dict.fromkeys(("found", "kind"), 1.0) | {"gap": 0.0, "rows": 800, "right_rows": float("inf"), "matters": 0.0}
    own = {"20-none": still, "20-shift": still | told}
    said = figures.goals({w: {figures.OWN: f} for w, f in own.items()}, cost={"cpu_s": 2.0, "state_bytes": 9})
    assert [met for met, _ in said] == [False, True, False, False, False, False, True, True, True]
    assert "9 of 300" in said[0][1]
    assert "named after never" in said[4][1]


@pytest.mark.slow
def test_the_command_prints_tables_and_goals(tmp_path, capsys):
    drift = importlib.import_module("drift")
    page = tmp_path / "page.md"
    page.write_text("Above.\n<!-- benchmarks/drift.py: begin -->\n<!-- benchmarks/drift.py: end -->\nBelow.\n")
    importlib.import_module("drift_peers.car_loan")._DATA = tmp_path
    late = {"told": [""] * 20 + ["data"] * 40, "kind": "data", "columns": [], "named": []}
    (tmp_path / "earlier.json").write_text(json.dumps({"peers": {"river": {"harmful.0": {"river, ADWIN": late}}}}))
    words = ["--worlds", "harmful,seasonal,loans", "--streams", "2", "--few", "2"]
    words += ["--said", str(tmp_path / "earlier.json")]
    status = drift.main([*words, "--jobs", "1", "--page", str(page), "--json", str(tmp_path / "found.json")])
    told, kept = capsys.readouterr().out, json.loads((tmp_path / "found.json").read_text())
    assert status == int("- missed" in told)
    assert told.strip() in page.read_text()
    assert {f["unit"] for f in kept["slipway"] if f["world"] == "seasonal"} == {"day"}
    assert kept["figures"]["harmful"]["Slipway"]["columns"] == 1
    assert "covariate shift, harmful | 100%, 500 | 100%, 500 |" in told, "the peer's words are of an earlier run"
    assert "Not measured, for its rows are not there: car loans" in told
