"""What a command prints: one JSON document for a machine, or a plain page for a person.

A page is at most 100 columns wide, has no frames, and says nothing in colour alone, so that it reads the same in a
terminal, in a log and through a pipe. Stored text is printed as text: no markup, no control characters.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from typing import Any, TypeVar

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from slipway.cli.options import Common
from slipway.words import address, plain

WIDTH = 100
_NARROWEST = 20
"""Of a column of text, however narrow the terminal."""
T = TypeVar("T")
_STYLES = {
    "pass": "green", "advance": "green", "complete": "green", "completed": "green", "up": "green", "yes": "green",
    "fail": "bold red", "roll back": "bold red", "rolled back": "bold red", "down": "bold red", "no": "bold red",
    "hold": "yellow", "stay": "yellow", "running": "cyan",
}  # fmt: skip


class Screen:
    """A page for people on stdout."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str = "", *, style: str = "") -> None:
        """Print one line or paragraph, wrapped at blanks; what it is indented by, every line of it is.

        A word that is longer than a line, as paths are, stays whole, so that it can be copied.
        """
        said = plain(text)
        indent = len(said) - len(said.lstrip(" "))
        for line in self._wrapped(said.strip(), indent=indent):
            self._say(" " * indent, line, style)

    def title(self, text: str) -> None:
        """Print a heading."""
        self.line(text, style="bold")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Print name and value a line, values in one column and wrapped there; long words stay whole here too."""
        told = [(plain(name), plain(value)) for name, value in facts]
        indent = 4 + max((cell_len(name) for name, _ in told), default=0)
        for name, value in told:
            head = f"  {set_cell_size(name, indent - 2)}"
            for line in self._wrapped(value, indent=indent):
                self._say(head, line, _STYLES.get(value, ""))
                head = " " * indent

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], *, none: str = "none") -> None:
        """Print a table; heads that start with ``>`` head a column of numbers. Without rows, print ``none``."""
        if lines := list(rows):
            self._grid(heads, lines, indent=2)
        else:
            self.line(f"  {none}", style="dim")

    def _grid(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, indent: int) -> None:
        grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head in heads:
            number = head.startswith(">")
            grid.add_column(
                head.removeprefix(">"), justify="right" if number else "left", no_wrap=number, overflow="fold"
            )
        for row in rows:
            grid.add_row(*(Text(plain(cell), style=_STYLES.get(cell, "")) for cell in row))
        self._print(Padding(grid, (0, 0, 0, indent)))

    def _wrapped(self, text: str, *, indent: int) -> Iterator[str]:
        width = max(_NARROWEST, self._console.width - indent)
        for line in text.splitlines() or [""]:
            yield from wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]

    def _say(self, head: str, text: str, style: str) -> None:
        line = Text.assemble(head, (text, style))
        line.rstrip()
        self._console.print(line, soft_wrap=True)

    def _print(self, what: RenderableType) -> None:
        """Print without the blanks that fill a line up, which would end in logs and in what people paste."""
        lines = self._console.render_lines(what, pad=False)
        for line in lines:
            segments = list(line)
            while segments and not segments[-1].text.strip():
                segments.pop()
            if segments:
                segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
            self._console.print(*(Text(s.text, style=s.style or "") for s in segments), sep="", soft_wrap=True)


def show(value: T, *, human: Callable[[Screen, T], None], common: Common, holds: bool = True) -> int:
    """Print the value, as JSON or through ``human``, and return the exit status: 0, or 1 if it does not hold.

    JSON has no infinity and no NaN; both are ``null`` there.
    """
    if common.json:
        print(to_json(value))
    else:
        human(Screen(console(sys.stdout)), value)
    return 0 if holds else 1


def to_json(value: Any) -> str:
    """Return one JSON document; records become objects, paths text, bytes base64, addresses lose their password."""
    told = _shown(msgspec.to_builtins(value, str_keys=True, enc_hook=_plain))
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: address(v) if k == "url" and isinstance(v, str) else _shown(v) for k, v in value.items()}
    return [_shown(one) for one in value] if isinstance(value, (list, tuple, set, frozenset)) else value


def say(sentences: Sequence[str]) -> Callable[[Screen, object], None]:
    """Return a page that is nothing but these sentences, one a paragraph."""

    def page(screen: Screen, _: object) -> None:
        for sentence in sentences:
            screen.line(sentence)

    return page


def tell(text: str) -> None:
    """Say what is going on, on stderr."""
    print(plain(text), file=sys.stderr)


@contextmanager
def working(on: str) -> Iterator[None]:
    """Show on stderr that something is at work, with a clock after a second; a line of text where nobody watches."""
    if not sys.stderr.isatty():
        tell(f"{on} ...")
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        progress.add_task(plain(on), total=None)
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how many of how many are done: a bar with the time left, or a line each where nobody watches.

    Gives the function to call with both numbers.
    """
    if not sys.stderr.isatty():
        yield lambda done, of: tell(f"{what}: {done} of {of}")
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task(plain(what), total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def console(stream: Any, *, markup: bool = False) -> Console:
    """Return a console at most 100 columns wide that prints text as text; ``markup`` is for text of our own only."""
    probe = Console(file=stream)
    width = min(WIDTH, probe.width) if stream.isatty() else WIDTH
    return Console(file=stream, width=width, markup=markup, highlight=False, emoji=False, soft_wrap=False)


def _plain(value: object) -> Any:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return value.tolist()
    raise NotImplementedError(type(value).__name__)
