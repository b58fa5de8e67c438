"""Read the text of a page from the answer of a web server: unpack it, decode it, and find its title."""

from __future__ import annotations

import re
import zlib
from html import unescape
from typing import NamedTuple

import pyarrow as pa

from dedup.io.bytes.encodings import (
    MORE_BYTES,
    UTF_8,
    Charset,
    charset_labelled,
    charset_named,
    encoding_of_mark,
    is_utf8,
    recognise,
)
from dedup.io.format_registry import content_name
from dedup.io.formats.warc_records import header_end, header_fields

PAGES = ("text/html", "application/xhtml+xml", "text/plain")
"""Types of content that are texts; an answer without a type may be one."""

_HEAD_BYTES = 64 << 10
"""Bytes or characters at the beginning of a page in which its title, its encoding and binary content are looked for."""

_PIECE_BYTES = 1 << 20

_STATUS = re.compile(rb"HTTP/\d[\d.]*[ \t]+(\d{3})")

_DECLARED = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)

_OF_TYPE = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)

_TITLE = re.compile(r"<title(?:\s[^>]*)?>(.*?)</title", re.IGNORECASE | re.DOTALL)


class PageError(Exception):
    """A page that cannot be read; the message says why."""


class PageTooLongError(PageError):
    """A page that is longer than any that is to be read."""


class HttpAnswer(NamedTuple):
    """The answer of a web server.

    Parameters
    ----------
    status : int
        0 where it does not begin as HTTP does.
    fields : dict of str to str
        The header: names in lower case, and values.
    start : int
        Where the body begins.
    """

    status: int
    fields: dict[str, str]
    start: int

    @property
    def content_type(self) -> str:
        """The type of the body in lower case, without its parameters."""
        return plain_type(self.fields.get("content-type", ""))


def plain_type(value: str) -> str:
    """Return a content type in lower case without parameters.

    Examples
    --------
    >>> plain_type("Text/HTML; charset=utf-8")
    'text/html'
    """
    return value.partition(";")[0].strip().lower()


def http_answer(block: bytes, start: int = 0) -> HttpAnswer:
    """Return the answer that begins at a byte of a block."""
    status = _STATUS.match(block, start)
    if status is None:
        return HttpAnswer(0, {}, start)
    end, after = header_end(block, start) or (len(block), len(block))
    return HttpAnswer(int(status[1]), header_fields(block[start:end]), after)


def body_of(answer: HttpAnswer, body: bytes, longest: int) -> bytes:
    """Return the body of an answer without the codings of its transfer and its content.

    Parameters
    ----------
    answer : HttpAnswer
    body : bytes
    longest : int
        Bytes of the longest body.

    Raises
    ------
    PageTooLongError
    PageError
        When it cannot be unpacked.
    """
    if "chunked" in answer.fields.get("transfer-encoding", "").lower():
        body = unchunked(body)
    for coding in reversed(answer.fields.get("content-encoding", "").lower().split(",")):
        body = _unpacked(body, coding.strip(), longest)
    return body


def unchunked(body: bytes) -> bytes:
    """Return a body without the marks of its chunks; as it is if it has none, for crawlers remove them.

    Examples
    --------
    >>> unchunked(b"4\\r\\nnews\\r\\n0\\r\\n\\r\\n"), unchunked(b"news")
    (b'news', b'news')
    """
    parts, at = [], 0
    while (end := body.find(b"\r\n", at, at + _LONGEST_MARK)) >= 0:
        try:
            size = int(body[at:end].partition(b";")[0], 16)
        except ValueError:
            break
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if not size:
            return b"".join(parts)
    return b"".join([*parts, body[at:]])


_LONGEST_MARK = 1_000
"""Bytes of the longest line that gives the size of a chunk."""


def page_text(body: bytes, content_type: str, asked: str | None) -> str:
    """Decode a page: by its mark, as UTF-8 if it is valid, by what it or the server says, else by its bytes.

    Parameters
    ----------
    body : bytes
    content_type : str
        As the server has sent it.
    asked : str or None
        The encoding of pages that are not UTF-8 and declare none.

    Returns
    -------
    str
        Bytes that its encoding does not have are surrogates.

    Raises
    ------
    PageError
        When it is no text.
    """
    if mark := encoding_of_mark(body):
        return mark[0].decode(body[mark[1] :])
    charset = _declared(body, content_type)
    if charset is None or charset.has_ascii:
        _refuse_binary(body[:_HEAD_BYTES])
    if is_utf8(body) and (charset is None or not body.isascii()):
        return body.decode()
    if charset is None or charset.is_utf8:
        charset = charset_named(asked) if asked else recognise(body[:MORE_BYTES])
    return charset.decode(body)


def title_of(page: str) -> str | None:
    """Return the title of a page, None if it has none.

    Examples
    --------
    >>> title_of("<head><title>Basin to be\\n dredged &amp; cleaned</title>")
    'Basin to be dredged & cleaned'
    """
    found = _TITLE.search(page, 0, _HEAD_BYTES)
    return " ".join(unescape(found[1]).split()) or None if found else None


def _declared(body: bytes, content_type: str) -> Charset | None:
    """Return the encoding that the server, or else the page, says it is in."""
    by_server = _OF_TYPE.search(content_type)
    if by_server and (found := charset_labelled(by_server[1])):
        return found
    by_page = _DECLARED.search(body, 0, _HEAD_BYTES)
    found = charset_labelled(by_page[1].decode("ascii", "replace")) if by_page else None
    return UTF_8 if found is not None and not found.has_ascii else found  # else it could not have been read


def _refuse_binary(head: bytes) -> None:
    if (name := content_name(head)) is not None:
        raise PageError(f"holds {name}, expected text")
    if (place := head.find(0)) >= 0:
        raise PageError(f"holds binary content (a NUL byte at byte {place + 1:,}), expected text")


def _unpacked(body: bytes, coding: str, longest: int) -> bytes:
    """Return a body without one coding; as it is where that was removed already and only the header kept."""
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            found = _inflated(body, longest)
        elif coding in _ARROW:
            found = _by_arrow(body, _ARROW[coding], longest)
        elif coding in ("", "identity"):
            return body
        else:
            raise PageError(f"is packed as {coding!r}, expected gzip, deflate, br or zstd")
    except (zlib.error, OSError) as error:
        if is_utf8(body) and 0 not in body[:_HEAD_BYTES]:
            return body
        raise PageError(f"cannot be unpacked ({coding}): {error}") from error
    if len(found) > longest:
        raise PageTooLongError
    return found


_ARROW = {"br": "brotli", "zstd": "zstd"}


def _inflated(body: bytes, longest: int) -> bytes:
    """Unpack gzip, zlib, or what some servers send as that: the bare stream."""
    try:
        stream = zlib.decompressobj(32 + zlib.MAX_WBITS)
        found = stream.decompress(body, longest + 1)
    except zlib.error:
        if body.startswith(b"\x1f\x8b"):
            raise
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        found = stream.decompress(body, longest + 1)
    if not stream.eof and len(found) <= longest:
        raise zlib.error("ends early")
    return found


def _by_arrow(body: bytes, codec: str, longest: int) -> bytes:
    pieces, size = [], 0
    with pa.CompressedInputStream(pa.BufferReader(body), codec) as stream:
        while size <= longest and (piece := stream.read(_PIECE_BYTES)):
            pieces.append(piece)
            size += len(piece)
    return b"".join(pieces)
