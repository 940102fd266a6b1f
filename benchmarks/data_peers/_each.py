"""Ask one peer in this process: name a table and time it, or name all of them and say what changed. Prints one line.

Run it:  python _each.py PEER time|notice FOLDER

FOLDER has the tables as Parquet files: ``base`` and ``small``, and for ``notice`` all others. A peer is a module beside
this one with ``version(file, work)``, which returns an id, and, where it has them:

    place(file, work)            puts the file where it wants it; not in the time
    change(before, after, work)  says in words what changed between two ids
    held(work)                   the bytes that it keeps
"""

import importlib
import json
import sys
import time
from pathlib import Path


def placed(peer, file, work):
    """Return the file where the peer wants it."""
    return peer.place(file, work) if hasattr(peer, "place") else file


def timed(peer, folder, work):
    """Name the small table first, so that nothing that is loaded late is in the time; then the large one."""
    peer.version(placed(peer, folder / "small.parquet", work), work)
    file = placed(peer, folder / "base.parquet", work)
    began, began_cpu = time.perf_counter(), time.process_time()
    peer.version(file, work)
    took = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - began_cpu}
    return took | {"peak_mb": peak_mb()}


def noticed(peer, folder, work):
    """Name each table; what the peer keeps for a version after the base; what it says of the edited one."""
    said = {"ids": {}, "added_mb": {}}

    def name(table):
        return peer.version(placed(peer, folder / f"{table}.parquet", work), work)

    said["ids"]["base"] = name("base")
    for table in sorted(file.stem for file in folder.glob("*.parquet") if file.stem not in ("base", "edited", "small")):
        held = peer.held(work) if hasattr(peer, "held") else None
        said["ids"][table] = name(table)
        if held is not None:
            said["added_mb"][table] = (peer.held(work) - held) / 1e6
    before, after = name("base"), name("edited")
    if hasattr(peer, "change"):
        began = time.perf_counter()
        said["words"] = peer.change(before, after, work)
        said["change_s"] = time.perf_counter() - began
    return said


def peak_mb():
    """Return the most memory that this process held; what getrusage says can be its parent's."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def bytes_under(folder):
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


if __name__ == "__main__":
    name, what, place = sys.argv[1:]
    peer_, folder_ = importlib.import_module(name), Path(place)
    work_ = folder_ / "work" / f"{name}-{what}-{time.time_ns()}"
    work_.mkdir(parents=True)
    print(json.dumps({"time": timed, "notice": noticed}[what](peer_, folder_, work_)))
