"""``Project.score``: any table in, a report out; beside a server that runs, and with the answers that it gives."""

import httpx
import msgspec
import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, NotFound
from slipway.project.server import Server


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p", name="hearts")


@pytest.fixture
def rows(project):
    fields = [f.name for f in project.scope.fields]
    return pl.DataFrame({"sample": [f"s{i}" for i in range(40)], **{f: [i / 50 for i in range(40)] for f in fields}})


@pytest.mark.parametrize("kind", ["polars", "pandas", "arrow", "dict", "lazy"])
def test_any_table_is_scored(kind, project, rows):
    given = {
        "polars": rows, "pandas": rows.to_pandas(), "arrow": rows.to_arrow(), "dict": rows.to_dict(as_series=False),
        "lazy": rows.lazy(),
    }[kind]  # fmt: skip
    found = project.score(given, keep=["mean_radius"])
    assert found.report.answered == found.answers.height == 40
    assert found.rejects.is_empty()
    assert found.answers["entity"].to_list() == rows["sample"].to_list()
    assert found.answers["mean_radius"].to_list() == rows["mean_radius"].to_list()


def test_rejected_rows_are_handed_back_with_their_reasons(project, rows):
    found = project.score(rows.with_columns(mean_radius=pl.when(pl.int_range(pl.len()) != 3).then("mean_radius")))
    assert found.report.rejected == 1
    assert found.rejects["row"].to_list() == [3]
    assert found.rejects["error"].to_list() == ["mean_radius: this field is required."]
    assert found.rejects["wanted"].to_list() == ["a number from 0 up to 100"]


def test_a_file_needs_a_place_for_its_answers(project, rows, tmp_path):
    rows.write_parquet(tmp_path / "in.parquet")
    with pytest.raises(BadInput, match="want a place for the answers"):
        project.score(tmp_path / "in.parquet")
    report = project.score(tmp_path / "in.parquet", output=tmp_path / "out.parquet").report
    assert pl.read_parquet(report.output).height == 40


def test_a_project_without_a_live_arm_says_so(project, rows):
    text = (project.folder / "slipway.toml").read_text()
    (project.folder / "slipway.toml").write_text(
        text.replace('live = "radius-rule"', "").replace('"replace"  ', '"new"  ')
    )
    with pytest.raises(NotFound, match="live"):
        Project.open(project.folder).score(rows)


def test_beside_a_server_the_answers_are_the_servers(project, rows):
    with Server(project.folder) as server:
        asked = msgspec.json.encode({"rows": rows.to_dicts()})
        told = httpx.post(f"{server.url}/predict", content=asked).json()["predictions"]
        found = project.score(rows)
    assert found.answers["score"].to_list() == [t["score"] for t in told]
    assert found.answers["label"].to_list() == [t["label"] for t in told]
    assert found.answers["arm"].to_list() == [t["arm"] for t in told]
