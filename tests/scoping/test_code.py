"""Whether a function could be called, told from its text alone."""

import pytest

from slipway.scoping.code import trouble_with

FITS = {
    "plain": "def f(X, y, params, seed): ...",
    "with more that has defaults": "def f(X, y, params, seed, report=None, *, depth=3): ...",
    "takes any": "def f(*args, **kwargs): ...",
    "positional only": "def f(X, y, params, seed, /): ...",
    "imported": "from other import f",
    "imported under another name": "from other import train as f",
    "starred": "from other import *",
    "made by a call": "f = partial(g, 1)",
    "a class, whose call nobody can tell": "class f: ...",
    "under an if": "if True:\n    def f(X, y, params, seed): ...",
    "the last one counts": "def f(): ...\ndef f(X, y, params, seed): ...",
}
NOT = {
    "too few": ("def f(X, y): ...", "want 'f' to take 4 arguments by position, got def f(X, y)."),
    "too many": ("def f(X, y, params, seed, depth): ...", "want 'f' to be callable without depth"),
    "a name without default": ("def f(X, y, params, seed, *, depth): ...", "want 'f' to be callable without depth"),
    "async": ("async def f(X, y, params, seed): ...", "want a plain function, got 'async def f'"),
    "a value": ("f = 3", "want a function 'f', got a value"),
    "not there": ("def g(): ...\ndef ff(): ...", "want a function 'f', found ff, g."),
    "nothing there": ("", "found none"),
    "no Python": ("def f(:\n", "line 1: want Python, got"),
    "only inside another": ("def g():\n    def f(X, y, params, seed): ...", "want a function 'f', found g"),
}


@pytest.mark.parametrize("name", FITS)
def test_what_fits(name):
    assert trouble_with(FITS[name], function="f", positional=4) == ""


@pytest.mark.parametrize("name", NOT)
def test_what_does_not(name):
    text, said = NOT[name]
    assert said in trouble_with(text, function="f", positional=4)


def test_arguments_by_name():
    assert trouble_with("def load(months, *, year=2013): ...", function="load", positional=0, named=["months"]) == ""
    said = trouble_with("def load(month): ...", function="load", positional=0, named=["months"])
    assert "want 'load' to take months by name, got def load(month)." in said
    assert "without months" in trouble_with("def load(months): ...", function="load", positional=0)
