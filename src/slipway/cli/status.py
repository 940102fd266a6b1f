"""``slipway status``: the page for the engineer on call."""

from collections import Counter
from typing import TYPE_CHECKING

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show
from slipway.errors import BadFile
from slipway.records.route import Route
from slipway.web.story import decisive, headline
from slipway.words import count, day, moment, percent, span

if TYPE_CHECKING:  # it brings the table engine; --help must not wait for it
    from slipway.project.status import RolloutNow, Status


def status(*, common: Common = COMMON) -> int:
    """Say what serves, what moves and what is wrong, on one page for the engineer on call."""
    try:
        project = common.open()
    except BadFile as error:  # what serves goes on all the same
        from slipway.project.status_left import status_left  # noqa: PLC0415 - for the few who need it

        return show(status_left(common.folder(), fault=error), human=page, common=common, holds=False)
    return show(project.status(), human=page, common=common)


def page(screen: Screen, now: "Status") -> None:
    """Print the page, what is wrong first."""
    screen.title(f"{now.project} at {moment(now.now_us)}")
    for problem in now.problems:
        screen.line(f"  PROBLEM: {problem}", style="bold red")
    screen.facts(
        [
            ("server", _server(now)),
            ("takes", _takes(now)),
            *([("service", now.service)] if now.service else []),
            ("journal", _journal(now)),
            *([("people", _people(now))] if now.tally.decisions else []),
            ("alerts", _alerts(now)),
            ("findings", f"{len(now.findings)} open" if now.findings else "none open"),
        ]
    )
    _route(screen, now.route)
    _monitors(screen, now)
    screen.line()
    screen.title("Rollouts")
    for running in now.rollouts:
        _rollout(screen, running, now_us=now.now_us)
    if not now.rollouts:
        screen.line("  None is running.")
    if now.ended:
        last = now.ended[-1]
        screen.line(f"  {len(now.ended)} ended; the last, {last.id}, was {last.status} on {day(last.ended_us)}.")
    if now.findings:
        screen.line()
        screen.title("Open findings")
        for finding in now.findings:
            screen.line(f"  {finding.id}: {finding.kind}, raised {day(finding.opened_us)}")
            screen.line(f"    {finding.sentence}")


def _alerts(now: "Status") -> str:
    """Say how many alerts are in each state, and which receivers could not be told."""
    states = Counter(str(a.state) for a in now.alerts)
    told = ", ".join(f"{n} {state}" for state, n in states.items()) or "none open"
    failing = [f"{r.receiver}: {count(r.waiting, 'message')} waiting, {r.why}" for r in now.receivers if r.why]
    failing += [f"{r.receiver}: {count(r.given_up, 'message')} given up" for r in now.receivers if r.given_up]
    return "; ".join([told, *failing])


def _server(now: "Status") -> str:
    if not now.processes:
        return "down; 'slipway serve' starts it"
    told = ", ".join(f"{p.name} {p.state}{f' (port {p.port})' if p.port else ''}" for p in now.processes)
    return f"{'up' if now.serving else 'NOT READY'}: {told}"


def _journal(now: "Status") -> str:
    """Say what was read, and what of it counts for nothing (docs/reference/journal.md, "Joins of outcomes")."""
    if now.predictions is None or now.outcomes is None:
        return "not read: what of it counts is for slipway.toml to say"
    tally = now.tally
    aside = [
        (tally.duplicates, "row", "with an id that came before"),
        (tally.repeated, "outcome", "of a row that had one"),
        (tally.unknown, "outcome", "of no known prediction"),
        (tally.impossible, "impossible outcome", ""),
        (tally.repeated_decisions, "decision", "on a case that the same person had decided"),
        (tally.unknown_decisions, "decision", "on no known prediction"),
        (tally.impossible_decisions, "impossible decision", ""),
        (tally.repeated_metrics, "metric value", "of a row that had one"),
        (tally.unknown_metrics, "metric value", "of no known prediction"),
    ]
    told = "; ".join(f"{count(n, noun)} {rest}".rstrip() for n, noun, rest in aside if n)
    metrics = f", {count(tally.metrics, 'metric value')}" if tally.metrics else ""
    read = f"{count(now.predictions, 'prediction')}, {count(now.outcomes, 'outcome')}{metrics}"
    return f"{read}; left out: {told}" if told else read


def _people(now: "Status") -> str:
    """Say how many decisions came, and how near they are to what was answered; which of the two is right, none says."""
    told = "; ".join(agreement.sentence for agreement in now.agreement)
    return f"{count(now.tally.decisions, 'decision')}{f'; {told}' if told else ''}"


def _takes(now: "Status") -> str:
    if not now.usage:
        return "not measured" if now.processes else "not measured, since nothing runs"
    told = []
    for worker in now.usage:
        cores = "" if worker.cores is None else f", {worker.cores:.2f} cores"
        arms = [
            f"{name} {arm.memory_bytes >> 20}" for name, arm in sorted(worker.arms.items()) if arm.memory_bytes >> 20
        ]
        held = f" (of it {', '.join(arms)})" if arms else ""
        told.append(f"{worker.name} {worker.memory_bytes >> 20} MB{held}{cores}")
    return "; ".join(told)


def _route(screen: Screen, route: Route | None) -> None:
    screen.line()
    if route is None:
        screen.title("Route: none yet")
        return
    screen.title(f"Route {route.name}, version {route.version}")
    rows = [(s.arm, percent(s.share, digits=0), "answers") for s in route.shares if s.share > 0]
    rows += [(arm, "copies", "shadows: is asked, decides nothing") for arm in route.shadows]
    rows += [(route.fallback, "", "steps in where the chosen arm fails")] if route.fallback else []
    screen.table(("arm", ">share", "does"), rows)


def _monitors(screen: Screen, now: "Status") -> None:
    """Print what each monitor has looked at: without it, "none open" would pass for good news."""
    screen.line()
    screen.title("Monitors")
    if now.monitors is None:
        screen.line("  not read: what is watched is for slipway.toml to say")
        return
    for one in now.monitors:
        screen.line(f"  {one.sentence}")
    if not now.monitors:
        screen.line("  None: no packaged model is on the route, so no drift is looked for.")


def _rollout(screen: Screen, running: "RolloutNow", *, now_us: int) -> None:
    rollout, verdict = running.rollout, running.verdict
    stage, entry = rollout.stage(), rollout.entries[-1]
    left = entry.at_us / 1e6 + stage.max_s - now_us / 1e6
    end = f"{span(left)} left" if left > 0 else "its time is over"
    screen.line(
        f"  {rollout.id}: {rollout.candidate} beside {rollout.live}, in stage {stage.name} "
        f"({percent(stage.share, digits=0)}) since {moment(entry.at_us)}; {end}, then a hold rolls back."
    )
    if verdict is None:
        screen.line("  No verdict yet: outcomes have to come first.")
        return
    screen.line(f"  {verdict.decision} -> {verdict.action} at {moment(verdict.at_us)}. {headline(verdict)}")
    for gate in decisive(verdict):
        screen.line(f"    {gate.gate.kind}: {gate.reason}")
    if verdict.alert:
        screen.line(f"  ALERT: {verdict.alert}", style="yellow")
