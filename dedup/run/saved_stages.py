"""Compute and save the stages of matching that are done once for all documents."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dedup.candidates import background, word_pairs
from dedup.candidates.word_pairs import RarePairs, Sketches
from dedup.judge import families, furniture, rewrite_crowds
from dedup.judge.families import Families
from dedup.judge.furniture import StrippedDocuments
from dedup.run.context import RunContext
from dedup.run.exact import DistinctTexts
from dedup.store.corpus import Corpus, Segments

T = TypeVar("T", bound=np.generic)

Documents = npt.NDArray[np.int64]


def bodies_of(texts: DistinctTexts, context: RunContext) -> tuple[Corpus, Segments]:
    """Return the documents without the furniture of their pages, and their segments."""
    corpus, segments, checkpoint = texts.corpus, texts.segments, context.checkpoint
    arrays = checkpoint.load("furniture")
    if arrays is None:
        found = furniture.strip_furniture(corpus, segments, context.threads, context.progress)
        arrays = found.documents, found.tokens, found.fingerprints, found.ends, found.stops, found.stop_ends
        arrays = checkpoint.save("furniture", arrays)
    left = StrippedDocuments(*arrays)
    if len(left.documents) == 0:
        return corpus, segments
    begins = corpus.starts, corpus.ends
    tokens, starts, ends = _appended(context, "tokens", left.tokens, left.documents, left.ends, *begins)
    marks, _, _ = _appended(context, "fingerprints", left.fingerprints, left.documents, left.ends, *begins)
    places = left.stops, left.documents, left.stop_ends, segments.firsts, segments.lasts
    return Corpus(tokens, starts, ends, marks), Segments(*_appended(context, "segments", *places))


def _appended(
    context: RunContext,
    name: str,
    values: npt.NDArray[T],
    documents: Documents,
    ends: npt.NDArray[np.int64],
    all_starts: npt.NDArray[np.int64],
    all_ends: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[T], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Append values of some documents to those of all, in the same scratch file; return where each document's are.

    They are no part of what is saved: a process that resumes appends them again.
    """
    array = context.scratch[name]
    first = len(array)
    array.append(values)
    starts, stops = all_starts.copy(), all_ends.copy()
    stops[documents] = first + ends
    starts[documents] = first + np.concatenate([[0], ends[:-1]])
    return array.view(), starts, stops


def families_of(bodies: Corpus, segments: Segments, compared: Documents, context: RunContext) -> Families:
    """Return the families of versions among the compared documents."""
    arrays = context.checkpoint.load("families")
    if arrays is None:
        room = context.scratch, context.threads, context.progress
        found = families.find_families(bodies, segments, compared, *room)
        arrays = context.checkpoint.save("families", (found.root, found.article, found.met, found.delegates))
    return Families(*arrays)


def rare_pairs_of(
    bodies: Corpus, counted: Documents, compared: Documents, context: RunContext
) -> tuple[Sketches, RarePairs]:
    """Return the sketches of the compared documents, and the rare word pairs of all documents.

    Counted over distinct articles: a story carried by hundreds would make its own words frequent. Of crowds of rewrites
    only a part is counted, for the same reason; then all is looked up a second time.
    """
    step, scratch, threads = "word pairs", context.scratch, context.threads
    arrays = context.checkpoint.load(step, word_pairs.SCRATCH)
    if arrays is None:
        sketches, crowd_sketches, listed = _sketched(bodies, counted, compared, context)
        left = rewrite_crowds.thinned_articles(bodies, crowd_sketches, compared, counted, scratch, threads)
        if len(left) < len(counted):
            sketches, _, listed = _sketched(bodies, left, compared, context)
        scratch.drop("crowd sketches")
        arrays = sketches.sizes, listed.firsts, listed.lasts, listed.words, listed.is_unspaced
        arrays = context.checkpoint.save(step, arrays, word_pairs.SCRATCH)
    return word_pairs.from_scratch(context.params, scratch, *arrays)


def _sketched(
    bodies: Corpus, articles: Documents, compared: Documents, context: RunContext
) -> tuple[Sketches, Sketches, RarePairs]:
    """Count the word pairs of the articles, and sketch all documents that are compared by them."""
    bits = word_pairs.frequency_bits(int(bodies.lengths.sum()), context.memory)
    frequencies = word_pairs.pair_frequencies(bodies, articles, bits, context.threads, context.progress)
    background.count_in(frequencies, len(articles))
    room = context.scratch, context.threads
    return word_pairs.sketches(bodies, compared, frequencies, context.params, *room, meter=context.progress)
