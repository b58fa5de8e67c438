"""What a person would call a contradiction counts as one; the kernels equal the oracle whatever the facts weigh."""

from __future__ import annotations

import itertools
import random

import naive
import numpy as np
import pytest
from corpora import corpus_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dedup
from benchmarks.corpora.moulds import pieces as moulds
from dedup.candidates import background, word_pairs
from dedup.judge.differences import NUMBERS_IN_LETTERS, _numbers, contradictions
from dedup.judge.relation import CONTRADICTED, CONTRADICTED_NUMBERS
from dedup.kernels import agreement as evidence_kernel
from dedup.kernels import contradicted_slots as kernel
from dedup.store.secret import table_multiplier
from dedup.text.tokens import token_hash

IN_LETTERS = {word: value for value, words in NUMBERS_IN_LETTERS.items() for word in words.split()}
LETTERS = {token_hash(naive.tokens(word)[0]): str(value) for word, value in IN_LETTERS.items()}
MONDAY, TUESDAY = (
    {"town": "Marlow", "high": "31", "low": "17", "wind": "12", "from": "south", "rain": "22", "who": "Ellen Prior"},
    {"town": "Kirkby", "high": "24", "low": "11", "wind": "35", "from": "north", "rain": "8", "who": "Tom Hale"},
)
WEATHER = (
    "A ridge of high pressure will keep the sky over {town} clear for most of the week, the weather service said. "
    "Temperatures will climb to {high} degrees in the afternoon before falling to {low} at night. A wind of {wind} "
    "kilometres an hour from the {from} will bring little relief. In the storm that is expected behind it {rain} "
    "millimetres of rain may fall within a few hours, the duty forecaster, {who}, told reporters."
)
FLOOD = (
    "The flood drove {} people from their homes along the river on Sunday, and {} of them were taken to hospital, "
    "officials said. {} soldiers and {} helicopters searched the villages below the broken dam. The state promised "
    "{} crowns to each family, and the regional council opened {} schools as shelters for those who could not go back "
    "before the water falls."
)
STYLES = [
    ("5,000", "four", "2 500", "twelve", "1.250.000", "three"),
    ("5 000", "4", "2,500", "12", "1 250 000", "3"),
    ("5000", "four", "2500", "twelve", "1250000", "three"),
]
OTHER_FLOOD = ("6,100", "nine", "1,200", "ten", "2,200,000", "five")
COUNCIL = (
    "The council of the harbour town rejected the plan for a new bridge on Monday evening after a debate of several "
    "hours. Opponents argued that the costly project would ruin the view from the old quay, while its backers spoke of "
    "jobs for the whole region. The mayor, visibly tired, urged both camps to seek a compromise before the summer "
    "break. A second vote could come as early as next month, provided the ministry releases its share of the money."
)
SYNONYMS = {
    "rejected": "dismissed",
    "debate": "discussion",
    "costly": "expensive",
    "ruin": "spoil",
    "backers": "supporters",
    "urged": "pressed",
    "camps": "sides",
    "provided": "if",
    "releases": "frees",
}


def measured(one: str, other: str, numbers_only: bool = False) -> float:
    """Return how far two texts contradict each other, all rare but what is common in English news."""
    corpus = corpus_of([one, other])
    pairs = word_pairs.rare_pairs(corpus, background.frequencies())
    sides = np.array([0]), np.array([1])
    return float(contradictions(corpus, pairs.words, *sides, None if numbers_only else pairs)[0])


def test_the_next_piece_in_a_mould_is_contradicted() -> None:
    one, other = WEATHER.format(**MONDAY), WEATHER.format(**TUESDAY)
    assert measured(one, other) >= CONTRADICTED_NUMBERS
    assert measured(one, other, numbers_only=True) >= CONTRADICTED_NUMBERS
    assert measured(one, one) == 0.0


@pytest.mark.parametrize("slot", MONDAY)
def test_a_correction_is_none(slot: str) -> None:
    one, other = WEATHER.format(**MONDAY), WEATHER.format(**{**MONDAY, slot: TUESDAY[slot]})
    assert measured(one, other) == 0.0
    assert measured(one, f"Corrects a slip in what was sent before.\n{other}\nThe desk regrets the error.") == 0.0


