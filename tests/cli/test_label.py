"""``slipway label``, by the commands themselves: rank, next, decide, progress, apply; files in and out."""

import json
import shutil

import polars as pl
import pytest

from slipway.cli.app import run


@pytest.fixture
def folder(project, tmp_path, monkeypatch):
    """A copy of the project, to change as one likes."""
    folder = shutil.copytree(project, tmp_path / "p")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def said(folder, capsys):
    """Run a command in this process and return what it printed; what it ends with is checked."""

    def said(*words, status=0):
        ended = run(["label", *map(str, words)])
        out, err = capsys.readouterr()
        assert ended == status, (words, out, err)
        return out if status == 0 else err

    return said


def test_the_loop_of_a_person(folder, said):
    assert "suspicion" in said("rank")
    page = said("next", "--by", "ann")
    assert "the model says" in page
    handed = json.loads(said("next", "--by", "ann", "--json"))
    assert handed["row"] in page
    assert "flip, it is" in said("decide", handed["row"], "flip", "--by", "ann", "--why", "looked twice")
    assert "1 row of" in said("progress")
    assert "Cannot tell" in said("progress", "--worth", 10)
    page = said("apply")
    assert "1 relabelled" in page
    assert "looked twice" in json.dumps(json.loads(said("list", "--json")) + _audit(folder))
    assert "want the id or kind" in said("progress", "zzz", status=1)


def _audit(folder):
    from slipway import Project  # noqa: PLC0415 - the engine, which the command loaded already

    return [entry.why for entry in Project.open(folder).audit()]


def test_annotators(folder, said, tmp_path):
    (tmp_path / "rules.md").write_text("Say 1 where the nuclei are large.\n", encoding="utf-8")
    assert "Say 1 where" in said("guideline", "tissue", tmp_path / "rules.md")
    assert "tissue" in said("guidelines")
    rows = [f"s{i}" for i in range(12)]
    table = pl.DataFrame(
        {
            "row": rows * 3,
            "annotator": ["ann"] * 12 + ["bob"] * 12 + ["cy"] * 12,
            "value": [i % 2 for i in range(12)] * 2 + [1, *(i % 2 for i in range(1, 12))],
        }
    )
    table.write_csv(tmp_path / "labels.csv")
    assert "36 labels of 12 rows by ann, bob, cy" in said("import", tmp_path / "labels.csv", "--guideline", "tissue")
    page = said("agreement")
    assert "krippendorff-alpha" in page
    assert "ann and bob" in page
    assert "seems right" in said("consensus")
    assert "adjudication" in said("settle")
    assert "want a row that waits" in said("next", "--by", "ann", status=1)
    assert "not shown: say what is true" in said("next", "--by", "dan")
    assert "audit" in said("sample", "audit", "--rows", 30)
    assert "30 tasks" in said("export", tmp_path / "tasks.json")
    assert "none among 0 requests" in said("collect", status=1)
