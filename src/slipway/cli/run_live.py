"""What a training or a search says while it goes on: on a terminal one line that changes, elsewhere lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from slipway.cli.screen import console, tell
from slipway.records.run import Reported
from slipway.records.trial import Trial, TrialEnd
from slipway.words import amount, number, plain

if TYPE_CHECKING:
    from slipway.project.searching import Progress as Ended

_EVERY_S = 1.0


@contextmanager
def reporting(what: str) -> Iterator[Callable[[Reported], object]]:
    """Show on stderr that a training is at work, and what it reports; at most a line a second where nobody watches."""
    if not sys.stderr.isatty():
        tell(f"{what} ...")
        last = -_EVERY_S

        def line(said: Reported) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY_S:
                last = time.monotonic()
                tell(f"{what}: {_report(said)}")

        yield line
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task(plain(what), total=None)
        yield lambda said: progress.update(task, description=plain(f"{what}: {_report(said)}"))


@contextmanager
def searching(trials: int) -> Iterator[Callable[["Ended"], object]]:
    """Show on stderr each trial that ended and the best so far."""
    if not sys.stderr.isatty():
        yield lambda ended: tell(f"trial {ended.trial.number} of {ended.of}: {_ended(ended)}")
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task("searching", total=trials)
        yield lambda ended: progress.update(task, completed=ended.done, description=plain(_ended(ended)))


def say_trial(trial: Trial, *, metric: str) -> str:
    """Say how a trial ended."""
    if trial.end is TrialEnd.FAILED:
        return f"failed: {trial.detail}"
    return trial.end.value if trial.value is None else f"{metric} {amount(trial.value, metric=metric)}"


def _ended(ended: "Ended") -> str:
    again = "" if ended.trial.tries == 1 else ", tried again"
    best = "" if ended.best is None else f"; best {amount(ended.best.value, metric=ended.metric)}"
    return say_trial(ended.trial, metric=ended.metric) + again + best


def _report(said: Reported) -> str:
    return f"step {said.step}, {number(said.value)}"
