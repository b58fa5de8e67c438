"""Strip HTML from one text: remove tags, comments and scripts, decode entities; in linear time for any text.

A tag is what the HTML standard says (https://html.spec.whatwg.org/multipage/parsing.html), except where that would lose
words of a text that is not sound HTML: the differences are listed in `dedup.text.markup`.

Texts lie in arrays with `PAD` bytes after their end, which blocks may touch.
"""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel
from dedup.kernels.html_entities import hex_value, lookup, name_hash, reference
from dedup.kernels.json_grammar import put_code_point
from dedup.kernels.simd import BLOCK, copy_markup, equal_to, trailing_zeros

PAD = 2 * BLOCK
IS_TAG, INLINE, SPACED, DROPPED, RAW, SURE, HEAD, HEAD_ONLY, OF_HTML = (1 << bit for bit in range(9))
"""Bits of an element: its name makes a tag, be it of HTML or XML; it does not end a word; it ends a word, but no line;
its content is no text; its content is code, so that a start tag in it is none; its start tag alone shows that a text is
HTML; it belongs to the head of a page; its content is dropped only there; it is one of HTML."""

NUMBER = 9  # bits of an element from here on: the number of a dropped one, from 1
COMMENTS, DECLARATIONS, QUOTES, APOSTROPHES = 60, 61, 62, 63  # further numbers, for what is known to have no end

NAME_BYTES = 64
SPACE, LINE_FEED = 32, 10
LESS, GREATER, AND, SLASH, EQUALS, BACKSLASH, COLON = (np.uint8(ord(byte)) for byte in "<>&/=\\:")


@inner_kernel
def is_letter(byte: int) -> bool:
    """Return whether a byte is an ASCII letter."""
    return u1(u1(byte | u1(32)) - u1(97)) < u1(26)


@inner_kernel
def is_blank(byte: int) -> bool:
    """Return whether a byte is white space in HTML."""
    return byte == 32 or byte == 10 or byte == 9 or byte == 13 or byte == 12


@inner_kernel
def is_name(byte: int) -> bool:
    """Return whether a byte may be part of the name of an element or attribute."""
    return is_letter(byte) or u1(byte - u1(48)) < u1(11) or byte == 45 or byte == 95  # digits and the colon; - and _


@inner_kernel
def starts_with(data: Array, at: int, stop: int, word: Array) -> bool:
    """Return whether a text continues with a word, given in lower case; case does not count."""
    if at + word.size > stop:
        return False
    for k in range(word.size):
        byte = data[at + k]
        if (byte | u1(32) if is_letter(byte) else byte) != word[k]:
            return False
    return True


@inner_kernel
def find(data: Array, at: int, stop: int, value: int) -> int:
    """Return the next position of a byte, ``stop`` if there is none."""
    while at < stop:
        bits = equal_to(data, at, value)
        if bits != u8(0):
            return min(at + i8(trailing_zeros(bits)), stop)
        at += BLOCK
    return stop


@inner_kernel
def name_end(data: Array, at: int, stop: int) -> int:
    """Return where the name that begins here ends."""
    last = min(stop, at + NAME_BYTES)
    while at < last and is_name(data[at]):
        at += 1
    return at


@inner_kernel
def ends_name(data: Array, at: int, stop: int) -> bool:
    """Return whether a byte may follow a name in a tag."""
    return at < stop and (is_blank(data[at]) or data[at] == GREATER or data[at] == SLASH)


@inner_kernel
def element(data: Array, name: int, last: int, stop: int, names: Array, kinds: Array) -> int:
    """Return the bits of the element that a tag names, 0 where there is no tag.

    A name that HTML does not have makes a tag, too, for XML has others; but not in capitals, as types and tickers are.
    """
    if not ends_name(data, last, stop) or data[last - 1] == 58:  # <https://...
        return i8(0)
    kind = i8(lookup(names, kinds, name_hash(data, name, last, True)))
    if kind != 0:
        return kind
    is_compound = False
    has_capital = False
    for k in range(name, last):
        is_compound |= data[k] == 58 or data[k] == 45
        has_capital |= u1(data[k] - u1(65)) < u1(26)
    return i8(0) if has_capital and not is_compound else i8(IS_TAG)


# ---- whether it is HTML


