"""Run datatrove: signatures, buckets, clusters and filter, each a pipeline of its own with the local executor.

The four stages of its example for MinHash, reading JSON lines itself, its English tokenizer (spaCy), 64-bit hashes;
16 buckets of eight hashes instead of 14, for 128 hashes and the threshold 0.7. The removed documents are written, as
that has their ids; the kept ones are not. One file is one task, so that more workers serve the buckets only.
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import job
import orjson
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.typeshelper import Languages
from loguru import logger

BUCKETS, HASHES = 16, 8


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those removed."""
    logger.remove()
    config = MinhashConfig(n_grams=job.SHINGLE_SIZE, num_buckets=BUCKETS, hashes_per_bucket=HASHES)
    with tempfile.TemporaryDirectory() as folder:
        signatures, buckets, clusters, removed = (f"{folder}/{name}" for name in ("sig", "buckets", "ids", "removed"))
        reader = JsonlReader(str(path.parent.absolute()), glob_pattern=path.name)
        stages = [
            [reader, MinhashDedupSignature(signatures, config=config, language=Languages.english)],
            [MinhashDedupBuckets(signatures, buckets, config=config)],
            [MinhashDedupCluster(buckets, clusters, config=config)],
            [reader, MinhashDedupFilter(clusters, exclusion_writer=JsonlWriter(removed))],
        ]
        for number, stage in enumerate(stages):
            tasks = BUCKETS if number == 1 else 1
            workers = min(threads, tasks)
            LocalPipelineExecutor(stage, tasks, workers=workers, logging_dir=f"{folder}/logs{number}").run()
        dropped = set()
        for part in Path(removed).glob("*.jsonl.gz"):
            with gzip.open(part) as lines:
                dropped |= {orjson.loads(line)["id"] for line in lines}
    with path.open("rb") as lines:
        return sum(1 for _ in lines), sorted(dropped)


if __name__ == "__main__":
    job.main("datatrove", deduplicate)
