"""``slipway rollout``: let a candidate into the water bit by bit, and haul it out again."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from slipway.cli.options import COMMON, Common, who
from slipway.cli.pick import pick
from slipway.cli.rollout_page import listed, page, rehearsed, stepped
from slipway.cli.rollout_plan import plan_page, stated_traffic, told_plan
from slipway.cli.screen import say, show, tell, working
from slipway.errors import BadFile, Corrupt, Unavailable
from slipway.records.rollout import Rollout, Verdict
from slipway.records.task import Case
from slipway.scoping.plan_file import write_plan
from slipway.storage.clock import SystemClock
from slipway.web.story import RolloutStory

if TYPE_CHECKING:
    from slipway.project import Project

app = App(name="rollout")


@app.command(sort_key=0)
def start(candidate: str | None = None, /, *, plan: Path | None = None, common: Common = COMMON) -> int:
    """Start a rollout with the plan of slipway.toml, or of a file; one rollout at a time.

    Args:
        candidate: Package id, start of one, or name of a model (then its newest package), or an arm of slipway.toml;
            the newest package if not given.
        plan: File with a table [rollout]; 'slipway rollout plan --toml' prints one to begin with.
        common: What every command takes.
    """
    project = common.open()
    read = None if plan is None else project.read_plan(plan)
    with working("starting"):
        rollout = project.start_rollout(candidate, plan=read)
    return show(RolloutStory(rollout=rollout, verdicts=()), human=page, common=common)


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the rollouts, oldest first."""
    return show(common.open().rollouts(), human=listed, common=common)


@app.command(name="show", sort_key=2)
def show_(rollout: str | None = None, /, *, common: Common = COMMON) -> int:
    """Show a rollout: its stages, where it stands, the last verdict with its evidence, and what moved it.

    Args:
        rollout: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(rollout, project.rollouts())
    story = RolloutStory(rollout=chosen, verdicts=tuple(project.verdicts(chosen.id)))
    return show(story, human=page, common=common)


@app.command(sort_key=3)
def plan(
    rollout: str | None = None,
    /,
    *,
    file: Path | None = None,
    template: Case | None = None,
    toml: bool = False,
    per_day: float | None = None,
    error: float | None = None,
    common: Common = COMMON,
) -> int:
    """Say in plain words what a plan does, what it promises, and how long each stage takes at today's traffic.

    Args:
        rollout: Id or start of an id: the plan that it follows, and where it stands; else the plan of slipway.toml.
        file: A file with a table [rollout] instead.
        template: The plan of a case instead: new, assist or replace.
        toml: Print it as a page to edit; 'slipway rollout start --plan FILE' takes it.
        per_day: Requests a day, where no rollout has seen any yet, or to ask what if.
        error: Live's error rate, a share; what was seen, else the metric's target, if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = None if rollout is None else _pick(rollout, project.rollouts())
    if file is not None:
        asked = project.read_plan(file)
    elif template is not None:
        asked = project.plan_template(template)
    else:
        asked = project.scope.rollout if chosen is None else chosen.plan
    seen = project.seen_traffic()
    told = plan_page(
        asked,
        rollout=chosen,
        traffic=stated_traffic(seen, per_day=per_day, error=error, target=project.scope.metric.target),
        toml=write_plan(asked),
    )
    if toml and not common.json:
        sys.stdout.write(told.toml)  # as it is: a page that was broken at 100 columns is no TOML
        return 0
    return show(told, human=told_plan, common=common)


@app.command(sort_key=4)
def step(*, common: Common = COMMON) -> int:
    """Look at the evidence once, now, and do what it says; the server does the same by itself."""
    project = common.open()
    with working("reading the journal"):
        report = project.step()
    return show(report, human=stepped, common=common)


