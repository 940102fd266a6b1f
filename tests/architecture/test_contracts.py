"""Each import contract holds, and each one fails when it is broken on purpose (docs/decisions/0001)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREAKS = {
    "Imports only go down": ("stats/moments.py", "import slipway.records.route"),
    "The five rooms do not import each other": ("deployment/judge.py", "import slipway.monitoring"),
    "The ground floor is pure: numpy and msgspec, no clock, no I/O, no log": ("stats/moments.py", "import random"),
    "Records and rules touch no file, clock, network or database": ("records/route.py", "import time"),
    "Training tools stay out of everything that serves": ("runtime/rule.py", "import sklearn"),
}


def lint(folder: Path) -> tuple[int, str]:
    """Run the linter on the package in this folder, and on no other copy of it."""
    script = (
        f"import sys; sys.path.insert(0, {str(folder / 'src')!r}); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def broken(report: str) -> set[str]:
    """Return the names of the contracts that the report calls broken."""
    return {line.removesuffix(" BROKEN").strip() for line in report.splitlines() if line.endswith("BROKEN")}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package that may be spoiled."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_contracts_hold(house: Path) -> None:
    code, report = lint(house)
    assert code == 0, report


@pytest.mark.parametrize("contract", BREAKS)
def test_a_contract_that_is_broken_is_reported(house: Path, contract: str) -> None:
    module, line = BREAKS[contract]
    file = house / "src" / "slipway" / module
    file.write_text(file.read_text() + f"\n{line}\n")
    code, report = lint(house)
    assert code == 1, report
    assert contract in broken(report), report
