"""Comparisons on the same rows, runs side by side, metrics with their intervals."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from slipway.errors import BadInput
from slipway.modeling.compare import Finding, compare
from slipway.modeling.compare_runs import compare_runs
from slipway.modeling.kind import kind_of
from slipway.modeling.metrics import measure
from slipway.modeling.run import environment, hash_code, hash_params, make_run
from slipway.records.run import Run, RunKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

RNG = np.random.default_rng(11)
BINARY = Scoring(kind=TaskKind.BINARY)
CODE = {"model.py": "def train():\n    return 1\n"}


def run(**changes: object) -> Run:
    given = {
        "sources": CODE,
        "params": {"max_iter": 100},
        "data": "a" * 64,
        "seed": 0,
        "tools": {"numpy": "2.4.6"},
        "scores": (),
        "started_us": 1,
        "ended_us": 2,
    }
    return make_run(**(given | changes))


def test_better_worse_and_cannot_tell() -> None:
    y = RNG.integers(0, 2, 2000).astype(float)
    good, bad = np.where(RNG.random(2000) < 0.9, y, 1 - y), np.where(RNG.random(2000) < 0.8, y, 1 - y)
    assert compare(y, candidate=good, baseline=bad, scoring=BINARY).finding is Finding.BETTER
    assert compare(y, candidate=bad, baseline=good, scoring=BINARY).finding is Finding.WORSE
    same = compare(y, candidate=good, baseline=good, scoring=BINARY)
    assert same.finding is Finding.CANNOT_TELL
    assert same.difference.estimate == 0


def test_rows_of_bad_days_are_not_taken_for_independent() -> None:
    """One bad week in favour of the candidate is no proof, however many rows it has."""
    days = np.repeat(np.arange(10), 200)
    y = np.ones(2000)
    candidate, baseline = y.copy(), np.where((days == 3) & (RNG.random(2000) < 0.5), 0.0, 1.0)
    by_row = compare(y, candidate=candidate, baseline=baseline, scoring=BINARY)
    by_day = compare(y, candidate=candidate, baseline=baseline, scoring=BINARY, clusters=days)
    assert by_row.finding is Finding.BETTER
    assert by_day.finding is Finding.CANNOT_TELL
    assert "in 10 clusters" in by_day.words


def test_a_run_tells_what_kind_it_was_from_hashes_alone() -> None:
    base = run()
    assert kind_of(run(data="b" * 64), against=base) is RunKind.DATA_CENTRIC
    assert kind_of(run(params={"max_iter": 200}), against=base) is RunKind.MODEL_CENTRIC
    assert kind_of(run(sources={"model.py": "x"}), against=base) is RunKind.MODEL_CENTRIC
    assert kind_of(run(sources={"model.py": "x"}, data="b" * 64), against=base) is RunKind.MIXED
    assert kind_of(run(seed=1, started_us=2), against=base) is RunKind.REPLAY


def test_two_runs_side_by_side_say_what_changed_and_what_it_brought() -> None:
    y = np.ones(100)
    brought = compare(y, candidate=y, baseline=np.zeros(100), scoring=BINARY)
    new = {"model.py": "def train():\n    x = 2\n    return 1\n", "features.py": ""}
    difference = compare_runs(
        run(sources=new, params={"max_iter": 200, "depth": 3}, data="b" * 64, seed=7, tools={"numpy": "2.5"}),
        against=run(),
        sources=new,
        against_sources=CODE,
        data_words="+90 rows, 412 relabelled",
        brought=brought,
    )
    assert difference.changes == (
        "features.py is new",
        "model.py: +1 -0 lines",
        "depth not set -> 3",
        "max_iter 100 -> 200",
        "data aaaaaaaaaaaa -> bbbbbbbbbbbb: +90 rows, 412 relabelled",
        "seed 0 -> 7",
        "numpy 2.4.6 -> 2.5",
    )
    assert difference.words.startswith("mixed change\n- features.py is new")
    assert "it is better: error 0.0 % against 100.0 %" in difference.words


def test_a_replay_changed_nothing_and_is_not_called_better() -> None:
    difference = compare_runs(run(started_us=2), against=run(), sources=CODE, against_sources=CODE)
    assert difference.words == "replay change\n- nothing\nit is not compared on common rows"


def test_a_run_is_named_by_what_went_in_and_when() -> None:
    assert run().id == run().id
    assert len({run().id, run(seed=1).id, run(started_us=2).id, run(params={}).id, run(data="c" * 64).id}) == 5


def test_code_and_parameters_are_named_by_content() -> None:
    assert hash_code({"a.py": "x\r\n"}) == hash_code({"a.py": "x\n"})
    assert hash_code({"a.py": "x"}) != hash_code({"b.py": "x"})
    with pytest.raises(BadInput, match="want the source files"):
        hash_code({})
    assert hash_params({"a": [1, {"b": None}]}) == hash_params({"a": [1, {"b": None}]})
    with pytest.raises(BadInput, match="params: want numbers, text"):
        hash_params({"a": object()})
    with pytest.raises(BadInput, match="want an end at or after its start"):
        run(started_us=5)
    assert environment(lambda name: "1" if name == "numpy" else None) == {"numpy": "1"}


def test_metrics_agree_with_scikit_learn_and_clusters_only_widen_them() -> None:
    y = RNG.integers(0, 2, 600).astype(float)
    p = np.clip(y * 0.3 + RNG.random(600) * 0.7, 0, 1).round(2)
    by_row = {s.metric: s for s in measure("m", y=y, answers=p, scoring=BINARY)}
    assert by_row.keys() == {"error", "log-loss", "auc"}
    assert by_row["auc"].value == pytest.approx(roc_auc_score(y, p))
    alone = {s.metric: s for s in measure("m", y=y, answers=p, scoring=BINARY, clusters=np.arange(600))}
    assert alone["auc"].value == by_row["auc"].value
    assert alone["auc"].high - alone["auc"].low == pytest.approx(by_row["auc"].high - by_row["auc"].low, rel=0.03)
    twice = {
        s.metric: s
        for s in measure(
            "m", y=np.tile(y, 4), answers=np.tile(p, 4), scoring=BINARY, clusters=np.tile(np.arange(600), 4)
        )
    }
    assert twice["auc"].high - twice["auc"].low == pytest.approx(alone["auc"].high - alone["auc"].low, rel=0.03)


def test_what_is_no_probability_has_no_log_loss_and_silence_has_no_area() -> None:
    y = [0.0, 1.0, 0.0, 1.0]
    assert [s.metric for s in measure("m", y=y, answers=[-1, 2, 0, 1], scoring=BINARY)] == ["error", "auc"]
    assert [s.metric for s in measure("m", y=y, answers=[0, 1, np.nan, 1], scoring=BINARY)] == ["error"]
    assert [s.metric for s in measure("m", y=[0.0] * 4, answers=[0.1] * 4, scoring=BINARY)] == ["error", "log-loss"]


def test_the_scopes_metric_comes_first(kit: SimpleNamespace) -> None:
    costly = Scoring(kind=TaskKind.BINARY, false_negative_cost=10.0)
    assert measure("m", y=[1.0, 1.0, 0.0], answers=[0.0, 1.0, 0.0], scoring=costly)[0].value == pytest.approx(10 / 3)
    number = Scoring(kind=TaskKind.REGRESSION)
    assert [s.metric for s in measure("m", y=[1.0, 2.0], answers=[1.0, 3.0], scoring=number)] == ["absolute-error"]
