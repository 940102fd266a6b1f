"""Each sequential test that ships has a case in one of the modules that hold the exam."""

import importlib.util
from pathlib import Path

import slipway.stats
from slipway.testing.registry import sequential_tests

ENGINES = {"slipway.stats.bets.BetTable"}
"""Parts of other tests, examined inside of them (histogram, category, table and block drift)."""


def examined():
    """The classes of all cases in this folder's modules that import the laws."""
    kinds = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__) and "from slipway.testing.laws import" in path.read_text():
            spec = importlib.util.spec_from_file_location(f"cases_of_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            kinds |= {type(case.test) for case in module.CASES}
    return kinds


def test_none_is_forgotten():
    shipped = sequential_tests(slipway.stats)
    assert len(shipped) > 15
    assert shipped.keys() >= ENGINES
    known = examined()
    forgotten = {name for name, kind in shipped.items() if kind not in known} - ENGINES
    assert not forgotten, f"give each a Case and run it through slipway.testing.laws: {sorted(forgotten)}"
