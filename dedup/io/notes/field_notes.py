"""Report the fields of an input: those that were used, those that were not, and those that are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dedup.io.fields.field_counts import FieldCounts
from dedup.io.fields.field_survey import FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.producers import VARIANTS
from dedup.io.fields.roles import ROLE_NAMES
from dedup.io.notes.input_counts import InputCounts
from dedup.io.read_options import Fields
from dedup.io.wording import FEW, counted, listed

MISSED_SHARE = 0.5
"""Share of the records in which an unused field must hold something for a note about it."""

MOST_GROUPS = 50
"""Groups of files, and files of a group, that the summary names."""

FilesRead = Sequence[tuple[str, InputCounts, FieldSurvey]]
"""The files that were read: their names, counts, and what their first records have."""

_Counted = Sequence[tuple[str, FieldCounts, FieldSurvey]]
"""The same with the counts of the fields alone, without the files that have none."""


def require_fields(tree: FieldTree, files: FilesRead, where: str, names: Callable[[], Iterable[str]]) -> None:
    """Refuse an input in which no record has a named field; or, if texts are guessed, any text field.

    Parameters
    ----------
    tree : FieldTree
    files : FilesRead
        Those with records that have fields.
    where : str
        The input, for messages.
    names : callable
        Returns the fields of all records.

    Raises
    ------
    ColumnError
    """
    if not any(survey.names for _, _, survey in files):
        return
    total = FieldCounts()
    for _, counts, _ in files:
        total.add(counts.fields)
    for role, name in lacking(tree, total):
        raise tree.missing(where, list(names()), role, name)


def lacking(tree: FieldTree, counts: FieldCounts) -> Iterator[tuple[str, str | None]]:
    """Yield role and name of the fields that no record has: named ones, and that of texts if it is guessed."""
    for role in ROLE_NAMES:
        asked = getattr(tree.fields, role)
        if (role == "text" or asked is not None) and not counts.has(role):
            yield role, asked
    present = counts.present.get("text", {})
    if tree.fields.text not in present:
        yield from (("text", part) for part in tree.parts if part not in present)


def summary_of_fields(fields: Fields, files: Sequence[tuple[str, FieldCounts]]) -> dict[str, Any]:
    """Return the part of ``summary.json`` on the fields that were named, and those that were used.

    Parameters
    ----------
    fields : Fields
        Those that were asked for.
    files : sequence of (str, FieldCounts)
        By the names of the files; those without fields, as plain text, are left out.

    Returns
    -------
    dict
        ``named``: what the caller has named, by the attributes of `Fields`. ``used``: by role and name of a field the
        records it was used in. ``by_file``: where files differ in what was used of them the names, in groups.
    """
    total, groups = FieldCounts(), dict[tuple[tuple[str, ...], ...], list[str]]()
    for name, counts in files:
        total.add(counts)
        groups.setdefault(counts.used_names, []).append(name)
    used = {role: dict(sorted(total.used.get(role, {}).items(), key=lambda one: -one[1])) for role in ROLE_NAMES}
    named = {name: value for name, value in asdict(fields).items() if value is not None}
    summary: dict[str, Any] = {"named": named, "used": used if files else {}}
    if len(groups) > 1:
        largest = sorted(groups.items(), key=lambda group: -len(group[1]))
        summary["by_file"] = [
            {
                **dict(zip(ROLE_NAMES, map(list, names), strict=True)),
                "files": members[:MOST_GROUPS],
                "count": len(members),
            }
            for names, members in largest[:MOST_GROUPS]
        ]
    return summary


def field_notes(fields: Fields, files: FilesRead) -> list[str]:
    """Return notes on the fields of an input: where texts come from, and which fields were unused or missing.

    Parameters
    ----------
    fields : Fields
        Those that were asked for.
    files : FilesRead
    """
    records = sum(counts.records - counts.rejections for _, counts, _ in files)
    counted = [(name, counts.fields, survey) for name, counts, survey in files if survey.names]
    notes = [*_list_notes(counted), *_text_notes(fields, counted, records), *_date_notes(fields, counted)]
    for role in ROLE_NAMES:
        name = getattr(fields, role)
        without = [file for file, counts, _ in counted if name is not None and not counts.has(role)]
        if without and len(without) < len(counted):
            one = "1 file has" if len(without) == 1 else f"{len(without):,} files have"
            notes.append(f"{one} no field {name!r}: {listed(without)}")
    return notes


def content_notes(surveys: Mapping[str, FieldSurvey]) -> list[str]:
    """Return notes on what of the files is no record, or may be lost, from their surveys by their names."""
    kinds = Counter[str]()
    for survey in surveys.values():
        kinds.update(survey.skipped)
    notes = []
    if kinds:
        shown = listed((f"{kind} {count:,}" for kind, count in kinds.most_common()), noun="kinds")
        where = listed(_files_with("skipped", surveys))
        notes.append(f"{counted(kinds.total(), 'record')} of {where} not read, which are no pages: {shown}")
    if doubtful := _files_with("doubt", surveys):
        why = surveys[doubtful[0]].doubt
        notes.append(f"not well-formed, and read as far as it can be understood: {listed(doubtful)} ({why})")
    return notes


def _files_with(attribute: str, surveys: Mapping[str, FieldSurvey]) -> list[str]:
    return [name for name, survey in surveys.items() if getattr(survey, attribute)]


def _list_notes(files: _Counted) -> Iterator[str]:
    """Report the lists in JSON objects that records were read from."""
    within: dict[str, list[str]] = {}
    for file, _, survey in files:
        if survey.within:
            within.setdefault(survey.within, []).append(file)
    for path, names in within.items():
        yield f"the records of {listed(names)} are the list {path}; what is beside it is not read"


def _text_notes(fields: Fields, files: _Counted, records: int) -> Iterator[str]:
    total = FieldCounts()
    for _, counts, _ in files:
        total.add(counts)
    used, filled, present = (counts.get("text", {}) for counts in (total.used, total.filled, total.present))
    if fields.text is None and len(used) > 1:
        most = sorted(used.items(), key=lambda one: -one[1])
        fields_read = [f"{name} in {count:,} record{'s' if count > 1 else ''}" for name, count in most[:FEW]]
        yield "the text is read from " + ", from ".join(fields_read)
    empty = [name for name in present if not filled.get(name) and not _holds_others(name, present)]
    others = list(dict.fromkeys(name for _, _, survey in files for name in survey.texts if name not in used))
    for name in empty:
        if used and fields.text is None:
            yield f"{name} is empty in every record that has it; the text is read from {', '.join(used)}"
        elif not used and others:
            yield f"{name} is empty in every record; {others[0]} holds texts: read it with --text-field {others[0]}"
    if used and fields.text is None:
        best = max(used, key=lambda name: used[name])
        unused = [
            name
            for name, count in filled.items()
            if name not in used and name.removeprefix("_source.") not in VARIANTS and count > MISSED_SHARE * records
        ]
        for name in unused[:FEW]:
            yield (
                f"{name} is not empty either, and is not used: --text-field {name} reads it instead of {best}, "
                f"--text-field {best},{name} both"
            )


def _holds_others(name: str, present: Mapping[str, int]) -> bool:
    return any(other.startswith(f"{name}.") for other in present)


def _date_notes(fields: Fields, files: _Counted) -> Iterator[str]:
    if fields.date is not None:
        return
    undated = [(file, survey.dates) for file, counts, survey in files if survey.dates and not counts.used.get("date")]
    examples: dict[str, str] = {}
    for _, dates in undated:
        for name, example in dates.items():
            examples.setdefault(name, example)
    if examples:
        name, example = next(iter(examples.items()))
        others = f" (so do {', '.join(list(examples)[1:FEW])})" if len(examples) > 1 else ""
        where = "" if len(undated) == len(files) else f" from {listed([file for file, _ in undated])}"
        holds = f"{name} holds dates, such as {example!r}{others}"
        dated = f" (which then holds for all {len(files)} files)" if where else ""
        yield f"no date is read{where}, but {holds}: read them with --date-field {name}{dated}"
