"""Plot the scores of a run and what was dropped, with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import extra
from dedup.params import Params
from dedup.report.in_words import relation_words
from dedup.schema import PARTIAL, RELATIONS, UPDATE

BINS = np.linspace(0.0, 1.0, 41)

COLOURS = ("#7a7f87", "#3b6fb6", "#4fa3a5", "#6aa84f", "#d08a2e", "#b35a8f", "#c9ccd1")
"""Of the relations in their order, up to partial; distinguishable on light and dark pages."""


def plot(matches: pa.Table, dropped: Mapping[str, int], params: Params, axes: Any = None) -> Any:
    """Plot the histogram of scores by relation, and the bars of dropped records.

    Parameters
    ----------
    matches : pyarrow.Table
    dropped : mapping of str to int
        Records by relation.
    params : Params
    axes : pair of matplotlib.axes.Axes, optional

    Returns
    -------
    array of two matplotlib.axes.Axes

    Raises
    ------
    ImportError
        When matplotlib is missing.
    """
    if axes is None:
        with extra("plot"):
            from matplotlib import pyplot
        _, axes = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained", width_ratios=(3, 2))
    scores, bars = axes
    _plot_scores(scores, matches, params)
    _plot_dropped(bars, dropped)
    return np.asarray(axes)


def _plot_scores(axes: Any, matches: pa.Table, params: Params) -> None:
    shown = {}
    for code, name in enumerate(RELATIONS[1 : PARTIAL + 1], 1):
        of_relation = np.asarray(matches["score"].filter(pc.equal(matches["relation"], name)))
        if len(of_relation):
            shown[code] = of_relation
    if shown:
        labels = [f"{relation_words(RELATIONS[code])} ({len(values):,})" for code, values in shown.items()]
        colours = [COLOURS[code] for code in shown]
        axes.hist(list(shown.values()), bins=BINS, stacked=True, color=colours, label=labels)
    for (value, label), style in zip(_lines(params), ("--", ":"), strict=False):
        axes.axvline(value, color="#c0392b", linestyle=style, linewidth=1.2, label=label)
    axes.set(title="Scores of pairs", xlabel="score (identical pairs left out)", ylabel="pairs", xlim=(0.0, 1.0))
    axes.legend(fontsize="small", frameon=False, loc="upper left")


def _lines(params: Params) -> list[tuple[float, str]]:
    """Return where lines are, and what they are called."""
    lines = [(params.threshold, f"threshold of near duplicates {params.threshold:g}")]
    return lines + ([(params.score, f"score of other copies {params.score:g}")] if params.score else [])


def _plot_dropped(axes: Any, dropped: Mapping[str, int]) -> None:
    names = [name for name in RELATIONS[: UPDATE + 1] if dropped.get(name)][::-1]
    colours = [COLOURS[RELATIONS.index(name)] for name in names]
    bars = axes.barh([relation_words(name) for name in names], [dropped[name] for name in names], color=colours)
    axes.bar_label(bars, labels=[f"{dropped[name]:,}" for name in names], padding=3)
    axes.set(title="Dropped records", xlabel="records")
    axes.margins(x=0.15)
    if not names:
        axes.set(xticks=[], yticks=[], xlabel="none")
