"""Pieces from one mould, in five languages: is each of them kept, and is a corrected one still known as a copy?

    python benchmarks/moulds.py [--seed 1] [--n 3] [--json FILE]

A mould is the frame of a notice that newsrooms fill in day by day: the weather of a town, a death, a quarter's figures.
Two pieces of one mould are different news in much the same words; a corrected piece is the same news with one name or
figure changed. For every language and kind pieces are run alone, and so many more of them among other texts of that
language; each once without and once with corrected pieces. Ends with 1 if any piece or other text was dropped for one
that is not its own correction, or if a correction was not found. Everything is made up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANY = 40
"""Pieces of the mould in question among other texts."""

OTHERS = 200
"""The other texts."""

OF_OTHER_MOULDS = 10
"""Of the others so many are pieces of each of the other moulds; the rest are made of sentences that are drawn."""

CORRECTED = 10
"""Of the many pieces so many have a corrected one beside them; of a few pieces all."""

SENTENCES = (8, 20)
"""Of a text made of drawn sentences."""

LEVELS = ("near", "rewritten")

KINDS = ("weather", "obituary", "results", "football", "dividend", "tender", "court", "roadworks")

_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, slots=True)
class Language:
    """What is needed to make texts in a language.

    Parameters
    ----------
    frames : mapping of str to str
        Kind to mould. A slot is ``{pool}`` (the same name again where the same slot comes again, ``{pool2}`` is another
        one), ``{low-high}`` (a number with as many decimals as the low one) or ``{this|that}``.
    pools : mapping of str to sequence of str
        What slots are filled with.
    sentence : str
        A sentence of a text of no mould. What its slots are filled with may have slots itself.
    gap : str
        What stands between two sentences.
    point : str
        What stands before decimals.
    digits : str
        Other digits than 0 to 9, of the kinds that are written with them.
    in_digits : tuple of str
        These kinds.
    """

    frames: Mapping[str, str]
    pools: Mapping[str, Sequence[str]]
    sentence: str
    gap: str = " "
    point: str = "."
    digits: str = ""
    in_digits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A text of a corpus.

    Parameters
    ----------
    key : str
    text : str
    origin : str
        Key of the piece that it corrects, or its own.
    """

    key: str
    text: str
    origin: str


def mould_texts(language: str, kind: str, n: int, seed: int) -> list[str]:
    """Return pieces of one mould, each with names, numbers and dates of its own.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    kind : str
        One of `KINDS`.
    n : int
    seed : int

    Returns
    -------
    list of str
    """
    of = LANGUAGES[language]
    rng = random.Random(f"{language} {kind} {seed}")
    return [_in_digits(filled(of.frames[kind], of, rng), of, kind) for _ in range(n)]


def corrected(text: str, seed: int) -> str:
    """Return a piece with one slot changed: a number, or a name, that stands in it once.

    Parameters
    ----------
    text : str
        From `mould_texts`.
    seed : int
        Decides which and how.

    Returns
    -------
    str
    """
    rng = random.Random(f"{text} {seed}")
    numbers = [(found, "") for found in _NUMBER.finditer(text)]
    names = [(found, _POOLS[found[0]]) for found in _NAMES.finditer(text)]
    once = [
        [(found, pool) for found, pool in slots if sum(other[0] == found[0] for other, _ in slots) == 1]
        for slots in (numbers, names)
    ]
    found, pool = rng.choice(rng.choice([slots for slots in once if slots]))
    value = rng.choice([name for name in pool if name not in text]) if pool else _other_number(found[0], rng)
    return text[: found.start()] + value + text[found.end() :]


def other_texts(language: str, n: int, seed: int) -> list[str]:
    """Return texts of no mould: sentences whose parts are drawn from what the language has of each."""
    of = LANGUAGES[language]
    rng = random.Random(f"{language} {seed}")
    texts = []
    for _ in range(n):
        sentences = [filled(of.sentence, of, rng) for _ in range(rng.randint(*SENTENCES))]
        texts.append(of.gap.join(sentence[0].upper() + sentence[1:] for sentence in sentences))
    return texts


def filled(frame: str, of: Language, rng: random.Random) -> str:
    """Return a frame with all slots filled."""
    drawn: dict[str, str] = {}

    def value(slot: re.Match[str]) -> str:
        name = slot[1]
        if "|" in name:
            return rng.choice(name.split("|"))
        if limits := _RANGE.fullmatch(name):
            decimals = len(limits[1].partition(".")[2])
            number = rng.randint(*(round(float(limit) * 10**decimals) for limit in limits.groups()))
            return f"{number / 10**decimals:.{decimals}f}".replace(".", of.point)
        if name not in drawn:
            pool = name.rstrip("23456789")
            taken = {drawn[other] for other in drawn if other.rstrip("23456789") == pool}
            drawn[name] = filled(rng.choice([entry for entry in of.pools[pool] if entry not in taken]), of, rng)
        return drawn[name]

    return _SLOT.sub(value, frame)


def _in_digits(text: str, of: Language, kind: str) -> str:
    return text.translate(str.maketrans("0123456789", of.digits)) if kind in of.in_digits else text


def _other_number(number: str, rng: random.Random) -> str:
    """Return a number of the same form: its last part a little lower, or higher by one where that cannot be."""
    start = max(place for place, char in enumerate(f" {number}") if not char.isdigit())
    last = number[start:]
    low = 10 ** (len(last) - 1) if start == 0 else 0
    value = int(last)
    other = rng.randrange(low, value) if value > low else value + 1
    zero = ord(last[0]) - int(last[0])
    return number[:start] + "".join(chr(zero + int(digit)) for digit in f"{other:0{len(last)}}")


def corpora(language: str, kind: str, n: int, seed: int) -> dict[str, tuple[list[Record], list[Record]]]:
    """Return the corpora of a mould: ``alone`` and ``among`` others, each as records and corrections to be added."""
    pieces = _records(f"{kind}", mould_texts(language, kind, max(n, MANY), seed))
    corrections = [Record(f"corrected/{one.key}", corrected(one.text, seed), one.key) for one in pieces]
    others = []
    for other in KINDS:
        if other != kind:
            others += _records(other, mould_texts(language, other, OF_OTHER_MOULDS, seed))
    others += _records("other", other_texts(language, OTHERS - len(others), seed))
    return {"alone": (pieces[:n], corrections[:n]), "among": (pieces[:MANY] + others, corrections[:CORRECTED])}


def _records(name: str, texts: Iterable[str]) -> list[Record]:
    return [Record(f"{name}/{number}", text, f"{name}/{number}") for number, text in enumerate(texts)]


def figures(records: list[Record], corrections: list[Record], kind: str, level: str, seed: int) -> dict[str, int]:
    """Run the records alone and with the corrections; return what became of them.

    Returns
    -------
    dict of str to int
        ``dropped``: pieces that were dropped while no correction was there. ``others``: other texts that were.
        ``wrong``: records that were dropped for one that is not of the same piece while corrections were there.
        ``corrected``, ``found``: corrections, and those that are one with their piece.
    """
    leader = _leaders(records, level, seed)
    lost = [one.key for one in records if leader[one.key] != one.key]
    dropped = sum(key.startswith(f"{kind}/") for key in lost)
    leader = _leaders(records + corrections, level, seed)
    origin = {one.key: one.origin for one in records + corrections}
    found = sum(leader[one.key] == leader[one.origin] and origin[leader[one.key]] == one.origin for one in corrections)
    return {
        "pieces": sum(one.key.startswith(f"{kind}/") for one in records),
        "dropped": dropped,
        "others": len(lost) - dropped,
        "wrong": sum(origin[leader[key]] != origin[key] for key in origin),
        "corrected": len(corrections),
        "found": found,
    }


def _leaders(records: list[Record], level: str, seed: int) -> dict[str, str]:
    """Return the key of each record to that of the one kept in its place."""
    import dedup  # here: tests of the texts do without

    shuffled = random.Random(seed).sample(records, len(records))
    corpus = [{"id": one.key, "text": one.text} for one in shuffled]
    leader = dedup.deduplicate(corpus, params=dedup.Params(level=level)).leader
    return {one.key: shuffled[place].key for one, place in zip(shuffled, leader.tolist(), strict=True)}


