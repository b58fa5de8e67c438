"""The files of a report: whole, linked, bounded, and nothing of an article in them but its words."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import article, edited
from reported import HOSTILE, news, report_of, write_news

import dedup
from dedup.errors import InputError, OutputError
from dedup.report.in_words import count
from dedup.report.pages.report_folder import MARKER
from dedup.report.pages.report_pages import Report, write_report
from dedup.report.pages.story_page import COMPARED, VERSIONS

ELEMENTS = """
    html head meta title link script body a div header p nav main footer h1 h2 h3 section span b bdi ul ol li table
    thead tbody tr th td caption figure figcaption svg g rect line text circle form label input button details summary
    mark noscript pre
"""
"""What the templates are made of."""

LINKS = {"https://paper0.example/1", "https://paper1.example/1"}


class Page(HTMLParser):
    """The elements, links and words of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.source = path.read_bytes().decode("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def links(self) -> list[str]:
        return [attributes["href"] or "" for _, attributes in self.elements if "href" in attributes]


def pages(report: Report) -> list[Page]:
    return [Page(path) for path in sorted(report.folder.rglob("*.html"))]


def page(report: Report, name: str) -> Page:
    return Page(report.folder / f"{name}.html")


@pytest.fixture(params=["news_report", "hostile_report"])
def report(request: pytest.FixtureRequest) -> Report:
    found: Report = request.getfixturevalue(request.param)
    return found


def test_every_link_leads_to_a_page_and_a_place_in_it(report: Report) -> None:
    ids = {one.path.resolve(): {attributes.get("id") for _, attributes in one.elements} for one in pages(report)}
    for one in pages(report):
        for link in one.links:
            url = urlsplit(link)
            if url.scheme:
                continue
            target = (one.path.parent / url.path).resolve() if url.path else one.path.resolve()
            assert target.is_file(), (one.path, link)
            assert not url.fragment or url.fragment in ids[target], (one.path, link)


def test_articles_bring_no_elements_into_a_page(report: Report) -> None:
    for one in pages(report):
        assert {tag for tag, _ in one.elements} <= set(ELEMENTS.split()), one.path
        for tag, attributes in one.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], one.path
            assert tag != "script" or attributes["src"] in ("static/report.js", "../static/report.js")
            assert tag != "meta" or attributes.get("http-equiv") in (None, "Content-Security-Policy")
            assert set(attributes) & {"src", "action", "data", "srcdoc", "formaction"} <= (
                {"src"} if tag == "script" else {"action"} if tag == "form" else set()
            )


def test_every_page_allows_nothing_from_elsewhere(report: Report) -> None:
    for one in pages(report):
        policies = [attributes["content"] for _, attributes in one.elements if "http-equiv" in attributes]
        assert len(policies) == 1
        rules = dict(rule.strip().split(" ", 1) for rule in (policies[0] or "").split(";"))
        assert rules.pop("default-src") == "'none'"
        assert set(rules.values()) == {"'self'", "'none'"}


def test_only_web_addresses_become_links(news_report: Report, hostile_report: Report) -> None:
    outside = {link for one in pages(news_report) for link in one.links if urlsplit(link).scheme}
    assert outside >= LINKS
    for one in pages(news_report):
        for _, attributes in one.elements:
            if urlsplit(attributes.get("href") or "").scheme:
                assert "noopener" in (attributes["rel"] or "").split()
    assert not [link for one in pages(hostile_report) for link in one.links if urlsplit(link).scheme]


def test_pages_hold_no_character_that_steers_them(hostile_report: Report) -> None:
    for path in hostile_report.folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8")
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text), path


def test_names_of_files_are_numbers(report: Report) -> None:
    names = {path.relative_to(report.folder).as_posix() for path in report.folder.rglob("*") if path.is_file()}
    fronts = {"index.html", "sources.html", "stories.html", "search.html", MARKER}
    assert fronts | {"static/report.css", "static/report.js"} <= names
    assert all(re.fullmatch(r"(story|pair|list)/\d+\.html|static/\w+\.\w+", name) for name in names - fronts)


