"""The oracle: every definition in the plainest Python, sharing nothing with the package."""

from __future__ import annotations

import unicodedata

import xxhash
from datasketch import MinHash

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


def digest(text: str) -> bytes:
    """XXH3-128 of the token hashes."""
    return xxhash.xxh3_128_digest(b"".join(token_hash(token).to_bytes(4, "little") for token in tokens(text)))


def signature(text: str, size: int, num_perm: int, seed: int) -> list[int]:
    """The MinHash of the shingles as datasketch computes it."""
    minhash = MinHash(num_perm, seed, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
    for shingle in shingles(text, size):
        minhash.update(shingle)
    return [int(value) for value in minhash.hashvalues]


def mix(value: int) -> int:
    """The 64-bit finalizer of MurmurHash3, in integers that do not wrap by themselves."""
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ value >> 33) * multiplier % 2**64
    return value ^ value >> 33


def word_pairs(text: str) -> list[int]:
    """Hashes of adjacent tokens: two words, or four from where two characters of an unspaced script meet."""
    hashes = [token_hash(token) for token in tokens(text)]
    found = []
    for i in range(len(hashes) - 1):
        pair = mix(hashes[i] << 32 | hashes[i + 1])
        if hashes[i] & hashes[i + 1] & 1:
            if i + 4 > len(hashes):
                break
            pair = mix(pair ^ (hashes[i + 2] << 32 | hashes[i + 3]))
        found.append(pair)
    return found


def pair_frequencies(texts: list[str], slots: int) -> dict[int, int]:
    """By slot: in how many texts each pair stands; pairs of one slot are counted together."""
    counted: dict[int, int] = {}
    for text in texts:
        for pair in set(word_pairs(text)):
            counted[pair % slots] = min(255, counted.get(pair % slots, 0) + 1)
    return counted


def sketch(text: str, frequencies: dict[int, int], slots: int, most: int, size: int) -> list[int]:
    """The smallest hashes among the word pairs that stand in 2 to `most` texts."""
    return sorted(pair for pair in set(word_pairs(text)) if 2 <= frequencies.get(pair % slots, 0) <= most)[:size]


def leader_clusters(n: int, matches: list[tuple[int, int, int, float, int]]) -> list[int]:
    """The kept document of each of `n` documents; a match is (left, right, relation, score, container or -1).

    Documents are visited in order, containers before what they contain. One is kept unless a kept one matches it; else
    it joins the best: closest relation, highest score, earliest. A container never joins what it contains.
    """
    leader: dict[int, int] = {}

    def visit(document: int) -> None:
        if document in leader:
            return
        mine = sorted(
            (left + right - document, relation, score, container)
            for left, right, relation, score, container in matches
            if document in (left, right)
        )
        # Each container is decided as soon as it is met on the way, in the order the matches are listed.
        for other, _, _, container in mine:
            if container == other:
                visit(other)
        joinable = [
            (relation, -score, other)
            for other, relation, score, container in mine
            if leader.get(other) == other and container != document
        ]
        leader[document] = min(joinable)[2] if joinable else document

    for document in range(n):
        visit(document)
    return [leader[document] for document in range(n)]
