"""The page on formats names every suffix, every compression and every file of kept records."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedup.io.format_registry import ARCHIVE_SUFFIXES, COMPRESSED_SUFFIXES, FORMATS, FileFormat

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_each_format_has_a_row(one: FileFormat) -> None:
    suffixes = ", ".join(f"`{suffix}`" for suffix in one.suffixes)
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {suffixes} |")]
    assert f"| `{one.kept_name}" in row


def test_each_compression_is_named() -> None:
    *first, last = [f"`{suffix}`" for suffix in COMPRESSED_SUFFIXES]
    assert f"{', '.join(first)} and {last}" in PAGE


def test_each_kind_of_archive_has_a_section() -> None:
    for suffix in ARCHIVE_SUFFIXES:
        assert f"\n## {suffix.removeprefix('.').title()} archives\n" in PAGE
