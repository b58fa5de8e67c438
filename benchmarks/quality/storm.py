"""Measure how many copies are left of a wire story that many outlets carry, each in a version of its own.

    python -m benchmarks.quality.storm articles.jsonl                         # families of 2 to 1,000 versions
    python -m benchmarks.quality.storm articles.jsonl --keep longest --index  # another policy; also into an index
    python -m benchmarks.quality.storm articles.jsonl --one 10000             # the cost of one story 10,000 times
    python -m benchmarks.quality.storm articles.jsonl -o DIR                  # corpus.jsonl and truth.jsonl, and no run

Real articles are the stories. Each version has what an outlet puts around and into a wire: header, headline, dateline,
footer, links to other stories; the first 35 to 100 % of the sentences, up to 3 % of the words changed, numbers in the
style of the house; at times a moved paragraph, a local insert, an offer in the middle. Outlets are made up and come
again with other stories. A few documents hold two whole stories. Around them are other articles, half of them chosen
because they share names with the stories.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dedup
from benchmarks import measure
from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.storms.outlets import FURNITURE
from benchmarks.corpora.storms.storm import FAMILIES, Storm, drawn_stories, family, storm

MB = 1_000_000
PAIRS_OF = 50
"""Largest family of which pairs are counted."""

COPIES = frozenset(("identical", "near_duplicate", "excerpt", "revised", "rewritten"))


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the families of one size.

    Parameters
    ----------
    size, stories, versions : int
    left : float
        Versions kept besides one of each story, as a share of those that should go.
    gone : int
        Stories of which no version is kept: all went for a document that holds two stories, or wrongly.
    together : float or None
        Share of the versions that are in the largest cluster of their story.
    wrong : int
        Versions that went for a document of another story, or of none.
    pairs : float or None
        Share of the pairs of one story that are reported as copies.
    """

    size: int
    stories: int
    versions: int
    left: float
    gone: int
    together: float | None = None
    wrong: int = 0
    pairs: float | None = None


def rows(
    corpus: Storm,
    kept: Set[str],
    clusters: Mapping[str, str] | None = None,
    gone_for: Mapping[str, str] | None = None,
    pairs: Iterable[tuple[str, str]] | None = None,
) -> list[Row]:
    """Return a row for each size.

    Parameters
    ----------
    corpus : Storm
    kept : set of str
        Ids.
    clusters : mapping of str to str, optional
        Id to cluster.
    gone_for : mapping of str to str, optional
        Id of a dropped document to that of the one it was dropped for.
    pairs : iterable of tuple, optional
        Ids of the documents reported as copies, each pair once.
    """
    by_size = collections.defaultdict(list)
    for story, keys in corpus.families.items():
        by_size[len(keys)].append((story, keys))
    reported: collections.Counter[str] = collections.Counter(
        corpus.stories[left]
        for left, right in pairs or ()
        if left in corpus.stories and corpus.stories[left] == corpus.stories.get(right)
    )
    table = []
    for size, families in sorted(by_size.items()):
        versions = size * len(families)
        counts = [sum(key in kept for key in keys) for _, keys in families]
        left = sum(max(0, count - 1) for count in counts) / max(1, versions - len(families))
        row = Row(size, len(families), versions, left, counts.count(0))
        if clusters is not None:
            largest = [max(collections.Counter(map(clusters.get, keys)).values()) for _, keys in families]
            row = dataclasses.replace(row, together=sum(largest) / versions)
        if gone_for is not None:
            wrong = sum(
                story not in holders(corpus, gone_for[key])
                for story, keys in families
                for key in keys
                if key in gone_for
            )
            row = dataclasses.replace(row, wrong=wrong)
        if pairs is not None and 1 < size <= PAIRS_OF:
            all_pairs = len(families) * size * (size - 1) // 2
            row = dataclasses.replace(row, pairs=sum(reported[story] for story, _ in families) / all_pairs)
        table.append(row)
    return table


