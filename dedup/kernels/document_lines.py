"""Rewrite a JSON document of many records as JSON lines, without reading the records."""

from __future__ import annotations

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel

MODE, DEPTH, ABOVE, IN_STRING, ESCAPED, INDENTED, BEGUN, CLOSED, OVER = range(9)
"""The places of the state between two calls: where the scan is, how many brackets are open within it, how many objects
are around the list, whether it is in a string and after a backslash there, whether it is in the white space after a
line feed, and whether anything was written of the line. Then where, in these bytes, the list in an object was closed,
and where that object ended; they stay as they are where neither happens."""

STATE = 9

SEQUENCE, LIST, REST = 0, 1, 2
"""Between and in values that follow each other; in a list of records; after the list, in the objects around it."""

_FEED, _RETURN, _SPACE, _TAB = 10, 13, 32, 9
_QUOTE, _BACKSLASH, _N, _COMMA = 34, 92, 110, 44
_OPEN_LIST, _CLOSE_LIST, _OPEN_OBJECT, _CLOSE_OBJECT = 91, 93, 123, 125


@kernel
def document_lines(data: Array, state: Array, out: Array) -> int:
    """Write each record on a line of its own, without indentation; nothing else of it changes.

    A record is an element of a list, or a value that is in none. A line feed in a string, which JSON forbids, is
    escaped, so that whoever accepts it reads the same string.

    Parameters
    ----------
    data : uint8 array
    state : int64 array, shape (STATE,)
        Where the bytes before these have led to; all 0 at the beginning of a document. Updated.
    out : uint8 array, at least twice as long as ``data``

    Returns
    -------
    size : int
        Bytes that were written.
    """
    mode, depth = state[MODE], state[DEPTH]
    in_string, escaped, indented, begun = (
        state[IN_STRING] != 0,
        state[ESCAPED] != 0,
        state[INDENTED] != 0,
        state[BEGUN] != 0,
    )
    size = 0
    for at, byte in enumerate(data):
        is_written, ends = mode != REST, False
        if in_string:
            if byte == _FEED and is_written:
                out[size], out[size + 1] = _BACKSLASH, _N
                size += 2
                is_written = False
            in_string = escaped or byte != _QUOTE
            escaped = (not escaped) and byte == _BACKSLASH
        elif byte in (_FEED, _RETURN, _SPACE, _TAB):
            is_feed = byte in (_FEED, _RETURN)
            ends = is_feed and mode == SEQUENCE and depth == 0
            if is_written and begun and not ends and not indented:
                out[size] = _SPACE
                size += 1
            is_written = False
            indented = indented or is_feed
        else:
            indented = False
            if byte == _QUOTE:
                in_string = True
            elif byte == _OPEN_LIST and mode == SEQUENCE and depth == 0:
                mode, is_written, ends = LIST, False, True
            elif byte in (_OPEN_LIST, _OPEN_OBJECT):
                depth += 1
            elif byte == _CLOSE_LIST and mode == LIST and depth == 0:
                mode, depth, is_written, ends = REST if state[ABOVE] else SEQUENCE, state[ABOVE], False, True
                if mode == REST:
                    state[CLOSED] = at
                state[ABOVE] = 0
            elif byte in (_CLOSE_LIST, _CLOSE_OBJECT) and depth:
                depth -= 1
                ends = depth == 0 and mode == SEQUENCE
                if depth == 0 and mode == REST:
                    mode, state[OVER] = SEQUENCE, at + 1
            elif byte == _COMMA and depth == 0:
                is_written, ends = False, True
        if is_written:
            out[size] = byte
            size += 1
            begun = True
        if ends and begun:
            out[size] = _FEED
            size += 1
            begun = False
        if ends:
            indented = False
    state[MODE], state[DEPTH], state[IN_STRING], state[ESCAPED] = mode, depth, in_string, escaped
    state[INDENTED], state[BEGUN] = indented, begun
    return size
