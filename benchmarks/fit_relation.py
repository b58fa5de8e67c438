"""Fit the models of relations to labelled pairs: cross-validated tables out, and ``dedup/judge/relation.json``.

    python benchmarks/fit_relation.py --data FOLDER --corpora FOLDER -o dedup/judge/relation.json

Two questions are fitted, each by a monotone logistic model: is one text carried on by the other, and is there news?

- *Natural pairs*: reported by runs on four corpora and judged one by one by reading; ``natural_news.pairs`` in the
  folder of labelled sets, ``judged_pairs.csv`` beside this file. Both questions.
- *Older sets* as `labelled.py` describes them, pairs made from the background (`synthetic.py`), and versions of one
  story in several outlets (`storm.py`): what is carried on there has no news.

Every older pair is measured twice by the package itself: in a run of its set with the background, and alone in it.
Groups of pairs that share a source, topic or document are never split between fitting and testing (``cv``); the harder
test leaves out a whole set or corpus (``left out``). ``wire_pairs.csv`` judges pairs of a wire corpus that the program
once called copies; they are not fitted. ``--markdown`` writes the tables between the markers of a document. Needs
SciPy. The same data give the same file.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
import numpy as np
import numpy.typing as npt
import orjson
import storm
import tables
from labelled import CLOSEST, CROSS, JUDGEMENTS, NO, UNKNOWN, YES, Pair, read_lines, read_sets
from plant import read_articles
from quality import background_of, comparable, look_up
from stages import measure as measure_pairs
from stages import packed, pairs_of, run_stages
from synthetic import MadePair, spliced, templates

from dedup.candidates.pairs import Pairs, split
from dedup.fit.monotone_regression import Floats
from dedup.fit.relation_models import (
    NATURAL_WEIGHT,
    QUESTIONS,
    Knots,
    LabelledPairs,
    Question,
    Verdicts,
    as_json,
    joined_groups,
    probability,
    rate,
)
from dedup.judge import relation
from dedup.judge.evidence import Evidence
from dedup.params import Params

SEED = 11

CORPORA = {"guardian": "guardian", "wires": "wire", "tg_en": "tg_en", "tg_ru": "tg_ru"}
"""Corpora with natural pairs, and their files."""

JUDGED_PAIRS = Path(__file__).with_name("judged_pairs.csv")
NATURAL, OWN = "natural_news", "judged_pairs"
COPIES = ("copy", "excerpt", "revised", "rewritten")
CAPPED_AT = 5
"""No natural pair weighs more than so many times the median of its corpus and source of labels."""

SPLICED, TEMPLATES, WIRE, STORM = "spliced", "templates", "wire", "storm"
WIRE_PAIRS = Path(__file__).with_name("wire_pairs.csv")
RUN, ALONE = "run", "alone"
STORMS = {"plain": 77, "rich": 78}
"""Frames of the made versions, and their seeds."""

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

STORM_WEIGHT = {"carried": 1.0, "news": 4.0}
"""Weight of the storms of one frame, where each question is fitted."""

NOT_DONE = 0.05
"""What a model wrote with less than that in order and verbatim is no rewrite of its source: not fitted."""

RULES = {
    "without versions": "are_versions",
    "without same openings": "begin_alike",
    "without what stands whole": "is_whole",
}
"""Rules of `dedup.judge.relation` that are left out in turn."""

OF_A_KIND = 300
"""So many pairs of each set, level and answer are shipped, for a user's own fit."""

