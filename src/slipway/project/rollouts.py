"""Who may be rolled out, the first route, and the replay of a rollout's verdicts."""

import secrets
from collections.abc import Callable

from slipway.control.arms import find_arm
from slipway.control.step import Controller
from slipway.deployment.replay import differs
from slipway.errors import Corrupt, NotFound, Refused, Unavailable, nearest
from slipway.project.packages import model_arm
from slipway.project.trusting import check_trusted
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.records.model import Manifest
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route
from slipway.storage.routes import read_route, route_path
from slipway.wiring import Parts


class Replayed(Record, frozen=True, kw_only=True):
    """One verdict judged again: what differs, or nothing."""

    verdict: str
    differences: tuple[str, ...]


class ReplayReport(Record, frozen=True, kw_only=True):
    """A rollout judged again from the journal.

    Attributes:
        rollout: Its id.
        verdicts: Each verdict, oldest first.
        same: Whether each came out the same: what was decided and the evidence. An older release may have told it in
            other words, and another processor may round in the last digits. False where there is none to compare.
    """

    rollout: str
    verdicts: tuple[Replayed, ...]
    same: bool

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        if not self.verdicts:
            return f"Rollout {self.rollout} has no verdict yet, so there is nothing to compare."
        if self.same:
            told = sum(bool(r.differences) for r in self.verdicts)
            same = f"All {len(self.verdicts)} verdicts on {self.rollout} came out the same from the journal"
            if not told:
                return f"{same}, bit for bit."
            return (
                f"{same}. {told} of them tell it in other words, with fewer counts or with other last digits, as an "
                "older release or another processor does."
            )
        wrong = [f"{r.verdict}: {'; '.join(r.differences)}" for r in self.verdicts if differs(r.differences)]
        return f"{len(wrong)} of {len(self.verdicts)} verdicts on {self.rollout} differ. " + " ".join(wrong)


def arm_of(parts: Parts, candidate: str | None) -> Arm:
    """Return the arm that a word means: a package id, its beginning, a package's name (the newest), or an arm's name.

    Without a word, the newest package.

    Raises:
        NotFound: It means none, or more than one.
        Refused: The scope names trusted keys, and none of them signed the package.
    """
    packages = [(id_, manifest) for id_, manifest, _ in parts.store.all(Manifest)]
    if candidate is None:
        if not packages:
            raise NotFound("candidate: want a packaged model, found none. Make one with 'slipway run train'.")
        candidate = packages[-1][0]
    named = [(id_, m) for id_, m in packages if m.name == candidate]
    begun = [(id_, m) for id_, m in packages if len(candidate) >= 4 and id_.startswith(candidate)]
    if named or len(begun) == 1:
        id_, manifest = named[-1] if named else begun[0]
        return _trusted(parts, model_arm(manifest, id_, scope=parts.scope))
    try:
        return _trusted(parts, find_arm(candidate, store=parts.store, stated=parts.scope.arms))
    except NotFound:
        known = sorted({m.name for _, m in packages} | {a.name for a in parts.scope.arms})
        raise NotFound(
            f"candidate {candidate}: want a package id, the beginning of one, or one of {known}."
            f"{nearest(candidate, known)} Make a package with 'slipway run train'."
        ) from None


def _trusted(parts: Parts, arm: Arm) -> Arm:
    if arm.package:
        check_trusted(parts, arm.package)
    return arm


def open_first_route(parts: Parts, *, controller: Controller, by: str, salt: str | None = None) -> None:
    """Make the project's route if there is none yet, with the live arm that the scope names.

    Args:
        parts: The project.
        controller: Its controller.
        by: Whom the audit trail names.
        salt: Key of the deal; None makes a secret one.

    Raises:
        NotFound: The scope names none.
        Refused: It is a package that no trusted key of the scope signed.
        Corrupt: The store knows of no route and one is in force, so the store is not the one that made it.
    """
    if parts.store.all(Route):
        return
    scope = parts.scope
    if (route := _in_force(parts)) is not None:
        raise Corrupt(
            f"control store {parts.layout.control_db}: want route '{route.name}', of which version {route.version} is "
            f"in force, found none. Restore the store from a copy; or, to begin anew, remove "
            f"{route_path(parts.layout.routes, name=route.name)}."
        )
    live = next((a for a in scope.arms if a.name == scope.live), None)
    if live is None:
        raise NotFound(
            "serving.live: want an arm that answers today, so that a candidate has something to be compared with and "
            "rolled back to; slipway.toml names none. A rule as simple as [arms.rule] rule = 'x > 3' will do."
        )
    controller.open_route(
        scope.project.name,
        arm=_trusted(parts, live),
        salt=salt or secrets.token_hex(16),
        now_us=parts.clock.now_us(),
        by=by,
        stated=scope.arms,
    )


def route_or_keep(
    parts: Parts, *, controller: Callable[[], Controller], by: str, warn: Callable[[str], object]
) -> None:
    """Make the project's route if there is none yet; with the store lost, keep to the one that is in force.

    Args:
        parts: The project.
        controller: Returns its controller, which opens the store.
        by: Whom the audit trail names.
        warn: Called with what is wrong, if serving can go on without it.

    Raises:
        NotFound: The scope names no live arm.
        Corrupt: The store is damaged, and no route is in force.
        Unavailable: The store does not answer, and no route is in force.
        Refused: A newer Slipway has used the store, and no route is in force.
    """
    try:
        open_first_route(parts, controller=controller(), by=by)
    except (Corrupt, Refused, Unavailable) as error:
        route = _in_force(parts)
        if route is None:
            raise
        warn(
            f"{error} Version {route.version} of route '{route.name}' goes on answering; "
            "until the store is back no rollout moves, forward or back."
        )


def _in_force(parts: Parts) -> Route | None:
    try:
        return read_route(parts.layout.routes, name=parts.scope.project.name)
    except (Corrupt, NotFound):
        return None


def replay(parts: Parts, id: str, *, controller: Controller) -> ReplayReport:  # noqa: A002 - the field's own word
    """Judge every verdict again from the journal.

    Raises:
        NotFound: No such rollout.
    """
    parts.store.get(Rollout, id=id)
    names = [name for name, verdict, _ in parts.store.all(Verdict) if verdict.rollout == id]
    differences = controller.replay_all(names)
    done = tuple(Replayed(verdict=n, differences=d) for n, d in zip(names, differences, strict=True))
    return ReplayReport(rollout=id, verdicts=done, same=bool(done) and not any(differs(r.differences) for r in done))
