"""The benchmarks of rollouts through a real server, in short: what they promise holds of a few, too."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OURS = ("live", "rollback", "rollouts_live")


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split(".")[0] in OURS]:
        del sys.modules[name]


def test_each_project_plays_a_part_of_each_kind():
    bench = importlib.import_module("rollouts_live")
    parts = bench.parts(200, 200)
    assert [len(effects) for effects in parts.values()] == [100] * 4
    for effects in parts.values():
        assert sum(e is bench.NONE for e in effects) == 50
        assert [sum(e is one for e in effects) for one, _ in bench.EFFECTS] == [25, 10, 10, 5]


def test_intervals_are_clopper_and_pearsons():
    low, high = importlib.import_module("rollouts_live").exact(9, 200)
    assert (round(low, 4), round(high, 4)) == (0.0208, 0.0837)  # R: binom.test(9, 200)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_without_effect_complete_and_three_with_are_stopped_through_a_real_server():
    bench = importlib.import_module("rollouts_live")
    seen, verdicts, differ = bench.bench(without=3, with_=3, seed=2)
    ends = {(s.effect == bench.NONE.name, s.ended) for s in seen}
    assert ends == {(True, "completed"), (False, "rolled back")}
    assert verdicts > 6
    assert differ == 0
    assert all(0 < s.reached < 0.3 * s.users for s in seen if s.ended == "rolled back")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_rolled_back_under_load_no_request_fails_and_none_strays():
    took_ms, seen = importlib.import_module("rollback").bench(each=2, connections=8)
    assert {way: len(values) for way, values in took_ms.items()} == dict.fromkeys(took_ms, 2)
    assert len(took_ms) == 4
    assert seen["requests"] > 100
    assert (seen["failed"], seen["strays"]) == ([], 0)
