"""Rows of the journal as they are held: a block for each day of each route, and where the row of each id lies.

Of rows with one id one is held: an answer before no answer, then the earliest; which was read first does not matter.
A place is the number of a block and a row in it, in one integer.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import NEVER, ROW_BITS, ROW_MASK, Block, Known, by_block
from slipway.control.hashes import Hashes
from slipway.control.index import ABSENT, HashIndex

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """Rows on their way into a block.

    Attributes:
        keys: Hashes of their ids.
        columns: Columns of the block.
        bins: Key of a coder to the bins of X.
    """

    keys: Hashes
    columns: dict[str, Array]
    bins: dict[str, npt.NDArray[np.uint8]]

    def of(self, rows: Array) -> "Batch":
        """Return some of the rows."""
        columns, bins = ({name: column[rows] for name, column in part.items()} for part in (self.columns, self.bins))
        return Batch(self.keys[rows], columns, bins)


class Added(NamedTuple):
    """What became of a batch.

    Attributes:
        keys: Those of its rows that are held now.
        places: Where they are.
        withdrawn: Rows held before that gave way to one of them.
        duplicates: Rows that had the id of another, in the batch or held.
    """

    keys: Hashes
    places: Ints
    withdrawn: int
    duplicates: int


class HeldRows:
    """Holds rows, and what is said of them.

    Args:
        arm: Returns the name behind an arm's code.
    """

    def __init__(self, *, arm: Callable[[int], str]) -> None:
        self._arm = arm
        self._blocks: dict[int, Block] = {}
        self._by_day: dict[tuple[str, int], int] = {}
        self._next = 0
        self._index = HashIndex()

    def __len__(self) -> int:
        return sum(map(len, list(self._blocks.values())))

    @property
    def size_bytes(self) -> int:
        """Memory of what is held."""
        return sum(block.size_bytes for block in list(self._blocks.values())) + self._index.size_bytes

    def routes(self) -> list[str]:
        """Return the routes that have rows."""
        return sorted({route for route, _ in self._by_day})

    def blocks(self, route: str) -> Iterator[Block]:
        """Yield the days of a route, oldest first."""
        for key in sorted(key for key in self._by_day if key[0] == route):
            yield self._blocks[self._by_day[key]]

    def find(self, keys: Hashes) -> Ints:
        """Return where the row of each id is, :data:`~slipway.control.index.ABSENT` where none is held."""
        return self._index.find(keys)

    def rows_of(self, block: Block, keys: Hashes) -> Ints:
        """Return which row of a day has each id, :data:`~slipway.control.index.ABSENT` where none has."""
        number, places = self._by_day[block.route, block.day], self.find(keys)
        return np.where((places != ABSENT) & (places >> ROW_BITS == number), places & ROW_MASK, ABSENT)

    def by_block(self, places: Ints) -> Iterator[tuple[Block, Ints, npt.NDArray[np.bool_]]]:
        """Yield (block, its rows, which of the places they are) for each block; what is not held is left out."""
        for number, own in by_block(places):
            if number in self._blocks:
                yield self._blocks[number], places[own] & ROW_MASK, own

    def add(self, batch: Batch, *, route: str, day: int) -> Added:
        """Hold the rows of one day; what was said of a row that gives way is said of the one that takes its place."""
        given, batch = len(batch.keys), self._once(batch)
        places = self.find(batch.keys)
        wanted, known = places == ABSENT, dict[int, Known]()
        again = np.flatnonzero(~wanted).tolist()
        for i in again:
            block, row = self._at(int(places[i]))
            if self._rank(batch.columns, i) < self._rank(block.columns(), row):
                wanted[i], known[i] = True, block.withdraw(row)
        duplicates = given - len(batch.keys) + len(again)
        numbers = np.cumsum(wanted) - 1
        batch = batch if wanted.all() else batch.of(wanted)
        number = self._number(route, day)
        places = number << ROW_BITS | self._blocks[number].append(batch.columns, bins=batch.bins)
        self._index.put(batch.keys, places=places)
        for i, what in known.items():
            self._know(int(places[numbers[i]]), what)
        return Added(batch.keys, places, len(known), duplicates)

    def going(self, block: Block) -> npt.NDArray[np.int64]:
        """Return the numbers of the blocks that :meth:`let_go` forgets."""
        return np.array([number for key, number in self._by_day.items() if _upto(key, block)], dtype=np.int64)

    def let_go(self, block: Block) -> int:
        """Forget the rows of a day and of all before it on its route; return when the oldest that is held began."""
        for key in [key for key in self._by_day if _upto(key, block)]:
            del self._blocks[self._by_day.pop(key)]
        held = np.fromiter(self._blocks, dtype=np.int64, count=len(self._blocks))
        _, places = self._index.items()
        self._index.keep(np.isin(places >> ROW_BITS, held))
        return min((b.start_us for b in self._blocks.values()), default=block.end_us)

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Yield the arrays of all that is held, by name, for :meth:`restore`."""
        for number, block in self._blocks.items():
            for name, column in block.columns().items():
                yield f"block/{number}/{name}", column
        keys, places = self._index.items()
        yield from (("index/keys", keys), ("index/places", places))

    def numbered(self) -> tuple[tuple[int, str, int, int], ...]:
        """Return (number, route, day, revision) of each block."""
        return tuple((number, b.route, b.day, b.revision) for number, b in self._blocks.items())

    def restore(self, arrays: Mapping[str, Array], *, blocks: Iterable[tuple[int, str, int, int]]) -> None:
        """Hold again what :meth:`arrays` and :meth:`numbered` told; nothing is held yet."""
        columns: dict[str, dict[str, Array]] = defaultdict(dict)
        for name, array in arrays.items():
            kind, _, rest = name.partition("/")
            if kind == "block":
                own, _, column = rest.partition("/")
                columns[own][column] = array
        for number, route, day, revision in blocks:
            self._blocks[number] = Block.of(columns[str(number)], route=route, day=day, revision=revision)
            self._by_day[route, day] = number
            self._next = max(self._next, number + 1)
        self._index.put(arrays["index/keys"], places=arrays["index/places"])

    def _once(self, batch: Batch) -> Batch:
        """Return the batch with each id once."""
        order = np.argsort(batch.keys, kind="stable")
        same = batch.keys[order][1:] == batch.keys[order][:-1]
        if not same.any():
            return batch
        best: dict[int, int] = {}
        for i, key in enumerate(batch.keys.tolist()):
            if key not in best or self._rank(batch.columns, i) < self._rank(batch.columns, best[key]):
                best[key] = i
        return batch.of(np.array(sorted(best.values())))

    def _rank(self, columns: Mapping[str, Array], row: int) -> tuple[bool, int, int, str, int, str]:
        """Order rows with one id: who asks again after a failure is answered late, and that answer is what he got.

        Then what came first counts; the rest only makes the order one, whichever was read first.
        """
        score = float(columns["score"][row])
        return (
            math.isnan(score),
            int(columns["at_us"][row]),
            int(columns["version"][row]),
            self._arm(int(columns["arm"][row])),
            int(columns["latency_us"][row]),
            str(score),
        )

    def _at(self, place: int) -> tuple[Block, int]:
        return self._blocks[place >> ROW_BITS], place & ROW_MASK

    def _number(self, route: str, day: int) -> int:
        if (route, day) not in self._by_day:
            self._by_day[route, day] = self._next
            self._blocks[self._next] = Block(route=route, day=day)
            self._next += 1
        return self._by_day[route, day]

    def _know(self, place: int, known: Known) -> None:
        block, row = self._at(place)
        rows = np.array([row])
        if known.outcome_at_us != NEVER:
            block.put_outcomes(rows, at_us=np.array([known.outcome_at_us]), value=np.array([known.outcome]))
        for arm, score in known.shadows:
            block.put_shadows(rows, arm=arm, score=np.array([score]))
        for metric, at_us, value in known.metrics:
            block.put_metric(rows, metric=metric, at_us=np.array([at_us]), value=np.array([value]))


def _upto(key: tuple[str, int], block: Block) -> bool:
    return key[0] == block.route and key[1] <= block.day
