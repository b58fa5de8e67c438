"""The oracle: every definition in the plainest Python, sharing nothing with the package."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xxhash
from datasketch import MinHash

UNSPACED = ("CJK ", "HIRAGANA", "KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "BOPOMOFO", "IDEOGRAPHIC ")

YEH, KAF, HEH, ALEF = "\u064a", "\u0643", "\u0647", "\u0627"
ARABIC = {"ی": YEH, "ى": YEH, "ک": KAF, "ة": HEH, "ہ": HEH, "ھ": HEH, "ۃ": HEH, "ە": HEH, "ٱ": ALEF}
VARIANTS = json.loads((Path(__file__).parents[1] / "dedup" / "text" / "variants.json").read_text("utf-8"))["classes"]
HAN = {char: members[0] for members in VARIANTS for char in members}


def is_dropped(char: str) -> bool:
    """Diacritics, marks that only vary a glyph, invisible format characters, the Arabic stretch."""
    category = unicodedata.category(char)
    if category == "Cf" or char in "\u0640\u034f":
        return True
    if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF or 0x180B <= ord(char) <= 0x180F:
        return True
    combining = unicodedata.combining(char)
    return category == "Mn" and (combining == 1 or 10 <= combining <= 36 or combining >= 200)


@functools.cache
def fold(char: str) -> str:
    """Fold one character, whatever stands around it; what stands for bytes that are no text stays as it is."""
    if is_no_text(char):
        return char
    decomposed = "".join(c for c in unicodedata.normalize("NFKD", char) if not is_dropped(c))
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    folded = "".join(c for c in folded if not is_dropped(c))
    folded = "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in folded)
    return "".join(HAN.get(c, ARABIC.get(c, c)) for c in folded)


def is_no_text(char: str) -> bool:
    """A byte that is not UTF-8, as Python escapes it, or what a decoder has put in its place."""
    return "\udc80" <= char <= "\udcff" or char == "\ufffd"


@functools.cache
def is_word(char: str) -> bool:
    """Letters, marks and digits; and what is no text, bytes and private use: letters of who knows what."""
    return is_no_text(char) or unicodedata.category(char)[0] in "LMN" or unicodedata.category(char) == "Co"


@functools.cache
def is_unspaced(char: str) -> bool:
    """Characters of scripts that are written without spaces (and the marks on kana): one token each."""
    return is_word(char) and (unicodedata.name(char, "").startswith(UNSPACED) or char in "\u3099\u309a")


def decoded(text: str | bytes) -> str:
    """The characters of UTF-8, bytes that are none escaped one by one; of a string, lone surrogates are such bytes."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return data.decode("utf-8", "surrogateescape")


def is_lower(char: str) -> bool:
    """Letters in lower case of the Latin, Greek and Cyrillic alphabets."""
    return len(char) == 1 and ord(char) < 0x530 and char.islower()


def undivided(text: str) -> str:
    """The text without hyphens at ends of lines that divide a word: between two letters in lower case."""
    parts = re.split(r"([-\u00ad\u2010](?:\r\n|\r|\n)[ \t]*)", text)
    for k in range(1, len(parts), 2):
        if is_lower(parts[k - 1][-1:]) and is_lower(parts[k + 1][:1]):
            parts[k] = ""
    return "".join(parts)


def tokens(text: str | bytes) -> list[str]:
    """Runs of word characters of the folded text; one a character in scripts without spaces."""
    found: list[str] = []
    word = ""
    for char in "".join(map(fold, undivided(decoded(text)))):
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
    return xxhash.xxh32_intdigest(token.encode("utf-8", "surrogateescape")) & ~3 | flags


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
    """Share of the first text's distinct shingles that are in the second."""
    a, b = set(shingles(part, size)), set(shingles(whole, size))
    return len(a & b) / len(a) if a else 0.0


