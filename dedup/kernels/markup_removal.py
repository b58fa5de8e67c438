"""Remove markup from a batch of texts: find the few that have any at memory speed, and rewrite only these."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.html import AND, LESS, PAD, SPACE, decode, find, has_escapes, is_markup, strip, unescape
from dedup.kernels.html_entities import is_alphanumeric, reference
from dedup.kernels.simd import BLOCK, above_space, copy_markup, find_markup

KEPT, CHANGED = 0, 1

HALF = BLOCK // 2
RUN = 64
"""Letters and digits in a row, of base64, from which they are no word. Any such run fills half a block from some on."""

BEFORE = 100
"""Most bytes of the media type before a run."""

_PREFIX = np.frombuffer(b"base64,", np.uint8)
_SCHEME = np.frombuffer(b"data:", np.uint8)


@inner_kernel
def is_base64(byte: int) -> bool:
    """Return whether a byte may be part of base64."""
    return is_alphanumeric(byte) or byte == 43 or byte == 47 or byte == 61


@inner_kernel
def may_change(data: Array, start: int, stop: int) -> bool:
    """Return whether ``data[start:stop]`` may have markup, or half a block of base64; reads two blocks at a time."""
    at = start
    full = u8(0xFFFFFFFF)
    while at < stop and at + 2 * BLOCK <= data.size:
        one, two = find_markup(data, at), find_markup(data, at + BLOCK)
        filled, filled_two = above_space(data, at), above_space(data, at + BLOCK)
        if at + 2 * BLOCK > stop:
            inside = below(stop - at)
            inside_two = below(stop - at - BLOCK)
            one, two, filled, filled_two = one & inside, two & inside_two, filled & inside, filled_two & inside_two
        if one | two != u8(0):
            return True
        is_filled = filled & full == full or filled >> u8(HALF) == full
        is_filled = is_filled or filled_two & full == full or filled_two >> u8(HALF) == full
        if is_filled and has_half(data, at, min(at + 2 * BLOCK, stop)):
            return True
        at += 2 * BLOCK
    for k in range(at, stop):
        if data[k] == 60 or data[k] == AND or data[k] == 92:
            return True
    return has_half(data, at, stop)


@inner_kernel
def has_half(data: Array, at: int, stop: int) -> bool:
    """Return whether any half of a block, from here on, is all base64."""
    half = at
    while half + HALF <= stop and not is_run(data, half):
        half += HALF
    return half + HALF <= stop


@inner_kernel
def below(count: int) -> int:
    """Return a uint64 with its ``count`` lowest bits set."""
    if count >= BLOCK:
        return ~u8(0)
    return (u8(1) << u8(count)) - u8(1) if count > 0 else u8(0)


@inner_kernel
def is_run(data: Array, at: int) -> bool:
    """Return whether half a block is all base64; its bytes above a space may also be Chinese."""
    k = at
    while k < at + HALF and is_base64(data[k]):
        k += 1
    return k == at + HALF


@inner_kernel
def run_end(data: Array, at: int, stop: int) -> tuple[int, bool]:
    """Return where the run of base64 that begins here ends, and whether it is not a word: long, of all kinds."""
    begin = at
    kinds = 0
    while at < stop and is_base64(data[at]):
        if u1(data[at] - u1(48)) < u1(10):
            kinds |= 1
        elif u1(data[at] - u1(65)) < u1(26):
            kinds |= 2
        elif u1(data[at] - u1(97)) < u1(26):
            kinds |= 4
        at += 1
    return at, at - begin >= RUN and kinds == 7


@inner_kernel
def next_run(data: Array, at: int, stop: int) -> tuple[int, int]:
    """Return the start of the next run of base64, of the address it belongs to, and its end; (stop, stop): none.

    ``data`` is a room. A run fills half a block, wherever blocks begin.
    """
    begin = at
    full = u8(0xFFFFFFFF)
    while at + HALF <= stop:
        filled = above_space(data, at)
        half = at if filled & full == full else at + HALF
        if (half > at and filled >> u8(HALF) != full) or half + HALF > stop or not is_run(data, half):
            at = half + HALF
            continue
        start = half
        while start > begin and is_base64(data[start - 1]):
            start -= 1
        at, is_found = run_end(data, start, stop)
        if is_found:
            return address_start(data, start, begin), at
    return stop, stop


@inner_kernel
def address_start(data: Array, run: int, begin: int) -> int:
    """Return where ``data:image/png;base64,`` begins before a run; the run's start if there is no such address."""
    start = run - _PREFIX.size
    if start < begin:
        return run
    for k in range(_PREFIX.size):
        if data[start + k] != _PREFIX[k]:
            return run
    at = start
    while at > max(begin, start - BEFORE) and is_media(data[at - 1]):
        at -= 1
    at -= _SCHEME.size
    if at < begin:
        return start
    for k in range(_SCHEME.size):
        if data[at + k] != _SCHEME[k]:
            return start
    return at


@inner_kernel
def is_media(byte: int) -> bool:
    """Return whether a byte may be part of a media type in a ``data:`` address: ``image/svg+xml;charset=utf-8;``."""
    return is_base64(byte) or byte == 45 or byte == 46 or byte == 59 or byte == 95


