"""Roll back while the control store does not answer: on this machine, from what control left for that case.

After each change control leaves the rollouts that can be rolled back in a file, each with its way back. From it and
from the route in force the same rule as ever makes the route of the rollback, which needs no store. The order is
written first, then the route is put in force; once the store answers, control carries the order out there before it
does anything else. Killed anywhere in between, what was ordered is done once.
"""

import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from slipway.control.publish import RouteFiles, in_force
from slipway.control.ways_back import WaysBack
from slipway.deployment.transition import is_as_left, roll_back
from slipway.deployment.way_back import WayBack
from slipway.errors import Conflict, Corrupt, NotFound, SlipwayError, Unavailable
from slipway.ports import Change, ControlStore
from slipway.records.arm import Arm
from slipway.records.base import Record, canonical, check_name
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.storage.atomic import write_atomically

_KNOWN = "rollouts.msgpack"
_REFUSED = ".refused"


class Left(Record, frozen=True, kw_only=True):
    """What control left of a rollout.

    Attributes:
        rollout: The rollout.
        back: Where its rollback leads; None: to the arm that was live, or it has no way back any more.
        arms: The arms that ``back`` names.
    """

    rollout: Rollout
    back: WayBack | None = None
    arms: tuple[Arm, ...] = ()


class Order(Record, frozen=True, kw_only=True):
    """A rollback that the store does not know of yet.

    Attributes:
        rollout: Id.
        at_us: When it was ordered.
        by: Who ordered it.
        why: Their reason.
        back: Where it led; None: to the arm that was live.
        arms: The arms that ``back`` names.
    """

    rollout: str
    at_us: int
    by: str
    why: str
    back: WayBack | None = None
    arms: tuple[Arm, ...] = ()


