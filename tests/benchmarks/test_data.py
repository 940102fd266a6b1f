"""The benchmarks of versions and slices: what is done is what the words say; verdicts come from ids."""

import importlib
import sys
from pathlib import Path

import pytest

from slipway.data.version import content

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OURS = ("data", "slices", "table", "_each", "hash_pandas", "hash_polars", "slipway_name", "slipway_make")


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS / "data_peers"))
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split(".")[0] in ("beside", *OURS)]:
        del sys.modules[name]


def test_each_peer_says_what_it_is_called_and_pins_what_it_wants():
    read = importlib.import_module("beside.peers").read
    files = sorted(p.stem for p in (BENCHMARKS / "data_peers").glob("[a-z]*.py"))
    peers = [read(name, folder=BENCHMARKS / "data_peers") for name in files]
    assert all(peer.facts["title"] for peer in peers)
    assert all("==" in want for peer in peers for want in peer.wants)
    assert set(files) == {*importlib.import_module("data").PEERS, "sliceline_search"}


def test_what_is_done_to_the_table_changes_one_thing_or_nothing():
    of = importlib.import_module("beside.table")
    data = of.table(500)
    done = of.things_done(data)
    for name in ("first_label", "last_label", "boolean", "digit"):
        assert sum((done[name].table[c] != data[c]).sum() for c in data.columns) == 1, name
    assert (done["swapped"].table["late"] != data["late"]).sum() == 2
    assert done["swapped"].table["late"].sum() == data["late"].sum()
    changed = (done["digit"].table["float0"] / data["float0"] - 1).abs()
    assert changed.max() == pytest.approx(1e-11, rel=1e-3)
    for thing in done.values():
        same = thing.table.select(data.columns).sort("id", "late").equals(data.sort("id", "late"))
        assert same is not thing.changes, thing.words


@pytest.mark.parametrize("peer", ["slipway_name", "hash_polars", "hash_pandas", "slipway_make"])
def test_a_peer_is_asked_in_its_process_as_its_module_says(peer, tmp_path):
    data, each = importlib.import_module("data"), importlib.import_module("_each")
    done = data.write(tmp_path, rows=300)
    (tmp_path / "work").mkdir()
    said = each.noticed(importlib.import_module(peer), tmp_path, tmp_path / "work")
    right = {n: data.verdict(said["ids"], n, changes=thing.changes)[1] for n, thing in done.items()}
    if peer.startswith("slipway"):
        assert all(right.values())
    else:
        assert not right["columns"]  # their hashes are of columns in an order
    if peer == "slipway_make":
        assert "+90 rows, -3 rows, 150 relabelled" in said["words"]
        assert said["added_mb"]["last_label"] > 0


def test_a_verdict_is_told_from_ids_alone():
    verdict = importlib.import_module("data").verdict
    ids = {"base": "a", "shuffled": "a", "digit": "b"}
    assert verdict(ids, "shuffled", changes=False) == ("the same", True)
    assert verdict(ids, "digit", changes=True) == ("noticed", True)
    assert verdict(ids, "shuffled", changes=True) == ("**missed**", False)
    assert verdict(ids, "digit", changes=False) == ("**called another**", False)


def test_a_peer_that_cannot_come_has_a_row_that_says_why_and_its_ratio_is_never_made_up():
    data = importlib.import_module("data")
    rounds = [{"slipway_name": {"wall_s": 1.0, "cpu_s": 2.0, "peak_mb": 9.0}}] * 2
    text = data.times_table(
        rounds, titles={"slipway_name": "id", "dvc_add": "DVC"}, reasons={"dvc_add": "git is not installed"}
    )
    assert "| DVC | not measured: git is not installed |" in text
    assert "1.00 [1.00-1.00]" in text


def test_the_slices_that_were_planted_are_found_and_a_missing_peer_is_told():
    slices = importlib.import_module("slices")
    codes, loss = slices.made(20_000, seed=1)
    _, found = slices.ours(codes, loss)
    assert ((8, 2), (9, 2)) in found
    kept, line = slices.compared(5_000, rounds=1, peer=None, reason="cannot be installed: no such package")
    assert "not measured: cannot be installed" in line
    assert kept["agree"] is None


def test_the_id_that_is_timed_is_the_one_that_versions_have(tmp_path):
    table = importlib.import_module("beside.table").table(200)
    table.write_parquet(tmp_path / "t.parquet")
    assert importlib.import_module("slipway_name").version(tmp_path / "t.parquet", tmp_path) == content(table).id
