"""Measure the kernels in process, one thread: text in Arrow to token hashes and to MinHash signatures.

    python -m benchmarks.speed.signatures corpus.jsonl --megabytes 50

Reading is left out and compilation is reported apart. datasketch signs a sample of the same texts beside it, with word
5-shingles made in Python as `rivals.job` makes them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from datasketch import MinHash

from benchmarks import measure
from benchmarks.rivals import job
from dedup.candidates.signatures import SCHEME, signatures
from dedup.params import Params
from dedup.text.tokens import tokenise

MB = 1_000_000
BATCH = 4 * MB
"""Bytes of text handed over at a time."""

PACKAGES = ("newsdedup", "numba", "numpy", "datasketch", "xxhash")


def read_batches(path: Path, limit: int) -> Iterator[pa.LargeBinaryArray]:
    """Yield the texts of a file, about `BATCH` bytes at a time, until there are ``limit`` bytes."""
    batch: list[bytes] = []
    size = total = 0
    for _, text in job.read(path):
        batch.append(text.encode())
        size += len(batch[-1])
        if size >= BATCH:
            yield pa.array(batch, pa.large_binary())
            total += size
            batch, size = [], 0
        if total >= limit:
            return
    if batch:
        yield pa.array(batch, pa.large_binary())


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def datasketch_signatures(texts: Sequence[str], params: Params) -> None:
    """Sign texts with datasketch."""
    sets = (job.shingles(" ".join(job.words(text)).encode().split(), b" ") for text in texts)
    MinHash.bulk(sets, num_perm=params.num_perm, seed=params.seed, scheme=SCHEME, hashfunc=xxhash.xxh32_intdigest)


def rate(name: str, seconds: Sequence[float], size: int, documents: int) -> dict[str, Any]:
    """Return the figures of one stage."""
    median = statistics.median(seconds)
    return {
        "stage": name,
        "cpu_s": median,
        "cpu_s_min": min(seconds),
        "cpu_s_max": max(seconds),
        "mb_per_cpu_s": size / MB / median,
        "documents_per_cpu_s": documents / median,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSON lines with id and text")
    parser.add_argument("--megabytes", type=int, default=50, help="how much text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=500, help="texts signed by datasketch")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()

    params = Params()
    batches = list(read_batches(args.corpus, args.megabytes * MB))
    compiling = cpu_seconds(lambda: signatures(tokenise(batches[0][:1]), params))
    tokens = [tokenise(batch) for batch in batches]
    sample = [text.as_py().decode() for text in batches[0][: args.sample]]

    stages: dict[str, Callable[[], object]] = {
        "tokens": lambda: [tokenise(batch) for batch in batches],
        "signatures of tokens": lambda: [signatures(some, params) for some in tokens],
        "text to signatures": lambda: [signatures(tokenise(batch), params) for batch in batches],
        "datasketch, sample": lambda: datasketch_signatures(sample, params),
    }
    seconds: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(args.rounds):
        for name, work in stages.items():
            seconds[name].append(cpu_seconds(work))

    size = sum(pc.sum(pc.binary_length(batch)).as_py() for batch in batches)
    documents = sum(map(len, batches))
    sampled = sum(len(text.encode()) for text in sample)
    amounts = dict.fromkeys(stages, (size, documents)) | {"datasketch, sample": (sampled, len(sample))}
    rows = [rate(name, seconds[name], *amounts[name]) for name in stages]
    head = {
        "machine": measure.machine(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "params": {name: params.as_dict()[name] for name in ("shingle_size", "num_perm", "seed")},
        "text": {"bytes": size, "documents": documents, "tokens": sum(len(some.hashes) for some in tokens)},
        "rounds": args.rounds,
        "loading_or_compiling_cpu_s": compiling,
    }
    for name, value in head.items():
        print(f"{name}: {value}")
    print(f"\n{'stage':22}{'CPU s':>8}  {'min-max':15}{'MB/s':>8}{'docs/s':>10}")
    for r in rows:
        spread = f"{r['cpu_s_min']:.3f}-{r['cpu_s_max']:.3f}"
        print(f"{r['stage']:22}{r['cpu_s']:8.3f}  {spread:15}{r['mb_per_cpu_s']:8.1f}{r['documents_per_cpu_s']:10.0f}")
    if args.json:
        args.json.write_bytes(orjson.dumps(head | {"stages": rows}, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
