"""Encodings of whole files: recognised, asked for, kept."""

from __future__ import annotations

import codecs
import gzip
import json

import chardet
import numpy as np
import pytest
from reading import everything, make, open_files, out_in

from dedup.errors import InputError, ParamsError
from dedup.io import Fields, ReadTuning
from dedup.io.bytes.encodings import charset_named, recognise
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import Reading, raw_chunks, text_chunks
from dedup.io.format_registry import format_named
from dedup.io.places.local_file import LocalFile

TEXTS = {
    "ru": "В городе Новоозёрске в понедельник открыли мост через реку. Строители работали три года, и "
    "теперь дорога в соседний посёлок займёт не больше десяти минут. Жители говорят, что ждали "
    "этого дня очень долго.",
    "uk": "У місті відкрили новий міст через річку, його будували три роки. Мешканці кажуть, що чекали на "
    "цей день дуже довго, а дорога до сусіднього селища займе не більше десяти хвилин, і це їх "
    "тішить.",
    "de": "In der Stadt wurde am Montag eine neue Brücke über den Fluss eröffnet. Die Bürger hätten lange "
    "darauf gewartet, sagte der Bürgermeister, und die Straße zum nächsten Dorf sei nun viel "
    "kürzer. Übrigens zahlt niemand Gebühren.",
    "pl": "W mieście otwarto w poniedziałek nowy most przez rzekę. Budowa trwała trzy lata, a mieszkańcy "
    "mówią, że długo czekali na ten dzień. Droga do sąsiedniej wsi zajmie teraz najwyżej dziesięć "
    "minut, co wszystkich cieszy.",
    "fr": "Le maire a inauguré lundi un nouveau pont sur la rivière. Les habitants, qui l’ont attendu "
    "pendant des années, se réjouissent : le village voisin n’est plus qu’à dix minutes de route. « "
    "C’était long », a déclaré l’un d’eux.",
    "zh": "这座城市星期一开通了一座新的大桥。工程进行了三年，居民们说他们等了很久。现在到邻近村庄的路程不"
    "超过十分钟，大家都很高兴。",
    "tw": "這座城市星期一開通了一座新的大橋。工程進行了三年，居民們說他們等了很久。現在到鄰近村莊的路程不"
    "超過十分鐘，大家都很高興。",
    "ja": "市は月曜日、川にかかる新しい橋を開通させた。工事は三年に及び、住民は長い間この日を待っていたと話している。",
    "ko": "시는 월요일에 강을 건너는 새 다리를 개통했다. 공사는 삼 년 동안 이어졌고 주민들은 이날을 오래 "
    "기다렸다고 말했다.",
    "th": "เมืองนี้เปิดสะพานใหม่ข้ามแม่น้ำเมื่อวันจันทร์ ชาวบ้านบอกว่ารอคอยวันนี้มานานหลายปี",
    "ar": "افتتحت المدينة يوم الاثنين جسرا جديدا فوق النهر بعد ثلاث سنوات من العمل، وقال السكان إنهم "
    "انتظروا هذا اليوم طويلا.",
    "en": "The mayor opened the new bridge on Monday. “It’s been a long wait,” she said — and nobody’s "
    "going to pay for it. The work took three years and cost £20m, the café’s owner told us.",
}
ENCODINGS = [
    ("ru", "windows-1251"),
    ("ru", "koi8-r"),
    ("ru", "iso8859-5"),
    ("ru", "cp866"),
    ("uk", "windows-1251"),
    ("uk", "koi8-u"),
    ("de", "windows-1252"),
    ("fr", "windows-1252"),
    ("en", "windows-1252"),
    ("pl", "iso8859-2"),
    ("pl", "windows-1250"),
    ("zh", "gb18030"),
    ("tw", "big5"),
    ("ja", "shift_jis"),
    ("ja", "euc_jp"),
    ("ja", "iso2022_jp"),
    ("ko", "euc_kr"),
    ("th", "cp874"),
    ("ar", "windows-1256"),
    *((language, "utf-16") for language in ("de", "ru", "ja")),
    *((language, name) for language in ("de", "ru") for name in ("utf-16-le", "utf-16-be")),
    ("ru", "utf-32"),
    ("ru", "utf-8-sig"),
    ("ru", "utf-8"),
]