class Emergency:
    """What is kept for the case that the store does not answer.

    Args:
        folder: Where; made when it is needed.
        files: Route files.
    """

    def __init__(self, folder: Path, *, files: RouteFiles) -> None:
        self._folder, self._files = folder, files
        self._keeping = threading.Lock()

    def keep(self, store: ControlStore, *, ways: WaysBack) -> None:
        """Leave what a rollback needs, where it is not as it was left last.

        Of what is rolled back only the newest is left: so it is what who names none means, and is refused.

        Args:
            store: Control store.
            ways: Finds where each rollback leads, by what is known now.

        Raises:
            DiskRefused: The old file stays.
        """
        routes = {name: route for name, route, _ in store.all(Route)}
        every = [r for _, r, _ in store.all(Rollout)]
        left = [r for r in every if r.status is not RolloutStatus.ROLLED_BACK or r is every[-1]]
        wanted = canonical([_left(r, route=routes.get(r.route), ways=ways) for r in left])
        path = self._folder / _KNOWN
        if not path.exists() or path.read_bytes() != wanted:
            write_atomically(path, wanted)

    def roll_back(self, rollout_id: str, *, now_us: int, by: str, why: str) -> Rollout:
        """Put live in force on this machine, and leave the order for the store; return the rollout as it will be.

        Args:
            rollout_id: A rollout that runs, or the last one that completed on its route, as control left it.
            now_us: The moment.
            by: Who asked for it.
            why: Their reason.

        Raises:
            NotFound: Control left no such rollout.
            Conflict: It is rolled back already, or its route has gone another way since.
            Unavailable: The disk refused.
        """
        known = {left.rollout.id: left for left in self._left()}
        if rollout_id not in known:
            raise NotFound(
                f"rollout '{rollout_id}': want one that control left for the case that its store does not answer, "
                f"found {sorted(known) or 'none'} in {self._folder}."
            )
        rollout, back, arms = (left := known[rollout_id]).rollout, left.back, left.arms
        route = self._files.read(rollout.route)
        told = {order.rollout: order for order in self._orders()}.get(rollout_id)
        if told is not None and rollout.candidate not in {*route.shadows, *(s.arm for s in route.shares)}:
            raise Conflict(f"rollout {rollout_id}: it is rolled back on this machine already; the store is told later.")
        ended = roll_back(rollout, route=route, now_us=now_us, back=back, arms=arms)
        order = told or Order(rollout=rollout_id, at_us=now_us, by=by, why=why, back=back, arms=arms)
        write_atomically(self._folder / f"order-{check_name('rollout', rollout_id)}.msgpack", canonical(order))
        if ended.route is not None:
            self._files.publish(ended.route)
        return ended.rollout

    def carry_out(self, store: ControlStore) -> list[str]:
        """Do in the store what was ordered while it did not answer, and return one sentence for each that cannot be.

        An order that can never be carried out is put aside, where :func:`refused` finds it: it must not keep control
        from its steps.

        Raises:
            Conflict: Somebody else changed the rollout meanwhile; try again.
            Unavailable: The store does not answer yet.
        """
        problems: list[str] = []
        for path in self._paths():
            try:
                self._carry_out(path, store=store, problems=problems)
            except OSError as error:
                problems.append(f"{path}: want to read and remove it, got '{error.strerror}'.")
        return problems

    def _carry_out(self, path: Path, *, store: ControlStore, problems: list[str]) -> None:
        try:
            order = _read(path)
            changes, why = self._changes(order, store=store)
        except (Unavailable, Corrupt):
            raise
        except (msgspec.MsgspecError, SlipwayError) as error:
            problems.append(f"{path.stem}, a rollback while the store did not answer, cannot be done: {error}")
            path.replace(path.with_suffix(_REFUSED))
            return
        if changes:
            store.commit(changes, at_us=order.at_us, by=order.by, why=why)
        path.unlink()

    def _changes(self, order: Order, *, store: ControlStore) -> tuple[list[Change], str]:
        """Return what the order changes in the store, and why.

        Raises:
            NotFound: The store knows nothing of it.
            Conflict: There is no way back any more.
        """
        rollout, version = store.get(Rollout, id=order.rollout)
        present, route_version = store.get(Route, id=rollout.route)
        here = in_force(self._files, name=rollout.route) or present
        if rollout.status is RolloutStatus.ROLLED_BACK:  # there, at the same time as here: its route gets the newer one
            why = f"{order.rollout} was rolled back here and on a machine that could not reach this store"
            if here.version < present.version or here == present:
                return [], why
            newest = msgspec.structs.replace(present, version=here.version + 1)
            return [Change(newest, rollout.route, route_version)], why
        newest = msgspec.structs.replace(present, version=max(present.version, here.version))
        ended = roll_back(rollout, route=newest, now_us=order.at_us, back=order.back, arms=order.arms)
        changes = [Change(ended.rollout, rollout.id, version), Change(ended.route, rollout.route, route_version)]
        return changes, f"rolled back by command, while this store did not answer: {order.why}"

    def known(self) -> list[Rollout]:
        """Return the rollouts that control left, oldest first; none where it left nothing that can be read."""
        return [left.rollout for left in self._left()]

    def _left(self) -> list[Left]:
        try:
            kept = (self._folder / _KNOWN).read_bytes()
            try:
                return msgspec.msgpack.decode(kept, type=list[Left])
            except msgspec.ValidationError:  # of a release that left no ways back
                return [Left(rollout=r) for r in msgspec.msgpack.decode(kept, type=list[Rollout])]
        except (OSError, msgspec.MsgspecError, SlipwayError):
            return []

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("order-*.msgpack"))

    def _orders(self) -> list[Order]:
        """Return the orders that can be read."""
        found = []
        for path in self._paths():
            with suppress(OSError, msgspec.MsgspecError, SlipwayError):
                found.append(_read(path))
        return found


def refused(folder: Path) -> list[str]:
    """Return the rollouts whose rollback was ordered while the store did not answer, and could not be done there."""
    return [path.stem.removeprefix("order-") for path in sorted(folder.glob(f"order-*{_REFUSED}"))]


def _read(path: Path) -> Order:
    return msgspec.msgpack.decode(path.read_bytes(), type=Order)


def _left(rollout: Rollout, *, route: Route | None, ways: WaysBack) -> Left:
    runs = rollout.status is RolloutStatus.RUNNING
    if route is None or not (runs or is_as_left(route, rollout=rollout)):
        return Left(rollout=rollout)
    back, arms = ways.find(rollout, present=route)
    return Left(rollout=rollout, back=back, arms=arms)
