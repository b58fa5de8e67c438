"""Run corpora that are hard on a deduplicator: does it stay linear, small and right?

    python -m benchmarks.speed.hostile                # at the sizes of CASES and a quarter of them: minutes
    python -m benchmarks.speed.hostile --scale 0.05   # a trial

Each corpus is made twice, whole and a quarter of it. The table has what both took and the ratio of the times a byte:
1 means that four times as much takes four times as long, start-up apart; 4 that it takes sixteen times as long. Ends
with 1 if any run did not keep exactly what it must. Everything is made up, with the language of `corpora.make`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import measure

MB = 1_000_000
FURNITURE_WORDS = 150
"""At the head and again at the foot of each templated page."""

BODY_WORDS = 100
"""Of its own; with the furniture two pages have a resemblance of 0.58, and nearly all pairs share a band."""

NEIGHBOURS = 1_000
"""Normal articles around the giant one."""

PART = 1 / 4


def one_text(size: int) -> Iterator[tuple[str, str]]:
    """Yield one article again and again."""
    text = next(_texts())
    for number in range(size):
        yield f"same/{number}", text


def templates(size: int) -> Iterator[tuple[str, str]]:
    """Yield pages with the same furniture, each with a short body of its own."""
    texts = _texts()
    head, foot = (_words(texts, FURNITURE_WORDS) for _ in range(2))
    for number in range(size):
        yield f"page/{number}", f"{head}\n\n{_words(texts, BODY_WORDS)}\n\n{foot}"


def giant(size: int) -> Iterator[tuple[str, str]]:
    """Yield an article of this size in bytes among normal ones."""
    texts = _texts()
    for number in range(NEIGHBOURS):
        if number == NEIGHBOURS // 2:
            pieces: list[str] = []
            length = 0
            while length < size:
                pieces.append(next(texts))
                length += len(pieces[-1])
            yield "giant", "\n\n".join(pieces)
        yield f"normal/{number}", next(texts)


def boilerplate(size: int) -> Iterator[tuple[str, str]]:
    """Yield articles with the same paragraph, each in another place of the text."""
    texts = _texts()
    paragraph = _words(texts, 120)
    for number in range(size):
        paragraphs = next(texts).split("\n\n")
        paragraphs.insert(number % (len(paragraphs) + 1), paragraph)
        yield f"article/{number}", "\n\n".join(paragraphs)


@dataclass(frozen=True, slots=True)
class Case:
    """A corpus that is hard on a deduplicator.

    Parameters
    ----------
    name : str
    size : int
        How much of it: documents, or bytes of the giant.
    documents : callable
        Yields id and text of each, for a size.
    kept : callable
        Returns how many must be kept, for a size.
    """

    name: str
    size: int
    documents: Callable[[int], Iterator[tuple[str, str]]]
    kept: Callable[[int], int]


CASES = (
    Case("one text", 200_000, one_text, lambda size: 1),
    Case("templates", 50_000, templates, lambda size: size),
    Case("giant", 200 * MB, giant, lambda size: NEIGHBOURS + 1),
    Case("boilerplate", 100_000, boilerplate, lambda size: size),
)


def _texts() -> Iterator[str]:
    """Yield made articles that have no story in common: what they share is what the case puts in."""
    import orjson

    from benchmarks.corpora import language, make  # here: it loads much, and the process that measures stays small

    apart = language.Constants(passages=0.0, own=1.0, story=0.0)
    for line in make.made_articles(7, 1, apart):
        yield orjson.loads(line)["text"]


def _words(texts: Iterator[str], count: int) -> str:
    words: list[str] = []
    while len(words) < count:
        words += next(texts).split()
    return " ".join(words[:count])


def make(name: str, size: int, path: Path) -> None:
    """Write a corpus as JSON lines."""
    case = next(case for case in CASES if case.name == name)
    with path.open("w", encoding="utf-8") as lines:
        for key, text in case.documents(size):
            lines.write(json.dumps({"id": key, "text": text}, ensure_ascii=False) + "\n")


def run(path: Path, level: str, threads: int) -> tuple[measure.Cost, int]:
    """Return what a run costs and how many records it keeps."""
    command = [sys.executable, "-m", "dedup", "run", path, "--level", level, "--threads", str(threads)]
    cost = measure.run([*command, "--quiet", "--json"], measure.threads(threads))
    return cost, json.loads(cost.stdout)["kept"]


def figures(case: Case, size: int, path: Path, level: str, threads: int) -> dict[str, Any]:
    """Run one corpus and return its figures."""
    cost, kept = run(path, level, threads)
    return {
        "case": case.name,
        "level": level,
        "size": size,
        "bytes": path.stat().st_size,
        "cpu_s": cost.cpu,
        "wall_s": cost.wall,
        "peak_mb": cost.peak / MB,
        "kept": kept,
        "must_keep": case.kept(size),
    }


def ratio(part: dict[str, Any], whole: dict[str, Any], start_up: float) -> float:
    """Return seconds a byte of the whole over those of the part, start-up apart: 1 where time is linear."""
    per_byte = [max(one["cpu_s"] - start_up, 1e-3) / one["bytes"] for one in (part, whole)]
    return per_byte[1] / per_byte[0]


def print_row(part: dict[str, Any], whole: dict[str, Any], growth: float) -> None:
    """Print one case at one level."""
    print(f"{whole['case']:13}{whole['level']:11}{whole['size']:12,}{whole['bytes'] / MB:9.1f}", end="")
    for key, digits in (("cpu_s", 2), ("peak_mb", 0)):
        print(f"{part[key]:10.{digits}f}{whole[key]:9.{digits}f}", end="")
    wrong = [one for one in (part, whole) if one["kept"] != one["must_keep"]]
    complaint = ", ".join(f"keeps {one['kept']:,} instead of {one['must_keep']:,}" for one in wrong)
    print(f"{growth:9.2f}  {complaint or 'right'}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=[case.name for case in CASES], metavar="NAME")
    parser.add_argument("--levels", nargs="+", default=["near", "rewritten"], metavar="LEVEL")
    parser.add_argument("--scale", type=float, default=1.0, help="times all sizes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where corpora are put while needed (default: a temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    print(f"machine: {measure.machine()}\n")
    print(
        f"{'case':13}{'level':11}{'size':>12}{'MB':>9}{'CPU s 1/4':>10}{'all':>9}{'MB 1/4':>10}{'all':>9}{'ratio':>9}"
    )
    rows, is_right = [], True
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        one = Path(folder, "one.jsonl")
        one.write_text('{"id": "1", "text": "One short text that takes no time at all, beside the start."}\n')
        start_up = {level: min(run(one, level, args.threads)[0].cpu for _ in range(3)) for level in args.levels}
        for case in (case for case in CASES if case.name in args.cases):
            sizes = [max(4, round(case.size * args.scale * share)) for share in (PART, 1)]
            paths = [Path(folder, f"{size}.jsonl") for size in sizes]
            for size, path in zip(sizes, paths, strict=True):
                making = multiprocessing.get_context("spawn").Process(target=make, args=(case.name, size, path))
                making.start()
                making.join()
                if making.exitcode:
                    raise RuntimeError(f"could not make {case.name} of {size:,}")
            for level in args.levels:
                run(paths[0], level, args.threads)  # untimed: kernels may have to be compiled
                part, whole = (figures(case, *at, level, args.threads) for at in zip(sizes, paths, strict=True))
                growth = ratio(part, whole, start_up[level])
                print_row(part, whole, growth)
                is_right &= all(one["kept"] == one["must_keep"] for one in (part, whole))
                rows.append({"part": part, "whole": whole, "ratio": growth})
            for path in paths:
                path.unlink()
    if args.json:
        head = {"machine": measure.machine(), "threads": args.threads, "start_up_cpu_s": start_up}
        args.json.write_text(json.dumps(head | {"cases": rows}, indent=2))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
