"""What pages share and articles do not is taken off before anything is measured, wherever it stands."""

from __future__ import annotations

import random
from collections import Counter

import naive
import numpy as np
import pytest
from conftest import article
from corpora import segmented
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.judge import furniture
from dedup.kernels import recurring_sentences as kernel
from dedup.params import Params

FOOT = (
    "Sign up to the free newsletter of this paper for all the harbour news every morning straight to your inbox. "
    "Follow the paper wherever you are and write to the readers' desk if an article on this page is in error. "
    "All rights reserved by the publisher."
)
COOKIES = (
    "This website uses cookies to measure how it is read and to show advertising that suits you. "
    "By a click on a button below you give your consent to all cookies, or only to those that the website needs. "
    "You may change your settings at any time in the privacy menu at the end of each page. "
    "Some of our partners process your data without asking for consent, which you can object to there. "
    "How long each of the cookies is stored, and by whom, is told in the privacy policy of this website."
)
COMPANY = (
    "About Meridian Freight. Meridian Freight is a leading provider of cold storage and haulage in nine countries. "
    "Founded in 1921 as a family business, it runs a fleet of four thousand lorries and thirty warehouses. "
    "Its shares are listed on the exchange of the capital under the symbol MFR. "
    "The group employs eleven thousand people and has its seat in the old port. "
    "This release contains forward looking statements that are subject to risks the company cannot foresee."
)
COPIES = {"identical", "near_duplicate", "excerpt", "revised", "rewritten"}


def dropped(texts: list[str], level: str = "rewritten", updates: str = "keep") -> list[int]:
    """Return which texts are dropped."""
    params = Params(level=level, updates=updates)
    return np.flatnonzero(~dedup.deduplicate(texts, params=params).decisions["kept"].to_numpy()).tolist()


@pytest.mark.parametrize("level", dedup.Level.__members__)
@pytest.mark.parametrize("foot", [FOOT, COOKIES, COMPANY, f"{COOKIES} {COMPANY}"])
@pytest.mark.parametrize("between", [" ", "\n"])
def test_strangers_under_one_foot_are_kept(level: str, foot: str, between: str) -> None:
    """All on one line, or the foot line by line."""
    lines = foot.replace(". ", f".{between}")
    assert dropped([f"{article(seed, 5)}{between}{lines}" for seed in range(8)], level) == []


@pytest.mark.parametrize("level", dedup.Level.__members__)
def test_strangers_around_a_notice_in_their_midst_are_kept(level: str) -> None:
    assert dropped([f"{article(seed, 3)} {COOKIES} {article(seed + 100, 4)}" for seed in range(8)], level) == []


@pytest.mark.parametrize("sentences", [5, 30])
def test_a_foot_does_not_hide_a_copy(sentences: int) -> None:
    texts = [f"{article(seed, sentences)} {COOKIES}" for seed in range(8)]
    copy = f"{article(3, sentences)} {COMPANY}"
    assert dropped([*texts, copy]) in ([3], [8])
    assert dropped([*texts, f"{copy} {COOKIES}"]) in ([3], [8])


@pytest.mark.parametrize("foot", ["", f" {COOKIES}"])
def test_a_foot_does_not_hide_an_excerpt(foot: str) -> None:
    texts = [f"{article(seed, 30)} {COOKIES}" for seed in range(8)]
    result = dedup.deduplicate([*texts, article(3, 12) + foot])
    decision = result.decisions.to_pylist()[8]
    assert (decision["kept"], decision["duplicate_of"], decision["relation"]) == (
        False,
        result.decisions["id"][3].as_py(),
        "excerpt",
    )
    assert result.counts["dropped"] == 1


@pytest.mark.parametrize(("notes", "words"), [(20, 25), (20, 40), (100, 25)])
def test_notes_under_a_foot_four_times_as_long_are_no_copies(notes: int, words: int) -> None:
    draw = random.Random(notes)
    bodies = [" ".join(f"w{draw.randrange(draw.choice([300, 30_000]))}" for _ in range(words)) for _ in range(notes)]
    result = dedup.deduplicate([f"{body} {FOOT} {FOOT.upper()}" for body in bodies], params=Params(related=True))
    assert result.counts["dropped"] == 0


def test_a_copy_with_a_beginning_of_its_own_is_found_under_a_foot() -> None:
    texts = [f"{article(seed, 30)} {FOOT}" for seed in range(8)]
    copy = f"A new beginning that the desk has put before the report. {article(3, 30)[:1200]}"
    (gone,) = dropped([*texts, copy])
    assert gone in (3, 8)


