"""The oracle: every definition in the plainest Python, sharing nothing with the package."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

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


def is_alphabetic(char: str) -> bool:
    """Those of alphabets, where a word takes more of them."""
    return is_unspaced(char) and unicodedata.name(char, "").startswith(("THAI ", "LAO ", "KHMER ", "MYANMAR "))


def token_hash(token: str) -> int:
    """xxHash32; the lowest bit says: a character of a script without spaces; the next: begins with a digit.

    Both together: a character of an alphabet without spaces.
    """
    flags = is_unspaced(token[0]) | (token[0].isdecimal() or is_alphabetic(token[0])) << 1
    return xxhash.xxh32_intdigest(token.encode()) & ~3 | flags


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
    """Hashes of adjacent tokens: two words; four from where two characters without spaces meet, six of alphabets."""
    hashes = [token_hash(token) for token in tokens(text)]
    found = []
    for i in range(len(hashes) - 1):
        pair = mix(hashes[i] << 32 | hashes[i + 1])
        if hashes[i] & hashes[i + 1] & 1:
            size = 6 if hashes[i] & hashes[i + 1] & 2 else 4
            if i + size > len(hashes):
                break
            for k in range(i + 2, i + size, 2):
                pair = mix(pair ^ (hashes[k] << 32 | hashes[k + 1]))
        found.append(pair)
    return found


def pair_frequencies(texts: list[str], slots: int) -> dict[int, int]:
    """By slot: in how many texts some pair of that slot stands."""
    counted: dict[int, int] = {}
    for text in texts:
        for slot in {pair % slots for pair in word_pairs(text)}:
            counted[slot] = min(255, counted.get(slot, 0) + 1)
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


def runs(hashes: list[int]) -> list[tuple[int, ...]]:
    """Runs of five tokens; of a shorter text the one run that it is."""
    length = min(5, len(hashes))
    return [tuple(hashes[i : i + length]) for i in range(len(hashes) - length + 1)] if hashes else []


def verbatim(hashes: list[int], other: list[int]) -> set[int]:
    """Places of the tokens that lie in some run which also stands in the other text."""
    there, length = set(runs(other)), min(5, len(hashes))
    return {k for i, run in enumerate(runs(hashes)) if run in there for k in range(i, i + length)}


def rare_containment(text: str, other: str, weight: Callable[[int], int]) -> float:
    """Weight of the text's word pairs that stand in the other, over the weight of all and 96."""
    there = set(word_pairs(other))
    pairs = word_pairs(text)
    return sum(weight(pair) for pair in pairs if pair in there) / (sum(map(weight, pairs)) + 96)


def elsewhere(text: str, other: str, weight: Callable[[int], int], frequency: Callable[[int], int]) -> float:
    """Of the text's word pairs that stand in the other: weight of those in more than six texts, over all and 12."""
    there = set(word_pairs(other))
    shared = [pair for pair in word_pairs(text) if pair in there]
    return sum(weight(pair) for pair in shared if frequency(pair) > 6) / (sum(map(weight, shared)) + 12)


def anchors_in_order(anchors: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest sequence of (place, other place) that rises in both; of several the one that ends lowest, and so on."""
    if not anchors:
        return []
    length: list[int] = []
    for q, (_, place) in enumerate(anchors):
        length.append(1 + max((length[k] for k in range(q) if anchors[k][1] < place), default=0))
    current = min((q for q in range(len(anchors)) if length[q] == max(length)), key=lambda q: anchors[q][1])
    chosen = [current]
    while length[current] > 1:
        place = anchors[current][1]
        before = [k for k in range(current) if length[k] == length[current] - 1 and anchors[k][1] < place]
        current = min(before, key=lambda k: anchors[k][1])
        chosen.append(current)
    return [anchors[q] for q in chosen]


def words(text: str) -> list[int]:
    """Hashes of the tokens; but for the letters of alphabets without spaces a quarter of their sequences of six."""
    hashes = [token_hash(token) for token in tokens(text)]
    found = []
    for i, value in enumerate(hashes):
        if value & 3 < 3:
            found.append(value)
        elif i >= 5 and all(letter & 3 == 3 for letter in hashes[i - 5 : i]):
            key = 0
            for letter in hashes[i - 5 : i + 1]:
                key = mix(key ^ letter)
            if key % 4 == 0:
                found.append(key >> 32 | 3)
    return found or hashes


def agreement(left: str, right: str) -> dict[str, float]:
    """How the agreement of two texts lies: the measures after rare containment, from the shorter and the longer."""
    a, b = words(left), words(right)
    if len(b) < len(a):
        a, b = b, a
    passages = verbatim(a, b), verbatim(b, a)
    once = [[i for i, value in enumerate(side) if side.count(value) == 1] for side in (a, b)]
    anchors = [(i, b.index(a[i])) for i in once[0] if b.count(a[i]) == 1]
    ordered = set(anchors_in_order(anchors))
    supported = {
        one
        for one in anchors
        if sum(one != two and abs(one[0] - two[0]) <= 24 and abs(one[1] - two[1]) <= 24 for two in anchors) >= 2
    }
    found: dict[str, float] = {}
    for side, hashes, name in ((0, a, ""), (1, b, "_longer")):
        free = sum(i not in passages[side] for i in once[side]) + 4
        accounted = passages[side] | {anchor[side] for anchor in ordered | supported}
        count = max(1, len(hashes) // 25)
        bounds = [(25 * k, 25 * k + 25 if k + 1 < count else len(hashes)) for k in range(count)]
        shares = sorted(sum(i in accounted for i in range(start, stop)) / (stop - start) for start, stop in bounds)
        third = max(1, (count + 1) // 3)
        found["verbatim" + name] = len(passages[side]) / len(hashes)
        found["order" + name] = sum(anchor[side] not in passages[side] for anchor in ordered) / free
        found["near" + name] = sum(anchor[side] not in passages[side] for anchor in supported) / free
        found["low" + name] = sum(shares[:third]) / third
        found["even" + name] = sum(share >= 0.2 for share in shares) / count
    found["in_order"] = len(ordered) / (len(anchors) + 1)
    numbers = [{value for value in side if value & 3 == 2} for side in (a, b)]
    found["new_numbers"] = len(numbers[0] - numbers[1]) / (len(numbers[0]) + 2)
    found["own_numbers"] = min(max(0, len(one - two) - 1) / (len(one) + 2) for one, two in (numbers, reversed(numbers)))
    return found
