"""URLs of one page have one canonical form, whatever shows how a reader came to it; those of two pages have two."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.text.page_urls import FORMS, TRACKING, TRACKING_PREFIXES, canonical, likeness

ONE_PAGE = [
    ("scheme", "http://courier.example/a/1", "https://courier.example/a/1", "//courier.example/a/1"),
    ("no scheme", "www.courier.example/a/1", "WWW.Courier.Example/a/1"),
    ("host", "https://www.courier.example/a", "https://COURIER.example./a", "https://user:pw@courier.example/a"),
    (
        "host for telephones",
        "https://m.courier.example/a",
        "https://mobile.courier.example/a",
        "//www2.courier.example/a",
    ),
    ("port", "https://courier.example:443/a", "http://courier.example:80/a", "http://courier.example:/a"),
    ("names in other alphabets", "https://президент.рф/новости/1", "https://xn--d1abbgf6aiiy.xn--p1ai/новости/1"),
    ("slash at the end", "https://courier.example/a/1", "https://courier.example/a/1/", "https://courier.example//a/1"),
    ("index", "https://courier.example/a/1/", "https://courier.example/a/1/index.html"),
    ("index before a path", "https://courier.example/index.php/a/1", "https://courier.example/a/1"),
    (
        "fragment",
        "https://courier.example/a#top",
        "https://courier.example/a#:~:text=flood",
        "https://courier.example/a",
    ),
    (
        "tracking",
        "https://courier.example/a?id=7",
        "https://courier.example/a?utm_source=rss&utm_medium=feed&id=7",
        "https://courier.example/a?id=7&fbclid=IwAR0&at_medium=RSS&at_campaign=KARANGA",
        "https://courier.example/a?id=7&CMP=share_btn_tw&WT.mc_id=x&xtor=RSS-1",
        "https://courier.example/a?id=7&amp;utm_campaign=a%26b",
        "https://courier.example/a?&id=7&",
    ),
    (
        "AMP",
        "https://courier.example/news/flood-1",
        "https://courier.example/news/flood-1/amp/",
        "https://courier.example/news/amp/flood-1",
        "https://courier.example/amp/news/flood-1",
        "https://courier.example/news/flood-1?amp",
        "https://courier.example/news/flood-1?amp=1&amp_js_v=0.1",
        "https://courier.example/news/flood-1?outputType=amp",
        "https://amp.courier.example/news/flood-1",
        "https://courier.example/news/flood-1.amp",
        "https://www.google.com/amp/s/www.courier.example/news/flood-1",
        "https://www.google.co.uk/amp/courier.example/news/flood-1/amp/",
        "https://www-courier-example.cdn.ampproject.org/c/s/www.courier.example/news/amp/flood-1",
        "https://courier-example.cdn.ampproject.org/v/s/courier.example/news/flood-1/amp/?usqp=mq331AQ&amp_js_v=0.1",
        "https://courier-example.bing-amp.com/c/s/courier.example/news/flood-1",
    ),
    ("AMP files", "https://courier.example/a/1.html", "https://courier.example/a/1.amp.html"),
    (
        "AMP of the Times of India",
        "https://courier.example/articleshow/7.cms",
        "https://courier.example/amp_articleshow/7.cms",
    ),
    (
        "percent",
        "https://courier.example/%7Ea/%d0%bf",
        "https://courier.example/~a/%D0%BF",
        "https://courier.example/~a/п",
    ),
    ("percent in parameters", "https://courier.example/?q=a%20b", "https://courier.example/?q=a+b"),
    ("order of parameters", "https://courier.example/a?b=1&a=2", "https://courier.example/a?a=2&b=1"),
    ("session", "https://courier.example/a.do;jsessionid=A1?id=3", "https://courier.example/a.do?id=3&PHPSESSID=x"),
    ("space around", " https://courier.example/a\n", "https://courier.example/a"),
]

TWO_PAGES = [
    ("https://courier.example/?p=123", "https://courier.example/?p=124"),
    ("https://courier.example/doc.html?id=3211081", "https://courier.example/doc.html?id=3211082"),
    ("https://courier.example/?123456", "https://courier.example/?123457"),
    ("https://courier.example/a", "https://courier.example/a?page=2"),
    ("https://courier.example/a/2", "https://courier.example/a"),
    ("https://courier.example/a?m=202001", "https://courier.example/a?m=202002"),
    ("https://courier.example/a?cid=5", "https://courier.example/a?cid=6"),
    ("https://courier.example/A7", "https://courier.example/a7"),
    ("https://courier.example/#!/a/1", "https://courier.example/#!/a/2"),
    ("https://courier.example/#/a/1", "https://courier.example/#/a/2"),
    ("https://news.courier.example/a", "https://sport.courier.example/a"),
    ("https://courier.example:8080/a", "https://courier.example/a"),
    ("https://courier.example/q?a=1%262", "https://courier.example/q?a=1&2"),
    ("https://courier.example/ampere", "https://courier.example/ere"),
]

NO_PAGE = [
    *("", " ", "courier", "tag:courier.example,2024:7", "urn:uuid:1", "mailto:desk@courier.example", "/news/7"),
    *("https://courier.example", "https://www.courier.example/", "https://courier.example/index.html", "https://"),
    *(
        "https://courier.example/?utm_source=x",
        "https://courier.example/#",
        "https://courier.example/#top",
        "#!",
        "//?a=1",
    ),
]


@pytest.mark.parametrize("urls", [urls for _, *urls in ONE_PAGE], ids=[name for name, *_ in ONE_PAGE])
def test_addresses_of_one_page_have_one_form(urls: list[str]) -> None:
    assert len({canonical(url) for url in urls}) == 1
    assert len({likeness(url) for url in urls}) == 1
    form = canonical(urls[0])
    assert form.startswith("//")
    assert canonical(form) == form


@pytest.mark.parametrize(("one", "other"), TWO_PAGES)
def test_addresses_of_two_pages_have_two_forms(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)
    assert canonical(one)
    assert canonical(other)


@pytest.mark.parametrize("url", NO_PAGE)
def test_what_names_no_page_has_no_form(url: str) -> None:
    assert canonical(url) == ""


def test_what_tracks_is_listed_in_the_case_in_which_it_is_looked_up() -> None:
    assert {name.lower() for name in TRACKING} == TRACKING
    assert all(prefix == prefix.lower() for prefix in TRACKING_PREFIXES)
    assert all((name.lower(), value.lower()) == (name, value) for name, value in FORMS)


def naive_form(url: str) -> tuple[str, str, list[tuple[str, str]]] | None:
    """The definition by the standard library, for URLs without caches, sessions, fragments and other alphabets."""
    parts = urlsplit(url)
    host = re.sub(r"^((www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])", "", (parts.hostname or ""))
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    path = [one for one in unquote_to_bytes(parts.path).decode().split("/") if one]
    path = [
        one.removeprefix("amp_") for one in path if one.lower() not in ("amp", "index.html", "index.htm", "index.php")
    ]
    path = [re.sub(r"\.amp(?=$|\.html?$)", "", one) for one in path]
    query = parse_qsl(parts.query, keep_blank_values=True)
    query = [
        (name, value)
        for name, value in query
        if name.lower() not in TRACKING and not name.lower().startswith(TRACKING_PREFIXES)
        if (name.lower(), value.lower()) not in FORMS
    ]
    return (host + port, "/".join(path), sorted(query)) if path or query else None


some = st.lists(
    st.sampled_from(
        ["news", "amp", "Amp", "7", "%41", "A", "a%20b", "flood-1", "x.amp.html", "x.html", "index.html", ""]
    ),
    max_size=4,
)
parameters = st.lists(
    st.tuples(st.sampled_from(["id", "p", "utm_source", "CMP", "amp", "m", "a%20b", "at_id"]), st.sampled_from("017")),
    max_size=3,
)
addresses = st.builds(
    lambda scheme, host, port, path, query: (
        f"{scheme}://{host}{port}/{'/'.join(path)}" + ("?" + "&".join(map("=".join, query)) if query else "")
    ),
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(
        ["courier.example", "www.courier.example", "m.courier.example", "amp.courier.example", "WWW.b.example"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    some,
    parameters,
)


@given(addresses, addresses)
def test_two_addresses_are_of_one_page_as_the_definition_says(one: str, other: str) -> None:
    same = naive_form(one) is not None and naive_form(one) == naive_form(other)
    assert (canonical(one) == canonical(other) != "") == same
    assert (canonical(one) == "") == (naive_form(one) is None)
    if same:
        assert likeness(one) == likeness(other)


@given(st.text(max_size=60) | st.text(alphabet="/?#&=%;:.@!amphtW w1é", max_size=60).map("https://a.example/".__add__))
def test_any_text_has_a_form_that_is_its_own(text: str) -> None:
    form = canonical(text)
    assert form == "" or form.startswith("//")
    if form:
        assert canonical(form) == form
        assert likeness(form) == likeness(text)


def test_addresses_of_great_length_are_read() -> None:
    assert canonical("https://" + "google.com/amp/s/" * 100_000 + "courier.example/a") == "//courier.example/a"
    assert canonical("https://" + "m." * 100_000 + "courier.example/a") == "//courier.example/a"
    assert len(canonical("https://courier.example/" + "a/" * 1_000_000)) > 1_000_000
