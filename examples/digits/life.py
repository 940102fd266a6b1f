"""Something new, from nothing to all requests, through the real server: python life.py [FOLDER].

Nobody answers these requests yet, so there is no shadow worth waiting in: it begins with a canary, beside an arm that
always says no. What a form said becomes known in the evening of its day.
"""

import sys
import tempfile
from pathlib import Path

import httpx
import msgspec
import polars as pl
from model import LEARNED, digits

from slipway import Project
from slipway.project.server import Server
from slipway.records.rollout import Action, RolloutStatus

A_DAY = 60
DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
FIRST_US = 1_400_000_000_000_000 // DAY_US * DAY_US


def live(folder: Path) -> tuple[Project, list[str]]:
    """Live through the rollout in a folder, and return the project and what is to be told of it."""
    for name in ("model.py", "slipway.toml"):
        (folder / name).write_bytes(Path(__file__).with_name(name).read_bytes())
    project = Project.open(folder)
    project.make_dataset("forms")
    run = project.train("forms", name="pixels")
    project.open_route(salt="sevens")
    coming, lines = digits()[LEARNED:], list[str]()
    fields = [field.name for field in project.scope.fields]
    with Server(folder, clock="event") as server, httpx.Client(base_url=server.url, timeout=60) as client:
        rollout = project.start_rollout(str(run.package), at_us=FIRST_US)
        for day, today in enumerate(coming.iter_slices(A_DAY)):
            now_us = FIRST_US + day * DAY_US
            rows = today.select(pl.col("form").alias("id"), "form", *fields).to_dicts()
            _post(client, "/predict", {"rows": rows}, at_us=now_us + HOUR_US)
            known = today.select(id="form", value="seven").to_dicts()
            _post(client, "/outcomes", {"outcomes": known}, at_us=now_us + 20 * HOUR_US)
            for verdict in project.step(now_us=now_us + DAY_US).verdicts:
                if verdict.action is not Action.STAY:
                    lines.append(f"day {day + 1}, {verdict.stage}: {verdict.action}")
                    lines += [f"  {gate.gate.kind}: {gate.reason}" for gate in verdict.gates]
            rollout = project.rollout(rollout.id)
            if rollout.status is not RolloutStatus.RUNNING:
                break
    return project, [*lines, f"The rollout is {rollout.status}."]


def _post(client: httpx.Client, path: str, body: object, *, at_us: int) -> None:
    headers = {"Content-Type": "application/json", "Slipway-Time-Us": str(at_us)}
    reply = client.post(path, content=msgspec.json.encode(body), headers=headers)
    if reply.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path}: want 200, got {reply.status_code}: {reply.text[:500]}")


def main(words: list[str]) -> None:
    """Live through it in a folder, a new one unless one is named, and say what came of it."""
    folder = Path(words[0]) if words else Path(tempfile.mkdtemp(prefix="digits-"))
    folder.mkdir(parents=True, exist_ok=True)
    for line in live(folder)[1]:
        print(line)
    print(f"To look around: slipway rollout show --project {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
