"""Plain text, or HTML: one file is one document."""

from __future__ import annotations

import shutil
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
from dedup.io.bytes.streams import CHUNK_BYTES, NotTextError, Reading, chunks, size_of, text_chunks
from dedup.io.bytes.surrogates import printable, readable
from dedup.io.fields.field_counts import Survey
from dedup.io.notes import text_defects as doubts
from dedup.io.source import LONGEST, RAW_BYTES, Batch, Piece, Rejection
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    import numpy.typing as npt


class PlainText:
    """Reads each file as one document and copies the kept ones into a folder ``kept``.

    Parameters
    ----------
    tolerant : bool
        Reject a file that is not text, as a record among others, instead of stopping at it.
    longest : int
        Bytes of the longest file that is read.
    """

    def __init__(self, tolerant: bool = False, longest: int = LONGEST) -> None:
        self._tolerant = tolerant
        self._longest = longest
        self.surveys: dict[str, Survey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[Piece]:
        """Yield the file as a piece of one record."""
        rejected = {}
        whole: bytes | None = None
        try:
            with closing(text_chunks(file, CHUNK_BYTES, reading)) as found:
                whole = _held(found, self._longest)
            if len(whole) > self._longest:
                rejected[0] = Rejection.too_long(whole, size_of(file), self._longest)
                whole = None
        except NotTextError as error:
            if not self._tolerant:
                raise
            rejected[0] = Rejection(error.found.removeprefix(f"{file.name} "), *_beginning(file))
        yield partial(_batch, file, whole, rejected)

    def names(self, file: InputFile) -> Sequence[str]:
        """Return nothing: there are no fields."""
        return ()

    def write_kept(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]], directory: Path) -> list[str]:
        """Copy the kept files, compressed as they are, under their relative names."""
        taken: set[str] = set()
        for file, mask in kept:
            relative = _free_name(file.relative, taken)
            taken.add(relative.casefold())
            if mask.all():
                target = directory / "kept" / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.path, target)
        return ["kept"] if (directory / "kept").exists() else []

    def kept_table(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> pa.Table:
        """Return the kept documents as columns ``id`` and ``text``."""
        files = [file for file, mask in kept if mask.all()]
        text = [readable(b"".join(text_chunks(file))) for file in files]
        return pa.table({"id": [file.relative for file in files], "text": pa.array(text, pa.large_string())})


def read_text(name: str, encoding: str | None = None) -> tuple[str, list[str]]:
    """Return one text: a file, plain or compressed, whatever its suffix, or ``-`` for standard input.

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
        path = Path(name)
        if name == STDIN:
            path = Path(folder, "text")
            path.write_bytes(sys.stdin.buffer.read())
        file = InputFile(path, printable(name), printable(name), "txt", encoding=encoding)
        reading = Reading()
        whole = b"".join(text_chunks(file, CHUNK_BYTES, reading))
    told: dict[str, doubts.Doubt] = {}
    doubts.count(doubts.examined(partial(_batch, file, whole, {}), reading.charset), told)
    return readable(whole), doubts.notes([(file.name, reading.charset, told)])


def _beginning(file: InputFile) -> tuple[bytes, int | None]:
    """Return the first bytes of a file, and how many it has, if that is known."""
    with closing(chunks(file, CHUNK_BYTES)) as found:
        held = _held(found, RAW_BYTES)
    return held[:RAW_BYTES], size_of(file) if len(held) > RAW_BYTES else len(held)


def _held(found: Iterator[bytes], most: int) -> bytes:
    """Return all bytes, or if there are more than so many, those that were read when that was seen."""
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
    return Batch(file.name, np.ones(1, np.int64), name, text, np.full(1, NO_DATE), pa.nulls(1, pa.string()), rejected)


def _free_name(relative: str, taken: set[str]) -> str:
    """Return the name, or where another folder has had the same one, the first of ``name-2``, ``name-3`` ... free.

    Case is not counted as a difference: it is none on the file systems of macOS and Windows.
    """
    path = PurePosixPath(relative)
    name, number = relative, 1
    while name.casefold() in taken:
        number += 1
        stem, _, suffixes = path.name.partition(".")
        name = str(path.with_name(f"{stem}-{number}.{suffixes}"))
    return name
