"""Run one contestant of `index.run` in a process of its own: add a corpus, query it, or expire as it goes; JSON out.

    python -m benchmarks.index.job add dedup corpus.jsonl --place DIR --documents 100000
    python -m benchmarks.index.job query dedup corpus.jsonl --place DIR --documents 100000 --queries 1000
    python -m benchmarks.index.job window dedup corpus.jsonl --place DIR --documents 100000 --days 120 --window 30

Reading and parsing the corpus are not counted, in seconds nor, but for a batch, in memory.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from benchmarks import measure
from benchmarks.index import redis_server
from benchmarks.index.contestants import (
    CONTESTANTS,
    NEAR,
    Answer,
    Contestant,
    Dedup,
    bytes_on_disk,
    contestant,
    dropped_from_cache,
    is_server,
)

BATCH = 1_000
PARTS = 10
"""Parts of the corpus for each of which the rate is reported."""

WARM = "One text of more than ten words so that what comes with the first question is done before anything is timed"

SAMPLE = 500
"""Pairs reported as near duplicates of which the truth will be measured."""

FIRST_DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)


def records_of(corpus: Path, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield a stretch of the records of a corpus, with id and text alone."""
    with corpus.open("rb", buffering=1 << 20) as lines:
        for line in islice(lines, first, first + count):
            record = orjson.loads(line)
            yield {"id": record["id"], "text": record["text"]}


def batches(records: Iterator[dict[str, Any]], size: int = BATCH) -> Iterator[list[dict[str, Any]]]:
    """Yield records in batches."""
    while batch := list(islice(records, size)):
        yield batch


