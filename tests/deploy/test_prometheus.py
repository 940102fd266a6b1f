"""What Prometheus is told is well formed, and rules and dashboard ask only for what there is."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from slipway import Project
from slipway.control.control_metrics import metrics_text
from slipway.control.report import StepReport
from slipway.control.standing import Status
from slipway.control.tally import Tally
from slipway.control.telling.courier import ReceiverState
from slipway.project.server import Server, free_ports
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.looked import Looked
from slipway.records.quality import Fault, Quality
from slipway.records.rollout import Action, Decision, GateResult, Verdict
from slipway.records.route import Route, Share
from slipway.records.scope import Budgets
from slipway.records.service_book import ServiceBudget
from slipway.records.service_report import BudgetStanding, Kept, ServiceReport, Taken
from slipway.records.trouble import Alert, AlertEvent, AlertKind, AlertState, Happening, Severity, Trouble
from slipway.records.usage import ArmUsage
from slipway.records.worker_config import ClockKind
from slipway.serving.metrics import Counts, ToldKind, count_spans, render
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.testing.rollouts import LIVE, plan

PLACE = Path(__file__).parents[2] / "deploy" / "prometheus"
WITHIN_S = 90


def tool(name):
    """The tool of Debian's package prometheus, which has to be there where SLIPWAY_NEEDS_PROMTOOL says so."""
    found = shutil.which(name)
    if found is None and not os.environ.get("SLIPWAY_NEEDS_PROMTOOL"):
        pytest.skip(f"{name} is not installed: apt-get install prometheus")
    assert found, f"{name} is not installed: apt-get install prometheus"
    return found


def data_plane():
    counts = Counts(worker="worker-0", route_version=3)
    counts.answered(["live", 'a"b\\c'], [False, True], latency_us=700)
    counts.failed("unanswered")
    counts.refusals["text air time"] = 3
    counts.told(2, kind=ToldKind.OUTCOMES)
    count_spans(counts)("sent", 5)
    counts.use.memory_bytes = 123_456_789_012
    counts.use.spent("live", rows=3, ns=2_000_000)
    counts.use.arms["live"] = ArmUsage(memory_bytes=5, failures={"timeout": 1}, restarts={"killed": 2})
    return render([counts]).decode()


FED = Finding(
    id="trees-feed-1",
    model="trees",
    kind=FindingKind.QUALITY,
    opened_us=1,
    evidence=EValue(log_e=9.0, n=9),
    relevant=True,
    go_back_to=Step.DATA,
    sentence="x",
    quality=(Quality(fault=Fault.STALE, column="", serious=True, detail="x"),),
)


def looked(model, *, upto_us):
    return Looked(
        model=model,
        unit="hour",
        slice_us=3_600_000_000,
        slices=2,
        rows=200,
        inputs_upto_us=upto_us,
        outcomes_upto_us=0,
        feed_upto_us=None,
    )


