from __future__ import annotations

import gzip

import numpy as np
from reading import everything, has_dates, make, open_files, out_in

from dedup.io import Fields


def test_a_file_is_a_document(tmp_path):
    out = out_in(tmp_path)
    make(tmp_path, "news/b.txt", b"\xef\xbb\xbfsecond\n")
    make(tmp_path, "news/sub/a.txt.gz", gzip.compress(b"third"))
    make(tmp_path, "news/a.txt", b"caf\xe9")
    source = open_files([tmp_path / "news"], Fields(id="k", text="t"))
    records = everything(source)
    assert records.id == ["a.txt", "b.txt", "sub/a.txt.gz"]
    assert records.text == ["café".encode(), b"second\n", b"third"]
    assert records.row == [1, 1, 1]
    assert not has_dates(source)
    kept = np.array([False, True, True])
    assert source.write_kept(kept, out) == ["kept"]
    assert (out / "kept/b.txt").read_bytes() == b"\xef\xbb\xbfsecond\n"
    assert (out / "kept/sub/a.txt.gz").read_bytes() == (tmp_path / "news/sub/a.txt.gz").read_bytes()
    assert not (out / "kept/a.txt").exists()
    assert source.kept_table(kept).to_pylist() == [
        {"id": "b.txt", "text": "second\n"},
        {"id": "sub/a.txt.gz", "text": "third"},
    ]


def test_an_empty_file_is_an_empty_document(tmp_path):
    assert everything(open_files([make(tmp_path, "a.txt", b"")], Fields())).text == [b""]


def test_equal_names_do_not_overwrite_each_other(tmp_path):
    out = out_in(tmp_path)
    for folder, name in (("1", "a.txt"), ("2", "a.txt"), ("3", "A.txt"), ("3", "a-2.txt")):
        make(tmp_path, f"{folder}/{name}", f"{folder}{name}".encode())
    source = open_files([tmp_path / folder for folder in "123"], Fields())
    everything(source)
    source.write_kept(np.ones(4, bool), out)
    written = {path.relative_to(out).as_posix(): path.read_text() for path in (out / "kept").iterdir()}
    assert written == {
        "kept/a.txt": "1a.txt",
        "kept/a-2.txt": "2a.txt",
        "kept/A-3.txt": "3A.txt",
        "kept/a-2-2.txt": "3a-2.txt",
    }


def test_nothing_kept(tmp_path):
    out = out_in(tmp_path)
    source = open_files([make(tmp_path, "a.txt", b"x")], Fields())
    everything(source)
    assert source.write_kept(np.zeros(1, bool), out) == []
