"""What the queue holds in memory, and how it is read: one cabinet for whoever brings cases and whoever decides them."""

import threading
from collections.abc import Callable, Sequence

from slipway.control.review_shelf import Shelf
from slipway.deployment import reviewing as rules
from slipway.ports import ControlStore
from slipway.records.arm import Arm, ArmKind, Reading
from slipway.records.review import ReviewCase
from slipway.records.scoring import Scoring


class Cabinet:
    """Holds the cases for as long as this process is the controller.

    Args:
        store: Control store.
        people: Arms of the scope; those of kind ``person`` say how their cases are read.
        scoring: Of the task; also an attribute.
        names: Who decided, as the journal may hold it; also an attribute.
        term: Tells which time this is that this process is the controller: another number for each. What the store
            holds is read anew then, for another process may have changed it meanwhile.

    Attributes:
        lock: Held by whoever reads or changes cases; the same thread may take it again.
        people: Arms of kind ``person``, by name.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        people: Sequence[Arm],
        scoring: Scoring,
        names: Callable[[list[str]], list[str]],
        term: Callable[[], int],
    ) -> None:
        self.scoring, self.names = scoring, names
        self.lock = threading.RLock()
        self.people = {arm.name: arm for arm in people if arm.kind is ArmKind.PERSON}
        self._store = store
        self._shelf: Shelf | None = None
        self._term, self._shelf_of = term, 0

    @property
    def cases(self) -> Shelf:
        """The cases, read from the store where they are not held yet, or were held in another term."""
        term = self._term()
        if self._shelf is None or term != self._shelf_of:
            self._shelf_of = term
            self._shelf = Shelf(
                self._store,
                rank=lambda case: rules.rank(case, reading=self.reading(case)),
                is_open=lambda case: not rules.is_done(case, scoring=self.scoring),
            )
        return self._shelf

    def forget(self) -> None:
        """Read the cases anew when they are wanted next."""
        self._shelf = None

    def reading(self, case: ReviewCase) -> Reading:
        """Return how a case is read."""
        arm = self.people.get(case.person)
        return (arm.reading if arm else None) or Reading()
