"""A feed that breaks in front of the real server: each fault is one finding, named right; before and between, none."""

import random

import httpx
import pytest

from slipway import Project
from slipway.project.datasets import rows_of
from slipway.project.server import Server
from slipway.records.alert import FindingKind, Step
from slipway.records.quality import Fault

HOUR_US = 3_600_000_000
FIRST_US = 1_700_006_400_000_000  # a midnight
PER_HOUR = 150


def make(folder):
    """A project whose packaged model answers everybody; the texture may have any value."""
    project = Project.init(folder)
    page = (folder / "slipway.toml").read_text()
    page = page.replace(
        'mean_texture           = { kind = "number", low = 0, high = 100 }', 'mean_texture = { kind = "number" }'
    )
    (folder / "slipway.toml").write_text(page)
    project = Project.open(folder)
    version = project.make_dataset()
    run = project.train()
    page = (folder / "slipway.toml").read_text().replace('live = "radius-rule"', 'live = "trees"')
    (folder / "slipway.toml").write_text(f'{page}\n[arms.trees]\npackage = "{run.package}"\n')
    project = Project.open(folder)
    project.open_route()
    return project, rows_of(project._parts, version).to_dicts()


class Feed:
    """Asks hour by hour."""

    def __init__(self, project, server, rows):
        self.project, self.server, self.rows = project, server, rows
        self.hour, self.asked = 0, 0
        self.chance = random.Random(1)  # noqa: S311 - a test's

    def hours(self, count, change=lambda x: x, *, times=1):
        """Ask for some hours; return how many rows were asked about."""
        before = self.asked
        with httpx.Client(base_url=self.server.url, timeout=60) as client:
            for _ in range(count):
                drawn = [self.chance.choice(self.rows) for _ in range(PER_HOUR // times)] * times
                body = []
                for row in drawn:
                    x = {k: v for k, v in row.items() if k.startswith("mean_") or k == "sample"}
                    # no two samples are alike in life, though these are drawn from few
                    x["mean_area"] *= 1 + self.chance.random() / 1e6 if times == 1 else 1
                    body.append({**change(x), "id": f"f{self.asked}"})
                    self.asked += 1
                at = {"Slipway-Time-Us": str(FIRST_US + self.hour * HOUR_US)}
                reply = client.post("/predict", json={"rows": body}, headers=at)
                assert reply.status_code == 200, reply.text
                self.hour += 1
        return self.asked - before

    def findings(self):
        """Have control look, and return what was found."""
        now = {"now_us": FIRST_US + self.hour * HOUR_US}
        reply = httpx.post(f"{self.server.control_url}/step", json=now, timeout=60)
        assert reply.status_code == 200, reply.text
        return self.project.findings()


@pytest.mark.slow
def test_each_fault_of_a_feed_is_one_finding_within_a_thousand_rows(tmp_path):
    project, rows = make(tmp_path / "p")
    faults = [
        (lambda x: {**x, "mean_texture": x["mean_texture"] * 10}, 1, Fault.RANGE, "mean_texture"),
        (lambda x: {k: v for k, v in x.items() if k != "mean_smoothness"}, 1, Fault.EMPTY, "mean_smoothness"),
        (lambda x: {**x, "mean_radius": 14.0}, 1, Fault.CONSTANT, "mean_radius"),
        (lambda x: x, 3, Fault.DUPLICATES, ""),
    ]
    with Server(project.folder, clock="event") as server:
        feed = Feed(project, server, rows)
        feed.hours(24)
        assert feed.findings() == []
        for n, (change, times, said, column) in enumerate(faults, start=1):
            assert feed.hours(7, change, times=times) < 1100
            told = [f for f in feed.findings() if f.kind is FindingKind.QUALITY]
            assert len(told) == n
            assert [f.kind for f in feed.findings() if f.closed_us is None] == [FindingKind.QUALITY]  # drift is its own
            found = max(told, key=lambda f: f.opened_us)
            assert found.kind is FindingKind.QUALITY
            assert [(q.fault, q.column) for q in found.quality] == [(said, column)]
            assert found.go_back_to is Step.DATA
            (alert,) = [a for a in project.alerts() if a.there]
            assert alert.trouble.kind == "feed"
            feed.hours(6)
            assert [f for f in feed.findings() if f.closed_us is None] == []
