"""Plant copies into real news: articles in, a corpus with copies and the truth about each copy out.

    python -m benchmarks.corpora.plant articles.jsonl -o DIR --articles 20000 --share 0.1 --seed 1

writes ``DIR/corpus.jsonl`` (records ``id``, ``text``: originals and copies, shuffled) and ``DIR/planted.jsonl`` (one
line a copy: ``left`` the original, ``right`` the copy, ``kind``, ``resemblance``, ``containment`` of the copy in the
original). The edits are in `edits`, the truth in `truth`; `quality.planted_copies` and `speed.run` read what is written
here.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from benchmarks.corpora import truth
from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.copies import Copy, write_copies
from benchmarks.corpora.edits import KINDS, edit

MIN_WORDS = 60
"""Shorter articles are not copied: too few words for the smallest share of edits, or for an excerpt of them."""


def plant(articles: Mapping[str, str], seed: int, share: float = 0.1) -> tuple[dict[str, str], list[Copy]]:
    """Draw articles and make a copy of each.

    Parameters
    ----------
    articles : mapping of str to str
        Id to text, two or more.
    seed : int
        Decides which articles are copied and how.
    share : float
        Share of the articles that get one copy each, the kinds in turn.

    Returns
    -------
    texts : dict of str to str
        Id to text of the copies; a copy's id is ``planted/KIND/ID`` of its original.
    copies : list of Copy
        The truth, in the same order.
    """
    rng = random.Random(seed)
    eligible = [key for key, text in articles.items() if len(text.split()) >= MIN_WORDS]
    chosen = rng.sample(eligible, min(len(eligible), round(share * len(articles))))
    donors = rng.sample(sorted(articles), min(len(articles), 1000))
    texts: dict[str, str] = {}
    copies: list[Copy] = []
    for key, kind in zip(chosen, itertools.cycle(KINDS), strict=False):
        donor = rng.choice([other for other in donors if other != key])
        original = articles[key]
        text = edit(original, kind, rng, articles[donor].split())
        name = f"planted/{kind}/{key}"
        texts[name] = text
        copies.append(Copy(key, name, kind, truth.resemblance(original, text), truth.containment(text, original)))
    return texts, copies


def write(folder: Path, articles: Mapping[str, str], texts: Mapping[str, str], copies: list[Copy], seed: int) -> None:
    """Write the corpus, shuffled, and the truth about its copies."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [*articles.items(), *texts.items()]
    random.Random(seed).shuffle(records)
    with (folder / "corpus.jsonl").open("wb") as corpus:
        corpus.writelines(orjson.dumps({"id": key, "text": text}) + b"\n" for key, text in records)
    write_copies(folder / "planted.jsonl", copies)


def summary(copies: list[Copy]) -> Iterator[str]:
    """Yield a line for each kind: how many copies, and how like their originals."""
    by_kind = collections.defaultdict(list)
    for copy in copies:
        by_kind[copy.kind].append(copy)
    for kind, group in by_kind.items():
        low, high = min(c.resemblance for c in group), max(c.resemblance for c in group)
        contained = min(c.containment for c in group)
        yield f"{kind:12} {len(group):6} copies, resemblance {low:.3f} to {high:.3f}, containment from {contained:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--articles", type=int, default=20_000, help="originals, drawn from the input")
    parser.add_argument("--share", type=float, default=0.1, help="share of the originals that get one copy each")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    everything = read_articles(args.input)
    drawn = random.Random(args.seed).sample(sorted(everything), min(len(everything), args.articles))
    articles = {key: everything[key] for key in drawn}
    texts, copies = plant(articles, args.seed, args.share)
    write(args.output, articles, texts, copies, args.seed)
    print(f"{len(articles)} articles, {len(copies)} copies")
    print(*summary(copies), sep="\n")


if __name__ == "__main__":
    main()
