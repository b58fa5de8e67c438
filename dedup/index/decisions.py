"""Decide on new texts by their judged matches: which are kept, and for which document the others are dropped."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.direction import Sides, derived
from dedup.index.match import Decision, Match, written
from dedup.index.record import Record
from dedup.index.search.query import QueryMatches
from dedup.index.search.working_set import Fetch
from dedup.judge.families import COVERED, LEAD_COVERED
from dedup.judge.reasons import KEPT_TEXT, NO_COPY, NO_WORDS, OTHER_VERSION, SHORT, VIA, reason
from dedup.judge.relation import LAST_COPY, Models
from dedup.params import Params
from dedup.schema import IDENTICAL, LEFT, MEASURES, NEITHER, NO_DATE, RELATIONS, RIGHT, UPDATE

_UPDATE = RELATIONS[UPDATE]

EARLIER = "decided earlier; its words and its date have not changed"


class Choices(NamedTuple):
    """What the matches of new texts mean for each.

    Parameters
    ----------
    matches : list of list of Match
        The closest relation first.
    decisive : list of Match or None
        By which each text is dropped.
    copy_of : list of int or None
        Number of the kept document that each text is a copy of.
    links : list of list of int
        Places, in the working set, of the documents to whose stories each text belongs: the one it is dropped for, or
        a version of that, and those of which it is an update, or that are updates of it.
    """

    matches: list[list[Match]]
    decisive: list[Match | None]
    copy_of: list[int | None]
    links: list[list[int]]


def choose(
    found: QueryMatches, records: Sequence[Record], params: Params, agencies: Agencies, own: Collection[int] = ()
) -> Choices:
    """Choose for each new text the match by which it is dropped, if there is one.

    Parameters
    ----------
    found : QueryMatches
    records : sequence of Record, shape (n_new,)
        The new texts.
    params : Params
        Of the index.
    agencies : Agencies
    own : collection of int
        Stored documents that are in the index as copies of the text that a new one replaces, which is not dropped for
        them.
    """
    texts = found.texts
    ids = [*(row.id for row in texts.rows), *(record.id for record in records)]
    sources = [*(row.source for row in texts.rows), *(record.source for record in records)]
    urls = [*(row.url for row in texts.rows), *(record.url for record in records)]
    credits = [*(row.credit for row in texts.rows), *_credits(found, agencies)]
    published = [*(row.published for row in texts.rows), *(record.published for record in records)]
    numbers = texts.numbers.tolist()
    leader = [row.number if row.copy_of is None else row.copy_of for row in texts.rows] + numbers[texts.first_new :]
    is_own = [number in own for number in numbers]
    kept = [row.copy_of is None and row.number not in own for row in texts.rows] + [True] * len(records)
    matches: list[list[Match]] = [[] for _ in records]
    decisive: list[tuple[Match, int] | None] = [None] * len(records)
    links: list[list[int]] = [[] for _ in records]
    for pair in _pairs(found, sources, published, LAST_COPY[params.level], agencies):
        new, original = pair.right - texts.first_new, pair.left
        match = Match(
            id=str(ids[original]),
            relation=pair.relation,
            score=pair.score,
            measures=pair.measures,
            derived=pair.derived,
            published=written(published[original]),
            source=sources[original],
            url=urls[original],
            credit=credits[original],
            is_copy=pair.is_copy,
            kept=kept[original],
            model=params.model,
        )
        matches[new].append(match)
        if pair.relation == _UPDATE:
            links[new].append(original)
        # A version of a story that copies no kept document goes with one that is dropped, for the kept one of that.
        goes = match.is_copy and not is_own[original] and (match.kept or pair.is_version)
        before = decisive[new]
        if goes and (before is None or (match.kept and not before[0].kept)):
            decisive[new] = match, original
            kept[pair.right] = False
            leader[pair.right] = leader[original]
    for new, by in enumerate(decisive):
        if by is not None:
            links[new].append(by[1])
    copy_of = [None if by is None else leader[texts.first_new + new] for new, by in enumerate(decisive)]
    return Choices(matches, [None if by is None else by[0] for by in decisive], copy_of, links)


def decisions_of(
    choices: Choices,
    found: QueryMatches,
    records: Sequence[Record],
    stories: Sequence[int | None],
    params: Params,
    fetch: Fetch,
) -> list[Decision]:
    """Return the decisions on new texts.

    Parameters
    ----------
    choices : Choices
    found : QueryMatches
    records : sequence of Record
        The new texts.
    stories : sequence of int or None
        The story of each.
    params : Params
        Of the index.
    fetch : Fetch
    """
    texts = found.texts
    ids = [*(row.id for row in texts.rows), *(record.id for record in records)]
    names = _names(dict(zip(texts.numbers.tolist(), ids, strict=True)), choices.copy_of, fetch)
    models = Models.of(params)
    decisions = []
    rows = zip(choices.matches, choices.decisive, choices.copy_of, stories, strict=True)
    for new, (matches, by, number, story) in enumerate(rows):
        if by is None or number is None:
            why = _kept_because(int(texts.new.lengths[new]), params)
            decisions.append(Decision(True, None, None, None, tuple(matches), why, story=story))
        else:
            # The leader of a version may be removed meanwhile, where others write: then the version leads.
            decisions.append(dropped(names.get(number, by.id), by, matches, models, story))
    return decisions


def dropped(leader: str, match: Match, matches: Sequence[Match], models: Models, story: int | None) -> Decision:
    """Return the decision to drop a text for a kept document, by its match with it or with a version of it."""
    measures = {name: match.measures.get(name, math.nan) for name in MEASURES}
    is_kept = match.id == leader
    other = KEPT_TEXT if is_kept else OTHER_VERSION
    why = reason(RELATIONS.index(match.relation), measures, models, dropped=RIGHT, other=other)
    if not is_kept:
        why += VIA.format(match.id)
    return Decision(False, leader, match.relation, match.score, tuple(matches), why, story=story)


def _kept_because(length: int, params: Params) -> str:
    return NO_WORDS if length == 0 else SHORT if length < params.min_tokens else NO_COPY


class _Pair(NamedTuple):
    """A match under the names that answers use; ``left`` and ``right`` are places in the working set."""

    left: int
    right: int
    relation: str
    score: float
    measures: dict[str, float]
    derived: str | None
    is_copy: bool
    is_version: bool


def _pairs(
    found: QueryMatches,
    sources: Sequence[str | None],
    published: Sequence[int | None],
    last_copy: int,
    agencies: Agencies,
) -> Iterator[_Pair]:
    """Yield the matches of each new text: the closest relation first, then the highest score, then the oldest."""
    matches = found.matches
    side = _derived(found, sources, published, agencies)
    verbatim, shared_lead = (matches.measures[MEASURES.index(name)] for name in ("verbatim", "shared_lead"))
    is_version = (verbatim >= COVERED) & (shared_lead >= LEAD_COVERED)
    is_version |= matches.relation == IDENTICAL
    is_copy = matches.are_copies(last_copy) & (matches.container != RIGHT)
    order = np.lexsort((matches.left, -matches.score, matches.relation, matches.right))
    columns = matches.left, matches.right, matches.relation, matches.score, side, is_copy, is_version
    rows = zip(*(column[order].tolist() for column in columns), matches.measures.T[order].tolist(), strict=True)
    for left, right, relation, score, copy, copies, version, measured in rows:
        measures = {name: value for name, value in zip(MEASURES, measured, strict=True) if value == value}
        derived = None if copy == NEITHER else "stored" if copy == LEFT else "new"
        yield _Pair(left, right, RELATIONS[relation], score, measures, derived, copies, version)


def _derived(
    found: QueryMatches, sources: Sequence[str | None], published: Sequence[int | None], agencies: Agencies
) -> npt.NDArray[np.int8]:
    """Return the side of each match that seems to be derived."""
    matches = found.matches
    codes = {source: code for source in {*sources} if source and (code := agencies.code(source)) != UNKNOWN}
    for source in sources:
        if source and source not in codes:
            codes[source] = len(agencies.names) + len(codes)
    coded = [codes.get(source or "", UNKNOWN) for source in sources]
    return derived(
        _sides(found, coded, published, matches.left, agencies),
        _sides(found, coded, published, matches.right, agencies),
        matches.relation,
        matches.measures[MEASURES.index("containment_left")],
        matches.measures[MEASURES.index("containment_right")],
    )


def _credits(found: QueryMatches, agencies: Agencies) -> list[str | None]:
    """Return the agency that each new text credits."""
    return [None if code == UNKNOWN else agencies.names[code] for code in found.texts.new.credit.tolist()]


def numbers_of_copies(found: QueryMatches, last_copy: int) -> set[int]:
    """Return the numbers of the stored documents that are copies of a new text."""
    matches = found.matches
    is_copy = matches.are_copies(last_copy) & (matches.container != LEFT)
    return {*found.texts.numbers[matches.left[is_copy]].tolist()}


def _names(ids: dict[int, str | None], numbers: Sequence[int | None], fetch: Fetch) -> dict[int, str]:
    """Return the ids of documents by number; those that were not compared are fetched."""
    wanted = {number for number in numbers if number is not None}
    names = {number: str(ids[number]) for number in wanted if number in ids}
    lacking = sorted(wanted - names.keys())
    return {**names, **({number: row.id for number, row in fetch(lacking).items()} if lacking else {})}


def _sides(
    found: QueryMatches,
    sources: Sequence[int],
    published: Sequence[int | None],
    places: npt.NDArray[np.int64],
    agencies: Agencies,
) -> Sides:
    """Return source, credit and date of one side of each pair."""
    texts = found.texts
    credits = {name: code for code, name in enumerate(agencies.names)}
    distinct, back = np.unique(places, return_inverse=True)
    sides = np.empty((4, len(distinct)), np.int64)
    for column, place in enumerate(distinct.tolist()):
        if place < texts.first_new:
            row = texts.rows[place]
            credit, drawn_on = credits.get(row.credit or "", UNKNOWN), row.drawn_on
        else:
            new = place - texts.first_new
            credit, drawn_on = int(texts.new.credit[new]), bool(texts.new.drawn_on[new])
        date = published[place]
        sides[:, column] = sources[place], credit, drawn_on, NO_DATE if date is None else date
    columns = sides[:, back]
    return Sides(columns[0], columns[1], columns[2].astype(bool), columns[3])
