"""Find sentences that recur in documents which are strangers to each other, and remove them."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u2, u4, u8

from dedup.kernels.agreement import RUN, SPARSE, longest_of, runs
from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.hash_table import entry, find, next_stamp, table_bits
from dedup.kernels.word_pair_sketches import two
from dedup.kernels.xxh import fmix64

MULTIPLIER = 0x9E3779B97F4A7C15
WORD_BITS = 18  # of the table in which words are counted
MARKED, PAGE = 40, 15  # words for each mark, two marks at least, in a block that is marked, or wholly of a page
ONE_IN = 8  # word pairs that are sampled
STUB = 12  # words for each mark in a stub; three marks at least
IS_SHORT, IS_MARKED, IS_PAGE = 1, 2, 3
SENTENCE = 12  # words of a segment that is surely one
PROSE = 6  # words of a segment that is a sentence and no label
FEW_WORDS = 40  # of prose beside what recurs, which distinguish one article from another


@kernel
def segment_hashes(
    tokens: Array, starts: Array, documents: Array, stops: Array, firsts: Array, lasts: Array, out: Array
) -> None:
    """Hash the segments of documents, one after the other; parameters as in `dedup.store.corpus.Segments`."""
    count = i8(0)
    for document in documents:
        start = starts[document]
        begin = i8(0)
        for at in range(firsts[document], lasts[document]):
            stop = i8(stops[at])
            key = u8(stop - begin)
            for token in tokens[start + begin : start + stop]:
                key = (key ^ u8(token)) * u8(MULTIPLIER)
                key ^= key >> u8(29)
            out[count] = key
            count += 1
            begin = stop


@kernel
def count_hashes(hashes: Array, counts: Array) -> None:
    """Count hashes in a table of bytes, a power of two long, that saturates."""
    mask = u8(counts.size - 1)
    for key in hashes:
        slot = key >> u8(20) & mask
        counts[slot] += u1(counts[slot] < u1(255))


@kernel
def count_words(tokens: Array, starts: Array, ends: Array, documents: Array, counts: Array) -> None:
    """Count in how many of the documents each word occurs; ``counts`` is uint16, shape (2 ** WORD_BITS,)."""
    last = np.full(counts.size, -1)
    for document in documents:
        for token in tokens[starts[document] : ends[document]]:
            slot = word_slot(token)
            counts[slot] += u2(last[slot] != document)
            last[slot] = document


@inlined_kernel
def word_slot(token: int) -> int:
    """Return the slot in which a word is counted."""
    return i8(u8(token) * u8(MULTIPLIER) >> u8(64 - WORD_BITS))


@kernel
def speak_as_pages(tokens: Array, starts: Array, ends: Array, documents: Array, marks: Array) -> Array:
    """Return which documents have at least one word in STUB, and at least three, that are typical of pages."""
    found = np.zeros(documents.size, np.bool_)
    for row in range(documents.size):
        text = tokens[starts[documents[row]] : ends[documents[row]]]
        count = i8(0)
        for token in text:
            count += i8(marks[word_slot(token)])
        found[row] = count >= 3 and STUB * count >= text.size
    return found


@kernel
def qualify(
    tokens: Array,
    starts: Array,
    documents: Array,
    stops: Array,
    firsts: Array,
    lasts: Array,
    recurs: Array,
    marks: Array,
    qualifies: Array,
) -> None:
    """Flag the segments of documents that may be furniture, by the blocks in which they lie.

    Parameters
    ----------
    tokens, starts, documents, stops, firsts, lasts
        As for `segment_hashes`.
    recurs : uint8 array
        Of the segments of the documents, one after the other: 0 if no other document has it, 1 if one has, 2 if
        more have.
    marks : bool array, shape (2 ** WORD_BITS,)
        Words of pages, by `word_slot`.
    qualifies : uint8 array, like ``recurs``, all zero
        Receives IS_MARKED, or IS_PAGE, where a segment lies in a block of recurring ones that is marked; IS_SHORT where
        it lies in one of those that more than two have, which is no longer than the prose of the rest. The rest of a
        document is what is neither. Of a marked block a part is not, if its words are more than MARKED times its marks
        by FEW_WORDS, and by more than all the prose of the rest.
    """
    count = i8(0)
    for document in documents:
        start, first, last = starts[document], firsts[document], lasts[document]
        here = recurs[count : count + last - first]
        flags = qualifies[count : count + last - first]
        k = i8(0)
        while k < last - first:
            block = k
            while block < last - first and here[block] > 0:
                block += 1
            if block == k:
                k += 1
                continue
            begin = i8(stops[first + k - 1]) if k > 0 else i8(0)
            stop = i8(stops[first + block - 1])
            n_marks = marks_of(tokens[start + begin : start + stop], marks)
            if n_marks >= 2 and MARKED * n_marks >= stop - begin:
                flags[k:block] = IS_PAGE if PAGE * n_marks >= stop - begin else IS_MARKED
            k = block
        # A story beside a notice that all its outlets print is one block with it.
        own = prose_of(stops[first:last], here, flags)
        k = i8(0)
        while k < last - first:
            block = k
            most = total = i8(0)
            unmarked = unmarked_stop = since = k
            while block < last - first and flags[block] >= IS_MARKED:
                begin = i8(stops[first + block - 1]) if block > 0 else i8(0)
                stop = i8(stops[first + block])
                total += stop - begin - MARKED * marks_of(tokens[start + begin : start + stop], marks)
                block += 1
                if total <= 0:
                    total, since = i8(0), block
                elif total > most:
                    most, unmarked, unmarked_stop = total, since, block
            if most > max(own, FEW_WORDS):
                flags[unmarked:unmarked_stop] = 0
            k = max(block, k + 1)
        prose = prose_of(stops[first:last], here, flags)
        k = i8(0)
        while k < last - first:
            block = k
            while block < last - first and here[block] == 2 and flags[block] < IS_MARKED:
                block += 1
            if block == k:
                k += 1
                continue
            begin = i8(stops[first + k - 1]) if k > 0 else i8(0)
            if prose >= FEW_WORDS and i8(stops[first + block - 1]) - begin <= prose:
                flags[k:block] = IS_SHORT
            k = block
        count += last - first


@inner_kernel
def marks_of(text: Array, marks: Array) -> int:
    """Count the words of pages."""
    count = i8(0)
    for token in text:
        count += i8(marks[word_slot(token)])
    return count


@inner_kernel
def prose_of(stops: Array, recurs: Array, flags: Array) -> int:
    """Count the words of the sentences that at most two documents have, outside of marked blocks."""
    count = begin = i8(0)
    for k in range(stops.size):
        stop = i8(stops[k])
        if recurs[k] < 2 and flags[k] < IS_MARKED and stop - begin >= PROSE:
            count += stop - begin
        begin = stop
    return count


@kernel
def survey(
    tokens: Array,
    starts: Array,
    documents: Array,
    stops: Array,
    firsts: Array,
    lasts: Array,
    is_rest: Array,
    word_counts: Array,
    rare_words: int,
    words: Array,
    word_sizes: Array,
    rest_pairs: Array,
    all_pairs: Array,
    pair_sizes: Array,
) -> None:
    """Sketch the rest of each document, without recurring text, by its rare words and its word pairs.

    Parameters
    ----------
    tokens, starts, documents, stops, firsts, lasts
        As for `segment_hashes`.
    is_rest : bool array
        Of the segments of the documents, one after the other.
    word_counts : uint16 array
        From `count_words`.
    rare_words : int
        A word is rare if no more documents have it.
    words : uint64 array, shape (len(documents), n)
        Receives the smallest hashes of rare words of the rest, in ascending order.
    word_sizes : uint16 array, shape (len(documents),)
        Receives how many.
    rest_pairs, all_pairs : uint32 array, shape (len(documents), n)
        Receive hashes of one in `ONE_IN` word pairs of the rest, and of the whole document, ascending.
    pair_sizes : uint16 array, shape (2, len(documents))
        Receives how many of either.
    """
    count = i8(0)
    width = words.shape[1]
    for row in range(documents.size):
        document = documents[row]
        start = starts[document]
        kept = n_rest = n_all = i8(0)
        least = words[row]
        begin = i8(0)
        for at in range(firsts[document], lasts[document]):
            stop = i8(stops[at])
            for place in range(start + begin, start + stop - 1):
                pair = two(tokens[place], tokens[place + 1])
                if pair & u8(ONE_IN - 1) == u8(0):
                    if n_all < all_pairs.shape[1]:
                        all_pairs[row, n_all] = u4(pair >> u8(32))
                        n_all += 1
                    if is_rest[count] and n_rest < rest_pairs.shape[1]:
                        rest_pairs[row, n_rest] = u4(pair >> u8(32))
                        n_rest += 1
            if is_rest[count]:
                for token in tokens[start + begin : start + stop]:
                    if token & u4(3) != u4(2) and word_counts[word_slot(token)] <= rare_words:
                        kept = keep_least(least, kept, width, fmix64(u8(token)))
            begin = stop
            count += 1
        word_sizes[row] = kept
        rest_pairs[row, :n_rest].sort()
        all_pairs[row, :n_all].sort()
        pair_sizes[0, row] = n_rest
        pair_sizes[1, row] = n_all


@inlined_kernel
def keep_least(least: Array, count: int, width: int, value: int) -> int:
    """Insert a value among the ``count`` smallest distinct ones, ascending, of at most ``width``."""
    if count == width and value >= least[width - 1]:
        return count
    at = count
    while at > 0 and least[at - 1] > value:
        at -= 1
    if at > 0 and least[at - 1] == value:
        return count
    stop = min(count, width - 1)
    for k in range(stop, at, -1):
        least[k] = least[k - 1]
    least[at] = value
    return min(count + 1, width)


@kernel
def strangers(
    begins: Array,
    rows: Array,
    words: Array,
    sizes: Array,
    rest_pairs: Array,
    all_pairs: Array,
    pair_sizes: Array,
    most: int,
    least_words: int,
    related: float,
    retold: float,
    enough: int,
) -> Array:
    """Count, up to ``enough``, how many documents of each group have nothing to do with one another.

    Parameters
    ----------
    begins : int64 array, shape (n_groups + 1,)
        Group ``i`` holds the rows ``rows[begins[i]:begins[i + 1]]``.
    rows : int64 array
    words : uint64 array, shape (n_rows, n)
        As from `survey`.
    sizes : uint16 array, shape (n_rows,)
    rest_pairs, all_pairs, pair_sizes
        As from `survey`.
    most : int
        Documents of a group that are compared, spread evenly over it.
    least_words : int
        A document with fewer rare words cannot be distinguished from the others.
    related : float
        Documents that share this part of the smaller one's rare words are related.
    retold : float
        So are documents one of which has this share of the word pairs of the other's rest, anywhere: versions of one
        text, each with other sentences changed.
    enough : int
    """
    found = np.zeros(begins.size - 1, np.int64)
    chosen = np.empty(enough, np.int64)
    for group in range(found.size):
        size = begins[group + 1] - begins[group]
        count = i8(0)
        looks = min(size, most)
        for look in range(looks):
            row = rows[begins[group] + look * size // looks]
            if sizes[row] < least_words:
                continue
            is_stranger = True
            for k in range(count):
                other = chosen[k]
                shared = common(words[row], sizes[row], words[other], sizes[other])
                is_stranger &= shared < 2 or shared < related * min(sizes[row], sizes[other])
                here, there = i8(pair_sizes[0, row]), i8(pair_sizes[0, other])
                shared = common(rest_pairs[row], here, all_pairs[other], i8(pair_sizes[1, other]))
                shared += common(rest_pairs[other], there, all_pairs[row], i8(pair_sizes[1, row]))
                is_stranger &= shared < 2 or shared < retold * (here + there)
                if not is_stranger:
                    break
            if is_stranger:
                chosen[count] = row
                count += 1
                if count == enough:
                    break
        found[group] = count
    return found


@inner_kernel
def common(x: Array, x_size: int, y: Array, y_size: int) -> int:
    """Count the values that two ascending lists share."""
    shared = i = j = i8(0)
    while i < x_size and j < y_size:
        if x[i] == y[j]:
            shared += 1
            i += 1
            j += 1
        elif x[i] < y[j]:
            i += 1
        else:
            j += 1
    return shared


@kernel
def strip(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    stops: Array,
    firsts: Array,
    lasts: Array,
    is_furniture: Array,
    least: int,
    out: Array,
    out_fingerprints: Array,
    out_ends: Array,
    out_stops: Array,
    out_stop_ends: Array,
) -> None:
    """Write documents without their furniture, one after the other.

    Parameters
    ----------
    tokens, starts, documents, stops, firsts, lasts
        As for `segment_hashes`.
    fingerprints : uint16 array
        Of the tokens.
    ends : int64 array
    is_furniture : bool array
        Of the segments of the documents, one after the other.
    least : int
        A document of which fewer words are left is furniture itself: it stays as it is.
    out : uint32 array
    out_fingerprints : uint16 array
    out_ends : int64 array, shape (len(documents),)
        Receives where each ends in ``out``.
    out_stops, out_stop_ends
        Receive the same for the segments that are left, and where those of each document end.
    """
    count = at = n_stops = i8(0)
    for row in range(documents.size):
        document = documents[row]
        start = starts[document]
        before, stops_before = at, n_stops
        begin = i8(0)
        for k in range(firsts[document], lasts[document]):
            stop = i8(stops[k])
            if not is_furniture[count]:
                size = stop - begin
                for k in range(size):
                    out[at + k] = tokens[start + begin + k]
                    out_fingerprints[at + k] = fingerprints[start + begin + k]
                at += size
                out_stops[n_stops] = at - before
                n_stops += 1
            count += 1
            begin = stop
        if at - before < least:
            at, n_stops = before, stops_before
            size = ends[document] - start
            for k in range(size):
                out[at + k] = tokens[start + k]
                out_fingerprints[at + k] = fingerprints[start + k]
            at += size
            for k in range(firsts[document], lasts[document]):
                out_stops[n_stops] = stops[k]
                n_stops += 1
        out_ends[row] = at
        out_stop_ends[row] = n_stops


@kernel
def own_prose(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    stops: Array,
    firsts: Array,
    lasts: Array,
    marks: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Measure the share of sentences of the left document of each pair that the right one lacks.

    Parameters
    ----------
    tokens, starts, ends, stops, firsts, lasts
        As for `segment_hashes`.
    fingerprints : uint16 array
        Of the tokens.
    marks : bool array
        As for `qualify`.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``right``.
    multiplier : int
        That of `dedup.kernels.agreement.find`.
    out : float64 array, shape (n_pairs,)
        The words in segments less than a third of which is in the other document, in runs of five, over all words plus
        SENTENCE; only segments of at least SENTENCE words and at most one mark count.
    """
    longest = max(longest_of(starts, ends, left), longest_of(starts, ends, right))
    passages = np.zeros(1 << table_bits(SPARSE * longest), np.uint64)
    hashes = np.zeros(longest, np.uint64)
    covered = np.zeros(longest + 5, np.uint8)
    stamp = 0
    mask = u8(0)
    for q in range(left.size):
        x = tokens[starts[left[q]] : ends[left[q]]]
        if q == 0 or right[q] != right[q - 1]:
            y = tokens[starts[right[q]] : ends[right[q]]]
            y_marks = fingerprints[starts[right[q]] : ends[right[q]]]
            stamp = next_stamp(stamp, passages)
            mask = u8((1 << table_bits(SPARSE * y.size)) - 1)
            for i in range(runs(y, y_marks, hashes, multiplier)):
                wanted = entry(hashes[i], stamp)
                passages[find(passages, wanted, mask, u8(multiplier))] = wanted
        x_marks = fingerprints[starts[left[q]] : ends[left[q]]]
        covered[: x.size] = 0
        for i in range(runs(x, x_marks, hashes, multiplier)):
            wanted = entry(hashes[i], stamp)
            if passages[find(passages, wanted, mask, u8(multiplier))] == wanted:
                covered[i : min(i + RUN, x.size)] = 1
        own = total = i8(0)
        begin = i8(0)
        for k in range(firsts[left[q]], lasts[left[q]]):
            stop = i8(stops[k])
            if stop - begin >= SENTENCE:
                n_marks = count = i8(0)
                for i in range(begin, stop):
                    n_marks += i8(marks[word_slot(x[i])])
                    count += i8(covered[i])
                if n_marks <= 1:
                    total += stop - begin
                    own += stop - begin if 3 * count < stop - begin else 0
            begin = stop
        out[q] = own / (total + SENTENCE)
