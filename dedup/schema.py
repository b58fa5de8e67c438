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
        pa.field("relation", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("cluster", pa.string()),
        pa.field("story", pa.string()),
        pa.field("credit", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""Columns of the decisions: one row per input record, in input order.

``row`` counts from 1; in JSON lines it is the line number.

``story`` is the same for clusters of which one carries another on with news: the id of the first of their kept records.
Null where a cluster is a story by itself.

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
    ]
)
"""Columns of the matches: one row per verified pair, ``left`` < ``right``.

``derived`` is the id of the side that seems to be the copy, null where that is not known; the rules are in
`dedup.attribution.direction`.
"""
