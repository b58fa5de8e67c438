from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from reading import json_lines, make

from dedup.cli.main import main
from dedup.errors import InputError
from dedup.io.bytes.paths import SkippedFiles, expand
from dedup.io.format_registry import format_of


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in (
        "b.jsonl",
        "a.csv.gz",
        "sub/c.txt",
        "sub/deep/d.parquet",
        ".hidden.jsonl",
        ".git/e.jsonl",
        "readme.md",
        "f.bz2",
    ):
        make(tmp_path, f"tree/{name}", b"")
    monkeypatch.chdir(tmp_path)
    return Path("tree")


def names(inputs):
    return [Path(file.name).as_posix() for file in expand(inputs)]


def test_folders_are_read_sorted_and_deep(tree):
    files = expand([tree])
    assert [file.relative for file in files] == ["a.csv.gz", "b.jsonl", "sub/c.txt", "sub/deep/d.parquet"]
    assert [file.format.name for file in files] == ["csv", "jsonl", "txt", "parquet"]
    assert {file.folder for file in files} == {tree}
    assert names([tree])[0] == "tree/a.csv.gz"


def test_globs(tree):
    assert names(["tree/*.*"]) == ["tree/a.csv.gz", "tree/b.jsonl"]
    assert names(["tree/s*"]) == ["tree/sub/c.txt", "tree/sub/deep/d.parquet"]
    deep = expand(["tree/**/*.txt"])
    assert [(file.relative, file.folder) for file in deep] == [("sub/c.txt", None)]
    assert names(["[t]ree/b.jsonl"]) == ["tree/b.jsonl"]


def test_a_file_whose_name_looks_like_a_glob(tmp_path):
    path = make(tmp_path, "a[1].jsonl", b"")
    assert [file.local_path for file in expand([str(path)])] == [path]


def test_a_file_named_twice_is_listed_once(tree):
    assert names(["tree/b.jsonl", tree, "tree/*.jsonl", "tree/../tree/b.jsonl"]) == [
        "tree/b.jsonl",
        "tree/a.csv.gz",
        "tree/sub/c.txt",
        "tree/sub/deep/d.parquet",
    ]
    os.symlink("b.jsonl", tree / "link.jsonl")
    assert len(expand([tree])) == 4
    assert len(expand(["-", "-"])) == 1


def test_one_file(tree):
    (file,) = expand([tree / "sub" / "c.txt"])
    assert (file.relative, file.folder, file.is_stdin) == ("c.txt", None, False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("tree/gone.jsonl", r"cannot read tree/gone\.jsonl: No such file"),
        ("tree/gone/*", r"nothing matches tree/gone/\*"),
        ("tree/*.md", r"no file that matches tree/\*\.md can be read; expected files with one of \.jsonl"),
        (
            "tree/readme.md",
            r"tree/readme\.md has an unknown suffix; expected one of \.jsonl, .*\.ipc, .*\.txt",
        ),
        ("tree/f.bz2", "unknown suffix"),
        ("tree/.git/objects", "No such file"),
        ("\0", "cannot read"),
        ("x" * 5000, "cannot read .*: File name too long"),
    ],
)
def test_inputs_that_cannot_be_read(tree, given, message):
    with pytest.raises(InputError, match=message):
        expand([given])


def test_folder_without_readable_files(tmp_path):
    make(tmp_path, "empty/readme.md", b"")
    with pytest.raises(
        InputError,
        match=r"no file in .*empty can be read: there are \.md 1; expected files with one of \.jsonl.*\.bz2 or \.lz4",
    ):
        expand([tmp_path / "empty"])


def test_no_input():
    with pytest.raises(InputError, match="no input"):
        expand([])


def test_folder_that_cannot_be_listed(tree, monkeypatch):
    def refuse(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(top)))
        return iter(())

    monkeypatch.setattr(os, "walk", refuse)
    with pytest.raises(InputError, match="cannot list tree: Permission denied"):
        expand([tree])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.JSONL.GZ", "jsonl"),
        ("a.b.tsv.zst", "tsv"),
        ("a.parquet.gz", None),
        ("a.gz", None),
        ("jsonl", None),
        (".jsonl", None),
        ("a.xlsx", None),
    ],
)
def test_format_of(name, expected):
    found = format_of(Path(name))
    assert (found and found.name) == expected


def test_files_of_a_folder_that_are_not_read_are_reported(tree):
    os.mkfifo(tree / "pipe.txt")
    os.symlink("/dev/zero", tree / "zero.jsonl")
    make(tree.parent, "elsewhere.txt", b"of another")
    os.symlink(tree.resolve().parent / "elsewhere.txt", tree / "out.txt")
    os.symlink(tree.resolve() / "sub" / "c.txt", tree / "within.txt")
    os.symlink(tree.resolve() / "gone.txt", tree / "gone.txt")
    skipped = SkippedFiles()
    found = [file.relative for file in expand([tree], skipped)]
    assert found == ["a.csv.gz", "b.jsonl", "gone.txt", "sub/c.txt", "sub/deep/d.parquet"]  # within.txt is c.txt
    kinds, hidden, others = skipped.notes
    assert kinds == "2 files of another kind not read: .bz2 1, .md 1"
    assert hidden == "hidden, and not read: tree/.git/, tree/.hidden.jsonl"
    assert "tree/pipe.txt, no regular file" in others
    assert "tree/zero.jsonl, a link that leads out of the folder" in others
    assert "tree/out.txt, a link that leads out of the folder" in others


def test_a_pipe_that_is_named_is_refused_before_anybody_waits_for_it(tree):
    os.mkfifo(tree / "pipe.jsonl")
    os.symlink("/dev/zero", tree / "zero.jsonl")
    for name in ("pipe.jsonl", "zero.jsonl"):
        with pytest.raises(InputError, match=rf"{name} is a pipe or a device; expected a file.* standard input, as -"):
            expand([tree / name])


