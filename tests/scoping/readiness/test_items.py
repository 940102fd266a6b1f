"""Each rule with its evidence, without it, and with evidence that says no."""
# ruff: noqa: E501 - one case a line reads as the table that it is

import importlib.util
from pathlib import Path

import msgspec
import pytest

from slipway.records.alert import FindingKind
from slipway.records.dataset import CheckResult
from slipway.records.field import Privacy
from slipway.records.gate import GateKind
from slipway.records.readiness import Item
from slipway.records.rollout import Action, Decision, RolloutStatus
from slipway.scoping.readiness.score import RULES

_SPEC = importlib.util.spec_from_file_location("small_project", Path(__file__).with_name("conftest.py"))
make = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(make)
set_ = msgspec.structs.replace
BUDGET = make.PAGE + "\n[budgets]\nlatency_p99_ms = 20\n"


def found(item, evidence):
    return RULES[Item(item)](evidence)


def points(item, evidence):
    result = found(item, evidence)
    return -1 if result.against else result.points


def no(name):
    return CheckResult(name=name, passed=False, detail="broken.")


def with_rollback(served, *, verdict):
    back = make.rollout("o0", status=RolloutStatus.ROLLED_BACK, candidate="other", upto=2)
    told = (("o0-1", make.verdict(rollout="o0", action=Action.ROLL_BACK, decision=Decision.FAIL)),) if verdict else ()
    return set_(served, rollouts=(back, *served.rollouts), verdicts=(*told, *served.verdicts))


def failing(kind):
    return (("o1-9", make.verdict(make.gate(kind, Decision.FAIL), stage="full", action=Action.ROLL_BACK)),)


