"""The questions at a terminal: one at a time, with its reason, an example, and the answer checked at once."""

from collections.abc import Callable, Mapping

from slipway.errors import BadInput
from slipway.scoping.init import name_of
from slipway.scoping.interview import Draft, answer, next_question, skip, take_fields
from slipway.scoping.propose import Proposal
from slipway.scoping.questions import QUESTIONS, Question

HELP = "Enter takes what is offered. 'skip': not known yet. 'back': the question before. 'quit': go on another time."


def converse(
    draft: Draft,
    *,
    proposals: Mapping[str, Proposal],
    ask: Callable[[str], str | None],
    tell: Callable[[str], object],
    keep: Callable[[Draft], object],
) -> Draft | None:
    """Ask until every question is settled, and return the answers; None if the person stopped before.

    Args:
        draft: What was answered before.
        proposals: What the data suggest, by key.
        ask: Shows a prompt and returns what was typed, or None at the end of the input.
        tell: Shows a line.
        keep: Called with the answers after each one, so that nothing typed is lost.
    """
    tell(HELP)
    before: list[Draft] = []
    while (question := next_question(draft)) is not None:
        offered = _offered(question, proposals)
        _show(
            question,
            offered,
            proposals.get(question.key),
            number=len(draft.settled) + len(draft.skipped) + 1,
            tell=tell,
        )
        typed = ask("> ")
        match None if typed is None else typed.strip():
            case None | "quit":
                return None
            case "back":
                draft = before.pop() if before else draft
            case "skip":
                before.append(draft)
                draft = skip(draft, question)
                tell("  noted as not known yet." + (" Without it there is no project." if question.needed else ""))
            case text:
                try:
                    after = _taken(draft, question, text, proposals) if not text else answer(draft, question, text)
                except BadInput as error:
                    tell(f"  {error}")
                    continue
                before.append(draft)
                draft = after
        keep(draft)
    return draft


def accept(draft: Draft, proposals: Mapping[str, Proposal]) -> Draft:
    """Return the draft with what the data suggest for questions that a file of answers leaves open."""
    while (question := next_question(draft)) is not None:
        offers = question.key in proposals
        draft = _taken(draft, question, "", proposals) if offers else skip(draft, question)
    return draft


def with_name(proposals: Mapping[str, Proposal], folder: str) -> dict[str, Proposal]:
    """Return the proposals and, for the project's name, the folder's."""
    return {"project.name": Proposal(name_of(folder), "the folder"), **proposals}


def _offered(question: Question, proposals: Mapping[str, Proposal]) -> str:
    if question.key not in proposals:
        return question.default
    value = proposals[question.key].value
    return ", ".join(value) if isinstance(value, dict) else str(value)


def _taken(draft: Draft, question: Question, text: str, proposals: Mapping[str, Proposal]) -> Draft:
    """Take what is offered: the proposal of the data as it stands, or the default."""
    if question.key == "fields" and question.key in proposals:
        return take_fields(draft, question, proposals["fields"].value)
    return answer(draft, question, text or _offered(question, proposals))


def _show(
    question: Question, offered: str, proposal: Proposal | None, *, number: int, tell: Callable[[str], object]
) -> None:
    tell("")
    tell(f"{number} of about {len(QUESTIONS)} · {question.ask}")
    tell(f"  Why: {question.why}")
    tell(f"  For example: {question.example}")
    if offered:
        tell(f"  Enter takes: {offered}{f' ({proposal.reason})' if proposal else ''}")
