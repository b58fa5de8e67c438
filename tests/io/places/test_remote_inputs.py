"""Inputs by URL are read as files are: over HTTP with its bad habits, S3 (moto), the hub (a stub), and other systems.

Those others are fsspec's memory file system here: what they have in common.
"""

import gc
import gzip
import json
import logging

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.registry import known_implementations
from reading import everything, json_lines, open_files
from remote_servers import Hub, memory_system, s3_server, serving

from dedup.errors import InputError, OutputError
from dedup.io import ReadTuning, open_source
from dedup.io.bytes.paths import SkippedFiles, expand
from dedup.io.formats.plain_text import read_text
from dedup.io.places.remote_tuning import RemoteTuning

QUICK = ReadTuning(remote=RemoteTuning(first_bytes=1_000, block_bytes=4_000, tries=4, wait_seconds=0.001))
RECORDS = [{"id": f"n{n}", "text": f"the number {n} " * 20} for n in range(500)]
ALL = np.ones(500, bool)
LINES = json_lines(*RECORDS)
TEXTS = [record["text"].encode() for record in RECORDS]


@pytest.fixture(scope="module")
def s3():
    with s3_server() as client:
        yield client


@pytest.fixture
def memory():
    return memory_system()


def table_bytes(row_group=100):
    sink = pa.BufferOutputStream()
    wide = [{**record, "vector": [n + 0.5] * 100} for n, record in enumerate(RECORDS)]
    pq.write_table(pa.Table.from_pylist(wide), sink, row_group_size=row_group, compression="none", use_dictionary=False)
    return sink.getvalue().to_pybytes()


def texts_at(url, **options):
    return everything(open_files([url], tuning=QUICK, **options)).text


FILES = {
    "/a.jsonl": LINES,
    "/b.jsonl.gz": gzip.compress(LINES),
    "/c.csv": b"id,text\n" + b"".join(f"{one['id']},{one['text']}\n".encode() for one in RECORDS),
    "/d.parquet": table_bytes(),
}


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize(
    "habits", [{}, {"ranges": False}, {"has_length": False}, {"drops": 3}, {"ranges": False, "drops": 1}], ids=str
)
def test_any_file_reads_from_any_http_server(path, habits, tmp_path):
    with serving(dict(FILES), **habits) as web:
        source = open_files([web.url(path)], tuning=QUICK, scratch=tmp_path)
        assert everything(source).text == TEXTS
        assert source.kept_table(np.arange(500) == 0).column("id").to_pylist() == ["n0"]
        (read,) = source.files_read
        assert read["path"] == read["absolute"] == web.url(path)
        assert read["bytes"] == len(FILES[path])
        assert read["version"].startswith("etag ")
        is_copied = not habits.get("ranges", True) or not habits.get("has_length", True)
        assert len(list(tmp_path.iterdir())) == is_copied
        del source
        gc.collect()
        assert not list(tmp_path.iterdir())


def test_a_connection_that_breaks_is_taken_up_where_it_was(caplog):
    caplog.set_level(logging.INFO, "dedup.io")
    with serving(dict(FILES), drops=3) as web:
        assert texts_at(web.url("/a.jsonl")) == TEXTS
        # Its beginning is read twice, to look at it first; else only the halves of three answers are lost.
        assert web.bytes_sent < 2.2 * len(LINES)
    assert sum("trying again" in message for message in caplog.messages) == 3


def test_where_long_answers_never_come_to_their_end_short_ones_are_asked_for():
    with serving(dict(FILES), drops=1_000) as web:
        assert texts_at(web.url("/a.jsonl")) == TEXTS
        assert web.drops < 990


def test_one_that_always_breaks_ends_the_reading():
    with (
        serving(dict(FILES), drops=1_000, drop_above=0) as web,
        pytest.raises(InputError, match=r"cannot read http://.*a\.jsonl: "),
    ):
        texts_at(web.url("/a.jsonl"))


def test_a_server_without_parts_sends_the_whole_once(caplog, tmp_path):
    caplog.set_level(logging.INFO, "dedup.io")
    with serving(dict(FILES), ranges=False) as web:
        source = open_files([web.url("/a.jsonl")], tuning=QUICK, scratch=tmp_path)
        everything(source)
        sent = len(web.sent)
        assert source.write_kept(ALL, tmp_path) == ["kept.jsonl"]
        assert (tmp_path / "kept.jsonl").read_bytes() == LINES
        assert len(web.sent) == sent == 2  # the first one for a part of it, and given up
    assert sum("sends no parts" in message for message in caplog.messages) == 1


def test_of_parquet_only_what_is_needed_is_sent():
    data = FILES["/d.parquet"]
    with serving({"/d.parquet": data}) as web:
        source = open_files([web.url("/d.parquet")], tuning=QUICK)
        assert everything(source).text == TEXTS
        assert web.bytes_sent < 0.6 * len(data)


