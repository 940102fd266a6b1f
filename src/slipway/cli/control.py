"""``slipway control``: one more controller, which stands by until the one in charge is gone."""

import os

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show, tell
from slipway.records.base import Record


class StoodBy(Record, frozen=True, kw_only=True):
    """A controller that has stopped.

    Attributes:
        project: The project's name.
        pid: Its process.
    """

    project: str
    pid: int


def control(*, port: int = 0, common: Common = COMMON) -> int:
    """Stand by, and take over within seconds when the controller of a running server is gone or hangs.

    Args:
        common: What every command takes.
        port: Port of its control surface; 0 takes any free one, which the commands of this project find by themselves.
    """
    project = common.open()
    name = project.scope.project.name
    tell(f"{name}: standing by as process {os.getpid()}. 'slipway status' says who is in charge. Ctrl-C stops.")
    from slipway.web.live.routes import pages  # noqa: PLC0415 - a web stack that --help does without

    project.stand_by(port=port, pages=pages)
    return show(StoodBy(project=name, pid=os.getpid()), human=_stopped, common=common)


def _stopped(screen: Screen, stood: StoodBy) -> None:
    screen.line(f"{stood.project}: process {stood.pid} stands by no longer.")
