"""Bytes or text to a TOML table; what is no TOML at all is refused with the line, the column and the likely cause."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.errors import BadFile
from slipway.scoping.lines import Place, key_lines

LIMIT = 1_000_000
"""Characters; a scope is a page."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[“”„‘’]"), 'Typographic quotes: write straight ones, "like this".'),
    (re.compile(r"^\s*['\"]?[\w.-]+['\"]?\s*:"), 'TOML sets a key with =, not with a colon: name = "flights".'),
    (re.compile(r"=\s*(True|False)\b"), "Truth values are written in lower case: true, false."),
    (re.compile(r"=\s*(None|null|nil)\b"), "TOML has no empty value: leave the key out."),
    (re.compile(r"=\s*$|=\s*#"), "The value behind = is missing."),
    (re.compile(r'=\s*"[^"]*\\'), "A backslash starts an escape: write the text in single quotes, 'like this'."),
    (re.compile(r"=\s*[\[{].*\{[^}]*$|=\s*\{[^}]*$"), "An inline table { ... } must end on the line it starts on."),
    (re.compile(r"=\s*(\"[^\"]*|'[^']*)$"), "The closing quote is missing."),
    (re.compile(r"=\s*\d[\d.]*\s*%"), "Shares are fractions: write 0.05 for 5 %."),
    (re.compile(r"=\s*\d+,\d+"), "The decimal sign is a point: 0.05."),
    (re.compile(r"=\s*[.]\d"), "A number needs a digit before the point: 0.05."),
    (re.compile(r"=\s*[A-Za-z]"), 'Text needs quotes: name = "flights".'),
    (re.compile(r"^\s*\[[^\]]*$"), "The closing bracket of the table's name is missing: [project]."),
    (re.compile(r"^\s*[\w.-]+\s+\S"), 'Want key = value: name = "flights".'),
)
_WORDS = (
    ("Cannot overwrite a value", "The key is there twice: keep one."),
    ("Cannot declare", "The table is there twice: put its keys under one heading."),
    ("Cannot mutate immutable", "The table is there already, in braces: put all its keys in one place."),
    ("Unclosed array", "A bracket [ has no closing ], or a comma between two items is missing."),
    ("Unterminated", "A closing quote is missing."),
    ("Illegal character", "A closing quote is missing, or the text holds a character that cannot be printed."),
    ("end of document", "Something that was opened is never closed: a quote, a bracket or a brace."),
)


class Page(NamedTuple):
    """A file that is TOML, not yet checked for sense.

    Attributes:
        table: What it says.
        lines: Where each key stands.
        length: Number of lines.
    """

    table: dict[str, Any]
    lines: Mapping[Place, int]
    length: int


def read_page(source: str | bytes, *, path: str) -> Page:
    r"""Return the table in the text and the line of each key.

    Args:
        source: The file's content; bytes must be UTF-8, with or without a byte order mark.
        path: The file, as messages shall name it.

    Raises:
        BadFile: It is no text, or no TOML. Only the first such fault can be told, for nothing behind it has a
            certain meaning.

    >>> read_page("[project]\nname = 'x'\n", path="slipway.toml").table
    {'project': {'name': 'x'}}
    """
    text = _decoded(source, path=path).removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > LIMIT:
        raise BadFile(path, [f"line 1: want at most {LIMIT} characters, got {len(text)}. Is this the right file?"])
    try:
        table = tomllib.loads(text)
        return Page(table, key_lines(text), max(1, len(text.splitlines())))
    except tomllib.TOMLDecodeError as error:
        raise BadFile(path, [_explained(str(error), text)]) from None
    except RecursionError:
        raise BadFile(path, ["line 1: want a few levels of brackets, got hundreds. Is this the right file?"]) from None
    except ValueError:  # tomllib lets the refusal of a number with more than 4,300 digits through
        sizes = [len(line) for line in text.split("\n")]
        line = sizes.index(max(sizes)) + 1
        raise BadFile(path, [f"line {line}: want a number, got one of thousands of digits. Write fewer."]) from None


def _decoded(source: str | bytes, *, path: str) -> str:
    if isinstance(source, str):
        return source
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        got = "UTF-16" if source[:2] in (b"\xff\xfe", b"\xfe\xff") else f"the byte 0x{source[error.start]:02x}"
        problem = f"line {line}: want text in UTF-8, got {got}. Save the file as UTF-8, or give the right file."
        raise BadFile(path, [problem]) from None


def _explained(message: str, text: str) -> str:
    lines = text.split("\n")
    place = _PLACE.search(message)
    if place and place[1]:
        line, column = int(place[1]), int(place[2])
    else:
        line, column = len(lines), len(lines[-1]) + 1
    said = message[: place.start()] if place else message
    written = lines[min(line, len(lines)) - 1].strip()
    got = f"'{_plain(written[:80])}'" if written else "an empty line" if place and place[1] else "the end of the file"
    return f"line {line}, column {column}: want TOML, got {got} ({_plain(said)}). {_cause(message, written)}"


def _plain(said: str) -> str:
    """Quote the parser without the control characters it may carry."""
    return "".join(c if c.isprintable() else "?" for c in said)[:160].rstrip(".")


def _cause(message: str, line: str) -> str:
    for words, cause in _WORDS[:3]:
        if words in message:
            return cause
    for pattern, cause in _CAUSES:
        if pattern.search(line):
            return cause
    for words, cause in _WORDS[3:]:
        if words in message:
            return cause
    return 'A line is a table, [project], or a key, name = "flights".'
