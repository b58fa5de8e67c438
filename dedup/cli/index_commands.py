"""``dedup index``: a lasting index; records in, JSON lines with what each matches out."""

from __future__ import annotations

import argparse
import codecs
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import add_agencies, add_common, add_fields, add_html, add_longest, fields_of, hours
from dedup.params import UPDATES, Level, Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.index import Decision, Index
    from dedup.io import Fields, Source

DESCRIPTION = """\
Keep documents in a lasting index, and ask what a new text copies.

  dedup index add news.index today.jsonl > answers.jsonl
  dedup index query news.index draft.txt
  dedup index expire news.index --before 2024-01-01 && dedup index compact news.index
  dedup index add "redis://host:6379/0?name=news" today.jsonl

Answers are JSON lines, one for each record, printed when it is safely stored; add counts them on standard error.
"""

KNOWN_HINT = "--known skip passes over such records, --known update puts them in the place of the old"

RELEASED = "copies of old texts are no copies of the new ones, and kept from now on: see released in the answers"

FATES = ("new", "copies", "known", "rejected")

IDS = (
    "of a document; - for standard input, a line each: an id as it is or, where it begins with a quote or a brace, "
    "JSON: a string, or an object with id such as an answer of add; only so can an id hold a line break"
)

PLACE = "folder of the index, or URL of a Redis server, with ?name="

