"""The reference page says what the parser does: every key, every table, and an example that is accepted."""

import re

import pytest

from slipway.records.arm import Arm
from slipway.records.automation import Automation
from slipway.records.field import Field
from slipway.records.gate import Gate
from slipway.records.receiver import Alerts, Receiver
from slipway.records.rollout import Plan, Stage
from slipway.records.scope import Budgets, Data, Journal, Metric, Modeling, Monitoring, Project, Scope, Serving
from slipway.records.task import Task
from slipway.records.tracing import Tracing
from slipway.scoping import values as v
from slipway.scoping.keys import REQUIRED, TABLES
from slipway.scoping.parse import parse

HEADINGS = {
    "project": "## `[project]`",
    "task": "## `[task]`",
    "fields.NAME": "## `[fields]`",
    "metric": "## `[metric]`",
    "budgets": "## `[budgets]`",
    "serving": "## `[serving]`",
    "data": "| key of `[data]`",
    "model": "| key of `[model]`",
    "arms.NAME": "## `[arms.NAME]`",
    "rollout": "## `[rollout]`",
    "rollout.stages[]": "### A stage",
    "rollout.stages[].gates[]": "### A gate",
    "monitoring": "## `[monitoring]`",
    "journal": "## `[journal]`",
    "tracing": "## `[tracing]`",
    "alerts": "## `[alerts]`",
    "alerts.receivers.NAME": "### A receiver",
}
RECORDS = {
    "project": Project, "task": Task, "fields.NAME": Field, "metric": Metric, "budgets": Budgets, "serving": Serving,
    "data": Data, "model": Modeling, "arms.NAME": Arm, "rollout": Plan, "rollout.stages[]": Stage,
    "rollout.stages[].gates[]": Gate, "monitoring": Monitoring, "journal": Journal, "alerts": Alerts,
    "alerts.receivers.NAME": Receiver, "tracing": Tracing,
}  # fmt: skip
NOT_KEYS = {
    "fields.NAME": {"name"},
    "arms.NAME": {"name"},
    "alerts.receivers.NAME": {"name"},
    "rollout": {"metric", "errors_cost_one", "automation"},
}
"""Fields of a record that the file says in another way: as the table's name, or once in [metric]."""
AUTOMATION = set(Automation.__struct_fields__)
NOT_FIELDS = {"serving": {"live"}, "rollout": {"unit", *AUTOMATION}}
"""Keys that the file has in another place than the record: Scope.live, each gate's unit, and the part of people."""


def rows(page: str, table: str) -> dict[str, list[str]]:
    """The cells of the first table below a heading, by key."""
    below = page[page.index(HEADINGS[table]) :]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)[0].splitlines()[2:]
    return {cells[0].strip("`"): cells for cells in ([c.strip() for c in line.split("|")[1:-1]] for line in lines)}


def test_the_example_is_accepted(example):
    scope = parse(example)
    assert scope.live == "present"
    assert [s.name for s in scope.rollout.stages] == ["shadow", "canary", "ramp-50", "full", "watch"]
    assert scope.rollout.stages[1].min_s == 7 * 86400
    assert scope.rollout.stages[2].gates[1].margin == 0.01


@pytest.mark.parametrize("table", TABLES)
def test_each_table_documents_exactly_its_keys(reference, table):
    assert sorted(rows(reference, table)) == sorted(k.name for k in TABLES[table])


@pytest.mark.parametrize("table", TABLES)
def test_the_page_says_required_where_the_parser_does(reference, table):
    said = {name for name, cells in rows(reference, table).items() if cells[2] == "required"}
    assert said == {k.name for k in TABLES[table] if k.default is REQUIRED}


@pytest.mark.parametrize("table", TABLES)
def test_every_field_of_the_records_has_its_key(table):
    fields = set(RECORDS[table].__struct_fields__) - NOT_KEYS.get(table, set())
    keys = {k.field or k.name for k in TABLES[table]} - NOT_FIELDS.get(table, set())
    assert keys == fields


def test_every_part_of_the_scope_has_its_table():
    parts = {"modeling": "model", "live": "serving"}
    assert {parts.get(f, f) for f in Scope.__struct_fields__} == {t.split(".")[0] for t in TABLES}


def test_defaults_on_the_page_are_the_parsers(reference):
    for table, keys in TABLES.items():
        page = rows(reference, table)
        for key in keys:
            number = isinstance(key.default, int | float) and not isinstance(key.default, bool)
            if number and key.read is not v.duration:
                assert float(page[key.name][2].strip("`")) == key.default, (table, key.name)
            if isinstance(key.default, str) and key.default:
                assert page[key.name][2].strip("`") == key.default, (table, key.name)


def test_the_messages_on_the_page_are_real(example):
    text = example.replace('kind      = "binary"', 'kind = "binery"').replace("share = 0.05", "share = 5")
    with pytest.raises(Exception, match="2 problems") as caught:
        parse(text)
    assert "task.kind: want 'binary' or 'regression', got 'binery'. Did you mean 'binary'?" in str(caught.value)
    assert (
        "rollout.stages[1].share: want a number >= 0 and <= 1, got 5. Shares are fractions: write 0.05 for 5 %."
        in str(caught.value)
    )
