"""Find the matches of new texts among stored documents: candidates by band keys and rare pairs, judged as in a run.

What differs from a run (`dedup.run.matching`): pairs are rare by what is stored at that moment. A pair that only the
new text has must be in its sketch, because a later one may share it; so sketches are wider. A version of a stored text
is not counted, so that a story stays rare however many documents carry it. Furniture and families are not looked for:
they show only when many documents are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import joined, split, within
from dedup.candidates.sketch_join import LEAST_OVERLAP, posting_limit
from dedup.index.features import Features, NearKeys
from dedup.index.search.frequencies import Frequencies
from dedup.index.search.postings import SearchablePostings
from dedup.index.search.sketches import Sketches, rare_pairs, sketches
from dedup.index.search.working_set import Fetch, WorkingSet
from dedup.index.stored import DocumentNumbers
from dedup.index.vocabulary import Vocabulary
from dedup.judge import pairs_to_matches
from dedup.judge.families import are_versions
from dedup.judge.match_table import Matches
from dedup.judge.pairs_to_matches import Bodies
from dedup.judge.relation import LAST_COPY
from dedup.params import Level, Params
from dedup.schema import ALL_OF_IDENTICAL, IDENTICAL, MEASURES, NEITHER
from dedup.store.corpus import Corpus
from dedup.store.scratch import DEFAULT_MEMORY
from dedup.text.tokens import Tokens

WIDER = 1.25
"""Pairs of a stored sketch, and of those that must be shared, as a multiple of those in a run."""

QUERY_WIDER = 1.5
"""The same for the sketch by which a text is looked up, which takes no room."""

Pairs = tuple[DocumentNumbers, DocumentNumbers]
"""Left and right of pairs of documents."""

MOST_WIDE = 255  # sizes of sketches are held in bytes

_OF_IDENTICAL = np.where(np.isin(MEASURES, ALL_OF_IDENTICAL), 1.0, np.nan)[:, None]


class QueryMatches(NamedTuple):
    """The judged matches of new texts.

    Parameters
    ----------
    texts : WorkingSet
        The new texts and all stored documents that they match.
    matches : Matches
        Of places in the corpus of ``texts``; right is always a new text.
    counted : bool array, shape (n_new,)
        Whether the word pairs of each new text count: of near duplicates, and of versions of one text, only those of
        the first one do.
    """

    texts: WorkingSet
    matches: Matches
    counted: npt.NDArray[np.bool_]


AnyPostings = TypeVar("AnyPostings", bound=SearchablePostings)


class Finder(Generic[AnyPostings]):
    """The postings and frequencies of an index that are in memory, and the search for matches in them.

    Parameters
    ----------
    params : Params
    frequencies : Frequencies
    near, rare : postings
        By the keys of whole texts and of bands; by rare pairs.

    Attributes
    ----------
    sketch_sizes : uint8 array
        Rare pairs in the stored sketch of each document, by number.
    is_removed : bool array
        By number.
    """

    def __init__(self, params: Params, frequencies: Frequencies, near: AnyPostings, rare: AnyPostings) -> None:
        self.params = params
        self.near = near
        self.rare = rare
        self.frequencies = frequencies
        self.sketch_sizes = np.zeros(1 << 10, np.uint8)
        self.is_removed = np.zeros(1 << 10, bool)
        self._near_keys = NearKeys(params)
        self._width = min(MOST_WIDE, round(WIDER * params.sketch_size))
        self._query_width = round(QUERY_WIDER * params.sketch_size)
        self._overlap = max(LEAST_OVERLAP, round(params.sketch_overlap * self._width / params.sketch_size))

    def make_room(self, number: int) -> None:
        """Make room for documents up to a number."""
        while number >= len(self.is_removed):
            self.sketch_sizes = np.concatenate([self.sketch_sizes, np.zeros_like(self.sketch_sizes)])
            self.is_removed = np.concatenate([self.is_removed, np.zeros_like(self.is_removed)])

    def count_again(self, tokens: Tokens, counted: npt.NDArray[np.bool_]) -> None:
        """Count the word pairs of earlier documents whose pairs count."""
        if self.params.level >= Level.syndicated:
            self.frequencies.count(_corpus(tokens), np.flatnonzero(counted))

    def post_again(self, tokens: Tokens, numbers: DocumentNumbers) -> None:
        """Add postings of earlier documents, with new sketches of the pairs that are rare now."""
        keys, places = self._near_keys(tokens)
        self.make_room(int(numbers[-1]))
        self.near.add(keys, numbers[places])
        if self.params.level >= Level.syndicated:
            corpus = _corpus(tokens)
            (compared,) = np.nonzero(corpus.lengths >= self.params.min_tokens)
            self._post(self._sketched(corpus, compared, 1), numbers[compared])

    def post(self, new: Features, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_]) -> None:
        """Add postings of new texts that match nothing, as `find` does, but without searching.

        Parameters
        ----------
        new : Features
        numbers : int64 array, ascending
            Of the new texts; higher than all there are.
        counted : bool array
            Whether the word pairs of each count.
        """
        self.make_room(int(numbers[-1]))
        self.near.add(new.keys, numbers[new.key_texts])
        if self.params.level >= Level.syndicated:
            corpus = _corpus(new.tokens)
            self.frequencies.count(corpus, np.flatnonzero(counted))
            (compared,) = np.nonzero(corpus.lengths >= self.params.min_tokens)
            self._post(self._sketched(corpus, compared, 2), numbers[compared])

    def find(
        self,
        new: Features,
        numbers: DocumentNumbers,
        fetch: Fetch,
        vocabulary: Vocabulary,
        add: bool,
        kin: Sequence[int] = (),
    ) -> QueryMatches:
        """Find and judge the pairs of new texts and earlier documents.

        Parameters
        ----------
        new : Features
        numbers : int64 array, ascending
            Of the new texts; higher than all there are.
        fetch : Fetch
        vocabulary : Vocabulary
        add : bool
            Whether to post the new texts; then they are compared with each other, too.
        kin : sequence of int
            Stored documents that the new texts are compared with, whatever keys they share. The word pairs of a text
            that is a version of these alone count, because it takes their place.
        """
        params = self.params
        texts = WorkingSet(new, numbers, fetch, vocabulary)
        owners = numbers[new.key_texts]
        if add:
            self.make_room(int(numbers[-1]))
            self.near.add(new.keys, owners)
        left, right = _pairs(self.near.search(new.keys, owners, params.bucket_limit, self.is_removed))[:2]
        if len(kin):
            left, right = _with_kin(left, right, np.array(kin, np.int64), numbers)
        texts.require(left)
        met = _in_corpus(texts, left, right)
        is_same = (texts.digests[met[0]] == texts.digests[met[1]]).all(axis=1)
        identical = _identical(met[0][is_same], met[1][is_same])
        if params.level < Level.near:
            return QueryMatches(texts, identical, np.ones(len(numbers), bool))

        lengths = texts.corpus.lengths
        to_compare = ~is_same & (np.minimum(lengths[met[0]], lengths[met[1]]) >= params.min_tokens)
        candidates = within(joined(met[0][to_compare], met[1][to_compare]), texts.published, params.window)
        near = pairs_to_matches.near_duplicates(Bodies(texts.corpus, texts.published), candidates, params)
        counted = _counted(texts, Matches.concatenate([identical, near]), params.min_tokens)
        if params.level < Level.syndicated:
            return QueryMatches(texts, Matches.concatenate([identical, near]), counted)

        met_numbers = joined(*(texts.numbers[side] for side in split(candidates)))
        near_numbers = joined(texts.numbers[near.left], texts.numbers[near.right])
        same_numbers = joined(texts.numbers[identical.left], texts.numbers[identical.right])
        shared_numbers, own = self._sharing(texts, numbers, counted, add)
        wanted = np.setdiff1d(np.union1d(met_numbers, shared_numbers), same_numbers, assume_unique=True)
        left, right = split(wanted)
        first_new = texts.first_new
        texts.require(left)
        pairs = within(joined(*_in_corpus(texts, left, right)), texts.published, params.window)
        known_near = joined(*_in_corpus(texts, *split(near_numbers)))
        identical = _identical(*_in_corpus(texts, *split(same_numbers)))
        own = replace(own, documents=own.documents - first_new + texts.first_new)
        is_of_kin = np.isin(texts.numbers[split(pairs)[0]], kin)
        is_version = counted & self._versions(texts, pairs[~is_of_kin])
        if add and is_version.any():
            self.frequencies.uncount(texts.corpus, texts.first_new + np.flatnonzero(is_version))
            own = self._sketched(texts.corpus, own.documents, 2)
        matches = self._judge(texts, pairs, known_near, own)
        # A version that is no copy stays, and counts.
        copies = np.unique(matches.right[matches.are_copies(LAST_COPY[params.level])]) - texts.first_new
        stays = is_version.copy()
        stays[copies] = False
        if add and stays.any():
            self.frequencies.count(texts.corpus, texts.first_new + np.flatnonzero(stays))
        return QueryMatches(texts, Matches.concatenate([identical, matches]), counted & (~is_version | stays))

    def _sharing(
        self, texts: WorkingSet, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_], add: bool
    ) -> tuple[npt.NDArray[np.uint64], Sketches]:
        """Return the pairs of numbers that share enough rare pairs, and the sketches of the new texts."""
        corpus = texts.corpus
        if add:
            self.frequencies.count(corpus, texts.first_new + np.flatnonzero(counted))
        (compared,) = np.nonzero(corpus.lengths[texts.first_new :] >= self.params.min_tokens)
        # A pair that was counted with the text itself stands elsewhere only from two on.
        own = self._sketched(corpus, compared + texts.first_new, 2 if add else 1)
        if add:
            self._post(own, numbers[compared])
        owners = np.repeat(numbers[compared], own.query_sizes)
        limit = posting_limit(self.params)
        left, right, shared = _pairs(self.rare.search(own.query_keys(), owners, limit, self.is_removed))
        sizes = np.zeros(len(numbers), np.int64)
        sizes[compared] = own.sizes
        smaller = np.minimum(sizes[right - numbers[0]], self.sketch_sizes[left])
        is_enough = shared >= np.maximum(LEAST_OVERLAP, self._overlap * smaller // self._width)
        return joined(left[is_enough], right[is_enough]), own

    def _versions(self, texts: WorkingSet, pairs: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Return which new texts are versions of an earlier document, whose word pairs count instead of theirs."""
        found = np.zeros(len(texts.corpus), bool)
        found[split(pairs[are_versions(texts.corpus, pairs, DEFAULT_MEMORY, 1)])[1]] = True
        return found[texts.first_new :]

    def _judge(
        self, texts: WorkingSet, pairs: npt.NDArray[np.uint64], known_near: npt.NDArray[np.uint64], own: Sketches
    ) -> Matches:
        """Return the relations of pairs of places."""
        if len(pairs) == 0:
            return Matches.none()
        others = self._sketched(texts.corpus, np.arange(texts.first_new), 1, (1, 1))
        listed = rare_pairs(texts.corpus, [others, own])
        return pairs_to_matches.copies(Bodies(texts.corpus, texts.published, listed), pairs, known_near, self.params)

    def _sketched(
        self, corpus: Corpus, documents: DocumentNumbers, least: int, widths: tuple[int, int] | None = None
    ) -> Sketches:
        widths = widths or (self._width, self._query_width)
        return sketches(corpus, documents, self.frequencies.table, self.params.rare_df, least, *widths)

    def _post(self, own: Sketches, numbers: DocumentNumbers) -> None:
        self.sketch_sizes[numbers] = own.sizes
        self.rare.add(own.keys(), np.repeat(numbers, own.sizes))


