"""Share what every rival's script needs: the command line, reading, word 5-shingles, the answer.

A rival's script defines one function, ``deduplicate(path, threads) -> (count, dropped ids)``, and hands it to `main`.
It runs in an environment of its own (``requirements-NAME.txt``) and imports nothing of the package.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
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
    """Return each run of five words, joined by a space; a shorter text is one shingle.

    Joining whole columns at once is the fastest of the ways tried in plain Python.
    """
    if len(words) < SHINGLE_SIZE:
        return [space.join(words)] if words else []
    return list(map(space.join, zip(*(words[i:] for i in range(SHINGLE_SIZE)), strict=False)))


def leaders(candidates: Iterable[tuple[int, Iterable[int]]]) -> list[int]:
    """Return which documents have an earlier kept one among their candidates, as query and insert by turns find them.

    Parameters
    ----------
    candidates : iterable of (int, iterable of int)
        A document, in ascending order, and those it is considered alike; what is not listed has no copy.
    """
    dropped: set[int] = set()
    for document, others in candidates:
        if any(other < document and other not in dropped for other in others):
            dropped.add(document)
    return sorted(dropped)


def ids_but(path: Path, kept: Container[str]) -> tuple[int, list[str]]:
    """Return the number of documents, and the ids of those that are not kept."""
    keys = [key for key, _ in read(path)]
    return len(keys), [key for key in keys if key not in kept]


def main(package: str, deduplicate: Callable[[Path, int], tuple[int, list[str]]]) -> None:
    """Run a rival over a file and print one JSON line about it.

    Parameters
    ----------
    package : str
        Name of the distribution, for its version.
    deduplicate : callable
        Takes the file and the number of threads or processes it may use; returns how many documents there were and the
        ids it would drop.
    """
    parser = argparse.ArgumentParser(description=f"Drop near duplicates with {package}.")
    parser.add_argument("input", type=Path, help="JSON lines with id and text")
    parser.add_argument("--threads", type=int, default=1, help="threads or processes, where it has them")
    parser.add_argument("--dropped", type=Path, help="write the ids it drops here, one JSON string a line")
    args = parser.parse_args()
    documents, dropped = deduplicate(args.input, args.threads)
    if args.dropped:
        args.dropped.write_text("".join(json.dumps(key) + "\n" for key in dropped))
    version = importlib.metadata.version(package)
    answer = {"package": package, "version": version, "documents": documents, "dropped": len(dropped)}
    print(json.dumps({**answer, "clusters": documents - len(dropped)}))