def notes_of(source) -> list[str]:
    everything(source)
    return source.notes


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_a_text_file_is_read_whatever_it_is_in(tmp_path, language, encoding):
    out = out_in(tmp_path)
    raw = TEXTS[language].encode(encoding)
    path = make(tmp_path, "in/a.txt", raw)
    source = open_files([path], Fields())
    assert everything(source).text == [TEXTS[language].encode()]
    assert source.write_kept(np.ones(1, bool), out) == ["kept"]
    assert (out / "kept/a.txt").read_bytes() == raw
    assert source.kept_table(np.ones(1, bool)).column("text").to_pylist() == [TEXTS[language]]


LINES = [(language, name) for language, name in ENCODINGS if not name.startswith(("utf", "iso2022"))]


@pytest.mark.parametrize(("language", "encoding"), LINES)
@pytest.mark.parametrize("file_format", ["jsonl", "csv", "tsv"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_records_are_read_and_kept_as_they_came(tmp_path, language, encoding, file_format, compress):
    out = out_in(tmp_path)
    texts = ["only ascii here, nothing else", TEXTS[language], TEXTS[language][-60:], "and some more ascii"]
    comma = {"csv": ",", "tsv": "\t"}.get(file_format)
    if comma is None:
        lines = [json.dumps({"id": n, "text": text}, ensure_ascii=False) for n, text in enumerate(texts)]
    else:
        lines = [f"id{comma}text", *(f'{n}{comma}"{text}"' for n, text in enumerate(texts))]
    raw = [(line + "\n").encode(encoding) for line in lines]
    suffix = ".gz" if compress is gzip.compress else ""
    source = open_files([make(tmp_path, f"in/a.{file_format}{suffix}", compress(b"".join(raw)))], Fields())
    assert everything(source).text == [text.encode() for text in texts]
    assert source.notes[0].startswith("2 texts in ")
    assert "(row 2, id 1); if that is wrong, set --encoding" in source.notes[0]
    assert len(source.notes) == 1
    kept = np.array([True, True, False, False])
    assert source.write_kept(kept, out) == [f"kept.{file_format}"]
    assert (out / f"kept.{file_format}").read_bytes() == b"".join(raw[: 2 if comma is None else 3])
    assert source.kept_table(kept).column("text").to_pylist() == texts[:2]


def test_doubt_is_reported(tmp_path):
    path = make(tmp_path, "a.txt", "Ein Weg für alle".encode("cp1252"))
    (note,) = notes_of(open_files([path], Fields()))
    assert note.startswith(f"1 text in {path} is not UTF-8 and read as windows-1252, doubtful; if that is wrong, set")
    assert notes_of(open_files([path], Fields(encoding="windows-1252"))) == []


def test_many_files_are_one_note(tmp_path):
    for n in range(4):
        make(tmp_path, f"in/{n}.txt", (TEXTS["ru"] + str(n)).encode("koi8-r"))
    make(tmp_path, "in/9.txt", TEXTS["ru"].encode())
    assert notes_of(open_files([tmp_path / "in"], Fields())) == [
        f"4 texts in 4 files are not UTF-8 and read as koi8-r ({tmp_path / 'in/0.txt'}); "
        "if that is wrong, set --encoding (encoding=)"
    ]


def test_what_is_asked_for_overrides_the_guess_but_not_utf8(tmp_path):
    raw = TEXTS["ru"].encode("koi8-r")
    other, good = make(tmp_path, "a.txt", raw), make(tmp_path, "b.txt", TEXTS["ru"].encode())
    source = open_files([other, good], Fields(encoding="cp1251"))
    assert everything(source).text == [raw.decode("cp1251").encode(), TEXTS["ru"].encode()]
    assert everything(open_files([other], Fields(encoding="utf-8"))).text == [raw]  # the bytes are letters
    marked = make(tmp_path, "c.txt", TEXTS["ru"].encode("utf-16"))
    assert everything(open_files([marked], Fields(encoding="koi8-r"))).text == [TEXTS["ru"].encode()]
    wide = make(tmp_path, "d.txt", "漢字だけ".encode("utf-16-be"))  # nothing in it shows what this is
    assert everything(open_files([wide], Fields(encoding="utf-16-be"))).text == ["漢字だけ".encode()]


@pytest.mark.parametrize("name", ["latin-42", "rot13", "undefined", "a\0b", ""])
def test_an_unknown_encoding_is_refused(tmp_path, name):
    path = make(tmp_path, "a.txt", b"x")
    with pytest.raises(ParamsError, match=r"encoding '.*'; expected one that Python knows, such as utf-8"):
        open_files([path], Fields(encoding=name))


def test_an_encoding_without_ascii_is_refused_for_lines(tmp_path):
    for name in ("a.jsonl", "a.csv"):
        with pytest.raises(InputError, match=r"is in cp037 \(as --encoding says\); expected text in UTF-8"):
            everything(open_files([make(tmp_path, name, b"\x81\x82")], Fields(encoding="cp037")))


def test_a_file_wins_over_its_records(tmp_path):
    """Other bytes in a file in windows-1251 are reported, and do not change its encoding."""
    lines = [json.dumps({"id": n, "text": f"{TEXTS['ru']} {n}"}, ensure_ascii=False).encode("cp1251") for n in range(9)]
    lines[4] = b'{"id": 4, "text": "\xef\xf0\xe8\xe2\xe5\xf2 \x98\x98"}'  # 98 is no letter of it
    lines[7] = b'{"id": 7, "text": \xef\xf0}'
    path = make(tmp_path, "a.jsonl", b"\n".join(lines))
    source = open_files([path], Fields())
    records = everything(source)
    assert records.text[3] == f"{TEXTS['ru']} 3".encode()
    assert records.text[4] == "привет ".encode() + b"\x98\x98"
    assert records.rejected[7] == ("not JSON: expecting value at column 19", lines[7])
    assert [note.split("; ")[0] for note in source.notes] == [
        f"8 texts in {path} are not UTF-8 and read as windows-1251 (row 1, id 0)",
        f"1 text in {path} is not valid windows-1251 (row 5, id 4)",
    ]


def test_a_file_in_utf8_stays_one_whatever_some_lines_are_in(tmp_path):
    lines = [json.dumps({"id": n, "text": f"{TEXTS['ru']} {n}"}, ensure_ascii=False).encode() for n in range(9)]
    lines[0] = lines[0].decode().encode("cp1251")
    source = open_files([path := make(tmp_path, "a.jsonl", b"\n".join(lines))], Fields())
    text = TEXTS["ru"]
    assert everything(source).text == [text.encode("cp1251") + b" 0", *(f"{text} {n}".encode() for n in range(1, 9))]
    assert [note.split(";")[0] for note in source.notes] == [f"1 text in {path} is not valid UTF-8 (row 1, id 0)"]


def test_one_broken_character_makes_no_other_encoding(tmp_path):
    raw = bytearray(TEXTS["de"].encode())
    del raw[raw.index("ü".encode())]
    assert everything(open_files([make(tmp_path, "a.txt", bytes(raw))], Fields())).text == [bytes(raw)]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "gb18030", "shift_jis"])
