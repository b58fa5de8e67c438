"""Read files of any formats as one source, in order, and write the kept records of each back unchanged."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import orjson
import pyarrow as pa

from dedup.errors import ColumnError, InputError, TransferError
from dedup.io.bytes.encodings import UTF_8, Charset
from dedup.io.bytes.file_changes import require_unchanged
from dedup.io.bytes.file_digests import FileDigest, digest_of
from dedup.io.bytes.paths import STDIN, InputFile, SkippedFiles
from dedup.io.bytes.streams import Reading, unreadable
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_counts import FieldCounts
from dedup.io.fields.field_survey import FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import ROLE_NAMES
from dedup.io.format_registry import COMPRESSED_SUFFIXES, FileFormat
from dedup.io.formats.dict_tables import as_strings
from dedup.io.kept_files import KeptFiles, require_names
from dedup.io.kept_form import KeptForm
from dedup.io.notes.field_notes import content_notes, field_notes, require_fields, summary_of_fields
from dedup.io.notes.input_counts import InputCounts, limit_notes
from dedup.io.notes.text_defects import defect_notes, inspected_batch
from dedup.io.places.input_place import State
from dedup.io.places.local_file import LocalFile
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, NoRecordsError, Piece, Rows, SmallPiece, pieces_with
from dedup.io.wording import listed
from dedup.store.held_file import held_file
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    import numpy.typing as npt

    from dedup.io.formats import FormatReader, KeptRecords

MOST_FILES = 10_000
"""Files that a summary names."""

PACKED = 3.5
"""Bytes of text in one byte of a compressed file, about."""

SMALL_BYTES = 64 << 10
"""Bytes of text up to which a file is small."""


class FileSource:
    """Files, read one after the other.

    Parameters
    ----------
    files : list of InputFile
        As ``expand`` gives them.
    options : ReadOptions
        Its ``scratch`` holds the copy of standard input, which lives as long as this source.
    skipped : SkippedFiles, optional
        The files of the folders that are not read.
    """

    def __init__(self, files: list[InputFile], options: ReadOptions, skipped: SkippedFiles | None = None) -> None:
        self._options = options
        self._tree = FieldTree(options.fields)
        self._skipped = skipped or SkippedFiles()
        encoding = options.fields.encoding
        self._files = [file if encoding is None else replace(file, encoding=encoding) for file in files]
        self._sizes: dict[str, int] = {}
        self._readers: dict[FileFormat, FormatReader] = {}
        self._reading = Reading()
        self._states: dict[str, State] = {}
        self._charsets: dict[str, Charset | None] = {}
        self._digests: dict[str, FileDigest] = {}
        self._counts: list[InputCounts] = []
        self._surveys: dict[str, FieldSurvey] = {}
        self._without: dict[str, InputError] = {}

    def found_at(self, relative: Mapping[str, str]) -> None:
        """Say, by the names of files, where they were found in folders; what is kept of them is written there."""
        self._files = [replace(file, relative=relative.get(file.name, file.relative)) for file in self._files]

    @property
    def total_bytes(self) -> int | None:
        """Size of all files on disk, None while standard input is among them and not read yet."""
        if any(_is_unread_stdin(file) for file in self._files):
            return None
        return sum(self._size(file) for file in self._files)

    @property
    def unpacked_bytes(self) -> int | None:
        """Approximate size of the files when decompressed."""
        if self.total_bytes is None:
            return None
        return int(sum(self._size(file) * (PACKED if _is_packed(file) else 1) for file in self._files))

    @property
    def bytes_read(self) -> int:
        """Bytes read from disk so far."""
        return self._reading.bytes_read

    @property
    def inputs(self) -> Sequence[Path | str]:
        """The input files, and the folders that were named as inputs; URLs of those that are remote."""
        folders = (file.folder for file in self._files if file.folder is not None)
        places = (file.place.stored_in or file.name for file in self._files if not file.is_stdin)
        return list(dict.fromkeys([*folders, *places]))

    @property
    def notes(self) -> list[str]:
        """Notes on files that were not read or are empty, fields that were not used, and defects of texts."""
        return [
            *self._skipped.notes,
            *limit_notes(self._options.limit, sum(counts.records for counts in self._counts)),
            *self._notes_of_files(),
            *content_notes(self._all_surveys()),
            *field_notes(self._options.fields, self._with_fields()),
            *self._notes_of_texts(),
        ]

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that were used."""
        read = [(name, counts.fields) for name, counts, survey in self._with_fields() if survey.names]
        return summary_of_fields(self._options.fields, read)

    @property
    def files_read(self) -> list[dict[str, Any]]:
        """Path, size and digest of the files, at most `MOST_FILES` of them."""
        is_full = self._is_full
        files = self._files[: len(self._counts)] if is_full else self._files
        return [self._file_read(file, is_full) for file in files[:MOST_FILES]]

    def _file_read(self, file: InputFile, is_full: bool) -> dict[str, Any]:
        size, _ = self._state(file)
        if file.is_stdin:
            return {"path": file.name, "absolute": None, "bytes": size, "digest": None}
        read = {"path": file.name, "absolute": printable(file.place.shown), "bytes": size}
        if file.relative != PurePath(file.name).name:
            read["relative"] = file.relative
        if (version := file.place.version()) is not None:
            return {**read, "version": version}
        digest = self._digests.get(file.name)
        if digest is not None and digest.size == size:
            return {**read, "digest": digest.shown}
        # If only its first records were read, the rest may be long.
        return read if is_full else {**read, "digest": digest_of(file)}

    @property
    def _names(self) -> list[str]:
        return [file.name for file in self._files]

    def _notes_of_files(self) -> list[str]:
        """Report which files have no text field, or no records."""
        reasons: dict[str, list[str]] = {}
        for name, error in self._without.items():
            reasons.setdefault(_reason(error), []).append(name)
        notes = [f"not read, because {reason}: {listed(names)}" for reason, names in reasons.items()]
        if not any(counts.records for counts in self._counts):
            return [*notes, f"no records in {listed(self._names) or 'the input'}"]
        read = zip(self._files, self._counts, strict=False)
        empty = [file.name for file, counts in read if not counts.records and file.name not in self._without]
        return [*notes, f"no records in {listed(empty)}"] if empty else notes

    def _notes_of_texts(self) -> list[str]:
        """Report defects of the texts."""
        read = list(zip(self._files, self._counts, strict=False))
        return [
            *defect_notes((file.name, counts.charset, counts.defects) for file, counts in read),
            *_mixed(read, self._all_surveys()),
        ]

    def _with_fields(self) -> list[tuple[str, InputCounts, FieldSurvey]]:
        """Return name, counts and survey of each file with records, plain text left out."""
        surveys = self._all_surveys()
        read = zip(self._names, self._counts, strict=False)
        return [(name, counts, surveys[name]) for name, counts in read if counts.records and name in surveys]

    @property
    def _is_full(self) -> bool:
        """Whether as many records were accepted as are to be read; files after that are left alone."""
        limit = self._options.limit
        return limit is not None and sum(counts.records for counts in self._counts) == limit

    @property
    def can_resume(self) -> bool:
        """Whether all of it can be read again; standard input cannot."""
        return not any(file.is_stdin for file in self._files)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of reading: fields, date format, encoding, strictness, the longest record."""
        fields = self._options.fields
        named = {f"{role}_field": getattr(fields, role) for role in ROLE_NAMES}
        how = {"date_format": fields.date_format, "encoding": fields.encoding}
        return {
            **named,
            **how,
            "strict": self._options.strict,
            "longest": self._options.longest,
            "limit": self._options.limit,
        }

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield all files in pieces, in order; an error that ends the reading is raised by a last piece."""
        self._reading = Reading(ahead=ahead, left=self._options.limit)
        self._readers = {}
        if not skip:
            self._states, self._counts = {}, []
        self._files = [self._spooled(file) for file in self._files]
        return itertools.islice(self._pieces(), skip, None)

    def accept(self, batch: Batch) -> None:
        """Count a batch for its file; errors as in ``Source``."""
        while not self._counts or self._files[len(self._counts) - 1].name != batch.file:
            self._begin_next()
        self._counts[-1].add(batch, self._options.strict)

    def finish(self) -> None:
        """Refuse files without a usable record, and an input without one or without a named field."""
        while len(self._counts) < len(self._files) and not self._is_full:
            self._begin_next()
        self._close_last()
        names = listed(self._names)
        if self._files and len(self._without) == len(self._files):
            raise next(iter(self._without.values()))
        has_records = any(counts.records for counts in self._counts)
        if self._options.fail_on_empty and not has_records:
            raise InputError(f"no records in {names}" if names else "no records in the input")
        if has_records and not any(counts.records > counts.rejections for counts in self._counts):
            reason = next(counts.reason for counts in self._counts if counts.rejections)
            raise InputError(f"not one usable record in {names}; the first: {reason}")
        with_fields = self._with_fields()
        where = listed(name for name, _, _ in with_fields)
        require_fields(self._tree, with_fields, where, lambda: self._all_names({name for name, _, _ in with_fields}))

    def state(self) -> dict[str, Any]:
        """Return the state of each file, the counts of what was accepted of it, and its survey."""
        fields, surveys = _Distinct(), _Distinct()
        return {
            "cut": self._options.tuning.cut,
            "files": [[file.name, *self._state(file)] for file in self._files],
            "accepted": [{**counts.state(), "fields": fields.number(counts.fields)} for counts in self._counts],
            "fields": fields.values,
            "surveys": {name: surveys.number(survey) for name, survey in self._all_surveys().items()},
            "surveyed": surveys.values,
            "without_text": {name: _reason(error) for name, error in self._without.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state, if the files have not changed since; errors as in ``Source``."""
        hint = "run without --resume"
        names = [name for name, _, _ in state["files"]]
        found = [file.name for file in self._files]
        if names != found:
            raise InputError(f"the files {listed(found)}", f"those of the run to resume: {listed(names)}", hint)
        if state["cut"] != (cut := self._options.tuning.cut):
            raise InputError(f"batches of {cut} (bytes and records)", f"{state['cut']} as in the run to resume", hint)
        for file, (name, *before) in zip(self._files, state["files"], strict=True):
            now = self._state(file)
            if list(now) != before:
                size, mark = before
                expected = f"{file.place.shown_state((size, mark))}, as in the run to resume"
                raise InputError(f"{name} has {file.place.shown_state(now)}", expected, hint)
        fields, surveyed = state["fields"], state["surveyed"]
        self._counts = [InputCounts.of({**counts, "fields": fields[counts["fields"]]}) for counts in state["accepted"]]
        self._surveys = {name: FieldSurvey.from_state(surveyed[number]) for name, number in state["surveys"].items()}
        without = state["without_text"]
        self._without = {name: NoRecordsError(f"{name}: {reason}", reason, "") for name, reason in without.items()}

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        """Read the pieces again that hold these rows."""
        for file in (self._with_charset(file) for file in self._files if file.name in rows):
            reading = Reading()
            for piece in pieces_with(self._reader(file.format).read(file, reading), rows[file.name]):
                yield piece()

    def require_form(self, form: KeptForm) -> None:
        """Refuse a form that the kept records of these files cannot have."""
        form.require(dict.fromkeys(file.format for file in self._files))
        if form.is_same:
            require_names(self._files)

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept records, one file or folder for each input format."""
        files = KeptFiles(place, form, meter)
        copies_whole = files.form.is_same and self._options.limit is None  # with a limit, more may follow
        for file_format, records in self._by_format(kept).items():
            left = [one for one in records if not (copies_whole and files.copy_whole(*one))]
            if left:
                self._reader(file_format).write_kept(left, files)
        return files.names

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records; with several input formats, those of one format are together."""
        by_format = self._by_format(kept)
        tables = [self._reader(one).kept_table(by_format[one]) for one in by_format]
        return tables[0] if len(tables) == 1 else _united(tables) if tables else pa.table({})

    def _all_surveys(self) -> dict[str, FieldSurvey]:
        """Return the surveys of all files, including those of a resumed run."""
        here = {name: survey for one in self._readers.values() for name, survey in one.surveys.items()}
        return {**self._surveys, **here}

    def _all_names(self, files: set[str]) -> Iterable[str]:
        """Return the fields of all records of these files, which are read again for this."""
        files_again = (self._with_charset(file) for file in self._files if file.name in files)
        return dict.fromkeys(name for file in files_again for name in self._reader(file.format).names(file))

    def _by_format(self, kept: npt.NDArray[np.bool_]) -> dict[FileFormat, list[KeptRecords]]:
        """Cut the mask into one for each file, by format, and refuse files that have changed."""
        cut: dict[FileFormat, list[KeptRecords]] = {}
        position = 0
        for file, counts in zip(self._files, self._counts, strict=not self._is_full):
            require_unchanged(file, self._states[file.name])
            if file.name not in self._without:
                mask = kept[position : position + counts.records]
                cut.setdefault(file.format, []).append((self._with_charset(file), mask))
            position += counts.records
        if position != len(kept):
            raise ValueError(f"kept has {len(kept)} values for {position} records")
        return cut

    def _pieces(self) -> Iterator[Piece]:
        for file in self._files:
            if self._reading.left == 0:
                return
            try:
                yield from self._pieces_of(file)
            except (ColumnError, NoRecordsError) as error:
                if file.folder is None or len(self._files) == 1:
                    yield partial(Batch.empty, file.name)
                    yield partial(_raise, error)
                    return
                self._without[file.name] = error  # a folder may hold what describes its records beside them
            except TransferError as error:  # it may be read when the run is resumed: no other piece stands for it
                yield partial(_raise, error)
                return
            except InputError as error:
                yield partial(Batch.empty, file.name)  # so that the files before are closed, and refused, first
                yield partial(_raise, self._change_of(file) or error)
                return

    def _pieces_of(self, file: InputFile) -> Iterator[Piece]:
        reading = self._reading
        size = int(self._state(file)[0])
        is_small = size <= SMALL_BYTES and not _is_packed(file)  # of a compressed one nobody knows how large it becomes
        reading.charset, reading.is_certain, reading.digest, reading.is_small = UTF_8, False, FileDigest(), is_small
        for piece in self._reader(file.format).read(file, reading):
            parse = partial(inspected_batch, piece, reading.charset, self._options.tuning.raw_bytes)
            yield SmallPiece(parse, size) if is_small else parse
        if (error := self._change_of(file)) is not None:
            raise error
        self._charsets[file.name], self._digests[file.name] = reading.recognised, reading.digest

    def _change_of(self, file: InputFile) -> InputError | None:
        """Return the error for a file that changed while it was read; one of this machine is looked at later."""
        before = self._states.get(file.name)
        if file.local_path is not None or before is None or (now := file.state()) == before:
            return None
        found = f"{file.name} changed while it was read: it has {file.place.shown_state(now)}"
        return InputError(found, file.place.shown_state(before), "run again when nothing writes to it any more")

    def _with_charset(self, file: InputFile) -> InputFile:
        """Return a file to be read again with the encoding that was recognised before."""
        charset = self._charsets.get(file.name)
        return file if charset is None else replace(file, charset=charset)

    def _reader(self, file_format: FileFormat) -> FormatReader:
        if file_format not in self._readers:
            is_tolerant = len(self._files) > 1
            self._readers[file_format] = file_format.load()(file_format, self._tree, self._options, is_tolerant)
        return self._readers[file_format]

    def _begin_next(self) -> None:
        self._close_last()
        self._counts.append(InputCounts())

    def _close_last(self) -> None:
        if not self._counts:
            return
        file = self._files[len(self._counts) - 1]
        if not file.format.is_one_record:  # else it may be rejected, and the other files are read all the same
            hint = "standard input is read as JSON lines" if file.is_stdin else "is the suffix of its name right?"
            self._counts[-1].close(file.name, hint)

    def _size(self, file: InputFile) -> int:
        """Return the size that a file had, as it is stored, when it was first asked for; 0 if it was gone."""
        if file.name not in self._sizes:
            try:
                self._sizes[file.name] = file.size()
            except (OSError, InputError):
                self._sizes[file.name] = 0
        return self._sizes[file.name]

    def _state(self, file: InputFile) -> State:
        """Return the state that a file had when it was first seen."""
        if file.name not in self._states:
            try:
                self._states[file.name] = file.found_state or file.state()
            except OSError as error:
                raise unreadable(file, error) from error
        return self._states[file.name]

    def _spooled(self, file: InputFile) -> InputFile:
        """Copy standard input to a file, because its kept lines are read again; other files are returned unchanged."""
        if not _is_unread_stdin(file):
            return file
        spooled = held_file(self, "dedup-stdin-", ".jsonl", self._options.scratch)
        with spooled.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool, 1 << 20)
        return replace(file, place=LocalFile(spooled))


def _is_unread_stdin(file: InputFile) -> bool:
    return file.is_stdin and file.local_path == Path(STDIN)


def _reason(error: InputError) -> str:
    """Return why files of a folder are not read."""
    return error.reason if isinstance(error, NoRecordsError) else "they lack a text field"


def _is_packed(file: InputFile) -> bool:
    return file.format.is_packed or file.relative.lower().endswith(COMPRESSED_SUFFIXES)


def _mixed(read: list[tuple[InputFile, InputCounts]], surveys: Mapping[str, FieldSurvey]) -> list[str]:
    """Report kept lines that are not all in one encoding."""
    found: dict[str, dict[str, None]] = {}
    for file, counts in read:
        if file.format.has_lines:
            charset = UTF_8 if surveys.get(file.name, FieldSurvey()).is_document else counts.charset
            found.setdefault(file.format.name, {})[charset.shown] = None
    return [
        f"kept.{name} holds lines in {' and '.join(shown)}: lines are kept as they were"
        for name, shown in found.items()
        if len(shown) > 1
    ]


class _Distinct:
    """The distinct values that many files share, with their numbers, in a form that JSON can hold."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[bytes, int] = {}

    def number(self, value: FieldCounts | FieldSurvey) -> int:
        """Return the number of a value."""
        key = orjson.dumps(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(asdict(value))
        return self._numbers[key]


def _raise(error: Exception) -> NoReturn:
    raise error


def _united(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:  # a column is a number here and a string there
        plain = [
            pa.table([as_strings(column.to_pylist()) for column in table.columns], table.column_names)
            for table in tables
        ]
        return pa.concat_tables(plain, promote_options="default")