def keyed_hash(token: str, key: list[int]) -> int:
    """The second hash of a token, of 64 bits, under a key of random numbers."""
    data, half = token.encode("utf-8", "surrogateescape"), 1 << 32
    value = len(data) * key[4] + token_hash(token) * key[5]
    if len(data) < 16:
        full, rest = data[: len(data) // 4 * 4], data[len(data) // 4 * 4 :]
        words = [int.from_bytes(full[at : at + 4], "little") for at in (0, 4, 8)] + [int.from_bytes(rest, "little")]
        a, b, c, d = ((word + number) % half for word, number in zip(words, key, strict=False))
        value += a * b + c * d
    else:
        for at in range(0, len(data), 8):
            value = fmix64((value ^ (int.from_bytes(data[at : at + 8], "little") + key[7])) % 2**64)
    value %= 2**64
    return (value ^ value >> 32) * key[6] % 2**64


def fingerprint(token: str, key: list[int]) -> int:
    """A second hash, by which different words with one token hash are distinguished."""
    return keyed_hash(token, key) >> 48


def digest(text: str, key: list[int]) -> list[int]:
    """Two sums of the keyed hashes of the tokens, each with a weight by its place, mixed after each 256."""
    sums = [0, 0]
    for place, token in enumerate(tokens(text)):
        for half in (0, 1):
            sums[half] = (sums[half] + keyed_hash(token, key) * key[8 + 256 * half + place % 256]) % 2**64
            if place % 256 == 255:
                sums[half] = fmix64((sums[half] + key[6 + half]) % 2**64)
    return sums


def fmix64(value: int) -> int:
    """MurmurHash3's 64-bit finalizer."""
    for number in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ value >> 33) * number % 2**64
    return value ^ value >> 33


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


def pairs_of(hashes: list[int]) -> list[int]:
    """Hashes of adjacent tokens: two words; four from where two characters without spaces meet, six of alphabets."""
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


def word_pairs(text: str) -> list[int]:
    """The word pairs of a text, in the order of their places."""
    return pairs_of([token_hash(token) for token in tokens(text)])


def pair_frequencies(texts: list[str], slots: int) -> dict[int, int]:
    """By slot: in how many texts some pair of that slot stands."""
    counted: dict[int, int] = {}
    for text in texts:
        for slot in {pair % slots for pair in word_pairs(text)}:
            counted[slot] = min(255, counted.get(slot, 0) + 1)
    return counted


def sketch(text: str, frequencies: dict[int, int], slots: int, most: int, size: int) -> list[int]:
    """The smallest hashes among the word pairs that are in 2 to `most` texts."""
    return sorted(pair for pair in set(word_pairs(text)) if 2 <= frequencies.get(pair % slots, 0) <= most)[:size]


def leader_clusters(
    n: int, matches: list[tuple[int, int, int, float, int]], protected: Collection[int] = ()
) -> list[int]:
    """The kept document of each of `n` documents; a match is (left, right, relation, score, container or -1).

    Documents are visited in order, containers before what they contain. One is kept unless a kept one matches it; else
    it joins the best: closest relation, highest score, earliest. A container never joins what it contains. Protected
    ones are kept before all that.
    """
    leader: dict[int, int] = {document: document for document in protected}

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


def inferred(
    n: int, matches: list[tuple[int, int, int, float, int]], met: list[int]
) -> list[tuple[int, int, int, float, int]]:
    """The matches that follow between documents that were set aside for the same one, `met`, as its copies.

    All go for the first of them that does not contain it and is not contained in it, if that comes before it.
    """
    hop = {}
    for left, right, relation, _, container in matches:
        for one, other in ((left, right), (right, left)):
            if met[one] == other and container != one:
                hop[one] = relation, container == other
    known = {(left, right) for left, right, *_ in matches}
    found = []
    for hub in range(n):
        aside = [one for one in hop if met[one] == hub]
        first = min([one for one in aside if not hop[one][1]], default=n)
        for one in aside:
            pair = min(one, first), max(one, first)
            if first < hub and one != first and pair not in known:
                relation = max(hop[one][0], hop[first][0])
                found.append((*pair, relation, 0.0, first if hop[one][1] else -1))
    return found


def runs(hashes: list[int]) -> list[tuple[int, ...]]:
    """Runs of five tokens; of a shorter text the one run that it is."""
    length = min(5, len(hashes))
    return [tuple(hashes[i : i + length]) for i in range(len(hashes) - length + 1)] if hashes else []


def verbatim(hashes: list[int], other: list[int]) -> set[int]:
    """Places of the tokens that lie in a run which is also in the other text."""
    there, length = set(runs(other)), min(5, len(hashes))
    return {k for i, run in enumerate(runs(hashes)) if run in there for k in range(i, i + length)}


