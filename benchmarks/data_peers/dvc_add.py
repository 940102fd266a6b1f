# /// script
# dependencies = ["dvc==3.67.1"]
# [tool.peer]
# title = "DVC, dvc add"
# needs = "git"
# ///
"""``dvc add`` of the file, through its own Python API, so that the start of a command is not counted."""

import logging
import os
import shutil
import subprocess
from functools import cache

from _each import bytes_under
from dvc.repo import Repo

os.environ["DVC_NO_ANALYTICS"] = "1"
logging.getLogger("dvc").setLevel(logging.ERROR)
AS = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")


@cache
def repo(work):
    subprocess.run(["git", "init", "-q"], cwd=work, check=True)
    return Repo.init(str(work))


def place(file, work):
    """Commit the version that is there, and put the file in its place."""
    repo(work)
    target = work / "rows.parquet"
    if target.exists():
        subprocess.run(["git", "add", "rows.parquet.dvc", ".gitignore"], cwd=work, check=True)
        subprocess.run(["git", *AS, "commit", "-q", "--allow-empty", "-m", "rows"], cwd=work, check=True)
        target.unlink()
    shutil.copy(file, target)
    return target


def version(file, work):
    [stage] = repo(work).add(str(file))
    return stage.outs[0].hash_info.value


def change(before, after, work):
    found = repo(work).diff("HEAD")
    return "; ".join(f"{what}: {', '.join(o['path'] for o in of)}" for what, of in found.items() if of)


def held(work):
    return bytes_under(work / ".dvc" / "cache")
