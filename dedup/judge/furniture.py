"""Remove furniture, the sentences that pages share and articles do not, before anything is measured.

Cookie notices, newsletter offers, legal lines, "more stories" lists are verbatim, and rare if a site has few articles:
by every measure they look copied. Furniture is whole sentences or lines that occur in otherwise unrelated documents: at
least `ENOUGH` of them, no two of which share rare words outside of the recurring text. Quotes that articles on one
event share, and passages that versions of one story share, are not furniture: these documents also share names.

The recurring text must also be shorter than the article beside it, or use words typical of pages ("subscribe",
"cookies"): a brief that many outlets print, each under a longer header of its own, is not furniture.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import distinct
from dedup.kernels import recurring_sentences as kernel
from dedup.store.corpus import Corpus, Segments
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import release
from dedup.store.secret import table_multiplier
from dedup.store.slices import in_turn
from dedup.text.tokens import token_hash, tokens

ENOUGH = 3
"""A sentence is furniture if it is in this many documents that are all strangers to each other."""

ENOUGH_OF_PAGE = 2
"""The same for sentences that only pages have, and articles never."""

MOST_LOOKS = 24
"""How many of the documents that have a sentence are compared with one another."""

WORD_SKETCH = 48
"""How many rare words of a document it is compared by."""

SAMPLE = 2000
"""How many documents words are counted in."""

RARE_SHARE, RARE_LEAST = 0.02, 3
"""A word is rare if no larger share of the sample has it; of a small sample, no more than `RARE_LEAST` documents."""

RELATED = 0.1
"""Documents that share this part of their rare words are about the same."""

RETOLD = 0.25
"""Documents of which one has this share of the word pairs of the other's rest are versions of one text; strangers share
one in twenty."""

REST_PAIRS, ALL_PAIRS = 64, 256
"""How many word pairs are sampled of a document at most: of its rest, and of all of it."""

LEAST_WORDS = 3
"""A document with fewer rare words outside of the recurring text cannot be distinguished from others."""

SHORTEST = 4
"""Shorter sentences are furniture only between, or beside, others."""

LEAST_LEFT = 8
"""A document of which fewer words would be left is all furniture, and stays as it is."""

STUB_WORDS = 60
"""A shorter document in which a page speaks is a stub, and all of it furniture: `dedup.kernels.recurring_sentences`."""

BLOCK_DOCUMENTS = 1 << 12
"""How many documents' segments are hashed at a time."""

MARKS = """
    cookie cookies newsletter newsletters subscribe subscribers subscription subscriptions unsubscribe advertisement
    advertising advert ads sponsored copyright reserved privacy consent login password email mail inbox javascript
    browser click download app share sharing follow facebook twitter instagram whatsapp telegram youtube linkedin rss
    comments commenting registered website webpage homepage url http https www com html href src div span img width px
    wp font css li ul rel nofollow noopener jpg jpeg png gif svg caption gallery picture pictures photograph photo
    photos enlarge getty alamy menu skip settings preferences advertorial newsroom hotline sites
    forward looking statements securities undertakes investor investors media contact contacts release telephone visit
    terms conditions account
    datenschutz einwilligung abonnieren abonnement werbung anzeige impressum kommentare kommentar teilen
    confidentialité abonnez publicité commentaires partager suscríbete publicidad comentarios compartir privacidad
    iscriviti pubblicità commenti condividi assine publicidade comentários compartilhar
    подписаться подписывайтесь подписка реклама рекламы комментарии комментарий поделиться сайт сайте
    اشترك النشرة إعلان تعليق تعليقات محفوظة
"""
"""Words of pages, not of articles, in the languages whose pages were looked at."""


