"""Write and read run files of sorted postings, which never change once synced, and the table of frequencies.

A run file holds near postings, then rare postings, then the checksums of their blocks, then the sketch size of each
document from the first to the last, one byte each, then the checksum of everything after the postings. Postings are
verified against their checksums when they are read. The digest of the file is in the database, for `check`.
"""

from __future__ import annotations

import mmap
import os
import re
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from dedup.index.folder.database import RunFile
from dedup.index.search.postings import Run, StoredRun, checksums, pruned
from dedup.index.stored import MOST_DOCUMENTS
from dedup.kernels.sorted_postings import SUMMED
from dedup.store.durable import sync_folder
from dedup.store.private import opener_in

RUNS = "runs"
"""Name of the folder of segments in that of the index."""

PART_BITS = 4
"""Runs are merged a range of keys at a time (those with the same upper bits), so that only a part is in memory."""

CODEC = "lz4"  # it unpacks at gigabytes a second

BLOCK = 1 << 22  # bytes that are read at a time to take a digest


class MappedRun(NamedTuple):
    """A run file that is mapped into memory."""

    file: RunFile
    near: StoredRun
    rare: StoredRun
    sketch_sizes: npt.NDArray[np.uint8]


def write(folder: Path, pieces: Iterable[npt.NDArray[np.generic]], suffix: str) -> tuple[str, str]:
    """Write arrays to a new file, synced to the disk.

    Returns
    -------
    name, digest : str

    Raises
    ------
    OSError
        The file is then gone.
    """
    name = f"{uuid.uuid4().hex[:16]}.{suffix}"
    path = folder / name
    digest = xxhash.xxh3_128()
    try:
        with open(path, "xb", opener=opener_in(folder)) as file:
            for piece in pieces:
                data = np.ascontiguousarray(piece).view(np.uint8).data
                file.write(data)
                digest.update(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name, digest.hexdigest()


OURS = re.compile(r"[0-9a-f]{16}\.(run|frequencies)")
"""Names that `write` gives."""


def place(folder: Path, name: str) -> Path:
    """Return the path of a file that the index lists.

    Raises
    ------
    ValueError
        When it is no name of ours: an index from elsewhere must not make us read, or remove, other files.
    """
    if not OURS.fullmatch(name):
        raise ValueError(f"it lists a file {name!r}, which is not one of an index")
    return folder / name


def digest_of(path: Path) -> str:
    """Return the digest of a file as `write` gives it."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while data := file.read(BLOCK):
            digest.update(data)
    return digest.hexdigest()


def map_file(path: Path, size: int) -> mmap.mmap:
    """Map a file that is read at random places.

    Raises
    ------
    OSError, ValueError
        If it is not there, or has another size.
    """
    with path.open("rb") as opened:
        found = os.fstat(opened.fileno()).st_size
        if found != size:
            raise ValueError(f"{path.name} has {found:,} bytes instead of {size:,}")
        view = mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_READ)
    if hasattr(view, "madvise"):
        view.madvise(mmap.MADV_RANDOM)
    return view


def map_run(folder: Path, file: RunFile) -> MappedRun:
    """Map a run file.

    Raises
    ------
    OSError, ValueError
        If it is not there, or not as large as it must be.
    """
    if not (0 <= file.first <= file.last and file.near >= 0 and file.rare >= 0):
        raise ValueError(f"{file.name} has documents {file.first} to {file.last}")
    n_documents = file.last - file.first + 1
    blocks = [-(-count // SUMMED) for count in (file.near, file.rare)]
    behind = 8 * (file.near + file.rare)
    size = behind + 8 * sum(blocks) + n_documents + 8
    view = map_file(place(folder, file.name), size)
    if xxhash.xxh3_64_digest(view[behind:-8]) != view[-8:]:
        raise ValueError(f"{file.name} differs from what was written")
    near = np.frombuffer(view, np.uint64, file.near)
    rare = np.frombuffer(view, np.uint64, file.rare, 8 * file.near)
    sums = np.frombuffer(view[behind : behind + 8 * sum(blocks)], np.uint64)
    runs = StoredRun.of(near, sums[: blocks[0]]), StoredRun.of(rare, sums[blocks[0] :])
    return MappedRun(file, *runs, np.frombuffer(view, np.uint8, n_documents, size - 8 - n_documents))


def write_run(
    folder: Path,
    near: Sequence[Run],
    rare: Sequence[Run],
    sizes: npt.NDArray[np.uint8],
    first: int,
    n_documents: int,
    is_removed: npt.NDArray[np.bool_],
    limit: int,
) -> RunFile:
    """Write several sorted runs to one file, without postings that no search can reach.

    Parameters
    ----------
    folder : Path
    near, rare : sequences of uint64 array
    sizes : uint8 array
        Sketch sizes of the documents from the first one on.
    first : int
        Number of that document.
    n_documents : int
        How many there are.
    is_removed : bool array
        By number: documents whose postings are left out.
    limit : int
        The postings of a rare pair are written for only this many documents: if more have the pair, it is common by
        now, or the others are near copies, which are found by their bands.
    """
    counts = [0, 0]
    kept_sizes = np.where(is_removed[first : first + len(sizes)], np.uint8(0), sizes)

    def pieces() -> Iterable[npt.NDArray[np.generic]]:
        behind = []
        for kind, runs in enumerate((near, rare)):
            summed = _BlockSums()
            for part in key_ranges(runs):
                part = part[~is_removed[part & np.uint64(MOST_DOCUMENTS - 1)]]
                if kind == 1:
                    part = pruned(part, limit)
                counts[kind] += len(part)
                summed.add(part)
                yield part
            behind.append(summed.sums())
        data = b"".join([sums.tobytes() for sums in behind] + [kept_sizes.tobytes()])
        yield np.frombuffer(data + xxhash.xxh3_64_digest(data), np.uint8)

    name, digest = write(folder, pieces(), "run")
    return RunFile(name, first, first + len(sizes) - 1, n_documents, counts[0], counts[1], digest)


class _BlockSums:
    """The checksums of postings that arrive in parts."""

    def __init__(self) -> None:
        self._sums: list[Run] = []
        self._rest = np.empty(0, np.uint64)

    def add(self, part: Run) -> None:
        """Add the next postings."""
        together = np.concatenate([self._rest, part])
        whole = len(together) // SUMMED * SUMMED
        self._sums.append(checksums(together[:whole]))
        self._rest = together[whole:]

    def sums(self) -> Run:
        """Return the checksum of each block."""
        return np.concatenate([*self._sums, checksums(self._rest)])


def merge_runs(folder: Path, runs: Sequence[MappedRun], is_removed: npt.NDArray[np.bool_], limit: int) -> RunFile:
    """Merge run files into a new one; parameters as for `write_run`."""
    first = runs[0].file.first
    sizes = np.zeros(runs[-1].file.last + 1 - first, np.uint8)
    for run in runs:
        sizes[run.file.first - first : run.file.last + 1 - first] = run.sketch_sizes
    near, rare = [run.near.verified() for run in runs], [run.rare.verified() for run in runs]
    n_documents = sum(run.file.documents for run in runs) - gone_of(runs, is_removed)
    return write_run(folder, near, rare, sizes, first, n_documents, is_removed, limit)


def gone_of(runs: Sequence[MappedRun], is_removed: npt.NDArray[np.bool_]) -> int:
    """Return how many documents of runs have been removed since these were written."""
    return sum(int(np.count_nonzero(is_removed[run.file.first : run.file.last + 1])) for run in runs)


def key_ranges(runs: Sequence[Run]) -> Iterable[Run]:
    """Yield the postings of all runs in order, one range of keys at a time."""
    borders = np.arange(1, 1 << PART_BITS, dtype=np.uint64) << np.uint64(64 - PART_BITS)
    cuts = [[0, *np.searchsorted(run, borders).tolist(), len(run)] for run in runs]
    for part in range(1 << PART_BITS):
        parts = [run[cut[part] : cut[part + 1]] for run, cut in zip(runs, cuts, strict=True)]
        together = np.concatenate(parts)
        if len(parts) > 1:
            together.sort()
        yield together


def is_sorted(run: Run) -> bool:
    """Return whether postings are in order, checked one block at a time."""
    step = BLOCK // 8
    blocks = (run[at : at + step + 1] for at in range(0, len(run), step))
    return all(bool((block[1:] >= block[:-1]).all()) for block in blocks)


def clean(folder: Path, named: set[str]) -> None:
    """Delete the files that the index does not list: those that a killed process had begun."""
    delete(folder, [path.name for path in folder.iterdir() if path.name not in named])


def delete(folder: Path, names: Iterable[str]) -> None:
    """Delete files; if that fails, they are deleted when the index is next opened for writing."""
    for name in names:
        if OURS.fullmatch(name):
            with suppress(OSError):
                (folder / name).unlink()


def write_table(folder: Path, counts: npt.NDArray[np.uint8], is_packed: bool) -> tuple[str, str]:
    """Write a table of frequencies; return its name and digest.

    Packed it takes half the room, but cannot be mapped: right for one that whoever opens the index has in memory.
    """
    data = np.frombuffer(pa.Codec(CODEC).compress(counts), np.uint8) if is_packed else counts
    return write(folder, [data], "frequencies")


def read_table(folder: Path, name: str, bits: int, is_packed: bool, own: bool, digest: str) -> npt.NDArray[np.uint8]:
    """Read a table of frequencies.

    Parameters
    ----------
    folder : Path
    name : str
    bits : int
        It has ``2 ** bits`` slots.
    is_packed : bool
    own : bool
        Read it into memory, to change it; otherwise a table that is not packed is mapped, and changed pages are copied.
    digest : str
        That `write_table` has returned.

    Raises
    ------
    OSError, ValueError
    """
    path, slots = place(folder, name), 1 << bits
    if digest_of(path) != digest:
        raise ValueError(f"{name} differs from what was written")
    if is_packed:
        data = path.read_bytes()
        try:
            return np.frombuffer(pa.Codec(CODEC).decompress(data, slots), np.uint8).copy()
        except OSError as error:
            raise ValueError(f"{name}: {error}") from error
    if path.stat().st_size != slots:
        raise ValueError(f"{name} has {path.stat().st_size:,} bytes instead of {slots:,}")
    if own:
        return np.fromfile(path, np.uint8)
    with path.open("rb") as file:
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return np.frombuffer(view, np.uint8)