@pytest.mark.parametrize("foot", ["", f" {COOKIES}"])
@pytest.mark.parametrize("sentences", [2, 4])
def test_a_story_that_eight_outlets_print_is_no_furniture(foot: str, sentences: int) -> None:
    """Each under a header of its own: nothing of the story is taken off, and one version is kept."""
    story = article(1, 12)
    versions = [f"{article(100 + outlet, sentences)} {story}{foot}" for outlet in range(8)]
    others = [article(seed, 12) + foot for seed in range(200, 230)]
    texts = versions + others
    assert all(" ".join(naive.tokens(story)) in left for left in left_of(texts)[:8])
    gone = dropped(texts, updates="drop")  # a header of prose may be news
    assert len(gone) == 7
    assert max(gone) < 8


def test_what_reports_of_one_event_quote_is_no_furniture() -> None:
    quote = (
        "We have waited long enough for this bridge and nobody will stop us now. "
        "Whoever says that it was built in haste has never seen the river in spring. "
    )
    names = ["Havstad", "Bralmont", "Quirinel", "Ostrava", "Tvedt", "Marchbanks"]
    reports = []
    for outlet in range(3):
        sentences = article(outlet, 12).split(". ")
        lines = [f"{line}, said {names[k % 6]} of {names[k % 5]}" for k, line in enumerate(sentences)]
        reports.append(f"{'. '.join(lines[:6])}. {quote}{'. '.join(lines[6:])}")
    texts = [*reports, *(article(seed, 12) for seed in range(10, 50))]
    words = " ".join(naive.tokens(quote))
    assert all(words in left for left in left_of(texts)[:3])
    # The same of three strangers is.
    strangers = [f"{article(seed, 6)} {quote}{article(seed + 50, 6)}" for seed in range(100, 103)]
    assert not any(words in left for left in left_of([*strangers, *texts[3:]])[:3])


def test_a_page_without_its_article_is_a_stub() -> None:
    """It is compared for identity only: others say nearly the same, and are about something else."""
    stubs = [
        f"Item {name}. Subscribe to read on, or log in to your account with your email and password. Share on Facebook."
        for name in ("Arvelo", "Brinkley", "Castane", "Dorfeld")
    ]
    assert dropped([*stubs, *(article(seed) for seed in range(20))]) == []
    assert dropped([*stubs, stubs[1].upper(), *(article(seed) for seed in range(20))]) == [4]
    corpus, _ = segmented([*stubs, article(1, 3), article(1, 3) + FOOT, "Cookies. Privacy.", f"{COOKIES} {FOOT}"])
    assert furniture.are_stubs(corpus, np.arange(8)).tolist() == [True] * 4 + [False] * 4
    assert furniture.are_stubs(corpus, np.array([4, 2])).tolist() == [False, True]


def test_a_text_that_is_nothing_but_furniture_stays_as_it_is() -> None:
    texts = [f"{article(seed, 6)} {COOKIES}" for seed in range(8)]
    assert left_of([*texts, COOKIES])[8] == " ".join(naive.tokens(COOKIES))


def test_datelines_credits_and_links_are_no_copying() -> None:
    """Two texts alone, with nothing in common but what the desk has put around them."""
    bodies = [article(seed, 6) for seed in (21, 22)]
    framed = [
        f"LONDON, March 3 (Reuters) - {body} Reporting by the London desk. Read more: all we know so far. "
        "Sign up to our newsletter. The Associated Press contributed to this report."
        for body in bodies
    ]
    assert dedup.compare(*framed).relation not in COPIES
    assert dropped(framed) == []


def left_of(texts: list[str]) -> list[str]:
    """Return the words of each text that are left."""
    corpus, segments = segmented(texts)
    found = furniture.strip_furniture(corpus, segments)
    word_of = {naive.token_hash(word): word for text in texts for word in naive.tokens(text)}
    left = [" ".join(naive.tokens(text)) for text in texts]
    for row, document in enumerate(found.documents.tolist()):
        start = found.ends[row - 1] if row else 0
        left[document] = " ".join(word_of[word] for word in found.tokens[start : found.ends[row]].tolist())
    return left


# ---- the definition

Lines = list[tuple[str, ...]]
MARKS = {*naive.tokens(furniture.MARKS)}


