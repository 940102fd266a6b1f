"""One part of a job, from the rows of a file to the journal. Whoever calls it is one thread of several."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from slipway.batch.arms import Arms
from slipway.batch.asking import NOTHING, Answers, Index, Pace, ask, places
from slipway.batch.fitting import Fitter
from slipway.batch.ids import given_ids, made_column, made_ids, odd_ids
from slipway.batch.job import Job
from slipway.batch.rejects import Reject, lines, reject
from slipway.batch.report import PartReport
from slipway.batch.source import Part, Source
from slipway.batch.table import told
from slipway.batch.values import texts_of, values_of
from slipway.errors import Corrupt
from slipway.ports import JournalWriter
from slipway.records.bulk import BulkFrame, packed
from slipway.records.field import FieldKind
from slipway.records.frame import PredictionFrame
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.batch import Batch
from slipway.serving.live_route import LiveRoute
from slipway.serving.privacy import PrivacyFilter
from slipway.serving.refusal import ErrorBody, refusal_of

_NO_ID = " id"
"""A name that no column has: the ids of a file are checked here, for all of the file."""
BLOCK_ROWS = 8192
"""Rows of one batch and one frame."""


class Setting(NamedTuple):
    """What all parts of a job share; nothing of it changes.

    Attributes:
        config: Facts of the data plane.
        source: Where the rows are.
        job: Its folder.
        arms: The route in force.
        keep: Columns of the input that the output has too.
        now_us: Tells the moment at which rows count as received.
    """

    config: WorkerConfig
    source: Source
    job: Job
    arms: Arms
    keep: tuple[str, ...]
    now_us: Callable[[], int]


class _Rows(NamedTuple):
    """The rows of a part, or of a block of it, as a request would carry them; an index is that in the part."""

    first: int
    columns: dict[str, Any]
    ids: Sequence[str]
    odd: list[tuple[int, ErrorBody]]


class _Block(NamedTuple):
    kept: Index
    answers: Answers
    entities: Sequence[str]
    ids: Sequence[str]
    frame: BulkFrame | None
    rejects: list[Reject]


class PartWorker:
    """Does parts, one at a time.

    Args:
        setting: What the threads share.
        journal: This thread's writer.
    """

    def __init__(self, setting: Setting, *, journal: JournalWriter) -> None:
        self._set, self._journal = setting, journal
        config, order = setting.config, setting.job.manifest.order
        self._signature, self._entity = config.signature, config.entity
        self._fitter = Fitter(config.signature, entity=config.entity, id_name=_NO_ID)
        self._privacy = PrivacyFilter(config)
        self._kinds = {f.name: f.kind for f in config.signature.fields}
        self._entity_column, self._id_column, self._keep = order.entity_column, order.id_column, setting.keep
        wanted = [*self._kinds, self._entity_column, *([self._id_column] if self._id_column else []), *self._keep]
        self._columns = list(dict.fromkeys(wanted))
        self._paces: dict[str, Pace] = {}
        numbers = sum(kind is not FieldKind.CATEGORY for kind in self._kinds.values())
        self._memory = np.empty((setting.job.manifest.part_rows, numbers))  # of one part after the other

    def do(self, part: Part) -> PartReport:
        """Read, refuse, deal, ask, journal, and note the part as done; what is in the journal is not asked again.

        Raises:
            BadInput: The file cannot be read.
            Corrupt: The journal has other rows of the part than the file.
            Unavailable: The journal or the disk refused, or no route can be put in force. The part is not done.
        """
        table = self._set.source.read(part, columns=self._columns)
        live, now_us = self._set.arms.live(), self._set.now_us()
        column, ids, odd = self._ids(table, part.first)
        rows = _Rows(part.first, self._values(table), ids, odd)
        blocks = [self._block(rows, start, live=live, now_us=now_us) for start in range(0, part.rows, BLOCK_ROWS)]
        frames = [block.frame for block in blocks if block.frame is not None]
        rejects = [reject for block in blocks for reject in block.rejects]
        asked = [block for block in blocks if len(block.ids)]
        output = self._output(table, column, blocks, first=part.first)
        report = _report(asked, rows=part.rows, rejected=len(rejects))
        if 0 < len(frames) < len(asked):  # the journal has some of them, and not the others
            raise _others(part.first)
        self._set.job.write_part(part, answers=output, rejects=lines(rejects), report=report)
        if frames:
            self._journal.append(frames)
        self._set.job.finish_part(part.number)
        return report

    def _block(self, part: _Rows, start: int, *, live: LiveRoute, now_us: int) -> _Block:
        """Do some rows as one batch an arm and one frame: few enough to stay near the processor from step to step."""
        place = slice(start, start + BLOCK_ROWS)
        columns, ids, first = {n: v[place] for n, v in part.columns.items()}, part.ids[place], part.first + start
        odd = [(i - start, body) for i, body in part.odd if start <= i < start + BLOCK_ROWS]
        fitted = self._fitter.fit(columns, rows=len(ids), odd=odd, into=self._memory[place])
        rejects = [reject(columns, i, first=first, body=body) for i, body in fitted.rejected]
        if fitted.rejected:
            ids = [ids[i] for i in fitted.kept.tolist()]
        if fitted.asked is None or (batch := fitted.asked.batch) is None:
            return _Block(fitted.kept + start, NOTHING, [], [], None, rejects)
        known = self._set.job.journalled.frame(ids[0])
        if known is not None and known.id != list(ids):
            raise _others(first)
        entities = fitted.asked.entities
        answers, frame = self._asked(batch, entities, ids, live, now_us) if known is None else (_told(known), None)
        for i in np.flatnonzero(np.isnan(answers.score)).tolist():
            body = refusal_of(answers.why(i)).body
            rejects.append(reject(columns, int(fitted.kept[i]), first=first, body=body, id=ids[i]))
        return _Block(fitted.kept + start, answers, entities, ids, frame, rejects)

    def _asked(
        self, batch: Batch, given: Sequence[str], ids: Sequence[str], live: LiveRoute, now_us: int
    ) -> tuple[Answers, BulkFrame]:
        entities = self._privacy.entities(given)
        answers = ask(live, batch, entities=entities, paces=self._paces, score_of=self._set.arms.score)
        frame = packed(
            route=live.route.name,
            route_version=live.route.version,
            at_us=now_us,
            latency_us=answers.row_us,
            ids=ids,
            entities=entities,
            arms=answers.arms,
            arm=answers.arm,
            fallback=answers.fallback,
            score=answers.score,
            shadows=live.route.shadows,
            x=self._privacy.columns(batch),
        )
        return answers, frame

    def _output(self, table: pl.DataFrame, ids: pl.Series, blocks: Sequence[_Block], *, first: int) -> pl.DataFrame:
        kept = np.concatenate([block.kept for block in blocks])
        if len(kept) < table.height:
            ids, table = ids[kept], table[kept]
        given = table[self._entity_column]
        if given.dtype != pl.String or self._kinds.get(self._entity) in (FieldKind.NUMBER, FieldKind.BOOLEAN):
            given = pl.Series([entity for block in blocks for entity in block.entities], dtype=pl.String)
        return told(
            rows=kept + first,
            ids=ids,
            entities=given,
            answers=[block.answers for block in blocks],
            signature=self._signature,
            kept=table.select(self._keep),
        )

    def _ids(self, table: pl.DataFrame, first: int) -> tuple[pl.Series, Sequence[str], list[tuple[int, ErrorBody]]]:
        """Return the ids as a column and as what a frame takes, and those that are none."""
        made = made_ids(self._set.job.manifest.job, first=first, rows=table.height)
        if self._id_column is None:
            return made_column(made), made, []
        given = given_ids(table[self._id_column])
        ids = pl.select(pl.coalesce(given, made_column(made))).to_series() if given.null_count() else given
        return ids, texts_of(ids), odd_ids(given, name=self._id_column)

    def _values(self, table: pl.DataFrame) -> dict[str, Any]:
        untyped = self._set.source.untyped
        columns = {n: values_of(table[n], kind=k, untyped=untyped) for n, k in self._kinds.items()}
        if self._entity not in columns:
            columns[self._entity] = values_of(table[self._entity_column], kind=None)
        return columns


def _told(frame: PredictionFrame) -> Answers:
    """Return what the journal has of rows that were answered before; why some were not, it does not say."""
    arms = tuple(dict.fromkeys(frame.arm))
    return Answers(np.array(frame.score), arms, places(frame.arm, among=arms), np.array(frame.fallback, bool), {}, 1)


def _others(first: int) -> Corrupt:
    return Corrupt(
        f"row {first}: want the rows of this part as the journal has them, got others; another Slipway cut them, or "
        "the journal is damaged. Go on with the one that began, or remove the job's folder: its rows then count twice."
    )


def _report(asked: Sequence[_Block], *, rows: int, rejected: int) -> PartReport:
    arms = Counter[str]()
    for block in asked:
        arms.update(block.answers.by_arm())
    return PartReport(
        rows=rows,
        rejected=rejected,
        unanswered=sum(len(block.ids) for block in asked) - arms.total(),
        arms=dict(arms),
        fallbacks=sum(int(block.answers.fallback.sum()) for block in asked),
        first_id=asked[0].ids[0] if asked else "",
    )