@inner_kernel
def is_sure_start(data: Array, at: int, name: int, last: int, stop: int, kind: int) -> bool:
    """Return whether a start tag alone shows that a text is HTML: it has attributes, is closed, or is unambiguous."""
    behind = last
    while behind < stop and is_blank(data[behind]):
        behind += 1
    if behind + 1 < stop and data[behind] == SLASH and data[behind + 1] == GREATER:
        return True
    if behind > last and behind < stop and is_letter(data[behind]):
        attribute = name_end(data, behind, stop)
        while attribute < stop and is_blank(data[attribute]):
            attribute += 1
        return attribute < stop and data[attribute] == EQUALS
    if behind >= stop or data[behind] != GREATER or not kind & SURE:
        return False
    n_capitals = 0
    for k in range(name, last):
        n_capitals += u1(data[k] - u1(65)) < u1(26)
    if n_capitals == 0:
        return True
    if data[name] & u1(32) or (last - name > 1 and data[name + 1] & u1(32) and is_letter(data[name + 1])):
        return False  # a type, such as Span
    # In capitals it may be a ticker, "Sears, Roebuck <S> said": a tag is directly before a word, or alone on its line.
    following = behind + 1
    if following < stop and not is_blank(data[following]):
        return is_letter(data[following]) or data[following] >= 128 or data[following] == LESS
    return (at == 0 or data[at - 1] == LINE_FEED) and (following == stop or data[following] == LINE_FEED)


_COMMENT = np.frombuffer(b"<!--", np.uint8)
_DOCTYPE = np.frombuffer(b"<!doctype", np.uint8)
_CDATA = np.frombuffer(b"<![cdata[", np.uint8)
_XML = np.frombuffer(b"<?xml", np.uint8)


@inner_kernel
def is_markup(data: Array, stop: int, names: Array, kinds: Array) -> bool:
    """Return whether a text of ``stop`` bytes is HTML: it has a comment, a declaration, or an unambiguous tag."""
    at = find(data, i8(0), stop, LESS)
    while at < stop:
        next_byte = data[at + 1]
        if next_byte == 33 or next_byte == 63:  # ! or ?
            if starts_with(data, at, stop, _COMMENT) or starts_with(data, at, stop, _DOCTYPE):
                return True
            if starts_with(data, at, stop, _CDATA) or starts_with(data, at, stop, _XML):
                return True
        is_end = next_byte == SLASH
        name = at + 2 if is_end else at + 1
        if name < stop and is_letter(data[name]):
            last = name_end(data, name, stop)
            kind = element(data, name, last, stop, names, kinds)
            if is_end:
                behind = last
                while behind < stop and is_blank(data[behind]):
                    behind += 1
                is_compound = find(data, name, last, COLON) < last
                if (kind & OF_HTML or (kind and is_compound)) and behind < stop and data[behind] == GREATER:
                    return True
            elif kind & OF_HTML and is_sure_start(data, at, name, last, stop, kind):
                return True
        at = find(data, at + 1, stop, LESS)
    return False


# ---- where it ends


@inner_kernel
def tag_end(data: Array, at: int, stop: int, state: Array) -> int:
    """Return the position after the ``>`` of a tag, searched from the end of its name; -1 if there is none.

    A quoted value may hold anything. But a quote that never ends, or where no value can end, is taken as any letter.
    """
    start = at
    while at < stop:
        byte = data[at]
        if byte == GREATER:
            return at + 1
        if byte == LESS:
            break
        at += 1
        if byte != EQUALS or state[0] < 0:
            continue
        while at < stop and is_blank(data[at]):
            at += 1
        if at < stop and (data[at] == 34 or data[at] == 39):
            number = QUOTES if data[at] == 34 else APOSTROPHES
            end = stop if has_none(state, number) else find(data, at + 1, stop, data[at])
            if end == stop:
                set_none(state, number)
            elif end + 1 == stop or ends_name(data, end + 1, stop):
                at = end + 1
    state[0] -= at - start  # what fails is read again: not for ever
    return -1


@inner_kernel
def has_none(state: Array, number: int) -> bool:
    """Return whether it is known that the kind with this number does not end in the rest of the text."""
    return state[1] >> number & 1 != 0


@inner_kernel
def set_none(state: Array, number: int) -> None:
    """Note that the kind with this number does not end in the rest of the text."""
    state[1] |= i8(1) << number


