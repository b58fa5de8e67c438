"""Recognise the encoding of a file: by its first bytes, by the caller's choice, or by the statistics of its bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

from dedup.errors import ParamsError
from dedup.io.bytes.surrogates import ESCAPE_BYTES, ESCAPE_SURROGATES

SAMPLE_BYTES = 64 << 10
"""Bytes of a sample: from the first byte on that is not ASCII, and of lines that are not UTF-8."""

MORE_BYTES = 4 << 20
"""Bytes of the larger sample, for a file whose first sample is not UTF-8."""

CERTAIN = 0.15
"""Confidence of chardet from which an answer is not doubtful.

Of 3,600 samples of 30 to 1,000 bytes in 22 encodings and 16 languages 56 are read wrong, all of less than 150 bytes;
91 % of these are below it, and 3 % of the right ones of 200 bytes, none of 1,000.
"""

PIECE_BYTES, FEWEST_PIECES, MOST_PIECES = 500, 4, 32
"""Bytes of a piece of the sample that votes, and how many pieces vote: 0.6 ms each, and rarely wrong."""

AGREEMENT = 0.8
"""Share of the votes with which pieces overrule the whole."""

_PARTS = re.compile(rb"[^ \n\"]*[ \n\"]?")

_ISO_CONTROLS = re.compile(b"[\x80-\x9f]")  # control characters in all of ISO 8859, letters and quotes in Windows

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)

_WIDER = {
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",  # but for some rare characters; the backslash, which JSON needs, is one only in cp932
}
"""For an encoding, a larger one that contains it, because text after the sample may need the rest."""


@dataclass(frozen=True, slots=True)
class Charset:
    """The encoding of a file.

    Parameters
    ----------
    name : str
        As Python knows it.
    is_guess, is_doubtful : bool
        Whether it was guessed, and whether it may well be another.
    """

    name: str
    is_guess: bool = False
    is_doubtful: bool = False

    def state(self) -> dict[str, Any]:
        """Return the fields by their names, in a form that JSON can hold."""
        return {"name": self.name, "is_guess": self.is_guess, "is_doubtful": self.is_doubtful}

    @property
    def shown(self) -> str:
        """The name as people write it."""
        return self.name.upper() if self.name.startswith("utf") else self.name

    @property
    def is_utf8(self) -> bool:
        """Whether nothing has to be decoded."""
        return self.name == "utf-8"

    @property
    def has_ascii(self) -> bool:
        """Whether bytes below 128 are ASCII, so that text with only these needs no decoding."""
        ascii_bytes = bytes(range(128))
        try:
            return ascii_bytes.decode(self.name) == ascii_bytes.decode("ascii") and self.name != "utf-7"
        except UnicodeError:
            return False

    @property
    def has_lines(self) -> bool:
        """Whether line ends, and the characters that JSON and CSV need, are written as in ASCII."""
        needed = '\n\r\t",:{}[]\\'
        try:
            return needed.encode(self.name) == needed.encode("ascii")
        except UnicodeError:
            return False

    def decode(self, raw: bytes) -> str:
        """Decode bytes; those that cannot be decoded are escaped one by one, as by Python's ``surrogateescape``."""
        return raw.decode(self.name, ESCAPE_BYTES)

    def decoder(self) -> codecs.IncrementalDecoder:
        """Return a decoder that does the same, one chunk of a file at a time."""
        return codecs.getincrementaldecoder(self.name)(ESCAPE_BYTES)

    def encode(self, text: str) -> bytes:
        """Return the bytes that decode to this text."""
        return text.encode(self.name, ESCAPE_SURROGATES)


UTF_8 = Charset("utf-8")


def charset_named(name: str) -> Charset:
    """Return the encoding that a caller asks for.

    Raises
    ------
    ParamsError
        When Python does not know it.
    """
    try:
        found = codecs.lookup(name).name.removesuffix("-sig")  # the mark is looked for anyway
        b"\0\0\0\0".decode(found)
    except (LookupError, ValueError) as error:
        expected = "one that Python knows, such as utf-8, windows-1252, koi8-r, gb18030"
        raise ParamsError(f"encoding {name!r}", expected, "the list: docs.python.org/3/library/codecs.html") from error
    return Charset(found.replace("cp125", "windows-125"))


def charset_labelled(label: str) -> Charset | None:
    """Return the encoding that a page says it is in, as browsers take it: in a wider one; None if nobody knows it."""
    try:
        found = charset_named(label).name
        return charset_named("windows-1252" if found == "ascii" else _WIDER.get(found, found))
    except ParamsError:
        return None


def encoding_of_mark(head: bytes) -> tuple[Charset, int] | None:
    """Return the encoding of a file's byte order mark, and the length of the mark; None if there is no mark."""
    return next(((Charset(name), len(mark)) for mark, name in _MARKS if head.startswith(mark)), None)


