"""Reading in pieces: parsed in any order, accepted in order, left and taken up again."""

from __future__ import annotations

import json
import threading
from contextlib import closing

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from reading import everything, has_dates, json_lines, make, open_files, open_source

from dedup import Params, RunOptions, deduplicate
from dedup.errors import InputError, RecordError
from dedup.io import Fields, ReadOptions, expand
from dedup.io.file_source import SMALL_BYTES, FileSource
from dedup.io.source import BUNDLE_BYTES, SmallPiece, in_bundles
from dedup.run.checkpoint import Checkpoint
from dedup.run.context import RunContext
from dedup.run.ingest import read_records
from dedup.store.scratch import Scratch
from dedup.text.markup import plain_text

FIELDS = Fields()


def two_files(folder):
    first = json_lines(*({"id": f"a{n}", "text": "x" * 40} for n in range(60_000))) + b"broken\n"
    second = b"id,text\n" + b"".join(b"b%d,words\n" % n for n in range(30_000))
    return [make(folder, "a.jsonl", first), make(folder, "b.csv", second)]


def contents(batch):
    return batch.file, batch.row.tolist(), batch.id.to_pylist(), batch.text.to_pylist(), batch.rejected


def accept_all(source, pieces):
    for piece in pieces:
        source.accept(piece())


def test_pieces_can_be_parsed_in_any_order(tmp_path):
    paths = two_files(tmp_path)
    in_order = [piece() for piece in open_files(paths, FIELDS).pieces()]
    assert len(in_order) > 5
    backwards = [piece() for piece in reversed(list(open_files(paths, FIELDS).pieces()))]
    assert [contents(batch) for batch in in_order] == [contents(batch) for batch in reversed(backwards)]


@pytest.mark.parametrize("done", [0, 1, 4, 6])
def test_reading_continues_where_it_stopped(tmp_path, done):
    paths = two_files(tmp_path)
    whole = open_files(paths, FIELDS)
    batches = [piece() for piece in whole.pieces()]
    everything(whole)

    left = open_files(paths, FIELDS)
    assert left.can_resume
    for _, piece in zip(range(done), left.pieces(), strict=False):
        left.accept(piece())
    state = json.loads(json.dumps(left.state()))

    resumed = open_files(paths, FIELDS)
    resumed.restore(state)
    rest = [piece() for piece in resumed.pieces(skip=done)]
    assert [contents(batch) for batch in rest] == [contents(batch) for batch in batches[done:]]
    for batch in rest:
        resumed.accept(batch)
    resumed.finish()
    assert resumed.state() == whole.state()
    assert has_dates(resumed) == has_dates(whole)


def test_inputs_that_changed_are_not_resumed(tmp_path):
    paths = two_files(tmp_path)
    source = open_files(paths, FIELDS)
    everything(source)
    state = source.state()
    with pytest.raises(InputError, match=r"the files .*b\.csv; expected .*a\.jsonl, .*b\.csv\. Hint: .*--resume"):
        open_files(paths[1:], FIELDS).restore(state)
    paths[1].write_bytes(b"id,text\n1,other\n")
    with pytest.raises(InputError, match=r"b\.csv has 16 bytes, changed .*; expected .* bytes, changed .* Hint"):
        open_files(paths, FIELDS).restore(state)
    paths[1].unlink()
    with pytest.raises(InputError, match=r"cannot read .*b\.csv"):
        open_files(paths, FIELDS).restore(state)


@pytest.mark.parametrize("source", [["a text"], pa.table({"text": ["x"]})], ids=["iterable", "table"])
def test_what_is_in_memory_cannot_be_resumed(source):
    opened = open_source(source, FIELDS)
    assert not opened.can_resume
    with pytest.raises(InputError, match="without --resume"):
        opened.restore(opened.state())
    assert not open_files(["-"], FIELDS).can_resume


