"""Model packages: kept as blobs, named by their content, signed, and registered as an arm."""

from typing import Any

from slipway.modeling.notebook import package_estimator
from slipway.modeling.package import Package
from slipway.modeling.signing import public_key
from slipway.ports import Change, Columns, Floats
from slipway.records.arm import MEMORY_MB, Arm, ArmKind
from slipway.records.model import Manifest, PackageSignature, Signature
from slipway.records.scope import Scope
from slipway.records.scoring import Scoring
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.package import GRAPH, load_package
from slipway.storage.secret_key import secret_key
from slipway.wiring import Parts


class Graph:
    """Scores rows with an ONNX file exactly as service does."""

    def __init__(self, graph: bytes, signature: Signature) -> None:
        self._runtime = OnnxRuntime(graph, signature=signature, name="graph")

    def __call__(self, columns: Columns, rows: int) -> Floats:
        """Return one score a row, shape (rows,)."""
        return self._runtime.score(columns, rows=rows)


def arm_name(name: str, package: str) -> str:
    """Return the name under which a package answers: its own, and as much of its id as tells it from its brothers.

    >>> arm_name("trees", "9f86d081884c7d65")
    'trees-9f86d081'
    """
    return f"{name[:50]}-{package[:8]}"


def model_arm(manifest: Manifest, package: str, *, scope: Scope) -> Arm:
    """Return the arm that asks a package, on the device and within the memory that the scope gives a worker."""
    return Arm(
        name=arm_name(manifest.name, package),
        kind=ArmKind.MODEL,
        package=package,
        device=scope.serving.device,
        memory_mb=scope.budgets.memory_mb or MEMORY_MB,
    )


def keep(parts: Parts, package: Package) -> list[Change]:
    """Store a package's bytes and its signature, and return the changes that make it known.

    The bytes come first: a record never names a blob that is not there.
    """
    for data in package.files.values():
        parts.blobs.put(data)
    parts.blobs.put(package.manifest_bytes)
    key = secret_key(parts.layout.signing_key)
    signature = PackageSignature(
        package=package.id, public_key=public_key(key), file=parts.blobs.put(package.signed(key=key))
    )
    arm = model_arm(package.manifest, package.id, scope=parts.scope)
    return [
        Change(package.manifest, package.id, None),
        Change(signature, package.id, None),
        Change(arm, arm.name, None),
    ]


def package(parts: Parts, estimator: Any, X: Any, y: Any, *, name: str, by: str) -> str:  # noqa: N803 - as everybody writes it
    """Package a fitted estimator and return the package id.

    Raises:
        Refused: The graph answers otherwise than the estimator.
        BadInput: X does not hold the scope's fields in order, or too few rows.
    """
    scope = parts.scope
    now = parts.clock.now_us()
    made = package_estimator(
        estimator,
        X,
        y,
        name=name,
        load=Graph,
        created_us=now,
        scoring=Scoring.of(scope.task, metric=scope.metric),
        fields=scope.fields,
        purpose=scope.project.need,
    )
    changes = keep(parts, made)
    parts.store.commit(changes, at_us=now, by=by, why=f"package {name} from a fitted estimator")
    return made.id


def scorer(parts: Parts, package_id: str) -> tuple[Manifest, Graph]:
    """Return a kept package's manifest and a function that scores rows with it.

    Raises:
        NotFound: No such package.
        Corrupt: Its bytes are not what was stored.
    """
    manifest, files = load_package(parts.blobs, package_id)
    return manifest, Graph(files[GRAPH], manifest.signature)
