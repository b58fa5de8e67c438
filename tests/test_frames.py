"""What many articles begin or end with is no part of them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from conftest import article
from corpora import corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup import frames
from dedup.frames import LONGEST, MOST, SHARED_BY, SHORTEST, STEP

FOOT = (
    "Sign up to the free newsletter of this paper for all the harbour news every morning straight to your inbox. "
    "Follow the paper wherever you are and write to the readers' desk if an article on this page is in error. "
    "All rights reserved by the publisher."
)


def naive_frame(documents: list[list[str]], document: int, articles: set[int]) -> int:
    """Tokens at the head of a document that `SHARED_BY` articles begin with, by the step, from `SHORTEST` on."""
    text = documents[document]
    best = 0
    for stop in range(STEP, min(LONGEST, int(len(text) * MOST)) + 1, STEP):
        # An article takes part only while it may have a frame so long itself.
        sharing = sum(documents[a][:stop] == text[:stop] and len(documents[a]) * MOST >= stop for a in articles)
        if sharing < SHARED_BY:
            break
        best = stop
    return best if best >= SHORTEST else 0


HEADS = [["x"] * 4, ["x"] * 9, ["x", "y"] * 6, ["x", "y"] * 9, ["y"]]


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(HEADS), min_size=5, max_size=14),
    st.lists(st.integers(10, 60), min_size=14, max_size=14),
    st.data(),
)
def test_frames_equal_the_definition(heads: list[list[str]], sizes: list[int], data: st.DataObject) -> None:
    bodies = [[f"{n}b{k}" for k in range(size)] for n, size in enumerate(sizes)]
    documents = [head + body for head, body in zip(heads, bodies, strict=False)]
    articles = data.draw(st.sets(st.sampled_from(range(len(documents))), min_size=1))
    backwards = [document[::-1] for document in documents]
    for texts, is_tail in ((documents, False), (backwards, True)):
        corpus = corpus_of([" ".join(text[::-1] if is_tail else text) for text in texts])
        found = frames.bodies(corpus, np.array(sorted(articles)))
        taken = corpus.ends - found.ends if is_tail else found.starts - corpus.starts
        assert taken.tolist() == [naive_frame(texts, document, articles) for document in range(len(texts))]


def test_short_articles_with_one_foot_are_no_copies() -> None:
    texts = [f"{article(seed, 5)} {FOOT}" for seed in range(8)]
    assert dedup.deduplicate(texts).counts["dropped"] == 0


@pytest.mark.parametrize(("notes", "words"), [(20, 25), (20, 40), (100, 25)])
def test_notes_under_a_foot_four_times_as_long_are_no_copies(notes: int, words: int) -> None:
    draw = random.Random(notes)
    bodies = [" ".join(f"w{draw.randrange(draw.choice([300, 30_000]))}" for _ in range(words)) for _ in range(notes)]
    result = dedup.deduplicate([f"{body} {FOOT} {FOOT.upper()}" for body in bodies], params=dedup.Params(related=True))
    assert result.counts["dropped"] == 0


def test_a_foot_does_not_hide_a_copy() -> None:
    texts = [f"{article(seed, 30)} {FOOT}" for seed in range(8)]
    copy = f"A new beginning that the desk has put before the report. {article(3, 30)[:1200]}"
    result = dedup.deduplicate([*texts, copy])
    (dropped,) = np.flatnonzero(~result.decisions["kept"].to_numpy())
    assert dropped in (3, 8)


def test_what_versions_of_one_article_begin_with_is_theirs() -> None:
    texts = [article(1, 40) + f" ending {n} " * n for n in range(1, 9)]
    corpus = corpus_of(texts)
    assert (frames.bodies(corpus, np.arange(8)).lengths == corpus.lengths).all()


def test_datelines_credits_and_links_are_no_copying() -> None:
    """Two texts alone, with nothing in common but what the desk has put around them."""
    bodies = [article(seed, 6) for seed in (21, 22)]
    framed = [
        f"LONDON, March 3 (Reuters) - {body} Reporting by the London desk. Read more: all we know so far. "
        "Sign up to our newsletter. The Associated Press contributed to this report."
        for body in bodies
    ]
    copies = {"identical", "near_duplicate", "excerpt", "revised", "rewritten"}
    assert dedup.compare(*framed).relation not in copies
    assert dedup.deduplicate(framed).counts["dropped"] == 0