def rare_containment(text: str, other: str, weight: Callable[[int], int]) -> float:
    """Weight of the text's word pairs that are in the other, over the weight of all and 96."""
    there = set(word_pairs(other))
    pairs = word_pairs(text)
    return sum(weight(pair) for pair in pairs if pair in there) / (sum(map(weight, pairs)) + 96)


def lead(size: int, covered: set[int], before: int) -> float:
    """The highest share of covered words among 60 in a row, after at most 80 and at most so many words."""
    length = min(60, size)
    last = min(80, before, size - length)
    return max(sum(i in covered for i in range(at, at + length)) for at in range(last + 1)) / length


def coverage(left: str, right: str) -> tuple[float, float, float]:
    """Share of the shorter text's tokens (the left one's of two of equal length) in runs of five that both have, of the
    longer's; and the lower one of their leads.
    """
    a, b = ([token_hash(token) for token in tokens(text)] for text in (left, right))
    if len(b) < len(a):
        a, b = b, a
    in_a, in_b = verbatim(a, b), verbatim(b, a)
    return len(in_a) / len(a), len(in_b) / len(b), min(lead(len(a), in_a, 80), lead(len(b), in_b, 80))


def own_prose(sentences: list[list[int]], other: list[int], is_mark: Callable[[int], bool]) -> float:
    """Of the words in sentences of twelve or more with at most one mark of pages: those in sentences of which less than
    a third is in the other text, over them all and twelve.
    """
    hashes = [word for sentence in sentences for word in sentence]
    there = set(runs(other))
    covered = {k for i, run in enumerate(runs(hashes)) if run in there for k in range(i, i + len(run))}
    own, total, at = 0, 12, 0
    for sentence in sentences:
        if len(sentence) >= 12 and sum(map(is_mark, sentence)) <= 1:
            total += len(sentence)
            own += len(sentence) if 3 * len(covered & {*range(at, at + len(sentence))}) < len(sentence) else 0
        at += len(sentence)
    return own / total


def turned(value: int, bits: int) -> int:
    """A 64-bit value rotated to the left."""
    return (value << bits | value >> 64 - bits) % 2**64


