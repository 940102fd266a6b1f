"""Whatever is fed in: a scope or a BadFile, never another exception."""

import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadFile
from slipway.records.gate import GateKind
from slipway.records.scope import Scope
from slipway.scoping.keys import TABLES
from slipway.scoping.lines import key_lines
from slipway.scoping.parse import parse

PAGE = (Path(__file__).parent / "hearts.toml").read_text()


def check(source):
    problems: tuple[str, ...] = ()
    try:
        assert isinstance(parse(source), Scope)
    except BadFile as error:
        problems = error.problems or ("a refusal without a problem",)
    assert all(p.startswith("line ") and "want " in p and ", got " in p and "\n" not in p for p in problems)


@given(st.text())
def test_any_text_parses_or_is_refused(text):
    check(text)


@given(st.binary())
def test_any_bytes_parse_or_are_refused(source):
    check(source)


@given(st.data())
def test_a_page_with_a_piece_torn_out_or_put_in_parses_or_is_refused(data):
    start, end = sorted((data.draw(st.integers(0, len(PAGE))), data.draw(st.integers(0, len(PAGE)))))
    middle = data.draw(st.text(alphabet=string.printable + "\0é“", max_size=10))
    check(PAGE[:start] + middle + PAGE[min(end, start + 40) :])


VALUES = (
    "nan", "-inf",
    "1e400", "0", "-1", "true", '""', '"x"', '"30d"', "[]", "{}", "[[]]", "[{}]", "[1]", '["x"]', "{ a = 1 }",
    '"../x.py:f"', "1979-05-27", "07:32:00", "0x" + "f" * 4000, '"' + "a" * 5000 + '"', '"\\u0000"', '["shadow", 3]',
    '[{ name = "full", gates = [{}] }]', '[{ name = "full", gates = "x" }]',
    '[{ name = "watch" }, "canary"]', "{ age = {} }",
    '{ age = "number" }', '"age > 1"', "{ x = { rule = 3 } }", '{ x = { url = "http://[" } }', '"http://[::1"', '"http://h:99999/"',
)  # fmt: skip


@given(
    st.sampled_from([(t, k.name) for t, keys in TABLES.items() if "." not in t for k in keys]), st.sampled_from(VALUES)
)
def test_any_key_with_any_value_parses_or_is_refused(place, value):
    table, key = place
    lines = [line for line in PAGE.splitlines() if not line.startswith(f"{key} =") or key == "stages"]
    if f"[{table}]" not in lines:
        lines.append(f"[{table}]")
    lines.insert(lines.index(f"[{table}]") + 1, f"{key} = {value}")
    check("\n".join(lines))


@given(st.sampled_from([*{t.split(".")[0] for t in TABLES}, "other"]), st.sampled_from(VALUES))
def test_any_table_with_any_value_parses_or_is_refused(table, value):
    check(f"{table} = {value}\n" + PAGE)
    check(f"{table} = {value}\n")


keys = st.text(alphabet="ab-\"'. é#=[]", max_size=4).map(lambda k: '"' + k.replace('"', '\\"') + '"') | st.sampled_from(
    "abc"
)
values = st.recursive(
    st.sampled_from(["1", '"]}#,"', "'''\n]'''", '"""\n\\""""""', "2013-01-01 07:32:00", "true", "-0.5", "'}'"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda v: "[ # ]\n" + ",\n".join(v) + "\n]")
        | st.dictionaries(keys, inner, max_size=3).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        )
    ),
    max_leaves=6,
)
statements = st.one_of(
    st.tuples(st.lists(keys, min_size=1, max_size=3).map(".".join), values).map(" = ".join),
    st.lists(keys, min_size=1, max_size=2).map(lambda k: f"[{'.'.join(k)}]"),
    st.lists(keys, min_size=1, max_size=2).map(lambda k: f"[[ {' . '.join(k)} ]]"),
    st.just("# [x] = {"),
)


def places(value, at=()):
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*at, key)
            yield from places(inner, (*at, key))


@given(st.lists(statements, max_size=6).map("\n".join))
def test_every_key_of_any_toml_has_a_line(text):
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    assert set(lines) == set(places(table))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_lines_are_those_an_editor_shows():
    lines = key_lines('[a]\n# x = 1\nb = """\n\n"""\nc = [\n  1, # ]\n  { d = 2 },\n]\n[[e]]\n[[e]]\nf.g = 1\n[e.h]\n')
    assert lines == {
        ("a",): 1, ("a", "b"): 3, ("a", "c"): 6, ("a", "c", 0): 7, ("a", "c", 1): 8, ("a", "c", 1, "d"): 8,
        ("e",): 11, ("e", 0): 10, ("e", 1): 11, ("e", 1, "f"): 12, ("e", 1, "f", "g"): 12, ("e", 1, "h"): 13,
    }  # fmt: skip


def test_what_is_left_out_takes_its_default():
    scope = parse(PAGE)
    assert scope.metric.name == "error"
    assert scope.budgets.qps is None
    assert scope.serving.workers == 1
    assert scope.monitoring.unit == "auto"
    assert [s.kind.value for s in scope.rollout.stages] == ["shadow", "canary", "ramp", "full"]
    assert [g.kind for g in scope.rollout.stages[0].gates] == [GateKind.NOT_WORSE]
    assert {g.margin for s in scope.rollout.stages for g in s.gates if g.kind is GateKind.NOT_WORSE} == {0.01}


def test_without_a_rollout_the_plan_comes_from_the_case():
    head, tail = PAGE.split("[rollout]")
    scope = parse(head + tail[tail.index("[monitoring]") :])
    assert [s.name for s in scope.rollout.stages] == ["shadow", "canary", "ramp-25", "ramp-50", "full", "watch"]


@pytest.mark.parametrize(("costs", "one"), [("", True), ("false_negative_cost = 10", False)])
def test_the_plan_knows_whether_errors_cost_differently(costs, one):
    assert parse(PAGE.replace("[metric]", f"[metric]\n{costs}")).rollout.errors_cost_one is one


def test_a_project_whose_models_come_from_elsewhere_needs_no_data_and_no_training():
    text = PAGE.replace('[data]\nsource = "model.py:load"\n\n[model]\ntrain = "model.py:train"\n', "")
    assert parse(text).data.source == parse(text).modeling.train == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_addresses_are_taken(host):
    assert parse(PAGE.replace("127.0.0.1", host)).serving.host == host


def test_other_addresses_are_taken_with_tls():
    certificate = 'tls_certificate = "tls/a.pem"\ntls_key = "/etc/a.key"'
    beside = 'host = "192.168.0.7"\nhosts = ["Models.Example.org"]\n' + certificate
    serving = parse(PAGE.replace('host = "127.0.0.1"', beside)).serving
    assert (serving.host, serving.hosts) == ("192.168.0.7", ("models.example.org",))
    assert (serving.tls_certificate, serving.tls_key) == ("tls/a.pem", "/etc/a.key")
