"""The whole card says what a person must know, what nobody knows, and cannot be made to run anything."""

import base64
import re

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from slipway import Project
from slipway.modeling.card import WORSE
from slipway.records.run import Slice
from slipway.web.card_page import as_page
from slipway.web.figure import draw_headroom
from slipway.web.gather import gather
from slipway.web.report import render

SECTIONS = (
    "What it answers",
    "What it takes",
    "How good it is",
    "Where it is worse",
    "What its scores mean",
    "How it is watched",
    "Where it comes from",
    "Which run trained it",
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
    told = toml.read_text().replace("[model]\n", f'[model]\nprotected = ["{column}"]\n')
    toml.write_text(told.replace('"number", low = 0, high = 10000 }', '"number", high = 10000 }'))
    project = Project.open(folder)
    version = project.make_dataset()
    return project, project.train().package, version


def test_it_has_every_section_and_the_numbers_of_the_records(trained):
    project, package, version = trained
    text = project.shelf.card(package)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "- owner: Your team &lt;you@example.org>" in text, "nothing in a card can be taken for a tag"
    assert version.id[:12] in text
    assert f"- run `{project.runs()[-1].id[:12]}`, seed " in text
    assert "not known" not in text.partition("## Which run")[0], "a run of this project tells all"
    assert "- mean_radius below 0 or above 100\n" in text
    assert "- mean_area above 10000\n" in text
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


def test_the_card_and_the_picture_of_what_is_to_gain_are_on_the_report_and_on_the_cards_page(trained, tmp_path):
    project, package, _ = trained
    data = gather(project, now_us=0)
    assert data.card == project.shelf.card(data.runs[-1].package)
    page = render(data)
    assert '<div class="card"><h3>' in page
    assert all(f"<h4>{title}</h4>" in page for title in SECTIONS)
    assert "&amp;lt;" not in page, "nothing is escaped twice"
    part = Slice(where="<b>", n=100, share=0.1, value=0.4, rest=0.1, low=0.1, high=0.3, level=0.1, headroom=0.03)
    picture = draw_headroom([part], metric="error")
    drawn = as_page(project.shelf.card(package), picture=picture, below=WORSE, caption="c")
    shown = re.search(rf'<h2>{WORSE}</h2><p>c</p><p><img alt="c" src="data:image/svg\+xml;base64,([^"]+)">', drawn)
    assert shown is not None
    drawing = base64.b64decode(shown[1])  # a document of its own, and whole
    assert (drawing[:4], drawing[-6:]) == (b"<svg", b"</svg>")
