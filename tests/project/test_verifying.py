"""A package is what was signed here, and a check of it fails where it is not."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from slipway import Project
from slipway.modeling.signing import sign
from slipway.ports import Change
from slipway.records.cohort import VerdictInputs
from slipway.records.model import PackageSignature
from slipway.records.removal import RemovedSegment
from slipway.testing.rollouts import plan, started


@pytest.fixture
def packaged(tmp_path):
    """A project with one package: Project, package id."""
    project = Project.init(tmp_path / "p")
    rng = np.random.default_rng(0)
    fields = project.scope.fields
    x = rng.uniform(0, 1, (400, len(fields)))
    y = (x[:, 0] > rng.uniform(0, 1, 400)).astype(int)
    table = pl.DataFrame({field.name: column for field, column in zip(fields, x.T, strict=True)})
    return project, project.package(LogisticRegression().fit(table, y), table, y, name="m")


def test_a_package_that_is_what_it_was_holds(packaged):
    project, package = packaged
    report = project.verify_package(package)
    assert report.holds, report.sentences
    assert any("signature fits" in sentence for sentence in report.sentences)


def test_a_package_signed_by_a_stranger_does_not_hold(packaged):
    project, package = packaged
    parts = project._parts
    present, version = parts.store.get(PackageSignature, id=package)
    forged = PackageSignature(
        package=package, public_key=present.public_key, file=parts.blobs.put(sign(package, key=b"s" * 32))
    )
    parts.store.commit([Change(forged, package, version)], at_us=1, by="stranger", why="forged")
    report = project.verify_package(package)
    assert not report.holds
    assert "trusted key" in report.sentences[0]


def test_a_signature_that_is_lost_is_missed(packaged):
    project, package = packaged
    parts = project._parts
    assert project.verify().holds
    signature, _ = parts.store.get(PackageSignature, id=package)
    next(parts.layout.blobs.rglob(signature.file)).unlink()
    assert not project.verify().holds
    assert not project.verify_package(package).holds


def test_a_segment_that_a_verdict_was_made_from_must_be_there_or_removed_by_retention(tmp_path):
    project = Project.init(tmp_path / "p")
    store = project._parts.store
    rollout, _ = started(plan())
    inputs = VerdictInputs(verdict="r1-1", now_us=1, upto={"w-00000001": 80}, cohorts=(), rollout=rollout)
    store.commit([Change(inputs, "r1-1", 0)], at_us=1, by="test", why="a verdict")
    (error,) = project.verify().errors
    assert error.startswith("journal segment w-00000001: verdicts were made from it, and it is gone")
    removed = RemovedSegment(segment="w-00000001", rows={}, first_us=1, last_us=1, size_bytes=1, why="older than 1 day")
    store.commit([Change(removed, removed.segment, 0)], at_us=2, by="retention", why=removed.why)
    assert project.verify().holds