def test_the_more_is_contradicted_the_higher_it_is() -> None:
    filled = [{**MONDAY, **dict(itertools.islice(TUESDAY.items(), count))} for count in range(len(MONDAY) + 1)]
    found = [measured(WEATHER.format(**MONDAY), WEATHER.format(**slots)) for slots in filled]
    assert found[:2] == [0.0, 0.0]
    assert found[1:] == sorted(found[1:])
    assert found[2] < CONTRADICTED < found[-1]


def test_a_repeated_fact_is_contradicted_once() -> None:
    """The winner of a match is named in its report ten times."""
    text = " ".join(f"the {a} {b} saw how Arvelo 31 met the {c} {d} there" for a, b, c, d in WORDS)
    other = text.replace("31", "24")
    assert measured(text, other) == 0.0
    # With another one, two: of numbers alone, for none agrees.
    found = measured(f"some {MONDAY['who']} 17 said {text}", f"some {MONDAY['who']} 11 said {other}")
    assert found == pytest.approx(kernel.NUMBERS_ALONE * 48 / (48 + 12))


WORDS = [[f"w{4 * row + column}" for column in range(4)] for row in range(10)]
END = " ".join(itertools.chain.from_iterable(WORDS[5:]))


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 2)])
def test_numbers_agree_however_they_are_written(one: int, other: int) -> None:
    assert measured(FLOOD.format(*STYLES[one]), FLOOD.format(*STYLES[other])) == 0.0


@pytest.mark.parametrize("style", range(3))
def test_other_numbers_do_not(style: int) -> None:
    assert measured(FLOOD.format(*STYLES[style]), FLOOD.format(*OTHER_FLOOD)) >= CONTRADICTED_NUMBERS


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("5,000", "5,600", 1),
        ("5,000", "6,000", 1),
        ("5 000", "50 000", 1),
        ("5000", "5,001", 0),
        ("four", "5", 0),
        ("4", "five", 0),
    ],
)
def test_a_number_in_groups_differs_as_a_whole(one: str, other: str, shared: int) -> None:
    """One of two contradictions, and one number agrees, with it what groups of digits both have."""
    fillers = [("12", "12"), (one, other), ("98", "97")]
    texts = (
        " ".join(f"{' '.join(row)} {pair[k]}" for row, pair in zip(WORDS, fillers, strict=False)) + f" {END}"
        for k in (0, 1)
    )
    assert measured(*texts, numbers_only=True) == 2 * 24 / (2 * 24 + (1 + shared) * 24 + 12)


def test_synonyms_hardly_count() -> None:
    reworded = " ".join(SYNONYMS.get(word, word) for word in COUNCIL.split())
    assert reworded != COUNCIL
    assert measured(COUNCIL, reworded) < CONTRADICTED


def test_other_names_in_the_same_places_count_a_quarter() -> None:
    names = [("Arvelo", "Brinkley"), ("Castane", "Dorfeld"), ("Ekberg", "Fontaine"), ("Galloway", "Hartwig")]
    text, other = (" ".join(f"a b c {pair[k]} d e f" for pair in names) for k in (0, 1))
    # Only the pairs with a name are not frequent: its word is a fact, and none beside it.
    corpus = corpus_of([text, other])
    frequencies = np.full(1 << 16, 255, np.uint8)
    pairs = word_pairs.rare_pairs(corpus, frequencies)
    assert contradictions(corpus, pairs.words, np.array([0]), np.array([1]), pairs).tolist() == [0.0]
    for sentence in (text, other):
        for before, name, behind in zip(sentence.split(), sentence.split()[1:], sentence.split()[2:], strict=False):
            if name[0].isupper():
                frequencies[[pair % (1 << 16) for pair in naive.word_pairs(f"{before} {name} {behind}")]] = 1
    pairs = word_pairs.rare_pairs(corpus, frequencies)
    found = contradictions(corpus, pairs.words, np.array([0]), np.array([1]), pairs)
    assert found.tolist() == pytest.approx([4 * 6 / (4 * 6 + 12)])


@pytest.mark.parametrize("text", [COUNCIL, FLOOD.format(*STYLES[0])])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LONDON, March 4 (Reuters) - ", "PARIS, March 5 (AFP) - "),
        ("LONDON, March 4 (Reuters) - ", ""),
        ("MARLOW (AP) - ", "KIRKBY (dpa) - "),
        ("By Ann Lee and Jo Park in Marlow\n", "From our own correspondent\n"),
    ],
)
def test_datelines_and_bylines_contradict_nothing(text: str, one: str, other: str) -> None:
    assert measured(one + text, other + text) == 0.0


