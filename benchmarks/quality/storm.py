"""One wire story carried by many outlets: of how many versions is one left?

    python benchmarks/storm.py articles.jsonl                           # families of 2 to 1,000 versions in one corpus
    python benchmarks/storm.py articles.jsonl --keep longest --index    # another policy; and one by one to an index
    python benchmarks/storm.py articles.jsonl --one 10000               # one story so many times: seconds a megabyte
    python benchmarks/storm.py articles.jsonl -o DIR                    # corpus.jsonl and truth.jsonl, and no run

Real articles are the stories. Each version has what an outlet puts around and into a wire: header, headline, dateline,
footer, links to other stories; the first 35 to 100 % of the sentences, up to 3 % of the words changed, numbers in the
style of the house; at times a moved paragraph, a local insert, an offer in the middle. Outlets are made up and come
again with other stories. A few documents hold two stories entire. Around them are other articles, half of them chosen
because they share names with the stories.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import dedup
from benchmarks import measure
from benchmarks.corpora.plant import read_articles

MB = 1_000_000
FAMILIES = {2: 60, 4: 40, 6: 30, 10: 20, 20: 12, 50: 6, 200: 3, 1000: 1}
"""How many stories there are for each number of versions; of other sizes as many as make `VERSIONS`."""

VERSIONS = 300
WORDS = range(150, 901)
"""Length of a story."""

APART = 0.05
"""Stories share less than this of their word 5-shingles with one another, and with each article around them."""

OUTLETS = 600
"""As many, or as many as the largest family has versions."""

FRAMES: dict[str, int | None] = {"none": None, "plain": 1, "rich": 5}
"""What stands at head and foot: nothing; or name, date, telephone number, copyright, and up to so many lines more."""

MERGED = 6
MERGED_OF = 50
"""Two stories in one document are of families of at most so many versions."""

HOURS = 36
"""Between the first version of a story and the last."""

PAIRS_OF = 50
"""Pairs of one story are counted in families of at most so many versions."""

COPIES = frozenset(("identical", "near_duplicate", "excerpt", "revised", "rewritten"))
START = datetime.datetime(2024, 3, 4, 5, tzinfo=datetime.timezone.utc)


def _listed(text: str, mark: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(mark))


_TOWN_HEADS = _listed(
    "Ash Barn Birch Black Bram Bridge Brook Cald Carl Clay Cold Crow Dale Deer Dun East Elm Fair Fern Fox Glen "
    "Gold Green Hart Hazel High Holm Iron Kel Kirk Lang Lin Long Mar Mill Moor New North Oak Old Pen Red Rock "
    "Rose Sand Shel South Stan Stock Thorn Wake West White Win Wood"
)
_TOWN_TAILS = _listed(
    "bridge bury by combe dale don field ford gate ham haven holt hurst ley mere mouth port stead ton well wick"
)
_PAPERS = _listed(
    "Advertiser Argus Bulletin Chronicle Citizen Courier Dispatch Echo Examiner Express Gazette Globe Guardian "
    "Herald Journal Ledger Mail Mercury Messenger Monitor News Observer Post Press Record Register Sentinel "
    "Standard Star Sun Telegraph Times Today Tribune Voice World"
)
_FIRST = _listed(
    "Alan Amira Anna Ben Carla Chen Claire Daniel David Elena Emma Farid Gita Grace Hannah Ivan Jack Joan Karim "
    "Laura Leo Maria Mark Mina Nadia Omar Paul Peter Priya Rosa Ruth Sam Sara Tariq Tom Vera Yusuf Zoe"
)
_LAST = _listed(
    "Abbott Ahmed Baker Barnes Bell Carter Castro Clarke Cole Cooper Costa Cruz Dixon Doyle Ellis Evans Fisher "
    "Foster Grant Gray Hall Hassan Hill Hughes Jensen Kaur Kelly Khan Lane Lopez Marsh Mason Moore Novak Owen "
    "Patel Perry Reed Rossi Shaw Silva Stone Tanner Wade Walsh Ward Young"
)
_MONTHS = _listed("January February March April May June July August September October November December")
_SECTIONS = _listed("News World Nation Politics Business Society Home Region")
_AGENCIES = ("Reuters", "AP", "AFP", "dpa", "PA Media", "UPI")
_CITIES = _listed(
    "LONDON PARIS BERLIN MADRID ROME BRUSSELS WASHINGTON NEW|YORK CHICAGO OTTAWA SYDNEY NAIROBI CAIRO DELHI TOKYO "
    "BEIJING MANCHESTER LEEDS EDINBURGH DUBLIN"
)

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
    _listed("the a an of to in on and that is was has had be by for with at from it its this he she they who")
)

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VALUES = {word: number for number, word in enumerate(_NUMBERS, 2)}
_SHARE = re.compile(rf"(?<![\w.,-])(?:({'|'.join(_NUMBERS)})|(\d+(?:[.,]\d+)*)) ?(?:%|per ?cent\b)(?!age)")
_MONEY = re.compile(r"([£$€]\d+(?:[.,]\d+)*) ?(m|bn|million|billion)\b")
_LONG = {"m": "million", "bn": "billion", "million": "million", "billion": "billion"}
_SHORT = {"million": "m", "billion": "bn"}
_GROUPED = re.compile(r"(?<![\w.,/-])[1-9]\d{0,2}(?:[, \u00a0]\d{3})+(?![\w/-]|[.,]\d)")
_PLAIN = re.compile(r"(?<![\w.,/-])[1-9]\d{3,8}(?![\w/-]|[.,]\d)")
_YEARS = range(1500, 2100)
"""What stands without a separator and may be a year is left alone."""

_SMALL = re.compile(
    rf"(?<=[a-z,] )(?:({'|'.join(_NUMBERS)})|([2-9]|1[0-2]))"
    rf"(?![\w%:/’'-]|[., \u00a0]\d| ?(?:[ap]m|per ?cent|hundred|thousand|million|billion|{'|'.join(_MONTHS)})\b)"
)


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a house writes numbers.

    Parameters
    ----------
    thousands : str
        Between groups of three digits.
    words_to : int
        From two to this, numbers are words.
    percent : str
        Behind the digits of a share.
    is_short : bool
        "£5m" rather than "£5 million".
    """

    thousands: str = ","
    words_to: int = 9
    percent: str = " per cent"
    is_short: bool = True

    def write(self, text: str) -> str:
        """Return a text with its numbers in this style; their values stay."""
        text = _SHARE.sub(lambda found: f"{_VALUES.get(found[1], found[2])}{self.percent}", text)
        text = _MONEY.sub(self._money, text)
        text = _GROUPED.sub(lambda found: self._grouped(re.sub(r"\D", "", found[0])), text)
        text = _PLAIN.sub(lambda found: found[0] if int(found[0]) in _YEARS else self._grouped(found[0]), text)
        return _SMALL.sub(self._small, text)

    def _money(self, found: re.Match[str]) -> str:
        unit = _LONG[found[2]]
        return f"{found[1]}{_SHORT[unit]}" if self.is_short else f"{found[1]} {unit}"

    def _grouped(self, digits: str) -> str:
        return f"{int(digits):,}".replace(",", self.thousands)

    def _small(self, found: re.Match[str]) -> str:
        before = found.string[: found.start()].rsplit(None, 1)[-1]
        if found[2] and not before.islower():  # "Act 2", "March 4"
            return found[0]
        value = _VALUES[found[1]] if found[1] else int(found[2])
        return _NUMBERS[value - 2] if value <= self.words_to else str(value)


