"""Fit the models of relations to labelled pairs, cross-validate them, and write ``dedup/judge/relation.json``.

    python -m benchmarks.fit.relation --data FOLDER --corpora FOLDER -o dedup/judge/relation.json

Two questions are fitted, each by a monotone logistic model: is one text carried by the other, and is there news?

- *Natural pairs*: reported by runs on four corpora and judged one by one by reading; ``natural_news.pairs`` in the
  folder of labelled sets, ``judged_pairs.csv`` beside this file. Both questions.
- *Older sets*, in the form that `quality.labelled_sets` describes, pairs made from the background (`made_pairs`), and
  versions of one story in several outlets (`corpora.storms`): what is carried there has no news.

The package itself measures every older pair twice: in a run of its set with the background, and alone in the
background. Groups of pairs that share a source, topic or document are never split between fitting and testing (``cv``);
the harder test leaves out a whole set or corpus (``left out``). ``wire_pairs.csv`` judges pairs of a wire corpus that
the program once called copies; they are not fitted. ``--figures`` writes what the tables of docs/verdict.md are made
of. Needs SciPy. The same data give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure
from benchmarks.fit import tables
from benchmarks.fit.evaluation import Band, ablation, curve, print_natural, print_rates, reliability
from benchmarks.fit.measurements import collect
from benchmarks.fit.samples import Samples
from benchmarks.quality.labelled_sets import YES
from dedup.fit.relation_models import QUESTIONS, Verdicts, as_json
from dedup.params import Params


def fit_and_test(samples: Samples, params: Params, with_ablation: bool) -> tuple[str, dict[str, Any]]:
    """Fit, cross-validate and print; return the models as JSON, and the figures of the tables by name."""
    questions = {name: samples.question(name, knots) for name, knots in QUESTIONS.items()}
    fitted = {name: question.fitted() for name, question in questions.items()}
    logits = {
        "cv": [question.crossed(samples.groups) for question in questions.values()],
        "left out": [question.left_out(samples.sets) for question in questions.values()],
        "fitted": [questions[name].parts @ slopes + start for name, (_, slopes, start) in fitted.items()],
    }
    verdicts = {test: samples.verdicts(*both, params) for test, both in logits.items()}
    certainty = params.certainty
    flags = {
        f"{test} {kind}": flag
        for test, one in verdicts.items()
        for kind, flag in (("copy", one.copies(certainty)), ("carried", one.is_carried))
    }
    figures = {
        "sets": print_rates(samples, flags),
        "natural": print_natural(samples, verdicts, certainty),
        "trade_off": curve(samples, verdicts["cv"]),
        **print_reliability(samples, verdicts["cv"]),
    }
    if with_ablation:
        figures["ablation"] = ablation(samples, params, certainty)
    return as_json(fitted), figures


def print_reliability(samples: Samples, verdicts: Verdicts) -> dict[str, list[Band]]:
    """Print predicted against observed shares of the natural pairs: of what is carried, and of copies among that."""
    weights = samples.natural_weights
    score = verdicts.carried * (1.0 - verdicts.news)
    figures = {
        "carried_reliability": reliability(verdicts.carried, samples.carried == YES, weights),
        "reliability": reliability(score, samples.is_copy, np.where(verdicts.is_carried, weights, 0.0)),
    }
    for name, bands in figures.items():
        print(f"\n{name:>20}{'predicted':>12}{'observed':>12}{'pairs':>8}")
        for low, high, predicted, observed, pairs, _ in bands:
            print(f"{low:>14.1f}-{high:<5.1f}{predicted:>12.3f}{observed:>12.3f}{pairs:>8}")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="labelled sets")
    parser.add_argument("--corpora", type=Path, required=True, metavar="FOLDER", help="what natural pairs are from")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the models here")
    parser.add_argument("--labelled", type=Path, metavar="FILE", help="write what dedup fit starts from here")
    parser.add_argument("--figures", type=Path, metavar="FILE", help=f"write the figures here ({tables.FIGURES.name})")
    parser.add_argument("--ablation", action="store_true", help="leave out each measure and rule in turn")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    params = Params()
    print(", ".join(map(str, measure.machine().values())))
    samples = collect(args.data, args.corpora, params, args.threads)
    models, figures = fit_and_test(samples, params, args.ablation)
    print("\n" + models)
    if args.output:
        args.output.write_text(models, "utf-8")
    if args.labelled:
        samples.labelled().write(args.labelled)
    if args.figures:
        tables.update(args.figures, figures)


if __name__ == "__main__":
    main()
