"""Fold a batch of UTF-8 texts, split them into tokens, and hash these, in one pass.

A document is first folded into a small buffer that stays in the cache: tokens as UTF-8, anything else as bytes up to a
space, a mark before a token that is a character. Then its words are found 64 bytes at a time and hashed.
"""

from __future__ import annotations

from numba import i8, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.hyphens import HYPHENS, divided
from dedup.kernels.simd import (
    BLOCK,
    LINE,
    LINES,
    STOP,
    STOPS,
    above_space,
    equal_to,
    fold_ascii,
    set_bits,
    trailing_zeros,
)
from dedup.kernels.xxh import P5, avalanche, fmix64, load32, store32, tail_byte, tail_word, xxh32

SEPARATOR, LETTER, CHARACTER, DROPPED, SEQUENCE = range(5)  # as in dedup.text.folding
SPACE = 32
ASCII_STOPS, ASCII_LINES = tuple(STOPS), tuple(LINES)  # as fold_ascii takes them, many at a time
FULL_STOPS = (0x3002, 0xFF01, 0xFF1F, 0x0964, 0x06D4, 0x061F, 0x2026)  # of Chinese, Hindi, Urdu, Arabic; three dots
REPLACEMENT = 0xFFFD  # what a decoder has put for bytes that it could not read
MARK = 1  # before a character; its two lowest bits become those of the token hash, and a space has none of them
ALPHABET_MARK = 3  # the same where the character is of an alphabet
ALPHABET_LEADS = (0xE0, 0xE1, 0xEA)  # first bytes of Thai, Lao, Khmer and Myanmar, and of no other character
PIECE = 64 * BLOCK  # what is split at a time, so that it is still in the cache when it is hashed
AT_ONCE = 8  # borders of tokens that are written at once, even if there are fewer
WEIGHED = 256  # tokens whose keyed hashes are summed up with a weight each
WEIGHTS = 8  # numbers of a key before the weights, of which there are two for each place
KEY_NUMBERS = WEIGHTS + 2 * WEIGHED
PAD = 2 * BLOCK  # bytes after a buffer's end that blocks may touch


@inner_kernel
def decode(data: Array, at: int, stop: int) -> tuple[int, int]:
    """Return the code point at ``data[at]`` and its length; (-1, 1) if the bytes are not UTF-8."""
    lead = i8(data[at])
    if lead < 0xC2 or lead > 0xF4:
        return (lead, 1) if lead < 0x80 else (-1, 1)
    length = 2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)
    if at + length > stop:
        return -1, 1
    code = lead & (0x7F >> length)
    for k in range(1, length):
        byte = i8(data[at + k])
        if byte & 0xC0 != 0x80:
            return -1, 1
        code = code << 6 | byte & 0x3F
    overlong = (length == 3 and code < 0x800) or (length == 4 and code < 0x10000)
    if overlong or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return -1, 1
    return code, length


@inner_kernel
def put(entry: int, data: Array, source: int, length: int, folded: Array, at: int) -> int:
    """Write one folded character, unchanged if its entry has no bytes; return the position after it."""
    kind = entry >> u8(40)
    if kind == DROPPED:
        return at
    if kind == SEPARATOR:
        folded[at] = SPACE
        return at + 1
    before = at
    if kind == CHARACTER:
        at += 1
    size = i8((entry >> u8(32)) & u8(255))
    # Four bytes even if there are fewer: the following ones are overwritten later.
    if size > 0:
        store32(u4(entry), folded, at)
        at += size
    elif source + 4 <= data.size:
        store32(load32(data, source), folded, at)
        at += length
    else:
        for k in range(length):
            folded[at + k] = data[source + k]
        at += length
    if kind == CHARACTER:
        folded[before] = ALPHABET_MARK if folded[before + 1] in ALPHABET_LEADS else MARK
        folded[at] = SPACE
        at += 1
    return at


