"""Write the version of a story that an outlet prints: cut, reworded, with lines around and within it."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

from benchmarks.corpora.storms import phrases
from benchmarks.corpora.storms.outlets import Outlet, filled
from benchmarks.corpora.storms.phrases import listed
from benchmarks.corpora.storms.stories import Story, cut

_SYNONYMS = (
    ("said", "stated", "added"),
    ("about", "around", "roughly"),
    ("but", "however", "yet"),
    ("because", "since", "as"),
    ("while", "whereas"),
    ("also", "too"),
    ("many", "numerous"),
    ("several", "various"),
    ("people", "persons"),
    ("children", "youngsters"),
    ("police", "officers"),
    ("told", "informed"),
    ("after", "following"),
    ("before", "ahead of"),
    ("during", "in the course of"),
    ("including", "among them"),
    ("over", "more than"),
    ("under", "below"),
    ("last", "past"),
    ("big", "large", "major"),
    ("help", "assist", "aid"),
    ("show", "indicate"),
    ("shows", "indicates"),
    ("showed", "indicated"),
    ("found", "discovered"),
    ("asked", "requested"),
    ("began", "started"),
    ("ended", "finished"),
    ("killed", "slain"),
    ("wounded", "injured", "hurt"),
    ("increase", "rise"),
    ("decrease", "fall", "drop"),
    ("car", "vehicle"),
    ("home", "house"),
    ("money", "cash", "funds"),
    ("plan", "scheme"),
    ("plans", "schemes"),
    ("report", "study"),
    ("important", "significant"),
    ("difficult", "hard"),
    ("quickly", "rapidly", "fast"),
    ("often", "frequently"),
    ("nearly", "almost"),
    ("although", "though"),
    ("until", "till"),
    ("whether", "if"),
    ("must", "has to"),
    ("may", "might"),
    ("get", "receive"),
    ("use", "employ"),
    ("used", "employed"),
    ("enough", "sufficient"),
    ("start", "begin"),
    ("whole", "entire"),
    ("government", "cabinet"),
)
_OTHERS = {word: [other for other in group if other != word] for group in _SYNONYMS for word in group}
_COMMON = frozenset(
    listed("the a an of to in on and that is was has had be by for with at from it its this he she they who")
)


def version(wire: Story, house: Outlet, published: datetime.datetime, rng: random.Random) -> str:
    """Return the version of a story that an outlet prints."""
    blocks = body(wire, house, published, rng)
    title = headline(wire, house, rng)
    head = [filled(line, house, wire, published, rng) for line in house.head]
    top = [title, *head] if rng.random() < 0.5 else [*head, title]
    return "\n\n".join(filter(None, [*top, *blocks, *footer(wire, house, published, rng)]))


def merged(wires: Sequence[Story], house: Outlet, published: datetime.datetime, rng: random.Random) -> str:
    """Return stories, each entire, one below the other in one document of an outlet."""
    blocks = [filled(line, house, wires[0], published, rng) for line in house.head]
    for wire in wires:
        blocks += [headline(wire, house, rng), _dateline(wire, published, rng) + house.numbers.write(wire.text)]
    return "\n\n".join(filter(None, [*blocks, *footer(wires[0], house, published, rng)]))


def body(wire: Story, house: Outlet, published: datetime.datetime, rng: random.Random) -> list[str]:
    """Return the paragraphs between header and footer."""
    paragraphs = cut(wire, 1.0 if rng.random() < 0.15 else rng.uniform(0.35, 1.0))
    if house.paragraph:
        sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
        paragraphs = [sentences[i : i + house.paragraph] for i in range(0, len(sentences), house.paragraph)]
    share = rng.uniform(0, 0.03)
    blocks = [edited(house.numbers.write(" ".join(paragraph)), share, rng) for paragraph in paragraphs]
    if len(blocks) > 3 and rng.random() < 0.2:
        moved = blocks.pop(rng.randrange(1, len(blocks)))
        blocks.insert(rng.randint(1, len(blocks)), moved)
    blocks[0] = _dateline(wire, published, rng) + blocks[0]
    if rng.random() < 0.25:
        lines = rng.sample(phrases.INSERTS, rng.randint(1, 2))
        insert = " ".join(filled(line, house, wire, published, rng) for line in lines)
        blocks.insert(rng.randint(1, len(blocks)), insert)
    if rng.random() < 0.4:
        offer = filled(rng.choice(house.offers), house, wire, published, rng)
        blocks.insert(max(1, len(blocks) // 2), offer)
    return blocks


def edited(text: str, share: float, rng: random.Random) -> str:
    """Return a text with about this share of its words changed: a synonym, or a common word left out or twice."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if word in _OTHERS or word in _COMMON]
    wanted = share * len(words)
    count = int(wanted) + (rng.random() < wanted % 1)
    for i in rng.sample(places, min(len(places), count)):
        if words[i] in _OTHERS:
            words[i] = rng.choice(_OTHERS[words[i]])
        else:
            words[i] = "" if rng.random() < 0.7 else f"{words[i]} {words[i]}"
    return " ".join(filter(None, words))


def headline(wire: Story, house: Outlet, rng: random.Random) -> str:
    """Return a headline made of the first sentence, at times reworded; empty for none."""
    chance = rng.random()
    if chance < 0.15:
        return ""
    words = [word.strip(",;:()\"“”'‘’.") for word in wire.paragraphs[0][0].split()]
    words = [word for word in words[: rng.randint(6, 12)] if word]
    if chance < 0.6:
        words = [rng.choice(_OTHERS[word]) if word in _OTHERS else word for word in words if word not in _COMMON]
    text = " ".join(words)
    if chance < 0.3:
        text = rng.choice((f"{wire.topic}: {text}", f"{text} - {wire.agency}", f"UPDATE {rng.randint(1, 5)}-{text}"))
    return (text, text.title(), text.upper())[house.headline]


def _dateline(wire: Story, published: datetime.datetime, rng: random.Random) -> str:
    city, month = wire.city, phrases.MONTHS[published.month - 1]
    forms = (
        f"{city} ({wire.agency}) - ",
        f"{city}, {month} {published.day} ({wire.agency}) - ",
        f"{city} — ",
        f"{city.title()}, {published.day} {month[:3]} ({wire.agency}): ",
        "",
        "",
    )
    return rng.choice(forms)


def footer(wire: Story, house: Outlet, published: datetime.datetime, rng: random.Random) -> list[str]:
    """Return the lines below a story, and links to others."""
    lines = [filled(line, house, wire, published, rng) for line in house.foot]
    if rng.random() < house.links:
        links = [rng.choice(phrases.LINK_HEADS)]
        for number in range(rng.randint(3, 8)):
            parts = phrases.SUBJECTS, phrases.VERBS, phrases.OBJECTS, phrases.TAILS
            subject, verb, matter, tail = map(rng.choice, parts)
            links.append(f"{f'{number + 1}. ' if house.headline else ''}{subject} {verb} {matter}{tail}")
        links = [filled(line, house, wire, published, rng) for line in links]
        lines.insert(rng.randint(0, len(lines)), "\n".join(links))
    return lines
