"""Define the parameters that decide which copies are found and kept: one frozen value with a fingerprint."""

from __future__ import annotations

import enum
import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from dedup.errors import ParamsError, nearest

T = TypeVar("T")

UPDATES = ("keep", "latest", "drop")
HTML = ("auto", "keep", "strip", "main")
MOJIBAKE = ("keep", "repair")
WITHIN = ("source", "day")
KEEP_POLICIES = ("earliest", "latest", "longest", "first", "source", "original")


class Level(enum.IntEnum):
    """How far a text may be from its original and still count as a copy; each level includes those before it.

    ``identical``: the same words in the same order. ``near``: near duplicates, by the resemblance of word shingles.
    ``syndicated``: also excerpts, and articles that were edited again. ``rewritten``: also articles retold in other
    words. Wherever a level is expected its name will do: ``level="near"``.

    Examples
    --------
    >>> from dedup import Level
    >>> Level.near < Level.rewritten, [level.name for level in Level]
    (True, ['identical', 'near', 'syndicated', 'rewritten'])
    """

    identical = 0
    near = 1
    syndicated = 2
    rewritten = 3

    @classmethod
    def of(cls, value: Level | str) -> Level:
        """Return the level of that name.

        Parameters
        ----------
        value : Level or str

        Returns
        -------
        Level

        Raises
        ------
        ParamsError
            When there is no such level.
        """
        if isinstance(value, Level):
            return value
        try:
            return cls[value]
        except (KeyError, TypeError):
            raise ParamsError(f"level {value!r}", f"one of {', '.join(cls.__members__)}") from None


def refuse_other_keywords(cls: type[T]) -> type[T]:
    """Make a dataclass raise a `ParamsError` for a keyword that is not one of its fields, with the nearest one.

    Parameters
    ----------
    cls : type
        A dataclass; it is changed and returned.
    """
    made = cls.__init__
    names = [field.name for field in fields(cls) if field.init]  # type: ignore[arg-type]

    @functools.wraps(made)
    def init(self: T, *arguments: Any, **keywords: Any) -> None:
        for name in keywords:
            if name not in names:
                raise ParamsError(
                    f"an argument {name!r} that does not exist", f"a field of dedup.{cls.__name__}", _hint(name, names)
                )
        made(self, *arguments, **keywords)

    cls.__init__ = init  # type: ignore[assignment]
    return cls


