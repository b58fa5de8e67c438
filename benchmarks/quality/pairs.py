"""Measure how good a run is on labelled pairs, each set hidden in a background of real articles.

    python -m benchmarks.quality.pairs --data FOLDER --background articles.jsonl.zst

FOLDER holds labelled sets as `labelled_sets` describes them. Each set in turn is put before the background and goes
through all stages of a run. For every level of a set this prints the share of the pairs that became candidates
(``candidates``), that are called a copy when judged, candidates or not (``judged``), the same where only the two
documents of the pair have come to the background (``alone``), that the run itself reports as copies or puts into one
cluster (``reported``), and that it reports at all, ``partial`` included (``any``). Where the truth is "no copy", these
are false positives.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from benchmarks import measure
from benchmarks.quality.labelled_sets import NO, UNKNOWN, YES, LabelledSet, read_sets
from benchmarks.stages import Alone, Ints, Run, measure_pairs, packed, pairs_of, run_stages
from dedup.candidates.pairs import Pairs
from dedup.judge import relation
from dedup.judge.evidence import Evidence, shingle_evidence
from dedup.judge.match_table import Matches
from dedup.judge.relation import LAST_COPY
from dedup.params import Level, Params
from dedup.schema import IDENTICAL, PARTIAL, RELATIONS, SAME_EVENT

PACKAGES = ("newsdedup", "numba", "numpy", "pyarrow")
LABELS = {YES: "copy", NO: "no copy", UNKNOWN: "unknown"}
COLUMNS = ("candidates", "judged", "alone", "reported", "any")
PEER = "resemblance"
PEER_THRESHOLD = 0.7
"""Least word-5 resemblance that a detector asks for which bands and compares shingles, whatever our threshold is."""

Bools = npt.NDArray[np.bool_]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the pairs of a set, arrays in their order.

    Parameters
    ----------
    is_candidate : bool array
    judged, alone, reported : int8 array
        Relation codes, SAME_EVENT where there is none: when judged in the run, when judged alone, by the run's matches.
    together : bool array
        Whether the run put both into one cluster.
    resemblance : float64 array
    seconds : float
        Of the run.
    n_documents, n_candidates : int
        Of the run.
    """

    is_candidate: Bools
    judged: npt.NDArray[np.int8]
    alone: npt.NDArray[np.int8]
    reported: npt.NDArray[np.int8]
    together: Bools
    resemblance: npt.NDArray[np.float64]
    seconds: float
    n_documents: int
    n_candidates: int


@contextmanager
def background_of(path: Path, params: Params, threads: int) -> Iterator[tuple[Run, Alone]]:
    """Run the background by itself, and yield the run and what measures pairs alone in it."""
    with run_stages([path], params, threads) as run:
        yield run, Alone(run)


def evaluate(labelled: LabelledSet, background: Path, alone: Alone, params: Params, threads: int) -> Outcome:
    """Hide a labelled set in the background, run all stages, and look up the outcome of its pairs."""
    with run_stages([labelled.documents, background], params, threads) as run:
        sides = (run.documents_of([getattr(pair, side) for pair in labelled.pairs]) for side in ("a", "b"))
        a, b = sides
        pairs = packed(a, b)
        wanted = comparable(run, a, b)
        in_run = judge(measure_pairs(run, wanted, threads), params)
        by_alone = in_run if params.level < Level.syndicated else judge(alone.measure(run, wanted), params)
        same = (a == b) & (a >= 0)
        shingles = shingle_evidence(run.corpus, wanted, params, threads)
        resemblance = np.zeros(len(a))
        at, there = look_up(pairs, wanted)
        resemblance[there] = shingles["resemblance"][at[there]]
        resemblance[same] = 1.0
        leader = run.clusters.leader
        return Outcome(
            is_candidate=same | np.isin(pairs, run.candidates),
            judged=codes_of(pairs, in_run, same),
            alone=codes_of(pairs, by_alone, same),
            reported=codes_of(pairs, run.matches, same),
            together=(a >= 0) & (b >= 0) & (leader[a] == leader[b]),
            resemblance=resemblance,
            seconds=run.seconds,
            n_documents=len(run.corpus),
            n_candidates=len(run.candidates),
        )