CASES = {
    # --- data
    "a schema that holds": ("data-1", 1, lambda b, s: b),
    "a number without limits": ("data-1", 0.5, lambda b, s: set_(b, scope=make.scope(make.PAGE.replace(", low = 0, high = 130", "")))),
    "a schema that is broken": ("data-1", -1, lambda b, s: set_(b, datasets=(make.dataset(checks=[no("age: kind")]),))),
    "a version nobody checked": ("data-1", 0, lambda b, s: set_(b, datasets=(make.dataset(checks=[]),))),
    "no field left out": ("data-2", 0, lambda b, s: b),
    "one field left out": ("data-2", 0.5, lambda b, s: set_(b, packages=(("m0", make.manifest(fields=["age"])), *b.packages))),
    "each field left out": ("data-2", 1, lambda b, s: set_(b, packages=(("m0", make.manifest(fields=["age"])), ("m2", make.manifest(fields=["ward"])), *b.packages))),
    "left out on other data": ("data-2", 0, lambda b, s: set_(b, packages=(("m0", make.manifest(fields=["age"], data="d0")), *b.packages))),
    "a column that never changes": ("data-2", -1, lambda b, s: set_(b, datasets=(make.dataset(checks=[no("constant columns")]),))),
    "no budget": ("data-3", 0, lambda b, s: s),
    "a budget that nobody measured": ("data-3", 0, lambda b, s: set_(b, scope=make.scope(BUDGET))),
    "a budget kept in a load test": ("data-3", 0.5, lambda b, s: set_(b, scope=make.scope(BUDGET), load_tests=(make.load_test(),))),
    "a budget broken in a load test": ("data-3", -1, lambda b, s: set_(b, scope=make.scope(BUDGET), load_tests=(make.load_test(latency_ms=90),))),
    "a budget kept in a rollout": ("data-3", 1, lambda b, s: set_(s, scope=make.scope(BUDGET))),
    "fields of the scope, no leak": ("data-4", 1, lambda b, s: b),
    "a leak": ("data-4", -1, lambda b, s: set_(b, datasets=(make.dataset(checks=[no("leakage")]),))),
    "no model yet": ("data-4", 0.5, lambda b, s: set_(b, packages=())),
    "a field beside the scope": ("data-4", -1, lambda b, s: set_(b, packages=(("m1", make.manifest(fields=["age", "iban"])),))),
    "never searched for leaks": ("data-4", 0, lambda b, s: set_(b, datasets=(make.dataset(checks=[]),))),
    "all in clear": ("data-5", 0, lambda b, s: b),
    "a privacy class": ("data-5", 1, lambda b, s: set_(b, scope=set_(b.scope, fields=(set_(b.scope.fields[0], privacy=Privacy.PSEUDONYM),)))),
    "no field was added": ("data-6", 0, lambda b, s: b),
    "a field was added": ("data-6", 0.5, lambda b, s: set_(b, packages=(("m0", make.manifest(fields=["age"])), *b.packages))),
    "a field was added and rolled out": ("data-6", 1, lambda b, s: set_(s, packages=(("m0", make.manifest(fields=["age"])), *s.packages))),
    "tests of features": ("data-7", 0, lambda b, s: s),
    # --- model
    "code is kept": ("model-1", 0.5, lambda b, s: b),
    "no code is kept": ("model-1", 0, lambda b, s: set_(b, runs=())),
    "one rollout agrees": ("model-2", 0.5, lambda b, s: s),
    "three rollouts agree": ("model-2", 1, lambda b, s: thrice(s, gap=(-0.1, -0.15, -0.05))),
    "a rollout disagrees": ("model-2", -1, lambda b, s: thrice(s, gap=(0.1, 0.05, 0.15))),
    "no clear difference online": ("model-2", 0, lambda b, s: thrice(s, gap=(-0.1, -0.3, 0.1), own=False)),
    "nothing tried": ("model-3", 0, lambda b, s: b),
    "tried by hand": ("model-3", 0.5, lambda b, s: set_(b, runs=(make.run("r0", params="q"), *b.runs))),
    "searched": ("model-3", 1, lambda b, s: set_(b, runs=(*(make.run(f"q{i}", params=f"q{i}") for i in range(9)), *b.runs))),
    "found by a search": ("model-3", 1, lambda b, s: set_(b, runs=(set_(make.run(), search="s" * 64),))),
    "tried on other data": ("model-3", 0, lambda b, s: set_(b, runs=(make.run("r0", params="q", data="d0"), *b.runs))),
    "one dataset only": ("model-4", 0, lambda b, s: b),
    "trained on older data too": ("model-4", 0.5, lambda b, s: set_(b, runs=(make.run("r0", data="d0", package="m0", at=0), *b.runs))),
    "old against new on requests": ("model-4", 1, lambda b, s: aged(s)),
    "better than simple": ("model-5", 1, lambda b, s: b),
    "better than trivial only": ("model-5", 0.5, lambda b, s: set_(b, runs=(make.run(scores=[make.score("model", 0.1), make.score("trivial", 0.4)]),))),
    "worse than simple": ("model-5", -1, lambda b, s: set_(b, runs=(make.run(scores=[make.score("model", 0.3), make.score("trivial", 0.4), make.score("simple", 0.2)]),))),
    "cannot tell from trivial": ("model-5", 0, lambda b, s: set_(b, runs=(make.run(scores=[make.score("model", 0.3, width=0.2), make.score("trivial", 0.4)]),))),
    "good on all slices": ("model-6", 1, lambda b, s: set_(b, runs=(make.run(slices=[make.worst("age > 60", 0.25)]),))),
    "too bad on a slice": ("model-6", -1, lambda b, s: set_(b, runs=(make.run(slices=[make.worst("age > 60", 0.35)]),))),
    "no run to search": ("model-6", 0, lambda b, s: set_(b, runs=())),
    "nothing protected": ("model-7", 0, lambda b, s: b),
    "protected and searched": ("model-7", 1, lambda b, s: protect(b, tags='["sex"]')),
    "protected and not searched": ("model-7", 0, lambda b, s: protect(b, tags="[]")),
    "protected and worse": ("model-7", -1, lambda b, s: set_(protect(b, tags='["sex"]'), runs=(make.run(slices=[make.worst("sex = f and age > 60", 0.2)]),))),
    # --- infrastructure
    "run once": ("infra-1", 0, lambda b, s: b),
    "run twice alike": ("infra-1", 1, lambda b, s: set_(b, runs=(make.run("r0", package="m0"), *b.runs))),
    "another run twice": ("infra-1", 0.5, lambda b, s: set_(b, runs=(make.run("x", code="z", package=None), make.run("y", code="z", package=None), *b.runs))),
    "run twice, other scores": ("infra-1", -1, lambda b, s: set_(b, runs=(make.run("r0", scores=[make.score("model", 0.11)]), *b.runs))),
    "tests of training": ("infra-2", 0, lambda b, s: s),
    "not rolled out": ("infra-3", 0, lambda b, s: b),
    "the whole way once": ("infra-3", 0.5, lambda b, s: s),
    "the whole way twice": ("infra-3", 1, lambda b, s: aged(s)),
    "measured offline": ("infra-4", 0.5, lambda b, s: b),
    "gated": ("infra-4", 1, lambda b, s: s),
    "not measured": ("infra-4", 0, lambda b, s: set_(b, packages=(("m1", set_(make.manifest(), scores=())),))),
    "examples": ("infra-5", 0.5, lambda b, s: b),
    "no examples": ("infra-5", 0, lambda b, s: set_(b, packages=(("m1", make.manifest(files={})),))),
    "no canary": ("infra-6", 0, lambda b, s: b),
    "a canary let through": ("infra-6", 1, lambda b, s: s),
    "in its canary": ("infra-6", 0.5, lambda b, s: set_(s, verdicts=s.verdicts[:1], rollouts=(make.rollout(status=RolloutStatus.RUNNING, upto=2),))),
    "rolled back from its canary": ("infra-6", -1, lambda b, s: set_(s, verdicts=s.verdicts[:1], rollouts=(make.rollout(status=RolloutStatus.ROLLED_BACK, upto=2),))),
    "another's canary": ("infra-6", 0.5, lambda b, s: set_(s, package="m9", packages=(*s.packages, ("m9", make.manifest())))),
    "never rolled back": ("infra-7", 0, lambda b, s: s),
    "rehearsed": ("infra-7", 0.5, lambda b, s: set_(s, rehearsals=(make.rehearsal(took_ms=31.0),))),
    "rehearsed without a worker": ("infra-7", 0, lambda b, s: set_(s, rehearsals=(make.rehearsal(took_ms=None),))),
    "rehearsed in vain": ("infra-7", 0, lambda b, s: set_(s, rehearsals=(make.rehearsal(took_ms=31.0, trouble="damaged"),))),
    "rolled back by command": ("infra-7", 0.5, lambda b, s: with_rollback(s, verdict=False)),
    "rolled back by verdict": ("infra-7", 1, lambda b, s: with_rollback(s, verdict=True)),
    # --- monitoring
    "nothing would tell": ("monitor-1", 0, lambda b, s: b),
    "data made again": ("monitor-1", 0.5, lambda b, s: set_(b, datasets=(make.dataset("d0"), *b.datasets))),
    "inputs watched": ("monitor-1", 1, lambda b, s: s),
    "data checked": ("monitor-2", 0.5, lambda b, s: b),
    "requests watched": ("monitor-2", 1, lambda b, s: s),
    "data never checked": ("monitor-2", 0, lambda b, s: set_(s, datasets=(make.dataset(checks=[]),))),
    "inputs moved": ("monitor-2", -1, lambda b, s: set_(s, findings=(make.finding(FindingKind.DATA_DRIFT),))),
    "a feed broke": ("monitor-2", -1, lambda b, s: set_(s, findings=(make.finding(FindingKind.QUALITY),))),
    "inputs moved and it was closed": ("monitor-2", 1, lambda b, s: set_(s, findings=(make.finding(FindingKind.DATA_DRIFT, closed=5),))),
    "inputs moved, harmless": ("monitor-2", 1, lambda b, s: set_(s, findings=(make.finding(FindingKind.DATA_DRIFT, relevant=False),))),
    "parity": ("monitor-3", 0.5, lambda b, s: b),
    "parity and watched": ("monitor-3", 1, lambda b, s: s),
    "no parity": ("monitor-3", 0, lambda b, s: set_(s, packages=(("m1", set_(make.manifest(), parity_rows=0)),))),
    "parity without bound": ("monitor-3", -1, lambda b, s: set_(s, packages=(("m1", make.manifest(parity=float("inf"))),))),
    "age known": ("monitor-4", 0.5, lambda b, s: b),
    "age watched": ("monitor-4", 1, lambda b, s: s),
    "no outcomes": ("monitor-4", 0.5, lambda b, s: set_(s, verdicts=())),
    "stale": ("monitor-4", -1, lambda b, s: set_(s, findings=(make.finding(),))),
    "no model to age": ("monitor-4", 0, lambda b, s: set_(s, packages=())),
    "numbers at packaging": ("monitor-5", 0.5, lambda b, s: b),
    "numbers in service": ("monitor-5", 1, lambda b, s: s),
    "a score that is none": ("monitor-5", -1, lambda b, s: set_(b, packages=(("m1", make.manifest(value=float("nan"))),))),
    "failures in service": ("monitor-5", -1, lambda b, s: set_(s, verdicts=(*s.verdicts, *failing(GateKind.SERVICE)))),
    "nothing asked for numbers": ("monitor-5", 0, lambda b, s: set_(b, packages=())),
    "never measured": ("monitor-6", 0, lambda b, s: b),
    "measured once": ("monitor-6", 0.5, lambda b, s: set_(b, load_tests=(make.load_test(),))),
    "measured and gated": ("monitor-6", 1, lambda b, s: set_(s, load_tests=(make.load_test(),))),
    "measured twice": ("monitor-6", 1, lambda b, s: set_(b, load_tests=(make.load_test(), make.load_test("t2")))),
    "slower than before": ("monitor-6", -1, lambda b, s: set_(b, load_tests=(make.load_test(), make.load_test("t2", held=60.0)))),
    "training takes far longer": ("monitor-6", -1, lambda b, s: set_(b, runs=(*(make.run(f"r{i}", package=None) for i in (7, 8)), make.run(took=900)))),
    "no outcome": ("monitor-7", 0, lambda b, s: b),
    "judged and watched": ("monitor-7", 1, lambda b, s: s),
    "judged, not watched": ("monitor-7", 0.5, lambda b, s: set_(s, serving=())),
    "worse in service": ("monitor-7", -1, lambda b, s: set_(s, verdicts=(*s.verdicts, *failing(GateKind.HARM)))),
    "the world changed": ("monitor-7", -1, lambda b, s: set_(s, findings=(make.finding(FindingKind.BOTH),))),
    "a gate that saw nothing": ("monitor-7", 0, lambda b, s: set_(s, verdicts=(("o1-1", make.verdict(make.gate(GateKind.HARM, Decision.HOLD, units=0.0))),))),
}  # fmt: skip