def _pairs(found: npt.NDArray[np.uint64]) -> tuple[DocumentNumbers, DocumentNumbers, DocumentNumbers]:
    """Return the documents found, the texts that found them, both by number, and how often; none is later."""
    is_new = np.ones(len(found), bool)
    np.not_equal(found[1:], found[:-1], out=is_new[1:])
    (begins,) = np.nonzero(is_new)
    right, left = split(found[begins])
    earlier = left < right
    return left[earlier], right[earlier], np.diff(begins, append=len(found))[earlier]


def _with_kin(left: DocumentNumbers, right: DocumentNumbers, kin: DocumentNumbers, numbers: DocumentNumbers) -> Pairs:
    """Return pairs of numbers, with those of all kin with all new texts added."""
    theirs = joined(np.repeat(kin, len(numbers)), np.tile(numbers, len(kin)))
    return split(np.union1d(joined(left, right), theirs))


def _in_corpus(texts: WorkingSet, left: DocumentNumbers, right: DocumentNumbers) -> Pairs:
    """Return pairs of numbers as pairs of places, without those of removed documents."""
    places = texts.places(left), texts.places(right)
    there = (places[0] >= 0) & (places[1] >= 0)
    return places[0][there], places[1][there]


def _identical(left: DocumentNumbers, right: DocumentNumbers) -> Matches:
    n = len(left)
    neither = np.full(n, NEITHER, np.int8)
    return Matches(
        left, right, np.full(n, IDENTICAL, np.int8), np.ones(n), neither, np.repeat(_OF_IDENTICAL, n, axis=1)
    )


def _counted(texts: WorkingSet, close: Matches, min_tokens: int) -> npt.NDArray[np.bool_]:
    """Return which new texts count: those not identical with, or near, an earlier document that counts."""
    counts = np.array([bool(row.counted) for row in texts.rows] + [True] * len(texts.new.lengths))
    counts[texts.first_new :] &= texts.new.lengths >= min_tokens
    for place in np.argsort(close.right, kind="stable").tolist():
        if counts[close.left[place]]:
            counts[close.right[place]] = False
    return counts[texts.first_new :]


def _corpus(tokens: Tokens) -> Corpus:
    return Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:], tokens.fingerprints)
