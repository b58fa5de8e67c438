"""Fold letters to the form in which they are compared: the rule for a code point, and the table of all of them.

``python -m dedup.text.folding`` writes ``fold.npz`` from this Python's Unicode data and ``variants.json``, which
``benchmarks/fit/variants.py`` makes. The table is shipped, not computed at start, so that every Python version folds
alike (and starts 0.3 s sooner).
"""

from __future__ import annotations

import functools
import json
import sys
import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt

SEPARATOR, LETTER, CHARACTER, DROPPED, SEQUENCE = range(5)
"""What a code point folds to: no part of a word; a part; a token of its own; nothing at all; several of these."""

UNSPACED_SCRIPTS = (
    "CJK ",
    "IDEOGRAPHIC ",
    "HIRAGANA",
    "KATAKANA",
    "BOPOMOFO",
    "THAI ",
    "LAO ",
    "KHMER ",
    "MYANMAR ",
)
UNSPACED_ALPHABETS = ("THAI ", "LAO ", "KHMER ", "MYANMAR ")
"""Of these, those where it takes some five characters to make a word."""

_KANA_MARKS = "\u3099\u309a"
_STRETCHES = "\u0640\u034f"  # Arabic tatweel, combining grapheme joiner
_VARIATIONS = (range(0xFE00, 0xFE10), range(0x180B, 0x1810), range(0xE0100, 0xE01F0))

_ARABIC = {
    "\u0671": "\u0627",  # alef wasla: alef
    **dict.fromkeys("\u0649\u06cc", "\u064a"),  # alef maksura, Persian yeh: yeh
    "\u06a9": "\u0643",  # Persian and Urdu kaf: kaf
    **dict.fromkeys("\u0629\u06be\u06c1\u06c3\u06d5", "\u0647"),  # teh marbuta, heh doachashmee, goal, ae: heh
}
"""Arabic letters that one language, keyboard or writer uses for what another writes as the letter on the right.

As in the normalisers of Lucene for Arabic, Persian and Sorani Kurdish together. Hamza on its seat is a mark and goes
with the others. Letters that distinguish words everywhere stay: yeh barree, noon ghunna, Sindhi kaf.
"""

TABLE_FILE = Path(__file__).with_name("fold.npz")

VARIANTS_FILE = Path(__file__).with_name("variants.json")
"""Simplified and traditional Chinese characters, and other forms of them, in classes; its ``about`` says from where."""


def fold_code_point(char: str) -> str:
    """Fold one character; surrogates become a space.

    NFKD, diacritics dropped, casefold, decimal digits to ASCII, variants of Arabic letters and of Chinese characters to
    one of them.
    """
    if "\ud800" <= char <= "\udfff":
        return " "
    folded = unicodedata.normalize("NFKD", _without_marks(unicodedata.normalize("NFKD", char)).casefold())
    return "".join(_plain(c) for c in _without_marks(folded))


def kind_of(folded: str) -> int:
    """Return LETTER, CHARACTER or SEPARATOR for one folded character."""
    category = unicodedata.category(folded)
    if category == "Co":  # private use: letters of a font of its own, as broken PDF text has them
        return LETTER
    if category[0] not in "LMN":
        return SEPARATOR
    if folded in _KANA_MARKS or unicodedata.name(folded, "").startswith(UNSPACED_SCRIPTS):
        return CHARACTER
    return LETTER


def is_alphabetic(folded: str) -> bool:
    """Return whether one folded character belongs to an alphabet that is written without spaces."""
    return kind_of(folded) == CHARACTER and unicodedata.name(folded, "").startswith(UNSPACED_ALPHABETS)


def _plain(char: str) -> str:
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.decimal(char))
    return _ARABIC.get(char) or _variants().get(char, char)


@functools.cache
def _variants() -> dict[str, str]:
    """Return, for each Chinese character, the one character that represents all its variants."""
    classes = json.loads(VARIANTS_FILE.read_text("utf-8"))["classes"]
    return {char: members[0] for members in classes for char in members[1:]}


def _without_marks(text: str) -> str:
    return "".join(c for c in text if not _is_mark(c))


def _is_mark(char: str) -> bool:
    """Return whether a character is a diacritic or point, or invisible: format characters, variations, stretches."""
    category = unicodedata.category(char)
    if category == "Cf" or char in _STRETCHES or any(ord(char) in block for block in _VARIATIONS):
        return True
    combining = unicodedata.combining(char)
    # Classes 2-9 and 84-132 are left: vowel signs, tone marks and viramas that Indic and Thai words need.
    return category == "Mn" and (combining == 1 or 10 <= combining <= 36 or combining >= 200)


def _entry(folded: str, source: str, sequences: list[int]) -> int:
    """Pack a folding: UTF-8 in bits 0-31, its length in 32-39 (0: unchanged), its kind in 40-47."""
    if not folded:
        return DROPPED << 40
    if len(folded) > 1:
        offset = len(sequences)
        sequences.extend(_entry(c, "", sequences) for c in folded)
        return SEQUENCE << 40 | len(folded) << 32 | offset
    kind = kind_of(folded)
    if kind == SEPARATOR or folded == source:
        return kind << 40
    encoded = folded.encode()
    return kind << 40 | len(encoded) << 32 | int.from_bytes(encoded, "little")


def build_table() -> dict[str, npt.NDArray[np.generic]]:
    """Return the two-stage table: ``page_of`` uint16 (4352,), ``pages`` uint64 (n, 256), ``sequences`` uint64."""
    sequences: list[int] = []
    pages: dict[tuple[int, ...], int] = {}
    page_of = []
    for page in range(0x110000 >> 8):
        chars = [chr(page << 8 | low) for low in range(256)]
        entries = tuple(_entry(fold_code_point(c), c, sequences) for c in chars)
        page_of.append(pages.setdefault(entries, len(pages)))
    return {
        "page_of": np.array(page_of, np.uint16),
        "pages": np.array(list(pages), np.uint64),
        "sequences": np.array(sequences, np.uint64),
        "unicode_version": np.array(unicodedata.unidata_version),
    }


if __name__ == "__main__":
    np.savez_compressed(TABLE_FILE, allow_pickle=False, **build_table())
    sys.stdout.write(f"{TABLE_FILE.name}: Unicode {unicodedata.unidata_version}, {TABLE_FILE.stat().st_size} bytes\n")
