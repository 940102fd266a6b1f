"""Roll back while the control store does not answer: on this machine, from what control left for that case.

After each change control leaves the rollouts that can be rolled back in a file. From it and from the route in force the
same rule as ever makes the route of the rollback, which needs no store. The order is written first, then the route is
put in force; once the store answers, control carries the order out there before it does anything else. Killed anywhere
in between, what was ordered is done once.
"""

import threading
from pathlib import Path

import msgspec

from slipway.control.publish import RouteFiles
from slipway.deployment.transition import roll_back
from slipway.errors import Conflict, NotFound, SlipwayError
from slipway.ports import Change, ControlStore
from slipway.records.base import Record, canonical, check_name
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route
from slipway.storage.atomic import write_atomically

_KNOWN = "rollouts.msgpack"


class Order(Record, frozen=True, kw_only=True):
    """A rollback that the store does not know of yet.

    Attributes:
        rollout: Id.
        at_us: When it was ordered.
        by: Who ordered it.
        why: Their reason.
    """

    rollout: str
    at_us: int
    by: str
    why: str


class Emergency:
    """What is kept for the case that the store does not answer.

    Args:
        folder: Where; made when it is needed.
        files: Route files.
    """

    def __init__(self, folder: Path, *, files: RouteFiles) -> None:
        self._folder, self._files = folder, files
        self._keeping = threading.Lock()

    def keep(self, store: ControlStore) -> None:
        """Leave the rollouts that can be rolled back, where they are not as they were left last; for any threads.

        Raises:
            DiskRefused: The old file stays.
        """
        with self._keeping:  # who reads the store later writes later
            known = [r for _, r, _ in store.all(Rollout) if r.status is not RolloutStatus.ROLLED_BACK]
            wanted, path = canonical(known), self._folder / _KNOWN
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
        known = {r.id: r for r in self.known()}
        if rollout_id not in known:
            raise NotFound(
                f"rollout '{rollout_id}': want one that control left for the case that its store does not answer, "
                f"found {sorted(known) or 'none'} in {self._folder}."
            )
        rollout = known[rollout_id]
        route = self._files.read(rollout.route)
        told = {order.rollout: order for order in self._orders().values()}.get(rollout_id)
        if told is not None and rollout.candidate not in {*route.shadows, *(s.arm for s in route.shares)}:
            raise Conflict(f"rollout {rollout_id}: it is rolled back on this machine already; the store is told later.")
        ended = roll_back(rollout, route=route, now_us=now_us)
        order = told or Order(rollout=rollout_id, at_us=now_us, by=by, why=why)
        write_atomically(self._folder / f"order-{check_name('rollout', rollout_id)}.msgpack", canonical(order))
        if ended.route is not None:
            self._files.publish(ended.route)
        return ended.rollout

    def carry_out(self, store: ControlStore) -> list[str]:
        """Do in the store what was ordered while it did not answer, and return one sentence for each that cannot be.

        Raises:
            Conflict: Somebody else changed the rollout meanwhile; try again.
            Unavailable: The store does not answer yet.
        """
        problems: list[str] = []
        for path, order in self._orders().items():
            try:
                rollout, version = store.get(Rollout, id=order.rollout)
                if rollout.status is RolloutStatus.ROLLED_BACK:
                    self._overtake(order, route=rollout.route, store=store)
                else:
                    self._carry_out(order, rollout=rollout, version=version, store=store)
            except NotFound as error:
                problems.append(f"rollback of {order.rollout}, ordered by {order.by}: {error}")
            path.unlink()
        return problems

    def _carry_out(self, order: Order, *, rollout: Rollout, version: int, store: ControlStore) -> None:
        present, route_version = store.get(Route, id=rollout.route)
        newest = max(present.version, self._files.read(rollout.route).version)
        ended = roll_back(rollout, route=msgspec.structs.replace(present, version=newest), now_us=order.at_us)
        changes = [Change(ended.rollout, rollout.id, version), Change(ended.route, rollout.route, route_version)]
        why = f"rolled back by command, while this store did not answer: {order.why}"
        store.commit(changes, at_us=order.at_us, by=order.by, why=why)

    def _overtake(self, order: Order, *, route: str, store: ControlStore) -> None:
        """Give the store's route the newer version, where it was rolled back there at the same time as here."""
        present, version = store.get(Route, id=route)
        here = self._files.read(route)
        if here.version > present.version or (here.version == present.version and here != present):
            newest = msgspec.structs.replace(present, version=here.version + 1)
            why = f"{order.rollout} was rolled back here and on a machine that could not reach this store"
            store.commit([Change(newest, route, version)], at_us=order.at_us, by=order.by, why=why)

    def known(self) -> list[Rollout]:
        """Return the rollouts that control left, oldest first; none where it left nothing that can be read."""
        try:
            return msgspec.msgpack.decode((self._folder / _KNOWN).read_bytes(), type=list[Rollout])
        except (OSError, msgspec.MsgspecError, SlipwayError):
            return []

    def _orders(self) -> dict[Path, Order]:
        paths = sorted(self._folder.glob("order-*.msgpack"))
        return {path: msgspec.msgpack.decode(path.read_bytes(), type=Order) for path in paths}
