"""Measure how well passages of two texts are found, on the labelled pairs of the PAN competition of 2013.

    python -m benchmarks.quality.pan13 --data FOLDER

FOLDER holds ``pan13.docs.jsonl`` and ``pan13.pairs.jsonl`` (also ``.zst``) in the form of `labelled_sets`; each pair
has ``spans``, the labelled passages in both texts. PAN labels whole reused regions, where `dedup` gives each statement
by itself: so passages that adjoin in both texts are joined here, and what is short after that is left out. These two
bounds, and the two likenesses of reworded statements, were chosen on one half of the pairs (``--half tuned``); the
figures are those of the other half. Pairs that share a document are in one half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpora.articles import read_articles, read_lines
from benchmarks.markdown import table
from benchmarks.quality.labelled_sets import Groups
from benchmarks.quality.plagdet import Case, Scores, covered, scores
from dedup.judge.passages import passages

NOTHING = "no-plagiarism"
KINDS = {
    NOTHING: "nothing reused",
    "no-obfuscation": "word for word",
    "random-obfuscation": "words shuffled and exchanged at random",
    "translation-obfuscation": "translated there and back by machine",
    "summary-obfuscation": "summarised",
}
ALL = "all"

JOINED = 450
"""Characters in either text up to which passages are joined to one region."""

LEAST = 150
"""Characters of the shortest region, in the text where it is shorter."""


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair of documents, and what is reused.

    Parameters
    ----------
    source, derived : str
        Ids.
    kind : str
        One of `KINDS`.
    cases : tuple of Case
    group : str
        Pairs that share a document share it.
    """

    source: str
    derived: str
    kind: str
    cases: tuple[Case, ...]
    group: str


def read_pairs(folder: Path) -> list[LabelledPair]:
    """Read the pairs whose passages are labelled, and those that share nothing."""
    (path,) = folder.glob("pan13.pairs.jsonl*")
    # Most of the summaries have no passages in the data; that says nothing of the texts.
    records = [one for one in read_lines(path) if one["spans"] or one["level"] == NOTHING]
    groups = Groups()
    for one in records:
        groups.join(one["a"], one["b"])
    return [
        LabelledPair(one["a"], one["b"], one["level"], tuple(map(_case, one["spans"])), groups.of(one["a"]))
        for one in records
    ]


def _case(span: dict[str, int]) -> Case:
    source, derived = span["source_offset"], span["this_offset"]
    return Case((source, source + span["source_length"]), (derived, derived + span["this_length"]))


def is_tuned(pair: LabelledPair) -> bool:
    """Return whether a pair is in the half on which bounds were chosen."""
    return hashlib.sha256(pair.group.encode()).digest()[0] % 2 == 0


def detected(source: str, derived: str, joined: int = JOINED, least: int = LEAST) -> list[Case]:
    """Return the regions that two texts share: passages joined where they adjoin in both."""
    regions: list[list[int]] = []
    for one in passages(source, derived):
        region = [one.left_begin, one.left_end, one.right_begin, one.right_end]
        apart = []
        for other in regions:
            gaps = max(region[0] - other[1], other[0] - region[1]), max(region[2] - other[3], other[2] - region[3])
            if max(gaps) < joined:
                region = [
                    min(region[0], other[0]),
                    max(region[1], other[1]),
                    min(region[2], other[2]),
                    max(region[3], other[3]),
                ]
            else:
                apart.append(other)
        regions = [*apart, region]
    return [Case((a, b), (c, d)) for a, b, c, d in regions if min(b - a, d - c) >= least]


Detections = list[tuple[LabelledPair, list[Case]]]


def detect(pairs: Iterable[LabelledPair], texts: dict[str, str]) -> Detections:
    """Find what the texts of each pair share."""
    return [(pair, detected(texts[pair.source], texts[pair.derived])) for pair in pairs]


def by_kind(found: Detections) -> dict[str, tuple[int, int, Scores]]:
    """Return pairs, labelled passages and figures of each kind of reuse, and of all."""
    rows = {}
    for kind in (*KINDS, ALL):
        of_kind = [(pair.cases, cases) for pair, cases in found if kind in (pair.kind, ALL)]
        rows[kind] = len(of_kind), sum(len(labelled) for labelled, _ in of_kind), scores(of_kind)
    return rows


def missed(found: Detections, kind: str, count: int) -> list[tuple[float, str]]:
    """Return the labelled passages of a kind of which least was found, with the share found and their names."""
    shares = [
        (
            covered(case, cases),
            f"{pair.source} {case.source[0]}-{case.source[1]} in {pair.derived} {case.derived[0]}-{case.derived[1]}",
        )
        for pair, cases in found
        if pair.kind == kind
        for case in pair.cases
    ]
    return sorted(shares)[:count]


def figures_table(rows: dict[str, tuple[int, int, Scores]]) -> str:
    """Return the figures as a Markdown table."""
    heads = ["reuse", "pairs", "labelled passages", "precision", "recall", "granularity", "plagdet"]
    lines = []
    for kind, (n_pairs, n_cases, found) in rows.items():
        figures = (found.precision, found.recall, found.granularity, found.plagdet)
        shown = [f"{value:.3f}" for value in figures] if n_cases else ["-"] * 4
        lines.append([KINDS.get(kind, kind), f"{n_pairs:,}", f"{n_cases:,}", *shown])
    return table(heads, lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where pan13.docs and .pairs are")
    parser.add_argument(
        "--half", choices=("other", "tuned"), default="other", help="of the pairs (default: %(default)s)"
    )
    parser.add_argument(
        "--missed", type=int, default=2, metavar="N", help="name N passages of each kind that were missed"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args(arguments)
    (documents,) = args.data.glob("pan13.docs.jsonl*")
    texts = read_articles(documents)
    pairs = [pair for pair in read_pairs(args.data) if is_tuned(pair) == (args.half == "tuned")]
    detected(*(texts[pairs[0].source], texts[pairs[0].derived]))  # compiled
    started = time.process_time()
    found = detect(pairs, texts)
    seconds = time.process_time() - started
    rows = by_kind(found)
    print(figures_table(rows))
    print(f"\n{1000 * seconds / len(pairs):.2f} ms a pair; detections where nothing is reused: ", end="")
    print(sum(len(cases) for pair, cases in found if pair.kind == NOTHING))
    for kind in KINDS:
        for share, name in missed(found, kind, args.missed):
            print(f"{kind}: {share:.2f} of {name}")
    if args.json:
        args.json.write_text(json.dumps(_plain(rows), indent=2))


def _plain(rows: dict[str, tuple[int, int, Scores]]) -> dict[str, Any]:
    names = ("precision", "recall", "granularity", "plagdet")
    return {
        kind: {"pairs": n, "passages": m, **{name: getattr(found, name) for name in names}}
        for kind, (n, m, found) in rows.items()
    }


if __name__ == "__main__":
    main()
