"""From judged pairs to the answers of an index, and whose copy each new text is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.direction import Sides, derived
from dedup.index.match import Decision, Match, written
from dedup.index.search.query import Fetch, Found
from dedup.judge.families import COVERED, LEAD_COVERED
from dedup.schema import IDENTICAL, LEFT, MEASURES, NEITHER, NO_DATE, RELATIONS, RIGHT


def verdicts(
    found: Found,
    ids: Sequence[str | None],
    sources: Sequence[str | None],
    published: Sequence[int | None],
    last_copy: int,
    agencies: Agencies,
    fetch: Fetch,
    own: Collection[int] = (),
) -> tuple[list[Decision], list[int | None]]:
    """Decide on each new text; return its decision, and the number of the kept document that it is a copy of.

    Parameters
    ----------
    found : Found
    ids, sources, published : sequences, shape (n_new,)
        Of the new texts.
    last_copy : int
        The farthest relation that counts as a copy.
    agencies : Agencies
    fetch : callable
        Returns stored documents by number.
    own : collection of int
        Stored documents that are in the index as copies of what a new text replaces: it does not go for them.
    """
    texts = found.texts
    all_ids = [*(row.id for row in texts.rows), *ids]
    all_sources = [*(row.source for row in texts.rows), *sources]
    all_published = [*(row.published for row in texts.rows), *published]
    numbers = texts.numbers.tolist()
    leader = [row.number if row.copy_of is None else row.copy_of for row in texts.rows] + numbers[texts.first_new :]
    is_own = [number in own for number in numbers]
    kept = [row.copy_of is None and row.number not in own for row in texts.rows] + [True] * len(ids)
    told: list[list[Match]] = [[] for _ in ids]
    goes_for: list[Match | None] = [None] * len(ids)
    for pair in _pairs(found, all_sources, all_published, last_copy, agencies):
        new, original = pair.right - texts.first_new, pair.left
        match = Match(
            id=str(all_ids[original]),
            relation=pair.relation,
            score=pair.score,
            measures=pair.measures,
            derived=pair.derived,
            published=written(all_published[original]),
            source=all_sources[original],
            is_copy=pair.is_copy,
            kept=kept[original],
        )
        told[new].append(match)
        # A version of a story that copies no kept one goes with one that is dropped, for the kept one of that.
        goes = match.is_copy and not is_own[original] and (match.kept or pair.is_version)
        before = goes_for[new]
        if goes and (before is None or (match.kept and not before.kept)):
            goes_for[new] = match
            kept[pair.right] = False
            leader[pair.right] = leader[original]
    copy_of = [None if match is None else leader[texts.first_new + new] for new, match in enumerate(goes_for)]
    names = _names(dict(zip(numbers, all_ids, strict=True)), copy_of, fetch)
    return [
        Decision(matches)
        if match is None or number is None
        # Who led a version may be gone meanwhile, where others write: then that stands for itself.
        else Decision(matches, names.get(number, match.id), match.relation, match.score)
        for matches, match, number in zip(told, goes_for, copy_of, strict=True)
    ], copy_of


class _Pair(NamedTuple):
    """A match, in the words of an answer; ``left`` and ``right`` are places in the corpus."""

    left: int
    right: int
    relation: str
    score: float
    measures: dict[str, float]
    derived: str | None
    is_copy: bool
    is_version: bool


def _pairs(
    found: Found, sources: Sequence[str | None], published: Sequence[int | None], last_copy: int, agencies: Agencies
) -> Iterator[_Pair]:
    """Yield the matches of each new text: the closest relation first, then the score, then who came first."""
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
    found: Found, sources: Sequence[str | None], published: Sequence[int | None], agencies: Agencies
) -> npt.NDArray[np.int8]:
    """Return the side of each match that seems to be the copy."""
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


def copies_of_it(found: Found, last_copy: int) -> set[int]:
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
    found: Found,
    sources: Sequence[int],
    published: Sequence[int | None],
    places: npt.NDArray[np.int64],
    agencies: Agencies,
) -> Sides:
    """Return what is known of one side of each pair."""
    texts = found.texts
    credits = {name: code for code, name in enumerate(agencies.names)}
    distinct, back = np.unique(places, return_inverse=True)
    known = np.empty((4, len(distinct)), np.int64)
    for column, place in enumerate(distinct.tolist()):
        if place < texts.first_new:
            row = texts.rows[place]
            credit, drawn_on = credits.get(row.credit or "", UNKNOWN), row.drawn_on
        else:
            new = place - texts.first_new
            credit, drawn_on = int(texts.new.credit[new]), bool(texts.new.drawn_on[new])
        date = published[place]
        known[:, column] = sources[place], credit, drawn_on, NO_DATE if date is None else date
    columns = known[:, back]
    return Sides(columns[0], columns[1], columns[2].astype(bool), columns[3])
