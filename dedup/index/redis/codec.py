"""Encode a document as bytes: a checksum, a head, its strings, its digest, its packed tokens."""

from __future__ import annotations

import struct

import xxhash

from dedup.index.stored import Row

_HEAD = struct.Struct("<IIHq")  # bytes of the text, tokens, flags, when it was added
_DRAWN_ON, _COUNTED, _PUBLISHED, _COPY_OF = 1, 2, 4, 8
_STRINGS = (("source", 16), ("url", 32), ("data", 64), ("credit", 128))
_STORY = 256
_LONG = 255  # instead of a length: four bytes of length follow
_DIGEST_BYTES = 16
_CHECKSUM_BYTES = 8


def encoded(row: Row) -> bytes:
    """Return a document as bytes, without its number."""
    flags = _DRAWN_ON * bool(row.drawn_on) | _COUNTED * bool(row.counted)
    fixed = b""
    if row.published is not None:
        flags |= _PUBLISHED
        fixed += struct.pack("<q", row.published)
    if row.copy_of is not None:
        flags |= _COPY_OF
        fixed += struct.pack("<I", row.copy_of)
    if row.story is not None:
        flags |= _STORY
        fixed += struct.pack("<I", row.story)
    strings = _string(row.id)
    for name, flag in _STRINGS:
        value = getattr(row, name)
        if value is not None:
            flags |= flag
            strings += _string(value)
    data = b"".join((_HEAD.pack(row.size, row.length, flags, row.added), fixed, strings, row.digest, row.tokens))
    return _checksum(row.number, data) + data


def decoded(number: int, data: bytes) -> Row:
    """Return the document with this number, decoded from its bytes.

    Raises
    ------
    ValueError
        When the bytes are damaged.
    """
    stored_sum, data = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    if stored_sum != _checksum(number, data):
        raise ValueError(f"document {number} differs from what was written")
    try:
        size, length, flags, added = _HEAD.unpack_from(data)
        at = _HEAD.size
        published = copy_of = story = None
        if flags & _PUBLISHED:
            (published,) = struct.unpack_from("<q", data, at)
            at += 8
        if flags & _COPY_OF:
            (copy_of,) = struct.unpack_from("<I", data, at)
            at += 4
        if flags & _STORY:
            (story,) = struct.unpack_from("<I", data, at)
            at += 4
        id, at = _read_string(data, at)
        strings: dict[str, str | None] = {}
        for name, flag in _STRINGS:
            strings[name] = None
            if flags & flag:
                strings[name], at = _read_string(data, at)
    except (struct.error, IndexError) as error:
        raise ValueError(f"document {number} is damaged") from error
    digest = data[at : at + _DIGEST_BYTES]
    if len(digest) < _DIGEST_BYTES:
        raise ValueError(f"document {number} is damaged")
    return Row(
        number,
        id,
        size,
        length,
        strings["source"],
        published,
        strings["url"],
        strings["data"],
        strings["credit"],
        int(bool(flags & _DRAWN_ON)),
        copy_of,
        int(bool(flags & _COUNTED)),
        story,
        added,
        digest,
        data[at + _DIGEST_BYTES :],
    )


def _checksum(number: int, data: bytes) -> bytes:
    return xxhash.xxh3_64_digest(data, number)


def _string(value: str) -> bytes:
    encoded = value.encode()
    if len(encoded) < _LONG:
        return bytes((len(encoded),)) + encoded
    return struct.pack("<BI", _LONG, len(encoded)) + encoded


def _read_string(data: bytes, at: int) -> tuple[str, int]:
    length = data[at]
    at += 1
    if length == _LONG:
        (length,) = struct.unpack_from("<I", data, at)
        at += 4
    if at + length > len(data):
        raise IndexError(at)
    return data[at : at + length].decode(), at + length