def thrice(served, *, gap, own=True):
    rollouts = tuple(make.rollout(f"o{i}") for i in (2, 3))
    gates = [make.gate(GateKind.NOT_WORSE, gap=gap)]
    told = tuple((f"{r.id}-1", make.verdict(*gates, rollout=r.id)) for r in rollouts)
    if own:
        return set_(served, rollouts=(*served.rollouts, *rollouts), verdicts=(*served.verdicts, *told))
    return set_(served, rollouts=rollouts, verdicts=told)


def aged(served):
    """The model of older data was rolled out before, and the newer one against it."""
    before = make.rollout("o0", candidate="hearts-m0")
    told = ("o0-1", make.verdict(make.gate(GateKind.NOT_WORSE), rollout="o0"))
    return set_(
        served,
        datasets=(make.dataset("d0"), *served.datasets),
        runs=(make.run("r0", data="d0", package="m0", at=0), *served.runs),
        packages=(("m0", make.manifest(data="d0")), *served.packages),
        arms={**served.arms, "hearts-m0": "m0"},
        rollouts=(before, make.rollout(live="hearts-m0")),
        verdicts=(told, *served.verdicts),
    )


def protect(evidence, *, tags):
    page = make.PAGE.replace(
        'train = "model.py:train"', f'train = "model.py:train"\ntags = {tags}\nprotected = ["sex"]'
    )
    return set_(evidence, scope=make.scope(page))


