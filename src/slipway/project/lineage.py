"""Where a dataset version came from, and what came from it."""

from slipway.project import dataset_files, datasets
from slipway.records.base import Record
from slipway.records.dataset import DatasetVersion
from slipway.records.label import LabelQueue
from slipway.records.model import Manifest
from slipway.records.run import Run
from slipway.wiring import Parts
from slipway.words import count, short


class Lineage(Record, frozen=True, kw_only=True):
    """What a dataset version came from, and what came from it; each by its id.

    Attributes:
        version: The version.
        source: Where its rows came from, in words.
        ancestors: Versions it was made from, directly or not, the nearest first.
        children: Versions made from it directly.
        runs: Runs that learned from it.
        packages: Packages whose models learned from it.
        queues: Lists of its rows that people label.
        pieces: Pieces that hold its rows.
        shared_pieces: Of these, those that another version holds too and that are kept once.
        sentences: All of it in words.
    """

    version: str
    source: str
    ancestors: tuple[str, ...]
    children: tuple[str, ...]
    runs: tuple[str, ...]
    packages: tuple[str, ...]
    queues: tuple[str, ...]
    pieces: int
    shared_pieces: int
    sentences: tuple[str, ...]


def lineage_of(parts: Parts, version: DatasetVersion) -> Lineage:
    """Say where a version came from and what came from it, as the control store knows it."""
    versions = [v for _, v, _ in parts.store.all(DatasetVersion)]
    ancestors = tuple(datasets.lineage(parts, version)[1:])
    children = tuple(v.id for v in versions if version.id in v.parents)
    runs = tuple(id_ for id_, run, _ in parts.store.all(Run) if run.data == version.id)
    packages = tuple(id_ for id_, m, _ in parts.store.all(Manifest) if m.provenance.data == version.id)
    queues = tuple(id_ for id_, queue, _ in parts.store.all(LabelQueue) if queue.dataset == version.id)
    kept = dataset_files.shared(version, others=versions)
    sentences = [f"{version.name} {short(version.id)}: {count(version.rows, 'row')} from {version.source}."]
    sentences += [f"Made from {_named(ancestors)}."] * bool(ancestors)
    siblings = tuple(v.id for v in versions if v.rows_id == version.rows_id and v.id != version.id)
    sentences += [f"Same rows as {_named(siblings)}, divided otherwise."] * bool(siblings)
    told = (("Made into", children), ("Runs", runs), ("Packages", packages), ("Lists to label", queues))
    sentences += [f"{what}: {_named(ids)}." for what, ids in told if ids]
    if not any(ids for _, ids in told):
        sentences.append("Nothing was made from it yet.")
    sentences.append(f"{kept.shared} of its {count(kept.pieces, 'piece')} are kept once with other versions.")
    return Lineage(
        version=version.id,
        source=version.source,
        ancestors=ancestors,
        children=children,
        runs=runs,
        packages=packages,
        queues=queues,
        pieces=kept.pieces,
        shared_pieces=kept.shared,
        sentences=tuple(sentences),
    )


def _named(ids: tuple[str, ...]) -> str:
    return ", ".join(short(id_) for id_ in ids)