@inner_kernel
def drop_runs(out: Array, begin: int, stop: int) -> int:
    """Replace each run of base64 in ``out[begin:stop]`` by a space; return where the text then ends."""
    start, end = next_run(out, begin, stop)
    if start == stop:
        return stop
    at, to = begin, begin
    while True:
        for k in range(at, start):
            out[to] = out[k]
            to += 1
        if start == stop:
            return to
        out[to] = SPACE
        to += 1
        at = end
        start, end = next_run(out, at, stop)


@inner_kernel
def copy(data: Array, start: int, stop: int, out: Array, to: int) -> int:
    """Copy ``data[start:stop]``, with the rest of its last block; return where to continue writing."""
    for at in range(start, stop, BLOCK):
        if at + BLOCK <= data.size:
            copy_markup(data, at, out, to + at - start)
        else:
            for k in range(at, stop):
                out[to + k - start] = data[k]
    return to + stop - start


@inner_kernel
def fetch(data: Array, start: int, stop: int, room: Array) -> int:
    """Copy a text to a buffer in which blocks may reach beyond its end; return its size."""
    size = copy(data, start, stop, room, 0)
    fill(room, size)
    return size


@inner_kernel
def fill(room: Array, size: int) -> None:
    """Write spaces after a text."""
    for k in range(size, size + PAD):
        room[k] = SPACE


@inner_kernel
def has_reference(data: Array, stop: int, entities: Array, codes: Array) -> bool:
    """Return whether a text has an entity."""
    at = find(data, i8(0), stop, AND)
    while at < stop:
        _, _, behind = reference(data, at, stop, entities, codes)
        if behind > at:
            return True
        at = find(data, at + 1, stop, AND)
    return False


@kernel
def survey(
    data: Array,
    offsets: Array,
    is_html: bool,
    names: Array,
    kinds: Array,
    entities: Array,
    codes: Array,
    room: Array,
    changes: Array,
) -> int:
    """Note in ``changes`` which texts must be changed; return the number of their bytes.

    Parameters
    ----------
    data : uint8 array
    offsets : int64 array, shape (n + 1,)
    is_html : bool
        Take all texts for HTML.
    names, kinds, entities, codes
        The tables of elements and of entities.
    room : uint8 array
        Room for the longest text and `PAD`.
    changes : uint8 array, shape (n,)
        Receives CHANGED or KEPT.
    """
    total = i8(0)
    for text in range(changes.size):
        start, stop = offsets[text], offsets[text + 1]
        changes[text] = KEPT
        if not may_change(data, start, stop):
            continue
        size = fetch(data, start, stop, room)
        if (
            (is_html and find(room, i8(0), size, LESS) < size)
            or is_markup(room, size, names, kinds)
            or has_reference(room, size, entities, codes)
            or has_escapes(room, size)
            or next_run(room, 0, size)[0] < size
        ):
            changes[text] = CHANGED
            total += size
    return total


@inner_kernel
def plain(
    room: Array,
    size: int,
    other: Array,
    is_html: bool,
    out: Array,
    to: int,
    names: Array,
    kinds: Array,
    entities: Array,
    codes: Array,
    state: Array,
) -> int:
    """Write the plain text of the one in ``room``; return where it ends. ``room`` and ``other`` may be overwritten.

    A text without a tag whose entities spell tags was escaped as a whole, as feeds do: it is HTML once decoded.
    """
    if has_escapes(room, size):
        size = unescape(room, size, other)
        room, other = other, room
        fill(room, size)
    if not is_markup(room, size, names, kinds):
        size = decode(room, size, other, 0, entities, codes)
        room, other = other, room
        fill(room, size)
        if not (is_html or is_markup(room, size, names, kinds)):
            return drop_runs(out, to, copy(room, 0, size, out, to))
    stop = strip(room, size, out, to, names, kinds, entities, codes, state)
    return drop_runs(out, to, stop)


@kernel
def rewrite(
    data: Array,
    offsets: Array,
    is_html: bool,
    names: Array,
    kinds: Array,
    entities: Array,
    codes: Array,
    changes: Array,
    rooms: Array,
    state: Array,
    out: Array,
    ends: Array,
) -> None:
    """Write all texts to ``out``, those to be changed as plain text, and the end of each to ``ends``.

    Parameters
    ----------
    data, offsets, is_html, names, kinds, entities, codes, changes
        As `survey` has them.
    rooms : uint8 array, shape (2, m)
        Room for one and a half times the longest text that changes, and `PAD`.
    state : int64 array, shape (3,)
        Room.
    out : uint8 array
    ends : int64 array, shape (n,)
    """
    to = i8(0)
    text = 0
    while text < changes.size:
        if changes[text] == CHANGED:
            size = fetch(data, offsets[text], offsets[text + 1], rooms[0])
            to = plain(rooms[0], size, rooms[1], is_html, out, to, names, kinds, entities, codes, state)
            ends[text] = to
            text += 1
            continue
        first = text
        while text < changes.size and changes[text] == KEPT:
            ends[text] = to + offsets[text + 1] - offsets[first]
            text += 1
        to = copy(data, offsets[first], offsets[text], out, to)
