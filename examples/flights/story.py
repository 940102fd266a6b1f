"""The whole life of one model, on real data, through the real server. Run it with ``slipway demo``.

Every number that is printed is computed in the run. The past is replayed on its own clock (docs/decisions/0005), so
the same traffic gives the same verdicts on every machine.
"""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
from model import load
from replay import Replay, midnight
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from slipway import Project
from slipway.control.report import StepReport
from slipway.project.server import Server, free_ports
from slipway.records.rollout import Action, Decision, RolloutStatus, Verdict
from slipway.records.run import Run
from slipway.web.write import write_report
from slipway.words import day, percent

FIRST = date(2013, 4, 1)
MONTHS = tuple(range(4, 13))


class Stretch(NamedTuple):
    """How much of the year is told.

    Attributes:
        every: One flight in so many is replayed.
        fault_on: Earliest day on which the faulty candidate is put in.
        last: Last day of the replay.
    """

    every: int
    fault_on: date
    last: date


WHOLE = Stretch(every=1, fault_on=date(2013, 8, 5), last=date(2013, 12, 31))
SHORT = Stretch(every=5, fault_on=date(2013, 8, 5), last=date(2013, 8, 31))


def tell(folder: Path, *, fast: bool, console: Console) -> int:
    """Tell the story in a folder that holds this example's files, and return the exit status.

    Args:
        folder: A project folder: a copy of this example.
        fast: Replay a fifth of the flights, and only until August; for tests.
        console: Where to.
    """
    began = time.monotonic()
    stretch = SHORT if fast else WHOLE
    port = free_ports()
    with present_system(port):
        point_at(folder / "slipway.toml", port=port)
        project = Project.open(folder)
        story = Story(project, stretch=stretch, console=console)
        story.scoping()
        story.data()
        first = story.modeling()
        project.open_route(salt="the flights of 2013")  # the same flights go to the canary in every run
        with Server(folder, clock="event") as server:
            story.deployment(first, server=server)
        story.retraining(first)
    story.summary(seconds=time.monotonic() - began)
    return 0