def test_words_after_the_text_contradict_nothing() -> None:
    ends = "Reporting by Ann Lee; call 020 123456", "Editing by Jo Park; call 030 987654"
    assert measured(*(f"{COUNCIL} {end}" for end in ends)) == 0.0


def test_passages_of_their_own_are_no_slots() -> None:
    at = COUNCIL.index("Opponents")
    for size, is_slot in ((5, True), (6, False)):  # each of two words
        one, other = (
            " ".join(f"{letter}{k} {1000 + 7 * k + 10_000 * n}" for k in range(size)) for n, letter in enumerate("xy")
        )
        texts = [f"In the 7 and 8 wards {COUNCIL[:at]} {more} {COUNCIL[at:]}" for more in (one, other)]
        texts[1] = texts[1].replace(" 7 ", " 9 ")
        assert (measured(*texts) > 0.0) == is_slot


def test_numbers_that_come_elsewhere_contradict_nothing_but_in_the_same_frame() -> None:
    """Like a table that is reported in another order."""
    numbers = "431", "872", "1290", "77", "356"
    for words, contradicts in ((kernel.LEAST_FRAME - 1, False), (kernel.FRAME - kernel.LEAST_FRAME, True)):
        rows, moved = (
            " ".join(f"{' '.join(row[:words])} {number}" for row, number in zip(WORDS, some, strict=False))
            for some in (numbers, numbers[::-1])
        )
        assert (measured(f"{rows} {END}", f"{moved} {END}", numbers_only=True) > 0.0) == contradicts


@pytest.mark.parametrize(
    ("before", "behind", "is_framed"),
    [(2, 2, False), (2, 3, True), (3, 2, True), (1, 9, False), (9, 1, False), (3, 3, True), (0, 0, False)],
)
def test_a_slot_is_framed_by_five_words_two_on_either_side(before: int, behind: int, is_framed: bool) -> None:
    front, back = ([f"{letter}{k}" for k in range(size)] for letter, size in (("f", before), ("b", behind)))
    one, other = ([f"{letter}x", *front, letter, *back, f"{letter}y"] for letter in "pq")
    assert framed(one, other, 1 + before) == is_framed
    # Where both begin, or end, that is as good as three words; where one does, it is not.
    for some in ((one[1:], other[1:]), (one[:-1], other[:-1]), (one[1:-1], other[1:-1]), (one[1:], other)):
        starts = some[0][: before + 1] == [*front, "p"] and some[1][: before + 1] == [*front, "q"]
        stops = some[0][-behind - 1 :] == ["p", *back] and some[1][-behind - 1 :] == ["q", *back]
        sides = [3 if starts else min(before, 3), 3 if stops else min(behind, 3)]
        place = [side.index(letter) for side, letter in zip(some, "pq", strict=True)]
        assert framed(*some, *place) == (min(sides) >= 2 and sum(sides) >= 5)


def framed(one: list[str], other: list[str], place: int, other_place: int | None = None) -> bool:
    """Whether the slots of one word at these places are framed, as the kernel says and the oracle."""
    at, there = place, place if other_place is None else other_place
    x, y = ([token_hash(word) for word in words] for words in (one, other))
    found = kernel.is_framed(np.array(x, np.uint32), np.array(y, np.uint32), at, there, at + 1, there + 1)
    sides = naive.framing(x[:at][::-1], y[:there][::-1]), naive.framing(x[at + 1 :], y[there + 1 :])
    assert found == (min(sides) >= 2 and sum(sides) >= 5)
    return bool(found)


@pytest.mark.parametrize("word", ["due", "sept", "sei", "elf", "once"])
def test_what_is_another_word_in_another_language_is_no_number(word: str) -> None:
    """Two in Italian, seven in French, six in Italian, eleven in German and in Spanish."""
    assert word not in IN_LETTERS


def test_it_is_the_same_from_both_sides() -> None:
    pairs = [
        pair
        for language in moulds.LANGUAGES
        for kind in moulds.KINDS
        for pair in itertools.combinations(moulds.mould_texts(language, kind, 3, 1), 2)
    ]
    assert [measured(one, other) for one, other in pairs] == [measured(other, one) for one, other in pairs]


def test_texts_that_have_nothing_in_common() -> None:
    assert measured("Five.", "6") == measured("5", "6") == measured("word", "word") == 0.0
    assert measured("12 34 56 78", "87 65 43 21") == 0.0
    assert measured(COUNCIL, FLOOD.format(*STYLES[0])) < CONTRADICTED


