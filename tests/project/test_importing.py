"""A model that others made becomes a package that says what is not known of it; nothing pickled is ever loaded."""

import pickle

import msgspec
import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from slipway import Project
from slipway.errors import BadFile, BadInput, NotFound, Refused
from slipway.modeling.convert import convert
from slipway.records.task import TaskKind
from slipway.runtime.package import load_package


class World:
    """A project, a model fitted elsewhere, and rows with their truth and the model's answers."""

    def __init__(self, folder):
        self.project = Project.init(folder / "p")
        fields = self.fields = self.project.scope.fields
        rng = np.random.default_rng(0)
        x = rng.uniform(0, 1, (400, len(fields)))
        self.table = pl.DataFrame({f.name: column for f, column in zip(fields, x.T, strict=True)})
        y = (x[:, 0] > rng.uniform(0, 1, 400)).astype(int)
        self.model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
        self.said = self.model.predict_proba(x)[:, 1]
        self.graph = convert(self.model, fields=fields, kind=TaskKind.BINARY)
        self.rows = folder / "rows.parquet"
        answers = pl.Series("said", self.said)
        self.table.with_columns(pl.Series(self.project.scope.task.target, y), answers).write_parquet(self.rows)
        self.folder = folder

    def bring(self, path, **given):
        id_ = self.project.shelf.take(str(path), name="theirs", rows=self.rows, **given)
        return id_, dict(self.project.packages())[id_]

    def file(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("importing"))


def test_an_onnx_file_with_recorded_answers(world):
    id_, manifest = world.bring(world.file("m.onnx", world.graph), answers="said")
    assert manifest.parity_rows == 400
    assert manifest.parity < 1e-5
    assert manifest.provenance.source == "onnx file m.onnx"
    assert not any("How far the graph" in sentence for sentence in manifest.provenance.unknown)
    assert any("Which rows it learned from" in sentence for sentence in manifest.provenance.unknown)
    card = load_package(world.project._parts.blobs, id_)[1]["card.md"].decode()
    assert "- not known: Which rows it learned from" in card
    assert "- seed: not known" in card
    assert world.project.verify_package(id_).holds


def test_an_onnx_file_without_answers_says_that_its_parity_is_not_known(world):
    id_, manifest = world.bring(world.file("n.onnx", world.graph))
    assert manifest.parity_rows == 0
    assert "How far the graph is from the model it was made from" in manifest.provenance.unknown[-1]
    card = load_package(world.project._parts.blobs, id_)[1]["card.md"].decode()
    assert "largest difference" not in card


def test_a_graph_that_answers_other_than_recorded_is_refused(world):
    other = LogisticRegression().fit(world.table.to_numpy(), np.arange(400) % 2)
    graph = convert(other, fields=world.fields, kind=TaskKind.BINARY)
    with pytest.raises(Refused, match=r"parity of theirs: want answers within .* of one model"):
        world.bring(world.file("other.onnx", graph), answers="said")
    with pytest.raises(BadInput, match=r"--answers nosuch: want a column"):
        world.bring(world.file("m.onnx", world.graph), answers="nosuch")


def test_a_graph_of_other_fields_is_refused(world):
    fields = (*world.fields, msgspec.structs.replace(world.fields[0], name="one_more"))
    x = np.column_stack([world.table.to_numpy(), np.zeros(400)])
    graph = convert(LogisticRegression().fit(x, np.arange(400) % 2), fields=fields, kind=TaskKind.BINARY)
    with pytest.raises(Refused, match="want one float matrix of"):
        world.bring(world.file("wide.onnx", graph))


def test_a_skops_file_is_converted_and_held_against_the_estimator(world):
    _, manifest = world.bring(world.file("m.skops", skops.io.dumps(world.model)))
    assert manifest.parity_rows == 400
    assert manifest.provenance.tool == "Pipeline"


def test_a_skops_file_with_types_that_nobody_trusts_is_refused_with_their_names(world):
    model = make_pipeline(FunctionTransformer(np.sin), LogisticRegression())
    model.fit(world.table.to_numpy(), np.arange(400) % 2)
    path = world.file("odd.skops", skops.io.dumps(model))
    unknown = skops.io.get_untrusted_types(file=path)
    if not unknown:
        model.steps[0][1].func = pickle.loads
        path = world.file("odd.skops", skops.io.dumps(model))
        unknown = skops.io.get_untrusted_types(file=path)
    assert unknown
    with pytest.raises(Refused, match=rf"got also \['{unknown[0]}.*--trust {unknown[0]}"):
        world.bring(path)


