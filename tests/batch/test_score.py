"""Rows of a file are answered, dealt, shadowed and journalled as requests are."""

import time

import msgspec
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from slipway.errors import BadInput, NotFound, Refused, Unavailable
from slipway.records.field import Field, FieldKind, Privacy
from slipway.records.frame import PredictionFrame
from slipway.records.model import Signature
from slipway.records.route import assign
from slipway.records.task import TaskKind
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.package import GRAPH, load_package


def test_each_row_has_its_answer_in_its_place(place, table):
    place.route(place.OLD)
    rows = table(300)
    report = place.score(rows, threads=3)
    out = place.out()
    assert (report.rows, report.answered, report.rejected, report.arms) == (300, 300, 0, {"old": 300})
    assert out.columns == ["row", "id", "entity", "score", "label", "arm", "fallback"]
    assert out["row"].to_list() == list(range(300))
    assert out["entity"].to_list() == rows["user"].to_list()
    assert out["score"].to_list() == (rows["a"] > 0.5).cast(pl.Float64).to_list()
    assert out["label"].to_list() == (rows["a"] > 0.5).cast(pl.Int8).to_list()
    assert out["id"].n_unique() == 300


def test_the_journal_has_each_row_once_with_what_was_answered(place, table):
    place.route(place.OLD)
    rows = table(300)
    place.score(rows, threads=2)
    out = place.out()
    assert sorted(place.journalled()) == sorted(out.select("id", "entity", "arm", "fallback", "score").rows())
    a = {i: v for f in place.frames(PredictionFrame) for i, v in zip(f.id, np.frombuffer(f.x["a"]), strict=True)}
    assert [a[i] for i in out["id"]] == rows["a"].to_list()


def test_a_canary_gets_its_share_by_entity_as_requests_are_dealt(place, table):
    route = place.route(place.NEW, place.OLD, shares={"new": 0.3, "old": 0.7})
    rows = table(500)
    report = place.score(rows, threads=2)
    assert place.out()["arm"].to_list() == [assign(route, user) for user in rows["user"]]
    assert 0 < report.arms["new"] < report.arms["old"]
    expected = [
        b > 0 if arm == "new" else a > 0.5 for a, b, arm in zip(rows["a"], rows["b"], place.out()["arm"], strict=True)
    ]
    assert place.out()["label"].to_list() == list(map(int, expected))


def test_a_packaged_model_answers_a_file_as_it_answers_one_row(place, table):
    arm = place.model()
    place.route(arm)
    rows = table(200)
    place.score(rows)
    manifest, files = load_package(place.blobs, arm.package)
    graph = OnnxRuntime(files[GRAPH], signature=manifest.signature, name="m")
    alone = [
        float(graph.score({"a": np.array([a]), "b": np.array([b])}, rows=1)[0]) for a, b in rows[["a", "b"]].rows()
    ]
    assert place.out()["score"].to_list() == pytest.approx(alone, abs=1e-6)  # graphs compute in float32


def test_the_fallback_answers_for_an_arm_that_fails_and_the_output_says_so(place, table):
    place.route(place.FAILS, place.OLD, shares={"fails": 1.0}, fallback="old")
    report = place.score(table(100))
    out = place.out()
    assert report.fallbacks == 100
    assert out["fallback"].all()
    assert set(out["arm"]) == {"old"}
    assert {(a, f) for _, _, a, f, _ in place.journalled()} == {("old", True)}


def test_rows_that_no_arm_can_answer_are_rejected_and_journalled_without_an_answer(place, table):
    place.route(place.FAILS, place.OLD, shares={"fails": 0.5, "old": 0.5})
    rows = table(200)
    report = place.score(rows)
    lines = pl.read_ndjson(report.rejects).to_dicts()
    open_ = {i for i, _, arm, _, score in place.journalled() if np.isnan(score) and arm == "fails"}
    assert report.unanswered == report.rejected == len(open_) > 0
    assert {line["id"] for line in lines} == open_
    assert all("ValueError: no" in line["error"] for line in lines)
    assert not open_ & set(place.out()["id"])
    assert len(place.journalled()) == 200


def test_shadows_are_asked_by_the_job_where_no_server_does(place, table):
    place.route(place.OLD, place.NEW, shares={"old": 1.0}, shadows=("new",))
    rows = table(300)
    report = place.score(rows, threads=2)
    said = {i: s for arm, i, s in place.shadowed() if arm == "new"}
    assert report.shadows == {"new": 300}
    assert len(place.shadowed()) == 300
    assert [said[i] for i in place.out()["id"]] == (rows["b"] > 0).cast(pl.Float64).to_list()


