"""Zip archives are read as folders are: nothing is unpacked to the disk, and what may be a trap is refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from reading import COMPRESSORS, everything, json_lines, make, open_files, out_in, read

import dedup
from dedup.errors import InputError, OutputError
from dedup.io.kept_form import KeptForm

LINES = {name: json_lines({"id": name, "text": f"Text {name}"}) for name in "abc"}


def zip_of(folder: Path, members: dict[str, bytes], name: str = "a.zip", method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_read_and_kept_as_files_of_a_folder(tmp_path, method):
    members = {
        "in/b.jsonl.gz": gzip.compress(LINES["b"]),
        "a.jsonl": LINES["a"],
        "in/c.txt": b"Text c",
        "in/": b"",
        "notes.md": b"# none",
        ".hidden.jsonl": LINES["c"],
        "__MACOSX/._a.jsonl": b"\0",
    }
    path = zip_of(tmp_path, members, method=method)
    source = open_files([path])
    found = everything(source)
    assert found.id == ["a", "b", "in/c.txt"]
    assert found.file == [f"{path}/{name}" for name in ("a.jsonl", "in/b.jsonl.gz", "in/c.txt")]
    assert found.text == [b"Text a", b"Text b", b"Text c"]
    assert "1 file of another kind not read: .md 1" in source.notes
    assert f"hidden, and not read: {path}/.hidden.jsonl, {path}/__MACOSX/._a.jsonl" in source.notes
    assert source.write_kept(np.array([False, True, True]), out_in(tmp_path)) == ["kept.jsonl", "kept"]
    assert (tmp_path / "out" / "kept.jsonl").read_bytes() == LINES["b"]
    assert (tmp_path / "out" / "kept" / "in" / "c.txt").read_bytes() == b"Text c"


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_members_that_are_compressed_once_more(tmp_path, suffix):
    path = zip_of(tmp_path, {f"a.jsonl{suffix}": COMPRESSORS[suffix](LINES["a"])})
    assert read(path).id == ["a"]


@pytest.mark.parametrize("form", ["parquet", "arrow", "feather"])
def test_tables_are_copied_to_the_scratch_folder_while_they_are_read(tmp_path, form):
    table = pa.table({"id": ["1", "2"], "text": ["Text 1", "Text 2"]})
    made = io.BytesIO()
    if form == "parquet":
        table.to_pandas().to_parquet(made)
    elif form == "feather":
        table.to_pandas().to_feather(made)
    else:
        with pa.ipc.new_stream(made, table.schema) as writer:
            writer.write_table(table)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = open_files([zip_of(tmp_path, {f"t.{form}": made.getvalue()})], scratch=scratch)
    assert everything(source).id == ["1", "2"]
    (name,) = source.write_kept(np.array([False, True]), out_in(tmp_path))
    assert read(tmp_path / "out" / name).id == ["2"]
    assert not list(scratch.iterdir())


def test_an_archive_in_a_folder_and_by_a_glob(tmp_path):
    make(tmp_path, "in/a.jsonl", LINES["a"])
    zip_of(tmp_path, {"b.jsonl": LINES["b"]}, "in/sub/x.ZIP")
    assert read(tmp_path / "in").id == ["a", "b"]
    assert read(f"{tmp_path}/in/*/*.ZIP").id == ["b"]
    source = open_files([tmp_path / "in", tmp_path / "in" / "sub" / "x.ZIP"])
    assert everything(source).id == ["a", "b"]


def test_a_member_is_named_as_if_the_archive_were_a_folder(tmp_path):
    path = zip_of(tmp_path, {"in/a.jsonl": LINES["a"], "in/b.jsonl": LINES["b"], "c.jsonl": LINES["c"]})
    assert read(f"{path}/in/b.jsonl").id == ["b"]
    assert read(f"{path}/in").id == ["a", "b"]
    with pytest.raises(InputError, match=r"no file in .*a\.zip/none can be read"):
        read(f"{path}/none")


def test_names_that_lead_out_are_harmless(tmp_path):
    members = {"../../up.txt": b"Up", "/etc/root.txt": b"Root", "C:\\win\\drive.txt": b"Drive", "./x//y.txt": b"Y"}
    source = open_files([zip_of(tmp_path, members)])
    names = ["etc/root.txt", "up.txt", "win/drive.txt", "x/y.txt"]
    assert everything(source).id == names
    out = out_in(tmp_path)
    source.write_kept(np.ones(4, np.bool_), out)
    assert sorted(path.relative_to(out / "kept").as_posix() for path in (out / "kept").rglob("*.txt")) == names


def encrypted(folder: Path) -> bytes:
    path = zip_of(folder, {"a.jsonl": LINES["a"]})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def test_what_cannot_be_read_is_refused_and_noted_in_a_folder(tmp_path):
    """A password, a download cut off, no archive, an archive within one, a bomb."""
    folder = tmp_path / "in"
    make(folder, "c.jsonl", LINES["c"])
    whole = zip_of(tmp_path, {"a.jsonl": LINES["a"]}).read_bytes()
    bomb = zip_of(tmp_path, {"a.csv": b"\n" * 70_000_000}).read_bytes()
    for data, message in (
        (encrypted(tmp_path), r"a\.zip has a\.jsonl, which is encrypted\. Hint: unpack it first"),
        (whole[:-30], r"a\.zip cannot be read: the archive is damaged"),
        (b"hello", r"a\.zip cannot be read: the archive is damaged"),
        (zip_of(tmp_path, {"b.zip": b"PK"}).read_bytes(), r"no file in .*a\.zip can be read: there are \.zip 1"),
        (bomb, "becomes 70,000,000 bytes from .* as a bomb does"),
    ):
        path = make(folder, "a.zip", data)
        with pytest.raises(InputError, match=message):
            read(path)
        source = open_files([folder])
        assert everything(source).id == ["c"]
        assert any(str(path) in note for note in source.notes)


def test_members_that_share_their_bytes_are_refused(tmp_path):
    """As in the bombs that need no archive within an archive."""
    path = zip_of(tmp_path, {"a.jsonl": os.urandom(5_000)})
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(3):
            info = archive.getinfo("a.jsonl")
            again = zipfile.ZipInfo(f"{number}.jsonl")
            again.header_offset, again.compress_size = info.header_offset, info.compress_size
            again.file_size, again.CRC, again.compress_type = info.file_size, info.CRC, info.compress_type
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
        archive._didModify = True
    with pytest.raises(InputError, match="shares its bytes with other members"):
        read(path)


def test_damage_of_a_member_is_an_error(tmp_path):
    path = zip_of(tmp_path, {"a.jsonl": json_lines(*({"text": f"{n} word"} for n in range(500)))}, method=0)
    data = bytearray(path.read_bytes())
    data[2_000] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"cannot read .*a\.zip/a\.jsonl: the archive is damaged: Bad CRC-32"):
        read(path)


def test_an_archive_that_changes_while_it_is_read(tmp_path):
    path = zip_of(tmp_path, {"a.jsonl": LINES["a"]})
    source = open_files([path])
    everything(source)
    zip_of(tmp_path, {"a.jsonl": LINES["b"] * 2})
    with pytest.raises(OutputError, match=r"a\.zip/a\.jsonl has changed since it was read"):
        source.write_kept(np.array([True]), out_in(tmp_path))


def test_a_run_over_an_archive_and_its_texts_afterwards(tmp_path):
    text = "The county pays half of the work, which begins in March and should take no longer than five weeks in all."
    members = {f"in/{n}.jsonl": json_lines({"id": str(n), "text": text}) for n in range(2)}
    path = zip_of(tmp_path, members)
    result = dedup.deduplicate(str(path), tmp_path / "out")
    assert result.decisions.column("kept").to_pylist() == [True, False]
    again = dedup.RunOutput(tmp_path / "out")
    assert again.texts([0, 1]) == {0: text, 1: text}
    with pytest.raises(OutputError, match="is an input"):
        dedup.deduplicate(str(zip_of(tmp_path, members, "kept/b.zip")), tmp_path)
    zip_of(tmp_path, {name: data + b"\n" for name, data in members.items()})
    with pytest.raises(InputError, match="has changed since the run"):
        dedup.RunOutput(tmp_path / "out").texts([0])


def test_many_small_members_are_read_fast(tmp_path):
    path = zip_of(tmp_path, {f"{n:05}.txt": b"A short text." for n in range(2_000)})
    assert len(read(path)) == 2_000


def test_what_pandas_writes_to_an_archive(tmp_path):
    frame = pd.DataFrame({"id": ["1", "2"], "text": ["Text 1", "Text 2"]})
    frame.to_csv(tmp_path / "a.csv.zip", index=False)
    frame.to_json(tmp_path / "b.jsonl.zip", orient="records", lines=True)
    assert read(tmp_path / "a.csv.zip").id == ["1", "2"]
    assert read(tmp_path / "b.jsonl.zip").id == ["1", "2"]


def test_layout_same_has_a_file_for_each_member(tmp_path):
    """Pages of an API become their records, and feeds JSON lines: what is written is what is read."""
    pages = b'{"page": 1, "articles": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]}\n' * 2
    members = {
        "in/a.jsonl.gz": gzip.compress(LINES["a"] + LINES["b"]),
        "in/pages.jsonl": pages,
        "../up.csv": b"text\nC\n",
    }
    source = open_files([zip_of(tmp_path, members)])
    everything(source)
    kept = np.array([True, False, False, True, False, False, True])
    assert source.write_kept(kept, out_in(tmp_path), KeptForm(layout="same")) == ["kept"]
    out = tmp_path / "out" / "kept"
    assert gzip.decompress((out / "in" / "a.jsonl.gz").read_bytes()) == LINES["a"]
    assert (out / "in" / "pages.jsonl").read_bytes() == b'{"id": "b", "text": "B"}\n'
    assert (out / "up.csv").read_bytes() == b"text\nC\n"


def test_a_run_that_is_resumed_writes_the_same(tmp_path):
    path = zip_of(tmp_path, {"a.jsonl": LINES["a"], "b.jsonl": LINES["b"]})
    source, again = open_files([path]), open_files([path])
    everything(source)
    again.restore(json.loads(json.dumps(source.state())))
    for one, name in ((source, "one"), (again, "again")):
        assert one.write_kept(np.array([False, True]), out_in(make(tmp_path, f"{name}/in", b"").parent)) == [
            "kept.jsonl"
        ]
        assert one.notes == source.notes
    assert read(tmp_path / "again" / "out").id == read(tmp_path / "one" / "out").id
