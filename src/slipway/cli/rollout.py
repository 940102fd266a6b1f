"""``slipway rollout``: let a candidate into the water bit by bit, and haul it out again."""

from cyclopts import App

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.rollout_page import listed, page, rehearsed, stepped
from slipway.cli.screen import say, show, working
from slipway.deployment.plan import explain
from slipway.records.base import Record
from slipway.records.rollout import Rollout
from slipway.web.story import RolloutStory

app = App(name="rollout")


class Explained(Record, frozen=True, kw_only=True):
    """A plan in plain words, one sentence a stage and one on what it promises."""

    sentences: tuple[str, ...]


@app.command(sort_key=0)
def start(candidate: str | None = None, /, *, common: Common = COMMON) -> int:
    """Start a rollout with the plan of slipway.toml; one rollout at a time.

    Args:
        candidate: Package id, start of one, or name of a model (then its newest package), or an arm of slipway.toml;
            the newest package if not given.
        common: What every command takes.
    """
    project = common.open()
    with working("starting"):
        rollout = project.start_rollout(candidate)
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
def plan(*, common: Common = COMMON) -> int:
    """Say in plain words what the plan of slipway.toml does, and what it promises."""
    told = Explained(sentences=explain(common.open().scope.rollout))
    return show(told, human=say(told.sentences), common=common)


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
    project = common.open()
    chosen = _pick(rollout, project.rollouts())
    ended = project.roll_back(chosen.id, why=why)
    story = RolloutStory(rollout=ended, verdicts=tuple(project.verdicts(chosen.id)))
    return show(story, human=page, common=common)


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
    """Judge a rollout's every verdict again from the journal; each must come out the same, bit for bit.

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


def _pick(word: str | None, known: list[Rollout]) -> Rollout:
    return pick(word, known, what="rollout", key=lambda r: r.id, name=lambda r: r.candidate)
