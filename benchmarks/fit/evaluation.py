"""Count how often the fitted models are right, by set, by corpus, and without each measure and rule."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from benchmarks.fit.samples import ALONE, CORPORA, NATURAL, OWN, RUN, SEED, STORM, STORMS, Bools, Samples
from benchmarks.quality.labelled_sets import NO, YES
from dedup.fit.monotone_regression import Floats
from dedup.fit.relation_models import QUESTIONS, Verdicts, rate
from dedup.judge import relation
from dedup.params import Params

RULES = {
    "without versions": "are_versions",
    "without same openings": "begin_alike",
    "without what stands whole": "is_whole",
}
"""Rules of `dedup.judge.relation` that are left out in turn."""

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


class Band(NamedTuple):
    """Pairs whose score lies in one band.

    Parameters
    ----------
    low, high : float
        Ends of the band.
    predicted, observed : float
        Mean score, and share of copies, both weighted.
    pairs : int
    weight : float
        Share of all weight.
    """

    low: float
    high: float
    predicted: float
    observed: float
    pairs: int
    weight: float


def reliability(score: Floats, is_copy: Bools, weight: Floats) -> list[Band]:
    """Hold predicted against observed shares in bands of a tenth; only pairs of positive weight count."""
    band = np.minimum((score * 10).astype(np.int64), 9)
    bands = []
    for tenth in range(10):
        within = (band == tenth) & (weight > 0)
        if within.any():
            mass = weight[within] / weight[within].sum()
            predicted, observed = float(mass @ score[within]), float(mass @ is_copy[within])
            share = float(weight[within].sum() / weight.sum())
            bands.append(Band(tenth / 10, (tenth + 1) / 10, predicted, observed, int(within.sum()), share))
    return bands


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
    """Return the middle nine tenths of a rate over `RESAMPLED` draws of the stories of a corpus."""
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
    """Print the share reported by row, test and mode; return the same as records."""
    columns = [(test, mode) for test in flags for mode in (ALONE, RUN)]
    print(f"{'':46}{'floor':>8}{'aim':>8}" + "".join(f"{f'{test} {mode}':>17}" for test, mode in columns) + "   pairs")
    records = []
    for name, level, label, members in rows(samples):
        floor, aim = FLOORS.get((name, level, label), (None, None))
        shares = [float(flags[test][members & (samples.modes == mode)].mean()) for test, mode in columns]
        mark = ""
        if floor is not None:
            mark = " *" if (shares[0] >= floor) == (label == YES) or shares[0] == floor else " under the floor"
        title = f"{name} {level or 'all'} {'' if label == YES else '(no copy)'}"
        bounds = "".join(f"{'' if bound is None else bound:>8}" for bound in (floor, aim))
        count = int((members & (samples.modes == ALONE)).sum())
        print(f"{title:46}{bounds}" + "".join(f"{share:>17.4f}" for share in shares) + f"{count:>8}{mark}")
        named = {f"{test} {mode}": share for (test, mode), share in zip(columns, shares, strict=True)}
        records.append(
            {"set": name, "level": level, "label": label, "floor": floor, "aim": aim, "pairs": count, **named}
        )
    judged = (samples.sets == "judged_news") & (samples.modes == ALONE)
    for test, flag in flags.items():
        true, false = (int((flag & judged & (samples.carried == label)).sum()) for label in (YES, NO))
        print(f"judged_news precision, {test}: {true / max(1, true + false):.4f} (floor .90, aim .95)")
    for furniture in STORMS:
        of_kind = (samples.sets == STORM) & (samples.levels == furniture)
        shares_of = (f"{test} {float(flag[of_kind].mean()):.3f}" for test, flag in flags.items())
        print(f"storm {furniture}: " + ", ".join(shares_of))
    return records


def print_natural(samples: Samples, tests: Mapping[str, Verdicts], certainty: float) -> dict[str, Any]:
    """Print precision and recall on the natural pairs, by corpus and test; return the same as a table."""
    rng = np.random.default_rng(SEED)
    heads = ["corpus"]
    for test, kind in itertools.product(tests, ("copies", "carried")):
        heads += [f"{kind}, {rate_of}{'' if test == 'cv' else f', {test}'}" for rate_of in ("precision", "recall")]
    table = []
    for name in CORPORA:
        row = [name]
        for test, verdicts in tests.items():
            for flag, truth in (
                (verdicts.copies(certainty), samples.is_copy),
                (verdicts.is_carried, samples.carried == YES),
            ):
                both = mean_rates(samples, flag, truth, NATURAL)[name]
                own = mean_rates(samples, flag, truth, OWN)[name]
                for which in (0, 1):
                    cell = f"{both[which]:.2f}"
                    if test == "cv":
                        cell += f" ({interval(samples, flag, truth, name, which, rng)})"
                    row.append(cell)
                print(f"{name:10}{test:10}{both[0]:.3f} / {both[1]:.3f}   own labels {own[0]:.3f} / {own[1]:.3f}")
        table.append(row)
    return {"heads": heads, "rows": table}


def curve(samples: Samples, verdicts: Verdicts) -> list[dict[str, float]]:
    """Return precision and recall of copies on the natural pairs at each of `CERTAINTIES`."""
    points = []
    for certainty in CERTAINTIES:
        point = {"certainty": certainty}
        for name, both in mean_rates(samples, verdicts.copies(certainty), samples.is_copy).items():
            point |= {f"{name} precision": both[0], f"{name} recall": both[1]}
        points.append(point)
    return points


def ablation(samples: Samples, params: Params, certainty: float) -> dict[str, Any]:
    """Print the rates on natural pairs and storms without each measure and rule in turn; return them as a table."""

    def row(title: str, carried: Floats, news: Floats) -> list[str]:
        verdicts = samples.verdicts(carried, news, params)
        flag = verdicts.copies(certainty)
        copies = mean_rates(samples, flag, samples.is_copy)
        carry = mean_rates(samples, verdicts.is_carried, samples.carried == YES)
        cells = [f"{np.mean([both[k] for both in rates.values()]):.3f}" for rates in (copies, carry) for k in (0, 1)]
        storms = [(samples.sets == STORM) & (samples.levels == furniture) for furniture in STORMS]
        cells += [f"{flag[of_kind].mean():.3f}" for of_kind in storms]
        print(f"{title:40}" + "".join(f"{cell:>8}" for cell in cells))
        return [title, *cells]

    whole = {name: samples.question(name, knots).crossed(samples.groups, 2) for name, knots in QUESTIONS.items()}
    table = [row("all", whole["carried"], whole["news"])]
    for name, knots in QUESTIONS.items():
        for measure in knots:
            fewer = {other: places for other, places in knots.items() if other != measure}
            crossed = {**whole, name: samples.question(name, fewer).crossed(samples.groups, 2)}
            table.append(row(f"{name} without `{measure}`", crossed["carried"], crossed["news"]))
    for title, rule in RULES.items():
        with mock.patch.object(relation, rule, lambda inputs: np.zeros(len(inputs["verbatim"]), bool)):
            table.append(row(title, whole["carried"], whole["news"]))
    heads = ["", "copies: precision", "recall", "carried: precision", "recall", "storms", "rich storms"]
    return {"heads": heads, "rows": table}
