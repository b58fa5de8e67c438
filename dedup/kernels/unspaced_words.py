"""Count and write the words of documents: their tokens, except in alphabets that are written without spaces.

There each letter is a token, and a sample takes the place of the words: the sequences of six letters whose hash is a
multiple of four. It is about as long as the words would be, and the same wherever the letters are the same.
"""

from __future__ import annotations

from numba import i8, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.word_pair_sketches import ALPHABETIC, LETTERS
from dedup.kernels.xxh import fmix64

ONE_IN = 4


@inner_kernel
def sample(tokens: Array, start: int, stop: int, words: Array, first: int) -> int:
    """Write the words of ``tokens[start:stop]`` to ``words[first:]``, unless that is empty; return how many."""
    count = i8(0)
    letters = 0
    for at in range(start, stop):
        word = tokens[at]
        if word & u4(ALPHABETIC) != u4(ALPHABETIC):
            letters = 0
        else:
            letters += 1
            if letters < LETTERS:
                continue
            key = u8(0)
            for k in range(at + 1 - LETTERS, at + 1):
                key = fmix64(key ^ u8(tokens[k]))
            if key % u8(ONE_IN) != u8(0):
                continue
            word = u4(key >> u8(32)) | u4(ALPHABETIC)
        if words.size > 0:
            words[first + count] = word
        count += 1
    return count


@kernel
def count_words(tokens: Array, starts: Array, ends: Array, documents: Array, nothing: Array, counts: Array) -> None:
    """Write the number of words of each document to ``counts``: fewer than its tokens, if it has a sample.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which of them to count.
    nothing : uint32 array
        Empty.
    counts : int64 array, shape (n_documents,)
        Where a sample would be empty the tokens are the words.
    """
    for document in documents:
        start, stop = starts[document], ends[document]
        has_letters = u4(0)
        for token in tokens[start:stop]:
            has_letters |= u4(token & u4(ALPHABETIC) == u4(ALPHABETIC))
        found = sample(tokens, start, stop, nothing, 0) if has_letters else 0
        counts[document] = found if found > 0 else stop - start


@kernel
def write_words(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    counts: Array,
    firsts: Array,
    words: Array,
    marks: Array,
) -> None:
    """Write the words of each document, with their fingerprints, from ``firsts`` on; see also `count_words`.

    A sample has none: single letters cannot be forged.
    """
    for document in documents:
        start, stop = starts[document], ends[document]
        if counts[document] < stop - start:
            sample(tokens, start, stop, words, firsts[document])
            marks[firsts[document] : firsts[document] + counts[document]] = 0
        else:
            words[firsts[document] : firsts[document] + stop - start] = tokens[start:stop]
            marks[firsts[document] : firsts[document] + stop - start] = fingerprints[start:stop]
