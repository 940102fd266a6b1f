# /// script
# dependencies = []
# [tool.peer]
# title = "Slipway, everything on"
# own = true
# setup = "{python} {file}"
# command = "{python} -m slipway.cli.app serve --project {work}"
# path = "/predict"
# body = "named"
# canary = true
# many = {path = "/v2/models/bench/infer", body = "v2-entity"}
# binary = {path = "/v2/models/bench/infer", body = "v2-entity-binary"}
# ///
"""As in production: two workers, 5 % of the entities to a second model that also shadows the first, each row in the
journal before its reply, and the control process with its monitors reading."""

import os
from pathlib import Path

import joblib
import numpy as np
import polars as pl

from slipway import Project
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.wiring import open_parts

SCOPE = """
[project]
name = "bench"
owner = "bench <bench@example.org>"
need = "To know what a request costs."
case = "new"
kill = "Never."
[task]
x = "Thirty numbers of a sample."
y = "The tumour is malignant."
kind = "binary"
target = "y"
entity = "user"
[fields]
{fields}
[metric]
why = "Both kinds of error cost the same."
target = 0.1
margin = 0.02
[budgets]
memory_mb = 2000
[serving]
workers = 2
port = {port}
deadline_ms = 5000
[rollout]
unit = "row"
maturity = "0s"
stages = [{{ name = "shadow", min = "0s", max = "30d" }}, {{ name = "full", min = "0s", max = "30d" }}]
"""


def make(work, *, shadow):
    """Make a project whose route has one arm, or two with a canary and a shadow; return it."""
    fields = "\n".join(f'x{i} = {{ kind = "number", required = true }}' for i in range(30))
    (work / "slipway.toml").write_text(SCOPE.format(fields=fields, port=os.environ["PORT"]))
    project = Project.open(work)
    kept = joblib.load(Path(os.environ["MODEL"]).with_suffix(".joblib"))
    table = pl.DataFrame(np.asarray(kept["x"]), schema=[f"x{i}" for i in range(30)])
    arms = []
    for name, estimator in zip(("old", "new"), kept["estimators"], strict=True):
        package = project.package(estimator, table, np.asarray(kept["y"], float), name=name)
        arms.append(Arm(name=name, kind=ArmKind.MODEL, package=package, timeout_ms=5000.0))
    shares = (Share(arm="new", share=0.05), Share(arm="old", share=0.95)) if shadow else (Share(arm="old", share=1.0),)
    route = Route(
        name="bench", version=1, salt="salt", shares=shares, shadows=("new",) if shadow else (), fallback="old",
        arms=tuple(arms) if shadow else (arms[0],),
    )  # fmt: skip
    parts = open_parts(work)
    parts.store.commit(
        [Change(route, "bench", 0)], at_us=parts.clock.now_us(), by="benchmark", why="the route to measure"
    )
    return project


if __name__ == "__main__":
    make(Path(os.environ["WORK"]), shadow=True)
