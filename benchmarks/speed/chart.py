"""A line chart as SVG: some series over a logarithmic x axis, from zero up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 132, 74, 62
COLOURS = ("#1f5fa8", "#c2561a", "#3b7f4f", "#7a4fa3")
"""Told apart by the colour-blind, dark enough on white."""

INK, FAINT, GRID = "#222222", "#666666", "#e4e4e4"
FONT = "font-family='Helvetica, Arial, sans-serif'"
GAP = 16
"""Least distance between labels, in pixels."""

Points = Sequence[tuple[float, float]]


def chart(series: Mapping[str, Points], title: str, subtitle: str, x_label: str, y_label: str) -> str:
    """Return an SVG document.

    Parameters
    ----------
    series : mapping of str to sequence of (float, float)
        Points by name, x over 0, y from 0; a point at least.
    title, subtitle, x_label, y_label : str

    Raises
    ------
    ValueError
        Where there is no point.
    """
    points = [point for some in series.values() for point in some]
    if not points:
        raise ValueError("nothing to draw")
    low, high = _decades(x for x, _ in points)
    step = _step(max(y for _, y in points))
    top = step * math.ceil(max(y for _, y in points) / step or 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}' "
        f"role='img' aria-label='{escape(title, {chr(39): '&apos;'})}'>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>",
        _text(16, 28, title, INK, 17, "start", "bold"),
        _text(16, 48, subtitle, FAINT, 12, "start"),
    ]
    for k in range(round(top / step) + 1):
        _, y = place(10**low, k * step)
        parts.append(f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}' stroke='{GRID}'/>")
        parts.append(_text(LEFT - 8, y + 4, f"{k * step:,g}", FAINT, 12, "end"))
    for decade in range(low, high + 1):
        x, y = place(10**decade, 0)
        parts.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y:.1f}' y2='{y + 5:.1f}' stroke='{FAINT}'/>")
        parts.append(_text(x, y + 20, f"{10**decade:,}", FAINT, 12, "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 18, x_label, INK, 13, "middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(_text(20, middle, y_label, INK, 13, "middle", turn=True))
    labels = []
    for colour, (name, some) in zip(COLOURS, series.items(), strict=False):
        placed = [place(x, y) for x, y in sorted(some)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f"<polyline points='{line}' fill='none' stroke='{colour}' stroke-width='2.5'/>")
        parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='{colour}'/>" for x, y in placed]
        labels.append((*placed[-1], name, colour))
    above = -math.inf
    for x, y, name, colour in sorted(labels, key=lambda label: label[1]):
        above = max(y, above + GAP)
        parts.append(_text(x + 10, above + 4, name, colour, 13, "start", "bold"))
    return "\n".join([*parts, "</svg>\n"])


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """Return the powers of ten between which values lie, two different ones."""
    logs = [math.log10(value) for value in values]
    low = math.floor(min(logs) + 1e-9)
    return low, max(low + 1, math.ceil(max(logs) - 1e-9))


def _step(highest: float) -> float:
    """Return a round distance of grid lines, for four to eight of them."""
    rough = (highest or 1) / 5
    magnitude = 10 ** math.floor(math.log10(rough))
    return next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= rough)


def _text(
    x: float, y: float, text: str, colour: str, size: int, anchor: str, weight: str = "normal", turn: bool = False
) -> str:
    turned = f" transform='rotate(-90 {x:.1f} {y:.1f})'" if turn else ""
    style = f"font-size='{size}' font-weight='{weight}' fill='{colour}' text-anchor='{anchor}'"
    return f"<text x='{x:.1f}' y='{y:.1f}' {FONT} {style}{turned}>{escape(text)}</text>"