def test_a_function_of_the_project(world):
    world.file(
        "p/theirs.py",
        (
            "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
            f"def load():\n    x = np.random.default_rng(1).uniform(size=(300, {len(world.fields)}))\n"
            "    return LogisticRegression().fit(x, (x[:, 0] > 0.5).astype(int))\n"
        ),
    )
    _, manifest = world.bring("theirs.py:load")
    assert manifest.provenance.source == "function theirs.py:load"
    assert manifest.parity_rows == 400


def mlmodel(world, name, flavours, **files):
    folder = world.folder / name
    world.file(f"{name}/MLmodel", f"run_id: abc\nflavors:\n{flavours}")
    for file, data in files.items():
        world.file(f"{name}/{file.replace('_', '.')}", data)
    return folder


def test_an_mlflow_folder_with_onnx(world):
    text = "  onnx:\n    data: model.onnx\n  python_function:\n    loader_module: mlflow.onnx\n"
    _, manifest = world.bring(mlmodel(world, "with-onnx", text, model_onnx=world.graph), answers="said")
    assert manifest.provenance.source == "MLflow folder, run abc, flavours onnx, python_function"


def test_an_mlflow_folder_with_skops(world):
    text = "  sklearn:\n    pickled_model: model.skops\n    serialization_format: skops\n"
    _, manifest = world.bring(mlmodel(world, "with-skops", text, model_skops=skops.io.dumps(world.model)))
    assert manifest.parity_rows == 400


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_folders_that_mlflow_itself_has_written(world):
    import mlflow.sklearn  # noqa: PLC0415 - it takes seconds

    for written, kind in (("by-mlflow-skops", "skops"), ("by-mlflow-pickle", "cloudpickle")):
        folder = world.folder / written
        mlflow.sklearn.save_model(
            world.model, str(folder), serialization_format=kind, pip_requirements=["scikit-learn"]
        )
        if kind == "skops":
            assert world.bring(folder)[1].parity_rows == 400
        else:
            with pytest.raises(Refused, match="pickled with cloudpickle"):
                world.bring(folder)


class Bomb:
    def __reduce__(self):
        return (exec, ("open('went-off', 'w').close()",))


def test_nothing_pickled_is_loaded(world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n"
    folder = mlmodel(world, "with-pickle", text, model_pkl=pickle.dumps(Bomb()))
    with pytest.raises(Refused, match=r"pickled with cloudpickle\. To load a pickle is to run .*model\.py:load"):
        world.bring(folder)
    with pytest.raises(BadInput, match=r"got '\.pkl'\. Nothing pickled is loaded"):
        world.bring(folder / "model.pkl")
    assert not (tmp_path / "went-off").exists()


@pytest.mark.parametrize("way", ["../../secret.onnx", "/etc/passwd", "a/../../b.onnx"])
def test_an_mlflow_folder_that_points_outside_is_refused(world, way):
    with pytest.raises(Refused, match="want a file inside the folder"):
        world.bring(mlmodel(world, "outside", f"  onnx:\n    data: {way}\n"))


def test_what_is_no_model_is_named(world, tmp_path):
    with pytest.raises(NotFound, match="want a file to import, found none"):
        world.bring(tmp_path / "nosuch.onnx")
    with pytest.raises(BadFile, match="want a file MLmodel"):
        world.bring(tmp_path)
    with pytest.raises(BadFile, match="want a skops file, got"):
        world.bring(world.file("no.skops", b"nothing"))
    world.file("bare/MLmodel", "[]")
    with pytest.raises(BadFile, match="want 'flavors'"):
        world.bring(world.folder / "bare")
    with pytest.raises(Refused, match="want an ONNX model"):
        world.bring(world.file("no.onnx", b"\xff\xff nothing"))
    with pytest.raises(NotFound, match="want a dataset version"):
        world.project.shelf.take(str(world.file("m.onnx", world.graph)), name="theirs")
