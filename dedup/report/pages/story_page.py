"""Make the page of a story: its timeline, its versions and what each made of the one before, its updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dedup.report.in_words import count, cut, date, duration, other_credit, relation_words
from dedup.report.pages import charts
from dedup.report.pages.alignment import Alignment, Tally
from dedup.report.pages.charts import Moment
from dedup.report.pages.page_data import PageData
from dedup.report.pages.pair_page import tally_in_words
from dedup.report.run_table import AS_COPY
from dedup.report.stories import Story, Version
from dedup.schema import RELATIONS, UPDATE

VERSIONS, COMPARED = 200, 40
"""Versions of a story that are listed, and of which the texts are compared."""

DOTS = 1_000
"""Versions on a timeline."""


MANY, MANY_TITLES = 5, 0.75
"""Identical versions, and titles for each of them, from which the text is hardly that of the articles."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a version made of an earlier one: bars in percent, words, and quotations."""

    bars: list[tuple[str, float, float]]
    label: str
    words: str
    contradicted: tuple[str, ...]
    additions: tuple[str, ...]
    omissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the page, with the number of the version that they name and lead to, or None."""

    words: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class VersionItem:
    """What the page shows of a version.

    Parameters
    ----------
    verdict : list of Words
    reason : str
        Empty where the verdict and the comparison say as much.
    pair, beside : int or None
        The page of a pair of this version, and the number of the other one.
    """

    title: str
    source: str | None
    url: str | None
    published: datetime | None
    lag: timedelta | None
    is_first: bool
    is_update: bool
    kind: str
    verdict: list[Words]
    credit: str | None
    reason: str
    pair: int | None
    beside: int | None
    made: Made | None


@dataclass(frozen=True, slots=True)
class Ancestry:
    """What came of what in a story.

    Parameters
    ----------
    base : dict of int to int
        For records the earlier record that each is compared with: the first of its cluster; for the first of a cluster,
        the first of the one that it carries on.
    carries : dict of int to int
        For kept records the kept record of the cluster that theirs carries on: one that began earlier.
    """

    base: dict[int, int]
    carries: dict[int | str, int]


def ancestry(story: Story) -> Ancestry:
    """Return what came of what in a story."""
    first: dict[int | str, int] = {}
    base: dict[int, int] = {}
    for version in story.versions:
        cluster = _cluster(version)
        if first.setdefault(cluster, version.record) != version.record:
            base[version.record] = first[cluster]
    place = {cluster: at for at, cluster in enumerate(first)}
    carries: dict[int | str, int] = {}
    for step in sorted(story.updates, key=lambda step: -step.score):
        one, other = step.earlier, step.later
        if one is None or other is None or one == other or one not in place or other not in place:
            continue
        before, after = (one, other) if place[one] < place[other] else (other, one)
        if after not in carries:
            carries[after] = before
            base[first[after]] = first[before]
    return Ancestry(base, carries)


def _cluster(version: Version) -> int | str:
    """Return the kept record of a version's cluster, or the id of the document of an index."""
    return version.cluster if version.cluster >= 0 else version.original or ""


def match_behind(data: PageData, version: Version, known: Ancestry) -> int | None:
    """Return the row of the match that decided on a version, or else of that with the one it is compared with.

    A dropped version is matched with the kept one, or with another copy of that; an update with the text that it
    carries on, or with a copy of that.
    """
    record = version.record
    if version.kept and record in known.carries:
        return data.match_with(record, known.carries[record], UPDATE, by_time=True)
    row = None
    if not version.kept:
        row = data.match_with(record, int(data.stories.leader[record]), int(data.relation[record]))
    before = known.base.get(record)
    return data.match_of(record, before) if row is None and before is not None else row


