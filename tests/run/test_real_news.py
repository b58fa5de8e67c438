"""A small part of what is promised, on real news. Skipped where the corpora are not at hand."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from corpora import segmented

import dedup
from benchmarks.corpora import truth
from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.plant import plant
from dedup.judge import furniture

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ROOT.parent / "shared" / "data" / "corpus"

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
    articles, texts, copies = _planted(600, seed=3)
    records = [{"id": key, "text": text} for key, text in (articles | texts).items()]
    random.Random(4).shuffle(records)
    result = dedup.deduplicate(records, params=NEAR)
    decided = {row["id"]: row for row in result.decisions.to_pylist()}
    above = [copy for copy in copies if copy.resemblance >= NEAR.threshold]
    found = [copy for copy in above if decided[copy.left]["cluster"] == decided[copy.right]["cluster"]]
    assert len(above) > 120
    assert len(found) >= RECALL * len(above)
    measured = {(row["left"], row["right"]): row["resemblance"] for row in result.matches.to_pylist()}
    # Measured as planted, but for pages that have furniture.
    distinct = list(dict.fromkeys(record["text"] for record in records))
    stripped = {distinct[document] for document in furniture.strip_furniture(*segmented(distinct)).documents}
    text_of = {record["id"]: record["text"] for record in records}
    whole = [
        copy for copy in copies if copy.pair in measured and not {text_of[copy.left], text_of[copy.right]} & stripped
    ]
    assert len(whole) > 120
    assert all(measured[copy.pair] == copy.resemblance for copy in whole)
    excerpts = [copy for copy in copies if copy.kind == "excerpt"]
    assert all(decided[copy.right]["kept"] for copy in excerpts)


def test_an_index_reopened_knows_the_copies_as_a_run_does(tmp_path: Path) -> None:
    articles, texts, copies = _planted(600, seed=5)
    originals = [{"id": key, "text": text} for key, text in articles.items()]
    asked = [{"id": key, "text": text} for key, text in texts.items()]
    run = dedup.deduplicate(originals + asked, params=dedup.Params(keep="first"))
    relations = {(row["left"], row["right"]): row["relation"] for row in run.matches.to_pylist()}
    with dedup.Index.open(tmp_path / "i") as index:
        index.add_many(originals)
    with dedup.Index.open(tmp_path / "i", mode="r") as index:
        found = dict(zip(texts, index.query_many(asked), strict=True))
    known = {copy.pair: relations[copy.pair] for copy in copies if copy.pair in relations}
    alike = 0
    for copy in copies:
        relations = {match.id: match.relation for match in found[copy.right]}
        assert copy.pair not in known or copy.left in relations
        alike += copy.pair in known and relations[copy.left] == known[copy.pair]
    assert len(known) > 200
    assert alike >= 0.98 * len(known)


def test_an_index_decides_as_a_run_does(tmp_path: Path) -> None:
    everything = read_articles(CORPORA / "guardian.jsonl.zst")
    records = [{"id": key, "text": everything[key]} for key in sorted(everything)[:4_000]]
    run = dedup.deduplicate(records, params=dedup.Params(keep="first"))
    with dedup.Index.open(tmp_path / "i") as index:
        found = [matches for first in range(0, 4_000, 500) for matches in index.add_many(records[first : first + 500])]
    kept = [not any(match.is_copy and match.kept for match in matches) for matches in found]
    assert sum(one == other for one, other in zip(kept, run.decisions["kept"].to_pylist(), strict=True)) >= 0.98 * 4_000


def _planted(count: int, seed: int) -> tuple[dict[str, str], dict[str, str], list[Any]]:
    everything = read_articles(CORPORA / "guardian.jsonl.zst")
    chosen = random.Random(seed).sample(sorted(everything), count)
    articles = {key: everything[key] for key in chosen}
    return articles, *plant(articles, seed=seed, share=0.4)


def _lines(path: Path) -> list[bytes]:
    import pyarrow as pa

    with pa.input_stream(str(path), compression="detect") as stream:
        return bytes(stream.read()).splitlines(keepends=True)
