"""Kernels are compiled once for a machine, and others can compile calls of them."""

from __future__ import annotations

import subprocess
import sys


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kernels_are_loaded_from_the_cache() -> None:
    code = (
        "from dedup.text.tokens import tokens\n"
        "import dedup.kernels.tokenisation as kernel\n"
        "tokens('Once upon a time')\n"
        "print(sum(kernel.fold.stats.cache_misses.values()), sum(kernel.fold.stats.cache_hits.values()) > 0)"
    )
    output_of(code)  # compiles them, if none did
    assert output_of(code) == "0 True\n"


def test_a_kernel_can_be_called_by_what_others_compile() -> None:
    code = (
        "import numpy as np, xxhash\n"
        "from numba import njit\n"
        "from dedup.kernels.xxh import xxh32\n"
        "data = np.frombuffer(b'some bytes', np.uint8)\n"
        "xxh32(data, 0, 4)\n"
        "@njit\n"
        "def own(data, values):\n"
        "    return np.sort(values)[0] + np.sqrt(values.sum()), {1: xxh32(data, 0, 10)}[1]\n"
        "print(own(data, np.array([9.0, 4.0, 3.0])) == (7.0, xxhash.xxh32_intdigest(b'some bytes')))"
    )
    assert output_of(code) == "True\n"
