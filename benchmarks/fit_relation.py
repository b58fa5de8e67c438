"""Fit the relation model to labelled pairs: cross-validated tables out, and ``dedup/relation.json``.

    python benchmarks/fit_relation.py --data FOLDER --background articles.jsonl.zst --wire wire.jsonl.zst \\
        -o dedup/relation.json

FOLDER holds labelled sets as `labelled.py` describes them; `synthetic.py` adds pairs made from the background.
Every pair is measured twice by the package itself: in a run of its set with the background, and alone in it. Groups of
pairs that share a source, topic or document are never split between fitting and testing (``cv``); the harder test
leaves out a whole set (``left out``). ``wire_pairs.csv`` judges pairs of a wire corpus (Reuters-21578, Reuters C50,
BBC) by their ids: reports that the program once called copies, most of them from one mould. They are not fitted, but
the rule on moulds was chosen by them. The table shows the share reported as copies, beside the floor and the aim;
``--markdown`` writes it, the reliability of the score and the trade-off between the markers of a document.
Needs SciPy. The same data and background give the same file.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
import numpy as np
import numpy.typing as npt
import tables
from labelled import CLOSEST, CROSS, JUDGEMENTS, NO, UNKNOWN, YES, Pair, read_sets
from monotone import FALLING, RISING, Floats, Term, cross_validated, design, fit, out_of_fold, terms_between
from quality import background_of, comparable, look_up
from stages import measure as measure_pairs
from stages import packed, pairs_of, run_stages
from synthetic import MadePair, spliced, templates

from dedup import relation
from dedup.candidates import Pairs, split
from dedup.evidence import Evidence
from dedup.params import Params

KNOTS: dict[str, tuple[int, Sequence[float]]] = {
    "rare_containment": (RISING, (0.08, 0.18, 0.28, 0.4, 0.6, 0.95)),
    "anchor_order": (RISING, (0, 0.04, 0.07, 0.12, 0.35)),
    "supported_anchors": (RISING, (0.05, 0.15, 0.25, 0.45, 0.6)),
    "supported_anchors_longer": (RISING, (0.03, 0.08, 0.35)),
    "least_covered_third": (RISING, (0.02, 0.1, 0.2, 0.4, 1)),
    "anchors_in_order": (RISING, (0.4, 0.6, 0.83, 1)),
    "tokens": (RISING, (40, 120)),
    "common": (FALLING, (0.03, 0.6)),
    "new_numbers": (FALLING, (0.1, 0.3)),
}
"""What the model looks at, in which direction, and where its slope may change."""

RIDGE = 3e-4
ROUNDS = 10
SEED = 11

SPLICED, TEMPLATES, WIRE = "spliced", "templates", "wire"
WIRE_PAIRS = Path(__file__).with_name("wire_pairs.csv")
RUN, ALONE = "run", "alone"

WEIGHTS: dict[str | tuple[str, str], float] = {
    "judged_news": 4.0,
    ("ecbplus_events", "same_event"): 60.0,
    "clough_stevenson": 0.5,
    ("clough_stevenson", "non"): 3.0,
    "llm_rewrites": 0.7,
    "apt_eval": 0.2,
    "pan13_passages": 0.5,
    SPLICED: 0.7,
    (SPLICED, "partial"): 5.0,
    TEMPLATES: 0.3,
    WIRE: 0.0,
    CROSS: 0.5,
    CLOSEST: 0.5,
}
"""Weight of every level of a set, shared by its pairs: the more, the more it is like what a run meets. 1 by default."""

NOT_DONE = 0.05
"""What a model wrote with less than that in order and verbatim is no rewrite of its source: not fitted."""

ALLOWED = {"judged_news": 0.02, "ecbplus_events": 0.0049, "clough_stevenson": 0.0}
"""The operating point: the lowest score with at most this share of false positives in each of these sets."""

INDEPENDENT_REPORTED = (0.0, 0.002, 0.01, 0.02, 0.05)
TRADED = (
    ("llm_rewrites", "imbd_rewrite", "rewrites"),
    ("llm_rewrites", "imbd_polish", "polished"),
    ("llm_rewrites", "imbd_expand", "expanded"),
    ("pan13_passages", "translation-obfuscation", "translated"),
)
"""The table of the trade-off: shares of independent reports that are reported, and of which levels it tells."""

DIGITS = 3
NEGLIGIBLE = 0.02
"""Significant digits of a slope; one is left out that adds less than this to the log odds over its whole interval."""

_APT = dict.fromkeys(("1", "5", "10", "20", "35", "50", "extreme_minor", "minor"), (0.99, 0.99))
FLOORS: dict[tuple[str, str, int], tuple[float, float]] = {
    ("judged_news", "", YES): (0.86, 0.95),
    ("judged_news", "", NO): (0.02, 0.01),
    ("ecbplus_events", "", NO): (0.005, 0.002),
    ("clough_stevenson", "non", NO): (0.0, 0.0),
    ("clough_stevenson", "cut", YES): (0.80, 0.89),
    ("clough_stevenson", "light", YES): (0.85, 0.95),
    ("clough_stevenson", "heavy", YES): (0.50, 0.75),
    ("llm_rewrites", "imbd_rewrite", YES): (0.90, 0.98),
    ("llm_rewrites", "imbd_polish", YES): (0.74, 0.90),
    ("llm_rewrites", "imbd_expand", YES): (0.78, 0.92),
    ("pan13_passages", "no-obfuscation", YES): (1.0, 1.0),
    ("pan13_passages", "random-obfuscation", YES): (0.96, 0.99),
    ("pan13_passages", "translation-obfuscation", YES): (0.92, 0.97),
    ("pan13_passages", "summary-obfuscation", YES): (0.45, 0.70),
    **{("apt_eval", level, YES): bounds for level, bounds in _APT.items()},
    **{("apt_eval", level, YES): (0.93, 0.98) for level in ("75", "slight_major", "major")},
}
"""Floor and aim of the share reported, by set, level ("" for all) and truth; for NO it is the most allowed."""

Strings = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Samples:
    """Measured pairs, all arrays of one length.

    Parameters
    ----------
    sets, levels, groups, modes : string array
    labels : int64 array
        YES, NO or UNKNOWN.
    by_model : bool array
    inputs : dict of str to float64 array
        Of `dedup.relation.model_inputs`, 0.0 where a pair was too unlike to be measured.
    measured : bool array
    resemblance : float64 array
        1.0 where both texts are the same.
    is_version, is_template : bool array
        Whether they are two versions of one story, or two pieces from one mould, by the rules of `dedup.relation`.
    """

    sets: Strings
    levels: Strings
    groups: Strings
    modes: Strings
    labels: npt.NDArray[np.int64]
    by_model: npt.NDArray[np.bool_]
    inputs: dict[str, Floats]
    measured: npt.NDArray[np.bool_]
    resemblance: Floats
    is_version: npt.NDArray[np.bool_]
    is_template: npt.NDArray[np.bool_]

    @staticmethod
    def of(name: str, mode: str, known: Sequence[Pair | MadePair], pairs: Pairs, evidence: Evidence) -> Samples:
        """Put what is known of pairs (as documents: ``pairs``) and their evidence together, where there is any."""
        at, there = look_up(pairs, pairs_of(evidence))
        left, right = split(pairs)

        def spread(values: Floats) -> Floats:
            out = np.zeros(len(known), values.dtype)
            out[there] = values[at[there]]
            return out

        inputs = relation.model_inputs(evidence)
        is_version = relation.are_versions(evidence)
        return Samples(
            np.full(len(known), name),
            np.array([pair.level for pair in known]),
            np.array([pair.group for pair in known]),
            np.full(len(known), mode),
            np.array([pair.label for pair in known]),
            np.array([isinstance(pair, Pair) and pair.model for pair in known]),
            {key: spread(values) for key, values in inputs.items()},
            there,
            np.where(left == right, 1.0, spread(evidence["resemblance"])),
            spread(is_version),
            spread(evidence["contradicted"] >= relation.CONTRADICTED),
        )

    @staticmethod
    def concatenate(parts: Sequence[Samples]) -> Samples:
        """Return the samples of all parts."""
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Samples.__slots__
            if name != "inputs"
        }
        inputs = {key: np.concatenate([part.inputs[key] for part in parts]) for key in parts[0].inputs}
        return Samples(**joined, inputs=inputs)

    @property
    def ruled_out(self) -> npt.NDArray[np.bool_]:
        """Whether `dedup.relation.judge` calls a pair no copy whatever the model says."""
        return relation.ruled_out(self.inputs) | ~self.measured | self.is_template

    @property
    def weights(self) -> Floats:
        """Weight of each pair in the fit: 0 where it is not fitted."""
        weights = np.zeros(len(self.sets))
        keys = list(zip(self.sets.tolist(), self.levels.tolist(), self.labels.tolist(), strict=True))
        for key in dict.fromkeys(keys):
            name, level, label = key
            given = WEIGHTS.get((name, level), WEIGHTS.get(level, WEIGHTS.get(name, 1.0)))
            these = np.array([other == key for other in keys])
            weights[these] = given / these.sum() if label != UNKNOWN else 0.0
        undone = (self.inputs["anchor_order"] < NOT_DONE) & (self.inputs["verbatim"] < NOT_DONE)
        weights[self.ruled_out | (self.by_model & (self.labels == YES) & undone)] = 0.0
        return weights


def collect(data: Path, background: Path, wire: Path | None, params: Params, threads: int) -> Samples:
    """Measure all labelled pairs, each set in a run with the background and alone in it, the made ones, the wire's."""
    sets = read_sets(data)
    parts: list[Samples] = []
    with background_of(background, params, threads) as (run, alone):
        digests: set[tuple[int, int]] = set()
        for labelled in sets:
            with run_stages([labelled.documents, background], params, threads) as hidden:
                a, b = (hidden.documents_of([getattr(p, side) for p in labelled.pairs]) for side in ("a", "b"))
                digests.update(hidden.digests[document] for document in {*a.tolist(), *b.tolist()} - {-1})
                wanted, pairs = comparable(hidden, a, b), packed(a, b)
                for mode, found in (
                    (RUN, measure_pairs(hidden, wanted, threads, whole=True)),
                    (ALONE, alone.measure(hidden, wanted, whole=True)),
                ):
                    parts.append(Samples.of(labelled.name, mode, labelled.pairs, pairs, found))
        barred = {document for document, digest in enumerate(run.digests) if digest in digests}
        for name, (known, pairs, found) in (
            (SPLICED, spliced(run, barred, SEED)),
            (TEMPLATES, templates(run, barred, SEED)),
        ):
            parts += [Samples.of(name, mode, known, pairs, found) for mode in (RUN, ALONE)]
    if wire is not None:
        known = judged_pairs(WIRE_PAIRS)
        with run_stages([wire], params, threads) as run:
            pairs = packed(*(run.documents_of([getattr(pair, side) for pair in known]) for side in ("a", "b")))
            found = measure_pairs(run, np.unique(pairs), threads, whole=True)
            parts += [Samples.of(WIRE, mode, known, pairs, found) for mode in (RUN, ALONE)]
    return Samples.concatenate(parts)


