"""A remote file reads as the same bytes on disk do, in any order, by few requests."""

import io
import os

import numpy as np
import pytest

from dedup.errors import InputError
from dedup.io.places.object_reader import ObjectReader
from dedup.io.places.remote_tuning import RemoteTuning

DATA = bytes(np.random.default_rng(3).integers(0, 256, 10_000, np.uint8))
TUNING = RemoteTuning(first_bytes=100, block_bytes=700, ahead=2)


def reader(requests=None, data=DATA, tuning=TUNING):
    def fetch(start, end):
        if requests is not None:
            requests.append((start, end))
        return data[start:end]

    return ObjectReader(fetch, len(data), tuning)


def test_it_reads_as_a_file_does_in_any_order():
    random = np.random.default_rng(7)
    with reader() as opened, io.BytesIO(DATA) as expected:
        for _ in range(600):
            if random.random() < 0.3:
                where = int(random.integers(0, len(DATA) + 50))
                assert opened.seek(where) == expected.seek(where)
            size = int(random.choice([0, 1, 8, 99, 700, 3_000, -1], p=[0.1, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05]))
            assert opened.read(size) == expected.read(size)
            assert opened.tell() == expected.tell()
        assert opened.seek(-5, os.SEEK_END) == expected.seek(-5, os.SEEK_END)
        assert opened.read() == expected.read()


def test_read_in_order_each_byte_is_fetched_once_by_longer_and_longer_requests():
    requests = []
    with reader(requests) as opened:
        assert b"".join(iter(lambda: opened.read(64), b"")) == DATA
    requests.sort()
    assert requests[0][0] == 0
    assert requests[-1][1] == len(DATA)
    assert [end for _, end in requests[:-1]] == [start for start, _ in requests[1:]]
    assert [end - start for start, end in requests[:3]] == [100, 400, 700]
    assert max(end - start for start, end in requests) == 700


def test_places_read_here_and_there_are_fetched_alone():
    requests = []
    with reader(requests) as opened:
        for where in (9_990, 100, 5_000):
            opened.seek(where)
            opened.read(8)
    assert requests == [(9_990, 10_000), (100, 200), (5_000, 5_100)]


def test_it_holds_only_a_few_blocks():
    held = []

    def fetch(start, end):
        held.append(end)
        return bytes(end - start)

    with ObjectReader(fetch, 1 << 20, TUNING) as opened:
        while opened.read(50):
            assert max(held) <= opened.tell() + 3 * 700


def test_an_error_of_a_request_ahead_is_raised_where_its_bytes_are_read():
    def fetch(start, end):
        if start >= 3_000:
            raise InputError("gone")
        return DATA[start:end]

    with ObjectReader(fetch, len(DATA), TUNING) as opened:
        assert opened.read(2_500) == DATA[:2_500]
        with pytest.raises(InputError, match="gone"):
            opened.read(2_500)
