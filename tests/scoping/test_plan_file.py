"""A plan in a file of its own, in Python and in TOML: the same plan."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.errors import BadFile
from slipway.records.gate import Baseline, Better, GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_template import complete
from slipway.records.rollout import StageKind
from slipway.records.task import Case
from slipway.scoping.init import starter_files
from slipway.scoping.parse import parse
from slipway.scoping.plan_file import read_plan, template, write_plan

SCOPE = parse(starter_files("tumours")["slipway.toml"])


def test_the_table_in_a_file_of_its_own_is_the_plan_of_the_scope():
    assert read_plan(write_plan(SCOPE.rollout), scope=SCOPE) == SCOPE.rollout


@pytest.mark.parametrize("case", Case)
def test_each_template_can_be_printed_edited_and_read_again(case):
    made = template(case, scope=SCOPE)
    page = write_plan(made)
    assert read_plan(page, scope=SCOPE) == made
    longer = read_plan(page.replace('max = "28d"', 'max = "60d"'), scope=SCOPE)
    assert longer.stages[-1].max_s == 60 * 86400


def test_what_a_file_leaves_out_comes_from_the_template():
    short = read_plan('[rollout]\nstages = ["shadow", { name = "full", gates = ["harm", "approval"] }]\n', scope=SCOPE)
    assert [g.kind for g in short.stages[1].gates] == [GateKind.HARM, GateKind.APPROVAL]
    assert short.stages[0].gates[0].margin == SCOPE.metric.margin


def test_what_the_scope_states_is_a_number_at_once_and_what_was_measured_when_it_starts():
    page = '[rollout]\nstages = ["shadow", {{ name = "full", gates = [{{ kind = "baseline", of = "{}" }}] }}]\n'
    level = {of: read_plan(page.format(of), scope=SCOPE).stages[1].gates[0].level for of in ("target", "simple")}
    assert level == {"target": SCOPE.metric.target, "simple": None}


def test_something_new_is_held_against_the_best_baseline_known_once_it_carries_traffic():
    held = {
        case: {s.name: g.of for s in made.stages for g in s.gates if g.kind is GateKind.BASELINE}
        for case in Case
        for made in [template(case, scope=SCOPE, known=(Baseline.TRIVIAL, Baseline.SIMPLE))]
    }
    assert held[Case.NEW] == dict.fromkeys(("ramp-25", "ramp-50", "full", "watch"), Baseline.SIMPLE)
    assert held[Case.REPLACE] == held[Case.ASSIST] == {}
    trivial = template(Case.NEW, scope=SCOPE, known=(Baseline.TRIVIAL,))
    assert read_plan(write_plan(trivial), scope=SCOPE) == trivial


gates = st.one_of(
    st.builds(GateDraft, kind=st.sampled_from([GateKind.HARM, GateKind.SERVICE, GateKind.DRIFT])),
    st.builds(
        GateDraft, kind=st.just(GateKind.NOT_WORSE), margin=st.floats(0.001, 0.2),
        min_units=st.none() | st.integers(1, 99), beta=st.none() | st.floats(0.01, 0.5),
        unit=st.sampled_from(["row", "hour", "day"]),
    ),
    st.builds(
        GateDraft, kind=st.just(GateKind.APPROVAL),
        by=st.lists(st.sampled_from(["Ada", "Ben", "Çem"]), unique=True).map(tuple),
    ),
    st.builds(
        GateDraft, kind=st.just(GateKind.METRIC), metric=st.just("revenue"), better=st.sampled_from(Better),
        margin=st.floats(0.001, 9),
    ),
    st.builds(GateDraft, kind=st.just(GateKind.AGREEMENT), level=st.floats(0.5, 0.99)),
    st.builds(GateDraft, kind=st.just(GateKind.BASELINE), level=st.floats(0.01, 0.5), margin=st.floats(0, 0.2)),
    st.builds(GateDraft, kind=st.just(GateKind.BASELINE), of=st.sampled_from([Baseline.TRIVIAL, Baseline.SIMPLE])),
)  # fmt: skip
each_once = st.lists(gates, min_size=1, max_size=5, unique_by=lambda g: g.kind).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    shadow=each_once.map(lambda asked: tuple(g for g in asked if g.kind is not GateKind.METRIC)).filter(bool),
    canary=each_once,
    full=each_once.map(lambda asked: tuple(g for g in asked if g.kind is not GateKind.METRIC)).filter(bool),
    share=st.floats(0.01, 0.9),
    hours=st.integers(1, 500),
    missing=st.floats(0, 1),
)
def test_a_plan_written_and_read_is_the_same_plan(*, shadow, canary, full, share, hours, missing):
    drafts = [
        StageDraft(name="shadow", kind=StageKind.SHADOW, gates=shadow),
        StageDraft(name="little", kind=StageKind.CANARY, gates=canary, share=share, max_s=hours * 3600.0),
        StageDraft(name="full", kind=StageKind.FULL, gates=full, min_s=60.0),
    ]
    terms = PlanTerms(metric=SCOPE.metric.name, margin=SCOPE.metric.margin, missing=missing)
    made = complete(drafts, terms=terms)
    assert read_plan(write_plan(made), scope=SCOPE) == made


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("", r"plan.toml: 1 problem\.\n  line 1, \[rollout\]: want this table"),
        ("[rollout]\n[task]\n", r"line 2, task: want only the table \[rollout\] in a plan's file, got \[task\]"),
        ("[rollout]\nbeta = 2\n", "line 2, rollout.beta"),
        ('[rollout]\nbeta = 0.1\npair = false\nstages = ["canary", "full"]\n', "so none keeps harm out"),
    ],
)
def test_mistakes_are_told_with_their_line(page, says):
    with pytest.raises(BadFile, match=says):
        read_plan(page, scope=SCOPE)


def test_a_plan_survives_the_store():
    made = template(Case.REPLACE, scope=SCOPE)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=type(made)) == made
