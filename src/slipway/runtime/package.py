"""A package by its id: the manifest and the files, every byte checked on the way in."""

import hashlib

import msgspec

from slipway.errors import Corrupt, NotFound, Refused
from slipway.ports import BlobStore
from slipway.records.examples import Examples
from slipway.records.model import Manifest

GRAPH, EXAMPLES = "model.onnx", "examples.msgpack"


def load_manifest(blobs: BlobStore, package: str) -> Manifest:
    """Return the manifest whose content id is the package id.

    Raises:
        NotFound: No such package.
        Corrupt: What is stored under that id is no manifest, or one with another id.
    """
    if not blobs.has(package):
        raise NotFound(f"package {package[:12]}: no such package here. List what there is with 'slipway model list'.")
    data = blobs.get(package)
    try:
        manifest = msgspec.msgpack.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise Corrupt(f"package {package[:12]}: want a manifest, got other bytes ({error}). Package again.") from None
    if (found := hashlib.sha256(data).hexdigest()) != package:
        raise Corrupt(f"package {package[:12]}: want a manifest with that content id, got {found[:12]}. Package again.")
    return manifest


def load_package(blobs: BlobStore, package: str) -> tuple[Manifest, dict[str, bytes]]:
    """Return the manifest and the files by name; each file's bytes match the hash that the manifest gives.

    Raises:
        NotFound: The package or one of its files is not there.
        Corrupt: Stored bytes are not what the manifest says.
        Refused: The package lacks the graph or the recorded examples, without which it cannot be tried.
    """
    manifest = load_manifest(blobs, package)
    if missing := [name for name in (GRAPH, EXAMPLES) if name not in manifest.files]:
        raise Refused(
            f"package {package[:12]} ({manifest.name}): want files {GRAPH} and {EXAMPLES}, got none named {missing}. "
            "Package the model again."
        )
    return manifest, {name: blobs.get(sha256) for name, sha256 in manifest.files.items()}


def examples_of(files: dict[str, bytes], *, package: str) -> Examples:
    """Return the recorded examples of a package's files.

    Raises:
        Corrupt: The file does not hold examples.
        Refused: There is not a single one, so the model cannot be tried.
    """
    try:
        examples = msgspec.msgpack.decode(files[EXAMPLES], type=Examples)
    except msgspec.DecodeError as error:
        raise Corrupt(f"package {package[:12]}: want rows in {EXAMPLES}, got {error}. Package again.") from None
    if not examples.score:
        raise Refused(f"package {package[:12]}: want at least one recorded example, got none. Package the model again.")
    return examples
