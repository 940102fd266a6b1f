"""One chart as a file of its own, for a page or a slide that is not the report."""

from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path

from slipway.errors import BadInput, Unavailable
from slipway.records.run import Slice
from slipway.web.charts.headroom import headroom
from slipway.words import amount

_WIDE, _MARGIN = 760, 60


def draw_headroom(slices: Sequence[Slice], *, metric: str) -> str:
    """Draw what each slice has to gain as an SVG document that brings its own style.

    Raises:
        BadInput: No slice has anything to gain, so there is nothing to draw.
    """
    if not any(s.headroom > 0 for s in slices):
        raise BadInput("slices: want one with something to gain to draw, got none.")
    chart = headroom(slices, name="headroom", title="what each slice has to gain", say=partial(amount, metric=metric))
    style = files("slipway.web").joinpath("templates/report.css").read_text(encoding="utf-8")
    inner = str(chart).replace("<svg", f'<svg x="{_MARGIN}" y="20" overflow="visible"', 1)
    inner = inner.replace('width="100%"', f'width="{_WIDE - _MARGIN - 20}"', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="290">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="var(--paper)"/>{inner}</svg>'
    )


def write_headroom(slices: Sequence[Slice], *, metric: str, out: Path) -> Path:
    """Write :func:`draw_headroom` into a file.

    Raises:
        BadInput: No slice has anything to gain.
        Unavailable: The file cannot be written.
    """
    text = draw_headroom(slices, metric=metric)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{out}: want to write the picture here, got '{error.strerror}'.") from None
    return out
