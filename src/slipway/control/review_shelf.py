"""The cases that people decide, in memory and in the control store, which has them first.

Each change is one compare-and-set. Whoever loses it to another process takes up what that one stored; so a case is
never handed out twice, whoever asks, and whatever is killed leaves what was stored.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence

from slipway.errors import Conflict, NotFound
from slipway.ports import Change, ControlStore
from slipway.records.review import ReviewCase

_AT_ONCE = 500
Key = tuple[float, float, str]


class Shelf:
    """Holds the cases. For one thread.

    Args:
        store: Control store.
        rank: What an open case is handed out by, smallest first.
        is_open: Whether anybody has to do anything with a case.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        rank: Callable[[ReviewCase], tuple[float, float]],
        is_open: Callable[[ReviewCase], bool],
    ) -> None:
        self._store, self._rank, self._is_open = store, rank, is_open
        self._cases: dict[str, tuple[ReviewCase, int]] = {}
        self._order: list[Key] = []
        self._keys: dict[str, Key] = {}
        self._held: dict[str, set[str]] = {}
        for id_, case, version in store.all(ReviewCase):
            self._put(id_, case, version)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._cases

    def __len__(self) -> int:
        return len(self._cases)

    def get(self, id_: str) -> ReviewCase:
        """Return a case.

        Raises:
            NotFound: There is none under that id.
        """
        if id_ not in self._cases:
            raise NotFound(f"case {id_[:80]}: want the id of a request that people are to decide, got another.")
        return self._cases[id_][0]

    def find(self, id_: str) -> ReviewCase | None:
        """Return a case, or None where there is none under that id."""
        return self._cases[id_][0] if id_ in self._cases else None

    def all(self) -> Iterator[tuple[str, ReviewCase]]:
        """Yield (id, case), oldest first."""
        yield from ((id_, case) for id_, (case, _) in self._cases.items())

    def open(self) -> Iterator[tuple[str, ReviewCase]]:
        """Yield (id, case) of those with which anybody has something to do, in the order of their rank."""
        for _, _, id_ in self._order:
            yield id_, self._cases[id_][0]

    def held(self, by: str) -> list[str]:
        """Return the cases that somebody took last, and may have still."""
        return sorted(self._held.get(by, ()))

    def add(self, cases: Sequence[tuple[str, ReviewCase]], *, at_us: int, by: str) -> None:
        """Store new cases; those that are there already stay as they are.

        Raises:
            SlipwayError: The store refuses; what was stored before is kept.
        """
        fresh = [(id_, case) for id_, case in cases if id_ not in self._cases]
        for first in range(0, len(fresh), _AT_ONCE):
            some = fresh[first : first + _AT_ONCE]
            try:
                self._commit([(id_, case, 0) for id_, case in some], at_us=at_us, by=by, why="people are to decide it")
            except Conflict:  # another controller was here before
                for id_, case in some:
                    self._add_one(id_, case, at_us=at_us, by=by)

    def change(self, id_: str, case: ReviewCase, *, at_us: int, by: str, why: str) -> None:
        """Store the next version of a case.

        Raises:
            Conflict: Another process changed it; what that one stored is taken up.
        """
        self.change_all([(id_, case)], at_us=at_us, by=by, why=why)

    def change_all(self, cases: Sequence[tuple[str, ReviewCase]], *, at_us: int, by: str, why: str) -> None:
        """Store the next versions of some cases, all or none; raises as :meth:`change` does."""
        try:
            self._commit([(id_, case, self._cases[id_][1]) for id_, case in cases], at_us=at_us, by=by, why=why)
        except Conflict:
            for id_, _ in cases:
                self._put(id_, *self._store.get(ReviewCase, id=id_))
            raise

    def _add_one(self, id_: str, case: ReviewCase, *, at_us: int, by: str) -> None:
        try:
            self._commit([(id_, case, 0)], at_us=at_us, by=by, why="people are to decide it")
        except Conflict:
            self._put(id_, *self._store.get(ReviewCase, id=id_))

    def _commit(self, cases: Sequence[tuple[str, ReviewCase, int]], *, at_us: int, by: str, why: str) -> None:
        self._store.commit([Change(case, id_, version) for id_, case, version in cases], at_us=at_us, by=by, why=why)
        for id_, case, version in cases:
            self._put(id_, case, version + 1)

    def _put(self, id_: str, case: ReviewCase, version: int) -> None:
        if (old := self._cases.get(id_)) is not None:
            self._held.get(old[0].holder, set()).discard(id_)
        if case.holder:
            self._held.setdefault(case.holder, set()).add(id_)
        self._cases[id_] = (case, version)
        key = (*self._rank(case), id_) if self._is_open(case) else None
        if key == self._keys.get(id_):
            return
        if (before := self._keys.pop(id_, None)) is not None:
            del self._order[bisect_left(self._order, before)]
        if key is not None:
            self._keys[id_] = key
            insort(self._order, key)
