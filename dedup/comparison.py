"""Compare two texts: judge them as a run judges a pair, and find the passages that they share."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.credits import HEAD_BYTES, TAIL_BYTES, Credit, credit_at_ends
from dedup.attribution.direction import Sides, derived
from dedup.candidates import background, word_pairs
from dedup.errors import InputError
from dedup.judge import pairs_to_matches, relation
from dedup.judge.pairs_to_matches import Bodies
from dedup.judge.passage import MIN_WORDS, REWORDED, Passage, checked_min_words
from dedup.judge.reasons import reason
from dedup.params import Params, with_fields
from dedup.schema import ALL_OF_IDENTICAL, IDENTICAL, LEFT, MEASURES, NEITHER, NO_DATE, RELATIONS, SAME_EVENT
from dedup.store.corpus import Corpus
from dedup.text.markup import compared_texts
from dedup.text.tokens import encode, tokenise

SHORTEST = 3
"""Words that a passage of `shared_passages` has in common, at least."""


@dataclass(frozen=True)
class Comparison:
    """The verdict on two texts, as `dedup.compare` returns it.

    Parameters
    ----------
    relation : str or None
        One of `dedup.schema.RELATIONS`; None if the texts have nothing to do with each other.
    score : float
        In [0, 1]: the resemblance of near duplicates, otherwise how certain it is that one is a copy.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`, where ``left`` is the first text. Only those that were measured: few
        for identical texts, none where one of them has no words.
    credit_a, credit_b : str or None
        The news agency that each text credits.
    derived : str or None
        ``"a"`` or ``"b"``: the text that seems to be the copy, by the credits and the content of both. None if that
        cannot be decided.
    reason : str
        Why the relation was chosen, in words.
    text_a, text_b : str
        The texts as they were compared: those given, without their markup if they have any. Passages count characters
        in these.
    min_words : int
        Words that a verbatim passage has at least.

    Attributes
    ----------
    passages : tuple of Passage
        What the texts share, where it is in both, and what changed in it; in the order of ``text_a``, which is the left
        one. Found when it is first asked for.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> dedup.compare(f"LONDON (Reuters) - {report}", f"LONDON (Reuters) - {report.upper()}").credit_b
    'Reuters'
    >>> html = f"<p>{report}</p><p>Traders of the market beside it had asked for that.</p>"
    >>> comparison = dedup.compare(html, report.replace("spring", "May"))
    >>> (passage,) = comparison.passages
    >>> comparison.text_a[passage.left_begin : passage.left_end]
    'The council voted on Monday to close the old bridge for repairs until the end of next'
    """

    relation: str | None
    score: float
    measures: dict[str, float]
    credit_a: str | None
    credit_b: str | None
    derived: str | None
    reason: str
    text_a: str = field(default="", repr=False, compare=False)
    text_b: str = field(default="", repr=False, compare=False)
    min_words: int = field(default=MIN_WORDS, repr=False, compare=False)

    @functools.cached_property
    def passages(self) -> tuple[Passage, ...]:
        """What the texts share; see `Comparison`."""
        from dedup.judge.passages import passages  # with kernels that need not be loaded if nobody asks

        return passages(self.text_a, self.text_b, self.min_words)

    def __repr__(self) -> str:
        further = {"credit_a": self.credit_a, "credit_b": self.credit_b, "derived": self.derived}
        shown = "".join(f", {name}={value!r}" for name, value in further.items() if value is not None)
        return f"Comparison({self.relation!r}, score={self.score:.2f}{shown}, reason={self.reason!r})"

    def _repr_html_(self) -> str:
        facts = {"reason": self.reason, "credit of a": self.credit_a, "credit of b": self.credit_b}
        facts["seems to be the copy"] = self.derived
        rows = (f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts.items() if value)
        title = (self.relation or "no relation").replace("_", " ")
        return f"<table><caption>{title}, score {self.score:.2f}</caption>{''.join(rows)}</table>"


def compare(
    a: str,
    b: str,
    params: Params | None = None,
    *,
    agencies: str | os.PathLike[str] | None = None,
    min_words: int = MIN_WORDS,
    **params_fields: Any,
) -> Comparison:
    """Compare two texts: return what kind of copy one is of the other, with the evidence.

    Parameters
    ----------
    a, b : str
    params : Params, optional
        Only ``threshold``, ``certainty``, ``updates``, ``shingle_size``, ``html`` and ``model`` are used.
    agencies : path, optional
        A file of news agencies that are recognised as credits in addition to the shipped ones; it has the form of
        ``agencies.json``.
    min_words : int
        Words that a verbatim passage has at least in common; a character of a script without spaces counts half.
    **params_fields
        Fields of `Params`, which replace those of ``params``.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When one of them is not a string, or the file cannot be used.
    ParamsError

    Notes
    -----
    Two texts alone do not show which word pairs are rare. A list of those that are common in English news is shipped,
    and every other one counts as rare. A run takes rarity from its whole corpus, and may judge differently the words
    that two articles share because of a fashion or a template.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> dedup.compare(report, report.upper()).relation
    'identical'
    """
    for name, text in (("a", a), ("b", b)):
        if not isinstance(text, str):
            raise InputError(f"{name} of type {type(text).__name__}", "a string")
    checked_min_words(min_words)
    table = Agencies.read(agencies)
    chosen = with_fields(params, params_fields, compare.__kwdefaults__)
    texts = compared_texts(pa.array([encode(a), encode(b)], pa.large_binary()), chosen).to_pylist()
    credits = [credit_at_ends(text[:HEAD_BYTES], text[-TAIL_BYTES:], len(text), table) for text in texts]
    names = [None if credit.agency == UNKNOWN else table.names[credit.agency] for credit in credits]
    plain = [_plain(given, text) for given, text in zip((a, b), texts, strict=True)]
    judged = _judged(texts, credits, chosen)
    credited = replace(judged, credit_a=names[0], credit_b=names[1])
    return replace(credited, text_a=plain[0], text_b=plain[1], min_words=min_words)


def _plain(given: str, text: bytes) -> str:
    """Return a text without its markup: the one given, if it has none."""
    return given if encode(given) == text else text.decode("utf-8", "replace")


def _judged(texts: list[bytes], credits: list[Credit], params: Params) -> Comparison:
    """Return the verdict on two texts, without the names of the agencies they credit."""
    tokens = tokenise(pa.array(texts, pa.large_binary()))
    corpus = Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:], tokens.fingerprints)
    if corpus.lengths.min() == 0:
        return _verdict(None, 0.0, {}, "a text without words")
    if (tokens.digests[0] == tokens.digests[1]).all():
        measures = dict.fromkeys(ALL_OF_IDENTICAL, 1.0)
        side = _derived(credits, IDENTICAL, measures)
        return _verdict(RELATIONS[IDENTICAL], 1.0, measures, reason(IDENTICAL, {}), side)
    rare_pairs = word_pairs.rare_pairs(corpus, background.frequencies())
    pair = np.array([1], np.uint64)
    bodies = Bodies(corpus, rare_pairs=rare_pairs)
    measured = pairs_to_matches.measure_pairs(bodies, pair, pair, params, whole=True)
    verdict = relation.judge(measured, params)
    code, score = int(verdict.relation[0]), float(verdict.score[0])
    measured_of = zip(MEASURES, verdict.measures[:, 0].tolist(), strict=True)
    measures = {name: value for name, value in measured_of if value == value}  # furniture takes many texts to see
    if code == SAME_EVENT and max(score, measures["rare_containment"]) < relation.SAME_EVENT_FROM:
        return _verdict(None, score, measures, reason(None, measures))
    side = _derived(credits, code, measures)
    words = float(min(measured.lengths_left[0], measured.lengths_right[0]))
    why = reason(code, measures, relation.Models.of(params), words=words)
    return _verdict(RELATIONS[code], score, measures, why, side)


def _verdict(
    relation: str | None, score: float, measures: dict[str, float], reason: str, derived: str | None = None
) -> Comparison:
    return Comparison(relation, score, measures, None, None, derived, reason)


def _derived(credits: list[Credit], code: int, measures: dict[str, float]) -> str | None:
    """Return the side that seems to be the copy; two bare texts have neither source nor date."""
    left, right = (
        Sides(np.array([UNKNOWN]), np.array([credit.agency]), np.array([credit.drawn_on]), np.array([NO_DATE]))
        for credit in credits
    )
    containments = (np.array([measures[f"containment_{side}"]]) for side in ("left", "right"))
    side = derived(left, right, np.array([code], np.int8), *containments)[0]
    return None if side == NEITHER else "a" if side == LEFT else "b"


def shared_passages(a: str, b: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Find the passages that two texts share, but for reworded ones, with their places in both.

    Parameters
    ----------
    a, b : str

    Returns
    -------
    in_a, in_b : list of (start, stop)
        Character positions, ascending; passages do not overlap.
    """
    from dedup.judge.passages import passages

    found = [one for one in passages(a, b, SHORTEST) if one.kind != REWORDED]
    in_a = [(one.left_begin, one.left_end) for one in found]
    return in_a, sorted((one.right_begin, one.right_end) for one in found)
