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
    UNDECODABLE: ("is not valid {charset}", "are not valid {charset}", "each such byte counts as a letter"),
    REPLACED: ("holds U+FFFD", "hold U+FFFD", "an earlier program lost the letters there"),
    MOJIBAKE: (
        "is mojibake",
        "are mojibake",
        "UTF-8 that was read as windows-1252, as in FranÃ§ois; --mojibake repair (mojibake=) compares what they were",
    ),
}


@dataclass(slots=True)
class TextDefect:
    """The number of texts in a file that have a defect, with the row and id of the first."""

    count: int
    row: int
    id: str


def inspected_batch(piece: Piece, charset: Charset, raw_bytes: int) -> Batch:
    """Parse a piece of a file in this encoding, find defects of its texts, and shorten rejected records."""
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
    """Return notes on the defects of texts, from names, encodings and defects of their files."""
    guessed: dict[Charset, list[tuple[str, TextDefect]]] = {}
    others: dict[tuple[str, str], list[tuple[str, TextDefect]]] = {}
    for name, charset, defects in files:
        for kind, defect in defects.items():
            if kind != FOREIGN:
                others.setdefault((kind, charset.shown), []).append((name, defect))
            elif charset.is_guess:
                guessed.setdefault(charset, []).append((name, defect))
    notes = []
    for charset, of_files in guessed.items():
        doubtful = ", doubtful" if charset.is_doubtful else ""
        state = f"not UTF-8 and read as {charset.shown}{doubtful}"
        notes.append(_note(of_files, f"is {state}", f"are {state}", "if that is wrong, set --encoding (encoding=)"))
    for (kind, shown), of_files in sorted(others.items(), key=lambda other: list(_WORDS).index(other[0][0])):
        singular, plural, remark = _WORDS[kind]
        notes.append(_note(of_files, singular.format(charset=shown), plural.format(charset=shown), remark))
    return notes


def _note(defects: list[tuple[str, TextDefect]], singular: str, plural: str, remark: str) -> str:
    total = sum(defect.count for _, defect in defects)
    name, first = defects[0]
    texts = f"{total:,} text{'' if total == 1 else 's'}"
    where = f"in {name}" if len(defects) == 1 else f"in {len(defects):,} files"
    example = [] if len(defects) == 1 else [name]
    if not name.endswith(first.id):  # else the file is the text
        example.append(f"row {first.row}")
        example += [] if first.id == f"{name}:{first.row}" else [f"id {first.id}"]
    shown = f" ({', '.join(example)})" if example else ""
    return f"{texts} {where} {singular if total == 1 else plural}{shown}; {remark}"
