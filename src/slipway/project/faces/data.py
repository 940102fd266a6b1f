"""Dataset versions and labels."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from slipway.project.comparing import DatasetComparison
    from slipway.project.labelling import LabelDesk
    from slipway.project.lineage import Lineage
    from slipway.records.dataset import DatasetVersion


class Data(Face):
    """Dataset versions and labels."""

    def make_dataset(
        self,
        name: str = "main",
        table: Any | None = None,
        *,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> DatasetVersion:
        """Make a dataset version: checked, split, profiled, with the baselines measured.

        Args:
            name: A checked word.
            table: Any table; None loads what ``[data]`` names.
            params: Arguments for the source, over those of the scope.
            timeout_s: The longest that a source function may take; in the main thread only.

        Raises:
            BadInput: The table lacks what the scope names, or the source failed.
            DeadlineExceeded: The source took longer than it may.
            Unavailable: The present system did not answer, so that nothing can be held against it.
        """
        from slipway.project import datasets
        from slipway.project.tables import as_polars

        if table is None:
            loaded = datasets.load(self._parts, params=params, timeout_s=timeout_s)
        else:
            loaded = datasets.Loaded(as_polars(table, what=f"dataset {name}"), "a table handed over in Python")
        return datasets.make(self._parts, name=name, loaded=loaded, by=self._by)

    def datasets(self) -> list[DatasetVersion]:
        """Return all dataset versions, oldest first."""
        from slipway.records.dataset import DatasetVersion

        return [version for _, version, _ in self._parts.store.all(DatasetVersion)]

    def compare_datasets(self, before: str, after: str, *, rows: int = 0) -> DatasetComparison:
        """Say what changed between two versions: rows, labels, columns; and name so many rows of each change."""
        from slipway.project.comparing import compare_datasets

        return compare_datasets(self._parts, before, after, rows=rows)

    def dataset_lineage(self, dataset: str | None = None) -> Lineage:
        """Say what a version came from and what came from it; None takes the newest.

        Raises:
            NotFound: No such dataset.
        """
        from slipway.project import datasets
        from slipway.project.lineage import lineage_of

        return lineage_of(self._parts, datasets.find(self._parts, dataset))

    @cached_property
    def labels(self) -> LabelDesk:
        """What annotators said, which labels to look at next, and new versions with what people decided."""
        from slipway.project.labelling import LabelDesk

        return LabelDesk(self._parts, by=self._by, now_us=self.now_us)
