"""Read the pages of web archives (WARC), and the texts that were extracted of them (WET), and copy the kept records.

A record of ours is an answer of a web server with a page or a text in it (``response``), a page or text that was
stored without one (``resource``), and an extracted text (``conversion``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.compressed_file import ByteStream, CompressedFile
from dedup.io.bytes.file_changes import changed_error
from dedup.io.bytes.gzip_members import behind_damage
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import DamagedError, Reading, chunks, damage_of, size_of
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_survey import FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.role_columns import RoleColumns
from dedup.io.format_registry import SIGNATURE_BYTES, FileFormat, compression_of
from dedup.io.formats.batch_builder import BatchBuilder
from dedup.io.formats.dict_tables import table_of_dicts
from dedup.io.formats.warc_records import WarcRecord, warc_records
from dedup.io.formats.web_page import (
    PAGES,
    PageError,
    PageTooLongError,
    body_of,
    http_answer,
    page_text,
    plain_type,
    title_of,
)
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, FilePiece, Rejection
from dedup.io.wording import shortened

if TYPE_CHECKING:
    import numpy.typing as npt

    from dedup.io.formats import KeptRecords

FIELDS = ("id", "url", "date", "source", "title", "text")
"""What a record has; the source is the URL, of which the site is taken."""

_TYPES = ("response", "resource", "conversion")

_OF_HTTP = "application/http"

_BETWEEN = b"\r\n\r\n"
"""Stands behind each record."""

_BEGINNING = b"WARC/"

_ARC = b"filedesc:"
"""How archives of the older form begin."""


class Warc:
    """The reader of web archives, which copies their kept records to one ``kept.warc``.

    Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._format = file_format
        self._tree = tree
        self._longest = options.longest
        self._is_limited = options.limit is not None
        self._tuning = options.tuning
        self.surveys: dict[str, FieldSurvey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield a file in pieces; a row is the number of a record in the archive, also of those that are no pages.

        Raises
        ------
        InputError
            When the file is an archive of the older form.
        ColumnError
            When a field is named that pages do not have.
        """
        if not self._tree.has_text(dict.fromkeys(FIELDS, "")):
            raise self._tree.missing(file.name, FIELDS)
        skipped: Counter[str] = Counter()
        pending: dict[int, WarcRecord] = {}
        size = 0
        with closing(self._records(file, reading, skipped)) as records:
            for row, record in records:
                if not reading.take(1):
                    break
                pending[row] = record
                size += len(record.raw)
                if size >= self._tuning.batch_bytes or len(pending) >= self._tuning.batch_records:
                    yield self._piece(file, pending)
                    pending, size = {}, 0
        self.surveys[file.name] = FieldSurvey(FIELDS, texts=("text",), skipped=dict(skipped))
        if pending:
            yield self._piece(file, pending)

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the fields that pages have."""
        return FIELDS

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Copy the kept records, byte for byte; if they are compressed, each to a member of its own, as is usual."""
        with files.writer(self._format, count_kept(kept), _opened) as output:
            for file, mask in kept:
                output.begin(file)
                for record in self._kept_records(file, mask):
                    whole = record.raw + _BETWEEN
                    for stream, _ in output.cut([len(whole)]):
                        stream.write(whole)
                        if isinstance(stream, CompressedFile):
                            stream.end_member()

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the fields of the kept records."""
        every = (self._page(file, record) for file, mask in kept for record in self._kept_records(file, mask))
        return table_of_dicts([page for page in every if not isinstance(page, Rejection)])

    def _kept_records(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> Iterator[WarcRecord]:
        flags = iter(mask.tolist())
        with closing(self._records(file, Reading(), Counter())) as records:
            for _, record in records:
                keep = next(flags, None)
                if keep is None:
                    if self._is_limited:
                        break
                    raise changed_error(file)
                if keep:
                    yield record
        if next(flags, None) is not None:
            raise changed_error(file)

    def _records(self, file: InputFile, reading: Reading, skipped: Counter[str]) -> Generator[tuple[int, WarcRecord]]:
        """Yield the records that are pages with their numbers, and count the others."""
        with closing(_mended(file, self._tuning.chunk_bytes, reading)) as found:
            whole = warc_records(found, self._longest, self._tuning.raw_bytes, size_of(file))
            for row, record in enumerate(whole, 1):
                if row == 1 and record.raw.startswith(_ARC):
                    hint = "convert it: warcio recompress (pip install warcio) writes WARC"
                    raise InputError(f"{file.name} is an ARC file, the older form", "WARC", hint)
                if kind := _other_kind(record):
                    skipped[kind] += 1
                else:
                    yield row, record

    def _piece(self, file: InputFile, records: Mapping[int, WarcRecord]) -> FilePiece:
        first, last = min(records), max(records)
        return FilePiece(partial(self._batch, file, records), first, last - first + 1)

    def _batch(self, file: InputFile, records: Mapping[int, WarcRecord]) -> Batch:
        rejected: dict[int, Rejection] = {}
        pages: dict[int, dict[str, Any]] = {}
        raw = [record.raw for record in records.values()]
        for position, record in enumerate(records.values()):
            page = self._page(file, record)
            if isinstance(page, Rejection):
                rejected[position] = page
            else:
                pages[position] = page
        columns = RoleColumns.of_records(self._tree, pages, len(records))
        return BatchBuilder(file.name, np.array([*records]), self._tree, rejected, raw.__getitem__).batch(columns)

    def _page(self, file: InputFile, record: WarcRecord) -> dict[str, Any] | Rejection:
        """Return the fields of a page, or why it cannot be read."""
        if record.rejection is not None:
            return record.rejection
        try:
            text, is_html = self._text(file, record)
        except PageTooLongError:
            return Rejection.too_long(record.raw[: self._tuning.raw_bytes], None, self._longest)
        except PageError as error:
            return Rejection.of(f"the page {error}", record.raw)
        url = record.fields.get("warc-target-uri", "").strip("<>") or None
        return {
            "id": record.fields.get("warc-record-id", "").strip("<>"),
            "url": url,
            "date": record.fields.get("warc-date"),
            "source": url,
            "title": title_of(text) if is_html else None,
            "text": text,
        }

    def _text(self, file: InputFile, record: WarcRecord) -> tuple[str, bool]:
        """Return the text of a record, and whether it is HTML."""
        content_type = record.fields.get("content-type", "")
        if plain_type(content_type) != _OF_HTTP:
            return page_text(record.block, content_type, file.encoding), "html" in content_type.lower()
        answer = http_answer(record.raw, record.start)
        body = body_of(answer, record.raw[answer.start :], self._longest)
        content_type = answer.fields.get("content-type", "")
        return page_text(body, content_type, file.encoding), answer.content_type != "text/plain"


def _opened(stream: ByteStream, file: InputFile) -> ByteStream:
    return stream


def _is_gzip(file: InputFile) -> bool:
    with file.open() as handle:
        found = compression_of(handle.read(SIGNATURE_BYTES) or b"")
    return found is not None and found.suffix == ".gz"


def _mended(file: InputFile, size: int, reading: Reading) -> Generator[bytes | DamagedError]:
    """Yield the chunks of a file, and each damage in its place; behind it what can be read of the other members."""
    try:
        yield from chunks(file, size, reading)
        return
    except DamagedError as error:
        yield error
    if _is_gzip(file):
        with file.open() as handle:
            for chunk in behind_damage(handle, size, _BEGINNING):
                yield chunk if isinstance(chunk, bytes) else damage_of(file, chunk)


def _other_kind(record: WarcRecord) -> str:
    """Return what a record is that is no page; an empty string of a page, or where that cannot be known."""
    if not record.fields:
        return ""
    kind = record.fields.get("warc-type", "").lower()
    if kind not in _TYPES:
        return shortened(printable(kind)) or "a record without WARC-Type"
    content_type = plain_type(record.fields.get("content-type", ""))
    if content_type == _OF_HTTP:
        answer = http_answer(record.raw, record.start)
        if not answer.status:
            return "" if record.rejection else "an answer that is not of HTTP"
        if not 200 <= answer.status < 300:
            return f"HTTP status {answer.status}"
        content_type = answer.content_type
    return "" if content_type in ("", *PAGES) else shortened(printable(content_type))
