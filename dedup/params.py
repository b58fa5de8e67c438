"""Every knob that decides what is found and kept, in one frozen value with a fingerprint."""

from __future__ import annotations

import enum
import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from dedup.errors import ParamsError

UPDATES = ("keep", "latest", "drop")
HTML = ("auto", "keep", "strip", "main")
KEEP_POLICIES = ("earliest", "latest", "longest", "first", "source", "original")


class Level(enum.IntEnum):
    """How far from its original a text may be and still count as a copy; each level includes those before it."""

    identical = 0
    near = 1
    syndicated = 2
    rewritten = 3

    @classmethod
    def of(cls, value: Level | str) -> Level:
        """Return the level of that name."""
        if isinstance(value, Level):
            return value
        try:
            return cls[value]
        except KeyError:
            raise ParamsError(f"level {value!r}", f"one of {', '.join(cls.__members__)}") from None


@dataclass(frozen=True, kw_only=True)
class Params:
    """What decides the answer. Ways of running (threads, memory, scratch) are not here.

    Parameters
    ----------
    level : Level or str
        Everything at or under this level is a copy and dropped. Default ``rewritten``.
    threshold : float
        Resemblance of word shingles, in (0, 1], from which a pair is a near duplicate.
    keep : str or None
        Which document of a cluster is kept: ``earliest``, ``latest``, ``longest``, ``first``, ``source`` or
        ``original``: an agency's own copy, then one that bears its mark, then one that credits none.
        None means ``earliest`` where the input has dates, else ``first``.
    prefer : tuple of str
        With ``keep="source"``: sources, or agencies by any name of theirs, the most wanted first.
    updates : str
        What becomes of two texts of which one carries the other on with news of its own (an arrest, then the verdict):
        ``keep`` both; keep the ``latest``, where all of the earlier stands in it; ``drop`` one, as a copy.
    certainty : float
        Least probability that there is no news, for a text and one that carries it on beyond doubt to be copies; where
        that is in doubt it must be higher: `dedup.judge.relation.tolerance`. The higher, the more pairs are updates.
    window : float or None
        Hours: texts whose dates lie further apart are not compared, unless they are identical. None: no limit.
    model : str or None
        A file that `dedup fit` has made, or what stands in it, to judge by in place of the shipped one.
    html : str
        What becomes of markup before texts are compared: ``auto`` takes it off those that are HTML, and decodes
        entities; ``strip`` takes every text for HTML; ``keep`` leaves all as it is; ``main`` is ``auto``, but of whole
        pages only the article is compared, as trafilatura finds it. Kept records are never changed.
    related : bool
        Whether pairs of the relation ``same_event`` are reported, too: the same story, written independently.
    shingle_size : int
        Tokens in a shingle.
    num_perm : int
        Length of a MinHash signature.
    seed : int
        Seed of the MinHash permutations, as in datasketch.
    target_recall : float
        Share of the pairs exactly at the threshold that the bands must make candidates.
    min_tokens : int
        Documents with fewer tokens are compared for identity only.
    rare_df : int
        A word pair is rare while it stands in at most this many distinct articles.
    sketch_size : int
        Rare pairs kept of a document.
    sketch_overlap : int
        Kept rare pairs that two documents must share to be a candidate pair; in proportion fewer where one has kept
        all it has.
    bucket_limit : int
        Documents of one bucket or posting list that each other one is compared with at a time.
    """

    level: Level = Level.rewritten
    threshold: float = 0.7
    keep: str | None = None
    prefer: tuple[str, ...] = ()
    updates: str = "keep"
    certainty: float = 0.7
    window: float | None = None
    model: str | None = None
    html: str = "auto"
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
        if isinstance(self.prefer, str):
            raise ParamsError(f"prefer {self.prefer!r}", "a list of sources")
        object.__setattr__(self, "prefer", tuple(self.prefer))
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
            raise ParamsError("html 'main' without trafilatura", "the package", "pip install 'newsdedup[html]'")
        if self.window is not None:
            if isinstance(self.window, bool) or not isinstance(self.window, Real) or not 0 < float(self.window) < 1e7:
                raise ParamsError(f"window {self.window!r}", "a number of hours above 0")
            object.__setattr__(self, "window", float(self.window))
        if self.model is not None:
            object.__setattr__(self, "model", _model(self.model))
        if not isinstance(self.related, bool):
            raise ParamsError(f"related {self.related!r}", "True or False")
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real) or not low <= float(value) <= high:
                raise ParamsError(f"{name} {value!r}", f"a number from {low:g} to {high:g}")
            if name in _REAL:
                object.__setattr__(self, name, float(value))
            elif isinstance(value, Integral):
                object.__setattr__(self, name, int(value))
            else:
                raise ParamsError(f"{name} {value!r}", "a whole number")

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values, ready for JSON."""
        values = asdict(self)
        values["level"] = self.level.name
        values["prefer"] = list(self.prefer)
        return values

    @property
    def fingerprint(self) -> str:
        """16 hex digits that are equal for equal parameters."""
        canonical = json.dumps(self.as_dict(), sort_keys=True).encode()
        return hashlib.blake2b(canonical, digest_size=8).hexdigest()


def _model(given: Any) -> str:
    """Return a model as canonical JSON, read from its file where it is given by that.

    Raises
    ------
    ParamsError
    """
    expected = "a model that dedup fit has written"
    text = given
    if not isinstance(given, (str, os.PathLike)):
        raise ParamsError(f"model of type {type(given).__name__}", expected)
    if not str(given).lstrip().startswith("{"):
        try:
            text = Path(given).read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise ParamsError(f"model {str(given)!r}: {reason.lower()}", expected) from error
    try:
        read = json.loads(text)
        questions: dict[str, dict[str, Any]] = {
            name: {
                "intercept": float(read[name]["intercept"]),
                "terms": [[str(term[0]), *map(float, term[1:])] for term in read[name]["terms"]],
            }
            for name in ("carried", "news")
        }
        if any(len(term) != 4 for of in questions.values() for term in of["terms"]):
            raise ValueError("a term of another length")
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ParamsError(f"model {str(given)[:60]!r}, which is none", expected) from error
    return json.dumps(questions, sort_keys=True)


_REAL = frozenset({"threshold", "certainty", "target_recall"})
_BOUNDS = (
    ("threshold", 0.05, 1.0),
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
