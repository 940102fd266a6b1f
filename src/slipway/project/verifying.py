"""Read everything that was stored, and check each piece against its hash."""

import asyncio

from slipway.errors import SlipwayError
from slipway.project.asking import signature_of
from slipway.project.trusting import signer_of
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import Record
from slipway.records.cohort import VerdictInputs
from slipway.records.dataset import DatasetVersion
from slipway.records.label import Collection, LabelBatch, LabelQueue
from slipway.records.look import Look
from slipway.records.model import Manifest, PackageSignature
from slipway.records.removal import RemovedSegment
from slipway.runtime.package import load_package
from slipway.runtime.registry import ArmContext, open_arm
from slipway.storage.journal.reader import list_segments
from slipway.storage.journal.verification import JournalReport, verify
from slipway.wiring import Parts
from slipway.words import count


class Verified(Record, frozen=True, kw_only=True):
    """What was read, and what is wrong with it.

    Attributes:
        journal: The journal's segments.
        blobs: Blobs that records name, all read; without a control store, those that are there.
        audit: Hash of the newest audit entry; empty if the chain is broken, or there is no store to read it in.
        errors: One sentence for each thing that is not what was written.
    """

    journal: JournalReport
    blobs: int
    audit: str
    errors: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is what was written."""
        return not self.errors

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        journal = (
            f"{count(self.journal.rows, 'row')} in {count(self.journal.segments, 'journal segment')} "
            f"({self.journal.sealed:,} of them sealed)"
        )
        if self.journal.gaps:
            journal += f" ({count(len(self.journal.gaps), 'number')} missing: removed by retention, or a disk was full)"
        read = f"{journal}, {count(self.blobs, 'blob')} and the audit chain were read"
        if not self.audit:
            read = f"{journal} and {count(self.blobs, 'blob')} were read, the audit chain could not be"
        if self.holds:
            return f"{read}; all is what was written."
        return f"{read}; {count(len(self.errors), 'thing')} not as written: {' '.join(self.errors)}"


class PackageReport(Record, frozen=True, kw_only=True):
    """One package, checked.

    Attributes:
        package: Its id.
        holds: Whether every check held.
        sentences: What was checked and found.
    """

    package: str
    holds: bool
    sentences: tuple[str, ...]


def verify_all(parts: Parts) -> Verified:
    """Read the journal, every blob that a record names, and the audit chain.

    Where the control store cannot be read, that is one error, and every blob that is there is read all the same.
    """
    journal = verify(parts.layout.journal, sealed=parts.layout.sealed)
    errors = list(journal.errors)
    try:
        named = _named(parts)
        errors += _lost_segments(parts)
        lost = False
    except SlipwayError as error:
        named, lost = set(parts.blobs.ids()), True
        errors.append(str(error))
    for blob in sorted(named):
        try:
            parts.blobs.get(blob)
        except SlipwayError as error:
            errors.append(str(error))
    audit = "" if lost else _audit(parts, errors)
    return Verified(journal=journal, blobs=len(named), audit=audit, errors=tuple(errors))


def _lost_segments(parts: Parts) -> list[str]:
    """Say which segments a verdict was made from that are neither there nor removed by retention."""
    removed = {id_ for id_, _, _ in parts.store.all(RemovedSegment)}
    read = {segment for _, inputs, _ in parts.store.all(VerdictInputs) for segment in inputs.upto}
    present = {s.name for s in list_segments(parts.layout.journal)} | {
        leaving.stem for leaving in parts.layout.sealed.glob("*.leaving")
    }
    return [
        f"journal segment {name}: verdicts were made from it, and it is gone; retention did not remove it. "
        "Restore it from a copy."
        for name in sorted(read - removed - present)
    ]


def _named(parts: Parts) -> set[str]:
    """Return the ids of the blobs that records name."""
    named = {blob for _, v, _ in parts.store.all(DatasetVersion) for blob in v.blobs}
    named |= {b.file for _, b, _ in parts.store.all(LabelBatch)} | {q.file for _, q, _ in parts.store.all(LabelQueue)}
    named |= {c.unresolved for _, c, _ in parts.store.all(Collection) if c.unresolved}
    for id_, manifest, _ in parts.store.all(Manifest):
        named |= {id_, *manifest.files.values()}
    named |= {look.rows for _, look, _ in parts.store.all(Look) if look.rows}
    return named | {s.file for _, s, _ in parts.store.all(PackageSignature)}


def _audit(parts: Parts, errors: list[str]) -> str:
    try:
        return parts.store.verify_audit()
    except SlipwayError as error:
        errors.append(str(error))
        return ""


def verify_package(parts: Parts, package: str) -> PackageReport:
    """Check a package's files and its signature, and ask the model its recorded examples in a child process."""
    try:
        manifest, files = load_package(parts.blobs, package)
        signer = signer_of(parts, package)
        arm = Arm(name="verified", kind=ArmKind.MODEL, package=package)
        asyncio.run(_open_and_close(arm, parts))
    except SlipwayError as error:
        return PackageReport(package=package, holds=False, sentences=(str(error),))
    whose = "a trusted" if parts.scope.modeling.trusted_keys else "this project's"
    sentences = (
        f"{len(files)} files have the hashes that the manifest names.",
        f"Its signature fits, made with {whose} key, {signer[:12]}.",
        f"{manifest.name} gave its recorded answers again, in a child process with limits.",
    )
    return PackageReport(package=package, holds=True, sentences=sentences)


async def _open_and_close(arm: Arm, parts: Parts) -> None:
    context = ArmContext(signature=signature_of(parts.scope), blobs=parts.blobs, root=parts.layout.root)
    runtime = await open_arm(arm, context=context)
    await runtime.close()
