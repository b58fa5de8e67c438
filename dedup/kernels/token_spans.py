"""Find where the tokens of a text stand in it, in characters, and at which of them its sentences end."""

from __future__ import annotations

from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.hyphens import HYPHENS, divided
from dedup.kernels.simd import LINES, STOPS
from dedup.kernels.tokenisation import CHARACTER, DROPPED, FULL_STOPS, LETTER, REPLACEMENT, SEQUENCE, decode

ASCII_STOPS, ASCII_LINES = tuple(STOPS), tuple(LINES)


@kernel
def token_spans(
    data: Array, stop: int, page_of: Array, pages: Array, sequences: Array, begins: Array, ends: Array, breaks: Array
) -> int:
    """Write where each token of a text begins and ends; return how many there are.

    Parameters
    ----------
    data : uint8 array
        The text in UTF-8. Bytes that are not are letters; those of a lone surrogate are one character.
    stop : int
        Bytes of it that are text.
    page_of, pages, sequences
        The folding table of `dedup.text.folding`.
    begins, ends : int64 array
        Receive the place of the first character of each token, and the place after its last.
    breaks : uint8 array
        Receives 1 for each token that is followed by the end of a sentence or line, otherwise 0.
    """
    count = i8(0)
    in_word = False
    place = i8(-1)
    at = i8(0)
    while at < stop:
        code, length = decode(data, at, stop)
        place += i8(code >= 0 or (data[at] & 0xC0) != 0x80)
        is_letter = code < 0 or code == REPLACEMENT
        if code in HYPHENS:
            left_out = divided(data, 0, at, stop)
            if left_out > 0:
                place += left_out - length
                at += left_out
                continue
        entry = u8(LETTER) << u8(40) if is_letter else u8(pages[page_of[code >> 8], code & 255])
        first, last = i8(0), i8(1)
        is_sequence = (entry >> u8(40)) == SEQUENCE
        if is_sequence:
            first = i8(entry & u8(0xFFFFFFFF))
            last = first + i8((entry >> u8(32)) & u8(255))
        for k in range(first, last):
            kind = i8((sequences[k] if is_sequence else entry) >> u8(40))
            if kind == DROPPED:
                if in_word:
                    ends[count - 1] = place + 1
            elif kind == LETTER:
                if not in_word:
                    begins[count] = place
                    breaks[count] = 0
                    count += 1
                ends[count - 1] = place + 1
                in_word = True
            else:
                in_word = False
                if kind == CHARACTER:
                    begins[count], ends[count] = place, place + 1
                    breaks[count] = 0
                    count += 1
        at += length
        if count > 0 and not is_letter and is_end(code, data, at, stop):
            breaks[count - 1] = 1
    return count


@inner_kernel
def is_end(code: int, data: Array, following: int, stop: int) -> bool:
    """Return whether a character ends a sentence or a line; a point before a digit is part of a number."""
    if code in ASCII_LINES:
        return True
    if code not in ASCII_STOPS and code not in FULL_STOPS:
        return False
    return following >= stop or not ord("0") <= data[following] <= ord("9")