def test_a_route_that_changes_takes_over_from_the_next_part_on(place, table):
    place.route(place.NEW)

    def back(done, _):
        if done == place.PART_ROWS:
            place.route(place.OLD, version=2)
            time.sleep(0.3)  # the keeper looks every 50 ms

    report = place.score(table(place.PART_ROWS * 4), progress=back)
    assert place.out()["arm"].to_list() == ["new"] * place.PART_ROWS + ["old"] * place.PART_ROWS * 3
    assert {f.route_version for f in place.frames(PredictionFrame)} == {1, 2}
    assert report.arms == {"new": place.PART_ROWS, "old": 3 * place.PART_ROWS}


def test_ids_of_a_column_name_the_predictions(place, table):
    place.route(place.OLD)
    place.score(table(100), id_column="key")
    assert place.out()["id"].to_list() == [f"k-{i}" for i in range(100)]
    assert {i for i, *_ in place.journalled()} == {f"k-{i}" for i in range(100)}


def test_a_row_without_an_id_gets_one(place, table):
    place.route(place.OLD)
    report = place.score(table(3).with_columns(key=pl.Series(["x", None, "y"])), id_column="key")
    assert place.out()["id"].to_list() == ["x", f"{report.job}-1", "y"]


def test_what_is_kept_passes_through(place, table):
    place.route(place.OLD)
    rows = table(130)
    place.score(rows, keep=("note", "b"))
    assert_frame_equal(place.out().select("note", "b"), rows.select("note", "b"))


@pytest.mark.parametrize(
    ("kept", "output"),
    [(pl.Series([{}]), "out.parquet"), (pl.Series([[1, 2]]), "out.csv"), (pl.Series([b"x"]), "out.csv")],
    ids=["a struct of nothing", "a list", "bytes"],
)
def test_what_the_output_cannot_hold_is_refused_before_the_first_row_is_asked(place, table, kept, output):
    place.route(place.OLD)
    table(1).with_columns(odd=kept).write_ipc(place.root / "in.arrow")
    with pytest.raises(BadInput, match=r"--keep odd: want a column that (parquet|csv) can hold, got .* Leave it out"):
        place.score(str(place.root / "in.arrow"), output=str(place.root / output), keep=("*",))
    assert place.journalled() == []
    assert not (place.root / output).exists()


def test_the_journal_holds_a_pseudonym_and_the_output_what_came(place, table):
    fields = (Field(name="a", kind=FieldKind.NUMBER, privacy=Privacy.NOTHING), Field(name="b", kind=FieldKind.NUMBER))
    config = WorkerConfig(
        route="r", entity="user", entity_privacy=Privacy.PSEUDONYM, pseudonym_key=b"k" * 16,
        signature=Signature(fields=fields, kind=TaskKind.BINARY),
    )  # fmt: skip
    place.route(place.OLD)
    rows = table(50)
    place.score(rows, config=config)
    assert place.out()["entity"].to_list() == rows["user"].to_list()
    assert not {e for _, e, *_ in place.journalled()} & set(rows["user"])
    assert {tuple(f.x) for f in place.frames(PredictionFrame)} == {("b",)}


def test_a_route_that_cannot_be_loaded_ends_the_job_and_leaves_nothing(place, table):
    place.route(msgspec.structs.replace(place.FAILS, function="missing.py:score"))
    with pytest.raises(Unavailable, match=r"missing\.py"):
        place.score(table(100))
    assert not list(place.root.glob("out*"))


def test_no_route_in_force_is_said_with_the_way_out(place, table):
    with pytest.raises(NotFound, match=r"slipway\.toml"):
        place.score(table(100))


def test_more_rejects_than_may_be_stop_the_job_and_the_rest_can_follow(place, table):
    place.route(place.OLD)
    rows = table(400).with_columns(a=pl.when(pl.int_range(pl.len()) < 100).then(float("inf")).otherwise("a"))
    with pytest.raises(Refused, match="want at most 40 of 400 rows"):
        place.score(rows, max_rejects=0.1)
    assert not (place.root / "out.parquet").exists()
    report = place.score(rows, max_rejects=0.5)
    assert (report.rejected, report.answered) == (100, 300)
    assert report.resumed_rows > 0
    assert len(place.journalled()) == 300


def test_a_table_of_which_no_row_fits_has_no_output(place, table):
    place.route(place.OLD)
    with pytest.raises(BadInput, match=r"none can.*a: this value does not fit"):
        place.score(table(100).with_columns(a=pl.lit(float("inf"))))
    assert not (place.root / "out.parquet").exists()
