"""Write the report of a project to a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from slipway.web.gather import gather
from slipway.web.report import render

if TYPE_CHECKING:
    from slipway.project import Project


def write_report(project: "Project", *, out: Path, now_us: int) -> Path:
    """Write the report as it is now and return the file's absolute path; a reader sees the old page or the new one.

    Args:
        project: An open project.
        out: File to write; its folder exists.
        now_us: The moment to date the report with.
    """
    page = render(gather(project, now_us=now_us)).encode()
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_bytes(page)
    fresh.replace(out)
    return out.absolute()
