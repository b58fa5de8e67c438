"""Find families, the versions of one text, so that a story counts once however many outlets carry it.

A story that two hundred outlets carry is one article: its words do not become frequent because of that, and none of its
versions is hidden by the others. Versions are found by passages that they share word for word (a sketch of their runs
of six words). They belong to one family if most of the shorter one is in the longer, both begin the same story, and the
numbers in the same places agree. No measure here depends on which words are rare in the corpus, so that strangers never
meet, however few articles there are.

A family only determines what is counted once and which versions are compared; whether one version is dropped for
another is judged pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Pairs, joined, split
from dedup.candidates.sketch_join import pairs_in_postings
from dedup.candidates.word_pairs import Sketches, blocks
from dedup.judge.differences import contradictions
from dedup.judge.evidence import room_of_pairs
from dedup.judge.furniture import own_prose
from dedup.kernels import leader_clusters as cluster_kernel
from dedup.kernels import passage_coverage as kernel
from dedup.store.corpus import Corpus, Segments
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import Scratch, release
from dedup.store.secret import table_multiplier
from dedup.store.slices import in_slices, in_turn

PASSAGE_SKETCH = 32
OVERLAP = 3
"""Runs of six words that two sketches of `PASSAGE_SKETCH` share for their documents to meet."""

MET = 24
"""How many documents of a posting list each document is compared with: a family gathers around its first documents."""

COVERED, LEAD_COVERED = 0.5, 0.5
"""Least share of the shorter of two versions that is in the longer, and of their leads, as measured by
`dedup.kernels.passage_coverage`."""

ALL_COVERED = 0.97
"""If this share of each of two versions is in the other, they are not aligned: they are the same."""

CONTRADICTED = 0.34
"""The numbers of two versions contradict each other less than this, on the scale of `dedup.judge.evidence`."""

TURNS = 6
"""How often a document that has joined no family yet tries the next one it has met."""

HUBS = 3
"""How often the members of a family are compared with one hub; a member that agrees with none is left alone. Pieces of
a series agree here and there by chance, and would be linked from one to the next."""

STRAGGLED = 0.8
"""If this share of the documents that were linked is a family, the rest counts as part of it: a few dozen oddly cut
versions among thousands would make the words of the story frequent."""

SERIES, OWN_PROSE = 8, 0.12
"""A group of at least `SERIES` documents is a series (a weekly column in one frame) and no family if the median of them
has this share of prose that the longest one lacks."""

LARGE = 32
"""Of a larger family only this number of members, the longest and the first, meet each other and texts of other
families; the others meet those of them that are kept."""


@dataclass(frozen=True, slots=True)
class Families:
    """The family of each document, and the members of each that are compared.

    Parameters
    ----------
    root : int64 array, shape (n_documents,)
        The first document of each one's family; itself where it has none.
    article : int64 array, shape (n_documents,)
        The same, with what nearly belongs to a family in it: documents of which only one is counted.
    met : uint64 array, sorted
        Pairs that share passages enough to be compared: of large families those of delegates only.
    delegates : bool array, shape (n_documents,)
        Which documents are compared at all: all but most of a large family.
    """

    root: npt.NDArray[np.int64]
    article: npt.NDArray[np.int64]
    met: Pairs
    delegates: npt.NDArray[np.bool_]

    def counted(self, articles: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the articles whose words are counted: the longest of each family.

        Parameters
        ----------
        articles : int64 array, ascending
            Distinct ones: near copies left out.
        lengths : int64 array, shape (n_documents,)
        """
        order = np.lexsort((articles, -lengths[articles], self.article[articles]))
        return np.sort(articles[order[_places(self.article[articles][order]) == 0]])


