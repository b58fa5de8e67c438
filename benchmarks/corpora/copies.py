"""Write and read ``planted.jsonl``, where `plant` and `make` keep planted copies with the truth about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Copy:
    """A planted copy and how like its original it is.

    Parameters
    ----------
    left, right : str
        Id of the original and of the copy.
    kind : str
        How it was edited: one of `edits.KINDS`.
    resemblance : float
        True resemblance of word 5-shingles.
    containment : float
        True containment of the copy in the original.
    """

    left: str
    right: str
    kind: str
    resemblance: float
    containment: float

    @property
    def pair(self) -> tuple[str, str]:
        """The two ids, the smaller one first, as in ``matches.parquet``."""
        return min(self.left, self.right), max(self.left, self.right)


def write_copies(path: Path, copies: Iterable[Copy]) -> None:
    """Write one JSON line for each copy."""
    path.write_bytes(b"".join(orjson.dumps(asdict(copy)) + b"\n" for copy in copies))


def read_copies(path: Path) -> list[Copy]:
    """Return the copies in a file."""
    return [Copy(**orjson.loads(line)) for line in path.read_bytes().splitlines()]
