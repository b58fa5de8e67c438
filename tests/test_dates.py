from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.dates import read_date, read_date_column, read_dates
from dedup.schema import NO_DATE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NOON = datetime(2024, 1, 31, 12, 0, tzinfo=timezone.utc)
MICROS = int(NOON.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-31T12:00:00Z",
        "2024-01-31t12:00:00z",
        "2024-01-31T12:00:00",
        "2024-01-31 12:00",
        "2024-01-31T12",
        " 2024-01-31 12:00:00 UTC ",
        "2024-01-31 13:00:00 +0100",
        "2024-01-31T13:00+01",
        "2024-01-31T07:30:00.000-04:30",
        "2024-01-31T12:00:00,0000001Z",
        "2024/01/31 12:00:00",
        "20240131120000",
        "20240131T120000Z",
        "20240131T1200Z",
        "20240131T1300+0100",
        "January 31, 2024 12:00",
        "Jan. 31, 2024, 12:00:00 UTC",
        "Wednesday, January 31st, 2024 at 12:00",
        "31 January 2024 12:00",
        "31.01.2024 12:00",
        "31.1.2024, 13:00 +01:00",
        {"$date": "2024-01-31T12:00:00Z"},
        {"$date": 1706702400000},
        {"$date": {"$numberLong": "1706702400000"}},
        ["2024-01-31T12:00:00Z"],
        "Wed, 31 Jan 2024 12:00:00 GMT",
        "31 Jan 2024 14:00:00 +0200",
        "Wed, 31 Jan 2024 07:00:00 EST",
        "1706702400",
        "1706702400.0",
        "1706702400000",
        1706702400,
        1706702400.0,
        1706702400_000,
        1706702400_000_000,
        1706702400_000_000_000,
        20240131120000,
        np.int64(1706702400),
        np.float64(1706702400),
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=9))),
        np.datetime64("2024-01-31T12:00:00"),
        pd.Timestamp("2024-01-31T12:00:00"),
    ],
    ids=repr,
)
def test_forms_of_one_instant(value):
    assert read_date(value) == MICROS


@pytest.mark.parametrize("value", ["2024-01-31", "20240131", "2024/01/31", 20240131, date(2024, 1, 31)])
def test_days(value):
    assert read_date(value) == MICROS - 12 * 3600 * 1_000_000


def test_fractions_and_early_dates():
    assert read_date("1969-12-31T23:59:59.25Z") == -750_000
    assert read_date(-1.5) == -1_500_000
    assert read_date(1.0000005e9) == 1_000_000_500_000_000
    assert read_date("1611-05-02") < 0


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NaT, np.datetime64("NaT", "us")])
def test_missing(value):
    assert read_date(value) == NO_DATE if value is not None else True
    assert read_dates([value])[0].tolist() == [NO_DATE]
    assert read_dates([value])[1].count == 0


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2024-13-01",
        "2024-02-30T10:00",
        "2024-01-31T25:00:00",
        "20241301",
        "12/05/2024",
        "31.13.2024",
        "Janus 31, 2024 AD",
        "March 2024",
        {"$date": "soon"},
        ["2024-01-31", "2024-02-01"],
        "Wed, 32 Jan 2024 12:00:00 GMT",
        "May be never",
        "2024-W05-3",
        "2024-01/31",
        "٢٠٢٤-٠١-٣١",
        "1e400",
        True,
        float("inf"),
        10**20,
        2024,
        2024.0,
        "1999",
        [2024],
        {"year": 2024},
    ],
    ids=repr,
)
def test_unreadable(value):
    published, unread = read_dates(["2024-01-31", value, None])
    assert published[1:].tolist() == [NO_DATE, NO_DATE]
    assert unread.count == 1


def test_batches():
    published, unread = read_dates([])
    assert (published.dtype, len(published), unread.count) == (np.int64, 0, 0)


PLACEHOLDERS = [
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "1970-01-01",
    "1970-01-01T01:00:00+01:00",
    0,
    "0",
    {"$date": 0},
    "9999-12-31",
    "9999-12-31T23:59:59Z",
    "2100-01-01",
    datetime(1, 1, 1),
]


@pytest.mark.parametrize("value", PLACEHOLDERS, ids=repr)
def test_placeholders_are_missing_and_reported(value):
    assert read_date(value) == NO_DATE
    published, unread = read_dates([value, "2024-01-31T12:00:00Z"])
    assert (published.tolist(), unread.count) == ([NO_DATE, MICROS], 1)


def test_placeholders_of_columns_are_missing_and_reported():
    for column in (
        pa.array(["0001-01-01", "2024-01-31T12:00:00Z", "9999-12-31", None]),
        pa.array([datetime(1, 1, 1), NOON, datetime(9999, 12, 31), None], pa.timestamp("us", "UTC")),
    ):
        published, unread = read_date_column(column)
        assert published.tolist() == [NO_DATE, MICROS, NO_DATE, NO_DATE]
        assert unread.count == 2


