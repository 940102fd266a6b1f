"""A project whose arms do what each request tells them, so that who asks knows how often each of them errs.

A row says what the rule that is live answers and what the candidate does, a number each; a missing one is no answer.
The arm `twin` answers as live does; `slow`, a function, as the candidate does, and late where the row says so.
"""

from pathlib import Path

from slipway import Project

ALPHA, MARGIN, DEADLINE_MS = 0.05, 0.02, 250
_PAGE = f"""
[project]
name = "NAME"
owner = "benchmark@example.org"
need = "to know what is promised"
case = "new"
kill = "never"
[task]
x = "what each arm is to answer"
y = "what is true"
kind = "binary"
target = "truth"
entity = "user"
[fields]
live_says = "number"
candidate_says = "number"
late_ms = "number"
[metric]
name = "error"
why = "it is counted"
target = 0.1
margin = {MARGIN}
[serving]
live = "live"
workers = WORKERS
deadline_ms = {DEADLINE_MS}
[arms.live]
rule = "live_says > 0.5"
[arms.candidate]
rule = "candidate_says > 0.5"
[arms.twin]
rule = "live_says > 0.4"
[arms.slow]
function = "arm.py:answer"
timeout_ms = {DEADLINE_MS}
processes = 1
[rollout]
alpha = {ALPHA}
unit = "row"
maturity = "0s"
pair = PAIRED
stages = [
  {{ name = "canary", share = 0.05, min = "0s", max = "90d" }},
  {{ name = "ramp-50", share = 0.5, min = "0s", max = "90d" }},
  {{ name = "full", min = "0s", max = "90d" }},
  {{ name = "watch", min = "1d", max = "90d" }},
]
"""
_ARM = """
import time

import numpy as np


def answer(columns):
    late = np.nan_to_num(columns["late_ms"])
    time.sleep(float(late.max()) / 1000)
    return np.where(columns["candidate_says"] > 0.5, 1.0, 0.0)
"""


def make(folder, *, workers=1, paired=True):
    """Return the project, new in this folder and named after it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"NAME": folder.name, "WORKERS": str(workers), "PAIRED": str(paired).lower()}
    page = _PAGE
    for word, value in facts.items():
        page = page.replace(word, value)
    (folder / "slipway.toml").write_text(page)
    (folder / "arm.py").write_text(_ARM)
    return Project.open(folder)
