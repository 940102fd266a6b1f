"""A model takes over from readers by degrees, through the real server.

Run it with:  python life.py [--editorials | --afterwards] [FOLDER]

Tweets come as cases, 125 a day on their own clock. Two readers decide each that people have a part in, a third one
settles where they differ; each is one of the twenty people who really read it, and says what that one said. Where a
suggestion is shown, a first reader who would say something else gives in to it now and then: that is made up, for the
twenty saw none. With ``--editorials`` sentences of editorials come instead of tweets once the model decides alone,
with ``--afterwards`` once the rollout is complete.
"""

import itertools
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import numpy as np
import polars as pl
from model import LEARNED, READERS, snippets

from slipway import Project
from slipway.project.server import Server
from slipway.records.frame import PredictionFrame
from slipway.records.handover import READ, Course
from slipway.records.rollout import Action, RolloutStatus
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout

A_DAY = 125
DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
FIRST_US = 1_400_000_000_000_000 // DAY_US * DAY_US
GIVES_IN = 0.15
"""How often a reader who is shown a suggestion that he would not have made gives in to it."""

FILES = ("model.py", "slipway.toml", "snippets.parquet")


class Told(NamedTuple):
    """What came of it.

    Attributes:
        project: The project, its server stopped.
        courses: What became of the cases, by course.
        alone_before: Answers that went out without a person, until the rollout was over.
        wrong_before: Of those, answers that were not what most of the twenty said.
        readings: Decisions of people.
        lines: What was printed.
    """

    project: Project
    courses: Counter[str]
    alone_before: int
    wrong_before: int
    readings: int
    lines: list[str]


class Desk:
    """The review desk: finds in the journal what people are to decide, and says what the twenty readers said.

    Args:
        folder: The project's folder.
        table: The snippets.
    """

    def __init__(self, folder: Path, *, table: pl.DataFrame) -> None:
        self._journal, self._upto = SegmentReader(Layout(folder).journal), dict[str, int]()
        names = table["snippet"].to_list()
        self._said = dict(zip(names, table.select(READERS).to_numpy().tolist(), strict=True))
        self._rng = np.random.default_rng(1)
        self.courses, self.wrong, self.readings = Counter[str](), 0, 0

    @property
    def alone(self) -> int:
        """Answers that went out without a person."""
        return self.courses[Course.AUTOMATED.value] + self.courses[Course.AUDITED.value]

    def truth(self, snippet: str) -> int:
        """Return what most of the twenty said."""
        return int(sum(self._said[snippet]) > len(READERS) / 2)

    def decide(self) -> list[list[dict[str, object]]]:
        """Return what is decided of the cases that came since: first readings, second ones, and what was settled."""
        rounds: list[list[dict[str, object]]] = [[], [], []]
        for frame, position in self._journal.read(self._upto):
            self._upto[position.segment] = position.offset
            if isinstance(frame, PredictionFrame):
                self._read(frame, rounds=rounds)
        return rounds

    def _read(self, frame: PredictionFrame, *, rounds: list[list[dict[str, object]]]) -> None:
        people = frame.people
        for i, id_ in enumerate(frame.id):
            course = Course(people.course[i]) if people else Course.ARM
            self.courses[course.value] += 1
            if course in (Course.AUTOMATED, Course.AUDITED):
                self.wrong += (frame.score[i] >= 0.5) != self.truth(id_)
            if people is None or course not in READ:
                continue
            three = self._rng.choice(len(READERS), 3, replace=False).tolist()
            first, second, third = (self._said[id_][k] for k in three)
            if people.shown[i] and self._rng.random() < GIVES_IN:
                first = int(people.suggestion[i] >= 0.5)
            values = (first, second, third) if first != second else (first, second)
            for number, value in enumerate(values):
                rounds[number].append({"id": id_, "decision": value, "by": READERS[three[number]]})
                self.readings += 1


