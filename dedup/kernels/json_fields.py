"""Read lines of JSON objects into columns: only the best of the wanted fields of each line, unescaped.

A line is taken only where the whole of it is beyond doubt by the grammar (`dedup.kernels.json_grammar`) and it is
beyond doubt which of its fields are to be used; anything else is left to Python.
"""

from __future__ import annotations

from numba import i8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.json_grammar import (
    BACKSLASH,
    QUOTE,
    SPACE,
    copy_integer,
    copy_string,
    is_digit,
    is_utf8,
    skip_scalar,
    skip_space,
    skip_value,
)
from dedup.kernels.line_ends import FEED, line_end
from dedup.kernels.simd import borrowed

TEXT, ID, DATE, LABEL = range(4)
"""Roles of fields; further ones are labels, too, and then parts of a text."""

MISSING, STRING, INTEGER = range(3)
"""What a field of a record is; a null counts as missing."""

MISSING_RANK = 255
"""Rank of a role that a record has nothing for; all others are lower."""

BLANK = 1_000
"""What is held for a role is a rank, and this more where the value is blank."""

LAST, NOTHING = 900, 9_000
"""A doubt that counts where nothing better is held than a blank; and nothing, held or in doubt."""

(
    START,
    FOLDS,
    FOLLOWING,
    OBJECT,
    ROLE,
    RANK,
    OTHER_RANK,
    SECOND_ROLE,
    SECOND_RANK,
    SECOND_OTHER_RANK,
    NODE,
) = range(11)
"""Fields of a node: where its key begins in ``names``; whether the key counts in other case, too; another node of the
same object whose key has as many bytes, -1 after the last; the number of the object that the node may be, or -1; its
role, or -1; its rank, and that in other case; the same of a second role; and how many numbers that are. Node 0 is the
record, object 0; its rank
is the first of texts that count only where a record has no other field of a text, its rank in other case the first role
that is a part of a text."""

HELD, DOUBT, MET, STACK, STATE, ROOM = range(6)
"""What is remembered of a record while it is read, rows of ``WIDTH`` numbers: by role the rank of the value that is
held, and the best of one that only Python can read; the fields that were met, as twice the node, and one where it holds
something; the objects around the one that is read; the state; and how many rows that are."""

PARENT, DEPTH, METS, OPENED = range(4)
"""The state: the object whose members are read, as twice its number, and one more where the way to it has a name in
other case; how deep that is; how many fields were met; and as bits which objects were met."""

WIDTH = 64
"""Most roles, fields met in a record, and objects, of which two bits are no flags."""

FILLED, PRESENT = range(2)
"""Counts of a node: records in which it is a string, but no empty one, a number, true or false; and in which it is."""


@inlined_kernel
def lower(byte: int) -> int:
    """Return an ASCII letter in lower case, other bytes unchanged."""
    return byte + 32 if 65 <= byte <= 90 else byte


@inner_kernel
def child_at(data: Array, start: int, size: int, parent: int, names: Array, nodes: Array, heads: Array) -> int:
    """Return the node of the key ``data[start:start + size]`` in an object, -1 if there is none.

    Parent and node are twice their numbers, and one more where the way to them has a name in other case.
    """
    if size >= heads.shape[1]:
        return i8(-1)
    node, other = i8(heads[parent >> 1, size]), i8(-1)
    while node >= 0:
        name = nodes[node, START]
        k = 0
        while k < size and data[start + k] == names[name + k]:
            k += 1
        if k == size:
            return node << 1 | parent & 1 if nodes[node, FOLDS] or not parent & 1 else i8(-1)
        if other < 0 and nodes[node, FOLDS]:
            while k < size and lower(data[start + k]) == lower(names[name + k]):
                k += 1
            if k == size:
                other = node << 1 | 1
        node = nodes[node, FOLLOWING]
    return other


@inner_kernel
def is_blank(data: Array, start: int, stop: int) -> bool:
    """Return whether there are only white space and control characters."""
    while start < stop and data[start] <= SPACE:
        start += 1
    return start == stop


