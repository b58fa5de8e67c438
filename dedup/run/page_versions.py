"""Find the versions of pages among the matches of a run, and report them.

A match is between two texts. If each has a record of one page, it is a match of two versions of that page, though other
records may stand for the texts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.judge.match_table import Matches
from dedup.params import Level, Params
from dedup.run.ranking import Numbering
from dedup.run.records import Records
from dedup.run.same_pages import NO_PAGE, texts_of_pages
from dedup.schema import LEFT, NEITHER, NO_DATE, RIGHT, UPDATE

Ints = npt.NDArray[np.int64]
RecordPairs = tuple[Ints, Ints, Ints]
"""As `dedup.run.record_matches.record_pairs` returns them: left and right records, and the match of their texts."""


class PageVersions:
    """The pages of the records of a run, and of the documents of an index that follow them, which have none.

    Parameters
    ----------
    pages : int64 array, shape (n_records,), or None
        From `dedup.run.same_pages.pages_of`.
    records : Records
    numbering : Numbering
        Of the texts of the records, in any order.
    n_stored : int
        Documents of an index.
    """

    def __init__(self, pages: Ints | None, records: Records, numbering: Numbering, n_stored: int = 0) -> None:
        self.any = pages is not None
        here = np.full(len(records), NO_PAGE) if pages is None else pages
        place = np.arange(len(records))
        if pages is not None:
            here, place = _in_order(pages, records)
        self.pages = np.append(here, np.full(n_stored, NO_PAGE))
        self._n_texts = len(numbering.record) + 1
        self.page, self.text, self.record = texts_of_pages(here, numbering.document, place)
        self._key = self.page * self._n_texts + self.text  # ascending
        self._by_text = np.argsort(self.text, kind="stable")

    def on_one_page(self, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        """Return which pairs of records are of one page."""
        return np.asarray((self.pages[left] == self.pages[right]) & (self.pages[left] >= 0))

    def shared(self, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the pages that pairs of texts have in common: the place of the pair, the page, and a record of each.

        Parameters
        ----------
        left, right : int64 array, shape (n_pairs,)
            Texts; documents of an index are beyond those of the run.
        """
        ordered = self.text[self._by_text]
        first, last = (np.searchsorted(ordered, left, side) for side in ("left", "right"))
        place = np.repeat(np.arange(len(left)), last - first)
        before = np.cumsum(last - first) - (last - first)
        at = self._by_text[np.arange(len(place)) - np.repeat(before, last - first) + np.repeat(first, last - first)]
        page = self.page[at]
        wanted = page * self._n_texts + np.minimum(right[place], self._n_texts - 1)
        found = np.searchsorted(self._key, wanted)
        is_there = np.append(self._key, -1)[found] == wanted
        return place[is_there], page[is_there], self.record[at[is_there]], self.record[found[is_there]]

    def added_to(self, pairs: RecordPairs, texts: Numbering, matches: Matches) -> RecordPairs:
        """Add to pairs of records those of one page, for matches whose texts are represented by others: one each."""
        if not self.any:
            return pairs
        place, _, left, right = self.shared(matches.left, matches.right)
        is_new = np.ones(len(place), bool)
        is_new[1:] = place[1:] != place[:-1]
        is_new &= ~self.on_one_page(texts.record[matches.left], texts.record[matches.right])[place]
        size = np.int64(len(self.pages))
        is_new &= ~np.isin(left * size + right, pairs[0] * size + pairs[1])
        return (
            np.concatenate([pairs[0], left[is_new]]),
            np.concatenate([pairs[1], right[is_new]]),
            np.concatenate([pairs[2], place[is_new]]),
        )

    def continued(self, pairs: RecordPairs, matches: Matches, published: Ints) -> dict[int, int]:
        """Return, for records that carry on a version of their page with news, the latest one that they carry on.

        Parameters
        ----------
        pairs : tuple of int64 array
        matches : Matches
        published : int64 array, shape (n_records,)
        """
        left, right, match = pairs
        (at,) = np.nonzero((match >= 0) & self.on_one_page(left, right))
        at = at[matches.relation[match[at]] == UPDATE]
        sides = np.stack([left[at], right[at]])
        when = published[sides]
        (dated,) = np.nonzero((when != NO_DATE).all(axis=0) & (when[0] != when[1]))
        sides, when = sides[:, dated], when[:, dated]
        later, here = np.argmax(when, axis=0), np.arange(len(dated))
        order = np.lexsort((sides[1 - later, here], when[1 - later, here]))
        return dict(zip(sides[later, here][order].tolist(), sides[1 - later, here][order].tolist(), strict=True))

    def order(self, record: int, other: int, published: Ints) -> int | None:
        """Return whether a record is the earlier version (LEFT) of its page or the later (RIGHT); None on two pages."""
        if self.pages[record] == NO_PAGE or self.pages[record] != self.pages[other]:
            return None
        when, then = int(published[record]), int(published[other])
        if NO_DATE in (when, then) or when == then:
            return NEITHER
        return LEFT if when < then else RIGHT


def _in_order(pages: Ints, records: Records) -> tuple[Ints, Ints]:
    """Number pages by their first records, by date and id, and return the place of each record in that order.

    So it does not depend on the order of the input which of several pages, or records, is taken.
    """
    (shared,) = np.nonzero(pages >= 0)
    ids = np.asarray(pc.rank(records.ids.take(pa.array(shared)), tiebreaker="dense"))
    order = shared[np.lexsort((shared, ids, records.published[shared]))]
    place = np.zeros(len(pages), np.int64)
    place[order] = np.arange(len(order))
    _, first, which = np.unique(pages[order], return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    ordered = np.full(len(pages), NO_PAGE)
    ordered[order] = number[which]
    return ordered, place


def page_notes(records: Records, matches: Matches, versions: PageVersions, params: Params) -> list[str]:
    """Return a note on URLs whose texts have nothing in common: perhaps of sections or sites.

    Parameters
    ----------
    records : Records
    matches : Matches
        Of texts, numbered as by the versions.
    versions : PageVersions
    params : Params
        At levels up to near, and where texts of other dates are not compared, not all of them were.
    """
    if not versions.any or params.level < Level.syndicated or params.window is not None:
        return []
    compared = records.lengths[versions.record] >= params.min_tokens
    sizes = np.bincount(versions.page[compared], minlength=int(versions.page.max(initial=-1)) + 1)
    _, matched, _, _ = versions.shared(matches.left, matches.right)
    sizes[matched] = 0
    (apart,) = np.nonzero(sizes > 1)
    if not len(apart):
        return []
    first = int(apart[np.argmax(sizes[apart])])
    url = records.urls[int(versions.record[versions.page == first][0])].as_py()
    subject = "1 URL is" if len(apart) == 1 else f"{len(apart):,} URLs are"
    return [
        f"{subject} that of several texts with nothing in common, such as {url!r} ({sizes[first]:,} texts): perhaps "
        "that of a section or a site, not of an article"
    ]