def test_the_first_and_last_instants_that_count():
    second = 1_000_000
    assert read_date("1600-01-01") == (datetime(1600, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert read_date("1599-12-31T23:59:59Z") == NO_DATE
    assert (
        read_date("2099-12-31T23:59:59Z")
        == (datetime(2100, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1) - second
    )
    assert (read_date(1), read_date(-1)) == (second, -second)


@given(st.datetimes(datetime(1601, 1, 1), datetime(2099, 12, 30), timezones=st.timezones() | st.none()))
def test_iso_form_of_any_datetime(value):
    aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    offset = aware.utcoffset() or timedelta()
    if offset % timedelta(minutes=1):
        return  # historic local times with seconds in their offset have no ISO form
    expected = (aware - EPOCH) // timedelta(microseconds=1)
    assert read_date(value.isoformat()) == read_date(aware) == (expected or NO_DATE)  # the epoch stands for none


@given(st.text() | st.integers() | st.floats())
def test_nothing_raises(value):
    read_dates([value])


@pytest.mark.parametrize(
    "kind",
    [
        pa.date32(),
        pa.date64(),
        *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "Asia/Tokyo")),
    ],
    ids=str,
)
def test_arrow_types(kind):
    day = MICROS // 86_400_000_000 * 86_400_000_000
    column = pa.array([None, day], pa.timestamp("us")).cast(kind)
    assert read_date_column(column)[0].tolist() == [NO_DATE, day]


def test_nanoseconds_are_cut_off():
    assert read_date_column(pa.array([1_999], pa.timestamp("ns")))[0].tolist() == [1]


@pytest.mark.parametrize(
    "column", [pa.array([1706702400, None]), pa.array([1706702400.0, None]), pa.array([NOON, None])]
)
def test_arrow_columns(column):
    published, unread = read_date_column(column)
    assert published.tolist() == [MICROS, NO_DATE]
    assert unread.count == 0


@st.composite
def nearly_iso(draw):
    """Draw an ISO date whose numbers may be out of range and whose form may be broken."""
    year, month, day = draw(st.integers(0, 9999)), draw(st.integers(0, 13)), draw(st.integers(0, 32))
    text = f"{year:04}-{month:02}-{day:02}"
    if draw(st.booleans()):
        hour, minute, second = draw(st.integers(0, 24)), draw(st.integers(0, 60)), draw(st.integers(0, 60))
        text += f"{draw(st.sampled_from('TT '))}{hour:02}:{minute:02}:{second:02}"
        text += draw(st.sampled_from(["", "", ".", ".5", ".123", ".000001", ".1234567"]))
        text += draw(st.sampled_from(["", "Z", "+01:00", "-23:59", "+24:00", "+0100", "+01", "-00:60", " UTC"]))
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(text) - 1))
        text = text[:at] + draw(st.sampled_from(["", "x", "/", ":", " ", "0", "é", "٣"])) + text[at + 1 :]
    return text


@settings(max_examples=1000)
@given(st.lists(st.none() | nearly_iso(), max_size=5), st.integers(0, 2))
def test_a_column_of_strings_is_read_as_one_by_one(values, start):
    column = pa.array(["2024-01-31", *values, "2000-02-29T23:59:59.999999-12:30", "soon"], pa.string())[start:]
    expected, unread = read_dates(column.to_pylist())
    assert (read_date_column(column)[0].tolist(), read_date_column(column)[1]) == (expected.tolist(), unread)


@settings(max_examples=1000)
@given(nearly_iso(), st.sampled_from([[], [None], ["2024-01-31"], ["2024-01-31T10:30:00Z"], ["2023-02-30"]]))
def test_a_column_of_one_form_is_read_as_one_by_one(value, others):
    """All with a zone, all without, both, and with a day that there is not: Arrow reads what it can of each."""
    column = pa.array([value, *others], pa.string())
    expected, unread = read_dates(column.to_pylist())
    assert (read_date_column(column)[0].tolist(), read_date_column(column)[1]) == (expected.tolist(), unread)


def test_the_days_of_four_hundred_years():
    days = [(date(1650, 1, 1) + timedelta(days=day)).isoformat() for day in range(0, 146_097)]
    published, unread = read_date_column(pa.array(days))
    first = days.index("1970-01-01")
    assert (unread.count, published[first]) == (1, NO_DATE)
    assert published[0] == read_date("1650-01-01")
    assert set(np.diff(published[:first])) == set(np.diff(published[first + 1 :])) == {86_400_000_000}


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("5 May 2024 10:30 PM", "2024-05-05T22:30:00Z"),
        ("May 5, 2024 at 12:05 a.m.", "2024-05-05T00:05:00Z"),
        ("Sept. 5 2024, 12:00 pm", "2024-09-05T12:00:00Z"),
        ("05.05.2024 1:02:03 AM", "2024-05-05T01:02:03Z"),
    ],
)
def test_halves_of_the_day(written: str, iso: str) -> None:
    assert read_date(written) == read_date(iso)


@pytest.mark.parametrize(
    "written", ["Maybe 5, 2024", "Decision 12, 2024", "May 5, 2024 13:30 pm", "May 5, 2024 0:30 am"]
)
def test_words_that_begin_like_months_are_none(written: str) -> None:
    assert read_date(written) is None
