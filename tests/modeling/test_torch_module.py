"""A PyTorch module is packaged as what it answers; skipped where PyTorch is not installed (extra ``torch``)."""

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, Refused
from slipway.modeling.answers import answers, asker
from slipway.modeling.convert import convert
from slipway.modeling.frame import as_x, infer_fields
from slipway.modeling.parity import check_parity
from slipway.records.model import Signature
from slipway.records.task import TaskKind

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra 'torch'")
pytest.importorskip("onnxscript", reason="PyTorch's exporter needs onnxscript; it comes with the extra 'torch'")

RNG = np.random.default_rng(0)
TABLE = pl.DataFrame({"a": RNG.normal(0, 20, 500), "b": RNG.exponential(3, 500), "night": RNG.random(500) < 0.4})
FIELDS = infer_fields(TABLE)
X = as_x(TABLE, fields=FIELDS)
TRAIN = """
def train(X, y, params, seed, report):
    torch.manual_seed(seed)
    x = torch.tensor(X.to_numpy(), dtype=torch.float32)
    mean, sd = x.mean(0), x.std(0)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 8), torch.nn.ReLU(), torch.nn.Dropout(0.2))
    net = torch.nn.Sequential(Scale(mean, sd), net, torch.nn.Linear(8, 1))
    optimizer, truth = torch.optim.Adam(net.parameters(), lr=0.05), torch.tensor(y, dtype=torch.float32)
    for step in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x).squeeze(1), truth)
        loss.backward()
        optimizer.step()
        report(step, loss.item())
    return torch.nn.Sequential(net, torch.nn.Sigmoid())


class Scale(torch.nn.Module):
    def __init__(self, mean, sd):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("sd", sd)

    def forward(self, x):
        return (x - self.mean) / self.sd
"""


def net(*last):
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Dropout(0.5), *last
    )


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (net(torch.nn.Linear(8, 1), torch.nn.Sigmoid()), TaskKind.BINARY),
        (net(torch.nn.Linear(8, 2), torch.nn.Softmax(dim=1)), TaskKind.BINARY),
        (net(torch.nn.Linear(8, 1)), TaskKind.REGRESSION),
        (net(torch.nn.Linear(8, 1), torch.nn.Flatten(0)), TaskKind.REGRESSION),
    ],
    ids=["one probability", "both", "a number", "a number, flat"],
)
def test_the_graph_answers_as_the_module_does_and_the_module_stays_as_it_was(module, kind, kit):
    module.train()
    wanted = answers(module, x=X, kind=kind)
    assert np.array_equal(wanted, answers(module, x=X, kind=kind)), "dropout is off when it is asked"
    graph = convert(module, fields=FIELDS, kind=kind)
    assert module.training
    assert graph == convert(module, fields=FIELDS, kind=kind)
    assert b"stack_trace" not in graph
    assert __file__.encode() not in graph
    parity = check_parity(
        asker(module, kind=kind),
        graph=kit.load(graph, Signature(fields=FIELDS, kind=kind)),
        name="net",
        x=X,
        wanted=wanted,
        fields=FIELDS,
        kind=kind,
    )
    assert parity.largest < 1e-5
    assert any("far above what was seen" in corner for corner in parity.corners)


def test_what_is_no_probability_or_no_number_a_row_is_refused():
    with pytest.raises(BadInput, match=r"want probabilities from 0 to 1, got .* torch.nn.Sigmoid"):
        answers(net(torch.nn.Linear(8, 1)), x=X, kind=TaskKind.BINARY)
    with pytest.raises(BadInput, match=r"want one probability a class, each row with a sum of 1"):
        answers(net(torch.nn.Linear(8, 2), torch.nn.Sigmoid()), x=X, kind=TaskKind.BINARY)
    with pytest.raises(BadInput, match=r"want one number a row for 500 rows, got a tensor of shape \(500, 2\)"):
        answers(net(torch.nn.Linear(8, 2)), x=X, kind=TaskKind.REGRESSION)


def test_what_cannot_become_a_graph_is_refused_with_the_reason():
    class Branching(torch.nn.Module):
        def forward(self, x):
            return x[:, 0] if x.sum().item() > 0 else x[:, 1]

    with pytest.raises(Refused, match=r"converting Branching: want a graph, got .*keep Python's 'if'"):
        convert(Branching(), fields=FIELDS, kind=TaskKind.REGRESSION)
    ports = infer_fields(TABLE.with_columns(port=pl.lit("EWR")))
    with pytest.raises(Refused, match=r"numbers and booleans only, got the categories \['port'\]"):
        convert(net(), fields=ports, kind=TaskKind.REGRESSION)


def test_a_training_function_may_return_a_module(tmp_path, monkeypatch, capfd):
    project = Project.init(tmp_path / "p", name="hearts")
    monkeypatch.chdir(project.folder)  # where PyTorch's own names of files look like the project's
    model = project.folder / "model.py"
    head = model.read_text("utf-8").partition("\ndef train(")[0]
    model.write_text(head.replace("import numpy", "import torch\nimport numpy", 1) + TRAIN, "utf-8")
    project = Project.open(project.folder)
    project.make_dataset()
    run = project.train(params={}, seeds=2)
    score = next(s for s in run.scores if s.name == "model" and s.split == "test")
    assert score.value < 0.12
    assert "torchvision" not in capfd.readouterr().err
    assert len(run.reported) == 60
    assert {j.promise: j.standing.value for j in project.judge_run(run)}["better than trivial"] == "holds"
    assert project.labels.rank().queue.rows == 569
