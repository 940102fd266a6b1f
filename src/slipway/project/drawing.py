"""Where the next point of a search lies, and whether a trial is worth going on with: the one file that knows optuna."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from slipway.errors import MissingExtra
from slipway.project.time_limit import Ended
from slipway.records.run import Reported
from slipway.records.trial import Dimension, Trial, TrialEnd

if TYPE_CHECKING:
    import optuna

_UNPRUNED = 5


class Pruned(Ended):
    """The trial is not worth going on with."""


class Drawer:
    """Draws points by what the trials so far have shown.

    The chance of each follows from the seed and its number, so that a search which goes on finds what it would have
    found.

    Args:
        kept: Trials that were made before.
        seed: Seed of all chance.

    Raises:
        MissingExtra: optuna is not installed.
    """

    def __init__(self, kept: Sequence[Trial], *, seed: int) -> None:
        try:
            import optuna  # noqa: PLC0415 - an extra, and only wanted here
        except ImportError as error:
            raise MissingExtra("search: want optuna, got none. Install it: pip install 'slipway[search]'") from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._seed = optuna, seed
        self._study = optuna.create_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED))
        for trial in kept:
            self._study.add_trial(self._kept(trial))

    def point(self, number: int) -> "Point":
        """Return the point of the trial of that number."""
        chance = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        self._study.sampler = self._optuna.samplers.TPESampler(seed=chance)
        return Point(self._study, asked=self._study.ask())

    def again(self, trial: Trial) -> "Point":
        """Return the point of a trial that was made before, to be tried once more."""
        self._study.enqueue_trial(trial.drawn)
        return self.point(trial.number)

    def _kept(self, trial: Trial) -> "optuna.trial.FrozenTrial":
        return self._optuna.create_trial(
            state=_state(trial.end),
            value=trial.value,
            params=trial.drawn,
            distributions={k: self._optuna.distributions.json_to_distribution(v) for k, v in trial.space.items()},
            intermediate_values={r.step: r.value for r in trial.steps},
        )


class Point:
    """One point under trial."""

    def __init__(self, study: "optuna.Study", *, asked: "optuna.Trial") -> None:
        self._study = study
        self.asked = asked

    def prune_by(self, said: Reported) -> None:
        """Take note of a loss on the way.

        Raises:
            Pruned: It is worse than the median of earlier trials at that step.
        """
        self.asked.report(said.value, said.step)
        if self.asked.should_prune():
            raise Pruned

    def tell(self, end: TrialEnd, *, value: float | None) -> None:
        """Say how the trial ended, so that the next point is drawn by it."""
        self._study.tell(self.asked, value, state=_state(end))

    @property
    def drawn(self) -> dict[str, Any]:
        """What was drawn, by name."""
        return dict(self.asked.params)

    @property
    def space(self) -> dict[str, str]:
        """From what each was drawn, as optuna writes it."""
        from optuna.distributions import distribution_to_json  # noqa: PLC0415 - see Drawer

        return {name: distribution_to_json(d) for name, d in self.asked.distributions.items()}

    @property
    def steps(self) -> tuple[Reported, ...]:
        """What it could be pruned by."""
        values = self._study.trials[self.asked.number].intermediate_values
        return tuple(Reported(step=step, value=value) for step, value in sorted(values.items()))


def draw_from(asked: "optuna.Trial", *, dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """Draw one value of each dimension."""
    return {dimension.name: _suggest(asked, dimension) for dimension in dimensions}


def _suggest(asked: "optuna.Trial", dimension: Dimension) -> Any:
    name, low, high, step = dimension.name, dimension.low, dimension.high, dimension.step
    if dimension.choices:
        return asked.suggest_categorical(name, dimension.choices)
    if dimension.whole and (step is None or isinstance(step, int)):
        return asked.suggest_int(name, int(low), int(high), step=step or 1, log=dimension.log)
    return asked.suggest_float(name, low, high, step=step, log=dimension.log)


def _state(end: TrialEnd) -> "optuna.trial.TrialState":
    from optuna.trial import TrialState  # noqa: PLC0415 - see Drawer

    return {
        TrialEnd.COMPLETE: TrialState.COMPLETE,
        TrialEnd.PRUNED: TrialState.PRUNED,
        TrialEnd.FAILED: TrialState.FAIL,
    }[end]