def test_the_first_error_of_the_input_is_raised_although_later_ones_are_read_before(tmp_path):
    bad = make(tmp_path, "a.jsonl", b"not json\n")
    source = open_files([bad, make(tmp_path, "b.jsonl", b"PK\x03\x04")], FIELDS)
    pieces = list(source.pieces())  # all are read before the first is accepted
    with pytest.raises(InputError, match=r"a\.jsonl: not one usable record"):
        accept_all(source, pieces)
    strict = open_files([bad, tmp_path / "b.jsonl"], FIELDS, strict=True)
    with pytest.raises(RecordError, match=r"a\.jsonl, row 1"):
        accept_all(strict, list(strict.pieces()))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("data", "strict", "error"),
    [
        (b'{"text":"x"}\nbroken\n', True, r"b\.jsonl, row 2: not JSON"),
        (b"broken\n", False, r"b\.jsonl: not one usable record among 1"),
        (b"PK\x03\x04", False, r"b\.jsonl holds a zip archive"),
        (b'{"headline":"x"}\n', False, r"b\.jsonl has the fields headline"),
    ],
)
def test_errors_do_not_hang_on_threads(tmp_path, data, strict, error, threads):
    good, late = two_files(tmp_path)[1], make(tmp_path, "c.jsonl", b"broken\n")
    paths = [good, make(tmp_path, "b.jsonl", data), late]
    with pytest.raises(InputError, match=error):
        deduplicate(paths, run=RunOptions(strict=strict, threads=threads))


def test_few_pieces_are_alive_at_a_time(tmp_path):
    threads, alive, most = 2, 0, 0
    lock = threading.Lock()

    class Watched(FileSource):
        def pieces(self, skip=0, ahead=False):
            for piece in super().pieces(skip, ahead):
                count(1)
                yield piece

        def accept(self, batch):
            count(-1)
            super().accept(batch)

    def count(step):
        nonlocal alive, most
        with lock:
            alive += step
            most = max(most, alive)

    large = b"words " * (SMALL_BYTES // 4)
    paths = [two_files(tmp_path)[1], *(make(tmp_path, f"{n}.txt", large) for n in range(50))]
    source = Watched(expand(paths), ReadOptions())
    with closing(Scratch(tmp_path)) as scratch:
        context = RunContext(Params(), threads, Checkpoint(scratch))
        assert len(read_records(source, (0, 0), context.checkpoint.key, context)) == 30_050
    assert 1 < most <= threads + 2


def test_small_files_are_bundled_and_others_stand_alone():
    pieces = [
        SmallPiece(lambda: None, 1),
        SmallPiece(lambda: None, BUNDLE_BYTES),
        str,
        SmallPiece(lambda: None, 2),
        str,
    ]
    assert [*in_bundles(pieces)] == [pieces[:2], pieces[2:3], pieces[3:4], pieces[4:]]
    assert [*in_bundles([])] == []
    many = [SmallPiece(lambda: None, 1) for _ in range(2_000)]
    assert [piece for bundle in in_bundles(many) for piece in bundle] == many
    assert len([*in_bundles(many)]) < 10


@pytest.mark.parametrize("threads", [1, 2])
def test_records_of_small_files_are_those_of_one_file(tmp_path, threads):
    """Texts, ids, rejected records and empty files in bundles, compared with the pieces one by one."""
    records = [{"id": f"a{n}", "text": f"<p>Words &amp; number {n}</p>", "title": f"t{n}"} for n in range(40)]
    paths = [make(tmp_path, f"{n:02}.jsonl", json_lines(one) + b"broken\n" * (n % 3)) for n, one in enumerate(records)]
    paths.insert(5, make(tmp_path, "empty.jsonl", b""))
    batches = [piece() for piece in open_files(paths, FIELDS).pieces()]
    with closing(Scratch(tmp_path)) as scratch:
        context = RunContext(Params(), threads, Checkpoint(scratch))
        read = read_records(open_files(paths, FIELDS), (0, 0), context.checkpoint.key, context)
        assert read.ids.to_pylist() == [name for batch in batches for name in batch.id.to_pylist()]
        assert read.row.tolist() == [row for batch in batches for row in batch.row.tolist()]
        assert [read.files[at] for at in read.file] == [batch.file for batch in batches for _ in batch.row]
        assert read.titles.to_pylist() == [name for batch in batches for name in batch.labels["title"].to_pylist()]
        is_rejected = [at in batch.rejected for batch in batches for at in range(len(batch.row))]
        assert read.rejected.records.tolist() == [at for at, rejected in enumerate(is_rejected) if rejected]
        expected = [len(plain_text(text)) if text else 0 for batch in batches for text in batch.text.to_pylist()]
        assert read.sizes.tolist() == expected
    whole = deduplicate(make(tmp_path, "whole.jsonl", b"".join(path.read_bytes() for path in paths)))
    apart = deduplicate(paths, run=RunOptions(threads=threads))
    columns = ["id", "kept", "duplicate_of", "relation", "score", "title"]
    named = pc.starts_with(whole.decisions["id"], "a")
    assert apart.decisions.filter(named).select(columns).equals(whole.decisions.filter(named).select(columns))
