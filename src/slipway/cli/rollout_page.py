"""How a rollout reads in a terminal."""

from slipway.cli.screen import Screen
from slipway.control.report import StepReport
from slipway.records.gate import ON_OUTCOMES
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Action, Rollout, RolloutStatus, StageKind, Verdict
from slipway.web.story import RolloutStory, headline
from slipway.words import day, moment, number, percent, span


def listed(screen: Screen, known: list[Rollout]) -> None:
    """Print one line a rollout."""
    rows = [
        (r.id, r.candidate, r.live, r.status, r.entries[-1].stage, day(r.started_us), day(r.ended_us)) for r in known
    ]
    heads = ("id", "candidate", "live", "status", "stage", "started", "ended")
    screen.table(heads, rows, none="No rollout yet. 'slipway rollout start' starts one.")


def page(screen: Screen, story: RolloutStory) -> None:
    """Print the stages, where the rollout stands, the last verdict's evidence, and what moved it."""
    rollout = story.rollout
    screen.title(f"Rollout {rollout.id}: {rollout.candidate} beside {rollout.live}")
    screen.facts(
        [
            ("status", f"{rollout.status}{_ended(rollout)}"),
            ("route", rollout.route),
            ("started", moment(rollout.started_us)),
        ]
    )
    screen.line()
    screen.title("Stages")
    screen.table(("", "stage", "kind", ">share", "gates", "entered", "allowed"), _stages(rollout))
    screen.line()
    if not story.verdicts:
        waits = any(gate.kind in ON_OUTCOMES for gate in rollout.stage().gates)
        screen.line(f"No verdict yet: {'outcomes have' if waits else 'a step of control has'} to come first.")
        return
    _last(screen, story.verdicts[-1])
    _history(screen, story.verdicts)


def _ended(rollout: Rollout) -> str:
    return (
        f", {moment(rollout.ended_us)}" if rollout.ended_us is not None else f", in stage {rollout.entries[-1].stage}"
    )


def _stages(rollout: Rollout) -> list[tuple[str, ...]]:
    entered = {e.stage: e.at_us for e in rollout.entries}
    running = rollout.status is RolloutStatus.RUNNING
    rows: list[tuple[str, ...]] = []
    for stage in rollout.plan.stages:
        here = stage.name == rollout.entries[-1].stage
        mark = ">" if here and running else "+" if stage.name in entered else "."
        gates = ", ".join(str(g.kind) for g in stage.gates) or "-"
        kind = "" if stage.kind == stage.name else stage.kind
        share = "copies" if stage.kind is StageKind.SHADOW else percent(stage.share, digits=0)
        stay = f"{span(stage.min_s)} to {span(stage.max_s)}"
        rows.append((mark, stage.name, kind, share, gates, moment(entered.get(stage.name)), stay))
    return rows


def _last(screen: Screen, verdict: Verdict) -> None:
    screen.title(f"Last verdict, {moment(verdict.at_us)}: {verdict.decision} -> {verdict.action}")
    screen.line(f"  {headline(verdict)}")
    screen.table(
        ("gate", "says", "because"), [(g.gate.kind, g.decision, g.reason) for g in verdict.gates], none="no gates"
    )
    if verdict.alert:
        screen.line(f"  ALERT: {verdict.alert}", style="yellow")


def _history(screen: Screen, verdicts: tuple[Verdict, ...]) -> None:
    moved = [v for v in verdicts if v.action is not Action.STAY]
    screen.line()
    screen.title(f"History: {len(verdicts)} verdicts, {len(verdicts) - len(moved)} of them held")
    rows = [(moment(v.at_us), v.stage, v.action, headline(v)) for v in moved]
    screen.table(("when", "stage", "action", "because"), rows, none="Nothing has moved yet.")


def rehearsed(screen: Screen, found: Rehearsal) -> None:
    """Print what a rehearsal found: each leg of the way with the time from the word, then the answer."""
    screen.title(f"Way back of {found.rollout} to {found.back_to}, rehearsed: who answers stayed as it was")
    legs = [("store has it", f"{found.stored_ms:.0f} ms"), ("route file has it", f"{found.published_ms:.0f} ms")]
    legs += [(w.name, "not in time" if w.took_ms is None else f"{w.took_ms:.0f} ms") for w in found.workers]
    screen.table(("leg", ">from the word"), legs)
    for sentence in found.checked:
        screen.line(f"  {sentence}")
    warm = f"{', '.join(found.cold)} would be loaded first, so it takes longer." if found.cold else "All of it is warm."
    screen.line(
        f"  {warm if found.workers else 'No worker runs: the next one that starts takes the route of the store.'}"
    )
    for trouble in found.troubles:
        screen.line(f"WOULD FAIL: {trouble}", style="bold red")
    if found.holds:
        last = f", {found.last_ms:.0f} ms from the word to the last worker" if found.last_ms is not None else ""
        screen.line(f"The way back is open{last}.")


def stepped(screen: Screen, report: StepReport) -> None:
    """Print what one step of control saw and did."""
    tally = report.tally
    screen.line(
        f"At {moment(report.now_us)}: {number(tally.predictions)} predictions, {number(tally.outcomes)} outcomes, "
        f"{number(tally.shadows)} shadow answers read so far; {number(report.frames)} new frames."
    )
    rows = [(v.rollout, v.stage, v.decision, v.action, v.reason) for v in report.verdicts]
    screen.table(("rollout", "stage", "says", "action", "because"), rows, none="No rollout is running.")
    for what, words in (("in force", report.published), ("findings", report.findings)):
        if words:
            screen.line(f"{what}: {', '.join(words)}")
    for trouble in report.problems:
        screen.line(f"PROBLEM: {trouble}", style="bold red")
