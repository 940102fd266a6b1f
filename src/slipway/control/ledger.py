"""The journal as tables: predictions, shadows and outcomes joined by prediction id, a day of a route at a time.

The ledger is a function of the frames read and of nothing else, in whatever order segments were read: the first outcome
counts (by its moment), of rows with one id the earliest counts and the others are left out, and what came before its
prediction waits for it. So a restart that reads the journal from its beginning has the ledger that was lost.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial

from slipway.control.block import DAY_US, NEVER, Block, Known
from slipway.control.terms import Terms
from slipway.ports import JournalReader, Position
from slipway.records.base import Record
from slipway.records.frame import Frame, OutcomeFrame, PredictionFrame, ShadowFrame

_ROW_BITS = 40
_ROW = (1 << _ROW_BITS) - 1


class Tally(Record, frozen=True, kw_only=True):
    """What was read, and what could not be used.

    Attributes:
        predictions: Rows.
        outcomes: Outcomes kept.
        shadows: Shadow answers joined.
        duplicates: Rows whose id another row has; the earliest counts.
        repeated: Outcomes of a row that had one; the first counts.
        impossible: Outcomes that the task cannot have, such as NaN; they are left out.
        unknown: Outcomes whose prediction has not been read.
        unknown_shadows: Shadow answers whose prediction has not been read.
    """

    predictions: int = 0
    outcomes: int = 0
    shadows: int = 0
    duplicates: int = 0
    repeated: int = 0
    impossible: int = 0
    unknown: int = 0
    unknown_shadows: int = 0


class Ledger:
    """Reads on from where it was, and keeps what was read.

    Args:
        terms: How answers are held against outcomes.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.upto: dict[str, int] = {}
        self.newest_us = 0
        self.codes: dict[str | None, int] = {None: -1}
        self._arms: dict[str, int] = {}
        self._entities: dict[str, int] = {}
        self._blocks: list[Block] = []
        self._by_day: dict[tuple[str, int], int] = {}
        self._rows: dict[str, int] = {}
        self._early_outcomes: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._early_shadows: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._counts: Counter[str] = Counter()
        self._asked: dict[tuple[str, str], int] = {}
        self._told: dict[tuple[str, str], int] = {}

    def catch_up(self, journal: JournalReader, *, upto: Mapping[str, int] | None = None) -> int:
        """Read what is new, and return the number of frames.

        Args:
            journal: Where to read.
            upto: Segment to the offset at which to stop; segments that it does not name are left out. None reads all.
        """
        frames = 0
        for frame, position in journal.read(self.upto):
            if upto is not None and position.offset > upto.get(position.segment, -1):
                continue
            self._take(frame, position=position)
            self.upto[position.segment] = position.offset
            frames += 1
        return frames

    @property
    def tally(self) -> Tally:
        """What was read so far."""
        waiting = {
            "unknown": sum(map(len, self._early_outcomes.values())),
            "unknown_shadows": sum(map(len, self._early_shadows.values())),
        }
        return Tally(**waiting, **self._counts)

    def arm(self, name: str) -> int:
        """Return the code that blocks use for an arm; a name never seen gets one."""
        return self._arms.setdefault(name, len(self._arms))

    def arms(self) -> dict[int, str]:
        """Return code to name of every arm seen."""
        return {code: name for name, code in self._arms.items()}

    def texts(self) -> dict[int, str | None]:
        """Return code to category."""
        return {code: text for text, code in self.codes.items()}

    def blocks(self, route: str) -> Iterator[Block]:
        """Yield the days of a route, oldest first."""
        for key in sorted(key for key in self._by_day if key[0] == route):
            yield self._blocks[self._by_day[key]]

    def shadow_lag(self) -> tuple[str, ...]:
        """Return what shadows have not answered yet, as ``arm: segment``; empty if they have caught up."""
        return tuple(
            f"{arm}: {segment}"
            for (arm, segment), offset in sorted(self._asked.items())
            if self._told.get((arm, segment), -1) < offset
        )

    def _take(self, frame: Frame, *, position: Position) -> None:
        if isinstance(frame, PredictionFrame):
            self._predictions(frame)
            for arm in frame.shadows:
                if any(name != arm for name in frame.arm):
                    self._asked[arm, position.segment] = position.offset
        elif isinstance(frame, OutcomeFrame):
            for id_, at_us, value in zip(frame.id, frame.at_us, frame.value, strict=True):
                self.newest_us = max(self.newest_us, at_us)
                self._outcome(id_, at_us=at_us, value=value)
        else:
            self._shadows(frame)

    def _predictions(self, frame: PredictionFrame) -> None:
        by_day: dict[int, list[int]] = defaultdict(list)
        moved: dict[str, Known] = {}
        rows = range(len(frame.id))
        for i in rows if len(set(frame.id)) == len(frame.id) else sorted(rows, key=partial(_rank, frame)):
            id_, at_us = frame.id[i], frame.at_us[i]
            number = self._block(frame.route, day=at_us // DAY_US)
            if id_ in self._rows:
                self._counts["duplicates"] += 1
                if not self._comes_before(frame, i):
                    continue
                moved[id_] = self._withdraw(id_)
            self._rows[id_] = number << _ROW_BITS | (len(self._blocks[number]) + len(by_day[number]))
            by_day[number].append(i)
            self.newest_us = max(self.newest_us, at_us)
        for number, own in by_day.items():
            self._append(self._blocks[number], frame, rows=own)
        for id_, known in moved.items():
            self._know(id_, known)
        if self._early_outcomes or self._early_shadows:
            for id_ in frame.id:
                self._settle(id_)

    def _comes_before(self, frame: PredictionFrame, i: int) -> bool:
        """Tell whether a row of a frame came before the row that is kept under its id."""
        kept = self._rows[frame.id[i]]
        block, row = self._blocks[kept >> _ROW_BITS], kept & _ROW
        if row >= len(block):  # of this very frame, whose rows come in order
            return False
        arm = self.arms()[block.arm[row]]
        return _rank(frame, i) < (
            block.at_us[row],
            block.version[row],
            arm,
            block.latency_us[row],
            str(block.score[row]),
        )

    def _withdraw(self, id_: str) -> Known:
        kept = self._rows[id_]
        self._counts["predictions"] -= 1
        return self._blocks[kept >> _ROW_BITS].withdraw(kept & _ROW)

    def _know(self, id_: str, known: Known) -> None:
        row = self._rows[id_]
        block = self._blocks[row >> _ROW_BITS]
        if known.outcome_at_us != NEVER:
            block.put_outcome(row & _ROW, at_us=known.outcome_at_us, value=known.outcome)
        for arm, score in known.shadows:
            block.put_shadow(row & _ROW, arm=arm, score=score)

    def _append(self, block: Block, frame: PredictionFrame, *, rows: list[int]) -> None:
        if not rows:
            return
        block.at_us.extend([frame.at_us[i] for i in rows])
        block.version.extend([frame.route_version] * len(rows))
        block.arm.extend([self.arm(frame.arm[i]) for i in rows])
        block.entity.extend([self._entities.setdefault(frame.entity[i], len(self._entities)) for i in rows])
        block.fallback.extend([frame.fallback[i] for i in rows])
        block.score.extend([frame.score[i] for i in rows])
        block.latency_us.extend([frame.latency_us[i] for i in rows])
        block.grow(len(rows))
        block.keep_x(frame.x, rows=rows, size=len(frame.id), codes=self.codes)
        self._counts["predictions"] += len(rows)

    def _block(self, route: str, *, day: int) -> int:
        key = (route, day)
        if key not in self._by_day:
            self._by_day[key] = len(self._blocks)
            self._blocks.append(Block(route=route, day=day))
        return self._by_day[key]

    def _settle(self, id_: str) -> None:
        """Join what came before its prediction."""
        for at_us, value in self._early_outcomes.pop(id_, ()):
            self._outcome(id_, at_us=at_us, value=value)
        for arm, score in self._early_shadows.pop(id_, ()):
            self._shadow(id_, arm=arm, score=score)

    def _outcome(self, id_: str, *, at_us: int, value: float) -> None:
        if not self.terms.possible(value):
            self._counts["impossible"] += 1
        elif (row := self._rows.get(id_)) is None:
            self._early_outcomes[id_].append((at_us, value))
        else:
            block = self._blocks[row >> _ROW_BITS]
            had = not math.isnan(block.outcome[row & _ROW])
            block.put_outcome(row & _ROW, at_us=at_us, value=value)
            self._counts["repeated" if had else "outcomes"] += 1

    def _shadows(self, frame: ShadowFrame) -> None:
        arm = self.arm(frame.arm)
        for id_, score in zip(frame.id, frame.score, strict=True):
            self._shadow(id_, arm=arm, score=score)
        place = (frame.arm, frame.segment)
        self._told[place] = max(self._told.get(place, -1), frame.offset)

    def _shadow(self, id_: str, *, arm: int, score: float) -> None:
        if (row := self._rows.get(id_)) is None:
            self._early_shadows[id_].append((arm, score))
            return
        self._blocks[row >> _ROW_BITS].put_shadow(row & _ROW, arm=arm, score=score)
        self._counts["shadows"] += 1


def _rank(frame: PredictionFrame, i: int) -> tuple[int, int, str, int, str]:
    """Order rows with one id by when they came; the rest only makes the order one, whichever was read first."""
    return frame.at_us[i], frame.route_version, frame.arm[i], frame.latency_us[i], str(frame.score[i])
