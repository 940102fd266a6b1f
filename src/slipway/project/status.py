"""What the engineer on call wants to know, and what is missing for which step."""

from pathlib import Path
from typing import NamedTuple

from slipway.control.alert_desk import alerts
from slipway.control.standing import Status as ControlStatus
from slipway.control.step import Controller
from slipway.control.tally import Tally
from slipway.control.telling.courier import ReceiverState
from slipway.data.labels.human import HUMAN
from slipway.deployment.budgets import budget_use
from slipway.project.commanding import ask_service, ask_status
from slipway.project.journal_trouble import journal_trouble
from slipway.project.monitors_now import MonitorNow, monitors_now, problems_of
from slipway.project.reach import certificate_trouble
from slipway.project.serving import now_us
from slipway.records.agreement import Agreement
from slipway.records.alert import Finding
from slipway.records.base import Record
from slipway.records.dataset import DatasetVersion
from slipway.records.model import Manifest
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.records.run import Run
from slipway.records.scope import Budgets
from slipway.records.trouble import Alert, AlertState
from slipway.records.usage import WorkerUsage
from slipway.scoping.missing import Have, Missing, missing
from slipway.serving import metrics
from slipway.serving.pulse import pulse_path
from slipway.serving.run_state import RunState, State, is_alive, read_states
from slipway.storage.control_store import SqlStore
from slipway.wiring import Parts
from slipway.words import duration

SILENT_US = 10_000_000
"""Ten times as long as a process that is well lets pass between two signs of life."""


BEHIND_S = 60.0
"""How far control may be behind before somebody should know."""


class RolloutNow(Record, frozen=True, kw_only=True):
    """A rollout that runs, and the last verdict on it that said something new."""

    rollout: Rollout
    verdict: Verdict | None


class Status(Record, frozen=True, kw_only=True):
    """Where everything stands.

    Attributes:
        project: Its name.
        now_us: The moment by the clock that counts.
        serving: Whether a server runs with all its workers ready.
        processes: Every process that runs, and its state.
        route: The route in force, or None.
        rollouts: Rollouts that run.
        ended: Rollouts that ended, oldest first.
        findings: Findings that are open.
        alerts: Alerts that are not resolved.
        monitors: What the monitor of each model on a route has looked at, and whether it can tell; None where nobody
            could read slipway.toml, without which there is none.
        receivers: How those do who are told of alerts; empty where control does not run.
        predictions: Rows asked about, in the whole journal; None where nobody could read it.
        outcomes: Outcomes that came; likewise.
        tally: The same, and what of the journal could not be used.
        agreement: How near decisions of people are to what was answered, by the arm that answered.
        problems: What is wrong, one sentence each.
        usage: What each worker that runs takes, and its arms; and the shadow process.
        service: Whether the budgets are kept, in words; empty where control does not run.
    """

    project: str
    now_us: int
    serving: bool
    processes: tuple[RunState, ...]
    route: Route | None
    rollouts: tuple[RolloutNow, ...]
    ended: tuple[Rollout, ...]
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...] = ()
    monitors: tuple[MonitorNow, ...] | None = None
    receivers: tuple[ReceiverState, ...] = ()
    predictions: int | None
    outcomes: int | None
    tally: Tally = Tally()
    agreement: tuple[Agreement, ...] = ()
    problems: tuple[str, ...]
    usage: tuple[WorkerUsage, ...] = ()
    service: str = ""


