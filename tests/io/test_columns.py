from __future__ import annotations

import pytest

from dedup.errors import ColumnError
from dedup.io import Fields
from dedup.io.columns import Columns, choose_columns


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["body", "content", "text"], Columns("text")),
        (["article", "body"], Columns("body")),
        (["Text", "content"], Columns("content")),
        (["BODY", "Url", "DATE", "Publisher"], Columns("BODY", "Url", "DATE", "Publisher")),
        (
            ["url", "id", "text", "date", "published", "publisher", "source"],
            Columns("text", "id", "published", "source"),
        ),
        (["TEXT", "Text"], Columns("TEXT")),
    ],
)
def test_guesses(found, expected):
    assert choose_columns(Fields(), found, "x") == expected


def test_long_lists_are_cut():
    with pytest.raises(ColumnError, match="f29 and 70 more; expected"):
        choose_columns(Fields(), [f"f{number}" for number in range(100)], "x")


def test_no_fields():
    with pytest.raises(ColumnError, match=r"fields \(none\)"):
        choose_columns(Fields(), [], "x")