@pytest.mark.parametrize("path", ["/a.jsonl", "/b.jsonl.gz", "/d.parquet"])
def test_a_change_while_it_is_read_is_an_error(path):
    with serving(dict(FILES)) as web:

        def change(number):
            if number == 3:
                web.files[path] = FILES[path][:-500] + bytes(500)

        web.after_request = change
        with pytest.raises(InputError, match=r"changed while it was read: .* state .*Hint: run again"):
            texts_at(web.url(path))


def test_a_change_before_the_kept_records_are_copied_is_an_error(tmp_path):
    with serving(dict(FILES)) as web:
        source = open_files([web.url("/a.jsonl")], tuning=QUICK)
        everything(source)
        web.files["/a.jsonl"] = LINES.replace(b"n7", b"m7")
        with pytest.raises(OutputError, match="has changed since it was read"):
            source.write_kept(ALL, tmp_path)


def test_a_state_is_restored_only_if_nothing_has_changed():
    with serving(dict(FILES)) as web:
        before = open_files([web.url("/a.jsonl")], tuning=QUICK)
        everything(before)
        state = json.loads(json.dumps(before.state()))
        same = open_files([web.url("/a.jsonl")], tuning=QUICK)
        same.restore(state)
        assert same.files_read == before.files_read
        web.files["/a.jsonl"] = LINES.replace(b"n7", b"m7")
        with pytest.raises(InputError, match=r"a\.jsonl has 161,190 bytes, state .*expected .*as in the run to resume"):
            open_files([web.url("/a.jsonl")], tuning=QUICK).restore(state)


def test_small_files_are_asked_for_once_to_be_read():
    files = {f"/{n}.jsonl": json_lines({"id": str(n), "text": f"some text {n}"}) for n in range(20)}
    with serving(files) as web:
        everything(open_files([web.url(path) for path in files], tuning=QUICK))
        assert len(web.sent) == 20


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "there is nothing of that name"), (403, "access denied"), (401, "access denied"), (500, "500")],
)
def test_what_a_server_refuses_is_one_line_without_the_password(status, message):
    with serving({}) as web:
        web.statuses["/a.jsonl"] = status
        url = web.url("/a.jsonl?sig=abc").replace("://", "://zed:pass1@")
        with pytest.raises(InputError, match=rf"cannot read http://127.*/a\.jsonl\?sig=\.\.\.: .*{message}") as error:
            texts_at(url)
        assert "pass1" not in str(error.value)
        assert "abc" not in str(error.value)


def test_no_secret_of_a_url_gets_into_names():
    with serving(dict(FILES)) as web:
        source = open_files([web.url("/a.jsonl?sig=abc&page=2").replace("://", "://zed:pass1@")], tuning=QUICK)
        batch = next(iter(source.pieces()))()
        said = [batch.file, *batch.id.to_pylist(), *source.files_read, *source.notes, repr(source._files)]
        assert batch.file == web.url("/a.jsonl?sig=...&page=2")
        assert not [one for one in said if "pass1" in str(one) or "abc" in str(one)]


def test_one_text_by_its_url():
    with serving({"/a": b"one text"}) as web:
        assert read_text(web.url("/a"))[0] == "one text"


def put(client, **objects):
    for key, data in objects.items():
        client.put_object(Bucket="news", Key=key, Body=data)


def test_objects_prefixes_and_globs_of_s3(s3):
    objects = {
        "in/b.jsonl": LINES,
        "in/deep/a.jsonl.gz": gzip.compress(LINES),
        "in/deep/_SUCCESS": b"",
        "in/deep/.hidden.jsonl": LINES,
        "in/deep/": b"",
        "in/d.parquet": FILES["/d.parquet"],
        "other/x.jsonl": LINES,
    }
    put(s3, **objects)
    skipped = SkippedFiles()
    files = expand(["s3://news/in"], skipped)
    expected = ["b.jsonl", "d.parquet", "deep/a.jsonl.gz"]
    assert [file.relative for file in files] == expected
    assert [file.name for file in files] == [f"s3://news/in/{name}" for name in expected]
    assert {file.folder for file in files} == {"s3://news/in"}
    assert skipped.notes == [
        "1 file of another kind not read: no suffix 1",
        "hidden, and not read: s3://news/in/deep/.hidden.jsonl",
    ]
    assert [file.name for file in expand(["s3://news/in/", "s3://news/in/b.jsonl"])] == [file.name for file in files]
    assert [file.relative for file in expand(["s3://news/in/*.jsonl"])] == ["b.jsonl"]
    for file in files:
        assert texts_at(file.name) == TEXTS
    source = open_source(["s3://news/in/b.jsonl", "s3://news/other/x.jsonl"])
    assert everything(source).text == TEXTS * 2
    assert source.inputs == ["s3://news/in/b.jsonl", "s3://news/other/x.jsonl"]


