"""Models that are trained only to be asked about some rows: with another seed, or with parts of two runs.

Answers are kept under the hash of all they follow from, versions of libraries too, as soon as they are there, so that
nothing is trained twice and whoever is interrupted goes on where he was.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.version import content
from slipway.modeling.answers import answers
from slipway.modeling.frame import as_x
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.libraries import libraries
from slipway.project.tables import target
from slipway.project.user_code import train_with
from slipway.records.base import content_id
from slipway.records.dataset import DatasetVersion
from slipway.records.run import CellAnswers
from slipway.wiring import Parts

Floats = npt.NDArray[np.float64]


class Recipe(NamedTuple):
    """All that a model follows from.

    Attributes:
        code: Hash of the source files.
        params: Hyperparameters.
        params_hash: Their hash.
        data: Dataset version id.
        seed: Seed of all chance.
    """

    code: str
    params: Mapping[str, Any]
    params_hash: str
    data: str
    seed: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names the model."""
        return self.code, self.params_hash, self.data, self.seed


class Asked:
    """Rows that models are asked about, and what is known of their answers.

    Args:
        parts: The project.
        rows: The rows; no model may have learned from them.
    """

    def __init__(self, parts: Parts, rows: pl.DataFrame) -> None:
        self._parts = parts
        self.rows = rows
        self._id = _rows_id(rows)
        self._libraries = libraries()
        self._known = {id_: kept for id_, kept, _ in parts.store.all(CellAnswers)}

    def knows(self, recipe: Recipe) -> bool:
        """Tell whether the answers of such a model are kept."""
        return self._name(recipe) in self._known

    def answers(self, recipe: Recipe) -> Floats:
        """Return the answers of a model that was trained before, shape (rows,)."""
        return np.frombuffer(self._parts.blobs.get(self._known[self._name(recipe)].answers), dtype="<f8")

    def blob(self, recipe: Recipe) -> str:
        """Return the blob that holds the answers of a model that was trained before."""
        return self._known[self._name(recipe)].answers

    def train(
        self,
        recipe: Recipe,
        *,
        function: Callable[..., Any],
        reference: str,
        timeout_s: float | None = None,
        by: str,
        why: str,
    ) -> None:
        """Train such a model, ask it, and keep its answers; where they are kept, do nothing.

        Raises:
            BadInput: The function failed.
            DeadlineExceeded: It took longer than it may.
        """
        if self.knows(recipe):
            return
        parts, fields = self._parts, self._parts.scope.fields
        x, y = learned_from(parts, datasets.find(parts, recipe.data))
        estimator = train_with(
            function, X=x, y=y, params=recipe.params, seed=recipe.seed, reference=reference, timeout_s=timeout_s
        )
        given = answers(estimator, x=as_x(self.rows, fields=fields), kind=parts.scope.task.kind)
        kept = CellAnswers(
            id=self._name(recipe),
            code=recipe.code,
            params_hash=recipe.params_hash,
            data=recipe.data,
            seed=recipe.seed,
            rows=self._id,
            answers=parts.blobs.put(given.astype("<f8").tobytes()),
        )
        parts.store.commit([Change(kept, kept.id, None)], at_us=parts.clock.now_us(), by=by, why=why)
        self._known[kept.id] = kept

    def _name(self, recipe: Recipe) -> str:
        return content_id([*recipe.key, self._id, self._libraries])


def learned_from(parts: Parts, version: DatasetVersion) -> tuple[pl.DataFrame, Floats]:
    """Return X and Y of the rows that a version gives to learn from, as a training function gets them."""
    ready = datasets.kept(parts, version)
    learn = ready.labelled[ready.split.train]
    return as_x(learn, fields=parts.scope.fields), target(learn, name=parts.scope.task.target)


def _rows_id(rows: pl.DataFrame) -> str:
    """Name rows by content and order, for answers are kept in their order."""
    place = "place_"
    while place in rows.columns:  # a column of the user's may have any name
        place += "_"
    return hashlib.sha256(content(rows.with_row_index(place)).id.encode()).hexdigest()
