"""``slipway run search``: hyperparameters by trial on validation folds; the test rows are looked at once."""

from typing import TYPE_CHECKING

from slipway.cli.options import COMMON, Common
from slipway.cli.pick import pick
from slipway.cli.run_live import reporting, say_trial, searching
from slipway.cli.run_page import page
from slipway.cli.screen import Screen, show
from slipway.records.base import Record
from slipway.records.run import Run
from slipway.words import short, span

if TYPE_CHECKING:
    from slipway.project.searching import Found
    from slipway.scoping.judge import Judgement


class Searched(Record, frozen=True, kw_only=True):
    """What was found, and the run that was made of it with its judgements; None where none was wanted."""

    found: "Found"
    run: Run | None
    judged: tuple["Judgement", ...] = ()


def search(
    dataset: str | None = None,
    /,
    *,
    trials: int = 20,
    time: str | None = None,
    folds: int = 3,
    seed: int | None = None,
    timeout: str | None = None,
    name: str | None = None,
    only: bool = False,
    common: Common = COMMON,
) -> int:
    """Search hyperparameters in the space that model.search of slipway.toml names, and train with the best.

    Trials are measured on validation folds inside the rows to learn from; the rows held out are looked at once, by the
    run at the end. Trials are kept: the same command goes on where it was stopped or killed.

    Args:
        dataset: Id, start of an id, or name of the dataset version; the newest if not given.
        trials: Trials in all, those kept from before counted.
        time: Begin no trial later than this after the start, such as 10min.
        folds: Validation folds.
        seed: Seed of all chance; that of slipway.toml if not given.
        timeout: The longest that one training may take, such as 5min.
        name: Name of the packaged model.
        only: Search only, and train nothing at the end.
        common: What every command takes.
    """
    from slipway.cli.when import duration_s  # noqa: PLC0415 - see above
    from slipway.project.searching import SearchPlan  # noqa: PLC0415 - it brings the table engine; --help waits for none

    project = common.open()
    chosen = None
    if dataset is not None:
        chosen = pick(dataset, project.datasets(), what="dataset", key=lambda d: d.id, name=lambda d: d.name).id
    timeout_s = None if timeout is None else duration_s(timeout, option="--timeout")
    plan = SearchPlan(
        trials=trials,
        time_s=None if time is None else duration_s(time, option="--time"),
        folds=folds,
        seed=seed,
        timeout_s=timeout_s,
    )
    with searching(trials) as told:
        found = project.search(chosen, plan=plan, told=told)
    run = None
    if not only:
        with reporting("training with the best") as reported:
            run = project.train(
                chosen,
                params=found.best.params,
                seed=seed,
                name=name,
                timeout_s=timeout_s,
                search=found.search,
                told=reported,
            )
    judged = () if run is None else project.judge_run(run)
    return show(Searched(found=found, run=run, judged=judged), human=_page, common=common)


def _page(screen: Screen, searched: Searched) -> None:
    found = searched.found
    screen.title(f"Search {short(found.search)}")
    for sentence in found.sentences:
        screen.line(sentence)
    rows = [
        (
            str(t.number),
            ", ".join(f"{k} = {v:.4g}" if isinstance(v, float) else f"{k} = {v}" for k, v in t.drawn.items()),
            say_trial(t, metric=found.metric),
            span((t.ended_us - t.started_us) / 1e6),
        )
        for t in found.trials
    ]
    screen.table((">trial", "drawn", "on validation rows", ">took"), rows)
    if searched.run is not None:
        screen.line()
        page(screen, searched.run, judged=searched.judged)