def test_what_s3_refuses_is_said_in_one_line(s3, monkeypatch):
    for url, message in [
        ("s3://news/none.jsonl", "there is nothing of that name"),
        ("s3://nosuch/a.jsonl", "there is no such bucket|there is nothing of that name"),
        ("s3://nosuch/*.jsonl", "there is no such bucket|nothing matches"),
        ("s3://news/none/*.jsonl", r"nothing matches s3://news/none/\*\.jsonl"),
    ]:
        with pytest.raises(InputError, match=message):
            expand([url])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(InputError, match=r"there are no credentials. Hint: set AWS_ACCESS_KEY_ID"):
        expand(["s3://news/none.jsonl"])
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_an_object_of_s3_that_changes_is_noticed(s3, tmp_path):
    put(s3, **{"c/a.jsonl": LINES})
    source = open_files(["s3://news/c/a.jsonl"], tuning=QUICK)
    everything(source)
    assert source.files_read[0]["version"].startswith("etag ")
    put(s3, **{"c/a.jsonl": LINES.replace(b"n7", b"m7")})
    with pytest.raises(OutputError, match="has changed since it was read"):
        source.write_kept(ALL, tmp_path)


def test_data_sets_of_hugging_face(monkeypatch):
    table = FILES["/d.parquet"]
    files = {"data/a/0.parquet": table, "data/b/1.parquet": table, "README.md": b"#", "x.jsonl": LINES}
    with serving(files, kind=Hub) as hub:
        monkeypatch.setitem(fsspec.config.conf, "hf", {"endpoint": hub.url("")})
        found = expand(["hf://datasets/owner/name/**/*.parquet"])
        assert [file.name for file in found] == [
            f"hf://datasets/owner/name/data/{name}" for name in ("a/0.parquet", "b/1.parquet")
        ]
        assert texts_at("hf://datasets/owner/name/data") == TEXTS * 2
        source = open_files(["hf://datasets/owner/name/x.jsonl"], tuning=QUICK)
        assert everything(source).text == TEXTS
        assert source.files_read[0]["version"].startswith("etag ")
        hub.data_set["x.jsonl"] = LINES[:-1]
        with pytest.raises(OutputError, match="has changed since it was read"):
            source.kept_table(ALL)
        for name in ("owner/name/none.jsonl", "nobody/none"):
            with pytest.raises(
                InputError, match=r"there is nothing of that name\. Hint: if it is private: hf auth login"
            ):
                expand([f"hf://datasets/{name}"])


def test_folders_of_any_file_system(memory):
    for name in ("in/b.jsonl", "in/deep/a.jsonl"):
        memory.pipe(f"/box/{name}", LINES)
    assert texts_at("memory://box/in") == TEXTS * 2
    source = open_files(["memory://box/in/*"], tuning=QUICK)
    assert everything(source).text == TEXTS * 2
    assert [one["path"] for one in source.files_read] == [
        f"memory://box/in/{name}" for name in ("b.jsonl", "deep/a.jsonl")
    ]
    memory.pipe("/box/in/b.jsonl", LINES[:-1])
    with pytest.raises(OutputError, match="changed"):
        source.kept_table(np.ones(1_000, bool))


def test_what_is_no_place_is_refused(memory, monkeypatch):
    with pytest.raises(InputError, match=r"foo:// in foo://a/b\.jsonl is unknown; expected a path, or a URL"):
        expand(["foo://a/b.jsonl"])
    memory.pipe("/box/a.doc", b"x")
    with pytest.raises(InputError, match=r"memory://box/a\.doc has an unknown suffix"):
        expand(["memory://box/a.doc"])
    with pytest.raises(InputError, match=r"no file in memory://box can be read: there are \.doc 1"):
        expand(["memory://box"])
    monkeypatch.setitem(known_implementations, "s9", {"class": "nopackage.Nine", "err": "install it"})
    with pytest.raises(InputError, match=r"s9:// takes a package that is not installed.*newsdedup\[remote\]"):
        expand(["s9://a/b.jsonl"])


def test_a_large_file_is_never_held(memory):
    import tracemalloc

    class Endless(type(memory)):
        protocol = "endless"
        cachable = False

        def info(self, path, **kwargs):
            return {"name": path, "size": 500 << 20, "type": "file", "etag": "1"}

        def cat_file(self, path, start=None, end=None, **kwargs):
            return b"x" * (end - start)

    fsspec.register_implementation("endless", Endless, clobber=True)
    (file,) = expand(["endless://a.txt"])
    tracemalloc.start()
    with file.open() as opened:
        while opened.read(4 << 20):
            pass
        assert opened.tell() == 500 << 20
    assert tracemalloc.get_traced_memory()[1] < 80 << 20
    tracemalloc.stop()


def test_a_list_of_files_may_say_less_of_each(memory):
    class Sparse(type(memory)):
        protocol = "sparse"
        cachable = False

        @classmethod
        def _strip_protocol(cls, path):
            return super()._strip_protocol(path.replace("sparse:", "memory:"))

        def info(self, path, **kwargs):
            found = super().info(path)
            return {**found, "ETag": '"1"'} if found["type"] == "file" else found

    fsspec.register_implementation("sparse", Sparse, clobber=True)
    memory.pipe("/box/a.jsonl", LINES)
    for url, version in [("sparse://box", "time 2"), ("sparse://box/a.jsonl", "etag 1")]:
        source = open_files([url], tuning=QUICK)
        assert everything(source).text == TEXTS
        assert source.kept_table(ALL).num_rows == 500
        assert source.files_read[0]["version"].startswith(version)