def control_plane():
    gate = plan().stages[0].gates[0]
    result = GateResult(
        gate=gate,
        decision=Decision.HOLD,
        reason="x",
        interval=AnytimeInterval(estimate=0.0, low=-0.5, high=float("inf"), alpha=0.05, n=3),
        harm=EValue(log_e=1.5, n=3),
        counts={},
    )
    verdict = Verdict(
        rollout="c-1", stage="shadow", at_us=0, decision=Decision.HOLD, action=Action.STAY, reason="x", gates=(result,)
    )
    status = Status(
        clock=ClockKind.SYSTEM,
        now_us=0,
        routes=(Route(name="main", version=1, salt="s", shares=(Share(arm=LIVE.name, share=1.0),), arms=(LIVE,)),),
        running=(),
        open_findings=(FED,),
        receivers=(ReceiverState(receiver="ops", waiting=1, failures=2),),
        last_step=StepReport(now_us=0, frames=0, tally=Tally(), verdicts=(verdict,)),
        tally=Tally(),
        monitors=(looked("trees", upto_us=7_200_000_000), looked("rule", upto_us=0)),
        behind_s=None,
        held_rows=0,
        held_bytes=0,
    )
    trouble = Trouble(kind=AlertKind.BUDGET, about="x", severity=Severity.WARNING, sentence="x")
    event = AlertEvent(at_us=0, what=Happening.OPENED, by="control")
    alert = Alert(id="budget-1", trouble=trouble, state=AlertState.OPEN, events=(event,))
    gpu = Taken(name="0 H100", what="gpu", memory_bytes=1e9, most_bytes=2e9, room_bytes=8e10, cores=0.5)
    memory = BudgetStanding(
        budget=ServiceBudget.MEMORY, allows=500.0, taken=600.0, use_ratio=1.2, kept=Kept.NOT_KEPT, why="x"
    )
    fails = BudgetStanding(budget=ServiceBudget.ERRORS, allows=0.01, taken=None, use_ratio=None, kept=Kept.UNKNOWN)
    service = ServiceReport(
        route="main",
        now_us=0,
        looked_us=1_000_000,
        kept=Kept.NOT_KEPT,
        sentence="x",
        budgets=(memory, fails),
        windows=(),
        taken=(gpu,),
        queue_rows=10,
    )
    return metrics_text(status, alerts=(alert,), budgets=Budgets(latency_p99_ms=20.0), service=service)


