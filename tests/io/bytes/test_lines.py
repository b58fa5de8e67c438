from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.io.bytes.lines import line_blocks, pieces_of, record_lines, runs
from dedup.io.bytes.surrogates import printable, to_bytes
from dedup.kernels import line_ends as kernel

BYTES = st.text("ab \t\r\n", max_size=40).map(str.encode)


@given(BYTES, st.integers(1, 50))
def test_blocks_end_with_lines_and_lose_nothing(data, size):
    blocks = list(line_blocks((data[start : start + size] for start in range(0, len(data), size)), 1000))
    assert b"".join(blocks) == data
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert all(blocks)


@given(st.lists(st.sampled_from([b"\n", b"a" * 31, b"bc", b"\n\n\n"]), max_size=20).map(b"".join))
def test_line_feeds_are_counted_and_found(data):
    characters = np.frombuffer(data, np.uint8)
    ends = np.empty(kernel.count_lines(characters), np.int64)
    kernel.line_ends(characters, ends)
    assert ends.tolist() == [place + 1 for place, byte in enumerate(data) if byte == 10]
    if len(ends):
        assert kernel.line_end(characters, 0) == ends[0] - 1


@given(BYTES)
def test_record_lines_are_those_not_blank(data):
    start, end = record_lines(data)
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    assert [data[s:e] for s, e in zip(start, end, strict=True)] == [line for line in lines if line.strip()]


@given(BYTES, st.integers(1, 5))
def test_blocks_are_cut_after_a_number_of_lines(data, most):
    data = data or b"x"
    pieces = list(pieces_of(data, most))
    assert b"".join(piece for piece, _ in pieces) == data
    assert [count for _, count in pieces] == [len(piece.removesuffix(b"\n").split(b"\n")) for piece, _ in pieces]
    assert all(count == most for _, count in pieces[:-1])
    assert all(0 < count <= most for _, count in pieces)


@given(st.lists(st.booleans(), max_size=20))
def test_runs_join_what_touches(keep):
    keep = np.array(keep, bool)
    start = np.arange(len(keep), dtype=np.int64) * 3
    joined = list(runs(start[keep], start[keep] + 3))
    assert [place for first, last in joined for place in range(first, last, 3)] == start[keep].tolist()
    assert all(left[1] < right[0] for left, right in itertools.pairwise(joined))


@given(st.binary())
def test_undecodable_bytes_come_back(data):
    assert to_bytes(data.decode("utf-8", "surrogateescape")) == data


@given(st.text(st.characters()))
def test_any_text_can_be_encoded_and_printed(text):
    to_bytes(text)
    printable(text).encode()
