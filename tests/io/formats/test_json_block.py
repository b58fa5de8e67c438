"""The kernel and Python must make the same of every line; what the kernel takes and what it leaves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.io import Fields
from dedup.io.fields.field_tree import FieldTree
from dedup.io.formats.json_block import BlockReader, FieldBuffers, arrays_of, parsed_batch
from dedup.kernels import json_fields as kernel

NAMED = FieldTree(Fields(text="text", id="id", date="date", source="source"))
GUESSED = FieldTree(Fields())
JOINED = FieldTree(Fields(text="title,text", id="meta.id", date="meta.date", source="publisher"))
BESIDE = FieldTree(Fields(id="source.id", date="content.value"))
SHARED = FieldTree(Fields(text="title,text", id="url", title="source", url="id"))
"""Fields of which some serve two roles each, named ones and guessed ones."""
TREES = [NAMED, GUESSED, JOINED, BESIDE, SHARED]


def contents(batch):
    for array in (batch.id, batch.text, *batch.labels.values()):
        array.validate(full=True)
    labels = [array.to_pylist() for array in batch.labels.values()]
    fields = batch.id.to_pylist(), batch.text.to_pylist(), batch.published.tolist(), *labels
    return batch.row.tolist(), *fields, batch.rejected, batch.unread.count


def agree(block: bytes, *trees: FieldTree):
    """Check the kernel's way against Python's, and return what both give with the first tree."""
    lines = block.removesuffix(b"\n").split(b"\n")
    results = []
    for tree in trees or TREES:
        slow = parsed_batch("f", lines, range(5, 5 + len(lines)), tree)
        fast = BlockReader("f", tree).batch(block, len(lines), 5)
        assert contents(fast) == contents(slow)
        assert fast.fields.used == slow.fields.used
        results.append(contents(slow))
    return results[0]


def left(line: bytes, tree: FieldTree = NAMED) -> bool:
    """Whether the kernel leaves a line to Python."""
    buffers = FieldBuffers.of(tree, len(line) + 1, 1)
    rest = np.empty((kernel.ROOM, kernel.WIDTH), np.int64), np.empty(1, np.int64), np.empty((1, 3), np.int64)
    data = np.frombuffer(line + b"\n", np.uint8)
    return kernel.read_lines(data, *arrays_of(tree), *buffers, *rest) == (1, 1)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90) | st.text('ab"\\/\n\t\0é漢🙂 ', max_size=200)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    TEXTS,
    st.sampled_from(["", "2024-01-31", "2024-01-31T10:30:00Z", "Thu, 01 Jan 1970 00:00:01 GMT", "soon", 1706659200]),
)
WANTED = [
    *("text", "id", "date", "source", "title", "title,text", "meta", "meta.id", "publisher", "name", "content", "body"),
    *("rendered", "_source", "value", "summary", "Text", "TEXT", "url", "date_gmt", "fields", "bodyText", "Content"),
    *("URL", "Title", "link", "headline", "mainEntityOfPage", "@id"),
]
KEYS = st.sampled_from(WANTED) | st.text(max_size=6)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
ASCII_PIECES = rb'" \ \u \ud800 \udc00 \u00e9 { } [ ] , : 0 - . 1e999 NaN null'.split()
OTHER_PIECES = [b"\xff", b"\xed\xa0\x80", b"\xc3", b" ", b"\x0b", b"\x01", b"\xef\xbb\xbf", b"\0"]
PIECES = st.sampled_from(ASCII_PIECES + OTHER_PIECES)
SPACES = st.sampled_from(["", "", " ", "\t \r", "  "])


@st.composite
def objects(draw):
    """Draw an object as JSON: with duplicate keys, any spacing, characters raw or escaped."""
    members = []
    for key, value in draw(st.lists(st.tuples(KEYS, VALUES), max_size=7)):
        one, two = (json.dumps(part, ensure_ascii=draw(st.booleans())) for part in (key, value))
        members.append(draw(SPACES) + one + draw(SPACES) + ":" + draw(SPACES) + two + draw(SPACES))
    whole = draw(SPACES) + "{" + (",".join(members) or draw(SPACES)) + "}" + draw(SPACES)
    return whole.encode("utf-8", "surrogatepass").replace(b"\n", b" ")


@st.composite
def mutated(draw):
    """Draw an object and change, insert, remove or cut some of its bytes."""
    line = bytearray(draw(objects()))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.integers(0, 3))] = draw(PIECES | st.binary(max_size=2))
    if draw(st.integers(0, 5)) == 0:
        del line[draw(st.integers(0, len(line))) :]
    return bytes(line).replace(b"\n", b"")


@settings(max_examples=600, deadline=None)
@given(st.lists(objects(), min_size=1, max_size=5), st.booleans())
def test_objects_are_read_as_python_reads_them(lines, ends):
    agree(b"\n".join(lines) + b"\n" * ends)


@settings(max_examples=600, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=3))
@example([b'{"text":"\\ud83d\\ude00 \\ud83d\\n"}'])
@example([b"\x0b", b"{}", b"\xef\xbb\xbf", b" \t\r"])
def test_broken_lines_are_read_as_python_reads_them(lines):
    if any(lines):
        agree(b"\n".join(lines) + b"\n")


NUMBERS = "1 -0 0 -7 007 1.0 1e5 123456789012345678 1234567890123456789 1.5e400 +1 1. .5 1e --1"
OTHERS = 'true null nul nulll truetrue Infinity [] {} [1,] [[[]]] [} {] {"a":1,} {"a"} {"a":{"b":[{"c":[]}]}}'
STRINGS = ['""', '"\\ud800"', '"caf\\u00e9"']


@pytest.mark.parametrize("value", [*NUMBERS.split(), "9" * 5000, *OTHERS.split(), "[1 2]", *STRINGS])
@pytest.mark.parametrize("field", ["text", "id", "date", "source", "other"])
def test_values_of_every_kind_in_every_field(field, value):
    agree(f'{{"text":"x","{field}":{value}}}\n{{"text":"y"}}\n'.encode())


@pytest.mark.parametrize("depth", [1, 63, 64, 65, 1023, 1025, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"k":', "}")])
def test_nesting(depth, opening, closing):
    value = opening * depth + "1" + closing * depth
    agree(f'{{"text":"x","deep":{value}}}\n'.encode())
    agree(f'{{"text":"x","deep":{value[:-1]}}}\n'.encode())


def test_the_last_of_duplicate_keys_counts():
    line = b'{"text":"a long one","id":"1","text":"b","id":null,"source":"AP","text":"c","source":7,"date":5,"date":""}'
    rows, ids, texts, _, sources, _, _, rejected, unread = agree(line)
    assert (rows, ids, texts, sources, rejected, unread) == ([5], ["f:5"], [b"c"], ["7"], {}, 0)


def test_rejected_lines_stand_among_the_others():
    block = b'{"text":"a","id":"1"}\n\n{"text":5}\n{"text":"b"}\n\x0c\nbroken\n{"text":"c\\ud800","id":"\xff"}\n[1]\n'
    rows, ids, texts, *_, rejected, _ = agree(block)
    assert rows == [5, 7, 8, 10, 11, 12]
    assert ids == ["1", "f:7", "f:8", "f:10", "\\udcff", "f:12"]
    assert texts == [b"a", None, b"b", None, b"c\xed\xa0\x80", None]
    assert sorted(rejected) == [1, 3, 5]


@pytest.mark.parametrize("size", [*range(50, 75), *range(120, 135)])
def test_strings_around_the_size_of_a_block(size):
    plain = "x" * size
    for text in (plain, plain + "\n", '"' + plain, plain + "é", plain + "🙂"):
        for ascii_only in (True, False):
            line = json.dumps({"other": text, "text": text, "id": text}, ensure_ascii=ascii_only).encode()
            assert not left(line)
            assert agree(line)[2] == [text.encode()]


@pytest.mark.parametrize(
    "fields",
    [Fields(text="text", id="text"), Fields(text="te\udcffxt"), Fields(text=""), Fields(text="größe", id="id")],
    ids=repr,
)
def test_names_of_any_kind(fields):
    agree('{"text":"x","id":"y","größe":"groß"}\n{"":"z"}'.encode() + b'\n{"te\xffxt":"w"}', FieldTree(fields))


def test_what_is_left_to_python():
    taken = [b'{"text":"caf\xff"}', b'{"id":12,"x":[{"y":1.5e3}]}', b'{"text":"\\ud83d\\ude00\x01"}', b" {}\r"]
    slow = [b'{"te\\u0078t":"x"}', b'{"id":"\xff"}', b'{"text":"\\ud83d"}', b'{"x":NaN}', b"[]", b'{"id":1.5}', b"{} x"]
    assert [left(line) for line in taken] == [False] * len(taken)
    assert [left(line) for line in slow] == [True] * len(slow)


def test_what_is_read_without_python_of_guessed_and_nested_fields():
    taken = [
        b'{"content":{"rendered":"x"},"id":1,"date_gmt":"2024-01-31"}',
        b'{"_id":"a","_source":{"Body":"x","published":null,"publisher":{"name":"AP"}}}',
        b'{"source":{"id":null,"name":"AP"},"content":"x","url":"u"}',
        b'{"text":"","content":"x","summary":"y"}',
        b'{"text":"x","summary":{"a":[1]},"id":"i","link":["l"],"date":null}',
    ]
    slow = [
        b'{"content":[{"value":"x"}]}',  # a list
        b'{"content":{"rendered":"x"},"content":"y"}',  # twice
        b'{"TEXT":"x","Text":"y"}',
        b'{"text":null,"summary":"y"}',  # a summary beside a text
        b'{"content":{"value":1}}',  # no text at all
        b'{"date":["2024-01-31"]}',
    ]
    assert [left(line, GUESSED) for line in taken] == [False] * len(taken)
    assert [left(line, GUESSED) for line in slow] == [True] * len(slow)
    agree(b"\n".join(taken + slow))


def test_fields_are_counted_the_same_way_by_both():
    records = [
        {"text": "a", "body": "b", "content": {"rendered": ""}},
        {"Text": "", "content": "c", "url": 7},
        {"body": "b", "source": {"name": None}, "date": "2024-01-31"},
        {"text": None, "content": "  ", "article": 5},
    ]
    lines = [json.dumps(record).encode() for record in records]
    slow = parsed_batch("f", lines, range(4), GUESSED).fields
    fast = BlockReader("f", GUESSED).batch(b"\n".join(lines), 4, 0).fields
    assert fast == slow
    assert slow.used["text"] == {"text": 1, "content": 1, "body": 1}
    assert slow.filled["text"] == {"text": 1, "body": 2, "content": 2, "article": 1}
    assert slow.present["text"]["content.rendered"] == 1