def find_families(
    corpus: Corpus,
    segments: Segments,
    documents: npt.NDArray[np.int64],
    scratch: Scratch,
    threads: int = 1,
    meter: Meter = NO_METER,
) -> Families:
    """Find the families of a corpus by the passages that documents share.

    Parameters
    ----------
    corpus : Corpus
    segments : Segments
        Of the same documents.
    documents : int64 array, ascending
        Those that are compared.
    scratch : Scratch
    threads : int
    meter : Meter
    """
    passages = _sketches(corpus, documents, scratch, threads, meter)
    found = pairs_in_postings(passages, documents, OVERLAP, OVERLAP, MET, scratch, threads, meter)
    scratch.drop("passages")
    pairs = found.pairs
    linked = _joined(corpus, pairs, scratch.memory, threads)
    root = _without_series(corpus, segments, _around_hubs(corpus, linked, scratch.memory, threads))
    sizes = np.bincount(root, minlength=len(corpus))
    is_large = sizes[root] > LARGE
    delegates = ~is_large
    for order in (np.lexsort((-corpus.lengths, root)), np.argsort(root, kind="stable")):
        delegates[order[_places(root[order]) < LARGE // 2]] = True
    left, right = split(pairs)
    same = root[left] == root[right]
    met = pairs[~same | (delegates[left] & delegates[right])]
    return Families(root, _with_stragglers(root, linked), met, delegates)


def _sketches(
    corpus: Corpus, documents: npt.NDArray[np.int64], scratch: Scratch, threads: int, meter: Meter
) -> Sketches:
    hashes = scratch.array("passages", np.uint64)
    sizes = np.empty(len(documents), np.uint16)
    texts = corpus.tokens, corpus.starts, corpus.ends

    def sketch(block: slice) -> npt.NDArray[np.uint64]:
        some = documents[block]
        out = np.empty((len(some), PASSAGE_SKETCH), np.uint64)
        kernel.sketch(*texts, some, out, sizes[block])
        return out

    with meter.bar("shared passages", len(documents), "documents"):
        for made in in_turn(sketch, blocks(corpus.lengths[documents]), threads):
            hashes.append(made.ravel())
            release(corpus.tokens)
            meter.advance(len(made))
    return Sketches(hashes.view().reshape(-1, PASSAGE_SKETCH), sizes)


def _joined(corpus: Corpus, pairs: Pairs, memory: int, threads: int) -> npt.NDArray[np.int64]:
    """Return the first document of the family of each; every document tries some of those it meets, one at a time."""
    root = np.arange(len(corpus))
    left, right = split(pairs)
    order = np.lexsort((left, right))
    left, right = left[order], right[order]
    for _ in range(TURNS):
        apart = root[left] != root[right]
        left, right = left[apart], right[apart]
        if len(left) == 0:
            break
        (first,) = np.nonzero(np.diff(right, prepend=-1))
        tried = joined(left[first], right[first])
        together = tried[are_versions(corpus, tried, memory, threads)]
        cluster_kernel.connect(*split(together), root)
        rest = np.ones(len(left), bool)
        rest[first] = False
        left, right = left[rest], right[rest]
    return root


def _around_hubs(corpus: Corpus, root: npt.NDArray[np.int64], memory: int, threads: int) -> npt.NDArray[np.int64]:
    """Return the families whose members are all versions of one hub: the longest first, then of the rest."""
    agreed = np.arange(len(corpus))
    (left,) = np.nonzero(np.bincount(root, minlength=len(root))[root] > 1)
    for _ in range(HUBS):
        if len(left) == 0:
            break
        order = left[np.lexsort((left, -corpus.lengths[left], root[left]))]
        is_hub = np.diff(root[order], prepend=-1) != 0
        hubs = order[is_hub][np.cumsum(is_hub) - 1][~is_hub]
        others = order[~is_hub]
        one, other = np.minimum(hubs, others), np.maximum(hubs, others)
        in_turn_of = np.lexsort((other, one))
        are = np.empty(len(others), bool)
        are[in_turn_of] = are_versions(corpus, joined(one, other), memory, threads)
        cluster_kernel.connect(hubs[are], others[are], agreed)
        left = np.sort(others[~are])
    return agreed


def _without_series(corpus: Corpus, segments: Segments, root: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the families without series, in which most members have much prose of their own."""
    sizes = np.bincount(root, minlength=len(root))
    (members,) = np.nonzero(sizes[root] >= SERIES)
    if len(members) == 0:
        return root
    order = members[np.lexsort((members, -corpus.lengths[members], root[members]))]
    is_hub = np.diff(root[order], prepend=-1) != 0
    hubs, others = order[is_hub][np.cumsum(is_hub) - 1][~is_hub], order[~is_hub]
    own = own_prose(corpus, segments, others, hubs)
    in_order = np.lexsort((own, root[others]))
    (begins,) = np.nonzero(np.diff(root[others[in_order]], prepend=-1))
    median = own[in_order[(begins + np.append(begins[1:], len(others))) // 2]]
    is_series = np.zeros(len(root), bool)
    is_series[root[others[in_order[begins]]][median >= OWN_PROSE]] = True
    return np.where(is_series[root], np.arange(len(root)), root)


def _with_stragglers(root: npt.NDArray[np.int64], linked: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the families with members added that are linked to them but agree with no hub, if nearly all do."""
    n = len(root)
    agrees = np.bincount(root, minlength=n)[root] > 1
    share = np.bincount(linked, agrees, minlength=n) / np.maximum(np.bincount(linked, minlength=n), 1)
    return np.where(share[linked] >= STRAGGLED, linked, root)


def are_versions(corpus: Corpus, pairs: Pairs, memory: int, threads: int) -> npt.NDArray[np.bool_]:
    """Return which pairs are two versions of one text."""
    left, right = split(pairs)
    measured = np.empty((len(pairs), 3))

    def measure(first: int, last: int) -> None:
        texts = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends
        kernel.coverage(*texts, left[first:last], right[first:last], table_multiplier(), measured[first:last])
        release(corpus.tokens)

    in_slices(measure, len(pairs), threads, *room_of_pairs(corpus.lengths, left, right, memory, threads))
    alike = (measured[:, 0] >= COVERED) & (measured[:, 2] >= LEAD_COVERED)
    # What is nearly all the same has no slots worth a look.
    (at,) = np.nonzero(alike & (measured[:, :2].min(axis=1) < ALL_COVERED))
    agree = contradictions(corpus, corpus.lengths, left[at], right[at], None, threads, memory) < CONTRADICTED
    alike[at[~agree]] = False
    return np.asarray(alike)


def _places(sorted_groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the position of each value within its run of equal ones."""
    (begins,) = np.nonzero(np.diff(sorted_groups, prepend=-1))
    return np.arange(len(sorted_groups)) - np.repeat(begins, np.diff(begins, append=len(sorted_groups)))
