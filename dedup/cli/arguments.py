"""Define the options that commands share, and read their values.

An option is named after what it sets: a field of `dedup.Params` (``--rare-df`` is ``rare_df``), a field of
`dedup.Fields` (``--id-field`` is ``id``, ``--date-format`` is ``date_format``), or a keyword of `dedup.deduplicate`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.io.format_registry import READABLE
from dedup.io.sizes import bytes_in
from dedup.params import GUARDS, HTML, KEEP_POLICIES, MOJIBAKE, NOTE, UPDATES, WITHIN, Level, Params

if TYPE_CHECKING:
    from dedup.io import Fields


def size(text: str) -> int:
    """Read a size such as ``4GB`` or ``500M``, in bytes."""
    value = bytes_in(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a size such as 4GB or 500MB")
    return value


def hours(text: str) -> float:
    """Read a time such as ``72h`` or ``3d``, in hours."""
    match = re.fullmatch(r"([0-9.]+)\s*([hd]?)", text.strip().lower())
    try:
        value = float(match[1]) * (24 if match[2] == "d" else 1) if match else 0.0
    except ValueError:
        value = 0.0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a time such as 72h or 3d")
    return value


def share(text: str) -> float:
    """Read a share such as ``2%`` or ``0.02``."""
    match = re.fullmatch(r"([0-9.]+)\s*(%?)", text.strip())
    try:
        value = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a share such as 2% or 0.02")
    return value


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number") from None


def number(text: str) -> float:
    """Read a number such as ``0.7``."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number such as 0.7") from None


def path(text: str) -> Path:
    """Read a path, which must not be empty: an empty one would be the current folder."""
    return Path(nonempty(text))


def place(text: str) -> Path | str:
    """Read a path, or the URL of a remote folder."""
    from dedup.io.places.urls import is_url

    return text if is_url(text) else path(text)


def place_of(folder: Path | str) -> str:
    """Return what names a folder for good: its absolute path, or its URL without secrets."""
    from dedup.io.places.urls import shown_url

    return shown_url(folder).rstrip("/") if isinstance(folder, str) else str(folder.resolve())


def nonempty(text: str) -> str:
    """Read the name of a file, a folder or an index, which must not be empty."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; is a variable not set?")
    return text


def names(text: str) -> tuple[str, ...]:
    """Read names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


WHAT_IS_A_COPY = ("level", "threshold", "updates", "certainty", "model", "html", "mojibake", "window", "related")
OF_A_RUN = ("floor", "score")
WHICH_IS_KEPT = ("keep", "prefer", "protect", "within")
HOW_IT_IS_FOUND = (
    "shingle_size", "num_perm", "seed", "target_recall", "min_tokens", "rare_df", "sketch_size", "sketch_overlap",
    "bucket_limit",
)  # fmt: skip
"""The fields of `Params`, as they are grouped in the help."""

FINE_TUNING = "fine tuning", "How copies are searched for. The defaults suit news; they are seldom worth changing."