def test_a_link_that_is_named_is_read(tree):
    make(tree.parent, "elsewhere.txt", b"of another")
    os.symlink(tree.resolve().parent / "elsewhere.txt", tree / "out.txt")
    assert names([tree / "out.txt"]) == ["tree/out.txt"]


def test_notes_name_a_few_and_count_the_rest(tmp_path):
    for k in range(8):
        for _ in range(k + 1):
            make(tmp_path, f"{len(os.listdir(tmp_path))}.k{k}", b"")
        os.mkfifo(tmp_path / f"p{k}.txt")
    make(tmp_path, "a.txt", b"")
    skipped = SkippedFiles()
    expand([tmp_path], skipped)
    assert skipped.notes[0] == "36 files of another kind not read: .k7 8, .k6 7, .k5 6, .k4 5, .k3 4 and 3 more kinds"
    assert skipped.notes[1].endswith("; and 3 more")


def test_a_run_reports_it(tree, capsys):
    (tree / "sub" / "c.txt").write_text("The council voted on Monday to close the old bridge for repairs.")
    assert main(["run", str(tree / "sub"), str(tree / "readme.md")]) != 0
    assert main(["run", str(tree / "sub" / "c.txt")]) == 0
    assert "not read" not in capsys.readouterr().out
    make(tree, "sub/notes.md", b"")
    (tree / "sub" / "deep" / "d.parquet").unlink()
    assert main(["run", str(tree / "sub")]) == 0
    assert "note: 1 file of another kind not read: .md 1" in capsys.readouterr().out


@pytest.mark.parametrize("pattern", ["tree/*/../../*.txt", "tree/**/../x/*.txt"])
def test_a_glob_does_not_leave_its_fixed_part(tree, pattern):
    """What it finds elsewhere would be written beside kept/."""
    with pytest.raises(InputError, match=r"\.\. after a wildcard"):
        expand([pattern])
    assert names(["tree/../tree/sub/*.txt"]) == ["tree/../tree/sub/c.txt"]


def test_a_side_file_does_not_refuse_a_folder(tmp_path, capsys):
    """As datasets are laid out: records, and what describes them."""
    for k, text in enumerate(("The council voted to close the old bridge.", "Herring was landed at Oxenby instead.")):
        make(tmp_path, f"in/data/part-{k}.jsonl", json_lines({"id": str(k), "text": text}))
    make(tmp_path, "in/notes.json", b'{"news": {"features": 2}}')
    make(tmp_path, "in/data/sizes.csv", b"part,bytes\n0,12\n")
    make(tmp_path, "in/more.csv", b"id,text\n2,A third one\n")
    assert main(["run", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "records            3" in printed
    assert "of text in 3 files" in printed  # not 5
    (note,) = [line for line in printed.splitlines() if line.startswith("note: not read")]
    assert note.startswith("note: not read, because they lack a text field: ")
    assert {Path(name).name for name in note.split(": ")[2].split(", ")} == {"notes.json", "sizes.csv"}
    assert (tmp_path / "out" / "kept.jsonl").read_bytes().count(b"\n") == 2
    assert (tmp_path / "out" / "kept.csv").read_bytes() == b"id,text\n2,A third one\n"


def test_a_folder_without_any_text_is_refused(tmp_path, capsys):
    for name in ("a.json", "b.json"):
        make(tmp_path, f"in/{name}", b'{"news": {"features": 2}}')
    assert main(["run", str(tmp_path / "in")]) == 2
    assert "expected a text field" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "in"), "--text-field", "text"]) == 2
    assert "has no field 'text'; expected one of its fields: news.features" in capsys.readouterr().err
    make(tmp_path, "in/c.jsonl", json_lines({"text": "a b c"}))
    assert main(["run", str(tmp_path / "in"), "--text-field", "text"]) == 0
    assert re.search("note: not read, because they lack a text field: .*a.json, .*b.json", capsys.readouterr().out)
    assert main(["run", str(tmp_path / "in" / "a.json"), str(tmp_path / "in" / "c.jsonl")]) == 2  # named


def test_a_snapshot_of_a_hugging_face_cache(tmp_path):
    """Its files are links to blobs beside the snapshots; other links out of it are not followed."""
    cache = tmp_path / "datasets--house--news"
    snapshot = cache / "snapshots" / "4f1a"
    make(cache, "blobs/0a", b'{"text": "x"}\n')
    make(tmp_path, "secret.jsonl", b'{"text": "y"}\n')
    (snapshot / "data").mkdir(parents=True)
    (snapshot / "data" / "train.jsonl").symlink_to("../../../blobs/0a")
    (snapshot / "data" / "other.jsonl").symlink_to("../../../../secret.jsonl")
    for folder in (snapshot, snapshot / "data", cache):
        skipped = SkippedFiles()
        assert [file.local_path.name for file in expand([folder], skipped)] == ["train.jsonl"]
        assert skipped.others == [(str(snapshot / "data" / "other.jsonl"), "a link that leads out of the folder")]


def test_what_describes_a_data_set_is_not_read(tmp_path):
    make(tmp_path, "a.jsonl", b'{"text": "x"}\n')
    path = make(tmp_path, "dataset_info.json", b'{\n  "description": "News of a small town, 1990 to 2020."\n}')
    skipped = SkippedFiles()
    assert [file.local_path.name for file in expand([tmp_path], skipped)] == ["a.jsonl"]
    assert skipped.notes == [f"not read: {path}, which describes a data set"]
    assert len(expand([path])) == 1
