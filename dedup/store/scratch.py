"""Keep a run's data in scratch files, and read them as arrays as if they were in memory.

What a run maps into memory counts as its memory, though the system could take it back at any time. So stages work in
slices and `release` what they have read: then no more is resident than a slice, however large the corpus.
"""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import InputError, OutputError
from dedup.store.private import opener
from dedup.store.work_folder import SCRATCH_SUFFIX

T = TypeVar("T", bound=np.generic)

DEFAULT_MEMORY = 4_000_000_000


def scratch_error(error: OSError, scratch: Path | None) -> OutputError:
    """Return the error for a scratch folder that cannot be written to."""
    problem = (error.strerror or str(error)).lower().replace(" on device", "")
    place = scratch or tempfile.gettempdir()
    hint = "free some, or choose another --scratch" if error.errno == errno.ENOSPC else "choose another --scratch"
    return OutputError(f"{problem} for temporary files in {place}", hint=hint)


def damaged(path: Path, found: str, expected: str) -> InputError:
    """Return the error for a scratch file that differs from what an earlier process saved."""
    return InputError(f"{path} {found}", expected, "the saved state is damaged: run without --resume")


class ScratchArray:
    """An array in a scratch file that grows at its end.

    Writes go through the file, not through a mapping: a full disk is then an error that can be caught.

    Parameters
    ----------
    dtype : numpy dtype
    place : Path or None
        Folder of the file; the system's place for temporary files by default.
    name : str or None
        Of the file, in ``place``. None: it has no name, and is gone with the process however that ends.
    size : int
        Number of values that a file with a name holds already; anything after them is cut off.
    """

    def __init__(self, dtype: npt.DTypeLike, place: Path | None = None, name: str | None = None, size: int = 0) -> None:
        self._dtype = np.dtype(dtype)
        self._size = self._synced = size
        self._place = place
        try:
            if place is None or name is None:
                self._file: Any = tempfile.TemporaryFile(dir=place, prefix="dedup-")  # noqa: SIM115 - as long as we live
            else:
                self._file = open(place / name, "r+b" if size else "w+b", opener=opener)  # noqa: SIM115 - likewise
                there = os.fstat(self._file.fileno()).st_size // self._dtype.itemsize
                if there < size:
                    self._file.close()
                    raise damaged(place / name, f"holds {there:,} values", f"{size:,}")
                self._file.truncate(size * self._dtype.itemsize)
                self._file.seek(0, os.SEEK_END)
        except FileNotFoundError as error:
            if size and place is not None and name is not None:
                raise damaged(place / name, "is missing", "the saved file") from error
            raise scratch_error(error, place) from error
        except OSError as error:
            raise scratch_error(error, place) from error

    def __len__(self) -> int:
        return self._size

    @property
    def total_bytes(self) -> int:
        """Bytes in the file."""
        return self._size * self._dtype.itemsize

    def append(self, values: npt.NDArray[Any]) -> None:
        """Append values.

        Raises
        ------
        OutputError
            When the disk of the scratch folder is full, or fails.
        """
        try:
            self._file.write(np.ascontiguousarray(values, self._dtype).data)
        except OSError as error:
            raise scratch_error(error, self._place) from error
        self._size += len(values)

    def view(self) -> npt.NDArray[Any]:
        """Return all values as one read-only array over the file."""
        try:
            self._file.flush()
        except OSError as error:
            raise scratch_error(error, self._place) from error
        if self._size == 0:
            return read_only(np.empty(0, self._dtype))
        size = self._size * self._dtype.itemsize
        # The mapping ends where the array does now, whatever is appended later.
        return np.frombuffer(mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ), self._dtype)

    def load(self) -> npt.NDArray[Any]:
        """Return all values as a read-only array in memory, which is faster to read at random than a view."""
        values = np.empty(self._size, self._dtype)
        try:
            self._file.seek(0)
            self._file.readinto(values.data.cast("B"))
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise scratch_error(error, self._place) from error
        return read_only(values)

    def sync(self) -> None:
        """Have the system write everything appended to the disk.

        Raises
        ------
        OutputError
            As ``append``.
        """
        if self._size == self._synced:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise scratch_error(error, self._place) from error
        self._synced = self._size

    def close(self) -> None:
        """Close the file; if it has no name, its space is free. Views must not be used any longer."""
        with suppress(OSError):  # the disk is full, and what is left to write is of no use
            self._file.close()


