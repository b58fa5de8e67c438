"""Folding and tokens equal the oracle."""

from __future__ import annotations

import sys
import unicodedata

import naive
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.kernels import tokenisation as kernel
from dedup.store.secret import key_of
from dedup.text import folding
from dedup.text.tokens import encode, spans, token_hash, tokenise, tokens

SCRIPTS = (
    "Hello don’t naïve ½ ﬁ ﷺ İstanbul ß 中文标题 テスト ガ が "
    "한국어 ไทยแลนด์ ລາວ ខ្មែរ မြန်မာ العَرَبِيَّة שָׁלוֹם हिन्दी Ёлка ２３ ٣٤ 👍🏽 so\u00adft"
    " 國国發髮发 یکة ھہ ٱ \ue123\U000f0001"
)
texts = (
    st.text(max_size=300) | st.text(alphabet=SCRIPTS + " .,-\n", max_size=300) | st.text(alphabet="ab 中", max_size=200)
)


def batch(*documents: str | bytes | None) -> pa.LargeBinaryArray:
    values = [encode(document) if isinstance(document, str) else document for document in documents]
    return pa.array(values, pa.large_binary())


divisions = st.text(st.sampled_from("aZé1й中\u0301-\u00ad\u2010\n\r\t ."), max_size=40)


@given(texts | divisions)
@example("")
@example(SCRIPTS)
@example("x\ud800y \udfff")
@example("a\0b")
@example("㍿" * 40)  # folds to more bytes than it has
@example("\ufdfa" * 3000)  # the longest folding there is, past every estimate
@example("e\u0301 \u00e9 Å A\u030a")
def test_tokens_equal_the_oracle(text: str) -> None:
    assert tokens(text) == naive.tokens(text)
    assert [token for token, _, _ in spans(text)] == naive.tokens(text)


@settings(max_examples=200)
@given(st.lists(texts, max_size=8))
@example(["a " * 5000, "中" * 5000, "\ufdfa" * 2000, "", "b"])
@example(["x" * n for n in range(40)])
@example([("x" * n + " ") * 9 for n in (62, 63, 64, 65, 4094, 4095, 4096, 4097)])
@example(["x" * n + "’ — é’s “Ж中” ½…" for n in range(48, 66)])  # what is not ASCII, at all places of a block
def test_hashes_and_digests_equal_the_oracle(documents: list[str]) -> None:
    key = key_of(bytes(range(32)))
    found = tokenise(batch(*documents), key)
    assert len(found) == len(documents)
    for place, document in enumerate(documents):
        hashes = found.hashes[found.offsets[place] : found.offsets[place + 1]].tolist()
        assert hashes == [naive.token_hash(token) for token in naive.tokens(document)]
        marks = found.fingerprints[found.offsets[place] : found.offsets[place + 1]].tolist()
        assert marks == [naive.fingerprint(token, key.tolist()) for token in naive.tokens(document)]
        assert found.digests[place].tolist() == naive.digest(document, key.tolist())


@given(st.lists(divisions, max_size=3), st.integers(0, 130))
@example(["a" * 62 + "-\nb"], 0)
@example(["x-", "\nb"], 0)
def test_hyphens_at_all_places_of_a_block_equal_the_oracle(documents: list[str], shift: int) -> None:
    documents = [document + "x" * shift + "-\n y é\u00ad\r\nz Б\u2010\nя b-\nc" for document in documents]
    found = tokenise(batch(*documents, " word" * 20))
    for place, document in enumerate(documents):
        hashes = found.hashes[found.offsets[place] : found.offsets[place + 1]].tolist()
        assert hashes == [naive.token_hash(token) for token in naive.tokens(document)]


@pytest.mark.parametrize(
    ("divided", "whole"),
    [
        ("the govern-\nment", "the government"),
        ("the govern-\r\n\t  ment", "the government"),
        ("the govern\u00ad\nment", "the government"),
        ("the gov\u00adern\u00adment", "the government"),
        ("the govern\u2010\rment", "the government"),
        ("правитель-\nство", "правительство"),
        ("κυβέρ-\nνηση", "κυβέρνηση"),
        ("Präsi-\ndent", "Präsident"),
        ("a well-\nknown man", "a wellknown man"),  # which of them is a compound no line can tell
    ],
)
def test_a_word_divided_at_the_end_of_a_line_is_whole(divided: str, whole: str) -> None:
    assert tokens(divided) == [token for token, _, _ in spans(divided)] == tokens(whole)
    assert tokenise(batch(divided)).digests.tolist() == tokenise(batch(whole)).digests.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "NATO-\nled",
        "12-\nyear",
        "mid-\n2019",
        "non-\nEU",
        "a -\nb",
        "pause -\nthen",
        "end-\n\nof",
        "a-\n-b",
        "a- \nb",
        "a-b",
    ],
)
def test_other_hyphens_part_words(text: str) -> None:
    assert tokens(text) == tokens(text.replace("-", " "))