def status_now(parts: Parts, *, controller: Controller) -> Status:
    """Read everything as it is now."""
    problems: list[str] = []
    told = ask_status(parts)
    by_itself = told is None or told.behind_s is None
    if by_itself:
        controller.catch_up(problems)
    tally = controller.ledger.tally if told is None or by_itself else told.tally
    agreement = controller.agreement if told is None or by_itself else told.agreement
    problems += _failing(told, run=parts.layout.run)
    problems += _behind(told)
    alive = living(parts.layout.run)
    problems += troubles_of(alive, run=parts.layout.run, now_us=parts.clock.now_us())
    problems += certificate_trouble(parts)
    counts = [c for c in metrics.left(parts.layout.run) if c.worker in {s.name for s in alive}]
    problems += journal_trouble(
        parts.layout.journal,
        counts=counts,
        when_full=parts.scope.journal.when_full,
        now_s=parts.clock.now_us() / 1e6,
    )
    usage = tuple(c.use.told(c.worker) for c in counts)
    problems += _takes_too_much(usage, budgets=parts.scope.budgets)
    usage += _of_shadow(parts.layout.run, alive=alive)
    problems += _not_usable(tally)
    now = told.now_us if told else now_us(parts, controller=controller)
    monitors = monitors_now(parts, looked=told.monitors if told else controller.looked, now_us=now)
    problems += problems_of(monitors)
    return Status(
        project=parts.scope.project.name,
        now_us=now,
        monitors=monitors,
        serving=serves(alive),
        processes=alive,
        **stored(parts.store)._asdict(),
        receivers=told.receivers if told else (),
        predictions=tally.predictions,
        outcomes=tally.outcomes,
        tally=tally,
        agreement=agreement,
        problems=tuple(problems),
        usage=usage,
        service=service.sentence if (service := ask_service(parts)) else "",
    )


class Stored(NamedTuple):
    """What the store says of the present; fields as in :class:`Status`."""

    route: Route | None = None
    rollouts: tuple[RolloutNow, ...] = ()
    ended: tuple[Rollout, ...] = ()
    findings: tuple[Finding, ...] = ()
    alerts: tuple[Alert, ...] = ()


def stored(store: SqlStore) -> Stored:
    """Read what the store says of the present."""
    all_rollouts = [r for _, r, _ in store.all(Rollout)]
    verdicts = [v for _, v, _ in store.all(Verdict)]
    running = [r for r in all_rollouts if r.status is RolloutStatus.RUNNING]
    return Stored(
        route=next((route for _, route, _ in store.all(Route)), None),
        rollouts=tuple(
            RolloutNow(rollout=r, verdict=next((v for v in reversed(verdicts) if v.rollout == r.id), None))
            for r in running
        ),
        ended=tuple(r for r in all_rollouts if r.status is not RolloutStatus.RUNNING),
        findings=tuple(f for _, f, _ in store.all(Finding) if f.closed_us is None),
        alerts=tuple(a for a in alerts(store) if a.state is not AlertState.RESOLVED),
    )


def living(run: Path) -> tuple[RunState, ...]:
    """Return the processes that run, by what they left in the run folder."""
    return tuple(s for s in read_states(run) if s.state is not State.STOPPED and is_alive(s.pid))


def serves(alive: tuple[RunState, ...]) -> bool:
    """Tell whether there are workers, and all of them are ready."""
    workers = [s for s in alive if s.name.startswith("worker-")]
    return bool(workers) and all(w.state is State.READY for w in workers)


def troubles_of(alive: tuple[RunState, ...], *, run: Path, now_us: int) -> list[str]:
    """Say what is wrong with the processes that run, and which of them are not there."""
    troubles = [f"{s.name}: {s.trouble}" for s in alive if s.trouble]
    return troubles + _not_running(alive, run=run) + _silent(alive, run=run, now_us=now_us)


def _failing(told: ControlStatus | None, *, run: Path) -> list[str]:
    """Say what no step of control gets past: then nothing that comes is judged, and nobody else would say so."""
    if told is None or told.fault is None:
        return []
    return [
        f"control: {told.fault}, at every step for {duration(told.failing_s or 0.0)}. Meanwhile no rollout moves "
        "forward and no monitor looks. It is tried again each second. This is a fault of Slipway's: report what stands "
        f"in {run / 'control'}.log; 'slipway rollout back' works all the same."
    ]


def _behind(told: ControlStatus | None) -> list[str]:
    """Say how far control is behind what the workers write: as old are the verdicts that it gives."""
    if told is None or (told.behind_s is not None and told.behind_s <= BEHIND_S):
        return []
    if told.behind_s is None:
        return [f"control: it reads the journal for the first time since it started, {told.held_rows:,} rows so far."]
    return [
        f"control: it has not read the last {duration(told.behind_s)} of the journal, so rollouts and monitors lag. "
        "Give it more of a processor, or judge by longer stages."
    ]


