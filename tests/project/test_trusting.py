"""A package that nobody known signed is not rolled out where the scope asks for it."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from slipway import Project
from slipway.errors import BadFile, Corrupt, NotFound, Refused
from slipway.modeling.signing import public_key
from slipway.project.packages import arm_name
from slipway.project.rollouts import arm_of

OTHER = b"o" * 32


@pytest.fixture
def packaged(tmp_path):
    project = Project.init(tmp_path / "p")
    rng = np.random.default_rng(0)
    fields = project.scope.fields
    x = rng.uniform(0, 1, (200, len(fields)))
    y = (x[:, 0] > rng.uniform(0, 1, 200)).astype(int)
    table = pl.DataFrame({field.name: column for field, column in zip(fields, x.T, strict=True)})
    return project, project.package(LogisticRegression().fit(table, y), table, y, name="m")


def trusting(project, *keys):
    """Open the project again with these trusted keys in its scope."""
    toml = project.folder / "slipway.toml"
    lines = [line for line in toml.read_text().splitlines() if not line.startswith("trusted_keys")]
    at = lines.index("[model]") + 1
    listed = ", ".join(f'"{key}"' for key in keys)
    toml.write_text("\n".join([*lines[:at], f"trusted_keys = [{listed}]", *lines[at:]]))
    return Project.open(project.folder)


def test_without_trusted_keys_no_signature_is_asked_for(packaged):
    project, package = packaged
    assert arm_of(project._parts, package).package == package


def test_a_package_signed_by_nobody_trusted_is_refused_until_somebody_trusted_signs(packaged, tmp_path):
    project, package = packaged
    strict = trusting(project, public_key(OTHER))
    with pytest.raises(Refused, match=rf"want one by a trusted key .*{public_key(OTHER)[:12]}.*, got one by"):
        arm_of(strict._parts, package)
    with pytest.raises(Refused, match="want one by a trusted key"):
        strict.start_rollout(package)
    assert not strict.verify_package(package).holds
    key = tmp_path / "release.key"
    key.write_bytes(OTHER)
    assert strict.shelf.sign(package, key=key) == public_key(OTHER)
    assert arm_of(strict._parts, package).package == package
    report = strict.verify_package(package)
    assert report.holds, report.sentences
    assert any("made with a trusted key" in sentence for sentence in report.sentences)


def test_a_package_gets_past_under_no_other_name(packaged):
    project, package = packaged
    strict = trusting(project, public_key(OTHER))
    with pytest.raises(Refused, match="want one by a trusted key"):
        arm_of(strict._parts, arm_name("m", package))
    toml = project.folder / "slipway.toml"
    live = strict.scope.live
    text = toml.read_text()
    begin = text.index(f"[arms.{live}]")
    end = text.find("\n[", begin + 1)
    toml.write_text(text[:begin] + f'[arms.{live}]\npackage = "{package}"\n' + text[end:])
    with pytest.raises(Refused, match="want one by a trusted key"):
        Project.open(project.folder).open_route()


def test_the_own_key_has_to_be_named_too(packaged):
    project, package = packaged
    strict = trusting(project, public_key(OTHER), project.shelf.signer())
    assert arm_of(strict._parts, package).package == package


def test_keys_that_are_none_are_refused(packaged, tmp_path):
    project, package = packaged
    with pytest.raises(BadFile, match=r"a list of public keys of 64 hex digits each"):
        trusting(project, "abc")
    short = tmp_path / "short.key"
    short.write_bytes(b"abc")
    with pytest.raises(Corrupt, match="want a key of 32 bytes, got 3"):
        project.shelf.sign(package, key=short)
    with pytest.raises(NotFound, match="want a file with a key"):
        project.shelf.sign(package, key=tmp_path / "nosuch")
    with pytest.raises(NotFound, match="no such package"):
        project.shelf.sign("0" * 64)
