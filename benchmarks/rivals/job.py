"""What every rival's script shares: the command line, reading, word 5-shingles, the answer.

A rival's script defines one function, ``deduplicate(documents) -> (count, dropped ids)``, and hands it to `main`. It
runs in an environment of its own (``requirements-NAME.txt``) and imports nothing of the package.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import AnyStr

import orjson

THRESHOLD = 0.7
NUM_PERM = 128
SHINGLE_SIZE = 5

_WORD = re.compile(r"\w+")


def read(path: Path) -> Iterator[tuple[str, str]]:
    """Yield id and text of every line."""
    with path.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            record = orjson.loads(line)
            yield record["id"], record["text"]


def words(text: str) -> list[str]:
    """Return the words of a text, lower case."""
    return _WORD.findall(text.lower())


def shingles(words: Sequence[AnyStr], space: AnyStr) -> list[AnyStr]:
    """Return each run of five words, joined by the space given; a shorter text is one shingle.

    Joining whole columns at once is the fastest of the ways tried in plain Python.
    """
    if len(words) < SHINGLE_SIZE:
        return [space.join(words)] if words else []
    return list(map(space.join, zip(*(words[i:] for i in range(SHINGLE_SIZE)), strict=False)))


def main(package: str, deduplicate: Callable[[Iterable[tuple[str, str]]], tuple[int, list[str]]]) -> None:
    """Run a rival over a file and print one JSON line about it.

    Parameters
    ----------
    package : str
        Name of the distribution, for its version.
    deduplicate : callable
        Takes (id, text) of each document, returns how many there were and the ids it would drop.
    """
    parser = argparse.ArgumentParser(description=f"Drop near duplicates with {package}.")
    parser.add_argument("input", type=Path, help="JSON lines with id and text")
    parser.add_argument("--dropped", type=Path, help="write the ids it drops here, one JSON string a line")
    args = parser.parse_args()
    documents, dropped = deduplicate(read(args.input))
    if args.dropped:
        args.dropped.write_text("".join(json.dumps(key) + "\n" for key in dropped))
    version = importlib.metadata.version(package)
    answer = {"package": package, "version": version, "documents": documents, "dropped": len(dropped)}
    print(json.dumps({**answer, "clusters": documents - len(dropped)}))
