"""Read dates of the most common form, 2024-01-31T10:30:00.5+01:00, to microseconds; others are left to Python."""

from __future__ import annotations

from numba import i8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel

DAYS_BEFORE_1970 = 719_468  # since March 1 of the year 0
DAY_MICROS = 86_400_000_000


@kernel
def number_at(data: Array, at: int, digits: int) -> int:
    """Return the number that is written in ``digits`` digits; -1 if they are not digits."""
    value = i8(0)
    for k in range(digits):
        digit = i8(data[at + k]) - 48
        if digit < 0 or digit > 9:
            return i8(-1)
        value = 10 * value + digit
    return value


@kernel
def days_of(year: int, month: int, day: int) -> int:
    """Return days since 1970 in the Gregorian calendar; years begin in March, so that leap days come last."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - DAYS_BEFORE_1970


@kernel
def clock_at(data: Array, at: int) -> int:
    """Return the seconds of the clock ``10:30:00``, -1 if it is none."""
    hour, minute, second = number_at(data, at, 2), number_at(data, at + 3, 2), number_at(data, at + 6, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return i8(-1)
    return (hour * 60 + minute) * 60 + second if data[at + 2] == 58 and data[at + 5] == 58 else i8(-1)


@kernel
def read_date(data: Array, at: int, stop: int, result: Array, n: int) -> bool:
    """Write the microseconds of the date in ``data[at:stop]`` to ``result[n]``; False if it has another form."""
    if stop - at != 10 and stop - at < 19:
        return False
    year, month, day = number_at(data, at, 4), number_at(data, at + 5, 2), number_at(data, at + 8, 2)
    if year < 1 or month < 1 or month > 12 or day < 1 or data[at + 4] != 45 or data[at + 7] != 45:
        return False
    next_month = days_of(year, month + 1, 1) if month < 12 else days_of(year + 1, 1, 1)
    days = days_of(year, month, day)
    if days >= next_month:
        return False
    micros = days * DAY_MICROS
    if stop - at > 10:
        seconds = clock_at(data, at + 11)
        if seconds < 0 or (data[at + 10] != 84 and data[at + 10] != 32):  # T or a space
            return False
        micros += seconds * 1_000_000
        at += 19
        if at < stop and data[at] == 46:
            at += 1
            unit = 1_000_000
            while at < stop and unit > 1 and 48 <= data[at] <= 57:
                unit //= 10
                micros += (i8(data[at]) - 48) * unit
                at += 1
            if unit == 1_000_000:
                return False
        if stop - at == 1 and data[at] == 90:  # Z
            at += 1
        elif stop - at == 6 and data[at + 3] == 58 and (data[at] == 43 or data[at] == 45):
            hours, minutes = number_at(data, at + 1, 2), number_at(data, at + 4, 2)
            if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
                return False
            offset = (hours * 60 + minutes) * 60_000_000
            micros += offset if data[at] == 45 else -offset
            at += 6
        if at != stop:
            return False
    result[n] = micros
    return True


@kernel
def read_dates(data: Array, offsets: Array, result: Array, left: Array) -> int:
    """Read what has the common form.

    Parameters
    ----------
    data : uint8 array
    offsets : int32 array, shape (n + 1,)
        Text ``k`` is ``data[offsets[k]:offsets[k + 1]]``.
    result : int64 array, shape (n,)
        Receives microseconds since 1970 UTC.
    left : int64 array, shape (n,)
        Receives which have another form.

    Returns
    -------
    int
        How many have another form.
    """
    count = 0
    for k in range(result.size):
        if not read_date(data, i8(offsets[k]), i8(offsets[k + 1]), result, k):
            left[count] = k
            count += 1
    return count