def test_the_next_report_is_kept_and_a_correction_goes() -> None:
    slots = {"monday": MONDAY, "tuesday": TUESDAY, "corrected": {**MONDAY, "high": "33"}}
    texts = {name: WEATHER.format(**filled) for name, filled in slots.items()}
    result = dedup.deduplicate([{"id": name, "text": text} for name, text in (strangers(20) | texts).items()])
    assert [row["id"] for row in result.decisions.to_pylist() if not row["kept"]] == ["corrected"]
    rows = {(row["left"], row["right"]): row for row in result.matches.to_pylist()}
    template, copy = rows["monday", "tuesday"], rows["corrected", "monday"]
    assert (template["relation"], template["score"]) == ("template", 0.0)
    assert template["contradicted"] >= CONTRADICTED
    # All but one word is verbatim: not measured, for it is at most a correction.
    assert (copy["relation"], copy["contradicted"]) == ("near_duplicate", None)


def strangers(count: int) -> dict[str, str]:
    """Return texts that have nothing to do with one another, by id."""
    draw = random.Random(count)
    return {f"stranger {k}": " ".join(f"v{draw.randrange(5000)}" for _ in range(150)) for k in range(count)}


numerals = st.sampled_from(
    ["5", "05", "12", "000", "007", "100", "250", "999", "1998", "four", "zwölf", "x", "中", "٥", "٢٥٠", "5th", "ไ"]
)


@given(st.lists(numerals, min_size=1, max_size=12))
@example(["1", "000", "000", "000", "000"])
@example(["099", "000", "100", "000", "100", "100", "100"])
@example(["12", "000", "four", "000"])
def test_numbers_in_digits_equal_the_definition(tokens: list[str]) -> None:
    hashes = corpus_of([" ".join(tokens), "5"]).tokens[:-1]
    found = [kernel.in_digits(hashes, place, *_numbers(), np.zeros(64, np.uint8)) for place in range(len(hashes))]
    assert found == [naive.in_digits(hashes.tolist(), place, LETTERS) for place in range(len(hashes))]


def test_a_number_in_digits_is_the_one_without_groups() -> None:
    for number in (5_000, 12_345, 999_001, 1_000_000, 12_000_250, 999_999_999_999):
        hashes = corpus_of([f"some {number:,} people"]).tokens.tolist()
        assert {naive.in_digits(hashes, k, LETTERS) for k in range(1, len(hashes) - 1)} == {token_hash(str(number))}
    assert naive.in_digits(corpus_of(["Zwölf"]).tokens.tolist(), 0, LETTERS) == token_hash("12")
    assert naive.in_digits(corpus_of(["12"]).tokens.tolist(), 0, LETTERS) == 0


@st.composite
def weighed(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Two texts, the second one with some words of the first replaced, each with more or less in its place."""
    word = st.sampled_from([*"abcdefgh", *map(str, range(12)), "1 000", "2 500", "2500", "four"])
    text = draw(st.lists(word, min_size=1, max_size=50))
    other = []
    for kept in text:
        other += [kept] if draw(st.integers(0, 4)) else draw(st.lists(word, max_size=11))
    return text, other or ["a"]


@settings(max_examples=250)
@given(st.lists(weighed(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_contradictions_equal_the_definition_whatever_facts_weigh(
    pairs: list[tuple[list[str], list[str]]], draw: random.Random
) -> None:
    texts = [" ".join(text) for pair in pairs for text in pair]
    corpus = corpus_of(texts)
    weights = np.array([draw.choice([0, 0, 1, 2, 7, 24]) for _ in corpus.tokens], np.uint8)
    documents = np.arange(len(texts))
    once = corpus.starts.copy(), corpus.starts.copy(), np.empty(len(corpus.tokens), np.uint32)
    texts_of = corpus.tokens, corpus.starts, corpus.ends
    evidence_kernel.once_words(*texts_of, documents, *once, table_multiplier())
    found = np.empty(len(pairs))
    sides = documents[::2], documents[1::2]
    kernel.contradictions(*texts_of, *once, weights, *_numbers(), *sides, table_multiplier(), found)
    for k, value in enumerate(found.tolist()):
        sides = [slice(corpus.starts[document], corpus.ends[document]) for document in (2 * k, 2 * k + 1)]
        hashes, facts = ([array[side].tolist() for side in sides] for array in (corpus.tokens, weights))
        assert value == naive.contradicted(*hashes, *facts, IN_LETTERS)
