"""Find the news agency that a text credits, by searching both ends of the text.

A credit is the name of an agency in a place that only credits have: a dateline, a byline, a line of its own, a
sign-off, a copyright notice, a phrase such as "according to". Names and phrases come from
`dedup.attribution.agencies`; the places are defined here. Elsewhere in a text, and in its middle, a name is just a
name: "Harrisburg, PA", "AP classes", "told the BBC".
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, WORD, Agencies, Form
from dedup.errors import InputError
from dedup.store.scratch import release
from dedup.text.markup import plain_text

HEAD, TAIL = 320, 400
"""How many characters at either end of a text are searched."""

HEAD_BYTES, TAIL_BYTES = 2 * HEAD, 2 * TAIL
"""How many bytes of UTF-8 a run keeps of either end: enough for alphabets of two bytes a letter."""

CUT = "\0"
"""Put where the text continues beyond the end that is searched."""

BESIDE = 120
"""How many characters before and after a name are searched."""

JUST = 12
"""How many characters before a name most patterns need, or a few times as many: searching all would be slow."""

CLOSING = 60
"""How many characters at the very end of a text are searched first: most marks of the tail are there."""

BATCH_TEXTS = 10_000
"""How many texts' ends are in memory at a time."""


class Credit(NamedTuple):
    """The agency that a text credits, and whether the text bears its mark or only draws on it.

    Parameters
    ----------
    agency : int
        Its place in ``Agencies.names``; UNKNOWN for none.
    drawn_on : bool
        The text says in words that it draws on the agency ("with reporting by Reuters"), as others do. Else it bears
        the agency's mark ("LONDON (Reuters) -"), as the agency's own copy does and that of others who carry it.
    """

    agency: int
    drawn_on: bool


NO_CREDIT = Credit(UNKNOWN, False)


def credit(text: str, agencies: str | os.PathLike[str] | None = None) -> str | None:
    """Return the agency that a text credits.

    Parameters
    ----------
    text : str
    agencies : path, optional
        A file of agencies to be added to the shipped ones.

    Returns
    -------
    str or None
        The canonical name. Of several agencies the one whose mark the text bears comes before one that it says it draws
        on, and then the first.

    Raises
    ------
    InputError
        When the text is not a string, or the file cannot be used.

    Examples
    --------
    >>> from dedup import credit
    >>> credit("LONDON (Reuters) - The old bridge is closed, the council said.")
    'Reuters'
    >>> credit("The old bridge is closed. The Associated Press contributed to this report.")
    'AP'
    >>> credit("He left Harrisburg, PA, for a job in marketing.") is None
    True
    """
    if not isinstance(text, str):
        raise InputError(f"a text of type {type(text).__name__}", "a string")
    table = Agencies.read(agencies)
    data = plain_text(text.encode("utf-8", "surrogatepass")).encode()
    found = credit_at_ends(data[:HEAD_BYTES], data[-TAIL_BYTES:], len(data), table)
    return None if found.agency == UNKNOWN else table.names[found.agency]