@refuse_other_keywords
@dataclass(frozen=True, kw_only=True)
class Params:
    """Parameters that decide the answer; how a run is carried out (threads, memory, scratch) is in `dedup.RunOptions`.

    Every function that takes ``params`` also takes these fields as keywords: ``deduplicate(records, level="near")``.

    Parameters
    ----------
    level : Level or str
        A copy at this level or a closer one is dropped. Default ``rewritten``.
    threshold : float
        Resemblance of word shingles, in (0, 1], from which two texts are near duplicates.
    floor : float or None
        Resemblance from which near duplicates are searched for; None: from the threshold. With a lower one more pairs
        are compared, which takes longer, so that another threshold down to the floor can be tried without a new run.
    score : float
        Least score, in [0, 1], from which an excerpt, a revised or a rewritten text is dropped; identical texts and
        near duplicates are dropped whatever it is. 0.0: all are.
    keep : str or None
        Which document of a cluster is kept: ``earliest``, ``latest``, ``longest``, ``first``, ``source`` or
        ``original``: an agency's own copy, else one that bears the agency's mark, else one that credits no agency. None
        means ``earliest`` if the input has dates, else ``first``.
    prefer : tuple of str
        With ``keep="source"``: sources, or agencies by any of their names, the most wanted first.
    protect : tuple of str
        Sources, or agencies by any of their names, of which nothing is ever dropped; others go for what they have.
    within : str or None
        ``source``: only records of one source are copies of each other; ``day``: only those of one day, in UTC. A
        record without a source, or a date, is then a copy of none. None: all are.
    updates : str
        What to do if one text continues another with news of its own (an arrest, then the verdict): ``keep`` keeps
        both; ``latest`` drops the earlier one if nearly all of it is in the later one; ``drop`` treats one as a copy of
        the other.
    certainty : float
        How probable it must be, in [0, 1], that a text has no news before it is dropped as a copy of another that
        clearly carries it; if that is less clear, a higher probability is required. The higher it is, the more pairs
        are updates.
    window : float or None
        Hours: texts whose dates lie further apart are not compared, unless they are identical. None: no limit.
    model : str or None
        A file written by `dedup fit`, or its contents, used in place of the shipped relation model.
    html : str
        How markup is treated before texts are compared: ``auto`` removes it from texts that are HTML, and decodes
        entities; ``strip`` treats every text as HTML; ``keep`` compares markup as words; ``main`` is ``auto``, but
        compares only the article of a whole page, as extracted by trafilatura. Kept records are never changed.
    mojibake : str
        What becomes of texts that are UTF-8 read as windows-1252 ("FranÃ§ois"): ``keep`` compares them as they are,
        ``repair`` as ftfy repairs them. Kept records are never changed.
    related : bool
        Whether pairs of the relation ``same_event`` are reported too: the same story, written independently.
    shingle_size : int
        Tokens in a shingle.
    num_perm : int
        Values of a MinHash signature.
    seed : int
        Seed of the MinHash permutations, as in datasketch.
    target_recall : float
        Share of the pairs exactly at the threshold that must become candidates.
    min_tokens : int
        Texts with fewer tokens are compared for identity only.
    rare_df : int
        A pair of words is rare while at most this many distinct articles have it.
    sketch_size : int
        Rare pairs of a document that are kept for finding candidates.
    sketch_overlap : int
        Kept rare pairs that two documents must share to become a candidate pair; proportionally fewer for a document
        with fewer pairs than ``sketch_size``.
    bucket_limit : int
        Documents of one bucket or posting list that each other document is compared with at a time.

    Raises
    ------
    ParamsError
        When a value cannot be used.

    Examples
    --------
    >>> import dedup
    >>> params = dedup.Params(level="near", threshold=0.8)
    >>> params.level.name, params.threshold, params.keep
    ('near', 0.8, None)
    """

    level: Level = Level.rewritten
    threshold: float = 0.7
    floor: float | None = None
    score: float = 0.0
    keep: str | None = None
    prefer: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    within: str | None = None
    updates: str = "keep"
    certainty: float = 0.7
    window: float | None = None
    model: str | None = None
    html: str = "auto"
    mojibake: str = "keep"
    related: bool = False
    shingle_size: int = 5
    num_perm: int = 128
    seed: int = 1
    target_recall: float = 0.99
    min_tokens: int = 10
    rare_df: int = 50
    sketch_size: int = 64
    sketch_overlap: int = 4
    bucket_limit: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level.of(self.level))
        for name in ("prefer", "protect"):
            if isinstance(value := getattr(self, name), str):
                raise ParamsError(f"{name} {value!r}", "a list of sources")
            object.__setattr__(self, name, tuple(value))
        if self.within is not None and self.within not in WITHIN:
            raise ParamsError(f"within {self.within!r}", f"one of {', '.join(WITHIN)}")
        if self.keep is not None and self.keep not in KEEP_POLICIES:
            raise ParamsError(f"keep {self.keep!r}", f"one of {', '.join(KEEP_POLICIES)}")
        if self.keep == "source" and not self.prefer:
            raise ParamsError(
                "keep 'source' without sources to prefer", "a list of sources", "give prefer (--prefer a,b)"
            )
        if self.prefer and self.keep != "source":
            raise ParamsError("sources to prefer, but keep is not 'source'", "keep 'source'", "add --keep source")
        if self.updates not in UPDATES:
            raise ParamsError(f"updates {self.updates!r}", f"one of {', '.join(UPDATES)}")
        if self.html not in HTML:
            raise ParamsError(f"html {self.html!r}", f"one of {', '.join(HTML)}")
        if self.html == "main" and find_spec("trafilatura") is None:
            raise ParamsError(
                "html 'main', but trafilatura is not installed", "the extra html", "pip install 'newsdedup[html]'"
            )
        if self.mojibake not in MOJIBAKE:
            raise ParamsError(f"mojibake {self.mojibake!r}", f"one of {', '.join(MOJIBAKE)}")
        if self.mojibake == "repair" and find_spec("ftfy") is None:
            raise ParamsError(
                "mojibake 'repair', but ftfy is not installed",
                "the extra mojibake",
                "pip install 'newsdedup[mojibake]'",
            )
        if self.window is not None:
            if isinstance(self.window, bool) or not isinstance(self.window, Real) or not 0 < float(self.window) < 1e7:
                raise ParamsError(f"window {self.window!r}", "a number of hours above 0")
            object.__setattr__(self, "window", float(self.window))
        if self.model is not None:
            object.__setattr__(self, "model", _model(self.model))
        for name, low, high in _BOUNDS:
            object.__setattr__(self, name, _checked(name, getattr(self, name), low, high))
        if self.floor is not None:
            floor = _checked("floor", self.floor, LEAST_THRESHOLD, self.threshold)
            object.__setattr__(self, "floor", None if floor == self.threshold else floor)
        if not isinstance(self.related, bool):
            raise ParamsError(f"related {self.related!r}", "True or False")

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values that JSON can hold.

        Returns
        -------
        dict
            Field to value; the level is its name.
        """
        values = asdict(self)
        values["level"] = self.level.name
        values["prefer"], values["protect"] = list(self.prefer), list(self.protect)
        return values

    @property
    def least_resemblance(self) -> float:
        """Resemblance from which near duplicates are searched for: the floor, or else the threshold."""
        return self.threshold if self.floor is None else self.floor

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that are equal for equal parameters."""
        values = self.as_dict()
        # Those of a version that did not have these fields stay as they were.
        values = {name: value for name, value in values.items() if name not in _LATER or value != _LATER[name]}
        canonical = json.dumps(values, sort_keys=True).encode()
        return hashlib.blake2b(canonical, digest_size=8).hexdigest()


