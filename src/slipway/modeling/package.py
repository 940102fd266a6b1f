"""Make a package: a manifest, whose hash is the package's id, and the files that it names by their hashes."""

import hashlib
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import Refused
from slipway.modeling.answers import Loader, Scorer, asker
from slipway.modeling.blocks import block_length, into_blocks
from slipway.modeling.card import write_card
from slipway.modeling.convert import convert
from slipway.modeling.examples import record_examples
from slipway.modeling.frame import as_columns
from slipway.modeling.parity import Parity, Tolerance, check_parity, compare_answers
from slipway.modeling.reference import make_reference
from slipway.modeling.reliability import reliabilities
from slipway.modeling.signing import sign
from slipway.modeling.train import Trained, trained_elsewhere
from slipway.modeling.traps import known_trap
from slipway.modeling.usual import with_usual
from slipway.records.base import canonical, check_name
from slipway.records.calibration import Calibration, encode_calibration
from slipway.records.dataset import Score
from slipway.records.field import Field
from slipway.records.model import Manifest, Provenance, Signature
from slipway.records.reference import encode_reference
from slipway.records.reliability import Reliabilities, encode_reliability
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GRAPH, REFERENCE, CALIBRATION = "model.onnx", "reference.msgpack", "calibration.msgpack"
EXAMPLES, CARD, RELIABILITY = "examples.msgpack", "card.md", "reliability.json"
_PARITY_ROWS = 20_000


class Package(NamedTuple):
    """A model ready to be kept: every part as bytes.

    Attributes:
        id: SHA-256 of ``manifest_bytes``, 64 hex digits.
        manifest: Everything about the model but its bytes.
        manifest_bytes: Its canonical form; stored as a blob, its hash is the id.
        files: File name to bytes; each is stored as a blob whose hash the manifest names.
        parity: How far the graph is from the model.
    """

    id: str
    manifest: Manifest
    manifest_bytes: bytes
    files: dict[str, bytes]
    parity: Parity

    def signed(self, *, key: bytes) -> bytes:
        """Return the bytes of ``signature.json``, which stands beside the package."""
        return sign(self.id, key=key)


def package_trained(
    trained: Trained,
    *,
    name: str,
    load: Loader,
    provenance: Provenance,
    created_us: int,
    baselines: tuple[Score, ...] = (),
    purpose: str = "",
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - immutable
) -> Package:
    """Package a trained model, if its graph is the model.

    Args:
        trained: From :func:`slipway.modeling.train.fit`.
        name: A checked word.
        load: Loads an ONNX file as service will, such as ``OnnxRuntime(graph, ...).score``.
        provenance: Where it came from.
        created_us: When, microseconds since the epoch, UTC.
        baselines: Scores that it must beat, for manifest and card.
        purpose: What it is for, in a sentence or a paragraph.
        tolerance: How far the graph may be from the model.

    Raises:
        BadInput: The name is no checked word, or there are fewer than 32 rows to record as examples.
        Refused: The estimator cannot be converted, or its graph answers differently.
        MissingExtra: skl2onnx is not installed.
    """
    check_name("package", name)
    fields, scoring = trained.fields, trained.scoring
    graph = convert(trained.estimator, fields=fields, kind=scoring.kind)
    score = load(graph, trained.signature)
    rows = trained.held_out[:_PARITY_ROWS]
    parity = check_parity(
        asker(trained.estimator, kind=scoring.kind),
        graph=score,
        name=name,
        x=trained.x[rows],
        wanted=trained.answers[:_PARITY_ROWS],
        fields=fields,
        kind=scoring.kind,
        threshold=scoring.threshold,
        tolerance=tolerance,
        suspect=lambda x: known_trap(trained.estimator, x=x),
    )
    return _assemble(
        trained,
        graph=graph,
        score=score,
        parity=parity,
        name=name,
        provenance=provenance,
        created_us=created_us,
        baselines=baselines,
        purpose=purpose,
    )


