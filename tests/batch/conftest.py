"""A project folder with a route and a scorer; small parts, so that a few hundred rows are many of them."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from slipway.batch import part, wish
from slipway.batch.score import Scorer
from slipway.batch.wish import Wish
from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.route import Route, Share
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.registry import ArmContext, open_arm
from slipway.storage.blobs import LocalBlobs
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout
from slipway.storage.routes import publish
from slipway.testing import models

PART_ROWS = 64


class Place:
    """A project folder; ``score`` scores a table in it."""

    PART_ROWS = PART_ROWS
    OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    NEW = Arm(name="new", kind=ArmKind.RULE, rule="b > 0")
    FAILS = Arm(name="fails", kind=ArmKind.PYTHON, function="broken.py:score")

    def __init__(self, root: Path) -> None:
        self.root, self.layout = root, Layout(root).create()
        self.blobs = LocalBlobs(self.layout.blobs)
        self.config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user")
        (root / "broken.py").write_text("def score(columns):\n    raise ValueError('no')\n")

    def route(self, *arms, version=1, shares=None, shadows=(), fallback=None):
        shares = shares or {arms[0].name: 1.0}
        made = Route(
            name="r", version=version, salt="s", arms=arms, shadows=shadows, fallback=fallback,
            shares=tuple(Share(arm=a, share=s) for a, s in shares.items()),
        )  # fmt: skip
        publish(made, folder=self.layout.routes)
        return made

    def model(self, *, seed=0, name="new"):
        package = models.store_package(
            self.blobs, models.matrix_graph(seed=seed), signature=models.NUMBERS, batch=models.numbers_batch(16)
        )
        return Arm(name=name, kind=ArmKind.MODEL, package=package)

    def scorer(self, *, config=None, pid=1):
        config = config or self.config
        context = ArmContext(signature=config.signature, blobs=self.blobs, root=self.root)

        def opener(arm):
            return open_arm(arm, context=context)

        return Scorer(self.layout, config=config, open_arm=opener, now_us=lambda: time.time_ns() // 1000, pid=pid)

    def score(self, table, *, output=None, config=None, progress=lambda *_: None, **wanted):
        output = output or str(self.root / "out.parquet")
        return self.scorer(config=config).score(table, wish=Wish(output=output, **wanted), progress=progress)

    def out(self, name="out.parquet"):
        return pl.read_parquet(self.root / name)

    def frames(self, kind=None):
        found = [frame for frame, _ in SegmentReader(self.layout.journal).read({})]
        return [f for f in found if kind is None or isinstance(f, kind)]

    def journalled(self):
        return [
            row
            for f in self.frames(PredictionFrame)
            for row in zip(f.id, f.entity, f.arm, f.fallback, f.score, strict=True)
        ]

    def shadowed(self):
        return [(f.arm, i, s) for f in self.frames(ShadowFrame) for i, s in zip(f.id, f.score, strict=True)]

    def outcomes(self):
        return [(i, v) for f in self.frames(OutcomeFrame) for i, v in zip(f.id, f.value, strict=True)]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(wish, "FEWEST_ROWS", PART_ROWS)
    monkeypatch.setattr(wish, "MOST_ROWS", PART_ROWS)
    monkeypatch.setattr(part, "BLOCK_ROWS", PART_ROWS // 4)
    return Place(tmp_path)


def table_of(rows, *, seed=0):
    """Return rows of two numbers, an entity, an id and something else."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "a": rng.normal(size=rows),
            "b": rng.normal(size=rows),
            "user": [f"u{n}" for n in rng.integers(0, rows, rows)],
            "key": [f"k-{i}" for i in range(rows)],
            "note": [f"row {i}" for i in range(rows)],
        }
    )


@pytest.fixture
def table():
    return table_of
