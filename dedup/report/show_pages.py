"""Hold what ``dedup show`` answers, for a terminal and as plain values: a record with its story, or two records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from dedup.judge.passages import passages
from dedup.judge.relation import Models
from dedup.report.escaping import shown
from dedup.report.pair_lines import legend, side_lines
from dedup.report.pair_verdict import Verdict
from dedup.report.record_lines import OtherMatch, decision_line, fact_lines, other_lines, why_lines, wrapped
from dedup.report.stories import Story, Version
from dedup.report.story_lines import story_lines, title_of

LINES = 120
"""Lines of a text that are shown beside another one, unless all are asked for."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A record, its story, and why it was decided on as it was.

    Parameters
    ----------
    version : Version
    place : str
        Where it is: file and row, or the index.
    story : Story or None
        None for a rejected record.
    heads : mapping
        By record, titles or first words of versions.
    verdict : Verdict or None
        On the record (a) and the text for which it is dropped; None if it is kept.
    matches : sequence of OtherMatch
        Its other matches, outside of its cluster.
    models : Models
        By which the pairs were judged.
    notes : sequence of str
    """

    version: Version
    place: str
    story: Story | None
    heads: Mapping[int, str]
    verdict: Verdict | None
    matches: Sequence[OtherMatch]
    models: Models
    notes: Sequence[str] = ()

    def lines(self, columns: int, whole: bool = False, color: bool = False) -> Iterator[str]:
        """Yield the lines for a terminal.

        Parameters
        ----------
        columns : int
            Its width.
        whole : bool
            Show all versions of a long story.
        color : bool
        """
        yield decision_line(self.version)
        yield from fact_lines(self.version, self.place)
        if self.story is not None and len(self.story.versions) > 1:
            yield f"\n{title_of(self.story)}"
            yield from story_lines(self.story, self.version.record, self.heads, columns, whole, color)
        if self.verdict is not None:
            yield ""
            yield from wrapped(f"why: {self.verdict.reason}", columns)
            yield from why_lines(self.verdict, self.models)
        if self.matches:
            yield (
                "\nmatches with other texts, which it is not dropped for:"
                if self.version.kept
                else "\nfurther matches:"
            )
            yield from other_lines(self.matches, columns)
        yield from _note_lines(self.notes, columns)

    def as_dict(self) -> dict[str, Any]:
        """Return the page as plain values, for JSON."""
        return {
            "record": {**_plain(self.version), "place": self.place},
            "story": None if self.story is None else {**_plain(self.story), "first": self.story.first.id},
            "verdict": _plain(self.verdict),
            "matches": [_plain(one) for one in self.matches],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class PairPage:
    """Two records, the verdict on them, and their texts side by side.

    Parameters
    ----------
    a, b : Version
    verdict : Verdict
    texts : (str, str) or None
        As they were compared; None if they cannot be read.
    words : float or None
        Of the shorter text, without page furniture.
    models : Models
    notes : sequence of str
    """

    a: Version
    b: Version
    verdict: Verdict
    texts: tuple[str, str] | None
    words: float | None
    models: Models
    notes: Sequence[str] = ()

    def lines(self, columns: int, whole: bool = False, color: bool = False) -> Iterator[str]:
        """Yield the lines for a terminal, as `RecordPage.lines` does; ``whole`` shows long texts whole."""
        verdict = self.verdict
        relation = "no relation" if verdict.relation is None else verdict.relation.replace("_", " ")
        if not verdict.is_match and self.texts is None:
            yield "the run has no match of the two, and without their texts they cannot be compared"
            if self.a.cluster == self.b.cluster >= 0:
                yield "  they are in one cluster: both are copies of one text, or one is the copy of the other"
        else:
            how = "" if verdict.is_match else "; the run has no match of the two, so they were compared now"
            yield f"{relation}, score {verdict.score:.2f}{how}"
            yield from wrapped(verdict.reason, columns, "  ")
        if verdict.derived:
            copy, other = (self.b, self.a) if verdict.derived == "b" else (self.a, self.b)
            still = ", although it is the one that is kept" if copy.kept and not other.kept else ""
            yield f"  {shown(copy.id)} seems to be the copy, by credits, dates and content{still}"
        for version in (self.a, self.b):
            yield f"  {decision_line(version)}"
        if verdict.measures:
            yield "\nwhy"
            yield from why_lines(verdict, self.models, self.words)
        if self.texts is not None:
            yield f"\n{legend(color)}\n"
            yield from side_lines(self.texts, self._heads(), columns, None if whole else LINES, color)
        yield from _note_lines(self.notes, columns)

    def as_dict(self) -> dict[str, Any]:
        """Return the page as plain values, for JSON; places of passages are characters of the texts."""
        a, b = _plain(self.a), _plain(self.b)
        shared: list[dict[str, Any]] | None = None
        if self.texts is not None:
            a["text"], b["text"] = self.texts
            shared = [asdict(one) for one in passages(*self.texts)]
        return {"a": a, "b": b, **_plain(self.verdict), "passages": shared, "notes": list(self.notes)}

    def _heads(self) -> tuple[str, str]:
        a, b = (
            ", ".join(
                part
                for part in (one.source, f"{one.published:%Y-%m-%d %H:%M}" if one.published else None, one.id)
                if part
            )
            for one in (self.a, self.b)
        )
        return a, b


def _note_lines(notes: Sequence[str], columns: int) -> Iterator[str]:
    for note in notes:
        yield ""
        yield from wrapped(f"note: {note}", columns)


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it: dates in ISO 8601, and times in hours, which their names say."""
    if is_dataclass(value):
        read = ((one.name, getattr(value, one.name)) for one in fields(value))
        return {f"{name}_hours" if name in _TIMES else name: _plain(one) for name, one in read}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds() / 3600
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


_TIMES = ("lag", "span")