@inlined_kernel
def is_text(role: int, nodes: Array) -> bool:
    """Return whether a role is that of a text, or of a part of one."""
    return role == TEXT or role >= nodes[0, OTHER_RANK]


@inlined_kernel
def is_label(role: int, nodes: Array) -> bool:
    """Return whether a role is that of a label."""
    return role >= LABEL and role < nodes[0, OTHER_RANK]


@inner_kernel
def doubt_of(data: Array, at: int, role: int, rank: int, nodes: Array) -> int:
    """Return the doubt about a value that is neither a string nor a whole number.

    Python may find a date in any value, an id in any number; what is no text is refused where there is none.
    """
    if role == DATE:
        return rank
    if not is_text(role, nodes) and (data[at] == 45 or is_digit(i8(data[at]))):
        return rank
    return i8(NOTHING) if is_label(role, nodes) else i8(LAST)


@inner_kernel
def copy_value(data: Array, at: int, is_one: bool, out: Array, to: int) -> tuple[int, int, int]:
    """Write a string, or a whole number; the latter does not count as a text.

    Returns the positions after the value and after the written bytes, and the kind: ``MISSING`` for another value,
    which is skipped. The first is -1 if Python has to read the record.
    """
    if data[at] == QUOTE:
        end, stop = copy_string(data, at + 1, out, to)
        if end >= 0 and not is_one and not is_utf8(out, to, stop):
            end = i8(-1)
        return end, stop, STRING
    if not is_one:
        end, stop = copy_integer(data, at, out, to)
        if end >= 0 and data[end] != 46 and data[end] | 32 != 101:
            return end, stop, INTEGER
    return skip_value(data, at), to, MISSING


@inner_kernel
def note_node(data: Array, at: int, node: int, nodes: Array, room: Array) -> bool:
    """Note a node whose value is at ``at``; False if Python has to read the record."""
    if nodes[node, ROLE] >= 0:
        mets = room[STATE, METS]
        if mets == WIDTH:
            return False
        byte = data[at]
        is_empty = byte == 110 or byte == 123 or byte == 91 or (byte == QUOTE and data[at + 1] == QUOTE)
        room[MET, mets] = node << 1 | i8(not is_empty)
        room[STATE, METS] = mets + 1
    if nodes[node, OBJECT] >= 0:
        bit = i8(1) << nodes[node, OBJECT]
        if room[STATE, OPENED] & bit or data[at] == 91:  # twice; a list, perhaps of objects
            return False
        room[STATE, OPENED] |= bit
    return True


@inner_kernel
def enter_object(data: Array, at: int, met: int, nodes: Array, room: Array) -> int:
    """Enter the object at ``at``; return the position of its first member, -1 if Python has to read the record."""
    node = met >> 1
    if not note_node(data, at, node, nodes, room):
        return i8(-1)
    for use in (ROLE, SECOND_ROLE):
        role = nodes[node, use]
        if role == DATE:
            return i8(-1)
        if role >= 0 and not is_label(role, nodes):  # an object is neither a text nor an id
            room[DOUBT, role] = min(room[DOUBT, role], LAST)
    depth = room[STATE, DEPTH]
    room[STACK, depth] = room[STATE, PARENT]
    room[STATE, DEPTH] = depth + 1
    room[STATE, PARENT] = nodes[node, OBJECT] << 1 | met & 1
    return skip_space(data, at + 1)


@inner_kernel
def leave_object(room: Array) -> None:
    """Return to the object around the current one."""
    depth = room[STATE, DEPTH] - 1
    room[STATE, DEPTH] = depth
    room[STATE, PARENT] = room[STACK, depth]