@dataclass(frozen=True, slots=True)
class StrippedDocuments:
    """The documents that had furniture, with it removed.

    Parameters
    ----------
    documents : int64 array, ascending, shape (n,)
    tokens : uint32 array
        What is left of them, one after the other.
    fingerprints : uint16 array
        Of these tokens.
    ends : int64 array, shape (n,)
        Where each ends in ``tokens``.
    stops : uint32 array
        The ends of the segments that are left, as in `dedup.store.corpus.Segments`.
    stop_ends : int64 array, shape (n,)
        Where those of each end in ``stops``.
    """

    documents: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.uint32]
    fingerprints: npt.NDArray[np.uint16]
    ends: npt.NDArray[np.int64]
    stops: npt.NDArray[np.uint32]
    stop_ends: npt.NDArray[np.int64]

    @staticmethod
    def nothing() -> StrippedDocuments:
        """Return a result in which no document has furniture."""
        none, no_tokens = np.empty(0, np.int64), np.empty(0, np.uint32)
        return StrippedDocuments(none, no_tokens, np.empty(0, np.uint16), none, no_tokens, none)


def strip_furniture(corpus: Corpus, segments: Segments, threads: int = 1, meter: Meter = NO_METER) -> StrippedDocuments:
    """Find and remove the furniture of the documents of a corpus.

    Parameters
    ----------
    corpus : Corpus
    segments : Segments
        Of the same documents.
    threads : int
    meter : Meter
    """
    counts = segments.lasts - segments.firsts
    (at, groups, holders) = _recurring(_hashes(corpus, segments, counts, threads, meter), counts)
    ends = np.cumsum(counts)
    owner = np.searchsorted(ends, at, "right")
    # Short ones count beside longer ones only.
    longer = owner[_lengths_at(segments, owner, at - (ends - counts)[owner]) >= SHORTEST]
    documents = distinct(longer)
    there = np.isin(owner, documents)
    at, groups, holders, owner = at[there], groups[there], holders[there], owner[there]
    if len(documents) < ENOUGH_OF_PAGE:
        return StrippedDocuments.nothing()
    begins = np.cumsum(counts[documents]) - counts[documents]
    row = np.searchsorted(documents, owner)
    place = at - (ends - counts)[owner] + begins[row]  # among the segments of these documents
    is_furniture = _furniture(corpus, segments, documents, place, row, groups, holders)
    return _without(corpus, segments, documents, is_furniture)