_PARAMS: dict[str, dict[str, Any]] = {
    "level": {
        "choices": list(Level.__members__),
        "help": "how far from its original a copy may be; each level includes those before it",
    },
    "threshold": {
        "type": number,
        "metavar": "SHARE",
        "help": "least resemblance of near duplicates, the share of word 5-shingles in common",
    },
    "floor": {
        "type": number,
        "metavar": "SHARE",
        "help": "search for texts that resemble each other this much, below the threshold, too, so that dedup decide "
        "can try any threshold down to it; takes longer (default: the threshold)",
    },
    "score": {
        "type": number,
        "metavar": "SHARE",
        "help": "drop excerpts, revised and rewritten texts only if their score is at least this",
    },
    "protect": {
        "type": names,
        "metavar": "A,B",
        "help": "sources or news agencies of which nothing is dropped; copies of what they have are",
    },
    "within": {
        "choices": WITHIN,
        "help": "only texts of one source, or of one day in UTC, are copies of each other (default: all)",
    },
    "updates": {
        "choices": UPDATES,
        "help": "if one text continues another and adds news: keep both, keep the latest where it contains nearly all "
        "of the earlier one, or drop one as a copy",
    },
    "certainty": {
        "type": number,
        "metavar": "SHARE",
        "help": "how probable it must be that a text adds no news before it is dropped as a copy; a higher value drops "
        "less",
    },
    "model": {
        "type": nonempty,
        "metavar": "FILE",
        "help": "judge by a model that dedup fit has written (default: the shipped one)",
    },
    "mojibake": {
        "choices": MOJIBAKE,
        "help": "texts that are UTF-8 read as windows-1252 (FranÃ§ois): compare them as they are, or as ftfy repairs "
        "them (pip install 'newsdedup[mojibake]'); kept records are unchanged",
    },
    "html": {
        "choices": HTML,
        "help": "markup in texts: auto removes it from texts that are HTML, and decodes entities; main (pip install "
        "'newsdedup[html]') does the same, but compares only the article of a whole page; strip treats every text as "
        "HTML; keep compares markup as words",
    },
    "window": {
        "type": hours,
        "metavar": "TIME",
        "help": "72h or 3d: do not compare texts dated further apart, unless they are identical (default: no limit)",
    },
    "related": {
        "action": "store_true",
        "default": None,
        "help": "also report pairs that tell the same story independently of each other; they are never dropped",
    },
    "keep": {
        "choices": KEEP_POLICIES,
        "help": "which of several copies is kept (default: earliest if the input has dates, else first)",
    },
    "prefer": {
        "type": names,
        "metavar": "A,B",
        "help": "with --keep source: the sources or news agencies to prefer, the most preferred first",
    },
    "shingle_size": {"type": whole, "metavar": "N", "help": "words in a shingle"},
    "num_perm": {"type": whole, "metavar": "N", "help": "length of a MinHash signature"},
    "seed": {"type": whole, "metavar": "N", "help": "seed of the MinHash permutations, as in datasketch"},
    "target_recall": {
        "type": number,
        "metavar": "SHARE",
        "help": "share of the pairs exactly at the threshold that must become candidates",
    },
    "min_tokens": {
        "type": whole,
        "metavar": "N",
        "help": "texts with fewer words are copies only if they are identical",
    },
    "rare_df": {"type": whole, "metavar": "N", "help": "a pair of words is rare if at most N articles contain it"},
    "sketch_size": {"type": whole, "metavar": "N", "help": "rare word pairs that are kept for each text"},
    "sketch_overlap": {
        "type": whole,
        "metavar": "N",
        "help": "kept rare word pairs that two texts must share to become a candidate pair",
    },
    "bucket_limit": {
        "type": whole,
        "metavar": "N",
        "help": "texts of a bucket that each of the others is compared with at a time",
    },
}


def add_params(parser: Any, *fields: str, defaults: bool = True) -> None:
    """Add the options for fields of `Params`, with their defaults; one that is not used is None, see `chosen`."""
    usual = Params()
    for name in fields:
        how = dict(_PARAMS[name])
        if not defaults:
            how["help"] = how["help"].split(" (default: ")[0]
        default = getattr(usual, name) if defaults else None
        if isinstance(default, (str, int, float)) and not isinstance(default, bool):
            how["help"] += f" (default: {default.name if isinstance(default, Level) else default})"
        parser.add_argument("--" + name.replace("_", "-"), **how)


OF_A_MADE_RUN = frozenset(
    {*_PARAMS, "id_field", "text_field", "date_field", "source_field", "title_field", "url_field", "date_format"}
    | {"encoding", "agencies", "guard", "guard_share", "guard_cluster"}
)
"""What a run that is there has its own values of, by the attributes of the options."""


