"""Make a corpus of any size: articles you have, then made ones, copies of both among them, and the truth about copies.

    python -m benchmarks.corpora.make -o DIR --documents 100000                             # everything made up
    python -m benchmarks.corpora.make -o DIR --documents 1000000 --articles articles.jsonl  # real articles first

writes ``DIR/corpus.jsonl`` (records ``id``, ``text``), ``DIR/planted.jsonl`` (as `plant` does, for the copies whose
truth was measured: all, or about ``--truths`` of them, drawn at random) and ``DIR/about.json`` (what was made). The
same seed gives the same file, and a smaller corpus is the beginning of a larger one, but for where truth is measured.
Memory holds no more than some thousand originals. The language of made articles is in `language`, how like news it is
in the README; the kinds of copies are those of `edits`.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson

from benchmarks.corpora import truth
from benchmarks.corpora.articles import read_lines
from benchmarks.corpora.copies import Copy
from benchmarks.corpora.edits import KINDS, edit
from benchmarks.corpora.language import Constants, block, language
from benchmarks.corpora.plant import MIN_WORDS

POOL = 4096
"""Originals that may be copied next."""

STAYS = 0.5
"""How likely an original that was copied may be copied again: most have one copy, some have many."""

ENTERS = 0.25
"""How likely an article takes the place of one in the full pool: copies come up to tens of thousands behind."""

AHEAD = 3
"""Blocks of made articles that may be ready before they are written."""


@dataclass(slots=True)
class About:
    """Counts of what was written.

    Parameters
    ----------
    seed, documents, bytes : int
    real, made : int
        Articles from the input, and made ones.
    copies : dict of str to int
        By kind.
    truths : int
        Copies of which the truth was measured.
    """

    seed: int
    documents: int = 0
    bytes: int = 0
    real: int = 0
    made: int = 0
    copies: dict[str, int] = field(default_factory=dict)
    truths: int = 0


def real_articles(path: Path) -> Iterator[bytes]:
    """Yield a JSON line for every article with id and text, once for each id; the file may be compressed."""
    seen: set[str] = set()
    for record in read_lines(path):
        key, text = record.get("id"), record.get("text")
        if key is not None and text and str(key) not in seen:
            seen.add(str(key))
            yield orjson.dumps({"id": str(key), "text": text}) + b"\n"


def made_articles(seed: int, threads: int, constants: Constants | None = None) -> Iterator[bytes]:
    """Yield JSON lines of made articles, without end; threads make them while earlier ones are used."""
    of = language(seed, constants or Constants())
    with ThreadPoolExecutor(threads) as pool:
        blocks: collections.deque[Future[tuple[bytes, list[int]]]] = collections.deque()

        def lines_of(number: int) -> tuple[bytes, list[int]]:
            lines, ends = block(of, number)
            return lines.tobytes(), ends.tolist()

        try:
            for number in itertools.count():
                blocks.append(pool.submit(lines_of, number))
                if number < AHEAD:
                    continue
                lines, ends = blocks.popleft().result()
                yield from (lines[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True))
        finally:
            pool.shutdown(cancel_futures=True)


class Copier:
    """Makes copies of the articles that it is shown.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._pool: list[bytes] = []
        self._kinds = itertools.cycle(KINDS)
        self._numbers = itertools.count()

    def show(self, line: bytes) -> None:
        """Add an article to those that may be copied."""
        if len(self._pool) < POOL:
            self._pool.append(line)
        elif self._rng.random() < ENTERS:
            self._pool[self._rng.randrange(POOL)] = line

    def copy(self) -> tuple[str, str, str, str, str] | None:
        """Return id and text of an original, its kind, id and text of a copy; None where none can be made."""
        if len(self._pool) < 2:
            return None
        place = self._rng.randrange(len(self._pool))
        original = orjson.loads(self._pool[place])
        donor = orjson.loads(self._pool[place - 1])["text"].split()
        if len(original["text"].split()) < MIN_WORDS or not donor:
            return None
        kind = next(self._kinds)
        text = edit(original["text"], kind, self._rng, donor)
        if self._rng.random() >= STAYS:
            self._pool[place] = self._pool[-1]
            self._pool.pop()
        return original["id"], original["text"], kind, f"planted/{kind}/{next(self._numbers)}/{original['id']}", text


def write_corpus(
    corpus: BinaryIO,
    planted: BinaryIO,
    articles: Iterable[bytes],
    documents: int,
    share: float,
    truths: int,
    seed: int,
) -> About:
    """Write articles and copies of them, and the truth about copies.

    Parameters
    ----------
    corpus, planted : binary files
    articles : iterable of bytes
        JSON lines.
    documents : int
        How many to write, copies included; fewer if there are not enough articles.
    share : float
        Share of the documents that are copies.
    truths : int
        Of about this many copies, if there are more, resemblance is measured and written to ``planted``.
    seed : int

    Returns
    -------
    About
    """
    about = About(seed)
    rng, chance, copier = random.Random(seed), random.Random(seed + 1), Copier(seed + 2)
    measured = min(1.0, truths / max(1.0, documents * share))
    source = iter(articles)
    while about.documents < documents:
        copy = copier.copy() if rng.random() < share else None
        if copy:
            original_key, original, kind, key, text = copy
            line = orjson.dumps({"id": key, "text": text}) + b"\n"
            about.copies[kind] = about.copies.get(kind, 0) + 1
            if chance.random() < measured:
                same, inside = truth.resemblance(original, text), truth.containment(text, original)
                planted.write(orjson.dumps(asdict(Copy(original_key, key, kind, same, inside))) + b"\n")
                about.truths += 1
        else:
            line = next(source, b"")
            if not line:
                break
            copier.show(line)
        corpus.write(line)
        about.documents += 1
        about.bytes += len(line)
    return about


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--documents", type=int, default=10_000, help="copies included (default: %(default)s)")
    parser.add_argument("--articles", type=Path, metavar="FILE", help="JSON lines with id and text, these come first")
    parser.add_argument("--copies", type=float, default=0.1, metavar="SHARE", help="of copies (default: %(default)s)")
    parser.add_argument(
        "--truths", type=int, default=2_000, help="copies measured at most, about (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="that make articles (default: %(default)s)")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    real = 0

    def counted() -> Iterator[bytes]:
        nonlocal real
        for line in real_articles(args.articles) if args.articles else ():
            real += 1
            yield line

    with (args.output / "corpus.jsonl").open("wb") as corpus, (args.output / "planted.jsonl").open("wb") as planted:
        articles = itertools.chain(counted(), made_articles(args.seed, args.threads))
        about = write_corpus(corpus, planted, articles, args.documents, args.copies, args.truths, args.seed)
    about.real, about.made = real, about.documents - real - sum(about.copies.values())
    (args.output / "about.json").write_bytes(orjson.dumps(asdict(about), option=orjson.OPT_INDENT_2))
    seconds = time.perf_counter() - started
    print(f"{about.documents:,} documents, {about.bytes / 1e6:,.1f} MB in {seconds:.1f} s:", end=" ")
    print(f"{real:,} real, {about.made:,} made, {sum(about.copies.values()):,} copies")


if __name__ == "__main__":
    main()
