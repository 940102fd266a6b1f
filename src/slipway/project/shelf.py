"""The shelf of packaged models: taken in, signed, described and handed out."""

from collections.abc import Collection
from pathlib import Path

from slipway.project import importing, trusting
from slipway.project.cards import card
from slipway.project.exporting import Exported, export_mlflow
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

    def export_mlflow(self, package: str, *, url: str, experiment: str, registered: str) -> Exported:
        """Log a package to an MLflow server, register it, read it back and compare.

        Args:
            package: Package id.
            url: Tracking address of the server.
            experiment: Name; made if it is not there.
            registered: Name in the model registry; made if it is not there.

        Raises:
            NotFound: No such package.
            Corrupt: What was read back differs.
            Unavailable: The server does not answer, or refuses.
        """
        return export_mlflow(self._parts, package, url=url, experiment=experiment, registered=registered)

    def sign(self, package: str, *, key: Path | None = None) -> str:
        """Sign a package in the place of whoever signed it before, and return the public key.

        Args:
            package: Package id.
            key: File of 32 secret bytes; None takes this project's own key.

        Raises:
            NotFound: No such package, or no such file.
            Corrupt: The file holds no key.
        """
        return trusting.sign_again(self._parts, package, key=key, by=self._by)

    def signer(self, *, key: Path | None = None) -> str:
        """Return the public half of the key that signs here: what others write into ``model.trusted_keys``."""
        return trusting.own_key(self._parts, key)

    def card(self, package: str) -> str:
        """Return a package's whole card as Markdown: what was packaged, and what the project knows of it now.

        Raises:
            NotFound: No such package.
            Corrupt: Its bytes are not what was stored.
        """
        return card(self._parts, package)