@inner_kernel
def take_for_role(
    data: Array, at: int, met: int, use: int, nodes: Array, out: Array, ends: Array, kinds: Array, room: Array, n: int
) -> int:
    """Take the value at ``at`` for one role of its node, which stands at ``use``; as `take_value`."""
    node = met >> 1
    role = nodes[node, use]
    rank, held = nodes[node, use + (OTHER_RANK - ROLE if met & 1 else RANK - ROLE)], room[HELD, role]
    if rank < 0:  # the name counts in this case for one of two roles
        return i8(-1)
    if held != NOTHING and held % BLANK == rank:  # a key that comes twice, or in two cases
        return i8(-1)
    if data[at] == 110:
        return skip_scalar(data, at)
    if rank > held:
        return skip_value(data, at)
    values, to = out[role], ends[role, n]
    end, stop, kind = copy_value(data, at, is_text(role, nodes), values, to)
    if kind == MISSING:
        room[DOUBT, role] = min(room[DOUBT, role], doubt_of(data, at, role, rank, nodes))
    elif end >= 0:
        score = rank + BLANK if kind == STRING and is_blank(values, to, stop) else rank
        if score < held:
            room[HELD, role], kinds[role, n], ends[role, n + 1] = score, kind, stop
    return end


@inner_kernel
def take_value(
    data: Array, at: int, met: int, nodes: Array, out: Array, ends: Array, kinds: Array, room: Array, n: int
) -> int:
    """Take the value at ``at`` for each role of its node if it is better than the present value.

    Returns the position after it, -1 if Python has to read the record.
    """
    node = met >> 1
    if not note_node(data, at, node, nodes, room):
        return i8(-1)
    if nodes[node, ROLE] < 0:
        return skip_value(data, at)
    end = take_for_role(data, at, met, ROLE, nodes, out, ends, kinds, room, n)
    if end >= 0 and nodes[node, SECOND_ROLE] >= 0:
        end = take_for_role(data, at, met, SECOND_ROLE, nodes, out, ends, kinds, room, n)
    return end


@inner_kernel
def settle_record(nodes: Array, ranks: Array, counts: Array, room: Array, n: int) -> bool:
    """Note the ranks of a finished record, and count its fields; False if Python has to read it."""
    for role in range(len(ranks)):
        if room[DOUBT, role] < room[HELD, role]:
            return False
    text, mets = room[HELD, TEXT], room[STATE, METS]
    if text != NOTHING and text % BLANK >= nodes[0, RANK]:
        for k in range(mets):
            node = room[MET, k] >> 1
            if nodes[node, ROLE] == TEXT and nodes[node, RANK] < nodes[0, RANK]:
                return False
    for role in range(len(ranks)):
        ranks[role, n] = room[HELD, role] if room[HELD, role] < BLANK else MISSING_RANK
    for k in range(mets):
        counts[room[MET, k] >> 1, PRESENT] += 1
        counts[room[MET, k] >> 1, FILLED] += room[MET, k] & 1
    return True


@inner_kernel
def read_object(
    data: Array,
    at: int,
    names: Array,
    nodes: Array,
    heads: Array,
    out: Array,
    ends: Array,
    kinds: Array,
    room: Array,
    n: int,
) -> int:
    """Read the object at ``at`` as record ``n``.

    Returns the position after it, -1 if Python has to read the record. Parameters as for ``read_lines``.
    """
    if data[at] != 123:
        return i8(-1)
    for role in range(len(ends)):
        room[HELD, role] = NOTHING
        room[DOUBT, role] = NOTHING
    for k in range(OPENED + 1):
        room[STATE, k] = 0
    at = skip_space(data, at + 1)
    if data[at] == 125:
        return at + 1
    while True:
        if data[at] != QUOTE:
            return i8(-1)
        start = at + 1
        at = start
        while data[at] >= SPACE and data[at] != QUOTE and data[at] != BACKSLASH:
            at += 1
        if data[at] != QUOTE:  # an escape, perhaps of a name that is wanted
            return i8(-1)
        node = child_at(data, start, at - start, room[STATE, PARENT], names, nodes, heads)
        at = skip_space(data, at + 1)
        if data[at] != 58:
            return i8(-1)
        at = skip_space(data, at + 1)
        if node < 0:
            at = skip_value(data, at)
        elif nodes[node >> 1, OBJECT] >= 0 and data[at] == 123:
            at = enter_object(data, at, node, nodes, room)
            if at >= 0 and data[at] != 125:
                continue
        else:
            at = take_value(data, at, node, nodes, out, ends, kinds, room, n)
        if at < 0:
            return at
        at = skip_space(data, at)
        while data[at] == 125:
            if room[STATE, DEPTH] == 0:
                return at + 1
            leave_object(room)
            at = skip_space(data, at + 1)
        if data[at] != 44:
            return i8(-1)
        at = skip_space(data, at + 1)


