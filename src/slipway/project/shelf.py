"""The shelf of packaged models: taken in, signed, described and handed out."""

from collections.abc import Collection
from pathlib import Path

from slipway.project import importing
from slipway.wiring import Parts


class Shelf:
    """Everything that is done to packages after a model is made, or before it is known here."""

    def __init__(self, parts: Parts, *, by: str) -> None:
        self._parts = parts
        self._by = by

    def take(
        self,
        path: str,
        *,
        name: str,
        rows: Path | None = None,
        answers: str | None = None,
        trust: Collection[str] = (),
    ) -> str:
        """Package a model that others made, and return the package id; see :func:`importing.import_model`.

        Args:
            path: An ONNX file, a skops file, an MLflow model folder, or ``file.py:function`` of the project.
            name: A checked word.
            rows: A Parquet or CSV file with fields and truth; None takes what the newest dataset version held out.
            answers: Column of the rows with what the original answered; None where nobody knows.
            trust: Types that a skops file may hold besides those known to be harmless.

        Raises:
            NotFound: No such file or function, or no rows to measure on.
            BadInput: It is none of these, or its name or a column is wrong.
            Refused: A pickle, an untrusted type, or a graph that does not fit.
        """
        return importing.import_model(
            self._parts, path, name=name, rows=rows, answers=answers, trust=trust, by=self._by
        )
