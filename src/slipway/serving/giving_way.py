"""Giving way: who waits for an answer comes before who looks at answers that were given.

A process that leads a session of its own, as all that the supervisor starts do, is weighed by Linux in two steps where
``sched_autogroup_enabled`` is 1: session against session, then process against process within one. Its niceness counts
in the second step only, so alone in its session it gives way to nobody. The session has a niceness too.

Reference:
    Linux manual, sched(7), "The autogroup feature".
"""

import os
import time
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")
_TRIES = 30
_PAUSE_S = 0.1
"""Who is not privileged may change one session every 0.1 s, all processes of the machine together."""


def give_way(by: int, *, group: Path = _GROUP) -> int:
    """Let other processes go first, within the session and, where this process leads one, as a session.

    Call it before threads are started. Where the kernel knows no sessions, or this one belongs to somebody else, that
    step is left out.

    Args:
        by: How much niceness to add, 0 to 19; 5 leaves a quarter of a processor that one other wants too.
        group: Where the kernel keeps the session's.

    Returns:
        The niceness from now on.
    """
    niceness = os.nice(by)
    if os.getsid(0) != os.getpid():  # our niceness is ours to choose, that of the caller's session is not
        return niceness
    for _ in range(_TRIES):
        try:
            group.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        except OSError:  # another system, or a kernel without it
            break
        else:
            break
    return niceness