def as_called(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options without what settings say of runs, for a run that is there and has its own."""
    own = {name: None for name in options.parser.settings if name in OF_A_MADE_RUN}
    return argparse.Namespace(**{**vars(options), **own})


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of `Params` that options set, with their values."""
    values = ((name, getattr(options, name, None)) for name in _PARAMS)
    return {name: value for name, value in values if value is not None}


def add_input(parser: Any, described: str = "") -> None:
    """Add the inputs: files, folders, archives, globs, or standard input."""
    places = "file, folder, zip archive or glob, or a URL of one, as s3://bucket/news"
    places = f"{places}, or - for JSON lines on standard input"
    parser.add_argument("input", nargs="+", type=nonempty, metavar="INPUT", help=f"{described}{places}; {READABLE}")


GUESSES = {
    "id": "id, guid, url, link",
    "text": "text, content, body, article",
    "date": "published, date",
    "source": "source, publisher",
    "title": "title, headline",
    "url": "url, link",
}
"""Names of fields that are tried first where none is given; docs/fields.md has the others."""

_FIELDS = {
    "id": "the id of a record",
    "text": "its text; several fields are joined, as in title,text",
    "date": "the date of publication",
    "source": "the publisher",
    "title": "the headline, for the decisions",
    "url": "where it was published, for the decisions",
}

OF_DECISIONS = ("title", "url")
"""Fields that only the decisions of a run hold."""


def add_fields(parser: argparse.ArgumentParser, of_decisions: bool = False) -> None:
    """Add the options for fields of `Fields`: what the records look like; those of decisions only for a run."""
    group = parser.add_argument_group(
        "fields of the records",
        "Fields that are not named are guessed for each record: the names below are\n"
        "tried, and those of common feeds, APIs and crawlers. A name with dots is a path\n"
        "into nested objects.",
    )
    for name, meaning in _FIELDS.items():
        if name in OF_DECISIONS and not of_decisions:
            continue
        group.add_argument(f"--{name}-field", metavar="NAME", help=f"{meaning} (default: {GUESSES[name]})")
    group.add_argument(
        "--date-format",
        metavar="FORM",
        help="how dates are written, if not in a common form; for example %%d/%%m/%%Y",
    )
    add_encoding(group)


def add_encoding(parser: Any) -> None:
    """Add ``--encoding``."""
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of the files that are not UTF-8, such as windows-1251 (default: recognised, and reported)",
    )


def fields_of(options: argparse.Namespace) -> Fields:
    """Return the `Fields` that options set.

    Raises
    ------
    ParamsError
        When dates cannot be written in the form that is named, or Python does not know the encoding.
    """
    from dedup.io import Fields

    return Fields(
        id=options.id_field,
        text=options.text_field,
        date=options.date_field,
        source=options.source_field,
        title=getattr(options, "title_field", None),
        url=getattr(options, "url_field", None),
        date_format=options.date_format,
        encoding=options.encoding,
    )


def add_agencies(parser: Any) -> None:
    """Add ``--agencies``."""
    parser.add_argument(
        "--agencies",
        type=path,
        metavar="FILE",
        help="JSON file of news agencies to find in credits besides the shipped ones, in the form of "
        "dedup/attribution/agencies.json",
    )


def add_guard(parser: Any) -> None:
    """Add the options for what is checked before anything is written."""
    group = parser.add_argument_group(
        "guards", "What is checked before anything is written. Sources with fewer than 20 records are not."
    )
    group.add_argument(
        "--guard",
        choices=GUARDS,
        default=NOTE,
        help="if much of a source would be dropped, or a very large cluster is made: say so in a note, or write "
        "nothing and fail (default: %(default)s)",
    )
    group.add_argument(
        "--guard-share",
        type=number,
        default=0.1,
        metavar="SHARE",
        help="largest share of a source that may be dropped (default: %(default)s)",
    )
    group.add_argument(
        "--guard-cluster",
        type=positive,
        default=1000,
        metavar="N",
        help="most records of a cluster (default: %(default)s)",
    )


def add_longest(parser: Any) -> None:
    """Add ``--longest``."""
    parser.add_argument(
        "--longest", type=size, metavar="SIZE", help="reject records that are longer (default: 64MB, at most 2GB)"
    )


LOG_LEVELS = ("debug", "info", "warning", "error")


def add_messages(parser: argparse.ArgumentParser) -> Any:
    """Add the options for messages and the form of the answer; return their group."""
    group = parser.add_argument_group("messages")
    group.add_argument("--json", action="store_true", help="print the answer as JSON")
    group.add_argument("--traceback", action="store_true", help="show where in the program an error arose")
    group.add_argument(
        "--log-level",
        choices=LOG_LEVELS,
        metavar="LEVEL",
        help=f"log what happens on stderr, from this level on: {', '.join(LOG_LEVELS)} (default: nothing)",
    )
    group.add_argument(
        "--log-json",
        action="store_true",
        help="log as JSON, an object a line, from level info on unless --log-level is given",
    )
    return group


def without_messages(parser: argparse.ArgumentParser) -> None:
    """Give the options of `add_messages` their defaults, for a command that has no use for them."""
    others = argparse.ArgumentParser(add_help=False)
    add_messages(others)
    parser.set_defaults(**vars(others.parse_args([])))