def story_page(
    data: PageData, story: Story, texts: Mapping[int, str], pairs: Mapping[int, int], lines: list[Any]
) -> dict[str, Any]:
    """Return what the page of a story shows.

    Parameters
    ----------
    data : PageData
    story : Story
    texts : mapping of int to str
        By record, of the versions that are compared.
    pairs : mapping of int to int
        Pages of pairs by the row of the match.
    lines : list
        Of the updates, for the table of pairs.
    """
    listed = story.versions[:VERSIONS]
    known = ancestry(story)
    titles = data.titles([version.record for version in listed])
    urls = data.urls([version.record for version in listed])
    place = {version.record: at for at, version in enumerate(story.versions, 1)}
    items = [_item(data, story, at, titles[at], urls[at], known, texts, pairs, place) for at in range(len(listed))]
    timeline, shown_kinds = _timeline(story, known)
    undated = sum(version.published is None for version in story.versions)
    return {
        "id": story.id,
        "headline": titles[0],
        "size": len(story.versions),
        "sources": story.n_sources,
        "standfirst": _standfirst(story),
        "timeline": timeline,
        "timeline_words": f"{count(len(story.versions) - undated, 'version')} within {duration(story.span)}",
        "kinds": [(kind, kind if kind == "kept" else relation_words(kind)) for kind in shown_kinds],
        "steps": bool(story.updates),
        "undated": undated,
        "dated": undated < len(story.versions),
        "versions": items,
        "left_out": len(story.versions) - len(listed),
        "not_compared": _not_compared(story),
        "any_made": any(item.made for item in items),
        "pairs": lines,
        "under_many_titles": _under_many_titles(story),
    }


def _item(
    data: PageData,
    story: Story,
    at: int,
    title: str,
    url: str | None,
    known: Ancestry,
    texts: Mapping[int, str],
    pairs: Mapping[int, int],
    place: Mapping[int, int],
) -> VersionItem:
    version = story.versions[at]
    before = known.base.get(version.record)
    row = match_behind(data, version, known)
    other = None if row is None else place.get(data.other_of(row, version.record))
    made = None
    if at < COMPARED and before is not None and texts.get(before) and texts.get(version.record):
        name = _name(story.versions[place[before] - 1], place[before])
        made = _made(Alignment(texts[before], texts[version.record]).tally(), name)
    # Why a later version stays for an earlier one must be said, and what a verdict rests on if no comparison shows it.
    is_later = version.kept and before is not None and data.stories.leader[before] == version.record
    is_explained = is_later or (not version.kept and other is not None and before != story.versions[other - 1].record)
    return VersionItem(
        title=title,
        source=version.source,
        url=url,
        published=version.published,
        lag=version.lag,
        is_first=at == 0 and version.published is not None,
        is_update=version.kept and version.record in known.carries,
        kind=_kind(version, known),
        verdict=_verdict(version, known, place, other),
        credit=version.credit,
        reason=version.reason if made is None or is_explained else "",
        pair=None if row is None else pairs.get(row),
        beside=other,
        made=made,
    )


def _kind(version: Version, known: Ancestry) -> str:
    if version.kept:
        return "update" if version.record in known.carries else "kept"
    return version.relation or "rejected"


def _verdict(version: Version, known: Ancestry, place: Mapping[int, int], other: int | None) -> list[Words]:
    """Return what became of a version, and the numbers of the versions that this is about.

    Parameters
    ----------
    version : Version
    known : Ancestry
    place : mapping of int to int
        Numbers of versions by record.
    other : int or None
        The number of the version with which it has the match that decided.
    """
    kind = _kind(version, known)
    if kind == "kept":
        return [Words("stays")]
    if kind == "update":
        # What it carries on may stay as a later version: to call it an update of that would be hard to understand.
        if other is None or other > place[version.record]:
            return [Words("update, stays")]
        return [Words("update of "), _named(other), Words(", stays")]
    kept = None if version.duplicate_of is None else place.get(version.duplicate_of)
    words = [Words(f"{AS_COPY.get(kind, relation_words(kind))} ")]
    if kept is None:
        return [*words, Words(f"{cut(version.original, 60)}, dropped")]
    if other is None or other == kept:
        return [*words, _named(kept), Words(", dropped")]
    return [*words, _named(other), Words(", dropped for "), _named(kept)]


def _named(number: int) -> Words:
    return Words(f"version {number}", number if number <= VERSIONS else None)


def _name(version: Version, at: int) -> str:
    return f"version {at}" + (f" ({cut(version.source, 40)})" if version.source else "")