class ScratchStrings:
    """Strings or bytes in scratch files, which grow at their end and may be null.

    Parameters
    ----------
    data, lengths : ScratchArray
        Of uint8, and of int64.
    """

    def __init__(self, data: ScratchArray, lengths: ScratchArray) -> None:
        self._data = data
        self._lengths = lengths

    def append(self, strings: pa.Array) -> None:
        """Append the values of an Arrow array of strings or bytes."""
        large = strings.cast(pa.large_binary())
        _, offsets, data = large.buffers()
        bounds = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1] if len(large) else [0]
        if data is not None:
            self._data.append(np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]])
        lengths = np.diff(bounds)
        if large.null_count:
            lengths[np.asarray(large.is_null())] = -1
        self._lengths.append(lengths)

    def view(self, kind: pa.DataType) -> pa.Array:
        """Return all values as ``pa.large_string()`` or ``pa.large_binary()``."""
        lengths = self._lengths.view()
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(np.maximum(lengths, 0), out=offsets[1:])
        there = pa.py_buffer(np.packbits(lengths >= 0, bitorder="little")) if (lengths < 0).any() else None
        buffers = [there, pa.py_buffer(offsets), pa.py_buffer(self._data.view())]
        return pa.Array.from_buffers(kind, len(lengths), buffers)


class Scratch:
    """The scratch files of a run, by name, and the memory that it may use.

    Parameters
    ----------
    place : Path or None
        Folder of the files; the system's place for temporary files by default.
    memory : int
        Bytes; stages choose the size of their tables and slices by it.
    lasting : bool
        The files have names, and stay when the process ends.
    """

    def __init__(self, place: Path | None = None, memory: int = DEFAULT_MEMORY, lasting: bool = False) -> None:
        self.memory = memory
        self._place = place
        self._lasting = lasting
        self._arrays: dict[str, ScratchArray] = {}

    def array(self, name: str, dtype: npt.DTypeLike, size: int = 0) -> ScratchArray:
        """Return an array, new or with the values that an earlier process left; an open one of this name is closed."""
        if name in self._arrays:
            self._arrays.pop(name).close()
        self._arrays[name] = ScratchArray(dtype, self._place, _file_name(name) if self._lasting else None, size)
        return self._arrays[name]

    def drop(self, name: str) -> None:
        """Free the space of an array; views must not be used any longer."""
        self._arrays.pop(name).close()
        if self._place is not None and self._lasting:
            (self._place / _file_name(name)).unlink(missing_ok=True)

    def __getitem__(self, name: str) -> ScratchArray:
        """Return the array of that name."""
        return self._arrays[name]

    @property
    def total_bytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.total_bytes for array in self._arrays.values())

    def sizes(self) -> dict[str, int]:
        """Return the number of values of each array."""
        return {name: len(array) for name, array in self._arrays.items()}

    def sync(self) -> None:
        """Have the system write all arrays to the disk."""
        for array in list(self._arrays.values()):
            array.sync()

    def close(self) -> None:
        """Close all files."""
        while self._arrays:
            self._arrays.popitem()[1].close()


def _file_name(name: str) -> str:
    return f"{name}{SCRATCH_SUFFIX}"


def release(*arrays: npt.NDArray[Any]) -> None:
    """Release the memory that views of scratch files occupy; they stay valid, and are read again when needed."""
    for array in arrays:
        root: Any = array
        while isinstance(root, np.ndarray):
            root = root.base
        if isinstance(root, memoryview):
            root = root.obj
        if isinstance(root, mmap.mmap) and hasattr(root, "madvise"):  # not on Windows
            root.madvise(mmap.MADV_DONTNEED)


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return the array in the form of arrays from scratch files, because kernels compile once for each form."""
    view = array.view()
    view.flags.writeable = False
    return view
