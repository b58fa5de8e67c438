"""Made corpora: determined by the seed, truly JSON, like a language, with copies that are what they are said to be."""

from __future__ import annotations

import collections
import io
import itertools

import naive
import numpy as np
import orjson
import pytest

from benchmarks.corpora import language, make
from benchmarks.corpora.calibrate import pair_frequencies
from benchmarks.corpora.edits import KINDS


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    of = language.language(3, language.Constants())
    return [line for number in range(2) for line in language.block(of, number)[0].tobytes().splitlines(keepends=True)]


def written(lines: list[bytes], documents: int, seed: int = 1, share: float = 0.2) -> tuple[bytes, bytes, make.About]:
    texts, planted = io.BytesIO(), io.BytesIO()
    about = make.write_corpus(texts, planted, lines, documents, share, 1000, seed)
    return texts.getvalue(), planted.getvalue(), about


def test_every_line_is_a_record(lines):
    records = [orjson.loads(line) for line in lines]
    assert [record["id"] for record in records] == [f"made/{number}" for number in range(2 * language.BLOCK)]
    texts = [record["text"] for record in records]
    assert all(text and text[-1] in ".”" and text[0].isupper() for text in texts)
    everything = "".join(texts)
    assert {"\n\n", "é", "“", ", ", ". "} <= {mark for mark in ("\n\n", "é", "“", ", ", ". ") if mark in everything}
    assert any(word.isdigit() for word in everything.split())


def test_a_seed_decides_everything_and_threads_nothing(lines):
    again = list(itertools.islice(make.made_articles(3, threads=2), len(lines)))
    assert again == lines
    assert next(make.made_articles(4, threads=1)) != lines[0]


def test_words_are_spelled_in_one_way_only():
    of = language.language(1, language.Constants())
    ranks = [*range(3000), *range(39_900, 40_100), *range(65_500, 65_600), 10**6, 10**7, 2 * 10**9]
    room = np.zeros(64, np.uint8)
    spelled = []
    for rank in ranks:
        end = language.put(of, rank, False, room, 0)
        spelled.append(room[:end].tobytes().decode())
    assert len(set(spelled)) == len(ranks)
    assert all(word.isalpha() and len(word.encode()) < language.RECORD for word in spelled)


def test_words_and_pairs_grow_as_in_news(lines):
    """Of 2,000 real articles: 50,000 words, 560,000 pairs, .77 of which are in one article only."""
    texts = [naive_words(orjson.loads(line)["text"]) for line in lines[:2000]]
    numbers = {word: number for number, word in enumerate(dict.fromkeys(itertools.chain(*texts)))}
    hashes = np.array([numbers[word] for text in texts for word in text], np.uint32)
    ends = np.cumsum([0, *map(len, texts)])
    counts = pair_frequencies(hashes, ends)
    assert 45_000 < len(numbers) < 60_000
    assert 500_000 < len(counts) < 620_000
    assert 0.74 < (counts == 1).mean() < 0.80
    assert 400 < np.median(np.diff(ends)) < 800


def naive_words(text: str) -> list[str]:
    return [word.strip(".,“”").lower() for word in text.split()]


def test_pair_frequencies_count_documents():
    texts = [[1, 2, 1, 2], [1, 2, 3], [], [3], [2, 3]]
    want = collections.Counter(pair for text in texts for pair in set(itertools.pairwise(text)))
    ends = np.cumsum([0, *map(len, texts)])
    found = pair_frequencies(np.array([*itertools.chain(*texts)], np.uint32), ends)
    assert sorted(found) == sorted(want.values())


def test_copies_are_of_all_kinds_and_the_truth_is_that_of_the_oracle(lines):
    texts, planted, about = written(lines, 120)
    records = {record["id"]: record["text"] for record in map(orjson.loads, texts.splitlines())}
    copies = [orjson.loads(line) for line in planted.splitlines()]
    assert len(records) == about.documents == 120
    assert len(copies) == sum(about.copies.values()) == about.truths
    assert set(about.copies) == set(KINDS)
    for copy in copies[:6]:
        original, text = records[copy["left"]], records[copy["right"]]
        assert copy["resemblance"] == naive.resemblance(original, text, 5)
        assert copy["containment"] == naive.containment(text, original, 5)


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(lines):
    small, large = (written(lines, documents)[0] for documents in (40, 80))
    assert large.startswith(small)
    assert written(lines, 40, seed=2)[0] != small


def test_real_articles_come_first_once_each(tmp_path, lines):
    path = tmp_path / "real.jsonl"
    records = [{"id": "a", "text": "x"}, {"id": "b"}, {"id": "a", "text": "y"}, {"id": 7, "text": "z", "date": "2020"}]
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    real = make.real_articles(path)
    texts, _, about = written([*real, *lines], 6, share=0.0)
    assert [orjson.loads(line)["id"] for line in texts.splitlines()] == [
        "a",
        "7",
        "made/0",
        "made/1",
        "made/2",
        "made/3",
    ]
    assert (about.documents, about.bytes) == (6, len(texts))