class Story:
    """The acts, in the order of the life of a project."""

    def __init__(self, project: Project, *, stretch: Stretch, console: Console) -> None:
        self.project = project
        self.stretch = stretch
        self.console = console
        self.lines: list[str] = []
        self.asked = self.told = 0
        self._seen: set[tuple[str, str]] = set()

    def scoping(self) -> None:
        """What X -> Y is, for whom, and what counts as success."""
        scope = self.project.scope
        self._act("Scoping", "is it worth doing?")
        self._say(f"X: {scope.task.x}")
        self._say(f"Y: {scope.task.y}")
        self._say(
            f"Case: {scope.project.case}. The present system is '{scope.live}', an HTTP service of its own that "
            "calls a flight late when it leaves more than 15 minutes late."
        )
        self._say(f"Kill rule: {scope.project.kill}")

    def data(self) -> None:
        """January to March become a dataset version."""
        self._act("Data", "what do we learn from?")
        version = self.project.make_dataset("winter")
        passed = sum(c.passed for c in version.checks)
        self._say(
            f"January to March: {version.rows:,} flights, version {version.id[:12]}; "
            f"{passed} of {len(version.checks)} checks hold; the latest {version.splits['test']:,} flights held out."
        )
        for check in version.checks:
            if not check.passed:
                self._say(f"  does not hold: {check.name}: {check.detail}")
        for score in version.baselines:
            self._say(f"  {score.name:8} errs on {_with_limits(score.value, score.low, score.high)}")

    def modeling(self) -> Run:
        """A candidate is trained, compared, searched for weak spots and packaged."""
        self._act("Modeling", "is it better, and where is it wrong?")
        run = self.project.train("winter", name="trees")
        self._judge(run)
        if run.slices:
            worst = run.slices[0]
            self._say(
                f"Worst slice: {worst.where}: errs on {percent(worst.value)} of its {worst.n:,} flights, "
                f"{percent(worst.rest)} elsewhere."
            )
        self._say(f"Packaged as ONNX, signed: {str(run.package)[:12]}.")
        return run

    def deployment(self, first: Run, *, server: Server) -> None:
        """Replay the year: shadow, canary, ramp, full; then a faulty candidate; and what the monitors find."""
        self._act("Deployment", "may it take more traffic? April 2013 begins.")
        flights = load(MONTHS)
        flights = flights[:: self.stretch.every]
        replay = Replay(flights, serving=server.url, look=lambda now: self.project.step(now_us=now))
        good = self.project.start_rollout(str(first.package), at_us=midnight(FIRST))
        self._say(f"Rollout {good.id}: the model shadows the present system, and decides nothing.")
        faulty = ""
        total = (self.stretch.last - FIRST).days + 1
        try:
            with self._progress(total) as progress:
                for today, report in replay.days(FIRST, self.stretch.last):
                    progress.update(TaskID(0), advance=1, description=f"{today:%d %B}")
                    self._tell_verdicts(report, today=today)
                    self._tell_findings(report)
                    done = self.project.rollout(good.id).status is not RolloutStatus.RUNNING
                    if not faulty and done and today >= self.stretch.fault_on:
                        faulty = self._fault(today)
        finally:
            replay.close()
        self.asked, self.told = replay.asked, replay.told

    def retraining(self, first: Run) -> None:
        """The same code on newer data, and what that brought."""
        self._act("Back to the data", "the same code, newer flights")
        months = [m for m in range(4, self.stretch.last.month + 1) if m <= 9]
        self.project.make_dataset("summer", params={"months": months})
        second = self.project.train("summer", name="trees")
        for line in self.project.compare_runs(first.id, second.id).sentences:
            self._say(line)
            self.lines.append(line)

    def summary(self, *, seconds: float) -> None:
        """One page that a newcomer understands, and the commands to go on with."""
        self._act("What happened", f"told in {seconds:.0f} s")
        for line in self.lines:
            self._say(f"- {line}")
        self._say(
            f"- {self.asked:,} flights were asked about and {self.told:,} outcomes came, all through HTTP; "
            f"{self.project.verify().sentence}"
        )
        page = write_report(self.project, out=self.project.folder / "report.html", now_us=time.time_ns() // 1000)
        self.console.print()
        self.console.print(f"  The report, with charts:  {page}", highlight=False, soft_wrap=True)
        self.console.print("  To explore further:", highlight=False)
        for words in ("status", "rollout show", "monitor list", "audit", "serve"):
            self.console.print(f"    slipway {words} --project {self.project.folder}", highlight=False, soft_wrap=True)

    def _fault(self, today: date) -> str:
        """Put in a candidate whose pipeline took hours for minutes; its own test set shares the fault."""
        self._act("A faulty candidate", "delays in hours where minutes are meant; its test set shares the fault")
        self.project.make_dataset("faulty", params={"months": [4, 5, 6, 7], "delay_unit": "h"})
        run = self.project.train("faulty", name="trees-hours")
        self._judge(run)
        plan = self.project.scope.rollout
        hurried = msgspec.structs.replace(plan, stages=plan.stages[1:])
        rollout = self.project.start_rollout(str(run.package), plan=hurried, at_us=midnight(today + timedelta(days=1)))
        self._say(f"Rollout {rollout.id}: someone is in a hurry, and starts at the canary, without a shadow.")
        return rollout.id

    def _judge(self, run: Run) -> None:
        for found in self.project.judge_run(run):
            self._say(f"  {found.promise}: {found.standing}: {found.reason}")

    def _tell_verdicts(self, report: StepReport, *, today: date) -> None:
        month_ends = (today + timedelta(days=1)).day == 1
        for verdict in report.verdicts:
            if verdict.action is not Action.STAY or verdict.alert or (month_ends and verdict.decision is Decision.HOLD):
                self._tell_verdict(verdict)
                self.lines.append(_in_short(verdict))

    def _tell_verdict(self, verdict: Verdict) -> None:
        self._say(f"{day(verdict.at_us)}  {verdict.rollout}, {verdict.stage}: {verdict.decision} -> {verdict.action}")
        for gate in verdict.gates:
            self._say(f"{gate.gate.kind}: {gate.reason}", indent=14)
        if verdict.alert:
            self._say(verdict.alert, indent=14)

    def _tell_findings(self, report: StepReport) -> None:
        """Tell each finding once for each kind it takes and for whether that matters; not each day of it."""
        if not report.findings:
            return
        known = {finding.id: finding for finding in self.project.findings()}
        for id_ in report.findings:
            finding = known[id_]
            state = f"{finding.kind}{'' if finding.relevant else ', harmless so far'}"
            if finding.closed_us is not None:
                state = "closed"
            if (id_, state) in self._seen:
                continue
            self._seen.add((id_, state))
            told = f"{day(report.now_us)}  monitor of {finding.model}: {state}"
            self._say(f"{told}. {finding.sentence}")
            self.lines.append(f"{told}; go back to: {finding.go_back_to}")

    def _act(self, name: str, question: str) -> None:
        self.console.print()
        self.console.print(f"[bold]{name}[/bold] - {question}", highlight=False)

    def _say(self, line: str, *, indent: int = 2) -> None:
        """Print a sentence, wrapped and indented; what hangs over is indented by two more."""
        width = min(self.console.width, 118)
        wrapped = textwrap.fill(
            line, width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_on_hyphens=False
        )
        self.console.print(wrapped, highlight=False, markup=False, soft_wrap=True)

    def _progress(self, total: int) -> Progress:
        columns = (TextColumn("  {task.description:>12}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        progress = Progress(*columns, console=self.console, transient=True, redirect_stdout=False)
        progress.add_task("April", total=total)
        return progress


@contextmanager
def present_system(port: int) -> Iterator[None]:
    """Run the system that is to be replaced, on a loopback port, until the story is told."""
    service = Path(__file__).with_name("present_system.py")
    process = subprocess.Popen([sys.executable, str(service), str(port)])  # noqa: S603 - our own service
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/v2/health/ready")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def point_at(scope: Path, *, port: int) -> None:
    """Write the present system's port into the scope, since a fixed one may be taken on this machine."""
    text = scope.read_text(encoding="utf-8")
    scope.write_text(text.replace("127.0.0.1:9000", f"127.0.0.1:{port}"), encoding="utf-8")


def _with_limits(value: float, low: float, high: float) -> str:
    return f"{percent(value)} [{percent(low)}, {percent(high)}]"


_FOLLOWS = {
    Action.STAY: "stays where it is",
    Action.ADVANCE: "every gate passes, on to the next stage",
    Action.COMPLETE: "every gate passes, the rollout is complete",
    Action.ROLL_BACK: "ROLLED BACK",
}


def _in_short(verdict: Verdict) -> str:
    """Say a verdict in a line: of a hold or a failure the gate that says so, else only what follows."""
    telling = [g for g in verdict.gates if g.decision is verdict.decision and verdict.decision is not Decision.PASS]
    why = f"; {telling[0].gate.kind}: {telling[0].reason}" if telling else ""
    return f"{day(verdict.at_us)}  {verdict.rollout}, {verdict.stage}: {_FOLLOWS[verdict.action]}{why}"
