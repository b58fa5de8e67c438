"""Draw the curve of `scale`: processor time a document over the size of the corpus, an SVG file out.

    python -m benchmarks.speed.chart -o docs/scale.svg

`scale` draws it too when it is done; this draws it again from the figures that it has written.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

FIGURES = Path(__file__).with_name("scale.json")
COLOURS = ("#1f5fa8", "#c2561a", "#3b7f4f", "#7a4fa3")
"""Distinct to the colour-blind, dark enough on white."""

FAINT, GRID = "#666666", "#e4e4e4"
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "scale"}
"""Text stays text, and the same figures give the same bytes."""


def curve(points: Sequence[Mapping[str, Any]], machine: Mapping[str, Any]) -> Figure:
    """Draw a line for each level, and for each memory and number of threads where these differ.

    Parameters
    ----------
    points : sequence of mapping
        ``documents``, ``level``, ``memory``, ``threads`` and ``us_a_document`` of each, one at least.
    machine : mapping
        From `measure.machine`.

    Raises
    ------
    ValueError
        If there is no point.
    """
    if not points:
        raise ValueError("nothing to draw")
    differ = _differ(points)
    series: dict[str, list[tuple[float, float]]] = {}
    for one in points:
        name = f"{one['level']}, {one['memory']}, {one['threads']} thr." if differ else one["level"]
        series.setdefault(name, []).append((one["documents"], one["us_a_document"]))
    figure = Figure(figsize=(7.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, places) in enumerate(series.items()):
        xs, ys = zip(*sorted(places), strict=True)
        axes.plot(xs, ys, marker="o", linewidth=2.5, color=COLOURS[number % len(COLOURS)], label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("documents")
    axes.set_ylabel("processor time a document, µs")
    axes.legend(frameon=False)
    figure.suptitle("Time a document takes", x=0.02, ha="left", fontweight="bold")
    axes.set_title(conditions(points, machine), loc="left", fontsize="small", color=FAINT)
    return figure


def conditions(points: Sequence[Mapping[str, Any]], machine: Mapping[str, Any]) -> str:
    """Return under what conditions was measured: the machine, and memory and threads if all points have the same."""
    threads = points[0]["threads"]
    same = f"{threads} thread{'s' if threads > 1 else ''}, --memory {points[0]['memory']}; "
    on = f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, {machine['date']}"
    return on if _differ(points) else same + on


def _differ(points: Sequence[Mapping[str, Any]]) -> bool:
    """Whether points were measured with different memory or numbers of threads."""
    return len({(one["memory"], one["threads"]) for one in points}) > 1


def write(path: Path, points: Sequence[Mapping[str, Any]], machine: Mapping[str, Any]) -> None:
    """Draw the curve and write it as SVG."""
    with matplotlib.rc_context(STYLE):
        curve(points, machine).savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=FIGURES, metavar="FILE", help="the figures of scale")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the curve")
    args = parser.parse_args()
    figures = json.loads(args.json.read_text("utf-8"))
    write(args.output, figures["points"], figures["machine"])


if __name__ == "__main__":
    main()
