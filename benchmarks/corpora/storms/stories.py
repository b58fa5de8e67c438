"""Read an article as a wire story: paragraphs of sentences, and what an agency adds."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from benchmarks.corpora.storms import phrases


@dataclass(frozen=True, slots=True)
class Story:
    """A wire story.

    Parameters
    ----------
    id : str
        Of the article.
    paragraphs : tuple of tuple of str
        Its sentences, by paragraph.
    agency, city, section, topic : str
    """

    id: str
    paragraphs: tuple[tuple[str, ...], ...]
    agency: str
    city: str
    section: str
    topic: str

    @property
    def words(self) -> int:
        """How many it has."""
        return sum(len(sentence.split()) for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def text(self) -> str:
        """As the agency sends it."""
        return "\n\n".join(" ".join(paragraph) for paragraph in self.paragraphs)


_LOST_BREAK = re.compile(r"""([a-z0-9)%]["'”’]?[.!?]["'”’)]?)(?=["'“‘(]?[A-Z])""")
_BREAK = re.compile(r"""(?<!Mr)(?<!Dr)(?<!St)(?<!Ms)(?<!Mrs)(?<=[a-z0-9)%])([.!?]["'”’)]?)\s+(?=["'“‘(]?[A-Z0-9])""")


def story(key: str, text: str, seed: int) -> Story:
    """Return an article as a story: paragraphs (also where a break was lost: "the end.At first") and sentences."""
    rng = random.Random(f"{seed}/story/{key}")
    pieces = re.split(r"\s*\n\s*", _LOST_BREAK.sub(r"\1\n", text.strip()))
    paragraphs = tuple(tuple(_BREAK.sub(r"\1\n", piece).split("\n")) for piece in pieces if piece)
    names = re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text)
    return Story(
        key,
        paragraphs,
        rng.choice(phrases.AGENCIES),
        rng.choice(phrases.CITIES).replace("|", " "),
        rng.choice(phrases.SECTIONS),
        rng.choice(names or phrases.SECTIONS),
    )


def cut(wire: Story, share: float) -> list[list[str]]:
    """Return whole sentences from the start that have at least this share of the words."""
    wanted, words = share * wire.words, 0
    kept: list[list[str]] = []
    for paragraph in wire.paragraphs:
        kept.append([])
        for sentence in paragraph:
            if words >= wanted:
                return [one for one in kept if one]
            kept[-1].append(sentence)
            words += len(sentence.split())
    return kept
