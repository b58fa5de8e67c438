"""Copies are found in nine languages, without a setting, and independent texts are not.

The texts of ``languages.jsonl`` are invented, and were written before anything was measured on them: a report
(`original`), the same under another headline, a few words changed and cut (`near`), half of it (`excerpt`), retold
statement by statement (`rewrite`), another outlet's own report of the event (`same_event`) and a report of another such
event (`same_topic`). The long stories, in scripts without spaces, have no `near`, `excerpt` and `same_topic`.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from pathlib import Path

import naive
import pytest

import dedup

ROWS = [json.loads(line) for line in Path(__file__).with_name("languages.jsonl").read_text("utf-8").splitlines()]
TEXTS = {(row["language"], row["story"], row["role"]): row["text"] for row in ROWS}
STORIES = sorted({(language, story) for language, story, _ in TEXTS})
COPIES = {"near": {"near_duplicate", "revised"}, "excerpt": {"excerpt"}, "rewrite": {"rewritten"}}
INDEPENDENT = {"same_event", "same_topic"}


def test_there_are_nine_languages() -> None:
    short = [language for language, story in STORIES if story == "short"]
    assert sorted(short) == ["ar", "de", "es", "hi", "ja", "pt", "ru", "th", "zh"]
    assert all((language, "short", role) in TEXTS for language in short for role in {"original", *COPIES, *INDEPENDENT})


@pytest.mark.parametrize(("language", "story"), STORIES)
def test_comparisons_find_the_copies(language: str, story: str) -> None:
    original = TEXTS[language, story, "original"]
    for role, relations in COPIES.items():
        copy = TEXTS.get((language, story, role))
        if copy is not None:
            found = dedup.compare(original, copy)
            assert found.relation in relations, role
            is_near = naive.resemblance(original, copy, 5) >= dedup.Params().threshold
            assert (found.relation == "near_duplicate") == is_near
            assert found.derived is None


@pytest.mark.parametrize(("language", "story"), STORIES)
def test_comparisons_leave_independent_texts(language: str, story: str) -> None:
    texts = {role: text for (of, its, role), text in TEXTS.items() if (of, its) == (language, story)}
    for a, b in itertools.combinations(texts, 2):
        if INDEPENDENT & {a, b}:
            assert dedup.compare(texts[a], texts[b]).relation in {"same_event", None}, (a, b)


@pytest.mark.parametrize("language", ["ja", "th", "zh"])
def test_an_article_that_is_half_another_is_partial(language: str) -> None:
    """Not so where chance runs of letters count as verbatim passages."""
    original, other = (TEXTS[language, story, "original"] for story in ("long", "short"))
    half = original[: len(original) // 2]
    assert dedup.compare(original, f"{half} {other}").relation == "partial"


@pytest.mark.parametrize("order", [1, -1])
def test_a_run_over_all_languages_drops_the_copies_only(order: int) -> None:
    """Whatever comes first; of each story one is kept, and all independent texts."""
    records = [{"id": "-".join(key), "text": text} for key, text in TEXTS.items()][::order]
    decisions = {row["id"]: row for row in dedup.deduplicate(records).decisions.to_pylist()}
    for language, story, role in TEXTS:
        decision = decisions[f"{language}-{story}-{role}"]
        if role in INDEPENDENT:
            assert decision["kept"], decision
        elif order == 1:
            assert decision["duplicate_of"] == (f"{language}-{story}-original" if role in COPIES else None), decision
            assert decision["relation"] in COPIES.get(role, {None}), decision
        elif not decision["kept"]:
            assert decision["duplicate_of"].startswith(f"{language}-{story}-"), decision
    if order == -1:
        kept = {row["id"] for row in decisions.values() if row["kept"]}
        for language, story in STORIES:
            assert any(f"{language}-{story}-{role}" in kept for role in ("original", *COPIES))


HARAKAT = "\u064e\u064f\u0650\u0651\u0652"
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def half_width(text: str) -> str:
    """Write katakana as half-width forms."""
    halves = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
    marks = {"\u3099": "\uff9e", "\u309a": "\uff9f"}
    return re.sub(
        "[\u30a1-\u30fc]+",
        lambda kana: "".join((halves | marks).get(char, char) for char in unicodedata.normalize("NFD", kana[0])),
        text,
    )


VARIANTS = {
    "decomposed": ("es pt de ru ar hi zh ja th", lambda text: unicodedata.normalize("NFD", text)),
    "compatibility, decomposed": ("es pt de ru ar hi zh ja th", lambda text: unicodedata.normalize("NFKD", text)),
    "composed": ("es pt de ru ar hi zh ja th", lambda text: unicodedata.normalize("NFC", text)),
    "upper case": ("es pt de ru", str.upper),
    "without accents": ("es pt", lambda text: re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))),
    "without yo": ("ru", lambda text: text.replace("ё", "е").replace("Ё", "Е")),
    "double s": ("de", lambda text: text.replace("ß", "ss")),
    "full width": ("zh ja", lambda text: text.translate(FULL_WIDTH)),
    "half-width kana": ("ja", half_width),
    "vowelled": ("ar", lambda text: re.sub("([بتدرسكلم])", lambda m: m[1] + HARAKAT[ord(m[1]) % 5], text)),
    "stretched": ("ar", lambda text: re.sub("([بتسكلم])(?=[بتسكلم])", "\\1\u0640\u0640", text)),
    "Arabic digits": ("ar", lambda text: text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
    "Devanagari digits": ("hi", lambda text: text.translate(str.maketrans("0123456789", "०१२३४५६७८९"))),
    "precomposed nukta": (
        "hi",
        lambda text: text.replace("ड\u093c", "\u095c").replace("ज\u093c", "\u095b").replace("ख\u093c", "\u0959"),
    ),
    "Thai digits": ("th", lambda text: text.translate(THAI_DIGITS)),
    "sara am in two": ("th", lambda text: text.replace("\u0e33", "\u0e4d\u0e32")),
    "invisible breaks": ("th ja zh", lambda text: "\u200b".join(text)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_ways_of_writing_are_identical(name: str) -> None:
    languages, written = VARIANTS[name]
    changed = 0
    for language in languages.split():
        original = TEXTS[language, "short", "original"]
        variant = written(original)
        changed += variant != original
        assert dedup.compare(original, variant).relation == "identical", language
    assert changed or name == "composed"
