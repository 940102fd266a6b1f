"""What control knows, in one file: so that a restart, a status and a replay do not read all of the journal again.

The file is derived: in doubt it is thrown away and everything is read anew. It is in doubt if its bytes are not what
was written, if it was made by other rules (:func:`basis_of`), or if the journal is shorter than what it covers. It is
replaced in one go, so control may be killed at any moment.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.control.cohorts import Closed, CohortBook
from slipway.control.decided import COLUMNS as DECIDED
from slipway.control.entity_sums import EntitySums
from slipway.control.fact_book import FactBook, MetricDay
from slipway.control.hashes import probe
from slipway.control.ledger import Ledger
from slipway.control.past import DaySums
from slipway.control.saved_post import SavedPost
from slipway.control.seen import Seen
from slipway.control.waiting import Waiting
from slipway.records.base import canonical
from slipway.records.facts import AgreementSums
from slipway.records.people import PeopleSums
from slipway.stats.moments import Moments
from slipway.storage.arrays import read_arrays, write_arrays

Array = npt.NDArray[Any]

FORMAT = 8
"""Grows with each change of what is kept, or of how it is made."""

_HEAD = "head"
_SEEN = ("home", "stage", "erred", "failed", "slowest")
_WAITING = ("key", "when_us", "arm", "value")


class Kept(msgspec.Struct, frozen=True):
    """What a checkpoint holds beside the ledger.

    Attributes:
        books: Cohorts of rollouts, as far as their days were let go.
        posts: Where the monitors stand.
        past: What models did on days that were let go.
    """

    books: dict[str, CohortBook]
    posts: tuple[SavedPost, ...]
    past: tuple[DaySums, ...]


class _Head(msgspec.Struct, frozen=True):
    """All that is no array."""

    basis: str
    arrays: tuple[str, ...]
    upto: dict[str, int]
    newest_us: int
    counts: dict[str, int]
    arms: tuple[str, ...]
    metrics: tuple[str, ...]
    asked: tuple[tuple[str, str, int], ...]
    told: tuple[tuple[str, str, int], ...]
    gone: dict[str, int]
    blocks: tuple[tuple[int, str, int, int], ...]
    books: dict[str, tuple[Closed, ...]]
    agreement: dict[str, tuple[AgreementSums, ...]]
    people: dict[str, tuple[PeopleSums, ...]]
    posts: tuple[SavedPost, ...]
    past: tuple[DaySums, ...]
    decided: dict[str, Moments]


class Checkpoint:
    """One project's file.

    Args:
        path: Where it is; its folder exists.
        basis: Of the rules that it is made by (:func:`basis_of`).
        sizes: Returns segment to size in bytes, of the segments that are there now.
        writes: Tells whether this process may write it: the one controller.
    """

    def __init__(
        self,
        path: Path,
        *,
        basis: str,
        sizes: Callable[[], Mapping[str, int]],
        writes: Callable[[], bool] = lambda: False,
    ) -> None:
        self._path, self._basis, self._sizes, self.writes = path, basis, sizes, writes

    def save(self, ledger: Ledger, *, kept: Kept) -> None:
        """Replace the file.

        Raises:
            OSError: The disk refused; the old one stays.
        """
        arrays = dict(ledger.arrays())
        for id_, book in kept.books.items():
            arrays |= {f"book/{id_}/{name}": getattr(book.fixed_seen, name) for name in _SEEN}
            for metric, day in book.facts.fixed_metrics.items():
                place = f"metric/{id_}/{metric}"
                arrays |= {f"{place}/{name}": column for name, column in day.sums._asdict().items()}
                arrays[f"{place}/hours"] = day.hours
        for name, waiting in _early(ledger).items():
            arrays |= {f"early/{name}/{c}": v for c, v in zip(_WAITING, waiting.columns(), strict=True)}
        arrays |= {f"decided/{name}": column for name, column in ledger.decided.columns().items()}
        head = _Head(
            basis=self._basis,
            arrays=tuple(sorted(arrays)),
            upto=ledger.upto,
            newest_us=ledger.newest_us,
            counts=dict(ledger.counts),
            arms=tuple(ledger.arms().values()),
            metrics=ledger.metrics(),
            asked=tuple((*place, offset) for place, offset in ledger.asked.items()),
            told=tuple((*place, offset) for place, offset in ledger.told.items()),
            gone=ledger.gone,
            blocks=ledger.numbered(),
            books={id_: tuple(book.fixed) for id_, book in kept.books.items()},
            agreement={id_: book.facts.fixed_agreement for id_, book in kept.books.items()},
            people={id_: book.facts.fixed_people for id_, book in kept.books.items()},
            posts=kept.posts,
            past=kept.past,
            decided=ledger.decided.past,
        )
        write_arrays(self._path, {_HEAD: np.frombuffer(msgspec.msgpack.encode(head), dtype=np.uint8), **arrays})

    def load(self, ledger: Ledger) -> Kept | None:
        """Fill a ledger that has read nothing, and return the rest; None, and nothing changed, if in doubt."""
        arrays = read_arrays(self._path)
        if arrays is None or _HEAD not in arrays:
            return None
        try:
            head = msgspec.msgpack.decode(arrays.pop(_HEAD).tobytes(), type=_Head)
        except msgspec.MsgspecError:
            return None
        if (head.basis, head.arrays) != (self._basis, tuple(sorted(arrays))) or not self._is_covered(head.upto):
            return None
        ledger.upto, ledger.newest_us, ledger.gone = head.upto, head.newest_us, head.gone
        ledger.counts.update(head.counts)
        ledger.asked = {(arm, segment): offset for arm, segment, offset in head.asked}
        ledger.told = {(arm, segment): offset for arm, segment, offset in head.told}
        for arm in head.arms:
            ledger.arm(arm)
        for metric in head.metrics:
            ledger.metric(metric)
        ledger.restore(arrays, blocks=head.blocks)
        early = [Waiting(tuple(arrays[f"early/{name}/{c}"] for c in _WAITING)) for name in _early(ledger)]  # type: ignore[arg-type]  # four columns
        ledger.early_outcomes, ledger.early_shadows, ledger.early_metrics = early
        ledger.decided.restore({name: arrays[f"decided/{name}"] for name in DECIDED}, past=head.decided)
        books = {id_: _book(id_, head=head, arrays=arrays) for id_ in head.books}
        return Kept(books=books, posts=head.posts, past=head.past)

    def _is_covered(self, upto: Mapping[str, int]) -> bool:
        """Tell whether the journal holds what was read; what retention removed was read, and stays in the sums."""
        sizes = self._sizes()
        held = [sizes[segment] >= offset for segment, offset in upto.items() if segment in sizes]
        return all(held) and bool(held or not upto)


def basis_of(*rules: object) -> str:
    """Return the hash of what decides how the journal is summed; another basis, other sums.

    Args:
        rules: Records, or plain values.
    """
    made_by = (FORMAT, pl.__version__, probe())
    return hashlib.sha256(canonical((made_by, rules))).hexdigest()


def _early(ledger: Ledger) -> dict[str, Waiting]:
    """Return what waits for its prediction, by name."""
    return {"outcomes": ledger.early_outcomes, "shadows": ledger.early_shadows, "metrics": ledger.early_metrics}


def _book(id_: str, *, head: _Head, arrays: Mapping[str, Array]) -> CohortBook:
    home, stage, erred, failed, slowest = (arrays[f"book/{id_}/{name}"] for name in _SEEN)
    begin = f"metric/{id_}/"
    names = {place.removeprefix(begin).partition("/")[0] for place in arrays if place.startswith(begin)}
    metrics = {
        name: MetricDay(
            EntitySums._make(arrays[f"{begin}{name}/{column}"] for column in EntitySums._fields),
            arrays[f"{begin}{name}/hours"],
        )
        for name in names
    }
    return CohortBook(
        id_,
        fixed=head.books[id_],
        seen=Seen(home, stage, erred=erred, failed=failed, slowest=slowest),
        facts=FactBook(metrics=metrics, agreement=head.agreement[id_], people=head.people[id_]),
    )
