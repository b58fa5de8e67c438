"""Read JSON lines, one object a line, a chunk at a time, and write the kept lines back byte for byte.

A file that is one JSON document is rewritten as JSON lines while it is read: see `json_document`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.compressed_file import ByteStream
from dedup.io.bytes.encodings import Charset
from dedup.io.bytes.file_changes import changed_error
from dedup.io.bytes.lines import LongLine, line_blocks, pieces_of, record_lines, runs, whole_lines
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import HEAD_BYTES, DamagedError, Reading, raw_chunks, text_chunks
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_survey import SAMPLE_RECORDS, FieldSurvey, names_of
from dedup.io.fields.field_tree import FieldTree
from dedup.io.format_registry import FileFormat
from dedup.io.formats.dict_tables import table_of_dicts
from dedup.io.formats.json_block import BlockReader, parse
from dedup.io.formats.json_document import JsonDocument, beginning_of, document_in, pandas_form
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.kept_form import KeptForm
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, FilePiece, Piece, Rejection

if TYPE_CHECKING:
    import numpy.typing as npt

    from dedup.io.formats import KeptRecords

_SAMPLE_BYTES = 64 << 20


class JsonLines:
    """The reader of JSON lines files, which writes their kept lines to one ``kept.jsonl``.

    Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._format = file_format
        self._tree = tree
        self._longest = options.longest
        self._is_limited = options.limit is not None
        self._raw_bytes = options.tuning.raw_bytes
        self._chunk_bytes = options.tuning.chunk_bytes
        self._batch_records = options.tuning.batch_records
        self.surveys: dict[str, FieldSurvey] = {}
        self._documents: dict[str, JsonDocument | None] = {}
        self._texts: dict[str, bool] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield a file in pieces; a row is a line number, and blank lines are counted but are not records.

        In a JSON document a row is the number of a record.

        Raises
        ------
        InputError
            When the file cannot be read to its end, is no JSON lines, or no record has a field of a text.
        """
        if reading.is_small:  # one pass serves for both; else a folder of such files is read twice
            whole = [*text_chunks(file, HEAD_BYTES, reading)]
            self.surveys[file.name] = self._survey(file, iter(whole))
            document = self._documents[file.name]
            text = iter(whole) if document is None else document.lines(file, iter(whole))
        else:
            first_look = Reading()
            # Damage is met again, and reported with the row, when the records are read.
            with closing(text_chunks(file, min(self._chunk_bytes, HEAD_BYTES), first_look)) as chunks:
                self.surveys[file.name] = self._survey(file, chunks)
            file = replace(file, charset=first_look.recognised)
            text = self._text(file, reading)
        batch = BlockReader(file.name, self._tree, self._are_texts(file)).batch
        row = 0
        try:
            for block in self._blocks(text, self._chunk_bytes):
                if reading.left == 0:
                    return
                if isinstance(block, LongLine):
                    row += reading.take(1)
                    rejection = Rejection.too_long(block.head, block.size, self._longest)
                    rejected = partial(Batch.of_rejected, file.name, row, rejection)
                    yield FilePiece(partial(_as_it_stood, rejected, reading.charset), row, 1)
                    continue
                if reading.left is not None:
                    block = _first_records(block, reading)
                for piece, lines in pieces_of(block, self._batch_records):
                    parse = partial(_as_it_stood, partial(batch, piece, lines, row + 1), reading.charset)
                    yield FilePiece(parse, row + 1, lines)
                    row += lines
        except DamagedError as damage:
            raise damage.after(row) from damage

    def names(self, file: InputFile) -> list[str]:
        """Return the fields of all records of a file."""
        found = self._blocks(self._text(file), self._chunk_bytes)
        blocks = (block for block in found if not isinstance(block, LongLine))
        are_texts = self._are_texts(file)
        records = (parse(line, are_texts) for block in blocks for line in block.split(b"\n") if line.strip())
        return names_of(record for record in records if isinstance(record, dict))

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the kept lines of all files, one after the other; those of JSON documents in UTF-8."""
        with files.writer(self._format, count_kept(kept), partial(self._opened, files.form)) as output:
            for file, mask in kept:
                output.begin(file)
                is_document = self._document(file) is not None
                lines = self._text(file) if is_document else raw_chunks(file, self._chunk_bytes, Reading())
                for block, start, end in self._kept_lines(file, mask, lines):
                    for sink, part in output.cut(end - start):
                        sink.write(block, start[part], end[part])

    def _opened(self, form: KeptForm, stream: ByteStream, file: InputFile) -> _Lines | _Document:
        """Begin a file of lines or, if it is to be as the input is, a document with a list."""
        document = self._document(file)
        if form.is_same and document is not None and not document.is_repeated:
            with closing(text_chunks(file, self._chunk_bytes)) as chunks:
                before = document.before(chunks)
            if before:
                return _Document(stream, before, document.after(text_chunks(file, self._chunk_bytes)))
        return _Lines(stream)

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept records with every field that any of them has."""
        records = (parse(line, self._are_texts(file)) for file, mask in kept for line in self._lines(file, mask))
        return table_of_dicts([record for record in records if isinstance(record, dict)])

    def _lines(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> Iterator[bytes]:
        for block, start, end in self._kept_lines(file, mask, self._text(file)):
            for first, last in runs(start, end):
                yield from block[first:last].split(b"\n")

    def _kept_lines(
        self, file: InputFile, mask: npt.NDArray[np.bool_], chunks: Iterator[bytes]
    ) -> Iterator[tuple[bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Yield blocks with the places of their kept lines, each with a line feed at its end.

        Yields
        ------
        block : bytes
        start, end : int64 arrays
            Each line is ``block[start:end]``.
        """
        position = 0
        reading = Reading(left=len(mask) if self._is_limited else None)
        for block in self._blocks(chunks, self._chunk_bytes):
            if reading.left == 0:
                break
            if isinstance(block, LongLine):
                reading.take(1)
                position += 1
                continue
            if reading.left is not None:
                block = _first_records(block, reading)
            start, end = record_lines(block)
            keep = mask[position : position + len(start)]
            if len(keep) < len(start):
                raise changed_error(file)
            position += len(start)
            if len(keep) and keep[-1] and end[-1] == len(block) and not block.endswith(b"\n"):
                block += b"\n"
                end[-1] += 1
            yield block, start[keep], end[keep]
        if position != len(mask):
            raise changed_error(file)

    def _blocks(self, chunks: Iterator[bytes], least: int = 1) -> Iterator[bytes | LongLine]:
        return whole_lines(line_blocks(chunks, self._longest, least), self._raw_bytes)

    def _text(self, file: InputFile, reading: Reading | None = None) -> Iterator[bytes]:
        """Return the chunks of a file's lines, in UTF-8."""
        document, chunks = self._document(file), text_chunks(file, self._chunk_bytes, reading)
        return chunks if document is None else document.lines(file, chunks)

    def _document(self, file: InputFile) -> JsonDocument | None:
        """Return where the records are, if the file is a JSON document."""
        if file.name not in self._documents:  # a run that is resumed has not read the files itself
            with closing(text_chunks(file, HEAD_BYTES)) as chunks:
                held, is_whole = beginning_of(chunks)
            self._documents[file.name] = document_in(file, b"".join(held), is_whole, self._tree)
        return self._documents[file.name]

    def _are_texts(self, file: InputFile) -> bool:
        """Return whether the records of a file are strings, which are texts; the first one says so."""
        if file.name not in self._texts:
            blocks = self._blocks(self._text(file))
            lines = (block.head if isinstance(block, LongLine) else block for block in blocks)
            self._texts[file.name] = next((line for line in lines if line.strip()), b"").lstrip().startswith(b'"')
        return self._texts[file.name]

    def _survey(self, file: InputFile, chunks: Iterator[bytes]) -> FieldSurvey:
        """Survey the file's first records, and as many more as it takes to find a text field."""
        records: list[dict[str, Any]] = []
        names: dict[str, None] = {}
        size = 0
        has_text = False
        with suppress(DamagedError):
            held, is_whole = beginning_of(chunks)
            document = document_in(file, b"".join(held), is_whole, self._tree)
            self._documents[file.name] = document
            again: Iterator[bytes] = itertools.chain(held, chunks)
            blocks = self._blocks(again if document is None else document.lines(file, again))
            lines = itertools.chain.from_iterable(
                [block.head] if isinstance(block, LongLine) else block.split(b"\n") for block in blocks
            )
            for line in filter(bytes.strip, lines):
                if not size:
                    self._texts[file.name] = line.lstrip().startswith(b'"')
                    if document is None:
                        _refuse_other(file, line)
                record = parse(line, self._texts[file.name])
                size += len(line)
                is_full = len(records) >= SAMPLE_RECORDS or size >= _SAMPLE_BYTES
                if isinstance(record, dict):
                    has_text = has_text or self._tree.has_text(record)
                    if is_full:
                        names.update(dict.fromkeys(record))
                    else:
                        records.append(record)
                if is_full and has_text:
                    break
        if len(records) == 1 and (form := pandas_form(records[0])):
            found, hint = (
                f"{file.name} is a table in pandas' form {form!r}",
                'to_json(name, orient="records", lines=True)',
            )
            raise InputError(found, "records", hint)
        within = "" if document is None else document.shown
        survey = replace(FieldSurvey.of(records), within=within, is_document=document is not None)
        # Without a single object every line is going to be rejected, whatever the field.
        if records and not has_text:
            raise self._tree.missing(file.name, list(dict.fromkeys([*survey.names, *map(printable, names)])))
        return survey


