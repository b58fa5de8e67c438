"""Measure who copied whom: how often what credits and texts say of a pair agrees with its dates.

    python -m benchmarks.quality.direction news.jsonl [--dates dates.jsonl]

A corpus with dates is run twice without them, once by all grounds of `dedup.attribution.direction` but the date, once
by what the texts alone say. Of the pairs in which a ground names one side as the copy, the share in which that side is
the later one is printed, by ground and by how far apart the two were published; and the same of excerpts and their
containers, which are no ground. A date is no truth: a paper may print at six what the wire sent at five and dates again
at seven; so half is chance, and all cannot be reached.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import orjson

import dedup
from benchmarks.corpora.articles import read_lines
from dedup.attribution import direction

APART = ((0, 1), (1, 6), (6, 24), (24, 1e9))
"""Spans of hours between the two dates, from and to."""


def write(records: list[dict[str, Any]], path: Path, dates: bool) -> Path:
    """Write records as JSON lines, with or without their dates."""
    with path.open("wb") as file:
        for record in records:
            fields = record if dates else {name: value for name, value in record.items() if name != "published"}
            file.write(orjson.dumps(fields) + b"\n")
    return path


def copies(path: Path, column: str) -> dict[tuple[str, str], tuple[str, Any]]:
    """Return relation and one column of every match that is a copy."""
    matches = dedup.deduplicate(path).matches
    columns = (matches[name].to_pylist() for name in ("left", "right", "relation", column))
    wanted = ("near_duplicate", "excerpt", "revised", "rewritten")
    return {(left, right): (kind, value) for left, right, kind, value in zip(*columns, strict=True) if kind in wanted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSON lines with published")
    parser.add_argument("--dates", type=Path, help="JSON lines of id and published, where they stand apart")
    args = parser.parse_args()
    records = list(read_lines(args.corpus))
    if args.dates:
        published = {record["id"]: record["published"] for record in read_lines(args.dates)}
        records = [{**record, "published": published.get(record["id"])} for record in records]
    nothing = mock.patch.multiple(
        direction,
        _owes=lambda one, other: np.zeros(len(one.credit), bool),
        _common_origin=lambda one, other: np.zeros(len(one.credit), bool),
    )
    with tempfile.TemporaryDirectory() as folder:
        hours = copies(write(records, Path(folder) / "dated.jsonl", dates=True), "hours")
        longer = {record["id"]: len(record["text"]) for record in records}
        bare = write(records, Path(folder) / "bare.jsonl", dates=False)
        by_all = copies(bare, "derived")
        with nothing:
            by_text = copies(bare, "derived")
    counts: dict[tuple[str, tuple[float, float]], list[bool]] = {}
    for pair, (_, apart) in hours.items():
        kind, derived = by_all.get(pair, ("", None))
        ground = "cut" if derived and by_text[pair][1] == derived else "credit"
        if kind == "excerpt" and derived is None:
            derived, ground = min(pair, key=lambda side: longer[side]), "excerpt (no ground)"
        if not apart or derived is None or np.isnan(apart):
            continue
        later = pair[1] if apart > 0 else pair[0]
        for low, high in APART:
            if low <= abs(apart) < high:
                counts.setdefault((ground, (low, high)), []).append(derived == later)
    print(f"{len(hours):,} copies, {sum(map(len, counts.values())):,} with dates that differ and something to go by")
    print("| ground | " + " | ".join(f"{low:g} - {high:g} h" for low, high in APART) + " | all |")
    for ground in sorted({ground for ground, _ in counts}):
        cells = [counts.get((ground, span), []) for span in APART]
        cells.append([hit for cell in cells for hit in cell])
        print(
            f"| {ground} | "
            + " | ".join(f"{np.mean(cell):.2f} of {len(cell)}" if cell else "-" for cell in cells)
            + " |"
        )


if __name__ == "__main__":
    main()
