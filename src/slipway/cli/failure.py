"""What a call ends with when it does not end well.

====== ==========================================================================================
status meaning
====== ==========================================================================================
0      done, and what was asked for holds
1      the answer is no, or something that the user can mend: the message says what and how
2      the command itself is wrong: unknown command or option, a value that is no number
70     a bug of ours: one line, and the file that holds the traceback
130    stopped by Ctrl-C
141    whoever read the output went away
====== ==========================================================================================

Messages go to stderr. With ``--json`` stdout gets one document too, ``{"error": ..., "kind": ...}``, where
``kind`` is the class of the error (``BadInput``, ``NotFound``, ``Usage``, ``Bug`` ...); a wrong file adds
``"path"`` and ``"problems"``.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from cyclopts import UnknownCommandError

from slipway.cli.commands import asked
from slipway.cli.place import find
from slipway.errors import BadFile, NotFound, SlipwayError
from slipway.words import plain

USAGE, BUG, STOPPED, READER_GONE = 2, 70, 130, 141


def usage(error: Exception, *, words: Sequence[str]) -> int:
    """Say what is wrong with the command and where its help is."""
    known = asked(words)[:-1] if isinstance(error, UnknownCommandError) else asked(words)
    help_line = " ".join(["slipway", *known, "--help"])
    _say(f"{error}\n'{help_line}' shows what it takes.", kind="Usage", words=words, more={})
    return USAGE


def report(error: BaseException, *, words: Sequence[str]) -> int:
    """Say what went wrong, in one place for all commands, and return the exit status for it."""
    # rich turns a broken pipe into an exit of its own; the cause is still there.
    if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
        # The interpreter flushes stdout once more on its way out; give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, KeyboardInterrupt):
        _say("stopped.", kind="Stopped", words=words, more={})
        return STOPPED
    if isinstance(error, SlipwayError):
        more = {"path": error.path, "problems": error.problems} if isinstance(error, BadFile) else {}
        _say(str(error), kind=type(error).__name__, words=words, more=more)
        return 1
    if isinstance(error, OSError) and error.filename is not None:
        _say(_disk(error), kind="Unavailable", words=words, more={})
        return 1
    file = _keep(error)
    line = (
        f"this is a bug in Slipway: {type(error).__name__}: {error}. The full traceback is in {file}; please send it."
    )
    _say(line, kind="Bug", words=words, more={"traceback": str(file)})
    return BUG


def _disk(error: OSError) -> str:
    reason = (error.strerror or type(error).__name__).lower()
    return f"{error.filename}: want to read or write it, got '{reason}'. Check the path and its permissions."


def _say(text: str, *, kind: str, words: Sequence[str], more: Mapping[str, object]) -> None:
    print(f"slipway: {plain(text)}", file=sys.stderr)
    if "--json" in words:
        print(json.dumps({"error": text, "kind": kind, **more}))


def _keep(error: BaseException) -> Path:
    import tempfile  # noqa: PLC0415 - it brings the random numbers; --help must not wait for it

    name = f"slipway-crash-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    text = "".join(traceback.format_exception(error))
    try:
        folder = find(Path.cwd()) / ".slipway" / "run"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    except (OSError, NotFound):
        folder = Path(tempfile.gettempdir())
        (folder / name).write_text(text)
    return folder / name
