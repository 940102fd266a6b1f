"""A model card as a page, or as a part of one: the few signs of Markdown that cards use, and nothing that could run."""

import re
from base64 import b64encode
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby

from markupsafe import Markup

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #ccc;padding:.3rem .7rem;"
    "text-align:left;vertical-align:top}code{font-size:.9em;overflow-wrap:anywhere}h2{margin-top:2rem}"
    ".wide{overflow-x:auto}img{max-width:100%}"
)
_CELL = re.compile(r"(?<!\\)\|")


def as_page(markdown: str, *, picture: str = "", below: str = "", caption: str = "") -> str:
    r"""Return a card as one page of HTML that asks for nothing else.

    Args:
        markdown: Headings, paragraphs, lists of ``-``, tables of ``|`` and code between backticks.
        picture: An SVG document to show, or nothing.
        below: The heading under which to show it.
        caption: What it shows.

    >>> "<h1>A&amp;B</h1>" in as_page("# A&B") and "<td>x|y</td>" in as_page("| a |\n|---|\n| x\\|y |")
    True
    """
    lines = markdown.splitlines()
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), "Model card")
    body = "\n".join(_blocks(lines, down=0))
    if picture:
        heading = f"<h2>{_text(below)}</h2>"
        data = b64encode(picture.encode()).decode()  # a document of its own, so that its styles are not the page's
        shown = f'<p>{_text(caption)}</p><p><img alt="{_text(caption)}" src="data:image/svg+xml;base64,{data}"></p>'
        body = body.replace(heading, heading + shown, 1)
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def as_part(markdown: str) -> Markup:
    """Return a card as a part of a page, its headings two levels down.

    >>> str(as_part("# A&B"))
    '<h3>A&amp;B</h3>'
    """
    return Markup("\n".join(_blocks(markdown.splitlines(), down=2)))  # noqa: S704 - every text in it was escaped


def _blocks(lines: list[str], *, down: int) -> Iterator[str]:
    for kind, grouped in groupby(lines, key=_kind):
        block = list(grouped)
        if kind == "table":
            yield f'<div class="wide">{_table(block)}</div>'
        elif kind == "list":
            yield "<ul>" + "".join(f"<li>{_text(line[2:])}</li>" for line in block) + "</ul>"
        elif kind == "heading":
            for line in block:
                level = len(line) - len(line.lstrip("#"))
                deep = min(level + down, 6)
                yield f"<h{deep}>{_text(line[level:].strip())}</h{deep}>"
        elif kind == "text":
            yield f"<p>{_text(' '.join(block))}</p>"


def _kind(line: str) -> str:
    if not line.strip():
        return "gap"
    if line.startswith("|"):
        return "table"
    if line.startswith("- "):
        return "list"
    return "heading" if re.match(r"#{1,6} ", line) else "text"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())[1:-1]] for line in lines]
    head = "".join(f"<th>{_text(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows[2:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    """Escape a text once, whether or not its writer has escaped it already, and set what is in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(unescape(text)))
