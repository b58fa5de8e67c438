"""Show a story in a terminal: its versions in order of time, a line or two each, and the updates that link them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from dedup.report.escaping import shown
from dedup.report.in_words import count, duration
from dedup.report.run_table import AS_COPY
from dedup.report.stories import Story, Version
from dedup.report.text_columns import columns_of, cut_to, padded

BOLD, GREEN, FAINT, OFF = "\033[1m", "\033[32m", "\033[2m", "\033[0m"

SHORT_STORY = 30
"""Versions up to which a story is shown as a whole."""

AT_BEGIN, AROUND, AT_END = 5, 8, 3
"""Versions of a longer story that are shown: the first, those on either side of the one asked for, and the last."""

NARROW_ID = 22
"""Columns of an id that fits into the table; longer ones have a line of their own, so that they can be copied."""

INDENT = 7
"""Columns before what stands below a line."""

SOURCE, RELATION, TITLE = 20, 30, 24
"""Columns that a source and a relation take at most, and that a title has at least."""


def story_lines(
    story: Story, asked: int, heads: Mapping[int, str], columns: int, whole: bool = False, color: bool = False
) -> list[str]:
    """Return the lines that show a story.

    Parameters
    ----------
    story : Story
    asked : int
        The record that was asked for, which is marked.
    heads : mapping
        By the numbers of records, their titles or first words; those without are shown by their ids alone.
    columns : int
        Width of the terminal.
    whole : bool
        Show all versions of a long story, not only those around the one asked for.
    color : bool
    """
    number = {version.record: at for at, version in enumerate(story.versions, 1)}
    visible = shown_versions(story, asked, whole)
    table = [_cells(version, story, number, asked) for version in visible]
    names = ["", *_known(story), "relation", "id"]
    has_id = all(columns_of(cells["id"]) <= NARROW_ID for cells in table) and _rest(names, table, columns) >= TITLE
    chosen = names if has_id else names[:-1]
    rest = _rest(chosen, table, columns)
    has_title = bool(heads) and rest >= TITLE
    widths = [_width(name, table) for name in chosen]
    lines = [_joined(chosen, widths, "title" if has_title else "")]
    before = 0
    for cells, version in zip(table, visible, strict=True):
        lines += _left_out(number[version.record] - before - 1)
        head = shown(" ".join(heads.get(version.record, "").split()))
        line = _joined([cells[name] for name in chosen], widths, cut_to(head, rest) if has_title else "")
        lines.append(_in_color(line, version, version.record == asked) if color else line)
        below = "  ".join(([] if has_id else [cells["id"]]) + ([head] if head and not has_title else []))
        if below:
            below = cut_to(below, max(columns - INDENT, columns_of(cells["id"])))
            lines.append(f"{'':{INDENT}}{FAINT if color else ''}{below}{OFF if color else ''}")
        before = number[version.record]
    return lines + _left_out(len(story.versions) - before)


def shown_versions(story: Story, asked: int, whole: bool = False) -> Sequence[Version]:
    """Return the versions of a story that are shown: all, or of a long story the first, the last, and some around."""
    at = next((at for at, version in enumerate(story.versions) if version.record == asked), 0)
    return [story.versions[place] for place in shown_places(len(story.versions), at, whole)]


def shown_places(n: int, at: int, whole: bool = False) -> list[int]:
    """Return which of ``n`` versions are shown where the one at a place is asked for."""
    if whole or n <= SHORT_STORY:
        return list(range(n))
    return sorted({*range(AT_BEGIN), *range(max(0, at - AROUND), min(n, at + AROUND + 1)), *range(n - AT_END, n)})


def title_of(story: Story) -> str:
    """Return a line on the extent of a story.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> title_of(SimpleNamespace(versions=[1, 2], n_sources=2, span=timedelta(hours=26), updates=()))
    'a story of 2 versions by 2 sources, over 1 d 2 h'
    """
    parts = [f"a story of {count(len(story.versions), 'version')}"]
    if story.n_sources:
        parts.append(f" by {count(story.n_sources, 'source')}")
    if story.span:
        parts.append(f", over {duration(story.span)}")
    if story.updates:
        parts.append(f", with {count(len(story.updates), 'update')}")
    return "".join(parts)


def lag(time: timedelta | None) -> str:
    """Return a time after the first version.

    Examples
    --------
    >>> lag(timedelta(minutes=95)), lag(timedelta(days=3)), lag(timedelta(0)), lag(None)
    ('+1 h 35 min', '+3 d', 'first', '')
    """
    if time is None:
        return ""
    return f"+{duration(time)}" if round(time.total_seconds()) else "first"


def _width(name: str, table: Sequence[Mapping[str, str]]) -> int:
    return max(columns_of(text) for text in (name, *(cells[name] for cells in table)))


def _rest(names: Sequence[str], table: Sequence[Mapping[str, str]], columns: int) -> int:
    """Return how many columns are left beside some of the table."""
    return columns - sum(_width(name, table) + 2 for name in names)


def _known(story: Story) -> list[str]:
    """Return which columns say something: dates and sources may be unknown to all versions."""
    names = ["time (UTC)", "lag"] if any(version.published for version in story.versions) else []
    return names + (["source"] if any(version.source for version in story.versions) else [])


def _cells(version: Version, story: Story, number: Mapping[int, int], asked: int) -> dict[str, str]:
    """Return the cells of a version by the names of their columns."""
    return {
        "": f"{'>' if version.record == asked else ' '}{number[version.record]:>4,}",
        "time (UTC)": f"{version.published:%Y-%m-%d %H:%M}" if version.published else "no date",
        "lag": lag(version.lag),
        "source": cut_to(shown(version.source or "-"), SOURCE),
        "relation": cut_to(_relation(version, story, number), RELATION),
        "id": shown(version.id),
    }


def _relation(version: Version, story: Story, number: Mapping[int, int]) -> str:
    """Return what became of a version, with the numbers that its story gives to others."""
    if not version.kept:
        words = AS_COPY.get(version.relation or "", "copy of")
        if version.duplicate_of is not None and version.duplicate_of in number:
            return f"{words} {number[version.duplicate_of]:,}"
        return f"{words} {shown(version.original or '')}"
    earlier = [step.earlier for step in story.updates if step.later == version.record]
    numbers = sorted(number[record] for record in earlier if record is not None and record in number)
    if not earlier:
        return "kept"
    places = ", ".join(f"{at:,}" for at in numbers[:3]) + (" ..." if len(numbers) > 3 else "")
    return f"kept, update of {places}" if numbers else "kept, update of an earlier one"


def _joined(cells: Sequence[str], widths: Sequence[int], head: str) -> str:
    return "  ".join([*(padded(cell, width) for cell, width in zip(cells, widths, strict=True)), head]).rstrip()


def _left_out(number: int) -> list[str]:
    return [f"{'':{INDENT}}... {count(number, 'more version')} (--all shows them)"] if number else []


def _in_color(line: str, version: Version, is_asked: bool) -> str:
    codes = (BOLD if is_asked else "") + (GREEN if version.kept else "")
    return f"{codes}{line}{OFF}" if codes else line
