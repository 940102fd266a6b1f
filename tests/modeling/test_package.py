"""A package holds what it says, is named by it, and loads where it will be served."""

import asyncio
import hashlib
import json
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from slipway.errors import BadInput, Corrupt, Refused
from slipway.modeling.package import (
    CALIBRATION,
    CARD,
    EXAMPLES,
    GRAPH,
    REFERENCE,
    RELIABILITY,
    Package,
    package_trained,
)
from slipway.modeling.signing import public_key, sign, verify
from slipway.modeling.train import Trained
from slipway.records.base import content_id
from slipway.records.calibration import decode_calibration
from slipway.records.examples import Examples
from slipway.records.model import Manifest, Provenance
from slipway.records.reference import decode_reference, encode_reference
from slipway.runtime.onnx_trial import try_package
from slipway.runtime.package import load_package
from slipway.testing.memory import MemoryBlobs

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


def make(trained: Trained, kit: SimpleNamespace, **changes: object) -> Package:
    given = {
        "name": "late-flights",
        "load": kit.load,
        "provenance": Provenance(data="d" * 64, seed=3, tool="scikit-learn"),
        "created_us": 5,
        "purpose": "Tell passengers early.",
    }
    return package_trained(trained, **(given | changes))


@pytest.fixture(scope="module")
def package(trained: Trained, kit: SimpleNamespace) -> Package:
    return make(trained, kit)


def test_the_id_is_the_hash_of_the_manifest_and_the_manifest_has_the_hashes_of_the_files(package: Package) -> None:
    assert package.id == hashlib.sha256(package.manifest_bytes).hexdigest() == content_id(package.manifest)
    assert msgspec.msgpack.decode(package.manifest_bytes, type=Manifest) == package.manifest
    assert package.files.keys() == {GRAPH, REFERENCE, CALIBRATION, EXAMPLES, CARD, RELIABILITY}
    assert package.manifest.files == {n: hashlib.sha256(d).hexdigest() for n, d in package.files.items()}


def test_the_same_model_makes_the_same_package(package: Package, trained: Trained, kit: SimpleNamespace) -> None:
    assert make(trained, kit).id == package.id
    assert make(trained, kit, created_us=6).id != package.id


def test_it_loads_and_answers_its_examples_where_it_will_be_served(package: Package) -> None:
    blobs = MemoryBlobs()
    stored = blobs.put(package.manifest_bytes)
    for data in package.files.values():
        blobs.put(data)
    assert stored == package.id
    manifest, files = load_package(blobs, package.id)
    asyncio.run(try_package(manifest, files, package=package.id))
    examples = msgspec.msgpack.decode(files[EXAMPLES], type=Examples)
    assert len(examples.score) >= 32
    assert np.isfinite(examples.score).all()


def test_reference_and_calibration_come_back_as_they_went_in(package: Package, trained: Trained) -> None:
    reference = decode_reference(package.files[REFERENCE])
    assert encode_reference(reference) == package.files[REFERENCE]
    assert reference.held_out_rows == trained.held_out.size
    p = decode_calibration(package.files[CALIBRATION]).apply(trained.answers)
    assert abs(p.mean() - trained.y[trained.held_out].mean()) < 1e-9  # isotonic regression keeps the mean


def test_the_card_says_what_it_is_for_how_good_it_is_and_what_is_not_known(
    package: Package, kit: SimpleNamespace
) -> None:
    card = package.files[CARD].decode()
    assert "Tell passengers early." in card
    assert "| model | error | test |" in card
    assert all(f"| {f.name} | {f.kind} |" in card for f in kit.fields)


def test_too_few_rows_to_record_are_refused(kit: SimpleNamespace) -> None:
    with pytest.raises(BadInput, match="at least 32 rows held out to record, got 30"):
        make(kit.fitted(kit.flights(rows=100)), kit)


def test_a_signature_names_who_signed_and_fits_nothing_else(package: Package) -> None:
    signature = package.signed(key=KEY)
    trusted = frozenset({public_key(KEY)})
    assert verify(signature, package=package.id, trusted=trusted) == public_key(KEY)
    assert signature == package.signed(key=KEY)
    with pytest.raises(Refused, match="want one of package 0000"):
        verify(signature, package="0" * 64, trusted=trusted)
    with pytest.raises(Refused, match="want one by a trusted key"):
        verify(package.signed(key=OTHER), package=package.id, trusted=trusted)
    forged = json.loads(signature) | {"package": "0" * 64}
    with pytest.raises(Refused, match="does not fit"):
        verify(json.dumps(forged).encode(), package="0" * 64, trusted=trusted)
    stolen = json.loads(package.signed(key=OTHER)) | {"public_key": public_key(KEY)}
    with pytest.raises(Refused, match="does not fit"):
        verify(json.dumps(stolen).encode(), package=package.id, trusted=trusted)


@pytest.mark.parametrize("junk", [b"", b"{}", b"[1]", b"\xff", b'{"algorithm": "none"}'])
def test_what_is_no_signature_file_is_called_corrupt(junk: bytes) -> None:
    with pytest.raises(Corrupt, match=r"signature\.json: want"):
        verify(junk, package="0" * 64, trusted=frozenset())


def test_keys_and_ids_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(BadInput, match="signing key: want 32 bytes, got 3"):
        sign("0" * 64, key=b"abc")
    with pytest.raises(BadInput, match="package: want an id of 64 hex digits"):
        sign("../etc", key=KEY)
