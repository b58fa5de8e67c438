"""Decompressed bytes, whatever the sizes asked for; what is left of damaged data."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import zlib

import pytest
import zstandard
from reading import lz4, make, zstd

from dedup.errors import InputError
from dedup.io.bytes.decompression import DecompressionError, TruncatedError, ahead, decompressed
from dedup.io.bytes.gzip_stream import gunzipped
from dedup.io.bytes.paths import expand
from dedup.io.bytes.streams import Reading, chunks
from dedup.io.bytes.zstd_stream import _unzstd_long, window_of

DATA = " ".join(str(random.Random(1).randrange(10**6)) for _ in range(4_000)).encode() + b"\0" * 100_000


def pieces(path, size):
    with path.open("rb", buffering=0) as handle:
        head = handle.read(8)
        handle.seek(0)
        yield from decompressed(handle, head, size)


def pieces_by_zlib(path, size):
    with path.open("rb", buffering=0) as handle:
        yield from gunzipped(handle, size, library=zlib)


def pieces_by_zstandard(path, size):
    with path.open("rb", buffering=0) as handle:
        yield from _unzstd_long(handle, size, 1 << 28, zstandard)


CASES = [
    (gzip.compress, pieces),
    (gzip.compress, pieces_by_zlib),
    (zstd, pieces),
    (zstd, pieces_by_zstandard),
    (lzma.compress, pieces),
    (bz2.compress, pieces),
    (lz4, pieces),
]


@pytest.mark.parametrize("size", [1_000, 4_096, 100_000, 1 << 20])
@pytest.mark.parametrize(("compress", "pieces"), [*CASES, (bytes, pieces)])
def test_every_byte_comes_once(tmp_path, compress, pieces, size):
    path = make(tmp_path, "a.jsonl", b"".join(compress(part) for part in (DATA, b"", b"x", DATA)))
    found = list(pieces(path, size))
    assert b"".join(found) == DATA + b"x" + DATA
    assert all(found)
    assert max(map(len, found)) <= size
    assert b"".join(ahead(pieces(path, size))) == DATA + b"x" + DATA


@pytest.mark.parametrize(("compress", "pieces"), CASES)
def test_what_is_cut_off_is_noticed_wherever_it_is(tmp_path, compress, pieces):
    whole = compress(DATA[:500])
    for end in range(8, len(whole)):
        path = make(tmp_path, "a.jsonl", whole[:end])
        with pytest.raises(TruncatedError):
            list(pieces(path, 100))


@pytest.mark.parametrize("pieces", [pieces, pieces_by_zlib])
def test_zeros_after_a_member_are_skipped(tmp_path, pieces):
    path = make(tmp_path, "a.gz", gzip.compress(b"a") + b"\0" * 70_000 + gzip.compress(b"b") + b"\0" * 9)
    assert b"".join(pieces(path, 1_000)) == b"ab"
    with pytest.raises(DecompressionError):
        list(pieces(make(tmp_path, "b.gz", gzip.compress(b"a") + b"\0\0rubbish"), 1_000))


def test_zeros_after_a_stream_of_xz_are_skipped(tmp_path):
    path = make(tmp_path, "a.xz", lzma.compress(b"a") + b"\0" * 8 + lzma.compress(b"b") + b"\0" * 4)
    assert b"".join(pieces(path, 1_000)) == b"ab"


@pytest.mark.parametrize("log", [10, 22, 27, 28, 31])
def test_a_window_of_any_length(tmp_path, log):
    options = zstandard.ZstdCompressionParameters(window_log=log, write_content_size=False)
    whole = zstandard.ZstdCompressor(compression_params=options).compressobj()
    data = whole.compress(DATA) + whole.flush()
    assert window_of(data[:18]) == 1 << log
    assert b"".join(pieces(make(tmp_path, "a.zst", data), 100_000)) == DATA


@pytest.mark.parametrize("length", [100, 255, 256, 300, 70_000])
def test_the_window_of_one_segment_is_its_content(length):
    head = zstandard.ZstdCompressor().compress(DATA[:length])[:18]
    assert window_of(head) == length
    assert window_of(b"\x28\xb5\x2f\xfd") == window_of(b"\x50\x2a\x4d\x18" * 5) == 0


def test_a_window_that_is_too_long_is_refused_with_the_command(tmp_path):
    data = b"\x28\xb5\x2f\xfd\x00" + bytes([(41 - 10) << 3]) + bytes(20)
    with pytest.raises(
        InputError, match=r"needs a window of 2,199,023,255,552 bytes.* Hint: decompress it first: zstd -d --long=41"
    ):
        list(chunks(expand([make(tmp_path, "a.jsonl.zst", data)])[0], 1_000))


@pytest.mark.parametrize("pieces", [pieces, pieces_by_zlib])
def test_a_wrong_checksum_is_noticed(tmp_path, pieces):
    whole = bytearray(gzip.compress(DATA))
    whole[-6] ^= 1
    with pytest.raises(DecompressionError):
        list(pieces(make(tmp_path, "a.jsonl", bytes(whole)), 4_096))


@pytest.mark.parametrize("read_ahead", [False, True])
@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_good_bytes_before_the_damage_are_given(tmp_path, compress, read_ahead):
    noise = random.Random(2).randbytes(300_000)
    whole = compress(noise)
    path = make(tmp_path, "a.jsonl", whole[: len(whole) * 2 // 3])
    found = []
    with pytest.raises(InputError, match="ends early"):  # noqa: PT012
        for chunk in chunks(expand([path])[0], 1 << 20, Reading(ahead=read_ahead)):
            found.append(chunk)
    good = b"".join(found)
    assert noise.startswith(good)
    assert len(good) > 300_000 * 2 // 3 - (140_000 if compress is zstd else 5_000)  # zstd checks whole blocks


def test_a_reader_that_is_closed_early_closes_the_file(tmp_path):
    path = make(tmp_path, "a.jsonl.gz", gzip.compress(DATA * 20))
    reading = chunks(expand([path])[0], 4_096, Reading(ahead=True))
    assert next(reading)
    reading.close()  # a file left open is a ResourceWarning, and so an error
