"""Measure whether page furniture (cookie notices, company blocks, link trailers) makes copies of pages, or hides them.

    python -m benchmarks.quality.furniture articles.jsonl [--articles 3000] [--seed 1] [--json FILE]

draws articles as pages of made-up sites, each with furniture of one kind, and plants among them copies and excerpts on
other sites, and pages that reuse a passage of another. The pages are run twice at each level: bare, with their own
matter only, and with furniture. What is found and what is dropped should be the same. Half of the sites keep line
breaks, the others are in one line, as careless extraction leaves them. Some pages have so little of their own that the
furniture outweighs it. Ends with 1 if a page with furniture was dropped for an unrelated one.

What is a site's own (its names, the choice among wordings) is drawn once; what is a page's own (picture addresses,
numbers of comments) for every page. Headlines of link trailers and captions are lines of articles of the input that are
no pages here, shared by two to six pages. The furniture itself is made up.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dedup
from benchmarks.corpora import truth
from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.pages.furniture import KINDS
from benchmarks.corpora.pages.pages import PLANTS, Page, Plant, made

LEVELS = ("near", "syndicated", "rewritten")

ALIKE = 0.2
"""Containment, by the oracle and without furniture, from which two pages are not unrelated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a run.

    Parameters
    ----------
    leader : dict
        Key of each page to that of the page kept in its place.
    relations : dict
        Pair of keys, the smaller first, to their relation.
    """

    leader: dict[str, str]
    relations: dict[tuple[str, str], str]

    def relation(self, plant: Plant) -> str | None:
        """Return the relation of a planted pair, or None."""
        return self.relations.get((min(plant.left, plant.right), max(plant.left, plant.right)))


def run(pages: Sequence[Page], level: str, is_bare: bool) -> Answer:
    """Run the pages, bare or with furniture."""
    corpus = [{"id": page.key, "text": page.own if is_bare else page.text} for page in pages]
    result = dedup.deduplicate(corpus, params=dedup.Params(level=level))
    columns = (result.matches[name].to_pylist() for name in ("left", "right", "relation"))
    leader = {page.key: pages[at].key for page, at in zip(pages, result.leader.tolist(), strict=True)}
    return Answer(leader, {(left, right): relation for left, right, relation in zip(*columns, strict=True)})


def false_drops(pages: Sequence[Page], answer: Answer) -> Iterator[tuple[Page, Page]]:
    """Yield the pages that were dropped for an unrelated one, with that one."""
    by_key = {page.key: page for page in pages}
    for page in pages:
        kept = by_key[answer.leader[page.key]]
        if kept.origin != page.origin:
            shorter, longer = sorted((page.own, kept.own), key=lambda own: len(own.split()))
            if truth.containment(shorter, longer) < ALIKE:
                yield page, kept


def figures(pages: Sequence[Page], plants: Sequence[Plant], answer: Answer) -> dict[str, Any]:
    """Count what became of the pages and of the plants in one run."""
    planted = {(min(one.left, one.right), max(one.left, one.right)) for one in plants}
    origin = {page.key: page.origin for page in pages}
    dropped = [(page, kept) for page, kept in false_drops(pages, answer)]
    counts: dict[str, Any] = {"dropped": {}, "dropped_short": {}, "plants": {}}
    for kind in KINDS:
        of_kind = [page for page, _ in dropped if page.site.kind == kind]
        counts["dropped"][kind] = len(of_kind)
        counts["dropped_short"][kind] = sum(page.is_short for page in of_kind)
    for kind in PLANTS:
        of_plants = [one for one in plants if one.kind == kind]
        relations = [answer.relation(one) or "none" for one in of_plants]
        leaders = [(answer.leader[one.left], answer.leader[one.right], origin[one.left]) for one in of_plants]
        counts["plants"][kind] = {
            "planted": len(of_plants),
            "together": sum(left == right and origin[left] == source for left, right, source in leaders),
            "partial": relations.count("partial"),
            "relations": {name: relations.count(name) for name in sorted(set(relations))},
        }
    counts["partial_unrelated"] = sum(
        relation == "partial" and origin[pair[0]] != origin[pair[1]] and pair not in planted
        for pair, relation in answer.relations.items()
    )
    counts["pairs_dropped"] = [(page.key, kept.key, page.site.kind, kept.site.kind) for page, kept in dropped]
    return counts


def print_tables(pages: Sequence[Page], levels: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the false drops by kind of furniture, and what became of the plants."""
    print(f"{'unrelated pages dropped':24}{'pages':>6}{'short':>6}{'words':>7}{'own':>5}", end="")
    for level in levels:
        print(f"  | {level + ': bare':>16}{'with':>6}{'short':>6}", end="")
    print()
    for kind in (*KINDS, "all"):
        of_kind = [page for page in pages if kind in (page.site.kind, "all")]
        words = sorted(len(page.text.split()) for page in of_kind)[len(of_kind) // 2]
        own = sorted(len(page.own.split()) for page in of_kind)[len(of_kind) // 2]
        print(f"{kind:24}{len(of_kind):6}{sum(page.is_short for page in of_kind):6}{words:7}{own:5}", end="")
        for runs in levels.values():
            bare_drops, drops, short = (
                sum(count for name, count in runs[which][what].items() if kind in (name, "all"))
                for which, what in (("bare", "dropped"), ("furnished", "dropped"), ("furnished", "dropped_short"))
            )
            print(f"  | {bare_drops:16}{drops:6}{short:6}", end="")
        print()
    print(f"\n{'plants together':24}{'planted':>8}", end="")
    for level in levels:
        print(f"  | {level + ': bare':>16}{'with':>6}", end="")
    print()
    for kind in PLANTS:
        for figure in ("together", "partial") if kind == "reused" else ("together",):
            rows = [[runs[which]["plants"][kind] for which in ("bare", "furnished")] for runs in levels.values()]
            name = "reused, called partial" if figure == "partial" else kind
            print(f"{name:24}{rows[0][0]['planted']:8}", end="")
            for without, having in rows:
                print(f"  | {without[figure]:16}{having[figure]:6}", end="")
            print()
    print(f"{'partial, unrelated':24}{'':8}", end="")
    for runs in levels.values():
        print(f"  | {runs['bare']['partial_unrelated']:16}{runs['furnished']['partial_unrelated']:6}", end="")
    print("\n\nrelations of the plants, bare and with furniture")
    for level, runs in levels.items():
        for kind in PLANTS:
            both = (runs[which]["plants"][kind]["relations"] for which in ("bare", "furnished"))
            print(f"  {level:12}{kind:12}", " | ".join(", ".join(f"{k} {v}" for k, v in one.items()) for one in both))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("--articles", type=int, default=3000, help="pages, drawn from the input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--levels", nargs="+", default=list(LEVELS), choices=LEVELS, metavar="LEVEL")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    pages, plants = made(read_articles(args.input), args.articles, args.seed)
    print(f"{len(pages)} pages of {len({page.site.name for page in pages})} sites, {len(plants)} plants")
    print("words, own: medians of the words of a page and of its own matter\n")
    levels = {
        level: {
            "bare": figures(pages, plants, run(pages, level, is_bare=True)),
            "furnished": figures(pages, plants, run(pages, level, is_bare=False)),
        }
        for level in args.levels
    }
    print_tables(pages, levels)
    if args.json:
        head = {"articles": args.articles, "seed": args.seed, "pages": len(pages)}
        args.json.write_text(json.dumps(head | {"levels": levels}, indent=2))
    return 1 if any(sum(runs["furnished"]["dropped"].values()) for runs in levels.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
