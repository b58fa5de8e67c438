"""Files of any of the formats as one source: read in order, and the kept records of each written back unchanged."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
import orjson
import pyarrow as pa

from dedup.errors import ColumnError, InputError
from dedup.io.bytes.encodings import UTF_8, charset_named
from dedup.io.bytes.file_changes import Stamp, require_unchanged, stamp
from dedup.io.bytes.paths import COMPRESSED_SUFFIXES, InputFile, PassedOver
from dedup.io.bytes.streams import CHUNK_BYTES, Reading, unreadable
from dedup.io.fields.field_counts import FieldCounts, Survey, few, summary
from dedup.io.fields.field_tree import FieldTree
from dedup.io.formats.dict_tables import as_strings
from dedup.io.notes.input_counts import Tally, field_notes, require_fields
from dedup.io.notes.text_defects import examined, notes
from dedup.io.source import BATCH_BYTES, BATCH_RECORDS, LONGEST, Batch, Fields, Piece

if TYPE_CHECKING:
    import numpy.typing as npt


_CUT = [CHUNK_BYTES, BATCH_BYTES, BATCH_RECORDS]
"""What the cut into pieces hangs on, besides the input."""


PACKED = 3.5
PACKED_SUFFIXES = (*COMPRESSED_SUFFIXES, ".parquet")
"""Bytes of text in one byte of these files, about."""


class Format(Protocol):
    """Reads and writes all files of one format."""

    surveys: dict[str, Survey]
    """By name what the first records of a file have; those of files without fields are missing."""

    def read(self, file: InputFile, reading: Reading) -> Iterator[Piece]:
        """Yield one file in pieces, none of them for a file without records."""

    def names(self, file: InputFile) -> Iterable[str]:
        """Return the fields of all records of a file."""

    def write_kept(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]], directory: Path) -> list[str]:
        """Write the kept records of the files, in order, and return the names written."""

    def kept_table(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> pa.Table:
        """Return the kept records of the files, in order."""


class FileSource:
    """Files, read one after the other.

    Parameters
    ----------
    files : list of InputFile
        As ``expand`` gives them.
    fields : Fields
        What the caller asked for.
    strict : bool
        Refuse the first rejected record.
    scratch : Path or None
        Folder for the copy of standard input, which lives as long as this source; None: the system's.
    passed : PassedOver, optional
        What of the folders is not read.
    longest : int
        Bytes of the longest record that is read.
    encoding : str, optional
        What files are in that are not UTF-8; by default they are recognised.
    fail_on_empty : bool
        Refuse an input without records.
    """

    def __init__(
        self,
        files: list[InputFile],
        fields: Fields,
        strict: bool = False,
        scratch: Path | None = None,
        passed: PassedOver | None = None,
        longest: int = LONGEST,
        encoding: str | None = None,
        fail_on_empty: bool = False,
    ) -> None:
        if encoding is not None:
            charset_named(encoding)  # refused before anything is read
        self._longest = longest
        self._fail_on_empty = fail_on_empty
        self._tree = FieldTree(fields)
        self._passed = passed or PassedOver()
        self._without_text: dict[str, ColumnError] = {}
        self._files = [replace(file, encoding=encoding) for file in files]
        self._encoding = encoding
        self._fields = fields
        self._strict = strict
        self._scratch = scratch
        self._formats: dict[str, Format] = {}
        self._stamps: dict[str, Stamp] = {}
        self._tallies: list[Tally] = []
        self._surveys: dict[str, Survey] = {}
        self._reading = Reading()

    @property
    def total_bytes(self) -> int | None:
        """Size of all files on disk; None while standard input is among them and not read."""
        if any(file.is_stdin and file.path == Path(file.name) for file in self._files):
            return None
        return sum(file.path.stat().st_size for file in self._files if file.path.exists())

    @property
    def unpacked_bytes(self) -> int | None:
        """About how many bytes the files have when decompressed."""
        if self.total_bytes is None:
            return None
        sizes = ((file.path, file.path.stat().st_size) for file in self._files if file.path.exists())
        return int(sum(size * (PACKED if path.suffix.lower() in PACKED_SUFFIXES else 1) for path, size in sizes))

    @property
    def bytes_read(self) -> int:
        """Bytes read from disk so far."""
        return self._reading.bytes_read

    @property
    def inputs(self) -> Sequence[Path]:
        """The files, and the folders that were given as inputs."""
        folders = dict.fromkeys(file.folder for file in self._files if file.folder is not None)
        return [*folders, *(file.path for file in self._files if not file.is_stdin)]

    @property
    def notes(self) -> list[str]:
        """What of the folders is not read, which files are empty, and what is to be known of fields and texts."""
        return [
            *self._passed.notes,
            *self._left_out(),
            *field_notes(self._fields, self._with_fields()),
            *self._doubts(),
        ]

    @property
    def fields(self) -> dict[str, Any]:
        """Which fields were used."""
        return summary([(name, tally.fields) for name, tally, survey in self._with_fields() if survey.names])

    @property
    def _names(self) -> list[str]:
        return [file.name for file in self._files]

    def _left_out(self) -> list[str]:
        """Say which files have no text field, or no records."""
        told = [f"not read, for want of a text field: {few(self._without_text)}"] if self._without_text else []
        if not any(tally.records for tally in self._tallies):
            return [*told, f"no records in {few(self._names) or 'the input'}"]
        read = zip(self._files, self._tallies, strict=False)
        empty = [file.name for file, tally in read if not tally.records and file.name not in self._without_text]
        return [*told, f"no records in {few(empty)}"] if empty else told

    def _doubts(self) -> list[str]:
        """Say what is wrong with the texts."""
        read = list(zip(self._files, self._tallies, strict=False))
        return [*notes((file.name, tally.charset, tally.doubts) for file, tally in read), *_mixed(read)]

    def _with_fields(self) -> list[tuple[str, Tally, Survey]]:
        """Return what was read of each file with records, but plain text."""
        surveys = self._all_surveys()
        read = zip(self._names, self._tallies, strict=False)
        return [(name, tally, surveys[name]) for name, tally in read if tally.records and name in surveys]

    @property
    def can_resume(self) -> bool:
        """Whether all of it can be read again; standard input cannot."""
        return not any(file.is_stdin for file in self._files)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for: fields, form of dates, encoding, whether to stop at a malformed record, the longest."""
        asked = asdict(self._fields)
        form = asked.pop("date_format")
        named = {f"{role}_field": name for role, name in asked.items()}
        told = {"date_format": form, "encoding": self._encoding, "strict": self._strict, "longest": self._longest}
        return {**named, **told}

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield all files in pieces, in order; what breaks off the reading is the last piece, and raises."""
        self._reading = Reading(ahead=ahead)
        self._formats = {}
        if not skip:
            self._stamps, self._tallies = {}, []
        self._files = [self._spooled(file) for file in self._files]
        return itertools.islice(self._pieces(), skip, None)

    def accept(self, batch: Batch) -> None:
        """Count a batch for its file; errors as in ``Source``."""
        while not self._tallies or self._files[len(self._tallies) - 1].name != batch.file:
            self._begin_next()
        self._tallies[-1].add(batch, self._strict)

    def finish(self) -> None:
        """Refuse files without a usable record, an input without one or without a field that was asked for."""
        while len(self._tallies) < len(self._files):
            self._begin_next()
        self._close_last()
        names = few(self._names)
        if self._files and len(self._without_text) == len(self._files):
            raise next(iter(self._without_text.values()))
        has_records = any(tally.records for tally in self._tallies)
        if self._fail_on_empty and not has_records:
            raise InputError(f"no records in {names}" if names else "no records in the input")
        if has_records and not any(tally.records > tally.rejections for tally in self._tallies):
            reason = next(tally.reason for tally in self._tallies if tally.rejections)
            raise InputError(f"not one usable record in {names}; the first: {reason}")
        with_fields = self._with_fields()
        where = few(name for name, _, _ in with_fields)
        require_fields(self._tree, with_fields, where, lambda: self._all_names({name for name, _, _ in with_fields}))

    def state(self) -> dict[str, Any]:
        """Return the files as they are, what was accepted of each, and what was seen of its fields."""
        fields, surveys = _Distinct(), _Distinct()
        return {
            "cut": _CUT,
            "files": [[file.name, *self._stamp(file)] for file in self._files],
            "accepted": [{**tally.state(), "fields": fields.number(tally.fields)} for tally in self._tallies],
            "fields": fields.values,
            "surveys": {name: surveys.number(survey) for name, survey in self._all_surveys().items()},
            "surveyed": surveys.values,
            "without_text": list(self._without_text),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state, if the files still are what they were; errors as in ``Source``."""
        hint = "run without --resume"
        names = [name for name, _, _ in state["files"]]
        found = [file.name for file in self._files]
        if names != found:
            raise InputError(f"the files {few(found)}", f"those of the run to resume: {few(names)}", hint)
        if state["cut"] != _CUT:
            raise InputError(f"batches of {_CUT} (bytes and records)", f"{state['cut']} as in the run to resume", hint)
        for file, (name, *before) in zip(self._files, state["files"], strict=True):
            now = self._stamp(file)
            if list(now) != before:
                expected = f"{before[0]:,} bytes, changed {_when(before[1])}, as in the run to resume"
                raise InputError(f"{name} has {now[0]:,} bytes, changed {_when(now[1])}", expected, hint)
        fields, surveyed = state["fields"], state["surveyed"]
        self._tallies = [Tally.of({**tally, "fields": fields[tally["fields"]]}) for tally in state["accepted"]]
        self._surveys = {name: Survey.from_state(surveyed[number]) for name, number in state["surveys"].items()}
        self._without_text = {name: ColumnError(f"{name} has no field of a text") for name in state["without_text"]}

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records, one file or folder for each input format."""
        by_format = self._by_format(kept)
        return [name for one in by_format for name in self._format(one).write_kept(by_format[one], directory)]

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records; of inputs in several formats those of a format stand together."""
        by_format = self._by_format(kept)
        tables = [self._format(one).kept_table(by_format[one]) for one in by_format]
        return tables[0] if len(tables) == 1 else _united(tables) if tables else pa.table({})

    def _all_surveys(self) -> dict[str, Survey]:
        """Return what was seen of the files: here, or by the process that left off."""
        here = {name: survey for one in self._formats.values() for name, survey in one.surveys.items()}
        return {**self._surveys, **here}

    def _all_names(self, files: set[str]) -> Iterable[str]:
        """Return the fields of all records of these files; they are read again for it."""
        some = (file for file in self._files if file.name in files)
        return dict.fromkeys(name for file in some for name in self._format(file.format).names(file))

    def _by_format(self, kept: npt.NDArray[np.bool_]) -> dict[str, list[tuple[InputFile, npt.NDArray[np.bool_]]]]:
        """Cut the mask into those of the files, after a look whether they still are what they were."""
        cut: dict[str, list[tuple[InputFile, npt.NDArray[np.bool_]]]] = {}
        position = 0
        for file, tally in zip(self._files, self._tallies, strict=True):
            require_unchanged(file, self._stamps[file.name])
            if file.name not in self._without_text:
                cut.setdefault(file.format, []).append((file, kept[position : position + tally.records]))
            position += tally.records
        if position != len(kept):
            raise ValueError(f"kept has {len(kept)} values for {position} records")
        return cut

    def _pieces(self) -> Iterator[Piece]:
        for file in self._files:
            try:
                self._stamp(file)
                self._reading.charset = UTF_8
                for piece in self._format(file.format).read(file, self._reading):
                    yield partial(examined, piece, self._reading.charset)
            except ColumnError as error:
                if file.folder is None or len(self._files) == 1:
                    yield partial(Batch.empty, file.name)
                    yield partial(_raise, error)
                    return
                # A folder may hold what describes its records beside them.
                self._without_text[file.name] = error
                yield partial(Batch.empty, file.name)
            except InputError as error:
                yield partial(Batch.empty, file.name)  # so that the files before are closed, and refused, first
                yield partial(_raise, error)
                return

    def _format(self, name: str) -> Format:
        if name not in self._formats:
            self._formats[name] = _format(name, self._fields, len(self._files) > 1, self._longest)
        return self._formats[name]

    def _begin_next(self) -> None:
        self._close_last()
        self._tallies.append(Tally())

    def _close_last(self) -> None:
        if not self._tallies:
            return
        file = self._files[len(self._tallies) - 1]
        if file.format != "txt":  # such a file is one record: it may be rejected, and the others go on
            self._tallies[-1].close(file.name)

    def _stamp(self, file: InputFile) -> Stamp:
        """Return what the file was when it was first looked at."""
        if file.name not in self._stamps:
            try:
                self._stamps[file.name] = stamp(file)
            except OSError as error:
                raise unreadable(file, error) from error
        return self._stamps[file.name]

    def _spooled(self, file: InputFile) -> InputFile:
        """Copy standard input to a file, since its kept lines are read again; other files stay as they are."""
        if not file.is_stdin or file.path != Path(file.name):
            return file
        handle, name = tempfile.mkstemp(prefix="dedup-stdin-", suffix=".jsonl", dir=self._scratch)
        weakref.finalize(self, _remove, name)
        with os.fdopen(handle, "wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool, 1 << 20)
        return replace(file, path=Path(name))


def _format(name: str, fields: Fields, tolerant: bool, longest: int) -> Format:
    # What is not read is not loaded: that is a tenth of the program's start.
    if name in ("csv", "tsv"):
        from dedup.io.formats.delimited import Delimited

        return Delimited(fields, name, longest=longest)
    if name == "parquet":
        from dedup.io.formats.parquet import Parquet

        return Parquet(fields, longest)
    if name == "txt":
        from dedup.io.formats.plain_text import PlainText

        return PlainText(tolerant, longest)
    from dedup.io.formats.jsonl import JsonLines

    return JsonLines(fields, longest=longest)


def _mixed(read: list[tuple[InputFile, Tally]]) -> list[str]:
    """Say where the kept lines of several files are not in one encoding."""
    found: dict[str, dict[str, None]] = {}
    for file, tally in read:
        if file.format not in ("txt", "parquet"):
            found.setdefault(file.format, {})[tally.charset.shown] = None
    return [
        f"kept.{name} holds lines in {' and '.join(shown)}: lines are kept as they were"
        for name, shown in found.items()
        if len(shown) > 1
    ]


class _Distinct:
    """Values that many files have in common, each once: as JSON can hold them, and told by their numbers."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[bytes, int] = {}

    def number(self, value: FieldCounts | Survey) -> int:
        """Return the number of a value."""
        as_json = asdict(value)
        key = orjson.dumps(as_json)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(as_json)
        return self._numbers[key]


def _raise(error: Exception) -> NoReturn:
    raise error


def _when(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, timezone.utc).isoformat(" ", "milliseconds")


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)


def _united(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:  # a column is a number here and a string there
        plain = [
            pa.table([as_strings(column.to_pylist()) for column in table.columns], table.column_names)
            for table in tables
        ]
        return pa.concat_tables(plain, promote_options="default")
