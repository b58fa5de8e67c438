"""Cut a web archive (WARC) into its records, and find the next whole one behind what is damaged.

The packages that read archives do not hand out the bytes of a record, which kept ones are written with, and stop or
skip at damage: warcio 1.8 refuses a gzip file of one member and fails at pages in brotli, FastWARC 2.0 ends without an
error behind a page in chunks of brotli, and holds a page that unpacks to a gigabyte whole. The form is simple: a header
of lines, a blank line, and as many bytes as the header says.
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dedup.io.bytes.streams import DamagedError
from dedup.io.bytes.surrogates import printable
from dedup.io.source import Rejection

HEADER_BYTES = 64 << 10
"""Bytes within which the header of a record must end."""

_BEGINNING = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")

_NEXT = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n[\w-]+[ \t]*:")

_LINE_BYTES = 64
"""Bytes in which the first line of a record and the name of its first field end."""

_HEADER_END = re.compile(rb"\r?\n\r?\n")

_FOLDED = re.compile(rb"\r?\n[ \t]+")

_BEHIND = re.compile(rb"\r?\n\r?\n|(?:\r?\n)?(?:WARC/|\Z)")
"""What stands behind a record: two line ends. Some programs write fewer."""


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record of a web archive.

    Parameters
    ----------
    raw : bytes
        Header and block; of a record that is too long or damaged its beginning.
    start : int
        Where in ``raw`` the block begins.
    fields : dict of str to str
        The header: names in lower case, and values.
    rejection : Rejection or None
        Why the record cannot be used.
    """

    raw: bytes
    start: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    rejection: Rejection | None = None

    @property
    def block(self) -> bytes:
        """What the record holds."""
        return self.raw[self.start :]


def header_fields(lines: bytes) -> dict[str, str]:
    """Return the fields of a header, of a record or of HTTP, by their names in lower case; of several the first.

    Examples
    --------
    >>> header_fields(b"Content-Type: text/html;\\r\\n  charset=utf-8\\r\\nVary: *")
    {'content-type': 'text/html; charset=utf-8', 'vary': '*'}
    """
    found: dict[str, str] = {}
    for line in _FOLDED.sub(b" ", lines).splitlines():
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def header_end(data: bytes, start: int = 0) -> tuple[int, int] | None:
    """Return where a header ends, and where what follows it begins; None if that is not near."""
    found = _HEADER_END.search(data, start, start + HEADER_BYTES)
    return None if found is None else found.span()


def warc_records(
    chunks: Iterator[bytes | DamagedError], longest: int, raw_bytes: int, total: int | None = None
) -> Iterator[WarcRecord]:
    """Yield the records of an archive, of any kind, in order.

    Damage is a record with a rejection: what lies between two whole records, or behind the last one.

    Parameters
    ----------
    chunks : iterator of (bytes or DamagedError)
        Decompressed; what is damaged is left out, and the error is in its place.
    longest : int
        Bytes of the longest record that is held.
    raw_bytes : int
        How many bytes are held of a longer or a damaged one.
    total : int, optional
        Bytes of all chunks, if that is known: a record cannot be longer than what is left of them.
    """
    ahead = _Ahead(chunks, total)
    while not ahead.is_over:
        while ahead.skip_line_ends():
            yield _record(ahead, longest, raw_bytes)
        if damage := ahead.reported():
            yield WarcRecord(b"", rejection=Rejection(damage, b"", None))