@inner_kernel
def forget(ends: Array, kinds: Array, ranks: Array, n: int) -> None:
    """Note that record ``n`` has no fields."""
    for role in range(len(kinds)):
        kinds[role, n] = MISSING
        ranks[role, n] = MISSING_RANK
        ends[role, n + 1] = ends[role, n]


@kernel
def read_lines(
    data: Array,
    names: Array,
    nodes: Array,
    heads: Array,
    out: Array,
    ends: Array,
    kinds: Array,
    ranks: Array,
    counts: Array,
    room: Array,
    lines: Array,
    slow: Array,
) -> tuple[int, int]:
    """Read a block of lines.

    Parameters
    ----------
    data : uint8 array
        Lines, the last one with a line feed, too.
    names : uint8 array
        The keys to look for, as UTF-8, one after the other.
    nodes : int64 array, shape (n_nodes, NODE)
        The tree of the keys; of objects there are ``WIDTH - 2`` at most.
    heads : int32 array, shape (n_objects, longest key + 1)
        The first node of each object by the size of its key; -1 where there is none.
    out : uint8 array, shape (n_roles, len(data) + BLOCK)
        Receives the values of each role, one after the other, unescaped; whole numbers as their digits.
    ends : int64 array, shape (n_roles, n_lines + 1)
        Receives where that of record ``k`` ends, at ``k + 1``.
    kinds : uint8 array, shape (n_roles, n_lines)
        Receives ``MISSING``, ``STRING`` or, but for a text, ``INTEGER``.
    ranks : uint8 array, shape (n_roles, n_lines)
        Receives the rank of the name that a value is from; ``MISSING_RANK`` where it is missing or blank.
    counts : int64 array, shape (n_nodes, 2)
        Counts of records are added.
    room : int64 array, shape (ROOM, WIDTH)
        What is remembered of a record.
    lines : int64 array, shape (n_lines,)
        Receives the line number of each record, from 0; blank lines are no records.
    slow : int64 array, shape (n_lines, 3)
        Receives the records that Python has to read, with where their lines start and end. They have no fields.

    Returns
    -------
    records, slow : int
    """
    n = i8(0)
    slows = i8(0)
    start = i8(0)
    line = i8(0)
    data, names, nodes, heads, room = borrowed(data), borrowed(names), borrowed(nodes), borrowed(heads), borrowed(room)
    out, ends, kinds, ranks, counts = borrowed(out), borrowed(ends), borrowed(kinds), borrowed(ranks), borrowed(counts)
    for role in range(len(ends)):
        ends[role, 0] = 0
    while start < data.size:
        at = skip_space(data, start)
        if data[at] != FEED:
            forget(ends, kinds, ranks, n)
            at = read_object(data, at, names, nodes, heads, out, ends, kinds, room, n)
            if at >= 0:
                at = skip_space(data, at)
            if at < 0 or data[at] != FEED or not settle_record(nodes, ranks, counts, room, n):
                forget(ends, kinds, ranks, n)
                at = line_end(data, start)
                slow[slows, 0] = n
                slow[slows, 1] = start
                slow[slows, 2] = at
                slows += 1
            lines[n] = line
            n += 1
        start = at + 1
        line += 1
    return n, slows
