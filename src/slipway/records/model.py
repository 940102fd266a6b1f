"""A model package: an immutable folder named by the hash of its manifest."""

from slipway.records.base import Record
from slipway.records.dataset import Score
from slipway.records.field import Field
from slipway.records.task import TaskKind


class Signature(Record, frozen=True, kw_only=True):
    """What a model takes and gives.

    Attributes:
        fields: Inputs in order.
        kind: Binary (one score in [0, 1]) or regression (one number).
        threshold: Score from which a binary answer counts as 1.
    """

    fields: tuple[Field, ...]
    kind: TaskKind
    threshold: float = 0.5


class Provenance(Record, frozen=True, kw_only=True):
    """Where a model came from.

    Attributes:
        run: Empty: a run names its package, so a package cannot name its run. Manifests of before hold it.
        code: SHA-256 of the code.
        params_hash: SHA-256 of the hyperparameters.
        data: Dataset version id, or empty.
        seed: Seed.
        tool: Name and version of what trained it.
        source: What it was imported from, in words; empty where it was trained here.
        unknown: What nobody could tell when it was imported, a sentence each.
    """

    run: str = ""
    code: str = ""
    params_hash: str = ""
    data: str = ""
    seed: int = 0
    tool: str = ""
    source: str = ""
    unknown: tuple[str, ...] = ()


class Manifest(Record, frozen=True, kw_only=True):
    """Everything about a model but its bytes; the package id is the content id of this record.

    Attributes:
        name: A checked word.
        signature: Inputs and output.
        files: File name to SHA-256: ``model.onnx``, ``reference.msgpack`` (profile of X and of the scores),
            ``calibration.msgpack``, ``examples.msgpack`` (rows with the answers recorded at packaging), ``card.md``,
            and for a binary task ``reliability.json``.
        parity: Largest difference between the original model's answers and the graph's, on ``parity_rows`` real rows.
        parity_rows: How many rows that was measured on; 0 for a graph that came without its original.
        scores: Metrics at packaging.
        provenance: Where it came from.
        created_us: When.
    """

    name: str
    signature: Signature
    files: dict[str, str]
    parity: float
    parity_rows: int
    scores: tuple[Score, ...]
    provenance: Provenance
    created_us: int


class PackageSignature(Record, frozen=True, kw_only=True):
    """Who signed a package; it stands beside the package, which cannot hold what is made from its own hash.

    Attributes:
        package: Package id.
        public_key: Public half of the key, 64 hex digits.
        file: Blob id of ``signature.json``.
    """

    package: str
    public_key: str
    file: str
