"""Markup is taken off, words are not: the kernel against its definition and other parsers; hostile texts."""

from __future__ import annotations

import html
import random
import re
import time
from html.entities import html5
from html.parser import HTMLParser

import lxml.html
import naive_html
import pyarrow as pa
import pytest

from dedup.text.markup import DROPPED, plain_text, without_markup
from dedup.text.tokens import tokens

PIECES = """
    <p>|</p>|<br>|<br/>|<b>|</b>|<div class="a">|</div>|<a href='x>y'>|</a>|<!--|-->|<!DOCTYPE html>|<![CDATA[|]]>|
    <script>|</script>|<script src=x />|<style>|</STYLE >|<svg>|</svg>|<noscript>|</noscript>|<head>|</head>|<title>|
    </title>|<html>|<body>|<P>|<S>|<String>|<foo>|</foo>|<o:p>|</o:p>|<my-x>|<https://e.org>|<j@e.org>|<GM.N>|
    <?xml v="1"?>|<?php|<!x|<|>|&|&amp;|&amp|amp;|&lt;p&gt;|&lt;|&gt;|&eacute;|&eacute|&#233;|&#xe9;|&#xD83D;|&#0;|
    &#150;|&copy=|&copy|&nGt;|&notit;|&#|&#x|&;|\\u00e9|\\xe9|\\x41|\\n|\\"|\\\\u00e9|\\ud83d\\ude00|\\ud83d|\\|a|b|word|é|中文|"|'|=|/|-|!|
    x="|y='|data:image/png;base64,|base64,|data:|<img src="data:x" alt='>'>|<b|<p |<p x=|</|</p|&amp;amp;eacute;|
    &amp;#8217;|<rt>|</rt>|&T;|AT&T|<!-->|<!--->|--!>
""".replace("\n    ", "").split("|")
PIECES += [" ", "  ", "\n", "\0", "aB3" * 21, "aB3" * 22, "z" * 70]


def made(texts: list[bytes], mode: str = "auto") -> list[bytes]:
    found: list[bytes] = without_markup(pa.array(texts, pa.large_binary()), mode).to_pylist()
    return found


def text_of(text: str, mode: str = "auto") -> str:
    return plain_text(text.encode(), mode)


@pytest.mark.parametrize("mode", ["auto", "strip"])
@pytest.mark.parametrize("seed", range(4))
def test_the_kernel_does_what_is_defined(mode: str, seed: int) -> None:
    draw = random.Random(seed)
    texts = ["".join(draw.choices(PIECES, k=draw.choice((1, 2, 3, 5, 8, 13, 40)))).encode() for _ in range(600)]
    for at in range(0, len(texts), 4):  # bytes that are no text, and other letters
        texts[at] = bytes(draw.randrange(256) if draw.random() < 0.02 else byte for byte in texts[at])
    for text, found in zip(texts, made(texts, mode), strict=True):
        defined = naive_html.without_markup(text.decode("utf-8", "surrogateescape"), mode == "strip")
        assert found == defined.encode("utf-8", "surrogateescape"), text


