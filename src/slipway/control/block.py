"""One day of one route, row by row, in typed columns that grow."""

from array import array
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.records.held import Column

Floats = npt.NDArray[np.float64]

DAY_US = 86_400_000_000
NEVER = -1
"""Moment of an outcome that has not come."""


class Known(NamedTuple):
    """What is known of a request beyond its answer: its outcome, and what shadows said."""

    outcome_at_us: int
    outcome: float
    shadows: list[tuple[int, float]]


class Block:
    """The rows that arrived within one UTC day. Columns only grow; outcomes and shadows are filled in.

    Attributes:
        route: Name of the route.
        day: Days since the epoch.
        revision: Grows with every change, so that a sum can tell whether it is still right.
    """

    def __init__(self, *, route: str, day: int) -> None:
        self.route, self.day = route, day
        self.revision = 0
        self.at_us = array("q")
        self.version = array("q")
        self.arm = array("i")
        self.entity = array("q")
        self.fallback = array("b")
        self.score = array("d")
        self.latency_us = array("q")
        self.outcome = array("d")
        self.outcome_at_us = array("q")
        self.shadows: dict[int, tuple[array[float], array[int]]] = {}
        self.numbers: dict[str, array[float]] = {}
        self.categories: dict[str, array[int]] = {}

    def __len__(self) -> int:
        return len(self.at_us)

    @property
    def start_us(self) -> int:
        """Beginning of the day."""
        return self.day * DAY_US

    @property
    def end_us(self) -> int:
        """End of the day, exclusive."""
        return self.start_us + DAY_US

    def grow(self, rows: int) -> None:
        """Note that so many rows were appended to the columns above, and that nothing is known of their outcomes."""
        self.outcome.extend([np.nan] * rows)
        self.outcome_at_us.extend([NEVER] * rows)
        self.revision += 1

    def keep_x(self, x: Mapping[str, Column], *, rows: list[int], size: int, codes: dict[str | None, int]) -> None:
        """Append the fields of X of these rows of a frame; a field that a frame lacks is missing in all its rows.

        Args:
            x: The frame's fields.
            rows: Which of its rows belong here.
            size: How many rows the frame has.
            codes: Category to code, shared by all blocks; None has -1. New categories are added.
        """
        before = len(self) - len(rows)
        for name, column in x.items():
            if isinstance(column, bytes):
                numbers = self.numbers.setdefault(name, array("d", [np.nan] * before))
                if len(rows) == size:
                    numbers.frombytes(column)
                else:
                    numbers.extend(np.frombuffer(column, dtype="<f8")[rows].tolist())
            else:
                coded = self.categories.setdefault(name, array("i", [-1] * before))
                coded.extend([codes.setdefault(column[i], len(codes) - 1) for i in rows])
        for numbers in self.numbers.values():
            numbers.extend([np.nan] * (len(self) - len(numbers)))
        for coded in self.categories.values():
            coded.extend([-1] * (len(self) - len(coded)))

    def put_outcome(self, row: int, *, at_us: int, value: float) -> bool:
        """Keep the outcome if it is the first; of two with one moment the smaller, so that reading order is no matter.

        Returns:
            Whether it was kept.
        """
        present = self.outcome_at_us[row]
        if present != NEVER and (present, self.outcome[row]) <= (at_us, value):
            return False
        self.outcome[row], self.outcome_at_us[row] = value, at_us
        self.revision += 1
        return True

    def put_shadow(self, row: int, *, arm: int, score: float) -> None:
        """Keep what a shadow said; an answer is preferred to none, and the smaller of two answers to the larger."""
        scores, asked = self.shadows.setdefault(arm, (array("d"), array("b")))
        if len(asked) <= row:
            missing = len(self) - len(asked)
            scores.extend([np.nan] * missing)
            asked.extend([0] * missing)
        if asked[row] and not (np.isnan(scores[row]) or score < scores[row]):
            return
        scores[row], asked[row] = score, 1
        self.revision += 1

    def withdraw(self, row: int) -> Known:
        """Make a row count for nothing, and return what was known of it: it belongs to no route, arm or answer now."""
        known = Known(
            self.outcome_at_us[row],
            self.outcome[row],
            [(arm, scores[row]) for arm, (scores, asked) in self.shadows.items() if len(asked) > row and asked[row]],
        )
        self.version[row] = self.arm[row] = -1
        self.score[row] = self.outcome[row] = np.nan
        self.outcome_at_us[row] = NEVER
        for scores, asked in self.shadows.values():
            if len(asked) > row:
                scores[row], asked[row] = np.nan, 0
        self.revision += 1
        return known

    def shadow(self, arm: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return (what the arm said as a shadow, whether it was asked), shape (rows,)."""
        score, known = np.full(len(self), np.nan), np.zeros(len(self), dtype=bool)
        if arm in self.shadows:
            scores, asked = self.shadows[arm]
            score[: len(scores)] = scores
            known[: len(asked)] = np.array(asked, dtype=bool)
        return score, known
