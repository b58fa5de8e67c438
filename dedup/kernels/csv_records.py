"""Find where a record of CSV ends without reading its cells, for records too long to be held in memory."""

from __future__ import annotations

from numba import i8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel

START, FIELD, QUOTED, QUOTE, ESCAPED, QUOTED_ESCAPED = range(6)
"""Before a field, in one, in one with quotes, and after a quote in that: its end, or the first of two; after an escape
in a field, and in one with quotes."""

_QUOTE, _FEED, _RETURN = ord('"'), ord("\n"), ord("\r")


@kernel
def record_end(data: Array, delimiter: int, escape: int, state: int) -> tuple[int, int]:
    """Find where a record ends, as ``csv.reader`` reads it.

    Parameters
    ----------
    data : uint8 array
    delimiter : int
    escape : int
        After which a character is part of its field; -1 if there is none.
    state : int
        The state in the record before these bytes.

    Returns
    -------
    end : int
        Position after the line feed that ends it; -1 if there is none.
    state : int
        The state in the record after the last byte, if it does not end.
    """
    for at in range(data.size):
        byte = data[at]
        if state == ESCAPED:
            state = i8(FIELD)
        elif state == QUOTED_ESCAPED:
            state = i8(QUOTED)
        elif byte == escape and state != QUOTE:
            state = i8(QUOTED_ESCAPED) if state == QUOTED else i8(ESCAPED)
        elif state == QUOTED:
            if byte == _QUOTE:
                state = i8(QUOTE)
        elif byte == _QUOTE and state != FIELD:
            state = i8(QUOTED)
        elif byte == _FEED:
            return at + 1, START
        else:
            is_between = (byte == delimiter) | (byte == _RETURN)
            state = i8(START) if is_between else i8(FIELD)
    return -1, state