def judged_pairs(path: Path) -> list[Pair]:
    """Read pairs that a person judged one by one."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    groups: dict[str, str] = {}
    for row in rows:
        name = groups.get(row["a"]) or groups.get(row["b"]) or row["a"]
        groups[row["a"]] = groups[row["b"]] = name
    return [
        Pair(row["a"], row["b"], row["relation"], JUDGEMENTS[row["duplicate"]], group=f"{WIRE} {groups[row['a']]}")
        for row in rows
    ]


def operating_point(samples: Samples, logit: Floats) -> float:
    """Return the lowest log odds at which no set in `ALLOWED` has more false positives than that, judged alone."""
    bounds = []
    for name, share in ALLOWED.items():
        negatives = (samples.sets == name) & (samples.labels == NO) & (samples.modes == ALONE)
        highest_first = np.sort(np.where(samples.ruled_out, -np.inf, logit)[negatives])[::-1]
        if len(highest_first):
            bounds.append(highest_first[min(int(share * len(highest_first)), len(highest_first) - 1)])
    return max(bounds, default=0.0) + 1e-6


def is_copy(samples: Samples, logit: Floats, params: Params) -> npt.NDArray[np.bool_]:
    """Return which pairs would be reported as copies, the score being that of these log odds."""
    is_near = (samples.resemblance >= params.threshold) & ~samples.is_template
    return (((logit >= 0) | samples.is_version) & ~samples.ruled_out) | is_near


def rows(samples: Samples) -> Iterator[tuple[str, str, int, npt.NDArray[np.bool_]]]:
    """Yield set, level, truth and members of every row of the tables; the level "" is all of a set."""
    for name in dict.fromkeys(samples.sets.tolist()):
        of_set = samples.sets == name
        for label in (YES, NO):
            levels = dict.fromkeys(samples.levels[of_set & (samples.labels == label)].tolist())
            whole = [""] if len(levels) > 1 or (name, "", label) in FLOORS else []
            for level in (*whole, *levels):
                yield name, level, label, of_set & (samples.labels == label) & ((samples.levels == level) | (not level))


def print_rates(samples: Samples, flags: dict[str, npt.NDArray[np.bool_]]) -> list[dict[str, Any]]:
    """Print the share reported by row, way of testing and mode; return the same as records."""
    ways = [(way, mode) for way in flags for mode in (ALONE, RUN)]
    print(f"{'':46}{'floor':>8}{'aim':>8}" + "".join(f"{f'{way} {mode}':>15}" for way, mode in ways) + "   pairs")
    told = []
    for name, level, label, members in rows(samples):
        floor, aim = FLOORS.get((name, level, label), (None, None))
        shares = [float(flags[way][members & (samples.modes == mode)].mean()) for way, mode in ways]
        mark = ""
        if floor is not None:
            mark = " *" if (shares[0] >= floor) == (label == YES) or shares[0] == floor else " under the floor"
        title = f"{name} {level or 'all'} {'' if label == YES else '(no copy)'}"
        bounds = "".join(f"{'' if bound is None else bound:>8}" for bound in (floor, aim))
        count = int((members & (samples.modes == ALONE)).sum())
        print(f"{title:46}{bounds}" + "".join(f"{share:>15.4f}" for share in shares) + f"{count:>8}{mark}")
        named = {f"{way} {mode}": share for (way, mode), share in zip(ways, shares, strict=True)}
        told.append({"set": name, "level": level, "label": label, "floor": floor, "aim": aim, "pairs": count, **named})
    judged = (samples.sets == "judged_news") & (samples.modes == ALONE)
    for way, flag in flags.items():
        true, false = (int((flag & judged & (samples.labels == label)).sum()) for label in (YES, NO))
        print(f"judged_news precision, {way}: {true / max(1, true + false):.4f} (floor .90, aim .95)")
    return told


def print_reliability(logit: Floats, labels: npt.NDArray[np.int64], weights: Floats, shift: float) -> list[tables.Band]:
    """Print predicted probability against observed share, cross-validated; return the same.

    The operating point shifts the log odds, which is to say that copies are rarer than in the fit: so they weigh less.
    """
    weight = weights * np.where(labels == YES, np.exp(-shift), 1.0)
    found = tables.reliability(probability(logit), labels == YES, weight)
    print(f"\n{'score':>12}{'predicted':>12}{'observed':>12}{'pairs':>8}{'weight':>8}")
    for low, high, predicted, observed, pairs, share in found:
        print(f"{low:>6.1f}-{high:<5.1f}{predicted:>12.3f}{observed:>12.3f}{pairs:>8}{share:>8.3f}")
    return found


def probability(logit: npt.ArrayLike) -> Floats:
    """Return the score of log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(logit))))


