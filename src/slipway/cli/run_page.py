"""The pages of runs for people: one run, and all of them."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slipway.cli.data import show_scores
from slipway.cli.screen import Screen
from slipway.modeling.kind import kind_of
from slipway.records.dataset import Score
from slipway.records.run import Run
from slipway.words import amount, gap, moment, number, percent, short, span

if TYPE_CHECKING:
    from slipway.project.attempts import Seen
    from slipway.project.proving import Kind
    from slipway.scoping.judge import Judgement

_MOST_ATTEMPTS = 10


def page_of_all(screen: Screen, known: list[Run], *, attempts: Sequence["Seen"] = ()) -> None:
    """Print all runs, and what was begun and is at work, or ended without a result."""
    rows = [_line(run, before) for run, before in zip(known, [None, *known], strict=False)]
    heads = ("id", "trained", "data", "kind", ">on test rows", ">look", "package")
    screen.table(heads, rows, none="No run yet. 'slipway run train' trains one.")
    others = _without_result(attempts)
    if others:
        screen.line()
        screen.title("Begun, without a result")
        told = [
            (s.attempt.work.value, moment(s.attempt.started_us), s.attempt.by, s.standing.value, _detail(s))
            for s in others[-_MOST_ATTEMPTS:]
        ]
        screen.table(("what", "began", "by", "now", "detail"), told)


def _without_result(attempts: Sequence["Seen"]) -> list["Seen"]:
    """Leave out what finished, and what somebody began again with the same code and data, and finished."""
    told: list[Seen] = []
    finished = set()
    for seen in reversed(attempts):
        key = (seen.attempt.work, seen.attempt.code, seen.attempt.data)
        if seen.standing.value == "finished":
            finished.add(key)
        elif key not in finished:
            told.append(seen)
    return told[::-1]


def _line(run: Run, before: Run | None) -> tuple[str, ...]:
    return (
        short(run.id),
        moment(run.started_us),
        short(run.data),
        _kind(run, before),
        _test(run),
        _look(run),
        short(run.package or "-"),
    )


def _detail(seen: "Seen") -> str:
    if seen.standing.value == "interrupted":
        return "its process is gone: killed, perhaps for memory; the same command goes on with what is kept"
    return seen.attempt.detail


def _kind(run: Run, before: Run | None) -> str:
    if before is None:
        return "first"
    kind = kind_of(run, against=before)
    return kind.purpose or kind.value


def _look(run: Run) -> str:
    return number(run.look) if run.look else "-"


def _test(run: Run) -> str:
    found = _model_score(run)
    return amount(found.value, metric=found.metric) if found else "unknown"


def page(screen: Screen, run: Run, *, kind: "Kind | None" = None, judged: Sequence["Judgement"] = ()) -> None:
    """Print a run: where it came from, its scores beside the baselines, its seeds, its worst slices."""
    from slipway.modeling.looks import say_look  # noqa: PLC0415 - it brings numpy; --help must not wait for it

    screen.title(f"Run {short(run.id)}")
    screen.facts(
        [
            ("id", run.id),
            ("trained", f"{moment(run.started_us)}, in {span((run.ended_us - run.started_us) / 1e6)}"),
            ("data", short(run.data)),
            ("code", short(run.code)),
            ("parameters", json.dumps(run.params, sort_keys=True, default=str)),
            ("seed", str(run.seed)),
            ("found by", f"search {short(run.search)}" if run.search else "hand"),
            ("test rows", say_look(run.look, rows=_rows(run)) or "nobody counted the looks at them"),
            *_proof(kind),
            ("package", run.package or "none"),
        ]
    )
    screen.line()
    screen.title("Scores")
    show_scores(screen, run.scores)
    if judged:
        screen.line()
        screen.title("Judged")
        screen.table(("promise", "stands", "why"), [(j.promise, j.standing.value, j.reason) for j in judged])
    if run.repeats:
        from statistics import fmean, stdev  # noqa: PLC0415 - see above

        screen.line()
        screen.title("Seeds")
        spread = stdev(r.value for r in run.repeats)
        screen.table(("seed", ">on test rows"), [(str(r.seed), _value(run, r.value)) for r in run.repeats])
        screen.line(
            f"  mean {_value(run, fmean(r.value for r in run.repeats))}, standard deviation from seed to seed "
            f"{gap(spread, metric=_metric(run))[1:]}; the first is packaged"
        )
    if run.reported:
        screen.line()
        first, last, best = run.reported[0], run.reported[-1], min(run.reported, key=lambda r: r.value)
        screen.line(
            f"Reported from step {first.step} to {last.step}: {number(first.value)} to {number(last.value)}, "
            f"lowest {number(best.value)} at step {best.step}."
        )
    screen.line()
    screen.title("Worst slices")
    rows = [
        (s.where, f"{number(s.n)} ({percent(s.share, digits=0)})", number(s.value), number(s.rest), number(s.headroom))
        for s in run.slices
    ]
    screen.table(("where", ">rows", ">inside", ">elsewhere", ">headroom"), rows, none="none that is confirmed")


def _proof(kind: "Kind | None") -> list[tuple[str, str]]:
    if kind is None:
        return []
    told = "first run" if kind.kind is None else f"{kind.kind.value} against run {short(kind.against or '')}"
    purpose = f"{kind.kind.purpose} run: " if kind.kind is not None and kind.kind.purpose else ""
    return [("kind", purpose + told), *(("", evidence) for evidence in kind.evidence)]


def _model_score(run: Run) -> Score | None:
    return next((s for s in run.scores if s.name == "model" and s.split == "test"), None)


def _rows(run: Run) -> int:
    found = _model_score(run)
    return found.n if found else 0


def _metric(run: Run) -> str:
    found = _model_score(run)
    return found.metric if found else ""


def _value(run: Run, value: float) -> str:
    return amount(value, metric=_metric(run))
