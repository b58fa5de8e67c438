"""Run the program on a few short texts with kernels as plain Python, and print what it decides, as JSON.

    NUMBA_DISABLE_JIT=1 python tests/interpreted.py

`test_interpreted.py` compares that with what compiled kernels decide. Coverage sees the kernels line by line, and a
place beyond the end of an array is an error. What Numba makes of LLVM instructions (``@intrinsic``, in
`dedup.kernels.simd` and `dedup.kernels.xxh`) has no Python to run, so it is defined here.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numba
import numba.extending
import numpy as np

BLOCK = 64
STOP, LINE = 8, 12


def _bits(flags: Any) -> Any:
    return np.packbits(flags, bitorder="little").view(np.uint64)[0]


def _block(source: Any, at: int) -> Any:
    assert 0 <= at <= len(source) - BLOCK
    return source[at : at + BLOCK]


def _write(block: Any, target: Any, to: int) -> None:
    assert 0 <= to <= len(target) - BLOCK
    target[to : to + BLOCK] = block


def equal_to(source: Any, at: int, value: int) -> Any:
    return _bits(_block(source, at) == value)


def at_least(source: Any, at: int, value: int) -> Any:
    return _bits(_block(source, at) >= value)


def above_space(source: Any, at: int) -> Any:
    return _bits(_block(source, at) > 0x20)


def fold_ascii(source: Any, at: int, target: Any, to: int) -> Any:
    block = _block(source, at).copy()
    folded = np.full(BLOCK, 0x20, np.uint8)
    folded[np.isin(block, list(b".!?"))] = STOP
    folded[np.isin(block, list(b"\n\r<>"))] = LINE
    lower = block | 0x20
    is_letter = (lower >= ord("a")) & (lower <= ord("z"))
    is_digit = (block >= ord("0")) & (block <= ord("9"))
    folded[is_letter] = lower[is_letter]
    folded[is_digit] = block[is_digit]
    _write(folded, target, to)
    is_before_end = np.append(np.isin(block[1:], list(b"\n\r")), True)
    return _bits((block >= 0x80) | ((block == ord("-")) & is_before_end))


def find_plain_json_end(source: Any, at: int) -> Any:
    block = _block(source, at)
    return _bits((block == ord('"')) | (block == ord("\\")) | (block < 0x20))


def copy_plain_json(source: Any, at: int, target: Any, to: int) -> Any:
    found = find_plain_json_end(source, at)
    _write(_block(source, at).copy(), target, to)
    return found


def line_feeds(source: Any, at: int) -> Any:
    return equal_to(source, at, 10)


def find_markup(source: Any, at: int) -> Any:
    return _bits(np.isin(_block(source, at), list(b"<&\\")))


def copy_markup(source: Any, at: int, target: Any, to: int) -> Any:
    found = find_markup(source, at)
    _write(_block(source, at).copy(), target, to)
    return found


def set_bits(bits: int) -> int:
    return int(bits).bit_count()


def trailing_zeros(bits: int) -> int:
    bits = int(bits)
    return (bits & -bits).bit_length() - 1 if bits else BLOCK


def prefetch(array: Any, at: int) -> None:
    assert 0 <= at < len(array)


def borrowed(array: Any) -> Any:
    return array


def load32(data: Any, offset: int) -> Any:
    assert 0 <= offset <= len(data) - 4
    return data[offset : offset + 4].copy().view(np.uint32)[0]


def store32(value: int, data: Any, offset: int) -> None:
    assert 0 <= offset <= len(data) - 4
    data[offset : offset + 4] = np.array([value], np.uint32).view(np.uint8)


def install() -> None:
    """Have kernels that are imported from now on use these, and overflow without a warning, as compiled ones do."""

    def intrinsic(function: Callable[..., Any]) -> Any:
        return globals()[function.__name__]

    numba.extending.intrinsic = intrinsic
    warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning)


def texts() -> list[str]:
    """Return short texts that reach most kernels: copies of every kind, markup, other scripts, pieces of a mould."""
    from conftest import article, edited, report

    story = article(0, 8)
    return [
        story,
        story.upper(),
        edited(story, 1, 0.03),
        article(1, 3) + " " + story,
        f"<div><p>{article(2, 6)}</p><script>var a = '<b>';</script> Caf&eacute;s &amp; more &#233;</div>",
        article(2, 6),
        report(0),
        report(1),
        article(3, 4) + "\nSubscribe to our newsletter and accept all cookies of this page.\n",
        article(4, 4) + "\nSubscribe to our newsletter and accept all cookies of this page.\n",
        article(5, 4) + "\nSubscribe to our newsletter and accept all cookies of this page.\n",
        "Совет города решил закрыть старый мост на ремонт до конца следующей весны, сообщил мэр в понедельник.",
        "市議会は月曜日、古い橋を来春の終わりまで修理のため閉鎖することを決めた。市長が発表した。",
        "สภาเมืองลงมติเมื่อวันจันทร์ให้ปิดสะพานเก่าเพื่อซ่อมแซมจนถึงปลายฤดูใบไม้ผลิปีหน้า",
        "Ã©tÃ© caf\u00e9 na\ufffdve " + article(6, 2),
    ]


def decide(folder: Path) -> dict[str, Any]:
    """Return what a run, an index and comparisons decide on the texts."""
    import dedup

    some = texts()
    lines = [
        json.dumps({"id": f"t{n}", "text": text, "published": f"2024-03-{n + 1:02}", "source": "Hill Press"})
        for n, text in enumerate(some)
    ]
    (folder / "news.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    decided: dict[str, Any] = {}
    for level in ("near", "rewritten"):
        result = dedup.deduplicate(str(folder / "news.jsonl"), params=dedup.Params(level=level, related=True))
        decided[level] = [
            result.decisions.drop_columns(["file", "duplicate_of_file"]).to_pylist(),
            result.matches.to_pylist(),
        ]
    with dedup.Index(folder / "news.index") as index:
        answers = index.add_many(map(json.loads, lines))
        index.compact()
        answers += [index.query(text) for text in some[:3]]
        decided["index"] = [[answer.duplicate_of, answer.relation, answer.score] for answer in answers]
    comparison = dedup.compare(some[0], some[2])
    decided["compare"] = [comparison.relation, comparison.measures]
    pairs = [(0, 2), (0, 3), (6, 7), (8, 9), (11, 12)]
    shared = [dedup.compare(some[a] + some[13], some[b] + some[13][9:]).passages for a, b in pairs]
    decided["passages"] = [[list(map(str, astuple(one))) for one in passages] for passages in shared]
    return decided


if __name__ == "__main__":
    if numba.config.DISABLE_JIT:
        install()
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(decide(Path(place)), default=str))