def chosen_fields(
    params: Params | None, keywords: Mapping[str, Any], others: Iterable[str] | None = None
) -> dict[str, Any]:
    """Return the fields that a caller set, so that all others can be those of an index.

    Parameters
    ----------
    params : Params or None
        Chooses all fields.
    keywords : mapping
        Field to value; they replace fields of ``params``.
    others : iterable of str, optional
        Further arguments of the function that was called, which may have been meant.

    Returns
    -------
    dict
        Field to value.

    Raises
    ------
    ParamsError
        When ``params`` is no Params or a keyword is no field of it.
    """
    require_type("params", params, Params, 'as in Params(level="near")')
    names = [field.name for field in fields(Params)]
    for name in keywords:
        if name not in names:
            found = f"an argument {name!r} that does not exist"
            raise ParamsError(found, "a field of dedup.Params", _hint(name, names, others))
    return {**({} if params is None else {name: getattr(params, name) for name in names}), **keywords}


def require_type(name: str, value: object, kind: type, hint: str) -> None:
    """Refuse an argument that is neither None nor of a type of this package.

    Raises
    ------
    ParamsError
        It names the argument, the type that was found and the one that is expected.
    """
    if value is not None and not isinstance(value, kind):
        raise ParamsError(f"{name} of type {type(value).__name__}", f"dedup.{kind.__name__}", hint)


def require_for_index(params: Params) -> None:
    """Refuse parameters that only a run without an index has.

    Raises
    ------
    ParamsError
    """
    usual = Params()
    others = [name for name in OF_A_RUN if getattr(params, name) != getattr(usual, name)]
    if others:
        values = params.as_dict()
        found = f"{', '.join(f'{name} {values[name]!r}' for name in others)} with an index"
        raise ParamsError(found, "no such parameter: an index decides on each text when it comes", "run without it")


def with_fields(params: Params | None, keywords: Mapping[str, Any], others: Iterable[str] | None = None) -> Params:
    """Return parameters with some fields replaced, for functions that take fields of Params as keywords.

    Parameters
    ----------
    params : Params or None
        None means the defaults.
    keywords : mapping
        Field to value.
    others : iterable of str, optional
        As for `chosen_fields`.

    Returns
    -------
    Params

    Raises
    ------
    ParamsError
        When a keyword is no field of Params (it names the nearest one), or a value cannot be used.

    Examples
    --------
    >>> from dedup.params import Params, with_fields
    >>> with_fields(Params(threshold=0.8), {"level": "near"}) == Params(threshold=0.8, level="near")
    True
    """
    return Params(**chosen_fields(params, keywords, others))


