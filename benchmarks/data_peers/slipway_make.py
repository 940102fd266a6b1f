# /// script
# dependencies = []
# [tool.peer]
# title = "Slipway, data make"
# ///
"""A whole version as ``slipway data make`` makes it: id, rows kept in pieces, checks, profile, split, baselines."""

from functools import cache

from _each import bytes_under

from slipway import Project

SCOPE = """
[project]
name = "table"
owner = "the benchmark <benchmark@example.org>"
need = "A version of a table."
case = "new"
kill = "never"
[task]
x = "everything"
y = "late"
kind = "binary"
target = "late"
entity = "id"
[metric]
name = "error"
why = "a wrong call is a wrong call"
target = 0.4
margin = 0.01
[fields]
"""
NUMBERS = [f"float{i}" for i in range(7)] + ["whole0", "whole1"]


@cache
def project(work):
    fields = [f'{name} = {{ kind = "number", low = -100, high = 1000 }}' for name in NUMBERS]
    fields += [f'{name} = {{ kind = "{kind}" }}' for name, kind in (("port", "category"), ("dest", "category"))]
    fields += ['night = { kind = "boolean" }']
    (work / "slipway.toml").write_text(SCOPE + "\n".join(fields) + '\n[data]\nsource = "rows.parquet"\n')
    return Project.open(work)


def place(file, work):
    """Put the file where the scope says."""
    target = work / "rows.parquet"
    target.unlink(missing_ok=True)
    target.symlink_to(file)
    return target


def version(file, work):
    return project(work).make_dataset().id


def change(before, after, work):
    return "; ".join(project(work).compare_datasets(before, after).sentences)


def held(work):
    return bytes_under(work / ".slipway" / "blobs")
