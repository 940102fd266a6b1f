"""Every error that Slipway raises on purpose.

Each message names the thing, what was wanted, what came, and the way out, in that order, so that the
person who reads it at three in the morning can act. Faces (CLI, HTTP) map a class to an exit status or a
status code; nothing below them knows of either.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SlipwayError(Exception):
    """Something that a user can understand and mend; never a bug of ours."""


class BadInput(SlipwayError, ValueError):
    """A value breaks its contract. Mend the value; trying again as it is will fail again."""


class BadFile(BadInput):
    """A file that a person wrote is wrong. Each problem names its place in the file.

    Attributes:
        path: The file, as the user named it.
        problems: One sentence a problem, each with the line or the field it is about.
    """

    def __init__(self, path: str, problems: Iterable[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(f"{path}: {count}.\n" + "\n".join(f"  {p}" for p in self.problems))


class NotFound(SlipwayError, LookupError):
    """The thing named does not exist. The message lists what does, or says how to make it."""


class Conflict(SlipwayError):
    """The request contradicts the present state, such as a second rollout on one route."""


class Refused(SlipwayError):
    """A gate said no: a parity gate, a hash check, a limit. The message carries the evidence."""


class Corrupt(SlipwayError):
    """Stored bytes are not what was written. Nothing was guessed or skipped silently."""


class Unavailable(SlipwayError):
    """Something outside did not answer (an arm, a store, a disk). Trying again later may work.

    Attributes:
        came: What came instead, in words of this house alone (kinds of errors, statuses, counts), so that a log may
            have them; empty where nobody says. The message may quote what was sent or answered, and no log has that.
    """

    def __init__(self, message: str, *, came: str = "") -> None:
        super().__init__(message)
        self.came = came


class DiskRefused(Unavailable):
    """A disk did not take the bytes: it is full, over quota or failing. Nothing of them was kept.

    Attributes:
        full: Whether room is what is missing; otherwise the disk is failing.
    """

    def __init__(self, message: str, *, full: bool) -> None:
        super().__init__(message)
        self.full = full


class Overloaded(Unavailable):
    """A bounded queue is full. The caller should wait and try again."""


class DeadlineExceeded(Unavailable):
    """The answer did not come within the time allowed."""


class MissingExtra(SlipwayError, ImportError):
    """An optional part is not installed. The message holds the command that installs it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest known spelling, or an empty string.

    >>> nearest("canery", ["canary", "shadow"])
    " Did you mean 'canary'?"
    >>> nearest("zzz", ["canary", "shadow"])
    ''
    """
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""
