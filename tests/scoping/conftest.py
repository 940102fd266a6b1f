from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def reference() -> str:
    return (DOCS / "reference" / "slipway-toml.md").read_text()


@pytest.fixture(scope="session")
def example(reference: str) -> str:
    return reference.split("```toml\n")[1].split("```", maxsplit=1)[0]
