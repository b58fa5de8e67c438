"""Reading: pieces of the input to tokens and band keys, written to scratch files as they come. First stage of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.attribution.credits import HEAD_BYTES, TAIL_BYTES, ends_of
from dedup.candidates.lsh import band_keys
from dedup.candidates.signatures import signatures
from dedup.dates import UnreadableDates
from dedup.io import Batch, Piece, Source
from dedup.io.bytes.surrogates import printable
from dedup.params import Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.progress import Progress
from dedup.run.records import Records, Rejected
from dedup.schema import NO_DATE
from dedup.store.corpus import ScratchStrings, Segments
from dedup.store.secret import Key
from dedup.store.slices import in_turn
from dedup.text.markup import without_markup
from dedup.text.tokens import Tokens, buffers, tokenise

COLUMNS = {
    "tokens": np.uint32,
    "fingerprints": np.uint16,
    "ends of texts": np.uint8,
    "file": np.int32,
    "row": np.int64,
    "published": np.int64,
    "sizes": np.int64,
    "digests": np.uint64,
    "lengths": np.int64,
    "segments": np.uint32,
    "segment counts": np.int64,
    "rejected": np.int64,
    "rejected sizes": np.int64,
}
"""The scratch arrays that take one value, or so many, of each record."""


@dataclass(frozen=True, slots=True)
class _Sketched:
    """A batch, and what is computed of it, on any thread."""

    batch: Batch
    tokens: Tokens
    keys: npt.NDArray[np.uint64]
    text_ends: npt.NDArray[np.uint8]
    seconds_parsing: float
    seconds: float


def read_records(
    source: Source,
    params: Params,
    bands: int,
    rows: int,
    threads: int,
    checkpoint: Checkpoint,
    progress: Progress,
    key: Key,
    check: Callable[[Batch], None] | None = None,
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
    checkpoint : Checkpoint
        Its scratch files hold what is returned; told now and then how far reading has come.
    progress : Progress
        Told the seconds of each stage, and how far the source is read.
    key : uint64 array
        Of the fingerprints and digests: `dedup.store.secret`.
    check : callable, optional
        Refuses, by an error, what cannot be used.

    Returns
    -------
    Records
        Its arrays are views of scratch files.
    """
    store = _Store(checkpoint, bands)
    if checkpoint.reading:
        source.restore(checkpoint.reading["source"])
    if not (checkpoint.reading and checkpoint.reading["done"]):
        for one in _sketched(source, store.pieces, params, bands, rows, threads, progress, key):
            source.accept(one.batch)
            if check is not None:
                check(one.batch)
            store.append(one)
            progress.spent("read", one.seconds_parsing)
            progress.spent("tokens and signatures", one.seconds)
            progress.advance_to(source.bytes_read)
            checkpoint.save_reading(lambda: {**store.state(), "source": source.state()})
        source.finish()
        checkpoint.save_reading(lambda: {**store.state(), "source": source.state()}, done=True)
    return store.records()


