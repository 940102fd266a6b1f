from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.errors import BadFile
from slipway.scoping.parse import parse

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def reference() -> str:
    return (DOCS / "reference" / "slipway-toml.md").read_text()


@pytest.fixture(scope="session")
def example(reference: str) -> str:
    return reference.split("```toml\n")[1].split("```", maxsplit=1)[0]


@pytest.fixture
def told() -> Callable[..., None]:
    """Checks that a page has exactly one problem, and that it says all that a person needs."""

    def check(mistake: tuple[str | bytes, int, str, str, str, str]) -> None:
        text, line, key, wanted, got, way_out = mistake
        with pytest.raises(BadFile) as caught:
            parse(text, path="hearts/slipway.toml")
        assert len(caught.value.problems) == 1, caught.value
        problem = caught.value.problems[0]
        where, _, rest = problem.partition("want ")
        want, _, came = rest.partition(", got ")
        assert where.startswith((f"line {line},", f"line {line}:"))
        assert key in where
        assert wanted in want
        assert got in came
        assert way_out in came
        assert str(caught.value).startswith("hearts/slipway.toml: 1 problem.\n  line ")
        assert "\n" not in problem
        assert len(problem) < 500

    return check
