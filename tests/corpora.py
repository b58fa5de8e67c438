"""Texts as the stages after reading take them."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pyarrow as pa

from dedup.candidates import word_pairs
from dedup.params import Params
from dedup.store.corpus import Corpus, Segments
from dedup.store.scratch import Scratch
from dedup.text.tokens import encode, tokenise


def corpus_of(texts: list[str]) -> Corpus:
    """Return texts as documents 0, 1, 2 ..."""
    tokens = tokenise(pa.array([encode(text) for text in texts], pa.large_binary()))
    return Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:], tokens.fingerprints)


def segmented(texts: list[str]) -> tuple[Corpus, Segments]:
    """Return texts as documents, and their sentences and lines."""
    tokens = tokenise(pa.array([encode(text) for text in texts], pa.large_binary()))
    lasts = np.cumsum(tokens.segment_counts)
    segments = Segments(tokens.segments, lasts - tokens.segment_counts, lasts)
    return Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:], tokens.fingerprints), segments


def sketched(
    corpus: Corpus,
    documents: np.ndarray,
    frequencies: np.ndarray,
    params: Params,
    threads: int = 1,
    block_tokens: int = word_pairs.BLOCK_TOKENS,
) -> tuple:
    """Return sketches and frequencies at tokens, the scratch files closed."""
    with closing(Scratch()) as scratch:
        found, _, rare_pairs = word_pairs.sketches(
            corpus, documents, frequencies, params, scratch, threads, block_tokens
        )
        return found, rare_pairs


def all_pairs(n: int) -> np.ndarray:
    """Return every pair of n documents."""
    return np.array([a << 32 | b for a in range(n) for b in range(a + 1, n)], np.uint64)
