"""Measure the true resemblance and containment of two texts, by the oracle of the tests, fast enough for thousands.

The truth a benchmark measures against must share no code with what is measured: it is ``tests/naive.py``, loaded as a
module of our own so that its cached answers touch nobody else's copy. Caching changes no result: every function that is
cached is pure.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from types import ModuleType

SHINGLE_SIZE = 5
_ORACLE = Path(__file__).resolve().parents[2] / "tests" / "naive.py"


def resemblance(left: str, right: str) -> float:
    """Return the shared word 5-shingles over all distinct word 5-shingles of two texts."""
    return float(_naive().resemblance(left, right, SHINGLE_SIZE))


def containment(part: str, whole: str) -> float:
    """Return the share of the first text's distinct word 5-shingles that are in the second."""
    return float(_naive().containment(part, whole, SHINGLE_SIZE))


def tokens(text: str) -> list[str]:
    """Return the folded tokens of a text."""
    return list(_naive().tokens(text))


@functools.cache
def _naive() -> ModuleType:
    """Return the oracle, with caches of the characters and tokens it has met and of the last texts."""
    spec = importlib.util.spec_from_file_location("oracle", _ORACLE)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_ORACLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("fold", "is_word", "is_unspaced", "token_hash"):
        setattr(module, name, functools.cache(getattr(module, name)))
    # Both measures of a pair, and the next pair of the same text, find the shingles in the cache.
    module.shingles = functools.lru_cache(maxsize=64)(module.shingles)
    return module
