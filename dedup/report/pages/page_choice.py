"""Choose which stories and pairs of a run get a page of their own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from dedup.report.pages.overview import nearest_the_line
from dedup.report.pages.page_data import PageData
from dedup.report.pages.source_traffic import examples_of_flows
from dedup.report.pages.story_lists import LISTED
from dedup.report.pages.story_page import COMPARED, ancestry, match_behind
from dedup.report.stories import Story

RANKED = 20
"""Stories in each list of the best; all of them get a page first."""

PAIRS_AT_FIRST, PAIRS_OF_STORY = 2, 20
"""Pairs of a story that get a page: of every story first the one number, of the best ones the other at most."""


@dataclass(slots=True)
class Selection:
    """The stories and pairs that get a page.

    Parameters
    ----------
    ranked : list of int
        The stories that are listed: those of several versions, the largest first.
    n_stories : int
        All stories of several versions.
    stories, pairs : dict of int to int
        Numbers of pages by story, and by row of the matches.
    of_story : dict of int to list of int
        The rows of the matches of each story, in the order of the versions.
    near_line, examples : list of int
        Rows of matches: nearest the line, and one for each way from source to source.
    """

    ranked: list[int]
    n_stories: int
    stories: dict[int, int] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)
    of_story: dict[int, list[int]] = field(default_factory=dict)
    near_line: list[int] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)


def choose(data: PageData, stories: int, pairs: int) -> Selection:
    """Choose what gets a page: the best of each list, then the largest; pairs nearest the line, then of stories."""
    model = data.stories
    ranked = model.ranked(model.sizes)
    best = [model.ranked(by)[:RANKED] for by in (model.sizes, model.widths, model.spans)]
    numbers = list(dict.fromkeys([*np.concatenate(best).tolist(), *ranked[:stories].tolist()]))[:stories]
    place = {number: at for at, number in enumerate(ranked.tolist())}
    chosen = Selection(ranked[:LISTED].tolist(), len(ranked))
    for number in sorted(numbers, key=lambda number: place[number]):
        chosen.stories[number] = len(chosen.stories) + 1
    chosen.near_line = nearest_the_line(data)[:pairs]
    for number in chosen.stories:
        chosen.of_story[number] = _pairs_of(data, model.at(number))
    n_best = len(set(np.concatenate(best).tolist()))
    best_rows = [chosen.of_story[number][:PAIRS_OF_STORY] for number in numbers[:n_best]]
    rows = [rows[:PAIRS_AT_FIRST] for rows in chosen.of_story.values()]
    rest = [rows[:PAIRS_OF_STORY] for rows in chosen.of_story.values()]
    chosen.examples = [row for _, row in examples_of_flows(data) if row is not None]
    wanted = [*chosen.near_line, *chosen.examples, *itertools.chain.from_iterable([*best_rows, *rows, *rest])]
    for row in list(dict.fromkeys(wanted))[:pairs]:
        chosen.pairs[row] = len(chosen.pairs) + 1
    return chosen


def _pairs_of(data: PageData, story: Story) -> list[int]:
    """Return the matches of a story: those by which each version came about, in their order, then its updates."""
    known = ancestry(story)
    found = [match_behind(data, version, known) for version in story.versions[:COMPARED]]
    found += [
        data.match_of(step.left, step.right)
        for step in story.updates
        if step.left is not None and step.right is not None
    ]
    return list(dict.fromkeys(row for row in found if row is not None))
