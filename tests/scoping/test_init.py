"""What ``slipway init`` makes is a project that runs as it is."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.records.base import NAME
from slipway.records.task import Case
from slipway.scoping.init import PLACEHOLDER, name_of, starter_files
from slipway.scoping.missing import missing
from slipway.scoping.parse import parse

FILES = starter_files("hearts")
SCOPE = parse(FILES["slipway.toml"])


@pytest.fixture(scope="module")
def model():
    """The starter's model.py as a user would import it: from its text, under its own name."""
    module = ModuleType("model")
    exec(compile(FILES["model.py"], "model.py", "exec"), vars(module))  # noqa: S102 - our own file
    return module


def test_the_files_carry_the_projects_name():
    assert SCOPE.project.name == "hearts"
    assert FILES["README.md"].startswith("# hearts\n")
    assert not any(PLACEHOLDER in text for text in FILES.values())
    assert all(text.endswith("\n") for text in FILES.values())


def test_no_file_names_a_place_on_anybodys_disk():
    assert not any(word in text for text in FILES.values() for word in ("/home", "/root", "C:\\"))


def test_what_slipway_keeps_stays_out_of_version_control():
    assert ".slipway/" in FILES[".gitignore"].splitlines()


def test_the_functions_that_the_scope_names_are_there(model):
    for reference in (SCOPE.data.source, SCOPE.modeling.train):
        file, name = reference.split(":")
        assert file in FILES
        assert callable(getattr(model, name))


def test_the_table_has_what_the_scope_names(model):
    table = model.load(**SCOPE.data.params)
    assert {f.name for f in SCOPE.fields} | {SCOPE.task.target, SCOPE.task.entity} == set(table.columns)
    assert set(table[SCOPE.task.target]) == {0, 1}
    assert table[SCOPE.task.entity].n_unique() == len(table) == 569
    for field in SCOPE.fields:
        assert field.low <= table[field.name].min() <= table[field.name].max() <= field.high


def test_the_model_beats_the_rule_that_it_is_to_replace_and_reaches_the_target(model):
    table = model.load()
    names = [f.name for f in SCOPE.fields]
    rows = np.random.default_rng(0).permutation(len(table))
    train, test = table[rows[:398]], table[rows[398:]]
    fitted = model.train(train.select(names), train["malignant"].to_numpy(), SCOPE.modeling.params, 0)
    truth = test["malignant"].to_numpy()
    error = np.mean((fitted.predict_proba(test.select(names))[:, 1] >= SCOPE.task.threshold) != truth)
    rule = np.mean((test["mean_radius"].to_numpy() > 15) != truth)
    assert SCOPE.arms[0].rule == "mean_radius > 15"
    assert error < SCOPE.metric.target < rule


def test_the_share_of_errors_of_the_rule_is_as_the_page_says(model):
    table = model.load()
    rule = np.mean((table["mean_radius"].to_numpy() > 15) != table["malignant"].to_numpy())
    assert "is wrong for 11 %" in FILES["slipway.toml"]
    assert round(100 * rule) == 11


def test_the_starter_is_told_what_is_left_to_do():
    assert SCOPE.project.case is Case.REPLACE
    assert missing(SCOPE)[0].what == "an owner"


def test_a_name_that_is_no_name_is_refused():
    with pytest.raises(BadInput, match="project: want a name"):
        starter_files("Hearts!")


@given(st.text(max_size=200))
def test_any_folder_gives_a_name(folder):
    assert NAME.fullmatch(name_of(folder))