def likeness(records: list[Record], corrections: list[Record]) -> tuple[float, float]:
    """Return the highest true resemblance of two pieces, and the lowest of a correction to its piece."""
    from benchmarks.corpora import truth

    text = {one.key: one.text for one in records}
    pieces = max(truth.resemblance(one, other) for one, other in itertools.combinations(text.values(), 2))
    return pieces, min(truth.resemblance(text[one.origin], one.text) for one in corrections)


def is_right(row: Mapping[str, Any]) -> bool:
    """Whether all was kept that must be and all corrections were found."""
    return not row["dropped"] and not row["others"] and not row["wrong"] and row["found"] == row["corrected"]


def print_head() -> None:
    print(f"{'':18}{'resemblance':>13}", end="")
    for level, name in itertools.product(LEVELS, ("alone", "among")):
        print(f"  | {level + ', ' + name:<26}", end="")
    print(f"\n{'language':9}{'kind':10}{'most':>6}{'least':>6}", end="")
    for _ in range(2 * len(LEVELS)):
        print(f"  | {'dropped':>7}{'others':>7}{'wrong':>6}{'found':>6}", end="")
    print()


def print_row(language: str, kind: str, rows: list[dict[str, Any]], alike: Sequence[float]) -> None:
    """Print the figures of a mould, or sums of them."""
    print(f"{language:9}{kind:9}{''.join(f'{value:6.2f}' for value in alike):>13}", end="")
    for row in rows:
        share = f"{row['found']}/{row['corrected']}"
        print(f"  | {row['dropped']:7}{row['others']:7}{row['wrong']:6}{share:>{6 if len(share) < 6 else 8}}", end="")
    print(flush=True)


