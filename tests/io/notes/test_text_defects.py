"""Texts that were damaged before are noticed, counted and reported with an example."""

from __future__ import annotations

import naive
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import everything, json_lines, make, open_files, open_source

from dedup.io import Fields
from dedup.kernels import mojibake as kernel
from dedup.text.tokens import buffers

NAMES = {
    "beyond ASCII": kernel.BEYOND_ASCII,
    "undecodable": kernel.UNDECODABLE,
    "replaced": kernel.REPLACED,
    "mojibake": kernel.MOJIBAKE,
}


def examined(*texts: bytes) -> list[set[str]]:
    found = np.empty(len(texts), np.uint8)
    kernel.examine(*buffers(pa.array(texts, pa.large_binary())), found)
    return [{name for name, bit in NAMES.items() if bits & bit} for bits in found.tolist()]


def misread(text: str) -> bytes:
    """UTF-8 that was read as windows-1252, or latin-1 where that has nothing, and written again."""
    read = "".join(
        bytes([byte]).decode("latin-1" if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252")
        for byte in text.encode()
    )
    return read.encode()


pieces = st.one_of(
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(st.sampled_from("éßÃ©Âà»’ ™â€œDžÐ¿À\ufffd漢กअ한😀"), max_size=6).map(str.encode),
    st.text("éжÜ漢😀", max_size=3).map(misread),
    st.binary(max_size=4),
    st.sampled_from([b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf5"]),
    st.integers(0, 70).map(lambda n: b"x" * n),
)


@settings(max_examples=400)
@given(st.lists(st.lists(pieces, max_size=8).map(b"".join), min_size=1, max_size=5))
@example([b"x" * 62 + "é".encode(), b"\xa9" + b"x" * 200, b"\xc3"])
def test_what_the_kernel_finds_is_the_definition(texts: list[bytes]) -> None:
    """A character is found wherever it is in a block, whatever the texts around it; half a character does not count."""
    expected = [naive.doubts(text) for text in texts]
    assert examined(*texts) == expected
    assert examined(*texts, b" " * 300) == [*expected, set()]


def test_every_character_alone_and_in_a_text() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    for start in range(0, len(every), 1 << 16):
        some = every[start : start + (1 << 16)]
        texts = [char.encode() for char in some]
        assert "undecodable" not in set().union(*examined(*texts, b" " * 100))
        assert "undecodable" not in examined("".join(some).encode())[0]


@pytest.mark.parametrize(
    "text",
    ["François a dit", "Zażółć gęślą", "“It’s”", "Привет", "中文标题", "नमस्ते", "한국어", "İstanbul’da ağır", "naïve"],
)
def test_mojibake_is_noticed(text: str) -> None:
    assert examined(misread(text), b" " * 100) == [{"beyond ASCII", "mojibake"}, set()]


@pytest.mark.parametrize(
    "text",
    [
        "« L’été », dit-il à « Émile » : « ÉTÉ » ; ça…",
        "»Spaß« und »Fuß« – »Maß«…",
        "“Beyoncé’s café’s”—the cliché…",
        "NÃO É O QUE NÓS QUEREMOS. “AÇÃO”",
        "Đà Nẵng, Việt Nam: phố cổ",
        "Ça coûte 5 € à l’entrée",
        "20 Å, 5 µm, Ångström’s, 3\xa0×\xa04\xa0×\xa05 m",
    ],
)
def test_good_text_is_no_mojibake(text: str) -> None:
    assert examined(text.encode() * 20) == [{"beyond ASCII"}]


def test_doubts_are_reported_with_count_and_example(tmp_path) -> None:
    records = [{"id": f"r{n}", "text": f"plain text {n}"} for n in range(6)]
    lines = [line + b"\n" for line in json_lines(*records).splitlines()]
    lines[2] = '{"id": "r2", "text": "ééé FranÃ§ois said"}\n'.encode()
    lines[3] = b'{"id": "r3", "text": "one byte \xff here"}\n'
    lines[4] = '{"id": "r4", "text": "lost \ufffd\ufffd letters"}\n'.encode()
    lines[5] = '{"id": "r5", "text": "cafÃ© again"}\n'.encode()
    path = make(tmp_path, "a.jsonl", b"".join(lines))
    source = open_files([path], Fields())
    everything(source)
    assert source.notes == [
        f"1 text in {path} is not valid UTF-8 (row 4, id r3); each such byte counts as a letter",
        f"1 text in {path} holds U+FFFD (row 5, id r4); an earlier program lost the letters there",
        f"2 texts in {path} are mojibake (row 3, id r2); "
        "UTF-8 that was read as windows-1252, as in FranÃ§ois; --mojibake repair (mojibake=) compares what they were",
    ]


def test_texts_in_memory_are_looked_at_too() -> None:
    source = open_source(["good text", "cafÃ© here", "lost \ufffd", "half \ud800"], Fields())
    everything(source)
    assert [note.split(";")[0] for note in source.notes] == [
        "1 text in records is not valid UTF-8 (row 4, id 4)",
        "1 text in records holds U+FFFD (row 3, id 3)",
        "1 text in records is mojibake (row 2, id 2)",
    ]
