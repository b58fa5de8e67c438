"""Read the input, the first stage of a run: turn pieces into tokens and band keys, and write them to scratch files."""

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
from dedup.io.source import in_bundles
from dedup.run.checkpoint import Checkpoint
from dedup.run.context import RunContext
from dedup.run.progress import Progress
from dedup.run.records import Records, Rejected
from dedup.schema import NO_DATE
from dedup.store.corpus import Segments
from dedup.store.scratch import ScratchStrings
from dedup.store.secret import Key
from dedup.store.slices import in_turn
from dedup.text.markup import compared_texts
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
"""The scratch arrays that hold one value of each record, or a fixed number of them."""


@dataclass(frozen=True, slots=True)
class _Sketched:
    """The batches of a bundle with their tokens and keys, computed on any thread.

    Parameters
    ----------
    batches : list of Batch
    sizes : int64 array
        Bytes of the text of each of their records, without markup.
    tokens, keys, text_ends
        Of all these texts.
    seconds_parsing, seconds : float
    error : Exception or None
        What the piece after these has raised; the source is to learn of the batches before it first.
    """

    batches: list[Batch]
    sizes: npt.NDArray[np.int64]
    tokens: Tokens
    keys: npt.NDArray[np.uint64]
    text_ends: npt.NDArray[np.uint8]
    seconds_parsing: float
    seconds: float
    error: Exception | None


def read_records(
    source: Source,
    bands: tuple[int, int],
    key: Key,
    context: RunContext,
    check: Callable[[Batch], None] | None = None,
) -> Records:
    """Read a source to its end, and tokenise and sign its texts.

    Parameters
    ----------
    source : Source
    bands : (int, int)
        Bands, and rows of each; zero bands where no signatures are needed.
    key : uint64 array
        Of the fingerprints and digests: `dedup.store.secret`.
    context : RunContext
        Its scratch files hold what is returned; its checkpoint saves now and then how far reading has come. Pieces are
        parsed by its threads, while this one reads; if there is only one, all by this one.
    check : callable, optional
        Raises an error for records that cannot be used.

    Returns
    -------
    Records
        Its arrays are views of scratch files.
    """
    checkpoint, progress = context.checkpoint, context.progress
    store = _Store(checkpoint, bands[0])
    if checkpoint.reading:
        source.restore(checkpoint.reading["source"])
    if not (checkpoint.reading and checkpoint.reading["done"]):
        for one in _sketched(source, store.pieces, bands, key, context):
            for batch in one.batches:
                source.accept(batch)
                if check is not None:
                    check(batch)
            if one.error is not None:
                raise one.error
            store.append(one)
            progress.spent("read", one.seconds_parsing)
            progress.spent("tokens and signatures", one.seconds)
            progress.advance_to(source.bytes_read)
            if checkpoint.is_due:
                checkpoint.save_reading({**store.state(), "source": source.state()})
        source.finish()
        checkpoint.save_reading({**store.state(), "source": source.state()}, done=True)
    return store.records()


