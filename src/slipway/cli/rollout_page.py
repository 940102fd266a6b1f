"""How a rollout reads in a terminal."""

from slipway.cli.screen import Screen
from slipway.control.report import StepReport
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
        screen.line("No verdict yet: outcomes have to come first.")
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