class Reader(HTMLParser):
    """What the standard library takes for the text of HTML, blocks on lines of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.depth += tag in DROPPED
        self._end(tag)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in DROPPED
        self._end(tag)

    def _end(self, tag: str) -> None:
        if tag not in naive_html.INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        self.parts.append("" if self.depth else data)


def page(draw: random.Random, depth: int = 0) -> str:
    """Sane HTML: elements in elements, attributes in quotes, what must be escaped is."""
    parts = []
    for _ in range(draw.randrange(1, 5)):
        kind = draw.random()
        if kind < 0.5 or depth > 4:
            words = draw.choices(["harbour", "R&D", "a < b", "café", "“said”", "x", " ", "\n", "l’été", "12.5"], k=4)
            parts.append(html.escape(" ".join(words)))
        elif kind < 0.6:
            parts.append(draw.choice(["<br>", "<hr/>", '<img src="a.jpg" alt="a > b">', "<!-- <p>no</p> -->", "<wbr>"]))
        elif kind < 0.7:
            parts.append(draw.choice(["<script>if (a < b && c) { '<p>' }</script>", "<style>p > a { x: y }</style>"]))
        else:
            name = draw.choice(["p", "div", "b", "em", "a", "span", "li", "blockquote", "h2", "td", "article", "i"])
            attributes = draw.choice(["", ' class="x y"', " data-a='1 > 0' id=z", ' href="https://e.org/?a=1&amp;b=2"'])
            parts.append(f"<{name}{attributes}>{page(draw, depth + 1)}</{name}>")
    return "".join(parts)


def test_it_is_what_other_parsers_see() -> None:
    draw = random.Random(7)
    for _ in range(300):
        source = f'<div class="page">{page(draw)}</div>'
        reader = Reader()
        reader.feed(source)
        assert text_of(source).split() == "".join(reader.parts).split(), source
        tree = lxml.html.fromstring(source)
        for element in [*tree.iter("script", "style")]:
            element.drop_tree()
        assert "".join(text_of(source).split()) == "".join(tree.text_content().split()), source


def test_all_entities_are_known() -> None:
    for name, chars in html5.items():
        if name.endswith(";"):
            assert text_of(f"x &{name}y") == f"x {chars}y"
            assert text_of(f"<p>x&amp;{name}y</p>") == f"x{chars}y\n"
        else:
            assert text_of(f"x &{name} y") == f"x {chars} y"
    for code in (9, 65, 233, 0x152, 0x2019, 0x4E2D, 0x1F600, 0x10FFF0, 0x80, 0x9F, 0, 0x110000, 10**30):
        assert text_of(f"x&#{code};y") == html.unescape(f"x&#{code};y")
        assert text_of(f"x&#x{code:X};y&#{code} z") == html.unescape(f"x&#x{code:X};y&#{code} z")


@pytest.mark.parametrize(
    "text",
    [
        "AT&T and R&D, Q&A; B&B &c. black&white",
        "terms&notes, copy&regular, R&D&section &timestamp",
        "https://example.org/?a=1&copy=2&lt=3&region=4&amp=5",
        "if a < b and c > d then <3",
        "x<y and y<z, a <b and c> d",
        "write to <john@example.org>, see <https://example.org/a>",
        "List<String> of Map<String, Integer> and Vec<u8>, List<A>, Optional<B>, List<Span>, Table<P>",
        "Lloyds Bank Plc <LLOY.L>, Sears <S> said, Burlington <BR> and Toronto <TD>, <P>, <em>\ntoo",
        "usage: cp <source> <object> [<title>]",
        "C:\\users\\new\\xi and \\textbf{x} \\n",
        "# A title\n\n*one* **two** `x < y` [a](https://example.org) > quoted\n\n| a | b |\n<-- an arrow",
        "</sarcasm> is no element, nor is </3",
        "<",
        "&",
        "a <",
        "a <b",
        "</",
        "<!",
    ],
)
def test_what_is_no_markup_stays(text: str) -> None:
    batch = pa.array([text.encode()], pa.large_binary())
    assert without_markup(batch) is batch


@pytest.mark.parametrize(
    "tag",
    [
        "<p>",
        "</div>",
        "<br/>",
        "<br />",
        "<a href=x>",
        "<!-- c -->",
        "<!DOCTYPE html>",
        "</B>",
        "<IMG SRC='x'>",
        "<hr>",
    ],
)
def test_a_tag_makes_a_text_html(tag: str) -> None:
    assert text_of(f"one <b>two</i>{tag} three").split() == ["one", "two", "three"]


def test_what_separates_words_and_what_does_not() -> None:
    assert text_of("<p>un<b>der</b>l<em>i</em><span class=x>n</span>e<wbr>d</p>") == "underlined\n"
    assert text_of("H<sub>2</sub>O <a href=x>lin</a>ked, foo<!-- x -->bar") == "H2O linked, foobar"
    for name in ("p", "div", "li", "h1", "td", "blockquote", "paragraph", "dc:title"):
        assert text_of(f"one<{name}>two</{name}>three<br>") == "one\ntwo\nthree\n"
    assert text_of("one<br>two<img src=x>three<input type=x>four") == "one\ntwo three four"


def test_what_is_no_text_of_a_page() -> None:
    source = (
        "<html><head><meta charset=utf-8><title>Harbour - The Paper</title><style>p { x }</style>"
        "<noscript>off</noscript></head><body><svg><title>icon</title><path d='M0 0'/></svg><template>t</template>"
        "<h1>Harbour</h1><script async src='x'></script><script>a < b; '<p>'</script><noscript><img></noscript>"
        "<iframe>old</iframe><p>The <ruby>漢<rt>かん</rt></ruby> &amp; sons</p></body></html>"
    )
    assert text_of(source).split() == ["Harbour", "The", "漢", "&", "sons"]
    assert "headline" in text_of("<item><title>A headline</title><p>x</p></item>")
    assert text_of("<![CDATA[<p>In CDATA</p>]]>").startswith("In CDATA\n")


def test_what_was_escaped_twice() -> None:
    assert text_of("&lt;p&gt;The mayor&amp;#8217;s &amp;eacute;t&amp;eacute;&lt;/p&gt;") == "The mayor’s été\n"
    assert text_of("&amp;lt;p&amp;gt;Thrice&amp;lt;/p&amp;gt;") == "Thrice\n"
    assert text_of("AT&amp;T, R&amp;amp;D, d&amp;eacute;j&amp;agrave;") == "AT&T, R&D, déjà"
    # If a text has tags of its own, the tags that it writes as entities are text: it is about them.
    assert text_of("<p>Write &lt;br&gt; for a new line</p>") == "Write <br> for a new line\n"
    assert text_of("a &lt; b, List&lt;String&gt;") == "a < b, List<String>"


def test_escapes_of_javascript() -> None:
    assert text_of(r"d\xe9clare l\u2019\u00e9t\u00e9 \ud83d\ude00 \"so\"\n\nNext\/line") == (
        'déclare l’été 😀 "so"\n\nNext/line'
    )
    assert text_of(r"\u003cp\u003eHello caf\\u00e9\u003c/p\u003e") == "Hello café\n"
    assert text_of(r"half a pair \ud83d here") == "half a pair   here"


def test_entities_without_a_semicolon() -> None:
    assert text_of("d&eacuteclare, &copy 2024, &#233t&#xe9 &nbsp;x&nbspy") == "déclare, © 2024, été \xa0x\xa0y"
    assert text_of("&ampersand &lta") == "&ampersand &lta"


def test_base64_is_no_word() -> None:
    run = "iVBORw0KGgo" * 8 + "AAA="
    assert text_of(f"see ![x](data:image/png;base64,{run}) there").split() == ["see", "![x](", ")", "there"]
    lines = "\n".join(["iVBORw0KGgo" * 6 + "Ab3/+aaaaa"] * 3)  # 76 a line, as in mail
    assert text_of(f"begin\n{lines}\nend").split() == ["begin", "end"]
    assert text_of("<p>a " + run + " b</p>").split() == ["a", "b"]
    for text in ("a" * 5000, "ha" * 50, "https://example.org/" + "a-long-headline-2024-" * 9, "0123456789abcdef" * 8):
        assert text_of(text) == text
    assert text_of(f"data: of the base64,{run}") == "data: of the  "  # no address: words stand between


@pytest.mark.parametrize(
    "text",
    [
        '<p>before <a href="x>after it all</a>',
        "<p>before <a title='it's > 1'>after it all</a>",
        "<p>before <script> after it all",
        "<p>before <style>after it all",
        "<p>before <!-- after it all",
        "<p>before <!doctype after it all",
        "<p>before <svg>after it all",
        "<p>before <noscript>after it all<noscript>x</noscript>",
        "<p>before <div after it all",
        "<p>before after it all <",
        "<p>before after it all <b",
        "<p>before after it all </",
        "<p>before <b\0>after\0it all</b>",
        "<p>before <![CDATA[ after it all",
        "<p>before <? after it all",
        "<p>before <a b=<c>after it all",
        "<p>before &#; &#x; &; after it all &",
        '<p>before <a b=\'" c=">">after it all',
    ],
)
def test_broken_markup_loses_no_text(text: str) -> None:
    found = tokens(text_of(text))
    assert found[0] == "before"
    assert " ".join(found).replace("x ", "").find("after it all") > 0


HOSTILE = r"""
    < <p <p_ <a_b=' <a_b="<a_c='"_ <!-- <! <?x <script> <svg> <svg><noscript> </ & amp; &amp; &# &a \ \u \\u00e
    <a_b='"_c="' a= <p_x="' <title> ]]> <![CDATA[ =" <a_="<"_='<' aB3aB3aB3aB3 base64, data: <b_x="<b_x='"_y='
    <a_b="<a_c='"_c='" data:base64,aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3_