def live(folder: Path, *, editorials: bool = False, afterwards: bool = False, a_day: int = A_DAY) -> Told:
    """Live through the rollout in a folder, and return what came of it.

    Args:
        folder: Where the project is made; a copy of this example.
        editorials: Whether editorials come instead of tweets once the model decides alone.
        afterwards: Whether they come once the rollout is complete, until audits give the cases back.
        a_day: Snippets a day; it ends with the last of them.
    """
    for name in FILES:
        (folder / name).write_bytes(Path(__file__).with_name(name).read_bytes())
    project, table, lines = Project.open(folder), snippets(), list[str]()
    project.make_dataset("tweets")
    run = project.train("tweets", name="counts")
    project.open_route(salt="the readers of snippets")
    before, queues = (
        (0, 0),
        {
            "tweet": table.filter(pl.col("source") == "tweet")[LEARNED:],
            "editorial": table.filter(pl.col("source") == "editorial"),
        },
    )
    fields, desk = [field.name for field in project.scope.fields], Desk(folder, table=table)
    with Server(folder, clock="event") as server, httpx.Client(base_url=server.url, timeout=60) as client:
        rollout = project.start_rollout(str(run.package), at_us=FIRST_US)
        for day in itertools.count():
            now_us = FIRST_US + day * DAY_US
            alone, done = rollout.entries[-1].threshold is not None, rollout.status is RolloutStatus.COMPLETED
            source = "editorial" if (editorials and alone) or done else "tweet"
            today, queues[source] = queues[source][:a_day], queues[source][a_day:]
            if not len(today):
                break
            rows = today.select(pl.col("snippet").alias("id"), "snippet", *fields).to_dicts()
            _post(client, "/predict", {"rows": rows}, at_us=now_us + HOUR_US)
            for hour, decisions in enumerate(desk.decide()):
                if decisions:
                    _post(client, "/outcomes", {"decisions": decisions}, at_us=now_us + (2 + hour) * HOUR_US)
            for verdict in project.step(now_us=now_us + DAY_US).verdicts:
                if verdict.action is not Action.STAY:
                    lines.append(f"day {day + 1}, {verdict.stage}: {verdict.action}")
                    lines += [f"  {gate.gate.kind}: {gate.reason}" for gate in verdict.gates]
            if rollout.status is RolloutStatus.RUNNING:
                before = desk.alone, desk.wrong
            rollout = project.rollout(rollout.id)
            if rollout.status is RolloutStatus.ROLLED_BACK or (
                rollout.status is RolloutStatus.COMPLETED and not afterwards
            ):
                break
    return Told(project, desk.courses, *before, desk.readings, [*lines, *_summary(desk, status=rollout.status)])


def _summary(desk: Desk, *, status: RolloutStatus) -> list[str]:
    asked = sum(desk.courses.values())
    said = ", ".join(f"{count} {course}" for course, count in desk.courses.most_common())
    error = f", of which {desk.wrong} are not what most of the twenty readers said" if desk.alone else ""
    return [
        f"The rollout is {status}. {asked:,} snippets: {said}.",
        f"{desk.alone:,} answers went out without a person{error}; people read {desk.readings:,} times.",
    ]


def _post(client: httpx.Client, path: str, body: object, *, at_us: int) -> None:
    headers = {"Content-Type": "application/json", "Slipway-Time-Us": str(at_us)}
    reply = client.post(path, content=msgspec.json.encode(body), headers=headers)
    if reply.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path}: want 200, got {reply.status_code}: {reply.text[:500]}")


def main(words: list[str]) -> None:
    """Live through it in a folder, a new one unless one is named, and say what came of it."""
    places = [Path(word) for word in words if not word.startswith("--")]
    folder = places[0] if places else Path(tempfile.mkdtemp(prefix="snippets-"))
    folder.mkdir(parents=True, exist_ok=True)
    for line in live(folder, editorials="--editorials" in words, afterwards="--afterwards" in words).lines:
        print(line)
    print(f"To look around: slipway rollout show --project {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