GUARDS = NOTE, ERROR = ("note", "error")
"""What the guard of a run does, in `dedup.RunOptions`: say it, or fail."""

_RUN_OPTIONS = (
    "threads", "memory", "scratch", "resume", "strict", "progress", "longest", "fail_on_empty", "decisions", "guard",
    "guard_share", "guard_cluster", "limit", "sample", "passages", "kept", "compress", "shards", "layout",
)  # fmt: skip
_INPUT_FIELDS = (
    "id_field", "text_field", "date_field", "source_field", "title_field", "url_field", "date_format", "encoding",
)  # fmt: skip


def _hint(name: str, names: Sequence[str], others: Iterable[str] | None = None) -> str:
    """Return a hint at the name that the caller probably meant, and where it belongs."""
    others = list(others or ())
    of_input = f"{name.removesuffix('_column')}_field"  # as in text=, or text_column=
    if of_input in _INPUT_FIELDS:
        meant: str | None = of_input
        name = of_input
    else:
        meant = nearest(name, [*names, *others, *_RUN_OPTIONS, *_INPUT_FIELDS])
    if meant is None:
        return f"the fields are {', '.join(names)}"
    if meant in names or meant in others:
        return f"did you mean {meant!r}?"
    guess = "" if meant == name else f"did you mean {meant!r}? "
    if meant in _RUN_OPTIONS:
        place = f"it is a field of dedup.RunOptions, as in deduplicate(records, run=RunOptions({meant}=...))"
    else:
        field = meant.removesuffix("_field")
        place = f"it is a field of dedup.Fields, as in deduplicate(records, fields=Fields({field}=...))"
    return guess + place


def _model(model: Any) -> str:
    """Return a model as canonical JSON, read from its file where a path names it.

    Raises
    ------
    ParamsError
    """
    expected = "a model written by dedup fit"
    if not isinstance(model, (str, os.PathLike)):
        raise ParamsError(f"model of type {type(model).__name__}", expected)
    text = str(model)
    if not text.lstrip().startswith("{"):
        try:
            text = Path(model).read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise ParamsError(f"model {str(model)!r}: {reason.lower()}", expected) from error
    try:
        read = json.loads(text)
        questions: dict[str, dict[str, Any]] = {
            name: {
                "intercept": float(read[name]["intercept"]),
                "terms": [[str(term[0]), *map(float, term[1:])] for term in read[name]["terms"]],
            }
            for name in ("carried", "news")
        }
        if any(len(term) != 4 for question in questions.values() for term in question["terms"]):
            raise ValueError("a term of another length")
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ParamsError(f"model {str(model)[:60]!r}, which is not a model", expected) from error
    return json.dumps(questions, sort_keys=True)


def _checked(name: str, value: Any, low: float, high: float) -> float:
    """Return a number within its bounds, whole unless its field is of real numbers.

    Raises
    ------
    ParamsError
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not low <= float(value) <= high:
        raise ParamsError(f"{name} {value!r}", f"a number from {low:g} to {high:g}")
    if name in _REAL:
        return float(value)
    if not isinstance(value, Integral):
        raise ParamsError(f"{name} {value!r}", "a whole number")
    return int(value)


LEAST_THRESHOLD = 0.05
_LATER: dict[str, Any] = {"floor": None, "score": 0.0, "protect": [], "within": None, "mojibake": "keep"}
"""Fields that were added, with their defaults."""

OF_A_RUN = ("floor", "score", "protect", "within")
"""Fields that an index does not have."""

_REAL = frozenset({"threshold", "floor", "score", "certainty", "target_recall"})
_BOUNDS = (
    ("threshold", LEAST_THRESHOLD, 1.0),
    ("score", 0.0, 1.0),
    ("certainty", 0.0, 1.0),
    ("target_recall", 0.5, 0.999999),
    ("shingle_size", 1, 32),
    ("num_perm", 16, 4096),
    ("seed", 0, 2**32 - 1),
    ("min_tokens", 1, 10_000),
    ("rare_df", 2, 128),
    ("sketch_size", 1, 4096),
    ("sketch_overlap", 1, 64),
    ("bucket_limit", 2, 100_000),
)

assert {name for name, _, _ in _BOUNDS} <= {field.name for field in fields(Params)}
