"""Credits: found in the places that credits have, in many languages, and nowhere else."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import article
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.attribution.agencies import SHIPPED, UNKNOWN, Agencies
from dedup.attribution.credits import (
    BATCH_TEXTS,
    HEAD_BYTES,
    TAIL_BYTES,
    credit,
    credit_at_ends,
    credits_at_ends,
    ends_of,
)
from dedup.text.tokens import buffers, encode

BODY = article(1, 30)  # longer than both ends together

HEADS = {
    "LONDON (Reuters) - ": "Reuters",
    "LONDON, Jan 5 (Reuters) - ": "Reuters",
    "LONDON (AP) — ": "AP",
    "HARRISBURG, Pa. (AP)\n": "AP",
    "CLEVELAND (AP) _ ": "AP",
    "By Ann Hill and Tom Hale\nMOSCOW/KIEV (Reuters) - ": "Reuters",
    "VALENCIA (EFE).": "EFE",
    "Por: EFE\n": "EFE",
    "أبوظبي (وام)\n": "WAM",
    "أبوظبي (وام) ": "WAM",
    "الرياض : واس\n": "SPA",
    "WASHINGTON — (AP) — ": "AP",
    "NEW YORK (AP)—": "AP",
    "PARIS, Jan 5 (AFP) -- ": "AFP",
    "Paris, 5 janvier 2024 (AFP) – ": "AFP",
    "Berlin (dpa) - ": "dpa",
    "Berlin (dpa/lby) - ": "dpa",
    "Madrid, 5 ene (EFE).- ": "EFE",
    "(ANSA) - ROMA, 5 GEN - ": "ANSA",
    "Lisboa, 05 jan 2024 (Lusa) – ": "Lusa",
    "BEIJING, Jan. 5 (Xinhua) -- ": "Xinhua",
    "NEW DELHI, Jan 5 (IANS) ": "IANS",
    "New Delhi [India], January 5 (ANI): ": "ANI",
    "KUALA LUMPUR, Jan 5 (Bernama) -- ": "Bernama",
    "Jakarta (ANTARA) - ": "Antara",
    "AMSTERDAM (ANP) - ": "ANP",
    "BRUSSEL (BELGA) = ": "Belga",
    "Budapest, 2024. január 5. (MTI) - ": "MTI",
    "ACCRA, Jan. 5, GNA - ": "GNA",
    "TOKYO, Jan 5, Kyodo — ": "Kyodo",
    "MOSCOW, January 5. /TASS/. ": "TASS",
    "МОСКВА, 5 янв - РИА Новости. ": "RIA Novosti",
    "Москва. 5 января. INTERFAX.RU - ": "Interfax",
    "ЛОНДОН, 5 янв (Рейтер) - ": "Reuters",
    "新华社北京1月5日电 ": "Xinhua",
    "路透社伦敦1月5日电 ": "Reuters",
    "[ロンドン 5日 ロイター] - ": "Reuters",
    "【北京時事】": "Jiji Press",
    "(서울=연합뉴스) ": "Yonhap",
    "नई दिल्ली, 5 जनवरी (भाषा) ": "PTI",
    "लंदन (रॉयटर्स) - ": "Reuters",
    "لندن (رويترز) - ": "Reuters",
    "القاهرة (أ ف ب) - ": "AFP",
    "(CNN)": "CNN",
    "AFP - ": "AFP",
    "Reuters\n": "Reuters",
    "The bridge\nReuters\nSep 18, 2013 ": "Reuters",
    "The bridge\nReuters Sep 18, 2013 ": "Reuters",
    "By The Associated Press\n\n": "AP",
    "By Staff Writer, Associated Press\n": "AP",
    "The bridge is closed\nBy Our Reporter, BBC News\n": "BBC",
    "© 2024 AFP. ": "AFP",
}

TAILS = {
    " mxw/dpa": "dpa",
    "\nhba/dpa/Reuters": "dpa",
    " (mxw/dpa)": "dpa",
    " (Fonte ANSA)": "ANSA",
    "\nPor: EFE": "EFE",
    "\nΠηγή: ΑΠΕ-ΜΠΕ": "AMNA",
    " - AFP": "AFP",
    " — BBC": "BBC",
    " -- Reuters": "Reuters",
    "\n\n- BBC": "BBC",
    "\nReuter": "Reuters",
    " REUTER\n": "Reuters",
    " PA": "PA",
    "Press Association ": "PA",
    " · Press Association": "PA",
    " /Reuters": "Reuters",
    " /ritzau/": "Ritzau",
    " (EFE)": "EFE",
    " (PAP)": "PAP",
    " (TT)": "TT",
    " (©NTB)": "NTB",
    " AFP/Reuters": "AFP",
    " (dpa, AFP)": "dpa",
    " (STA)": "STA",
    " (新华社)": "Xinhua",
    "（共同）": "Kyodo",
    " © 2024 AFP": "AFP",
    " Copyright 2024 The Associated Press. All rights reserved.": "AP",
    "\n(c) Reuters Limited 1997\n": "Reuters",
    " The Associated Press contributed to this report.": "AP",
    " Press Association and the Associated Press contributed to this report": "PA",
    " With reporting by Reuters": "Reuters",
    " Additional reporting by Agence France-Presse.": "AFP",
    " (With inputs from PTI)": "PTI",
    " With files from The Canadian Press": "Canadian Press",
    " With Associated Press": "AP",
    " (mit dpa)": "dpa",
    " Avec l'AFP": "AFP",
    " Source: Xinhua": "Xinhua",
    " Fuente: EFE.": "EFE",
    " Quelle: dpa": "dpa",
    " Our Standards: The Thomson Reuters Trust Principles.": "Reuters",
    " The toll has risen to four, the Ansa news agency reported.": "ANSA",
}

PHRASES = {
    "Associated Press writer Ann Hill in London contributed to this report. ": "AP",
    "Как сообщили ТАСС в совете, мост закроют. ": "TASS",
    "Мост закроют, сообщил ТАСС представитель совета. ": "TASS",
    "Об этом сообщает РИА Новости со ссылкой на совет. ": "RIA Novosti",
    "Мост закроют, передаёт корреспондент ТАСС. ": "TASS",
    "The bridge is closed, Reuters reported. ": "Reuters",
    "The bridge is closed, the BBC reports. ": "BBC",
    "Reuters reported that the bridge is closed. ": "Reuters",
    "According to the Associated Press, the bridge is closed. ": "AP",
    "The bridge is closed, according to the Press Trust of India news agency. ": "PTI",
    "El puente, según EFE, está cerrado. ": "EFE",
    "Según informó la agencia EFE, el puente está cerrado. ": "EFE",
    "Le pont est fermé, selon l'AFP. ": "AFP",
    "Die Brücke ist laut dpa, die es wissen muss, zu. ": "dpa",
    "Die Brücke ist zu, wie dpa berichtet. ": "dpa",
    "Il ponte è chiuso, secondo l'ANSA. ": "ANSA",
    "De brug is dicht, volgens ANP, na twee jaar. ": None,  # initials make no credit within a sentence
    "Мост закрыт, сообщает ТАСС. ": "TASS",
    "По данным агентства Рейтер, мост закрыт. ": "Reuters",
    "据新华社报道，大桥已关闭。": "Xinhua",
    "ロイターによると、橋は閉鎖された。": "Reuters",
    "연합뉴스에 따르면 다리는 폐쇄됐다. ": "Yonhap",
}

PROSE = [
    "The house (AP) on the corner was sold to a baker from the next town. ",
    "An Associated Press writer was seen at the bridge with a notebook. ",
    "Корреспондент не пришел. ТАСС основан в 1904 году и работает в Москве. ",
    "He left Harrisburg, PA, for good. ",
    "Upper Darby, PA - the town of the bridge - is quiet. ",
    "The PA system failed. ",
    "It played over the PA. ",
    "AP classes are full. ",
    "The students (AP) - all of them - passed. ",
    "The Palestinian Authority (PA) - which governs the town - said so. ",
    "The Palestinian Authority (PA) said so. ",
    "PALESTINIAN AUTHORITY (PA) OFFICIALS said so. ",
    "The Associated Press (AP) has an office here. ",
    "She asked her PA to call. ",
    "According to the PA, the books are sold. ",
    "According to AP Moller-Maersk, the ships are late. ",
    "According to a Reuters poll, most would stay. ",
    "According to Reuters data, prices fell. ",
    "The spa, the SPA and the STA met in TT. ",
    "Her nan ate naan; NAN is not a number. ",
    "The mayor told the BBC that the bridge is closed. ",
    "He told Reuters. ",
    "The BBC reported a loss of four million. ",
    "BBC Radio 4 is to move. ",
    "BBC Proms 2016 begin today. ",
    "BBC: The Secret Files is on tonight. ",
    "The BBC said it would stay. ",
    "BBC News reports on the region fairly, it was found. ",
    "The film was commissioned by the BBC. ",
    "By 2020, CNN had four channels. ",
    "By the BBC's own count it is four. ",
    "Photograph: Staff/AFP/Getty Images The bridge is closed. ",
    "Photo: AFP / KCNA via KNS\n",
    "Photo by Staff | Reuters\n",
    "(AP Photo) ",
    "Image source, Reuters\n",
    "Foto: dpa\n",
    "A$AP is on stage. ",
    "Reuterswärd, the sculptor, made it. ",
    "The MENA region and the EFE brand. ",
    "Petra, in Jordan, is old. ",
    "Beta - the second letter - comes after alpha. ",
]

PROSE_ENDS = [
    "\nSource: ANA",
    " She lives in Erie, PA",
    " She lives in Erie, PA.",
    " It was shown on the BBC.",
    " He is ex-BBC.",
    " It was heard over the PA.",
    " Best series: Sherlock (BBC)",
    " Winner: Parts Unknown - CNN",
    " The mayor told the Associated Press.",
    " Photograph: Staff/Reuters",
    " Bild: dpa",
    " Best known for her years at Reuters and others there.",
]


@pytest.mark.parametrize("where", HEADS)
def test_marks_of_the_head(where: str) -> None:
    assert credit(f"{where}{BODY}") == HEADS[where]


@pytest.mark.parametrize("where", TAILS)
def test_marks_of_the_tail(where: str) -> None:
    assert credit(f"{BODY}{where}") == TAILS[where]


@pytest.mark.parametrize("where", PHRASES)
def test_phrases(where: str) -> None:
    assert credit(f"The news of the day. {where}{BODY}") == PHRASES[where]
    assert credit(f"{BODY} {where}") == PHRASES[where]


@pytest.mark.parametrize("prose", PROSE)
def test_prose_is_no_credit(prose: str) -> None:
    assert credit(f"{prose}{BODY}") is None
    assert credit(f"The bridge is closed. {prose}{BODY}") is None
    assert credit(f"{BODY} {prose}And that was all.") is None


@pytest.mark.parametrize("prose", PROSE_ENDS)
def test_prose_at_the_end_is_no_credit(prose: str) -> None:
    assert credit(f"{BODY}{prose}") is None


def test_only_the_ends_are_looked_at() -> None:
    sentence = " The Associated Press contributed to this report. "
    assert credit(BODY + sentence + BODY) is None
    assert credit("x" * (HEAD_BYTES - 20) + sentence + BODY) is None  # cut, it might continue in any way
    assert credit("") is None
    assert credit("AP") is None
    assert credit("Reuters \ud800") is None


def test_windows_are_of_characters() -> None:
    """In letters of two bytes as far as in those of one."""
    for filler in ("а", "a"):
        assert credit(f"{filler * 290} сообщает ТАСС. {BODY}") == "TASS"
        assert credit(f"{filler * 340} сообщает ТАСС. {BODY} {filler * 900}") is None
        assert credit(f"{BODY} сообщает ТАСС. {filler * 350}") == "TASS"


def test_a_mark_counts_before_a_phrase_and_the_first_before_others() -> None:
    assert credit(f"AFP reported that it is closed. {BODY} - Reuters") == "Reuters"
    assert credit(f"LONDON (Reuters) - {BODY} - AFP") == "Reuters"
    assert credit(f"{BODY} According to AFP, it is. According to Reuters, it is not.") == "AFP"


def test_the_shipped_table() -> None:
    table = Agencies.read()
    assert len(table.names) == len(set(table.names)) > 100
    assert Agencies.read(SHIPPED).forms == table.forms  # it passes the checks of a file of one's own
    raw = json.loads(SHIPPED.read_text("utf-8"))
    forms = [form for one in raw["agencies"] for form in {one["name"], *one.get("names", []), *one.get("initials", [])}]
    assert len(forms) == len(set(forms)), "two agencies have the same form"
    for form in table.forms:
        assert unicodedata.normalize("NFC", form) == form
        # Each is found in a mark of its own, and by the pass that looks for names at all.
        text = f"{BODY}\n({form})"
        assert credit(text) is not None, form
        assert found([text], table) == [credit(text)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Reuters", "Reuters"),
        ("reuters", "Reuters"),
        ("The Associated Press", "AP"),
        ("AP", "AP"),
        ("PA", "PA"),
        ("https://www.reuters.com/world", "Reuters"),
        ("feeds.bbc.co.uk", "BBC"),
        ("新华社", "Xinhua"),
        ("Evening Herald", None),
        ("notreuters.com", None),
        ("", None),
        (None, None),
    ],
)
def test_sources_that_are_agencies(source: str | None, name: str | None) -> None:
    table = Agencies.read()
    code = table.code(source)
    assert (None if code == UNKNOWN else table.names[code]) == name


def found(texts: list[str], table: Agencies, batch: int = BATCH_TEXTS) -> list[str | None]:
    """Return the credits of many texts as a run finds them."""
    data, offsets = buffers(pa.array([encode(text) for text in texts], pa.large_binary()))
    agency, _ = credits_at_ends(ends_of(data, offsets), np.diff(offsets), np.arange(len(texts)), table, batch)
    return [None if code == UNKNOWN else table.names[code] for code in agency.tolist()]


def test_many_texts_are_looked_at_as_one_is() -> None:
    texts = [f"{where}{BODY}" for where in [*HEADS, *PHRASES, *PROSE]]
    texts += [f"{BODY}{where}" for where in [*TAILS, *PHRASES, *PROSE_ENDS]]
    texts += [*HEADS, *TAILS, *PHRASES, "", "é" * 500, "- AFP"]
    expected = [credit(text) for text in texts]
    for batch in (3, len(texts) - 1, len(texts)):
        assert found(texts, Agencies.read(), batch) == expected
    for text in ("", "- AFP", "The end. - AFP", "x" * 330 + ". - AFP"):
        assert found([text], Agencies.read()) == [credit(text)]


@given(st.lists(st.binary(max_size=900), min_size=1, max_size=9))
def test_the_ends_of_texts(texts: list[bytes]) -> None:
    data, offsets = buffers(pa.array(texts, pa.large_binary()))
    ends = ends_of(data, offsets)
    for text, row in zip(texts, ends, strict=True):
        n_head, n_tail = min(len(text), HEAD_BYTES), min(len(text), TAIL_BYTES)
        assert row[:n_head].tobytes() == text[:HEAD_BYTES]
        assert row[len(row) - n_tail :].tobytes() == text[-TAIL_BYTES:]


@given(
    st.text(max_size=60), st.sampled_from(["AP", "(Reuters)", "- AFP", "新华社", "रॉयटर्स", "©"]), st.text(max_size=60)
)
def test_any_text_can_be_looked_at(before: str, name: str, after: str) -> None:
    text = before + name + after
    data = encode(text)
    table = Agencies.read()
    one = credit_at_ends(data[:HEAD_BYTES], data[-TAIL_BYTES:], len(data), table)
    assert found([text], table) == [None if one.agency == UNKNOWN else table.names[one.agency]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    table = {
        "agencies": [
            {"name": "Hill Press", "names": ["Hillpresse"], "initials": ["HP"], "sites": ["hill.example"]},
            {"name": "AP", "names": ["Ay Pee"]},
            {"name": "Hill Photos", "initials": ["TT"]},
        ],
        "before": ["thus wrote"],
        "after": ["let it be known"],
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps(table), "utf-8")
    return path


def test_a_file_of_ones_own(own: Path) -> None:
    for text, name in {
        f"VALLEY (HP) - {BODY}": "Hill Press",
        f"{BODY} - HILLPRESSE": "Hill Press",
        f"{BODY} Thus wrote Hillpresse.": "Hill Press",
        f"{BODY} Hill Press let it be known.": "Hill Press",
        f"{BODY} - Ay Pee": "AP",
        f"{BODY} - AP": "AP",
        f"{BODY} (TT)": "Hill Photos",
        f"{BODY} - Reuters": "Reuters",
    }.items():
        assert credit(text, own) == name
    assert credit(f"VALLEY (HP) - {BODY}") is None
    table = Agencies.read(own)
    assert table.names[table.code("www.hill.example")] == "Hill Press"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["No such file"]),
        (b"\xff\xfe\x00", ["UTF-8"]),
        ("{", ["not JSON", "agencies"]),
        ("[" * 100_000, ["not JSON"]),
        ([], ["holds a list", "an object"]),
        ({"agency": []}, ["'agency'", "agencies, before"]),
        ({"agencies": {}}, ["agencies is an object", "list of objects"]),
        ({"agencies": ["Hill Press"]}, ["agency 1 is a string", '"name"']),
        ({"agencies": [{"name": "Hill Press"}, {"names": ["x"]}]}, ["agency 2 has no name"]),
        ({"agencies": [{"name": 7}]}, ["agency 1: name has a number"]),
        ({"agencies": [{"name": "Hill Press", "short": ["HP"]}]}, ["'short'", "initials"]),
        ({"agencies": [{"name": "Hill Press", "names": "HP"}]}, ["Hill Press", "names is a string", "list"]),
        ({"agencies": [{"name": "Hill Press", "initials": ["H"]}]}, ["'H'", "2 characters"]),
        ({"agencies": [{"name": "Hill Press", "names": ["(HP)"]}]}, ["'(HP)'"]),
        ({"agencies": [{"name": "Hill Press", "names": [" HP"]}]}, ["' HP'", "space"]),
        ({"agencies": [{"name": ""}]}, ["''"]),
        ({"before": [None]}, ["before has null"]),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used(content: Any, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    with pytest.raises(dedup.InputError) as error:
        Agencies.read(path)
    for word in ("own.json", *words):
        assert word in str(error.value)
