"""Show what other thresholds would drop: counts, expected precision, and pairs to look at around each line.

The values are here, their form is elsewhere: `dedup.report.threshold_table` for a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.fit.calibration import Calibration, Precision
from dedup.judge.reasons import KEPT_TEXT, reason
from dedup.judge.relation import Models
from dedup.params import Level, Params
from dedup.report.in_words import cut
from dedup.run.run_view import RunView
from dedup.run.sample_estimate import Total, total
from dedup.run.trials import Trial, Trials
from dedup.schema import EXCERPT, MEASURES, NEAR_DUPLICATE, RELATIONS, REWRITTEN

THRESHOLDS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
SCORES = (0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.0)
"""The rows of a table, the strictest first; thresholds below the floor of the run are left out."""

EXAMPLES = 5
"""Pairs that are shown around each line."""

REACH = 0.05
"""Greatest distance of such a pair from its line."""

BIN = 0.05
"""Width of a bar of a histogram."""

BEGINS = 100
"""Characters of a text that are shown where it has no title."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Text:
    """A record as an example shows it."""

    id: str
    source: str | None
    begins: str


@dataclass(frozen=True, slots=True)
class Example:
    """A record near a line, with the record for which it is dropped.

    Parameters
    ----------
    relation : str
    score : float
    dropped, kept : Text
    reason : str
    is_above : bool
        Whether it is dropped on the stricter side of the line, too.
    """

    relation: str
    score: float
    dropped: Text
    kept: Text
    reason: str
    is_above: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What one setting drops.

    Parameters
    ----------
    level : str
    threshold, score : float
    dropped : int
        Records.
    relations : dict of str to int
        The same by relation.
    precision : Precision or None
        How many of them are expected to be copies; None where it is not known.
    more, fewer : int
        Records that this row drops and the row before it does not, and the reverse.
    is_current : bool
        Whether it is the setting of the run.
    total : Total or None
        Of a sample: an estimate for all records.
    """

    level: str
    threshold: float
    score: float
    dropped: int
    relations: dict[str, int]
    precision: Precision | None
    more: int = 0
    fewer: int = 0
    is_current: bool = False
    total: Total | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many pairs have which score.

    Parameters
    ----------
    measure : str
        ``resemblance``, of near duplicates; or ``score``, of excerpts, revised and rewritten texts.
    start, width : float
        Where the first bar begins, and how wide each is.
    counts : dict of str to list of int
        By relation, a count for each bar.
    line : float
        The threshold, or the least score, of the run.
    """

    measure: str
    start: float
    width: float
    counts: dict[str, list[int]]
    line: float


@dataclass(frozen=True, slots=True)
class Series:
    """Rows that differ in one parameter, the strictest first, with examples around the line of each but the last.

    Parameters
    ----------
    parameter : str
        ``threshold`` or ``score``.
    rows : list of Row
    examples : list of list of Example
        Those around the line between each row and the next, nearest first.
    histogram : Histogram
    """

    parameter: str
    rows: list[Row]
    examples: list[list[Example]]
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class Tuning:
    """What other thresholds and scores would drop of a run.

    Parameters
    ----------
    records : int
        Records that were decided on.
    series : list of Series
        Near duplicates by threshold, and everything by score, as far as the run's level goes.
    labels : int
        Labelled pairs that the expected precision rests on; 0 where none is given.
    sample : dict or None
        As in the summary, if the run is a sample.
    """

    records: int
    series: list[Series]
    labels: int
    sample: dict[str, Any] | None = field(default=None)

    @staticmethod
    def of(
        run: RunView,
        calibration: Calibration | None = None,
        thresholds: Sequence[float] = THRESHOLDS,
        scores: Sequence[float] = SCORES,
        examples: int = EXAMPLES,
    ) -> Tuning:
        """Try thresholds and scores on a run.

        Parameters
        ----------
        run : RunView
            Without an index; the lower its floor, the lower thresholds can be tried.
        calibration : Calibration, optional
            By default the shipped one.
        thresholds, scores : sequence of float
            Those that can be tried are: down to the floor of the run. Its own are added.
        examples : int
            Pairs to show around each line; 0 reads no text.

        Raises
        ------
        ParamsError
            When nothing else can be tried on the run.
        """
        bench = _Bench(run, Calibration.shipped() if calibration is None else calibration)
        params, series = run.params, []
        if params.level >= Level.near:
            floor = params.least_resemblance
            settings = _descending([*(one for one in thresholds if one >= floor), params.threshold])
            tried = [replace(params, level=Level.near, threshold=one, score=0.0) for one in settings]
            series.append(bench.series("threshold", tried, examples))
        if params.level >= Level.syndicated:
            tried = [replace(params, score=one) for one in _descending([*scores, params.score])]
            series.append(bench.series("score", tried, examples))
        labels = 0 if params.updates == "drop" else bench.calibration.pairs
        return Tuning(len(run.decisions), series, labels, run.summary.get("sample"))

    def as_dict(self) -> dict[str, Any]:
        """Return everything in a form that JSON can hold."""
        return asdict(self)


def _descending(values: Sequence[float]) -> list[float]:
    return sorted(set(values), reverse=True)


