"""A server that is started on a Friday evening: no weekend is drift, what changes is, and a restart agrees."""

import functools

import numpy as np
import polars as pl
import pytest

from slipway.control.post import Equipped
from slipway.control.slices import Model
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor
from slipway.records.alert import Finding, FindingKind
from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.reference import table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores
from slipway.storage.columns import encode_columns
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.seasons import DAY_US, HOUR_US, rhythmic_table
from slipway.testing.traffic import MemoryRoutes

MONDAY_US = 4 * DAY_US + 7 * 2_900 * DAY_US
WEEKS, QUIET_DAYS, CHANGED_DAYS = 8, 24, 21
FRIDAY_US = MONDAY_US + (7 * WEEKS + 4) * DAY_US + 18 * HOUR_US
NAMES = ("amount", "load", "kind")
FIELDS = tuple(Field(name=n, kind=FieldKind.CATEGORY if n == "kind" else FieldKind.NUMBER) for n in NAMES)
SCORING = Scoring(kind=TaskKind.BINARY)
ARM = Arm(name="model-1", kind=ArmKind.MODEL, package="0" * 64)


def moments(table):
    return table["at"].cast(pl.Int64).to_numpy()


@functools.cache
def equipped():
    """The monitor of a model of working days: most is asked in working hours, and more is asked for then."""
    rng = np.random.default_rng(0)
    table = rhythmic_table(rng, shape="office", start_us=MONDAY_US, end_us=MONDAY_US + 7 * WEEKS * DAY_US)
    held_out = np.flatnonzero(moments(table) >= MONDAY_US + 7 * DAY_US)
    reference, calibration = make_reference(
        table.select(NAMES),
        fields=FIELDS,
        times_us=moments(table),
        held_out=held_out,
        scores=table["prediction"].to_numpy()[held_out],
        y=table["label"].to_numpy()[held_out],
        scoring=SCORING,
    )
    instruments = instruments_of(reference)
    monitor = Monitor(
        model=ARM.name,
        reference=reference,
        instruments=instruments,
        limits=Limits(metric="error", tolerance=0.01),
        units={},
        alpha=0.01,
    )
    together = JointScores.of(table_of(reference)) if instruments.joint else None
    coder = Coder(instruments.inputs.reference)
    return Equipped(Model(ARM.name, reference, calibration, coder, together), monitor)


def frames(table):
    """What a worker writes of one day, and what came true an hour later."""
    ids = [f"p{at}-{i}" for i, at in enumerate(moments(table).tolist())]
    n = len(ids)
    yield PredictionFrame(
        route="main", route_version=1, at_us=moments(table).tolist(), id=ids, entity=ids, arm=[ARM.name] * n,
        fallback=[False] * n, score=table["prediction"].to_list(), latency_us=[1] * n,
        x=encode_columns({f.name: table[f.name].to_numpy() for f in FIELDS}),
    )  # fmt: skip
    yield OutcomeFrame(at_us=(moments(table) + HOUR_US).tolist(), id=ids, value=table["label"].to_list())


def live(journal, *, seed):
    """Write the life of a server from Friday evening on; after three weeks and a half amounts are larger."""
    rng, writer = np.random.default_rng(seed), journal.writer("worker")
    for day in range(-(-FRIDAY_US // DAY_US) - 1, -(-FRIDAY_US // DAY_US) + QUIET_DAYS + CHANGED_DAYS):
        changed = day * DAY_US >= FRIDAY_US + QUIET_DAYS * DAY_US
        table = rhythmic_table(
            rng,
            shape="office",
            start_us=max(day * DAY_US, FRIDAY_US),
            end_us=(day + 1) * DAY_US,
            shift={"amount": 1.5} if changed else None,
        )
        if table.height:
            writer.append(list(frames(table)))
        yield (day + 1) * DAY_US + 3 * HOUR_US, changed


@pytest.mark.parametrize("seed", [1, 2])
def test_the_first_weekends_are_quiet_and_what_changes_later_is_found(seed):
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()

    def control():
        watching = Watching(store, equip=lambda _: equipped(), wait_us=2 * HOUR_US)
        return Controller(store=store, journal=journal, files=files, terms=Terms(), watching=watching)

    running = control()
    running.open_route("main", arm=ARM, salt="s", now_us=FRIDAY_US)
    for now_us, changed in live(journal, seed=seed):
        report = running.step(now_us)
        assert report.problems == ()
        assert changed or report.findings == (), "a night, a weekend or the evening it began on is no drift"
    (finding,) = [f for _, f, _ in store.all(Finding)]
    assert finding.kind is FindingKind.DATA_DRIFT
    assert "amount" in {column.name for column in finding.columns}
    again = control().step(now_us)
    assert (again.findings, again.problems) == ((), ()), "who begins anew reads the same days to the same end"


def test_the_monitor_says_what_it_allows_for():
    season = equipped().monitor.instruments.season
    assert (season.unit, season.period, season.blocks) == ("day", "week", 7 * WEEKS)
    assert {"amount", "kind", "score"} <= set(season.rhythmic)
    assert "load" not in season.rhythmic
    assert "follow the week: each day is held against the same day of the week in 8 weeks" in season.sentence