@pytest.mark.parametrize("name", CASES)
def test_a_rule(name, bare, served):
    item, wanted, evidence = CASES[name]
    assert points(item, evidence(bare, served)) == wanted


@pytest.mark.parametrize("item", Item)
def test_every_rule_is_seen_with_and_without_its_evidence(item):
    worths = {wanted for its, wanted, _ in CASES.values() if its == item}
    assert 0 in worths
    assert item in ("data-7", "infra-2") or max(worths) > 0


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_names_records_that_are_there_and_what_to_do(name, bare, served):
    item, wanted, make_evidence = CASES[name]
    evidence = make_evidence(bare, served)
    result = found(item, evidence)
    there = {
        *(f"dataset {d.id}" for d in evidence.datasets),
        *(f"run {r.id}" for r in evidence.runs),
        *(f"package {id_}" for id_, _ in evidence.packages),
        *(f"rollout {r.id}" for r in evidence.rollouts),
        *(f"verdict {id_}" for id_, _ in evidence.verdicts),
        *(f"load-test {t.id}" for t in evidence.load_tests),
        *(f"finding {f.id}" for f in evidence.findings),
        "scope main",
    }
    assert set(result.evidence) <= there
    assert bool(result.evidence) or wanted == 0
    assert bool(result.way_out) == (wanted != 1)
    assert result.sentence.endswith(".")
