"""Rows of one entity say less than as many rows of different ones: intervals count entities."""

import json

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.modeling.package import RELIABILITY
from slipway.project import datasets, runs
from slipway.runtime.package import load_package


def test_intervals_of_a_grouped_split_count_entities(tmp_path):
    project = Project.init(tmp_path / "p")
    table = datasets.load(project._parts, params=None).table
    again = pl.concat([table] * 4)
    once, four = project.make_dataset("once", table), project.make_dataset("four", again)

    def width(version):
        score = next(b for b in version.baselines if b.name == "trivial")
        return score.high - score.low

    assert four.split_kind == "group"
    assert width(four) > 0.8 * width(once)  # by rows it would be half as wide
    run = project.train(four.id)
    model = next(s for s in run.scores if s.name == "model" and s.split == "test" and s.metric == "error")
    again_scored = runs.clusters(project._parts, datasets.kept(project._parts, four))
    assert len(set(again_scored.tolist())) == model.n / 4


def test_models_of_others_and_reliability_count_entities_too(tmp_path):
    project = Project.init(tmp_path / "p")
    table = datasets.load(project._parts, params=None).table
    own = project.train(project.make_dataset("four", pl.concat([table] * 4)).id)
    graph = project.folder / "own.onnx"
    manifest, files = load_package(project._parts.blobs, own.package)
    graph.write_bytes(files["model.onnx"])
    theirs, other = load_package(project._parts.blobs, project.shelf.take(str(graph), name="theirs"))
    for metric in ("error", "log-loss", "auc"):
        mine, imported = (
            [s for s in m.scores if (s.name, s.metric, s.split) == ("model", metric, "test")]
            for m in (manifest, theirs)
        )
        assert [s.low for s in imported] == pytest.approx([s.low for s in mine], rel=1e-3)
        assert [s.high for s in imported] == pytest.approx([s.high for s in mine], rel=1e-3)
    raw, plain = (json.loads(f)["raw"] for f in (other[RELIABILITY], files[RELIABILITY]))
    for limit in ("brier_low", "brier_high"):
        assert raw[limit] == pytest.approx(plain[limit], rel=1e-3)
    alone = project.train(project.make_dataset("once", table).id)
    _, once = load_package(project._parts.blobs, alone.package)
    single = json.loads(once[RELIABILITY])["raw"]
    assert raw["brier_high"] - raw["brier_low"] > 0.6 * (single["brier_high"] - single["brier_low"])  # by rows, half


def test_with_three_days_models_and_baselines_are_both_counted_in_rows(tmp_path):
    Project.init(tmp_path / "p")
    page = tmp_path / "p" / "slipway.toml"
    text = page.read_text(encoding="utf-8").replace("[fields]", 'time = "at"\n[fields]', 1)
    page.write_text(text.replace("\nsplit", "\n# split"), encoding="utf-8")
    project = Project.open(tmp_path / "p")
    table = datasets.load(project._parts, params=None).table

    def dated(days):
        return table.with_columns(at=pl.Series(np.arange(table.height) * days // table.height * 86_400_000_000))

    for days, counted in ((8, None), (40, 13)):
        version = project.make_dataset(f"days-{days}", dated(days))
        ready = datasets.kept(project._parts, version)
        units = runs.clusters(project._parts, ready)
        assert (None if units is None else np.unique(units).size) == counted
        run = project.train(version.id)
        trivial = next(s for s in run.scores if s.name == "trivial")
        wanted = runs.Scoring.of(project.scope.task, metric=project.scope.metric).score(
            "trivial",
            y=ready.labelled[ready.split.test]["malignant"].to_numpy().astype(float),
            answers=np.zeros(trivial.n),
            clusters=units,
        )
        assert (trivial.low, trivial.high) == (wanted.low, wanted.high)
