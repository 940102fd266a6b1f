"""Names as small numbers: a column of arms or metrics is two bytes a row."""

import numpy as np
import numpy.typing as npt


class Codes(dict[str, int]):
    """Name to code, from 0 on in the order in which names were seen."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self)
        return self[name]

    def of(self, names: list[str]) -> npt.NDArray[np.int16]:
        """Return the code of each name."""
        return np.fromiter(map(self.__getitem__, names), dtype=np.int16, count=len(names))

    def name(self, code: int) -> str:
        """Return the name behind a code."""
        return next(name for name, own in self.items() if own == code)
