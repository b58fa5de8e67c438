"""Measure whether decisions that are made again are those of a run, and how long they take.

    python -m benchmarks.quality.redecide articles.jsonl [--sets 50] [--floor 0.5] [--seed 1] [--limit N] [--json FILE]

The corpus is run once down to a floor. Then parameters of a decision are drawn at random: level, threshold, score, keep
policy, protected sources, copies within a source or a day, updates, certainty. With each the corpus is run again, and
the first run is decided again; all columns of decisions and matches must be equal. Ends with 1 if any is not. Of
``dedup decide`` the whole process is timed as well.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson

import dedup
from benchmarks import measure
from benchmarks.corpora.articles import read_lines
from dedup.params import KEEP_POLICIES, UPDATES, WITHIN, Level
from dedup.run.redecide import redecide

TABLES = ("decisions", "matches")


def drawn(draw: random.Random, floor: float, sources: Sequence[str]) -> dedup.Params:
    """Return parameters of a decision, at random; half of each kind are the defaults."""

    def maybe(usual: Any, other: Any) -> Any:
        return usual if draw.random() < 0.5 else other

    keep = draw.choice([policy for policy in (None, *KEEP_POLICIES) if sources or policy != "source"])
    some = tuple(draw.sample(sources, min(3, len(sources))))
    return dedup.Params(
        level=maybe(Level.rewritten, draw.choice(list(Level))),
        threshold=maybe(0.7, round(draw.uniform(floor, 1.0), 2)),
        floor=floor,
        score=maybe(0.0, round(draw.random(), 2)),
        keep=keep,
        prefer=some if keep == "source" else (),
        protect=maybe((), some),
        within=maybe(None, draw.choice(WITHIN)),
        updates=maybe("keep", draw.choice(UPDATES)),
        certainty=maybe(0.7, round(draw.random(), 2)),
    )


def differences(one: dedup.Result, other: dedup.Result) -> list[str]:
    """Return the columns in which two results differ."""
    return [
        f"{table}.{name}"
        for table in TABLES
        for name in getattr(one, table).column_names
        if not getattr(one, table)[name].equals(getattr(other, table)[name])
    ]


def compare(path: Path, sets: int, floor: float, seed: int) -> dict[str, Any]:
    """Run and decide again with each set of parameters, and return what differed and the seconds."""
    draw = random.Random(seed)
    options = dedup.RunOptions(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        first = dedup.deduplicate(path, Path(folder, "out"), floor=floor, run=options)
        run = dedup.RunOutput(Path(folder, "out"))
        counted = Counter(name for name in run.decisions["source"].to_pylist() if name)
        sources = [name for name, _ in counted.most_common(20)]
        rows = []
        for number in range(sets):
            params = drawn(draw, floor, sources)
            started = time.process_time()
            expected = dedup.deduplicate(path, params=params, run=options)
            between = time.process_time()
            found = redecide(run, params)
            differ = differences(expected, found)
            seconds = between - started, time.process_time() - between
            rows.append({"differ": differ, "run": seconds[0], "decide": seconds[1]})
            if differ:
                print(f"set {number}: {', '.join(differ)} differ with {params}", flush=True)
        command = [
            sys.executable,
            "-m",
            "dedup",
            "decide",
            f"{folder}/out",
            "-o",
            f"{folder}/again",
            "--threshold",
            "0.8",
        ]
        subprocess.run(command, check=True, capture_output=True)  # once, so that nothing is read for the first time
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        whole, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "documents": len(first.decisions),
        "matches": len(first.matches),
        "sets": sets,
        "differing": sum(bool(row["differ"]) for row in rows),
        "run": median(row["run"] for row in rows),
        "decide": median(row["decide"] for row in rows),
        "command": whole,
        "command_processor": processor,
    }


def main() -> int:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("--sets", type=int, default=50, metavar="N", help="sets of parameters")
    parser.add_argument("--floor", type=float, default=0.5, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, metavar="N", help="only the first lines")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    path = args.input
    with tempfile.TemporaryDirectory() as folder:
        if args.limit:
            path = Path(folder, "head.jsonl")
            records = itertools.islice(read_lines(args.input), args.limit)
            path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
        figures = compare(path, args.sets, args.floor, args.seed)
    print(f"machine: {measure.machine()}")
    print(f"{figures['documents']:,} documents, {figures['matches']:,} matches down to {args.floor:g}")
    print(f"{figures['differing']} of {figures['sets']} sets of parameters differ")
    print(f"seconds of processor: {figures['run']:.2f} a run, {figures['decide']:.2f} a decision; medians")
    print(f"dedup decide -o, start included: {figures['command']:.2f} s by the clock, ", end="")
    print(f"{figures['command_processor']:.2f} of processor")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))
    return int(figures["differing"] > 0)


if __name__ == "__main__":
    sys.exit(main())
