"""Documents and their records as bytes, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dedup.index.redis import columns
from dedup.index.redis.codec import decoded, encoded
from dedup.index.stored import Row
from dedup.schema import NO_DATE

WORDS = some.text(some.characters(codec="utf-8"), max_size=300)
MAYBE = some.none() | WORDS
ROWS = some.builds(
    Row,
    some.just(7),
    WORDS,
    some.integers(0, 2**32 - 1),
    some.integers(0, 2**32 - 1),
    MAYBE,
    some.none() | some.integers(-(2**63), 2**63 - 1),
    MAYBE,
    MAYBE,
    MAYBE,
    some.integers(0, 1),
    some.none() | some.integers(1, 2**28),
    some.integers(0, 1),
    some.none() | some.integers(1, 2**28),
    some.integers(0, 2**62),
    some.binary(min_size=16, max_size=16),
    some.binary(max_size=50),
)


@given(ROWS)
def test_a_document_comes_back(row: Row) -> None:
    assert decoded(7, encoded(row)) == row


@given(ROWS, some.data())
def test_a_document_that_was_cut_off_or_changed_is_refused(row: Row, data: some.DataObject) -> None:
    whole = encoded(row)
    at = data.draw(some.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= 1 << data.draw(some.integers(0, 7))
    for number, damaged in ((7, whole[:at]), (7, bytes(changed)), (8, whole)):
        with pytest.raises(ValueError, match=f"document {number} differs from what was written"):
            decoded(number, damaged)


def test_records_in_blocks() -> None:
    row = Row(1, "a", 5, 2, None, -3, None, None, None, 0, 9, 1, None, 0, b"", b"")
    rows = [row._replace(number=number, size=number) for number in range(1000, 3100)]
    records = columns.records_of([*rows, row._replace(published=None, copy_of=None)], np.arange(2101).astype(np.uint8))
    layout = columns.Blocks(10)
    blocks: dict[int, bytearray] = {}
    for block, place, data in layout.pieces(1000, records):
        held = blocks.setdefault(block, bytearray())
        held.extend(b"\0" * (place - len(held)))
        held[place : place + len(data)] = data
    block, place = layout.place(2050)
    blocks[block][place : place + columns.RECORD.itemsize] = columns.gone()
    read = layout.joined([bytes(blocks[block]) for block in (0, 1, 2, 3)])[1000:3101]
    assert read["size"].tolist()[:-1] == [0 if number == 2050 else number for number in range(1000, 3100)]
    assert (read["gone"].nonzero()[0] == [1050]).all()
    assert (read["published"][0], read["published"][1050], read["published"][-1]) == (-3, NO_DATE, NO_DATE)
    assert (read["copy_of"][0], read["copy_of"][-1], read["sketch"][300]) == (9, 0, 300 % 256)
    assert layout.joined([None])["gone"].all()
