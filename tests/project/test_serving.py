"""What cannot be served is refused before anything starts."""

import pytest

from slipway import Project
from slipway.errors import BadInput


@pytest.mark.parametrize("port", [-1, 0, 65_535, 99_999])
def test_a_port_that_is_none_is_refused(port, tmp_path):
    project = Project.init(tmp_path / "p")
    with pytest.raises(BadInput, match="port: want 1 to 65534"):
        project.serve(port=port)
    assert not list((tmp_path / "p" / ".slipway" / "run").glob("*.json"))
