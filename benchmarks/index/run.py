"""Measure what an index costs that is queried before it is added to: ours, and datasketch in memory and on Redis.

    python -m benchmarks.index.run DIR/corpus.jsonl --planted DIR/planted.jsonl
    python -m benchmarks.index.run DIR/corpus.jsonl --planted DIR/planted.jsonl --redis-documents 20000 --redis
    python -m benchmarks.index.run DIR/corpus.jsonl --window 30 --days 120

Each contestant gets the same corpus, in batches of 1,000 documents and in a process of its own: each document is
compared with all before it, then added. Another process opens what is there and queries the next texts of the corpus,
one by one, first from the disk, then from the system's cache; what lives in memory is queried where it is. The Redis
server is one of our own, on a Unix socket, and keeps nothing on the disk. With ``--window`` nothing is compared: the
corpus is spread over days, and what is older than the window expires at the end of each.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks import measure
from benchmarks.corpora.copies import Copy, read_copies
from benchmarks.corpora.edits import KINDS
from benchmarks.index.contestants import CONTESTANTS
from benchmarks.index.redis_server import own_server
from benchmarks.markdown import table

JOB = "benchmarks.index.job"
PACKAGES = ("newsdedup", "datasketch", "numba", "numpy", "redis", "hiredis")
OWN = "own"
MB = 1_000_000
DAYS_SHOWN = 12
FEW = 5_000
"""Documents that are added to have kernels compiled."""


def jobs(options: argparse.Namespace) -> Iterator[tuple[str, str, str, int]]:
    """Yield the jobs: contestant, level, place (a folder, memory or a server), documents."""
    most = options.documents
    for level in options.levels if "dedup" in options.contestants else ():
        yield "dedup", level, "folder", most
        if options.redis:
            yield "dedup", level, options.redis, min(most, options.redis_documents)
    if "datasketch" in options.contestants:
        yield "datasketch", "near", "memory", most
    if "datasketch-redis" in options.contestants:
        yield "datasketch-redis", "near", OWN, min(most, options.redis_documents)


@contextlib.contextmanager
def place_of(kind: str) -> Iterator[str]:
    """Yield a place for an index, removed afterwards; on a server of the user it stays, under a name of its own."""
    with contextlib.ExitStack() as stack:
        if kind == OWN:
            yield f"{stack.enter_context(own_server())}?name=bench"
        elif kind in ("folder", "memory"):
            yield str(Path(stack.enter_context(tempfile.TemporaryDirectory()), "index"))
        else:
            yield f"{kind}{'&' if '?' in kind else '?'}name=bench-{uuid.uuid4().hex[:8]}"


def run(role: str, contestant: str, level: str, place: str, documents: int, options: argparse.Namespace) -> Any:
    """Run a job in a process of its own; return its figures, and its peak."""
    words = [sys.executable, "-m", JOB, role, contestant, options.corpus, "--place", place, "--level", level]
    words += ["--documents", str(documents), "--queries", str(options.queries)]
    words += ["--days", str(options.days), "--window", str(options.window or 0)]
    cost = measure.run([*words, *(("--planted", options.planted) if options.planted else ())], measure.one_thread())
    return {**json.loads(cost.stdout.splitlines()[-1]), "peak": cost.peak}


def measured(contestant: str, level: str, kind: str, documents: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one contestant."""
    with place_of(kind) as place:
        figures = run("add", contestant, level, place, documents, options)
        if contestant != "datasketch":
            answers = run("query", contestant, level, place, documents, options)
            figures |= {**answers, "peak": figures["peak"]}
    name = f"{contestant}, level {level}" if contestant == "dedup" else "datasketch"
    where = {"folder": "", "memory": ", in memory"}.get(kind, ", on Redis")
    return {"contestant": name + where, **figures, "bytes_a_document": bytes_a_document(figures)}


def compile_kernels(options: argparse.Namespace) -> None:
    """Let each level of ours add and answer a little, untimed, so that kernels are compiled."""
    for level in options.levels if "dedup" in options.contestants or options.window else ():
        with place_of("folder") as place:
            run("add", "dedup", level, place, min(options.documents, FEW), options)
            run("query", "dedup", level, place, 0, options)


