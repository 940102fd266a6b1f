"""One plot: axes, lines, bands and marks, put together piece by piece and rendered as one figure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from slipway.web.charts.scale import Scale

_WIDE = 1000.0
LINE = 17
"""Height of a line of text in pixels."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot under construction; nothing but a list of SVG pieces.

    Attributes:
        name: Id of the figure in its page; a checked word.
        title: What it shows.
        description: What there is to see, for those who cannot.
        height: Height of the plotting area in pixels.
        x: From values to 0..100 percent.
        y: From values to pixels from the top.
    """

    name: str
    title: str
    description: str
    height: int
    x: Scale
    y: Scale
    _back: list[Markup] = field(default_factory=list)
    _curves: list[Markup] = field(default_factory=list)
    _front: list[Markup] = field(default_factory=list)

    def x_axis(self, ticks: Sequence[tuple[float, str]]) -> None:
        """Draw the base line and the labels under it."""
        self._back.append(_line(0, self.height, 100, self.height, kind="base"))
        for value, label in ticks:
            at = self.x(value)
            anchor = "start" if at < 2 else "end" if at > 98 else "middle"
            self._back.append(
                Markup('<text class="tick" x="{:.2f}%" y="{}" text-anchor="{}">{}</text>').format(
                    at, self.height + 18, anchor, label
                )
            )

    def y_axis(self, ticks: Sequence[tuple[float, str]]) -> None:
        """Draw thin lines across, each with its label in the left margin."""
        for value, label in ticks:
            at = self.y(value)
            self._back.append(_line(0, at, 100, at, kind="grid"))
            self._back.append(
                Markup('<text class="tick" x="-8" y="{:.1f}" text-anchor="end">{}</text>').format(at + 4, label)
            )

    def curve(self, points: Sequence[tuple[float, float]], *, kind: str) -> None:
        """Draw a line through the points; a NaN breaks it."""
        parts, pen = [], "M"
        for x, y in points:
            if y != y:  # noqa: PLR0124 - NaN is the one value that differs from itself
                pen = "M"
                continue
            parts.append(f"{pen}{self._wide(x):.1f} {self._tall(y):.1f}")
            pen = "L"
        self._curves.append(Markup('<path class="curve {}" d="{}"/>').format(kind, " ".join(parts)))

    def band(self, points: Sequence[tuple[float, float, float]], *, kind: str) -> None:
        """Fill between low and high along x; infinite limits fill to the edge."""
        if not points:
            return
        there = [f"{self._wide(x):.1f} {self._tall(high):.1f}" for x, _, high in points]
        back = [f"{self._wide(x):.1f} {self._tall(low):.1f}" for x, low, _ in reversed(points)]
        self._curves.append(Markup('<path class="band {}" d="M{}Z"/>').format(kind, "L".join(there + back)))

    def area(self, x_from: float, x_to: float, y_from: float, y_to: float, *, kind: str, title: str = "") -> None:
        """Fill a rectangle given in values."""
        left, right = sorted((self.x(x_from), self.x(x_to)))
        top, bottom = sorted((self.y(y_from), self.y(y_to)))
        self._back.append(
            Markup('<rect class="area {}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}">{}</rect>').format(
                kind, left, top, right - left, bottom - top, _title(title)
            )
        )

    def level(self, value: float, *, kind: str, label: str, below: bool = False) -> None:
        """Draw a line across at a value, named at its right end."""
        at = self.y(value)
        self._front.append(_line(0, at, 100, at, kind=f"level {kind}"))
        self._front.append(
            Markup('<text class="note {}" x="100%" y="{:.1f}" text-anchor="end">{}</text>').format(
                kind, at + (14 if below else -6), label
            )
        )

    def moment(self, value: float, *, kind: str) -> None:
        """Draw a line down at a moment."""
        at = self.x(value)
        self._front.append(_line(at, -4, at, self.height, kind=f"moment {kind}"))

    def flag(self, value: float, *, kind: str, label: str, title: str = "") -> None:
        """Put a flag on top of a moment; a label of at most two characters fits."""
        at = self.x(value)
        self._front.append(
            Markup(
                '<g class="flag {}"><circle cx="{:.2f}%" cy="-12" r="9"/><text x="{:.2f}%" y="-8">{}</text>{}</g>'
            ).format(kind, at, at, label, _title(title))
        )

    def dot(self, x: float, y: float, *, kind: str, r: float = 3.5, title: str = "") -> None:
        """Draw a dot that says its numbers when pointed at."""
        self._front.append(
            Markup('<circle class="dot {}" cx="{:.2f}%" cy="{:.1f}" r="{}">{}</circle>').format(
                kind, self.x(x), self.y(y), r, _title(title)
            )
        )

    def bar(self, x_from: float, x_to: float, at_px: float, *, kind: str, thick: float = 2.5, title: str = "") -> None:
        """Draw a bar across between two values, at a height in pixels."""
        left, right = sorted((self.x(x_from), self.x(x_to)))
        self._front.append(
            Markup(
                '<rect class="bar {}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{}" rx="{:.1f}">{}</rect>'
            ).format(kind, left, at_px - thick / 2, right - left, thick, min(3.0, thick / 2), _title(title))
        )

    def lines(self, lines: Sequence[str], *, at_px: float) -> None:
        """Write a label of several lines, the first at a height in pixels."""
        for i, line in enumerate(lines):
            self.words(line, at_px=at_px + LINE * i)

    def words(self, text: str, *, at_px: float, kind: str = "", x: str = "0", anchor: str = "start") -> None:
        """Write text at a height in pixels; ``x`` is an SVG length such as ``100%``."""
        self._front.append(
            Markup('<text class="words {}" x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(
                kind, x, at_px, anchor, text
            )
        )

    def render(self) -> Markup:
        """Return the plot as one ``<svg>``."""
        head = Markup(
            '<svg class="plot" role="img" aria-labelledby="{0}-t {0}-d" width="100%" height="{1}">'
            '<title id="{0}-t">{2}</title><desc id="{0}-d">{3}</desc>'
        ).format(self.name, self.height, self.title, self.description)
        curves = Markup(
            '<svg class="curves" viewBox="0 0 {:.0f} {}" preserveAspectRatio="none" width="100%" height="{}">{}</svg>'
        ).format(_WIDE, self.height, self.height, Markup("").join(self._curves))
        return head + Markup("").join(self._back) + curves + Markup("").join(self._front) + Markup("</svg>")

    def _wide(self, x: float) -> float:
        return self.x(x) * _WIDE / 100

    def _tall(self, y: float) -> float:
        return max(-4.0 * self.height, min(5.0 * self.height, self.y(y)))


def _line(x1: float, y1: float, x2: float, y2: float, *, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.2f}%" y1="{:.1f}" x2="{:.2f}%" y2="{:.1f}"/>').format(kind, x1, y1, x2, y2)


def _title(text: str) -> Markup:
    return Markup("<title>{}</title>").format(text) if text else escape("")