def trade_off(samples: Samples, logit: Floats, params: Params) -> list[dict[str, float]]:
    """Return what is reported, judged alone, if it takes another score than one half, for some such scores."""
    alone = samples.modes == ALONE
    independent = alone & (samples.sets == "ecbplus_events") & (samples.labels == NO)
    judged = alone & (samples.sets == "judged_news")
    cuts = tables.cut_offs(np.where(samples.ruled_out, -np.inf, logit)[independent], INDEPENDENT_REPORTED)
    points = []
    for cut in sorted([0.0, *cuts], reverse=True):
        reported = is_copy(samples, logit - cut, params)
        point = {"score from": float(probability(cut)), "independent reports": float(reported[independent].mean())}
        for name, level, head in TRADED:
            members = alone & (samples.sets == name) & (samples.levels == level) & (samples.labels == YES)
            point[head] = float(reported[members].mean())
        true, false = (int((reported & judged & (samples.labels == label)).sum()) for label in (YES, NO))
        point["judged, found"] = true / max(1, int((judged & (samples.labels == YES)).sum()))
        point["judged, precision"] = true / max(1, true + false)
        points.append(point)
    return points


def rounded(terms: Sequence[Term], slopes: Floats) -> Floats:
    """Return slopes as people read them; by significant digits, since some intervals are a hundred units long."""
    reach = np.array([term.stop - term.start for term in terms])
    short = [float(f"{slope:.{DIGITS}g}") for slope in slopes]
    return np.where(np.abs(slopes) * reach < NEGLIGIBLE, 0.0, short)