def bytes_a_document(figures: Mapping[str, Any]) -> float:
    """Return what a document takes: on the disk, of the server's memory, or of the process's."""
    if figures.get("server"):
        return float(figures["server"]["used"] / figures["documents"])
    if figures.get("bytes") is not None:
        return float(figures["bytes"] / figures["documents"])
    grown = figures["writer"].get("anonymous", 0) - figures["writer_before"].get("anonymous", 0)
    return float(grown / figures["documents"])


def met_pairs(figures: Mapping[str, Any], copies: Sequence[Copy], places: Mapping[str, int], threshold: float) -> Any:
    """Return the share of the planted pairs that were met, of those whose both sides were added: by kind, and at the
    threshold or above.
    """
    met = {tuple(sorted(pair)) for pair in figures["met"]}
    there = [copy for copy in copies if max(places[copy.left], places[copy.right]) < figures["documents"]]
    kinds = sorted({copy.kind for copy in copies}, key=[*KINDS].index)
    groups = {kind: [copy for copy in there if copy.kind == kind] for kind in kinds}
    groups["resemblance from the threshold"] = [copy for copy in there if copy.resemblance >= threshold]
    return {
        kind: {"planted": len(group), "met": sum(copy.pair in met for copy in group)} for kind, group in groups.items()
    }


def truths(rows: Sequence[dict[str, Any]], options: argparse.Namespace) -> None:
    """Add to the figures what was found, and which share of a sample of the reported near duplicates is true."""
    from benchmarks.corpora import truth

    copies = read_copies(options.planted) if options.planted else []
    wanted = {id for figures in rows for pair in figures["sample"] for id in pair}
    planted = {id for copy in copies for id in copy.pair}
    places, texts = {}, {}
    with options.corpus.open("rb") as lines:
        for place, line in enumerate(lines):
            record = orjson.loads(line)
            if record["id"] in planted:
                places[record["id"]] = place
            if record["id"] in wanted:
                texts[record["id"]] = record["text"]
    for figures in rows:
        figures["found"] = met_pairs(figures, copies, places, options.threshold)
        sample = [truth.resemblance(texts[left], texts[right]) for left, right in figures["sample"]]
        figures["true"] = sum(value >= options.threshold for value in sample) / len(sample) if sample else None
        del figures["met"], figures["sample"]


