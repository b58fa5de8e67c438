"""Measure how the cost of a document changes with the size of the corpus, on corpora of `corpora.make`.

    python -m benchmarks.speed.scale --work DIR --memory 8GB --json scale.json --svg docs/scale.svg
    python -m benchmarks.speed.scale --work DIR --sizes 1000000 --memory 8GB --json scale.json   # one more, later

Corpora are made in the work folder when they are not there yet, 4.5 kB a document, and stay. Points are added to those
in the JSON file; one of the same size, level, memory and threads is replaced. Output is written for real, and removed.
Time is processor time, start-up apart: wall time depends on what else the machine does. `chart` draws the curve.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import markdown, measure

FIGURES = Path(__file__).with_name("scale.json")
MB = 1_000_000
KEY = ("documents", "level", "memory", "threads")
"""What makes two points the same."""


def corpus_of(size: int, work: Path, articles: Path | None, seed: int) -> Path:
    """Return a corpus of this many documents; make it if it is not there."""
    folder = work / f"{size}-{seed}{'-real' if articles else ''}"
    if not (folder / "about.json").exists():  # written last: it says that the corpus is whole
        command = [
            sys.executable,
            "-m",
            "benchmarks.corpora.make",
            "-o",
            folder,
            "--documents",
            str(size),
            "--seed",
            str(seed),
        ]
        subprocess.run([*command, "--truths", "0", *(("--articles", articles) if articles else ())], check=True)
    return folder / "corpus.jsonl"


def command(corpus: Path, level: str, options: argparse.Namespace) -> list[str | Path]:
    """Return our command line, but for the output."""
    words = [sys.executable, "-m", "dedup", "run", corpus, "--level", level, "--threads", str(options.threads)]
    words += ["--memory", options.memory, "--quiet", "--json"]
    return words + (["--scratch", options.scratch] if options.scratch else [])


def point(corpus: Path, level: str, options: argparse.Namespace, start_up: float) -> dict[str, Any]:
    """Run a corpus and return its figures, medians of the rounds."""
    output = options.work / "output"
    costs = []
    for _ in range(options.rounds):
        shutil.rmtree(output, ignore_errors=True)
        words = command(corpus, level, options) + ([] if options.no_output else ["-o", output])
        costs.append(measure.run(words, measure.threads(options.threads)))
    shutil.rmtree(output, ignore_errors=True)
    summary = json.loads(costs[-1].stdout)
    cpu = statistics.median(cost.cpu for cost in costs)
    return {
        "documents": summary["records"],
        "level": level,
        "memory": options.memory,
        "threads": options.threads,
        "bytes": corpus.stat().st_size,
        "cpu_s": cpu,
        "cpu_s_min": min(cost.cpu for cost in costs),
        "wall_s": statistics.median(cost.wall for cost in costs),
        "start_up_cpu_s": start_up,
        "us_a_document": 1e6 * max(cpu - start_up, 0.0) / summary["records"],
        "peak_mb": max(cost.peak for cost in costs) / MB,
        "scratch_bytes": summary.get("scratch_bytes"),
        "seconds": summary["seconds"],
        "kept": summary["kept"],
        "notes": summary["notes"],
    }


def merged(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all points, new ones in the place of old ones that are the same, by level and size."""
    by_key = {tuple(one[name] for name in KEY): one for one in (*old, *new)}
    return sorted(by_key.values(), key=lambda one: (one["level"], one["documents"]))


def table(path: Path = FIGURES) -> str:
    """Return the figures in a file as a Markdown table, with the blank lines around it that Markdown wants."""
    heads = ["documents", "level", "CPU s", "microseconds a document", "peak MB", "scratch MB"]
    rows = []
    for one in json.loads(path.read_text("utf-8"))["points"]:
        row = [f"{one['documents']:,}", one["level"], f"{one['cpu_s']:.2f}", f"{one['us_a_document']:.0f}"]
        rows.append([*row, f"{one['peak_mb']:,.0f}", f"{one['scratch_bytes'] / MB:,.0f}"])
    return f"\n{markdown.table(heads, rows)}\n\n"


def print_points(points: Sequence[dict[str, Any]]) -> None:
    """Print the figures, a point a line."""
    print(f"{'documents':>12} {'level':12}{'CPU s':>9}{'wall s':>9}{'µs a doc':>10}{'peak MB':>9}{'scratch MB':>12}  s")
    for one in points:
        scratch = "-" if one["scratch_bytes"] is None else f"{one['scratch_bytes'] / MB:.0f}"
        print(f"{one['documents']:12,} {one['level']:12}{one['cpu_s']:9.2f}{one['wall_s']:9.2f}", end="")
        print(f"{one['us_a_document']:10.1f}{one['peak_mb']:9.0f}{scratch:>12}", end="  ")
        print(", ".join(f"{name} {spent:.1f}" for name, spent in one["seconds"].items() if spent >= 0.05))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="folder for corpora and output")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], metavar="N")
    parser.add_argument("--levels", nargs="+", default=["near", "rewritten"], metavar="LEVEL")
    parser.add_argument("--memory", default="4GB", help="as for dedup run (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="as for dedup run")
    parser.add_argument("--articles", type=Path, metavar="FILE", help="real articles, first in each corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-output", action="store_true", help="run without -o")
    parser.add_argument("--json", type=Path, metavar="FILE", help="points are read from here and written back")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="the curve")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    old = json.loads(args.json.read_text())["points"] if args.json and args.json.exists() else []
    one = corpus_of(1, args.work, args.articles, args.seed)
    few = corpus_of(min(args.sizes), args.work, args.articles, args.seed)
    machine = measure.machine()
    points: list[dict[str, Any]] = []
    for level in args.levels:
        measure.run(command(few, level, args))  # untimed: kernels may have to be compiled
    begin = {level: min(measure.run(command(one, level, args)).cpu for _ in range(3)) for level in args.levels}
    for size in sorted(args.sizes):
        corpus = corpus_of(size, args.work, args.articles, args.seed)
        for level in args.levels:
            points.append(point(corpus, level, args, begin[level]))
            every = merged(old, points)
            if args.json:  # after each point: large ones take hours
                args.json.write_text(json.dumps({"machine": machine, "points": every}, indent=2) + "\n")
    print(f"machine: {machine}\n")
    print_points(merged(old, points))
    if args.svg:
        from benchmarks.speed import chart  # here: it loads much, and the process that measures stays small

        chart.write(args.svg, merged(old, points), machine)


if __name__ == "__main__":
    main()