"""
"""Repeated, with spaces for the underscores."""


@pytest.mark.parametrize("end", ["", ">", "'>", '">', "-->", "</script>", "<p>"])
def test_no_text_takes_more_than_linear_time(end: str) -> None:
    text_of("<p>compiled</p>")
    for piece in (written.replace("_", " ") for written in HOSTILE.split()):
        text = "<p>" + piece * (2_000_000 // len(piece)) + end
        begun = time.perf_counter()
        text_of(text)
        assert time.perf_counter() - begun < 2, piece  # usually some ms; hours, if each sign were searched for again


def test_texts_without_markup_are_not_copied() -> None:
    texts = pa.array(
        [b"plain", None, "caf\u00e9 中文 ไทย".encode() * 40, b"AT&T", b"a < b", b"C:\\x", b""], pa.large_binary()
    )
    assert without_markup(texts) is texts
    assert without_markup(pa.array([], pa.large_binary())) is not None
    marked = pa.array([b"<p>x</p>"], pa.large_binary())
    assert without_markup(marked, "keep") is marked


def test_nulls_slices_and_neighbours() -> None:
    texts = [b"zero", b"<p>one</p>", None, b"two &amp; three", b"", b"plain " * 50, None, b"<b>four</b>"]
    whole = pa.array(texts, pa.large_binary())
    expected = [b"zero", b"one\n", None, b"two & three", b"", b"plain " * 50, None, b"four"]
    for first in range(len(texts)):
        for stop in range(first, len(texts) + 1):
            found = without_markup(whole.slice(first, stop - first))
            assert found.to_pylist() == expected[first:stop]
            assert found.null_count == sum(text is None for text in expected[first:stop])


def test_the_place_of_a_text_does_not_matter() -> None:
    """Blocks of 64 bytes: what is before and behind a text changes nothing."""
    run = "aB3" * 21 + "x"
    for length in range(130):
        text = "é" * (length // 2) + "x" * (length % 2) + f" {run}"
        alone = made([text.encode()])
        assert alone == made([b"y" * length, text.encode()])[1:] == made([text.encode(), b"aB3" * 40])[:1]
        assert not re.search("aB3", alone[0].decode())
