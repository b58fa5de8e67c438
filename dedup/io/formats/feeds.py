"""Read the entries of RSS and Atom files with feedparser, and write the kept ones as JSON lines.

feedparser knows every dialect, and reads feeds that are not well-formed as browsers do; it fetches nothing that a file
points to, and expands no entity that refers to others. It holds a feed as a whole, so a longer one than a record may be
is refused.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.compressed_file import ByteStream
from dedup.io.bytes.file_changes import changed_error
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import Reading, chunks
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_survey import SAMPLE_RECORDS, FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.role_columns import RoleColumns
from dedup.io.format_registry import FileFormat
from dedup.io.formats.batch_builder import BatchBuilder
from dedup.io.formats.dict_tables import json_bytes, table_of_dicts
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, FilePiece, NoRecordsError
from dedup.io.wording import shortened

if TYPE_CHECKING:
    import numpy.typing as npt

    from dedup.io.formats import KeptRecords

_ELEMENT = re.compile(rb"<([A-Za-z_][\w:.-]*)")

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed: its entries with all their fields, and what is wrong with it."""

    entries: list[dict[str, Any]]
    doubt: str


class Feeds:
    """The reader of RSS and Atom files, which writes their kept entries to one ``kept.feed.jsonl``.

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
        """Yield a file in pieces; a row is the number of an entry.

        Raises
        ------
        InputError
            When the file is longer than a record may be.
        NoRecordsError
            When it is no feed, or feedparser is not installed.
        ColumnError
            When no entry has the text that is named.
        """
        feed = self._parsed(file, reading)
        records = [_record(entry) for entry in feed.entries]
        if not records:
            return
        if not any(map(self._tree.has_text, records)):
            raise self._tree.missing(file.name, FieldSurvey.of(records).names)
        survey = FieldSurvey.of(records[:SAMPLE_RECORDS])
        self.surveys[file.name] = FieldSurvey(survey.names, survey.dates, survey.texts, doubt=feed.doubt)
        records = records[: reading.take(len(records))]
        for start in range(0, len(records), self._tuning.batch_records):
            part = records[start : start + self._tuning.batch_records]
            yield FilePiece(partial(self._batch, file.name, start + 1, part), start + 1, len(part))

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the fields of all entries of a file."""
        return FieldSurvey.of([_record(entry) for entry in self._parsed(file, Reading()).entries]).names

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the kept entries, with all their fields, one a line."""
        with files.writer(self._format, count_kept(kept), _opened) as output:
            for file, mask in kept:
                output.begin(file)
                lines = [json_bytes(entry) + b"\n" for entry in self._kept_entries(file, mask)]
                for stream, part in output.cut([*map(len, lines)]):
                    stream.writelines(lines[part])

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept entries with every field that any of them has."""
        return table_of_dicts([entry for file, mask in kept for entry in self._kept_entries(file, mask)])

    def _kept_entries(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
        entries = self._parsed(file, Reading()).entries
        if len(entries) < len(mask) or (len(entries) > len(mask) and not self._is_limited):
            raise changed_error(file)
        return [entry for entry, keep in zip(entries, mask.tolist(), strict=False) if keep]

    def _parsed(self, file: InputFile, reading: Reading) -> _Feed:
        """Read a file as a whole."""
        held: list[bytes] = []
        with closing(chunks(file, self._tuning.chunk_bytes, reading)) as found:
            for chunk in found:
                held.append(chunk)
                if sum(map(len, held)) > self._longest:
                    expected = f"a feed of at most {self._longest:,} bytes, for it is held as a whole"
                    raise InputError(f"{file.name} is longer", expected, "--longest allows more")
        return _parsed(file, b"".join(held))

    def _batch(self, file: str, first: int, records: list[dict[str, Any]]) -> Batch:
        row = np.arange(first, first + len(records), dtype=np.int64)
        columns = RoleColumns.of_records(self._tree, dict(enumerate(records)), len(records))
        return BatchBuilder(file, row, self._tree, {}, lambda position: json_bytes(records[position])).batch(columns)


def _opened(stream: ByteStream, file: InputFile) -> ByteStream:
    return stream


def _parsed(file: InputFile, whole: bytes) -> _Feed:
    if not whole.strip():
        return _Feed([], "")
    try:
        import feedparser
    except ImportError as error:
        install = "pip install 'newsdedup[feeds]'"
        reason = f"feedparser, which reads feeds, is not installed ({install})"
        raise NoRecordsError(f"{file.name}: feedparser, which reads it, is not installed", reason, install) from error
    # As a stream: a string would be opened if it is the name of a file or a URL.
    found = feedparser.parse(io.BytesIO(whole), sanitize_html=False, resolve_relative_uris=False)
    if not found.get("version"):
        element = _ELEMENT.search(_COMMENT.sub(b"", whole))
        begins = f": its first element is <{shortened(element[1].decode('ascii', 'replace'))}>" if element else ""
        found_instead = f"{file.name} is no RSS or Atom feed{begins}"
        raise NoRecordsError(found_instead, "they are no feeds", "convert it to JSON lines")
    doubt = printable(str(found.get("bozo_exception") or "")) if found.get("bozo") and found.entries else ""
    return _Feed([_whole(entry, found.feed) for entry in found.entries], doubt)


def _whole(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as JSON has it; of the feed if it does not say where else it is from."""
    about = {name: feed[name] for name in ("title", "link") if feed.get(name)}
    return {**_plain(entry), **({} if entry.get("source") or not about else {"source": about})}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if not isinstance(one, time.struct_time)}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _record(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry, the longest of its texts as ``text``."""
    contents = [one.get("value") for one in entry.get("content", ()) if isinstance(one, Mapping)]
    texts = [one for one in (*contents, entry.get("summary")) if isinstance(one, str)]
    rest = {name: value for name, value in entry.items() if name != "content"}
    return {"text": max(texts, key=len), **rest} if texts else rest
