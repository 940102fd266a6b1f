"""Each calibration module records its rows in a file of its own, whichever of xdist's workers runs its tests.

With ``SLIPWAY_SEEDS``, as in CI, the dearest simulations run a third of their streams: what they demand follows from
how many there were. ``make calibration`` runs all, and writes the page.
"""

import os
from pathlib import Path

import pytest

from slipway.testing.calibration import ROWS_FOLDER, Recorder


@pytest.fixture(scope="session")
def streams_of():
    """How many of so many streams to simulate."""
    return lambda full: full // 3 if "SLIPWAY_SEEDS" in os.environ else full


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> Recorder:
    folder = os.environ.get("SLIPWAY_CALIBRATION_ROWS") or request.config.rootpath / ROWS_FOLDER
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return Recorder(Path(folder), name=Path(str(request.path)).stem, session=run)
