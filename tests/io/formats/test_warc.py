"""Pages of web archives, as warcio writes them: unpacked, decoded, kept byte for byte, and counted where damaged."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Everything, everything, make, open_files, out_in, read, zstd

from dedup.errors import ColumnError, InputError, RecordError
from dedup.io import Fields
from dedup.io.formats.warc_records import header_fields, warc_records
from dedup.io.formats.web_page import unchunked
from dedup.io.kept_form import KeptForm

pytest.importorskip("warcio")

# warcio leaves the temporary files of its digests to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DATE, MICROSECONDS = "2024-03-01T08:00:00Z", 1_709_280_000_000_000
HTML = "text/html; charset=utf-8"


def page(text: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}<title>The\n basin &amp; more</title></head><body><p>{text}</p></body>"


class Archive:
    """An archive that warcio writes."""

    def __init__(self, is_packed: bool = False) -> None:
        from warcio.warcwriter import WARCWriter

        self._file = BytesIO()
        self._writer = WARCWriter(self._file, gzip=is_packed)
        self.records: list[bytes] = []

    def add(self, kind: str, body: bytes, headers: dict[str, str] | None = None, status: str = "200 OK", **more) -> Any:
        """Add a record; of a response the headers are those of HTTP, else those of the record."""
        from warcio.statusandheaders import StatusAndHeaders

        number = len(self.records)
        of_record = {"WARC-Date": DATE, "WARC-Record-ID": f"<urn:uuid:{number}>", **more}
        of_http = None
        if kind == "response":
            of_http = StatusAndHeaders(status, list((headers or {}).items()), protocol="HTTP/1.1")
        elif headers:
            of_record |= headers
        record = self._writer.create_warc_record(
            f"https://www.courier.example/{number}",
            kind,
            payload=BytesIO(body),
            http_headers=of_http,
            warc_headers_dict=of_record,
            warc_content_type=of_record.get("Content-Type", ""),
        )
        before = self._file.tell()
        self._writer.write_record(record)
        self.records.append(self._file.getvalue()[before:])
        return self

    @property
    def data(self) -> bytes:
        return b"".join(self.records)


def archive_of(*texts: str, is_packed: bool = False) -> Archive:
    made = Archive(is_packed)
    for text in texts:
        made.add("response", page(text).encode(), {"Content-Type": HTML})
    return made


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x;x=1\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"


def bare_deflate(body: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(body) + made.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "br": lambda body: pa.compress(body, "brotli", asbytes=True),
    "zstd": zstd,
    "br, gzip": lambda body: gzip.compress(pa.compress(body, "brotli", asbytes=True)),
    "identity": bytes,
}


def written(folder: Path, archive: Archive, name: str = "a.warc", **options: Any) -> Everything:
    return read(make(folder, name, archive.data), **options)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst"])
def test_pages_are_read_and_kept_byte_for_byte(tmp_path, name):
    archive = Archive(is_packed=name.endswith("gz"))
    archive.add("warcinfo", b"software: test\r\n", {"Content-Type": "application/warc-fields"})
    archive.add("response", page("One.").encode(), {"Content-Type": HTML})
    archive.add("request", b"GET / HTTP/1.1\r\n\r\n", {"Content-Type": "application/http; msgtype=request"})
    archive.add("response", b"\x89PNG\0", {"Content-Type": "image/png"})
    archive.add("response", page("Not found").encode(), {"Content-Type": HTML}, status="404 Not Found")
    archive.add("resource", "Zwei größere".encode("latin-1"), {"Content-Type": "text/plain; charset=ISO-8859-1"})
    archive.add("conversion", b"Three.", {"Content-Type": "text/plain"})
    data = zstd(archive.data) if name.endswith("zst") else archive.data
    path = make(tmp_path, name, data)
    source = open_files([path])
    found = everything(source)
    assert found.id == ["urn:uuid:1", "urn:uuid:5", "urn:uuid:6"]
    assert found.row == [2, 6, 7]
    assert found.text == [page("One.").encode(), "Zwei größere".encode(), b"Three."]
    assert found.published == [MICROSECONDS] * 3
    assert found.source == ["www.courier.example"] * 3
    others = "warcinfo 1, request 1, image/png 1, HTTP status 404 1"
    assert f"4 records of {path} not read, which are no pages: {others}" in source.notes
    assert source.write_kept(np.array([True, False, True]), out_in(tmp_path)) == ["kept.warc"]
    raw = [gzip.decompress(one) if name.endswith("gz") else one for one in archive.records]
    assert (tmp_path / "out" / "kept.warc").read_bytes() == raw[1] + raw[6]
    assert read(tmp_path / "out").id == ["urn:uuid:1", "urn:uuid:6"]
    table = source.kept_table(np.array([True, True, False])).to_pylist()
    assert [one["title"] for one in table] == ["The basin & more", None]
    assert table[0]["url"] == "https://www.courier.example/1"


@pytest.mark.parametrize("threads", [1, 2])
def test_compressed_kept_records_have_a_member_each(tmp_path, threads):
    archive = archive_of("One.", "Two.", "Three. " * 300_000)
    source = open_files([make(tmp_path, "a.warc", archive.data)])
    everything(source)
    form = KeptForm(compress="gz", threads=threads)
    assert source.write_kept(np.array([True, False, True]), out_in(tmp_path), form) == ["kept.warc.gz"]
    kept = (tmp_path / "out" / "kept.warc.gz").read_bytes()
    for record in (archive.records[0], archive.records[2]):
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        assert member.decompress(kept) == record
        assert member.eof
        kept = member.unused_data
    assert kept == b""


def test_layout_same_keeps_the_name_and_the_compression(tmp_path):
    archive = archive_of("One.", "Two.", is_packed=True)
    source = open_files([make(tmp_path, "a.warc.gz", archive.data)])
    everything(source)
    assert source.write_kept(np.array([True, False]), out_in(tmp_path), KeptForm(layout="same")) == ["kept"]
    kept = (tmp_path / "out" / "kept" / "a.warc.gz").read_bytes()
    assert gzip.decompress(kept) == gzip.decompress(archive.records[0])


def test_a_file_of_texts_that_were_extracted(tmp_path):
    archive = Archive(is_packed=True).add("conversion", b"Das Hafenbecken", {"Content-Type": "text/plain"})
    assert written(tmp_path, archive, "CC-MAIN.wet.gz").text == [b"Das Hafenbecken"]


@pytest.mark.parametrize("coding", PACKERS)
def test_codings_of_pages(tmp_path, coding):
    whole = page("Naïve").encode()
    headers = {"Content-Type": HTML, "Content-Encoding": coding}
    packed = PACKERS[coding](whole)
    archive = Archive().add("response", packed, headers)
    archive.add("response", chunked(packed), {**headers, "Transfer-Encoding": "chunked"})
    archive.add("response", whole, {**headers, "Transfer-Encoding": "chunked"})  # a crawler has unpacked it
    assert written(tmp_path, archive).text == [whole] * 3


def test_codings_that_cannot_be_undone_reject_the_page(tmp_path):
    whole = gzip.compress(page("One. " * 500).encode())
    archive = archive_of("Zero.")
    archive.add("response", whole[:-20], {"Content-Type": HTML, "Content-Encoding": "gzip"})
    archive.add("response", whole, {"Content-Type": HTML, "Content-Encoding": "rot13"})
    archive.add("response", whole, {"Content-Type": HTML})
    archive.add("response", b"<p>\0\0", {"Content-Type": HTML})
    found = written(tmp_path, archive)
    assert [reason for reason, _ in found.rejected.values()] == [
        "the page cannot be unpacked (gzip): ends early",
        "the page is packed as 'rot13', expected gzip, deflate, br or zstd",
        "the page holds a gzip file inside a compressed file, expected text",
        "the page holds binary content (a NUL byte at byte 4), expected text",
    ]
    assert len(found) == 5
    assert found.rejected[1][1] == archive.records[1].removesuffix(b"\r\n\r\n")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_unpacked_no_further_than_a_record_may_be_long(tmp_path, coding):
    packed = PACKERS[coding](b"a" * 50_000_000)
    archive = archive_of("One.").add("response", packed, {"Content-Type": HTML, "Content-Encoding": coding})
    found = written(tmp_path, archive, longest=100_000)
    assert found.rejected[1][0] == "too long: more than 100,000 bytes (--longest)"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (page("Größe").encode("latin-1"), "text/html; charset=ISO-8859-1", "Größe"),
        (page("“Größe”").encode("cp1252"), "text/html; charset=iso-8859-1", "“Größe”"),
        (page("Größe").encode(), "text/html; charset=iso-8859-1", "Größe"),
        (page("вода", '<meta charset="windows-1251">').encode("cp1251"), "text/html", "вода"),
        (page("вода", "<meta http-equiv=a content='text/html; charset=koi8-r'>").encode("koi8-r"), "text/html", "вода"),
        (page("вода " * 60).encode("cp1251"), "text/html; charset=nonsense", "вода"),
        (page("вода").encode("utf-16"), "text/html", "вода"),
        (page("вода").encode("utf-16-le"), "text/html; charset=utf-16-le", "вода"),
        (page("水が", '<meta charset="shift_jis">').encode("cp932"), "text/html", "水が"),
        (page("One").encode(), "", "One"),
    ],
)
def test_encodings_of_pages(tmp_path, body, content_type, text):
    archive = Archive().add("response", body, {"Content-Type": content_type} if content_type else {})
    (found,) = written(tmp_path, archive).text
    assert text in found.decode()


def test_the_encoding_that_is_asked_for_is_that_of_pages_that_declare_none(tmp_path):
    archive = Archive().add("response", page("вода").encode("koi8-r"), {"Content-Type": "text/html"})
    archive.add("response", page("Größe").encode("latin-1"), {"Content-Type": "text/html; charset=latin1"})
    first, second = written(tmp_path, archive, fields=Fields(encoding="koi8-r")).text
    assert "вода" in first.decode()
    assert "Größe" in second.decode()


DAMAGES = {
    "length": lambda one: one.replace(b"Content-Length: ", b"Content-Length: 9"),
    "a length beyond the end": lambda one: one.replace(b"Content-Length: ", b"Content-Length: 999999999"),
    "no length": lambda one: one.replace(b"Content-Length: ", b"Content-Size: "),
    "version": lambda one: one.replace(b"WARC/1.0", b"XARC/1.0"),
    "cut": lambda one: one[: len(one) // 2],
    "short": lambda one: one.replace(b"Content-Length: ", b"Content-Length: 1\r\nX: "),
    "no end of header": lambda one: one.replace(b"\r\n\r\n", b"\r\n"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_damaged_record_is_rejected_alone(tmp_path, damage, place):
    archive = archive_of("One.", "Two.", "Three.")
    archive.records[place] = DAMAGES[damage](archive.records[place])
    source = open_files([make(tmp_path, "a.warc", archive.data)])
    found = everything(source)
    assert list(found.rejected) == [place]
    assert found.row == [1, 2, 3]
    assert [text for text in found.text if text] == [
        page(one).encode() for number, one in enumerate(["One.", "Two.", "Three."]) if number != place
    ]
    kept = np.array([number != place for number in range(3)])
    source.write_kept(kept, out_in(tmp_path))
    whole = [one for number, one in enumerate(archive.records) if number != place]
    assert (tmp_path / "out" / "kept.warc").read_bytes() == b"".join(whole)


def test_a_cut_archive_has_a_last_record_that_is_rejected(tmp_path):
    for is_packed, name in ((False, "a.warc"), (True, "a.warc.gz")):
        archive = archive_of("One.", "Two.", is_packed=is_packed)
        found = read(make(tmp_path, name, archive.data[:-30]))
        assert found.text == [page("One.").encode(), None]
        assert found.rejected[1][0].startswith("ends early")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_members_behind_a_damaged_one_are_read(tmp_path, place):
    archive = archive_of(*(f"{number} " + "word " * 2_000 for number in range(4)), is_packed=True)
    damaged = bytearray(archive.records[place])
    damaged[len(damaged) // 2] ^= 0xFF
    damaged[len(damaged) // 2 + 1] ^= 0xFF
    archive.records[place] = bytes(damaged)
    found = written(tmp_path, archive, "a.warc.gz")
    assert len([text for text in found.text if text]) == 3
    assert list(found.rejected) == [place], found.rejected
    with pytest.raises(RecordError, match="row"):
        written(tmp_path, archive, "a.warc.gz", strict=True)


def test_an_archive_of_one_gzip_member(tmp_path):
    archive = archive_of("One.", "Two.")
    assert len(read(make(tmp_path, "a.warc.gz", gzip.compress(archive.data)))) == 2


def test_records_that_are_too_long(tmp_path):
    archive = archive_of("One.", "Two. " * 1_000, "Three.")
    archive.add("response", b"\0" * 9_000, {"Content-Type": "video/mp4"})
    source = open_files([make(tmp_path, "a.warc", archive.data)], longest=2_000)
    found = everything(source)
    assert [text is None for text in found.text] == [False, True, False]
    assert "too long" in found.rejected[1][0]
    assert any("video/mp4 1" in note for note in source.notes)


def test_a_limit(tmp_path):
    archive = archive_of("One.", "Two.", "Three.")
    source = open_files([make(tmp_path, "a.warc", archive.data)], limit=2)
    assert len(everything(source)) == 2
    source.write_kept(np.array([False, True]), out_in(tmp_path))
    assert (tmp_path / "out" / "kept.warc").read_bytes() == archive.records[1]


def test_what_is_no_archive_is_refused(tmp_path):
    with pytest.raises(InputError, match="no header of a WARC record"):
        read(make(tmp_path, "a.warc", b"<html>"))
    with pytest.raises(InputError, match="ARC file, the older form"):
        read(make(tmp_path, "b.warc", b"filedesc://a.arc 0.0.0.0 20240301080000 text/plain 77\n"))
    with pytest.raises(ColumnError, match="has no field 'body'"):
        written(tmp_path, archive_of("One."), fields=Fields(text="body"))


def test_fields_that_are_named(tmp_path):
    found = written(tmp_path, archive_of("One."), fields=Fields(text="title", id="url"))
    assert (found.id, found.text) == (["https://www.courier.example/0"], [b"The basin & more"])


def test_marks_of_chunks_that_are_wrong_stay():
    assert unchunked(b"4\r\nnews\r\nzz\r\nmore") == b"newszz\r\nmore"
    assert unchunked(b"ffff\r\nnews") == b"news"
    assert unchunked(b"") == b""


def test_fields_of_headers():
    assert header_fields(b"WARC/1.0\r\nA: 1\r\na: 2\r\nB:\r\n folded\r\nnone\r\n") == {"a": "1", "b": "folded"}


@pytest.fixture(scope="module")
def whole() -> Archive:
    return archive_of("One.", "Two. " * 30, "Three.")


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_damage_anywhere_loses_no_whole_record(whole, data):
    """Bytes are cut out, changed or put in; the records that are whole are found, however the chunks fall."""
    start, size = data.draw(st.integers(0, len(whole.data))), data.draw(st.integers(0, 200))
    damaged = whole.data[:start] + data.draw(st.binary(max_size=50)) + whole.data[start + size :]
    step = data.draw(st.integers(1, 700))
    chunks = (damaged[at : at + step] for at in range(0, len(damaged), step))
    found = [one.raw for one in warc_records(chunks, 1_000_000, 1_000_000) if one.rejection is None]
    place = 0
    for one in whole.records:
        is_before, is_behind = place + len(one) <= start, place > start + size
        assert not (is_before or is_behind) or one.removesuffix(b"\r\n\r\n") in found
        place += len(one)


def test_a_run_that_is_resumed_writes_the_same(tmp_path):
    path = make(tmp_path, "a.warc.gz", archive_of("One.", "Two.", is_packed=True).data)
    source, again = open_files([path]), open_files([path])
    everything(source)
    again.restore(json.loads(json.dumps(source.state())))
    for one, name in ((source, "one"), (again, "again")):
        assert one.write_kept(np.array([False, True]), out_in(make(tmp_path, f"{name}/in", b"").parent)) == [
            "kept.warc"
        ]
        assert one.notes == source.notes
    assert read(tmp_path / "again" / "out").id == read(tmp_path / "one" / "out").id
