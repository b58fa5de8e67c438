"""Recognise the records of one page, whose URLs have one canonical form: their texts are versions of one another.

Such texts are compared even where the search for candidates would not bring them together. What they are to each other
is judged by their words, as of any two texts: a URL makes no copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.candidates.pairs import Pairs, distinct, joined
from dedup.run.ranking import Numbering
from dedup.text.page_urls import canonical, likeness

Ints = npt.NDArray[np.int64]

NO_PAGE = -1

SLICE = 1 << 16
"""URLs that are Python strings at a time."""

NEIGHBOURS = 16
"""With how many following texts of its page a text is compared; so all are of a page of up to 17. Consecutive versions
are the most alike, and a page with more, as a live blog, is brought together by the search."""

MOST_TEXTS = 200
"""Texts above which a URL counts as that of a section or a site, and says nothing of any of them. A live blog that is
fetched every five minutes for sixteen hours has 192."""


def pages_of(urls: pa.LargeStringArray, numbering: Numbering) -> Ints | None:
    """Number the pages that several records have.

    Parameters
    ----------
    urls : pyarrow.LargeStringArray, shape (n_records,)
    numbering : Numbering
        Of the texts of these records.

    Returns
    -------
    int64 array, shape (n_records,), or None
        The page of each record, from 0; NO_PAGE where it shares none. None if there is no such page.
    """
    if urls.null_count == len(urls):
        return None
    alike = np.fromiter((hash(likeness(url)) if url else 0 for url in _each(urls)), np.int64, len(urls))
    order = np.argsort(alike, kind="stable")
    is_shared = np.zeros(len(urls), bool)
    is_same = alike[order[1:]] == alike[order[:-1]]
    is_shared[order[1:][is_same]] = is_shared[order[:-1][is_same]] = True
    (shared,) = np.nonzero(is_shared & np.asarray(urls.is_valid()))
    numbers: dict[str, int] = {"": NO_PAGE}
    forms = (canonical(url) for url in _each(urls.take(pa.array(shared))))
    pages = np.full(len(urls), NO_PAGE)
    pages[shared] = np.fromiter((numbers.setdefault(form, len(numbers) - 1) for form in forms), np.int64, len(shared))
    page, _, _ = texts_of_pages(pages, numbering.document)
    sizes = np.bincount(page, minlength=len(numbers))
    counts = np.bincount(pages[pages >= 0], minlength=len(numbers))
    usable = (counts > 1) & (sizes <= MOST_TEXTS)
    pages = np.where((pages >= 0) & usable[pages], pages, NO_PAGE)
    return pages if (pages >= 0).any() else None


def _each(urls: pa.LargeStringArray) -> Iterator[str]:
    for first in range(0, len(urls), SLICE):
        yield from urls.slice(first, SLICE).to_pylist()


def texts_of_pages(pages: Ints, document: Ints, place: Ints | None = None) -> tuple[Ints, Ints, Ints]:
    """Return page, document and first record of each text of a page, in order of page and document.

    Parameters
    ----------
    pages, document : int64 array, shape (n_records,)
    place : int64 array, shape (n_records,), optional
        By which a record is the first; by default the order of the input.
    """
    (records,) = np.nonzero((pages >= 0) & (document >= 0))
    place = np.arange(len(pages)) if place is None else place
    order = records[np.lexsort((place[records], document[records], pages[records]))]
    page, text = pages[order], document[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (page[1:] != page[:-1]) | (text[1:] != text[:-1])
    return page[is_first], text[is_first], order[is_first]


def pairs_of_pages(pages: Ints, document: Ints, compared: Ints) -> Pairs:
    """Return the pairs of texts of one page that are to be compared.

    Parameters
    ----------
    pages : int64 array, shape (n_records,)
    document : int64 array, shape (n_records,)
        The text of each record, in the order of the search.
    compared : int64 array, ascending
        The documents that take part in the search.
    """
    page, text, _ = texts_of_pages(pages, document)
    takes_part = np.zeros(int(document.max(initial=-1)) + 1, bool)
    takes_part[compared] = True
    page, text = page[takes_part[text]], text[takes_part[text]]
    pairs = []
    for step in range(1, min(NEIGHBOURS + 1, len(page))):
        same = page[step:] == page[:-step]
        if not same.any():
            break
        pairs.append(joined(text[:-step][same], text[step:][same]))
    return distinct(*pairs) if pairs else np.empty(0, np.uint64)
