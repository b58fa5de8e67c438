"""Remove HTML markup from texts and decode entities, before any other step.

Each text is decided on alone; one without ``<``, ``&`` and backslash is left as it is. The loops are in
`dedup.kernels.markup_removal` and `dedup.kernels.html`; the readable definition is in ``tests/naive_html.py``. The
HTML standard holds, https://html.spec.whatwg.org/multipage/parsing.html, but for this:

- A text is HTML if it has a comment, a declaration, or a tag of HTML that ends an element, has attributes, or could be
  nothing else (``<p>``, ``<br>``). ``a < b``, ``<3``, ``<john@example.org>``, ``List<String>`` and ``<GM.N>`` are text;
  in HTML, too, what is no element and has a capital is.
- What would swallow text is none: a tag, comment, script or quoted value that does not end.
- The content of `DROPPED` is no text; nor is that of ``title`` in the head of a page. What CDATA holds is.
- An entity without its semicolon is none before ``=``; before a letter or digit only if no English word begins so:
  ``d&eacuteclare``, but not ``terms&notes``.
- ``&amp;eacute;`` is decoded as a whole. A text without tags whose entities spell some, ``&lt;p&gt;``, was escaped as a
  whole, as feeds do. So was one that has ``\\u00e9`` or ``\\xe9``: by JavaScript or JSON.
- Runs of 64 and more letters and digits of base64, ``data:`` addresses with them, are no words.
"""

from __future__ import annotations

import functools
from html.entities import html5

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.kernels import html, html_entities
from dedup.kernels import markup_removal as kernel
from dedup.kernels.html import PAD
from dedup.params import Params
from dedup.text.main_article import articles
from dedup.text.mojibake_repair import without_mojibake
from dedup.text.tokens import buffers

DROPPED = ("script", "style", "noscript", "template", "svg", "iframe", "rt", "rp", "title")
"""Elements whose content is no text; ``title`` in the head of a page only, where it repeats the headline."""

_RAW = ("script", "style", "iframe", "title")
_HEAD = ("html", "head", "title", "meta", "link", "base", "script", "style", "noscript", "template")

# Names with spaces between them.
_INLINE = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rb rp rt rtc ruby s samp small
    span strike strong sub sup time tt u var wbr
"""
_SPACED = """
    applet area audio base bgsound button canvas datalist embed iframe img input label link map math meta meter noscript
    object output param picture progress script select source style svg template textarea track video
"""
_LINES = """
    address article aside basefont blockquote body br caption center col colgroup dd details dialog dir div dl dt
    fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html keygen legend li
    main menu menuitem nav noembed noframes ol optgroup option p plaintext pre search section summary table tbody td
    tfoot th thead title tr ul xmp
"""
_SURE = """
    blockquote body br dd div dl dt h1 h2 h3 h4 h5 h6 head hr html li ol p tbody td th thead tr ul wbr
"""
"""Those whose start tag alone shows that a text is HTML; others may be placeholders (``cp <source>``) or tickers."""

_WORDS = """
    amp AMP lt LT gt GT quot QUOT copy COPY reg REG deg not cent sect shy yen pound para times divide micro macr curren
    uml eth ETH thorn THORN ordf ordm acute sup1 sup2 sup3