DIGITS = NumberStyle("", 1, "%", True)
"""The style in which equal values are equal words."""


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
        Its lines, with places for what is the story's, and of the day.
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


_NAME_LINES = ("{name}", "{name} | {section}", "{section} / {town}", "Home > {section} > {topic} | {name}")
_DATE_LINES = (
    "{when}",
    "Published {when}",
    "By {agency} and {name} staff, {when}",
    "Published: {when} - Updated: {later}",
    "First posted {when}, last modified {later}",
)
_HEAD = (
    "{name} - edition no. {edition}",
    "{minutes} min read",
    "{comments} comments, {shares} shares",
    "Weather in {town}: {degrees} degrees, wind {wind} km/h",
    "Call us: {phone}",
    "{person}, {agency}",
    "Share on Facebook ({shares}) Tweet ({comments}) Mail Print",
    "Today's paper {price}",
)
_PHONE_LINES = (
    "Newsroom: {phone}",
    "Do you know more? Call our newsdesk on {phone} or write to desk@{site}",
    "Got a tip for the {name}? Text {phone}",
    "Contact: {phone}, {site}",
)
_LEGAL_LINES = (
    "Copyright {year} {name}. All rights reserved.",
    "© {year} {name} Media Group, {number} {street} Street, {town}",
    "© {year} {agency}. This material may not be published, broadcast, rewritten or redistributed.",
    "© {year} {site}",
)
_FOOT = (
    "Reporting by {person}; editing by {person2}",
    "Additional reporting by {person} in {town}.",
    "The {name} is printed and published by {town} Newspapers Ltd, registered number {registered}.",
    "Subscribe to the {name} from {price} a month: {phone}",
    "The opinions of readers are not those of the {name}. Report a comment at {site}/report",
    "To order a reprint of this story quote number {registered} and call {phone}",
    "Advertise with us: {phone2} (weekdays 9 to 5)",
    "Follow the {name} on Facebook, Twitter and Instagram, where {followers} readers are with us already",
    "If something in this story is wrong, tell the readers' editor: editor@{site}, {phone2}",
    "Filed under: {section}, {topic}, {town}",
    "- {agency}",
)
_OFFER_HEADS = (
    "Enjoying this story?",
    "{town} reads the {name}.",
    "ADVERTISEMENT",
    "Story continues below",
    "Sign up for {morning}.",
    "Never miss what happens in {town}.",
    "Support local journalism.",
    "Special offer for new readers:",
    "Get the {name} app.",
)
_OFFERS = (
    "Get our free newsletter {morning} in your inbox every morning at {hour}: {site}/letters",
    "Subscribe today and pay only {price} for the first {weeks} weeks. Call {phone} and quote {code}.",
    "Join {followers} readers who get the best of {town} each weekday. Register at www.{site}/join",
    "Save {saving}% on home delivery in {town} and the villages around it: {phone}",
    "Win one of {prizes} weekends for two by the sea; text {code} to {phone2} before Friday",
    "Our reporters were at {events} meetings in {town} this year. Be a member from {price} a month: {site}/member",
    "Download it free, read {weeks} stories a week without an account, or ring {phone} for help",
    "Looking for a used car in {town}? {followers} offers, new ones every day, at motors.{site}",
    "Sell your house with {town} Homes and pay {saving}% less commission. Valuations on {phone2}.",
)
_OFFER_TAILS = (
    "You can cancel at any time.",
    "Terms apply, see {site}/terms",
    "Offer ends on the last day of the month.",
    "We never pass your address on.",
    "",
    "",
)
_LETTERS = ("Morning Round", "The Briefing", "First Edition", "The {town} Ten", "Daily Digest", "Breakfast Post")
_STREETS = _listed("Castle Church Dock Harbour King Market Mill Park Queen Station Victoria")
_INSERTS = (
    "In {town} the news was met with concern. {person}, of the town council, said the matter would be raised there.",
    "The {name} asked {number} people in {town} what they thought; {small} in ten said that nothing would change.",
    "{person} of the {town} Chamber of Commerce told the {name} that local firms were watching closely.",
    "{town}, with some {followers} residents, has seen {small} cases like it since {year2}, figures of the county say.",
    "A meeting on the subject will be held at {town} town hall on Thursday at {hour}.",
    "Councillor {person} said {town} was not affected for the time being. Residents with questions can call {phone2}.",
    "The nearest office is in {town}, {small} miles from here, where {person} answers questions from {hour} each day.",
)
_SUBJECTS = _listed(
    "Council;Mayor of {town};Police in {town};{town} school;Hospital trust;Bus company;Farmers near {town};"
    "Residents;Fire crews;Library;{town} United;Judge;Teachers;Charity;Brewery;Airline;Supermarket;Water firm;"
    "Museum;Pensioner, {age},;Rail operator;Minister;Local firm;Baker from {town};Swimmers",
    ";",
)
_VERBS = _listed(
    "backs;rejects;plans;delays;reveals;celebrates;fights;welcomes;questions;loses;wins;cancels;defends;closes;"
    "opens;reviews;promises;drops;sells;rescues",
    ";",
)
_OBJECTS = _listed(
    "new bridge;{count} homes;bid for stadium;parking charges;flood defences;summer festival;night buses;"
    "pay deal;plan for old mill;{count} jobs;Christmas market;speed cameras;record harvest;swimming pool;"
    "lost dog;high street revamp;wind farm;rare painting;tax rise;cycle lane;cup final;hospital wing;allotments;"
    "ferry link",
    ";",
)
_TAILS = _listed(
    ";;; after {count} complaints; in {town}; for third year; despite protest; at last;, says report;"
    " this weekend; by {year3}",
    ";",
)
_LINK_HEADS = (
    "Most read",
    "Read more",
    "More from {section}",
    "Related stories",
    "Also in the {name}",
    "You may also like",
)