class _Lines:
    """A file of JSON lines that is written.

    Parameters
    ----------
    stream : ByteStream
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def write(self, block: bytes, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> None:
        """Write the lines ``block[start:end]``."""
        view = memoryview(block)
        self._stream.writelines(view[first:last] for first, last in runs(start, end))

    def close(self) -> None:
        """Write nothing more."""


class _Document:
    """A JSON document with a list that is written, a record a line.

    Parameters
    ----------
    stream : ByteStream
    before : bytes
        What stands before the list, with its bracket.
    after : iterator of bytes
        What stands behind it, from its bracket on.
    """

    def __init__(self, stream: ByteStream, before: bytes, after: Iterator[bytes]) -> None:
        self._stream = stream
        self._after = after
        self._between = b"\n"
        stream.write(before)

    def write(self, block: bytes, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> None:
        """Write the records ``block[start:end]``, each of which ends with a line feed."""
        for first, last in zip(start.tolist(), end.tolist(), strict=True):
            self._stream.write(self._between)
            self._stream.write(block[first : last - 1])
            self._between = b",\n"

    def close(self) -> None:
        """Write the end of the document."""
        self._stream.write(b"\n")
        self._stream.writelines(self._after)


def _first_records(block: bytes, reading: Reading) -> bytes:
    """Return the lines of a block that are to be read, and count their records."""
    _, end = record_lines(block)
    taken = reading.take(len(end))
    return block if taken == len(end) else block[: end[taken - 1]] if taken else b""


def _as_it_stood(piece: Piece, charset: Charset) -> Batch:
    """Parse a piece, and add to each rejected record its bytes in the file."""
    batch = piece()
    if charset.is_utf8 or not batch.rejected:
        return batch
    rejected = {}
    for position, rejection in batch.rejected.items():
        raw = charset.encode(rejection.raw.decode("utf-8", "surrogateescape"))
        is_whole = rejection.size == len(rejection.raw)
        rejected[position] = Rejection(rejection.reason, raw, len(raw) if is_whole else None)
    return replace(batch, rejected=rejected)


def _refuse_other(file: InputFile, line: bytes) -> None:
    """Refuse a file that is called JSON and has no object."""
    named_json = ".json" in file.suffixes[-2:]
    if named_json and not line.lstrip().startswith((b"{", b'"')):
        expected = "JSON objects or strings, one a line, one after the other, or in a list"
        raise InputError(f"{file.name} does not begin with {{ or [", expected)
