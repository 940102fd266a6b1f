"""All that is wrong with a file, each fault with its line, its key, what was wanted, what came, and the way out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.errors import BadFile
from slipway.scoping.lines import Place, dotted
from slipway.words import address

_SHOWN = 60


class Wrong(Exception):
    """A value is not what its key wants.

    Attributes:
        want: What the key wants, to follow the word "want".
        way_out: A sentence on what to write instead, or empty.
    """

    def __init__(self, want: str, way_out: str = "") -> None:
        super().__init__(want)
        self.want = want
        self.way_out = way_out


class Fault(NamedTuple):
    """One fault without its line.

    Attributes:
        place: Where it is.
        said: What was wanted, what came, and the way out.
        absent: Whether the key or table is not there at all.
    """

    place: Place
    said: str
    absent: bool


class Problems:
    """Collects faults, so that a person mends a file once and not once a fault."""

    def __init__(self, path: str, *, lines: Mapping[Place, int], length: int) -> None:
        self._path = path
        self._lines = lines
        self._length = length
        self._found: dict[str, int] = {}
        self.faults: list[Fault] = []

    def __len__(self) -> int:
        """Return how many were found so far."""
        return len(self._found)

    def add(self, place: Place, *, want: str, got: str, way_out: str = "") -> None:
        """Note one fault of one key."""
        self._note(place, f"want {want}, got {got}. {way_out}".strip())

    def quote(self, place: Place, error: Exception) -> None:
        """Note what a record said when it refused its values."""
        said = "want " + str(error).partition("want ")[2]  # the record's own name for it is in the place already
        self._note(place, said)

    def absent(self, place: Place, *, want: str, way_out: str) -> None:
        """Note a table or key that is not there at all."""
        if len(place) == 1:
            text = f"line {self._length}, [{dotted(place)}]: want {want}, got the end of the file. {way_out}"
            self._found[text] = self._length
            self.faults.append(Fault(place, f"want {want}. {way_out}", absent=True))
        else:
            self._note(place, f"want {want}, got nothing. {way_out}", absent=True)

    def _note(self, place: Place, said: str, *, absent: bool = False) -> None:
        self._found[f"line {self.line(place)}, {dotted(place)}: {said}"] = self.line(place)
        self.faults.append(Fault(place, said, absent))

    def line(self, place: Place) -> int:
        """Return the line of the place, or of the nearest thing around it that is there."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def settle(self) -> None:
        """Return if nothing was found.

        Raises:
            BadFile: Something was; all of it, from the top of the file to its end.
        """
        if self._found:
            raise BadFile(self._path, sorted(self._found, key=lambda text: self._found[text]))


def shown(value: Any) -> str:
    """Show a value as it would be written in the file, short; an address without the password that it holds.

    >>> shown("x"), shown(True), shown([1, 2]), shown({})
    ("'x'", 'true', 'a list of 2', 'a table')
    """
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            told = address(value)
            text = repr(told) if len(told) <= _SHOWN else f"{told[:_SHOWN]!r}... ({len(told)} characters)"
        case int() if value.bit_length() > 128:
            text = f"a number of {value.bit_length()} bits"
        case list():
            text = f"a list of {len(value)}"
        case dict():
            text = "a table"
        case dt.datetime() | dt.date() | dt.time():
            text = f"the moment {value.isoformat()}"
        case _:
            text = str(value)
    return text
