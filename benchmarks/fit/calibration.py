"""Estimate how often a dropped record is a copy, by relation and score, and write ``dedup/fit/calibration.json``.

    python -m benchmarks.fit.calibration -o dedup/fit/calibration.json

The labelled pairs are those of ``dedup/fit/labelled.npz`` that were drawn from runs on four corpora and judged one by
one by reading; no texts are needed. The scores are those of models that were fitted without the pair's group, because
the shipped models have seen the labels. Each corpus has the same weight.

How far an estimate can be off on another corpus is shown by leaving out each corpus in turn, from the models and from
the steps. Needs SciPy; takes a minute or two. The same labels give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from dedup.fit.calibration import Calibration, JudgedPairs, spread_of
from dedup.fit.relation_models import QUESTIONS, LabelledPairs, probability
from dedup.params import Params
from dedup.schema import NEAR_DUPLICATE

ROUNDS = 5

Row = tuple[str, int, float, float, float, float]
"""Corpus, pairs, precision observed, expected, and the interval."""


def table() -> str:
    """Return the shipped steps as a table, for docs/tuning.md."""
    steps = Calibration.shipped().steps
    lines = ["| relation | score from | copies | interval | labelled pairs |", "| --- | ---: | ---: | --- | ---: |"]
    for name, some in steps.items():
        for step in some:
            shares = f"{100 * step.precision:.0f} % | {100 * step.low:.0f} to {100 * step.high:.0f} %"
            lines.append(f"| {name.replace('_', ' ')} | {step.start:.2f} | {shares} | {step.pairs} |")
    return "\n".join(lines) + "\n"


def left_out(pairs: JudgedPairs, spread: float) -> list[Row]:
    """Hold the precision that is expected of each corpus, from the others alone, against the one observed."""
    rows: list[Row] = []
    for name in np.unique(pairs.corpora).tolist():
        here = pairs.take(pairs.corpora == name)
        steps = Calibration.of(pairs.take(pairs.corpora != name), spread)
        for least in (0.0, 0.9):
            some = here.take(here.score >= least)
            expected = steps.weighted(some)
            title = name if not least else f"{name}, from {least}"
            rows.append((title, len(some.score), some.share, expected.value, expected.low, expected.high))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the steps here")
    args = parser.parse_args()
    labelled, params = LabelledPairs.shipped(), Params()
    questions = [labelled.question(name) for name in QUESTIONS]
    by_group = (probability(question.crossed(labelled.groups, ROUNDS)) for question in questions)
    by_corpus = (probability(question.left_out(labelled.corpora)) for question in questions)
    pairs, others = (JudgedPairs.of(labelled, *both, params) for both in (by_group, by_corpus))
    # Nothing less alike is dropped as a near duplicate by default.
    others = others.take((others.kind != NEAR_DUPLICATE) | (others.score >= params.threshold))
    calibration = Calibration.of(pairs, spread_of(others))
    print(calibration.as_json())
    print(f"{'left out':<20}{'pairs':>7}{'observed':>10}{'expected':>10}{'interval':>14}")
    for name, count, observed, expected, low, high in left_out(others, calibration.spread):
        print(f"{name:<20}{count:>7}{observed:>10.2f}{expected:>10.2f}{low:>9.2f}-{high:.2f}")
    if args.output:
        args.output.write_text(calibration.as_json(), "utf-8")


if __name__ == "__main__":
    main()
