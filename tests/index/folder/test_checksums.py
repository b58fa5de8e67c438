"""The checksum of a stored document covers everything that is stored of it."""

from __future__ import annotations

import pytest

from dedup.index.folder.codec import checksum, relinked
from dedup.index.stored import Row

ROW = Row(7, "a", 100, 20, "AP", 5, "https://example.org/a", "{}", "Reuters", 1, 3, 1, 2, 9, b"d" * 16, b"tokens")
OTHER = Row(8, "b", 101, 21, None, None, None, None, None, 0, None, 0, None, 10, b"e" * 16, b"others")


@pytest.mark.parametrize("name", Row._fields)
def test_a_changed_column_changes_it(name: str) -> None:
    assert checksum(ROW._replace(**{name: getattr(OTHER, name)})) != checksum(ROW)


def test_it_follows_when_a_document_becomes_a_copy_of_another() -> None:
    for copy_of in (None, 4):
        assert relinked(checksum(ROW), ROW.copy_of, copy_of) == checksum(ROW._replace(copy_of=copy_of))
