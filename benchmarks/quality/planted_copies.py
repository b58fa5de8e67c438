"""Measure how many planted copies ``dedup run`` finds, by kind and by resemblance, and whether its matches are true.

    python -m benchmarks.quality.planted_copies DIR --level near

where DIR is what `corpora.plant` wrote. Ends with 1 if recall at the threshold is under `FLOOR`, a match lies under the
threshold, or a record is unaccounted for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.corpora import truth
from benchmarks.corpora.copies import Copy, read_copies

FLOOR = 0.99
"""Least share of the planted pairs at the threshold or above that must be found."""

BANDS = ((0.70, 0.75), (0.75, 0.80), (0.80, 0.90), (0.90, 1.01))
"""Resemblance from, and to but not with."""

NEAR = ("identical", "near_duplicate")
"""Relations that promise a resemblance of at least the threshold."""

COLUMNS = ("planted", "above", "pair_recall", "cluster_recall", "recall", "merged")
"""Columns of the printed tables; the figures of `recall` that are not among them are in the JSON."""

Pair = tuple[str, str]


COLUMNS_READ = ["left", "right", "relation", "resemblance", "furniture", "furniture_longer"]


@dataclass(frozen=True, slots=True)
class Run:
    """The answer of a run of ``dedup``.

    Parameters
    ----------
    summary : dict
        As printed by ``--json``.
    cluster : dict
        Id to the id of the kept document of its cluster; rejected records are not there.
    matches : dict
        Pair of ids, the smaller first, to relation and reported resemblance.
    accounts : dict
        Records in, kept, dropped and rejected, counted from the decisions.
    with_furniture : set
        Pairs of which one side had page furniture.
    """

    summary: dict[str, Any]
    cluster: dict[str, str]
    matches: dict[Pair, tuple[str, float]]
    accounts: dict[str, int]
    with_furniture: set[Pair] = field(default_factory=set)


def run(corpus: Path, level: str, threshold: float, threads: int) -> Run:
    """Run ``dedup`` on a corpus and read what it wrote."""
    options = ["--level", level, "--threshold", str(threshold), "--threads", str(threads), "--quiet", "--json"]
    with tempfile.TemporaryDirectory() as output:
        command = [sys.executable, "-m", "dedup", "run", corpus, "-o", output, *options]
        printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        decisions = pq.read_table(Path(output, "decisions.parquet"))
        matches = pq.read_table(Path(output, "matches.parquet"), columns=COLUMNS_READ)
    kept = pc.sum(decisions["kept"]).as_py() or 0
    dropped = len(decisions) - decisions["duplicate_of"].null_count
    with corpus.open("rb") as lines:
        records = sum(1 for _ in lines)
    accounts = {"in": records, "kept": kept, "dropped": dropped, "rejected": len(decisions) - kept - dropped}
    return Run(
        orjson.loads(printed),
        {key: leader for key, leader in _rows(decisions, "id", "cluster") if leader is not None},
        {(left, right): (relation, value) for left, right, relation, value in _rows(matches, *COLUMNS_READ[:4])},
        accounts,
        {
            (left, right)
            for left, right, one, other in _rows(matches, *COLUMNS_READ[:2], *COLUMNS_READ[4:])
            if one or other
        },
    )


def recall(copies: Iterable[Copy], answer: Run, threshold: float) -> dict[str, Any]:
    """Count how many planted pairs were found.

    Returns
    -------
    dict
        ``planted``, and of them ``above``: at the threshold or above; of those ``matched`` (the pair itself is
        reported), ``together`` (in one cluster) and ``found`` (either), each with its share in ``pair_recall``,
        ``cluster_recall`` and ``recall``, None where none is above; of the rest ``merged`` (in one cluster all the
        same).
    """
    copies = list(copies)
    above = [copy for copy in copies if copy.resemblance >= threshold]
    matched = [copy.pair in answer.matches for copy in above]
    together = [_together(copy, answer) for copy in above]
    either = sum(a or b for a, b in zip(matched, together, strict=True))
    return {
        "planted": len(copies),
        "above": len(above),
        "matched": sum(matched),
        "pair_recall": sum(matched) / len(above) if above else None,
        "together": sum(together),
        "cluster_recall": sum(together) / len(above) if above else None,
        "found": either,
        "merged": sum(_together(copy, answer) for copy in copies if copy.resemblance < threshold),
        "recall": either / len(above) if above else None,
    }


def check_matches(answer: Run, texts: Callable[[str], str], threshold: float) -> dict[str, Any]:
    """Compare every reported near duplicate, planted or not, with the truth; but for those with page furniture.

    That is taken off before the resemblance is measured, which the oracle does not do.

    Returns
    -------
    dict
        ``checked``: how many; ``below``: pairs whose true resemblance is under the threshold; ``difference``: the
        largest between the reported and the true resemblance; ``differing``: how many differ by more than 1e-9.
    """
    near = {
        pair: value
        for pair, (relation, value) in answer.matches.items()
        if relation in NEAR and pair not in answer.with_furniture
    }
    true = {pair: truth.resemblance(texts(pair[0]), texts(pair[1])) for pair in sorted(near)}
    differences = [abs(value - true[pair]) for pair, value in near.items() if value is not None]
    return {
        "checked": len(near),
        "below": [list(pair) for pair, value in true.items() if value < threshold],
        "difference": max(differences, default=0.0),
        "differing": sum(difference > 1e-9 for difference in differences),
    }


def report(copies: Sequence[Copy], answer: Run, texts: Callable[[str], str], threshold: float) -> dict[str, Any]:
    """Return all figures: by kind, by resemblance, of matches and of records."""
    kinds = dict.fromkeys(copy.kind for copy in copies)
    accounts = answer.accounts
    banded = {
        f"{low:.2f}-{min(high, 1):.2f}": [c for c in copies if low <= c.resemblance < high] for low, high in BANDS
    }
    return {
        "kinds": {kind: recall((c for c in copies if c.kind == kind), answer, threshold) for kind in kinds},
        "bands": {name: recall(group, answer, threshold) for name, group in banded.items()},
        "all": recall(copies, answer, threshold),
        "matches": {"reported": len(answer.matches), **check_matches(answer, texts, threshold)},
        "accounts": accounts,
        "balanced": accounts["in"] == accounts["kept"] + accounts["dropped"] + accounts["rejected"],
        "summary": answer.summary,
    }


def print_table(figures: dict[str, Any]) -> None:
    """Print a table by kind and one by band, then the checks."""
    for title in ("kinds", "bands"):
        print(f"{title:12}" + "".join(f"{name.replace('_', ' '):>16}" for name in COLUMNS))
        rows = {**figures[title], "all": figures["all"]} if title == "kinds" else figures[title]
        for name, counts in rows.items():
            print(f"{name:12}" + "".join(f"{_cell(counts[column]):>16}" for column in COLUMNS))
        print()
    matches, accounts = figures["matches"], figures["accounts"]
    print(
        "matches: {reported} reported, of them {checked} near duplicates checked against the truth:".format(**matches)
    )
    print(f"{len(matches['below'])} are below the threshold,", end=" ")
    print("{differing} differ from the true resemblance, by {difference:.2g} at most".format(**matches))
    print("records: {in} in = {kept} kept + {dropped} dropped + {rejected} rejected".format(**accounts), end="")
    print("" if figures["balanced"] else ": THIS DOES NOT ADD UP")


def is_good(figures: dict[str, Any]) -> bool:
    """Whether recall, truth of the matches and the accounts are as promised."""
    share = figures["all"]["recall"]
    return (share is None or share >= FLOOR) and not figures["matches"]["below"] and figures["balanced"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with corpus.jsonl and planted.jsonl")
    parser.add_argument("--level", default="near")
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    corpus = args.folder / "corpus.jsonl"
    answer = run(corpus, args.level, args.threshold, args.threads)
    with corpus.open("rb") as lines:
        texts = {record["id"]: record["text"] for record in map(orjson.loads, lines)}
    figures = report(read_copies(args.folder / "planted.jsonl"), answer, texts.__getitem__, args.threshold)
    print_table(figures)
    if args.json:
        args.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    return 0 if is_good(figures) else 1


def _together(copy: Copy, answer: Run) -> bool:
    leader = answer.cluster.get(copy.left)
    return leader is not None and leader == answer.cluster.get(copy.right)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _rows(table: Any, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


if __name__ == "__main__":
    sys.exit(main())
