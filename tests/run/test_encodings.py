"""In every encoding, copies are found, other texts are kept, and doubt is reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dedup
from dedup.io import ReadTuning

BRIDGE = (
    "В понедельник в городе Новоозёрске открыли мост через реку Тихую, который строили три года. "
    "Первыми по нему проехали строители и водители автобусов, за ними пошли школьники и жители "
    "посёлка на другом берегу. Раньше дорога в больницу занимала почти час, потому что паром "
    "ходил только до вечера. Теперь, по словам главы города, до неё можно доехать за десять "
    "минут. На работы ушло меньше денег, чем обещали сначала: подрядчик отказался от второй "
    "опоры. Паромщик говорит, что не обижен, но будет скучать по пассажирам."
)
LIBRARY = (
    "Областная библиотека получила в подарок собрание старых карт, которое полвека хранилось в "
    "частном доме. Среди них есть чертёж крепости, о котором историки знали только из писем. "
    "Владелец просил не называть его имени и поставил одно условие: карты должны увидеть все "
    "желающие. Выставка откроется осенью, когда закончится ремонт зала. Сотрудники уже сняли "
    "копии и готовят описание каждого листа. Директор надеется, что найдутся и остальные части "
    "этого собрания."
)
FOOTER = "\n(c) 2024 Example Agency LLC. All rights reserved. Tel +7 000 000 00 00, www.example.org, Telegram RSS"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dedup", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866", "utf-16"])
def test_different_articles_with_one_footer_are_kept(tmp_path: Path, encoding: str) -> None:
    texts = {"a.txt": BRIDGE, "b.txt": LIBRARY}
    folder = write(tmp_path / "in", {name: (text + FOOTER).encode(encoding) for name, text in texts.items()})
    assert dedup.deduplicate(folder).counts["kept"] == 2
    # Not even where their encoding is taken for another, or for none.
    fields = dedup.Fields(encoding="utf-8" if encoding != "utf-16" else None)
    assert dedup.deduplicate(folder, fields=fields).counts["kept"] == 2


def test_different_articles_inside_json_are_kept_and_doubt_is_reported(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": n, "text": text + FOOTER}, ensure_ascii=False) for n, text in enumerate((BRIDGE, LIBRARY))
    ]
    for name, raw in {
        "legacy": "\n".join(lines).encode("cp1251"),
        "mixed": ("\n".join(['{"id": 9, "text": "Ещё один текст: ' + "другой " * 300 + '"}', ""])).encode()
        + "\n".join(lines).encode("cp1251"),
        "replaced": "\n".join(lines).encode("cp1251").decode("utf-8", "replace").encode(),
    }.items():
        path = write(tmp_path, {f"{name}.jsonl": raw}) / f"{name}.jsonl"
        result = dedup.deduplicate(path)
        assert result.counts["kept"] == result.counts["records"]
        (note,) = result.summary["notes"]
        assert note.startswith(f"2 texts in {path} ")
        assert "id 0" in note
        assert {"legacy": "read as windows-1251", "mixed": "not valid UTF-8", "replaced": "U+FFFD"}[name] in note


def test_the_same_article_in_five_encodings_is_one(tmp_path: Path) -> None:
    """And what is kept of it is the very file."""
    files = {
        f"{name}.txt": BRIDGE.encode(name)
        for name in ("utf-8", "windows-1251", "koi8-r", "utf-16", "iso8859-5", "cp866")
    }
    folder = write(tmp_path / "in", {**files, "z.txt": LIBRARY.encode("koi8-r")})
    result = dedup.deduplicate(folder, tmp_path / "out")
    assert result.counts == {**result.counts, "records": 7, "kept": 2, "dropped": 5, "identical": 5}
    for name in ("cp866.txt", "z.txt"):
        assert (tmp_path / "out/kept" / name).read_bytes() == (folder / name).read_bytes()


def test_a_table_in_windows_1252_copies_one_in_utf8(tmp_path: Path) -> None:
    text = (
        "Die Bürger der Stadt hätten über Gebühr lange auf die Brücke gewartet, sagte die Bürgermeisterin am Dienstag. "
    )
    rows = f'id,text\r\n1,"{text}\r\n»Größe« zähle nicht"\r\n2,"Ganz anderes, ohne alles"\r\n'
    write(tmp_path, {"a.jsonl": json.dumps({"id": "a", "text": f"{text} Größe zähle nicht"}).encode() + b"\n"})
    write(tmp_path, {"b.csv": rows.encode("cp1252")})
    result = dedup.deduplicate([tmp_path / "a.jsonl", tmp_path / "b.csv"], tmp_path / "out")
    assert result.decisions.column("relation").to_pylist() == [None, "identical", None]
    assert (tmp_path / "out/kept.csv").read_bytes() == b'id,text\r\n2,"Ganz anderes, ohne alles"\r\n'


def test_kept_lines_and_rejected_ones_have_their_bytes(tmp_path: Path) -> None:
    good = json.dumps({"id": 1, "text": BRIDGE}, ensure_ascii=False).encode("koi8-r")
    bad = '{"id": 2, "text": нет}'.encode("koi8-r")
    huge = ('{"id": 3, "text": ' + "нет " * ReadTuning().raw_bytes).encode("koi8-r")
    path = write(tmp_path, {"a.jsonl": b"\n".join([good, bad, huge])}) / "a.jsonl"
    result = dedup.deduplicate(path, tmp_path / "out")
    assert result.counts == {**result.counts, "records": 3, "kept": 1, "rejected": 2}
    assert (tmp_path / "out/kept.jsonl").read_bytes() == good + b"\n"
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text("utf-8").splitlines()]
    assert rejected[0]["raw"].encode("utf-8", "surrogateescape") == bad
    assert huge.startswith(rejected[1]["raw"].encode("utf-8", "surrogateescape")[:-4])


def test_the_command_line_reports_and_takes_the_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.txt": BRIDGE.encode("koi8-r"), "b.txt": BRIDGE.encode()}) / "a.txt"
    note = f"1 text in {path} is not UTF-8 and read as koi8-r; if that is wrong, set --encoding (encoding=)"
    assert f"note: {note}\n" in run("run", tmp_path).stdout
    assert "note:" not in run("run", tmp_path, "--encoding", "koi8-r").stdout
    done = run("run", tmp_path, "--encoding", "koi-9")
    assert done.returncode == 2
    assert "encoding 'koi-9'; expected one that Python knows" in done.stderr
    done = run("compare", path, tmp_path / "b.txt")
    assert done.stdout.startswith("identical")
    assert note in done.stderr
    assert run("compare", path, tmp_path / "b.txt", "--encoding", "cp1251").stdout.startswith("no relation")
    done = run("index", "add", tmp_path / "an.index", tmp_path)
    assert note in done.stderr
    assert [json.loads(line)["relation"] for line in done.stdout.splitlines()] == [None, "identical"]


TRADITIONAL = (
    "市政府星期一宣佈，新建的大橋將於下個月開通。這座橋連接東岸的工業園區和老城區，全長兩千三百米"
    "，歷時四年建成。負責工程的專家說，橋樑採用了新型材料，能夠抵禦颱風。居民們對此表示歡迎，但也"
    "有人擔心過橋費會太貴。後來市長回應說，頭兩年將不收任何費用。"
)
SIMPLIFIED = (
    "市政府星期一宣布，新建的大桥将于下个月开通。这座桥连接东岸的工业园区和老城区，全长两千三百米"
    "，历时四年建成。负责工程的专家说，桥梁采用了新型材料，能够抵御台风。居民们对此表示欢迎，但也"
    "有人担心过桥费会太贵。后来市长回应说，头两年将不收任何费用。"
)
PERSIAN = (
    "شهردار روز دوشنبه اعلام کرد که پل تازهٔ شهر ماه آینده گشایش می‌یابد. این پل که ساخت آن سه "
    "سال طول کشید، کنارهٔ شرقی رودخانه را به بازار قدیمی پیوند می‌دهد. به گفتهٔ یکی از مهندسان، "
    "۲۳۰ کارگر در این کار شرکت کردند."
)
URDU = (
    "شہر کے ناظم نے پیر کو اعلان کیا کہ دریا پر نیا پل اگلے مہینے کھول دیا جائے گا۔ یہ پل تین "
    "سال میں بنا ہے اور پرانے بازار کو مشرقی کنارے سے ملاتا ہے۔ لوگوں کا کہنا ہے کہ وہ اس دن کا "
    "بہت دیر سے انتظار کر رہے تھے۔"
)
TO_ARABIC = str.maketrans("یکہھ۰۱۲۳", "يكهه٠١٢٣")


@pytest.mark.parametrize(
    ("one", "other"),
    [(TRADITIONAL, SIMPLIFIED), (PERSIAN, PERSIAN.translate(TO_ARABIC)), (URDU, URDU.translate(TO_ARABIC))],
    ids=["Chinese", "Persian", "Urdu"],
)
def test_texts_in_other_spellings_are_identical(one: str, other: str) -> None:
    assert one != other
    assert dedup.compare(one, other).relation == "identical"