def test_what_means_harm_is_shown_as_text(hostile_report: Report) -> None:
    shown = [one for one in pages(hostile_report) if HOSTILE[:60] in one.text]
    assert {one.path.parent.name for one in shown} >= {"story", "pair"}
    assert any("{{ 7 * 7 }}{% raw %}&amp;" in one.text for one in shown)


def test_a_long_word_does_not_make_a_long_page(hostile_report: Report) -> None:
    assert max(path.stat().st_size for path in hostile_report.folder.rglob("*.html")) < 400_000
    assert any("further characters of the first text are not shown" in one.text for one in pages(hostile_report))


def test_the_overview_has_the_numbers_of_the_summary(news_report: Report) -> None:
    summary = dedup.RunOutput(news_report.folder.parent / "out").summary
    text = page(news_report, "index").text
    dropped = sum(summary["dropped"].values())
    assert f"{dropped} of {summary['records']} records are copies" in text
    for name, number in summary["dropped"].items():
        assert not number or f"{name.replace('_', ' ')} {number}" in text
    assert "The stories that travelled widest" in text


def test_the_page_of_a_story_follows_it_in_time(news_report: Report) -> None:
    one = page(news_report, "story/1")
    assert "The bridge of parish 5, report 0" in one.text
    assert "First here at Paper 0 on 6 Mar 2026, 08:00." in one.text
    assert count(8, "version") in one.text
    assert "update, stays" in one.text
    assert "+ 1 h 7 min" in one.text
    assert re.search(r"Of its \d+ words, \d+% are in version 1 \(Paper 0\) word for word", one.text)
    assert sum(tag == "circle" for tag, _ in one.elements) == 8


def test_a_dropped_version_leads_to_the_pair_that_decided_on_it(news_report: Report) -> None:
    seen = 0
    for path in (news_report.folder / "story").iterdir():
        for item in re.findall(r'<li id="v\d+".*?</li>\n<li id|<li id="v\d+".*', path.read_text("utf-8"), re.DOTALL):
            link = re.search(r'pair/(\d+)\.html">side by side with version \d+</a>', item)
            kind = re.search(r'badge"><span class="swatch (\w+)', item)
            assert kind is not None
            if link is None or kind[1] == "kept":
                continue
            pair = (news_report.folder / "pair" / f"{link[1]}.html").read_text("utf-8")
            assert f'<p class="kicker"><span class="swatch {kind[1]}">' in pair
            seen += 1
    assert seen > 10


def test_what_a_version_was_dropped_for_is_named(tmp_path: Path) -> None:
    """Both excerpts are dropped for the later text that contains them, the second one too."""
    text = article(3, 30)
    half = text[: len(text) // 2]
    records = [
        {"id": "half", "text": half, "published": "2026-03-01T08:00:00Z", "source": "Post"},
        {"id": "again", "text": half, "published": "2026-03-01T09:00:00Z", "source": "Mail"},
        {"id": "whole", "text": text, "published": "2026-03-01T21:17:00Z", "source": "Echo"},
    ]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path)
    one = page(report, "story/1")
    assert one.text.count("excerpt of version 3 , dropped side by side with version 3") == 2
    assert "#v3" in one.links
    assert "within 13 h 17 min" in one.text
    lanes = re.findall(r'<text class="lane-words"[^>]*>([^<]*)</text>', one.source)
    assert lanes == ["Echo"]


def test_a_timeline_draws_its_words_above_its_lines(news_report: Report) -> None:
    source = page(news_report, "story/1").source
    assert source.rindex('class="lane"') < source.index('class="lane-words"')
    assert source.rindex('class="step"') < source.index('class="lane-words"')


@pytest.mark.parametrize("n_titles", [1, 6])
def test_one_text_under_many_titles_is_remarked_upon(tmp_path: Path, n_titles: int) -> None:
    records = [{"id": n, "text": article(1), "title": f"Of another matter {n % n_titles}"} for n in range(6)]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path, level="near")
    remark = "6 versions have the same words under 6 titles"
    assert (remark in page(report, "story/1").text) == (n_titles == 6)


