"""The token store: every document's token hashes in one scratch file, from which all later stages work."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from dedup.errors import OutputError

T = TypeVar("T", bound=np.generic)


def scratch_error(error: OSError, scratch: Path | None) -> OutputError:
    """Return the error for a scratch folder that cannot be written to."""
    problem = (error.strerror or str(error)).lower().replace(" on device", "")
    place = scratch or tempfile.gettempdir()
    return OutputError(f"{problem} for temporary files in {place}", hint="free some, or choose another --scratch")


class ScratchArray:
    """An array that grows at its end and lives in an unnamed scratch file, gone with the process.

    Writes go through the file, not through a mapping: a full disk is then an error that can be caught.

    Parameters
    ----------
    dtype : numpy dtype
    scratch : Path or None
        Folder of the file; the system's place for temporary files by default.
    """

    def __init__(self, dtype: npt.DTypeLike, scratch: Path | None = None) -> None:
        self._dtype = np.dtype(dtype)
        try:
            self._file: Any = tempfile.TemporaryFile(dir=scratch, prefix="dedup-")  # noqa: SIM115 - as long as we live
        except OSError as error:
            raise scratch_error(error, scratch) from error
        self._size = 0
        self._scratch = scratch

    def __len__(self) -> int:
        return self._size

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write values behind the last ones.

        Raises
        ------
        OutputError
            When the disk of the scratch folder is full, or fails.
        """
        try:
            self._file.write(np.ascontiguousarray(values, self._dtype).data)
        except OSError as error:
            raise scratch_error(error, self._scratch) from error
        self._size += len(values)

    def view(self) -> npt.NDArray[Any]:
        """Return all that was written as one read-only array over the file."""
        try:
            self._file.flush()
        except OSError as error:
            raise scratch_error(error, self._scratch) from error
        if self._size == 0:
            empty = np.empty(0, self._dtype)
            empty.flags.writeable = False
            return empty
        return np.asarray(np.memmap(self._file, self._dtype, mode="r", shape=(self._size,)))

    def close(self) -> None:
        """Give the file's space back; views must not be used any more."""
        self._file.close()


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return the array as those from a scratch file are: kernels would compile once for each kind."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True)
class Corpus:
    """The distinct texts of a run, in the order in which they are preferred as the one to keep.

    All stages after reading number documents by their place here: an earlier one wins over a later one, and nothing can
    depend on the order of the input.

    Parameters
    ----------
    tokens : uint32 array
        The token store.
    starts, ends : int64 array, shape (n_documents,)
        Document ``i`` has ``tokens[starts[i]:ends[i]]``.
    """

    tokens: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", read_only(self.tokens))

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, documents: npt.NDArray[np.int64]) -> Corpus:
        """Return a corpus of some documents alone, their tokens copied, in this order."""
        ends = np.cumsum(self.lengths[documents])
        texts = [self.tokens[self.starts[document] : self.ends[document]] for document in documents]
        return Corpus(np.concatenate([self.tokens[:0], *texts]), ends - self.lengths[documents], ends)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each document."""
        return self.ends - self.starts

    @property
    def longest(self) -> int:
        """Tokens of the longest document, at least 1."""
        return int(self.lengths.max(initial=1))