def package_graph(
    graph: bytes,
    *,
    x: pl.DataFrame,
    y: Floats,
    times_us: Ints | None,
    entities: Ints | None = None,
    groups: Ints | None = None,
    fields: tuple[Field, ...],
    scoring: Scoring,
    name: str,
    load: Loader,
    provenance: Provenance,
    created_us: int,
    recorded: Floats | None = None,
    baselines: tuple[Score, ...] = (),
    purpose: str = "",
) -> Package:
    """Package a graph that somebody else made, measured on rows with their truth.

    Args:
        graph: An ONNX file.
        x: Rows, as :func:`slipway.modeling.frame.as_x` makes them, best some that it did not learn from.
        y: Their truth, shape (rows,).
        times_us: Their moments in microseconds since the epoch, or None.
        entities: A number for the entity of each, or None where nobody knows.
        groups: A number for the group of each that the split kept together, or None without.
        fields: X in order.
        scoring: How an answer is scored.
        name: A checked word.
        load: Loads an ONNX file as service will.
        provenance: Where it came from, and what is not known of it.
        created_us: When, microseconds since the epoch, UTC.
        recorded: What the original answered to the rows, shape (rows,); None where nobody knows, so that there is no
            parity, and the package says so.
        baselines: Scores that it must beat.
        purpose: What it is for.

    Raises:
        BadInput: The name is no checked word, or too few rows.
        Refused: The graph does not fit the fields, leaves a row without an answer, or answers other than recorded.
    """
    check_name("package", name)
    score = load(graph, Signature(fields=fields, kind=scoring.kind, threshold=scoring.threshold))
    given = score(as_columns(x, fields=fields), x.height)
    if silent := int((~np.isfinite(given)).sum()):
        raise Refused(
            f"{name}: want a finite answer to each of {x.height:,} rows, got {silent:,} without. Export it again with "
            "what fills in missing values inside, or declare the fields it needs 'required'."
        )
    if recorded is None:
        parity = Parity(rows=0, largest=0.0, far=0, flips=0, corners=())
        missing = "How far the graph is from the model it was made from: no recorded answers came with it."
        provenance = msgspec.structs.replace(provenance, unknown=(*provenance.unknown, missing))
    else:
        way_out = "Look whether rows and graph are of one model, and export it again."
        parity = compare_answers(
            given, wanted=recorded, name=name, kind=scoring.kind, threshold=scoring.threshold, cause=lambda _: way_out
        )
    measured = trained_elsewhere(
        None,
        x=x,
        y=y,
        given=given,
        times_us=times_us,
        entities=entities,
        groups=groups,
        fields=fields,
        scoring=scoring,
    )
    return _assemble(
        measured,
        graph=graph,
        score=score,
        parity=parity,
        name=name,
        provenance=provenance,
        created_us=created_us,
        baselines=baselines,
        purpose=purpose,
    )


def _assemble(
    trained: Trained,
    *,
    graph: bytes,
    score: Scorer,
    parity: Parity,
    name: str,
    provenance: Provenance,
    created_us: int,
    baselines: tuple[Score, ...],
    purpose: str,
) -> Package:
    fields, scoring, signature = trained.fields, trained.scoring, trained.signature
    reference, calibration = make_reference(
        trained.x,
        fields=fields,
        times_us=trained.times_us,
        held_out=trained.held_out,
        scores=trained.answers,
        y=trained.y[trained.held_out],
        scoring=scoring,
    )
    reference = with_usual(reference, columns=as_columns(trained.x, fields=fields), times_us=trained.times_us)
    measured = _reliabilities(trained, calibration)
    examples = record_examples(trained.x[trained.held_out[:_PARITY_ROWS]], fields=fields, score=score)
    scores = (*trained.scores, *baselines)
    card = write_card(
        name,
        purpose=purpose,
        signature=signature,
        scores=scores,
        slices=trained.slices,
        parity=parity,
        reference=reference,
        provenance=provenance,
        reliabilities=measured,
    )
    files = {
        GRAPH: graph,
        REFERENCE: encode_reference(reference),
        CALIBRATION: encode_calibration(calibration),
        EXAMPLES: canonical(examples),
        CARD: card.encode(),
    }
    if measured is not None:
        files[RELIABILITY] = encode_reliability(measured)
    manifest = Manifest(
        name=name,
        signature=signature,
        files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        parity=parity.largest,
        parity_rows=parity.rows,
        scores=scores,
        provenance=provenance,
        created_us=created_us,
    )
    return _sealed(manifest, files, parity)


def _reliabilities(trained: Trained, calibration: Calibration) -> Reliabilities | None:
    if trained.scoring.kind is not TaskKind.BINARY:
        return None
    times = None if trained.times_us is None else trained.times_us[trained.held_out]
    return reliabilities(
        trained.answers,
        y=trained.y[trained.held_out],
        blocks=into_blocks(times, rows=trained.held_out.size, unit_us=block_length(times)).of_row,
        scoring=trained.scoring,
        calibration=calibration,
        clusters=trained.clusters,
    )


def _sealed(manifest: Manifest, files: dict[str, bytes], parity: Parity) -> Package:
    data = canonical(manifest)
    return Package(
        id=hashlib.sha256(data).hexdigest(), manifest=manifest, manifest_bytes=data, files=files, parity=parity
    )