def test_the_agency_that_the_first_version_credits_is_named(tmp_path: Path) -> None:
    text = f"GENEVA (Reuters) - {article(2)} (Reporting by Reuters staff)"
    records = [
        {"id": n, "text": text, "source": f"Paper {n}", "published": f"2026-03-01T0{n}:00:00Z"} for n in range(2)
    ]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path, level="near")
    assert "first at Paper 0 , credits Reuters , 1 Mar 2026, 00:00" in page(report, "index").text
    assert "First here at Paper 0 on 1 Mar 2026, 00:00, credits Reuters ." in page(report, "story/1").text
    stories = dedup.RunOutput(tmp_path / "out").stories()
    assert stories.table["first_credit"].to_pylist() == ["Reuters"]
    assert "Paper 0, credits Reuters" in str(stories)


def test_the_overview_says_that_a_text_that_contains_another_stays(news_report: Report) -> None:
    text = page(news_report, "index").text
    assert "of each, the earliest stays, or a longer one that contains it. " in text
    assert "of copies, the earliest, or a longer one that contains it" in text


def test_the_page_of_a_pair_has_both_texts(news_report: Report) -> None:
    texts = {row["id"]: "".join(row["text"].split()) for row in news()}
    paths = sorted((news_report.folder / "pair").iterdir())
    assert len(paths) == news_report.pairs > 10
    for path in paths:
        one = Page(path)
        named = [name for name in texts if f" {name} " in one.text]
        assert len(named) == 2
        bare = "".join("".join(one.words).split())
        assert all(texts[name][:40] in bare and texts[name][-40:] in bare for name in named)
        assert "How the verdict comes about" in one.text


def test_stories_and_pairs_without_a_page_are_counted(tmp_path: Path) -> None:
    file = write_news(tmp_path / "news.jsonl", news())
    report = report_of(file, tmp_path, stories=2, pairs=3)
    assert (report.stories, report.pairs) == (2, 3)
    text = page(report, "index").text
    assert "2 stories have a page of their own: the largest, widest and longest of 6" in text
    assert "3 pairs have a page" in text
    assert "2 have a page" in text
    text = page(report, "list/1").text
    assert "The bridge of parish 0" in text
    assert "4 stories here have no page: dedup show OUT ID shows one, and dedup report OUT --stories 6 gives" in text
    assert text.count("No page: ") == 4
    assert re.search(r"No page: s0[uv]\d*", text)


def test_a_story_of_many_versions_is_cut_and_says_so(tmp_path: Path) -> None:
    text = article(1)
    records = [
        {"id": n, "text": text, "source": f"Paper {n % 300}", "published": f"2026-03-01T{n % 24:02}:{n % 60:02}:00Z"}
        for n in range(1_000)
    ]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path, level="near")
    one = page(report, "story/1")
    assert f"The first {VERSIONS} of 1,000 versions are listed" in one.text
    assert f"is said of the first {COMPARED}" in one.text
    assert sum(attributes.get("id", "").startswith("v") for tag, attributes in one.elements if tag == "li") == VERSIONS
    assert one.path.stat().st_size < 300_000


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_without_its_inputs_a_run_has_pages_without_texts(tmp_path: Path, change: str) -> None:
    file = write_news(tmp_path / "news.jsonl", news())
    dedup.deduplicate(file, tmp_path / "out")
    if change == "gone":
        file.unlink()
    else:
        file.write_text(file.read_text() + "\n")
    report = write_report(dedup.RunOutput(tmp_path / "out"), tmp_path / "report", "news", 500, 20)
    assert report.texts_problem is not None
    assert report.pairs == 20
    for one in pages(report):
        assert "The texts could not be read again" in one.text
        assert article(0)[:50] not in one.text
    assert "Does one text carry the other?" in "".join(one.text for one in pages(report))