@pytest.mark.parametrize("text", [data_plane, control_plane])
def test_promtool_finds_nothing_wrong_with_what_is_told(text):
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=text(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_told_says_what_it_means():
    lines = (data_plane() + control_plane()).splitlines()
    assert 'slipway_predictions_total{arm="a\\"b\\\\c",outcome="fallback",worker="worker-0"} 1' in lines
    assert 'slipway_worker_memory_bytes{worker="worker-0"} 123456789012' in lines
    assert "slipway_control_behind_seconds NaN" in lines
    assert 'slipway_gate_difference{rollout="c-1",stage="shadow",gate="1-not-worse",bound="high"} +Inf' in lines
    assert 'slipway_gate_harm_log_e{rollout="c-1",stage="shadow",gate="1-not-worse"} 1.5' in lines
    assert 'slipway_alerts{kind="budget",severity="warning",state="open"} 1' in lines
    assert 'slipway_latency_seconds_bucket{worker="worker-0",le="+Inf"} 2' in lines
    assert 'slipway_refusals_total{reason="text",field="air time",worker="worker-0"} 3' in lines
    assert 'slipway_budget_use_ratio{budget="memory_mb"} 1.2' in lines
    assert 'slipway_budget_kept{budget="memory_mb"} 0' in lines
    assert not [line for line in lines if 'budget="error_share"' in line], "what nobody measured is not 0"
    assert [line for line in lines if line.startswith("slipway_monitor_looked_timestamp_seconds")] == [
        'slipway_monitor_looked_timestamp_seconds{model="trees"} 7200'
    ], "who has not looked yet has not looked at 1970"


def test_no_counter_falls_when_a_worker_starts_anew():
    """A counter that falls is counted again from 0, so a sum over workers would be taken for what all ever counted."""

    def counted(workers):
        ends = {"counter": ("",), "histogram": ("_bucket", "_sum", "_count")}
        counters, values = set(), {}
        for line in render(workers).decode().splitlines():
            if line.startswith("# TYPE"):
                _, _, name, kind = line.split()
                counters |= {f"{name}{end}" for end in ends.get(kind, ())}
            elif line.partition("{")[0] in counters:
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values

    workers = [Counts(worker=f"worker-{n}", since_s=1.0) for n in range(2)]
    for one in workers:
        for _ in range(10):
            one.answered(["live"], [True], latency_us=700)
        one.failed("unanswered", count=5)
        one.refusals["text air time"] = 3
        one.told(2, kind=ToldKind.OUTCOMES)
        count_spans(one)("sent", 5)
        one.use.spent("live", rows=10, ns=2_000_000)
        one.use.arms["live"] = ArmUsage(device="process", cpu_s=3.0, failures={"timeout": 1}, restarts={"killed": 2})
    before = counted(workers)
    after = counted([Counts(worker="worker-0", since_s=2.0), workers[1]])
    fallen = {name for name in before.keys() & after.keys() if after[name] < before[name]}
    assert before
    assert all('worker="worker-0"' in name for name in fallen), fallen
    assert all('worker="' in name for name in before), "each has its worker"


def asked():
    """Names of ours that rules and dashboard ask for."""
    dashboard = json.loads((PLACE / "slipway.dashboard.json").read_text(encoding="utf-8"))
    asked = [t["expr"] for panel in dashboard["panels"] for t in panel["targets"]]
    rules = (PLACE / "slipway.rules.yml").read_text(encoding="utf-8")
    return {name for text in [*asked, rules] for name in re.findall(r"(?<!:)\bslipway_[a-z0-9_]+", text)}


def test_rules_and_dashboard_ask_only_for_what_is_told():
    told = set(re.findall(r"^(slipway_[a-z0-9_]+)", data_plane() + control_plane(), flags=re.MULTILINE))
    assert asked() - told == set()


def test_the_panels_of_the_dashboard_do_not_overlap():
    panels = json.loads((PLACE / "slipway.dashboard.json").read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for g in (p["gridPos"] for p in panels)
        for x in range(g["x"], g["x"] + g["w"])
        for y in range(g["y"], g["y"] + g["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)
    assert len({p["id"] for p in panels}) == len(panels)
    assert all(p["title"] and p["description"] for p in panels)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "slipway.rules.yml"),
        ("test", "rules", "slipway.rules.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
)
def test_promtool_takes_the_rules_and_they_fire_when_they_should(words):
    done = subprocess.run(
        [tool("promtool"), *words], cwd=PLACE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def until(ready, what):
    end_s = time.monotonic() + WITHIN_S
    while not (found := ready()):
        assert time.monotonic() < end_s, what
        time.sleep(0.3)
    return found


@pytest.mark.slow
def test_a_real_prometheus_scrapes_a_server_and_an_injected_fault_fires(tmp_path):
    project = Project.init(tmp_path / "p")
    page = project.folder / "slipway.toml"
    dead = f'url = "http://127.0.0.1:{free_ports(1)}/"'  # nobody answers there, and nothing steps in
    page.write_text(page.read_text().replace('rule = "mean_radius > 15"', dead))
    port = free_ports(1)
    with Server(project.folder) as server:
        config = (PLACE / "prometheus.yml").read_text(encoding="utf-8")
        for old, new in (
            ("15s", "1s"),
            ("127.0.0.1:8080", server.url.removeprefix("http://")),
            ("127.0.0.1:8081", server.control_url.removeprefix("http://")),
            ("slipway.rules.yml", str(PLACE / "slipway.rules.yml")),
        ):
            assert old in config
            config = config.replace(old, new)
        (tmp_path / "prometheus.yml").write_text(config.replace("global:", "global:\n  evaluation_interval: 1s"))
        command = [
            tool("prometheus"),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (
            subprocess.Popen(command, stderr=subprocess.DEVNULL) as prometheus,
            httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10) as api,
            httpx.Client(base_url=server.url, timeout=10) as caller,
        ):
            try:

                def get(path):
                    try:
                        return api.get(path).json()["data"]
                    except (httpx.HTTPError, ValueError, KeyError):
                        return {}

                def up():
                    targets = get("/targets").get("activeTargets", [])
                    return len(targets) == 2 and all(t["health"] == "up" for t in targets)

                until(up, "both planes are scraped")
                assert get("/alerts")["alerts"] == []

                def fires():
                    for n in range(5):
                        caller.post("/predict", json={"mean_radius": 8.0, "sample": f"s{n}"})
                    return [a for a in get("/alerts").get("alerts", []) if a["state"] == "firing"]

                (fired,) = until(fires, "no alert fires")
            finally:
                prometheus.terminate()
    assert fired["labels"]["alertname"] == "SlipwayFails"
    assert fired["labels"]["severity"] == "critical"
