"""Read plain text or HTML files as one document each, and copy the kept files."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dedup.io.bytes.paths import STDIN, InputFile
from dedup.io.bytes.streams import NotTextError, Reading, chunks, size_of, text_chunks
from dedup.io.bytes.surrogates import printable, readable
from dedup.io.fields.field_survey import FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import no_labels
from dedup.io.format_registry import FileFormat, format_named
from dedup.io.kept_files import KeptFiles
from dedup.io.notes.text_defects import TextDefect, count_defects, defect_notes, inspected_batch
from dedup.io.places.input_place import Place
from dedup.io.places.local_file import LocalFile
from dedup.io.places.urls import is_url
from dedup.io.read_options import ReadOptions, ReadTuning
from dedup.io.source import Batch, FilePiece, Rejection
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    from dedup.io.formats import KeptRecords


class PlainText:
    """The reader of files that are one document each, which copies the kept ones to a folder ``kept``.

    Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._kept_name = file_format.kept_name
        self._is_tolerant = is_tolerant
        self._longest = options.longest
        self._tuning = options.tuning
        self.surveys: dict[str, FieldSurvey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield the file as a piece of one record."""
        rejected = {}
        whole: bytes | None = None
        try:
            with closing(text_chunks(file, self._tuning.chunk_bytes, reading)) as found:
                whole = _held(found, self._longest)
            if len(whole) > self._longest:
                rejected[0] = Rejection.too_long(whole[: self._tuning.raw_bytes], size_of(file), self._longest)
                whole = None
        except NotTextError as error:
            if not self._is_tolerant:
                raise
            rejected[0] = Rejection(error.found.removeprefix(f"{file.name} "), *_beginning(file, self._tuning))
        reading.take(1)
        yield FilePiece(partial(_batch, file, whole, rejected), 1, 1)

    def names(self, file: InputFile) -> Sequence[str]:
        """Return nothing, because there are no fields."""
        return ()

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Copy the kept files, with their compression, under their relative names."""
        used: set[str] = set()
        for file, mask in kept:
            relative = _free_name(file.relative, used)
            used.add(relative.casefold())
            if mask.all():
                files.copy(file, f"{self._kept_name}/{relative}")

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept documents as columns ``id`` and ``text``."""
        files = [file for file, mask in kept if mask.all()]
        text = [readable(b"".join(text_chunks(file, self._tuning.chunk_bytes))) for file in files]
        return pa.table({"id": [file.relative for file in files], "text": pa.array(text, pa.large_string())})


def read_text(name: str, encoding: str | None = None) -> tuple[str, list[str]]:
    """Return the text of one file, plain or compressed, whatever its suffix; of a URL, a pipe, standard input (``-``).

    Returns
    -------
    text : str
    notes : list of str
        What may be wrong with it.

    Raises
    ------
    InputError
        When it cannot be read, or is not text.
    ParamsError
        When Python does not know the encoding.
    """
    with TemporaryDirectory() as folder:
        place = _place_of(name, Path(folder))
        shown = printable(place.shown if is_url(name) else name)
        file = InputFile(place, shown, shown, format_named("txt"), encoding=encoding)
        reading, tuning = Reading(), ReadTuning()
        whole = b"".join(text_chunks(file, tuning.chunk_bytes, reading))
    defects: dict[str, TextDefect] = {}
    count_defects(inspected_batch(partial(_batch, file, whole, {}), reading.charset, tuning.raw_bytes), defects)
    return readable(whole), defect_notes([(file.name, reading.charset, defects)])


def _place_of(name: str, folder: Path) -> Place:
    """Return where a text is, after a copy to a folder if it can be read only once."""
    path = Path(name)
    if is_url(name):
        from dedup.io.places.remote_object import object_at  # which other texts need not wait for
        from dedup.io.places.transfers import Transfers

        return object_at(name, Transfers(scratch=folder))
    if name == STDIN:
        path = folder / "text"
        path.write_bytes(sys.stdin.buffer.read())
    elif _is_pipe(path):  # as a shell makes of <(command); it can be read only once
        path = folder / "text"
        with open(name, "rb") as pipe:
            path.write_bytes(pipe.read())
    return LocalFile(path)


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except (OSError, ValueError):
        return False  # what is wrong is reported when it is read


def _beginning(file: InputFile, tuning: ReadTuning) -> tuple[bytes, int | None]:
    """Return the first bytes of a file, and its size if that is known."""
    with closing(chunks(file, tuning.chunk_bytes)) as found:
        held = _held(found, tuning.raw_bytes)
    return held[: tuning.raw_bytes], size_of(file) if len(held) > tuning.raw_bytes else len(held)


def _held(found: Iterator[bytes], most: int) -> bytes:
    """Return all bytes; if they are more than ``most``, only those read until that was seen."""
    held: list[bytes] = []
    size = 0
    for chunk in found:
        held.append(chunk)
        size += len(chunk)
        if size > most:
            break
    return b"".join(held)


def _batch(file: InputFile, whole: bytes | None, rejected: dict[int, Rejection]) -> Batch:
    name, text = pa.array([file.relative], pa.string()), pa.array([whole], pa.large_binary())
    return Batch(file.name, np.ones(1, np.int64), name, text, np.full(1, NO_DATE), no_labels(1), rejected)


def _free_name(relative: str, used: set[str]) -> str:
    """Return the name or, if a file of another folder has it, the first free one of ``name-2``, ``name-3`` ...

    Case is not counted as a difference: it is none on the file systems of macOS and Windows.
    """
    if relative.casefold() not in used:
        return relative
    path = PurePosixPath(relative)
    name, number = relative, 1
    while name.casefold() in used:
        number += 1
        stem, _, suffixes = path.name.partition(".")
        name = str(path.with_name(f"{stem}-{number}.{suffixes}"))
    return name