@kernel
def fold(data: Array, start: int, stop: int, page_of: Array, pages: Array, sequences: Array, folded: Array) -> int:
    """Fold ``data[start:stop]`` into ``folded``, from its second byte on.

    Returns the position after the last byte written, -1 if ``folded`` is too small. A code point takes at most twice
    its bytes, but for sequences, which check.
    """
    folded[0] = SPACE
    at = i8(1)
    position = i8(start)
    if at + 2 * (stop - position) + PAD > folded.size:
        return i8(-1)
    while position < stop:
        if position + BLOCK <= data.size:
            foreign = fold_ascii(data, position, folded, at)
            size = min(i8(BLOCK), stop - position)
            span = size
            beyond = i8(0)  # bytes of the last code point that lie in the next block
            while foreign != u8(0) and trailing_zeros(foreign) < size:
                first = trailing_zeros(foreign)
                code, length = decode(data, position + first, stop)
                if code < 0 or code == REPLACEMENT or pages[page_of[code >> 8], code & 255] >> u8(40) != SEPARATOR:
                    span = first
                    break
                if code <= HYPHENS[-1] and code in HYPHENS and divided(data, start, position + first, stop) > 0:
                    span = first
                    break
                # Its bytes are spaces already: most that is not ASCII in English are quotes and dashes.
                if code in FULL_STOPS:
                    folded[at + first] = STOP
                beyond = max(i8(0), i8(first) + length - size)
                foreign &= ~(((u8(1) << u8(length)) - u8(1)) << u8(first))
            at += span
            if span == size:
                position += span + beyond
                continue
            position += span
        # One code point the slow way, and the following ones while they are not ASCII.
        while position < stop:
            code, length = decode(data, position, stop)
            entry = u8(0) if code < 0 else pages[page_of[code >> 8], code & 255]
            if code < 0 or code == REPLACEMENT:
                # Bytes of an unknown encoding are letters of it: the words stay apart, though nobody can read them.
                entry = u8(LETTER) << u8(40)
            kind = entry >> u8(40)
            if kind == LETTER:  # the first test, because nearly all are
                at = put(entry, data, position, length, folded, at)
            elif kind == SEQUENCE:
                count = i8((entry >> u8(32)) & u8(255))
                first = i8(entry & u8(0xFFFFFFFF))
                if at + 6 * count + 2 * (stop - position) + PAD > folded.size:
                    return i8(-1)
                for k in range(first, first + count):
                    at = put(sequences[k], data, position, length, folded, at)
            else:
                if code in HYPHENS:
                    left_out = divided(data, start, position, stop)
                    if left_out > 0:  # the word goes on in the next line
                        position += left_out
                        break
                at = put(entry, data, position, length, folded, at)
                if code in FULL_STOPS or code in ASCII_STOPS:
                    folded[at - 1] = STOP
                elif code in ASCII_LINES:
                    folded[at - 1] = LINE
            position += length
            if position < stop and data[position] < 128:
                break
    return at


@inlined_kernel
def choose(condition: bool, yes: int, no: int) -> int:
    """Return ``yes`` if the condition holds, else ``no``, without a branch."""
    mask = u4(u4(0) - u4(condition))
    return u4((yes & mask) | (no & u4(~mask)))


@inner_kernel
def find_tokens(folded: Array, first: int, last: int, borders: Array, count: int) -> int:
    """Append where tokens start and end in ``folded[first:last]``, whole blocks, to the ``count`` borders.

    Starts and ends alternate: an odd count means that the last token continues after ``last``. Returns the new count.
    """
    inside = u8(count & 1)
    for block in range(first, last, BLOCK):
        words = above_space(folded, block)
        turns = words ^ ((words << u8(1)) | inside)
        inside = words >> u8(63)
        stop = count + set_bits(turns)
        while count < stop:
            # As many without checking what is left, which cannot be predicted; superfluous ones are overwritten.
            for k in range(AT_ONCE):
                borders[count + k] = block + trailing_zeros(turns)
                turns &= turns - u8(1)
            count += AT_ONCE
        count = stop
    return count


@inner_kernel
def find_segments(folded: Array, stop: int, first: int, segments: Array, count: int) -> int:
    """Append how many tokens of a folded text precede each end of a sentence or line that follows any.

    Parameters
    ----------
    folded : uint8 array
        Words to be from its second byte on; spaces from ``stop`` on.
    stop, first : int
        ``segments[first:count]`` are those of this text that there are.
    segments : uint32 array
    count : int

    Returns
    -------
    int
        The new count; the last one is the number of all tokens, if there are any.
    """
    before = u8(0)
    n_tokens = i8(0)
    last = i8(0)
    for block in range(1, stop + 1, BLOCK):
        words = above_space(folded, block)
        ends = ~words & ((words << u8(1)) | before)
        before = words >> u8(63)
        stops = equal_to(folded, block, u1(STOP))
        breaks = stops | equal_to(folded, block, u1(LINE))
        while breaks != u8(0):
            lowest = breaks & (u8(0) - breaks)
            breaks ^= lowest
            # A point before a digit is part of a number. Before a letter it may end a sentence: spaces get lost.
            following = folded[block + i8(trailing_zeros(lowest)) + 1]
            if stops & lowest and u1(following - u1(48)) < u1(10):
                continue
            here = n_tokens + i8(set_bits(ends & (lowest | (lowest - u8(1)))))
            if here > last:
                segments[count] = here
                count += 1
                last = here
        n_tokens += i8(set_bits(ends))
    if n_tokens > last:
        segments[count] = n_tokens
        count += 1
    return count