def test_a_run_without_dates_sources_or_copies_says_so(tmp_path: Path) -> None:
    records = [{"id": n, "text": article(n)} for n in range(3)]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path)
    text = page(report, "index").text
    assert "No copies among 3 records" in text
    assert "No record has a readable date" in text
    assert "No two records tell the same story" in text
    assert "No record names its source" in page(report, "sources").text
    assert "No two records tell the same story." in page(report, "stories").text
    assert (report.stories, report.pairs) == (0, 0)


def test_a_run_against_an_index_has_a_report(tmp_path: Path) -> None:
    """Documents of the index are no versions, and there are no texts of them."""
    dedup.deduplicate(write_news(tmp_path / "old.jsonl", news()[:7]), index=tmp_path / "index")
    records = [{**record, "id": f"new {record['id']}"} for record in news()]
    dedup.deduplicate(write_news(tmp_path / "news.jsonl", records), tmp_path / "out", index=tmp_path / "index")
    report = write_report(dedup.RunOutput(tmp_path / "out"), tmp_path / "report", "news", 500, 500)
    assert report.stories >= 6
    assert "The bridge of parish 0" in page(report, "list/1").text
    assert report.texts_problem is None


def test_an_empty_run_has_a_report(tmp_path: Path) -> None:
    report = report_of(write_news(tmp_path / "news.jsonl", []), tmp_path)
    assert "Nothing came in" in page(report, "index").text


@pytest.mark.parametrize("level", ["identical", "near"])
def test_levels_that_measure_less_have_a_report(tmp_path: Path, level: str) -> None:
    report = report_of(write_news(tmp_path / "news.jsonl", news()), tmp_path, level=level)
    assert report.stories > 0 or level == "identical"


def test_texts_without_title_are_called_by_their_beginning(tmp_path: Path) -> None:
    records = [{"id": n, "text": edited(article(7), n, 0.02 * n)} for n in range(3)]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path)
    assert article(7)[:60] in page(report, "list/1").text


def test_a_report_replaces_a_report_and_nothing_else(tmp_path: Path) -> None:
    file = write_news(tmp_path / "news.jsonl", news()[:4])
    first = report_of(file, tmp_path)
    (first.folder / "story" / "99.html").write_text("of an earlier report")
    run = dedup.RunOutput(tmp_path / "out")
    write_report(run, first.folder, "news", 1, 1)
    assert not (first.folder / "story" / "99.html").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    for place in (mine, tmp_path / "out", file):
        with pytest.raises(OutputError, match=r"no report|is a file"):
            write_report(run, place, "news", 1, 1)
    assert (mine / "letter.txt").read_text() == "dear"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "news.jsonl", "out", "report"]


def test_a_report_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    report = report_of(write_news(tmp_path / "news.jsonl", news()[:4]), tmp_path)
    before = {path: path.read_bytes() for path in report.folder.rglob("*") if path.is_file()}
    (tmp_path / "out" / "matches.parquet").write_bytes(b"broken")
    with pytest.raises(InputError):
        write_report(dedup.RunOutput(tmp_path / "out"), report.folder, "news", 1, 1)
    assert {path: path.read_bytes() for path in report.folder.rglob("*") if path.is_file()} == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_lists_hold_every_story_once(tmp_path: Path) -> None:
    records = [
        {"id": f"{story}/{version}", "title": f"Story number {story}", "text": f"{article(story, 3)} {'x ' * version}"}
        for story, version in itertools.product(range(260), range(2))
    ]
    report = report_of(write_news(tmp_path / "news.jsonl", records), tmp_path, stories=3, pairs=3, level="near")
    titles = [re.findall(r"Story number \d+", page(report, f"list/{at}").text) for at in (1, 2)]
    found = [title for one in titles for title in one]
    assert len(titles[0]) == 250
    assert len(found) == len(set(found)) == len(re.findall(r"Story number \d+", page(report, "search").text))
    assert len(found) > 250