def outlet(number: int, seed: int, frames: str = "plain") -> Outlet:
    """Return the outlet of this number, always the same for a seed, with one of the `FRAMES`."""
    rng = random.Random(f"{seed}/outlet/{number}")
    town = rng.choice(_TOWN_HEADS) + rng.choice(_TOWN_TAILS)
    paper = rng.choice(_PAPERS)
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
        " ".join(filter(None, (rng.choice(_OFFER_HEADS), rng.choice(_OFFERS), rng.choice(_OFFER_TAILS))))
        for _ in range(rng.randint(1, 3))
    ]
    lines = FRAMES[frames]
    head: list[str] = []
    foot: list[str] = []
    if lines is not None:
        head = [rng.choice(_NAME_LINES), rng.choice(_DATE_LINES), *rng.sample(_HEAD, rng.randint(0, lines))]
        foot = [rng.choice(_PHONE_LINES), rng.choice(_LEGAL_LINES), *rng.sample(_FOOT, rng.randint(0, lines))]
        rng.shuffle(head)
        rng.shuffle(foot)
    return Outlet(
        name,
        town,
        site,
        phone,
        numbers,
        rng.randrange(len(_dates(START))),
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
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _dates(moment: datetime.datetime) -> tuple[str, ...]:
    """Return a moment in every form that outlets print."""
    month, clock = _MONTHS[moment.month - 1], f"{moment:%H:%M}"
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
    """What is put into a line; what is not known stays open."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _own(name: str, town: str, site: str, phone: str, rng: random.Random) -> _Filling:
    """Return what is an outlet's own."""
    return _Filling(
        name=name,
        town=town,
        site=site,
        phone=phone,
        phone2=phone[:-3] + str(rng.randrange(100, 1000)),
        number=rng.randint(11, 290),
        street=rng.choice(_STREETS),
        registered=rng.randrange(100_000, 9_999_999),
        price=f"{rng.choice('£$€')}{rng.randint(1, 19)}.{rng.choice(('49', '50', '90', '99'))}",
        followers=f"{rng.randrange(3000, 90000):,}",
        hour=rng.choice(("7am", "8 a.m.", "9.30", "18:00", "7 pm")),
        weeks=rng.randint(4, 12),
        code=f"{rng.choice('ABKNTX')}{rng.choice('ABKNTX')}{rng.randrange(10, 99)}",
        saving=rng.randrange(10, 60, 5),
        prizes=rng.randint(3, 25),
        events=rng.randint(20, 200),
        morning=rng.choice(_LETTERS).replace("{town}", town),
    )


def _filled(line: str, house: Outlet, story: Story, published: datetime.datetime, rng: random.Random) -> str:
    """Return a line of an outlet with what is the story's, and of the day."""
    later = published + datetime.timedelta(minutes=rng.randint(3, 400))
    own = _own(house.name, house.town, house.site, house.phone, rng)
    return line.format_map(
        own
        | {
            "section": story.section,
            "topic": story.topic,
            "agency": story.agency,
            "when": _dates(published)[house.date],
            "later": _dates(later)[house.date],
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
        rng.choice(_AGENCIES),
        rng.choice(_CITIES).replace("|", " "),
        rng.choice(_SECTIONS),
        rng.choice(names or _SECTIONS),
    )


def version(wire: Story, house: Outlet, published: datetime.datetime, rng: random.Random) -> str:
    """Return a story as an outlet carries it."""
    blocks = body(wire, house, published, rng)
    title = headline(wire, house, rng)
    head = [_filled(line, house, wire, published, rng) for line in house.head]
    top = [title, *head] if rng.random() < 0.5 else [*head, title]
    return "\n\n".join(filter(None, [*top, *blocks, *footer(wire, house, published, rng)]))


def merged(wires: Sequence[Story], house: Outlet, published: datetime.datetime, rng: random.Random) -> str:
    """Return stories, each entire, one below the other in one document of an outlet."""
    blocks = [_filled(line, house, wires[0], published, rng) for line in house.head]
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
        lines = rng.sample(_INSERTS, rng.randint(1, 2))
        insert = " ".join(_filled(line, house, wire, published, rng) for line in lines)
        blocks.insert(rng.randint(1, len(blocks)), insert)
    if rng.random() < 0.4:
        offer = _filled(rng.choice(house.offers), house, wire, published, rng)
        blocks.insert(max(1, len(blocks) // 2), offer)
    return blocks


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
    city, month = wire.city, _MONTHS[published.month - 1]
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
    lines = [_filled(line, house, wire, published, rng) for line in house.foot]
    if rng.random() < house.links:
        links = [rng.choice(_LINK_HEADS)]
        for number in range(rng.randint(3, 8)):
            parts = rng.choice(_SUBJECTS), rng.choice(_VERBS), rng.choice(_OBJECTS) + rng.choice(_TAILS)
            links.append((f"{number + 1}. " if house.headline else "") + " ".join(parts))
        filled = [_filled(line, house, wire, published, rng) for line in links]
        lines.insert(rng.randint(0, len(lines)), "\n".join(filled))
    return lines


@dataclass(frozen=True, slots=True)
class Storm:
    """A corpus and the truth about it.

    Parameters
    ----------
    records : list of dict
        ``id``, ``text``, ``source``, ``published`` of versions, merged documents and other articles, shuffled.
    stories : dict of str to str
        Version id to story id.
    merged : dict of str to tuple
        Id of a document with two stories entire to their ids.
    """

    records: list[dict[str, str]]
    stories: dict[str, str]
    merged: dict[str, tuple[str, ...]]

    @property
    def families(self) -> dict[str, list[str]]:
        """Story id to the ids of its versions."""
        found = collections.defaultdict(list)
        for key, told in self.stories.items():
            found[told].append(key)
        return dict(found)

    def write(self, folder: Path) -> None:
        """Write ``corpus.jsonl`` and ``truth.jsonl``: a line for each version and merged document."""
        folder.mkdir(parents=True, exist_ok=True)
        truth = {**{key: (told,) for key, told in self.stories.items()}, **self.merged}
        (folder / "corpus.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in self.records))
        lines = (orjson.dumps({"id": key, "stories": told}) + b"\n" for key, told in truth.items())
        (folder / "truth.jsonl").write_bytes(b"".join(lines))


def shingles(text: str) -> set[int]:
    """Return hashes of the word 5-shingles."""
    words = re.findall(r"\w+", text.lower())
    return {hash(tuple(words[i : i + 5])) for i in range(len(words) - 4)}


def drawn_stories(articles: Mapping[str, str], count: int, rng: random.Random, seed: int) -> list[Story]:
    """Draw so many articles of the wanted length, well apart.

    Raises
    ------
    ValueError
        If there are not so many.
    """
    keys = sorted(key for key, text in articles.items() if len(text.split()) in WORDS)
    rng.shuffle(keys)
    found: list[Story] = []
    seen: collections.Counter[int] = collections.Counter()
    for key in keys:
        if len(found) == count:
            break
        own = shingles(articles[key])
        if not own or sum(one in seen for one in own) > APART * len(own):
            continue
        seen.update(own)
        found.append(story(key, articles[key], seed))
    if len(found) < count:
        raise ValueError(
            f"{len(found)} articles of {WORDS[0]} to {WORDS[-1]} words are far enough apart; needed {count}"
        )
    return found


def drawn_background(
    articles: Mapping[str, str], wires: Iterable[Story], count: int, rng: random.Random
) -> dict[str, str]:
    """Draw so many other articles, none of them a copy of a story; half of them share names with the stories."""
    of_shingle: dict[int, list[int]] = collections.defaultdict(list)
    sizes, names = [], []
    for number, wire in enumerate(wires):
        own = shingles(wire.text)
        sizes.append(len(own))
        names.append(_names(wire.text))
        for one in own:
            of_shingle[one].append(number)
    taken = {wire.id for wire in wires}
    pool = [key for key in sorted(articles) if key not in taken]
    pool = rng.sample(pool, min(len(pool), 3 * count))
    pool_names = {key: _names(articles[key]) for key in pool}
    spread = collections.Counter(name for found in pool_names.values() for name in found)
    topical = [{name for name in found if spread[name] <= len(pool) // 50} for found in names]
    of_name = collections.defaultdict(list)
    for number, found in enumerate(topical):
        for name in found:
            of_name[name].append(number)

    def nearness(key: str) -> int:
        shared = collections.Counter(number for name in pool_names[key] for number in of_name.get(name, ()))
        return max(shared.values(), default=0)

    near = sorted(pool, key=nearness, reverse=True)  # ties stay in random order
    rest = near[count // 2 :]
    rng.shuffle(rest)
    chosen: dict[str, str] = {}
    for key in [*near[: count // 2], *rest]:
        if len(chosen) == count:
            break
        shared = collections.Counter(n for one in shingles(articles[key]) for n in of_shingle.get(one, ()))
        if all(times <= APART * sizes[number] for number, times in shared.items()):
            chosen[key] = articles[key]
    return chosen


def _names(text: str) -> set[str]:
    return set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text))


def family(wire: Story, size: int, label: str, seed: int, frames: str = "plain") -> Iterator[dict[str, str]]:
    """Yield so many versions of a story, each of another outlet, within `HOURS`."""
    rng = random.Random(f"{seed}/family/{label}")
    start = START + datetime.timedelta(minutes=rng.randrange(5 * 24 * 60))
    for number, at in enumerate(rng.sample(range(max(OUTLETS, size)), size)):
        house = outlet(at, seed, frames)
        published = start + datetime.timedelta(seconds=rng.randrange(HOURS * 3600))
        yield _record(f"{label}/{number}", version(wire, house, published, rng), house.name, published)


def _record(key: str, text: str, source: str, published: datetime.datetime) -> dict[str, str]:
    return {"id": key, "text": text, "source": source, "published": f"{published:%Y-%m-%dT%H:%M:%SZ}"}


def storm(
    articles: Mapping[str, str],
    seed: int,
    sizes: Iterable[int] = tuple(FAMILIES),
    scale: float = 1.0,
    background: int = 4000,
    frames: str = "plain",
) -> Storm:
    """Make a corpus.

    Parameters
    ----------
    articles : mapping of str to str
        Id to text.
    seed : int
        Decides everything.
    sizes : iterable of int
        Versions of a story.
    scale : float
        Times the number of stories of each size; one at least.
    background : int
        Other articles, if there are so many.
    frames : str
        One of `FRAMES`.

    Returns
    -------
    Storm
        Ids are ``SIZE/STORY/VERSION``, ``merged/NUMBER``, and for other articles their own.
    """
    rng = random.Random(seed)
    plan = [size for size in sizes for _ in range(max(1, round(scale * FAMILIES.get(size, VERSIONS // size))))]
    wires = drawn_stories(articles, len(plan), rng, seed)
    numbers: collections.Counter[int] = collections.Counter()
    records: list[dict[str, str]] = []
    stories: dict[str, str] = {}
    for size, wire in zip(plan, wires, strict=True):
        versions = list(family(wire, size, f"{size}/{numbers[size]}", seed, frames))
        numbers[size] += 1
        records += versions
        stories.update((one["id"], wire.id) for one in versions)
    few = [wire for size, wire in zip(plan, wires, strict=True) if size <= MERGED_OF]
    twos: dict[str, tuple[str, ...]] = {}
    for number in range(min(MERGED, round(MERGED * scale) or 1) if len(few) > 1 else 0):
        pair, house = rng.sample(few, 2), outlet(rng.randrange(OUTLETS), seed, frames)
        published = START + datetime.timedelta(minutes=rng.randrange(7 * 24 * 60))
        records.append(_record(f"merged/{number}", merged(pair, house, published, rng), house.name, published))
        twos[f"merged/{number}"] = tuple(wire.id for wire in pair)
    for key, text in drawn_background(articles, wires, background, rng).items():
        published = START + datetime.timedelta(minutes=rng.randrange(7 * 24 * 60))
        records.append(_record(key, text, outlet(rng.randrange(OUTLETS), seed).name, published))
    rng.shuffle(records)
    return Storm(records, stories, twos)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the families of one size.

    Parameters
    ----------
    size, stories, versions : int
    left : float
        Versions kept besides one of each story, as a share of those that should go.
    gone : int
        Stories of which no version is kept: all went for a document that holds two stories, or wrongly.
    together : float or None
        Share of the versions that are in the largest cluster of their story.
    wrong : int
        Versions that went for a document of another story, or of none.
    pairs : float or None
        Share of the pairs of one story that are told as copies.
    """

    size: int
    stories: int
    versions: int
    left: float
    gone: int
    together: float | None = None
    wrong: int = 0
    pairs: float | None = None


def rows(
    corpus: Storm,
    kept: Set[str],
    clusters: Mapping[str, str] | None = None,
    gone_for: Mapping[str, str] | None = None,
    pairs: Iterable[tuple[str, str]] | None = None,
) -> list[Row]:
    """Return a row for each size.

    Parameters
    ----------
    corpus : Storm
    kept : set of str
        Ids.
    clusters : mapping of str to str, optional
        Id to cluster.
    gone_for : mapping of str to str, optional
        Id of a dropped document to that of the one it was dropped for.
    pairs : iterable of tuple, optional
        Ids of the documents told as copies, each pair once.
    """
    by_size = collections.defaultdict(list)
    for told, keys in corpus.families.items():
        by_size[len(keys)].append((told, keys))
    told_pairs: collections.Counter[str] = collections.Counter(
        corpus.stories[left]
        for left, right in pairs or ()
        if left in corpus.stories and corpus.stories[left] == corpus.stories.get(right)
    )
    found = []
    for size, families in sorted(by_size.items()):
        versions = size * len(families)
        counts = [sum(key in kept for key in keys) for _, keys in families]
        left = sum(max(0, count - 1) for count in counts) / max(1, versions - len(families))
        row = Row(size, len(families), versions, left, counts.count(0))
        if clusters is not None:
            largest = [max(collections.Counter(map(clusters.get, keys)).values()) for _, keys in families]
            row = dataclasses.replace(row, together=sum(largest) / versions)
        if gone_for is not None:
            wrong = sum(
                told not in holders(corpus, gone_for[key]) for told, keys in families for key in keys if key in gone_for
            )
            row = dataclasses.replace(row, wrong=wrong)
        if pairs is not None and 1 < size <= PAIRS_OF:
            all_pairs = len(families) * size * (size - 1) // 2
            row = dataclasses.replace(row, pairs=sum(told_pairs[told] for told, _ in families) / all_pairs)
        found.append(row)
    return found


def holders(corpus: Storm, key: str) -> tuple[str, ...]:
    """Return the stories that a document holds."""
    return corpus.merged.get(key) or ((corpus.stories[key],) if key in corpus.stories else ())


def run_rows(corpus: Storm, keep: str | None) -> tuple[list[Row], dict[str, int]]:
    """Run over a corpus; return its rows, and what became of merged documents and the background."""
    result = dedup.deduplicate(corpus.records, params=dedup.Params(keep=keep))
    decisions = result.decisions.select(["id", "kept", "cluster", "duplicate_of"]).to_pylist()
    matches = result.matches.select(["left", "right", "relation"]).to_pylist()
    kept = {one["id"] for one in decisions if one["kept"]}
    gone_for = {one["id"]: one["duplicate_of"] for one in decisions if not one["kept"]}
    pairs = {tuple(sorted((one["left"], one["right"]))) for one in matches if one["relation"] in COPIES}
    told = rows(corpus, kept, {one["id"]: one["cluster"] for one in decisions}, gone_for, pairs)
    around = {one["id"] for one in corpus.records} - corpus.stories.keys() - corpus.merged.keys()
    other = {
        "merged": len(corpus.merged),
        "merged_kept": len(kept & corpus.merged.keys()),
        "around": len(around),
        "around_gone": len(around - kept),
        "around_gone_for_a_story": sum(bool(holders(corpus, gone_for[key])) for key in around - kept),
    }
    return told, other


def index_rows(corpus: Storm, folder: Path) -> tuple[list[Row], list[Row]]:
    """Add a corpus to an index one by one, by date; return the rows, and those by `Match.is_copy`.

    In the first a version is kept if no answer has the relation of a copy, in the second if it is no copy itself: one
    that contains an excerpt is none.
    """
    kept, kept_itself = set(), set()
    with dedup.Index.open(folder) as index:
        for one in sorted(corpus.records, key=lambda one: (one["published"], one["id"])):
            matches = index.add(one["id"], one["text"], source=one["source"], published=one["published"])
            if not any(str(match.relation) in COPIES for match in matches):
                kept.add(one["id"])
            if not any(match.is_copy for match in matches):
                kept_itself.add(one["id"])
    return rows(corpus, kept), rows(corpus, kept_itself)


def print_rows(title: str, told: Iterable[Row]) -> None:
    """Print a table."""
    print(f"\n{title}")
    print(f"{'size':>6}{'stories':>9}{'versions':>10}{'left':>8}{'gone':>6}{'together':>10}{'wrong':>7}{'pairs':>8}")
    for row in told:
        together, pairs = ("-" if one is None else f"{one:.3f}" for one in (row.together, row.pairs))
        print(f"{row.size:6,}{row.stories:9,}{row.versions:10,}{row.left:8.3f}{row.gone:6}", end="")
        print(f"{together:>10}{row.wrong:7}{pairs:>8}", flush=True)


def one_story(
    articles: Mapping[str, str], size: int, seed: int, keep: str | None, frames: str = "plain"
) -> dict[str, Any]:
    """Run over one story in so many versions, and over as much of other articles; return what both took."""
    rng = random.Random(seed)
    (wire,) = drawn_stories(articles, 1, rng, seed)
    versions = list(family(wire, size, f"{size}/0", seed, frames))
    volume = sum(len(one["text"].encode()) for one in versions)
    others: list[dict[str, str]] = []
    total = 0
    keys = sorted(articles.keys() - {wire.id})
    rng.shuffle(keys)
    for number, key in enumerate(keys):
        if total >= volume:
            break
        others.append({**versions[number % size], "id": key, "text": articles[key]})  # their dates, their outlets
        total += len(articles[key].encode())
    _cost([*others[:500], *versions[:500]], keep)  # kernels may have to be compiled
    plain, stormy = _cost(others, keep), _cost(versions, keep)
    return {
        "versions": size,
        "left": (stormy["kept"] - 1) / max(1, size - 1),
        "storm": stormy,
        "plain": plain,
        "ratio": stormy["cpu_s_per_mb"] / plain["cpu_s_per_mb"],
    }


def _cost(records: list[dict[str, str]], keep: str | None) -> dict[str, Any]:
    megabytes = sum(len(one["text"].encode()) for one in records) / MB
    wall, cpu = time.perf_counter(), time.process_time()
    kept = dedup.deduplicate(records, params=dedup.Params(keep=keep)).counts["kept"]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {"documents": len(records), "mb": megabytes, "kept": kept, "cpu_s": cpu, "wall_s": wall}
    return figures | {"cpu_s_per_mb": cpu / megabytes}


def print_one(told: Mapping[str, Any]) -> None:
    """Print what both took."""
    print(f"\n{'':8}{'documents':>10}{'MB':>8}{'kept':>8}{'CPU s':>8}{'wall s':>8}{'CPU s/MB':>10}")
    for name in ("plain", "storm"):
        one = told[name]
        print(f"{name:8}{one['documents']:10,}{one['mb']:8.1f}{one['kept']:8,}{one['cpu_s']:8.2f}", end="")
        print(f"{one['wall_s']:8.2f}{one['cpu_s_per_mb']:10.4f}")
    print(f"ratio of seconds a megabyte {told['ratio']:.2f}, copies left {told['left']:.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(FAMILIES), metavar="N", help="versions of a story")
    parser.add_argument("--scale", type=float, default=1.0, help="times the stories of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--background", type=int, default=4000, metavar="N", help="other articles")
    parser.add_argument("--frames", default="plain", choices=FRAMES, help="what stands at head and foot")
    parser.add_argument("--keep", default="earliest", choices=("earliest", "latest", "longest", "first"))
    parser.add_argument("--index", action="store_true", help="also add all to an index, one by one, by date")
    parser.add_argument("--one", type=int, metavar="N", help="one story in so many versions, and what it takes")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write corpus and truth there, and run nothing"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    articles = read_articles(args.input)
    head = {
        "machine": measure.machine(),
        "dedup": dedup.__version__,
        "seed": args.seed,
        "keep": args.keep,
        "frames": args.frames,
    }
    print(f"machine: {head['machine']}")
    if args.one:
        told = one_story(articles, args.one, args.seed, args.keep, args.frames)
        print_one(told)
    else:
        corpus = storm(articles, args.seed, args.sizes, args.scale, args.background, args.frames)
        megabytes = sum(len(one["text"].encode()) for one in corpus.records) / MB
        print(f"{len(corpus.records):,} documents, {megabytes:.1f} MB: {len(corpus.stories):,} versions", end=" ")
        print(f"of {len(corpus.families)} stories, {len(corpus.merged)} of two stories, others around them")
        if args.output:
            corpus.write(args.output)
            return 0
        found, other = run_rows(corpus, args.keep)
        print_rows(f"a run, --keep {args.keep}", found)
        print(f"of {other['merged']} documents with two stories {other['merged_kept']} are kept;", end=" ")
        print(f"of {other['around']:,} others {other['around_gone']} went,", end=" ")
        print(f"{other['around_gone_for_a_story']} of them for a story")
        told = {"run": [dataclasses.asdict(row) for row in found], "other": other}
        if args.index:
            with tempfile.TemporaryDirectory() as folder:
                by_relation, itself = index_rows(corpus, Path(folder, "storm.index"))
            print_rows("an index, one by one: kept if no answer has the relation of a copy", by_relation)
            print_rows("the same: kept if it is no copy itself (it may contain an excerpt)", itself)
            told["index"] = [dataclasses.asdict(row) for row in by_relation]
            told["index_itself"] = [dataclasses.asdict(row) for row in itself]
    if args.json:
        args.json.write_text(json.dumps(head | told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
