"""What a child process with somebody else's code may see of our environment: what it needs to run, and no secret."""

import os
from collections.abc import Iterable, Mapping

_HARMLESS = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM"),
        *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"),
        *("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME"),
    }
)
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "POLARS")


def scrubbed(environment: Mapping[str, str], *, also: Iterable[str] = ()) -> dict[str, str]:
    """Return the part of an environment that a child may see; its number libraries use one thread.

    By name, not by what looks like a secret: a list of secrets is never complete.

    Args:
        environment: Ours.
        also: Names that somebody declared for this child; where they are set they are handed on.

    >>> kept = scrubbed({"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x", "LC_ALL": "C", "CACHE": "/c"}, also=["CACHE"])
    >>> sorted(name for name in kept if not name.endswith("THREADS"))
    ['CACHE', 'LC_ALL', 'PATH']
    >>> kept["OMP_NUM_THREADS"]
    '1'
    """
    allowed = _HARMLESS | set(also)
    kept = {n: v for n, v in environment.items() if n in allowed or n.startswith("LC_")}
    one_thread = {f"{library}_{'MAX' if library == 'POLARS' else 'NUM'}_THREADS": "1" for library in _THREADS}
    return one_thread | kept


def child_environment(*, also: Iterable[str] = ()) -> dict[str, str]:
    """Return what a child of this process may see; see :func:`scrubbed`."""
    return scrubbed(os.environ, also=also)