@inner_kernel
def hash_tokens(
    folded: Array, borders: Array, count: int, key: Array, tokens: Array, first: int, room: Array, keyed: Array
) -> None:
    """Write the hash of each token between ``borders`` to ``tokens[first:]``, and its keyed hash to ``keyed``.

    The hash is XXH32, but for its two lowest bits, which distinguish characters and numbers from other words. Nearly
    all words are under 16 bytes: they take every step and keep the result of those that apply, many side by side, as
    their bytes have been laid out in ``room`` (uint32, six rows) for that. The few longer ones are hashed once more.
    """
    size_of, word1_of, word2_of, word3_of, rest_of, mark_of = room[0], room[1], room[2], room[3], room[4], room[5]
    n_tokens = count >> 1
    for k in range(n_tokens):
        start = borders[2 * k]
        size = borders[2 * k + 1] - start
        size_of[k] = size
        word1_of[k] = load32(folded, start)
        word2_of[k] = load32(folded, start + 4)
        word3_of[k] = load32(folded, start + 8)
        rest_of[k] = load32(folded, start + (size & ~3))
        mark_of[k] = folded[start - 1] & u1(3)
    hashes = tokens[first : first + n_tokens]
    for k in range(n_tokens):
        size, rest = size_of[k], rest_of[k]
        digest = u4(P5 + size)
        digest = choose(size >= u4(4), tail_word(digest, word1_of[k]), digest)
        digest = choose(size >= u4(8), tail_word(digest, word2_of[k]), digest)
        digest = choose(size >= u4(12), tail_word(digest, word3_of[k]), digest)
        left = size & u4(3)
        digest = choose(left >= u4(1), tail_byte(digest, rest & u4(255)), digest)
        digest = choose(left >= u4(2), tail_byte(digest, (rest >> u4(8)) & u4(255)), digest)
        digest = choose(left >= u4(3), tail_byte(digest, (rest >> u4(16)) & u4(255)), digest)
        is_number = u4(u4(word1_of[k] & u4(255)) - u4(ord("0"))) < u4(10)
        hashes[k] = with_flags(avalanche(digest), u4(mark_of[k] | u4(u4(is_number) << u4(1))))
    a, b, c, d = u4(key[0]), u4(key[1]), u4(key[2]), u4(key[3])
    by_size, by_hash, spread = key[4], key[5], key[6]
    for k in range(n_tokens):
        size = size_of[k]
        word1 = choose(size >= u4(4), word1_of[k], 0)
        word2 = choose(size >= u4(8), word2_of[k], 0)
        word3 = choose(size >= u4(12), word3_of[k], 0)
        rest = rest_of[k] & u4((u4(1) << u4((size & u4(3)) << u4(3))) - u4(1))
        value = u8(u4(word1 + a)) * u8(u4(word2 + b)) + u8(u4(word3 + c)) * u8(u4(rest + d))
        value += u8(size) * by_size + u8(hashes[k]) * by_hash
        keyed[k] = (value ^ (value >> u8(32))) * spread
    for k in range(n_tokens):
        if size_of[k] >= u4(16):
            start = borders[2 * k]
            stop = start + i8(size_of[k])
            hashes[k] = with_flags(xxh32(folded, start, stop), hashes[k] & u4(3))
            keyed[k] = keyed_hash_of_long(folded, start, stop, key, hashes[k])


@inner_kernel
def keyed_hash_of_long(folded: Array, start: int, stop: int, key: Array, token: int) -> int:
    """Return the keyed hash of a token of sixteen bytes or more."""
    value = u8(stop - start) * key[4] + u8(token) * key[5]
    for at in range(start, stop, 8):
        word = u8(0)
        for k in range(min(8, stop - at)):
            word |= u8(folded[at + k]) << u8(8 * k)
        value = fmix64(value ^ (word + key[7]))
    return u8((value ^ (value >> u8(32))) * key[6])


