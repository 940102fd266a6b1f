"""What was read of the journal and summed of it: caught up with, kept for a restart, forgotten where it is in doubt.

Killed at any instruction, the next process reads the checkpoint and what follows anew, and comes to the same.

An exception that nobody foresaw leaves what was read in doubt. It is forgotten then, and the checkpoint and the journal
are read anew at the next step; until that works, rollouts are judged on nothing, so they hold and, at their deadline,
roll back.
"""

import threading
from collections.abc import Callable, Iterable

from slipway.control.checkpoint import Checkpoint, Kept
from slipway.control.fault import Fault
from slipway.control.judging import Judging
from slipway.control.ledger import Ledger
from slipway.control.letting_go import let_go
from slipway.control.past import DaySums
from slipway.control.reviews import Reviews
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.errors import SlipwayError
from slipway.ports import JournalReader
from slipway.records.agreement import Agreement, agreements
from slipway.records.rollout import Rollout
from slipway.storage.journal.stretches import stretches

SAVED_ROWS = 250_000
"""Rows read, of any kind, after which a checkpoint is worth its while; and at least a quarter of what is held."""


class Reading:
    """Reads the journal. Who uses what was read holds the lock meanwhile.

    Args:
        journal: Reader over all segments.
        terms: How answers are held against outcomes.
        judging: Makes what judges by a ledger.
        watching: Monitors of the models on the routes, or None.
        checkpoint: Where to go on from; None reads the journal from its beginning.
        reviews: Keeps what people are to decide, or None where that is another process's.
        kept_rows: As many rows of the journal stay in memory whatever their age.
        monotonic: Tells seconds since any moment.

    Attributes:
        lock: Held by one thread at a time; by the same one as often as it likes.
        ledger: What was read.
        judging: What judges by it.
        frames_read: Frames read by this process.
        agreement: How near decisions were to what was answered, when the journal was last read.
        sound: Whether nothing unforeseen happened when it was read last.
        fault: The exception that nobody foresaw, of the last step; None once a step was sound.
    """

    def __init__(
        self,
        *,
        journal: JournalReader,
        terms: Terms,
        judging: Callable[[Ledger], Judging],
        watching: Watching | None,
        checkpoint: Checkpoint | None,
        reviews: Reviews | None,
        kept_rows: int,
        monotonic: Callable[[], float],
    ) -> None:
        self.lock = threading.RLock()
        self._journal, self._terms, self._judging_of = journal, terms, judging
        self._watching, self._checkpoint, self._reviews = watching, checkpoint, reviews
        self._kept_rows, self._monotonic = kept_rows, monotonic
        self.frames_read = 0
        self.agreement: tuple[Agreement, ...] = ()
        self.sound = True
        self.fault: Fault | None = None
        self._all_read_s: float | None = None
        self._forget()

    def _forget(self) -> None:
        """Be as if nothing had been read; what is read next begins with the checkpoint."""
        watching = self._watching
        if watching is not None:
            watching.forget()
        if self._reviews is not None:
            self._reviews.intake.forget()
        self.ledger = Ledger(self._terms, coder=watching.coder) if watching else Ledger(self._terms)
        self.judging = self._judging_of(self.ledger)
        self._past: tuple[DaySums, ...] = ()
        self._unsaved_rows = 0
        self._saved: dict[str, int] = {}
        self._begun = False

    def fail(self, error: Exception) -> Fault:
        """Keep what nobody foresaw for whoever asks, and forget what it left in doubt."""
        self.fault = Fault(error, since_s=self.fault.since_s if self.fault else self._monotonic())
        self._forget()
        return self.fault

    @property
    def failing_s(self) -> float | None:
        """For how many seconds no step has been sound; None if the last one was."""
        fault = self.fault
        return None if fault is None else self._monotonic() - fault.since_s

    @property
    def behind_s(self) -> float | None:
        """How old what is not read yet may be, in seconds; None before the journal was read to its end once."""
        return None if self._all_read_s is None else self._monotonic() - self._all_read_s

    def catch_up(self, problems: list[str]) -> int:
        """Read what is new and return the number of frames; what does not work is added to problems."""
        with self.lock:
            before = self.frames_read
            try:
                self._read(problems)
                self.sound = True
            except Exception as error:  # noqa: BLE001 - a bug must not keep a rollback from its deadline
                self.sound = False
                problems.append(f"journal: {self.fail(error).words}. What was read is forgotten, and read again.")
            return self.frames_read - before

    def _read(self, problems: list[str]) -> None:
        self._begin()
        began_s = self._monotonic()
        try:
            for stretch in stretches(self._journal.read(self.ledger.upto)):
                if self._reviews is not None:
                    self._reviews.intake.take(stretch, after=self.ledger.upto.get(stretch.position.segment, 0))
                self.frames_read += self.ledger.take(stretch)
                self._unsaved_rows += stretch.rows
            self._all_read_s = began_s
        except SlipwayError as error:
            problems.append(f"journal: {error}")
        self.agreement = agreements(self.ledger.disagreement(), kind=self._terms.scoring.kind)

    def _begin(self) -> None:
        """Go on from the checkpoint, if there is one that can be trusted."""
        if self._begun:
            return
        kept = self._checkpoint.load(self.ledger) if self._checkpoint else None
        self._begun = True
        if kept is not None:
            self.judging.books.update(kept.books)
            self._past, self._saved = kept.past, dict(self.ledger.upto)
            if self._watching is not None:
                self._watching.restore(kept.posts)

    def saved_upto(self) -> dict[str, int]:
        """Return segment to the place up to which the checkpoint covers it: where a control that starts goes on."""
        with self.lock:
            self._begin()
            return dict(self._saved)

    def save(self) -> None:
        """Keep what was read where a restart finds it; without a checkpoint that this process may write, do nothing.

        Raises:
            OSError: The disk refused; the checkpoint of before stays.
        """
        with self.lock:
            self._begin()
            if self._reviews is not None and self._reviews.intake.unkept:  # they would not be read again
                return
            if self._checkpoint is None or not self._checkpoint.writes():
                return
            self._unsaved_rows = 0
            watching = self._watching
            kept = Kept(books=self.judging.books, posts=watching.saved() if watching else (), past=self._past)
            self._checkpoint.save(self.ledger, kept=kept)
            self._saved = dict(self.ledger.upto)

    def tidy(self, running: Iterable[Rollout], *, now_us: int, problems: list[str]) -> None:
        """Let go what nobody needs, and keep what was read where a restart finds it, once that is worth its while."""
        watching, ledger = self._watching, self.ledger
        gone = let_go(
            ledger,
            running=running,
            judging=self.judging,
            watching=watching,
            wait_us=watching.wait_us if watching else 0,
            now_us=now_us,
            kept_rows=self._kept_rows,
        )
        self._past += gone
        if not gone and self._unsaved_rows < max(SAVED_ROWS, ledger.rows // 4):
            return
        try:
            self.save()
        except OSError as error:
            problems.append(f"checkpoint: {error}. It is tried again; until then a restart reads more of the journal.")

    def days(self, now_us: int) -> tuple[DaySums, ...]:
        """Return what each model did on each day whose outcomes were waited for, oldest first, and read what is new."""
        with self.lock:
            self.catch_up([])
            watching, ledger = self._watching, self.ledger
            if watching is None:
                return self._past
            blocks = [b for route in ledger.routes() for b in ledger.blocks(route)]
            over = [b for b in blocks if b.end_us + watching.wait_us <= now_us]
            return (*self._past, *(sums for b in over for sums in watching.sums_of(b, ledger=ledger)))
