"""``slipway serve``: the data plane, its shadow process and its controller, until stopped."""

from pathlib import Path
from typing import Literal

from slipway.cli.options import Common
from slipway.cli.screen import Screen, show, tell
from slipway.records.base import Record


class Served(Record, frozen=True, kw_only=True):
    """A server that has stopped, and where it answered.

    Attributes:
        url: The data plane.
        control_urls: The control surface of each project, by its name.
    """

    url: str
    control_urls: dict[str, str]


def serve(
    *,
    port: int | None = None,
    clock: Literal["system", "event"] = "system",
    json: bool = False,
    project: list[Path] | None = None,
) -> int:
    """Serve the live route until stopped by Ctrl-C or SIGTERM; requests under way are answered first.

    Args:
        port: Port of the data plane; the control surfaces take those behind it. That of slipway.toml if not given.
        clock: 'event' replays the past: time is the largest moment that requests carry in Slipway-Time-Us.
        json: Print one JSON document on stdout, and nothing else there.
        project: Folder of the project; without it, the nearest one upward that holds slipway.toml. Given several
            times, all are served on one port, and paths choose by name: /predict/NAME.
    """
    from slipway.cli.logs import logged_to_stderr  # noqa: PLC0415 - no other command needs it

    folders: list[Path | None] = [*project] if project else [None]
    projects = [Common(json=json, project=folder).open() for folder in folders]
    bound: list[Served] = []

    def ready(host: str, first: int) -> None:
        scheme = "https" if projects[0].scope.serving.tls_certificate else "http"
        url = f"{scheme}://{host}:"
        controls = {p.scope.project.name: f"{url}{first + i}" for i, p in enumerate(projects, start=1)}
        bound.append(Served(url=f"{url}{first}", control_urls=controls))
        where = ", ".join(controls.values())
        tell(f"{', '.join(controls)}: serving on {bound[0].url}, control on {where}. Ctrl-C stops.")

    with logged_to_stderr():
        projects[0].serve(beside=[p.folder for p in projects[1:]], port=port, clock=clock, ready=ready, warn=tell)
    return show(bound[0], human=_stopped, common=Common(json=json))


def _stopped(screen: Screen, served: Served) -> None:
    screen.line(f"{served.url} has stopped.")
