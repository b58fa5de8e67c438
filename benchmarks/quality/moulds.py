"""Measure whether pieces of one mould are each kept, in five languages, and corrected ones still found.

    python -m benchmarks.quality.moulds [--seed 1] [--n 3] [--json FILE]

A mould is the frame of a notice that newsrooms fill in day by day: the weather of a town, a death, a quarter's figures.
Two pieces of one mould are different news in much the same words; a corrected piece is the same news with one name or
figure changed. For every language and kind a few pieces are run alone, and many more of them among other texts of that
language; each once without and once with corrected pieces. Ends with 1 if any piece or other text was dropped for one
that is not its own correction, or if a correction was not found. Everything is made up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dedup
from benchmarks.corpora import truth
from benchmarks.corpora.moulds.pieces import CORRECTED, KINDS, LANGUAGES, MANY, OTHERS, Record, corpora

LEVELS = ("near", "rewritten")


def figures(records: list[Record], corrections: list[Record], kind: str, level: str, seed: int) -> dict[str, int]:
    """Run the records alone and with the corrections, and count what became of them.

    Returns
    -------
    dict of str to int
        ``dropped``: pieces that were dropped while no correction was there. ``others``: other texts that were.
        ``wrong``: records that were dropped for one that is not of the same piece while corrections were there.
        ``corrected``, ``found``: corrections, and those that are one with their piece.
    """
    leader = _leaders(records, level, seed)
    lost = [one.key for one in records if leader[one.key] != one.key]
    dropped = sum(key.startswith(f"{kind}/") for key in lost)
    leader = _leaders(records + corrections, level, seed)
    origin = {one.key: one.origin for one in records + corrections}
    found = sum(leader[one.key] == leader[one.origin] and origin[leader[one.key]] == one.origin for one in corrections)
    return {
        "pieces": sum(one.key.startswith(f"{kind}/") for one in records),
        "dropped": dropped,
        "others": len(lost) - dropped,
        "wrong": sum(origin[leader[key]] != origin[key] for key in origin),
        "corrected": len(corrections),
        "found": found,
    }


def _leaders(records: list[Record], level: str, seed: int) -> dict[str, str]:
    """Return the key of each record to that of the one kept in its place."""
    shuffled = random.Random(seed).sample(records, len(records))
    corpus = [{"id": one.key, "text": one.text} for one in shuffled]
    leader = dedup.deduplicate(corpus, params=dedup.Params(level=level)).leader
    return {one.key: shuffled[place].key for one, place in zip(shuffled, leader.tolist(), strict=True)}


def likeness(records: list[Record], corrections: list[Record]) -> tuple[float, float]:
    """Return the highest true resemblance of two pieces, and the lowest of a correction to its piece."""
    text = {one.key: one.text for one in records}
    pieces = max(truth.resemblance(one, other) for one, other in itertools.combinations(text.values(), 2))
    return pieces, min(truth.resemblance(text[one.origin], one.text) for one in corrections)


def is_right(row: Mapping[str, Any]) -> bool:
    """Whether all was kept that must be and all corrections were found."""
    return not row["dropped"] and not row["others"] and not row["wrong"] and row["found"] == row["corrected"]


def print_head() -> None:
    """Print the heads of the columns."""
    print(f"{'':18}{'resemblance':>13}", end="")
    for level, name in itertools.product(LEVELS, ("alone", "among")):
        print(f"  | {level + ', ' + name:<26}", end="")
    print(f"\n{'language':9}{'kind':10}{'most':>6}{'least':>6}", end="")
    for _ in range(2 * len(LEVELS)):
        print(f"  | {'dropped':>7}{'others':>7}{'wrong':>6}{'found':>6}", end="")
    print()


def print_row(language: str, kind: str, rows: list[dict[str, Any]], alike: Sequence[float]) -> None:
    """Print the figures of a mould, or sums of them."""
    print(f"{language:9}{kind:9}{''.join(f'{value:6.2f}' for value in alike):>13}", end="")
    for row in rows:
        share = f"{row['found']}/{row['corrected']}"
        print(f"  | {row['dropped']:7}{row['others']:7}{row['wrong']:6}{share:>{6 if len(share) < 6 else 8}}", end="")
    print(flush=True)


def summed(moulds: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the sums of the figures of several moulds, column by column."""
    names = ("pieces", "dropped", "others", "wrong", "corrected", "found")
    return [{name: sum(row[name] for row in column) for name in names} for column in zip(*moulds, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=3, help="pieces of a mould alone in a corpus, two or more")
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES), choices=LANGUAGES, metavar="LANGUAGE")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS, metavar="KIND")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    print(f"{args.n} pieces alone; {MANY} among {OTHERS} others, {CORRECTED} of them corrected, too")
    print("most: resemblance of two pieces; least: of a correction to its piece, both by the oracle\n")
    print_head()
    every: list[dict[str, Any]] = []
    by_mould: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for language, kind in itertools.product(args.languages, args.kinds):
        made = corpora(language, kind, args.n, args.seed)
        pieces = [one for one in made["among"][0] if one.key.startswith(f"{kind}/")]
        alike = likeness(pieces, made["among"][1])
        rows = []
        for level, (name, (records, corrections)) in itertools.product(LEVELS, made.items()):
            at = {"language": language, "kind": kind, "level": level, "corpus": name}
            rows.append(at | figures(records, corrections, kind, level, args.seed))
        print_row(language, kind, rows, alike)
        by_mould[language, kind] = rows
        every += [row | {"most_alike": alike[0], "least_corrected": alike[1]} for row in rows]
    print()
    for language in args.languages:
        print_row(language, "all", summed(rows for key, rows in by_mould.items() if key[0] == language), ())
    for kind in args.kinds:
        print_row("all", kind, summed(rows for key, rows in by_mould.items() if key[1] == kind), ())
    print_row("all", "all", summed(by_mould.values()), ())
    if args.json:
        head = {"seed": args.seed, "n": args.n, "many": MANY, "others": OTHERS}
        args.json.write_text(json.dumps(head | {"figures": every}, indent=2))
    return 0 if all(is_right(row) for row in every) else 1


if __name__ == "__main__":
    sys.exit(main())
