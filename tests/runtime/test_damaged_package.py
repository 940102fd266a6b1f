"""A package with one bit turned over, anywhere in any of its files, never answers anybody."""

import asyncio
import shutil

import msgspec
import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from slipway.errors import Corrupt, NotFound, Refused
from slipway.modeling.notebook import package_estimator
from slipway.project.packages import Graph
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import canonical
from slipway.records.examples import Examples
from slipway.records.model import Manifest
from slipway.runtime.onnx_trial import compare
from slipway.runtime.package import EXAMPLES, GRAPH, load_package
from slipway.runtime.registry import ArmContext, open_arm
from slipway.storage.blobs import LocalBlobs

REFUSALS = (Corrupt, NotFound, Refused)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A real package on disk: graph, reference, calibration, examples, card."""
    rng = np.random.default_rng(3)
    x = pl.DataFrame({"a": rng.normal(size=600), "b": rng.normal(size=600)})
    y = (x["a"] + x["b"] + rng.normal(size=600) > 0).cast(pl.Int64)
    trees = HistGradientBoostingClassifier(max_iter=20).fit(x.to_numpy()[:300], y[:300])
    made = package_estimator(trees, x[300:].to_numpy(), y[300:], name="trees", load=Graph, created_us=1)
    blobs = LocalBlobs(tmp_path_factory.mktemp("blobs"))
    for data in made.files.values():
        blobs.put(data)
    assert blobs.put(made.manifest_bytes) == made.id
    return blobs, made


def files_of(blobs, made):
    manifest = load_package(blobs, made.id)[0]
    assert len(manifest.files) >= 5
    return [blobs._path(sha256) for sha256 in (made.id, *manifest.files.values())]


def opened(blobs, made):
    async def run():
        signature = msgspec.msgpack.decode(made.manifest_bytes, type=Manifest).signature
        context = ArmContext(signature=signature, blobs=blobs, root=None)
        runtime = await open_arm(Arm(name="m", kind=ArmKind.MODEL, package=made.id), context=context)
        await runtime.close()

    asyncio.run(run())


def turn_a_bit(data, rng):
    at = int(rng.integers(len(data)))
    return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]


def test_600_flipped_bits_in_the_files_600_refusals(package):
    blobs, made = package
    opened(blobs, made)
    rng, paths, refused = np.random.default_rng(600), files_of(blobs, made), []
    for i in range(600):
        path = paths[i % len(paths)]
        whole = path.read_bytes()
        path.write_bytes(turn_a_bit(whole, rng))
        try:
            opened(blobs, made)
        except REFUSALS as error:
            refused.append(str(error))
        finally:
            path.write_bytes(whole)
    assert len(refused) == 600
    assert all("want" in said and "got" in said for said in refused)
    opened(blobs, made)


@pytest.mark.parametrize("what", ["gone", "empty", "cut", "longer"])
def test_files_that_are_gone_or_of_another_length(package, what, tmp_path):
    blobs, made = package
    for path in files_of(blobs, made):
        kept = shutil.copy(path, tmp_path / "kept")
        data = path.read_bytes()
        if what == "gone":
            path.unlink()
        else:
            path.write_bytes({"empty": b"", "cut": data[:-1], "longer": data + b"\0"}[what])
        with pytest.raises(REFUSALS):
            opened(blobs, made)
        shutil.copy(kept, path)


def packed_again(blobs, made, graph):
    """The package with another graph, and a manifest that says so: the hashes are right, the model is not."""
    manifest = msgspec.msgpack.decode(made.manifest_bytes, type=Manifest)
    files = {**manifest.files, GRAPH: blobs.put(graph)}
    changed = msgspec.structs.replace(manifest, files=files)
    return made._replace(id=blobs.put(canonical(changed)), manifest_bytes=canonical(changed))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_damaged_graph_under_right_hashes_is_refused_or_answers_as_recorded(package):
    """Whoever damages the file before it is packaged gets past the hash, and meets the trial: what passes it answers
    the recorded examples as recorded, and what crashes does so in the child."""
    blobs, made = package
    manifest, files = load_package(blobs, made.id)
    examples = msgspec.msgpack.decode(files[EXAMPLES], type=Examples)
    rng, refused = np.random.default_rng(60), 0
    for _ in range(60):
        graph = turn_a_bit(files[GRAPH], rng)
        damaged = packed_again(blobs, made, graph)
        try:
            opened(blobs, damaged)
        except REFUSALS:
            refused += 1
        else:
            compare(examples, Graph(graph, manifest.signature)._runtime, name="m", tolerance=1e-3)
    assert refused >= 10