def passage_sketch(text: str, size: int) -> list[int]:
    """The smallest hashes among the runs of six words: three word pairs, one beside the other."""
    pairs = word_pairs(text)
    runs_of_six = zip(pairs, pairs[2:], pairs[4:], strict=False)
    return sorted({turned(one, 21) ^ turned(two, 42) ^ three for one, two, three in runs_of_six})[:size]


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
        found["anchor_order" + name] = sum(anchor[side] not in passages[side] for anchor in ordered) / free
        found["supported_anchors" + name] = sum(anchor[side] not in passages[side] for anchor in supported) / free
        if side == 0:
            found["least_covered_third"] = sum(shares[:third]) / third
    new_tops = []
    for side, hashes in ((0, a), (1, b)):
        accounted = passages[side] | {anchor[side] for anchor in ordered | supported}
        top = min(len(hashes), max(20, len(hashes) // 4))
        new_tops.append(1.0 - sum(i < top for i in accounted) / top)
    found["new_top"] = max(new_tops)
    found["anchors_in_order"] = len(ordered) / (len(anchors) + 1)
    found["shared_lead"] = min(lead(len(side), passages[k], len(side) // 4) for k, side in enumerate((a, b)))
    numbers = [{value for value in side if value & 3 == 2} for side in (a, b)]
    found["new_numbers"] = len(numbers[0] - numbers[1]) / (len(numbers[0]) + 2)
    return found


def news(left: str, right: str, stages_of: dict[str, set[str]], days: set[str]) -> dict[str, float]:
    """Signs of news: stages that the first 60 words of only one text name, days that only one names.

    ``stages_of`` gives the stages and days of each folded word; ``days`` are the names of the days.
    """
    sides = [tokens(text) for text in (left, right)]
    openings = [set().union(*(stages_of.get(word, set()) for word in side[:60])) - days for side in sides]
    named = [set().union(*(stages_of.get(word, set()) for word in side)) & days for side in sides]
    stages = len(openings[0] ^ openings[1])
    return {
        "new_stages": stages / (stages + 3),
        "new_weekdays": len(named[0] ^ named[1]) / (len(named[0] | named[1]) + 1),
    }


NUMBER = 2
"""The two lowest bits of the hash of a token that begins with a digit."""

FULL_WEIGHT, PRIOR = 24, 12
LONGEST_SLOT, FRAME, LEAST_FRAME, MOST_SLOTS = 10, 5, 2, 512
LONG, AROUND = 120, 20
MOST_CELLS = 10_000
CORRECTED, NUMBERS_ALONE = 0.8, 0.22
"""What a fact weighs at most, and what is added below; words of a slot, words around it that are the same, in all and
on either side, and slots of a pair; words of a text that has pages around it, and around a slot in it; the size of a
table; the share of a text that is aligned where a single slot is a correction; what the numbers alone count."""


def facts(text: str, weight: Callable[[int], int]) -> list[int]:
    """Weight of each word as a fact: 24 of a number; of another the lower weight of the two pairs in which it stands.

    Where an alphabet is written without spaces its pairs are not those of the words: there, and behind it, only numbers
    are facts.
    """
    hashes = words(text)
    rare = [pair for pair in word_pairs(text) if weight(pair)]
    rarity = []
    for pair in pairs_of(hashes):
        is_next = bool(rare) and rare[0] == pair
        rarity.append(weight(rare.pop(0)) if is_next else 0)
    rarity += [0] * (len(hashes) - 1 - len(rarity))
    return [
        FULL_WEIGHT if value & 3 == NUMBER else min(rarity[max(0, k - 1) : k + 1], default=FULL_WEIGHT)
        for k, value in enumerate(hashes)
    ]


DIGITS = {token_hash(f"{n:0{size}}"): f"{n:0{size}}" for size in (1, 2, 3) for n in range(10**size)}


def in_digits(hashes: list[int], place: int, letters: dict[int, str]) -> int:
    """Hash, in digits, of the number that a token is a group of or spells in letters; 0 if it is neither.

    All groups but the first are of three digits; there are four at most.
    """
    if hashes[place] & 3 != NUMBER:
        return token_hash(letters[hashes[place]]) if hashes[place] in letters else 0
    place, hashes = min(place, 4), hashes[max(0, place - 4) : place + 4]
    groups = [DIGITS.get(value, "") for value in hashes]
    first = place
    while first > 0 and len(groups[first]) == 3 and groups[first - 1]:
        first -= 1
    last = first + 1
    while last < min(first + 4, len(hashes)) and len(groups[last]) == 3:
        last += 1
    return token_hash("".join(groups[first:last])) if groups[first] and first + 1 < last and place < last else 0


def has(hashes: list[int], token: int, number: int, letters: dict[int, str]) -> bool:
    """Whether a text, or a part of one, has a token; a number (its hash in digits, else 0) however it is written."""
    if token in hashes or not number:
        return token in hashes
    return number in hashes or any(in_digits(hashes, k, letters) == number for k in range(len(hashes)))


def common_subsequence(x: list[int], y: list[int]) -> list[tuple[int, int]]:
    """Places of a longest common subsequence: the first words that agree, where none is lost by that; else the first of
    ``x`` is left out, rather than that of ``y``, where none is lost by that.
    """
    lengths = {(i, j): 0 for i in range(len(x) + 1) for j in range(len(y) + 1)}
    for i in reversed(range(len(x))):
        for j in reversed(range(len(y))):
            longer = max(lengths[i + 1, j], lengths[i, j + 1])
            lengths[i, j] = 1 + lengths[i + 1, j + 1] if x[i] == y[j] else longer
    found, i, j = [], 0, 0
    while i < len(x) and j < len(y):
        if x[i] == y[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1, j] >= lengths[i, j + 1]:
            i += 1
        else:
            j += 1
    return found


def aligned(x: list[int], y: list[int]) -> list[tuple[int, int]]:
    """Places of words that are the same, rising in both: around the anchors in order all that is equal, and between two
    such blocks a longest common subsequence, where they are not too far apart.
    """
    anchors = [(i, y.index(value)) for i, value in enumerate(x) if x.count(value) == 1 and y.count(value) == 1]
    found: list[tuple[int, int]] = []
    x_done = y_done = 0
    for i, j in [*reversed(anchors_in_order(anchors)), (len(x), len(y))]:
        if i < x_done or j < y_done:
            continue
        if i < len(x):
            while i > x_done and j > y_done and x[i - 1] == y[j - 1]:
                i, j = i - 1, j - 1
        if i > x_done and j > y_done and (i - x_done + 1) * (j - y_done + 1) <= MOST_CELLS:
            found += [(x_done + a, y_done + b) for a, b in common_subsequence(x[x_done:i], y[y_done:j])]
        while i < len(x) and j < len(y) and x[i] == y[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        x_done, y_done = i, j
    return found


def contradicted(
    x: list[int], y: list[int], x_facts: list[int], y_facts: list[int], in_letters: dict[str, int]
) -> float:
    """Weight of the facts that contradict each other in the same slots, over it, those that agree, and 12; or 0.22
    times the same of the numbers alone, if that is more.

    ``x`` is the shorter text, the left one of two of equal length.
    """
    if (len(y), y) < (len(x), x):
        x, y, x_facts, y_facts = y, x, y_facts, x_facts
    letters = {token_hash(tokens(word)[0]): str(value) for word, value in in_letters.items()}
    places = aligned(x, y)
    slots: dict[tuple[int, int], tuple[int, int, int, bool]] = {}
    for before, here in zip([(-1, -1), *places], places, strict=False):
        (x_from, y_from), (x_to, y_to) = (before[0] + 1, before[1] + 1), here
        x_slot, y_slot = slice(x_from, x_to), slice(y_from, y_to)
        if not (1 <= len(x[x_slot]) <= LONGEST_SLOT and 1 <= len(y[y_slot]) <= LONGEST_SLOT):
            continue
        before = framing(x[:x_from][::-1], y[:y_from][::-1])
        behind = framing(x[x_to:], y[y_to:])
        is_framed = min(before, behind) >= LEAST_FRAME and before + behind >= FRAME
        numbers, others = [], []
        for one, one_facts, slot, two, other_slot in (
            (x, x_facts, x_slot, y, y_slot),
            (y, y_facts, y_slot, x, x_slot),
        ):
            own = []
            for k, token in enumerate(one[slot], slot.start):
                number = in_digits(one, k, letters) or (token if token & 3 == NUMBER else 0)
                if not has(two[other_slot] if is_framed and number else two, token, number, letters):
                    own.append((token, one_facts[k], number))
            numbers.append([token for token, _, number in own if number])
            others.append([(token, fact) for token, fact, number in own if fact and not number])
        if all(numbers):
            slots.setdefault((numbers[0][0], numbers[1][0]), (FULL_WEIGHT, x_from, y_from, True))
        elif all(others) and is_framed:
            weight = min(max(weight for _, weight in own) for own in others) // 4
            if weight:
                slots.setdefault((others[0][0][0], others[1][0][0]), (weight, x_from, y_from, False))
    agreed: dict[int, int] = {}
    for i, j in places:
        if min(x_facts[i], y_facts[j]):
            agreed.setdefault(x[i], min(x_facts[i], y_facts[j]))
    chosen = list(slots.values())[:MOST_SLOTS]
    if min(len(x), len(y)) >= LONG:
        in_x, in_y = ({place[side] for place in places} for side in (0, 1))
        chosen = [slot for slot in chosen if is_within(in_x, len(x), slot[1]) and is_within(in_y, len(y), slot[2])]
    if len(chosen) == 1 and len(places) >= CORRECTED * min(len(x), len(y)):
        chosen = []
    against = sum(weight for weight, *_ in chosen)
    numbers_against = sum(weight for weight, *_, is_number in chosen if is_number)
    numbers_agreed = sum(weight for value, weight in agreed.items() if value & 3 == NUMBER)
    return max(
        against / (against + sum(agreed.values()) + PRIOR),
        NUMBERS_ALONE * (numbers_against / (numbers_against + numbers_agreed + PRIOR)),
    )


def framing(x: list[int], y: list[int]) -> int:
    """How many words on one side of a slot, from it on, are the same: three at most, and where both texts end there."""
    same, most = 0, FRAME - LEAST_FRAME
    while same < min(most, len(x), len(y)) and x[same] == y[same]:
        same += 1
    return most if same == len(x) == len(y) else same


def is_within(aligned_places: set[int], size: int, place: int) -> bool:
    """Whether three of five of the words before a place, or of those from there on, are aligned; none are no most."""
    sides = range(max(0, place - AROUND), place), range(place, min(size, place + AROUND))
    return any(side and 5 * sum(k in aligned_places for k in side) >= 3 * len(side) for side in sides)


CLOSING = "\xa0«»–—‘’“”…›"
NO_LEADS = "ÈÉÊËÌÍÜÝÞß"


def mojibake_signs(text: str, at: int) -> int:
    """How sure it is that UTF-8 read as windows-1252 begins here: 2, 1 (it may be a capital and a mark), 0."""
    lead = ord(text[at])
    if not 0xC2 <= lead <= 0xF4 or text[at] in NO_LEADS:
        return 0
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    raw = b""
    for char in text[at : at + size]:
        try:
            raw += char.encode("cp1252")
        except UnicodeEncodeError:
            raw += char.encode("latin-1", "replace") if ord(char) < 0x100 else b"?"
    try:
        read = raw.decode("utf-8")
    except UnicodeDecodeError:
        return 0
    if len(read) != 1:
        return 0
    return 2 if set(text[at + 1 : at + size]) - set(CLOSING) else int(text[at] in "ÂÃ")


def doubts(raw: bytes) -> set[str]:
    """What is wrong with the bytes of a text, and whether any is beyond ASCII."""
    text = raw.decode("utf-8", "surrogateescape")
    signs = sum(mojibake_signs(text, at) for at in range(len(text)))
    found = {
        "beyond ASCII": any(byte >= 0x80 for byte in raw),
        "undecodable": any("\udc80" <= char <= "\udcff" for char in text),
        "replaced": "\ufffd" in text,
        "mojibake": signs >= 2,
    }
    return {name for name, is_so in found.items() if is_so}


def field_of(record: Mapping[str, Any], role: str, names: Sequence[str], asked: str | None) -> Any:
    """Return the value that a record has for a role: of the first name, asked for or guessed, that holds something.

    ``names`` are those of all ranks, where each guess stands twice: as it is written, then in other case.
    """

    def values(value: Any, keys: Sequence[str], fold: bool) -> Iterator[tuple[Any, bool]]:
        if not keys:
            yield value, True
        if isinstance(value, list):
            for element in value:
                if isinstance(element, dict):
                    yield from values(element, keys, fold)
        if isinstance(value, dict):
            for end in range(1, len(keys) + 1):
                key = ".".join(keys[:end])
                for name, inner in value.items():
                    if name == key or (fold and name.lower() == key.lower()):
                        yield from ((found, name == key and exact) for found, exact in values(inner, keys[end:], fold))

    def is_something(value: Any) -> bool:
        if isinstance(value, str):
            return bool(value.strip())
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return (role == "date" and value not in (None, [])) or (role in ("id", "source", "title", "url") and is_number)

    if asked is not None:
        paths = [asked.split(".")] + ([[*asked.split("."), "name"]] if role in ("source", "title", "url") else [])
        found = [value for path in paths for value, _ in values(record, path, fold=False)]
        return next(filter(is_something, found), None)
    guesses = list(dict.fromkeys(names))
    abstracts = [name for name in guesses if role == "text" and name.split(".")[-1] == "summary"]
    for some in ([name for name in guesses if name not in abstracts], abstracts):
        matches = [(name, *match) for name in some for match in values(record, name.split("."), fold=True)]
        for wanted in (True, False):
            for _, value, exact in matches:
                if exact == wanted and is_something(value):
                    return value
        if matches:  # an empty text is not replaced by the text of another
            return None
    return None


def stories(
    decisions: Sequence[Mapping[str, Any]], matches: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[str, int, int | None]]:
    """Return for each record that is not rejected its story, the size of that, and the copies it was kept for.

    Ids must occur once. Documents of an index are known by the ids that no record has.
    """
    rows = {row["id"]: row for row in decisions if row["kept"] or row["duplicate_of"] is not None}
    kept = {name: row["duplicate_of"] or name for name, row in rows.items()}
    links = [(match["left"], match["right"]) for match in matches if match["relation"] == "update"]
    group = {name: {name} for name in [*kept.values(), *(kept.get(name, name) for link in links for name in link)]}
    for left, right in links:
        joined = group[kept.get(left, left)] | group[kept.get(right, right)]
        group.update(dict.fromkeys(joined, joined))
    found = {}
    for name, of in kept.items():
        ours = [other for other in rows if rows[other]["kept"] and other in group[of]]
        stored = [other for other in group[of] if other not in rows]
        members = [other for other in rows if kept[other] in group[of]]
        copies = sum(other == name for other in kept.values()) - 1 if rows[name]["kept"] else None
        found[name] = ([*ours, *stored][0], len(members) + len(stored), copies)
    return found
