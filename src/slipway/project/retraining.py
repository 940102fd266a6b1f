"""Retraining: the same code on newer rows of production, compared, and sent in by shadow like any other candidate.

Each step is written down when it is done. A process that was killed goes on where it was: the dataset version has the
retraining's own name, the run is the one on that version, the rollout the one of that run's package.

Control starts it as ``python -m slipway.project.retraining FOLDER FINDING``, so that no step waits for a training.
"""

import sys
from pathlib import Path

from msgspec.structs import replace

from slipway.control.arms import find_arm
from slipway.control.retraining import retrainings
from slipway.control.step import Controller
from slipway.errors import NotFound, Refused, SlipwayError, Unavailable, nearest
from slipway.modeling import compare
from slipway.modeling.run import hash_code
from slipway.monitoring.retrain import since_us
from slipway.ports import Change
from slipway.project import commanding, datasets, rollouts, runs
from slipway.project.comparing import compare_runs
from slipway.project.labelling.collecting import collect
from slipway.project.querying import query
from slipway.project.user_code import sources
from slipway.records.alert import Finding
from slipway.records.arm import Arm
from slipway.records.dataset import DatasetVersion
from slipway.records.retraining import Retraining, RetrainingState
from slipway.records.rollout import Rollout, RolloutStatus, StageKind
from slipway.records.run import Run
from slipway.serving.giving_way import give_way
from slipway.storage.lock import ControllerLock
from slipway.wiring import Parts
from slipway.words import count, moment, short

BY = "control"


def retrain(parts: Parts, controller: Controller, *, finding: str, now_us: int, by: str) -> Retraining:
    """Retrain for a finding, or go on with what was begun for it, and return what became of it.

    Args:
        parts: The project.
        controller: Its controller.
        finding: Id of the finding.
        now_us: The moment, by the clock that counts.
        by: Who asks.

    Raises:
        NotFound: No such finding.
        Conflict: A retraining runs in another process.
        Unavailable: Something is away; it can be gone on with later.
    """
    with ControllerLock(parts.layout.retrain_lock):
        work = _Work(parts, controller, _begun(parts, finding=finding, now_us=now_us, by=by))
        try:
            work.go(now_us)
        except Unavailable:
            raise
        except SlipwayError as error:
            work.note(state=RetrainingState.REFUSED, ended_us=now_us, why=str(error))
        return work.done


def _begun(parts: Parts, *, finding: str, now_us: int, by: str) -> Retraining:
    """Return the retraining that was begun for a finding and has not ended; else a new one, written down."""
    known = retrainings(parts.store)
    open_ = next((r for r in known if r.finding == finding and r.state is RetrainingState.RUNNING), None)
    if open_ is not None:
        return open_
    found = {f.id: f for _, f, _ in parts.store.all(Finding)}
    if finding not in found:
        raise NotFound(f"finding {finding}: no such finding.{nearest(finding, found)} See 'slipway monitor list'.")
    asked = found[finding]
    begun = Retraining(
        id=f"retraining-{len(known) + 1}",
        finding=finding,
        model=asked.model,
        by=by,
        began_us=now_us,
        since_us=since_us(asked),
        why=f"finding {finding}: {asked.kind}",
    )
    parts.store.commit([Change(begun, begun.id, 0)], at_us=parts.clock.now_us(), by=by, why=begun.why)
    return begun


