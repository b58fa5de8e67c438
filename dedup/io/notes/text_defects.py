"""What of an input is hardly what was written, counted while it is read, and told with an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dedup.io.bytes.encodings import Charset
from dedup.kernels import mojibake as kernel
from dedup.text.tokens import buffers

if TYPE_CHECKING:
    from dedup.io.source import Batch

FOREIGN, UNDECODABLE, REPLACED, MOJIBAKE = "foreign", "undecodable", "replaced", "mojibake"

BITS = {UNDECODABLE: kernel.UNDECODABLE, REPLACED: kernel.REPLACED, MOJIBAKE: kernel.MOJIBAKE}

_TELL = {
    UNDECODABLE: ("is no text in {charset}", "are no text in {charset}", "each such byte counts as a letter"),
    REPLACED: ("holds U+FFFD", "hold U+FFFD", "some program before has lost the letters there"),
    MOJIBAKE: (
        "is mojibake",
        "are mojibake",
        "UTF-8 that was read as windows-1252, as in FranÃ§ois; not mended",
    ),
}


@dataclass(slots=True)
class Doubt:
    """How many texts of a file something is the matter with, and the row and id of the first of them."""

    count: int
    row: int
    id: str


def examined(piece: Callable[[], Batch], charset: Charset) -> Batch:
    """Parse a piece of a file in this encoding, and look for what is wrong with its texts."""
    batch = piece()
    found = np.empty(len(batch.row), np.uint8)
    kernel.examine(*buffers(batch.text), found)
    return replace(batch, charset=charset, doubts=found)


def count(batch: Batch, told: dict[str, Doubt]) -> None:
    """Add the doubts of a batch to those of its file."""
    if not batch.doubts.any():
        return
    kinds = BITS if batch.charset.is_utf8 else {FOREIGN: kernel.BEYOND_ASCII, **BITS}
    for kind, bit in kinds.items():
        affected = batch.doubts & np.uint8(bit)
        if not (number := int(np.count_nonzero(affected))):
            continue
        if kind in told:
            told[kind].count += number
        else:
            first = int(np.argmax(affected != 0))
            told[kind] = Doubt(number, int(batch.row[first]), batch.id[first].as_py())


def notes(files: Iterable[tuple[str, Charset, dict[str, Doubt]]]) -> list[str]:
    """Return what to say of the doubts of files: their names, encodings and doubts."""
    guessed: dict[Charset, list[tuple[str, Doubt]]] = {}
    others: dict[tuple[str, str], list[tuple[str, Doubt]]] = {}
    for name, charset, doubts in files:
        for kind, doubt in doubts.items():
            if kind != FOREIGN:
                others.setdefault((kind, charset.shown), []).append((name, doubt))
            elif charset.is_guess:
                guessed.setdefault(charset, []).append((name, doubt))
    said = []
    for charset, found in guessed.items():
        doubtful = ", doubtful" if charset.is_doubtful else ""
        what = f"not UTF-8 and read as {charset.shown}{doubtful}"
        said.append(_said(found, f"is {what}", f"are {what}", "if it is another, say --encoding (encoding=)"))
    for (kind, shown), found in sorted(others.items(), key=lambda other: list(_TELL).index(other[0][0])):
        one, many, remark = _TELL[kind]
        said.append(_said(found, one.format(charset=shown), many.format(charset=shown), remark))
    return said


def _said(found: list[tuple[str, Doubt]], one: str, many: str, remark: str) -> str:
    total = sum(doubt.count for _, doubt in found)
    name, first = found[0]
    texts = f"{total:,} text{'' if total == 1 else 's'}"
    where = f"in {name}" if len(found) == 1 else f"in {len(found):,} files"
    example = [] if len(found) == 1 else [name]
    if not name.endswith(first.id):  # else the file is the text
        example.append(f"row {first.row}")
        example += [] if first.id == f"{name}:{first.row}" else [f"id {first.id}"]
    shown = f" ({', '.join(example)})" if example else ""
    return f"{texts} {where} {one if total == 1 else many}{shown}; {remark}"
