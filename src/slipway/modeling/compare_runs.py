"""Two runs side by side: what was changed, and what it brought."""

from collections.abc import Mapping
from difflib import SequenceMatcher, unified_diff
from typing import Any

from slipway.modeling.compare import Comparison
from slipway.modeling.kind import kind_of
from slipway.records.base import Record
from slipway.records.run import Run, RunKind


class RunDifference(Record, frozen=True, kw_only=True):
    """What a run changed against another, and what it brought.

    Attributes:
        kind: Data-centric, model-centric, mixed or a replay.
        changes: What was changed, one sentence each.
        brought: Both models on the same held-out rows, or None if they were not compared.
    """

    kind: RunKind
    changes: tuple[str, ...]
    brought: Comparison | None

    @property
    def words(self) -> str:
        """All of it as a few lines."""
        brought = self.brought.words if self.brought else "not compared on common rows"
        return "\n".join([f"{self.kind} change", *(f"- {c}" for c in self.changes or ("nothing",)), f"it is {brought}"])


def compare_runs(
    run: Run,
    *,
    against: Run,
    sources: Mapping[str, str],
    against_sources: Mapping[str, str],
    data_words: str = "",
    brought: Comparison | None = None,
) -> RunDifference:
    """Say what a run changed against another.

    Args:
        run: The later one.
        against: The earlier one.
        sources: File name to text of the later one.
        against_sources: The same of the earlier one.
        data_words: How the data changed, such as ``+90 rows, 412 relabelled``; empty if nobody looked.
        brought: Both models on one common held-out set. Scores of different test sets say nothing of each other.
    """
    changes = [
        *(_code_changes(sources, against_sources) if run.code != against.code else []),
        *_param_changes(run.params, against.params),
    ]
    if run.data != against.data:
        changes.append(f"data {against.data[:12]} -> {run.data[:12]}" + (f": {data_words}" if data_words else ""))
    if run.seed != against.seed:
        changes.append(f"seed {against.seed} -> {run.seed}")
    moved = sorted(
        f"{name} {against.environment.get(name, 'none')} -> {run.environment.get(name, 'none')}"
        for name in {*run.environment, *against.environment}
        if run.environment.get(name) != against.environment.get(name)
    )
    return RunDifference(kind=kind_of(run, against=against), changes=(*changes, *moved), brought=brought)


def code_diff(new: Mapping[str, str], *, old: Mapping[str, str]) -> tuple[str, ...]:
    """Return what changed in the code as a unified diff, line by line; empty where nothing did.

    >>> code_diff({"m.py": "a = 2"}, old={"m.py": "a = 1"})
    ('--- before/m.py', '+++ after/m.py', '@@ -1 +1 @@', '-a = 1', '+a = 2')
    """
    lines: list[str] = []
    for name in sorted({*new, *old}):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        lines += unified_diff(before, after, f"before/{name}", f"after/{name}", lineterm="")
    return tuple(lines)


def _code_changes(new: Mapping[str, str], old: Mapping[str, str]) -> list[str]:
    changes = []
    for name in sorted({*new, *old}):
        if name not in old:
            changes.append(f"{name} is new")
        elif name not in new:
            changes.append(f"{name} is gone")
        elif (after := new[name].splitlines()) != (before := old[name].splitlines()):
            blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
            kept = sum(block.size for block in blocks)
            changes.append(f"{name}: +{len(after) - kept} -{len(before) - kept} lines")
    return changes


def _param_changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {old.get(name, 'not set')!r} -> {new.get(name, 'not set')!r}".replace("'not set'", "not set")
        for name in sorted({*new, *old})
        if new.get(name, ...) != old.get(name, ...)
    ]
