"""Routes, and the rollouts that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.control.report import StepReport
    from slipway.deployment.outlook import Traffic
    from slipway.project.reviewing import Reviews
    from slipway.project.rollouts import ReplayReport
    from slipway.records.cohort import VerdictInputs
    from slipway.records.facts import Approval
    from slipway.records.rehearsal import Rehearsal
    from slipway.records.rollout import Plan, Rollout, Verdict
    from slipway.records.route import Route
    from slipway.records.task import Case


class Rollouts(Face):
    """Routes, and the rollouts that change them."""

    @property
    def reviews(self) -> Reviews:
        """The cases that people decide."""
        from slipway.project.reviewing import Reviews

        return Reviews(self._parts, by=self._by)

    def route(self) -> Route | None:
        """Return the route in force, or None if nothing was served yet."""
        from slipway.records.route import Route

        return next((route for _, route, _ in self._parts.store.all(Route)), None)

    def open_route(self, *, salt: str | None = None) -> Route | None:
        """Put the live arm in force if nothing is yet; :meth:`serve` and :meth:`start_rollout` do so by themselves.

        Args:
            salt: Key by which entities are dealt to arms; None makes a secret one. A stated salt deals them the same
                way again, as a demo or a test wants it; who knows it can tell which arm an entity gets.

        Raises:
            NotFound: The scope names no live arm.
        """
        from slipway.project import rollouts

        rollouts.open_first_route(self._parts, controller=self._controller, by=self._by, salt=salt)
        return self.route()

    def start_rollout(
        self, candidate: str | None = None, *, plan: Plan | None = None, at_us: int | None = None
    ) -> Rollout:
        """Start a rollout of a packaged model (package id, its beginning, or name) or of an arm of the scope.

        Args:
            candidate: Who is on the way in; None takes the newest package.
            plan: Its stages; None takes the scope's.
            at_us: The moment; None takes the clock that counts.

        Raises:
            NotFound: No such candidate.
            Conflict: Another rollout runs.
        """
        from slipway.project import commanding, rollouts

        arm = rollouts.arm_of(self._parts, candidate)
        rollouts.open_first_route(self._parts, controller=self._controller, by=self._by)
        return commanding.start(
            self._parts,
            self._controller,
            arm=arm,
            plan=plan or self.scope.rollout,
            now_us=self.now_us() if at_us is None else at_us,
            by=self._by,
        )

    def read_plan(self, path: Path) -> Plan:
        """Return the plan that a file of its own describes: a page with the table ``[rollout]``.

        Raises:
            NotFound: No such file.
            BadFile: It is no TOML, or says what cannot be meant; each fault with its line.
        """
        from slipway.errors import NotFound
        from slipway.scoping.plan_file import read_plan

        try:
            source = path.read_bytes()
        except OSError as error:
            raise NotFound(f"{path}: want a file with a plan, got {error.strerror}.") from error
        return read_plan(source, scope=self.scope, path=str(path))

    def plan_template(self, case: Case) -> Plan:
        """Return the plan of a case (new, assist or replace) with this project's metric, margin and baselines."""
        from slipway.control.start import known_levels
        from slipway.scoping.plan_file import template

        known = known_levels(self._parts.store, metric=self.scope.metric.name)
        return template(case, scope=self.scope, known=tuple(known))

    def seen_traffic(self) -> Traffic | None:
        """Return the traffic that the newest rollout's last verdict was made from; None where none tells."""
        from slipway.control.verdicts import VerdictLog
        from slipway.deployment.forecast import seen_traffic

        for rollout in reversed(self.rollouts()):
            number, verdict = VerdictLog(self._parts.store).last(rollout.id)
            if verdict is not None:
                return seen_traffic(self.verdict_inputs(f"{rollout.id}-{number}").cohorts)
        return None

    def rollouts(self) -> list[Rollout]:
        """Return all rollouts, oldest first."""
        from slipway.records.rollout import Rollout

        return [rollout for _, rollout, _ in self._parts.store.all(Rollout)]

    def rollouts_left(self) -> list[Rollout]:
        """Return the rollouts that :meth:`roll_back` knows of while the control store does not answer, oldest first."""
        from slipway.wiring.control import emergency_of

        return emergency_of(self._parts.layout).known()

    def rollout(self, id: str) -> Rollout:  # noqa: A002 - the field's own word
        """Return one rollout.

        Raises:
            NotFound: No such rollout; the message names the nearest id.
        """
        from slipway.records.rollout import Rollout

        return self._parts.store.get(Rollout, id=id)[0]

    def verdicts(self, rollout: str) -> list[Verdict]:
        """Return the verdicts on a rollout that said something new, oldest first."""
        from slipway.records.rollout import Verdict

        return [verdict for _, verdict, _ in self._parts.store.all(Verdict) if verdict.rollout == rollout]

    def verdict(self, id: str) -> Verdict:  # noqa: A002 - the field's own word
        """Return one verdict.

        Raises:
            NotFound: No such verdict.
        """
        from slipway.records.rollout import Verdict

        return self._parts.store.get(Verdict, id=id)[0]

    def verdict_inputs(self, id: str) -> VerdictInputs:  # noqa: A002 - the field's own word
        """Return what a verdict was made from."""
        from slipway.records.cohort import VerdictInputs

        return self._parts.store.get(VerdictInputs, id=id)[0]

    def roll_back(self, id: str, *, why: str) -> Rollout:  # noqa: A002 - the field's own word
        """Put the live arm back at once; workers that run take it over within 100 ms.

        While the control store does not answer it is done on this machine, and the store is told once it answers.

        Raises:
            NotFound: No such rollout.
            Conflict: It is rolled back already.
        """
        from slipway.errors import Corrupt, Unavailable
        from slipway.project import commanding
        from slipway.wiring.control import emergency_of

        try:
            now = self.now_us()
            return commanding.roll_back(self._parts, self._controller, rollout=id, now_us=now, why=why, by=self._by)
        except commanding.NoAnswer:
            raise  # control works, and may still do it
        except (Unavailable, Corrupt):
            now = self._parts.clock.now_us()
            return emergency_of(self._parts.layout).roll_back(id, now_us=now, by=self._by, why=why)

    def rehearse(self, id: str) -> Rehearsal:  # noqa: A002 - the field's own word
        """Try and time the way back of a rollout; nobody is answered by another arm meanwhile.

        Raises:
            NotFound: No such rollout.
            Conflict: There is no way back: it is rolled back, or its route has gone another way since.
        """
        from slipway.project import commanding

        return commanding.rehearse(self._parts, self._controller, rollout=id, now_us=self.now_us(), by=self._by)

    def approve(
        self,
        id: str,  # noqa: A002 - the field's own word
        *,
        stage: str,
        by: str,
        why: str,
        approved: bool = True,
    ) -> Approval:
        """Say that a candidate may go on from the stage it is in, or with ``approved=False`` that it may not.

        Args:
            id: Id of the rollout.
            stage: The stage that it is in; another is refused, for nobody has seen it yet.
            by: Whose word it is.
            why: The reason, for the audit trail and the verdict.
            approved: False refuses: the next step rolls back.

        Raises:
            NotFound: No such rollout.
            Conflict: It is over, is in another stage, or its stage asks nobody.
            Refused: The plan names who may approve, and this person is none of them.
            BadInput: No name or no reason.
        """
        from slipway.project import commanding
        from slipway.records.facts import Approval

        now = self.now_us()
        said = Approval(rollout=id, stage=stage, by=by.strip(), approved=approved, why=why.strip(), at_us=now)
        return commanding.approve(self._parts, self._controller, said=said, by=self._by)

    def step(self, *, now_us: int | None = None) -> StepReport:
        """Look at the evidence once and do what it says."""
        from slipway.project import commanding

        now = self.now_us() if now_us is None else now_us
        return commanding.step(self._parts, self._controller, now_us=now)

    def replay(self, id: str) -> ReplayReport:  # noqa: A002 - the field's own word
        """Judge every verdict of a rollout again from the journal alone, and compare bit for bit."""
        from slipway.project import rollouts

        return rollouts.replay(self._parts, id, controller=self._controller)
