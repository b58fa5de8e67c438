"""Measure what a user's own labels gain: add half of those of a corpus to the shipped ones, judge the other half.

    python -m benchmarks.fit.own_labels [--figures benchmarks/fit/figures.json]

Of the shipped pairs (`dedup/fit/labelled.npz`) one corpus is taken out and the models are fitted to the others, as if
it were a user's. Then half of its pairs are added as ``dedup fit`` adds labels, and the other half is judged by
both. Figures are means of ten rounds; pairs that share a document are on one side. Needs SciPy, and no data besides the
package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.fit import tables
from dedup.fit.relation_models import OWN_WEIGHT, LabelledPairs, as_json
from dedup.judge import relation
from dedup.params import Params

ROUNDS = 10


def rounds(shipped: LabelledPairs, corpus: str, weight: float, params: Params) -> tuple[int, list[list[float]]]:
    """Return how many labels are added, and of each round the rates before and after, and those of other corpora."""
    rest = shipped.take(shipped.corpora != corpus)
    (own,) = np.nonzero((shipped.corpora == corpus) & (shipped.drawn > 0))
    others = list(dict.fromkeys(rest.corpora[rest.drawn > 0].tolist()))
    groups = np.unique(shipped.groups[own])
    before = shipped.verdicts(relation.Models.of(Params(model=as_json(rest.fitted()))), params)
    rates = []
    added = 0
    for turn in range(ROUNDS):
        half = np.random.default_rng(turn).permutation(groups)[: len(groups) // 2]
        is_added = np.isin(shipped.groups[own], half)
        joined = rest.joined(shipped.take(own[is_added]).weighted(weight))
        after = shipped.verdicts(relation.Models.of(Params(model=as_json(joined.fitted()))), params)
        is_tested = np.zeros(len(shipped), bool)
        is_tested[own[~is_added]] = True
        tested = shipped.take(is_tested)
        row = []
        for verdicts in (before, after):
            part = type(verdicts)(*(getattr(verdicts, name)[is_tested] for name in ("carried", "news", "is_carried")))
            row += tested.rates(part, params, corpus)
        for verdicts in (before, after):
            row.append(float(np.mean([shipped.rates(verdicts, params, name)[0] for name in others])))
        rates.append(row)
        added += int(is_added.sum())
    return added // ROUNDS, rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weight", type=float, default=OWN_WEIGHT, help="of an own label (default: %(default)s)")
    parser.add_argument("--figures", type=Path, metavar="FILE", help=f"write the figures here ({tables.FIGURES.name})")
    args = parser.parse_args()
    params = Params()
    shipped = LabelledPairs.shipped()
    heads = ["corpus", "labels added", "called as labelled", "copies: precision", "copies: recall"]
    heads.append("others, as labelled")
    rows = []
    for corpus in dict.fromkeys(shipped.corpora[shipped.drawn > 0].tolist()):
        added, rates = rounds(shipped, corpus, args.weight, params)
        mean = np.mean(rates, axis=0)
        cells = [f"{mean[k]:.2f} -> {mean[k + 3]:.2f}" for k in range(3)]
        rows.append([corpus, str(added), *cells, f"{mean[6]:.3f} -> {mean[7]:.3f}"])
        print("  ".join(rows[-1]))
    if args.figures:
        tables.update(args.figures, {"own_labels": {"heads": heads, "rows": rows}})


if __name__ == "__main__":
    main()
