"""Compare a made corpus with real news: growth of words and word pairs, lengths, candidate pairs, at several sizes.

    python -m benchmarks.corpora.calibrate articles.jsonl made.jsonl --sizes 1000 4000 16000 44000

Documents are drawn at random from each file, so that its order does not matter. At each size the table has the number
of distinct words and word pairs, in how many documents the pairs stand, how long documents are, and how many candidate
pairs the program finds: what decides how long a run takes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from benchmarks.markdown import table
from benchmarks.stages import run_stages
from dedup.params import Params
from dedup.text.tokens import tokenise

RARE = 50
"""Most documents that a rare pair occurs in, as in `dedup.Params`."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def line_offsets(path: Path) -> list[int]:
    """Return where each line of a file begins."""
    offsets, place = [], 0
    with path.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            offsets.append(place)
            place += len(line)
    return offsets


def draw(path: Path, offsets: Sequence[int], size: int, seed: int) -> list[bytes]:
    """Draw lines of a file, at most this many, and return them in its order."""
    chosen = sorted(random.Random(seed).sample(offsets, min(size, len(offsets))))
    with path.open("rb") as lines:
        return [(lines.seek(place), lines.readline())[1] for place in chosen]


def pair_frequencies(hashes: npt.NDArray[np.uint32], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return in how many documents each distinct pair of adjacent tokens stands, unordered.

    Parameters
    ----------
    hashes : uint32 array
        Of the tokens, one document after the other.
    ends : int64 array, shape (n + 1,)
        Where documents begin and the last ends.
    """
    of_documents = []
    for start, end in itertools.pairwise(ends.tolist()):
        here = hashes[start:end].astype(np.uint64)
        of_documents.append(np.unique(here[:-1] << np.uint64(32) | here[1:]))
    return np.unique(np.concatenate(of_documents), return_counts=True)[1]


def figures(lines: Sequence[bytes], with_candidates: bool) -> dict[str, Any]:
    """Return the figures of JSON lines with ``id`` and ``text``."""
    texts = [orjson.loads(line)["text"].encode() for line in lines]
    tokens = tokenise(pa.array(texts, pa.large_binary()))
    counts = pair_frequencies(tokens.hashes, tokens.offsets)
    lengths = np.diff(tokens.offsets)
    values = {
        "documents": len(texts),
        "bytes a token": sum(map(len, texts)) / len(tokens.hashes),
        "words": len(np.unique(tokens.hashes)),
        "pairs": len(counts),
        "in 1": float((counts == 1).mean()),
        f"in 2-{RARE}": float(((counts > 1) & (counts <= RARE)).mean()),
        f"over {RARE}": float((counts > RARE).mean()),
        "tokens": [int(length) for length in np.quantile(lengths, QUANTILES)],
        "mean tokens": float(lengths.mean()),
    }
    if with_candidates:
        values["candidates"] = candidates(lines) / len(texts)
    return values


def candidates(lines: Sequence[bytes]) -> int:
    """Count the candidate pairs of JSON lines at level rewritten."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawn.jsonl")
        path.write_bytes(b"".join(lines))
        with run_stages([path], Params(), 1) as run:
            return len(run.candidates)


def rows(name: str, sizes: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return a row of the table for each size."""
    lines = []
    for one in sizes:
        shares = [f"{one[key]:.3f}" for key in ("in 1", f"in 2-{RARE}", f"over {RARE}")]
        lengths = [" ".join(f"{value:,}" for value in one["tokens"]), f"{one['mean tokens']:.0f}"]
        pairs = f"{one['candidates']:.2f}" if "candidates" in one else ""
        cells = [f"{one['documents']:,}", name, f"{one['words']:,}", f"{one['pairs']:,}", *shares, *lengths]
        lines.append([*cells, f"{one['bytes a token']:.2f}", pairs])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="+", help="JSON lines with id and text, to compare")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 4_000, 16_000, 44_000], metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--no-candidates", action="store_true", help="leave out what takes longest")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    by_corpus: dict[str, list[dict[str, Any]]] = {}
    for path in args.corpora:
        offsets = line_offsets(path)
        sizes = [size for size in args.sizes if size <= len(offsets)]
        drawn = (draw(path, offsets, size, args.seed) for size in sizes)
        by_corpus[path.stem] = [figures(lines, not args.no_candidates) for lines in drawn]
    heads = ["documents", "corpus", "words", "pairs", "in 1", f"in 2-{RARE}", f"over {RARE}"]
    heads += ["tokens 5 25 50 75 95 %", "mean", "bytes a token", "candidates a document"]
    lines = [row for name, at_sizes in by_corpus.items() for row in rows(name, at_sizes)]
    print(table(heads, sorted(lines, key=lambda row: int(row[0].replace(",", "")))))
    if args.json:
        args.json.write_text(json.dumps(by_corpus, indent=2))


if __name__ == "__main__":
    main()