def as_json(terms: Sequence[Term], slopes: Floats, intercept: float) -> str:
    """Return the model as ``relation.json`` holds it: a term a line, without those of slope 0."""
    kept = [
        [term.measure, term.start, term.stop, float(slope)] for term, slope in zip(terms, slopes, strict=True) if slope
    ]
    lines = ",\n".join(f"    {json.dumps(term)}" for term in kept)
    return f'{{\n  "intercept": {intercept},\n  "terms": [\n{lines}\n  ]\n}}\n'


def fit_and_test(samples: Samples, params: Params) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """Fit, cross-validate, print; return the model as text, the records of the table, and the tables of a document."""
    terms = terms_between(KNOTS)
    parts, weights = design(samples.inputs, terms), samples.weights
    labels = (samples.labels == YES).astype(np.float64)
    data = parts, labels, weights, terms, RIDGE
    crossed = cross_validated(*data, samples.groups, ROUNDS)
    shift = operating_point(samples, crossed)
    left_out = out_of_fold(*data, samples.sets) - shift
    used = weights > 0
    slopes, intercept = fit(parts[used], labels[used], weights[used], terms, RIDGE)
    slopes, intercept = rounded(terms, slopes), round(intercept - shift, 3)
    crossed, fitted = crossed - shift, parts @ slopes + intercept
    logits = {"cv": crossed, "left out": left_out, "fitted": fitted}
    told = print_rates(samples, {way: is_copy(samples, logit, params) for way, logit in logits.items()})
    found = print_reliability(crossed, samples.labels, weights, shift)
    points = trade_off(samples, crossed, params)
    marked = {
        "figures": tables.figures(told),
        "reliability": tables.bands(found),
        "trade-off": tables.trade_off(points),
    }
    return as_json(terms, slopes, intercept), told, marked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="labelled sets, see labelled.py")
    parser.add_argument("--background", type=Path, required=True, metavar="FILE", help="JSON lines with id and text")
    parser.add_argument("--wire", type=Path, metavar="FILE", help="the corpus that wire_pairs.csv judges pairs of")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the model here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables between the markers in it")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    params = Params()
    print(", ".join(map(str, measure.machine().values())))
    samples = collect(args.data, args.background, args.wire, params, args.threads)
    model, told, marked = fit_and_test(samples, params)
    print("\n" + model)
    if args.output:
        args.output.write_text(model, "utf-8")
    if args.json:
        args.json.write_text(json.dumps(told, indent=2), "utf-8")
    if args.markdown:
        for name, text in marked.items():
            tables.put(args.markdown, name, text)


if __name__ == "__main__":
    main()
