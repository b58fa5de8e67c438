"""Read the records for ``dedup index add`` and ``query``, and build the answers about them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import add_agencies, add_fields, add_input, add_longest, fields_of
from dedup.cli.event_log import print_message
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    from dedup.index import Decision
    from dedup.io import Fields, Source


def add_record_options(parser: Any, described: str = "") -> None:
    """Add the arguments for the inputs, and the options that say how to read them."""
    add_input(parser, described)
    add_longest(parser)
    add_fields(parser)
    add_agencies(parser.add_argument_group("credits"))


def read_records(
    options: argparse.Namespace, need_ids: bool = False, meter: Meter = NO_METER, stage: str = "read"
) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of the inputs a piece at a time, and an answer in place of each rejected one.

    Parameters
    ----------
    options : Namespace
    need_ids : bool
        Refuse records without an id of their own, and fields that no record has.
    meter : Meter
        Counts the bytes of the input whose records were taken.
    stage : str
        What is done with them.
    """
    import numpy as np

    from dedup.dates import UnreadableDates
    from dedup.index.record import FIELD_BYTES
    from dedup.io import ReadOptions, checked_longest, open_files
    from dedup.run.index_ids import check_ids
    from dedup.schema import NO_DATE

    fields = fields_of(options)
    source = open_files(options.input, ReadOptions(fields, longest=checked_longest(options.longest)))
    if need_ids:
        _require_fields(source, fields)
    unread = UnreadableDates()
    with meter.bar(stage, source.total_bytes, "B"):
        counted = 0
        for piece in source.pieces():
            batch = piece()
            source.accept(batch)
            unread = unread.and_then(batch.unread)
            if need_ids:
                check_ids(batch)
            ids, texts, sources = batch.id.to_pylist(), batch.text.to_pylist(), batch.source.to_pylist()
            urls = batch.labels["url"].to_pylist()
            yield [
                {"id": id, "file": batch.file, "row": row, "rejected": batch.rejected[at].reason}
                if at in batch.rejected
                # Bytes that are not UTF-8 separate words, as half characters do.
                else {
                    "id": id,
                    "text": (text or b"").decode("utf-8", "surrogateescape"),
                    "source": source_name,
                    "published": None if date == NO_DATE else np.datetime64(date, "us"),
                    "url": None if url is None or len(url.encode()) > FIELD_BYTES else url,
                }
                for at, (id, text, source_name, date, url, row) in enumerate(
                    zip(ids, texts, sources, batch.published.tolist(), urls, batch.row.tolist(), strict=True)
                )
            ]
            meter.advance(source.bytes_read - counted)
            counted = source.bytes_read
    source.finish()
    for note in [*([unread.note] if unread.count else []), *source.notes]:
        print_message(note, options.log_json)


def _require_fields(source: Source, fields: Fields) -> None:
    """Refuse an input in which no record has a named field, before any record is added.

    Raises
    ------
    ColumnError
    """
    from dedup.io.fields.field_counts import FieldCounts
    from dedup.io.fields.field_tree import FieldTree
    from dedup.io.fields.roles import ROLE_NAMES
    from dedup.io.notes.field_notes import lacking

    if not any(getattr(fields, role) for role in ROLE_NAMES):
        return
    tree, counts = FieldTree(fields), FieldCounts()
    for piece in source.pieces():
        batch = piece()
        source.accept(batch)
        counts.add(batch.fields)
        if not any(lacking(tree, counts)):
            return
    source.finish()


def answer_of(id: str, decision: Decision) -> dict[str, Any]:
    """Return the answer for a record: whether it is (or would be) kept, and what it matches."""
    return {
        "id": id,
        "kept": decision.kept,
        "duplicate_of": decision.duplicate_of,
        "relation": decision.relation,
        "score": decision.score,
        "reason": decision.reason,
        "story": decision.story,
        **({"released": list(decision.released)} if decision.released else {}),
        "matches": [match.as_dict() for match in decision],
    }
