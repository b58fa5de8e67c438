"""Define the tables that a run writes, and the words in their columns."""

from __future__ import annotations

import pyarrow as pa

IDENTICAL, NEAR_DUPLICATE, EXCERPT, REVISED, REWRITTEN, UPDATE, PARTIAL, TEMPLATE, SAME_EVENT = range(9)
"""Codes of the relations, from the closest kind of copy to none."""

RELATIONS = (
    "identical",
    "near_duplicate",
    "excerpt",
    "revised",
    "rewritten",
    "update",
    "partial",
    "template",
    "same_event",
)
"""Names of the relations, by their codes."""

LEFT, NEITHER, RIGHT = -1, 0, 1
"""Sides of a match; the left document is the one that comes first in keep order."""

NO_DATE = 2**63 - 1
"""A missing date, in microseconds since 1970 UTC: later than every real one."""

DECISIONS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("duplicate_of", pa.string()),
        pa.field("duplicate_of_file", pa.string()),
        pa.field("duplicate_of_row", pa.int64()),
        pa.field("relation", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("cluster", pa.string()),
        pa.field("story", pa.string()),
        pa.field("story_size", pa.int64()),
        pa.field("copies", pa.int64()),
        pa.field("published", pa.timestamp("us", "UTC")),
        pa.field("source", pa.string()),
        pa.field("title", pa.string()),
        pa.field("url", pa.string()),
        pa.field("credit", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""Columns of the decisions: one row per input record, in input order.

``row`` counts from 1; in JSON lines it is the line number.

Where ``duplicate_of`` is a document of an index, ``duplicate_of_file`` and ``duplicate_of_row`` are null.

``story`` is the same for clusters of which one carries another on with news: the id of the first of their kept records.
A cluster alone is a story of its own. ``story_size`` is the number of records in it, with the documents of an index
that belong to it.

``copies`` is the number of records that were dropped for a kept one; null where a record is not kept.

``published``, ``source``, ``title`` and ``url`` are those of the record, null where it has none; a source that is the
URL of a page is the host.

``credit`` is the agency that the text credits. Only records that have a match are searched; null means that there is no
match or no credit.
"""

MEASURES = (
    "resemblance",
    "containment_left",
    "containment_right",
    "rare_containment",
    "rare_containment_longer",
    "verbatim",
    "verbatim_longer",
    "anchor_order",
    "anchor_order_longer",
    "supported_anchors",
    "supported_anchors_longer",
    "least_covered_third",
    "anchors_in_order",
    "shared_lead",
    "new_top",
    "new_numbers",
    "contradicted",
    "new_stages",
    "new_weekdays",
    "hours",
    "furniture",
    "furniture_longer",
    "carried",
    "news",
)
"""Measures of a match, each in [0, 1] except ``hours``, which are signed; `dedup.judge.evidence` computes them.

The last two are the probabilities of `dedup.judge.relation`. A measure is null where the level does not need it.

Where there is a second measure ``_longer``, one is the share of the shorter document and the other that of the longer.
"""

ALL_OF_IDENTICAL = ("resemblance", "containment_left", "containment_right", "verbatim", "verbatim_longer")
"""Measures that are 1.0 for identical texts by definition; the others are not measured for them."""

MATCHES = pa.schema(
    [
        pa.field("left", pa.string(), nullable=False),
        pa.field("right", pa.string(), nullable=False),
        pa.field("relation", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        *(pa.field(name, pa.float64()) for name in MEASURES),
        pa.field("derived", pa.string()),
        pa.field("left_record", pa.int64()),
        pa.field("right_record", pa.int64()),
        pa.field("same_url", pa.bool_(), nullable=False),
    ]
)
"""Columns of the matches: one row per verified pair, ``left`` < ``right``.

``derived`` is the id of the side that seems to be the copy, null where that is not known; the rules are in
`dedup.attribution.direction`.

``left_record`` and ``right_record`` are the places of the two in the decisions, from 0, because ids may occur twice;
null for documents of an index.

``same_url`` says whether the URLs of the two have one canonical form, `dedup.text.page_urls`: then they are versions of
one page. It is false where one of them has no URL, and for a URL of very many texts.
"""

PASSAGES = pa.schema(
    [
        pa.field("left", pa.string(), nullable=False),
        pa.field("right", pa.string(), nullable=False),
        pa.field("left_record", pa.int64(), nullable=False),
        pa.field("right_record", pa.int64(), nullable=False),
        pa.field("left_begin", pa.int64(), nullable=False),
        pa.field("left_end", pa.int64(), nullable=False),
        pa.field("right_begin", pa.int64(), nullable=False),
        pa.field("right_end", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
    ]
)
"""Columns of the passages: one row for each passage that the two records of a match share, in the order of the matches.

The first four are those of the match. The others are those of `dedup.Passage`, in characters of the texts without their
markup: ``RunOutput.plain_texts``.
"""

NEAR = pa.schema(
    [
        pa.field("left", pa.int64(), nullable=False),
        pa.field("right", pa.int64(), nullable=False),
        *(pa.field(name, pa.float64()) for name in MEASURES if name not in ("carried", "news")),
    ]
)
"""Columns of ``near.parquet``, which a run at levels beyond near writes: the pairs that level near is decided from.

``left`` and ``right`` are documents as `DOCUMENTS` numbers them. The measures are those of level near: numbers alone
are facts that contradict each other.
"""

DOCUMENTS = pa.schema(
    [
        pa.field("document", pa.int64()),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("text_hash", pa.uint64()),
        pa.field("credit", pa.string()),
        pa.field("drawn_on", pa.bool_(), nullable=False),
        pa.field("near_words", pa.int64()),
        pa.field("near_met", pa.int64()),
        pa.field("words", pa.int64()),
        pa.field("met", pa.int64()),
        pa.field("family", pa.int64()),
    ]
)
"""Columns of ``documents.parquet``: what `dedup decide` needs besides decisions and matches, a row per input record.

``document`` is the number of its text among the distinct ones, in the order of the search; null where it has no words.
``tokens`` and ``bytes`` are the size of the text, ``text_hash`` is that of its words if its id occurs again. ``credit``
is the agency that it credits, ``drawn_on`` whether it says that it draws on it. ``near_words`` and ``words`` are its
length without furniture, as the two passes measured it; ``near_met`` and ``met`` the document for which a pass set it
aside before it had met all others, null for most; ``family`` the first version of its text.
"""
