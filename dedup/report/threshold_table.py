"""Format what other thresholds would drop as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedup.fit.calibration import Precision
from dedup.report.escaping import shown
from dedup.report.text_columns import cut_to
from dedup.report.thresholds import Example, Histogram, Row, Series, Tuning

SHORTEST = 24
"""Columns that the beginning of an example has at least."""

BAR = 40
"""Columns of the longest bar."""

HEADINGS = {
    "threshold": "near duplicates alone (--level near), by --threshold",
    "score": "level {level}, threshold {threshold:g}, by --score",
}

COLUMNS = ("identical", "near_duplicate", "excerpt", "revised", "rewritten", "update")


def tuning_table(tuning: Tuning, columns: int = 120) -> str:
    """Format a tuning as lines of text.

    Parameters
    ----------
    tuning : Tuning
    columns : int
        Width of the terminal, to which examples are cut.
    """
    lines = [f"{tuning.records:,} records"]
    if tuning.sample is not None:
        sample = tuning.sample
        lines[0] += f": the stories of {100 * sample['share']:g} % of the texts, of {sample['records_read']:,} records"
    for series in tuning.series:
        lines += ["", *_series(series, tuning, columns)]
    if tuning.labels:
        lines += [
            "",
            f"copies: how many of the dropped records are expected to be copies, by {tuning.labels:,} labelled pairs;",
            "in brackets where it may lie for a corpus without labels. * marks what the run has decided by.",
        ]
    return "\n".join(lines)


def _series(series: Series, tuning: Tuning, columns: int) -> Iterator[str]:
    first = series.rows[0]
    yield HEADINGS[series.parameter].format(level=first.level, threshold=first.threshold)
    names = [name for name in COLUMNS if any(name in row.relations for row in series.rows)]
    yield _heading(series.parameter, names, tuning)
    for row in series.rows:
        yield _row(row, series.parameter, names, tuning)
    yield ""
    yield from _histogram(series.histogram)
    for row, examples in zip(series.rows, series.examples, strict=False):
        if examples:
            yield ""
            yield f"around {series.parameter} {getattr(row, series.parameter):g}"
            for example in examples:
                yield from _example(example, columns)


def _heading(parameter: str, names: Sequence[str], tuning: Tuning) -> str:
    cells = "".join(f"{name.replace('_', ' ').replace('near duplicate', 'near dup.'):>11}" for name in names)
    estimate = f"{'of all records':>24}" if tuning.sample is not None else ""
    return f"  {parameter:<10}{'dropped':>9}{'share':>8}{cells}{'in':>8}{'out':>6}{'copies':>18}{estimate}"


def _row(row: Row, parameter: str, names: Sequence[str], tuning: Tuning) -> str:
    mark = "*" if row.is_current else " "
    share = 100 * row.dropped / max(tuning.records, 1)
    cells = "".join(f"{row.relations.get(name, 0):>11,}" for name in names)
    moved = (
        f"{'+' + format(row.more, ',') if row.more else '':>8}{'-' + format(row.fewer, ',') if row.fewer else '':>6}"
    )
    estimate = ""
    if row.total is not None and tuning.sample is not None:
        of = 100 / tuning.sample["records_read"]
        value, low, high = (of * one for one in (row.total.value, row.total.low, row.total.high))
        estimate = f"{f'{value:.1f} % ({low:.1f} to {high:.1f})':>24}"
    expected = _precision(row.precision)
    value = getattr(row, parameter)
    return f"{mark} {value:<10g}{row.dropped:>9,}{share:>7.1f}%{cells}{moved}{expected:>18}{estimate}".rstrip()


def _precision(precision: Precision | None) -> str:
    if precision is None:
        return "-"
    return f"{100 * precision.value:.0f}% ({100 * precision.low:.0f}-{100 * precision.high:.0f})"


def _histogram(histogram: Histogram) -> Iterator[str]:
    """Draw a bar for each interval that has pairs, with the line of the run between two of them."""
    names = list(histogram.counts)
    totals = [sum(counts) for counts in zip(*histogram.counts.values(), strict=True)]
    most = max(totals, default=0)
    if not most:
        return
    yield f"pairs by {histogram.measure} ({', '.join(name.replace('_', ' ') for name in names)})"
    filled = [place for place, count in enumerate(totals) if count]
    is_drawn = False
    for place in range(max(filled), min(filled) - 1, -1):
        start = histogram.start + place * histogram.width
        if not is_drawn and start + histogram.width <= histogram.line + 1e-9:
            yield f"  ---- the line of the run: {histogram.line:g}"
            is_drawn = True
        bar = "#" * round(BAR * totals[place] / most)
        yield f"  {start:.2f}  {totals[place]:>9,}  {bar or '.' if totals[place] else ''}".rstrip()


def _example(example: Example, columns: int) -> Iterator[str]:
    side = "above" if example.is_above else "below"
    head = f"  {side} {example.score:.2f}  {example.relation.replace('_', ' '):<15}"
    width = max(30, columns - len(head))
    for text, start in ((example.dropped, head), (example.kept, f"{'of':>{len(head) - 1}} ")):
        source = f"{text.source}: " if text.source else ""
        id = f"  ({shown(text.id)})"  # is not cut, so that it can be copied
        yield start + cut_to(shown(f"{source}{text.begins}"), max(SHORTEST, width - len(id))) + id
    yield f"{'':{len(head)}}" + cut_to(shown(example.reason), width)
