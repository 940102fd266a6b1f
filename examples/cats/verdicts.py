"""Decide on the labels of the newest queue as the five people did who saw the picture, one row at a time.

Run it in the project's folder:  python verdicts.py ROWS

Three of five votes decide. A picture that nobody was shown is *unsure*: no answer is made up for it.
"""

import sys
from pathlib import Path

import polars as pl

from slipway import Project
from slipway.records.label import Decision

MAJORITY = 3
PEOPLE = "five-people"


def verdict(votes: dict[str, object] | None) -> str:
    """Return ``cat``, ``no cat`` or ``unsure`` from the votes on one picture; None where there are none.

    >>> four = {"given": "cat", "guessed": "frog", "votes_given": 0, "votes_guessed": 5}
    >>> verdict(four | {"votes_both": 0, "votes_neither": 0})
    'no cat'
    """
    if votes is None:
        return "unsure"
    count = {kind: int(str(votes[f"votes_{kind}"])) for kind in ("given", "guessed", "both", "neither")}
    named = [kind for kind in ("given", "guessed") if votes[kind] == "cat"]
    if not named:  # they were asked about two other classes; 'neither' may have been a cat
        return "unsure" if count["neither"] >= MAJORITY else "no cat"
    seen = count[named[0]] + count["both"]
    unseen = sum(count.values()) - seen
    return "cat" if seen >= MAJORITY else "no cat" if unseen >= MAJORITY else "unsure"


def main(rows: int) -> None:
    """Decide on so many rows of the newest queue and print what was decided."""
    table = pl.read_csv(Path(__file__).with_name("votes.csv"))
    votes = {row["picture"]: row for row in table.to_dicts()}
    labels = Project.open(Path.cwd()).labels
    decided = dict.fromkeys(Decision, 0)
    for _ in range(rows):
        handed = labels.next(by=PEOPLE)
        if handed is None:
            break
        said = verdict(votes.get(str(handed.values["picture"])))
        if said == "unsure":
            decision = Decision.UNSURE
        else:
            right = (said == "cat") == (handed.given == "1")
            decision = Decision.AGREE if right else Decision.FLIP
        labels.decide(handed.row, decision=decision, by=PEOPLE, why=f"votes: {said}")
        decided[decision] += 1
    print(", ".join(f"{kind} {count}" for kind, count in decided.items()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
