"""A small part of what is promised, on real news. Skipped where the corpora are not at hand."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest

import dedup

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "data" / "corpus"
sys.path.insert(0, str(ROOT / "benchmarks"))  # benchmarks are scripts, not a package

import truth  # noqa: E402
from plant import plant, read_articles  # noqa: E402

RECALL = 0.99
NEAR = dedup.Params(level="near")

pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason=f"no corpora in {CORPORA.parent.parent.name}/data/corpus")


def test_wire_news_at_near(tmp_path: Path) -> None:
    result = dedup.deduplicate(CORPORA / "wire.jsonl.zst", tmp_path / "out", NEAR)
    rows = result.decisions.to_pylist()
    lines = _lines(CORPORA / "wire.jsonl.zst")
    assert len(lines) == len(rows) == sum(result.counts[name] for name in ("kept", "dropped", "rejected"))
    kept = [line for line, row in zip(lines, rows, strict=True) if row["kept"]]
    assert (tmp_path / "out" / "kept.jsonl").read_bytes() == b"".join(kept)
    kept_ids = {row["id"] for row in rows if row["kept"]}
    assert all(row["duplicate_of"] in kept_ids for row in rows if row["duplicate_of"])
    # Texts equal after folding leave one, or none where it is a near copy of another kept text.
    clusters: dict[tuple[str, ...], set[str]] = {}
    kept_of: Counter[tuple[str, ...]] = Counter()
    for line, row in zip(lines, rows, strict=True):
        folded = tuple(truth.tokens(orjson.loads(line)["text"]))
        clusters.setdefault(folded, set()).add(row["cluster"])
        kept_of[folded] += row["kept"]
    assert all(len(cluster) == 1 for cluster in clusters.values())
    assert max(kept_of.values()) == 1
    assert min(result.matches["resemblance"].to_pylist()) >= NEAR.threshold
    assert result.counts["identical"] >= 480  # the corpus has some 500 true copies


def test_planted_copies_are_found() -> None:
    everything = read_articles(CORPORA / "guardian.jsonl.zst")
    chosen = random.Random(3).sample(sorted(everything), 600)
    articles = {key: everything[key] for key in chosen}
    texts, copies = plant(articles, seed=3, share=0.4)
    records = [{"id": key, "text": text} for key, text in (articles | texts).items()]
    random.Random(4).shuffle(records)
    result = dedup.deduplicate(records, params=NEAR)
    decided = {row["id"]: row for row in result.decisions.to_pylist()}
    above = [copy for copy in copies if copy.resemblance >= NEAR.threshold]
    found = [copy for copy in above if decided[copy.left]["cluster"] == decided[copy.right]["cluster"]]
    assert len(above) > 120
    assert len(found) >= RECALL * len(above)
    measured = {(row["left"], row["right"]): row["resemblance"] for row in result.matches.to_pylist()}
    assert all(measured[copy.pair] == copy.resemblance for copy in copies if copy.pair in measured)
    excerpts = [copy for copy in copies if copy.kind == "excerpt"]
    assert all(decided[copy.right]["kept"] for copy in excerpts)


def _lines(path: Path) -> list[bytes]:
    import pyarrow as pa

    with pa.input_stream(str(path), compression="detect") as stream:
        return bytes(stream.read()).splitlines(keepends=True)
