"""Tell a full stop that ends a statement from one that belongs to an abbreviation or a number."""

from __future__ import annotations

import re

_TITLES = (
    "mr mrs ms messrs dr prof rev gov sen rep gen col lt sgt capt cmdr cpl maj adm brig pvt supt insp st mt ft fig vol "
    "hr fr mme mlle mgr ste sr sra srta dra gral lic ud uds ee profa exmo sig dott avv dhr mevr drs doç проф акад ген"
)
_UNITS = (
    "vs etc nr pp usw approx ca mio mrd bzw inkl evtl ggf vgl geb hrsg mln mld tys płk ks ul św hab "
    "тыс млн млрд долл руб ул стр гг"
)
_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"

TITLES = frozenset(_TITLES.split())
"""Abbreviations if they have a capital, mostly before names, in English, German, French, Spanish and others."""

UNITS = frozenset(_UNITS.split())
"""Abbreviations in either case, of which few end a sentence, in English, German, Polish, Russian and others."""

MONTHS = frozenset(_MONTHS.split())
"""Names that follow the number of a day and a full stop with a capital: German."""

SHORT = 5
"""Letters of the longest word that may be an abbreviation although it is in no list: Calif."""

_LONGEST = max(map(len, TITLES | UNITS))
_NO_ENDS = (",", ";", ":")
_SPACES = " \t\u00a0\u202f"
_FULL_STOP = re.compile(r"\.[^.!?。！？।۔؟…\n\r<>]*")


def goes_on(word: str, gap: str, following: str) -> bool:
    """Return whether a statement goes on although a full stop follows one of its words.

    It does where a comma is next; where a digit or a lower-case letter is next, after any single letter or a short word
    with a capital (texts in lower case alone have sentences, too); after the day of a month; after a single capital, or
    a letter without a space behind it; after an abbreviation. It does not at the end of a line, or at two stops.

    Parameters
    ----------
    word, gap, following : str
        A word, what stands behind it, and the next word.

    Examples
    --------
    >>> goes_on("Dr", ". ", "Prior"), goes_on("bridge", ". ", "Prior"), goes_on("Nov", ". ", "16")
    (True, False, True)
    """
    if len(word) > _LONGEST and gap[1:2] not in _NO_ENDS:
        return False
    if not _FULL_STOP.fullmatch(gap):
        return False
    is_before_a_part = following[0].isdecimal() or following[0].islower()
    is_day = len(word) <= len("31") and word.isdecimal() and (following[0].islower() or following in MONTHS)
    if gap[1:2] in _NO_ENDS or is_day or (is_before_a_part and len(word) <= SHORT and word[0].isupper()):
        return True
    if gap[1:].strip(_SPACES):
        return False
    is_letter = len(word) == 1 and (word.isupper() or (word.islower() and (gap == "." or is_before_a_part)))
    return is_letter or _is_abbreviation(word)


def _is_abbreviation(word: str) -> bool:
    folded = word.casefold()
    return folded in UNITS or (folded in TITLES and word[0].isupper())