@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_where_chunks_end_changes_nothing(tmp_path, encoding, size):
    """Not even with all that is not ASCII far behind, and a character across the end of the sample."""
    language = {"gb18030": "zh", "shift_jis": "ja"}.get(encoding, "ru")
    text = "x" * 200_000 + "\n" + TEXTS[language] * 1500
    raw = text.encode(encoding)
    file = InputFile(LocalFile(make(tmp_path, "a.jsonl", raw)), "a.jsonl", "a.jsonl", format_named("jsonl"))
    reading = Reading()
    assert b"".join(raw_chunks(file, max(size, 1000), reading)) == raw
    assert codecs.lookup(reading.charset.name) in (codecs.lookup(encoding), codecs.lookup("cp932"))
    if size > 1:
        assert b"".join(text_chunks(file, size)) == text.encode()


def test_lines_of_two_encodings_in_one_file_of_kept_ones_are_reported(tmp_path):
    make(tmp_path, "a.jsonl", json.dumps({"text": TEXTS["ru"]}, ensure_ascii=False).encode("koi8-r"))
    make(tmp_path, "b.jsonl", json.dumps({"text": TEXTS["de"]}, ensure_ascii=False).encode())
    notes = notes_of(open_files([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], Fields()))
    assert notes[-1] == "kept.jsonl holds lines in koi8-r and UTF-8: lines are kept as they were"


