"""Open the files that kept records are written to. Every format writes through here: names are made in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from dedup.errors import OutputError, ParamsError
from dedup.io.bytes.compressed_file import BLOCK_BYTES, ByteStream, CompressedFile
from dedup.io.bytes.streams import chunks, compression_and_mark
from dedup.io.format_registry import Compression, FileFormat, plain_name
from dedup.io.kept_form import KeptForm
from dedup.io.output_names import kept_name
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
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
    place : Path or int
        An existing folder, or the number of an open file: a stream that all is written to.
    form : KeptForm, optional
    meter : Meter
        Counts the records that are written.

    Attributes
    ----------
    form, meter
        As above.
    """

    def __init__(self, place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER) -> None:
        self._place = place
        self.meter = meter
        self.form = form or KeptForm()
        self._folders: set[str] = set()
        self._names: dict[str, None] = {}

    @property
    def names(self) -> list[str]:
        """What was written, relative to the directory; a folder of files is one name."""
        return [*self._names]

    def writer(self, file_format: FileFormat, records: int, opened: Opened[S]) -> KeptWriter[S]:
        """Return the writer of all kept records of a format, to be used as a context.

        Parameters
        ----------
        file_format : FileFormat
        records : int
            How many records there are.
        opened : callable
            Begins a file.
        """
        return KeptWriter(self, file_format, records, opened)

    def open(self, name: str, compression: Compression | None = None) -> ByteStream:
        """Open a file to write, by its name relative to the directory.

        Raises
        ------
        OSError
        """
        if isinstance(self._place, int):
            file = open(self._place, "wb", closefd=False)  # noqa: SIM115  closed by the writer, as the other
        else:
            file = open(self._taken(name), "wb")  # noqa: SIM115
        return file if compression is None else CompressedFile(file, compression.compressor, self.form.threads)

    def copy(self, file: InputFile, name: str) -> None:
        """Copy an input file as it is, to this name; compressed, if the form of kept files is.

        Raises
        ------
        OSError, InputError
        """
        compression = self.form.compression(file.format)
        if compression is None:
            file.copy_to(self._taken(name))
        else:
            with closing(self.open(f"{plain_name(name)}{compression.suffix}", compression)) as stream:
                for chunk in chunks(file, BLOCK_BYTES):
                    stream.write(chunk)
        self.meter.advance(1)

    def open_as(self, file: InputFile) -> ByteStream:
        """Open the file of what is kept of an input file, compressed as that one is, and with its byte order mark.

        Raises
        ------
        OSError, InputError
        """
        compression, mark = (None, b"") if file.format.is_packed else compression_and_mark(file)
        stream = self.open(name_of(file), compression)
        stream.write(mark)
        return stream

    def copy_whole(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> bool:
        """Copy an input file of which all records are kept; return whether that is so."""
        if file.format.written_as or not mask.all():
            return False
        self.copy(file, name_of(file))
        return True

    def _taken(self, name: str) -> str:
        """Note a name, and return the path for it, in a folder that exists.

        Raises
        ------
        OSError, OutputError
        """
        assert not isinstance(self._place, int)
        first, _, below = name.partition("/")
        folder = os.path.dirname(name)
        is_within = os.path.normpath(name).startswith(os.path.join(first, ""))
        if below and not is_within:  # a member of an archive may be called anything
            raise OutputError(f"{name} leads out of the output", hint="unpack the archive first, and look at it")
        if below and folder not in self._folders:
            os.makedirs(os.path.join(self._place, folder), exist_ok=True)
            self._folders.add(folder)
        self._names[first] = None
        return os.path.join(self._place, name)


class KeptWriter(Generic[S]):
    """Writes the kept records of a format, in the order of the input; parameters as for `KeptFiles.writer`.

    Shards of a number are balanced by records: of two none has more than one record more than the other.

    Examples
    --------
    >>> with files.writer(file_format, opened) as output:  # doctest: +SKIP
    ...     for file in inputs:
    ...         output.begin(file)
    ...         for records in kept_records(file):
    ...             for sink, part in output.cut(sizes_of(records)):
    ...                 sink.write(records[part])
    """

    def __init__(self, files: KeptFiles, file_format: FileFormat, records: int, opened: Opened[S]) -> None:
        self._files = files
        self._form = files.form
        self._count, self._most = self._form.shard_count, self._form.shard_bytes
        self._format = file_format
        self._records = records
        self._opened = opened
        self._first: InputFile | None = None
        self._stream: ByteStream | None = None
        self._sink: S | None = None
        self._number = -1
        self._done = self._done_before = self._size = 0

    def __enter__(self) -> KeptWriter[S]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            while self._first is not None and self._number + 1 < (self._count or 0):
                self._open_next()
            self._close()
        else:
            with suppress(Exception):  # what happened first is reported
                self._close()

    def begin(self, file: InputFile) -> None:
        """Say that the records that follow are of this file."""
        if self._first is None:
            self._first = file
            if not self._form.is_same:
                self._open_next()
        if self._form.is_same:
            self._close()
            self._stream = self._files.open_as(file)
            self._sink = self._opened(self._stream, file)

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
        first = 0
        while first < len(sizes):
            taken = self._taken(sizes[first:])
            if not taken:
                self._open_next()
                continue
            assert self._sink is not None
            yield self._sink, slice(first, first + taken)
            self._files.meter.advance(taken)
            self._done += taken
            first += taken

    def _taken(self, sizes: Sequence[int] | npt.NDArray[np.int64]) -> int:
        """Return how many of the next records go to the file that is open."""
        if self._count is not None:
            return min(len(sizes), (self._number + 1) * self._records // self._count - self._done)
        if self._most is not None:
            ends = self._size + np.cumsum(sizes)
            taken = int(np.searchsorted(ends, self._most, "right")) or int(self._done == self._done_before)
            self._size = int(ends[taken - 1]) if taken else 0
            return taken
        return len(sizes)

    def _open_next(self) -> None:
        """Close the file that is open, and open the next."""
        assert self._first is not None
        self._close()
        self._number, self._done_before, self._size = self._number + 1, self._done, 0
        compression = self._form.compression(self._format)
        shard = None if self._form.shards is None else self._number
        suffix = "" if compression is None else compression.suffix
        name = kept_name(self._format, shard, self._count, suffix)
        self._stream = self._files.open(name, compression)
        self._sink = self._opened(self._stream, self._first)

    def _close(self) -> None:
        try:
            if self._sink is not None:
                self._sink.close()
        finally:
            stream, self._sink, self._stream = self._stream, None, None
            if stream is not None:
                stream.close()


def name_of(file: InputFile) -> str:
    """Return the name of the file of what is kept of an input file, if each has its own."""
    return f"kept/{file.relative}{file.format.written_as}"


def require_names(files: Sequence[InputFile]) -> None:
    """Refuse input files that cannot each have a file of what is kept of it.

    Raises
    ------
    ParamsError
        When two would have one name, or one of them has none.
    """
    taken: dict[str, str] = {}
    for file in files:
        if file.is_stdin:
            raise ParamsError("layout 'same' with standard input, which has no name", "files and folders")
        name = name_of(file)
        key = name.casefold()  # on macOS and Windows no other name
        if other := taken.get(key):
            hint = "name the folder that both are in, or run them separately"
            found = f"layout 'same': {other} and {file.name} would both be {name}"
            raise ParamsError(found, "names of their own", hint)
        taken[key] = file.name
    folders = {str(above): file for file in files for above in PurePosixPath(name_of(file).casefold()).parents}
    for key in taken.keys() & folders.keys():
        found = f"layout 'same': {taken[key]} would be {key}, the folder of {folders[key].name}"
        raise ParamsError(found, "names of their own", "run them separately")


def count_kept(kept: Iterable[tuple[object, npt.NDArray[np.bool_]]]) -> int:
    """Return how many records of some files are kept."""
    return sum(int(np.count_nonzero(mask)) for _, mask in kept)
