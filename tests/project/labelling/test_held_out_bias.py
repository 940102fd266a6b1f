"""An audit of rows held out tells how far their labels mislead, also where mending by suspicion flattered the model."""

import numpy as np
import pytest

from slipway.cli.app import run as command
from slipway.data.labels.held_out_bias import mean_change, sentences
from slipway.errors import BadInput, NotFound
from slipway.project import datasets
from slipway.project.runs import answers_of
from slipway.project.tables import target
from slipway.records.label import QueueKind


@pytest.fixture
def truly(flawed):
    """The run, and its error by the labels as they are and by the truth."""
    run = flawed.project.train()
    ready = datasets.kept_of(flawed.project._parts, run)
    rows = ready.labelled[ready.split.test]
    wrong = (answers_of(flawed.project._parts, run.package, rows) >= 0.5) != target(rows, name="malignant")
    flipped = np.array([name in flawed.wrong for name in rows["sample"]])
    return run, float(wrong.mean()), float((wrong != flipped).mean())


def test_a_whole_audit_finds_the_error_by_the_truth(flawed, look, truly):
    run, given, true = truly
    assert given != true
    flawed.labels.draw(QueueKind.AUDIT, rows=999, held_out=True)
    look(flawed, rows=999)
    found = flawed.labels.held_out_bias(run.id)
    assert (found.looked_at, found.held_out) == (171, 171)
    assert found.given == pytest.approx(given)
    assert found.mended == pytest.approx(true)
    assert (found.low, found.estimate, found.high) == pytest.approx((true, true, true))


def test_a_sample_covers_it_while_suspicion_alone_flatters(flawed, look, truly, capsys):
    run, given, true = truly
    flawed.labels.rank()
    look(flawed, rows=60)
    audit = flawed.labels.draw(QueueKind.AUDIT, rows=60, held_out=True, seed=1)
    look(flawed, rows=60, queue=audit.id)
    found = flawed.labels.held_out_bias(run.id, queue=audit.id)
    assert found.looked_at == 60
    assert found.low <= true <= found.high
    assert found.mended != pytest.approx(given)
    assert "60 of them drawn at random" in " ".join(sentences(found))
    assert "Error of run" in sentences(found)[0]
    assert flawed.labels.progress(audit.id).left is None
    assert command(["label", "bias", run.id[:8], "--queue", audit.id, "--project", str(flawed.folder)]) == 0
    assert sentences(found)[1] in " ".join(capsys.readouterr().out.split())


def test_what_cannot_be_told_is_said(flawed, look, truly):
    run, *_ = truly
    other = flawed.labels.draw(QueueKind.AUDIT, rows=5)
    with pytest.raises(BadInput, match="--held-out"):
        flawed.labels.held_out_bias(run.id, queue=other.id)
    audit = flawed.labels.draw(QueueKind.AUDIT, rows=5, held_out=True)
    with pytest.raises(BadInput, match="sample: want rows that somebody has decided on"):
        flawed.labels.held_out_bias(run.id, queue=audit.id)
    with pytest.raises(NotFound, match="run nobody"):
        flawed.labels.held_out_bias("nobody", queue=audit.id)


def test_unsure_counts_both_ways():
    sure = mean_change([0.0] * 10, possible=[1.0, -1.0], population=100)
    unsure = mean_change([0.0] * 9 + [None], possible=[1.0, -1.0], population=100)
    assert unsure[1] < sure[1] < 0 < sure[2] < unsure[2]


@pytest.mark.calibration
def test_the_limits_miss_the_truth_no_oftener_than_promised():
    rng, missed = np.random.default_rng(0), 0
    change = np.repeat([1.0, -1.0, 0.0], [12, 30, 258])
    for _ in range(150):
        drawn = rng.permutation(change)
        limits = [mean_change(drawn[:n].tolist(), possible=[1.0, -1.0], population=300) for n in range(10, 300, 10)]
        missed += any(not low <= change.mean() <= high for _, low, high in limits)
    assert missed / 150 <= 0.05