def comparable(run: Run, a: Ints, b: Ints) -> Pairs:
    """Return the distinct pairs of different texts that are long enough to be compared, sorted."""
    long_enough = run.corpus.lengths >= run.params.min_tokens
    if run.rare_pairs is not None:
        long_enough &= run.rare_pairs.words > 0  # a document that is furniture alone is not compared
    return np.unique(packed(a, b)[(a != b) & (a >= 0) & (b >= 0) & long_enough[a] & long_enough[b]])


def judge(evidence: Evidence, params: Params) -> Matches:
    """Return the relation of measured pairs, by the rules of the level."""
    if params.level < Level.syndicated:
        return relation.near_duplicates(evidence.take(evidence["resemblance"] >= params.threshold), params)
    return relation.judge(evidence, params)


def look_up(pairs: Pairs, among: Pairs) -> tuple[Ints, Bools]:
    """Return the place of each pair among others, and whether it has one."""
    if len(among) == 0:
        return np.zeros(len(pairs), np.int64), np.zeros(len(pairs), bool)
    order = np.argsort(among)
    place = np.minimum(np.searchsorted(among, pairs, sorter=order), len(among) - 1)
    at = order[place]
    return at, among[at] == pairs


def codes_of(pairs: Pairs, matches: Matches, same: Bools) -> npt.NDArray[np.int8]:
    """Return the relation of each pair, SAME_EVENT where there is no match."""
    at, there = look_up(pairs, pairs_of(matches))
    codes = np.full(len(pairs), SAME_EVENT, np.int8)
    codes[there] = matches.relation[at[there]]
    codes[same] = IDENTICAL
    return codes


def table(labelled: LabelledSet, outcome: Outcome, params: Params) -> list[dict[str, Any]]:
    """Count the pairs of each level and label that each column is true of.

    Returns
    -------
    list of dict
        ``level``, ``truth``, ``pairs``, and a count for each of `COLUMNS` and `PEER`.
    """
    last = LAST_COPY[params.level]
    flags = {
        "candidates": outcome.is_candidate,
        "judged": outcome.judged <= last,
        "alone": outcome.alone <= last,
        "reported": (outcome.reported <= last) | outcome.together,
        "any": (outcome.reported <= PARTIAL) | outcome.together,
        PEER: outcome.resemblance >= PEER_THRESHOLD,
    }
    kinds = [(pair.level, pair.label) for pair in labelled.pairs]
    rows = []
    for kind in dict.fromkeys(kinds):
        of_kind = np.array([other == kind for other in kinds])
        counts = {name: int(flag[of_kind].sum()) for name, flag in flags.items()}
        rows.append({"level": kind[0], "truth": LABELS[kind[1]], "pairs": int(of_kind.sum()), **counts})
    return rows


def judgements(labelled: LabelledSet, outcome: Outcome, params: Params) -> dict[str, Any]:
    """Hold the outcome against what a person judged, pair by pair.

    Returns
    -------
    dict
        For ``judged`` and ``reported``: ``precision`` and ``recall`` (None without pairs), ``false`` and ``of``;
        ``confusion``: relation labelled to relation found to count.
    """
    last = LAST_COPY[params.level]
    label = np.array([pair.label for pair in labelled.pairs])
    rates: dict[str, Any] = {}
    for name, is_copy in (
        ("judged", outcome.judged <= last),
        ("reported", (outcome.reported <= last) | outcome.together),
    ):
        true, false = (int((is_copy & (label == truth)).sum()) for truth in (YES, NO))
        rates[name] = {
            "precision": true / (true + false) if true + false else None,
            "recall": true / int((label == YES).sum()) if (label == YES).any() else None,
            "false": false,
            "of": int((label == NO).sum()),
        }
    confusion: dict[str, Counter[str]] = {}
    for pair, code in zip(labelled.pairs, outcome.judged, strict=True):
        confusion.setdefault(f"{pair.level} ({LABELS[pair.label]})", Counter())[RELATIONS[code]] += 1
    return {**rates, "confusion": {name: dict(counts) for name, counts in sorted(confusion.items())}}


