"""Records as they were read: who they are, where they stand, and where their tokens lie. First stage of a run."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.credits import HEAD_BYTES, TAIL_BYTES, ends_of
from dedup.io import Batch, Piece, Rejection, Source
from dedup.lsh import band_keys
from dedup.minhash import signatures
from dedup.params import Params
from dedup.progress import Progress
from dedup.schema import NO_DATE
from dedup.store import ScratchArray
from dedup.text import Tokens, buffers, tokenise

_Done = TypeVar("_Done")

SHOWN_BYTES = 96
"""How much of the beginning of a text is shown to people."""


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a run, in input order, rejected ones included (they have no tokens).

    Parameters
    ----------
    ids, sources : pyarrow string arrays
    files : list of str
    file, row : integer arrays, shape (n,)
        Index into ``files``, and the row in it.
    published : int64 array
        Microseconds since 1970 UTC or NO_DATE.
    has_text : bool array
        Whether there was any text, be it without words.
    digests : uint64 array, shape (n, 2)
    starts, ends : int64 array
        Where the tokens lie in ``tokens``.
    tokens : uint32 array
    keys : uint64 array, shape (n, bands)
    text_ends : uint8 array, shape (n, HEAD_BYTES + TAIL_BYTES)
        First and last bytes of each text, as `dedup.credits.ends_of` gives them.
    sizes : int64 array, shape (n,)
        Bytes of each text.
    rejected : dict of int to Rejection
        By record.
    text_bytes, unread_dates : int
    has_dates : bool
        Whether any record has a date.
    """

    ids: pa.ChunkedArray
    sources: pa.ChunkedArray
    files: list[str]
    file: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]
    published: npt.NDArray[np.int64]
    has_text: npt.NDArray[np.bool_]
    digests: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.uint32]
    keys: npt.NDArray[np.uint64]
    text_ends: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.int64]
    rejected: dict[int, Rejection]
    text_bytes: int
    unread_dates: int
    has_dates: bool

    def __len__(self) -> int:
        return len(self.row)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each record."""
        return self.ends - self.starts

    def place(self, record: int) -> str:
        """Return file and row of a record, as people write them."""
        return f"{self.files[self.file[record]]}:{self.row[record]}"

    def head(self, record: int) -> str:
        """Return the first words of a record's text."""
        size = min(int(self.sizes[record]), SHOWN_BYTES)
        text = self.text_ends[record, :size].tobytes().decode("utf-8", "ignore")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@dataclass(frozen=True, slots=True)
class _Sketched:
    """What is computed of one batch, on any thread."""

    tokens: Tokens
    keys: npt.NDArray[np.uint64]
    text_ends: npt.NDArray[np.uint8]
    seconds: float


def _sketch(texts: pa.LargeBinaryArray, params: Params, bands: int, rows: int) -> _Sketched:
    started = time.perf_counter()
    tokens = tokenise(texts)
    # The first bands * rows values of a signature are all that the bands read.
    keys = band_keys(signatures(tokens, params, length=bands * rows), bands, rows)
    return _Sketched(tokens, keys, ends_of(*buffers(texts)), time.perf_counter() - started)


def read_records(
    source: Source,
    params: Params,
    bands: int,
    rows: int,
    threads: int,
    scratch: Sequence[ScratchArray],
    progress: Progress,
) -> Records:
    """Read a source to its end, tokenise and sign its texts.

    Parameters
    ----------
    source : Source
    params : Params
    bands, rows : int
        Zero bands where no signatures are needed.
    threads : int
        Pieces are parsed and worked on by so many threads, while this one reads; with 1, all by this one.
    scratch : three ScratchArray
        Token hashes (uint32), band keys (uint64), ends of texts (uint8).
    progress : Progress
        Told the seconds of each stage, and how far the source is read.

    Returns
    -------
    Records
        Its large arrays are views of the scratch arrays.
    """
    tokens, keys, text_ends = scratch
    columns: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("file", "row", "published", "sizes", "digests", "lengths")
    }
    ids: list[pa.Array] = []
    sources: list[pa.Array] = []
    files: dict[str, int] = {}
    rejected: dict[int, Rejection] = {}
    total = text_bytes = unread_dates = 0

    def take(batch: Batch, sketched: _Sketched) -> None:
        """Append one batch; called in input order."""
        nonlocal total, text_bytes, unread_dates
        n = len(batch.row)
        tokens.append(sketched.tokens.hashes)
        keys.append(sketched.keys.ravel())
        text_ends.append(sketched.text_ends.ravel())
        columns["file"].append(np.full(n, files.setdefault(batch.file, len(files)), np.int32))
        columns["row"].append(batch.row)
        columns["published"].append(batch.published)
        sizes = np.diff(buffers(batch.text)[1])
        columns["sizes"].append(sizes)
        columns["digests"].append(sketched.tokens.digests)
        columns["lengths"].append(np.diff(sketched.tokens.offsets))
        ids.append(batch.id)
        sources.append(batch.source)
        rejected.update({total + position: rejection for position, rejection in batch.rejected.items()})
        total += n
        text_bytes += int(sizes.sum())
        unread_dates += batch.unread_dates
        progress.spent("tokens and signatures", sketched.seconds)
        progress.advance_to(source.bytes_read)

    for batch, sketched in _sketched(source, params, bands, rows, threads, progress):
        take(batch, sketched)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    ends = np.cumsum(joined["lengths"])
    return Records(
        ids=pa.chunked_array(ids, pa.string()),
        sources=pa.chunked_array(sources, pa.string()),
        files=list(files),
        file=joined["file"],
        row=joined["row"],
        published=joined["published"],
        has_text=joined["sizes"] > 0,
        digests=joined["digests"],
        starts=ends - joined["lengths"],
        ends=ends,
        tokens=tokens.view(),
        keys=keys.view().reshape(total, bands),
        text_ends=text_ends.view().reshape(total, HEAD_BYTES + TAIL_BYTES),
        sizes=joined["sizes"],
        rejected=rejected,
        text_bytes=text_bytes,
        unread_dates=unread_dates,
        has_dates=bool((joined["published"] != NO_DATE).any()),
    )


def _sketched(
    source: Source, params: Params, bands: int, rows: int, threads: int, progress: Progress
) -> Iterator[tuple[Batch, _Sketched]]:
    """Yield every batch with what was computed of it, in input order."""

    def work(piece: Piece) -> tuple[Batch, float, _Sketched]:
        started = time.perf_counter()
        batch = piece()
        return batch, time.perf_counter() - started, _sketch(batch.text, params, bands, rows)

    for batch, parsing, sketched in _in_order(work, _timed(source.pieces(ahead=threads > 1), progress), threads):
        progress.spent("read", parsing)
        source.accept(batch)
        yield batch, sketched
    source.finish()


def _in_order(work: Callable[[Piece], _Done], pieces: Iterator[Piece], threads: int) -> Iterator[_Done]:
    """Yield what ``work`` makes of each piece, in order; with more than one thread they work and this one reads."""
    if threads <= 1:
        yield from map(work, pieces)
        return
    waiting: deque[Future[_Done]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                del piece  # the queue alone decides how long it lives
                if len(waiting) > threads + 1:  # bounds the memory: no more pieces are alive than threads, and two
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _timed(pieces: Iterator[Piece], progress: Progress) -> Iterator[Piece]:
    """Pass on pieces and tell how long each took to read."""
    while True:
        started = time.perf_counter()
        piece = next(pieces, None)
        progress.spent("read", time.perf_counter() - started)
        if piece is None:
            return
        yield piece