def _not_running(alive: tuple[RunState, ...], *, run: Path) -> list[str]:
    """Say which processes a server lacks that is up; the supervisor starts them again, which may not help."""
    names = {s.name for s in alive}
    if "supervisor" not in names:
        return []
    without = {"control": "no rollout moves, forward or back", "shadow": "no shadow answers, so rollouts hold"}
    return [
        f"{name}: not running, and meanwhile {what}. See {run / name}.log."
        for name, what in without.items()
        if name not in names
    ]


def _silent(alive: tuple[RunState, ...], *, run: Path, now_us: int) -> list[str]:
    """Say which processes live and do nothing: each gives a sign every second, and one that hangs does not."""
    told = []
    for state in alive:
        if state.name == "supervisor" or state.state is not State.READY:
            continue
        sign = pulse_path(state.name, folder=run)
        heard_us = max(state.at_us, sign.stat().st_mtime_ns // 1000 if sign.exists() else 0)
        if now_us - heard_us > SILENT_US:
            told.append(
                f"{state.name}: no sign of life for {duration((now_us - heard_us) / 1e6)}. If it hangs, end it "
                f"('kill -9 {state.pid}'): the server starts another, and callers who wait are answered."
            )
    return told


def _of_shadow(run: Path, *, alive: tuple[RunState, ...]) -> tuple[WorkerUsage, ...]:
    """Return what the shadow process takes: a candidate is a shadow first. No budget is its."""
    left = metrics.read(metrics.shadow_path(run)) if any(s.name == "shadow" for s in alive) else None
    return () if left is None else (left.use.told(left.worker),)


def _takes_too_much(usage: tuple[WorkerUsage, ...], *, budgets: Budgets) -> list[str]:
    """Say which budget is exceeded, and which arm is not as it was asked for; where nothing runs there is nothing."""
    over = [use.words() for use in budget_use(usage, budgets=budgets) if use.over] if usage else []
    notes = {f"arm {name}: {arm.note}" for worker in usage for name, arm in worker.arms.items() if arm.note}
    return over + sorted(notes)


def _not_usable(tally: Tally) -> list[str]:
    """Say which outcomes and decisions count for nothing: who sends them was told only that they were accepted."""
    told = []
    if tally.unknown:
        told.append(
            f"outcomes: {tally.unknown:,} name no prediction in the journal, or one of a day that is closed, "
            "and count for nothing. Send the id that the prediction's reply carried, and before its day is let go."
        )
    if tally.late:
        told.append(
            f"predictions: {tally.late:,} came for a day that control had let go and count for nothing. "
            "See whether a worker's clock is wrong, or old traffic is sent again."
        )
    if tally.impossible:
        told.append(f"outcomes: {tally.impossible:,} are values that Y cannot have and count for nothing.")
    if tally.unknown_decisions:
        told.append(
            f"decisions: {tally.unknown_decisions:,} name no prediction in the journal, or one of a day that is "
            "closed, and count for nothing. Send the id that the prediction's reply carried."
        )
    if tally.impossible_decisions:
        told.append(f"decisions: {tally.impossible_decisions:,} are values that Y cannot have and count for nothing.")
    if tally.unknown_metrics:
        told.append(
            f"metrics: {tally.unknown_metrics:,} values name no prediction in the journal, or one of a day that is "
            "closed, and count for nothing. Send the id that the prediction's reply carried."
        )
    return told


def missing_now(parts: Parts) -> tuple[Missing, ...]:
    """Return what is missing for which step, by what the store holds."""
    versions = [v for _, v, _ in parts.store.all(DatasetVersion)]
    baselines = {score.name for version in versions for score in version.baselines}
    runs = [run for _, run, _ in parts.store.all(Run)]
    have = {
        Have.DATASET: bool(versions),
        Have.TRIVIAL_BASELINE: "trivial" in baselines,
        Have.PRESENT_BASELINE: "present" in baselines,
        Have.HUMAN_LEVEL: any(score.name == HUMAN for run in runs for score in run.scores),
        Have.RUN: bool(runs),
        Have.PACKAGE: bool(parts.store.all(Manifest)),
        Have.ROUTE: bool(parts.store.all(Route)),
    }
    return missing(parts.scope, have=[item for item, there in have.items() if there])
