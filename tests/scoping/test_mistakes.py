"""Mistakes that people make, and what they read then: the line, the key, what was wanted, what came, the way out."""

from pathlib import Path

import pytest

from slipway.errors import BadFile
from slipway.scoping.parse import parse

PAGE = (Path(__file__).parent / "hearts.toml").read_text()


def spoil(old: str, new: str) -> str:
    """Replace one text that must be there exactly once."""
    assert PAGE.count(old) == 1, f"{old!r} is {PAGE.count(old)} times on the page"
    return PAGE.replace(old, new)


MISTAKES = {  # page, line, key, wanted, got, way out
    "typo in a table": (
        spoil("[serving]", "[servng]"), 26, "servng", "a key that is known", "'servng'", "Did you mean 'serving'?"
    ),
    "typo in a key": (
        spoil("margin =", "margn ="), 23, "metric.margn", "a key that is known", "'margn'", "Did you mean 'margin'?"
    ),
    "typo in a word": (
        spoil('"replace"', '"replaec"'), 5, "project.case", "'new', 'assist' or 'replace'", "'replaec'", "'replace'?"
    ),
    "key in the wrong table": (
        spoil('need = "', 'qps = 9\nneed = "'), 4, "project.qps", "a key that is known", "'qps'", "belongs in [budgets]"
    ),
    "split by no column": (
        spoil("[data]\n", '[data]\nsplit = "column"\n'), 31, "data.split_by", "a column", "nothing", "true where"
    ),
    "split by time without one": (
        spoil("[data]\n", '[data]\nsplit = "time"\n').replace('time = "seen"\n', ""),
        31, "data.split", "a task with a time", "none", "Write task.time"
    ),
    "split that looks at no column": (
        spoil("[data]\n", '[data]\nsplit_by = "clinic"\n'), 32, "data.split_by", "'group'", "'clinic'", "leave it out"
    ),
    "share in percent": (
        spoil("share = 0.05", "share = 5"), 45, "rollout.stages[1].share", ">= 0 and <= 1", "5", "0.05 for 5 %"
    ),
    "negative share": (
        spoil("share = 0.05", "share = -0.05"), 45, "rollout.stages[1].share", ">= 0", "-0.05", ""
    ),
    "number in quotes": (
        spoil("margin = 0.01", 'margin = "0.01"'), 23, "metric.margin", "a number", "'0.01'", "without quotes"
    ),
    "truth value for a number": (
        spoil("port = 8080", "port = true"), 29, "serving.port", "a whole number", "true", ""
    ),
    "text for a truth value": (
        spoil("alpha = 0.05", 'pair = "true"'), 41, "rollout.pair", "true or false", "'true'", "without quotes"
    ),
    "number for a text": (
        spoil('owner = "Ward 3 <ward3@example.org>"', "owner = 3"), 3, "project.owner", "text", "3", "in quotes"
    ),
    "empty text": (
        spoil('"Ward 3 <ward3@example.org>"', '" "'), 3, "project.owner", "text that says something", "' '", "sentence"
    ),
    "control character": (
        spoil("Ward 3", "Ward\\u0007"), 3, "project.owner", "that can be printed", "\\x07", "control characters out"
    ),
    "negative margin": (spoil("margin = 0.01", "margin = -1"), 23, "metric.margin", ">= 0", "-1", ""),
    "not a number": (spoil("margin = 0.01", "margin = nan"), 23, "metric.margin", "a finite number", "nan", ""),
    "infinity": (spoil("margin = 0.01", "margin = inf"), 23, "metric.margin", "a finite number", "inf", ""),
    "overflow": (spoil("margin = 0.01", "margin = 1e999"), 23, "metric.margin", "a finite number", "inf", ""),
    "huge number": (
        spoil("margin = 0.01", f"margin = {10**400}"), 23, "metric.margin", "a finite number", "bits", ""
    ),
    "number of 5,000 digits": (
        spoil("margin = 0.01", f"margin = {'9' * 5000}"), 23, "", "a number", "thousands of digits", "Write fewer"
    ),
    "huge hexadecimal": (
        spoil("port = 8080", f"port = 0x{'f' * 5000}"), 29, "serving.port", "from 1 to 65534", "20000 bits", ""
    ),
    "margin in percent": (
        spoil("margin = 0.01", "margin = 1.5"), 23, "metric.margin", "a number <= 1", "1.5", "0.05 for 5 %"
    ),
    "error that costs nothing": (
        spoil("kill_above = 0.3", "false_positive_cost = 0"), 24, "metric.false_positive_cost", "> 0", "0", ""
    ),
    "kill rule below the target": (
        spoil("kill_above = 0.3", "kill_above = 0.05"), 24, "metric.kill_above", ">= target = 0.1", "0.05", "stopped"
    ),
    "metric of another task": (
        spoil('why = "Both', 'name = "absolute-error"\nwhy = "Both'),
        21, "metric.name", "'error' for a binary task", "'absolute-error'", "leave the key out",
    ),
    "no metric": (
        PAGE[: PAGE.index("[metric]")] + PAGE[PAGE.index("[serving]") :],
        45, "[metric]", "this table", "the end of the file", "no run can be judged",
    ),
    "required key left out": (
        spoil('owner = "Ward 3 <ward3@example.org>"\n', ""), 1, "project.owner", "this key", "nothing", "alerts"
    ),
    "table instead of a value": (
        spoil("margin = 0.01", "margin = { x = 1 }"), 23, "metric.margin", "a number", "a table", ""
    ),
    "value instead of a table": (
        "monitoring = 3\n" + PAGE.replace("[monitoring]\nalpha = 0.01\n", ""),
        1, "monitoring", "a table", "3", "unit, alpha, tolerance",
    ),
    "date without quotes": (
        spoil('maturity = "1d"', "maturity = 2013-01-01"), 42, "rollout.maturity", "a duration", "the moment", ""
    ),
    "duration without a unit": (
        spoil('maturity = "1d"', 'maturity = "1"'), 42, "rollout.maturity", "a duration", "'1'", '"1d" is days'
    ),
    "duration as a number": (
        spoil('maturity = "1d"', "maturity = 86400"), 42, "rollout.maturity", "a duration", "86400", "unit is missing"
    ),
    "duration with a long unit": (
        spoil('maturity = "1d"', 'maturity = "30 days"'), 42, "rollout.maturity", "a duration", "'30 days'", '"30d"'
    ),
    "duration with an unknown unit": (
        spoil('maturity = "1d"', 'maturity = "3 fortnights"'), 42, "rollout.maturity", "a duration", "fort", "Units are"
    ),
    "duration of an age": (
        spoil('maturity = "1d"', f'maturity = "{"9" * 500}d"'), 42, "rollout.maturity", "a duration", "9", "hundred"
    ),
    "impossible date": (
        spoil("alpha = 0.05", "alpha = 2013-02-30"), 41, "", "TOML", "alpha = 2013-02-30", ""
    ),
    "min over max": (
        spoil('min = "7d"', 'min = "70d"'), 44, "rollout.stages[0].min", "min <= max", "seconds", "the deadline"
    ),
    "no time at all": (
        spoil('min = "7d", max = "60d"', 'max = "0s"'), 44, "rollout.stages[0].max", "longer than 0", "0", "in time"
    ),
    "shares that shrink": (
        spoil("share = 0.5,", "share = 0.01,"), 46, "rollout.stages[2].share", "0.05 < share < 1", "0.01", "fractions"
    ),
    "ramp without a share": (
        spoil("share = 0.5, ", ""), 46, "rollout.stages[2].share", "a share", "nothing", "share = 0.25"
    ),
    "half full": (
        spoil('{ name = "full" }', '{ name = "full", share = 0.9 }'),
        47, "rollout.stages[3].share", "1 in 'full'", "0.9", "Leave the key out",
    ),
    "never full": (
        spoil('  { name = "full" },\n', ""), 43, "rollout.stages", "a stage 'full'", "shadow, canary, ramp-50", "live"
    ),
    "stages in another order": (
        spoil('{ name = "full" },\n', '{ name = "full" }, "shadow-2",\n'),
        47, "rollout.stages[4]", "the order shadow, canary", "'shadow' behind 'full'", "gains traffic",
    ),
    "duplicated stage": (
        spoil('"ramp-50", share', '"canary", share'),
        46, "rollout.stages[2].name", "names that differ", "'canary' a second time", "'canary-2'",
    ),
    "stage of no kind": (
        spoil('name = "canary"', 'name = "canry"'), 45, "rollout.stages[1].kind", "'shadow'", "nothing", "'canary'?"
    ),
    "unknown gate": (
        spoil('"not-worse"', '"not_worse"'),
        46, "rollout.stages[2].gates[1]", "'not-worse', 'harm', 'service', 'approval'", "'not_worse'", "'not-worse'?",
    ),
    "gate twice": (
        spoil('"not-worse"', '"harm"'), 46, "rollout.stages[2].gates[1]", "each gate once", "'harm'", "Keep one"
    ),
    "stage without a gate": (
        spoil('["harm", "not-worse"]', "[]"), 46, "rollout.stages[2].gates", "at least one", "an empty list", "silence"
    ),
    "margin on a gate that has none": (
        spoil('["harm", "not-worse"]', '[{ kind = "harm", margin = 0.1 }]'),
        46, "rollout.stages[2].gates[0].margin", "'metric', 'latency', 'person' or 'baseline' only", "0.1",
        "take it out",
    ),
    "gate baseline without a level": (
        spoil('["harm", "not-worse"]', '["harm", "baseline"]'),
        46, "rollout.stages[2].gates[1]", "level or of", "neither", "of = 'simple'",
    ),
    "names on a gate that nobody approves": (
        spoil('["harm", "not-worse"]', '[{ kind = "harm", by = ["Ada"] }]'),
        46, "rollout.stages[2].gates[0]", "no 'by'", "Ada", "take it out",
    ),
    "metric without a name": (
        spoil('["harm", "not-worse"]', '["metric"]'),
        46, "rollout.stages[2].gates[0]", "the metric's name", "none", "metric = 'revenue'",
    ),
    "unpaired plan with a paired gate": (
        spoil("alpha = 0.05", "pair = false"), 46, "rollout.stages[2].gates[1]", "pair = false", "one", "pair = true"
    ),
    "unpaired plan with a gate at a share of 1": (
        spoil('["harm", "not-worse"]', '["harm"]').replace('{ name = "full" }', '{ name = "full", gates = ["harm"] }')
        .replace("alpha = 0.05", "pair = false"),
        47, "rollout.stages[3].gates[0]", "no gate 'harm' here", "one", "pair = true",
    ),
    "alphas that overspend": (
        spoil('["harm", "not-worse"]', '[{ kind = "harm", alpha = 0.2 }]'),
        40, "rollout", "at most the plan's", "0.2 of 0.05", "Raise rollout.alpha",
    ),
    "no stages": (
        PAGE[: PAGE.index("stages = [")] + "stages = []\n\n" + PAGE[PAGE.index("[monitoring]") :],
        43, "rollout.stages", "at least one stage", "a list of 0", '["shadow", "canary", "full", "watch"]',
    ),
    "field of no kind": (
        spoil('ward = "category"', 'ward = "text"'),
        18, "fields.ward.kind", "'number', 'category' or 'boolean'", "'text'", "",
    ),
    "field in capitals": (
        spoil("ward =", "Ward ="), 18, "fields.Ward", "lower-case", "'Ward'", "Write 'ward'"
    ),
    "field with a space": (
        spoil("ward =", '"ward no" ='), 18, "fields.'ward no'", "lower-case", "'ward no'", "Write 'ward-no'"
    ),
    "bounds that cross": (
        spoil("high = 130", "high = -1"), 17, "fields.age", "low < high", "0.0 and -1.0", ""
    ),
    "unit of a category": (
        spoil('"category"', '{ kind = "category", unit = "m" }'),
        18, "fields.ward", "on a number only", "'category'", "",
    ),
    "values that repeat": (
        spoil('"category"', '{ kind = "category", values = ["a", "a"] }'),
        18, "fields.ward.values", "texts that differ", "a list of 2", "Keep one",
    ),
    "no field": (
        spoil('age = { kind = "number", unit = "a", low = 0, high = 130 }\nward = "category"\n', "").replace(
            '\n[arms.rule]\nrule = "age > 70"\n', '\n[arms.rule]\nfunction = "rule.py:answer"\n'
        ),
        16, "fields", "at least one field", "none", 'age = "number"',
    ),
    "the answer as an input": (
        spoil('ward = "category"', 'ward = "category"\nback = "boolean"'),
        19, "fields.back", "inputs only", "'back', the target", "must not be",
    ),
    "the moment as an input": (
        spoil('ward = "category"', 'ward = "category"\nseen = "number"'),
        19, "fields.seen", "inputs only", "'seen', the time", "hour",
    ),
    "a word that requests use": (
        spoil('ward = "category"', 'ward = "category"\nrows = "number"'),
        19, "fields.rows", "a name other than prediction_id and rows", "'rows'", "in another way",
    ),
    "the target as the entity": (
        spoil('entity = "patient"', 'entity = "back"'), 13, "task.entity", "another column", "'back'", ""
    ),
    "threshold outside": (
        spoil('time = "seen"', "threshold = 1.0"), 14, "task.threshold", "> 0 and < 1", "1.0", ""
    ),
    "live arm that is not there": (
        spoil('live = "rule"', 'live = "rules"'), 27, "serving.live", "the name of an arm", "'rules'", "'rule'?"
    ),
    "nothing to replace": (
        spoil('live = "rule"\n', ""), 26, "serving.live", "one of: rule", "nothing", 'write live = "NAME"'
    ),
    "host on the network without TLS": (
        spoil("127.0.0.1", "192.168.0.7"), 28, "serving.host", "a loopback address", "'192.168.0.7'", "tls_certificate"
    ),
    "a name for an address": (
        spoil("127.0.0.1", "models.example.org"), 28, "serving.host", "an address of this machine",
        "'models.example.org'", "go into 'hosts'",
    ),
    "half of a certificate": (
        spoil('host = "127.0.0.1"', 'tls_certificate = "a.pem"'), 26, "serving.tls_key", "certificate and key",
        "nothing", "the other one",
    ),
    "a host with a port": (
        spoil('host = "127.0.0.1"', 'hosts = ["a.example:443"]'), 28, "serving.hosts", "a list of names",
        "a list of 1", "no port",
    ),
    "a folder of one's own": (
        spoil('host = "127.0.0.1"', 'tls_key = "~/a.key"'), 28, "serving.tls_key", "the path of a file",
        "'~/a.key'", "Write the whole path",
    ),
    "port of nobody": (spoil("8080", "70000"), 29, "serving.port", "from 1 to 65534", "70000", ""),
    "absolute path": (
        spoil("model.py:load", "/etc/model.py:load"),
        32, "data.source", "'file.py:function'", "'/etc/", "no absolute path",
    ),
    "way out of the folder": (
        spoil("model.py:train", "../model.py:train"), 35, "model.train", "'file.py:function'", "'../", "no '..'"
    ),
    "way out in the middle": (
        spoil("model.py:train", "a/../../model.py:train"), 35, "model.train", "'file.py:function'", "'a/..", "no '..'"
    ),
    "backslashes": (
        spoil("model.py:train", r"code\\model.py:train"), 35, "model.train", "'file.py:function'", "code", "with /"
    ),
    "module path for a function": (
        spoil("model.py:train", "model:train"),
        35, "model.train", "'file.py:function'", "'model:train'", "'model.py:train'",
    ),
    "file without a function": (
        spoil("model.py:train", "model.py"), 35, "model.train", "'file.py:function'", "'model.py'", "'model.py:load'"
    ),
    "date in parameters": (
        spoil('source = "model.py:load"', 'source = "model.py:load"\nparams = { since = 2013-01-01 }'),
        33, "data.params", "'since' is a moment", "a table", "dates in quotes",
    ),
    "infinity in parameters": (
        spoil('train = "model.py:train"', 'train = "model.py:train"\nparams = { c = [inf] }'),
        36, "model.params", "finite numbers ('c' is not)", "a table", "",
    ),
    "two ways to ask": (
        spoil('rule = "age > 70"', 'rule = "age > 70"\nurl = "http://h/x"'),
        37, "arms.rule", "exactly one of", "url and rule", "how the arm is asked",
    ),
    "no way to ask": (
        spoil('rule = "age > 70"', "timeout_ms = 5"), 37, "arms.rule", "exactly one of", "none of them", "how the arm"
    ),
    "kind that contradicts": (
        spoil('rule = "age > 70"', 'rule = "age > 70"\nkind = "http"'),
        39, "arms.rule.kind", "'rule' beside 'rule'", "'http'", "Leave",
    ),
    "arm as a text": (
        spoil('[arms.rule]\nrule = "age > 70"', '[arms]\nrule = "age > 70"'),
        38, "arms.rule", "[arms.rule]", "'age > 70'", "below it",
    ),
    "rule that is a program": (
        spoil("age > 70", "age > 70 and ward == 3"), 38, "arms.rule.rule", "a number", "and ward", "is a function"
    ),
    "rule on an unknown field": (
        spoil("age > 70", "aeg > 70"), 38, "arms.rule.rule", "a field of [fields]", "'aeg'", "Did you mean 'age'?"
    ),
    "rule on a category": (
        spoil("age > 70", "ward > 70"), 38, "arms.rule.rule", "a number or boolean field", "'ward', a category", ""
    ),
    "address without http": (
        spoil('rule = "age > 70"', 'url = "localhost:9000"'),
        38, "arms.rule.url", "an address", "'localhost:9000'", "http://",
    ),
    "password in an address": (
        spoil('rule = "age > 70"', 'url = "http://me:secret@h/x"'), 38, "arms.rule.url", "an address", "***@h",
        "password",
    ),
}  # fmt: skip


def test_the_page_itself_is_right():
    assert parse(PAGE).project.name == "hearts"


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_line_key_want_got_and_way_out(mistake, told):
    told(mistake)


def test_all_mistakes_come_at_once_from_top_to_bottom():
    text = spoil('"replace"', '"replaec"').replace("margin = 0.01", "margin = -1").replace("share = 0.05", "share = 5")
    with pytest.raises(BadFile) as caught:
        parse(text + "tolerence = 0.2\n")
    assert [p.split(",")[0] for p in caught.value.problems] == ["line 5", "line 23", "line 45", "line 52"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "\ufeff", b"\xef\xbb\xbf"])
def test_an_empty_file_names_every_table_that_must_be_there_and_why(text):
    with pytest.raises(BadFile) as caught:
        parse(text)
    assert [p.split("[")[1].split("]")[0] for p in caught.value.problems] == ["project", "task", "fields", "metric"]
    assert all("slipway init" in p or p.count(". ") >= 1 for p in caught.value.problems)
