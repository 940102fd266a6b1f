"""Files that are no TOML, or no text: the line, the column and the likely cause."""

from pathlib import Path

import pytest

from slipway.scoping.parse import parse

PAGE = (Path(__file__).parent / "hearts.toml").read_text()


def spoil(old: str, new: str) -> str:
    """Replace one text that must be there exactly once."""
    assert PAGE.count(old) == 1, f"{old!r} is {PAGE.count(old)} times on the page"
    return PAGE.replace(old, new)


MISTAKES = {
    "text without quotes": (
        spoil('name = "hearts"', "name = hearts"), 2, "column 8", "TOML", "name = hearts", "Text needs quotes"
    ),
    "colon": (spoil('name = "hearts"', 'name: "hearts"'), 2, "column", "TOML", "name:", "not with a colon"),
    "Python's truth": (spoil("alpha = 0.05", "pair = True"), 41, "column", "TOML", "True", "lower case"),
    "null": (spoil("alpha = 0.05", "alpha = null"), 41, "column", "TOML", "null", "leave the key out"),
    "nothing behind =": (spoil("port = 8080", "port ="), 29, "column", "TOML", "port =", "is missing"),
    "percent sign": (spoil("margin = 0.01", "margin = 1%"), 23, "column", "TOML", "1%", "0.05 for 5 %"),
    "decimal comma": (spoil("margin = 0.01", "margin = 0,01"), 23, "column", "TOML", "0,01", "a point"),
    "no digit before the point": (spoil("margin = 0.01", "margin = .01"), 23, "column", "TOML", ".01", "digit"),
    "open quote": (spoil('name = "hearts"', 'name = "hearts'), 2, "column", "TOML", "hearts", "closing quote"),
    "typographic quotes": (spoil('"hearts"', "“hearts”"), 2, "column", "TOML", "“hearts”", "straight ones"),
    "Windows path": (spoil('"model.py:load"', r'"C:\model.py"'), 32, "column", "TOML", "C:", "single quotes"),
    "key twice": (spoil("port = 8080", "port = 1\nport = 2"), 30, "column", "TOML", "port = 2", "twice"),
    "table twice": (PAGE + "[task]\n", 52, "column", "TOML", "[task]", "twice"),
    "open bracket": (spoil("[serving]", "[serving"), 26, "column", "TOML", "[serving", "closing bracket"),
    "comma left out": (
        spoil('max = "60d" },', 'max = "60d" }'), 45, "column", "TOML", "canary", "comma"
    ),
    "list never closed": (
        PAGE[: PAGE.index("]\n\n[mon")], 48, "column", "TOML", "the end of the file", "never closed",
    ),
    "inline table over two lines": (
        spoil('{ kind = "number", unit', '{ kind = "number",\nunit'),
        17, "column", "TOML", "kind", "must end on the line",
    ),
    "UTF-16": (PAGE.encode("utf-16"), 1, "", "text in UTF-8", "UTF-16", "Save the file as UTF-8"),
    "binary file": (b"\x89PNG\r\n\x1a\n\0\0\0", 1, "", "text in UTF-8", "the byte 0x89", "right file"),
    "Latin 1": (PAGE.replace("Ward 3 ", "Hôpital ").encode("latin-1"), 3, "", "UTF-8", "0xf4", "UTF-8"),
    "null bytes": ("\0\0\0\0", 1, "column 1", "TOML", "?", ""),
    "far too long": ("#" * 2_000_000, 1, "", "at most 1000000", "2000000", "right file"),
    "bottomless brackets": ("x = " + "[" * 100_000, 1, "", "levels of brackets", "hundreds", "right file"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_the_first_fault_is_told_with_its_likely_cause(mistake, told):
    told(mistake)


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistake():
    assert parse(b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode()) == parse(PAGE)
