"""Make up outlets: papers and sites, with the lines that each puts around and into every story."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass
from typing import Any

from benchmarks.corpora.storms import phrases
from benchmarks.corpora.storms.numbers import NumberStyle
from benchmarks.corpora.storms.stories import Story

FURNITURE: dict[str, int | None] = {"none": None, "plain": 1, "rich": 5}
"""Lines at head and foot besides name, date, telephone number and copyright, at most; None for nothing at all."""

START = datetime.datetime(2024, 3, 4, 5, tzinfo=datetime.timezone.utc)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A made-up newspaper or site, with what it puts around every story.

    Parameters
    ----------
    name, town, site, phone : str
    numbers : NumberStyle
    date : int
        Which of the forms of a date it prints.
    paragraph : int
        Sentences in a paragraph; 0 leaves those of the wire.
    headline : int
        0 as a sentence, 1 in capitals for each word, 2 in capitals.
    head, foot, offers : tuple of str
        Its lines, with slots for what is the story's, and of the day.
    links : float
        How often links to other stories stand at the foot.
    """

    name: str
    town: str
    site: str
    phone: str
    numbers: NumberStyle
    date: int
    paragraph: int
    headline: int
    head: tuple[str, ...]
    foot: tuple[str, ...]
    offers: tuple[str, ...]
    links: float


def outlet(number: int, seed: int, furniture: str = "plain") -> Outlet:
    """Return the outlet of this number, always the same for a seed, with one of the `FURNITURE`."""
    rng = random.Random(f"{seed}/outlet/{number}")
    town = rng.choice(phrases.TOWN_HEADS) + rng.choice(phrases.TOWN_TAILS)
    paper = rng.choice(phrases.PAPERS)
    name = rng.choice((f"{town} {paper}", f"The {town} {paper}", f"{town} Daily {paper}", f"{paper} of {town}"))
    site = f"{town.lower()}{rng.choice(('', '-'))}{paper.lower()}{number}.example"
    numbers = NumberStyle(
        rng.choice((",", ",", "", " ", "\u00a0")),
        rng.choice((1, 9, 9, 10, 12)),
        rng.choice(("%", " percent", " per cent")),
        rng.random() < 0.5,
    )
    phone = _phone(rng)
    own = _own(name, town, site, phone, rng)
    offers = [
        " ".join(filter(None, map(rng.choice, (phrases.OFFER_HEADS, phrases.OFFERS, phrases.OFFER_TAILS))))
        for _ in range(rng.randint(1, 3))
    ]
    lines = FURNITURE[furniture]
    head: list[str] = []
    foot: list[str] = []
    if lines is not None:
        head = [rng.choice(phrases.NAME_LINES), rng.choice(phrases.DATE_LINES)]
        head += rng.sample(phrases.HEAD, rng.randint(0, lines))
        foot = [rng.choice(phrases.PHONE_LINES), rng.choice(phrases.LEGAL_LINES)]
        foot += rng.sample(phrases.FOOT, rng.randint(0, lines))
        rng.shuffle(head)
        rng.shuffle(foot)
    return Outlet(
        name,
        town,
        site,
        phone,
        numbers,
        rng.randrange(len(date_forms(START))),
        rng.choice((0, 0, 1, 2, 3)),
        rng.choice((0, 0, 1, 2)),
        tuple(line.format_map(own) for line in head),
        tuple(line.format_map(own) for line in foot),
        tuple(line.format_map(own) for line in offers),
        0.0 if lines is None else rng.choice((0.0, 0.0, 0.3, 0.9)),
    )


def _phone(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(10))
    forms = ("0{0} {1} {2}", "(0{0}) {1}{2}", "{0}-{1}-{2}", "+44 {0} {1} {2}", "0{0}/{1}{2}")
    return rng.choice(forms).format(digits[:3], digits[3:6], digits[6:])


def _person(rng: random.Random) -> str:
    return f"{rng.choice(phrases.FIRST)} {rng.choice(phrases.LAST)}"


def date_forms(moment: datetime.datetime) -> tuple[str, ...]:
    """Return a moment in every form that outlets print."""
    month, clock = phrases.MONTHS[moment.month - 1], f"{moment:%H:%M}"
    twelve = f"{moment.hour % 12 or 12}:{moment:%M} {'a.m.' if moment.hour < 12 else 'p.m.'}"
    return (
        f"{moment.day} {month} {moment.year}, {clock}",
        f"{month} {moment.day}, {moment.year} {twelve}",
        f"{moment:%A}, {month} {moment.day}, {moment.year} at {twelve}",
        f"{moment:%d.%m.%Y} {clock}",
        f"{moment:%d/%m/%Y} | {clock}",
        f"{moment:%Y-%m-%d} {clock} GMT",
        f"{moment:%a} {moment.day} {month[:3]} {moment.year} {moment:%H.%M}",
        f"{month[:3]}. {moment.day} at {twelve} ET",
    )


class _Filling(dict[str, Any]):
    """Values for the slots of a line; a slot without a value stays open."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _own(name: str, town: str, site: str, phone: str, rng: random.Random) -> _Filling:
    """Return the values that are an outlet's own."""
    return _Filling(
        name=name,
        town=town,
        site=site,
        phone=phone,
        phone2=phone[:-3] + str(rng.randrange(100, 1000)),
        number=rng.randint(11, 290),
        street=rng.choice(phrases.STREETS),
        registered=rng.randrange(100_000, 9_999_999),
        price=f"{rng.choice('£$€')}{rng.randint(1, 19)}.{rng.choice(('49', '50', '90', '99'))}",
        followers=f"{rng.randrange(3000, 90000):,}",
        hour=rng.choice(("7am", "8 a.m.", "9.30", "18:00", "7 pm")),
        weeks=rng.randint(4, 12),
        code=f"{rng.choice('ABKNTX')}{rng.choice('ABKNTX')}{rng.randrange(10, 99)}",
        saving=rng.randrange(10, 60, 5),
        prizes=rng.randint(3, 25),
        events=rng.randint(20, 200),
        morning=rng.choice(phrases.LETTERS).replace("{town}", town),
    )


def filled(line: str, house: Outlet, story: Story, published: datetime.datetime, rng: random.Random) -> str:
    """Fill a line of an outlet with what is the story's, and of the day."""
    later = published + datetime.timedelta(minutes=rng.randint(3, 400))
    own = _own(house.name, house.town, house.site, house.phone, rng)
    return line.format_map(
        own
        | {
            "section": story.section,
            "topic": story.topic,
            "agency": story.agency,
            "when": date_forms(published)[house.date],
            "later": date_forms(later)[house.date],
            "person": _person(rng),
            "person2": _person(rng),
            "year": published.year,
            "year2": rng.randint(2005, 2022),
            "year3": rng.randint(2025, 2035),
            "edition": rng.randrange(1000, 99999),
            "minutes": rng.randint(2, 9),
            "comments": rng.randrange(400),
            "shares": f"{rng.randrange(5000):,}",
            "degrees": rng.randint(-5, 30),
            "wind": rng.randint(2, 60),
            "small": rng.randint(3, 9),
            "count": rng.randint(12, 900),
            "age": rng.randint(61, 99),
        }
    )
