"""Raw text to duplicate clusters: what it costs here and with rivals, one thread each, in interleaved rounds.

    python benchmarks/speed.py DIR/corpus.jsonl --planted DIR/planted.jsonl --rounds 3

Every tool gets the same file and a process of its own; everything it does from start to end counts. A round runs
every tool once, so that a change of the machine's mood meets all of them. An untimed round comes first: it compiles
what has to be compiled, warms the file cache and writes the answers, from which recall is taken. Speed is never told
without it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
import orjson
from copies import Copy, read_copies
from environments import RIVALS, python_of

RIVAL_NAMES = ("gaoya", "rensa", "datasketch")
LEVELS = ("near", "rewritten")
OUR_PACKAGES = ("dedup", "numba", "numpy", "pyarrow", "orjson", "xxhash")
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the table.

    Parameters
    ----------
    name : str
    command : sequence
        What is timed.
    answering : sequence
        What the first, untimed round runs; where it is ``command`` itself, another tool runs it there.
    answer : pathlib.Path
        What ``answering`` writes: the dropped ids, or for us the kept records.
    is_rival : bool
    """

    name: str
    command: Sequence[str | Path]
    answering: Sequence[str | Path]
    answer: Path
    is_rival: bool


def tools(corpus: Path, levels: Sequence[str], envs: Path, scratch: Path, with_output: bool) -> list[Tool]:
    """Return what is to be compared; answers and outputs go to the scratch folder."""
    found = []
    for name in ("orjson", *RIVAL_NAMES):
        python = Path(sys.executable) if name == "orjson" else python_of(name, envs)
        command = (python, RIVALS / f"run_{name}.py", corpus)
        answer = scratch / f"{name}.jsonl"
        label = "parsing only" if name == "orjson" else name
        found.append(Tool(label, command, (*command, "--dropped", answer), answer, name in RIVAL_NAMES))
    for level in levels:
        command = ours(corpus, level)
        output = scratch / level
        answering = (*command, "-o", output)
        found.append(Tool(f"dedup {level}", command, answering, output / "kept.jsonl", False))
        if with_output:
            found.append(Tool(f"dedup {level} -o", answering, answering, output / "kept.jsonl", False))
    return found


def ours(corpus: Path, level: str) -> tuple[str | Path, ...]:
    """Return our command line for a file."""
    program = Path(sys.executable).with_name("dedup")
    return (program, "run", corpus, "--level", level, "--threads", "1", "--quiet", "--json")


def dropped_ids(tool: Tool, corpus: Path) -> set[str]:
    """Return the ids that a tool drops, from its answer."""
    if tool.answer.name != "kept.jsonl":
        return set(_json_lines(tool.answer))
    kept = {record["id"] for record in _json_lines(tool.answer)}
    return {record["id"] for record in _json_lines(corpus)} - kept


def recall(copies: Sequence[Copy], dropped: set[str], threshold: float) -> float | None:
    """Return the share of the planted pairs at the threshold or above of which one side is dropped."""
    pairs = [copy for copy in copies if copy.resemblance >= threshold]
    return sum(copy.left in dropped or copy.right in dropped for copy in pairs) / len(pairs) if pairs else None


def row(tool: Tool, costs: Sequence[measure.Cost], size: int, documents: int) -> dict[str, Any]:
    """Return the figures of one tool."""
    cpu = [cost.cpu for cost in costs]
    median = statistics.median(cpu)
    return {
        "tool": tool.name,
        "rival": tool.is_rival,
        "cpu_s": median,
        "cpu_s_min": min(cpu),
        "cpu_s_max": max(cpu),
        "wall_s": statistics.median(cost.wall for cost in costs),
        "mb_per_cpu_s": size / MB / median,
        "documents_per_cpu_s": documents / median,
        "peak_mb": max(cost.peak for cost in costs) / MB,
    }


