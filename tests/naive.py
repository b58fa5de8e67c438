"""The oracle: every definition in the plainest Python, sharing nothing with the package."""

from __future__ import annotations

import unicodedata

import xxhash

UNSPACED = ("CJK ", "HIRAGANA", "KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "BOPOMOFO", "IDEOGRAPHIC ")


def is_dropped(char: str) -> bool:
    """Diacritics, marks that only vary a glyph, invisible format characters, the Arabic stretch."""
    category = unicodedata.category(char)
    if category == "Cf" or char in "\u0640\u034f":
        return True
    if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF or 0x180B <= ord(char) <= 0x180F:
        return True
    combining = unicodedata.combining(char)
    return category == "Mn" and (combining == 1 or 10 <= combining <= 36 or combining >= 200)


def fold(char: str) -> str:
    """Fold one character, whatever stands around it."""
    if 0xD800 <= ord(char) <= 0xDFFF:
        return " "
    decomposed = "".join(c for c in unicodedata.normalize("NFKD", char) if not is_dropped(c))
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    folded = "".join(c for c in folded if not is_dropped(c))
    return "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in folded)


def is_word(char: str) -> bool:
    """Letters, marks and digits."""
    return unicodedata.category(char)[0] in "LMN"


def is_unspaced(char: str) -> bool:
    """Characters of scripts that are written without spaces (and the marks on kana): one token each."""
    return is_word(char) and (unicodedata.name(char, "").startswith(UNSPACED) or char in "\u3099\u309a")


def tokens(text: str) -> list[str]:
    """Runs of word characters of the folded text; one a character in scripts without spaces."""
    found: list[str] = []
    word = ""
    for char in "".join(fold(c) for c in text):
        if is_word(char) and not is_unspaced(char):
            word += char
            continue
        if word:
            found.append(word)
            word = ""
        if is_unspaced(char):
            found.append(char)
    return [*found, word] if word else found


def token_hash(token: str) -> int:
    """xxHash32; the lowest bit says whether the token is a character of a script without spaces."""
    return xxhash.xxh32_intdigest(token.encode()) & ~1 | is_unspaced(token[0])


def shingles(text: str, size: int) -> list[bytes]:
    """Each run of `size` tokens as the little-endian bytes of its token hashes; a shorter text is one shingle."""
    hashes = [token_hash(token).to_bytes(4, "little") for token in tokens(text)]
    if not hashes:
        return []
    return [b"".join(hashes[i : i + size]) for i in range(max(1, len(hashes) - size + 1))]


def resemblance(left: str, right: str, size: int) -> float:
    """Shared shingles over all distinct shingles of two texts."""
    a, b = set(shingles(left, size)), set(shingles(right, size))
    return len(a & b) / len(a | b) if a | b else 0.0


def containment(part: str, whole: str, size: int) -> float:
    """Share of the first text's distinct shingles that stand in the second."""
    a, b = set(shingles(part, size)), set(shingles(whole, size))
    return len(a & b) / len(a) if a else 0.0
