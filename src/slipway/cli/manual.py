"""The reference of the command line, made from what ``--help`` itself says: ``python -m slipway.cli.manual``."""

import io
import sys
from collections.abc import Iterator

from cyclopts import App
from rich.console import Console

from slipway.cli.app import build
from slipway.cli.help import WIDEST

INTRO = """\
# The command line

Made from the commands' own help by `python -m slipway.cli.manual > docs/reference/cli.md`; a test holds it to that.

Output for people goes to stdout, at most 100 columns wide and without frames, so that it reads the same in a terminal
and in a log. Progress and messages go to stderr. With `--json`, stdout holds exactly one JSON document, whatever
happens: records as objects, moments in microseconds since the epoch (UTC), shares from 0 to 1, and `null` where a
number is unbounded or unknown.

## What a call ends with

| status | meaning |
|---|---|
| 0 | done, and what was asked for holds |
| 1 | the answer is no (a check failed, a replay differs), or something to mend: the message says what and how |
| 2 | the command itself is wrong: unknown command or option, a value that cannot be read |
| 70 | a bug in Slipway: one line, and the file that holds the traceback |
| 130 | stopped by Ctrl-C |
| 141 | whoever read the output went away |

An error is one message on stderr. With `--json`, stdout holds `{"error": "...", "kind": "..."}` besides: `kind` is the
class of the error, such as `NotFound`, `Conflict`, `Usage` or `Bug`; a wrong `slipway.toml` (`BadFile`) adds `path` and
`problems`, one sentence each.
"""


def commands(app: App, *, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command that can be called, as the words after ``slipway``, in the order of the help."""
    names = [n for n in app if not n.startswith("-")]
    for name in names:
        inner = app[name]
        if any(not n.startswith("-") for n in inner):
            if inner.default_command is not None:  # the group's name is a command too
                yield (*path, name)
            yield from commands(inner, path=(*path, name))
        else:
            yield (*path, name)


def help_of(app: App, words: tuple[str, ...]) -> str:
    """Return what ``slipway WORDS --help`` prints."""
    page = io.StringIO()
    app.help_print(list(words), console=Console(file=page, width=WIDEST, color_system=None))
    return page.getvalue().strip()


def manual() -> str:
    """Return the reference as Markdown."""
    app = build()
    parts = [INTRO, f"## slipway\n\n```text\n{help_of(app, ())}\n```\n"]
    parts += [f"## slipway {' '.join(w)}\n\n```text\n{help_of(app, w)}\n```\n" for w in commands(app)]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(manual())