def start_up(corpus: Path, levels: Sequence[str], scratch: Path, rounds: int) -> dict[str, float]:
    """Return CPU seconds of ``dedup run`` on the first line alone: what every run pays before its first document."""
    line = scratch / "one.jsonl"
    with corpus.open("rb") as lines:
        line.write_bytes(lines.readline())
    environment = measure.one_thread()

    def median(level: str) -> float:
        return statistics.median(measure.run(ours(line, level), environment).cpu for _ in range(rounds))

    return {level: median(level) for level in levels}


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the figures, one tool a line."""
    print(f"{'tool':20}{'CPU s':>8}  {'min-max':13}{'wall s':>7}{'MB/s':>8}{'docs/s':>9}{'peak MB':>9}", end="")
    print(f"{'x fastest rival':>17}{'dropped':>9}{'recall':>8}")
    for r in rows:
        spread = f"{r['cpu_s_min']:.2f}-{r['cpu_s_max']:.2f}"
        print(f"{r['tool']:20}{r['cpu_s']:8.2f}  {spread:13}{r['wall_s']:7.2f}{r['mb_per_cpu_s']:8.1f}", end="")
        print(f"{r['documents_per_cpu_s']:9.0f}{r['peak_mb']:9.0f}{r['speed_up']:17.2f}{r['dropped']:9}", end="")
        print("       -" if r["recall"] is None else f"{r['recall']:8.3f}")


def versions(rivals: Sequence[str]) -> dict[str, str]:
    """Return the versions of the rivals, from what they printed, and of our own packages."""
    told = {answer["package"]: answer["version"] for answer in map(json.loads, rivals)}
    return told | {name: importlib.metadata.version(name) for name in OUR_PACKAGES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--planted", type=Path, help="planted.jsonl of the corpus, for recall")
    parser.add_argument("--threshold", type=float, default=0.7, help="recall counts planted pairs from here")
    parser.add_argument("--levels", nargs="+", default=LEVELS, metavar="LEVEL", help="levels of dedup to measure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", action="store_true", help="measure dedup with -o too")
    parser.add_argument("--envs", type=Path, default=Path(".venv-rivals"), help="folder of the rivals' environments")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()

    environment = measure.one_thread()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        compared = tools(args.corpus, args.levels, args.envs, scratch, args.output)
        answers = {
            tool.name: measure.run(tool.answering, environment).stdout
            for tool in compared
            if tool.command is not tool.answering
        }
        costs: dict[str, list[measure.Cost]] = {tool.name: [] for tool in compared}
        for _ in range(args.rounds):
            for tool in compared:
                if tool.command is tool.answering:
                    shutil.rmtree(tool.answer.parent)  # each run writes to a new folder
                costs[tool.name].append(measure.run(tool.command, environment))
        begin = start_up(args.corpus, args.levels, scratch, args.rounds)
        # Nothing large is read before everything is measured: see `measure.run`.
        size = args.corpus.stat().st_size
        documents = sum(1 for _ in _json_lines(args.corpus))
        copies = read_copies(args.planted) if args.planted else []
        rows = [row(tool, costs[tool.name], size, documents) for tool in compared]
        for figures, tool in zip(rows, compared, strict=True):
            dropped = dropped_ids(tool, args.corpus)
            figures |= {"dropped": len(dropped), "recall": recall(copies, dropped, args.threshold)}
    fastest = min(figures["cpu_s"] for figures in rows if figures["rival"])
    for figures in rows:
        figures["speed_up"] = fastest / figures["cpu_s"]

    head = {
        "machine": measure.machine(),
        "versions": versions([answers[tool.name] for tool in compared if tool.is_rival]),
        "corpus": {"documents": documents, "bytes": size, "planted": len(copies), "threshold": args.threshold},
        "rounds": args.rounds,
        "start_up_cpu_s": begin,
    }
    for name, value in head.items():
        print(f"{name}: {value}")
    print()
    print_table(rows)
    if args.json:
        args.json.write_bytes(orjson.dumps(head | {"tools": rows}, option=orjson.OPT_INDENT_2))


def _json_lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as lines:
        yield from map(orjson.loads, lines)


if __name__ == "__main__":
    main()
