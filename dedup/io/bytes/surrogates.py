"""Encode text that Unicode does not allow: lone surrogates, and bytes that could not be decoded."""

from __future__ import annotations

import codecs


def _surrogates(error: UnicodeError) -> tuple[bytes, int]:
    """Encode the characters that UTF-8 refuses: an escaped byte as that byte, a lone surrogate as three bytes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    as_bytes = b"".join(
        bytes([ord(character) - 0xDC00])
        if "\udc80" <= character <= "\udcff"
        else character.encode("utf-8", "surrogatepass")
        for character in refused
    )
    return as_bytes, error.end


def _bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that an encoding refuses, escaped one by one as Python does; ASCII among them stays ASCII."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(chr(byte if byte < 0x80 else 0xDC00 + byte) for byte in refused), error.end


ESCAPE_SURROGATES, ESCAPE_BYTES = "dedup.surrogates", "dedup.bytes"
"""Names of these rules, for ``str.encode`` and ``bytes.decode``."""

codecs.register_error(ESCAPE_SURROGATES, _surrogates)
codecs.register_error(ESCAPE_BYTES, _bytes)


def to_bytes(text: str) -> bytes:
    r"""Encode any text as UTF-8; this never fails.

    Parameters
    ----------
    text : str
        May hold bytes that were decoded with ``surrogateescape``, and lone surrogates from escapes like ``\ud800``.

    Returns
    -------
    bytes
        UTF-8; what was decoded with ``surrogateescape`` has its old bytes again.

    Examples
    --------
    >>> to_bytes("é \ud800")
    b'\xc3\xa9 \xed\xa0\x80'
    """
    return text.encode("utf-8", ESCAPE_SURROGATES)


def printable(text: str) -> str:
    r"""Return a text that UTF-8 can encode, for names and ids in tables and messages.

    Examples
    --------
    >>> printable("caf\udce9")
    'caf\\udce9'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def readable(raw: bytes) -> str:
    """Decode bytes that should be UTF-8; other bytes become visible as backslash escapes."""
    return raw.decode("utf-8", "backslashreplace")
