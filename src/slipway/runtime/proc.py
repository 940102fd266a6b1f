"""What the kernel says of a process, and the last words that bind a child to its parent. Linux; elsewhere nothing."""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PR_SET_PDEATHSIG = 1


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 where the kernel does not say (the process is gone).

    >>> import os
    >>> 1 << 20 < resident_bytes(os.getpid()) < 1 << 40
    True
    >>> resident_bytes(2**22 + 1)
    0
    """
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def private_bytes(pid: int) -> int:
    """Return the private writable memory that a process asked for, which ``RLIMIT_DATA`` bounds, with its stack."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[5]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def peak_bytes(pid: int) -> int:
    """Return the most resident memory that a process ever had, 0 where the kernel does not say.

    Not ``ru_maxrss``: that one is inherited from whoever started the process.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
        return int(status.partition(b"VmHWM:")[2].split()[0]) << 10
    except (OSError, IndexError, ValueError):
        return 0


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, in seconds, 0 where the kernel does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_S
    except (OSError, IndexError, ValueError):
        return 0.0


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends, also while it hangs in somebody's code.

    Args:
        parent: Process id of the parent; if it is gone already this process ends at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def limit(kind: int, soft: int) -> None:
    """Lower a limit of this process; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(kind, (soft, hard))