class _Bench:
    """A run on which parameters are tried."""

    def __init__(self, run: RunView, calibration: Calibration) -> None:
        self.calibration = calibration
        self._run = run
        self._trials = Trials(run)
        self._models = Models.of(run.params)
        self._share = run.summary.get("sample", {}).get("share")
        self._story, self._sizes = (np.empty(0, np.int64),) * 2
        if self._share is not None:
            self._story, self._sizes = self._trials.stories()

    def series(self, parameter: str, tried: Sequence[Params], count: int) -> Series:
        """Try parameters, the strictest first."""
        trials = [self._trials.at(params) for params in tried]
        before = [None, *trials[:-1]]
        rows = [self._row(*one) for one in zip(tried, trials, before, strict=True)]
        lines = [getattr(params, parameter) for params in tried[:-1]]
        pairs = zip(lines, trials[:-1], trials[1:], strict=True)
        places = [_around(line, parameter, strict, lenient, count) for line, strict, lenient in pairs]
        examples = self._examples(trials[1:], trials[:-1], places)
        return Series(parameter, rows, examples, self._histogram(parameter, trials[-1]))

    def _row(self, params: Params, trial: Trial, before: Trial | None) -> Row:
        codes, dropped = trial.relation, trial.is_dropped
        counts = np.bincount(codes[dropped], minlength=len(RELATIONS)).tolist()
        precision = None
        if params.updates != "drop" and dropped.any():  # there updates count as copies, which no label says
            precision = self.calibration.precision(codes[dropped], trial.score[dropped])
        earlier = dropped if before is None else before.is_dropped
        estimate = None
        if self._share is not None:
            of_story = np.bincount(self._story[dropped & (self._story >= 0)], minlength=len(self._sizes))
            estimate = total(of_story, self._sizes, self._share)
        return Row(
            params.level.name,
            params.threshold,
            params.score,
            int(dropped.sum()),
            {name: count for name, count in zip(RELATIONS, counts, strict=True) if count},
            precision,
            int((dropped & ~earlier).sum()),
            int((earlier & ~dropped).sum()),
            replace(params, floor=self._run.params.floor) == self._run.params,
            estimate,
        )

    def _histogram(self, parameter: str, trial: Trial) -> Histogram:
        """Count the pairs of the most lenient row by score."""
        matches = trial.matches
        codes = (NEAR_DUPLICATE,) if parameter == "threshold" else range(EXCERPT, REWRITTEN + 1)
        start = self._run.params.least_resemblance if parameter == "threshold" else 0.0
        start = BIN * np.floor(start / BIN + 1e-9)
        bars = round((1.0 - start) / BIN)
        place = np.clip(((matches.score - start) / BIN + 1e-9).astype(np.int64), 0, bars - 1)
        counts = {
            RELATIONS[code]: np.bincount(place[matches.relation == code], minlength=bars).tolist() for code in codes
        }
        params = self._run.params
        line = params.threshold if parameter == "threshold" else params.score
        return Histogram("resemblance" if parameter == "threshold" else "score", float(start), BIN, counts, line)

    def _examples(
        self, lenient: Sequence[Trial], strict: Sequence[Trial], places: Sequence[Ints]
    ) -> list[list[Example]]:
        """Return the examples at each line; all texts are read together."""
        wanted = {int(record) for trial, some in zip(lenient, places, strict=True) for record in some}
        wanted |= {int(trial.leader[record]) for trial, some in zip(lenient, places, strict=True) for record in some}
        texts = self._texts(sorted(wanted))
        return [
            [self._example(trial, before, record, texts) for record in some.tolist()]
            for trial, before, some in zip(lenient, strict, places, strict=True)
        ]

    def _example(self, trial: Trial, strict: Trial, record: int, texts: dict[int, Text]) -> Example:
        match = int(trial.match[record])
        code = int(trial.relation[record])
        measures = dict(zip(MEASURES, trial.matches.measures[:, match].tolist(), strict=True))
        why = reason(code, measures, self._models, dropped=int(trial.side[record]), other=KEPT_TEXT)
        kept = texts[int(trial.leader[record])]
        is_above = bool(strict.relation[record] >= 0)
        return Example(RELATIONS[code], float(trial.score[record]), texts[record], kept, why, is_above)

    def _texts(self, records: Sequence[int]) -> dict[int, Text]:
        """Return records as they are shown: by title, or by their first words where they have none."""
        if not records:
            return {}
        rows = self._run.decisions.select(["id", "source", "title"]).take(np.array(records)).to_pylist()
        untitled = [record for record, row in zip(records, rows, strict=True) if not row["title"]]
        words = self._run.plain_texts(untitled) if untitled else {}
        return {
            record: Text(row["id"], row["source"], cut(row["title"] or words.get(record, ""), BEGINS))
            for record, row in zip(records, rows, strict=True)
        }


def _around(line: float, parameter: str, strict: Trial, lenient: Trial, count: int) -> Ints:
    """Return the records that are nearest to a line, half from each side where there are enough.

    Each is dropped by the more lenient setting, for a record that it matches itself; of a cluster one is taken.
    """
    is_far = lenient.relation > NEAR_DUPLICATE
    asked = is_far & (lenient.relation <= REWRITTEN) if parameter == "score" else lenient.relation == NEAR_DUPLICATE
    (at,) = np.nonzero(asked & lenient.is_direct & (np.abs(lenient.score - line) <= REACH))
    at = at[np.lexsort((at, np.abs(lenient.score[at] - line)))]
    _, first = np.unique(lenient.leader[at], return_index=True)
    at = at[np.sort(first)]
    is_above = lenient.score[at] >= line
    above, below = at[is_above], at[~is_above]
    n_above = min(len(above), max(count // 2, count - len(below)))
    chosen = np.concatenate([above[:n_above], below[: count - n_above]])
    return chosen[np.argsort(-lenient.score[chosen], kind="stable")]
