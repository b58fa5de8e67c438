"""JSON lines files: one object a line, read a chunk at a time, written back byte for byte."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.encoding import printable
from dedup.io.fields import SAMPLE_RECORDS, FieldTree
from dedup.io.inferred import table_of_dicts
from dedup.io.jsonblock import BlockReader, parse
from dedup.io.lines import line_blocks, pieces_of, record_lines, runs
from dedup.io.paths import InputFile
from dedup.io.source import BATCH_RECORDS, Fields, Piece, Rejection
from dedup.io.stream import CHUNK_BYTES, HEAD_BYTES, DamagedError, Reading, text_chunks
from dedup.io.unchanged import changed
from dedup.io.usage import Survey, names_of

if TYPE_CHECKING:
    import numpy.typing as npt

_SAMPLE_BYTES = 64 << 20


class JsonLines:
    """Reads JSON lines files and writes their kept lines into one ``kept.jsonl``.

    Parameters
    ----------
    fields : Fields
        What the caller asked for; the rest is guessed for each record.
    chunk_bytes : int
        Decompressed bytes read at a time; changes nothing but where batches end.
    """

    def __init__(self, fields: Fields, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._tree = FieldTree(fields)
        self._chunk_bytes = chunk_bytes
        self.surveys: dict[str, Survey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[Piece]:
        """Yield a file in pieces; a row is a line number, blank lines are counted but are no records.

        Raises
        ------
        InputError
            When the file cannot be read to its end, is no JSON lines, or no record has a field of a text.
        """
        self.surveys[file.name] = self._look_at(file)
        batch = BlockReader(file.name, self._tree).batch
        row = 0
        try:
            for block in line_blocks(text_chunks(file, self._chunk_bytes, reading), self._chunk_bytes):
                for some, lines in pieces_of(block, BATCH_RECORDS):
                    yield partial(batch, some, lines, row + 1)
                    row += lines
        except DamagedError as damage:
            raise damage.after(row) from damage

    def names(self, file: InputFile) -> list[str]:
        """Return the fields of all records of a file."""
        blocks = line_blocks(text_chunks(file, self._chunk_bytes), self._chunk_bytes)
        records = (parse(line) for block in blocks for line in block.split(b"\n") if line.strip())
        return names_of(record for record in records if isinstance(record, dict))

    def write_kept(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]], directory: Path) -> list[str]:
        """Write the kept lines of all files, one after the other."""
        with open(directory / "kept.jsonl", "wb") as output:
            for file, mask in kept:
                output.writelines(self._kept_lines(file, mask))
        return ["kept.jsonl"]

    def kept_table(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> pa.Table:
        """Return the kept records with every field that any of them has."""
        runs_of_lines = (run for file, mask in kept for run in self._kept_lines(file, mask))
        lines = (line for run in runs_of_lines for line in bytes(run).split(b"\n"))
        return table_of_dicts([record for line in lines if isinstance(record := parse(line), dict)])

    def _kept_lines(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> Iterator[bytes | memoryview]:
        position = 0
        for block in line_blocks(text_chunks(file, self._chunk_bytes), self._chunk_bytes):
            start, end = record_lines(block)
            keep = mask[position : position + len(start)]
            if len(keep) < len(start):
                raise changed(file)
            position += len(start)
            view = memoryview(block)
            for run_start, run_end in runs(start[keep], end[keep]):
                yield view[run_start:run_end]
            if len(keep) and keep[-1] and end[-1] == len(block) and not block.endswith(b"\n"):
                yield b"\n"
        if position != len(mask):
            raise changed(file)

    def _look_at(self, file: InputFile) -> Survey:
        """Look at the file's first records, and at as many more as it takes to find a field of a text."""
        records: list[dict[str, Any]] = []
        names: dict[str, None] = {}
        size = 0
        has_text = False
        # Damage is left to be met, and told with the row, when the records are read.
        with closing(text_chunks(file, min(self._chunk_bytes, HEAD_BYTES))) as chunks, suppress(DamagedError):
            lines = itertools.chain.from_iterable(block.split(b"\n") for block in line_blocks(chunks))
            for line in filter(bytes.strip, lines):
                record = parse(line)
                if not size:
                    _refuse_document(file, line, record)
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
        survey = Survey.of(records)
        # Without a single object every line is going to be rejected, whatever the field.
        if records and not has_text:
            raise self._tree.missing(file.name, list(dict.fromkeys([*survey.names, *map(printable, names)])))
        return survey


def _refuse_document(file: InputFile, line: bytes, record: dict[str, Any] | Rejection) -> None:
    """Refuse a file that is one JSON document over many lines: each line alone might even be readable."""
    one_array = line.lstrip().startswith(b"[")
    named_json = ".json" in (suffix.lower() for suffix in file.path.suffixes[-2:])
    if one_array and (named_json or (isinstance(record, Rejection) and record.reason.startswith("not JSON"))):
        hint = "make it JSON lines: jq -c '.[]'"
        raise InputError(f"{file.name} is one JSON array", "one JSON object a line", hint)
    if named_json and not line.lstrip().startswith(b"{"):
        raise InputError(f"{file.name} does not begin with {{", "one JSON object a line")
