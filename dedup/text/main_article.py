"""Extract the article from whole HTML pages with trafilatura, for ``html="main"`` only."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.text.tokens import encode

logging.getLogger("trafilatura").addHandler(logging.NullHandler())  # what it cannot read is compared all the same

PAGE = r"(?i)<(html|body)[\s>]"
"""What only a whole page has; RE2."""


def articles(texts: pa.LargeBinaryArray) -> dict[int, bytes]:
    """Return the articles of the texts that are whole pages, by the place of the text.

    Parameters
    ----------
    texts : pyarrow.LargeBinaryArray
        UTF-8.

    Returns
    -------
    dict of int to bytes
        Plain texts. Pages in which no article is found are left out, and compared as a whole.
    """
    (pages,) = np.nonzero(pc.fill_null(pc.match_substring_regex(texts, pattern=PAGE), False))
    found = {place: _article(texts[place].as_py()) for place in pages.tolist()}
    return {place: article for place, article in found.items() if article}


def _article(page: bytes) -> bytes:
    from trafilatura import extract

    try:
        found = extract(page.decode("utf-8", "replace"), include_comments=False)
    except Exception:  # whatever a parser stumbles over in a page of others
        return b""
    return encode(found or "")
