"""Passages equal the oracle; planted quotes, moves and rewordings are found, with right offsets in any script."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter

import naive
import naive_passages as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dedup
from dedup.judge.passages import MIN_WORDS, Passage, passages
from dedup.text.token_places import words_of
from dedup.text.tokens import spans

TOKENS = [
    "a",
    "b",
    "cc",
    "Dd",
    "5",
    "12",
    "中",
    "文",
    "ก",
    "ไ",
    "é",
    "e\u0301",
    "\U0001f600",
    "\ud800",
    "ﬁ",
    "ال",
    "x\u00ad",
    "B",
    "Mr",
    "mln",
    "Mai",
]
ENDS = [" ", " ", " ", " ", " ", ". ", "\n", "-\n", "\u00ad\r\n ", "。", ", ", ".", ",", ".) ", ".\u00a0", "... ", ".,"]
texts = st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(ENDS)), max_size=30).map(
    lambda parts: "".join(f"{word}{end}" for word, end in parts)
)


@given(texts)
def test_places_of_words_equal_the_definition(text: str) -> None:
    words, expected = words_of(text), oracle.Words(text)
    places = list(zip(words.begins.tolist(), words.ends.tolist(), strict=True))
    assert places == [(begin, end) for _, begin, end in spans(text)]
    assert places == [(begin, end) for begin, end in expected.spans]
    assert words.breaks.astype(bool).tolist() == expected.breaks
    assert words.continued.astype(bool).tolist() == expected.continued
    assert [b - a for a, b in zip(words.weights[:-1], words.weights[1:], strict=True)] == expected.weights


@settings(max_examples=150)
@given(texts, texts, st.sampled_from([1, 2, 3, 4, 8]))
@example("a b cc 5 a b cc", "a b cc a b cc 5", 3)
@example("a b b cc Dd 5", "a b cc Dd 5", 3)
@example("a b cc x a b cc", "a b cc", 2)
@example("中文中文中文ก", "文中文中文ไ", 2)
def test_places_equal_the_definition(left: str, right: str, min_words: int) -> None:
    equals_the_definition(left, right, min_words)


def equals_the_definition(left: str, right: str, min_words: int) -> None:
    found = passages(left, right, min_words)
    if naive.tokens(left) == naive.tokens(right):
        assert len(found) == (1 if naive.tokens(left) else 0)
        return
    is_swapped = (len(naive.tokens(left)), left) > (len(naive.tokens(right)), right)
    expected = oracle.passages(*((right, left) if is_swapped else (left, right)), min_words)
    if is_swapped:
        expected = sorted(((c, d, a, b), kind) for (a, b, c, d), kind in expected)
    places = [(one.left_begin, one.left_end, one.right_begin, one.right_end) for one in found]
    assert places == [place for place, _ in expected]
    moved = [one.kind == "moved" for one in found]
    kinds = zip(found, expected, strict=True)
    assert all(one.kind in ("moved", "verbatim" if is_exact else "reworded") for one, (_, is_exact) in kinds)
    in_order = [place for place, is_moved in zip(places, moved, strict=True) if not is_moved]
    assert all(one[3] <= other[2] for one, other in itertools.pairwise(in_order))


@pytest.mark.parametrize("seed", range(12))
def test_edited_articles_equal_the_definition(seed: int) -> None:
    left, right = edited_pair(seed)
    equals_the_definition(left, right, MIN_WORDS)
    is_sound(left, right, passages(left, right))


def edited_pair(seed: int) -> tuple[str, str]:
    """Two texts that have sentences in common, some with other words in them or in another order."""
    rng = random.Random(seed)
    sentences = [sentence(rng) for _ in range(14)]
    other = [sentence(rng) for _ in range(4)]
    for words in rng.sample(sentences, 9):
        words = list(words)
        for _ in range(rng.randrange(4)):
            words[rng.randrange(len(words))] = rng.choice(["new", "other", "13", "Paris"])
        if rng.random() < 0.4:
            rng.shuffle(words)
        other.insert(rng.randrange(len(other) + 1), words)
    return tuple(" ".join(f"{' '.join(words)}." for words in text) for text in (sentences, other))  # type: ignore[return-value]


def sentence(rng: random.Random, letter: str = "w") -> list[str]:
    common = rng.choices(["the", "of", "and", "said", "in"], k=rng.randrange(2, 6))
    rare = [f"{letter}{rng.randrange(10_000)}" for _ in range(rng.randrange(4, 14))]
    words = common + rare
    rng.shuffle(words)
    return words


def filler(letter: str, n_sentences: int = 60) -> str:
    """A text of which another one with another letter has only the commonest words."""
    rng = random.Random(letter)
    return " ".join(f"{' '.join(sentence(rng, letter))}." for _ in range(n_sentences))


def is_sound(left: str, right: str, found: tuple[Passage, ...]) -> None:
    """Whether passages lie in both texts, apart, and their words are the same but for the changes that are named."""
    for begin, end, text in (("left_begin", "left_end", left), ("right_begin", "right_end", right)):
        places = sorted((getattr(one, begin), getattr(one, end)) for one in found)
        assert all(0 <= one < other <= len(text) for one, other in places)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))
    for one in found:
        pairs = [pair.split(" → ") for pair in one.contradicted]
        ours = words_in([left[one.left_begin : one.left_end]])
        theirs = words_in([right[one.right_begin : one.right_end]])
        lost = words_in(one.lost) + words_in([pair[0] for pair in pairs])
        added = words_in(one.added) + words_in([pair[1] for pair in pairs])
        assert lost <= ours
        assert added <= theirs
        assert ours - lost == theirs - added
        assert not (words_in(one.lost) & words_in(one.added))


def words_in(parts: tuple[str, ...] | list[str]) -> Counter[str]:
    return Counter(token for part in parts for token in naive.tokens(part))


@given(texts, texts, st.integers(1, 8))
def test_passages_are_sound_and_the_same_from_both_sides(left: str, right: str, min_words: int) -> None:
    found = passages(left, right, min_words)
    is_sound(left, right, found)
    back = passages(right, left, min_words)
    turned = sorted(
        (one.right_begin, one.right_end, one.left_begin, one.left_end, one.kind, one.lost, one.added) for one in back
    )
    assert turned == [
        (one.left_begin, one.left_end, one.right_begin, one.right_end, one.kind, one.added, one.lost) for one in found
    ]


QUOTE = "We shall rebuild the old bridge before the winter comes, whatever it may cost the town"


QUOTES = [
    QUOTE,
    "Мы восстановим старый мост до зимы, сколько бы это ни стоило городу и его жителям",
    "سنعيد بناء الجسر القديم قبل حلول الشتاء مهما كلف ذلك المدينة وسكانها جميعا",
    "无论城市要付出多少代价我们都会在冬天到来之前重建这座老桥",
    "เราจะสร้างสะพานเก่าขึ้นใหม่ก่อนฤดูหนาวจะมาถึงไม่ว่าเมืองจะต้องเสียค่าใช้จ่ายเท่าใด",
]


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quote_in_long_texts_is_found(quote: str) -> None:
    left, right = (f"{filler(a)} \U0001f600 “{quote}” {filler(b)}" for a, b in ("uv", "wx"))
    (found,) = passages(left, right)
    assert left[found.left_begin : found.left_end] == quote == right[found.right_begin : found.right_end]
    assert found.kind == "verbatim"
    assert (found.added, found.lost, found.contradicted) == ((), (), ())


def test_a_repeated_quote_is_paired_with_its_best_place() -> None:
    part = " ".join(QUOTE.split()[:10])
    left = f"{filler('a')} {QUOTE}. {filler('b')}"
    right = f"{filler('c')} {part}. {filler('d')} {QUOTE}. {filler('e')} {part}."
    (found,) = passages(left, right)
    assert right[found.right_begin : found.right_end] == QUOTE


def test_what_stands_in_another_order_is_moved() -> None:
    one, two, three = (filler(letter, 6) for letter in "abc")
    found = passages(f"{one} {two} {three}", f"{three} {one} {two}")
    assert [passage.kind for passage in found] == ["verbatim", "moved"]
    assert found[1].right_begin == 0


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("that 12 people were hurt", "that 14 people were hurt", ("12 → 14",)),
        ("that 5,000 people were hurt", "that 6 000 people were hurt", ("5,000 → 6 000",)),
        ("that 5,000 people were hurt", "that 5000 people were hurt", ()),
        ("that 5.2 tonnes were lost", "that 5.4 tonnes were lost", ("5.2 → 5.4",)),
        ("that RM5.20 a share was lost", "that RM6.40 a share was lost", ("RM5.20 → RM6.40",)),
        ("that five people were hurt", "that 5 people were hurt", ()),
        ("that five people were hurt", "that 6 people were hurt", ("five → 6",)),
        ("that 5m pounds were lost", "that 5 million pounds were lost", ()),
        ("that Ellen Prior and he were hurt", "that Tom Hale and he were hurt", ("Ellen Prior → Tom Hale",)),
        ("that Tom Hale and he were hurt", "that Thomas Hale and he were hurt", ()),
        ("that the 1st prize was lost", "that the 20th prize was lost", ("1st → 20th",)),
        ("that 135.4million pounds were lost", "that 135.4 million pounds were lost", ()),
        ("that 5.20 pounds were lost", "that 5.2 pounds were lost", ()),
        ("that 18 miles of road were lost", "that 30km of road were lost", ()),
        ("that at 8.50 pm people were hurt", "that at 8.50pm people were hurt", ()),
        ("that 24 people were hurt, of 45 there,", "that 45 people were hurt", ()),
        ("that 12 of Fairford were hurt", "that 14 of Lambourn were hurt", ("Fairford → Lambourn",)),
        ("that the 1000 in AUD$ were lost", "that the 1000 in Aus$ were lost", ()),
        ("that the report of UN people was lost", "that the report of U.N. people was lost", ()),
        ("that the man named Rohani then was hurt", "that the man named Rouhani then was hurt", ()),
        ("that the firm named CNN then was hurt", "that the firm named CBS then was hurt", ("CNN → CBS",)),
        ("that many people were hurt", "that several people were hurt", ()),
    ],
)
def test_contradictions(left: str, right: str, expected: tuple[str, ...]) -> None:
    frame = "The council of the town said on Monday {} when the old bridge fell into the river at night."
    (found,) = passages(frame.format(left), frame.format(right))
    assert found.contradicted == expected
    is_sound(frame.format(left), frame.format(right), (found,))


def test_prices_of_other_articles_do_not_contradict_each_other() -> None:
    left, right = (
        "\n".join(
            f"On sale is {name} of the shop: was $9.99, now ${price} for the next 6 days" for name, price in articles
        )
        for articles in ([("Apple", "5.49"), ("Pear", "6.29")], [("Lemon", "7.19"), ("Quince", "8.39")])
    )
    against = [pair for one in passages(left, right) for pair in one.contradicted]
    assert against == ["Apple → Lemon", "Pear → Quince"]


@pytest.mark.parametrize(
    "part",
    [
        "took effect on Dec. 1 at noon",
        "was named by Mr. Prior at noon",
        "was named by Gov. T. J. Hale at noon",
        "is built in the U.S. Army depot at noon",
        "is on St. Anne street in Tucson, Ariz., at noon",
        "was seen by Acme Corp. people and others, e.g. boys, at noon",
        "wurde am 5. Dezember mit 3 Mio. Euro von Dr. Prior und Nr. 5 bezahlt",
        "le 5 M. Dupont et Mme. Durand y sont",
        "lo dijo el Sr. Prior de EE. UU. ayer",
        "было у А. С. Пушкина 5 млн. Рублей",
    ],
)
def test_an_abbreviation_ends_no_statement(part: str) -> None:
    words = words_of(f"The rule {part}. The town was told.")
    assert words.breaks.sum() == 2
    assert words.breaks[-5] == 1


@pytest.mark.parametrize(
    "text",
    ["the bridge fell. the town", "It fell at 5 p.m. The town", "It was B.” She", "So… she", "at $20.15. 68 are"],
)
def test_other_stops_end_a_statement(text: str) -> None:
    assert words_of(text).breaks[:-1].sum() == 1


def test_no_passage_ends_within_a_number() -> None:
    left, right = (
        f"{filler(a)} At the market of the town the crown closed at 71.{b}." for a, b in (("u", 80), ("v", 59))
    )
    (found,) = passages(left, right)
    assert left[found.left_begin : found.left_end] == "At the market of the town the crown closed at"


def test_where_all_nouns_have_capitals_none_is_a_name() -> None:
    frame = "Am Montag stand nur der {} noch in der Stadt, als die Brücke in den Fluss fiel und der Verkehr ruhte."
    (found,) = passages(frame.format("Wagen"), frame.format("Lastzug"))
    assert (found.lost, found.added, found.contradicted) == (("Wagen",), ("Lastzug",), ())


def test_a_reworded_statement_is_found() -> None:
    left = "Officials in Marlow confirmed on Friday that the damaged aqueduct would be demolished in spring."
    right = "The aqueduct, damaged in a storm, will be demolished next spring, officials in Marlow confirmed."
    texts = [f"{filler(a)} {text} {filler(b)}" for a, text, b in (("a", left, "b"), ("c", right, "d"))]
    (found,) = passages(*texts)
    assert found.kind == "reworded"
    assert texts[0][found.left_begin : found.left_end] == left.rstrip(".")
    assert texts[1][found.right_begin : found.right_end] == right.rstrip(".")


def test_common_words_make_no_passage() -> None:
    assert passages(filler("a"), filler("b")) == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("word " * 300_000, "word " * 299_000),
        ("a b " * 150_000 + "c", "b a a " * 100_000),
        ("the cat sat. " * 100_000, "a cat sat on the mat. " * 50_000),
        ("ก" * 300_000, "ก" * 200_000 + "ไ" * 1000),
        ("中文字" * 100_000, "文中字" * 100_000),
        (" ".join(random.Random(1).choices("ab", k=200_000)), " ".join(random.Random(2).choices("ab", k=200_000))),
        ("x " * 100_000, "y " * 100_000),
        (",".join("1234567890" * 20_000), ",".join("1234567891" * 20_000)),
        (". ".join(f"a{k} b c d e" for k in range(50_000)), ". ".join(f"c b d e a{k}" for k in range(50_000))),
    ],
)
def test_hostile_texts_take_seconds(left: str, right: str) -> None:
    passages("a b c", "a b d")  # compiled
    started = time.process_time()
    found = passages(left, right)
    assert time.process_time() - started < 10
    assert all(one.left_begin < one.left_end for one in found)


def test_texts_without_words() -> None:
    assert passages("", "") == passages("", "a b c") == passages("...", "!!!") == ()
    (found,) = passages("Two words.", "two WORDS")
    assert (found.left_begin, found.left_end, found.right_end) == (0, 9, 9)


@pytest.mark.parametrize("min_words", [0, -1, 1.5, True, "8"])
def test_a_wrong_length_is_refused(min_words: object) -> None:
    with pytest.raises(dedup.ParamsError, match="min_words"):
        passages("a", "b", min_words)  # type: ignore[arg-type]