@inner_kernel
def weigh(keyed: Array, count: int, before: int, key: Array, digest: Array) -> None:
    """Add the keyed hashes of the next tokens of a document to its digest.

    Sums with secret weights, mixed after each `WEIGHED` tokens: one for either half.

    Parameters
    ----------
    keyed : uint64 array
    count, before : int
        How many, and how many tokens of the document were taken before.
    key : uint64 array
    digest : uint64 array, shape (2,)
    """
    done = i8(0)
    while done < count:
        place = (before + done) % WEIGHED
        many = min(count - done, WEIGHED - place)
        high, low = digest[0], digest[1]
        some = keyed[done : done + many]
        weights_high = key[WEIGHTS + place : WEIGHTS + place + many]
        weights_low = key[WEIGHTS + WEIGHED + place : WEIGHTS + WEIGHED + place + many]
        for k in range(many):
            high += some[k] * weights_high[k]
            low += some[k] * weights_low[k]
        if place + many == WEIGHED:
            high, low = fmix64(high + key[6]), fmix64(low + key[7])
        digest[0], digest[1] = high, low
        done += many


@inlined_kernel
def with_flags(digest: int, flags: int) -> int:
    """Return the digest with its two lowest bits replaced."""
    return u4(u4(digest & u4(0xFFFFFFFC)) | flags)


@kernel
def tokenise(
    data: Array,
    offsets: Array,
    first: int,
    last: int,
    page_of: Array,
    pages: Array,
    sequences: Array,
    folded: Array,
    borders: Array,
    room: Array,
    key: Array,
    keyed: Array,
    tokens: Array,
    fingerprints: Array,
    digests: Array,
    token_ends: Array,
    segments: Array,
    segment_ends: Array,
) -> int:
    """Fold and tokenise documents ``first`` to ``last - 1``.

    Parameters
    ----------
    data : uint8 array
        The texts, one after the other; bytes that are not UTF-8 are letters of words like any other.
    offsets : int64 array, shape (n_documents + 1,)
    first, last : int
    page_of, pages, sequences
        The folding table of `dedup.text.folding`.
    folded : uint8 array
        Room for one folded document.
    borders : int64 array, shape (PIECE + 2 + AT_ONCE,)
        Room for where the tokens of a piece of it start and end.
    room : uint32 array, shape (6, PIECE // 2 + 2)
        Room for the sizes, first bytes and marks of these tokens.
    key : uint64 array, shape (KEY_NUMBERS,)
        Secret random numbers, the fifth to the eighth odd.
    keyed : uint64 array, shape (PIECE // 2 + 2,)
        Room for a second hash of these tokens, which nobody can foretell who does not know the key.
    tokens : uint32 array
        Receives the token hashes.
    fingerprints : uint16 array
        Receives the upper bits of the second hash of each token.
    digests : uint64 array, shape (n_documents, 2)
        Receives, added to zeros, 128 bits over the second hashes of each document.
    token_ends : int64 array, shape (n_documents,)
        Receives where each document ends in ``tokens``.
    segments : uint32 array
        Receives how many tokens of its document precede the end of each sentence or line.
    segment_ends : int64 array, shape (n_documents,)
        Receives where each document ends in ``segments``.

    Returns
    -------
    int
        The first document that did not fit, ``last`` if all did.
    """
    count = n_segments = i8(0)
    for document in range(first, last):
        stop = fold(data, offsets[document], offsets[document + 1], page_of, pages, sequences, folded)
        if stop < 0:
            return document
        if count + stop // 2 > tokens.size or n_segments + stop // 2 > segments.size:
            return document
        for k in range(stop, stop + PAD):
            folded[k] = SPACE
        n_segments = find_segments(folded, stop, n_segments, segments, n_segments)
        segment_ends[document] = n_segments
        found = i8(0)
        begin = count
        for piece in range(1, stop + 1, PIECE):
            found = find_tokens(folded, piece, min(piece + PIECE, stop + 1), borders, found)
            hash_tokens(folded, borders, found, key, tokens, count, room, keyed)
            n_found = found >> 1
            some = fingerprints[count : count + n_found]
            for k in range(n_found):
                some[k] = keyed[k] >> u8(48)
            weigh(keyed, n_found, count - begin, key, digests[document])
            count += n_found
            borders[0] = borders[found - 1]  # where a token that continues has started
            found &= 1
        token_ends[document] = count
    return last