def naive_qualifies(lines: Lines, recurs: list[int]) -> list[int]:
    """Which lines may be furniture, by the blocks in which they lie; the rest of a document is what is neither."""
    kinds = [0] * len(lines)
    for block in blocks([count > 0 for count in recurs]):
        size = sum(len(lines[k]) for k in block)
        marks = sum(word in MARKS for k in block for word in lines[k])
        if marks >= 2 and kernel.MARKED * marks >= size:
            for k in block:
                kinds[k] = kernel.IS_PAGE if kernel.PAGE * marks >= size else kernel.IS_MARKED
    own = naive_prose(lines, recurs, kinds)
    for block in blocks([kind > 0 for kind in kinds]):
        over = [len(lines[k]) - kernel.MARKED * sum(word in MARKS for word in lines[k]) for k in block]
        parts = [(sum(over[i:j]), -j, i) for i in range(len(block)) for j in range(i + 1, len(block) + 1)]
        most, stop, start = max(parts)
        if most > max(own, kernel.FEW_WORDS):
            for k in block[start:-stop]:
                kinds[k] = 0
    prose = naive_prose(lines, recurs, kinds)
    for block in blocks([recurs[k] == 2 and not kinds[k] for k in range(len(lines))]):
        if prose >= kernel.FEW_WORDS and sum(len(lines[k]) for k in block) <= prose:
            for k in block:
                kinds[k] = kernel.IS_SHORT
    return kinds


def naive_prose(lines: Lines, recurs: list[int], kinds: list[int]) -> int:
    """Count the words of the sentences that no more than two documents have, outside of marked blocks."""
    rest = [line for line, times, kind in zip(lines, recurs, kinds, strict=True) if times < 2 and not kind]
    return sum(len(line) for line in rest if len(line) >= kernel.PROSE)


def blocks(flags: list[bool]) -> list[list[int]]:
    """Return the places of each run of true flags."""
    found: list[list[int]] = []
    for place, flag in enumerate(flags):
        if flag and place and flags[place - 1]:
            found[-1].append(place)
        elif flag:
            found.append([place])
    return found


def sampled_pairs(lines: Lines) -> list[int]:
    """One word pair in eight, none from one line to the next."""
    hashes = [[naive.token_hash(word) for word in line] for line in lines]
    pairs = [naive.mix(line[k] << 32 | line[k + 1]) for line in hashes for k in range(len(line) - 1)]
    return [pair >> 32 for pair in pairs if pair % kernel.ONE_IN == 0]


def are_strangers(one: tuple[set[int], list[int], list[int]], other: tuple[set[int], list[int], list[int]]) -> bool:
    """Neither do they share rare words of their rests, nor has one what the rest of the other has."""
    rare = len(one[0] & other[0])
    pairs = sum((Counter(one[1]) & Counter(other[2])).values()) + sum((Counter(other[1]) & Counter(one[2])).values())
    few_words = rare < 2 or rare < furniture.RELATED * min(len(one[0]), len(other[0]))
    return few_words and (pairs < 2 or pairs < furniture.RETOLD * (len(one[1]) + len(other[1])))