class _Ahead:
    """Chunks, of which as much can be looked at as is needed.

    Attributes
    ----------
    held : bytes
    at : int
        Where in ``held`` the next record begins.
    is_over : bool
        Whether there are no more chunks.
    """

    def __init__(self, chunks: Iterator[bytes | DamagedError], total: int | None) -> None:
        self._chunks = chunks
        self._coming = total
        self._damage: str | None = None
        self.held, self.at = b"", 0
        self.is_over = False

    def grow(self) -> bool:
        """Hold another chunk; return whether there was one, and no damage before it that was not reported."""
        if self._damage is not None:
            return False
        chunk = next(self._chunks, None)
        if chunk is None:
            self.is_over = True
            return False
        if self._coming is not None and isinstance(chunk, bytes):
            self._coming -= len(chunk)
        if isinstance(chunk, DamagedError):
            self._damage, chunk = chunk.what, b"\n"  # what follows begins on a line of its own
        self.held, self.at = self.held[self.at :] + chunk, 0
        return self._damage is None

    def ensure(self, size: int) -> int:
        """Hold so many bytes if there are so many; return how many are held."""
        while len(self.held) - self.at < size and self.grow():
            pass
        return len(self.held) - self.at

    def may_have(self, size: int) -> bool:
        """Return whether there may be so many bytes, held or to come."""
        return self._coming is None or size <= len(self.held) - self.at + self._coming

    def skip_line_ends(self) -> bool:
        """Go on to a byte that ends no line; return whether there is one."""
        while self.ensure(1):
            if self.held[self.at] not in b"\r\n":
                return True
            self.at += 1
        return False

    def reported(self) -> str | None:
        """Return what is damaged behind the bytes that are held, and forget it."""
        damage, self._damage = self._damage, None
        return damage

    def take(self, size: int) -> bytes:
        """Return the next bytes and go on behind them."""
        taken = self.held[self.at : self.at + size]
        self.at += len(taken)
        return taken


@dataclass(frozen=True, slots=True)
class _Framing:
    """Where the block of a record begins, and what its header has; of a header that cannot be read nothing."""

    start: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)

    def rejected(self, rejection: Rejection, raw: bytes) -> WarcRecord:
        return WarcRecord(raw, self.start, self.fields, rejection)


def _record(ahead: _Ahead, longest: int, raw_bytes: int) -> WarcRecord:
    ahead.ensure(_LINE_BYTES)
    end = None
    if _BEGINNING.match(ahead.held, ahead.at):
        while (end := header_end(ahead.held, ahead.at)) is None:
            if len(ahead.held) - ahead.at > HEADER_BYTES or not ahead.grow():
                break
    if end is None or _NEXT.search(ahead.held, ahead.at + 1, end[1]):  # the header of the next record is in this one
        return _damaged(ahead, _Framing(), ahead.reported() or "no header of a WARC record", raw_bytes)
    record = _Framing(end[1] - ahead.at, header_fields(ahead.held[ahead.at : end[0]]))
    length = record.fields.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return _damaged(ahead, record, f"Content-Length {printable(length)!r}, expected a number", raw_bytes)
    size = record.start + int(length[:20])
    if size > longest and ahead.may_have(size):
        return _too_long(ahead, record, size, longest, raw_bytes)
    if (held := ahead.ensure(min(size, longest) + _LINE_BYTES)) < size:
        content = f"{held - record.start:,} bytes of content, expected {size - record.start:,}"
        return _damaged(ahead, record, f"{ahead.reported() or 'ends early'}: {content}", raw_bytes)
    if not _BEHIND.match(ahead.held, ahead.at + size):
        return _damaged(ahead, record, "no end where Content-Length has it", raw_bytes)
    return WarcRecord(ahead.take(size), record.start, record.fields)


def _too_long(ahead: _Ahead, record: _Framing, size: int, longest: int, raw_bytes: int) -> WarcRecord:
    """Skip a record that is too long, up to its end."""
    ahead.ensure(min(size, record.start + raw_bytes))
    raw = ahead.held[ahead.at : ahead.at + min(size, record.start + raw_bytes)]
    left = size
    while left > (held := len(ahead.held) - ahead.at):
        left -= len(ahead.take(held))
        if not ahead.grow():
            reason = f"{ahead.reported() or 'ends early'}: {size - left:,} bytes, expected {size:,}"
            return record.rejected(Rejection(reason, raw, size - left), raw)
    ahead.at += left
    return record.rejected(Rejection.too_long(raw, size, longest), raw)


def _damaged(ahead: _Ahead, record: _Framing, reason: str, raw_bytes: int) -> WarcRecord:
    """Skip what is damaged, up to the beginning of the next record."""
    raw, size = ahead.take(1), 1
    while (found := _NEXT.search(ahead.held, ahead.at)) is None:
        passed = ahead.take(max(0, len(ahead.held) - ahead.at - _LINE_BYTES))  # the first line of a record may be cut
        raw, size = raw + passed[: raw_bytes - len(raw)], size + len(passed)
        if not ahead.grow():
            reason = ahead.reported() or reason
            break
    last = ahead.take((len(ahead.held) if found is None else found.start()) - ahead.at)
    raw, size = raw + last[: raw_bytes - len(raw)], size + len(last)
    return record.rejected(Rejection(reason, raw, size), raw)
