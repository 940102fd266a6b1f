"""The journal as tables: predictions and what was said of them, joined by prediction id, a day at a time.

The ledger is a function of the frames read and of nothing else, in whatever order segments were read: the first outcome
counts (by its moment), of rows with one id one counts (an answer before no answer, then the earliest), and what came
before its prediction waits for it. So a restart that reads the journal from its beginning has the ledger that was lost.

Rows are arrays and are joined by hashes, a stretch of the journal at a time. A day that nobody needs any more is let
go (:mod:`slipway.control.letting_go`); what comes for it afterwards is late and counts for nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.control.block import DAY_US, NEVER, ROW_BITS, Block
from slipway.control.callers import of_callers
from slipway.control.codes import Codes
from slipway.control.decided import Answers, Decided, Reading
from slipway.control.hashes import Hashes, hashed
from slipway.control.held_rows import Batch, HeldRows
from slipway.control.index import ABSENT
from slipway.control.tally import Tally
from slipway.control.terms import Terms
from slipway.control.told_people import courses, suggested, suggestions
from slipway.control.waiting import Waiting
from slipway.ports import JournalReader
from slipway.stats.coding import Coder
from slipway.stats.moments import Moments
from slipway.storage.journal.stretches import Decisions, Metrics, Outcomes, Predictions, Shadows, Stretch, stretches

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LONGEST_US = np.iinfo(np.uint32).max


class Ledger:
    """Reads on from where it was, and keeps what was read.

    Args:
        terms: How answers are held against outcomes.
        coder: Returns how the inputs of an arm are to be coded; None where nobody watches it.
    """

    def __init__(self, terms: Terms, *, coder: Callable[[str], Coder | None] = lambda _: None) -> None:
        self.terms = terms
        self.upto: dict[str, int] = {}
        self.newest_us = 0
        self.counts: Counter[str] = Counter()
        self.asked: dict[tuple[str, str], int] = {}
        self.told: dict[tuple[str, str], int] = {}
        self.gone: dict[str, int] = {}
        self.early_outcomes, self.early_shadows, self.early_metrics = Waiting(), Waiting(), Waiting()
        self.decided = Decided()
        self._apart: dict[str, Moments] = {}
        self._apart_of = (0, 0)
        self._coder = coder
        self._arms, self._metrics = Codes(), Codes()
        self._held = HeldRows(arm=self._arms.name)

    def catch_up(self, journal: JournalReader, *, upto: Mapping[str, int] | None = None) -> int:
        """Read what is new, and return the number of frames.

        Args:
            journal: Where to read.
            upto: Segment to the offset at which to stop; segments that it does not name are left out. None reads all.
        """
        return sum(self.take(stretch) for stretch in stretches(journal.read(self.upto), upto=upto))

    def take(self, stretch: Stretch) -> int:
        """Take in what lies behind :attr:`upto`, and return the number of frames.

        What raises in the middle leaves the ledger in doubt; who holds it makes another from the journal.
        """
        stretch, left_out = of_callers(stretch)
        coders = {arm: self._coder(arm) for p in stretch.predictions for arm in {*p.arm, *p.shadows}}
        for predictions in stretch.predictions:
            self._predictions(predictions, coders=coders)
        for shadow, offset in stretch.asked.items():
            self.asked[shadow, stretch.position.segment] = offset
        for shadows in stretch.shadows:
            self._shadows(shadows)
        self._outcomes(stretch.outcomes)
        self._measured(stretch.metrics)
        self._decisions(stretch.decisions)
        self.counts["load_tests"] += left_out
        self.upto[stretch.position.segment] = stretch.position.offset
        return stretch.frames

    @property
    def tally(self) -> Tally:
        """What was read so far."""
        waiting = Counter(unknown=len(self.early_outcomes), unknown_shadows=len(self.early_shadows))
        waiting += Counter(unknown_metrics=len(self.early_metrics))
        waiting += Counter(decisions=self.decided.joined, unknown_decisions=self.decided.unknown)
        return Tally(**(Counter(dict(self.counts)) + waiting))  # a copy, for whoever asks while it is being read

    @property
    def rows(self) -> int:
        """Rows held."""
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """Memory of what is held."""
        early = sum(w.size_bytes for w in (self.early_outcomes, self.early_shadows, self.early_metrics))
        return self._held.size_bytes + early + self.decided.size_bytes

    def arm(self, name: str) -> int:
        """Return the code that blocks use for an arm; a name never seen gets one."""
        return self._arms[name]

    def arms(self) -> dict[int, str]:
        """Return code to name of every arm seen."""
        return {code: name for name, code in self._arms.items()}

    def metric(self, name: str) -> int:
        """Return the code that blocks use for a business metric; a name never seen gets one."""
        return self._metrics[name]

    def metrics(self) -> tuple[str, ...]:
        """Return the names of metrics in the order of their codes."""
        return tuple(self._metrics)

    def routes(self) -> list[str]:
        """Return the routes that have rows."""
        return self._held.routes()

    def blocks(self, route: str) -> Iterator[Block]:
        """Yield the days of a route, oldest first."""
        return self._held.blocks(route)

    def shadow_lag(self) -> tuple[str, ...]:
        """Return what shadows have not answered yet, as ``arm: segment``; empty if they have caught up."""
        return tuple(
            f"{arm}: {segment}"
            for (arm, segment), offset in sorted(self.asked.items())
            if self.told.get((arm, segment), -1) < offset
        )

    def beside(self, ids: Sequence[str]) -> list[dict[str, float]]:
        """Return what arms said beside each request, by arm; nothing where a request is not held."""
        found: list[dict[str, float]] = [{} for _ in ids]
        for block, rows, own in self._held.by_block(self._held.find(hashed(list(ids)))):
            whose = np.flatnonzero(own).tolist()
            for code in block.shadows():
                said, asked = block.shadow(code)
                for i, row in zip(whose, rows.tolist(), strict=True):
                    if asked[row]:
                        found[i][self._arms.name(code)] = float(said[row])
        return found

    def disagreement(self) -> dict[str, Moments]:
        """Return how far decisions lie from what was answered (:mod:`slipway.control.decided`), by arm."""
        made_of = (self.decided.revision, self.counts["duplicates"])  # one of two rows with an id may be withdrawn
        if made_of != self._apart_of:
            self._apart_of = made_of
            self._apart = self.decided.distances(self._answers(self.decided.known_keys))
        return self._apart

    def readings(self, block: Block) -> Reading:
        """Return what people decided of a day's rows."""
        return self.decided.reading(partial(self._held.rows_of, block))

    def let_go(self, block: Block) -> None:
        """Forget the rows of a day and of all before it; what comes for them from now on is late."""
        self._let_go_decided(self._held.going(block))
        oldest_us = self._held.let_go(block)
        self.gone[block.route] = max(block.day, self.gone.get(block.route, block.day))
        self.counts["unknown"] += self.early_outcomes.drop_before(oldest_us)
        self.counts["unknown_shadows"] += self.early_shadows.drop_before(oldest_us)
        self.counts["unknown_metrics"] += self.early_metrics.drop_before(oldest_us)
        self.counts["unknown_decisions"] += self.decided.drop_before(oldest_us)

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Yield the arrays of all that is held, by name, for :meth:`restore`."""
        return self._held.arrays()

    def numbered(self) -> tuple[tuple[int, str, int, int], ...]:
        """Return (number, route, day, revision) of each block."""
        return self._held.numbered()

    def restore(self, arrays: Mapping[str, Array], *, blocks: Iterable[tuple[int, str, int, int]]) -> None:
        """Hold again what :meth:`arrays` and :meth:`numbered` told; the ledger holds nothing yet."""
        self._held.restore(arrays, blocks=blocks)

    def leave_out(self, route: str, *, before_day: int) -> None:
        """Hold no row of a route's days before one: for who looks at the later ones only. Before the first frame."""
        self.gone.setdefault(route, before_day - 1)

    def _predictions(self, given: Predictions, *, coders: Mapping[str, Coder | None]) -> None:
        self.newest_us = max(self.newest_us, int(given.at_us.max(initial=0)))
        wanted = {c.key: c for c in (coders[arm] for arm in {*given.arm, *given.shadows}) if c}
        batch = Batch(
            keys=hashed(given.id),
            columns={
                "at_us": given.at_us,
                "version": np.full(len(given.id), given.route_version, dtype=np.int32),
                "arm": self._arms.of(given.arm),
                "entity": hashed(given.entity),
                "fallback": given.fallback,
                "score": given.score,
                "latency_us": np.clip(given.latency_us, 0, _LONGEST_US).astype(np.uint32),
                "course": courses(given),
            },
            bins={key: coded for c in wanted.values() for key, coded in c.coded(given.x, rows=len(given.id)).items()},
        )
        days = given.at_us // DAY_US
        for day in np.unique(days).tolist():
            part = batch if len(days) and (days == day).all() else batch.of(days == day)
            if day <= self.gone.get(given.route, NEVER):
                self.counts["late"] += len(part.keys)
            else:
                self._add(part, route=given.route, day=day)
        for arm, rows in suggested(given):
            places = self._held.find(batch.keys[rows])
            there = places != ABSENT
            self._put_shadows(places[there], arm=self._arms[arm], score=suggestions(given)[rows][there])

    def _add(self, batch: Batch, *, route: str, day: int) -> None:
        added = self._held.add(batch, route=route, day=day)
        self.counts["duplicates"] += added.duplicates
        self.counts["predictions"] += len(added.places) - added.withdrawn
        self._settle(added.keys, places=added.places)

    def _settle(self, keys: Hashes, *, places: Ints) -> None:
        """Join what came before its prediction."""
        whose, (_, at_us, _, value) = self.early_outcomes.take(keys)
        self._join_outcomes(places[whose], at_us=at_us, value=value)
        whose, (_, _, arms, score) = self.early_shadows.take(keys)
        for arm in np.unique(arms).tolist():
            own = arms == arm
            self._join_shadows(places[whose[own]], arm=arm, score=score[own])

        whose, (_, at_us, metrics, value) = self.early_metrics.take(keys)
        self._join_metrics(places[whose], metric=metrics, at_us=at_us, value=value)

    def _decisions(self, given: Decisions) -> None:
        if given.id:
            self._decided(given)
        self.decided.meet(self._held.find)

    def _decided(self, given: Decisions) -> None:
        self.newest_us = max(self.newest_us, int(given.at_us.max(initial=0)))
        possible = self.terms.possible(given.value)
        self.counts["impossible_decisions"] += len(possible) - int(possible.sum())
        saw = np.array([-1 if s is None else int(s) for s in given.saw], dtype=np.int8)
        key, by = hashed(given.id)[possible], hashed(given.by)[possible]
        repeated = self.decided.put(
            key, by=by, at_us=given.at_us[possible], value=given.value[possible], saw=saw[possible]
        )
        self.counts["repeated_decisions"] += repeated

    def _answers(self, keys: Hashes) -> Answers:
        """Return what callers were answered under ids that are held, and by whom."""
        score, arm = np.full(len(keys), np.nan), np.full(len(keys), -1, dtype=np.int16)
        for block, rows, own in self._held.by_block(self._held.find(keys)):
            score[own], arm[own] = block.score[rows], block.arm[rows]
        return Answers(score=score, arm=arm, names=self.arms(), terms=self.terms)

    def _let_go_decided(self, numbers: Ints) -> None:
        keys = self.decided.known_keys
        going = np.isin(self._held.find(keys) >> ROW_BITS, numbers)
        self.counts["decisions"] += self.decided.let_go(going, answers=self._answers(keys[going]))

    def _outcomes(self, given: Outcomes) -> None:
        self.newest_us = max(self.newest_us, int(given.at_us.max(initial=0)))
        possible = self.terms.possible(given.value)
        self.counts["impossible"] += len(possible) - int(possible.sum())
        keys, at_us, value = hashed(given.id)[possible], given.at_us[possible], given.value[possible]
        places = self._held.find(keys)
        early, there = places == ABSENT, places != ABSENT
        self.early_outcomes.add(keys[early], at_us[early], np.zeros(int(early.sum()), dtype=np.int64), value[early])
        self._join_outcomes(places[there], at_us=at_us[there], value=value[there])

    def _join_outcomes(self, places: Ints, *, at_us: Ints, value: Floats) -> None:
        for block, rows, own in self._held.by_block(places):
            fresh = block.put_outcomes(rows, at_us=at_us[own], value=value[own])
            self.counts["outcomes"] += fresh
            self.counts["repeated"] += len(rows) - fresh

    def _measured(self, given: Metrics) -> None:
        self.newest_us = max(self.newest_us, int(given.at_us.max(initial=0)))
        finite = np.isfinite(given.value)
        self.counts["impossible_metrics"] += len(finite) - int(finite.sum())
        keys, at_us, value = hashed(given.id)[finite], given.at_us[finite], given.value[finite]
        metric = self._metrics.of(given.metric)[finite].astype(np.int64)
        places = self._held.find(keys)
        early, there = places == ABSENT, places != ABSENT
        self.early_metrics.add(keys[early], at_us[early], metric[early], value[early])
        self._join_metrics(places[there], metric=metric[there], at_us=at_us[there], value=value[there])

    def _join_metrics(self, places: Ints, *, metric: Ints, at_us: Ints, value: Floats) -> None:
        for code in np.unique(metric).tolist():
            of = metric == code
            for block, rows, own in self._held.by_block(places[of]):
                fresh = block.put_metric(rows, metric=code, at_us=at_us[of][own], value=value[of][own])
                self.counts["metrics"] += fresh
                self.counts["repeated_metrics"] += len(rows) - fresh

    def _shadows(self, given: Shadows) -> None:
        arm, keys = self._arms[given.arm], hashed(given.id)
        places = self._held.find(keys)
        early, there = places == ABSENT, places != ABSENT
        since = np.full(int(early.sum()), self.newest_us, dtype=np.int64)
        self.early_shadows.add(keys[early], since, np.full(len(since), arm, dtype=np.int64), given.score[early])
        self._join_shadows(places[there], arm=arm, score=given.score[there])
        place = (given.arm, given.segment)
        self.told[place] = max(self.told.get(place, -1), given.offset)

    def _join_shadows(self, places: Ints, *, arm: int, score: Floats) -> None:
        self.counts["shadows"] += len(places)
        self._put_shadows(places, arm=arm, score=score)

    def _put_shadows(self, places: Ints, *, arm: int, score: Floats) -> None:
        for block, rows, own in self._held.by_block(places):
            block.put_shadows(rows, arm=arm, score=score[own])
