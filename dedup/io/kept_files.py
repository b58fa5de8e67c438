"""Open the files that kept records are written to. Every format writes through here: names are made in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from dedup.io.bytes.compressed_file import BLOCK_BYTES, ByteStream, CompressedFile
from dedup.io.bytes.streams import chunks
from dedup.io.format_registry import Compression, FileFormat, plain_name
from dedup.io.kept_form import KeptForm
from dedup.io.output_names import kept_name

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dedup.io.bytes.paths import InputFile


class Sink(Protocol):
    """What the records of one file are written to, as a format has it: the stream itself, or a writer of tables."""

    def close(self) -> None:
        """Write what is left; the stream below is closed by the caller."""


S = TypeVar("S", bound=Sink)

Opened = Callable[[ByteStream, "InputFile"], S]
"""Begins a file of kept records: writes what stands before the records of an input file, and returns the sink."""


class KeptFiles:
    """The files of kept records that a run writes.

    Parameters
    ----------
    directory : Path
        An existing folder.
    form : KeptForm, optional
    """

    def __init__(self, directory: Path, form: KeptForm | None = None) -> None:
        self._directory = directory
        self.form = form or KeptForm()
        self._folders: set[str] = set()
        self._names: dict[str, None] = {}

    @property
    def names(self) -> list[str]:
        """What was written, relative to the directory; a folder of files is one name."""
        return [*self._names]

    def writer(self, file_format: FileFormat, opened: Opened[S]) -> KeptWriter[S]:
        """Return the writer of all kept records of a format, to be used as a context."""
        return KeptWriter(self, file_format, opened)

    def open(self, name: str, compression: Compression | None = None) -> ByteStream:
        """Open a file to write, by its name relative to the directory.

        Raises
        ------
        OSError
        """
        self._take(name)
        file = open(self._directory / name, "wb")  # noqa: SIM115  closed by the writer
        return file if compression is None else CompressedFile(file, compression.compressor, self.form.threads)

    def copy(self, file: InputFile, name: str) -> None:
        """Copy an input file as it is, to this name; compressed, if the form of kept files is.

        Raises
        ------
        OSError, InputError
        """
        compression = self.form.compression(file.format)
        if compression is None:
            self._take(name)
            file.copy_to(os.path.join(self._directory, name))
            return
        with closing(self.open(f"{plain_name(name)}{compression.suffix}", compression)) as stream:
            for chunk in chunks(file, BLOCK_BYTES):
                stream.write(chunk)

    def _take(self, name: str) -> None:
        """Note a name, and make the folder that it is in."""
        first, _, below = name.partition("/")
        folder = os.path.dirname(name)
        if below and folder not in self._folders:
            os.makedirs(os.path.join(self._directory, folder), exist_ok=True)
            self._folders.add(folder)
        self._names[first] = None


class KeptWriter(Generic[S]):
    """Writes the kept records of a format, in the order of the input; parameters as for `KeptFiles.writer`.

    Examples
    --------
    >>> with files.writer(file_format, opened) as output:  # doctest: +SKIP
    ...     for file in inputs:
    ...         output.begin(file)
    ...         for records in kept_records(file):
    ...             for sink, part in output.cut(sizes_of(records)):
    ...                 sink.write(records[part])
    """

    def __init__(self, files: KeptFiles, file_format: FileFormat, opened: Opened[S]) -> None:
        self._files = files
        self._format = file_format
        self._opened = opened
        self._stream: ByteStream | None = None
        self._sink: S | None = None

    def __enter__(self) -> KeptWriter[S]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._close()
        else:
            with suppress(Exception):  # what happened first is reported
                self._close()

    def begin(self, file: InputFile) -> None:
        """Say that the records that follow are of this file."""
        if self._stream is None:
            self._open(file)

    def cut(self, sizes: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[tuple[S, slice]]:
        """Cut records that follow one another into those that go to one file.

        Parameters
        ----------
        sizes : sequence of int, shape (n_records,)
            Bytes of each.

        Yields
        ------
        sink
        part : slice
            Which of the records are to be written to it.
        """
        assert self._sink is not None
        yield self._sink, slice(0, len(sizes))

    def _open(self, file: InputFile) -> None:
        compression = self._files.form.compression(self._format)
        suffix = "" if compression is None else compression.suffix
        self._stream = self._files.open(kept_name(self._format, suffix=suffix), compression)
        self._sink = self._opened(self._stream, file)

    def _close(self) -> None:
        try:
            if self._sink is not None:
                self._sink.close()
        finally:
            self._sink = None
            if self._stream is not None:
                self._stream.close()