class _Work:
    """One retraining, step by step."""

    def __init__(self, parts: Parts, controller: Controller, begun: Retraining) -> None:
        self._parts, self._controller, self.done = parts, controller, begun

    def note(self, *, why: str, **known: object) -> None:
        """Write down what was done."""
        _, version = self._parts.store.get(Retraining, id=self.done.id)
        self.done = replace(self.done, why=why, **known)
        change = Change(self.done, self.done.id, version)
        self._parts.store.commit([change], at_us=self._parts.clock.now_us(), by=self.done.by, why=why)

    def go(self, now_us: int) -> None:
        self._refuse_unless_shadow_comes_first()
        if self.done.run is None:
            self._refuse_while_another_runs()
        live = self._live_run()
        if self.done.dataset is None:
            version = self._version(now_us)
            self.note(why=f"dataset {version.name} {short(version.id)} made", dataset=version.id)
        if self.done.run is None:
            run = self._run(live)
            self.note(why=f"trained: run {short(run.id)}", run=run.id)
        arm = rollouts.arm_of(self._parts, self._package())
        entered = self._of(arm)
        if entered is None:
            self._refuse_if_worse(live)
            self._refuse_while_another_runs()
            entered = commanding.start(
                self._parts,
                self._controller,
                arm=arm,
                plan=self._parts.scope.rollout,
                now_us=now_us,
                by=self.done.by,
            )
        self.note(
            state=RetrainingState.ENTERED,
            rollout=entered.id,
            ended_us=now_us,
            why=f"model {arm.name} enters by shadow with rollout {entered.id}",
        )

    def _refuse_unless_shadow_comes_first(self) -> None:
        first = self._parts.scope.rollout.stages[0]
        if first.kind is not StageKind.SHADOW:
            raise Refused(
                f"rollout.stages: want a shadow stage first, since nobody has looked at the model, got '{first.name}' "
                f"of kind {first.kind}. Put one first, or train and start the rollout yourself."
            )

    def _live_run(self) -> Run:
        """Return the run that made the model that the finding is about; its code must be what the folder holds."""
        package = find_arm(self.done.model, store=self._parts.store, stated=self._parts.scope.arms).package
        made = [run for _, run, _ in self._parts.store.all(Run) if run.package == package]
        if not made:
            raise Refused(
                f"model {self.done.model}: want one that was trained here, so that the same code can be trained anew, "
                "got one that was imported. Train a model of your own with 'slipway run train'."
            )
        function = runs.training_function(self._parts)
        if hash_code(sources(function, folder=self._parts.layout.root)) != made[-1].code:
            raise Refused(
                f"{function}: want the code that trained {self.done.model}, got another. A retraining changes the data "
                "only: put that code back, or train and start the rollout yourself."
            )
        return made[-1]

    def _version(self, now_us: int) -> DatasetVersion:
        """Return the dataset version of this retraining, made if it is not there."""
        parts, since = self._parts, self.done.since_us
        there = [v for _, v, _ in parts.store.all(DatasetVersion) if v.name == self.done.id]
        if there:
            return there[-1]
        until_us = now_us - round(parts.scope.rollout.maturity_s * 1e6)
        asked = "select count(outcome) as n from answers"
        labelled = int(query(parts, asked, since_us=since, until_us=until_us).collect().item())
        fewest = parts.scope.monitoring.retrain_rows
        if labelled < fewest:
            began = "the journal begins" if since is None else moment(since)
            raise Refused(
                f"labels: want at least {count(fewest, 'row')} with an outcome since {began} "
                f"(monitoring.retrain_rows), got {labelled:,}. "
                "See that outcomes come, or have rows labelled, and start it again."
            )
        return collect(
            parts,
            onto=None,
            name=self.done.id,
            since_us=since,
            until_us=None,
            now_us=now_us,
            by=self.done.by,
        ).version

    def _run(self, live: Run) -> Run:
        """Return the run on this retraining's version with the live model's hyperparameters, or a new one."""
        parts, data = self._parts, self.done.dataset
        wish = runs.Wish(params=live.params, seed=live.seed)
        there = [
            r
            for _, r, _ in parts.store.all(Run)
            if (r.data, r.code, r.params_hash, r.seed) == (data, live.code, live.params_hash, live.seed)
        ]
        return there[-1] if there else runs.train(parts, version=datasets.find(parts, data), wish=wish, by=self.done.by)

    def _package(self) -> str:
        package = runs.find(self._parts, self.done.run or "").package
        if package is None:
            raise Refused(f"run {self.done.run}: want a package, got none.")
        return package

    def _of(self, arm: Arm) -> Rollout | None:
        return next((r for _, r, _ in self._parts.store.all(Rollout) if r.candidate == arm.name), None)

    def _refuse_if_worse(self, live: Run) -> None:
        brought = compare_runs(self._parts, live.id, self.done.run or "", by=self.done.by).brought
        if brought is not None and brought.finding is compare.Finding.WORSE:
            raise Refused(f"run {short(self.done.run or '')}: want a model that is not worse. {brought.words}")

    def _refuse_while_another_runs(self) -> None:
        running = [r.id for _, r, _ in self._parts.store.all(Rollout) if r.status is RolloutStatus.RUNNING]
        if running:
            raise Refused(f"rollout: want none that runs, got {running[0]}. Start this again once that has ended.")


def main(arguments: list[str]) -> None:
    """Retrain for a finding in this process: ``FOLDER FINDING``."""
    from slipway.project.engine import Project  # noqa: PLC0415 - it stands above this file

    give_way(5)
    folder, finding = arguments
    Project.open(Path(folder), by=BY).retrain(finding)


if __name__ == "__main__":
    main(sys.argv[1:])