def are_stubs(corpus: Corpus, documents: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which documents are stubs: pages whose article is missing."""
    found = np.zeros(len(documents), bool)
    (short,) = np.nonzero(corpus.lengths[documents] < STUB_WORDS)
    found[short] = kernel.speak_as_pages(corpus.tokens, corpus.starts, corpus.ends, documents[short], _marks())
    release(corpus.tokens)
    return found


def _hashes(
    corpus: Corpus, segments: Segments, counts: npt.NDArray[np.int64], threads: int, meter: Meter
) -> npt.NDArray[np.uint64]:
    places = segments.stops, segments.firsts, segments.lasts

    def hashed(first: int) -> npt.NDArray[np.uint64]:
        documents = np.arange(first, min(first + BLOCK_DOCUMENTS, len(corpus)))
        out = np.empty(int(counts[documents].sum()), np.uint64)
        kernel.segment_hashes(corpus.tokens, corpus.starts, documents, *places, out)
        return out

    parts = [np.empty(0, np.uint64)]
    firsts = range(0, len(corpus), BLOCK_DOCUMENTS)
    with meter.bar("sentences", len(corpus), "documents"):
        for first, made in zip(firsts, in_turn(hashed, firsts, threads), strict=True):
            parts.append(made)
            release(corpus.tokens, segments.stops)
            meter.advance(min(BLOCK_DOCUMENTS, len(corpus) - first))
    return np.concatenate(parts)


def _recurring(
    hashes: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Find the segments that are in several documents.

    Returns
    -------
    at : int64 array, ascending
        Their places among all segments.
    groups : int64 array
        The group of each: equal for equal segments.
    holders : uint8 array
        How many documents have it: 1 for `ENOUGH_OF_PAGE` or more, 2 for `ENOUGH` or more.
    """
    table = np.zeros(1 << max(16, (8 * len(hashes)).bit_length()), np.uint8)
    kernel.count_hashes(hashes, table)
    (at,) = np.nonzero(table[hashes >> np.uint64(20) & np.uint64(len(table) - 1)] >= ENOUGH_OF_PAGE)
    # The hash above, the place below: sorted in place, and equal hashes in the order of their places.
    low = np.uint64((1 << max(1, len(at)).bit_length()) - 1)
    packed = hashes[at] & ~low | np.arange(len(at), dtype=np.uint64)
    packed.sort()
    order = at[(packed & low).astype(np.int64)]
    (begins,) = np.nonzero(np.diff(packed & ~low, prepend=~packed[:1]))
    owner = np.searchsorted(np.cumsum(counts), order, "right")
    is_new = np.diff(owner, prepend=-1) != 0
    is_new[begins] = True
    found = np.add.reduceat(is_new.astype(np.int64), begins) if len(begins) else begins
    sizes = np.diff(begins, append=len(order))
    many = np.repeat((found >= ENOUGH_OF_PAGE).astype(np.uint8) + (found >= ENOUGH), sizes)
    is_several = many > 0
    order, groups, many = order[is_several], np.repeat(np.arange(len(begins)), sizes)[is_several], many[is_several]
    by_place = np.argsort(order)
    return order[by_place], groups[by_place], many[by_place]


def _furniture(
    corpus: Corpus,
    segments: Segments,
    documents: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    row: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    holders: npt.NDArray[np.uint8],
) -> npt.NDArray[np.bool_]:
    """Return which segments are furniture, from the place of each recurring one, its row and its group."""
    places = segments.stops, segments.firsts, segments.lasts
    lengths = _lengths(segments, documents)
    recurs, qualifies = np.zeros((2, len(lengths)), np.uint8)
    recurs[place] = holders
    kernel.qualify(corpus.tokens, corpus.starts, documents, *places, recurs, _marks(), qualifies)
    release(corpus.tokens)
    (candidates,) = np.nonzero((qualifies[place] > 0) & (lengths[place] >= SHORTEST))
    candidates = candidates[np.argsort(groups[candidates], kind="stable")]
    (begins,) = np.nonzero(np.diff(groups[candidates], prepend=-1))
    if len(begins) == 0:
        return np.zeros(len(lengths), bool)
    is_page = np.logical_and.reduceat(qualifies[place[candidates]] == kernel.IS_PAGE, begins)
    least = np.where(is_page, ENOUGH_OF_PAGE, ENOUGH)
    sizes = np.diff(begins, append=len(candidates))
    # In half of its documents at least it must be little beside the article: of a story only some have little.
    least = np.maximum(least, np.bincount(groups)[groups[candidates[begins]]] // 2)
    worth = np.repeat(sizes >= least, sizes)
    candidates, least = candidates[worth], np.minimum(least[sizes >= least], ENOUGH)
    # Only these documents are looked at for what they have in common besides.
    rows = distinct(row[candidates])
    counts = segments.lasts[documents] - segments.firsts[documents]
    is_rest = ((recurs < 2) & (qualifies < kernel.IS_MARKED))[_of_rows(counts, rows)]
    count = _strangers(
        corpus, places, documents[rows], is_rest, np.searchsorted(rows, row[candidates]), groups[candidates]
    )
    (begins,) = np.nonzero(np.diff(groups[candidates], prepend=-1))
    found = np.zeros(int(groups.max()) + 1, bool)
    found[groups[candidates[begins[count >= least]]]] = True
    is_furniture = np.zeros(len(lengths), bool)
    is_furniture[place] = found[groups]
    # A short line that recurs beside furniture of its document is part of it.
    short = place[lengths[place] < SHORTEST]
    ends = np.cumsum(counts)
    is_first, is_last = np.isin(short, ends - counts), np.isin(short, ends - 1)
    padded = np.concatenate([[False], is_furniture, [False]])
    is_furniture[short] |= (padded[short] & ~is_first) | (padded[short + 2] & ~is_last)
    return is_furniture


def _strangers(
    corpus: Corpus,
    places: tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    documents: npt.NDArray[np.int64],
    is_rest: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Count the strangers in each group of rows of the documents, up to `ENOUGH`."""
    sample = distinct(np.linspace(0, len(corpus) - 1, min(SAMPLE, len(corpus))).astype(np.int64))
    word_counts = np.zeros(1 << kernel.WORD_BITS, np.uint16)
    kernel.count_words(corpus.tokens, corpus.starts, corpus.ends, sample, word_counts)
    rare_words = max(RARE_LEAST, int(RARE_SHARE * len(sample)))
    n = len(documents)
    words, sizes = np.empty((n, WORD_SKETCH), np.uint64), np.empty(n, np.uint16)
    pairs = np.empty((n, REST_PAIRS), np.uint32), np.empty((n, ALL_PAIRS), np.uint32), np.empty((2, n), np.uint16)
    of = corpus.tokens, corpus.starts, documents, *places, is_rest
    kernel.survey(*of, word_counts, rare_words, words, sizes, *pairs)
    release(corpus.tokens)
    (begins,) = np.nonzero(np.diff(groups, prepend=-1))
    looks = MOST_LOOKS, LEAST_WORDS, RELATED, RETOLD
    found: npt.NDArray[np.int64] = kernel.strangers(
        np.append(begins, len(rows)), rows, words, sizes, *pairs, *looks, ENOUGH
    )
    return found


def _of_rows(counts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the places of the items of these rows, from the number of items of each row."""
    begins = np.cumsum(counts) - counts
    sizes = counts[rows]
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(begins[rows] - (np.cumsum(sizes) - sizes), sizes))


def _lengths_at(
    segments: Segments, documents: npt.NDArray[np.int64], number: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the number of words of the segments with these numbers."""
    at = segments.firsts[documents] + number
    before = np.where(number > 0, segments.stops[np.maximum(at - 1, 0)], 0)
    return np.asarray(segments.stops[at].astype(np.int64) - before)


def _lengths(segments: Segments, documents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the number of words of each segment of the documents."""
    counts = segments.lasts[documents] - segments.firsts[documents]
    begins = np.cumsum(counts) - counts
    number = np.arange(int(counts.sum())) - np.repeat(begins, counts)
    return _lengths_at(segments, np.repeat(documents, counts), number)


def _without(
    corpus: Corpus, segments: Segments, documents: npt.NDArray[np.int64], is_furniture: npt.NDArray[np.bool_]
) -> StrippedDocuments:
    """Return the documents that have furniture, with it removed."""
    counts = segments.lasts[documents] - segments.firsts[documents]
    row = np.repeat(np.arange(len(documents)), counts)
    has_some = np.zeros(len(documents), bool)
    has_some[row[is_furniture]] = True
    changed = documents[has_some]
    size = int(corpus.lengths[changed].sum())
    out, fingerprints = np.empty(size, np.uint32), np.empty(size, np.uint16)
    stops = np.empty(int(counts[has_some].sum()), np.uint32)
    ends, stop_ends = np.empty(len(changed), np.int64), np.empty(len(changed), np.int64)
    texts = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends
    places = segments.stops, segments.firsts, segments.lasts
    of = changed, *places, is_furniture[has_some[row]], LEAST_LEFT
    kernel.strip(*texts, *of, out, fingerprints, ends, stops, stop_ends)
    release(corpus.tokens, corpus.fingerprints)
    if len(changed) == 0:
        return StrippedDocuments.nothing()
    left = slice(0, int(ends[-1]))
    return StrippedDocuments(changed, out[left], fingerprints[left], ends, stops[: stop_ends[-1]], stop_ends)


def own_prose(
    corpus: Corpus, segments: Segments, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Measure the share of sentences of the left document of each pair that the right one lacks."""
    out = np.empty(len(left))
    texts = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends
    places = segments.stops, segments.firsts, segments.lasts
    kernel.own_prose(*texts, *places, _marks(), left, right, table_multiplier(), out)
    release(corpus.tokens)
    return out


@functools.cache
def _marks() -> npt.NDArray[np.bool_]:
    """Return the words of pages as a table for `dedup.kernels.recurring_sentences.word_slot`."""
    marks = np.zeros(1 << kernel.WORD_BITS, bool)
    hashes = np.array([token_hash(word) for word in tokens(MARKS)], np.uint64)
    marks[hashes * np.uint64(kernel.MULTIPLIER) >> np.uint64(64 - kernel.WORD_BITS)] = True  # as `word_slot` does
    marks.flags.writeable = False
    return marks
