"""Draw a sample of whole stories, so that what is found among them can be reckoned up for the whole input.

Texts are drawn by a hash of their words. With each text that is drawn its whole story is taken: every text that is
linked with it by copies and updates, directly or through others. So all decisions about a drawn text are those of the
whole run; a sample of single texts would tear copies apart and find hardly any. Everything is read, and word pairs are
counted over everything; only pairs that touch a drawn story are judged.

A story of ``n`` distinct texts is drawn with the probability ``1 - (1 - share) ** n``, and stands for the reciprocal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.candidates.pairs import Bucket, Pairs, split
from dedup.io import Source
from dedup.io.source_part import SourcePart
from dedup.judge.match_table import Matches
from dedup.kernels import leader_clusters as kernel
from dedup.run.exact import DistinctTexts
from dedup.run.findings import Findings, Found
from dedup.run.records import Records
from dedup.schema import UPDATE
from dedup.store.corpus import Corpus
from dedup.store.scratch import release

Bools = npt.NDArray[np.bool_]
Documents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StorySample:
    """The part of a run that a sample takes.

    Parameters
    ----------
    records : Records
        Those of the drawn stories, and the rejected ones.
    places : int64 array, ascending
        Where they are among all records.
    size : int
        All records.
    texts : DistinctTexts
    findings : Findings
    drawn : int
        Texts that were drawn; the others belong to their stories.
    story : int64 array, shape (n_documents,)
        The story of each document, from 0.
    """

    records: Records
    places: npt.NDArray[np.int64]
    size: int
    texts: DistinctTexts
    findings: Findings
    drawn: int
    story: npt.NDArray[np.int64]

    def of_source(self, source: Source) -> Source:
        """Return the source of the records of the sample only."""
        return cast(Source, SourcePart(source, self.places, self.size))

    @property
    def story_of_record(self) -> npt.NDArray[np.int64]:
        """The story of each record; -1 where there is none."""
        return np.append(self.story, -1)[self.texts.document]


def inclusion(sizes: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.float64]:
    """Return the probability of stories of these sizes to be drawn."""
    return np.asarray(1.0 - (1.0 - share) ** sizes)


def drawn_texts(corpus: Corpus, share: float, seed: int) -> Bools:
    """Return which documents are drawn: a share of them, by their words alone, whatever else is in the input."""
    tokens = corpus.tokens.view(np.uint8).data
    places = zip(corpus.starts.tolist(), corpus.ends.tolist(), strict=True)
    hashes = (xxhash.xxh3_64_intdigest(tokens[4 * start : 4 * end], seed) for start, end in places)
    drawn = np.fromiter((value < share * 2**64 for value in hashes), bool, len(corpus))
    release(corpus.tokens)
    return drawn


class GrowingStories:
    """The documents known so far to belong to the stories of the drawn texts.

    Parameters
    ----------
    drawn : bool array, shape (n_documents,)
    family : int64 array, shape (n_documents,)
        The family of each document: of a large one some members meet the others only through it.
    """

    def __init__(self, drawn: Bools, family: Documents) -> None:
        self._drawn = drawn
        self._family = family
        self.members = drawn
        self.grow(Matches.none())

    def grow(self, matches: Matches) -> None:
        """Add what is linked by these matches."""
        root = self._family.copy()
        kernel.connect(*_links(matches), root)
        is_drawn = np.zeros(len(root), bool)
        is_drawn[root[self._drawn]] = True
        self.members = is_drawn[root]

    def touching(self, pairs: Pairs) -> Pairs:
        """Return the pairs of which a side is known to belong to a story."""
        left, right = split(pairs)
        return pairs[self.members[left] | self.members[right]]


def sampled(records: Records, texts: DistinctTexts, findings: Findings, drawn: Bools) -> StorySample:
    """Return what belongs to the stories of the drawn texts.

    Parameters
    ----------
    records : Records
    texts : DistinctTexts
    findings : Findings
        With all matches of these stories.
    drawn : bool array, shape (n_documents,)
    """
    found = findings.rare or findings.near
    root = np.arange(len(drawn))
    if found is not None:
        kernel.connect(*_links(found.matches), root)
    is_drawn = np.zeros(len(root), bool)
    is_drawn[root[drawn]] = True
    (documents,) = np.nonzero(is_drawn[root])
    taken = np.append(is_drawn[root], False)[texts.document]  # those without words have the document -1
    taken[records.rejected.records] = True
    (places,) = np.nonzero(taken)
    number = np.full(len(drawn) + 1, -1)  # the last one is of no document
    number[documents] = np.arange(len(documents))
    own_texts = DistinctTexts(
        replace(texts.corpus, starts=texts.corpus.starts[documents], ends=texts.corpus.ends[documents]),
        texts.segments.take(documents),
        number[texts.document[places]],
        np.searchsorted(places, texts.record[documents]),
    )
    near, rare = (
        None if one is None else _found_among(one, documents, number) for one in (findings.near, findings.rare)
    )
    family = None if findings.root is None else _firsts(findings.root[documents])
    _, story = np.unique(root[documents], return_inverse=True)
    own_findings = Findings(near, rare, family)
    return StorySample(records.take(places), places, len(records), own_texts, own_findings, int(drawn.sum()), story)


def _found_among(found: Found, documents: Documents, number: Documents) -> Found:
    """Return what a pass found among the documents of a sample, which are numbered anew."""
    matches = found.matches
    both = matches.take(np.flatnonzero((number[matches.left] >= 0) & (number[matches.right] >= 0)))
    both = replace(both, left=number[both.left], right=number[both.right])
    hidden = found.hidden
    if hidden is not None:
        hidden = Bucket(hidden.size, int(number[hidden.document])) if number[hidden.document] >= 0 else None
    return Found(both, found.lengths[documents], number[found.met[documents]], hidden)


def _firsts(family: Documents) -> Documents:
    """Return the first document of each family that is in the sample."""
    _, first, which = np.unique(family, return_index=True, return_inverse=True)
    return np.asarray(first[which])


def _links(matches: Matches) -> tuple[Documents, Documents]:
    """Return both sides of the copies and updates."""
    (at,) = np.nonzero(matches.relation <= UPDATE)
    return matches.left[at], matches.right[at]
