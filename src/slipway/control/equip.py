"""From a packaged model to its monitor: the reference and the calibration that it carries."""

from slipway.control.post import Equipped
from slipway.control.slices import Model
from slipway.monitoring.advise import Limits
from slipway.monitoring.feed_events import FeedEvents, marks_of
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor
from slipway.ports import BlobStore
from slipway.records.arm import Arm
from slipway.records.calibration import decode_calibration
from slipway.records.reference import decode_reference, table_of
from slipway.records.scope import Scope
from slipway.runtime.package import load_manifest
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores

REFERENCE, CALIBRATION = "reference.msgpack", "calibration.msgpack"


def equip(arm: Arm, *, blobs: BlobStore, scope: Scope) -> Equipped | None:
    """Return the model behind an arm with its monitor; None if its package carries no reference.

    Raises:
        NotFound: No such package.
        Corrupt: A file is not what was written.
        BadInput: The reference does not bear the unit that the scope asks for.
    """
    manifest = load_manifest(blobs, arm.package)
    if not {REFERENCE, CALIBRATION} <= manifest.files.keys():
        return None
    reference = decode_reference(blobs.get(manifest.files[REFERENCE]))
    calibration = decode_calibration(blobs.get(manifest.files[CALIBRATION]))
    instruments = instruments_of(reference, unit=scope.monitoring.unit)
    monitor = Monitor(
        model=arm.name,
        reference=reference,
        instruments=instruments,
        limits=Limits(
            metric=scope.rollout.metric,
            tolerance=scope.monitoring.tolerance,
            kill_above=scope.metric.kill_above,
        ),
        units={f.name: f.unit for f in scope.fields},
        alpha=scope.monitoring.alpha,
        feed=FeedEvents.of(reference),
    )
    model = Model(
        arm=arm.name,
        reference=reference,
        calibration=calibration,
        coder=Coder(instruments.inputs.reference, marks=marks_of(reference)),
        together=JointScores.of(table_of(reference)) if instruments.joint is not None else None,
    )
    return Equipped(model=model, monitor=monitor)
