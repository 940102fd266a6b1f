"""What is still missing for which step of the life; nothing of it is a mistake, all of it will be asked for."""

from collections.abc import Collection
from enum import StrEnum

from slipway.records.alert import Step
from slipway.records.base import Record
from slipway.records.scope import Scope


class Have(StrEnum):
    """What a project may already have, as its store shows it."""

    DATASET = "dataset"
    TRIVIAL_BASELINE = "trivial baseline"
    PRESENT_BASELINE = "present baseline"
    RUN = "run"
    PACKAGE = "package"
    ROUTE = "route"
    HUMAN_LEVEL = "human level"


class Missing(Record, frozen=True, kw_only=True):
    """One thing that a step needs and that is not there.

    Attributes:
        step: Step of the life that needs it.
        what: What is missing.
        why: What cannot be known or done without it.
        way_out: What to do.
    """

    step: Step
    what: str
    why: str
    way_out: str

    def __str__(self) -> str:
        """Say it in one line.

        >>> str(Missing(step=Step.DATA, what="a dataset", why="Nothing to learn from.", way_out="slipway data make"))
        'for data: a dataset. Nothing to learn from. slipway data make'
        """
        return f"for {self.step}: {self.what}. {self.why} {self.way_out}"


def missing(scope: Scope, *, have: Collection[Have] = ()) -> tuple[Missing, ...]:
    """Return what is missing, in the order of a project's life.

    Args:
        scope: What the project is for.
        have: What its store already holds.
    """
    return (*_scoping(scope, have), *_data(scope, have), *_modeling(scope, have), *_deployment(scope, have))


_IN_WORDS = (
    ("value", "the value", "Nobody can tell whether it is worth its upkeep."),
    ("today", "what answers today", "Nobody can tell what it has to beat."),
    ("feasibility", "a reason why it is feasible", "Nobody has asked yet whether X tells anything about Y."),
    ("data", "the data at hand", "Nobody can tell whether there is enough to learn from."),
)
"""Keys of [project] that may be left out, what each is, and what nobody knows without it."""


def _scoping(scope: Scope, have: Collection[Have]) -> list[Missing]:
    found = [
        _miss(Step.SCOPING, what, why, f"Write project.{key}.")
        for key, what, why in _IN_WORDS
        if not getattr(scope.project, key)
    ]
    if "example.org" in scope.project.owner:
        why = "Nobody reads what goes to example.org, so nobody is called when an alert goes off."
        found.append(_miss(Step.SCOPING, "an owner", why, "Write yourself into project.owner."))
    if scope.metric.human_level is None and Have.HUMAN_LEVEL not in have:
        why = "Nobody knows how far a person is from the target, so nobody knows how hard it is."
        found.append(
            _miss(Step.SCOPING, "the human level", why, "Let people read rows twice, or write metric.human_level.")
        )
    if scope.metric.kill_above is None:
        why = "The kill rule is in words only, so no run can be judged by it."
        found.append(_miss(Step.SCOPING, "a number in the kill rule", why, "Write metric.kill_above."))
    if scope.budgets.latency_p99_ms is None:
        why = "Any answer is fast enough, so no slow model is found."
        found.append(_miss(Step.SCOPING, "a latency budget", why, "Write budgets.latency_p99_ms."))
    if not any(f.required for f in scope.fields):
        why = "A request without any value is answered like any other."
        found.append(_miss(Step.SCOPING, "a required field", why, "Write required = true for what must be known."))
    return found


def _data(scope: Scope, have: Collection[Have]) -> list[Missing]:
    found = []
    if not scope.data.source:
        why = "Nothing says where the rows come from."
        found.append(_miss(Step.DATA, "a source", why, "Write data.source, such as 'model.py:load'."))
    if scope.task.time is None:
        why = "The test rows are drawn at random, so a model may learn from the future."
        found.append(_miss(Step.DATA, "a time", why, "Write task.time if the rows have a moment."))
    if Have.DATASET not in have:
        why = "No run can say what it learned from."
        found.append(_miss(Step.DATA, "a dataset version", why, "Run 'slipway data make'."))
    elif Have.TRIVIAL_BASELINE not in have:
        why = "Nobody knows what a model that knows nothing reaches."
        found.append(_miss(Step.DATA, "the trivial baseline", why, "Run 'slipway data make' again."))
    if scope.live and Have.PRESENT_BASELINE not in have:
        why = f"Nobody knows how good '{scope.live}', which answers today, is."
        found.append(_miss(Step.DATA, "the present system's score", why, "Run 'slipway data make' while it answers."))
    return found


def _modeling(scope: Scope, have: Collection[Have]) -> list[Missing]:
    found = []
    if not scope.modeling.train:
        why = "Models come from elsewhere; Slipway cannot retrain them."
        found.append(_miss(Step.MODELING, "a training function", why, "Write model.train, such as 'model.py:train'."))
    if Have.RUN not in have:
        found.append(_miss(Step.MODELING, "a run", "There is no candidate.", "Run 'slipway run train'."))
    return found


def _deployment(scope: Scope, have: Collection[Have]) -> list[Missing]:
    found = []
    if Have.PACKAGE not in have:
        why = "There is nothing that could be served."
        found.append(_miss(Step.DEPLOYMENT, "a package", why, "Run 'slipway run train'."))
    if scope.live is None and Have.ROUTE not in have:
        why = "A candidate has nothing to be compared with or rolled back to."
        out = "Write serving.live and its arm: a rule such as [arms.rule] rule = 'x > 3', a function, a first package."
        found.append(_miss(Step.DEPLOYMENT, "a live arm", why, out))
    return found


def _miss(step: Step, what: str, why: str, way_out: str) -> Missing:
    return Missing(step=step, what=what, why=why, way_out=way_out)
