"""Measure raw text to duplicate clusters: what it costs here and with rivals, in interleaved rounds.

    python -m benchmarks.speed.run DIR/corpus.jsonl --planted DIR/planted.jsonl --rounds 3
    python -m benchmarks.speed.run SMALL/corpus.jsonl --planted SMALL/planted.jsonl --slow

Every tool gets the same file and a process of its own; everything it does from start to end counts. A round runs
every tool once with each number of threads, so that a change of the machine's mood meets all of them. An untimed round
comes first: it compiles what has to be compiled, warms the file cache and writes the answers, from which recall and
precision are taken. Speed is never reported without them. The slow rivals (`SLOW`, ten to forty times slower than the
others) come only when asked for, and their first round is timed and the only one.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks import measure
from benchmarks.corpora.copies import Copy, read_copies
from benchmarks.quality import precision
from benchmarks.rivals.environments import SCRIPTS, python_of

FAST = ("gaoya", "rensa", "datasketch", "fastsketchlsh")
SLOW = ("text_dedup", "datatrove")
THREADED = ("gaoya", "fastsketchlsh")
"""Rivals, not slow, that make use of a second thread."""

FLOOR = "parsing only"
"""No rival: reading the file and nothing else."""

LEVELS = ("near", "rewritten")
OUR_PACKAGES = ("newsdedup", "numba", "numpy", "pyarrow", "orjson", "xxhash")
MB = 1_000_000

Costs = dict[int, list[measure.Cost]]
"""By the number of threads."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that is measured: a row of the table.

    Parameters
    ----------
    name : str
    command : sequence
        What is timed; the number of threads is added behind.
    extra : sequence
        Arguments added in the first, untimed round, so that it writes its answer.
    answer : pathlib.Path
        What that writes: the dropped ids, or for us the kept records.
    is_rival, is_threaded, is_slow : bool
    """

    name: str
    command: tuple[str | Path, ...]
    extra: tuple[str | Path, ...]
    answer: Path
    is_rival: bool
    is_threaded: bool
    is_slow: bool = False

    def run(self, threads: int, with_answer: bool = False) -> measure.Cost:
        """Run it once."""
        extra = self.extra if with_answer else ()
        return measure.run((*self.command, "--threads", str(threads), *extra), measure.threads(threads))


def tools(corpus: Path, rivals: Sequence[str], levels: Sequence[str], envs: Path, scratch: Path) -> list[Tool]:
    """Return the tools to compare; their answers go to the scratch folder."""
    compared = []
    for name in ("orjson", *rivals):
        python = Path(sys.executable) if name == "orjson" else python_of(name, envs)
        command = (python, SCRIPTS / f"run_{name}.py", corpus)
        answer = scratch / f"{name}.jsonl"
        label = FLOOR if name == "orjson" else name
        traits = name in rivals, name in THREADED, name in SLOW
        compared.append(Tool(label, command, ("--dropped", answer), answer, *traits))
    for level in levels:
        output = scratch / level
        extra = ("-o", output)
        compared.append(Tool(f"dedup {level}", ours(corpus, level), extra, output / "kept.jsonl", False, True))
    return compared


def ours(corpus: Path, level: str) -> tuple[str | Path, ...]:
    """Return our command line for a file, but for the threads."""
    return (sys.executable, "-m", "dedup", "run", corpus, "--level", level, "--quiet", "--json")


def with_output(tool: Tool) -> Tool:
    """Return one of our tools that writes its output each time."""
    return Tool(f"{tool.name} -o", (*tool.command, *tool.extra), (), tool.answer, False, True)


def run_rounds(compared: Sequence[Tool], threads: Sequence[int], rounds: int) -> tuple[dict[str, Costs], list[str]]:
    """Run everything.

    Returns
    -------
    costs : dict
        By the name of the tool.
    answers : list of str
        What the rivals printed.
    """
    costs: dict[str, Costs] = {tool.name: {} for tool in compared}
    answers = []
    for tool in compared:
        if tool.extra:
            cost = tool.run(threads[0], with_answer=True)
            if tool.is_rival:
                answers.append(cost.stdout)
            if tool.is_slow:
                costs[tool.name][threads[0]] = [cost]
    for _ in range(rounds):
        for tool in compared:
            for count in threads if tool.is_threaded else threads[:1]:
                if tool.is_slow:
                    continue
                if not tool.extra:
                    shutil.rmtree(tool.answer.parent)  # each run writes to a new folder
                costs[tool.name].setdefault(count, []).append(tool.run(count))
    return costs, answers


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


def row(tool: Tool, costs: Costs, size: int, documents: int) -> dict[str, Any]:
    """Return the figures of one tool: processor seconds and memory with the first number of threads."""
    first = next(iter(costs.values()))
    cpu = [cost.cpu for cost in first]
    median = statistics.median(cpu)
    return {
        "tool": tool.name,
        "rival": tool.is_rival,
        "rounds": len(cpu),
        "cpu_s": median,
        "cpu_s_min": min(cpu),
        "cpu_s_max": max(cpu),
        "wall_s": {count: statistics.median(cost.wall for cost in some) for count, some in costs.items()},
        "mb_per_cpu_s": size / MB / median,
        "documents_per_cpu_s": documents / median,
        "peak_mb": max(cost.peak for cost in first) / MB,
        "peak_mb_by_threads": {count: max(cost.peak for cost in some) / MB for count, some in costs.items()},
    }


def answered(compared: Sequence[Tool], corpus: Path, copies: Sequence[Copy], threshold: float) -> list[dict[str, Any]]:
    """Return what each tool drops: how many, recall, and what of it are copies."""
    dropped = {tool.name: dropped_ids(tool, corpus) for tool in compared}
    planted = {key for copy in copies for key in copy.pair}
    alike = precision.find_alike(set().union(*dropped.values()), lambda: _documents(corpus), threshold)
    figures = []
    for tool in compared:
        drops = dropped[tool.name]
        share = recall(copies, drops, threshold) if tool.name != FLOOR else None
        figures.append(asdict(precision.precision(drops, alike, planted)) | {"recall": share})
    return figures


def start_up(corpus: Path, levels: Sequence[str], scratch: Path, rounds: int) -> dict[str, float]:
    """Return CPU seconds of ``dedup run`` on the first line alone: what every run pays before its first document."""
    line = scratch / "one.jsonl"
    with corpus.open("rb") as lines:
        line.write_bytes(lines.readline())

    def median(level: str) -> float:
        command = (*ours(line, level), "--threads", "1")
        return statistics.median(measure.run(command, measure.one_thread()).cpu for _ in range(rounds))

    return {level: median(level) for level in levels}


def print_table(rows: Sequence[Mapping[str, Any]], threads: Sequence[int]) -> None:
    """Print the figures, one tool a line."""
    walls = "".join(f"{f'wall s/{count}':>9}" for count in threads)
    print(f"{'tool':16}{'CPU s':>8}  {'min-max':15}{walls}{'MB/s':>8}{'docs/s':>9}{'peak MB':>9}", end="")
    print(f"{'x fastest rival':>17}{'dropped':>9}{'recall':>8}{'precision':>11}{'alike':>8}")
    for r in rows:
        spread = f"{r['cpu_s_min']:.2f}-{r['cpu_s_max']:.2f}"
        walls = "".join(f"{_cell(r['wall_s'].get(count), 2):>9}" for count in threads)
        print(f"{r['tool']:16}{r['cpu_s']:8.2f}  {spread:15}{walls}{r['mb_per_cpu_s']:8.1f}", end="")
        print(
            f"{r['documents_per_cpu_s']:9.0f}{r['peak_mb']:9.0f}{_cell(r['speed_up'], 2):>17}{r['dropped']:9}", end=""
        )
        print(f"{_cell(r['recall']):>8}{_cell(r['copies']):>11}{_cell(r['alike']):>8}")


def _cell(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def versions(rivals: Sequence[str]) -> dict[str, str]:
    """Return the versions of the rivals, from what they printed, and of our own packages."""
    by_name = {answer["package"]: answer["version"] for answer in map(_last_line, rivals)}
    return by_name | {name: importlib.metadata.version(name) for name in OUR_PACKAGES}


def _last_line(printed: str) -> dict[str, Any]:
    """Return the answer of a rival's script, the last line below what the rival itself may have printed."""
    return dict(json.loads(printed.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--planted", type=Path, help="planted.jsonl of the corpus, for recall and precision")
    parser.add_argument("--threshold", type=float, default=0.7, help="recall and precision count pairs from here")
    parser.add_argument("--levels", nargs="+", default=LEVELS, metavar="LEVEL", help="levels of dedup to measure")
    parser.add_argument("--rivals", nargs="*", default=FAST, metavar="NAME", help=f"of {', '.join(FAST + SLOW)}")
    parser.add_argument("--slow", action="store_true", help="the slow rivals too, once each; for a small corpus")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="wall time with each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", action="store_true", help="measure dedup with -o too")
    parser.add_argument("--envs", type=Path, default=Path(".venv-rivals"), help="folder of the rivals' environments")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        rivals = [*args.rivals, *(SLOW if args.slow else ())]
        compared = tools(args.corpus, rivals, args.levels, args.envs, scratch)
        writing = [with_output(tool) for tool in compared if not tool.is_rival and tool.extra[0] == "-o"]
        compared += writing if args.output else []
        costs, answers = run_rounds(compared, args.threads, args.rounds)
        begin = start_up(args.corpus, args.levels, scratch, max(3, args.rounds))
        # Nothing large is read before everything is measured: see `measure.run`.
        size = args.corpus.stat().st_size
        documents = sum(1 for _ in _json_lines(args.corpus))
        copies = read_copies(args.planted) if args.planted else []
        rows = [row(tool, costs[tool.name], size, documents) for tool in compared]
        for figures, answer in zip(rows, answered(compared, args.corpus, copies, args.threshold), strict=True):
            figures |= answer
    fastest = min((figures["cpu_s"] for figures in rows if figures["rival"]), default=None)
    for figures in rows:
        figures["speed_up"] = fastest and fastest / figures["cpu_s"]

    head = {
        "machine": measure.machine(),
        "versions": versions(answers),
        "corpus": {"documents": documents, "bytes": size, "planted": len(copies), "threshold": args.threshold},
        "rounds": args.rounds,
        "start_up_cpu_s": begin,
    }
    for name, value in head.items():
        print(f"{name}: {value}")
    print()
    print_table(rows, args.threads)
    if args.json:
        figures = head | {"tools": rows}
        args.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def _documents(corpus: Path) -> Iterator[tuple[str, str]]:
    return ((record["id"], record["text"]) for record in _json_lines(corpus))


def _json_lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as lines:
        yield from map(orjson.loads, lines)


if __name__ == "__main__":
    main()
