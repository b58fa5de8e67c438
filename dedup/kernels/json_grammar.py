"""Parse JSON (RFC 8259): skip values, or write them unescaped.

Every line ends with a line feed, which no rule of the grammar passes over within a line: so nothing here looks at where
the data ends, but blocks of 64 bytes.
"""

from __future__ import annotations

from numba import i8, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel
from dedup.kernels.line_ends import FEED
from dedup.kernels.simd import BLOCK, at_least, copy_plain_json, find_plain_json_end, trailing_zeros
from dedup.kernels.tokenisation import decode

DEPTH = 64
NUMBER_BYTES = 4_000  # Python refuses integers of more than 4,300 digits
INTEGER_DIGITS = 18  # fit into 64 bits

SPACE, QUOTE, BACKSLASH = 32, 34, 92


@inlined_kernel
def skip_space(data: Array, at: int) -> int:
    """Return the position of the first byte that is not white space; a line feed is not white space here."""
    while data[at] == SPACE or data[at] == 9 or data[at] == 13:
        at += 1
    return at


@inlined_kernel
def is_digit(byte: int) -> bool:
    """Return whether a byte is one of 0 to 9."""
    return 48 <= byte <= 57


@inner_kernel
def hexadecimal(data: Array, at: int) -> int:
    """Return the value of four hexadecimal digits, -1 if they are not digits."""
    value = i8(0)
    for k in range(4):
        byte = i8(data[at + k])
        if is_digit(byte):
            value = value << 4 | byte - 48
        elif 97 <= byte | 32 <= 102:
            value = value << 4 | (byte | 32) - 87
        else:
            return i8(-1)
    return value


@inlined_kernel
def unescaped(letter: int) -> int:
    """Return the byte for a letter after a backslash, -1 if there is none; ``u`` is handled elsewhere."""
    if letter == 110:  # n
        return 10
    if letter in (QUOTE, BACKSLASH, 47):
        return letter
    if letter == 116:  # t
        return 9
    if letter == 114:  # r
        return 13
    if letter == 98:  # b
        return 8
    if letter == 102:  # f
        return 12
    return -1


@inner_kernel
def put_code_point(code: int, out: Array, to: int) -> int:
    """Write a code point as UTF-8 and return the position after it."""
    if code < 0x80:
        out[to] = code
        return to + 1
    if code < 0x800:
        out[to] = 0xC0 | code >> 6
        out[to + 1] = 0x80 | code & 63
        return to + 2
    if code < 0x10000:
        out[to] = 0xE0 | code >> 12
        out[to + 1] = 0x80 | code >> 6 & 63
        out[to + 2] = 0x80 | code & 63
        return to + 3
    out[to] = 0xF0 | code >> 18
    out[to + 1] = 0x80 | code >> 12 & 63
    out[to + 2] = 0x80 | code >> 6 & 63
    out[to + 3] = 0x80 | code & 63
    return to + 4


@inner_kernel
def copy_escape(data: Array, at: int, out: Array, to: int) -> tuple[int, int]:
    r"""Write the character of the escape at ``at``.

    Returns the positions after both; the first is -1 if there is no escape, or it is a lone surrogate.
    """
    if data[at + 1] != 117:  # u
        byte = unescaped(i8(data[at + 1]))
        if byte < 0:
            return i8(-1), to
        out[to] = byte
        return at + 2, to + 1
    code = hexadecimal(data, at + 2)
    at += 6
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return i8(-1), to
    if 0xD800 <= code <= 0xDBFF:
        if data[at] != BACKSLASH or data[at + 1] != 117:
            return i8(-1), to
        low = hexadecimal(data, at + 2)
        if low < 0xDC00 or low > 0xDFFF:
            return i8(-1), to
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        at += 6
    return at, put_code_point(code, out, to)


@inner_kernel
def copy_string(data: Array, at: int, out: Array, to: int) -> tuple[int, int]:
    """Write the string whose opening quote is before ``at``, unescaped; control characters stay unchanged.

    Returns the positions after the closing quote and after the written bytes; the first is -1 if it is not a string.
    """
    while True:
        if at + BLOCK <= data.size:
            ends = copy_plain_json(data, at, out, to)
            if ends == u8(0):
                at += BLOCK
                to += BLOCK
                continue
            run = trailing_zeros(ends)
            at += run
            to += run
        else:
            while data[at] >= SPACE and data[at] != QUOTE and data[at] != BACKSLASH:
                out[to] = data[at]
                at += 1
                to += 1
        byte = data[at]
        if byte == QUOTE:
            return at + 1, to
        if byte == BACKSLASH:
            at, to = copy_escape(data, at, out, to)
            if at < 0:
                return at, to
        elif byte == FEED:
            return i8(-1), to
        else:
            out[to] = byte
            at += 1
            to += 1


