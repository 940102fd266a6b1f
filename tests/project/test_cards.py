"""The whole card says what a person must know, what nobody knows, and cannot be made to run anything."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from slipway import Project
from slipway.web.card_page import as_page

SECTIONS = (
    "What it answers",
    "What it takes",
    "How good it is",
    "Where it is worse",
    "What its scores mean",
    "How it is watched",
    "Where it comes from",
    "Who wants it",
    "The data it was measured on",
    "Groups of people",
    "What it may cost",
    "Where it must not be relied on",
    "Who signed it",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project whose scope names a protected column, with a model trained in it."""
    folder = tmp_path_factory.mktemp("cards") / "p"
    project = Project.init(folder)
    toml = folder / "slipway.toml"
    column = project.scope.fields[0].name
    toml.write_text(toml.read_text().replace("[model]\n", f'[model]\nprotected = ["{column}"]\n'))
    project = Project.open(folder)
    version = project.make_dataset()
    return project, project.train().package, version


def test_it_has_every_section_and_the_numbers_of_the_records(trained):
    project, package, version = trained
    text = project.shelf.card(package)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "- owner: Your team &lt;you@example.org>" in text, "nothing in a card can be taken for a tag"
    assert version.id[:12] in text
    for check in version.checks:
        assert f"| {check.name} | {'yes' if check.passed else 'no'} |" in text
    assert f"Key `{project.shelf.signer()}`, which is trusted here" in text
    assert f"| {project.scope.modeling.protected[0]} | rows | loss |" in text


def test_what_is_not_known_is_said(tmp_path):
    project = Project.init(tmp_path / "p")
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (200, len(project.scope.fields)))
    y = (x[:, 0] > rng.uniform(0, 1, 200)).astype(int)
    table = pl.DataFrame({f.name: column for f, column in zip(project.scope.fields, x.T, strict=True)})
    package = project.package(LogisticRegression().fit(table, y), table, y, name="m")
    text = project.shelf.card(package)
    assert "Not known: no dataset version of this project." in text
    assert "Not measured: the scope names no protected column" in text


def test_a_page_holds_all_of_it_and_runs_nothing(trained):
    project, package, _ = trained
    page = as_page(project.shelf.card(package))
    assert all(f"<h2>{title}</h2>" in page for title in SECTIONS)
    assert page.count("<table>") >= 5
    assert "http" not in page.partition("<body>")[0]
    evil = as_page("# a\n\n| <script>x</script> |\n|---|\n| `<img src=x onerror=y>` |\n\n- &lt;b&gt;\n")
    assert "<script" not in evil
    assert "<img" not in evil
    assert "<li>&lt;b&gt;</li>" in evil
