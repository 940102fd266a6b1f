"""The tissue data with labels flipped on purpose, and the truth to rule by."""

import shutil
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.project.user_code import load_function


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with a project whose data has 6 % of the labels flipped, and what is true of it."""
    folder = tmp_path_factory.mktemp("labels") / "p"
    project = Project.init(folder, name="flawed")
    table = load_function("model.py:load", folder=folder)()
    truth = table["malignant"].to_numpy()
    wrong = np.random.default_rng(0).random(table.height) < 0.06
    given = np.where(wrong, 1 - truth, truth).astype(np.int8)
    version = project.make_dataset("main", table.with_columns(malignant=pl.Series(given)))
    names = [f"s{i}" for i in range(table.height)]
    return SimpleNamespace(
        folder=folder,
        version=version,
        table=table,
        truth=dict(zip(names, truth.tolist(), strict=True)),
        wrong={name for name, w in zip(names, wrong, strict=True) if w},
    )


@pytest.fixture
def flawed(made, tmp_path):
    """A project of one's own with flawed labels, and the truth by row."""
    folder = shutil.copytree(made.folder, tmp_path / "p")
    project = Project.open(folder)
    return SimpleNamespace(**{**vars(made), "folder": folder}, project=project, labels=project.labels)


@pytest.fixture
def look():
    """Let somebody rule on rows of a queue by the truth."""

    def look(flawed, *, rows, by="ann", queue=None):
        seen = []
        for _ in range(rows):
            handed = flawed.labels.next(queue, by=by)
            if handed is None:
                break
            flawed.labels.decide(handed.row, queue=queue, value=str(flawed.truth[handed.row]), by=by)
            seen.append(handed.row)
        return seen

    return look