def credits_at_ends(
    ends: npt.NDArray[np.uint8],
    sizes: npt.NDArray[np.int64],
    texts: npt.NDArray[np.int64],
    agencies: Agencies,
    batch: int = BATCH_TEXTS,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the credits of many texts, from the two ends of each.

    Parameters
    ----------
    ends : uint8 array, shape (n, HEAD_BYTES + TAIL_BYTES)
        As `ends_of` gives them.
    sizes : int64 array, shape (n,)
        Bytes of the texts.
    texts : int64 array, shape (n_texts,)
        Rows of those that are wanted.
    agencies : Agencies
    batch : int
        How many texts' ends are in memory at a time.

    Returns
    -------
    agency : int64 array, shape (n_texts,)
        UNKNOWN for none.
    drawn_on : bool array, shape (n_texts,)
        As in `Credit`.

    Notes
    -----
    One pass of RE2 finds the few texts that have any name near their ends, at a microsecond each; only those are
    searched for credits.
    """
    agency = np.full(len(texts), UNKNOWN)
    drawn_on = np.zeros(len(texts), bool)
    for first in range(0, len(texts), batch):
        chosen = texts[first : first + batch]
        rows = np.ascontiguousarray(ends[chosen])
        release(ends)
        has_name = _has_name(rows, agencies)
        for row in np.nonzero(has_name.any(axis=1))[0].tolist():
            size = int(sizes[chosen[row]])
            data = rows[row].tobytes()
            head = data[: min(size, HEAD_BYTES)] if has_name[row, 0] else b""
            tail = data[len(data) - min(size, TAIL_BYTES) :] if has_name[row, 1] else b""
            found = credit_at_ends(head, tail, size, agencies)
            agency[first + row], drawn_on[first + row] = found.agency, found.drawn_on
    return agency, drawn_on


def _has_name(rows: npt.NDArray[np.uint8], agencies: Agencies) -> npt.NDArray[np.bool_]:
    """Return which heads and which tails may contain the name of an agency, shape (n, 2)."""
    places = np.arange(0, rows.size, rows.shape[1])[:, None] + (0, HEAD_BYTES)
    buffers = [None, pa.py_buffer(np.append(places, rows.size)), pa.py_buffer(rows)]
    pieces = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 2 * len(rows), buffers)
    return np.asarray(pc.match_substring_regex(pieces, pattern=agencies.mentioned)).reshape(-1, 2)


def ends_of(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the first HEAD_BYTES and the last TAIL_BYTES of each text; short texts with bytes of their neighbours.

    Parameters
    ----------
    data : uint8 array
    offsets : int64 array, shape (n + 1,)
        Text ``i`` is ``data[offsets[i]:offsets[i + 1]]``.

    Returns
    -------
    uint8 array, shape (n, HEAD_BYTES + TAIL_BYTES)
    """
    ends = np.empty(len(offsets) - 1, [("head", f"V{HEAD_BYTES}"), ("tail", f"V{TAIL_BYTES}")])
    ends["head"] = _windows(data, offsets[:-1], HEAD_BYTES)
    ends["tail"] = _windows(data, offsets[1:] - TAIL_BYTES, TAIL_BYTES)
    return ends.view(np.uint8).reshape(len(ends), HEAD_BYTES + TAIL_BYTES)


def _windows(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.void]:
    """Return ``width`` bytes from each start, as one value each, with zeros beyond the data.

    NumPy copies one value at once, ten times as fast as as many bytes.
    """
    last = len(data) - width
    if last < 0:
        data, last = np.concatenate([data, np.zeros(width, np.uint8)]), len(data)
    found = np.ndarray((last + 1,), f"V{width}", np.ascontiguousarray(data), strides=(1,))[np.clip(starts, 0, last)]
    for row in np.nonzero((starts < 0) | (starts > last))[0].tolist():
        start = int(starts[row])
        inside = data[max(start, 0) : max(start + width, 0)].tobytes()
        found[row] = np.void(inside.rjust(width, b"\0") if start < 0 else inside.ljust(width, b"\0"))
    return found


def credit_at_ends(head: bytes, tail: bytes, size: int, agencies: Agencies) -> Credit:
    """Return the credit of one text, from its two ends.

    Parameters
    ----------
    head, tail : bytes
        The first HEAD_BYTES and the last TAIL_BYTES of its UTF-8, fewer where it has no more. HEAD and TAIL
        characters of them are looked at.
    size : int
        Bytes of the text.
    agencies : Agencies
    """
    drawn_on = NO_CREDIT
    beginning = head.decode("utf-8", "replace")
    if size > HEAD_BYTES or len(beginning) > HEAD:
        beginning = beginning[:HEAD] + CUT
    for form, before, after in _mentions(beginning, agencies):
        if _is_mark_of_head(form, before, after):
            return Credit(form.agency, False)
        if drawn_on is NO_CREDIT and _is_drawn_on(form, before, after, agencies):
            drawn_on = Credit(form.agency, True)
    end = tail.decode("utf-8", "replace")
    if size > TAIL_BYTES or len(end) > TAIL:
        end = CUT + end[-TAIL:]
    for form, before, after in _mentions(end[-CLOSING:], agencies, end[:-CLOSING]):
        if _is_mark_of_tail(form, before, after):
            return Credit(form.agency, False)
    for form, before, after in _mentions(end, agencies):
        if _is_mark_of_tail(form, before, after):
            return Credit(form.agency, False)
        if drawn_on is NO_CREDIT and _is_drawn_on(form, before, after, agencies):
            drawn_on = Credit(form.agency, True)
    return drawn_on


def _mentions(text: str, agencies: Agencies, preceding: str = "") -> Iterator[tuple[Form, str, str]]:
    """Yield the names in a text, in order, with the text before and after each; without credits of pictures.

    What precedes the text is looked at only as what stands before a name. Of names at one place the longest counts.
    """
    found = []
    for word in agencies.first_words.intersection(WORD.findall(text)):
        start = text.find(word)
        while start >= 0:
            for form in agencies.by_first_word[word]:
                stop = start + len(form.text)
                if text.startswith(form.text, start) and not _is_inside_word(text, start, stop):
                    found.append((start, stop, form))
                    break
            start = text.find(word, start + 1)
    if not text.isascii():
        for form in agencies.unspaced:
            start = text.find(form.text)
            if start >= 0:
                found.append((start, start + len(form.text), form))
    found.sort(key=lambda one: (one[0], -one[1]))
    end = 0
    for start, stop, form in found:
        if start < end:
            continue
        end = stop
        before, after = text[max(0, start - BESIDE) : start], text[stop : stop + BESIDE]
        if preceding and start < BESIDE:
            before = preceding[start - BESIDE :] + before
        if not _is_of_picture(before, after):
            yield form, before, after


def _is_inside_word(text: str, start: int, stop: int) -> bool:
    return bool((start and _continues_with(text[start - 1])) or _continues_with(text[stop : stop + 1]))


# The places: patterns for the text before and after a name. They are compiled when the first name is found, because
# most runs find few.

_DASH = "[-‐‑–—―−]"
_STOP = '[.!?…。！？।"”’»)\\]』」]'  # ends a sentence
_OTHERS = r"(?:\s?[/,&+–-]\s?|\s(?:and|und|et|y|e|with)\s(?:the\s|The\s)?)[A-Z][\w.&'’-]*(?:\s[A-Z][\w.&'’-]*){0,2}"
"""Others credited beside: AFP/Reuters, dpa and AP."""

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"


def _pattern(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Return a search that compiles its pattern when it is first called."""
    compiled = functools.cache(lambda: re.compile(pattern))
    return lambda text: compiled().search(text)


_continues_with = _pattern("^[\\w$@#\u0300-\u036f\u0900-\u0dff]")
"""Characters that turn a name into another word: A$AP. The vowel signs of Indic scripts are not word characters."""

_before_picture = _pattern(
    r"(?i)(?:\b(?:photo(?:s|graph\w*)?|pictures?|images?|image source|pic|video|foto\w*|bild\w*|im[aá]gen\w*"
    r"|immagin[ei]|graphic|grafik|composite|caption|illustration|credit|getty)|фото\w*|写真|图片?|圖片?|사진|صورة|फोटो)"
    r"\s*(?:\b(?:by|from|source|courtesy|credit|via|di|de|von|da)\b|[:：,/|(©]|(?<=getty))[^\n!?]{0,70}$"
)
_behind_picture = _pattern(r"(?i)^[\s/]{0,3}(?:photos?|images?|pictures?|foto|via getty|getty|video|file)\b")


def _is_of_picture(before: str, after: str) -> bool:
    """Return whether a name credits a photograph: "Photograph: Staff/AFP", "(AP Photo)"."""
    line = before.rsplit("\n", 1)[-1]
    return bool(_behind_picture(after) or (line.strip() and _before_picture(line)))


_opened = _pattern(r"[(（\[［【](?:[\w.&]{2,20}\s?[/,]\s?)?$")
_closed_by_dash = _pattern(rf"^(?: News|/[a-z]{{2,5}})?(?:{_OTHERS}){{0,3}}\s?[)）\]］】]\.?\s*(?:{_DASH}|[:：=_])")
_closed = _pattern(rf"^(?:{_OTHERS}){{0,3}}[)）\]］】]")
_closed_by_line = _pattern(rf"^(?:{_OTHERS}){{0,3}}\s?[)）\]］】](?:[ \t]*\n|\.(?=[^\W\d_a-zß-öø-ÿ]))")
_after_dateline_word = _pattern(
    r"(?:^|[\n\0]|(?:^|[\s,/–—-])[^\W\d_a-zß-öø-ÿ][\w.'’\u0900-\u0dff-]*[.,:]?|\d[.,]?|\d{1,2}\.?\s(?:de\s)?\w{3,10}\.?,?)"
    rf"\s*(?:{_DASH}\s*)?$"
)
_line_begins = _pattern(r"(?:^|\n)[ \t]*[(（\[［【]?\s*$")
_dash_or_line = _pattern(rf"^[)）\]］】]?\s*(?:{_DASH}{{1,2}}\s|[|]\s|[ \t]*\n)")
_date_follows = _pattern(rf"^,?\s+(?:{_MONTH}[a-z]*\.?,?\s\d|\d{{1,2}}(?:[./-]\d|\s{_MONTH}))")
_set_off = _pattern(rf"[^\s]\s?(?:[,.]|{_DASH})\s*$")
_dash_or_stop = _pattern(rf"^(?:\s?{_DASH}{{1,2}}\s|\.\s)")
_by = _pattern(
    r"(?:^|\n)\s*(?:By|BY|Por|Par|Von|Di|Da|Door|Av|Af)\s+(?:[A-Z][^\n.!?]{2,60}?(?:,|\||\n|\s[-–—]|\s(?:of|for))\s*)?"
    r"(?:[Tt]he\s+|THE\s+)?$"
)
_byline_ends = _pattern(
    rf"^(?:\s+(?:staff|Staff|reporter|correspondent)\b)?(?:{_OTHERS})?\s*"
    r"(?:$|\n|[,|·•]|(?:Published|Updated|Posted)\b|[A-Z]{3,}|\d)"
)
_slashed = _pattern(r"(?:^|[\s.!?\"”’)])/\s?$")
_slash_closes = _pattern(r"^\s?/")
_telegraphed = _pattern(r"^[^\n。：:（(]{0,25}?(?:[电電讯訊]|消息)")
_in_brackets = _pattern(r"[(（\[［【〔][^()（）\[\]［］【】\n]{0,20}$")
_bracket_closes = _pattern(r"^[^()（）\[\]［］【】\n]{0,10}[)）\]］】〕]")
_copyright = _pattern(
    r"(?:©|\([cC]\)|\b[Cc]opyright|\bCOPYRIGHT)(?:[\s:,©]|\([cC]\))*(?:\d{4}(?:\s?[-–]\s?\d{4})?)?[\s,]*(?:by\s|BY\s)?(?:[Tt]he\s|THE\s)?$"
)
_sourced = _pattern(
    r"(?i:(?:^|\n|[(（\[［])\s*(?:fonte|fuente|quelle|source|πηγή|источник|джерело|kaynak|źródło|المصدر)\s*[:：]?"
    r"|(?:^|\n)\s*(?:por|par|von|di|da|door)\s*[:：])\s*$"
)
_source_ends = _pattern(r"^\s*(?:$|[)）\]］\n|,])")
_city_and_colon = _pattern(r"(?:^|\n)\s*[^\W\d_a-zß-öø-ÿ][^\n:(]{1,24}\s[:：]\s*$")
_signed = _pattern(rf"(?:{_STOP}\s*|\n\s*)[(（]?(?:[a-zäöüß]{{2,4}}/){{1,3}}$")
_writer = _pattern(
    r"^\s(?:staff\s|news\s)?(?:writers?|reporters?|correspondents?|journalists?)\b[^\n]{0,110}?\bcontributed\b"
)
_ended = _pattern(
    rf"(?:{_STOP}\s*{_DASH}{{1,2}}|{_STOP}\s*[·•*|/(（\[［【]|{_STOP}\s+|{_STOP}(?=$)|\n\s*{_DASH}{{0,2}}|\n\s*[·•*|/(（\[©])"
    rf"\s?(?:©\s?)?(?:[Tt]he\s)?$"
)
_with = _pattern(
    rf"(?:{_STOP}|\n)\s*(?:{_DASH}{{1,2}}|[·•*(])?\s*(?i:with|avec|mit|con|com|met|med)\s(?:(?:the|la|der|die)\s|l['’])?$"
)
_dashed_or_slashed = _pattern(rf"\s[^\W_A-Z][\w’'%]*\s(?:{_DASH}{{1,2}}|/)\s?$")
_is_over = _pattern(rf"^(?:{_OTHERS}){{0,3}}[\s.)）\]］】/|*#=–—-]*$")
_ends_without_stop = _pattern(rf"^(?:{_OTHERS}){{0,3}}\s*/?\s*$")
_own_line = _pattern(rf"\n[ \t]*(?:{_DASH}{{1,2}}\s?)?$")
_line_ends = _pattern(r"^[ \t]*\n")


def _is_mark_of_head(form: Form, before: str, after: str) -> bool:
    """Return whether a name at the beginning of a text is its mark: in a dateline, a byline or a line of its own."""
    is_named = not form.initials
    if _opened(before[-2 * JUST :]) and not _is_definition(form, before):
        place = _opened_at(before)
        # PARIS, Jan 5 (AFP) - | NEW DELHI, Jan 5 (IANS) The | (CNN)The
        if _closed_by_dash(after) and _after_dateline_word(place):
            return True
        if _closed_by_line(after) and _is_dateline(place) and _is_in_capitals(place):
            return True  # HARRISBURG, Pa. (AP) and the line ends | VALENCIA (EFE).The
        if _closed(after) and _is_caseless(place) and len(place.split()) <= 3 and "\n" not in before:
            return True  # أبوظبي (وام)
        if _closed(after) and ((is_named and not place.strip()) or (_is_dateline(place) and _has_digit(place))):
            return True
    if is_named and _line_begins(before) and (_dash_or_line(after) or _date_follows(after)):
        return True  # AFP - | Reuters Sep 18, 2013
    line = _line(before)
    if _set_off(line) and _dash_or_stop(after) and _is_dateline(line[:-1]):
        # TOKYO, Jan 5, Kyodo - | not: ERIE, PA -
        return _has_digit(line) or (is_named and not line.endswith("."))
    if _by(before) and _byline_ends(after):
        return True
    is_sourced = is_named and _sourced(before[-2 * JUST :]) and _source_ends(after)
    if is_sourced or (_city_and_colon(before) and _line_ends(after)):
        return True  # Por: EFE | الرياض : واس
    if _slashed(before[-JUST:]) and _slash_closes(after):
        return True  # MOSCOW, January 5. /TASS/
    if ord(form.text[-1]) > 0x2E80 and (
        _telegraphed(after)
        or (_in_brackets(before) and _bracket_closes(after))
        or (_opened(before[-2 * JUST :]) and _closed(after))
    ):
        return True  # 新华社北京1月5日电 | [東京 5日 ロイター] | (서울=연합뉴스)
    return bool(_copyright(before[-4 * JUST :]))


def _is_mark_of_tail(form: Form, before: str, after: str) -> bool:
    """Return whether a name at the end of a text is its mark: a sign-off, a line of its own or a copyright notice."""
    if _ended(before[-JUST:]) and _is_over(after):
        return True  # ... of the year. - AFP | ... of the year. (PAP)
    if _signed(before[-2 * JUST :]) and _is_over(after):
        return True  # ... of the year. mxw/dpa
    if not form.initials and _sourced(before[-2 * JUST :]) and _source_ends(after):
        return True  # (Fonte ANSA)
    if _dashed_or_slashed(before[-2 * JUST :]) and _ends_without_stop(after):
        return True  # ... of the year - BBC
    if not form.initials and _own_line(before[-JUST:]) and _line_ends(after):
        return True
    return bool(_copyright(before[-4 * JUST :]))


def _is_drawn_on(form: Form, before: str, after: str, agencies: Agencies) -> bool:
    """Return whether a phrase before or after the name says that the text draws on it."""
    if _with(before) and _is_over(after):
        return True  # ... of the year. With Reuters
    if _writer(after) and form.text[0].isupper():
        return True  # Associated Press writer Ann Hill contributed
    if form.initials:
        return False
    if _follows_phrase(before, agencies) and _phrase_ends(after):
        return True
    rest = _without_others(after).lstrip()
    text = rest.lower()
    # All phrases at once first: few names are followed by any.
    return text.startswith(agencies.after) and any(
        text.startswith(phrase) and _continues(rest[len(phrase) :]) for phrase in agencies.after
    )


_phrase_ends = _pattern(
    r"^(?:\s(?:[Nn]ews [Aa]gency|[Nn]ewswire|wires?|News))?"
    r"(?:\s*(?:[,.;:!)\]\"”»|/&\n•。，、）]|[–—-]\s|$)"
    r"|\s(?:and|et|y|und|e|och|en|og|was used)\b|\s[а-яё]|[\u2e80-\uffef])"
)
_continues = _pattern(
    r"^(?:\s*(?:[,.;:!)\]\"”»|\n•。，、）]|[–—-]\s|$)"
    r"|\s(?:that|earlier|citing|quoting|late|last|this|today|yesterday|que|dass|che)\b|\s(?:on\s)?[A-Z]\w+day\b|\s?[\u2e80-\uffef])"
)
_other = _pattern(f"^{_OTHERS}")


def _without_others(after: str) -> str:
    """Return the text after the name and all names credited beside it."""
    for _ in range(3):
        other = _other(after)
        if other is None:
            break
        after = after[other.end() :]
    return after


def _follows_phrase(before: str, agencies: Agencies) -> bool:
    """Return whether the text before a name ends with a phrase, with at most a word or two between."""
    text = before.lower().rstrip()
    for between in ("", *agencies.between):
        if text.endswith(between) and (not between or not text[-len(between) - 1 : -len(between)].isalpha()):
            rest = text[: len(text) - len(between)].rstrip()
            if not rest.endswith(agencies.before):
                continue
            for phrase in agencies.before:
                at = len(rest) - len(phrase)
                if rest.endswith(phrase) and (at == 0 or not rest[at - 1].isalpha() or ord(phrase[0]) > 0x2E80):
                    return True
    return False


def _line(before: str) -> str:
    return before.rsplit("\n", 1)[-1].strip()


def _opened_at(before: str) -> str:
    """Return the line up to the bracket that opens before a name."""
    return re.split(r"[(（\[［【]", before)[-2].rsplit("\n", 1)[-1]


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _is_caseless(place: str) -> bool:
    """Return whether a place is written in a script without capitals."""
    return any(map(str.isalpha, place)) and place.upper() == place.lower()


def _is_in_capitals(place: str) -> bool:
    """Return whether a dateline begins with a city in capitals, or in a script that has no capitals."""
    word = re.split(r"[\s,/]", place.strip(), maxsplit=1)[0]
    return len(word) > 2 and word == word.upper()


_SMALL = frozenset({"de", "of", "del", "di"})
"""Words of a place's name that are not capitalised."""


def _is_dateline(line: str) -> bool:
    """Return whether a line has only the parts of a dateline: capitalised places, numbers, and months after numbers."""
    words = line.split()
    if not words or len(line) > 70 or line.rstrip()[-1] in "!?" or CUT in line:
        return False
    previous = ""
    for word in words:
        if word[0].islower() and word not in _SMALL and not (_has_digit(previous) or previous == "de"):
            return False
        previous = word
    return True


def _is_definition(form: Form, before: str) -> bool:
    """Return whether the name is the initials of the words before its bracket: "Palestinian Authority (PA)"."""
    letters = [char for char in form.text if char.isalpha()]
    words = [word for word in WORD.findall(before) if not word[0].islower()]
    initials = [word[0] for word in words[-len(letters) :]]
    return len(letters) > 1 and "".join(initials).casefold() == "".join(letters).casefold()