def test_a_divided_word_stands_where_both_halves_are() -> None:
    text = "The govern-\n  ment of soft\u00ad\nly."
    assert [(token, text[start:stop]) for token, start, stop in spans(text)] == [
        ("the", "The"),
        ("government", "govern-\n  ment"),
        ("of", "of"),
        ("softly", "soft\u00ad\nly"),
    ]


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda noise: b"word " + noise + b" caf\xc3\xa9 " * 12))
@example("язык и слово".encode("cp1251"))
@example(b"\xe2\x82 \xf0\x9f\x91 \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xff\xfe")  # cut off, surrogate, overlong, ...
def test_bytes_that_are_not_utf8_are_letters(noise: bytes) -> None:
    found = tokenise(batch(noise))
    assert found.hashes.tolist() == [naive.token_hash(token) for token in naive.tokens(noise)]


def test_words_in_an_unknown_encoding_are_words() -> None:
    """Each stays a word, another one for other bytes; what a decoder has put for its letters stays a word, too."""
    text = "язык и слово, year 2024"
    raw = tokenise(batch(text.encode("cp1251"))).hashes.tolist()
    assert len({*raw}) == 5
    assert raw[3:] == [token_hash("year"), token_hash("2024")]
    replaced = text.encode("cp1251").decode("utf-8", "replace")
    assert tokens(replaced) == ["\ufffd" * 4, "\ufffd", "\ufffd" * 5, "year", "2024"]
    assert [token for token, _, _ in spans(replaced)] == tokens(replaced) == naive.tokens(replaced)


@given(st.text(st.sampled_from("ab 1,中\ufffd\ud800\udbff\udc00\udc80\udcff\udfff\u0301é"), max_size=40))
def test_what_is_no_text_is_a_letter_to_all(text: str) -> None:
    expected = naive.tokens(text)
    assert tokens(text) == [token for token, _, _ in spans(text)] == expected
    assert tokenise(batch(text)).hashes.tolist() == [naive.token_hash(token) for token in expected]


def test_private_letters_are_letters() -> None:
    """Articles out of a PDF with a font of its own are different words, though nobody can read them."""
    for first in (0xE000, 0xF8F0, 0xF0000, 0x10FFF0):
        one, other = (f"{chr(first)}{chr(first + 1)} {chr(first + k)} 7" for k in (2, 3))
        assert len(tokens(one)) == len(tokens(other)) == 3
        assert tokens(one)[:1] + tokens(one)[2:] == tokens(other)[:1] + tokens(other)[2:]
        assert tokenise(batch(one)).digests.tolist() != tokenise(batch(other)).digests.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("یک کتاب تازه", "يك كتاب تازه"),  # Persian, typed with an Arabic keyboard
        ("ﯾﮏ ﮐﺘﺎب", "یک کتاب"),  # glyphs, as out of a PDF
        ("خانۀ ما", "خانهٔ ما"),
        ("یہ ہمارا گھر ہے", "يه همارا گهر هے"),  # Urdu
        ("على مدرسة ٱلمدينة", "علي مدرسه المدينه"),
        ("العَرَبِيَّة", "العـــربية"),
        ("سنة ١٤٤٥", "سنة ۱۴۴۵"),
        ("عام ٢٠٢٤", "عام 2024"),
        ("ھەولێر", "هەولێر"),  # Kurdish
        ("ە", "ه\u200c"),
    ],
)
def test_spellings_of_arabic_script_fold_alike(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("one", "other"), [("کی", "کے"), ("ماں", "مان"), ("پدر", "بدر"), ("گل", "كل"), ("چند", "جند"), ("ڪم", "کم")]
)
def test_letters_of_arabic_script_that_tell_words_apart_stay(one: str, other: str) -> None:
    assert tokens(one) != tokens(other)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("國務院總理發表講話", "国务院总理发表讲话"),
        ("頭髮、發展、皇后、後來", "头发、发展、皇后、后来"),
        ("裏面 裡面", "里面 里面"),  # Hong Kong, Taiwan
        ("著名 看著", "著名 看着"),
        ("乾坤 乾淨 幹部 干預", "乾坤 干净 干部 干预"),
        ("臺灣 颱風", "台湾 台风"),
    ],
)
def test_traditional_and_simplified_characters_fold_alike(traditional: str, simplified: str) -> None:
    assert tokens(traditional) == tokens(simplified)
    assert tokenise(batch(traditional)).hashes.tolist() == tokenise(batch(simplified)).hashes.tolist()