@inner_kernel
def skip_string(data: Array, at: int) -> int:
    """Return the position after the closing quote, -1 if it is not a string; ``at`` is after the opening one."""
    while True:
        if at + BLOCK <= data.size:
            ends = find_plain_json_end(data, at)
            if ends == u8(0):
                at += BLOCK
                continue
            at += trailing_zeros(ends)
        byte = data[at]
        if byte == QUOTE:
            return at + 1
        if byte == BACKSLASH:
            if data[at + 1] == 117:
                if hexadecimal(data, at + 2) < 0:
                    return i8(-1)
                at += 6
            elif unescaped(i8(data[at + 1])) < 0:
                return i8(-1)
            else:
                at += 2
        elif byte == FEED:
            return i8(-1)
        else:
            at += 1


@inner_kernel
def skip_digits(data: Array, at: int) -> int:
    """Return the position after one digit or more, -1 if there is none."""
    if not is_digit(i8(data[at])):
        return i8(-1)
    while is_digit(i8(data[at])):
        at += 1
    return at


@inner_kernel
def skip_scalar(data: Array, at: int) -> int:
    """Return the position after a number, true, false or null; -1 if there is none."""
    byte = data[at]
    if byte == 116:  # true
        return at + 4 if data[at + 1] == 114 and data[at + 2] == 117 and data[at + 3] == 101 else i8(-1)
    if byte == 110:  # null
        return at + 4 if data[at + 1] == 117 and data[at + 2] == 108 and data[at + 3] == 108 else i8(-1)
    if byte == 102:  # false
        is_false = data[at + 1] == 97 and data[at + 2] == 108 and data[at + 3] == 115 and data[at + 4] == 101
        return at + 5 if is_false else i8(-1)
    start = at
    if byte == 45:
        at += 1
    at = at + 1 if data[at] == 48 else skip_digits(data, at)
    if at > 0 and data[at] == 46:
        at = skip_digits(data, at + 1)
    if at > 0 and data[at] | 32 == 101:
        at += 1
        if data[at] == 43 or data[at] == 45:
            at += 1
        at = skip_digits(data, at)
    return i8(-1) if at - start > NUMBER_BYTES else at


@inlined_kernel
def skip_key(data: Array, at: int) -> int:
    """Return where the value of a member begins, -1 if there is no key with a colon at ``at``."""
    if data[at] != QUOTE:
        return i8(-1)
    at = skip_string(data, at + 1)
    if at < 0:
        return at
    at = skip_space(data, at)
    return skip_space(data, at + 1) if data[at] == 58 else i8(-1)


@inner_kernel
def skip_value(data: Array, at: int) -> int:
    """Return the position after a value of any kind; -1 if there is none, or it is nested too deeply."""
    objects = u8(0)  # the brackets that are open, the innermost lowest; a set bit is an object
    depth = 0
    while True:
        byte = data[at]
        if byte == 123 or byte == 91:
            if depth == DEPTH:
                return i8(-1)
            depth += 1
            objects = objects << u8(1) | u8(byte == 123)
            inner = skip_space(data, at + 1)
            if data[inner] == byte + 2:  # empty
                at = inner
            else:
                at = skip_key(data, inner) if byte == 123 else inner
                if at < 0:
                    return at
                continue
        else:
            at = skip_string(data, at + 1) if byte == QUOTE else skip_scalar(data, at)
            if at < 0 or depth == 0:
                return at
            at = skip_space(data, at)
        # Behind a value within brackets: the next one, or brackets that close.
        while data[at] != 44:
            if data[at] != (125 if objects & u8(1) else 93):
                return i8(-1)
            at += 1
            depth -= 1
            objects >>= u8(1)
            if depth == 0:
                return at
            at = skip_space(data, at)
        at = skip_space(data, at + 1)
        if objects & u8(1):
            at = skip_key(data, at)
            if at < 0:
                return at


@inner_kernel
def is_utf8(data: Array, at: int, stop: int) -> bool:
    """Return whether the bytes are UTF-8."""
    while at < stop:
        if at + BLOCK <= data.size and data[at] < 0x80:
            at += trailing_zeros(at_least(data, at, u1(0x80)))
            continue
        code, length = decode(data, at, stop)
        if code < 0:
            return False
        at += length
    return True


@inner_kernel
def copy_integer(data: Array, at: int, out: Array, to: int) -> tuple[int, int]:
    """Write a whole number unchanged; the first position returned is -1 for any other value."""
    start = at
    if data[at] == 45:
        at += 1
    first = at
    while is_digit(i8(data[at])):
        at += 1
    digits = at - first
    if digits == 0 or digits > INTEGER_DIGITS or (data[first] == 48 and at - start > 1):
        return i8(-1), to
    for k in range(start, at):
        out[to] = data[k]
        to += 1
    return at, to
