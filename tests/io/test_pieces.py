"""Reading in pieces: parsed in any order, accepted in order, left and taken up again."""

from __future__ import annotations

import json
import threading
from contextlib import closing

import pyarrow as pa
import pytest
from reading import everything, has_dates, json_lines, make, open_files, open_source

from dedup import Params, RunOptions, deduplicate
from dedup.errors import InputError, RecordError
from dedup.io import Fields, ReadOptions, expand
from dedup.io.file_source import FileSource
from dedup.run.checkpoint import Checkpoint
from dedup.run.context import RunContext
from dedup.run.ingest import read_records
from dedup.store.scratch import Scratch

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

    paths = [two_files(tmp_path)[1], *(make(tmp_path, f"{n}.txt", b"words") for n in range(50))]
    source = Watched(expand(paths), ReadOptions())
    with closing(Scratch(tmp_path)) as scratch:
        context = RunContext(Params(), threads, Checkpoint(scratch))
        assert len(read_records(source, (0, 0), context.checkpoint.key, context)) == 30_050
    assert 1 < most <= threads + 2