@inner_kernel
def content_end(data: Array, at: int, stop: int, name: int, kind: int, state: Array) -> int:
    """Return the position after the end tag of an element whose content is dropped; ``at`` if there is none.

    Nor has it one if another of its name begins before: the text between them is not lost.
    """
    number = kind >> NUMBER
    if has_none(state, number):
        return at
    k = find(data, at, stop, LESS)
    while k < stop:
        is_end = data[k + 1] == SLASH
        begin = k + 2 if is_end else k + 1
        last = name_end(data, begin, stop)
        if (is_end or not kind & RAW) and ends_name(data, last, stop) and name_hash(data, begin, last, True) == name:
            if not is_end:
                return at
            end = tag_end(data, last, stop, state)
            return last if end < 0 else end
        k = find(data, k + 1, stop, LESS)
    set_none(state, number)
    return at


@inner_kernel
def other_end(data: Array, at: int, stop: int, state: Array) -> int:
    """Return the position after a comment, a declaration or the mark of CDATA; ``at`` if there is none.

    Of a comment that does not end only its mark is one.
    """
    if starts_with(data, at, stop, _COMMENT):
        end = stop if has_none(state, COMMENTS) else find(data, at + 4, stop, GREATER)
        while end < stop:
            dashes = data[end - 1] == 45 and data[end - 2] == 45
            if dashes or (end > at + 6 and data[end - 1] == 33 and data[end - 2] == 45 and data[end - 3] == 45):
                return end + 1
            end = find(data, end + 1, stop, GREATER)
        set_none(state, COMMENTS)
        return at + 4
    if starts_with(data, at, stop, _CDATA):
        return at + 9
    is_declaration = (data[at + 1] == 33 or data[at + 1] == 63) and at + 2 < stop
    if not is_declaration or not (is_letter(data[at + 2]) or data[at + 2] == 91) or has_none(state, DECLARATIONS):
        return at
    end = find(data, at, stop, GREATER)
    if end == stop:
        set_none(state, DECLARATIONS)
        return at
    return end + 1


# ---- what is left


@inner_kernel
def copy_plain(data: Array, at: int, stop: int, out: Array, to: int) -> tuple[int, int]:
    """Copy text up to the next ``<``, ``&`` or backslash; return its position, and where to continue writing."""
    while at < stop:
        bits = copy_markup(data, at, out, to)
        size = min(i8(trailing_zeros(bits)), stop - at)
        at += size
        to += size
        if size < BLOCK:
            return at, to
    return at, to


@inner_kernel
def put_reference(data: Array, at: int, stop: int, out: Array, to: int, names: Array, codes: Array) -> tuple[int, int]:
    """Write the characters of an entity, or an ``&`` that begins none; return where to continue reading and writing."""
    first, second, behind = reference(data, at, stop, names, codes)
    if behind == at:
        out[to] = AND
        return at + 1, to + 1
    to = put_code_point(first, out, to)
    if second:
        to = put_code_point(second, out, to)
    return behind, to


@inner_kernel
def decode(data: Array, stop: int, out: Array, to: int, names: Array, codes: Array) -> int:
    """Write a text with its entities decoded; return the position after it."""
    at = i8(0)
    while True:
        at, to = copy_plain(data, at, stop, out, to)
        if at >= stop:
            return to
        if data[at] == AND:
            at, to = put_reference(data, at, stop, out, to, names, codes)
        else:
            out[to] = data[at]
            at, to = at + 1, to + 1


@inner_kernel
def put_gap(out: Array, begin: int, to: int, kind: int) -> int:
    """Write what a tag leaves between words: nothing, a space, or the end of a line."""
    if kind & INLINE or to == begin or out[to - 1] == LINE_FEED:
        return to
    if kind & SPACED:
        if out[to - 1] == SPACE:
            return to
        out[to] = SPACE
        return to + 1
    out[to] = LINE_FEED
    return to + 1


_HEAD = np.frombuffer(b"head", np.uint8)


@inner_kernel
def behind_tag(data: Array, name: int, last: int, stop: int, kind: int, is_end: bool, state: Array) -> int:
    """Return the position after a tag, and after the content of its element if that is no text.

    ``data[name:last]`` is its name. Of a tag that does not end no more than that is one.
    """
    behind = tag_end(data, last, stop, state)
    is_closed = behind < 0 or data[behind - 2] == SLASH
    if not kind & HEAD:
        state[2] = 0
    elif last - name == 4 and starts_with(data, name, stop, _HEAD):
        state[2] = not is_end
    if behind < 0:
        return last
    if is_end or is_closed or not kind & DROPPED or (kind & HEAD_ONLY and not state[2]):
        return behind
    return content_end(data, behind, stop, name_hash(data, name, last, True), kind, state)


