"""The exam of every way to ask an arm. A stranger's runtime takes it by subclassing :class:`RuntimeContract`."""

import asyncio

import numpy as np

from slipway.ports import Columns, Runtime
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

    def test_closing_twice_is_harmless(self) -> None:
        """It can be closed again."""

        async def run() -> None:
            runtime = await self.open()
            await runtime.close()
            await runtime.close()

        asyncio.run(run())
