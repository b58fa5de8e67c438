"""From judged pairs to the answers of an index, and whose copy each new text is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedup.agencies import UNKNOWN, Agencies
from dedup.derivation import Sides, derived
from dedup.families import COVERED, LEAD_COVERED
from dedup.index.answers import Match, written
from dedup.index.finder import Found
from dedup.matches import LEFT, NEITHER, RIGHT
from dedup.schema import MEASURES, NO_DATE, RELATIONS


def verdicts(
    found: Found,
    ids: Sequence[str | None],
    sources: Sequence[str | None],
    published: Sequence[int | None],
    last_copy: int,
    agencies: Agencies,
) -> tuple[list[list[Match]], list[int | None]]:
    """Tell the matches of each new text, best first, and the number of the kept document that it is a copy of.

    Parameters
    ----------
    found : Found
    ids, sources, published : sequences, shape (n_new,)
        Of the new texts.
    last_copy : int
        The farthest relation that counts as a copy.
    agencies : Agencies
    """
    texts, matches = found.texts, found.matches
    all_ids = [*(row.id for row in texts.rows), *ids]
    all_sources = [*(row.source for row in texts.rows), *sources]
    all_published = [*(row.published for row in texts.rows), *published]
    codes = {source: code for source in {*all_sources} if source and (code := agencies.code(source)) != UNKNOWN}
    for source in all_sources:
        if source and source not in codes:
            codes[source] = len(agencies.names) + len(codes)
    coded = [codes.get(source or "", UNKNOWN) for source in all_sources]
    side = derived(
        _sides(found, coded, all_published, matches.left, agencies),
        _sides(found, coded, all_published, matches.right, agencies),
        matches.relation,
        matches.measures[MEASURES.index("containment_left")],
        matches.measures[MEASURES.index("containment_right")],
    ).tolist()
    leader = [int(n) if row.copy_of is None else row.copy_of for n, row in zip(texts.numbers, texts.rows, strict=False)]
    leader += texts.numbers[len(texts.rows) :].tolist()
    measures = {name: matches.measures[MEASURES.index(name)] for name in ("verbatim", "shared_lead")}
    is_version = ((measures["verbatim"] >= COVERED) & (measures["shared_lead"] >= LEAD_COVERED)).tolist()
    kept = [row.copy_of is None for row in texts.rows] + [True] * len(ids)
    # The closest relation first, then the score, then who came first.
    order = np.lexsort((matches.left, -matches.score, matches.relation, matches.right)).tolist()
    left, right = matches.left.tolist(), matches.right.tolist()
    relation, score, container = matches.relation.tolist(), matches.score.tolist(), matches.container.tolist()
    counts = matches.are_copies(last_copy).tolist()
    told: list[list[Match]] = [[] for _ in ids]
    copy_of: list[int | None] = [None] * len(ids)
    for at in order:
        new = right[at] - texts.first_new
        is_copy = counts[at] and container[at] != RIGHT
        original = left[at]
        # A version of a story goes with one that is dropped, too, for the kept one of that.
        if is_copy and (kept[original] or is_version[at]):
            kept[right[at]] = False
            if copy_of[new] is None:
                copy_of[new] = leader[right[at]] = leader[original]
        measured = matches.measures[:, at]
        told[new].append(
            Match(
                id=str(all_ids[original]),
                relation=RELATIONS[relation[at]],
                score=score[at],
                measures={
                    name: value for name, value in zip(MEASURES, measured.tolist(), strict=True) if value == value
                },
                derived=None if side[at] == NEITHER else "stored" if side[at] == LEFT else "new",
                published=written(all_published[original]),
                source=all_sources[original],
                is_copy=is_copy,
                kept=kept[original],
            )
        )
    return told, copy_of


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
