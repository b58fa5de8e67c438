"""Shingles, signatures and their way to datasketch and back."""

from __future__ import annotations

import naive
import numpy as np
import pyarrow as pa
import pytest
import xxhash
from conftest import article, edited
from datasketch import LeanMinHash, MinHash, MinHashLSH
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dedup
from dedup.candidates.signatures import signatures
from dedup.kernels import shingle_hashes as kernel
from dedup.kernels.xxh import xxh32
from dedup.minhash import from_datasketch, signature, to_datasketch
from dedup.params import Params
from dedup.text.shingles import shingle_hash, shingles
from dedup.text.tokens import encode, tokenise

words = st.lists(st.sampled_from(["a", "b", "c", "dd", "ee", "中", "ü", "x1", "a-b"]), max_size=40).map(" ".join)


@given(st.binary(max_size=100), st.integers(0, 20))
def test_xxh32_of_bytes(data: bytes, start: int) -> None:
    array = np.frombuffer(data + b"\0", np.uint8)
    start = min(start, len(data))
    assert xxh32(array, start, len(data)) == xxhash.xxh32_intdigest(data[start:])


@given(words, st.integers(1, 9))
@example("", 5)
@example("one", 5)
@example("one two three four five", 5)
def test_shingle_hashes(text: str, size: int) -> None:
    found = tokenise(pa.array([encode(text)], pa.large_binary()))
    room = np.zeros(100, np.uint32)
    count = kernel.shingle(found.hashes, 0, len(found.hashes), size, room)
    assert room[:count].tolist() == [xxhash.xxh32_intdigest(shingle) for shingle in naive.shingles(text, size)]
    assert shingles(text, size) == naive.shingles(text, size)


@settings(max_examples=50)
@given(words, st.sampled_from([1, 3, 5]), st.sampled_from([16, 17, 19, 128]), st.integers(0, 3))
@example("", 5, 128, 1)
def test_signatures_equal_datasketch(text: str, size: int, num_perm: int, seed: int) -> None:
    params = Params(shingle_size=size, num_perm=num_perm, seed=seed)
    assert signature(text, params).tolist() == naive.signature(text, size, num_perm, seed)


def test_a_batch_is_signed_as_its_texts_are() -> None:
    documents = ["", "one", article(1), "中文" * 50, article(2, 300)]
    batch = tokenise(pa.array([encode(document) for document in documents], pa.large_binary()))
    signed = signatures(batch)
    assert signed.dtype == np.uint32
    assert signed.tolist() == [signature(document).tolist() for document in documents]
    assert signatures(batch, length=22).tolist() == signed[:, :22].tolist()


def test_datasketch_both_ways() -> None:
    text = article(3)
    there = to_datasketch(signature(text))
    by_hand = MinHash(128, hashfunc=shingle_hash, scheme="affine32")
    by_hand.update_batch(shingles(text))
    assert there == by_hand
    assert from_datasketch(there).tolist() == signature(text).tolist()
    assert from_datasketch(LeanMinHash(there)).tolist() == signature(text).tolist()
    there.update_batch(shingles(article(4)))
    assert there.jaccard(by_hand) < 0.9


def test_another_scheme_is_refused() -> None:
    with pytest.raises(dedup.DedupError, match="'legacy'; expected scheme 'affine32'"):
        from_datasketch(MinHash(128, scheme="legacy"))


def test_a_datasketch_index_finds_our_signatures() -> None:
    index = MinHashLSH(threshold=0.5, num_perm=128)
    for seed in range(30):
        index.insert(seed, to_datasketch(signature(article(seed))))
    for seed in range(30):
        assert seed in index.query(to_datasketch(signature(edited(article(seed), seed, 0.01))))


def test_signatures_estimate_resemblance() -> None:
    left, right = article(5, 80), edited(article(5, 80), 1, 0.05)
    params = Params(num_perm=4096)
    truth = naive.resemblance(left, right, 5)
    estimate = float((signature(left, params) == signature(right, params)).mean())
    assert abs(estimate - truth) < 4 * (truth * (1 - truth) / 4096) ** 0.5