INPUT = "file, folder, glob, or - for JSON lines on standard input, as for dedup run"


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "index", help="keep documents, ask what a new one copies", description=DESCRIPTION, formatter_class=raw
    )
    jobs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def job(
        name: str, work: Callable[[argparse.Namespace], int], told: str, place: str = PLACE
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = jobs.add_parser(name, help=told, description=told[0].upper() + told[1:] + ".")
        made.set_defaults(command=lambda options: _announced(work, options))
        made.add_argument("index", metavar="INDEX", help=place)
        return made

    create = job("create", _create, "make an empty index; add makes one, too, with the defaults")
    defaults = Params()
    create.add_argument(
        "--level", choices=list(Level.__members__), default=defaults.level.name, help="as for dedup run: %(default)s"
    )
    create.add_argument(
        "--threshold",
        type=float,
        default=defaults.threshold,
        metavar="SHARE",
        help="resemblance from which a pair is a near duplicate (default: %(default)s)",
    )
    create.add_argument("--updates", choices=UPDATES, default=defaults.updates, help="as for dedup run: %(default)s")
    create.add_argument(
        "--certainty",
        type=float,
        default=defaults.certainty,
        metavar="SHARE",
        help="how probable it must be that there is no news, for a copy (default: %(default)s)",
    )
    create.add_argument("--model", metavar="FILE", help="made by dedup fit from your own labels")
    add_html(create, defaults.html, "the default")
    create.add_argument("--window", type=hours, metavar="TIME", help="as for dedup run")
    create.add_argument("--related", action="store_true", help="report pairs that tell the same story, too")

    add = job("add", _add, "add records, and tell what each matches of those before it")
    add.add_argument(
        "--known",
        choices=("refuse", "skip", "update"),
        default="refuse",
        help="what to do with an id that is in the index: skip tells what was decided of it; update puts the text in "
        "the place of the old, and names under released the copies of that which are none of it (default: %(default)s)",
    )
    query = job("query", _query, "tell what each record matches, and add nothing")
    for parser in (add, query):
        parser.add_argument("input", nargs="+", metavar="INPUT", help=INPUT)
        add_fields(parser.add_argument_group("fields"))
        add_agencies(parser)
        add_longest(parser)
    told = "make an index of an earlier format, or a damaged one, anew from its texts"
    rebuild = job("rebuild", _rebuild, told, place="folder of the index")
    rebuild.add_argument("input", nargs="+", metavar="INPUT", help="the texts of its documents, as they were added")
    rebuild.add_argument(
        "--missing",
        choices=("refuse", "drop"),
        default="refuse",
        help="what to do with documents whose texts are not there; drop prints their ids (default: %(default)s)",
    )
    add_fields(rebuild.add_argument_group("fields"))
    add_agencies(rebuild)
    add_longest(rebuild)
    remove = job("remove", _remove, "remove documents")
    remove.add_argument("id", nargs="+", metavar="ID", help=IDS)
    job("info", _info, "tell what there is")
    job("check", _check, "read everything and tell what is wrong; the exit code is 1 if anything is")
    job("compact", _compact, "drop what is left of removed documents, and give the room back to the disk")
    expire = job("expire", _expire, "remove what was published before a date; undated documents stay")
    expire.add_argument(
        "--before",
        metavar="DATE",
        help="such as 2024-01-31 (default: the index's --window before its newest document)",
    )
    for made in jobs.choices.values():
        add_common(made)


def _announced(work: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    from dedup.cli.compiling import announce_compilation

    with announce_compilation(options.json):
        return work(options)


def _opened(options: argparse.Namespace, mode: str = "rw", params: Params | None = None, make: bool = False) -> Index:
    from dedup.errors import StorageError
    from dedup.index import Index
    from dedup.index.folder.create import folder_of
    from dedup.index.folder.state import DATABASE
    from dedup.index.redis.url import Address

    if not make and Address.is_one(options.index):
        Index.open(options.index, mode="r").close()  # is there one?
    elif not make and not (folder_of(options.index) / DATABASE).is_file():
        raise StorageError(f"{options.index} holds no index", "the folder of an index", "dedup index create makes one")
    return Index.open(options.index, params, mode, agencies=getattr(options, "agencies", None))


def _create(options: argparse.Namespace) -> int:
    names = ("level", "threshold", "updates", "certainty", "window", "model", "html", "related")
    params = Params(**{name: getattr(options, name) for name in names})
    with _opened(options, params=params, make=True) as index:
        return _tell(options, {"documents": len(index), "fingerprint": params.fingerprint})


def _add(options: argparse.Namespace) -> int:
    from dedup.errors import InputError
    from dedup.index.record import UPDATE_HINT

    counts: Counter[str] = Counter()
    released = 0
    with _opened(options, make=True) as index:
        for records in _records(options, to_keep=True):
            try:
                answers = _taken(index, records, options.known)
            except InputError as error:
                if error.hint != UPDATE_HINT:
                    raise
                raise InputError(error.found, error.expected, KNOWN_HINT) from error
            index.flush()
            _print(answers)  # what is printed is stored
            counts.update(map(_fate, answers))
            released += sum(len(answer.get("released", ())) for answer in answers)
        if not options.json:
            told = ", ".join(f"{counts[fate]:,} {fate}" for fate in FATES if counts[fate] or fate != "known")
            print(f"{counts.total():,} records: {told}; {len(index):,} in the index", file=sys.stderr)
            if released:
                print(f"{released:,} {RELEASED}", file=sys.stderr)
    return 0


def _fate(answer: dict[str, Any]) -> str:
    if "rejected" in answer:
        return "rejected"
    if "known" in answer:
        return "known"
    return "new" if answer["kept"] else "copies"


def _taken(index: Index, records: list[dict[str, Any]], known: str) -> list[dict[str, Any]]:
    """Add records in their order, as many at a time as are new; return an answer for each, in their order."""
    answers: list[dict[str, Any]] = [{}] * len(records)
    new: dict[str, tuple[int, dict[str, Any]]] = {}
    passed: list[tuple[int, str]] = []

    def add() -> None:
        found = index.add_many(record for _, record in new.values())
        for (place, record), decision in zip(new.values(), found, strict=True):
            answers[place] = _answer(record["id"], decision)
        new.clear()

    for place, record in enumerate(records):
        if "rejected" in record:
            answers[place] = record
        elif known == "refuse" or not (record["id"] in new or record["id"] in index):
            if record["id"] in new:
                add()  # so that the refusal names it
            new[record["id"]] = place, record
        elif known == "skip":
            passed.append((place, record["id"]))
        else:
            add()
            answers[place] = _answer(record["id"], index.update(**record))
    add()
    for place, id in passed:  # who was killed before he had the answers gets the decisions by this
        document = index.get(id)
        original = None if document is None else document.copy_of
        answers[place] = {"id": id, "known": True, "kept": original is None, "duplicate_of": original}
    return answers


def _query(options: argparse.Namespace) -> int:
    with _opened(options, "r") as index:
        for records in _records(options):
            asked = [record for record in records if "rejected" not in record]
            found = iter(index.query_many({**record, "id": None} for record in asked))
            _print([record if "rejected" in record else _answer(record["id"], next(found)) for record in records])
    return 0


def _rebuild(options: argparse.Namespace) -> int:
    from dedup.index.rebuild import rebuild

    rejected = 0

    def texts() -> Iterator[dict[str, Any]]:
        nonlocal rejected
        for records in _records(options, to_keep=True):
            for record in records:
                if "rejected" in record:
                    rejected += 1
                    _print([record])
                else:
                    yield record

    found = rebuild(options.index, texts(), options.missing == "drop", options.agencies)
    _print([{"id": id, "missing": True} for id in found.missing])
    told = f"{found.documents:,} documents in {options.index}, {found.changed:,} of them with another decision"
    lacking = f"; {len(found.missing):,} left out without a text" if found.missing else ""
    others = f"; {found.passed_over:,} texts of others passed over" if found.passed_over else ""
    unread = f"; {rejected:,} records rejected" if rejected else ""
    print(f"{told}{lacking}{others}{unread}; the index as it was is {found.before}", file=sys.stderr)
    return 0


def _remove(options: argparse.Namespace) -> int:
    from dedup.index.record import checked_id

    given = _ids(sys.stdin.buffer) if options.id == ["-"] else [checked_id(id) for id in options.id]
    with _opened(options) as index:
        removed = [index.remove(id) for id in given]
        index.flush()  # what is told is stored
    return _tell(options, {"removed": sum(removed), "not there": len(removed) - sum(removed)})


def _ids(lines: Iterable[bytes]) -> list[str]:
    """Return the ids that lines name, a line each, bare or as JSON; empty lines name none.

    Raises
    ------
    InputError
        With the line.
    """
    from dedup.errors import InputError
    from dedup.index.record import checked_id

    found = []
    for number, line in enumerate(lines, 1):
        line = line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").removesuffix(b"\n").removesuffix(b"\r")
        try:
            if line:
                found.append(checked_id(_id(line)))
        except InputError as error:
            raise InputError(f"-, line {number}: {error.found}", error.expected, error.hint) from None
    return found


def _id(line: bytes) -> Any:
    """Return the id that a line names."""
    from dedup.errors import InputError

    if not line.startswith((b'"', b"{")):
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise InputError("bytes that are not UTF-8", "an id") from None
    hint = "an id that itself begins with a quote or a brace is given as a JSON string"
    try:
        value = json.loads(line)
    except ValueError as error:
        raise InputError(f"no JSON ({error})", "a string, or an object with id", hint) from None
    if isinstance(value, dict):
        if "id" not in value:
            raise InputError("an object without id", 'one such as {"id": "a"}')
        value = value["id"]
    # Numbers are read as ids where records are read, too.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _info(options: argparse.Namespace) -> int:
    with _opened(options, "r") as index:
        return _tell(options, index.info())


def _check(options: argparse.Namespace) -> int:
    with _opened(options, "r") as index:
        problems = index.check()
        _tell(options, {"documents": len(index), "problems": problems})
    return 1 if problems else 0


def _compact(options: argparse.Namespace) -> int:
    with _opened(options) as index:
        before = index.info()["file_bytes"]
        index.compact()
        return _tell(options, {"bytes before": before, "bytes after": index.info()["file_bytes"]})


def _expire(options: argparse.Namespace) -> int:
    with _opened(options) as index:
        expired = index.expire(options.before)
        index.flush()  # what is told is stored
        return _tell(options, {"removed": expired, "documents": len(index)})


def _tell(options: argparse.Namespace, values: dict[str, Any]) -> int:
    """Print what there is to say: a line each, or as JSON."""
    from dedup.io.bytes.surrogates import printable

    if options.json:
        print(printable(json.dumps(values, ensure_ascii=False)))
        return 0
    for name, value in values.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items() if one not in (None, []))
        elif isinstance(value, list):
            value = "; ".join(map(str, value)) or "none"
        told = f"{value:,}" if isinstance(value, int) else value
        print(f"{name.replace('_', ' '):<14}{'-' if told is None else shown(str(told))}")
    return 0


def _records(options: argparse.Namespace, to_keep: bool = False) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of the inputs a piece at a time; rejected ones as what is told of them.

    Those that are to be kept must have ids of their own.
    """
    import numpy as np

    from dedup.dates import UnreadableDates
    from dedup.io import ReadOptions, checked_longest, open_files
    from dedup.run.index_ids import check_ids
    from dedup.schema import NO_DATE

    fields = fields_of(options)
    source = open_files(options.input, ReadOptions(fields, longest=checked_longest(options.longest)))
    if to_keep:
        _require_fields(source, fields)
    unread = UnreadableDates()
    for piece in source.pieces():
        batch = piece()
        source.accept(batch)
        unread = unread.and_then(batch.unread)
        if to_keep:
            check_ids(batch)
        ids, texts, sources = batch.id.to_pylist(), batch.text.to_pylist(), batch.source.to_pylist()
        yield [
            {"id": id, "file": batch.file, "row": row, "rejected": batch.rejected[at].reason}
            if at in batch.rejected
            # Bytes that are not UTF-8 separate words, as half characters do.
            else {
                "id": id,
                "text": (text or b"").decode("utf-8", "surrogateescape"),
                "source": source_name,
                "published": None if date == NO_DATE else np.datetime64(date, "us"),
            }
            for at, (id, text, source_name, date, row) in enumerate(
                zip(ids, texts, sources, batch.published.tolist(), batch.row.tolist(), strict=True)
            )
        ]
    source.finish()
    for note in [*([unread.note] if unread.count else []), *source.notes]:
        print(f"dedup: {shown(note)}", file=sys.stderr)


def _require_fields(source: Source, fields: Fields) -> None:
    """Refuse an input in which no record has a field that was asked for, before anything of it is added.

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


def _answer(id: str, decision: Decision) -> dict[str, Any]:
    """Return what is printed of a record: whether it would be kept, and what it matches."""
    return {
        "id": id,
        "kept": decision.kept,
        "duplicate_of": decision.duplicate_of,
        "relation": decision.relation,
        "score": decision.score,
        **({"released": list(decision.released)} if decision.released else {}),
        "matches": [dataclasses.asdict(match) for match in decision],
    }


def _print(answers: list[dict[str, Any]]) -> None:
    from dedup.io.bytes.surrogates import printable

    for answer in answers:
        print(printable(json.dumps(answer, ensure_ascii=False)))
    sys.stdout.flush()
