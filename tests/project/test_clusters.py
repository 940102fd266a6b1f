"""Rows of one entity say less than as many rows of different ones: intervals count entities."""

import json

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.cli.app import run as run_cli
from slipway.data.baseline import trivial_answer
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


def test_where_the_split_keeps_groups_together_everything_counts_groups(tmp_path, monkeypatch, capsys):
    """Thirty hospitals, each with labels of its own bent: rows of one say less than as many of different ones."""
    folder = tmp_path / "p"
    Project.init(folder)
    page = folder / "slipway.toml"
    text = page.read_text(encoding="utf-8").replace("\nsplit", "\n# split").replace("\ntest_share", "\n# test_share")
    text = text.replace("[data]\n", '[data]\nsplit = "group"\nsplit_by = "hospital"\ntest_share = 0.5\n', 1)
    page.write_text(text.replace("\n[model]\n", '\n[model]\nprotected = ["half"]\n', 1), encoding="utf-8")
    project = Project.open(folder)
    parts = project._parts
    rng = np.random.default_rng(0)
    table = datasets.load(parts, params=None).table
    hospital = rng.integers(0, 30, table.height)
    flipped = rng.random(table.height) < np.where(rng.random(30) < 0.5, 0.6, 0.0)[hospital]
    table = table.with_columns(
        hospital=pl.Series(hospital),
        half=pl.Series(np.where(hospital % 2, "odd", "even")),
        malignant=pl.Series(np.where(flipped, 1 - table["malignant"].to_numpy(), table["malignant"].to_numpy())),
    )
    version = project.make_dataset("hospitals", table)
    run = project.train(version.id)
    ready = datasets.kept(parts, version)
    held_out = ready.labelled[ready.split.test]
    here = held_out["hospital"].to_numpy()
    assert runs.clusters(parts, ready).tolist() == (np.unique(here, return_inverse=True)[1] + 1).tolist()
    y, scoring = (
        held_out["malignant"].to_numpy().astype(float),
        runs.Scoring.of(project.scope.task, metric=project.scope.metric),
    )
    answers = runs.answers_of(parts, run.package, held_out)
    wanted = scoring.score("model", y=y, answers=answers, clusters=here)
    by_row = scoring.score("model", y=y, answers=answers)
    [model] = [s for s in run.scores if (s.name, s.metric, s.split) == ("model", "error", "test")]
    assert (model.low, model.high, model.units) == (wanted.low, wanted.high, np.unique(here).size)
    assert by_row.units == 0
    assert model.high - model.low > 1.5 * (by_row.high - by_row.low)
    [trivial] = [s for s in version.baselines if s.name == "trivial"]
    of_trivial = scoring.score(
        "trivial",
        y=y,
        answers=np.full(
            y.size,
            trivial_answer(ready.labelled[ready.split.train]["malignant"].to_numpy().astype(float), scoring=scoring),
        ),
        clusters=here,
    )
    assert (trivial.low, trivial.high) == (of_trivial.low, of_trivial.high)
    better = next(j for j in project.judge_run(run) if j.promise == "better than trivial")
    assert f" on {np.unique(here).size} units." in better.reason
    monkeypatch.chdir(folder)
    assert run_cli(["run", "show"]) == 0
    assert f"test: intervals are on {model.units} units" in " ".join(capsys.readouterr().out.split())
    [half] = project.analyse_errors(run.id).groups
    assert all(g.loss.n == np.unique(here[held_out["half"].to_numpy() == g.group]).size for g in half.measured)
    graph = folder / "own.onnx"
    graph.write_bytes(load_package(parts.blobs, run.package)[1]["model.onnx"])
    theirs, _ = load_package(parts.blobs, project.shelf.take(str(graph), name="theirs"))
    [imported] = [s for s in theirs.scores if (s.name, s.metric, s.split) == ("model", "error", "test")]
    assert (imported.low, imported.high) == pytest.approx((model.low, model.high), rel=1e-9)
