"""The oracle of passages: every definition in the plainest Python, sharing only lists of words with the package."""

from __future__ import annotations

import math
import re

import naive

from dedup.text.abbreviations import MONTHS, TITLES, UNITS

SEED, BRIDGED, OVERLAP, GAP_TOKENS = 3, 3, 8, 15
LEAST, LONGEST, LEADS, OFTEN, BEST = 4, 60, 2, 16, 4
ALIKE, ALIKE_BESIDE, BESIDE = 0.3, 0.2, 25
STOPS, LINES = ".!?。！？।۔؟…", "\n\r<>"

Run = tuple[int, int, int]
Place = tuple[int, int, int, int]


class Words:
    """The tokens of a text, where they stand, whether a sentence ends after them, and their weights in tenths."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        self.spans: list[list[int]] = []
        self.breaks: list[bool] = []
        is_open = False
        left_out = is_left_out(text)
        for place, char in enumerate(text):
            if left_out[place]:
                continue
            raw = naive.decoded(char)
            folded = "".join(map(naive.fold, raw))
            if not folded and is_open:
                self.spans[-1][1] = place + 1
            for letter in folded:
                if not naive.is_word(letter):
                    is_open = False
                    continue
                if not is_open or naive.is_unspaced(letter):
                    self.tokens.append("")
                    self.spans.append([place, place])
                    self.breaks.append(False)
                self.tokens[-1] += letter
                self.spans[-1][1] = place + 1
                is_open = not naive.is_unspaced(letter)
            following = text[place + 1 : place + 2]
            if self.breaks and (char in LINES or (char in STOPS and following not in set("0123456789"))):
                self.breaks[-1] = True
        for k in range(len(self.breaks) - 1):
            (begin, end), (other, other_end) = self.spans[k : k + 2]
            if self.breaks[k] and is_no_end(text[begin:end], text[end:other], text[other:other_end]):
                self.breaks[k] = False
        self.weights = [weight(token) for token in self.tokens]
        self.continued = [False] * (len(self.tokens) + 1)
        for k in range(1, len(self.tokens)):
            gap = text[self.spans[k - 1][1] : self.spans[k][0]]
            digits = all(token[0] in "0123456789" for token in self.tokens[k - 1 : k + 1])
            self.continued[k] = digits and len(gap) == 1 and gap in ".,:'\u2019"


def is_left_out(text: str) -> list[bool]:
    """Which characters are a hyphen that divides a word at the end of a line, with that end and blanks after it."""
    found = [False] * len(text)
    for hyphen in re.finditer(r"[-\u00ad\u2010](?:\r\n|\r|\n)[ \t]*", text):
        begin, end = hyphen.span()
        if naive.is_lower(text[begin - 1 : begin]) and naive.is_lower(text[end : end + 1]):
            found[begin:end] = [True] * (end - begin)
    return found


def is_no_end(word: str, gap: str, following: str) -> bool:
    """Whether the full stop after a word is one of an abbreviation or a number."""
    is_full_stop = gap[:1] == "." and not set(gap[1:]) & set(STOPS + LINES)
    if not is_full_stop:
        return False
    is_low = following[0].isdecimal() or following[0].islower()
    if gap[1:2] in [",", ";", ":"]:
        return True
    if word.isdecimal() and len(word) <= 2 and (following[0].islower() or following in MONTHS):
        return True
    if is_low and len(word) <= 5 and word[0].isupper():
        return True
    if not set(gap[1:]) <= set(" \u00a0\u202f\t"):
        return False
    is_letter = len(word) == 1 and (word.isupper() or ((gap == "." or is_low) and word.islower()))
    return is_letter or word.casefold() in UNITS or (word.casefold() in TITLES and word[0].isupper())


def weight(token: str) -> int:
    return 2 if naive.is_alphabetic(token[0]) else 5 if naive.is_unspaced(token[0]) else 10


def runs(x: list[str], y: list[str], seed: int) -> list[Run]:
    """All maximal runs of equal words, in order of their places."""
    found = []
    for i in range(len(x)):
        for j in range(len(y)):
            size = 0
            while i + size < len(x) and j + size < len(y) and x[i + size] == y[j + size]:
                size += 1
            if size >= seed and not (i and j and x[i - 1] == y[j - 1]):
                found.append((i, j, size))
    return found


def chains(found: list[Run], x: list[int], y: list[int]) -> tuple[list[int], list[int]]:
    """The score of the best chain that ends with each run, and the run before it there."""
    scores: list[int] = []
    previous: list[int] = []
    for b, (i, j, size) in enumerate(found):
        best, before = sum(x[i : i + size]), -1
        for a in sorted(range(b), key=lambda a: (found[a][0] + found[a][2], -a)):
            end, other_end = found[a][0] + found[a][2], found[a][1] + found[a][2]
            if found[a][0] >= i or found[a][1] >= j or not i - GAP_TOKENS <= end <= i + OVERLAP:
                continue
            over = max(0, end - i, other_end - j)
            if over >= size or max(i + over - end, j + over - other_end) > GAP_TOKENS:
                continue
            gap = max(sum(x[end : i + over]), sum(y[other_end : j + over]))
            score = scores[a] + sum(x[i + over : i + size]) - gap // 2
            if gap <= 10 * BRIDGED and score > best:
                best, before = score, a
        scores.append(best)
        previous.append(before)
    return scores, previous


def verbatim(x: Words, y: Words, min_words: int) -> list[list[Run]]:
    """The runs of each verbatim passage."""
    found = runs(x.tokens, y.tokens, min(SEED, min_words))
    scores, previous = chains(found, x.weights, y.weights)
    left_used: set[int] = set()
    right_used: set[int] = set()
    taken: set[int] = set()
    passages = []
    for last in sorted(range(len(found)), key=lambda k: (-scores[k], k)):
        members: list[int] = []
        at = last
        while at >= 0 and at not in taken:
            taken.add(at)
            members.insert(0, at)
            at = previous[at]
        pairs: list[tuple[int, int]] = []
        pieces = [pairs]
        for b in members:
            i, j, size = found[b]
            if b != members[0]:
                a = found[members[members.index(b) - 1]]
                over = max(0, a[0] + a[2] - i, a[1] + a[2] - j)
                i, j, size = i + over, j + over, size - over
            for k in range(size):
                between = set(range(pairs[-1][0] + 1, i + k)) if pairs else set()
                other_between = set(range(pairs[-1][1] + 1, j + k)) if pairs else set()
                if (between & left_used) or (other_between & right_used):
                    pairs = []
                    pieces.append(pairs)
                if i + k in left_used or j + k in right_used:
                    pairs = []
                    pieces.append(pairs)
                else:
                    pairs.append((i + k, j + k))
        for piece in pieces:
            while piece and (x.continued[piece[-1][0] + 1] or y.continued[piece[-1][1] + 1]):
                piece.pop()
            while piece and (x.continued[piece[0][0]] or y.continued[piece[0][1]]):
                piece.pop(0)
            if piece and sum(x.weights[i] for i, _ in piece) >= 10 * min_words:
                left_used |= set(range(piece[0][0], piece[-1][0] + 1))
                right_used |= set(range(piece[0][1], piece[-1][1] + 1))
                passages.append(in_runs(piece))
    return passages


def in_runs(pairs: list[tuple[int, int]]) -> list[Run]:
    found: list[list[int]] = []
    for i, j in pairs:
        if found and found[-1][0] + found[-1][2] == i and found[-1][1] + found[-1][2] == j:
            found[-1][2] += 1
        else:
            found.append([i, j, 1])
    return [(i, j, size) for i, j, size in found]


def statements(words: Words, used: set[int]) -> list[range]:
    """Sentences, cut at words that are used, and where they are too long."""
    found: list[list[int]] = [[]]
    for k in range(len(words.tokens)):
        if (k and words.breaks[k - 1]) or sum(words.weights[i] for i in found[-1]) >= 10 * LONGEST:
            found.append([])
        if k in used:
            found.append([])
        else:
            found[-1].append(k)
    return [range(s[0], s[-1] + 1) for s in found if sum(words.weights[i] for i in s) >= 10 * LEAST]


def features(words: Words) -> list[tuple[str, ...]]:
    """Words; characters of scripts without spaces with the one that follows."""
    found = []
    for k, token in enumerate(words.tokens):
        following = words.tokens[k + 1 : k + 2]
        pair = naive.is_unspaced(token[0]) and following and naive.is_unspaced(following[0][0])
        found.append((token, following[0]) if pair else (token,))
    return found


def likenesses(x: Words, y: Words, left_used: set[int], right_used: set[int]) -> list[tuple[float, int, Place]]:
    """Likeness, number of shared words and place of each two statements that are alike."""
    sides = [[{features(words)[k] for k in s} for s in statements(words, set())] for words in (x, y)]
    everything = sides[0] + sides[1]
    ours, theirs = statements(x, left_used), statements(y, right_used)
    x_features, y_features = features(x), features(y)
    in_theirs = [{y_features[k] for k in s} for s in theirs]
    found = []
    for s in ours:
        mine = {x_features[k] for k in s}
        row = []
        for t, other in zip(theirs, in_theirs, strict=True):
            leads = [w for w in mine & other if sum(w in one for one in in_theirs) <= OFTEN]
            if len(leads) < LEADS:
                continue

            def weigh(words: set[tuple[str, ...]]) -> float:
                counts = [max(1, sum(w in one for one in everything)) for w in words]
                return sum(math.log(1 + len(everything) / count) ** 2 for count in counts)

            cosine = weigh(mine & other) / math.sqrt(weigh(mine) * weigh(other))
            row.append((round(cosine, 9), len(mine & other), (s.start, s.stop, t.start, t.stop)))
        found += [one for one in sorted(row, key=lambda one: -one[0])[:BEST] if one[0] >= ALIKE_BESIDE]
    return found


def is_beside(one: Place, others: list[Place]) -> bool:
    return any(
        other != one
        and other[0] - one[1] <= BESIDE
        and one[0] - other[1] <= BESIDE
        and other[2] - one[3] <= BESIDE
        and one[2] - other[3] <= BESIDE
        for other in others
    )


def reworded(x: Words, y: Words, found: list[Place], min_words: int) -> list[Place]:
    """The places of reworded statements."""
    left_used = {k for place in found for k in range(place[0], place[1])}
    right_used = {k for place in found for k in range(place[2], place[3])}
    candidates = likenesses(x, y, left_used, right_used)
    strong: list[tuple[float, int, Place]] = []
    for one in sorted(candidates, key=lambda one: (-one[0], one[2])):
        if one[0] >= ALIKE and not any(one[2][:2] == other[2][:2] or one[2][2:] == other[2][2:] for other in strong):
            strong.append(one)
    near = [*found, *(place for _, _, place in strong)]
    kept = [place for _, shared, place in strong if shared >= min_words or is_beside(place, near)]
    for direction in (1, -1):
        for _, _, place in sorted(candidates, key=lambda one: (direction * one[2][0], -one[0], one[2][2])):
            is_free = not any(place[:2] == other[:2] or place[2:] == other[2:] for other in kept)
            if is_free and is_beside(place, [*found, *kept]):
                kept.append(place)
    return kept


def heaviest(places: list[Place]) -> int:
    """The weight of the heaviest sequence of places, in order in the left text, that is in order in the right one."""
    best: list[int] = []
    for k, (a, b, c, d) in enumerate(places):
        best.append(b - a + d - c + max((best[q] for q in range(k) if places[q][2] < c), default=0))
    return max(best, default=0)


def passages(left: str, right: str, min_words: int) -> list[tuple[Place, bool]]:
    """The places in characters of all passages of two texts, not the same and in the order of their lengths.

    And whether each is verbatim, wherever it stands.
    """
    x, y = Words(left), Words(right)
    exact = [(r[0][0], r[-1][0] + r[-1][2], r[0][1], r[-1][1] + r[-1][2]) for r in verbatim(x, y, min_words)]
    places = [(place, True) for place in exact]
    places += [(place, False) for place in reworded(x, y, exact, min_words)]
    return sorted(
        ((x.spans[a][0], x.spans[b - 1][1], y.spans[c][0], y.spans[d - 1][1]), kind) for (a, b, c, d), kind in places
    )
