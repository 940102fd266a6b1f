"""The pages of ``slipway label``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slipway.cli.screen import Screen
from slipway.records.label import Guideline, LabelQueue
from slipway.words import count, moment, number, percent, short

if TYPE_CHECKING:
    from slipway.data.labels.held_out_bias import HeldOutBias
    from slipway.data.labels.progress import QueueProgress
    from slipway.data.labels.readings import Agreement, Together
    from slipway.project.labelling.applying import Applied
    from slipway.project.labelling.collecting import Collected
    from slipway.project.labelling.given import Taken
    from slipway.project.labelling.handing import Handed

_MOST_ROWS = 20


def queues_page(screen: Screen, known: Sequence[tuple[str, LabelQueue]]) -> None:
    """List queues."""
    rows = [
        (short(i), q.kind, q.column, number(q.rows), number(q.population), _wrong(q), moment(q.made_us))
        for i, q in known
    ]
    heads = ("id", "kind", "labels of", ">rows", ">taken from", ">wrong by the model", "made")
    screen.table(heads, rows, none="No queue yet. 'slipway label rank' makes one.")


def handed_page(screen: Screen, handed: "Handed") -> None:
    """Show a row to somebody who is to label it."""
    screen.title(f"Row {handed.row}")
    screen.facts([(name, "missing" if value is None else str(value)) for name, value in handed.values.items()])
    screen.line()
    facts = [(handed.column, "not shown: say what is true" if handed.given is None else handed.given)]
    if handed.guess is not None:
        facts.append(("the model says", handed.guess))
    facts.append(("may be", "a number" if handed.classes is None else ", ".join(handed.classes)))
    facts.append(("yours until", moment(handed.until_us)))
    facts.append(("behind it", count(handed.waiting, "row")))
    screen.facts(facts)
    answer = "--value VALUE" if handed.given is None else "agree|flip|unsure"
    screen.line(f"Then: slipway label decide {handed.row} {answer} --queue {short(handed.queue)}")


def queue_page(screen: Screen, found: "QueueProgress") -> None:
    """Say what was found in a queue."""
    from slipway.data.labels.progress import sentences  # noqa: PLC0415 - whoever made it has it already

    for sentence in sentences(found):
        screen.line(sentence)


def bias_page(screen: Screen, found: "HeldOutBias") -> None:
    """Say what labels hide about a model."""
    from slipway.data.labels.held_out_bias import sentences  # noqa: PLC0415 - as above

    for sentence in sentences(found):
        screen.line(sentence)


def applied_page(screen: Screen, applied: "Applied") -> None:
    """Say what a new version has of people."""
    version = applied.version
    screen.line(f"Dataset {version.name} {short(version.id)}, from {short(applied.parent)}: {applied.words}.")


def collected_page(screen: Screen, got: "Collected") -> None:
    """Say what a new version has of production."""
    screen.line(f"Dataset {got.version.name} {short(got.version.id)}: {count(got.version.rows, 'row')}.")
    for sentence in got.sentences:
        screen.line(sentence)


def guidelines_page(screen: Screen, known: Sequence[tuple[str, Guideline]]) -> None:
    """List versions of guidelines with how they begin."""
    rows = [(short(i), g.name, moment(g.made_us), g.text.strip().splitlines()[0][:60]) for i, g in known]
    screen.table(("id", "name", "made", "begins"), rows, none="No guideline yet. 'slipway label guideline' keeps one.")


def batch_page(screen: Screen, taken: "Taken") -> None:
    """Say what came in."""
    batch = taken.batch
    screen.line(
        f"{count(batch.labels, 'label')} of {count(batch.rows, 'row')} by {', '.join(batch.annotators)}; "
        f"the data has {number(taken.known)} of these rows."
    )


def agreement_page(screen: Screen, found: Sequence["Agreement"]) -> None:
    """Show agreement by guideline and pair."""
    rows = []
    for a in found:
        value = a.why_not if a.value is None else f"{number(a.value.estimate)} ({_limits(a)})"
        who = " and ".join(a.who) if len(a.who) < 4 else f"all {len(a.who)}"
        rows.append((short(a.guideline) or "none", who, number(a.rows), percent(a.same_share), a.statistic, value))
    heads = ("guideline", "who", ">rows", ">the same", "beyond chance", "value")
    screen.table(heads, rows, none="No labels by annotators yet. 'slipway label import' takes them in.")


def consensus_page(screen: Screen, found: "Together") -> None:
    """Show how good annotators seem to be, and the rows that are least certain."""
    screen.title("Annotators")
    screen.table(
        ("who", ">labels", ">seems right"),
        [(s.annotator, number(s.labels), percent(s.right_share)) for s in found.skills],
    )
    split = sorted((c for c in found.rows if not c.unanimous), key=lambda c: c.probability)
    screen.line()
    screen.title(f"{count(len(found.rows), 'row')}, {number(len(split))} of them with different labels")
    rows = [(c.row, c.value, percent(c.probability), number(c.labels)) for c in split[:_MOST_ROWS]]
    screen.table(("row", "together", ">certain", ">labels"), rows, none="Everybody said the same of each row.")
    if not found.converged:
        screen.line("The estimate had not settled; take it with care.")


def _limits(found: "Agreement") -> str:
    value = found.value
    return "" if value is None else f"{number(value.low)} to {number(value.high)}"


def _wrong(queue: LabelQueue) -> str:
    if queue.wrong is None or queue.wrong_low is None or queue.wrong_high is None:
        return "-"
    return f"{number(round(queue.wrong))} ({number(round(queue.wrong_low))} to {number(round(queue.wrong_high))})"
