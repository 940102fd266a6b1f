"""On which line of a TOML text each key stands, so that a message can point at it.

The standard parser gives values without places. This scanner gives places without values: it walks text that the
standard parser has already accepted, so it may trust the grammar and needs no errors of its own.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Place = tuple[str | int, ...]
"""A key's way from the top: ``("rollout", "stages", 1, "share")``."""

_LONGEST = 60
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'",
    re.DOTALL,
)


def key_lines(text: str) -> Mapping[Place, int]:
    r"""Return the line, counted from 1, of every key, table and array item of valid TOML.

    Args:
        text: TOML that ``tomllib`` accepts; on anything else the answer means nothing.

    >>> key_lines("[project]\nname = 'x'\n")[("project", "name")]
    2
    """
    return _Scanner(text).scan()


def dotted(place: Place) -> str:
    """Write a place as people do.

    >>> dotted(("rollout", "stages", 1, "share"))
    'rollout.stages[1].share'
    """
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in place)
    return words.removeprefix(".")


def _key(part: str) -> str:
    short = part if len(part) <= _LONGEST else f"{part[:_LONGEST]}..."
    return short if _BARE.fullmatch(short) else repr(short)


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [i for i, c in enumerate(text) if c == "\n"]
        self._lines: dict[Place, int] = {}
        self._items: dict[Place, int] = {}

    def scan(self) -> dict[Place, int]:
        table: Place = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> Place:
        line, double = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        keys = self._keys()
        self._at += 2 if double else 1
        table = self._note((), keys[:-1], line)
        table = (*table, keys[-1])
        self._lines[table] = line
        if double:
            self._items[table] = self._items.get(table, -1) + 1
            table = (*table, self._items[table])
            self._lines[table] = line
        elif table in self._items:
            table = (*table, self._items[table])
        return table

    def _pair(self, table: Place) -> None:
        line = self._line()
        place = self._note(table, self._keys(), line)
        self._at += 1
        self._value(place)

    def _note(self, table: Place, keys: list[str], line: int) -> Place:
        """Step down the keys, entering the newest item of an array of tables."""
        for key in keys:
            table = (*table, key)
            self._lines.setdefault(table, line)
            if table in self._items:
                table = (*table, self._items[table])
        return table

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            if self._text[self._at] in "\"'":
                raw = self._take(_STRING)
                keys.append(tomllib.loads(f"k = {raw}")["k"])
            else:
                keys.append(self._take(_BARE))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, place: Place) -> None:
        self._skip(_BLANK)
        match self._text[self._at]:
            case '"' | "'":
                self._take(_STRING)
            case "[":
                self._group("]", place)
            case "{":
                self._group("}", place)
            case _:
                self._take(_SCALAR)

    def _group(self, end: str, place: Place) -> None:
        """Walk an array (``]``) or an inline table (``}``)."""
        self._at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self._text[self._at] == end:
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
            elif end == "]":
                self._lines[(*place, index)] = self._line()
                self._value((*place, index))
                index += 1
            else:
                self._pair(place)

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at - 1) + 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self._text, self._at):
            self._at = found.end()

    def _take(self, pattern: re.Pattern[str]) -> str:
        start = self._at
        self._skip(pattern)
        return self._text[start : self._at]