class _Store:
    """Scratch arrays that the batches of a run are appended to, in input order."""

    def __init__(self, checkpoint: Checkpoint, bands: int) -> None:
        self._columns = {name: checkpoint.array(name, dtype) for name, dtype in COLUMNS.items()}
        self._keys = [checkpoint.array(f"keys of band {band}", np.uint64) for band in range(bands)]
        self._ids, self._sources, self._titles, self._urls, self._reasons, self._raw = (
            ScratchStrings(checkpoint.array(name, np.uint8), checkpoint.array(f"{name} lengths", np.int64))
            for name in ("ids", "sources", "titles", "urls", "reasons", "raw")
        )
        state = checkpoint.reading or {"pieces": 0, "files": [], "text_bytes": 0, "unread": ()}
        self.pieces = state["pieces"]
        self._files = {name: number for number, name in enumerate(state["files"])}
        self._text_bytes = state["text_bytes"]
        self._unread = UnreadableDates(*state["unread"])

    def append(self, sketched: _Sketched) -> None:
        """Append the batches of a bundle."""
        batches, tokens, sizes = sketched.batches, sketched.tokens, sketched.sizes
        counts = [len(batch.row) for batch in batches]
        numbers = [self._files.setdefault(batch.file, len(self._files)) for batch in batches]
        firsts = len(self._columns["row"]) + np.cumsum([0, *counts])
        rejected = [
            (first + at, batch.rejected[at])
            for first, batch in zip(firsts.tolist(), batches, strict=False)
            for at in sorted(batch.rejected)
        ]
        rejections = [rejection for _, rejection in rejected]
        values: dict[str, npt.NDArray[Any]] = {
            "tokens": tokens.hashes,
            "fingerprints": tokens.fingerprints,
            "ends of texts": sketched.text_ends.ravel(),
            "file": np.repeat(np.array(numbers, np.int32), counts),
            "row": np.concatenate([batch.row for batch in batches]),
            "published": np.concatenate([batch.published for batch in batches]),
            "sizes": sizes,
            "digests": tokens.digests.ravel(),
            "lengths": np.diff(tokens.offsets),
            "segments": tokens.segments,
            "segment counts": tokens.segment_counts,
            "rejected": np.array([record for record, _ in rejected], np.int64),
            "rejected sizes": np.array([-1 if one.size is None else one.size for one in rejections], np.int64),
        }
        for name, column in self._columns.items():
            column.append(values[name])
        for array, keys in zip(self._keys, sketched.keys.T, strict=True):
            array.append(keys)
        self._ids.append(_joined([batch.id for batch in batches]))
        for strings, label in ((self._sources, "source"), (self._titles, "title"), (self._urls, "url")):
            strings.append(_joined([batch.labels[label] for batch in batches]))
        self._reasons.append(pa.array([printable(one.reason) for one in rejections], pa.string()))
        self._raw.append(pa.array([one.raw for one in rejections], pa.large_binary()))
        self._text_bytes += int(sizes.sum())
        for batch in batches:
            self._unread = self._unread.and_then(batch.unread)
        self.pieces += len(batches)

    def state(self) -> dict[str, object]:
        """Return the state besides the arrays, in a form that JSON can hold."""
        return {
            "pieces": self.pieces,
            "files": list(self._files),
            "text_bytes": self._text_bytes,
            "unread": astuple(self._unread),
        }

    def records(self) -> Records:
        """Return everything that was appended."""
        columns = {name: column.view() for name, column in self._columns.items()}
        ends, segment_ends = np.cumsum(columns["lengths"]), np.cumsum(columns["segment counts"])
        return Records(
            ids=self._ids.view(pa.large_string()),
            sources=self._sources.view(pa.large_string()),
            titles=self._titles.view(pa.large_string()),
            urls=self._urls.view(pa.large_string()),
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


def _sketched(source: Source, skip: int, bands: tuple[int, int], key: Key, context: RunContext) -> Iterator[_Sketched]:
    """Yield every bundle of batches with its tokens and keys, in input order."""
    params, threads = context.params, context.threads

    def work(bundle: list[Piece]) -> _Sketched:
        started = time.perf_counter()
        batches, error = _parsed(bundle)
        parsed = time.perf_counter()
        texts = compared_texts(_joined([batch.text for batch in batches]), params)
        tokens = tokenise(texts, key)
        # The first values of a signature, as many as there are rows in all bands, are all that the bands read.
        keys = band_keys(signatures(tokens, params, length=bands[0] * bands[1]), *bands)
        text_ends = ends_of(*buffers(texts))
        batches, sizes = _with_texts(batches, texts), np.diff(buffers(texts)[1])
        seconds = time.perf_counter() - parsed
        return _Sketched(batches, sizes, tokens, keys, text_ends, parsed - started, seconds, error)

    pieces = _timed(source.pieces(skip, ahead=threads > 1), context.progress)
    return in_turn(work, in_bundles(pieces), threads)


def _parsed(bundle: list[Piece]) -> tuple[list[Batch], Exception | None]:
    """Parse pieces, and return their batches up to the first that cannot be parsed, if it is not the first of all."""
    batches: list[Batch] = []
    for piece in bundle:
        try:
            batches.append(piece())
        except Exception as error:
            if not batches:
                raise
            return batches, error
    return batches, None


def _with_texts(batches: list[Batch], texts: pa.LargeBinaryArray) -> list[Batch]:
    """Return batches with other texts, given those of all."""
    replaced, first = [], 0
    for batch in batches:
        replaced.append(replace(batch, text=texts.slice(first, len(batch.row))))
        first += len(batch.row)
    return replaced


def _joined(columns: list[pa.Array]) -> pa.Array:
    return columns[0] if len(columns) == 1 else pa.concat_arrays(columns)


def _timed(pieces: Iterator[Piece], progress: Progress) -> Iterator[Piece]:
    """Pass on pieces, and count the seconds spent on reading each."""
    while True:
        started = time.perf_counter()
        piece = next(pieces, None)
        progress.spent("read", time.perf_counter() - started)
        if piece is None:
            return
        yield piece
