"""The tables that leave this package, and the words in their columns."""

from __future__ import annotations

import pyarrow as pa

IDENTICAL, NEAR_DUPLICATE, EXCERPT, REVISED, REWRITTEN, UPDATE, PARTIAL, TEMPLATE, SAME_EVENT = range(9)
"""Relations as the kernels know them, from the closest kind of copy to none."""

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

LEFT, NEITHER, RIGHT = -1, 0, 1
"""A side of a match: of two documents the earlier in keep order is its left one."""

NO_DATE = 2**63 - 1
"""Stands for a missing date: microseconds since 1970 UTC, later than every real one."""

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
"""One row per input record, in input order; ``row`` counts from 1, in JSON lines it is the line number.

``story`` names clusters that are steps of one story by the first of their kept records: the same word where one carries
another on with news. Null where a cluster stands alone.

``credit`` is the agency that the text credits. Only records that have a match are looked at; null says that there is no
match, or no credit.
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
"""What is measured of every match, each in [0, 1] but for ``hours``, which are signed; see `dedup.judge.evidence`.

The last two are the probabilities of `dedup.judge.relation`. Null where a level does not need it.

Those that have a twin ``_longer`` are the shares of the shorter document and of the longer one.
"""

ALL_OF_IDENTICAL = ("resemblance", "containment_left", "containment_right", "verbatim", "verbatim_longer")
"""The measures that are 1.0 of two identical texts by definition; the others are not measured of them."""

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
"""One row per verified pair, ``left`` < ``right``.

``derived`` is the side that seems to be the copy, null where that is not known: the rule stands in
`dedup.attribution.direction`.
"""