"""
"""Entities that may stand without a semicolon, but not before a letter or digit: English words begin so."""

_Table = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]


def compared_texts(texts: pa.LargeBinaryArray, params: Params) -> pa.LargeBinaryArray:
    """Return texts as they are compared: mojibake repaired if that is asked for, then without markup."""
    return without_markup(without_mojibake(texts, params.mojibake), params.html)


def compared_text(text: bytes, params: Params) -> str:
    """Return one text as it is compared, as readers see it."""
    (made,) = compared_texts(pa.array([text], pa.large_binary()), params).to_pylist()
    return str(made.decode("utf-8", "replace"))


def without_markup(texts: pa.LargeBinaryArray, mode: str = "auto") -> pa.LargeBinaryArray:
    """Remove the markup of texts.

    Parameters
    ----------
    texts : pyarrow.LargeBinaryArray
        UTF-8, but not surely valid.
    mode : str
        One of `dedup.params.HTML`: ``auto`` of those that are HTML, and decode entities; ``strip`` takes all for HTML;
        ``keep`` leaves all as they are; ``main`` is ``auto``, but of whole pages the article is taken.

    Returns
    -------
    pyarrow.LargeBinaryArray
        The same array where nothing is to be changed. Nulls stay.
    """
    if mode == "keep":
        return texts
    if mode == "main":
        return _with_articles(texts)
    data, offsets = buffers(texts)
    sizes = np.diff(offsets)
    changes = np.empty(len(texts), np.uint8)
    room = _room(int(sizes.max(initial=0)))
    batch = data, offsets, mode == "strip", *_elements(), *_entities()
    total = kernel.survey(*batch, room, changes)
    if total == 0:
        return texts
    longest = int(sizes[changes == kernel.CHANGED].max())
    rooms = np.empty((2, 3 * longest // 2 + 2 * PAD), np.uint8)
    out = _room(int(sizes.sum()) + total // 2)
    ends = np.zeros(len(texts) + 1, np.int64)
    kernel.rewrite(*batch, changes, rooms, np.zeros(3, np.int64), out, ends[1:])
    validity = None
    if texts.null_count:
        validity = pa.py_buffer(np.packbits(np.asarray(texts.is_valid()), bitorder="little"))
    buffers_of = [validity, pa.py_buffer(ends), pa.py_buffer(out[: ends[-1]])]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), buffers_of)


def _with_articles(texts: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    """Return texts without markup, and the article of each whole page, which is plain text whatever it contains."""
    found = articles(texts)
    if not found:
        return without_markup(texts)
    others = [None if place in found else text for place, text in enumerate(texts.to_pylist())]
    made = without_markup(pa.array(others, pa.large_binary())).to_pylist()
    return pa.array([found.get(place, text) for place, text in enumerate(made)], pa.large_binary())


def plain_text(text: bytes, mode: str = "auto") -> str:
    """Return one text without its markup, as readers see it."""
    (made,) = without_markup(pa.array([text], pa.large_binary()), mode).to_pylist()
    return str(made.decode("utf-8", "replace"))


def _room(size: int) -> npt.NDArray[np.uint8]:
    return np.empty(size + 2 * PAD, np.uint8)


@functools.cache
def _elements() -> _Table:
    """Return the table of HTML elements, by name, in which the kernel looks tags up."""
    listed = html.IS_TAG | html.OF_HTML
    kinds = dict.fromkeys(_LINES.split(), listed)
    kinds |= dict.fromkeys(_INLINE.split(), listed | html.INLINE)
    kinds |= dict.fromkeys(_SPACED.split(), listed | html.SPACED)
    for bit, names in ((html.DROPPED, DROPPED), (html.RAW, _RAW), (html.SURE, _SURE.split()), (html.HEAD, _HEAD)):
        for name in names:
            kinds[name] |= bit
    kinds["title"] |= html.HEAD_ONLY
    for number, name in enumerate(DROPPED, 1):
        kinds[name] |= number << html.NUMBER
    return _tabulated(list(kinds), list(kinds.values()), 1 << 9)


@functools.cache
def _entities() -> _Table:
    """Return the table of HTML entities, by name: made in 6 ms, where reading a file of 28 kB would take one."""
    codes: dict[str, int] = {}
    for name, chars in html5.items():
        bits = html_entities.ENDED if name[-1] == ";" else html_entities.BARE
        name = name.rstrip(";")
        code = ord(chars[0]) | (ord(chars[1]) << html_entities.SECOND if len(chars) > 1 else 0)
        codes[name] = codes.get(name, html_entities.INSIDE) | bits | code
    for name in _WORDS.split():
        codes[name] &= ~html_entities.INSIDE
    return _tabulated(list(codes), list(codes.values()), 1 << 13)


def _tabulated(names: list[str], values: list[int], size: int) -> _Table:
    """Return a table of hashed names and their values, for `dedup.kernels.html_entities.lookup`."""
    data = np.frombuffer("".join(names).encode(), np.uint8)
    ends = np.cumsum([len(name) for name in names])
    table = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    html_entities.tabulate(data, ends, np.array(values, np.uint64), *table)
    return table
