"""The exam of every way to ask an arm. A stranger's runtime takes it by subclassing :class:`RuntimeContract`."""

import asyncio

import numpy as np

from slipway.ports import Columns, Runtime
from slipway.records.usage import ArmUsage
from slipway.runtime.batch import Immediate
from slipway.runtime.usage import Measured
from slipway.testing.exam import equal, holds


class RuntimeContract:
    """What :class:`slipway.ports.Runtime` promises, as tests.

    Subclass it, give :meth:`open` and :meth:`batch`, and pytest runs the exam. Each test runs in an event loop of its
    own, so ``open`` is called inside it.
    """

    async def open(self) -> Runtime:
        """Return the runtime under test."""
        raise NotImplementedError

    def batch(self, rows: int) -> Columns:
        """Return a batch that the runtime can answer, whose rows differ and depend on nothing but their index."""
        raise NotImplementedError

    def ask(self, *batches: tuple[Columns, int]) -> list[np.ndarray]:
        """Return the answers of one fresh runtime to the batches, in turn."""

        async def run() -> list[np.ndarray]:
            runtime = await self.open()
            try:
                return [await runtime.predict(columns, rows=rows) for columns, rows in batches]
            finally:
                await runtime.close()

        return asyncio.run(run())

    def test_one_score_a_row(self) -> None:
        """It gives one finite float64 a row, for any number of rows."""
        for rows in (1, 2, 7, 64):
            (scores,) = self.ask((self.batch(rows), rows))
            equal(scores.shape, (rows,), promise="one score a row")
            equal(scores.dtype, np.dtype(np.float64), promise="scores are float64")
            holds(np.isfinite(scores).all(), promise="every row of the batch can be answered")

    def test_a_row_does_not_depend_on_its_neighbours(self) -> None:
        """It answers each row as it would alone, so that batching changes nothing."""
        whole = self.batch(8)
        one = [({name: column[i : i + 1] for name, column in whole.items()}, 1) for i in range(8)]
        together, *alone = self.ask((whole, 8), *one)
        np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-6)

    def test_the_same_again_is_the_same(self) -> None:
        """It keeps nothing from one batch to the next."""
        first, _, again = self.ask((self.batch(5), 5), (self.batch(3), 3), (self.batch(5), 5))
        np.testing.assert_array_equal(first, again)

    def test_the_batch_is_left_alone(self) -> None:
        """It does not change what it was given: other arms read the same batch."""
        columns = self.batch(4)
        before = {name: column.copy() for name, column in columns.items()}
        self.ask((columns, 4))
        for name, column in before.items():
            np.testing.assert_array_equal(columns[name], column)

    def test_batches_at_once_do_not_mix(self) -> None:
        """It may be asked again before it has answered, as a worker does; each caller gets his own rows."""

        async def run() -> list[np.ndarray]:
            runtime = await self.open()
            try:
                return await asyncio.gather(*(runtime.predict(self.batch(n), rows=n) for n in sizes))
            finally:
                await runtime.close()

        sizes = (1, 5, 2, 8)
        (wanted,) = self.ask((self.batch(8), 8))
        for rows, scores in zip(sizes, asyncio.run(run()), strict=True):
            np.testing.assert_allclose(scores, wanted[:rows], rtol=1e-6)

    def test_a_caller_who_gives_up_spoils_nothing(self) -> None:
        """A batch that is cancelled, as a deadline does, leaves no half answer for the next one."""

        async def run() -> list[np.ndarray]:
            runtime = await self.open()
            try:
                before = await runtime.predict(self.batch(3), rows=3)
                for patience in range(4):
                    asked = asyncio.ensure_future(runtime.predict(self.batch(7), rows=7))
                    for _ in range(patience):
                        await asyncio.sleep(0)
                    asked.cancel()
                    await asyncio.wait([asked])
                return [before, await runtime.predict(self.batch(3), rows=3)]
            finally:
                await runtime.close()

        before, after = asyncio.run(run())
        np.testing.assert_array_equal(before, after)

    def test_what_answers_at_once_answers_the_same(self) -> None:
        """Where it can be asked inside a tick (``score`` and ``at_once``), that gives what ``predict`` gives."""

        async def run() -> None:
            runtime = await self.open()
            try:
                if hasattr(runtime, "score"):
                    holds(isinstance(runtime, Immediate), promise="what has 'score' says 'at_once', too")
                if isinstance(runtime, Immediate):
                    awaited = await runtime.predict(self.batch(6), rows=6)
                    np.testing.assert_array_equal(runtime.score(self.batch(6), rows=6), awaited)
                    holds(isinstance(runtime.at_once, bool), promise="at_once is true or false")
            finally:
                await runtime.close()

        asyncio.run(run())

    def test_what_it_says_that_it_takes_can_be_told(self) -> None:
        """Where it knows what it takes (``usage``), it says so as a record, before and after it was asked."""

        async def run() -> None:
            runtime = await self.open()
            try:
                if isinstance(runtime, Measured):
                    equal(type(runtime.usage()), ArmUsage, promise="usage is a record")
                    await runtime.predict(self.batch(2), rows=2)
                    equal(runtime.usage().failures, {}, promise="an answer is no failure")
            finally:
                await runtime.close()

        asyncio.run(run())

    def test_closing_twice_is_harmless(self) -> None:
        """It can be closed again."""

        async def run() -> None:
            runtime = await self.open()
            await runtime.close()
            await runtime.close()

        asyncio.run(run())
