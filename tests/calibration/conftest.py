"""Each calibration module records its rows in a file of its own, whichever of xdist's workers runs its tests."""

import os
from pathlib import Path

import pytest

from slipway.testing.calibration import ROWS_FOLDER, Recorder


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> Recorder:
    folder = os.environ.get("SLIPWAY_CALIBRATION_ROWS") or request.config.rootpath / ROWS_FOLDER
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return Recorder(Path(folder), name=Path(str(request.path)).stem, session=run)
