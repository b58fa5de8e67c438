"""Every way in which a file can be no text, not whole, or not there: one line that says what to do."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import numpy as np
import pytest
from reading import COMPRESSORS, batches, everything, json_lines, make, open_files, read, rejected_lines, zstd

from dedup.errors import InputError, RecordError
from dedup.io import Fields, ReadTuning
from dedup.io.bytes.streams import HEAD_BYTES


def noisy_lines(count: int) -> bytes:
    words = np.random.default_rng(1).integers(0, 10**15, count).tolist()
    return json_lines(*({"id": str(number), "text": f"{word} {word // 7}"} for number, word in enumerate(words)))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_truncated_compression_names_the_last_good_row(tmp_path, suffix, name):
    lines = noisy_lines(30_000)
    if name == "a.csv":
        lines = b"text\n" + b"".join(
            b"word%d\n" % number for number in np.random.default_rng(2).integers(0, 10**15, 30_000)
        )
    whole = COMPRESSORS[suffix](lines)
    path = make(tmp_path, name + suffix, whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError, match=r"ends early after row \d+\. Hint: is the download complete\?") as caught:
        read(path)
    row = int(re.search(r"after row (\d+)", str(caught.value))[1])
    assert 30_000 * 0.5 < row < 30_000 * 0.7
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_truncated_at_once(tmp_path, suffix):
    path = make(tmp_path, "a.jsonl" + suffix, COMPRESSORS[suffix](noisy_lines(10))[:15])
    with pytest.raises(InputError, match=r"ends early\. Hint"):
        read(path)


def test_truncated_text_file(tmp_path):
    path = make(tmp_path, "a.txt.gz", gzip.compress(os.urandom(100).hex().encode())[:-4])
    with pytest.raises(InputError, match=r"a\.txt\.gz ends early"):
        read(path)


def test_damaged_compression(tmp_path):
    whole = bytearray(gzip.compress(noisy_lines(30_000)))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    with pytest.raises(InputError, match=r"cannot be decompressed \(.*\) after row \d+"):
        read(make(tmp_path, "a.jsonl.gz", bytes(whole)))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_rubbish_after_the_end(tmp_path, suffix):
    path = make(tmp_path, "a.jsonl" + suffix, COMPRESSORS[suffix](noisy_lines(10_000)) + b"and then something else")
    with pytest.raises(InputError, match=r"cannot be decompressed \(.*\) after row (99\d\d|10000)"):
        read(path)


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_several_members_are_one_file(tmp_path, compress):
    path = make(tmp_path, "a.jsonl.x.gz", b"")
    path = make(tmp_path, "a.jsonl.gz", b"".join(compress(json_lines({"text": str(n)})) for n in range(5)))
    assert read(path).text == [b"0", b"1", b"2", b"3", b"4"]


def test_compression_is_recognised_by_content(tmp_path):
    lines = json_lines({"text": "x"})
    for name, data in (("a.jsonl.gz", lines), ("b.jsonl", gzip.compress(lines)), ("c.jsonl.gz", zstd(lines))):
        assert read(make(tmp_path, name, data)).text == [b"x"]
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert read(make(tmp_path, "d.jsonl.zst", skippable + zstd(lines))).text == [b"x"]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "txt"])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"text\nab\0c", r"binary content \(a NUL byte at byte 8\)"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"PK\x03\x04\x14", "a zip archive"),
        (gzip.compress(gzip.compress(b"text", mtime=0), mtime=0), "a gzip file inside a compressed file"),
    ],
)
def test_binary_content(tmp_path, suffix, data, found):
    with pytest.raises(InputError, match=rf"a\.{suffix} .*{found}.*; expected text. Hint: "):
        read(make(tmp_path, f"a.{suffix}", data))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv"])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        ('{"text": "x"}\n'.encode("utf-16"), r"UTF-16-LE \(it begins with that byte order mark\)"),
        (b"\xfe\xff\0t", "UTF-16-BE"),
        ("text\n".encode("utf-32"), "UTF-32-LE"),
        ("id,text\n1,без знака порядка байтов, but UTF-16\n".encode("utf-16-le"), r"UTF-16-LE \(by its zero bytes\)"),
    ],
)
def test_lines_of_two_bytes_a_character_are_refused(tmp_path, suffix, data, found):
    expected = f"{found}.*; expected text in UTF-8, or in another encoding that extends ASCII.* Hint: .*iconv -f UTF-"
    with pytest.raises(InputError, match=rf"a\.{suffix} is in {expected}"):
        read(make(tmp_path, f"a.{suffix}", data))


def test_nul_far_behind_the_beginning_is_let_pass(tmp_path):
    lines = json_lines({"text": "x" * HEAD_BYTES}) + b'{"text": "a\0b"}\n'
    assert read(make(tmp_path, "a.jsonl", lines)).text[1] == b"a\0b"


def test_empty_file_among_others(tmp_path):
    empty, other = make(tmp_path, "a.jsonl", b""), make(tmp_path, "b.jsonl", json_lines({"text": "x"}))
    assert read(empty, other).text == [b"x"]
    assert read(make(tmp_path, "c.csv", b""), make(tmp_path, "d.csv", b"text\nx\n")).text == [b"x"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv"])
@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_no_record_at_all(tmp_path, name, data):
    path = make(tmp_path, name, data)
    source = open_files([path], Fields())
    assert len(everything(source)) == 0
    assert source.notes == [f"no records in {path}"]
    with pytest.raises(InputError, match=rf"no records in .*{name}"):
        read(path, fail_on_empty=True)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*gone\.jsonl: No such file or directory"):
        read(tmp_path / "gone.jsonl")


def test_file_that_vanishes_before_it_is_read(tmp_path):
    path = make(tmp_path, "a.jsonl", b"{}")
    source = open_files([path], Fields())
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        everything(source)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.parquet"])
def test_file_without_permission(tmp_path, name):
    path = make(tmp_path, name, b"x")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        read(path)


def test_unreadable_file_is_one_line(tmp_path, monkeypatch):
    path = make(tmp_path, "a.jsonl", b"{}")

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(InputError, match=r"cannot read .*a\.jsonl: Permission denied"):
        read(path)


def test_a_file_that_is_no_text_is_a_rejected_record_among_others(tmp_path):
    (tmp_path / "good.txt").write_text("some words")
    (tmp_path / "bad.txt").write_bytes(b"h\x00\x01i\x00")
    rejected = {batch.id[0].as_py(): batch.rejected for batch in batches(open_files([tmp_path], Fields()))}
    assert rejected["good.txt"] == {}
    assert "binary content" in rejected["bad.txt"][0].reason
    assert rejected["bad.txt"][0].raw == b"h\x00\x01i\x00"
    with pytest.raises(RecordError, match=r"bad\.txt"):
        everything(open_files([tmp_path], Fields(), strict=True))
    (tmp_path / "good.txt").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not one usable record"):
        everything(open_files([tmp_path], Fields()))


def test_of_a_long_rejected_record_the_beginning_is_kept(tmp_path):
    """And how long it was, unless only reading on would show it."""
    folder = tmp_path / "in"
    make(folder, "good.txt", b"The council voted on Monday to close the old bridge for repairs.")
    make(folder, "short.txt", b"\0" + b"s" * 99)
    make(folder, "long.txt", b"\0" + b"l" * 9_999)
    make(folder, "bomb.txt.gz", gzip.compress(bytes(5_000_000)))
    make(folder, "lines.jsonl", json_lines({"text": "a b c"}) + b'{"text": ' + b"x" * 5000 + b"}\n")
    source = open_files([folder], tuning=ReadTuning(raw_bytes=1000, chunk_bytes=700))
    found = {Path(line["file"]).name: line for line in rejected_lines(source, tmp_path / "rejected.jsonl")}
    assert found["short.txt"]["raw"] == "\0" + "s" * 99
    assert "bytes" not in found["short.txt"]
    assert (len(found["long.txt"]["raw"]), found["long.txt"]["bytes"]) == (1000, 10_000)
    assert (len(found["bomb.txt.gz"]["raw"]), found["bomb.txt.gz"]["bytes"]) == (1000, None)
    assert (len(found["lines.jsonl"]["raw"]), found["lines.jsonl"]["bytes"]) == (1000, 5010)
