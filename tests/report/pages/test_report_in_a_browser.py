"""The pages of a report in Chromium: nothing of an article runs or loads, and they read well for everyone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from dedup.report.pages.report_pages import Report

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("Chromium is not installed (Debian: apt-get install chromium)", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("index", "sources", "stories", "search", "list/1", "story/1", "pair/1", "pair/5")
WIDTHS = (400, 1_400)
WITHIN_NORMS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Visit:
    """A tab that notes what its pages ask for, say and do.

    Parameters
    ----------
    browser : Browser
    report : Report
    **how
        Of the context: width, color_scheme, java_script_enabled.
    """

    def __init__(self, browser: Any, report: Report, width: int = 1_400, **how: Any) -> None:
        self.folder = report.folder
        self.requests: list[str] = []
        self.said: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        self.tab = self.context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.said.append(dialog.message))

    def open(self, name: str) -> Any:
        self.tab.goto((self.folder / f"{name}.html").as_uri())
        return self.tab

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def is_within(self) -> bool:
        """Whether every request was for a file of the report."""
        paths = [Path(unquote(urlsplit(url).path)) for url in self.requests if urlsplit(url).scheme == "file"]
        return len(paths) == len(self.requests) and all(path.is_relative_to(self.folder) for path in paths)


def names(report: Report) -> list[str]:
    found = sorted(path.relative_to(report.folder).with_suffix("").as_posix() for path in report.folder.rglob("*.html"))
    return [name for name in found if "/" not in name or int(name.rpartition("/")[2]) < 9]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_of_an_article_runs_or_loads(browser: Any, hostile_report: Report, width: int) -> None:
    with Visit(browser, hostile_report, width) as visit:
        for name in names(hostile_report):
            tab = visit.open(name)
            assert tab.evaluate("document.documentElement.dataset.owned") is None, name
            assert tab.evaluate("getComputedStyle(document.body).display") == "block", name
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert tab.url == (hostile_report.folder / f"{name}.html").as_uri()
        assert visit.said == []
        assert visit.is_within()


def test_a_page_asks_for_its_own_files_alone(browser: Any, news_report: Report) -> None:
    with Visit(browser, news_report) as visit:
        for name in names(news_report):
            visit.open(name)
        assert visit.said == []
        assert visit.is_within()
        assert len(visit.requests) > len(names(news_report))


def test_what_does_come_in_is_not_loaded(browser: Any, news_report: Report) -> None:
    """Even if an element of an article were in a page, the policy of the page would keep it from doing anything."""
    with Visit(browser, news_report) as visit:
        tab = visit.open("index")
        tab.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://evil.example/a.png\" onerror=\""
            'document.documentElement.dataset.owned = 1"><iframe src="http://evil.example/b"></iframe>\')'
        )
        tab.evaluate("() => { const s = document.createElement('script'); s.textContent = "
                     "'document.documentElement.dataset.owned = 2'; document.body.append(s); }")  # fmt: skip
        tab.wait_for_timeout(200)
        assert tab.evaluate("document.documentElement.dataset.owned") is None
        assert any("Content Security Policy" in line for line in visit.said)


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1_400, "light")])
def test_pages_fit_their_width_and_the_norms_of_access(
    browser: Any, news_report: Report, width: int, scheme: str
) -> None:
    with Visit(browser, news_report, width, color_scheme=scheme, bypass_csp=True) as visit:
        for name in PAGES:
            tab = visit.open(name)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            tab.evaluate(axe.AXE_SCRIPT)
            found = tab.evaluate("(options) => axe.run(options)", WITHIN_NORMS)
            assert "color-contrast" in {one["id"] for one in found["passes"]}
            problems = [
                (one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:3]])
                for one in found["violations"]
            ]
            assert problems == [], (name, width, scheme)


@pytest.mark.parametrize("width", WIDTHS)
def test_words_do_not_cover_each_other(browser: Any, news_report: Report, width: int) -> None:
    """No two pieces of text in a chart overlap, and none leaves the page."""
    overlaps = """() => {
        const found = [];
        for (const chart of document.querySelectorAll('figure > svg')) {
            const boxes = Array.from(chart.querySelectorAll('text'))
                .map((one) => [one.textContent, one.getBoundingClientRect()])
                .filter(([, box]) => box.width);
            for (const [at, [words, box]] of boxes.entries()) {
                if (box.right > innerWidth + 1 || box.left < -1) found.push(words);
                for (const [others, other] of boxes.slice(at + 1)) {
                    const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
                    const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
                    if (across > 1 && down > 4) found.push(words + ' / ' + others);
                }
            }
        }
        return found;
    }"""
    with Visit(browser, news_report, width) as visit:
        for name in ("index", "sources", "story/1", "story/2"):
            assert visit.open(name).evaluate(overlaps) == [], name


def test_tables_are_sorted_by_keyboard(browser: Any, news_report: Report) -> None:
    with Visit(browser, news_report) as visit:
        tab = visit.open("sources")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
        for _ in range(60):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.textContent") == "records":
                break
        rows = "Array.from(document.activeElement.closest('table').tBodies[0].rows)"
        column = f"{rows}.map((row) => +row.cells[1].textContent)"
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        tab.keyboard.press("Enter")
        falling = tab.evaluate(column)
        tab.keyboard.press("Enter")
        assert falling == sorted(falling, reverse=True)
        assert tab.evaluate(column) == sorted(falling)
        assert tab.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") == "ascending"


def test_stories_are_searched_by_keyboard(browser: Any, news_report: Report) -> None:
    with Visit(browser, news_report) as visit:
        tab = visit.open("stories")
        tab.focus("#q")
        tab.keyboard.type("parish 3,")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/search.html?q=parish+3%2C")
        assert tab.inner_text("#status") == "1 story"
        tab.fill("#q", "")
        tab.focus("#q")
        tab.keyboard.type("BRIDGE paper")
        assert tab.inner_text("#status") == "6 stories"
        tab.focus("#found a")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/story/*.html")
        assert visit.said == []


def test_a_search_shows_harm_as_text(browser: Any, hostile_report: Report) -> None:
    with Visit(browser, hostile_report) as visit:
        tab = visit.open("search")
        tab.fill("#q", "<script>")
        assert tab.locator("#found li").count() > 0
        assert tab.locator("#found script, #found img").count() == 0
        assert tab.evaluate("document.documentElement.dataset.owned") is None
        assert visit.is_within()


def test_pages_are_whole_without_the_script(browser: Any, news_report: Report) -> None:
    with Visit(browser, news_report, java_script_enabled=False) as visit:
        for name, words in (
            ("index", "records are copies"),
            ("stories", "All stories, by size"),
            ("search", "All stories are listed under Stories"),
            ("list/1", "The bridge of parish 0"),
            ("story/1", "word for word"),
            ("pair/1", "How the verdict comes about"),
        ):
            assert words in visit.open(name).inner_text("main"), name


def test_printed_pages_have_no_navigation(browser: Any, news_report: Report) -> None:
    with Visit(browser, news_report) as visit:
        tab = visit.open("story/1")
        tab.emulate_media(media="print", color_scheme="light")
        assert not tab.is_visible("nav")
        assert tab.is_visible("h1")
