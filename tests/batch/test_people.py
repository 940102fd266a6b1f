"""A file is not scored by people: that is refused before the first row, with the way out."""

import polars as pl
import pytest

from slipway import Project
from slipway.errors import Refused

DESK = """
[arms.desk]
people = "the second look"
answer = "2h"
fallback = "radius-rule"

[data]"""


def test_a_route_with_people_scores_no_file(tmp_path):
    Project.init(tmp_path / "p")
    page = tmp_path / "p" / "slipway.toml"
    told = page.read_text().replace('live = "radius-rule"', 'live = "desk"', 1).replace("\n[data]", DESK, 1)
    page.write_text(told)
    project = Project.open(tmp_path / "p")
    project.open_route()
    rows = pl.DataFrame({f.name: [12.0, 20.0] for f in project.scope.fields} | {"sample": ["a", "b"]})
    rows = rows.with_columns(pl.exclude("sample") / 100)
    with pytest.raises(Refused, match="want arms that answer at once for a file, got people: desk"):
        project.score(rows, output=tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