def holders(corpus: Storm, key: str) -> tuple[str, ...]:
    """Return the stories that a document holds."""
    return corpus.merged.get(key) or ((corpus.stories[key],) if key in corpus.stories else ())


def run_rows(corpus: Storm, keep: str | None) -> tuple[list[Row], dict[str, int]]:
    """Run over a corpus; return its rows, and what became of merged documents and the background."""
    result = dedup.deduplicate(corpus.records, params=dedup.Params(keep=keep))
    decisions = result.decisions.select(["id", "kept", "cluster", "duplicate_of"]).to_pylist()
    matches = result.matches.select(["left", "right", "relation"]).to_pylist()
    kept = {one["id"] for one in decisions if one["kept"]}
    gone_for = {one["id"]: one["duplicate_of"] for one in decisions if not one["kept"]}
    pairs = {tuple(sorted((one["left"], one["right"]))) for one in matches if one["relation"] in COPIES}
    by_size = rows(corpus, kept, {one["id"]: one["cluster"] for one in decisions}, gone_for, pairs)
    around = {one["id"] for one in corpus.records} - corpus.stories.keys() - corpus.merged.keys()
    other = {
        "merged": len(corpus.merged),
        "merged_kept": len(kept & corpus.merged.keys()),
        "around": len(around),
        "around_gone": len(around - kept),
        "around_gone_for_a_story": sum(bool(holders(corpus, gone_for[key])) for key in around - kept),
    }
    return by_size, other


def index_rows(corpus: Storm, folder: Path) -> tuple[list[Row], list[Row]]:
    """Add a corpus to an index one by one, by date; return the rows, and those by `Match.is_copy`.

    In the first a version is kept if no answer has the relation of a copy, in the second if it is no copy itself: one
    that contains an excerpt is none.
    """
    kept, kept_itself = set(), set()
    with dedup.Index.open(folder) as index:
        for one in sorted(corpus.records, key=lambda one: (one["published"], one["id"])):
            matches = index.add(one["id"], one["text"], source=one["source"], published=one["published"])
            if not any(str(match.relation) in COPIES for match in matches):
                kept.add(one["id"])
            if not any(match.is_copy for match in matches):
                kept_itself.add(one["id"])
    return rows(corpus, kept), rows(corpus, kept_itself)


def print_rows(title: str, rows: Iterable[Row]) -> None:
    """Print a table."""
    print(f"\n{title}")
    print(f"{'size':>6}{'stories':>9}{'versions':>10}{'left':>8}{'gone':>6}{'together':>10}{'wrong':>7}{'pairs':>8}")
    for row in rows:
        together, pairs = ("-" if one is None else f"{one:.3f}" for one in (row.together, row.pairs))
        print(f"{row.size:6,}{row.stories:9,}{row.versions:10,}{row.left:8.3f}{row.gone:6}", end="")
        print(f"{together:>10}{row.wrong:7}{pairs:>8}", flush=True)


def one_story(
    articles: Mapping[str, str], size: int, seed: int, keep: str | None, furniture: str = "plain"
) -> dict[str, Any]:
    """Run over one story in many versions, and over as much of other articles; return what both took."""
    rng = random.Random(seed)
    (wire,) = drawn_stories(articles, 1, rng, seed)
    versions = list(family(wire, size, f"{size}/0", seed, furniture))
    volume = sum(len(one["text"].encode()) for one in versions)
    others: list[dict[str, str]] = []
    total = 0
    keys = sorted(articles.keys() - {wire.id})
    rng.shuffle(keys)
    for number, key in enumerate(keys):
        if total >= volume:
            break
        others.append({**versions[number % size], "id": key, "text": articles[key]})  # their dates, their outlets
        total += len(articles[key].encode())
    _cost([*others[:500], *versions[:500]], keep)  # kernels may have to be compiled
    plain, stormy = _cost(others, keep), _cost(versions, keep)
    return {
        "versions": size,
        "left": (stormy["kept"] - 1) / max(1, size - 1),
        "storm": stormy,
        "plain": plain,
        "ratio": stormy["cpu_s_per_mb"] / plain["cpu_s_per_mb"],
    }


