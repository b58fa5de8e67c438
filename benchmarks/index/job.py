"""One contestant of `index.py` in a process of its own: adds a corpus, is asked, or forgets as it goes; prints JSON.

    python benchmarks/index_job.py add dedup corpus.jsonl --place DIR --documents 100000
    python benchmarks/index_job.py ask dedup corpus.jsonl --place DIR --documents 100000 --asked 1000
    python benchmarks/index_job.py window dedup corpus.jsonl --place DIR --documents 100000 --days 120 --window 30

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
    Ours,
    bytes_on_disk,
    contestant,
    dropped_from_cache,
    is_server,
)

BATCH = 1_000
PARTS = 10
"""Parts of the corpus of which the rate is told."""

WARM = "One text of more than ten words so that what comes with the first question is done before anything is timed"

SAMPLE = 500
"""Pairs reported as near duplicates of which the truth will be measured."""

FIRST_DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)


def records_of(corpus: Path, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield some records of a corpus, with id and text alone."""
    with corpus.open("rb", buffering=1 << 20) as lines:
        for line in islice(lines, first, first + count):
            record = orjson.loads(line)
            yield {"id": record["id"], "text": record["text"]}


def batches(records: Iterator[dict[str, Any]], size: int = BATCH) -> Iterator[list[dict[str, Any]]]:
    """Yield records, some at a time."""
    while some := list(islice(records, size)):
        yield some


class Tally:
    """What was answered: planted pairs met, how many pairs in all, and a sample of them.

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
        """Take the answers to some records."""
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

    def told(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"pairs": self.pairs, "near_pairs": self.near, "met": self.met, "sample": self.sample}


def rates(batches: Sequence[tuple[int, float, float]]) -> list[dict[str, float]]:
    """Return documents a second, by the processor and by the clock, of each part of some batches.

    Parameters
    ----------
    batches : sequence of (documents, processor seconds, seconds by the clock)
    """
    size = max(1, -(-len(batches) // PARTS))
    parts = [batches[at : at + size] for at in range(0, len(batches), size)]
    told = []
    for part in parts:
        documents, cpu, wall = (sum(column) for column in zip(*part, strict=True))
        told.append({"documents": documents, "per_cpu_s": documents / cpu, "per_wall_s": documents / wall})
    return told


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th of a hundred, in milliseconds."""
    of_100 = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    return {"p50_ms": 1e3 * of_100[49], "p99_ms": 1e3 * of_100[98], "max_ms": 1e3 * max(seconds)}


def add(given: argparse.Namespace) -> dict[str, Any]:
    """Add a corpus in batches; ask at once where nothing outlives the process."""
    server = redis_server.state(given.place) if is_server(given.place) else None
    opened = contestant(given.contestant, given.place, given.level)
    opened.ask(WARM)
    tally, timed = Tally(given.planted), []
    before = measure.memory()
    for batch in batches(records_of(given.corpus, 0, given.documents)):
        wall, cpu = time.perf_counter(), time.process_time()
        answers = opened.add(batch)
        timed.append((len(batch), time.process_time() - cpu, time.perf_counter() - wall))
        tally.take(batch, answers)
    memory = measure.memory()
    asked = ask_of(opened, given) if given.contestant == "datasketch" else {}
    cpu = time.process_time()
    opened.close()
    told = {
        "documents": sum(count for count, _, _ in timed),
        "add_cpu_s": sum(cpu for _, cpu, _ in timed),
        "add_wall_s": sum(wall for _, _, wall in timed),
        "close_cpu_s": time.process_time() - cpu,
        "longest_batch_s": max(wall for _, _, wall in timed),
        "parts": rates(timed),
        "writer": memory,
        "writer_before": before,
        **tally.told(),
        **asked,
    }
    if server is not None:
        after = redis_server.state(given.place)
        return {**told, "server": {name: after[name] - server[name] for name in after}}
    return {**told, "bytes": bytes_on_disk(given.place) if given.contestant == "dedup" else None}


def ask(given: argparse.Namespace) -> dict[str, Any]:
    """Open an index that is there, from the disk if that can be had, and ask it."""
    is_cold = not is_server(given.place) and dropped_from_cache(given.place)
    wall = time.perf_counter()
    opened = contestant(given.contestant, given.place, given.level, "r")
    told = {"open_s": time.perf_counter() - wall, "is_cold": is_cold, **ask_of(opened, given)}
    opened.close()
    return told


def ask_of(opened: Contestant, given: argparse.Namespace) -> dict[str, Any]:
    """Ask what comes behind the documents added, text by text; twice, for the second time all is in the cache."""
    texts = [record["text"] for record in records_of(given.corpus, given.documents, given.asked)]
    opened.ask(WARM)
    rounds = []
    memory: dict[str, int] = {}
    answered = 0
    for _ in range(2):
        seconds = []
        for text in texts:
            wall = time.perf_counter()
            answered += bool(opened.ask(text))
            seconds.append(time.perf_counter() - wall)
        rounds.append(quantiles(seconds))
        memory = memory or measure.memory()
    return {"first": rounds[0], "warm": rounds[1], "reader": memory, "asked": len(texts), "answered": answered // 2}


def window(given: argparse.Namespace) -> dict[str, Any]:
    """Add a corpus spread over days, and expire at the end of each what is older than the window; a row a day."""
    opened = Ours(given.place, given.level, "rw")
    index, days, left_from, told_of_expired = opened.index, [], "", 0
    records = records_of(given.corpus, 0, given.documents)
    for day in range(given.days):
        date = FIRST_DAY + timedelta(days=day)
        count = given.documents * (day + 1) // given.days - given.documents * day // given.days
        wall = cpu = longest = 0.0
        for batch in batches(islice(records, count)):
            dated = [{**record, "published": f"{date:%Y-%m-%d}"} for record in batch]
            started, used = time.perf_counter(), time.process_time()
            answers = index.add_many(dated)
            took = time.perf_counter() - started
            cpu, wall, longest = cpu + time.process_time() - used, wall + took, max(longest, took)
            told_of_expired += sum((match.published or "") < left_from for found in answers for match in found)
        started, used = time.perf_counter(), time.process_time()
        left_from = f"{date - timedelta(days=given.window - 1):%Y-%m-%d}"
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
    return {"days": days, "told_of_expired": told_of_expired, "bytes_closed": _size(given.place)}


def _size(place: str) -> int | None:
    return None if is_server(place) else bytes_on_disk(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=("add", "ask", "window"))
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--place", default="", help="folder, or URL of a Redis server")
    parser.add_argument("--level", default="near")
    parser.add_argument("--documents", type=int, required=True, help="that are added, from the beginning")
    parser.add_argument("--asked", type=int, default=1_000, help="texts behind them that are asked about")
    parser.add_argument("--planted", type=Path, help="planted.jsonl of the corpus")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--window", type=int, default=30)
    given = parser.parse_args()
    print(json.dumps({"add": add, "ask": ask, "window": window}[given.role](given)))


if __name__ == "__main__":
    main()