def test_reading_continues_with_the_encoding_and_the_doubts(tmp_path):
    """The saved state of a killed run holds both, and the next run reports the same."""
    lines = [json.dumps({"id": n, "text": f"{TEXTS['ru']} {n}"}, ensure_ascii=False) for n in range(30)]
    path = make(tmp_path, "a.jsonl", "\n".join(lines).encode("cp1251"))
    tuning = ReadTuning(chunk_bytes=1000)
    whole = open_files([path], tuning=tuning)
    expected = notes_of(whole)
    state = json.loads(json.dumps(whole.state()))
    resumed = open_files([path], tuning=tuning)
    resumed.restore(state)
    assert resumed.notes == expected
    assert resumed.settings != open_files([path], Fields(encoding="cp1251")).settings


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_the_encoding_of_a_file_is_recognised_once(tmp_path, monkeypatch, name):
    """However often it is read: for its fields, its records, the kept ones, and the table of these."""
    raw = {
        "a.jsonl": json.dumps({"text": TEXTS["ru"]}, ensure_ascii=False),
        "a.csv": f'id,text\n1,"{TEXTS["ru"]}"\n',
        "a.txt": TEXTS["ru"],
    }[name].encode("koi8-r")
    samples = []
    detect = chardet.detect
    monkeypatch.setattr(chardet, "detect", lambda sample, **how: (samples.append(sample), detect(sample, **how))[1])
    source = open_files([make(tmp_path, name, raw)])
    texts = everything(source).text
    once = len(samples)
    assert 0 < once == len({*samples})  # the whole, and pieces that vote
    source.write_kept(np.ones(1, bool), out_in(tmp_path))
    kept = source.kept_table(np.ones(1, bool)).column("text").to_pylist()
    assert [text.encode() for text in kept] == texts == [TEXTS["ru"].encode()]
    assert len(samples) == once


def test_small_samples_of_all_encodings(tmp_path):
    """Recognised by chardet: of 17 texts of 60 characters hardly one is taken for another encoding."""
    right = sum(
        recognise(raw := TEXTS[language][:60].encode(encoding)).decode(raw) == TEXTS[language][:60]
        for language, encoding in LINES
    )
    assert right >= len(LINES) - 1


def test_names_of_encodings():
    assert charset_named("CP1251").name == charset_named("Windows-1251").name == "windows-1251"
    assert charset_named("UTF8").is_utf8
    assert charset_named("utf-8-sig").is_utf8


@pytest.mark.parametrize(
    ("language", "encoding"),
    [("ru", "windows-1251"), ("pl", "windows-1250"), ("de", "windows-1252"), ("zh", "gb18030")],
)
def test_bytes_that_an_encoding_does_not_have_make_no_other_of_it(language, encoding):
    raw = (TEXTS[language] + "\n").encode(encoding) * 20
    for at in (len(raw) // 2, len(raw)):
        broken = raw[:at] + b"\n\x81 \xff\n" + raw[at:]
        assert recognise(broken).name == encoding


def test_one_stray_byte_early_in_ascii_makes_no_other_file(tmp_path):
    """The rest of the file is looked at, too, 4 MB of it."""
    filler = json.dumps({"text": "only ascii " * 200}) + "\n"
    good = json.dumps({"text": TEXTS["fr"]}, ensure_ascii=False) + "\n"
    raw = b'{"text": "50 \xa3 only"}\n' + (filler * 100 + good).encode() * 5
    source = open_files([path := make(tmp_path, "a.jsonl", raw)], Fields())
    texts = everything(source).text
    assert (texts[0], texts[-1]) == (b"50 \xa3 only", TEXTS["fr"].encode())
    assert [note.split(";")[0] for note in source.notes] == [f"1 text in {path} is not valid UTF-8 (row 1)"]


def test_damage_comes_behind_what_was_good(tmp_path):
    """Also where the encoding is still being found out."""
    line = json.dumps({"text": TEXTS["ru"]}, ensure_ascii=False).encode("koi8-r") + b"\n"
    packed = gzip.compress(line * 2000)
    source = open_files([make(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2])], Fields())
    texts = []

    def read_on():
        for piece in source.pieces():
            texts.extend(piece().text.to_pylist())

    with pytest.raises(InputError, match=r"ends early after row \d+"):
        read_on()
    assert set(texts) == {TEXTS["ru"].encode()}
