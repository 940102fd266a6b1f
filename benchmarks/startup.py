"""How long a person waits for the first word: ``slipway --help``, beside the bare interpreter and the tools next door.

Whole processes, in turn (A B C A B C ...), so that a machine whose speed drifts drifts for all. Peers are measured
where they are installed in the same environment. ``python benchmarks/startup.py [--runs 15]``
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import slipway": [sys.executable, "-c", "import slipway"],
    "slipway --help": [str(BIN / "slipway"), "--help"],
    "slipway rollout --help": [str(BIN / "slipway"), "rollout", "--help"],
    "pytest --version": [str(BIN / "pytest"), "--version"],
    "mlflow --help": [str(BIN / "mlflow"), "--help"],
}
GOAL_MS = {"slipway --help": 150}


def measure(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    there = {name: command for name, command in COMMANDS.items() if Path(command[0]).exists()}
    taken: dict[str, list[float]] = {name: [] for name in there}
    for turn in range(runs + 1):
        for name, command in there.items():
            ms = measure(command)
            if turn:  # the first turn warms the page cache
                taken[name].append(ms)
    print(f"{'command':24} {'median ms':>10} {'min':>7} {'max':>7}   goal")
    for name, values in taken.items():
        goal = f"< {GOAL_MS[name]}" if name in GOAL_MS else ""
        print(f"{name:24} {statistics.median(values):10.0f} {min(values):7.0f} {max(values):7.0f}   {goal}")


if __name__ == "__main__":
    main()
