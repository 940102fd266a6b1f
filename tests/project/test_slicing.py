"""Error analysis through a project: tags, levels, groups, and steps that the evidence carries."""

import xml.etree.ElementTree as ET

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.cli.app import run as cli
from slipway.errors import BadInput
from slipway.project.user_code import load_function
from slipway.records.run import Level


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Ten copies of the tissue data; at site B the truth is a coin's for most samples."""
    folder = tmp_path_factory.mktemp("slicing") / "p"
    Project.init(folder)
    page = folder / "slipway.toml"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace('train  = "model.py:train"', 'train  = "model.py:train"\ntags = ["site"]\nprotected = ["ward"]'),
        encoding="utf-8",
    )
    project = Project.open(folder)
    rng = np.random.default_rng(0)
    table = pl.concat([load_function("model.py:load", folder=folder)()] * 10)
    site = rng.choice(["A", "B", "C"], table.height)
    coin = (site == "B") & (rng.random(table.height) < 0.6)
    truth = np.where(coin, rng.integers(0, 2, table.height), table["malignant"].to_numpy())
    table = table.with_columns(
        sample=pl.format("s{}", pl.int_range(pl.len())),
        site=pl.Series(site),
        ward=pl.Series(rng.choice(["north", "south"], table.height)),
        malignant=pl.Series(truth),
    )
    project.make_dataset("sites", table)
    project.train()
    return project


@pytest.fixture(scope="module")
def found(project):
    return project.analyse_errors(project.runs()[-1].id)


def test_a_tag_that_the_model_never_saw_is_named(project, found):
    assert [s for s in found.slices if "site = B" in s.where]
    assert not [s for s in found.slices if "site = A" in s.where or "site = C" in s.where]
    assert "site" not in {f.name for f in project.scope.fields}


def test_slices_are_held_against_the_present_system(project, found):
    rows = {s.where: s for s in found.slices}
    for s in rows.values():
        assert s.level_of is Level.PRESENT
        assert s.headroom == pytest.approx((s.value - s.level) * s.share)
    assert max(s.level for w, s in rows.items() if "site = B" in w) > 0.1  # its truth is a coin's, for rules too


def test_steps_leave_what_nobody_does_better(found):
    hopeless = [s.where for s in found.slices if s.headroom <= 0]
    told = " ".join(found.next_steps)
    assert all(f"Leave {'; '.join(hopeless[:3])}" in told for _ in hopeless[:1])
    assert ("Begin with" in told) == any(s.headroom > 0 for s in found.slices)


def test_groups_that_are_alike_are_called_so(found):
    [wards] = found.groups
    assert {g.group for g in wards.measured} == {"north", "south"}
    assert wards.gap.endswith("which may be chance")


def test_the_command_prints_it_and_draws_what_is_to_gain(project, found, tmp_path, capsys):
    words = ["run", "slices", "--project", str(project.folder)]
    gain = any(s.headroom > 0 for s in found.slices)
    picture = tmp_path / "slices.svg"
    assert cli([*words, *(["--svg", str(picture)] if gain else [])]) == 0
    page = capsys.readouterr().out
    assert found.slices[0].where.split(" and ")[0] in page
    assert "By ward" in page
    assert "Next" in page
    if gain:
        assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_a_column_that_is_not_there_is_named(project):
    page = project.folder / "slipway.toml"
    text = page.read_text(encoding="utf-8")
    try:
        page.write_text(text.replace('["ward"]', '["wrad"]'), encoding="utf-8")
        with pytest.raises(BadInput, match=r"model.protected: want columns .* 'wrad'. Did you mean 'ward'"):
            Project.open(project.folder).analyse_errors(project.runs()[-1].id)
    finally:
        page.write_text(text, encoding="utf-8")