def summed(told: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the sums of the figures of several moulds, column by column."""
    names = ("pieces", "dropped", "others", "wrong", "corrected", "found")
    return [{name: sum(row[name] for row in column) for name in names} for column in zip(*told, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=3, help="pieces of a mould alone in a corpus, two or more")
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES), choices=LANGUAGES, metavar="LANGUAGE")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS, metavar="KIND")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    print(f"{args.n} pieces alone; {MANY} among {OTHERS} others, {CORRECTED} of them corrected, too")
    print("most: resemblance of two pieces; least: of a correction to its piece, both by the oracle\n")
    print_head()
    told: list[dict[str, Any]] = []
    by_mould: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for language, kind in itertools.product(args.languages, args.kinds):
        made = corpora(language, kind, args.n, args.seed)
        pieces = [one for one in made["among"][0] if one.key.startswith(f"{kind}/")]
        alike = likeness(pieces, made["among"][1])
        rows = []
        for level, (name, (records, corrections)) in itertools.product(LEVELS, made.items()):
            at = {"language": language, "kind": kind, "level": level, "corpus": name}
            rows.append(at | figures(records, corrections, kind, level, args.seed))
        print_row(language, kind, rows, alike)
        by_mould[language, kind] = rows
        told += [row | {"most_alike": alike[0], "least_corrected": alike[1]} for row in rows]
    print()
    for language in args.languages:
        print_row(language, "all", summed(rows for key, rows in by_mould.items() if key[0] == language), ())
    for kind in args.kinds:
        print_row("all", kind, summed(rows for key, rows in by_mould.items() if key[1] == kind), ())
    print_row("all", "all", summed(by_mould.values()), ())
    if args.json:
        head = {"seed": args.seed, "n": args.n, "many": MANY, "others": OTHERS}
        args.json.write_text(json.dumps(head | {"figures": told}, indent=2))
    return 0 if all(is_right(row) for row in told) else 1


def _pool(entries: str) -> list[str]:
    return [" ".join(entry.split()) for entry in entries.split("|")]


def _joined(firsts: str, lasts: str, gap: str = " ") -> list[str]:
    """Return every first part with every last part."""
    return [first + gap + last for first, last in itertools.product(_pool(firsts), _pool(lasts))]


ENGLISH = Language(
    frames={
        "weather": "Weather for {town} on {weekday}, {1-28} {month}. The day will start {dry with some early "
        "mist|cloudy with light drizzle|bright and rather cold|grey and quite windy} and temperatures will reach a "
        "high of {9-24} degrees in the afternoon. Winds from the {north|south|west|east} will blow at {8-34} miles an "
        "hour, with gusts of up to {36-58} on the hills. The chance of rain is put at {5-95} per cent. It will be "
        "{mostly clear|overcast|partly cloudy} overnight, with a low of {1-8} degrees by dawn. The sun rises at "
        "{5-7}:{10-59} and sets at {17-20}:{10-59}. The outlook for the next day is {much the same|a little "
        "warmer|cooler with showers}.",
        "obituary": "{name}, of {road}, {town}, died peacefully on {weekday}, {1-28} {month}, aged {66-97}. Born in "
        "{town2} as the eldest of {3-8} children, the deceased worked for {12-41} years at {company} and was a "
        "familiar face in the parish choir and at the bowls club. The funeral service will be held in the chapel of "
        "the crematorium at {10-15}:{15-45} on {weekday2}, followed by tea in the village hall, to which all friends "
        "are warmly invited. Family flowers only, please; donations may be sent to the hospice or given at the door. "
        "Inquiries to the undertakers, telephone {200-899} {1000-9899}.",
        "results": "{company} on {weekday} reported a {profit|loss} of {12-480} million pounds for the "
        "{first|second|third|fourth} quarter, compared with {12-480} million in the same period a year ago. Revenue "
        "{rose|fell} by {1.1-19.9} per cent to {500-4900} million pounds, while costs were {higher|lower} than the "
        "company had expected. The order book stood at {600-5900} million at the end of {month}. The chief executive, "
        "{name}, said that the group was confident of meeting its targets for the full year despite {weak demand|high "
        "energy prices|a strong pound}. Analysts had on average forecast {12-490} million. The shares were {up|down} "
        "{0.3-7.9} per cent at {120-990} pence in early trading.",
        "football": "{team} beat {team2} by {2-6} goals to {0-1} at home on {weekday} evening in front of {2100-9800} "
        "spectators. {name} opened the scoring after {3-29} minutes with a low shot from the edge of the area, and "
        "{name2} made it two shortly before the break from a free kick. The visitors had {2-9} chances in the second "
        "half but could not make use of them, and finished with ten men after {name3} was sent off in minute {61-88}. "
        "The winners are now {first|second|third|fourth|sixth} in the table with {18-59} points from {12-31} matches. "
        "On Saturday they travel to {team3}, who lost their last match by {2-5} goals.",
        "dividend": "{company} announces that the board has declared an interim dividend of {1.05-9.95} pence per "
        "ordinary share for the half year that ended on {28-30} {month}. The dividend will be paid on {1-28} {month2} "
        "{2019-2026} to the shareholders on the register at the close of business on {1-28} {month3}, and the shares "
        "will be quoted without the dividend from the day before. In the previous year the company paid {1.05-9.95} "
        "pence. In accordance with the rules of the exchange it is stated that the issued share capital consists of "
        "{101-998} million shares with voting rights. Inquiries: {name}, company secretary, telephone {200-899} "
        "{1000-9899}.",
        "tender": "The treasury sold {200-990} million pounds of bills with a term of {28-364} days at its tender on "
        "{weekday}. Bids totalled {1000-4900} million, or {1.2-4.9} times the amount on offer. The average yield was "
        "{1.101-5.909} per cent, against {1.101-5.909} per cent at the previous sale, and the lowest price accepted "
        "was {95.101-99.899}. Bids at that price were met in part only, at {5-95} per cent. Payment is due on {1-28} "
        "{month}. At the next tender, which will be held on {weekday2}, bills for {200-990} million pounds will be "
        "offered, the treasury said.",
        "court": "A man of {19-64} from {town} has been sent to prison for {3-22} months after he admitted {stealing "
        "from a shop|handling stolen goods|driving while disqualified|breaking into a warehouse}. {name}, of {road}, "
        "appeared before magistrates in {town2} on {weekday}. The court heard that officers had stopped him in {road2} "
        "at {18-23}:{10-55} on {1-28} {month}. He was also ordered to pay costs of {85-640} pounds and a surcharge of "
        "{20-190} pounds. The chairman of the bench told him that the offence was so serious that no other sentence "
        "could be justified. His solicitor said that he had lost his job at {company} and wished to apologise.",
        "roadworks": "Drivers are warned of delays on {road} in {town} from {weekday}, {1-28} {month}, when work "
        "begins to {resurface the carriageway|replace a gas main|lay new cables|repair the bridge}. One lane will be "
        "closed between {road2} and {road3} for about {2-14} weeks, and temporary lights will be in use from "
        "{6-9}:{10-45} in the morning. Buses on route {11-99} will be diverted and will not stop at the market place. "
        "The council, which puts the cost at {110-980} thousand pounds, said that access for residents and for the "
        "emergency services would be kept open at all times. Questions are answered by {name}, telephone {200-899} "
        "{1000-9899}.",
    },
    pools={
        "name": _joined(
            "Margaret | Peter | Susan | Colin | Irene | Derek | Joan | Alan | Doreen | Keith | Brenda | Malcolm",
            "Hollis | Ashworth | Tranter | Bagshaw | Fairley | Mottram | Thackray | Whitlam | Sowerby | Jessop | "
            "Haddow",
        ),
        "town": _joined("Brack | Hart | Wen | Old | Stone | Ash | Mar | Thorn", "mere | well | ford | bury", ""),
        "road": _joined("Mill | Station | Priory | Quarry | Chapel | Orchard | Beacon", "Lane | Street | Rise", " "),
        "company": _joined("Penrose | Calder | Halden | Ridgeway | Tolmere | Aldous | Severn", "Foods | Group | Steel"),
        "team": _joined("Brackton | Wexley | Harlow Green | Stanmoor | Dunsby | Kelham", "Rovers | United | Albion"),
        "month": _pool("January | February | March | April | May | June | July | August | September | October"),
        "weekday": _pool("Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday"),
        "when": _pool(
            "on {weekday} | after {2-20} years | in {town} | this {month} | once again | at first | behind closed "
            "doors | with {11-99} votes | near {town} | unlike {name} | without a word | at {1-11}:{10-55} | by chance "
            "| late at night | for {11-99} pounds | too soon"
        ),
        "person": _pool("the {trait} {trade} | a {trait} {trade} | the {trade} of {company} | {name} | one {trade}"),
        "trait": _pool(
            "young | retired | cautious | cheerful | tired | former | stubborn | famous | quiet | local | clumsy | "
            "generous | gloomy | patient | foreign | skilful | nervous | proud | careless | polite | elderly | "
            "ruthless | shy | witty"
        ),
        "trade": _pool(
            "teacher | farmer | mayor | baker | pilot | judge | nurse | sculptor | fisherman | banker | plumber | "
            "chemist | librarian | gardener | soldier | tailor | butcher | surgeon | porter | violinist | carpenter | "
            "editor | miner | senator | cyclist | priest | engineer | goalkeeper | actress | beekeeper"
        ),
        "verb": _pool(
            "rejected | welcomed | sold | examined | photographed | rebuilt | forgot | inherited | criticised | "
            "described | tested | abandoned | painted | measured | borrowed | defended | moved | hid | cleaned | "
            "insured | copied | praised | delayed | finished | ignored | noticed | rented | damaged | closed | planned"
        ),
        "thing": _pool(
            "the {quality} {object} | a {quality} {object} | {2-99} {quality} {object}s | {name}'s {object}"
        ),
        "quality": _pool(
            "wooden | broken | narrow | golden | empty | secret | heavy | noisy | modern | rusty | valuable | spare | "
            "green | Roman | shallow | crooked | painted | frozen | royal | cheap | forgotten | huge | plastic | round"
        ),
        "object": _pool(
            "bridge | garden | letter | engine | lighthouse | barrel | contract | orchard | tunnel | mirror | ladder | "
            "statue | meadow | piano | warehouse | ticket | fountain | tractor | harbour | novel | staircase | lantern "
            "| pump | festival | orchid | signal | ferry | chimney | museum | wallet"
        ),
        "link": _pool("while | because | although | and | but | before | after | so | until | yet"),
    },
    sentence="{when} {person} {verb} {thing}, {link} {person2} {verb2} {thing2}.",
)

GERMAN = Language(
    frames={
        "weather": "Das Wetter in {town} am {weekday}, dem {1-28}. {month}: Der Tag beginnt {trocken mit etwas "
        "Frühnebel|bewölkt mit leichtem Nieselregen|sonnig, aber recht kalt|trüb und ziemlich windig}, am Nachmittag "
        "steigen die Temperaturen auf höchstens {9-28} Grad. Der Wind weht mit {8-34} Kilometern in der Stunde aus "
        "{Norden|Süden|Westen|Osten}, auf den Höhen sind Böen bis {36-78} möglich. Die Wahrscheinlichkeit für "
        "Niederschlag liegt bei {5-95} Prozent. In der Nacht bleibt es {meist klar|bedeckt|wechselnd bewölkt}, die "
        "Werte sinken bis zum Morgen auf {1-8} Grad. Die Sonne geht um {5-7}:{10-59} Uhr auf und um {17-20}:{10-59} "
        "Uhr unter. Am Tag darauf wird es {kaum anders|etwas wärmer|kühler mit Schauern}.",
        "obituary": "In stiller Trauer nehmen wir Abschied von {name} aus {town}, {road}. Nach einem langen und "
        "erfüllten Leben endete der gemeinsame Weg am {1-28}. {month} im Alter von {66-97} Jahren. Geboren in {town2} "
        "als ältestes von {3-8} Geschwistern, über {12-41} Jahre bei der Firma {company} beschäftigt, war der "
        "Verstorbene vielen aus dem Kirchenchor und dem Schützenverein bekannt. Die Trauerfeier findet am {weekday} um "
        "{10-15}:{15-45} Uhr in der Kapelle des Friedhofs statt, anschließend bittet die Familie zum Kaffee. Statt "
        "Blumen erbitten wir eine Spende an das Hospiz. Auskunft erteilt das Bestattungshaus, Telefon {20100-89900}.",
        "results": "Die {company} hat im {ersten|zweiten|dritten|vierten} Quartal einen {Gewinn|Verlust} von {12-480} "
        "Millionen Euro ausgewiesen, nach {12-480} Millionen im gleichen Zeitraum des Vorjahres. Der Umsatz "
        "{stieg|sank} um {1.1-19.9} Prozent auf {500-4900} Millionen Euro, wie das Unternehmen am {weekday} mitteilte. "
        "Der Auftragsbestand lag Ende {month} bei {600-5900} Millionen. Vorstandschef {name} zeigte sich "
        "zuversichtlich, die Ziele für das Gesamtjahr trotz {schwacher Nachfrage|hoher Energiepreise|des starken Euro} "
        "zu erreichen. Analysten hatten im Schnitt mit {12-490} Millionen gerechnet. Die Aktie lag im frühen Handel "
        "mit {0.3-7.9} Prozent im {Plus|Minus} bei {12.10-98.90} Euro.",
        "football": "{team} hat am {weekday} vor {2100-9800} Zuschauern mit {2-6}:{0-1} gegen {team2} gewonnen. {name} "
        "brachte die Gastgeber in der {3-29}. Minute mit einem Flachschuss von der Strafraumgrenze in Führung, {name2} "
        "erhöhte kurz vor der Pause mit einem Freistoß. Die Gäste kamen nach dem Seitenwechsel zu {2-9} Chancen, "
        "konnten aber keine davon nutzen und mussten die Partie zu zehnt beenden, nachdem {name3} in der {61-88}. "
        "Minute die Rote Karte gesehen hatte. Die Sieger stehen nun mit {18-59} Punkten aus {12-31} Spielen auf dem "
        "{zweiten|dritten|vierten|sechsten} Platz. Am nächsten Spieltag müssen sie bei {team3} antreten.",
        "dividend": "Vorstand und Aufsichtsrat der {company} schlagen der Hauptversammlung vor, für das abgelaufene "
        "Geschäftsjahr eine Dividende von {0.15-4.95} Euro je Stammaktie auszuschütten. Im Vorjahr waren {0.15-4.95} "
        "Euro gezahlt worden. Die Hauptversammlung findet am {1-28}. {month} {2019-2026} in {town} statt, ausgezahlt "
        "wird die Dividende ab dem {1-28}. {month2} über die depotführenden Banken. Bei derzeit {101-998} Millionen "
        "dividendenberechtigten Aktien beträgt die Summe {40-880} Millionen Euro. Diese Mitteilung erfolgt gemäß den "
        "Vorschriften der Börse. Ansprechpartner für Rückfragen ist {name}, Leitung Investor Relations, Telefon "
        "{20100-89900}.",
        "tender": "Die Finanzagentur hat am {weekday} unverzinsliche Schatzanweisungen mit einer Laufzeit von {3-12} "
        "Monaten und einem Volumen von {200-990} Millionen Euro zugeteilt. Die Gebote beliefen sich auf {1000-4900} "
        "Millionen Euro, das Angebot war damit {1.2-4.9} Mal überzeichnet. Die Durchschnittsrendite betrug "
        "{1.101-5.909} Prozent nach {1.101-5.909} Prozent bei der vorigen Auktion, der niedrigste akzeptierte Kurs lag "
        "bei {95.101-99.899} Prozent. Gebote zu diesem Kurs wurden mit {5-95} Prozent bedient. Die Wertstellung "
        "erfolgt am {1-28}. {month}. Bei der nächsten Auktion sollen weitere {200-990} Millionen Euro angeboten "
        "werden.",
        "court": "Das Amtsgericht {town} hat am {weekday} einen {19-64} Jahre alten Mann wegen "
        "{Diebstahls|Hehlerei|Fahrens ohne Führerschein|Einbruchs in ein Lager} zu einer Freiheitsstrafe von {3-22} "
        "Monaten verurteilt. Nach Überzeugung des Gerichts hatte ihn eine Streife am {1-28}. {month} gegen "
        "{18-23}:{10-55} Uhr in der Straße {road} gestellt. Der Angeklagte aus {town2} räumte die Tat ein und bat um "
        "ein mildes Urteil. Er muss außerdem die Kosten des Verfahrens und {85-640} Euro Schadenersatz an die Firma "
        "{company} zahlen. Verteidiger {name} kündigte an, Rechtsmittel zu prüfen. Das Aktenzeichen lautet {101-989} "
        "Ds {20-99}.",
        "roadworks": "Autofahrer müssen in {town} ab {weekday}, dem {1-28}. {month}, mit Behinderungen rechnen: In der "
        "Straße {road} {wird die Fahrbahn erneuert|wird eine Gasleitung ersetzt|werden Kabel verlegt|wird die Brücke "
        "saniert}. Zwischen {road2} und {road3} ist für etwa {2-14} Wochen nur eine Spur frei, der Verkehr wird "
        "täglich ab {6-9}:{10-45} Uhr durch eine Ampel geregelt. Die Busse der Linie {11-99} werden umgeleitet und "
        "halten nicht am Marktplatz. Die Kosten beziffert die Stadt auf {110-980} Tausend Euro. Zufahrten für Anwohner "
        "und Rettungsdienste bleiben jederzeit offen. Fragen beantwortet {name} vom Tiefbauamt unter der Nummer "
        "{20100-89900}.",
    },
    pools={
        "name": _joined(
            "Jürgen | Karin | Wolfgang | Heike | Manfred | Renate | Dieter | Ursula | Holger | Gisela | Rainer | "
            "Ingrid",
            "Hollmann | Brinkmeyer | Tessner | Kaltwasser | Raabe | Möllering | Ohlsen | Dornbusch | Fährmann | "
            "Wiegand",
        ),
        "town": _joined("Alt | Hohen | Roden | Wester | Lauter | Birken | Gross | Eichen", "bach | stedt | feld", ""),
        "road": _joined("Am | Hinterm", "Mühlgraben | Kirchberg | Lindenhof | Steinbruch | Anger | Hafen | Rathaus"),
        "company": _joined("Brendel | Hansa | Kolbe | Nordlicht | Rhenus | Tannwald | Ostara", "AG | Werke | Holding"),
        "team": _joined("Eintracht | Viktoria | Fortuna", "Wallbeck | Dornau | Süderholz | Kranich | Mainfelden"),
        "month": _pool("Januar | Februar | März | April | Mai | Juni | Juli | August | September | Oktober"),
        "weekday": _pool("Montag | Dienstag | Mittwoch | Donnerstag | Freitag | Samstag | Sonntag"),
        "when": _pool(
            "am {weekday} | nach {2-20} Jahren | in {town} | im {month} | wieder einmal | zunächst | hinter "
            "verschlossenen Türen | mit {11-99} Stimmen | bei {town} | wortlos | um {1-11}:{10-55} Uhr | zufällig | "
            "spät nachts | für {11-99} Euro | viel zu früh | wie erwartet"
        ),
        "person": _pool(
            "der {trait} {trade} | ein {trade} | der {trade} der {company} | {name} | jeder {trait} {trade}"
        ),
        "trait": _pool(
            "junge | pensionierte | vorsichtige | fröhliche | müde | frühere | sture | berühmte | stille | hiesige | "
            "ungeschickte | großzügige | düstere | geduldige | fremde | geschickte | nervöse | stolze | nachlässige | "
            "höfliche | betagte | strenge | scheue | witzige"
        ),
        "trade": _pool(
            "Lehrer | Landwirt | Bäcker | Pilot | Richter | Pfleger | Bildhauer | Fischer | Bankier | Klempner | "
            "Chemiker | Gärtner | Soldat | Schneider | Metzger | Chirurg | Pförtner | Geiger | Tischler | Redakteur | "
            "Bergmann | Senator | Radfahrer | Priester | Ingenieur | Torwart | Schauspieler | Imker | Notar | "
            "Hafenmeister"
        ),
        "verb": _pool(
            "verwarf | begrüßte | verkaufte | untersuchte | fotografierte | erneuerte | vergaß | erbte | bemängelte | "
            "beschrieb | erprobte | verließ | bemalte | vermaß | verlieh | verteidigte | versetzte | versteckte | "
            "reinigte | versicherte | kopierte | lobte | verzögerte | vollendete | übersah | bemerkte | mietete | "
            "beschädigte | schloss | plante"
        ),
        "thing": _pool("den {quality} {object} | einen {quality} {object} | den {object} von {name} | jeden {object}"),
        "quality": _pool(
            "hölzernen | kaputten | schmalen | goldenen | leeren | geheimen | schweren | lauten | modernen | rostigen "
            "| wertvollen | grünen | römischen | flachen | schiefen | bemalten | gefrorenen | königlichen | billigen | "
            "vergessenen | riesigen | runden | tiefen | gläsernen"
        ),
        "object": _pool(
            "Garten | Brief | Motor | Leuchtturm | Vertrag | Obsthof | Tunnel | Spiegel | Brunnen | Flügel | Speicher "
            "| Fahrschein | Traktor | Hafen | Roman | Kamin | Stall | Teppich | Bahnhof | Kran | Acker | Keller | "
            "Schuppen | Steg | Turm | Pokal | Mantel | Koffer | Wagen | Stein"
        ),
        "link": _pool("und | aber | denn | doch | oder"),
    },
    sentence="{when} {verb} {person} {thing}, {link} {person2} {verb2} {thing2}.",
    point=",",
)

RUSSIAN = Language(
    frames={
        "weather": "Погода в городе {town} на {1-28} {month}. Утром ожидается {туман без осадков|облачность и слабый "
        "дождь|ясная, но холодная погода|пасмурная погода с сильным ветром}, днём воздух прогреется до {9-28} °C. "
        "Ветер {северный|южный|западный|восточный}, {3-9} метров в секунду, на возвышенностях порывы до {12-24}. "
        "Вероятность осадков синоптики оценивают в {5-95} %. Атмосферное давление составит {731-768} мм ртутного "
        "столба. Ночью будет {преимущественно ясно|пасмурно|переменная облачность}, температура опустится до {1-8} °C. "
        "Солнце взойдёт в {5-7}:{10-59} и зайдёт в {17-20}:{10-59}. На следующий день погода {существенно не "
        "изменится|станет немного теплее|станет прохладнее, пройдут дожди}.",
        "obituary": "С глубоким прискорбием сообщаем, что {1-28} {month} на {66-97}-м году жизни после продолжительной "
        "болезни скончался {name}. Он родился в городе {town} в многодетной семье, где росло {5-9} детей, и более "
        "{25-40} лет отдал работе на предприятии «{company}», где его знали как опытного мастера и доброго наставника. "
        "Прощание состоится в траурном зале городской больницы города {town2} {1-28} {month2} в {10-15}:{15-45}, "
        "похороны пройдут на старом кладбище. Коллеги и друзья выражают искренние соболезнования родным и близким "
        "покойного. Справки по телефону {20100-89900}.",
        "results": "Компания «{company}» сообщила о {прибыли|убытке} в размере {12-480} млн рублей по итогам "
        "{первого|второго|третьего|четвёртого} квартала против {12-480} млн рублей за тот же период прошлого года. "
        "Выручка {выросла|снизилась} на {1.1-19.9} % и составила {500-4900} млн рублей, говорится в отчёте. Портфель "
        "заказов на {28-30} {month} оценивался в {600-5900} млн. Генеральный директор {name} заявил, что компания "
        "рассчитывает выполнить годовой план, несмотря на {слабый спрос|рост цен на энергию|укрепление рубля}. "
        "Аналитики в среднем ожидали {12-490} млн. Акции компании на открытии торгов {подорожали|подешевели} на "
        "{0.3-7.9} %, до {120-990} рублей.",
        "football": "Команда «{team}» на своём поле обыграла команду «{team2}» со счётом {2-6}:{0-1}. За игрой "
        "наблюдали {2100-9800} зрителей. Счёт на {3-29}-й минуте открыл {name}, который точно пробил низом от границы "
        "штрафной площади, а перед самым перерывом преимущество хозяев со штрафного удвоил {name2}. После перерыва "
        "гости создали {5-9} опасных моментов, но не использовали ни одного из них и завершали встречу вдесятером: на "
        "{61-88}-й минуте был удалён {name3}. Победители набрали {25-59} очков в {12-31} матчах и занимают "
        "{второе|третье|четвёртое|шестое} место. Следующую игру они проведут в гостях у команды «{team3}».",
        "dividend": "Совет директоров компании «{company}» рекомендовал общему собранию акционеров утвердить дивиденды "
        "за прошедший год в размере {1.05-9.95} рубля на одну обыкновенную акцию. Годом ранее было выплачено "
        "{1.05-9.95} рубля. Собрание пройдёт {1-28} {month} {2019-2026} года в городе {town}, список лиц, имеющих "
        "право на получение дивидендов, будет составлен {1-28} {month2}. Всего на выплаты предлагается направить "
        "{101-998} млн рублей, или {15-75} % чистой прибыли. Сообщение раскрыто в соответствии с правилами биржи. "
        "Контактное лицо: {name}, корпоративный секретарь, телефон {20100-89900}.",
        "tender": "Министерство финансов разместило на аукционе {1-28} {month} облигации со сроком обращения {95-360} "
        "дней на сумму {200-990} млн рублей. Спрос составил {1000-4900} млн рублей и превысил предложение в {1.2-4.9} "
        "раза. Средневзвешенная доходность сложилась на уровне {4.101-9.909} % годовых против {4.101-9.909} % на "
        "предыдущем аукционе, цена отсечения составила {95.101-99.899} % от номинала. Заявки по цене отсечения были "
        "удовлетворены на {5-95} %. Расчёты пройдут {1-28} {month2}. На следующем аукционе ведомство намерено "
        "предложить инвесторам бумаги ещё на {200-990} млн рублей.",
        "court": "Суд города {town} приговорил местного жителя, которому {25-30} лет, к {13-22} месяцам лишения "
        "свободы за {кражу из магазина|сбыт краденого|проникновение на склад|подделку документов}. Как установило "
        "следствие, {1-28} {month} около {18-23}:{10-55} подсудимого задержал патруль на улице {road}. Вину он признал "
        "и просил суд о снисхождении. Кроме того, осуждённый должен выплатить {85-640} тысяч рублей компании "
        "«{company}», которая признана потерпевшей. Адвокат {name} сообщил, что решение будет обжаловано в "
        "установленный законом срок. Уголовное дело под номером {101-989} рассматривалось {5-20} дней.",
        "roadworks": "С {1-28} {month} в городе {town} ограничат движение по улице {road}: там {обновят дорожное "
        "покрытие|заменят газопровод|проложат новые кабели|отремонтируют мост}. На участке от улицы {road2} до улицы "
        "{road3} на {5-14} недель останется одна полоса, в утренние часы с {6-9}:{10-45} движение будет регулировать "
        "временный светофор. Автобусы маршрута {11-99} пойдут в объезд и не будут останавливаться у рынка. Стоимость "
        "работ оценивается в {110-980} млн рублей. Проезд для местных жителей и экстренных служб сохранят "
        "круглосуточно, пообещали в мэрии. На вопросы горожан ответит {name} по телефону {20100-89900}.",
    },
    pools={
        "name": _joined(
            "Андрей | Виктор | Павел | Геннадий | Юрий | Степан | Олег | Леонид | Григорий | Аркадий | Борис | Игорь",
            "Саврасов | Клёнов | Дубровин | Мельник | Рощин | Чистяков | Аверин | Тихомиров | Зимин | Кольцов",
        ),
        "town": _joined("Верхне | Старо | Ново | Красно | Бело", "лесск | горск | реченск | озёрск | полянск", ""),
        "road": _joined("Большая | Малая | Новая", "Садовая | Заводская | Полевая | Речная | Школьная | Лесная"),
        "company": _joined("Север | Волга | Урал | Восток | Заря", "сталь | пром | энерго | строй", ""),
        "team": _pool("Метеор | Шахтёрск | Буран | Ракета | Комета | Прибой | Маяк | Чайка | Вымпел | Сокол | Якорь"),
        "month": _pool("января | февраля | марта | апреля | мая | июня | июля | августа | сентября | октября"),
        "weekday": _pool("в понедельник | во вторник | в среду | в четверг | в пятницу | в субботу"),
        "when": _pool(
            "{weekday} | через {5-20} лет | в городе {town} | в начале {month} | снова | сначала | за закрытыми "
            "дверями | молча | в {1-11}:{10-55} | случайно | поздно ночью | за {25-99} рублей | слишком рано | как "
            "обычно | под городом {town} | без лишних слов"
        ),
        "person": _pool(
            "{trait} {trade} | {trade} компании «{company}» | {name} | {trait} {trade} из города {town} | один {trade}"
        ),
        "trait": _pool(
            "молодой | бывший | осторожный | весёлый | усталый | упрямый | знаменитый | тихий | местный | неловкий | "
            "щедрый | угрюмый | терпеливый | приезжий | ловкий | нервный | гордый | небрежный | вежливый | пожилой | "
            "строгий | робкий | остроумный | главный"
        ),
        "trade": _pool(
            "учитель | фермер | пекарь | пилот | судья | врач | скульптор | рыбак | банкир | слесарь | химик | "
            "садовник | солдат | портной | мясник | хирург | сторож | скрипач | плотник | редактор | шахтёр | сенатор "
            "| гонщик | священник | инженер | вратарь | артист | пасечник | нотариус | лоцман"
        ),
        "verb": _pool(
            "отверг | купил | продал | изучил | сфотографировал | обновил | забыл | унаследовал | раскритиковал | "
            "описал | испытал | покинул | покрасил | измерил | одолжил | защитил | перенёс | спрятал | вымыл | "
            "застраховал | скопировал | похвалил | задержал | достроил | заметил | арендовал | повредил | закрыл | "
            "починил | осмотрел"
        ),
        "thing": _pool("{quality} {object} | старый {object} | тот самый {object} | {quality} {object} и {object}"),
        "quality": _pool(
            "деревянный | сломанный | узкий | золотой | пустой | тайный | тяжёлый | шумный | современный | ржавый | "
            "ценный | зелёный | римский | мелкий | кривой | расписной | замёрзший | царский | дешёвый | забытый | "
            "огромный | круглый | глубокий | стеклянный"
        ),
        "object": _pool(
            "мост | сад | конверт | мотор | маяк | договор | туннель | фонтан | рояль | склад | билет | трактор | порт "
            "| роман | камин | сарай | ковёр | вокзал | кран | погреб | причал | кубок | плащ | чемодан | вагон | "
            "камень | насос | колокол | паром | музей"
        ),
        "link": _pool("а | и | но | пока | хотя | поэтому | зато | ведь"),
    },
    sentence="{when} {person} {verb} {thing}, {link} {person2} {verb2} {thing2}.",
    point=",",
)

ARABIC = Language(
    frames={
        "weather": "حالة الطقس في مدينة {town} يوم {weekday} {1-28} {month}: يبدأ النهار {جافا مع ضباب خفيف|غائما مع "
        "رذاذ متفرق|مشمسا مع برودة ملحوظة|مغبرا مع رياح نشطة}، وترتفع درجات الحرارة بعد الظهر لتبلغ {19-44} درجة "
        "مئوية. وتهب الرياح من جهة {الشمال|الجنوب|الغرب|الشرق} بسرعة {8-34} كيلومترا في الساعة، وقد تصل الهبات على "
        "المرتفعات إلى {36-78}. وتقدر نسبة هطول الأمطار بنحو {5-95} في المئة. أما ليلا فيكون الجو {صافيا على "
        "العموم|ملبدا بالغيوم|غائما جزئيا}، وتنخفض الحرارة عند الفجر إلى {11-18} درجة. وتشرق الشمس في الساعة "
        "{5-6}:{10-59} وتغرب في الساعة {17-19}:{10-59}. ومن المتوقع أن يكون الطقس في اليوم التالي {مشابها|أدفأ "
        "قليلا|أبرد مع زخات من المطر}.",
        "obituary": "ببالغ الحزن والأسى تنعى عائلة الفقيد {name} الذي انتقل إلى رحمة الله تعالى يوم {weekday} {1-28} "
        "{month} عن عمر ناهز {66-97} عاما بعد صراع طويل مع المرض. ولد الفقيد في مدينة {town} وكان أكبر إخوته وعددهم "
        "{3-9}، وعمل في شركة {company} مدة {12-41} عاما عرفه فيها زملاؤه بحسن الخلق وطيب المعشر. ويشيع جثمانه من "
        "المسجد الكبير في مدينة {town2} في الساعة {10-15}:{15-45}، وتقبل التعازي في منزل العائلة الكائن في {road} على "
        "مدى ثلاثة أيام. وللاستفسار يرجى الاتصال بالرقم {20100-89900}. إنا لله وإنا إليه راجعون.",
        "results": "أعلنت شركة {company} يوم {weekday} أنها سجلت {ربحا|خسارة} بقيمة {12-480} مليون دينار في الربع "
        "{الأول|الثاني|الثالث|الرابع} من العام، مقابل {12-480} مليون دينار في الفترة نفسها من العام الماضي. "
        "و{ارتفعت|تراجعت} الإيرادات بنسبة {1.1-19.9} في المئة إلى {500-4900} مليون دينار. وبلغت قيمة الطلبيات القائمة "
        "في نهاية شهر {month} نحو {600-5900} مليونا. وقال الرئيس التنفيذي {name} إن الشركة واثقة من تحقيق أهدافها "
        "السنوية على الرغم من {ضعف الطلب|ارتفاع أسعار الطاقة|قوة العملة المحلية}. وكان المحللون يتوقعون في المتوسط "
        "{12-490} مليونا. و{ارتفع|تراجع} سهم الشركة في بداية التداول بنسبة {0.3-7.9} في المئة.",
        "football": "فاز فريق {team} على ضيفه فريق {team2} بنتيجة {2-6} مقابل {0-1} مساء يوم {weekday} أمام "
        "{2100-9800} متفرج. وافتتح {name} التسجيل لأصحاب الأرض في الدقيقة {13-29} بتسديدة أرضية من حافة منطقة الجزاء، "
        "قبل أن يضاعف {name2} النتيجة من ركلة حرة قبيل نهاية الشوط الأول. وأهدر الضيوف في الشوط الثاني {3-9} فرص "
        "محققة، وأكملوا المباراة بعشرة لاعبين بعد طرد {name3} في الدقيقة {61-88}. ورفع الفائز رصيده إلى {18-59} نقطة "
        "من {12-31} مباراة ليحتل المركز {الثاني|الثالث|الرابع|السادس} في جدول الترتيب. ويحل في الجولة المقبلة ضيفا على "
        "فريق {team3}.",
        "dividend": "أوصى مجلس إدارة شركة {company} الجمعية العامة للمساهمين بتوزيع أرباح نقدية عن السنة المالية "
        "المنتهية بواقع {0.15-4.95} دينار لكل سهم عادي، مقابل {0.15-4.95} دينار في السنة السابقة. وتعقد الجمعية "
        "اجتماعها في مدينة {town} يوم {1-28} {month} من عام {2019-2026}، على أن تكون أحقية الأرباح للمساهمين المقيدين "
        "في سجلات الشركة بنهاية تداول يوم {1-28} {month2}. ويبلغ إجمالي المبلغ الموزع {101-998} مليون دينار أي ما "
        "نسبته {15-75} في المئة من صافي الربح. ويأتي هذا الإعلان وفقا لقواعد الإفصاح في السوق المالية. وللاستفسار يرجى "
        "الاتصال بأمين السر {name} على الرقم {20100-89900}.",
        "tender": "باعت وزارة المالية في عطاء يوم {weekday} أذون خزانة لأجل {91-364} يوما بقيمة {200-990} مليون دينار. "
        "وبلغ إجمالي الطلبات المقدمة {1000-4900} مليون دينار، أي ما يعادل {1.2-4.9} مرة من حجم العرض. وسجل متوسط "
        "العائد {1.101-5.909} في المئة مقارنة بنسبة {1.101-5.909} في المئة في العطاء السابق، فيما بلغ أدنى سعر مقبول "
        "{95.101-99.899}. وتمت تلبية الطلبات عند هذا السعر بنسبة {15-95} في المئة فقط. ويستحق السداد في {1-28} "
        "{month}. وتعتزم الوزارة أن تطرح في العطاء المقبل أذونا أخرى بقيمة {200-990} مليون دينار.",
        "court": "قضت محكمة مدينة {town} يوم {weekday} بسجن رجل يبلغ من العمر {19-64} عاما مدة {13-22} شهرا بعد إدانته "
        "بتهمة {السرقة من متجر|حيازة بضائع مسروقة|تزوير وثائق رسمية|اقتحام مستودع}. وبحسب لائحة الاتهام أوقفت دورية "
        "الشرطة المتهم في {road} يوم {1-28} {month} قرابة الساعة {18-23}:{10-55}. وأقر المتهم المقيم في مدينة {town2} "
        "بما نسب إليه وطلب الرأفة من هيئة المحكمة. وألزمته المحكمة أيضا بدفع تعويض قدره {185-640} دينارا إلى شركة "
        "{company} إضافة إلى مصاريف الدعوى. وقال محاميه {name} إنه سيستأنف الحكم في المهلة القانونية.",
        "roadworks": "دعت بلدية مدينة {town} السائقين إلى توخي الحذر في {road} ابتداء من يوم {weekday} {1-28} {month} "
        "مع بدء أعمال {إعادة تعبيد الطريق|استبدال أنابيب الغاز|مد كابلات جديدة|صيانة الجسر}. وسيغلق أحد المسارين بين "
        "{road2} و{road3} مدة {3-9} أسابيع، على أن تنظم حركة المرور بإشارات ضوئية مؤقتة اعتبارا من الساعة "
        "{6-9}:{10-45} صباحا. وستحول حافلات الخط {11-99} إلى طريق آخر ولن تتوقف عند السوق القديم. وتقدر كلفة المشروع "
        "بنحو {110-980} ألف دينار. وأكدت البلدية أن دخول السكان وسيارات الإسعاف سيبقى متاحا في جميع الأوقات. ويجيب "
        "المهندس {name} عن الأسئلة على الرقم {20100-89900}.",
    },
    pools={
        "name": _joined(
            "سامر | خالد | نبيل | عادل | ياسر | فؤاد | هشام | رامي | جمال | بشير | وليد | منير",
            "الحداد | النجار | الخطيب | العطار | الصباغ | القاضي | السمان | البيطار | الدباغ | الشامي",
        ),
        "town": _pool(
            "الرملية | عين النخيل | تل الورد | وادي الزهور | المنارة | دير السنديان | رأس الجبل | كفر الزيتون | الغدير "
            "| بئر الحجر | مرج الخيل | الواحة | جسر النهر | باب الريح | قصر الرمان | النبعة"
        ),
        "road": _joined("شارع | طريق", "البساتين | المطحنة | الميناء | المدرسة | القلعة | الحديقة | المحطة | الينابيع"),
        "company": _joined("الأفق | النخلة | الساحل | الأرز | الفرات", "للصناعة | للاستثمار | للأغذية | للنقل"),
        "team": _pool("النسور | الشعلة | الأمواج | الصخرة | البرق | الفرسان | الشراع | الصقر | النجمة | المرساة"),
        "month": _pool("يناير | فبراير | مارس | أبريل | مايو | يونيو | يوليو | أغسطس | سبتمبر | أكتوبر"),
        "weekday": _pool("الاثنين | الثلاثاء | الأربعاء | الخميس | الجمعة | السبت | الأحد"),
        "when": _pool(
            "يوم {weekday} | بعد {11-40} عاما | في مدينة {town} | في شهر {month} | مرة أخرى | في البداية | خلف أبواب "
            "مغلقة | بتأييد {11-99} صوتا | قرب {town} | من دون كلام | في الساعة {1-11}:{10-55} | مصادفة | في آخر الليل "
            "| بمبلغ {11-99} دينارا | قبل الأوان | كالعادة"
        ),
        "person": _pool("{trade} {trait} | {trade} في شركة {company} | السيد {name} | {trade} {trait} من {town}"),
        "trait": _pool(
            "الشاب | المتقاعد | الحذر | المرح | المتعب | السابق | العنيد | المشهور | الهادئ | المحلي | الكريم | الحزين "
            "| الصبور | الأجنبي | الماهر | القلق | الفخور | المهمل | المهذب | المسن | الصارم | الخجول | الظريف | الجديد"
        ),
        "trade": _pool(
            "المعلم | المزارع | الخباز | الطيار | القاضي | الممرض | النحات | الصياد | المصرفي | السباك | الكيميائي | "
            "البستاني | الجندي | الخياط | الجزار | الجراح | البواب | العازف | النجار | المحرر | العامل | الوزير | "
            "الدراج | الإمام | المهندس | الحارس | الممثل | النحال | الكاتب | الربان"
        ),
        "verb": _pool(
            "رفض | اشترى | باع | فحص | صور | جدد | نسي | ورث | انتقد | وصف | جرب | ترك | دهن | قاس | استعار | نقل | "
            "أخفى | نظف | نسخ | مدح | أخر | أنجز | لاحظ | استأجر | أتلف | أغلق | أصلح | خطط | حرس | أهدى"
        ),
        "thing": _pool("{object} {quality} | {object} {quality} | {object} القديم | {object} {quality} في {town}"),
        "quality": _pool(
            "الخشبي | المكسور | الضيق | الذهبي | الفارغ | السري | الثقيل | الصاخب | الحديث | الصدئ | الثمين | الأخضر | "
            "الروماني | الضحل | المائل | الملون | المتجمد | الملكي | الرخيص | المنسي | الضخم | المستدير | العميق | "
            "الزجاجي"
        ),
        "object": _pool(
            "الجسر | البستان | الظرف | المحرك | المنار | البرميل | العقد | النفق | السلم | التمثال | البيانو | المخزن "
            "| الطابع | الجرار | الميناء | الكتاب | الموقد | الكوخ | البساط | القطار | السرداب | الكأس | المعطف | "
            "الصندوق | الحجر | المضخ | الجرس | القارب | المتحف | المفتاح"
        ),
        "link": _pool("بينما | فيما | لأن | مع أن | كما أن | حيث إن | غير أن"),
    },
    sentence="{when} {verb} {person} {thing}، {link} {person2} {verb2} {thing2}.",
    digits="٠١٢٣٤٥٦٧٨٩",
    in_digits=("weather", "obituary", "court"),
)

CHINESE = Language(
    frames={
        "weather": "{town}{1-12}月{1-28}日天气预报：白天{晴到多云，早晨有薄雾|阴有小雨|晴朗但气温偏低|多云，风力较大}，"
        "午后最高气温可达{9-34}摄氏度。风向偏{北|南|西|东}，平均风速每小时{8-34}公里，山区阵风可达{36-78}公里。降水概率"
        "为{5-95}%，空气质量指数预计在{20-160}左右。夜间{以晴为主|阴天|多云}，黎明前后最低气温将降至{1-8}摄氏度。日出时"
        "间为{5-7}时{10-59}分，日落时间为{17-20}时{10-59}分。气象台提醒市民外出注意增减衣物。预计次日天气{变化不大|略有"
        "回暖|转凉并伴有阵雨}。",
        "obituary": "家属以极其悲痛的心情敬告各位亲友，{name}先生因病医治无效，于{1-12}月{1-28}日{5-11}时{10-59}分在"
        "{town}逝世，享年{66-97}岁。先生出生于{town2}，兄弟姐妹{3-8}人，他排行最长，早年进入{company}工作，在岗位上勤勤"
        "恳恳{12-41}年，深受同事和邻里敬重。遗体告别仪式定于{1-12}月{1-28}日上午在市殡仪馆举行，随后安葬于东山公墓。遵"
        "照先生遗愿，丧事从简，谢绝花圈和礼金。联系电话：{20100-89900}。",
        "results": "{company}发布财报称，公司今年第{一|二|三|四}季度{盈利|亏损}{12-480}万元，上年同期为{12-480}万元。季"
        "度营业收入同比{增长|下降}{1.1-19.9}%，达到{500-4900}万元，成本{高于|低于}公司此前的预期。截至{1-12}月底，公司"
        "在手订单总额为{600-5900}万元。首席执行官{name}表示，尽管面临{需求疲软|能源价格上涨|汇率波动}的压力，公司仍有信"
        "心完成全年目标。此前分析师的平均预期为{12-490}万元。早盘交易中，公司股价{上涨|下跌}{0.3-7.9}%，报{12.10-98.90}"
        "元。",
        "football": "联赛第{5-30}轮比赛{weekday}晚展开争夺，{team}队坐镇主场以{2-6}比{0-1}战胜{team2}队，现场观众人数为"
        "{2100-9800}人。比赛进行到第{3-29}分钟，{name}在禁区边缘低射破门，为主队首开纪录。上半场结束前，{name2}又用一记"
        "任意球扩大了比分。易边再战，客队先后获得{2-9}次机会，但都没有把握住。第{61-88}分钟，{name3}被红牌罚下，客队只"
        "能以十人应战直到终场。此役过后，主队积{18-59}分，排名升至第{二|三|四|六}位。下一轮他们将做客挑战{team3}队。",
        "dividend": "{company}董事会公告，拟向全体股东派发上年度现金红利，每十股派发{1.05-9.95}元（含税），上年度为每十"
        "股{1.05-9.95}元。该方案尚需提交{2019-2026}年{1-12}月{1-28}日在{town}召开的股东大会审议。本次分红的股权登记日为"
        "{1-12}月{1-28}日，除息日为登记日的下一个交易日。以目前总股本{101-998}万股计算，合计派发{400-880}万元，占归属于"
        "股东净利润的{15-75}%。本公告依照交易所信息披露规则发布，董事会保证内容真实、准确、完整。咨询联系人：董事会秘书"
        "{name}，电话{20100-89900}。",
        "tender": "财政部{weekday}招标发行期限为{28-364}天的贴现国债，实际发行面值{200-990}亿元。投标总量为{1000-4900}"
        "亿元，是计划发行量的{1.2-4.9}倍。本期国债的加权平均收益率为{1.101-5.909}%，上一次招标为{1.101-5.909}%，最低中"
        "标价格为{95.101-99.899}元。以该价格投标的机构只获得{5-95}%的配售。发行款须在{1-12}月{1-28}日之前缴入国库，之后"
        "即可上市交易。财政部表示，下一期计划发行{200-990}亿元，具体安排将另行公告。",
        "court": "{town}人民法院{weekday}开庭宣判，一名{19-64}岁的男子因{盗窃店铺财物|收购赃物|无证驾驶|闯入仓库行窃}被"
        "判处有期徒刑{3-22}个月。法院审理查明，{1-12}月{1-28}日{18-23}时{10-55}分许，巡逻民警在{road}附近将其抓获。被告"
        "人来自{town2}，到案后如实供述了自己的罪行，并请求法庭从轻处罚。法院同时判令其向{company}赔偿损失{850-6400}元，"
        "并承担本案诉讼费用。辩护律师{name}表示，将在法定期限内决定是否提起上诉。",
        "roadworks": "{town}交通部门提醒广大司机，自{1-12}月{1-28}日起，{road}将开始{路面翻修|更换燃气管道|铺设电缆|桥"
        "梁加固}施工。施工期间，{road2}至{road3}之间只保留一条车道，工期约{2-14}周，每天上午{6-9}时{10-45}分起由临时信"
        "号灯指挥交通。{11-99}路公交车将绕道行驶，集市站暂停停靠。工程总投资约{110-980}万元。交通部门表示，沿线居民和急"
        "救车辆的通行在任何时候都不会受到影响。如有疑问，可拨打电话{20100-89900}，由工程师{name}负责解答。",
    },
    pools={
        "name": _joined(
            "陈 | 林 | 赵 | 孙 | 吴 | 郑 | 沈 | 韩 | 唐 | 曹 | 邓 | 彭",
            "志远 | 雅琴 | 文博 | 国梁 | 晓岚 | 德厚 | 永康 | 素芬",
            "",
        ),
        "town": _joined("青 | 白 | 临 | 云 | 永 | 平", "溪市 | 桥县 | 湖市 | 陵县 | 泉镇", ""),
        "road": _joined("沿河 | 望江 | 梧桐 | 石桥 | 东关 | 书院 | 槐荫", "大街 | 南路 | 北路", ""),
        "company": _joined("远景 | 恒丰 | 东岳 | 华泽 | 瑞安", "食品公司 | 钢铁公司 | 控股公司 | 电器公司", ""),
        "team": _pool("飞鹰 | 海浪 | 雷霆 | 山虎 | 银箭 | 火炬 | 烈马 | 长风 | 北斗 | 青龙"),
        "weekday": _pool("星期一 | 星期二 | 星期三 | 星期四 | 星期五 | 星期六 | 星期日"),
        "when": _pool(
            "{weekday}上午 | {2-20}年后 | 在{town} | {1-12}月里 | 又一次 | 起初 | 在闭门会上 | 以{11-99}票 | 在{town}附"
            "近 | 默默地 | {1-11}时{10-55}分 | 碰巧 | 深夜里 | 花{11-99}元 | 很早以前 | 不出所料"
        ),
        "person": _pool("{trait}{trade} | 一位{trait}{trade} | {company}的{trade} | {name} | 来自{town}的{trade}"),
        "trait": _pool(
            "年轻的 | 退休的 | 谨慎的 | 快活的 | 疲倦的 | 从前的 | 固执的 | 有名的 | 安静的 | 本地的 | 笨拙的 | 大方的 "
            "| 忧郁的 | 耐心的 | 外来的 | 灵巧的 | 紧张的 | 骄傲的 | 粗心的 | 礼貌的 | 高龄的 | 严厉的 | 害羞的 | 风趣"
            "的"
        ),
        "trade": _pool(
            "教师 | 农民 | 面包师 | 飞行员 | 法官 | 护士 | 雕刻家 | 渔夫 | 银行家 | 水管工 | 化学家 | 园丁 | 士兵 | 裁"
            "缝 | 屠夫 | 外科医生 | 门卫 | 提琴手 | 木匠 | 编辑 | 矿工 | 议员 | 车手 | 牧师 | 守门员 | 演员 | 养蜂人 | "
            "公证人 | 船长 | 馆长"
        ),
        "verb": _pool(
            "拒绝了 | 买下了 | 卖掉了 | 检查了 | 拍摄了 | 翻修了 | 忘记了 | 继承了 | 批评了 | 描写了 | 试用了 | 放弃了 "
            "| 粉刷了 | 测量了 | 借走了 | 守护了 | 搬走了 | 藏起了 | 清洗了 | 投保了 | 复制了 | 称赞了 | 推迟了 | 完成"
            "了 | 忽略了 | 发现了 | 租下了 | 损坏了 | 关闭了 | 设计了"
        ),
        "thing": _pool("{quality}{object} | 那座{quality}{object} | {2-99}件{quality}{object} | {name}的{object}"),
        "quality": _pool(
            "木制 | 破旧 | 狭窄 | 金色 | 空荡 | 秘密 | 沉重 | 嘈杂 | 现代 | 生锈 | 贵重 | 备用 | 绿色 | 古代 | 浅浅 | "
            "歪斜 | 彩绘 | 冰冻 | 皇家 | 便宜 | 被遗忘 | 巨大 | 塑料 | 圆形"
        ),
        "object": _pool(
            "桥梁 | 花园 | 信件 | 引擎 | 灯塔 | 木桶 | 合同 | 果园 | 隧道 | 镜子 | 梯子 | 雕像 | 草地 | 钢琴 | 仓库 | "
            "车票 | 喷泉 | 拖拉机 | 港口 | 小说 | 楼梯 | 灯笼 | 水泵 | 庙会 | 兰花 | 信号灯 | 渡轮 | 烟囱 | 博物馆 | 钱"
            "包"
        ),
        "link": _pool("而 | 但是 | 因为 | 虽然 | 同时 | 直到 | 于是 | 不过"),
    },
    sentence="{when}，{person}{verb}{thing}，{link}{person2}{verb2}{thing2}。",
    gap="",
)

LANGUAGES = {"english": ENGLISH, "german": GERMAN, "russian": RUSSIAN, "arabic": ARABIC, "chinese": CHINESE}

_NAMED = ("name", "town", "road", "company", "team")
_POOLS: dict[str, Sequence[str]] = {
    name: of.pools[pool] for of in LANGUAGES.values() for pool in _NAMED for name in of.pools[pool]
}
"""Name to the names that could stand in its place."""


def _names() -> re.Pattern[str]:
    """Return what matches any name: the longest that can be, and whole words where words have ends."""
    spaced = {name for of in LANGUAGES.values() if of.gap for pool in _NAMED for name in of.pools[pool]}
    return re.compile(rf"\b(?:{_any_of(spaced)})\b|{_any_of(_POOLS.keys() - spaced)}")


def _any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, by their first letter: with hundreds of them that is several times as fast."""
    ordered = sorted(names, key=lambda name: (name[0], -len(name), name))
    groups = itertools.groupby(ordered, key=lambda name: name[0])
    return "|".join(f"{first}(?:{'|'.join(name[1:] for name in group)})" for first, group in groups)


_NAMES = _names()


if __name__ == "__main__":
    sys.exit(main())