def _cost(records: list[dict[str, str]], keep: str | None) -> dict[str, Any]:
    megabytes = sum(len(one["text"].encode()) for one in records) / MB
    wall, cpu = time.perf_counter(), time.process_time()
    kept = dedup.deduplicate(records, params=dedup.Params(keep=keep)).counts["kept"]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {"documents": len(records), "mb": megabytes, "kept": kept, "cpu_s": cpu, "wall_s": wall}
    return figures | {"cpu_s_per_mb": cpu / megabytes}


def print_one(figures: Mapping[str, Any]) -> None:
    """Print what both took."""
    print(f"\n{'':8}{'documents':>10}{'MB':>8}{'kept':>8}{'CPU s':>8}{'wall s':>8}{'CPU s/MB':>10}")
    for name in ("plain", "storm"):
        one = figures[name]
        print(f"{name:8}{one['documents']:10,}{one['mb']:8.1f}{one['kept']:8,}{one['cpu_s']:8.2f}", end="")
        print(f"{one['wall_s']:8.2f}{one['cpu_s_per_mb']:10.4f}")
    print(f"ratio of seconds a megabyte {figures['ratio']:.2f}, copies left {figures['left']:.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(FAMILIES), metavar="N", help="versions of a story")
    parser.add_argument("--scale", type=float, default=1.0, help="times the stories of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--background", type=int, default=4000, metavar="N", help="other articles")
    parser.add_argument("--furniture", default="plain", choices=FURNITURE, help="lines at head and foot")
    parser.add_argument("--keep", default="earliest", choices=("earliest", "latest", "longest", "first"))
    parser.add_argument("--index", action="store_true", help="also add all to an index, one by one, by date")
    parser.add_argument("--one", type=int, metavar="N", help="one story in this many versions, and what it takes")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write corpus and truth there, and run nothing"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    articles = read_articles(args.input)
    head = {
        "machine": measure.machine(),
        "dedup": dedup.__version__,
        "seed": args.seed,
        "keep": args.keep,
        "furniture": args.furniture,
    }
    print(f"machine: {head['machine']}")
    if args.one:
        figures = one_story(articles, args.one, args.seed, args.keep, args.furniture)
        print_one(figures)
    else:
        corpus = storm(articles, args.seed, args.sizes, args.scale, args.background, args.furniture)
        megabytes = sum(len(one["text"].encode()) for one in corpus.records) / MB
        print(f"{len(corpus.records):,} documents, {megabytes:.1f} MB: {len(corpus.stories):,} versions", end=" ")
        print(f"of {len(corpus.families)} stories, {len(corpus.merged)} of two stories, others around them")
        if args.output:
            corpus.write(args.output)
            return 0
        by_size, other = run_rows(corpus, args.keep)
        print_rows(f"a run, --keep {args.keep}", by_size)
        print(f"of {other['merged']} documents with two stories {other['merged_kept']} are kept;", end=" ")
        print(f"of {other['around']:,} others {other['around_gone']} went,", end=" ")
        print(f"{other['around_gone_for_a_story']} of them for a story")
        figures = {"run": [dataclasses.asdict(row) for row in by_size], "other": other}
        if args.index:
            with tempfile.TemporaryDirectory() as folder:
                by_relation, itself = index_rows(corpus, Path(folder, "storm.index"))
            print_rows("an index, one by one: kept if no answer has the relation of a copy", by_relation)
            print_rows("the same: kept if it is no copy itself (it may contain an excerpt)", itself)
            figures["index"] = [dataclasses.asdict(row) for row in by_relation]
            figures["index_itself"] = [dataclasses.asdict(row) for row in itself]
    if args.json:
        args.json.write_text(json.dumps(head | figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