CERTAINTIES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
RESAMPLED = 1000

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
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Samples:
    """Measured pairs, all arrays of one length.

    Parameters
    ----------
    sets, levels, groups, modes : string array
    carried, news : int64 array
        YES, NO or UNKNOWN: is one carried on by the other, and is there news.
    by_model : bool array
        Whether a language model wrote one.
    drawn : float64 array
        Of natural pairs, how many reported ones each stands for; 0 for others.
    inputs : dict of str to float64 array
        Of `dedup.judge.relation.model_inputs`, 0.0 where a pair was too unlike to be measured.
    measured : bool array
    resemblance : float64 array
        1.0 where both texts are the same.
    """

    sets: Strings
    levels: Strings
    groups: Strings
    modes: Strings
    carried: npt.NDArray[np.int64]
    news: npt.NDArray[np.int64]
    by_model: Bools
    drawn: Floats
    inputs: dict[str, Floats]
    measured: Bools
    resemblance: Floats

    @staticmethod
    def of(name: str, mode: str, known: Sequence[Pair | MadePair], pairs: Pairs, evidence: Evidence) -> Samples:
        """Put what is known of pairs (as documents: ``pairs``) and their evidence together, where there is any."""
        at, there = look_up(pairs, pairs_of(evidence))
        left, right = split(pairs)

        def spread(values: Floats) -> Floats:
            out = np.zeros(len(known), values.dtype)
            out[there] = values[at[there]]
            return out

        labels = np.array([pair.label for pair in known], np.int64)
        return Samples(
            np.full(len(known), name),
            np.array([pair.level for pair in known]),
            np.array([pair.group for pair in known]),
            np.full(len(known), mode),
            labels,
            np.where(labels == YES, NO, UNKNOWN),
            np.array([isinstance(pair, Pair) and pair.model for pair in known]),
            np.zeros(len(known)),
            {key: spread(values) for key, values in relation.model_inputs(evidence).items()},
            there,
            np.where(left == right, 1.0, spread(evidence["resemblance"])),
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
    def is_natural(self) -> Bools:
        """Which pairs come from runs on whole corpora."""
        return self.drawn > 0

    @property
    def is_copy(self) -> Bools:
        """Which pairs are carried on, without news."""
        return (self.carried == YES) & (self.news == NO)

    @property
    def natural_weights(self) -> Floats:
        """Weight of each natural pair, capped; 0 for others."""
        weights = self.drawn.copy()
        for name in CORPORA:
            for mode in (NATURAL, OWN):
                some = (self.sets == name) & (self.modes == mode)
                if some.any():
                    weights[some] = np.minimum(weights[some], CAPPED_AT * np.median(weights[some]))
        return weights

    def weights(self, question: str) -> Floats:
        """Return the weight of each pair in the fit of a question: 0 where it is not fitted."""
        weights = np.zeros(len(self.sets))
        keys = np.array([f"{a}\n{b}\n{c}" for a, b, c in zip(self.sets, self.levels, self.carried, strict=True)])
        for key in np.unique(keys):
            name, level, label = key.split("\n")
            given = WEIGHTS.get((name, level), WEIGHTS.get(level, WEIGHTS.get(name, 1.0)))
            these = keys == key
            weights[these] = given / these.sum() if int(label) != UNKNOWN else 0.0
        natural = self.natural_weights
        for name in CORPORA:
            some = (self.sets == name) & self.is_natural
            weights[some] = NATURAL_WEIGHT[question] * natural[some] / max(natural[some].sum(), 1e-9)
        weights[self.sets == STORM] = STORM_WEIGHT[question] / max(1, (self.sets == STORM).sum() / len(STORMS))
        undone = (self.inputs["anchor_order"] < NOT_DONE) & (self.inputs["verbatim"] < NOT_DONE)
        weights[self.by_model & (self.carried == YES) & undone] = 0.0
        weights[~self.measured | relation.ruled_out(self.inputs)] = 0.0
        if question == "news":
            weights[(self.carried != YES) | (self.news == UNKNOWN)] = 0.0
        return weights

    def question(self, name: str, knots: Knots) -> Question:
        """Return the carried or the news question."""
        return Question.of(name, self.inputs, getattr(self, name), self.weights(name), knots)

    def verdicts(self, carried: Floats, news: Floats, params: Params) -> Verdicts:
        """Return the verdicts by the log odds of both models."""
        return Verdicts.of(self.inputs, self.resemblance, probability(carried), probability(news), params)

    def labelled(self) -> LabelledPairs:
        """Return what is shipped: all natural pairs, and so many of each other kind, which stand for the rest."""
        weights = {name: self.weights(name) for name in QUESTIONS}
        used = np.flatnonzero((np.maximum(*weights.values()) > 0) | self.is_natural)
        kinds = np.array(
            ["\n".join(map(str, kind)) for kind in zip(self.sets, self.levels, self.modes, self.carried, strict=True)]
        )
        rng = np.random.default_rng(SEED)
        chosen = []
        for kind in np.unique(kinds[used]):
            some = used[kinds[used] == kind]
            few = some if self.is_natural[some[0]] else rng.permutation(some)[:OF_A_KIND]
            for given in weights.values():
                given[few] *= given[some].sum() / max(given[few].sum(), 1e-12)
            chosen.append(np.sort(few))
        at = np.concatenate(chosen)
        _, groups = np.unique(self.groups[at], return_inverse=True)
        return LabelledPairs(
            {name: values[at] for name, values in self.inputs.items()},
            self.resemblance[at],
            self.carried[at],
            self.news[at],
            weights["carried"][at],
            weights["news"][at],
            self.natural_weights[at],
            self.sets[at],
            groups,
        )


def collect(data: Path, corpora: Path, params: Params, threads: int) -> Samples:
    """Measure all labelled pairs: older sets, each with the background and alone in it, made ones, natural ones."""
    sets = read_sets(data)
    background = corpora / "guardian.jsonl.zst"
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
    wire_pairs = judged_pairs(WIRE_PAIRS)
    with run_stages([corpora / "wire.jsonl.zst"], params, threads) as run:
        pairs = packed(*(run.documents_of([getattr(pair, side) for pair in wire_pairs]) for side in ("a", "b")))
        found = measure_pairs(run, np.unique(pairs), threads, whole=True)
        parts += [Samples.of(WIRE, mode, wire_pairs, pairs, found) for mode in (RUN, ALONE)]
    parts += natural(data, corpora, params, threads)
    parts += storms(background, params, threads)
    return Samples.concatenate(parts)


def natural(data: Path, corpora: Path, params: Params, threads: int) -> list[Samples]:
    """Measure the natural pairs, each in a run on its corpus."""
    (path,) = data.glob("natural_news.pairs.jsonl*")
    judged = [(NATURAL, record) for record in read_lines(path)]
    with JUDGED_PAIRS.open(encoding="utf-8", newline="") as lines:
        judged += [(OWN, record) for record in csv.DictReader(lines)]
    parts = []
    for name, stem in CORPORA.items():
        some = [(mode, record) for mode, record in judged if record["corpus"].replace("-", "_") in (name, stem)]
        with tempfile.TemporaryDirectory() as folder:
            documents = dated(corpora, stem, Path(folder))
            with run_stages([documents], params, threads) as run:
                a, b = (run.documents_of([record[side] for _, record in some]) for side in ("a", "b"))
                pairs = packed(a, b)
                found = measure_pairs(run, np.unique(pairs[a != b]), threads, whole=True)
        groups = joined_groups((record["a"], record["b"]) for _, record in some)
        known = [
            Pair(
                record["a"], record["b"], record["relation"], YES if is_carried(record) else NO, group=f"{name} {group}"
            )
            for (_, record), group in zip(some, groups, strict=True)
        ]
        one = Samples.of(name, NATURAL, known, pairs, found)
        one.modes[:] = [mode for mode, _ in some]
        one.news[:] = [
            (YES if record["relation"] == "update" else NO) if is_carried(record) else UNKNOWN for _, record in some
        ]
        one.drawn[:] = [float(record["weight"]) for _, record in some]
        parts.append(one)
    return parts


def is_carried(record: Mapping[str, Any]) -> bool:
    """Whether one text carries the other on, as a person judged it."""
    return record["relation"] in (*COPIES, "update")


def dated(corpora: Path, stem: str, folder: Path) -> Path:
    """Return the file of a corpus, with its dates where they stand in a file of their own."""
    path, dates = corpora / f"{stem}.jsonl.zst", corpora / f"{stem}_dates.jsonl.zst"
    if not dates.exists():
        return path
    published = {record["id"]: record["published"] for record in read_lines(dates)}
    whole = folder / f"{stem}.jsonl"
    with whole.open("wb") as file:
        for record in read_lines(path):
            date = {"published": published[record["id"]]} if record["id"] in published else {}
            file.write(orjson.dumps({**record, **date}) + b"\n")
    return whole


def storms(background: Path, params: Params, threads: int) -> list[Samples]:
    """Measure versions of one story, made from articles of the background: carried on, without news."""
    articles = read_articles(background)
    parts = []
    for frames, seed in STORMS.items():
        made = storm.storm(articles, seed, sizes=(2, 4), background=3000, frames=frames)
        with tempfile.TemporaryDirectory() as folder:
            made.write(Path(folder))
            with run_stages([Path(folder) / "corpus.jsonl"], params, threads) as run:
                sides = [
                    (*two, story) for story, keys in made.families.items() for two in itertools.combinations(keys, 2)
                ]
                a, b = (run.documents_of([side[k] for side in sides]) for k in (0, 1))
                pairs = packed(np.minimum(a, b), np.maximum(a, b))
                found = measure_pairs(run, np.unique(pairs), threads, whole=True)
        known = [Pair(one, other, frames, YES, group=f"{STORM} {story}") for one, other, story in sides]
        parts.append(Samples.of(STORM, RUN, known, pairs, found))
    return parts


def judged_pairs(path: Path) -> list[Pair]:
    """Read pairs of wires that a person judged one by one."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    groups = joined_groups((row["a"], row["b"]) for row in rows)
    return [
        Pair(row["a"], row["b"], row["relation"], JUDGEMENTS[row["duplicate"]], group=f"{WIRE} {group}")
        for row, group in zip(rows, groups, strict=True)
    ]


def mean_rates(samples: Samples, flag: Bools, truth: Bools, mode: str | None = None) -> dict[str, tuple[float, float]]:
    """Return precision and recall of each corpus of natural pairs."""
    weights = samples.natural_weights
    if mode is not None:
        weights = np.where(samples.modes == mode, weights, 0.0)
    return {
        name: rate(flag, truth, np.where(samples.sets == name, weights, 0.0))
        for name in CORPORA
        if weights[samples.sets == name].sum() > 0
    }


def interval(samples: Samples, flag: Bools, truth: Bools, name: str, which: int, rng: np.random.Generator) -> str:
    """Return the middle nine tenths of a rate, the stories of a corpus drawn anew."""
    (some,) = np.nonzero((samples.sets == name) & samples.is_natural & (samples.modes == NATURAL))
    weights = samples.natural_weights[some]
    _, group = np.unique(samples.groups[some], return_inverse=True)
    found = []
    for _ in range(RESAMPLED):
        times = np.bincount(rng.integers(0, group.max() + 1, group.max() + 1), minlength=group.max() + 1)
        found.append(rate(flag[some], truth[some], weights * times[group])[which])
    low, high = np.quantile(found, (0.05, 0.95))
    return f"{low:.2f} - {high:.2f}"


def rows(samples: Samples) -> Iterator[tuple[str, str, int, Bools]]:
    """Yield set, level, truth and members of every row of the tables; the level "" is all of a set."""
    older = ~samples.is_natural & (samples.sets != STORM)
    for name in dict.fromkeys(samples.sets[older].tolist()):
        of_set = samples.sets == name
        for label in (YES, NO):
            levels = dict.fromkeys(samples.levels[of_set & (samples.carried == label)].tolist())
            whole = [""] if len(levels) > 1 or (name, "", label) in FLOORS else []
            for level in (*whole, *levels):
                yield (
                    name,
                    level,
                    label,
                    of_set & (samples.carried == label) & ((samples.levels == level) | (not level)),
                )


def print_rates(samples: Samples, flags: Mapping[str, Bools]) -> list[dict[str, Any]]:
    """Print the share reported by row, way of testing and mode; return the same as records."""
    ways = [(way, mode) for way in flags for mode in (ALONE, RUN)]
    print(f"{'':46}{'floor':>8}{'aim':>8}" + "".join(f"{f'{way} {mode}':>17}" for way, mode in ways) + "   pairs")
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
        print(f"{title:46}{bounds}" + "".join(f"{share:>17.4f}" for share in shares) + f"{count:>8}{mark}")
        named = {f"{way} {mode}": share for (way, mode), share in zip(ways, shares, strict=True)}
        told.append({"set": name, "level": level, "label": label, "floor": floor, "aim": aim, "pairs": count, **named})
    judged = (samples.sets == "judged_news") & (samples.modes == ALONE)
    for way, flag in flags.items():
        true, false = (int((flag & judged & (samples.carried == label)).sum()) for label in (YES, NO))
        print(f"judged_news precision, {way}: {true / max(1, true + false):.4f} (floor .90, aim .95)")
    for frames in STORMS:
        some = (samples.sets == STORM) & (samples.levels == frames)
        print(f"storm {frames}: " + ", ".join(f"{way} {float(flag[some].mean()):.3f}" for way, flag in flags.items()))
    return told


def print_natural(samples: Samples, told: Mapping[str, Verdicts], certainty: float) -> list[list[str]]:
    """Print precision and recall on the natural pairs, by corpus; return the rows of a table."""
    rng = np.random.default_rng(SEED)
    table = []
    for name in CORPORA:
        row = [name]
        for way, verdicts in told.items():
            for flag, truth in (
                (verdicts.copies(certainty), samples.is_copy),
                (verdicts.is_carried, samples.carried == YES),
            ):
                both = mean_rates(samples, flag, truth, NATURAL)[name]
                own = mean_rates(samples, flag, truth, OWN)[name]
                for which in (0, 1):
                    cell = f"{both[which]:.2f}"
                    if way == "cv":
                        cell += f" ({interval(samples, flag, truth, name, which, rng)})"
                    row.append(cell)
                print(f"{name:10}{way:10}{both[0]:.3f} / {both[1]:.3f}   own labels {own[0]:.3f} / {own[1]:.3f}")
        table.append(row)
    return table


def curve(samples: Samples, verdicts: Verdicts) -> list[dict[str, float]]:
    """Return precision and recall of copies on the natural pairs, by the certainty asked for."""
    points = []
    for certainty in CERTAINTIES:
        found = mean_rates(samples, verdicts.copies(certainty), samples.is_copy)
        point = {"certainty": certainty}
        for name, (precision, recall) in found.items():
            point |= {f"{name} precision": precision, f"{name} recall": recall}
        points.append(point)
    return points


def ablation(samples: Samples, params: Params, certainty: float) -> list[list[str]]:
    """Print what happens to the natural pairs and storms without each measure and rule; return the rows of a table."""

    def row(title: str, carried: Floats, news: Floats) -> list[str]:
        verdicts = samples.verdicts(carried, news, params)
        flag = verdicts.copies(certainty)
        copies = mean_rates(samples, flag, samples.is_copy)
        on = mean_rates(samples, verdicts.is_carried, samples.carried == YES)
        cells = [f"{np.mean([both[k] for both in found.values()]):.3f}" for found in (copies, on) for k in (0, 1)]
        cells += [f"{flag[(samples.sets == STORM) & (samples.levels == frames)].mean():.3f}" for frames in STORMS]
        print(f"{title:40}" + "".join(f"{cell:>8}" for cell in cells))
        return [title, *cells]

    whole = {name: samples.question(name, knots).crossed(samples.groups, 2) for name, knots in QUESTIONS.items()}
    found = [row("all", whole["carried"], whole["news"])]
    for name, knots in QUESTIONS.items():
        for measure_name in knots:
            less = {other: given for other, given in knots.items() if other != measure_name}
            crossed = {**whole, name: samples.question(name, less).crossed(samples.groups, 2)}
            found.append(row(f"{name} without `{measure_name}`", crossed["carried"], crossed["news"]))
    for title, names in RULES.items():
        kept = getattr(relation, names)
        setattr(relation, names, lambda inputs: np.zeros(len(inputs["verbatim"]), bool))
        found.append(row(title, whole["carried"], whole["news"]))
        setattr(relation, names, kept)
    return found


def fit_and_test(samples: Samples, params: Params, whole: bool) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """Fit, cross-validate, print; return the models as text, the records of the table, and the tables of a document."""
    questions = {name: samples.question(name, knots) for name, knots in QUESTIONS.items()}
    fitted = {name: question.fitted() for name, question in questions.items()}
    ways = {
        "cv": [question.crossed(samples.groups) for question in questions.values()],
        "left out": [question.left_out(samples.sets) for question in questions.values()],
        "fitted": [questions[name].parts @ slopes + start for name, (_, slopes, start) in fitted.items()],
    }
    told = {way: samples.verdicts(*logits, params) for way, logits in ways.items()}
    certainty = params.certainty
    flags = {
        f"{way} {kind}": flag
        for way, verdicts in told.items()
        for kind, flag in (("copy", verdicts.copies(certainty)), ("carried", verdicts.is_carried))
    }
    records = print_rates(samples, flags)
    in_corpora = print_natural(samples, told, certainty)
    points = curve(samples, told["cv"])
    natural_weights = samples.natural_weights
    bands = {
        "carried": tables.reliability(told["cv"].carried, samples.carried == YES, natural_weights),
        "copies": tables.reliability(
            told["cv"].carried * (1.0 - told["cv"].news),
            samples.is_copy,
            np.where(told["cv"].is_carried, natural_weights, 0.0),
        ),
    }
    for name, found in bands.items():
        print(f"\n{name:>12}{'predicted':>12}{'observed':>12}{'pairs':>8}")
        for low, high, predicted, observed, pairs, _ in found:
            print(f"{low:>6.1f}-{high:<5.1f}{predicted:>12.3f}{observed:>12.3f}{pairs:>8}")
    heads = ["corpus"] + [
        f"{kind}, {which}{'' if way == 'cv' else f', {way}'}"
        for way in told
        for kind in ("copies", "carried")
        for which in ("precision", "recall")
    ]
    marked = {
        "figures": tables.figures(records),
        "natural": tables.table(heads, in_corpora),
        "carried-reliability": tables.bands(bands["carried"]),
        "reliability": tables.bands(bands["copies"]),
        "trade-off": tables.trade_off(points),
    }
    if whole:
        heads = ["", "copies: precision", "recall", "carried: precision", "recall", "storms", "rich storms"]
        marked["ablation"] = tables.table(heads, ablation(samples, params, certainty))
    return as_json(fitted), records, marked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="labelled sets, see labelled.py")
    parser.add_argument("--corpora", type=Path, required=True, metavar="FOLDER", help="what natural pairs are from")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the models here")
    parser.add_argument("--labelled", type=Path, metavar="FILE", help="write what dedup fit starts from here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables between the markers in it")
    parser.add_argument("--ablation", action="store_true", help="leave out each measure and rule in turn")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    params = Params()
    print(", ".join(map(str, measure.machine().values())))
    samples = collect(args.data, args.corpora, params, args.threads)
    models, records, marked = fit_and_test(samples, params, args.ablation)
    print("\n" + models)
    if args.output:
        args.output.write_text(models, "utf-8")
    if args.labelled:
        samples.labelled().write(args.labelled)
    if args.json:
        args.json.write_text(json.dumps(records, indent=2), "utf-8")
    if args.markdown:
        for name, text in marked.items():
            tables.put(args.markdown, name, text)


if __name__ == "__main__":
    main()
