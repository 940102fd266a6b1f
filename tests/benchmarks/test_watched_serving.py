"""Ratios of the benchmark of monitors beside serving are taken within a round; what cannot be told is void."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FIGURES = ("p50_ms", "p99_ms", "p999_ms", "full_rate", "full_p99_ms", "cores")


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("watched_serving")
    for name in [n for n in sys.modules if n.split(".")[0] in ("beside", "watched_serving")]:
        del sys.modules[name]


def turn(figure, *, void=""):
    return dict.fromkeys(FIGURES, figure) | {"late_p99_ms": 0.5, "failed": 0.0, "wrong": "", "void": void}


def test_ratios_are_those_of_the_same_round(bench):
    rounds = [{"alone": turn(a), "watched": turn(b)} for a, b in ((1.0, 2.0), (10.0, 10.0), (100.0, 150.0))]
    ratio = bench.table(rounds, ["alone", "watched"]).splitlines()[-1]
    assert ratio.count("1.50 [1.00-2.00]") == 5


def test_a_turn_whose_generator_was_late_is_told(bench):
    rounds = [{"alone": turn(1.0), "watched": turn(1.0, void="The generator was late.")}]
    assert "Void in 1 of 2 turns" in bench.notes(rounds, ["alone", "watched"], qps=100)


def test_each_server_has_a_name_and_is_told_how_to_begin(bench):
    for name in bench.TITLES:
        assert bench.peer(name).facts["command"].split()[-1] == name
        assert bench.peer(name).file.exists()