class _Store:
    """Scratch arrays that the batches of a run are appended to, in input order."""

    def __init__(self, checkpoint: Checkpoint, bands: int) -> None:
        self._columns = {name: checkpoint.array(name, dtype) for name, dtype in COLUMNS.items()}
        self._keys = [checkpoint.array(f"keys of band {band}", np.uint64) for band in range(bands)]
        self._ids, self._sources, self._reasons, self._raw = (
            ScratchStrings(checkpoint.array(name, np.uint8), checkpoint.array(f"{name} lengths", np.int64))
            for name in ("ids", "sources", "reasons", "raw")
        )
        told = checkpoint.reading or {"pieces": 0, "files": [], "text_bytes": 0, "unread": ()}
        self.pieces = told["pieces"]
        self._files = {name: number for number, name in enumerate(told["files"])}
        self._text_bytes = told["text_bytes"]
        self._unread = UnreadableDates(*told["unread"])

    def append(self, one: _Sketched) -> None:
        """Take one batch."""
        batch, n = one.batch, len(one.batch.row)
        sizes = np.diff(buffers(batch.text)[1])
        rejected = sorted(batch.rejected)
        rejections = [batch.rejected[at] for at in rejected]
        values: dict[str, npt.NDArray[Any]] = {
            "tokens": one.tokens.hashes,
            "fingerprints": one.tokens.fingerprints,
            "ends of texts": one.text_ends.ravel(),
            "file": np.full(n, self._files.setdefault(batch.file, len(self._files)), np.int32),
            "row": batch.row,
            "published": batch.published,
            "sizes": sizes,
            "digests": one.tokens.digests.ravel(),
            "lengths": np.diff(one.tokens.offsets),
            "segments": one.tokens.segments,
            "segment counts": one.tokens.segment_counts,
            "rejected": len(self._columns["row"]) + np.array(rejected, np.int64),
            "rejected sizes": np.array([-1 if one.size is None else one.size for one in rejections], np.int64),
        }
        for name, column in self._columns.items():
            column.append(values[name])
        for array, keys in zip(self._keys, one.keys.T, strict=True):
            array.append(keys)
        self._ids.append(batch.id)
        self._sources.append(batch.source)
        self._reasons.append(pa.array([printable(one.reason) for one in rejections], pa.string()))
        self._raw.append(pa.array([one.raw for one in rejections], pa.large_binary()))
        self._text_bytes += int(sizes.sum())
        self._unread = self._unread.and_then(batch.unread)
        self.pieces += 1

    def state(self) -> dict[str, object]:
        """Return what there is besides the arrays, as JSON can hold it."""
        return {
            "pieces": self.pieces,
            "files": list(self._files),
            "text_bytes": self._text_bytes,
            "unread": astuple(self._unread),
        }

    def records(self) -> Records:
        """Return all that was appended."""
        columns = {name: column.view() for name, column in self._columns.items()}
        ends, segment_ends = np.cumsum(columns["lengths"]), np.cumsum(columns["segment counts"])
        return Records(
            ids=self._ids.view(pa.large_string()),
            sources=self._sources.view(pa.large_string()),
            files=list(self._files),
            file=columns["file"],
            row=columns["row"],
            published=columns["published"],
            sizes=columns["sizes"],
            digests=columns["digests"].reshape(-1, 2),
            starts=ends - columns["lengths"],
            ends=ends,
            tokens=columns["tokens"],
            fingerprints=columns["fingerprints"],
            segments=Segments(columns["segments"], segment_ends - columns["segment counts"], segment_ends),
            keys=tuple(array.view() for array in self._keys),
            text_ends=columns["ends of texts"].reshape(-1, HEAD_BYTES + TAIL_BYTES),
            rejected=Rejected(
                columns["rejected"],
                self._reasons.view(pa.large_string()),
                self._raw.view(pa.large_binary()),
                columns["rejected sizes"],
            ),
            text_bytes=self._text_bytes,
            unread=self._unread,
            has_dates=bool((columns["published"] != NO_DATE).any()),
        )


def _sketched(
    source: Source, skip: int, params: Params, bands: int, rows: int, threads: int, progress: Progress, key: Key
) -> Iterator[_Sketched]:
    """Yield every batch with what was computed of it, in input order."""

    def work(piece: Piece) -> _Sketched:
        started = time.perf_counter()
        batch = piece()
        parsed = time.perf_counter()
        batch = replace(batch, text=without_markup(batch.text, params.html))
        tokens = tokenise(batch.text, key)
        # The first bands * rows values of a signature are all that the bands read.
        keys = band_keys(signatures(tokens, params, length=bands * rows), bands, rows)
        text_ends = ends_of(*buffers(batch.text))
        return _Sketched(batch, tokens, keys, text_ends, parsed - started, time.perf_counter() - parsed)

    return in_turn(work, _timed(source.pieces(skip, ahead=threads > 1), progress), threads)


def _timed(pieces: Iterator[Piece], progress: Progress) -> Iterator[Piece]:
    """Pass on pieces and tell how long each took to read."""
    while True:
        started = time.perf_counter()
        piece = next(pieces, None)
        progress.spent("read", time.perf_counter() - started)
        if piece is None:
            return
        yield piece
