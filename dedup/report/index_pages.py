"""Make the pages of ``dedup show`` from an index, which keeps no texts and no reasons: both sides are judged again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from dedup.attribution.agencies import Agencies
from dedup.errors import InputError
from dedup.index.index import Index
from dedup.index.match import Match
from dedup.index.stored import Row
from dedup.index.stored_matches import matches_of
from dedup.judge.reasons import reason
from dedup.judge.relation import Models
from dedup.report.in_words import moment_of
from dedup.report.pair_verdict import Verdict, mirrored
from dedup.report.record_lines import OtherMatch
from dedup.report.show_pages import PairPage, RecordPage
from dedup.report.stories import Story, Version
from dedup.report.story_lines import shown_places
from dedup.schema import LEFT, NEITHER, NO_DATE, RELATIONS, RIGHT

NO_TEXTS = "an index keeps no texts, so none are shown"


def index_page(
    index: Index, name: str, other: str | None = None, agencies: Agencies | None = None, whole: bool = False
) -> RecordPage | PairPage:
    """Return the page of one document of an index, or of two.

    Parameters
    ----------
    index : Index
    name, other : str
        Ids.
    agencies : Agencies, optional
        The shipped ones by default.
    whole : bool
        Show all copies of a document that has many.

    Raises
    ------
    InputError
        When there is no such document.
    StorageError
    """
    known = agencies or Agencies.read(None)
    with index.reading():
        a = _row(index, name)
        if other is None:
            return _document_page(index, a, known, whole)
        b = _row(index, other)
        if a.number == b.number:
            raise InputError(f"{name!r} and {other!r} are the same document", "two documents")
        return _pair_page(index, a, b, known)


def _row(index: Index, id: str) -> Row:
    row = index.backend.by_id(id)
    if row is None:
        raise InputError(f"no document {id!r} in {index.backend.place}", "the id of one that was added")
    return row


def _document_page(index: Index, row: Row, agencies: Agencies, whole: bool) -> RecordPage:
    leader = _leader(index, row)
    rows = sorted([leader, *index.backend.copies(leader.number)], key=_time)
    at = next(at for at, one in enumerate(rows) if one.number == row.number)
    visible = [rows[place] for place in shown_places(len(rows), at, whole)]
    judged = matches_of(index, visible, agencies, [leader.number])
    models = Models.of(index.params)
    verdicts = {
        one.number: _verdict(match, models, LEFT)
        for one, matches in zip(visible, judged, strict=True)
        for match in matches
        if match.id == leader.id
    }
    begin = rows[0].published
    versions = tuple(_version(one, leader, begin, verdicts.get(one.number)) for one in rows)
    cluster = {one.id for one in rows}
    story = Story(
        id=leader.id,
        versions=versions,
        updates=(),
        n_sources=len({one.source for one in rows if one.source}),
        first=versions[0],
        span=_span([one.published for one in rows if one.published is not None]),
    )
    mine = judged[[one.number for one in visible].index(row.number)]
    return RecordPage(
        version=versions[at],
        place=index.backend.place,
        story=story,
        heads={one.number: head for one in visible if (head := _title(one) or one.url)},
        verdict=None if row.copy_of is None else verdicts.get(row.number),
        matches=[
            OtherMatch(match.id, match.source, None, _verdict(match, models))
            for match in mine
            if match.id not in cluster
        ],
        models=models,
        notes=[NO_TEXTS] if len(rows) > 1 else [],
    )


def _pair_page(index: Index, a: Row, b: Row, agencies: Agencies) -> PairPage:
    models = Models.of(index.params)
    (matches,) = matches_of(index, [a], agencies, [b.number])
    dropped = LEFT if a.copy_of == b.number else RIGHT if b.copy_of == a.number else NEITHER
    found = next((_verdict(match, models, dropped) for match in matches if match.id == b.id), None)
    return PairPage(
        a=_version(a, _leader(index, a), a.published, found if dropped == LEFT else None),
        b=_version(b, _leader(index, b), b.published, found if dropped == RIGHT else None),
        verdict=found or Verdict(None, 0.0, reason(None, {}), None, {}, True),
        texts=None,
        words=float(min(a.length, b.length)),
        models=models,
        notes=[NO_TEXTS],
    )


def _leader(index: Index, row: Row) -> Row:
    """Return the kept document that a stored one is a copy of; itself if it is kept."""
    return row if row.copy_of is None else index.backend.fetch([row.copy_of]).get(row.copy_of, row)


def _time(row: Row) -> tuple[int, int]:
    return NO_DATE if row.published is None else row.published, row.number


def _version(row: Row, leader: Row, begin: int | None, verdict: Verdict | None) -> Version:
    is_kept = row.number == leader.number
    lacks = "its relation was decided when it was added, and the index does not keep it"
    return Version(
        record=row.number,
        id=row.id,
        source=row.source,
        published=moment_of(row.published),
        lag=None if row.published is None or begin is None else timedelta(microseconds=row.published - begin),
        title=_title(row),
        url=row.url,
        kept=is_kept,
        duplicate_of=None if is_kept else leader.number,
        original=None if is_kept else leader.id,
        relation=None if verdict is None else verdict.relation,
        score=None if verdict is None else verdict.score,
        cluster=leader.number,
        credit=row.credit,
        reason="it is no copy of an earlier document" if is_kept else lacks if verdict is None else verdict.reason,
    )


def _verdict(match: Match, models: Models, dropped: int = NEITHER) -> Verdict:
    """Return a match as the verdict on the document that was asked about (a) and the stored one (b)."""
    measures = mirrored(match.measures)
    why = reason(RELATIONS.index(match.relation), measures, models, dropped=dropped)
    derived = None if match.derived is None else "a" if match.derived == "new" else "b"
    return Verdict(match.relation, match.score, why, derived, measures, True)


def _title(row: Row) -> str | None:
    """Return the title of a document whose data has one."""
    data: Any = None if row.data is None else orjson.loads(row.data)
    title = data.get("title") if isinstance(data, Mapping) else None
    return title if isinstance(title, str) else None


def _span(dates: Sequence[int]) -> timedelta:
    return timedelta(microseconds=max(dates) - min(dates)) if dates else timedelta()
