"""Count texts with signs of a wrong encoding while they are read, and report them with an example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from dedup.io.bytes.encodings import Charset
from dedup.io.source import Batch, Piece
from dedup.kernels import mojibake as kernel
from dedup.text.tokens import buffers

FOREIGN, UNDECODABLE, REPLACED, MOJIBAKE = "foreign", "undecodable", "replaced", "mojibake"

BITS = {UNDECODABLE: kernel.UNDECODABLE, REPLACED: kernel.REPLACED, MOJIBAKE: kernel.MOJIBAKE}

_WORDS = {
    UNDECODABLE: ("is no text in {charset}", "are no text in {charset}", "each such byte counts as a letter"),
    REPLACED: ("holds U+FFFD", "hold U+FFFD", "some program before has lost the letters there"),
    MOJIBAKE: (
        "is mojibake",
        "are mojibake",
        "UTF-8 that was read as windows-1252, as in FranÃ§ois; not mended",
    ),
}


@dataclass(slots=True)
class TextDefect:
    """How many texts of a file have a defect, and the row and id of the first of them."""

    count: int
    row: int
    id: str


def inspected_batch(piece: Piece, charset: Charset, raw_bytes: int) -> Batch:
    """Parse a piece of a file in this encoding, look for defects of its texts, and shorten what is rejected."""
    batch = piece()
    defects = np.empty(len(batch.row), np.uint8)
    kernel.examine(*buffers(batch.text), defects)
    rejected = {position: rejection.shortened(raw_bytes) for position, rejection in batch.rejected.items()}
    return replace(batch, charset=charset, defects=defects, rejected=rejected)


def count_defects(batch: Batch, counts: dict[str, TextDefect]) -> None:
    """Add the defects of a batch to those of its file."""
    if not batch.defects.any():
        return
    kinds = BITS if batch.charset.is_utf8 else {FOREIGN: kernel.BEYOND_ASCII, **BITS}
    for kind, bit in kinds.items():
        affected = batch.defects & np.uint8(bit)
        if not (number := int(np.count_nonzero(affected))):
            continue
        if kind in counts:
            counts[kind].count += number
        else:
            first = int(np.argmax(affected != 0))
            counts[kind] = TextDefect(number, int(batch.row[first]), batch.id[first].as_py())


def defect_notes(files: Iterable[tuple[str, Charset, dict[str, TextDefect]]]) -> list[str]:
    """Return what to report of the texts of files, by their names, encodings and defects."""
    guessed: dict[Charset, list[tuple[str, TextDefect]]] = {}
    others: dict[tuple[str, str], list[tuple[str, TextDefect]]] = {}
    for name, charset, defects in files:
        for kind, defect in defects.items():
            if kind != FOREIGN:
                others.setdefault((kind, charset.shown), []).append((name, defect))
            elif charset.is_guess:
                guessed.setdefault(charset, []).append((name, defect))
    notes = []
    for charset, found in guessed.items():
        doubtful = ", doubtful" if charset.is_doubtful else ""
        what = f"not UTF-8 and read as {charset.shown}{doubtful}"
        notes.append(_note(found, f"is {what}", f"are {what}", "if it is another, say --encoding (encoding=)"))
    for (kind, shown), found in sorted(others.items(), key=lambda other: list(_WORDS).index(other[0][0])):
        one, many, remark = _WORDS[kind]
        notes.append(_note(found, one.format(charset=shown), many.format(charset=shown), remark))
    return notes


def _note(found: list[tuple[str, TextDefect]], one: str, many: str, remark: str) -> str:
    total = sum(defect.count for _, defect in found)
    name, first = found[0]
    texts = f"{total:,} text{'' if total == 1 else 's'}"
    where = f"in {name}" if len(found) == 1 else f"in {len(found):,} files"
    example = [] if len(found) == 1 else [name]
    if not name.endswith(first.id):  # else the file is the text
        example.append(f"row {first.row}")
        example += [] if first.id == f"{name}:{first.row}" else [f"id {first.id}"]
    shown = f" ({', '.join(example)})" if example else ""
    return f"{texts} {where} {one if total == 1 else many}{shown}; {remark}"
