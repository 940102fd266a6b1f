"""The exam for a control store's lease: one controller at a time, and who was replaced changes nothing any more."""

from abc import abstractmethod
from pathlib import Path
from typing import Protocol

from slipway.errors import Conflict
from slipway.ports import Change, ControlStore
from slipway.records.arm import Arm
from slipway.storage.lease import Lease, LeasedStore
from slipway.testing.exam import equal, refuses
from slipway.testing.records import arm


class LeasedControlStore(ControlStore, LeasedStore, Protocol):
    """Both of what a controller's store is."""


class LeaseContract:
    """What every control store promises about who is the controller."""

    @abstractmethod
    def two(self, folder: Path) -> tuple[LeasedControlStore, LeasedControlStore]:
        """Return two clients of one new store."""

    def test_each_take_has_a_token_of_its_own(self, tmp_path: Path) -> None:
        """From 1 on, one more each time, also after it was given back."""
        one, two = self.two(tmp_path)
        equal(one.lease(), Lease(), promise="nobody has the lease of a new store")
        equal(one.take_lease(Lease(), holder="one", lock="a"), 1, promise="the first token is 1")
        equal(two.lease(), Lease(token=1, holder="one", lock="a"), promise="everybody sees who has it")
        one.give_lease(1)
        equal(two.lease(), Lease(token=1), promise="it was given back")
        equal(two.take_lease(two.lease(), holder="two", lock="b"), 2, promise="tokens only grow")

    def test_of_two_who_take_at_once_one_gets_it(self, tmp_path: Path) -> None:
        """Who saw it as it no longer is has to look again."""
        one, two = self.two(tmp_path)
        seen = two.lease()
        one.take_lease(seen, holder="one", lock="a")
        take = lambda: two.take_lease(seen, holder="two", lock="b")  # noqa: E731 - the call that must be refused
        refuses(Conflict, take, promise="only one of two gets it", naming="token 1 of one")
        seen = two.lease()
        one.beat_lease(1)
        refuses(Conflict, take, promise="who gives a sign of life keeps it")
        equal(two.lease().beat, seen.beat + 1, promise="each sign counts")

    def test_who_was_replaced_stores_nothing(self, tmp_path: Path) -> None:
        """However long it slept: its token is not the newest."""
        one, two = self.two(tmp_path)
        one.token = one.take_lease(one.lease(), holder="one", lock="a")
        one.commit([Change(arm("a"), "a", 0)], at_us=1, by="exam", why="test")
        two.token = two.take_lease(two.lease(), holder="two", lock="b")
        late = lambda: one.commit([Change(arm("b"), "b", 0)], at_us=1, by="exam", why="late")  # noqa: E731 - as above
        refuses(Conflict, late, promise="who was replaced stores nothing", naming="token 2 of two")
        refuses(Conflict, lambda: one.beat_lease(1), promise="nor does it beat")
        one.give_lease(1)
        equal(two.lease(), Lease(token=2, holder="two", lock="b"), promise="nor does it give away what is not its own")
        two.commit([Change(arm("c"), "c", 0)], at_us=1, by="exam", why="test")
        equal([i for i, _, _ in two.all(Arm)], ["a", "c"], promise="the newest stores")

    def test_who_is_no_controller_needs_no_lease(self, tmp_path: Path) -> None:
        """Runs, datasets and labels are stored by anybody."""
        one, two = self.two(tmp_path)
        one.take_lease(one.lease(), holder="one", lock="a")
        two.commit([Change(arm("a"), "a", 0)], at_us=1, by="exam", why="test")
        equal(len(two.all(Arm)), 1, promise="others store beside the controller")
