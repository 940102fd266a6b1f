"""A package handed to MLflow is there as it was here: metrics, parameters, tags, files, a registered version."""

import hashlib

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from slipway import Project
from slipway.errors import Corrupt, Unavailable
from slipway.project import exporting
from slipway.runtime.package import load_package

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, of SQLAlchemy and pydantic


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exporting")
    project = Project.init(folder / "p")
    rng = np.random.default_rng(0)
    fields = project.scope.fields
    x = rng.uniform(0, 1, (400, len(fields)))
    y = (x[:, 0] > rng.uniform(0, 1, 400)).astype(int)
    table = pl.DataFrame({field.name: column for field, column in zip(fields, x.T, strict=True)})
    return project, project.package(LogisticRegression().fit(table, y), table, y, name="m")


@pytest.fixture(scope="module")
def mlflow_store(tmp_path_factory):
    """A tracking store in SQLite, asked through MLflow's own client, with artifacts in a folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    url = f"sqlite:///{folder / 'mlflow.db'}"
    client = exporting._client(url)
    client.create_experiment("flights", artifact_location=(folder / "artifacts").as_uri())
    return url, client


@pytest.mark.slow
def test_what_mlflow_holds_is_what_was_sent(packaged, mlflow_store, tmp_path):
    project, package = packaged
    url, client = mlflow_store
    done = project.shelf.export_mlflow(package, url=url, experiment="flights", registered="late")
    manifest, files = load_package(project._parts.blobs, package)
    run = client.get_run(done.run)
    assert run.data.metrics["test_error"] == manifest.scores[0].value
    assert len(run.data.metrics) == done.metrics == len(manifest.scores)
    assert run.data.tags["slipway.package"] == package
    there = client.download_artifacts(done.run, "model", str(tmp_path))
    for name, sha256 in manifest.files.items():
        with open(f"{there}/{name}", "rb") as file:  # noqa: PTH123 - MLflow gives a text
            assert hashlib.sha256(file.read()).hexdigest() == sha256
    version = client.get_model_version("late", done.registered.partition("/")[2])
    assert version.run_id == done.run
    again = project.shelf.export_mlflow(package, url=url, experiment="flights", registered="late")
    assert (done.registered, again.registered) == ("late/1", "late/2")

    brought = project.shelf.take(there, name="back", rows=_rows(project, tmp_path))
    manifest_back = dict(project.packages())[brought]
    assert manifest_back.files["model.onnx"] == manifest.files["model.onnx"]
    assert files["model.onnx"]

    class Lies:
        def __getattr__(self, name):
            return getattr(client, name)

        def download_artifacts(self, run_id, path, dst):
            folder = client.download_artifacts(run_id, path, dst)
            with open(f"{folder}/model.onnx", "ab") as file:  # noqa: PTH123 - as above
                file.write(b"x")
            return folder

    with pytest.raises(Corrupt, match=r"want back what was sent, got others: file model\.onnx\."):
        exporting._compare(
            Lies(),
            done.run,
            metrics={},
            files={"model.onnx": files["model.onnx"]},
            version=("late", "1"),
            package=package,
        )


def _rows(project, folder):
    rng = np.random.default_rng(1)
    fields = project.scope.fields
    x = rng.uniform(0, 1, (100, len(fields)))
    columns = {f.name: c for f, c in zip(fields, x.T, strict=True)}
    path = folder / "rows.parquet"
    pl.DataFrame({**columns, project.scope.task.target: (x[:, 0] > 0.5).astype(int)}).write_parquet(path)
    return path


def test_a_server_that_is_not_there_is_named_and_nothing_here_is_changed(packaged, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    project, package = packaged
    with pytest.raises(Unavailable, match=r"MLflow at http://127\.0\.0\.1:9: want it to take the package, got"):
        project.shelf.export_mlflow(package, url="http://127.0.0.1:9", experiment="x", registered="late")