def test_japanese_stays_as_distinct_as_it_was() -> None:
    """Kana are themselves; of the 2,965 most common kanji one in forty folds to another one."""
    kana = [chr(code) for code in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB))]
    assert all(tokens(char) == list(unicodedata.normalize("NFKD", char)) for char in kana)
    kanji = [
        bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp", "ignore") for row in range(16, 48) for cell in range(1, 95)
    ]
    kanji = [char for char in kanji if char]
    assert len(kanji) == 2965
    assert len({tuple(tokens(char)) for char in kanji}) >= 2890


@pytest.mark.parametrize("end", [". ", "! ", "? ", "\n", "。", "؟ "])
def test_sentences_end_alike_whatever_is_around_them(end: str) -> None:
    """At all places of a block, and in the last text of a batch as in any other."""
    for before in (0, *range(50, 70), 200):
        document = f"{'x' * before} one two{end}three four five"
        words = 2 + bool(before)
        assert segments_of(document, "y" * 300)[0] == [words, words + 3]
        assert segments_of(document) == [[words, words + 3]]


def segments_of(*documents: str) -> list[list[int]]:
    found = tokenise(batch(*documents))
    ends = np.cumsum(found.segment_counts)
    return [found.segments[end - count : end].tolist() for end, count in zip(ends, found.segment_counts, strict=True)]


def test_composed_and_decomposed_text_fold_alike() -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert tokens(unicodedata.normalize(form, SCRIPTS)) == tokens(SCRIPTS)


@pytest.mark.parametrize("sentence", ["中文标题很长", "テストです", "ภาษาไทย", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာ"])
def test_scripts_without_spaces_give_one_token_a_character(sentence: str) -> None:
    assert tokens(sentence) == list("".join(naive.fold(c) for c in sentence))
    assert all(token_hash(token) & 1 for token in tokens(sentence))


def test_nulls_and_slices() -> None:
    array = batch("one two", None, "", "three")
    assert np.diff(tokenise(array).offsets).tolist() == [2, 0, 0, 1]
    assert np.diff(tokenise(array.slice(2)).offsets).tolist() == [0, 1]
    assert tokenise(array.slice(3)).hashes.tolist() == [naive.token_hash("three")]
    assert len(tokenise(array.slice(0, 0))) == 0


def test_ten_megabytes_in_one_document() -> None:
    found = tokenise(batch("word " * 2_000_000, "中" * 3_500_000, "x" * 10_000_000))
    assert np.diff(found.offsets).tolist() == [2_000_000, 3_500_000, 1]
    assert set(found.hashes[:2_000_000].tolist()) == {naive.token_hash("word")}


def test_the_shipped_table_is_the_rule() -> None:
    with np.load(folding.TABLE_FILE) as shipped:
        same_unicode = str(shipped["unicode_version"]) == unicodedata.unidata_version
    known = [
        chr(c) for c in range(sys.maxunicode + 1) if same_unicode or unicodedata.ucd_3_2_0.category(chr(c)) != "Cn"
    ]
    for start in range(0, len(known), 5000):
        piece = known[start : start + 5000]
        found = tokenise(batch(*piece))
        for place, char in enumerate(piece):
            hashes = found.hashes[found.offsets[place] : found.offsets[place + 1]].tolist()
            if hashes or naive.is_word(naive.fold(char)[:1] or " "):
                assert hashes == [naive.token_hash(token) for token in naive.tokens(char)], hex(ord(char))


def test_kinds_are_numbered_alike_in_table_and_kernel() -> None:
    names = ("SEPARATOR", "LETTER", "CHARACTER", "DROPPED", "SEQUENCE")
    assert [getattr(folding, name) for name in names] == [getattr(kernel, name) for name in names]


def test_spans_say_where_tokens_stand() -> None:
    text = "The ﬁrst: caf\u0065\u0301 ½ 中文!"
    assert [text[start:stop] for _, start, stop in spans(text)] == [
        "The",
        "ﬁrst",
        "caf\u0065\u0301",
        "½",
        "½",
        "中",
        "文",
    ]
