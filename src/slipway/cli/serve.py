"""``slipway serve``: the data plane, its shadow process and its controller, until stopped."""

from typing import Literal

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show, tell
from slipway.records.base import Record


class Served(Record, frozen=True, kw_only=True):
    """A server that has stopped, and where it answered."""

    url: str
    control_url: str


def serve(*, port: int | None = None, clock: Literal["system", "event"] = "system", common: Common = COMMON) -> int:
    """Serve the live route until stopped by Ctrl-C or SIGTERM; requests under way are answered first.

    Args:
        port: Port of the data plane; the control surface takes the next one. That of slipway.toml if not given.
        clock: 'event' replays the past: time is the largest moment that requests carry in Slipway-Time-Us.
        common: What every command takes.
    """
    project = common.open()
    bound: list[Served] = []

    def ready(host: str, first: int) -> None:
        bound.append(Served(url=f"http://{host}:{first}", control_url=f"http://{host}:{first + 1}"))
        name = project.scope.project.name
        tell(f"{name}: serving on {bound[0].url}, control on {bound[0].control_url}. Ctrl-C stops.")

    project.serve(port=port, clock=clock, ready=ready, warn=tell)
    return show(bound[0], human=_stopped, common=common)


def _stopped(screen: Screen, served: Served) -> None:
    screen.line(f"{served.url} has stopped.")
