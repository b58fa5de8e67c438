"""The table of formats is whole: each line has a reader, a suffix of its own, and its place in messages and outputs."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from reading import COMPRESSORS

from dedup.io.format_registry import (
    COMPRESSIONS,
    FORMATS,
    READABLE,
    SIGNATURE_BYTES,
    SUFFIXES,
    FileFormat,
    compression_of,
    content_name,
    format_named,
    format_of,
)
from dedup.io.formats import FormatReader
from dedup.io.output_names import is_ours
from dedup.io.wording import listed


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_each_format_has_a_reader(one: FileFormat) -> None:
    reader = one.load()
    for name in ("__init__", "read", "names", "write_kept", "kept_table"):
        expected = list(inspect.signature(getattr(FormatReader, name)).parameters)
        assert list(inspect.signature(getattr(reader, name)).parameters) == expected, name
    assert format_named(one.name) is one
    assert is_ours(one.kept_name)


def test_suffixes_are_those_of_one_format_and_stand_in_messages() -> None:
    assert len({*SUFFIXES}) == len(SUFFIXES)
    for one in FORMATS:
        for suffix in one.suffixes:
            assert format_of(Path(f"A{suffix.upper()}")) is one
            assert f"{suffix}," in READABLE or f"{suffix};" in READABLE
            for compression in COMPRESSIONS:
                assert format_of(Path(f"a{suffix}{compression.suffix}")) is (None if one.is_packed else one)
    also = "also with .gz, .zst, .xz, .bz2 or .lz4; and .zip archives of these"
    assert READABLE.endswith(f"all but .parquet, .arrow, .feather and .ipc {also}")


@pytest.mark.parametrize("suffix", sorted(COMPRESSORS.keys() - {""}))
def test_compressions_are_recognised_by_their_first_bytes(suffix) -> None:
    head = COMPRESSORS[suffix](b"some text")[:SIGNATURE_BYTES]
    assert compression_of(head).suffix == suffix
    assert compression_of(head[:1]) is None
    assert content_name(head) == f"{compression_of(head).noun} inside a compressed file"
    assert compression_of(b"\x5f\x2a\x4d\x18").suffix == ".zst"  # a frame to skip
    assert compression_of(b"some text") is None


def test_other_content_has_a_name() -> None:
    assert content_name(b"PAR1\x00") == "a Parquet file"
    assert content_name(b"%PDF-1.7") == "a PDF"
    assert content_name(b"{}") is None


def test_lists_of_names_end_with_how_many_are_left_out() -> None:
    assert listed([]) == ""
    assert listed("abcde") == "a, b, c, d, e"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"
    assert listed("abc", most=1, noun="kinds") == "a and 2 more kinds"
    assert listed(["a, x", "b, y"], most=1, joint="; ") == "a, x; and 1 more"
    assert listed(map(str, range(2000)), most=1) == "0 and 1,999 more"
