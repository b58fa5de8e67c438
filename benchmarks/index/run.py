"""What an index costs that is asked before it is added to: ours, and datasketch in memory and on Redis.

    python benchmarks/index.py DIR/corpus.jsonl --planted DIR/planted.jsonl
    python benchmarks/index.py DIR/corpus.jsonl --planted DIR/planted.jsonl --redis-documents 20000 --redis
    python benchmarks/index.py DIR/corpus.jsonl --window 30 --days 120

Each contestant gets the same corpus, in batches of 1,000 documents and in a process of its own: each document is
compared with all before it, then added. Another process opens what is there and is asked about the texts that come
behind, one by one, first from the disk, then from the system's cache; what lives in memory is asked where it is. The
Redis server is one of our own, on a Unix socket, and keeps nothing on the disk. With ``--window`` nothing is compared:
the corpus is spread over days, and what is older than the window expires at the end of each.
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
PACKAGES = ("dedup", "datasketch", "numba", "numpy", "redis", "hiredis")
OWN = "own"
MB = 1_000_000
DAYS_SHOWN = 12
FEW = 5_000
"""Documents that are added, untimed, so that kernels are compiled."""


def jobs(given: argparse.Namespace) -> Iterator[tuple[str, str, str, int]]:
    """Yield what is to be measured: contestant, level, place (a folder, in memory or a server), documents."""
    most = given.documents
    for level in given.levels if "dedup" in given.contestants else ():
        yield "dedup", level, "folder", most
        if given.redis:
            yield "dedup", level, given.redis, min(most, given.redis_documents)
    if "datasketch" in given.contestants:
        yield "datasketch", "near", "memory", most
    if "datasketch-redis" in given.contestants:
        yield "datasketch-redis", "near", OWN, min(most, given.redis_documents)


@contextlib.contextmanager
def place_of(kind: str) -> Iterator[str]:
    """Yield a place for an index, gone afterwards; on a server that was given it stays, under a name of its own."""
    with contextlib.ExitStack() as stack:
        if kind == OWN:
            yield f"{stack.enter_context(own_server())}?name=bench"
        elif kind in ("folder", "memory"):
            yield str(Path(stack.enter_context(tempfile.TemporaryDirectory()), "index"))
        else:
            yield f"{kind}{'&' if '?' in kind else '?'}name=bench-{uuid.uuid4().hex[:8]}"


def run(role: str, contestant: str, level: str, place: str, documents: int, given: argparse.Namespace) -> Any:
    """Run a job in a process of its own; return what it told, and its peak."""
    words = [sys.executable, "-m", JOB, role, contestant, given.corpus, "--place", place, "--level", level]
    words += ["--documents", str(documents), "--asked", str(given.asked)]
    words += ["--days", str(given.days), "--window", str(given.window or 0)]
    cost = measure.run([*words, *(("--planted", given.planted) if given.planted else ())], measure.one_thread())
    return {**json.loads(cost.stdout.splitlines()[-1]), "peak": cost.peak}


def measured(contestant: str, level: str, kind: str, documents: int, given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one contestant."""
    with place_of(kind) as place:
        figures = run("add", contestant, level, place, documents, given)
        if contestant != "datasketch":
            asked = run("ask", contestant, level, place, documents, given)
            figures |= {**asked, "peak": figures["peak"]}
    name = f"{contestant}, level {level}" if contestant == "dedup" else "datasketch"
    where = {"folder": "", "memory": ", in memory"}.get(kind, ", on Redis")
    return {"contestant": name + where, **figures, "bytes_a_document": bytes_a_document(figures)}


def compile_kernels(given: argparse.Namespace) -> None:
    """Have each level of ours add and answer a little, untimed: kernels may have to be compiled."""
    for level in given.levels if "dedup" in given.contestants or given.window else ():
        with place_of("folder") as place:
            run("add", "dedup", level, place, min(given.documents, FEW), given)
            run("ask", "dedup", level, place, 0, given)