def _made(tally: Tally, before: str) -> Made:
    parts = (
        ("kept", tally.kept),
        ("moved", tally.moved),
        ("changed", tally.changed),
        ("added", tally.added),
        ("left", tally.left_out),
    )
    total = max(1, sum(number for _, number in parts))
    bars = []
    x = 0.0
    for kind, number in parts:
        if number:
            width = 100.0 * number / total
            bars.append((kind, round(x, 2), round(width, 2)))
            x += width
    words = tally_in_words(tally, before, "its")
    return Made(bars, words, words, tally.contradicted, tally.additions, tally.omissions)


def _timeline(story: Story, known: Ancestry) -> tuple[charts.Timeline | None, list[str]]:
    """Return the timeline, and the kinds of its dots."""
    dated = [version for version in story.versions if version.lag is not None][:DOTS]
    lane_of: dict[int | str, int] = {}
    names: list[str] = []
    moments = []
    kept_at = {version.record: version.source for version in story.versions if version.kept}
    for version in dated:
        cluster = _cluster(version)
        if cluster not in lane_of:
            lane_of[cluster] = len(names)
            source = kept_at.get(version.cluster) or version.source
            names.append(cut(source, 26) or date(version.published))
        kind = _kind(version, known)
        lag = version.lag or timedelta(0)
        words = f"{cut(version.source, 60) or 'no source'}, {date(version.published)}: {relation_words(kind)}"
        moments.append(Moment(lag.total_seconds(), lane_of[cluster], kind, words))
    steps = [None if (before := known.carries.get(cluster)) is None else lane_of.get(before) for cluster in lane_of]
    order = ["kept", *RELATIONS]
    kinds = sorted({moment.kind for moment in moments} & set(order), key=order.index)
    return charts.timeline(moments, names, steps), kinds


def _standfirst(story: Story) -> list[tuple[bool, str]]:
    """Return the sentence below the headline, in parts; those that come from outside are marked."""
    parts: list[tuple[bool, str]] = []
    first = story.first
    if first.published is not None:
        parts.append((False, "First here at " if first.source else "First here"))
        parts += [(True, cut(first.source, 60))] if first.source else []
        parts.append((False, f" on {date(first.published)}"))
        credit = other_credit(first.credit, first.source)
        parts += [(False, ", credits "), (True, cut(credit, 40))] if credit else []
        parts.append((False, ". "))
    span = f" within {duration(story.span)}" if story.span else ""
    at = f" at {count(story.n_sources, 'source')}" if story.n_sources else ""
    parts.append((False, f"{count(len(story.versions), 'version')}{at}{span}"))
    kept = sum(version.kept for version in story.versions)
    dropped = len(story.versions) - kept
    if kept > 1 and dropped > 0:
        others = "the other is a copy" if dropped == 1 else "the others are copies"
        parts.append((False, f"; {count(kept, 'text')} stay, {others}"))
    if story.updates:
        verb = "links" if len(story.updates) == 1 else "link"
        parts.append(
            (False, f"; {count(len(story.updates), 'update')} {verb} {'its texts' if kept > 1 else 'it to others'}")
        )
    return [*parts, (False, ".")]


def _under_many_titles(story: Story) -> str:
    """Return a remark where many versions are word for word one text, but their titles are of different articles."""
    titles: dict[int | str, list[str]] = {}
    for version in story.versions:
        if version.title and (version.kept or version.relation == "identical"):
            titles.setdefault(_cluster(version), []).append(" ".join(version.title.casefold().split()))
    most = max(titles.values(), key=lambda some: len(set(some)), default=[])
    if len(most) < MANY or len(set(most)) < MANY_TITLES * len(most):
        return ""
    return (
        f"{len(most):,} versions have the same words under {len(set(most)):,} titles. Where these are titles of "
        "different articles, the text is probably none of them, but what stands on each of these pages: look at the "
        "field of the text."
    )


def _not_compared(story: Story) -> str:
    more = min(len(story.versions), VERSIONS) - COMPARED
    if more <= 0:
        return ""
    return f"What a version kept and changed is said of the first {COMPARED}."