def utf_16_without_mark(head: bytes) -> Charset | None:
    """Return UTF-16 without a byte order mark, if the beginning of a file with zero bytes reads as that; else None.

    It has zero bytes on one side only, those of spaces and points at least, and nothing but text.
    """
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) or max(even, odd) < max(8, len(head) // 20):
        return None
    name = "utf-16-be" if even else "utf-16-le"
    try:
        text = head[: len(head) & ~3].decode(name)
    except UnicodeDecodeError:
        return None
    shown = sum(char.isprintable() or char in "\t\n\r" for char in text)
    return Charset(name, is_guess=True, is_doubtful=True) if shown >= 0.99 * len(text) else None


def iso_2022_jp(head: bytes) -> Charset | None:
    """Return ISO-2022-JP (of Japanese mail, all bytes are ASCII) if a file begins as that does; else None."""
    if b"\x1b$" not in head or not head.isascii():
        return None
    try:
        codecs.getincrementaldecoder("iso2022_jp_2")().decode(head)
    except UnicodeDecodeError:
        return None
    return Charset("iso2022_jp_2", is_guess=True)


def is_utf8(sample: bytes | bytearray, is_whole: bool = True) -> bool:
    """Return whether bytes are UTF-8; if they are only a part of a text, the last character may be cut."""
    try:
        codecs.utf_8_decode(sample, "strict", is_whole)
    except UnicodeDecodeError:
        return False
    return True


def recognise(sample: bytes) -> Charset:
    """Return the most probable encoding of bytes that are not all UTF-8.

    That may be UTF-8 all the same, if they are so for the greater part: a few broken characters, or lines in another
    encoding, do not make another file of it.
    """
    valid = len(sample.decode("utf-8", "ignore").encode())
    ascii_only = len(sample.translate(None, bytes(range(128, 256))))
    # Twice as much: of the bytes of Chinese or Korean text some are UTF-8 by chance.
    if valid - ascii_only >= 2 * (len(sample) - valid):
        return UTF_8
    lines = (line for line in sample.splitlines(keepends=True) if not line.isascii())
    return _guessed(b"".join(lines)[:SAMPLE_BYTES])


def _guessed(sample: bytes) -> Charset:
    """Return the most probable encoding of bytes by chardet.

    It excludes encodings in which any byte is undefined, and real files have such bytes. So pieces of the sample vote,
    and overrule the whole where it is doubtful or most of them agree.
    """
    name, confidence = _detected(sample)
    pieces = _pieces(sample)
    if len(pieces) < 2:
        return Charset(name, is_guess=True, is_doubtful=confidence < CERTAIN)
    votes = {name: 0.0}
    for voted, how_much in map(_detected, pieces):
        votes[voted] = votes.get(voted, 0.0) + how_much
    winner = max(votes, key=lambda one: votes[one])
    average = votes[winner] / len(pieces)
    agree = len(pieces) >= FEWEST_PIECES and votes[winner] >= AGREEMENT * sum(votes.values())
    if average > confidence or (agree and average >= CERTAIN):
        name, confidence = winner, average
    if name == "iso8859-15" and _ISO_CONTROLS.search(sample):
        name = "windows-1252"
    return Charset(name, is_guess=True, is_doubtful=confidence < CERTAIN)


def _pieces(sample: bytes) -> list[bytes]:
    """Cut a sample after spaces, quotes and line ends, which are not part of a character in any encoding."""
    pieces, piece = [], b""
    for part in _PARTS.findall(sample):
        piece += part
        if len(piece) >= PIECE_BYTES:
            pieces.append(piece)
            piece = b""
    pieces = [piece for piece in [*pieces, piece] if not piece.isascii()]
    return pieces[:: -(-len(pieces) // MOST_PIECES)]


def _detected(sample: bytes) -> tuple[str, float]:
    """Return the name of the most probable encoding of bytes that are not UTF-8, and the confidence in it."""
    import chardet  # 30 ms that nobody else need wait

    # No encodings of old Macs and of mainframes: short texts are taken for these more often than they are in them.
    eras = chardet.EncodingEra
    found = chardet.detect(
        sample,
        encoding_era=eras.MODERN_WEB | eras.LEGACY_ISO | eras.DOS,
        max_bytes=len(sample),
        compat_names=False,
        no_match_encoding="windows-1252",
    )
    name = str(found["encoding"] or "windows-1252")
    known = charset_named(_WIDER.get(name, name))
    if known.is_utf8 or not known.has_lines:  # what is left of them when UTF-8 and zero bytes are excluded is noise
        return "windows-1252", 0.0
    return known.name, float(found["confidence"] or 0)