def bytes_a_document(figures: Mapping[str, Any]) -> float:
    """Return what a document takes: on the disk, of the server's memory, or of the process's."""
    if figures.get("server"):
        return float(figures["server"]["used"] / figures["documents"])
    if figures.get("bytes") is not None:
        return float(figures["bytes"] / figures["documents"])
    grown = figures["writer"].get("anonymous", 0) - figures["writer_before"].get("anonymous", 0)
    return float(grown / figures["documents"])


def found(figures: Mapping[str, Any], copies: Sequence[Copy], places: Mapping[str, int], threshold: float) -> Any:
    """Return the share of the planted pairs that were met, of those whose both sides were added: by kind, and at the
    threshold or above.
    """
    met = {tuple(sorted(pair)) for pair in figures["met"]}
    there = [copy for copy in copies if max(places[copy.left], places[copy.right]) < figures["documents"]]
    kinds = sorted({copy.kind for copy in copies}, key=[*KINDS].index)
    groups = {kind: [copy for copy in there if copy.kind == kind] for kind in kinds}
    groups["resemblance from the threshold"] = [copy for copy in there if copy.resemblance >= threshold]
    return {
        kind: {"planted": len(some), "met": sum(copy.pair in met for copy in some)} for kind, some in groups.items()
    }


def truths(rows: Sequence[dict[str, Any]], given: argparse.Namespace) -> None:
    """Add to the figures what was found, and how much of a sample of the reported near duplicates is true."""
    from benchmarks.corpora import truth

    copies = read_copies(given.planted) if given.planted else []
    wanted = {id for figures in rows for pair in figures["sample"] for id in pair}
    planted = {id for copy in copies for id in copy.pair}
    places, texts = {}, {}
    with given.corpus.open("rb") as lines:
        for place, line in enumerate(lines):
            record = orjson.loads(line)
            if record["id"] in planted:
                places[record["id"]] = place
            if record["id"] in wanted:
                texts[record["id"]] = record["text"]
    for figures in rows:
        figures["found"] = found(figures, copies, places, given.threshold)
        sample = [truth.resemblance(texts[left], texts[right]) for left, right in figures["sample"]]
        figures["true"] = sum(value >= given.threshold for value in sample) / len(sample) if sample else None
        del figures["met"], figures["sample"]


def tables_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield tables: adding, asking, finding."""
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
    told = ["pairs told", "", *(f"{one['pairs']:,}" for one in rows)]
    yield table(["", "planted", *(one["contestant"] for one in rows)], [told, *lines])


def _mb(size: float | None) -> str:
    return "" if size is None else f"{size / MB:,.0f}"


def window_table(days: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of some of the days, the last among them."""
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
    parser.add_argument("--documents", type=int, help="that are added (default: all but those asked about)")
    parser.add_argument("--asked", type=int, default=1_000, help="texts asked about, the next ones (default: 1000)")
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
    given = parser.parse_args()
    with given.corpus.open("rb") as lines:
        everything = sum(1 for _ in lines)
    given.documents = min(given.documents or everything, everything - (0 if given.window else given.asked))
    told: dict[str, Any] = {"machine": measure.machine(), "versions": versions(), "corpus": given.corpus.name}
    compile_kernels(given)
    if given.window:
        with place_of(given.redis or "folder") as place:
            told |= run("window", "dedup", given.levels[-1], place, given.documents, given)
        told |= {"window": given.window, "level": given.levels[-1], "documents": given.documents}
        shown = [window_table(told["days"])]
    else:
        rows = [measured(*job, given) for job in jobs(given)]
        truths(rows, given)
        told["rows"] = rows
        shown = [*tables_of(rows)]
    print(f"{told['machine']}\n{told['versions']}\n")
    print(*shown, sep="\n\n")
    if given.window:
        print(f"\nmatches told that had expired: {told['told_of_expired']}")
    if given.json:
        given.json.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def versions() -> dict[str, str]:
    """Return the versions of what takes part."""
    found = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


if __name__ == "__main__":
    main()
