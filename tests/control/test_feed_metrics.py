"""What Prometheus reads of a broken feed: which column of which model, and what is wrong with it."""

from slipway.control.control_metrics import metrics_text
from slipway.control.standing import Status
from slipway.control.tally import Tally
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.quality import Fault, Quality
from slipway.records.scope import Budgets
from slipway.records.worker_config import ClockKind
from slipway.stats.evidence import EValue

BROKEN = Finding(
    id="model-1-finding-1",
    model="model-1",
    kind=FindingKind.QUALITY,
    opened_us=1,
    evidence=EValue(log_e=15.0, n=300),
    relevant=True,
    go_back_to=Step.DATA,
    sentence="What feeds the model is broken.",
    quality=(
        Quality(fault=Fault.UNIT, column="distance", serious=True, detail="distance arrives about 1.61 times ..."),
        Quality(fault=Fault.DUPLICATES, column="", serious=True, detail="50 % of the rows repeat another row."),
    ),
)


def told(*findings):
    status = Status(
        clock=ClockKind.SYSTEM,
        now_us=0,
        routes=(),
        running=(),
        open_findings=findings,
        last_step=None,
        tally=Tally(),
        behind_s=None,
        held_rows=0,
        held_bytes=0,
    )
    return [
        line for line in metrics_text(status, budgets=Budgets()).splitlines() if line.startswith("slipway_feed_fault{")
    ]


def test_each_fault_that_is_there_has_a_line_that_holds_no_value():
    assert sorted(told(BROKEN)) == [
        'slipway_feed_fault{model="model-1",column="",fault="duplicate rows"} 1',
        'slipway_feed_fault{model="model-1",column="distance",fault="another unit"} 1',
    ]


def test_a_sound_feed_has_none():
    assert told() == []