@app.command(sort_key=5)
def back(rollout: str | None = None, /, *, why: str, common: Common = COMMON) -> int:
    """Roll back now: the live arm answers everyone again before this command ends.

    Args:
        rollout: Id or start of an id; the newest if not given.
        why: The reason, for the audit trail.
        common: What every command takes.
    """
    try:
        project, answers = common.open(), True
    except BadFile as error:  # nor until slipway.toml is mended
        ended = _back_without_scope(rollout, folder=common.folder(), why=why)
        tell(f"{error}\nIt was done on this machine without that file; control is told at its next step.")
        return show(RolloutStory(rollout=ended, verdicts=()), human=page, common=common)
    try:
        known = project.rollouts()
    except (Unavailable, Corrupt):  # whoever rolls back cannot wait until the store answers
        known, answers = project.rollouts_left(), False
        if not known:
            raise
        tell("The control store does not answer: it is done on this machine, and the store is told once it answers.")
    ended = project.roll_back(_pick(rollout, known).id, why=why)
    verdicts = _verdicts(project, ended) if answers else ()  # each question waits for ten seconds
    return show(RolloutStory(rollout=ended, verdicts=verdicts), human=page, common=common)


@app.command(sort_key=6)
def rehearse(rollout: str | None = None, /, *, common: Common = COMMON) -> int:
    """Try the way back and time it, without anybody being answered by another arm. Ends with 1 if it would fail.

    Args:
        rollout: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(rollout, project.rollouts())
    with working("going the way back, as far as it harms nobody"):
        found = project.rehearse(chosen.id)
    return show(found, human=rehearsed, common=common, holds=found.holds)


@app.command(sort_key=6)
def approve(
    rollout: str | None = None,
    /,
    *,
    stage: str,
    by: str,
    why: str,
    refuse: bool = False,
    common: Common = COMMON,
) -> int:
    """Say that the candidate may go on from the stage it is in, where the plan asks people; or that it may not.

    Args:
        rollout: Id or start of an id; the newest if not given.
        stage: The stage that it is in; one that nobody has seen yet is refused.
        by: Whose word it is: a name that others know.
        why: The reason, for the audit trail and the verdict.
        refuse: Say no instead: the next look rolls back.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(rollout, project.rollouts())
    said = project.approve(chosen.id, stage=stage, by=by, why=why, approved=not refuse)
    follows = "the next look rolls back" if refuse else "it goes on once the other gates pass too"
    verb = "refused" if refuse else "approved"
    told = (f"Stage {said.stage} of {said.rollout}: {verb} by {said.by}; {follows}.",)
    return show(said, human=say(told), common=common)


@app.command(sort_key=7)
def replay(rollout: str | None = None, /, *, common: Common = COMMON) -> int:
    """Judge a rollout's every verdict again from the journal; each must decide the same, bit for bit.

    Ends with 1 if one differs.

    Args:
        rollout: Id or start of an id; the newest if not given.
        common: What every command takes.
    """
    project = common.open()
    chosen = _pick(rollout, project.rollouts())
    with working("judging again from the journal"):
        report = project.replay(chosen.id)
    return show(report, human=say([report.sentence]), common=common, holds=report.same)


def _back_without_scope(rollout: str | None, *, folder: Path, why: str) -> Rollout:
    """Roll back as while the store does not answer: from what control left, which needs no scope."""
    from slipway.storage.layout import Layout  # noqa: PLC0415 - for the few who need it
    from slipway.wiring.control import emergency_of  # noqa: PLC0415 - as above

    emergency = emergency_of(Layout(folder))
    chosen = _pick(rollout, emergency.known())
    said = f"{why} (slipway.toml could not be read)"
    return emergency.roll_back(chosen.id, now_us=SystemClock().now_us(), by=who(), why=said)


def _verdicts(project: "Project", rollout: Rollout) -> tuple[Verdict, ...]:
    """Return what was said of a rollout that was just rolled back; none if the store stopped answering."""
    with suppress(Unavailable, Corrupt):
        return tuple(project.verdicts(rollout.id))
    return ()


def _pick(word: str | None, known: list[Rollout]) -> Rollout:
    return pick(word, known, what="rollout", key=lambda r: r.id, name=lambda r: r.candidate)
