"""Everything one can ask about a project's labels, the same for Python, the CLI and the web."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.data.labels.from_table import LabelColumns
from slipway.data.labels.held_out_bias import HeldOutBias
from slipway.data.labels.label_studio import labelling_config, to_tasks
from slipway.data.labels.progress import QueueProgress, progress
from slipway.data.labels.readings import Agreement, Together, agreement, together
from slipway.errors import BadInput, Conflict
from slipway.project.labelling import applying, collecting, given, handing, queues
from slipway.project.labelling.applying import Applied
from slipway.project.labelling.collecting import Collected
from slipway.project.labelling.given import Taken
from slipway.project.labelling.handing import Handed
from slipway.project.labelling.held_out import held_out_bias
from slipway.project.labelling.queues import FOLDS, TRANCHE, Made, Train
from slipway.project.labelling.rulings import rulings_of
from slipway.project.labelling.subject import Subject, subject
from slipway.records.label import Decision, Guideline, LabelItem, LabelQueue, QueueKind
from slipway.records.lease import LEASE_S
from slipway.wiring import Parts

WORTH = 20.0
"""How many looks one error found is worth, unless somebody says otherwise."""


class LabelDesk:
    """The labels of a project: :attr:`slipway.Project.labels`.

    A queue is named by its id, the beginning of one, or its kind (the newest of that kind); a dataset by id or name.
    """

    def __init__(self, parts: Parts, *, by: str, now_us: Callable[[], int]) -> None:
        self._parts, self._by, self._now_us = parts, by, now_us

    # --- what annotators said

    def add_guideline(self, name: str, *, text: str) -> tuple[str, Guideline]:
        """Keep one version of a guideline and return its id; the same text is kept once.

        Raises:
            BadInput: The name is no checked word, or there is no text.
        """
        return given.add_guideline(self._parts, name=name, text=text, by=self._by)

    def guidelines(self) -> list[tuple[str, Guideline]]:
        """Return (id, guideline), oldest first."""
        return [(i, g) for i, g, _ in self._parts.store.all(Guideline)]

    def take(
        self,
        source: Any,
        *,
        dataset: str | None = None,
        column: str | None = None,
        columns: LabelColumns = LabelColumns(),  # noqa: B008 - frozen
        guideline: str | None = None,
    ) -> Taken:
        """Take in labels by annotators: a file (CSV, Parquet, JSON, an export of Label Studio) or a table.

        Args:
            source: Path, or any table with one line a label.
            dataset: Version whose rows they are of; None takes the newest.
            column: Column of the data whose values they are; None takes the target.
            columns: What the columns of the file are called.
            guideline: Name (the newest version) or id of the guideline they went by.

        Raises:
            NotFound: No such file, dataset or guideline.
            BadInput: It holds no labels of rows of the dataset, or a label that cannot be one.
        """
        mine = self._subject(dataset, column)
        return given.take(self._parts, source, mine=mine, columns=columns, guideline=guideline, by=self._by)

    def agreement(self, *, dataset: str | None = None, column: str | None = None) -> list[Agreement]:
        """Measure how far annotators agree, for each version of the guideline and each two of them.

        Raises:
            BadInput: Labels are numbers.
        """
        mine = self._subject(dataset, column)
        mine.needs_classes("agreement")
        return agreement(given.labels_of(self._parts, mine))

    def consensus(self, *, dataset: str | None = None, column: str | None = None) -> Together:
        """Return what annotators say together of each row, and how good each of them seems to be (Dawid and Skene).

        Raises:
            BadInput: Labels are numbers, or of one class only.
        """
        mine = self._subject(dataset, column)
        mine.needs_classes("consensus")
        return together(given.labels_of(self._parts, mine))

    # --- queues

    def rank(
        self,
        *,
        dataset: str | None = None,
        column: str | None = None,
        train: str | Train | None = None,
        params: dict[str, Any] | None = None,
        folds: int = FOLDS,
        tranche: int = TRANCHE,
        seed: int | None = None,
        told: Callable[[int, int], object] = lambda *_: None,
    ) -> Made:
        """Make a queue of labels ranked by suspicion, with models of the project's own training function.

        Args:
            dataset: Version to look at; None takes the newest.
            column: Column of the labels, two or more classes or (the target of a regression) numbers; None takes the
                target.
            train: Function, or ``file.py:function``, with the signature of ``model.train``; None takes that one. For
                classes its estimator must have ``predict_proba``.
            params: Hyperparameters instead of the scope's.
            folds: Each row is judged by a model of the other folds.
            tranche: Rows that are ranked together and shown in an order of chance, so that some tell of the others.
            seed: Seed of all chance; None takes the scope's.
            told: Called with models fitted and models to fit.

        Raises:
            NotFound: No such dataset or function.
            BadInput: The function fails or gives no probabilities, or no label is left to look at.
        """
        mine = self._subject(dataset, column)
        return queues.rank(
            self._parts,
            mine,
            train=train,
            params=params,
            folds=folds,
            tranche=tranche,
            seed=seed,
            by=self._by,
            told=told,
        )

    def draw(
        self,
        kind: QueueKind,
        *,
        rows: int,
        dataset: str | None = None,
        column: str | None = None,
        guideline: str | None = None,
        held_out: bool = False,
        seed: int = 0,
    ) -> Made:
        """Make a queue of rows drawn at random: an audit, or a second reading by people who do not see the label.

        With ``held_out`` only rows held out are drawn from, also those that somebody has decided on:
        :meth:`held_out_bias` tells from them how far their labels mislead.

        Raises:
            BadInput: Another kind of queue, or no row to draw from.
            NotFound: No such dataset or guideline.
        """
        if kind not in (QueueKind.AUDIT, QueueKind.SECOND_READING):
            raise BadInput(f"kind of sample: want 'audit' or 'second-reading', got '{kind}'.")
        mine = self._subject(dataset, column)
        return queues.draw(
            self._parts,
            mine,
            kind=kind,
            rows=rows,
            seed=seed,
            guideline=guideline,
            held_out=held_out,
            by=self._by,
        )

    def held_out_bias(self, run: str, *, queue: str | None = None) -> HeldOutBias:
        """Estimate what a run's metric would be if all labels of the rows held out were right.

        Args:
            run: Its id, or the beginning of it.
            queue: An audit of rows held out; None takes the newest queue.

        Raises:
            NotFound: No such run or queue.
            BadInput: Another kind of queue, a run of another version, or nobody has looked yet.
        """
        _, record = queues.find_queue(self._parts, queue)
        return held_out_bias(self._parts, self._subject(record.dataset, record.column), record, run=run)

    def adjudicate(self, *, dataset: str | None = None, column: str | None = None) -> Made:
        """Make a queue of the rows that annotators disagree on, for somebody who labelled none of them.

        Raises:
            BadInput: There are no labels by several annotators, or nothing to settle.
        """
        return queues.adjudicate(self._parts, self._subject(dataset, column), by=self._by)

    def queues(self) -> list[tuple[str, LabelQueue]]:
        """Return (id, queue), oldest first."""
        return [(i, q) for i, q, _ in self._parts.store.all(LabelQueue)]

    def next(self, queue: str | None = None, *, by: str | None = None, lease_s: float = LEASE_S) -> Handed | None:
        """Hand out the next row of a queue to one person; None if no row waits for this person.

        Args:
            queue: The queue; None takes the newest.
            by: Who is to look at it; None takes who opened the project.
            lease_s: Until it may go to somebody else.

        Raises:
            NotFound: No such queue.
        """
        id_, record = queues.find_queue(self._parts, queue)
        mine = self._subject(record.dataset, record.column)
        return handing.hand_out(self._parts, id_, record, mine=mine, by=by or self._by, lease_s=lease_s)

    def decide(
        self,
        row: str,
        *,
        queue: str | None = None,
        decision: Decision | None = None,
        value: str | None = None,
        by: str | None = None,
        why: str = "",
    ) -> LabelItem:
        """Write down what a person decides on the row that he was handed; that is final.

        Args:
            row: Which row.
            queue: The queue it came from; None takes the newest.
            decision: Whether the label is right, or whether the person is unsure; None where ``value`` says it.
            value: What is true.
            by: Who.
            why: In words, if there is something to say.

        Raises:
            NotFound: The row was not handed out.
            Conflict: Somebody else has it, or it is decided.
            BadInput: Decision and value contradict each other, or one that is needed is missing.
        """
        id_, record = queues.find_queue(self._parts, queue)
        mine = self._subject(record.dataset, record.column)
        return handing.decide(
            self._parts,
            id_,
            record,
            mine=mine,
            row=row,
            decision=decision,
            value=value,
            by=by or self._by,
            why=why,
        )

    def progress(self, queue: str | None = None, *, worth: float = WORTH) -> QueueProgress:
        """Return what was found in a queue, how precise it is, how many errors are left, and whether to go on.

        Args:
            queue: The queue; None takes the newest.
            worth: How many looks one error found is worth.

        Raises:
            NotFound: No such queue.
            BadInput: An error is worth less than one look.
        """
        id_, record = queues.find_queue(self._parts, queue)
        mine = self._subject(record.dataset, record.column)
        entries = given.entries_of(self._parts, record)
        if record.kind is QueueKind.SECOND_READING:
            rulings = handing.readings(self._parts, id_)
        else:
            rulings = rulings_of(self._parts, mine)
        return progress(record, entries=entries, rulings=rulings, worth=worth)

    # --- what becomes of it

    def apply(self, *, dataset: str | None = None, column: str | None = None, consensus: bool = False) -> Applied:
        """Make a new dataset version with the labels that people decided on; the old one stays.

        Args:
            dataset: Version to start from; None takes the newest.
            column: Column of the labels; None takes the target.
            consensus: Whether rows that nobody ruled on get what annotators say together.

        Raises:
            BadInput: Nothing would change.
        """
        return applying.apply(self._parts, self._subject(dataset, column), consensus=consensus, by=self._by)

    def collect(
        self,
        *,
        name: str = "main",
        onto: str | None = None,
        since_us: int | None = None,
        until_us: int | None = None,
    ) -> Collected:
        """Make a dataset version of answered requests whose outcomes have had time to come, after those there are.

        Args:
            name: Name of the dataset.
            onto: Version to append to; None takes the newest of that name, or none where there is none.
            since_us: Requests received from this moment on; None goes on where the last collection ended.
            until_us: Requests received before this moment; None takes all that are older than ``rollout.maturity``.

        Raises:
            NotFound: No such version.
            BadInput: No request has an outcome, those of that time were taken before, or they do not fit the version.
        """
        return collecting.collect(
            self._parts,
            onto=onto,
            name=name,
            since_us=since_us,
            until_us=until_us,
            now_us=self._now_us(),
            by=self._by,
        )

    def export(self, path: str | Path, *, queue: str | None = None, rows: int | None = None) -> int:
        """Write the rows of a queue that wait as tasks for Label Studio, and the labelling interface beside them.

        Args:
            path: A new ``.json`` file; the interface goes into ``.xml`` of the same name.
            queue: The queue; None takes the newest.
            rows: At most so many of them.

        Returns:
            How many tasks were written.

        Raises:
            NotFound: No such queue.
            Conflict: The file exists.
            BadInput: The name does not end with ``.json``, or no row waits.
        """
        target = Path(path)
        if target.suffix != ".json":
            raise BadInput(f"{target}: want the name of a new file that ends with .json.")
        if target.exists() or target.with_suffix(".xml").exists():
            raise Conflict(f"{target}: want the name of a new file, but it, or the .xml beside it, exists.")
        id_, record = queues.find_queue(self._parts, queue)
        mine = self._subject(record.dataset, record.column)
        open_ = handing.waiting(self._parts, id_, record)[:rows]
        if not open_:
            raise BadInput(f"label queue {id_[:12]}: want a row that waits for somebody, got none.")
        tasks = to_tasks(
            open_,
            values=[handing.values_of(mine, entry.place) for entry in open_],
            numbers=mine.classes is None,
            shows_given=record.kind not in handing.BLIND,
            model=f"slipway {id_[:12]}",
        )
        target.write_text(json.dumps(tasks, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
        config = labelling_config(fields=list(handing.values_of(mine, open_[0].place)), classes=mine.classes)
        target.with_suffix(".xml").write_text(config + "\n", encoding="utf-8")
        return len(tasks)

    def _subject(self, dataset: str | None, column: str | None) -> Subject:
        return subject(self._parts, dataset=dataset, column=column)
