"""``slipway report``: the project's life on one page."""

import time
from pathlib import Path

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show, working
from slipway.records.base import Record


class Written(Record, frozen=True, kw_only=True):
    """The report that was written."""

    path: str
    size_bytes: int


def report(out: Path | None = None, /, *, common: Common = COMMON) -> int:
    """Write the project's report: one HTML page with charts that needs no network.

    Args:
        out: File to write; report.html in the project's folder if not given.
        common: What every command takes.
    """
    project = common.open()
    from slipway.web.write import write_report  # noqa: PLC0415 - it brings the table engine; --help must not wait for it

    with working("writing the report"):
        file = write_report(project, out=out or project.folder / "report.html", now_us=time.time_ns() // 1000)
    written = Written(path=str(file), size_bytes=file.stat().st_size)
    return show(written, human=_page, common=common)


def _page(screen: Screen, written: Written) -> None:
    screen.line(written.path)
