"""The benchmark's moulds: each piece has slots of its own, a corrected one differs from its piece in one slot."""

from __future__ import annotations

import itertools
import random
import re
import unicodedata

import naive
import pytest

from benchmarks.corpora.moulds import pieces as moulds

SCRIPTS = {"english": "LATIN", "german": "LATIN", "russian": "CYRILLIC", "arabic": "ARABIC", "chinese": "CJK"}
SLOT = re.compile(r"\{[^{}]*\}")
MOULDS = list(itertools.product(moulds.LANGUAGES, moulds.KINDS))
PIECES = {(language, kind): moulds.mould_texts(language, kind, 4, 1) for language, kind in MOULDS}


def slots(text: str) -> list[str]:
    """Return the numbers and names of a piece."""
    return [found[0] for pattern in (moulds.NUMBER, moulds.NAMES) for found in pattern.finditer(text)]


def test_five_languages_have_every_mould():
    assert SCRIPTS.keys() == moulds.LANGUAGES.keys()
    assert all(of.moulds.keys() == set(moulds.KINDS) for of in moulds.LANGUAGES.values())


@pytest.mark.parametrize("language", SCRIPTS)
def test_texts_are_in_the_script_of_their_language(language):
    texts = [text for kind in moulds.KINDS for text in PIECES[language, kind]] + moulds.other_texts(language, 5, 1)
    for text in texts:
        assert "{" not in text
        letters = [unicodedata.name(char) for char in text if char.isalpha()]
        assert sum(name.startswith(SCRIPTS[language]) for name in letters) > 0.98 * len(letters)


def test_a_seed_decides_everything():
    for language, kind in MOULDS:
        assert moulds.mould_texts(language, kind, 4, 1) == PIECES[language, kind]
        assert moulds.mould_texts(language, kind, 2, 1) == PIECES[language, kind][:2]
        assert moulds.mould_texts(language, kind, 4, 2) != PIECES[language, kind]
        piece = PIECES[language, kind][0]
        assert moulds.corrected(piece, 1) == moulds.corrected(piece, 1)
    assert len({moulds.corrected(piece, seed) for seed in range(20)}) > 5
    assert moulds.other_texts("german", 2, 1) == moulds.other_texts("german", 2, 1)


def test_pieces_are_of_brief_length_and_mostly_frame():
    for (language, kind), pieces in PIECES.items():
        low, high = (100, 200) if language == "chinese" else (40, 150)  # Chinese tokens are characters
        mould = set(naive.tokens(SLOT.sub(" ", moulds.LANGUAGES[language].moulds[kind])))
        for text in pieces:
            tokens = naive.tokens(text)
            assert low <= len(tokens) <= high
            assert sum(token in mould for token in tokens) > 0.55 * len(tokens), (language, kind)


def test_pieces_differ_in_most_slots():
    for pieces in PIECES.values():
        for one, other in itertools.combinations(pieces, 2):
            of_one, of_other = slots(one), slots(other)
            assert len(of_one) >= 9
            assert sum(a != b for a, b in zip(of_one, of_other, strict=False)) > len(of_one) / 2
            assert naive.resemblance(one, other, 5) < 0.7


def test_moulds_hold_no_name_or_number_outside_their_slots():
    for of in moulds.LANGUAGES.values():
        for mould in of.moulds.values():
            assert slots(SLOT.sub("\n", mould)) == []


def test_a_corrected_piece_differs_in_one_slot():
    for pieces in PIECES.values():
        for seed, text in enumerate(pieces):
            other = moulds.corrected(text, seed)
            before, after = slots(text), slots(other)
            assert len(before) == len(after)
            ((old, new),) = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
            assert any(text[: at.start()] + new + text[at.end() :] == other for at in re.finditer(re.escape(old), text))
            assert naive.resemblance(text, other, 5) >= 0.7


def test_both_numbers_and_names_are_corrected():
    for language in moulds.LANGUAGES:
        text = PIECES[language, "football"][0]
        others = [slots(moulds.corrected(text, seed)) for seed in range(12)]
        changed = [value for other in others for value in other if value not in slots(text)]
        numbers = sum(moulds.NUMBER.fullmatch(value) is not None for value in changed)
        assert 0 < numbers < len(changed)


def test_corrected_numbers_keep_their_form_and_digits():
    for seed in range(20):
        rng = random.Random(seed)
        assert [moulds.other_number(number, rng) for number in ("0", "1", "10", "3.0")] == ["1", "2", "11", "3.1"]
        assert re.fullmatch(r"14:[0-4]\d", moulds.other_number("14:50", rng))
        assert re.fullmatch(r"[٠-٩]{2}", moulds.other_number("٣٤", rng))
        assert re.fullmatch(r"3,0[0-6]", moulds.other_number("3,07", rng))


def test_corpora_hold_what_they_say():
    made = moulds.corpora("russian", "court", 3, 1)
    alone, among = made["alone"], made["among"]
    assert [len(part) for part in (*alone, *among)] == [3, 3, moulds.MANY + moulds.OTHERS, moulds.CORRECTED]
    for records, corrections in made.values():
        keys = {one.key for one in records}
        assert len(keys) == len(records) == len({one.text for one in records})
        assert {one.origin for one in corrections} <= keys
        assert all(one.origin == one.key for one in records)