def print_set(name: str, figures: Figures, with_peer: bool) -> None:
    """Print one set: a row for every level, then the judgements."""
    columns = (*COLUMNS, PEER) if with_peer else COLUMNS
    print(f"\n{name:34}{'truth':>8}{'pairs':>7}" + "".join(f"{column:>12}" for column in columns))
    for row in figures["levels"]:
        shares = "".join(f"{row[column] / row['pairs']:>12.4f}" for column in columns)
        print(f"  {row['level']:32}{row['truth']:>8}{row['pairs']:>7}{shares}")
    if "judgements" in figures:
        rates = figures["judgements"]
        for verdict in ("judged", "reported"):
            shares = ", ".join(f"{key} {_share(rates[verdict][key])}" for key in ("precision", "recall"))
            print(f"  {verdict}: {shares}, false positives {rates[verdict]['false']} of {rates[verdict]['of']}")
        print("  relation labelled, and as judged:")
        for labelled, counts in rates["confusion"].items():
            print(f"    {labelled:24}" + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print("  {seconds:.1f} s; {candidates_per_document:.2f} candidate pairs a document".format(**figures), flush=True)


def measure_sets(
    sets: list[LabelledSet], background: Path, params: Params, threads: int, with_peer: bool = False
) -> Figures:
    """Evaluate all sets, print them as they come, and return the figures."""
    figures: Figures = {"machine": measure.machine(), "params": params.as_dict(), "threads": threads}
    figures["versions"] = {name: importlib.metadata.version(name) for name in PACKAGES}
    print(", ".join(f"{value}" for value in (*figures["machine"].values(), f"{threads} threads")))
    print(", ".join(f"{name} {version}" for name, version in figures["versions"].items()))
    print(", ".join(f"{name} {value}" for name, value in figures["params"].items()))
    with background_of(background, params, threads) as (run, alone):
        copies = int((run.matches.relation <= LAST_COPY[params.level]).sum())
        figures["background"] = {
            "documents": len(run.corpus),
            "candidates_per_document": len(run.candidates) / max(1, len(run.corpus)),
            "copies": copies,
            "partial": int((run.matches.relation == PARTIAL).sum()),
            "seconds": run.seconds,
        }
    print(
        "background: {documents} documents, {candidates_per_document:.2f} candidate pairs a document, "
        "{copies} pairs reported as copies, {partial} as partial, {seconds:.1f} s".format(**figures["background"])
    )
    figures["sets"] = {}
    for labelled in sets:
        started = time.perf_counter()
        outcome = evaluate(labelled, background, alone, params, threads)
        one: Figures = {"levels": table(labelled, outcome, params)}
        if labelled.is_judged:
            one["judgements"] = judgements(labelled, outcome, params)
        one["candidates_per_document"] = outcome.n_candidates / max(1, outcome.n_documents)
        one["seconds"] = outcome.seconds
        one["seconds_with_judging"] = time.perf_counter() - started
        figures["sets"][labelled.name] = one
        print_set(labelled.name, one, with_peer)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="labelled sets, see labelled_sets")
    parser.add_argument("--background", type=Path, required=True, metavar="FILE", help="JSON lines with id and text")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--level", default="rewritten", choices=[level.name for level in Level if level >= Level.near])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peer", action="store_true", help=f"also what word-5 resemblance >= {PEER_THRESHOLD} finds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    sets = read_sets(args.data, args.sets)
    figures = measure_sets(sets, args.background, Params(level=args.level), args.threads, args.peer)
    if args.json:
        args.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
