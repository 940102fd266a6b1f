"""The benchmark of drift: worlds are what their words say, and the monitor that is measured is the product's own."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split(".")[0] in ("drift", "drift_peers", "monitoring")]:
        del sys.modules[name]


@pytest.fixture
def worlds():
    return importlib.import_module("drift_peers.worlds")


def halves(stream, values):
    rows = np.arange(len(stream.y)) >= stream.reference + stream.batch * stream.change
    return values[~rows], values[rows]


def errors(stream):
    return ((stream.score >= 0.5) != (stream.y == 1)).astype(float)


@pytest.mark.parametrize("name", ["harmless", "harmful", "gradual", "concept", "both"])
def test_worlds_are_what_their_words_say(worlds, name):
    stream, world = worlds.draw(name, 0), worlds.WORLDS[name]
    before, after = (part.mean() for part in halves(stream, errors(stream)))
    assert (after > before + 0.02) == world.hurts
    gaps = [part.mean() for part in halves(stream, stream.y - stream.score)]
    told = [np.mean(part) for part in halves(stream, errors(stream) - np.minimum(stream.score, 1 - stream.score))]
    assert abs(gaps[0]) < 0.01
    assert (told[1] > 0.02) == (world.kind in ("concept", "both")), "more errors than the model expects of itself"
    for place, column in enumerate(worlds.NAMES):
        one, other = halves(stream, stream.x[:, place])
        moved = abs(other.mean() - one.mean()) > 0.1 or abs(other.std() - one.std()) > 0.1
        assert moved == (column in world.columns), column


def test_a_label_shift_keeps_what_inputs_are_like_given_the_label(worlds):
    stream = worlds.draw("label", 0)
    y, x = halves(stream, stream.y), halves(stream, stream.x[:, 0])
    assert y[1].mean() == pytest.approx(0.7, abs=0.02)
    for label in (0, 1):
        assert x[0][y[0] == label].mean() == pytest.approx(x[1][y[1] == label].mean(), abs=0.05)


def test_a_finding_names_every_column_that_moved_since_it_was_opened(worlds):
    """The test of inputs starts afresh at each finding, and may then see one of two columns at a time."""
    found = importlib.import_module("drift_peers.slipway_monitor").watch(worlds.draw("harmless", 0), worlds.NAMES)
    assert found["columns"] == ["x8", "x9"]
    assert (found["kind"], found["matters"]) == ("data", False)


@pytest.mark.slow
def test_kinds_and_columns_are_named_on_a_few_streams(worlds):
    drift = importlib.import_module("drift")
    found = {w: [drift.ours((w, seed), known=None) for seed in range(6)] for w in worlds.WORLDS}
    figures = {w: {"slipway": drift.summary(of, world=w)} for w, of in found.items()}
    assert all(met for met, _ in drift.goals(figures)), drift.goals(figures)
    assert {f["unit"] for f in found["seasonal"]} == {"day"}
    assert figures["harmful"]["slipway"]["columns"] >= 5 / 6
    assert "covariate shift, harmless" in drift.tables(figures)
