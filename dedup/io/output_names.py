"""Name the files that a run writes, and recognise the names that a run may have written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from dedup.io.format_registry import COMPRESSED_SUFFIXES, FORMATS, TABLE_FORMS, FileFormat

SUMMARY = "summary.json"

UNFINISHED = "dedup-unfinished.json"
"""The object of a remote output that says, while there is no summary, that the files are those of a run."""

FIXED = (
    *(one.kept_name for one in FORMATS),
    *(f"decisions.{form}" for form in TABLE_FORMS),
    "passages.parquet",
    "matches.parquet",
    "documents.parquet",
    "near.parquet",
    "rejected.jsonl",
    SUMMARY,
)
"""The names that do not depend on how kept records are written."""

_FORMATS = "|".join(re.escape(one.name) for one in FORMATS if not one.is_one_record)
_COMPRESSIONS = "|".join(map(re.escape, COMPRESSED_SUFFIXES))
_KEPT = re.compile(rf"kept(-[0-9]{{5,}}(-of-[0-9]{{5,}})?)?\.({_FORMATS})({_COMPRESSIONS})?")

_NUMBER = re.compile(r"(?<=^kept-)[0-9]+")


def is_ours(name: str) -> bool:
    """Return whether a run may write a file, or a folder, of this name.

    Examples
    --------
    >>> [is_ours(name) for name in ("kept.csv", "kept-00001-of-00016.jsonl.gz", "kept-1.csv", "kept/kept.csv")]
    [True, True, False, False]
    """
    return name in FIXED or _KEPT.fullmatch(name) is not None


def shown_names(names: Iterable[str]) -> str:
    """Return names in a line; of three shards that follow each other, or more, only the first and the last.

    Examples
    --------
    >>> shown_names(["kept-00000.csv", "kept-00001.csv", "kept-00002.csv", "kept-00000.tsv", "summary.json"])
    'kept-00000.csv … kept-00002.csv, kept-00000.tsv, summary.json'
    """
    parts = []
    for _, some in groupby(names, lambda name: _NUMBER.sub("", name, count=1)):
        every = list(some)
        parts += every if len(every) < 3 else [f"{every[0]} … {every[-1]}"]
    return ", ".join(parts)


def kept_name(file_format: FileFormat, shard: int | None = None, of: int | None = None, suffix: str = "") -> str:
    """Return the name of a file of kept records.

    Parameters
    ----------
    file_format : FileFormat
    shard : int, optional
        Its number, from 0, if there are several.
    of : int, optional
        How many there are, if that is known from the beginning.
    suffix : str
        That of its compression.

    Examples
    --------
    >>> from dedup.io.format_registry import FORMATS
    >>> kept_name(FORMATS[0]), kept_name(FORMATS[0], 3, 16, ".gz"), kept_name(FORMATS[0], 3)
    ('kept.jsonl', 'kept-00003-of-00016.jsonl.gz', 'kept-00003.jsonl')
    """
    number = "" if shard is None else f"-{shard:05}"
    total = "" if of is None else f"-of-{of:05}"
    return f"kept{number}{total}.{file_format.name}{suffix}"