@inner_kernel
def strip(
    data: Array,
    stop: int,
    out: Array,
    begin: int,
    names: Array,
    kinds: Array,
    entities: Array,
    codes: Array,
    state: Array,
) -> int:
    """Write the text of HTML to ``out[begin:]``, entities decoded; return the position after it.

    Parameters
    ----------
    data : uint8 array
    stop : int
        Bytes of it.
    out : uint8 array
        Room for one and a half times as many.
    begin : int
    names, kinds, entities, codes
        The tables of elements and of entities.
    state : int64 array, shape (3,)
        Room: bytes that may still be read in vain, what is known to have no end, whether this is the head of a page.
    """
    state[0], state[1], state[2] = 4 * stop + NAME_BYTES, 0, 0
    at, to = i8(0), i8(begin)
    while True:
        at, to = copy_plain(data, at, stop, out, to)
        if at >= stop:
            return to
        if data[at] == AND:
            at, to = put_reference(data, at, stop, out, to, entities, codes)
            continue
        is_end = data[at + 1] == SLASH
        name = at + 2 if is_end else at + 1
        if data[at] == LESS and name < stop and is_letter(data[name]):
            last = name_end(data, name, stop)
            kind = element(data, name, last, stop, names, kinds)
            if kind:
                at = behind_tag(data, name, last, stop, kind, is_end, state)
                to = put_gap(out, begin, to, kind)
                continue
        behind = other_end(data, at, stop, state) if data[at] == LESS else at
        if behind == at:
            out[to] = data[at]
            behind, to = at + 1, to + 1
        at = behind


# ---- escapes of JavaScript


@inner_kernel
def hexadecimal(data: Array, at: int, stop: int, size: int) -> int:
    """Return the value of ``size`` hexadecimal digits, -1 if they are not digits."""
    if at + size > stop:
        return -1
    value = 0
    for k in range(at, at + size):
        digit = hex_value(data[k])
        if digit < 0:
            return -1
        value = value << 4 | digit
    return value


@inner_kernel
def escape(data: Array, at: int, stop: int) -> tuple[int, int]:
    r"""Return the code point of an escape, ``\xe9`` or ``\u00e9``, and the position after it; (-1, at) for none."""
    if at >= stop:
        return -1, at
    if data[at] == 120:
        code = hexadecimal(data, at + 1, stop, i8(2))
        return (-1, at) if code < 0 else (code, at + 3)
    if data[at] != 117:
        return -1, at
    code = hexadecimal(data, at + 1, stop, i8(4))
    if code < 0:
        return -1, at
    if 0xD800 <= code < 0xDC00 and at + 6 < stop and data[at + 5] == BACKSLASH and data[at + 6] == 117:
        low = hexadecimal(data, at + 7, stop, i8(4))
        if 0xDC00 <= low < 0xE000:
            return 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00, at + 11
    return (SPACE if 0xD800 <= code < 0xE000 else code), at + 5


@inner_kernel
def backslashes_end(data: Array, at: int, stop: int) -> int:
    """Return the position after the backslashes that begin here."""
    while at < stop and data[at] == BACKSLASH:
        at += 1
    return at


@inner_kernel
def has_escapes(data: Array, stop: int) -> bool:
    r"""Return whether a text is escaped as in JavaScript: it has ``\u00e9``, or ``\xe9`` of a letter beyond ASCII."""
    at = find(data, i8(0), stop, BACKSLASH)
    while at < stop:
        at = backslashes_end(data, at, stop)
        code, _ = escape(data, at, stop)
        if code >= 0 and (data[at] == 117 or code >= 0xA0):
            return True
        at = find(data, at, stop, BACKSLASH)
    return False


@inner_kernel
def unescape(data: Array, stop: int, out: Array) -> int:
    r"""Write a text that is escaped as in JavaScript, with ``\n`` and the like as line ends. Return its size."""
    at = to = i8(0)
    while True:
        at, to = copy_plain(data, at, stop, out, to)
        if at >= stop:
            return to
        if data[at] != BACKSLASH:
            out[to] = data[at]
            at, to = at + 1, to + 1
            continue
        behind = backslashes_end(data, at, stop)
        code, after = escape(data, behind, stop)
        if code >= 0:
            at, to = after, put_code_point(code, out, to)
        elif behind < stop and (data[behind] == 110 or data[behind] == 114 or data[behind] == 116):  # \n \r \t
            out[to] = LINE_FEED
            at, to = behind + 1, to + 1
        else:
            if not (behind < stop and (data[behind] == 34 or data[behind] == 39 or data[behind] == SLASH)):
                for _ in range(at, behind):
                    out[to] = BACKSLASH
                    to += 1
            at = behind
