"""Measure estimates from signatures without texts: recall and precision beside an index that verifies.

    python -m benchmarks.index.estimates DIR/corpus.jsonl --thresholds 0.7 0.66 0.62

The corpus is one of `corpora.plant` or `corpora.make`. Its articles are added to an index of level near, and loaded as
signatures: those of dedup, and those that datasketch's scheme "legacy" makes of word 5-shingles, out of a MinHashLSH.
Then all planted copies are queried. What the index matches is the truth, for it compares exactly.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import datasketch
import orjson
import pyarrow as pa
import xxhash

import dedup
from benchmarks import measure
from benchmarks.markdown import table
from benchmarks.rivals import job
from dedup.candidates.signatures import signatures
from dedup.integrations.datasketch import Signature, Signatures
from dedup.text.tokens import tokenise

BATCH = 1_000
NUM_PERM = 128
RANGES = ((0.7, 0.75), (0.75, 0.8), (0.8, 1.01))
PLANTED = "planted/"
"""Prefix of the ids of copies."""

Document = tuple[str, str]
Pair = tuple[str, str]


def batches(documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
    """Yield documents in batches."""
    return (documents[at : at + BATCH] for at in range(0, len(documents), BATCH))


def answers(index: Any, documents: Sequence[Document]) -> dict[Pair, float]:
    """Return the resemblance of each text and each document that it matches."""
    resemblances: dict[Pair, float] = {}
    for batch in batches(documents):
        for (id, _), matches in zip(batch, index.query_many([text for _, text in batch]), strict=True):
            resemblances |= {(id, match.id): match.measures["resemblance"] for match in matches}
    return resemblances


def verified(articles: Sequence[Document], copies: Sequence[Document], threshold: float, folder: Path) -> Any:
    """Return the matches of the copies in an index of level near, with their resemblance."""
    with dedup.Index.open(folder, dedup.Params(level="near", threshold=threshold)) as index:
        for batch in batches(articles):
            index.add_many({"id": id, "text": text} for id, text in batch)
        return answers(index, copies)


def of_dedup(articles: Sequence[Document]) -> dict[str, Signature]:
    """Return the signatures that dedup makes."""
    by_id = {}
    for batch in batches(articles):
        rows = signatures(tokenise(pa.array([text.encode() for _, text in batch], pa.large_binary())))
        by_id |= {id: Signature(row, "affine32", 1, NUM_PERM, False) for (id, _), row in zip(batch, rows, strict=True)}
    return by_id


def legacy(text: str) -> datasketch.MinHash:
    """Sign a text as users of datasketch 1 may have done."""
    minhash = datasketch.MinHash(num_perm=NUM_PERM, hashfunc=xxhash.xxh32_intdigest, scheme="legacy")
    minhash.update_batch([shingle.encode() for shingle in job.shingles(job.words(text), " ")])
    return minhash


def in_lsh(articles: Sequence[Document]) -> datasketch.MinHashLSH:
    """Return such signatures in a MinHashLSH."""
    lsh = datasketch.MinHashLSH(threshold=0.7, num_perm=NUM_PERM)
    for id, text in articles:
        lsh.insert(id, legacy(text), check_duplication=False)
    return lsh


def row(
    name: str,
    collection: Any,
    sign: Callable[[str], Any] | None,
    threshold: float,
    copies: Sequence[Document],
    truth: dict[Pair, float],
) -> list[str]:
    """Return a row of the table: one collection at one threshold."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Signatures(folder, sign, dedup.Params(threshold=threshold)) as old,
    ):
        began = time.process_time()
        old.load(collection)
        loaded = time.process_time() - began
        estimated = answers(old, copies)
        one_by_one = []
        for _, text in copies[:BATCH]:
            began = time.perf_counter()
            old.query(text)
            one_by_one.append(time.perf_counter() - began)
        met = truth.keys() & estimated.keys()
        shares = []
        for low, high in RANGES:
            in_range = [pair for pair, resemblance in truth.items() if low <= resemblance < high]
            shares.append(f"{len(met.intersection(in_range)) / len(in_range):.3f}" if in_range else "")
        recall, precision = len(met) / max(1, len(truth)), len(met) / max(1, len(estimated))
        figures = [f"{recall:.3f}", f"{precision:.3f}", *shares]
        cost = [f"{len(old) / loaded:,.0f}", f"{1e3 * statistics.median(one_by_one):.2f}"]
        return [name, f"{threshold:.2f}", *figures, *cost]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="corpus.jsonl of plant.py or corpus.py")
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.7, 0.66, 0.62], help="of the estimates")
    parser.add_argument("--truth", type=float, default=0.7, help="threshold of the index that verifies")
    args = parser.parse_args()
    with args.corpus.open("rb") as lines:
        documents = [(record["id"], record["text"]) for record in map(orjson.loads, lines)]
    articles = [document for document in documents if not document[0].startswith(PLANTED)]
    copies = [document for document in documents if document[0].startswith(PLANTED)]
    with tempfile.TemporaryDirectory() as folder:
        truth = verified(articles, copies, args.truth, Path(folder, "index"))
    print(measure.machine())
    print(f"{len(articles):,} articles, {len(copies):,} copies queried, {len(truth):,} pairs verified\n")
    rows = [row("dedup", of_dedup(articles), None, threshold, copies, truth) for threshold in args.thresholds]
    lsh = in_lsh(articles)
    rows += [row("MinHashLSH", lsh, legacy, threshold, copies, truth) for threshold in args.thresholds]
    ranges = [f"{low:.2f} - {min(high, 1):.2f}" for low, high in RANGES]
    print(table(["signatures", "threshold", "recall", "precision", *ranges, "loaded a CPU s", "query ms"], rows))


if __name__ == "__main__":
    main()
