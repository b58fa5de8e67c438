"""Cut chunks of bytes into blocks of whole lines, and find the kept lines of a block by array operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedup.errors import InputError
from dedup.kernels import line_ends as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

_WHITESPACE = np.zeros(256, np.bool_)
_WHITESPACE[list(b" \t\n\r\x0b\x0c")] = True


class Part(bytes):
    """A part of a line that is too long to be held; the last part ends with the line feed, if there is one."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """The beginning of a line that is too long to be held.

    Parameters
    ----------
    head : bytes
        Its first bytes.
    size : int
        How many it has, without the line feed.
    """

    head: bytes
    size: int


def whole_lines(blocks: Iterable[bytes], most: int) -> Iterator[bytes | LongLine]:
    """Yield the blocks of `line_blocks`, and for each line that is too long its first bytes.

    Parameters
    ----------
    blocks : iterable of bytes
    most : int
        How many bytes of a long line are kept.
    """
    head, size = b"", 0
    for block in blocks:
        if not isinstance(block, Part):
            yield block
            continue
        head += block[: most - len(head)]
        size += len(block)
        if block.endswith(b"\n"):
            yield LongLine(head.removesuffix(b"\n"), size - 1)
            head, size = b"", 0
    if size:
        yield LongLine(head, size)


def line_blocks(chunks: Iterable[bytes], longest: int, least: int = 1) -> Iterator[bytes]:
    """Join and cut chunks to blocks that end with a line feed, except perhaps the last, and parts of long lines.

    Parameters
    ----------
    chunks : iterable of bytes
        A line may span any number of them; it is joined once.
    longest : int
        A line of more bytes, without its line feed, is not held: it comes alone, in one `Part` or several.
    least : int
        Bytes that a block should have, but for the last: small chunks are joined, too.

    Raises
    ------
    InputError
        Any error of the chunks, after the lines that were complete before.
    """
    pieces: list[bytes] = []
    size = 0
    is_long = False
    try:
        for chunk in chunks:
            if is_long:
                end = chunk.find(b"\n") + 1
                yield Part(chunk[:end] if end else chunk)
                if not end:
                    continue
                chunk, is_long = chunk[end:], False
            size += len(chunk)
            end = chunk.rfind(b"\n") + 1 if size >= min(least, longest) else 0
            if end:
                block = b"".join([*pieces, memoryview(chunk)[:end]])
                pieces = [chunk[end:]]  # before the yield: a long line is not held twice meanwhile
                size = len(pieces[0])
                yield from _bounded(block, longest)
            else:
                pieces.append(chunk)
            if size > longest:
                begun = b"".join(pieces)
                end = begun.rfind(b"\n") + 1
                yield from _bounded(begun[:end], longest)
                begun = begun[end:]
                is_long = len(begun) > longest
                pieces, size = ([], 0) if is_long else ([begun], len(begun))
                if is_long:
                    yield Part(begun)
    except InputError:
        good = b"".join(pieces)
        if whole := good[: good.rfind(b"\n") + 1]:
            yield from _bounded(whole, longest)
        raise
    if rest := b"".join(pieces):
        yield from _bounded(rest, longest)


def _bounded(block: bytes, longest: int) -> Iterator[bytes]:
    """Cut a block around its lines that are too long."""
    if len(block) <= longest:
        if block:
            yield block
        return
    ends = _line_ends(np.frombuffer(block, np.uint8))
    has_rest = not len(ends) or ends[-1] != len(block)
    stops = np.append(ends, len(block)) if has_rest else ends
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1]])
    sizes = stops - starts - 1
    sizes[-1] += has_rest
    done = 0
    for line in np.flatnonzero(sizes > longest).tolist():
        start, stop = int(starts[line]), int(stops[line])
        if done < start:
            yield block[done:start]
        yield Part(block[start:stop])
        done = stop
    if done < len(block):
        yield block[done:]


def pieces_of(block: bytes, most: int) -> Iterator[tuple[bytes, int]]:
    """Cut a block into pieces of at most ``most`` lines, and yield each with its number of lines."""
    count = kernel.count_lines(np.frombuffer(block, np.uint8)) + (not block.endswith(b"\n"))
    if count <= most:
        yield block, count
        return
    start = 0
    ends = _line_ends(np.frombuffer(block, np.uint8))
    for first in range(0, count, most):
        end = int(ends[first + most - 1]) if first + most <= len(ends) else len(block)
        yield block[start:end], min(most, count - first)
        start = end


def record_lines(block: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find the lines of a block that are not blank.

    Parameters
    ----------
    block : bytes
        Whole lines.

    Returns
    -------
    start, end : int64 arrays, shape (n_records,)
        Each line is ``block[start:end]``, its line feed included.
    """
    characters = np.frombuffer(block, np.uint8)
    end = _line_ends(characters)
    if len(block) and (not len(end) or end[-1] != len(block)):
        end = np.append(end, len(block))
    start = np.concatenate([np.zeros(1, np.int64), end[:-1]])[: len(end)]
    is_record = np.ones(len(end), np.bool_)
    # Only a line that begins with white space can be blank: few, so that the slow look at each is cheap.
    for line in np.flatnonzero(_WHITESPACE[characters[start]]):
        is_record[line] = bool(block[start[line] : end[line]].strip())
    return start[is_record], end[is_record]


def runs(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Join adjacent pieces, so that they can be written at once.

    Parameters
    ----------
    start, end : int64 arrays, shape (n,)
        Pieces ``[start, end)``, sorted, without overlap.

    Yields
    ------
    start, end : int
    """
    if not len(start):
        return
    breaks = np.flatnonzero(start[1:] != end[:-1])
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(end) - 1]])
    yield from zip(start[firsts].tolist(), end[lasts].tolist(), strict=True)


def _line_ends(characters: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    ends = np.empty(kernel.count_lines(characters), np.int64)
    kernel.line_ends(characters, ends)
    return ends