class Tally:
    """Counts answers: planted pairs met, how many pairs in all, and a sample of them.

    Parameters
    ----------
    planted : Path or None
    """

    def __init__(self, planted: Path | None) -> None:
        lines = planted.read_bytes().splitlines() if planted else []
        self._partners: dict[str, set[str]] = {}
        for copy in map(orjson.loads, lines):
            self._partners.setdefault(copy["left"], set()).add(copy["right"])
            self._partners.setdefault(copy["right"], set()).add(copy["left"])
        self._draw = random.Random(1)
        self.met: list[tuple[str, str]] = []
        self.pairs = self.near = 0
        self.sample: list[tuple[str, str]] = []

    def take(self, records: Sequence[dict[str, Any]], answers: Sequence[Answer]) -> None:
        """Count the answers to a batch of records."""
        for record, answer in zip(records, answers, strict=True):
            partners = self._partners.get(record["id"], ())
            for other, relation in answer:
                self.pairs += 1
                if other in partners:
                    self.met.append((other, record["id"]))
                if relation in (NEAR, "identical"):
                    self.near += 1
                    if len(self.sample) < SAMPLE:
                        self.sample.append((other, record["id"]))
                    elif (place := self._draw.randrange(self.near)) < SAMPLE:
                        self.sample[place] = (other, record["id"])

    def figures(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {"pairs": self.pairs, "near_pairs": self.near, "met": self.met, "sample": self.sample}


def rates(batches: Sequence[tuple[int, float, float]]) -> list[dict[str, float]]:
    """Return documents a second, by the processor and by the clock, of each part of the batches.

    Parameters
    ----------
    batches : sequence of (documents, processor seconds, seconds by the clock)
    """
    size = max(1, -(-len(batches) // PARTS))
    parts = [batches[at : at + size] for at in range(0, len(batches), size)]
    figures = []
    for part in parts:
        documents, cpu, wall = (sum(column) for column in zip(*part, strict=True))
        figures.append({"documents": documents, "per_cpu_s": documents / cpu, "per_wall_s": documents / wall})
    return figures


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th of a hundred, in milliseconds."""
    of_100 = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {"p50_ms": 1e3 * of_100[49], "p99_ms": 1e3 * of_100[98], "max_ms": 1e3 * max(seconds)}


def add(options: argparse.Namespace) -> dict[str, Any]:
    """Add a corpus in batches; query at once where nothing outlives the process."""
    server = redis_server.state(options.place) if is_server(options.place) else None
    opened = contestant(options.contestant, options.place, options.level)
    opened.query(WARM)
    tally, timed = Tally(options.planted), []
    before = measure.memory()
    for batch in batches(records_of(options.corpus, 0, options.documents)):
        wall, cpu = time.perf_counter(), time.process_time()
        answers = opened.add(batch)
        timed.append((len(batch), time.process_time() - cpu, time.perf_counter() - wall))
        tally.take(batch, answers)
    memory = measure.memory()
    answers = query_texts(opened, options) if options.contestant == "datasketch" else {}
    cpu = time.process_time()
    opened.close()
    figures = {
        "documents": sum(count for count, _, _ in timed),
        "add_cpu_s": sum(cpu for _, cpu, _ in timed),
        "add_wall_s": sum(wall for _, _, wall in timed),
        "close_cpu_s": time.process_time() - cpu,
        "longest_batch_s": max(wall for _, _, wall in timed),
        "parts": rates(timed),
        "writer": memory,
        "writer_before": before,
        **tally.figures(),
        **answers,
    }
    if server is not None:
        after = redis_server.state(options.place)
        return {**figures, "server": {name: after[name] - server[name] for name in after}}
    return {**figures, "bytes": bytes_on_disk(options.place) if options.contestant == "dedup" else None}


def query(options: argparse.Namespace) -> dict[str, Any]:
    """Open an existing index, from the disk if the system allows, and query it."""
    is_cold = not is_server(options.place) and dropped_from_cache(options.place)
    wall = time.perf_counter()
    opened = contestant(options.contestant, options.place, options.level, "r")
    figures = {"open_s": time.perf_counter() - wall, "is_cold": is_cold, **query_texts(opened, options)}
    opened.close()
    return figures


def query_texts(opened: Contestant, options: argparse.Namespace) -> dict[str, Any]:
    """Query the texts that follow the documents added, one by one; twice, as all is in the cache the second time."""
    texts = [record["text"] for record in records_of(options.corpus, options.documents, options.queries)]
    opened.query(WARM)
    rounds = []
    memory: dict[str, int] = {}
    answered = 0
    for _ in range(2):
        seconds = []
        for text in texts:
            wall = time.perf_counter()
            answered += bool(opened.query(text))
            seconds.append(time.perf_counter() - wall)
        rounds.append(quantiles(seconds))
        memory = memory or measure.memory()
    return {"first": rounds[0], "warm": rounds[1], "reader": memory, "queries": len(texts), "answered": answered // 2}


def window(options: argparse.Namespace) -> dict[str, Any]:
    """Add a corpus spread over days, and expire at the end of each what is older than the window; a row a day."""
    opened = Dedup(options.place, options.level, "rw")
    index, days, left_from, expired_matches = opened.index, [], "", 0
    records = records_of(options.corpus, 0, options.documents)
    for day in range(options.days):
        date = FIRST_DAY + timedelta(days=day)
        count = options.documents * (day + 1) // options.days - options.documents * day // options.days
        wall = cpu = longest = 0.0
        for batch in batches(islice(records, count)):
            dated = [{**record, "published": f"{date:%Y-%m-%d}"} for record in batch]
            started, used = time.perf_counter(), time.process_time()
            answers = index.add_many(dated)
            took = time.perf_counter() - started
            cpu, wall, longest = cpu + time.process_time() - used, wall + took, max(longest, took)
            expired_matches += sum((match.published or "") < left_from for matches in answers for match in matches)
        started, used = time.perf_counter(), time.process_time()
        left_from = f"{date - timedelta(days=options.window - 1):%Y-%m-%d}"
        expired = index.expire(left_from)
        index.flush()
        expire_wall, expire_cpu = time.perf_counter() - started, time.process_time() - used
        memory, info = measure.memory(), index.info()
        days.append(
            {
                "day": day + 1,
                "added": count,
                "expired": expired,
                "documents": info["documents"],
                "file_bytes": info["file_bytes"],
                "runs": info.get("runs"),
                "per_cpu_s": count / cpu if cpu else None,
                "per_wall_s": count / wall if wall else None,
                "longest_batch_s": longest,
                "expire_cpu_s": expire_cpu,
                "expire_wall_s": expire_wall,
                **memory,
            }
        )
        print(json.dumps(days[-1]), file=sys.stderr, flush=True)
    opened.close()
    return {"days": days, "expired_matches": expired_matches, "bytes_closed": _size(options.place)}


def _size(place: str) -> int | None:
    return None if is_server(place) else bytes_on_disk(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=("add", "query", "window"))
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--place", default="", help="folder, or URL of a Redis server")
    parser.add_argument("--level", default="near")
    parser.add_argument("--documents", type=int, required=True, help="that are added, from the beginning")
    parser.add_argument("--queries", type=int, default=1_000, help="texts behind them that are queried")
    parser.add_argument("--planted", type=Path, help="planted.jsonl of the corpus")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--window", type=int, default=30)
    options = parser.parse_args()
    print(json.dumps({"add": add, "query": query, "window": window}[options.role](options)))


if __name__ == "__main__":
    main()