def tables_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield tables: adding, querying, finding."""
    heads = ["index", "documents", "added a CPU s", "first tenth", "last tenth", "by the clock", "slowest tenth"]
    heads += ["longest batch s", "kB a document", "writer MB, peak", "its own"]
    lines = []
    for one in rows:
        parts = one["parts"]
        cpu = one["add_cpu_s"] + (one["server"]["cpu_s"] if "server" in one else 0.0)
        line = [one["contestant"], f"{one['documents']:,}", f"{one['documents'] / cpu:,.0f}"]
        line += [f"{parts[at]['per_cpu_s']:,.0f}" for at in (0, -1)]
        line += [f"{one['documents'] / one['add_wall_s']:,.0f}", f"{min(p['per_wall_s'] for p in parts):,.0f}"]
        line += [f"{one['longest_batch_s']:.2f}", f"{one['bytes_a_document'] / 1e3:.2f}"]
        lines.append([*line, _mb(one["peak"]), _mb(one["writer"].get("anonymous"))])
    yield table(heads, lines)

    heads = [
        "index",
        "opened s",
        "p50 ms",
        "p99",
        "from the disk p50",
        "p99",
        "reader MB: RSS",
        "PSS",
        "USS",
        "its own",
    ]
    lines = []
    for one in rows:
        cold = one["first"] if one.get("is_cold") else None
        line = [one["contestant"], f"{one['open_s']:.2f}" if "open_s" in one else ""]
        for times in (one["warm"], cold):
            line += [f"{times[name]:.2f}" if times else "" for name in ("p50_ms", "p99_ms")]
        lines.append([*line, *(_mb(one["reader"].get(name)) for name in ("rss", "pss", "uss", "anonymous"))])
    yield table(heads, lines)

    lines = [["as near duplicates", "", *(f"{one['near_pairs']:,}" for one in rows)]]
    lines.append(["of a sample, true", "", *("" if one["true"] is None else f"{one['true']:.3f}" for one in rows)])
    for kind in rows[0]["found"]:
        counts = [one["found"][kind] for one in rows]
        if most := max(of["planted"] for of in counts):
            shares = [f"{of['met'] / of['planted']:.3f}" if of["planted"] else "" for of in counts]
            lines.append([kind, f"{most:,}", *shares])
    reported = ["pairs reported", "", *(f"{one['pairs']:,}" for one in rows)]
    yield table(["", "planted", *(one["contestant"] for one in rows)], [reported, *lines])


def _mb(size: float | None) -> str:
    return "" if size is None else f"{size / MB:,.0f}"


def window_table(days: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of up to `DAYS_SHOWN` of the days, the last among them."""
    step = max(1, -(-len(days) // DAYS_SHOWN))
    heads = ["day", "documents", "MB on disk", "added a CPU s", "by the clock", "longest batch s", "expire s"]
    lines = []
    for one in (*days[step - 1 : -1 : step], days[-1]):
        rates = [f"{one[name]:,.0f}" if one[name] else "" for name in ("per_cpu_s", "per_wall_s")]
        line = [str(one["day"]), f"{one['documents']:,}", _mb(one["file_bytes"]), *rates]
        line += [f"{one['longest_batch_s']:.2f}", f"{one['expire_wall_s']:.2f}"]
        lines.append([*line, _mb(one.get("rss")), _mb(one.get("anonymous"))])
    return table([*heads, "writer MB: RSS", "its own"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--planted", type=Path, help="planted.jsonl of the corpus")
    parser.add_argument("--documents", type=int, help="that are added (default: all but those queried)")
    parser.add_argument("--queries", type=int, default=1_000, help="texts queried, the next ones (default: 1000)")
    parser.add_argument("--contestants", nargs="+", default=CONTESTANTS, choices=CONTESTANTS, metavar="NAME")
    parser.add_argument("--levels", nargs="+", default=["near", "rewritten"], metavar="LEVEL", help="of dedup")
    parser.add_argument("--redis-documents", type=int, default=20_000, help="on Redis (default: %(default)s)")
    parser.add_argument(
        "--redis", nargs="?", const=OWN, metavar="URL", help="dedup on Redis, too: own server, or that of a URL"
    )
    parser.add_argument("--window", type=int, metavar="DAYS", help="expire what is older, and compare nothing")
    parser.add_argument("--days", type=int, default=120, help="over which the corpus is spread (default: 120)")
    parser.add_argument("--threshold", type=float, default=0.7, help="of what counts as found and true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    with options.corpus.open("rb") as lines:
        everything = sum(1 for _ in lines)
    options.documents = min(options.documents or everything, everything - (0 if options.window else options.queries))
    figures: dict[str, Any] = {"machine": measure.machine(), "versions": versions(), "corpus": options.corpus.name}
    compile_kernels(options)
    if options.window:
        with place_of(options.redis or "folder") as place:
            figures |= run("window", "dedup", options.levels[-1], place, options.documents, options)
        figures |= {"window": options.window, "level": options.levels[-1], "documents": options.documents}
        shown = [window_table(figures["days"])]
    else:
        rows = [measured(*job, options) for job in jobs(options)]
        truths(rows, options)
        figures["rows"] = rows
        shown = [*tables_of(rows)]
    print(f"{figures['machine']}\n{figures['versions']}\n")
    print(*shown, sep="\n\n")
    if options.window:
        print(f"\nmatches reported after they had expired: {figures['expired_matches']}")
    if options.json:
        options.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def versions() -> dict[str, str]:
    """Return the versions of the packages that take part."""
    by_name = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            by_name[name] = importlib.metadata.version(name)
    return by_name


if __name__ == "__main__":
    main()
