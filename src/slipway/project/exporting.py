"""Hand a package to an MLflow server: run, metrics, parameters, tags, artifacts and a registered version, read back."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from slipway.errors import Corrupt, MissingExtra, Unavailable
from slipway.modeling.signing import SIGNATURE
from slipway.modeling.train import MODEL
from slipway.records.base import Record
from slipway.records.dataset import Score
from slipway.records.model import Manifest, PackageSignature
from slipway.records.run import Run
from slipway.runtime.package import load_package
from slipway.wiring import Parts

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FOLDER = "model"
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # an export tells nobody but the server that was named
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_MLMODEL = """\
artifact_path: model
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: '1.16.0'
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
run_id: {run}
"""


class Exported(Record, frozen=True, kw_only=True):
    """What an MLflow server holds of a package, as it was read back.

    Attributes:
        package: Package id.
        url: The server.
        experiment: Name of the experiment.
        run: MLflow's id of the run.
        registered: Name and version in the model registry, such as ``late-flights/3``.
        metrics: How many were read back equal.
        files: How many were read back with the same SHA-256.
    """

    package: str
    url: str
    experiment: str
    run: str
    registered: str
    metrics: int
    files: int


def export_mlflow(parts: Parts, package: str, *, url: str, experiment: str, registered: str) -> Exported:
    """Log a package to an MLflow server, register it, read it back, and compare.

    A user's name and password, or a token, are taken from the environment as MLflow takes them.

    Args:
        parts: The project.
        package: Its id.
        url: Tracking address: ``http(s)://...``, or ``sqlite:///...`` of a store without a server.
        experiment: Name; made if it is not there.
        registered: Name in the model registry; made if it is not there.

    Raises:
        NotFound: No such package.
        Corrupt: What was read back differs from what was sent.
        Unavailable: The server does not answer, or refuses.
        MissingExtra: mlflow-skinny is not installed.
    """
    manifest, files = load_package(parts.blobs, package)
    files = {**files, SIGNATURE: _signature(parts, package)}
    metrics = {_metric(score): score.value for score in manifest.scores}
    client = _client(url)
    with _told(url), TemporaryDirectory(prefix="slipway-mlflow-") as folder:
        run = client.create_run(_experiment(client, experiment), tags=_tags(package, manifest), run_name=manifest.name)
        id_ = run.info.run_id
        for name, value in metrics.items():
            client.log_metric(id_, name, value)
        for name, text in _params(parts, package, manifest).items():
            client.log_param(id_, name, text)
        sent = {**files, "MLmodel": _MLMODEL.format(run=id_).encode()}
        for name, data in sent.items():
            (Path(folder) / name).write_bytes(data)
        client.log_artifacts(id_, folder, _FOLDER)
        client.set_terminated(id_)
        version = _register(client, registered, source=f"{run.info.artifact_uri}/{_FOLDER}", run=id_, package=package)
        _compare(client, id_, metrics=metrics, files=sent, version=(registered, version), package=package)
    return Exported(
        package=package,
        url=url,
        experiment=experiment,
        run=id_,
        registered=f"{registered}/{version}",
        metrics=len(metrics),
        files=len(sent),
    )


def _client(url: str) -> "MlflowClient":
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient  # noqa: PLC0415 - heavy, and only wanted where something is exported
    except ImportError as error:
        raise MissingExtra(
            "exporting to MLflow: want mlflow-skinny, got none. Install it: pip install 'slipway[mlflow]'"
        ) from error
    with _told(url):
        return MlflowClient(tracking_uri=url, registry_uri=url)


@contextmanager
def _told(url: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

    try:
        yield
    except (MlflowException, OSError) as error:
        said = " ".join(str(error).split())
        raise Unavailable(
            f"MLflow at {url}: want it to take the package, got {said if len(said) < 400 else said[:397] + '...'} "
            "Look whether the address is right and the server runs, and export again: nothing here was changed."
        ) from error


def _experiment(client: "MlflowClient", name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _metric(score: Score) -> str:
    """Name a score: ``test_error`` of the model, ``trivial.test_error`` of a baseline."""
    name = f"{score.split}_{score.metric}"
    return name if score.name == MODEL else f"{score.name}.{name}"


def _params(parts: Parts, package: str, manifest: Manifest) -> dict[str, str]:
    run = next((r for _, r, _ in parts.store.all(Run) if r.package == package), None)
    given = {} if run is None else {str(k): str(v) for k, v in run.params.items()}
    return {**given, "seed": str(manifest.provenance.seed)} if run else given


def _tags(package: str, manifest: Manifest) -> dict[str, str]:
    p = manifest.provenance
    known = {"run": p.run, "code": p.code, "params": p.params_hash, "data": p.data, "tool": p.tool, "source": p.source}
    tags = {f"slipway.{name}": value for name, value in known.items() if value}
    return {
        **tags,
        "slipway.package": package,
        "slipway.parity": f"{manifest.parity:.3g} on {manifest.parity_rows} rows",
        **({"slipway.unknown": " ".join(p.unknown)} if p.unknown else {}),
    }


def _signature(parts: Parts, package: str) -> bytes:
    signature, _ = parts.store.get(PackageSignature, id=package)
    return parts.blobs.get(signature.file)


def _register(client: "MlflowClient", name: str, *, source: str, run: str, package: str) -> str:
    if not any(model.name == name for model in client.search_registered_models(f"name = '{name}'")):
        client.create_registered_model(name)
    made = client.create_model_version(name, source=source, run_id=run, tags={"slipway.package": package})
    return str(made.version)


def _compare(
    client: "MlflowClient",
    run: str,
    *,
    metrics: dict[str, float],
    files: dict[str, bytes],
    version: tuple[str, str],
    package: str,
) -> None:
    found = client.get_run(run).data.metrics
    wrong = [f"metric {name}" for name, value in metrics.items() if found.get(name) != value]
    with TemporaryDirectory(prefix="slipway-mlflow-") as folder:
        there = Path(client.download_artifacts(run, _FOLDER, folder))
        for name, data in files.items():
            file = there / name
            same = file.is_file() and hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(data).digest()
            wrong += [] if same else [f"file {name}"]
    if client.get_model_version(*version).tags.get("slipway.package") != package:
        wrong.append(f"registered version {'/'.join(version)}")
    if wrong:
        raise Corrupt(
            f"MLflow run {run}: want back what was sent, got others: {', '.join(wrong)}. Look at the server's artifact "
            "store, and export again."
        )
