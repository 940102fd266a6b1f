"""One rollout through a real server: requests, outcomes and looks over HTTP, on the clock that the requests carry."""

import time
from dataclasses import dataclass

import numpy as np

from live.callers import Callers, Line
from live.project import DEADLINE_MS

LOOK, BODY, USERS = 250, 25, 5_000
"""Predictions between two looks, rows a request, and users who ask."""
LOOK_US = 4 * 3_600_000_000


@dataclass(frozen=True)
class Effect:
    """How the candidate differs from live.

    Attributes:
        name: What the table calls it.
        errors: Share of wrong answers, live and candidate.
        failures: Share of requests without an answer, live and candidate.
        late: Share of the candidate's requests that take twice the deadline.
    """

    name: str
    errors: tuple[float, float] = (0.02, 0.02)
    failures: tuple[float, float] = (0.002, 0.002)
    late: float = 0.0

    @property
    def arm(self):
        return "slow" if self.late else "candidate"

    @property
    def rows_a_body(self):
        return 1 if self.late else BODY  # a batch is as late as its latest row


@dataclass
class Seen:
    """What became of one rollout, as its callers saw it.

    Attributes:
        project: Whose it is.
        rollout: Its id.
        effect: Name of the effect.
        ended: ``completed``, ``rolled back``, ``still runs``.
        by: Gates that failed, or what else ended it.
        requests: Predictions until it ended.
        users: Different users who asked.
        reached: Those of them whom the candidate answered.
        unanswered: Requests that nobody answered.
        seconds: How long it took by the wall clock.
    """

    project: str
    rollout: str
    effect: str
    ended: str = "still runs"
    by: str = ""
    requests: int = 0
    users: int = 0
    reached: int = 0
    unanswered: int = 0
    seconds: float = 0.0


class Life:
    """One project's rollouts, one after another; what completes is rolled back by command, for the next to start."""

    def __init__(self, *, port, control_port, project, seed):
        self._callers, self._control = Callers(port), Line(control_port)
        self._project, self._rng, self._count = project, np.random.default_rng(seed), 0
        self._now_us = 86_400_000_000

    def run(self, effect, *, most):
        """Play one rollout until it ends, or for so many requests at most, and return what was seen."""
        began = time.monotonic()
        started = self._control.ask("/rollouts", {"candidate": effect.arm, "now_us": self._now_us, "by": "benchmark"})
        seen = Seen(project=self._project, rollout=started["id"], effect=effect.name)
        asked, reached = set(), set()
        while seen.requests < most:
            users, answered = self._traffic(effect, seen=seen)
            asked.update(users)
            reached.update(u for u, arm in zip(users, answered, strict=True) if arm == effect.arm)
            report = self._control.ask("/step", {"now_us": self._now_us})
            if report["problems"]:
                raise SystemExit(f"{seen.rollout}: {report['problems']}")
            verdict = next(v for v in report["verdicts"] if v["rollout"] == seen.rollout)
            if verdict["action"] in ("roll back", "complete"):
                seen.ended = {"roll back": "rolled back", "complete": "completed"}[verdict["action"]]
                failed = [g["gate"]["kind"] for g in verdict["gates"] if g["decision"] == "fail"]
                seen.by = " and ".join(failed) or ("" if seen.ended == "completed" else "deadline")
                break
        if seen.ended != "rolled back":
            why = "the next rollout begins where this one did"
            self._control.ask(f"/rollouts/{seen.rollout}/rollback", {"why": why, "by": "benchmark"})
        seen.users, seen.reached, seen.seconds = len(asked), len(reached), time.monotonic() - began
        return seen

    def _traffic(self, effect, *, seen):
        """Send what comes between two looks, and what turned out to be true; return who asked and who answered."""
        rng, n = self._rng, LOOK
        truth = rng.random(n) < 0.4
        rows = [{"id": f"{self._count + i}", "user": f"u{u}"} for i, u in enumerate(rng.integers(0, USERS, n))]
        self._count += n
        for name, error, failure in zip(("live_says", "candidate_says"), effect.errors, effect.failures, strict=True):
            says, silent = truth ^ (rng.random(n) < error), rng.random(n) < failure
            for row, value, none in zip(rows, says.tolist(), silent.tolist(), strict=True):
                row[name] = None if none else float(value)
        if effect.late:
            for row, late in zip(rows, rng.random(n) < effect.late, strict=True):
                row["late_ms"] = 2.0 * DEADLINE_MS if late else 0.0
        head = [("Slipway-Time-Us", self._now_us)]
        together = [row for row in rows if row["live_says"] is not None]
        alone = [{"rows": [row]} for row in rows if row["live_says"] is None]  # nobody may be there to answer it
        size = effect.rows_a_body
        bodies = [{"rows": together[i : i + size]} for i in range(0, len(together), size)]
        said = self._callers.ask_all(f"/predict/{self._project}", bodies, head=head)
        said += self._callers.ask_all(f"/predict/{self._project}", alone, head=head, wanted=(200, 503))
        answers = {p["id"]: p for reply in said for p in reply.get("predictions", ())}
        outcomes = [{"id": row["id"], "value": int(y)} for row, y in zip(rows, truth, strict=True)]
        self._now_us += LOOK_US
        self._callers.ask_all(
            f"/outcomes/{self._project}", [{"outcomes": outcomes}], head=[("Slipway-Time-Us", self._now_us)]
        )
        seen.requests += n
        seen.unanswered += n - len(answers)
        return [row["user"] for row in rows], [answers.get(row["id"], {}).get("arm", "") for row in rows]
