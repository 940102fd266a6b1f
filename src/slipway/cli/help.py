"""How ``--help`` reads: headings, and names beside what they mean, in two columns."""

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

WIDEST = 100
_LABEL = 26


class HelpPage:
    """A help formatter for cyclopts: plain text, so that it reads the same in a terminal, a file and a manual."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """Print one group of commands or parameters."""
        if not panel.entries:
            return
        width = min(WIDEST, options.max_width)
        labels = [_label(e) for e in panel.entries]
        column = min(_LABEL, max(len(label) for label in labels)) + 4
        _print(console, f"{panel.title}:", style="bold")
        for label, entry in zip(labels, panel.entries, strict=True):
            words = textwrap.wrap(_meaning(entry), width - column) or [""]
            beside = words if len(label) <= column - 3 else ["", *words]
            for i, line in enumerate(beside):
                _print(console, f"  {label if i == 0 else '':<{column - 2}}{line}".rstrip())
        console.print()

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: Any) -> None:
        """Print how the command is called."""
        _print(console, textwrap.fill(f"Usage: {_text(usage)}", min(WIDEST, options.max_width)))
        console.print()

    def render_description(self, console: "Console", options: "ConsoleOptions", description: Any) -> None:
        """Print what the command does, paragraph by paragraph."""
        for paragraph in _text(description).split("\n\n"):
            if paragraph.strip():
                _print(console, textwrap.fill(" ".join(paragraph.split()), min(WIDEST, options.max_width)))
                console.print()


def _label(entry: "HelpEntry") -> str:
    if entry.positional_label:
        return entry.positional_label if entry.required else f"[{entry.positional_label}]"
    names = ", ".join((*entry.positive_names, *entry.positive_shorts))
    return f"{names} {entry.metavar}" if entry.metavar else names


def _meaning(entry: "HelpEntry") -> str:
    choices = f" One of: {', '.join(entry.choices)}." if entry.choices else ""
    return _text(entry.description) + choices


def _text(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "plain"):
        return str(value.plain).strip()
    if hasattr(value, "primary_renderable"):  # cyclopts keeps a description and its additions apart
        return _text(value.primary_renderable)
    return str(value).strip()


def _print(console: "Console", text: str, *, style: str | None = None) -> None:
    console.print(text, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)