def naive_stripped(texts: list[Lines]) -> dict[int, Lines]:
    """What is left of those that have furniture."""
    holders = Counter(line for lines in texts for line in {*lines})
    some = [
        k
        for k, lines in enumerate(texts)
        if any(holders[line] > 1 and len(line) >= furniture.SHORTEST for line in lines)
    ]
    recurs = {k: [min(2, holders[line] - 1) for line in texts[k]] for k in some}
    kinds = {k: naive_qualifies(texts[k], recurs[k]) for k in some}
    common = max(furniture.RARE_LEAST, int(furniture.RARE_SHARE * len(texts)))
    counts = Counter(word for lines in texts for word in {word for line in lines for word in line})
    looks = {}
    for k in some:
        rest = [line for line, times, kind in zip(texts[k], recurs[k], kinds[k], strict=True) if times < 2 and kind < 2]
        rare = {
            naive.mix(naive.token_hash(w))
            for line in rest
            for w in line
            if not w[0].isdecimal() and counts[w] <= common
        }
        looks[k] = {*sorted(rare)[: furniture.WORD_SKETCH]}, sampled_pairs(rest), sampled_pairs(texts[k])
    found = set()
    for line in {line for k in some for line in texts[k] if len(line) >= furniture.SHORTEST}:
        stands = [(k, kind) for k in some for other, kind in zip(texts[k], kinds[k], strict=True) if other == line]
        may_be = [(k, kind) for k, kind in stands if kind]
        is_page = all(kind == kernel.IS_PAGE for _, kind in may_be)
        least = furniture.ENOUGH_OF_PAGE if is_page else furniture.ENOUGH
        if len(may_be) < max(least, len(stands) // 2):
            continue
        strangers: list[int] = []
        for k, _ in may_be:
            if len(looks[k][0]) >= furniture.LEAST_WORDS and all(
                are_strangers(looks[k], looks[other]) for other in strangers
            ):
                strangers.append(k)
        # Where half of more than those stand, three are enough.
        if len(strangers) >= min(max(least, len(stands) // 2), furniture.ENOUGH):
            found.add(line)
    left = {}
    for k in some:
        is_furniture = [line in found for line in texts[k]]
        beside = [True in is_furniture[max(0, at - 1) : at + 2] for at in range(len(texts[k]))]
        for at, line in enumerate(texts[k]):
            is_furniture[at] |= len(line) < furniture.SHORTEST and holders[line] > 1 and beside[at]
        if any(is_furniture):
            own = [line for line, is_it in zip(texts[k], is_furniture, strict=True) if not is_it]
            left[k] = own if sum(map(len, own)) >= furniture.LEAST_LEFT else texts[k]
    return left


@settings(max_examples=300)
@given(st.integers(0, 10**9))
def test_what_is_left_equals_the_definition(seed: int) -> None:
    draw = random.Random(seed)
    shared = [f"s{k}" for k in range(30)]
    pool: Lines = []
    for k in range(draw.randrange(2, 8)):
        words = draw.choices([f"p{k}x{n}" for n in range(12)] + shared[:5], k=draw.choice([1, 2, 3, 4, 8, 14, 30]))
        for _ in range(draw.choice([0, 0, 1, 2, 4])):
            words[draw.randrange(len(words))] = draw.choice(["cookies", "subscribe", "newsletter", "privacy"])
        pool.append(tuple(words))
    texts = []
    for k in range(draw.randrange(2, 9)):
        event = draw.choice([k, k, k, 50])  # some are about the same
        names = [f"e{event}x{n}" for n in range(40)]
        lines = [
            tuple(draw.choices([*names, *shared, "12", f"d{k}"], k=draw.choice([2, 5, 6, 12, 25, 40])))
            for _ in range(draw.randrange(1, 5))
        ]
        if texts and draw.random() < 0.15:
            lines = [line for line in draw.choice(texts) if draw.random() < 0.7] + lines[:1]
        for line in draw.sample(pool, draw.randrange(len(pool) + 1)):
            lines.insert(draw.choice([0, len(lines), draw.randrange(len(lines) + 1)]), line)
        texts.append(lines)
    corpus, segments = segmented(["\n".join(" ".join(line) for line in lines) for lines in texts])
    found = furniture.strip_furniture(corpus, segments, draw.choice([1, 2]))
    expected = naive_stripped(texts)
    assert found.documents.tolist() == sorted(expected)
    hashes = [[naive.token_hash(word) for line in expected[k] for word in line] for k in sorted(expected)]
    assert found.tokens.tolist() == [token for text in hashes for token in text]
    assert found.ends.tolist() == np.cumsum([len(text) for text in hashes]).tolist()
    stops = [np.cumsum([len(line) for line in expected[k]]).tolist() for k in sorted(expected)]
    assert found.stops.tolist() == [stop for text in stops for stop in text]
    assert found.stop_ends.tolist() == np.cumsum([len(text) for text in stops]).tolist()


def test_of_no_texts_and_of_strangers_nothing_is_taken_off() -> None:
    for texts in ([], [""], ["", ""], [article(seed) for seed in range(10)], [COOKIES, ""]):
        found = furniture.strip_furniture(*segmented(texts))
        assert [getattr(found, name).tolist() for name in furniture.StrippedDocuments.__slots__] == [[]] * 6


def test_prose_of_ones_own() -> None:
    """Of the sentences of a dozen words or more: not of labels, nor of what speaks as a page."""
    story, own = (f"{name}{' '.join(f' {name}{k}' for k in range(15))}." for name in "ab")
    label, page = (
        "c d e.",
        "Subscribe to the free newsletter, and share what you read on Facebook or by email with others.",
    )
    texts = [f"{story} {own} {label} {page}", f"{story} {label}", f"{story} and {own} {page}"]
    corpus, segments = segmented(texts)
    measured = furniture.own_prose(corpus, segments, np.array([0, 1, 2, 0]), np.array([1, 0, 0, 2]))
    assert measured.tolist() == [16 / (32 + 12), 0.0, 0.0, 0.0]
