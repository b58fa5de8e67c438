"""The oracle for markup: what `dedup.text.markup` says, in the plainest Python, character by character."""

from __future__ import annotations

import re
from html.entities import html5

BLANK = " \t\n\f\r"
NAME = re.compile(r"[A-Za-z0-9_:-]{1,64}", re.ASCII)
BASE64 = re.compile(r"[A-Za-z0-9+/=]{64,}", re.ASCII)


def names(text: str) -> set[str]:
    return set(text.split())


DROPPED = {"script", "style", "noscript", "template", "svg", "iframe", "rt", "rp"}
CODE = {"script", "style", "iframe", "title"}
IN_HEAD = {"html", "head", "title", "meta", "link", "base", "script", "style", "noscript", "template"}
INLINE = names("""
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rb rp rt rtc ruby s samp
    small  span strike strong sub sup time tt u var wbr
""")
SPACED = names("""
    applet area audio base bgsound button canvas datalist embed iframe img input label link map math meta meter
    noscript object output param picture progress script select source style svg template textarea track video
""")
LINES = names("""
    address article aside basefont blockquote body br caption center col colgroup dd details dialog dir div dl
    dt  fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html
    keygen legend  li main menu menuitem nav noembed noframes ol optgroup option p plaintext pre search section
    summary table tbody  td tfoot th thead title tr ul xmp
""")
SURE = names("""
    blockquote body br dd div dl dt h1 h2 h3 h4 h5 h6 head hr html li ol p tbody td th thead tr ul wbr
""")
ELEMENTS = INLINE | SPACED | LINES
BARE = {name for name in html5 if not name.endswith(";")}
BEGIN_WORDS = names("""
    amp AMP lt LT gt GT quot QUOT copy COPY reg REG deg not cent sect shy yen pound para times divide micro macr
    curren uml eth ETH thorn THORN ordf ordm acute sup1 sup2 sup3
""")


def without_markup(text: str, takes_all: bool = False) -> str:
    if is_escaped(text):
        text = unescaped(text)
    if not is_html(text):
        text = decoded(text)
        if not takes_all and not is_html(text):
            return without_runs(text)
    return without_runs(stripped(text))


# ---- entities


def decoded(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        found = entity(text, at) if text[at] == "&" else None
        chars, at = found or (text[at], at + 1)
        out += chars
    return out


def entity(text: str, at: int) -> tuple[str, int] | None:
    """The characters that an entity stands for, and where it ends."""
    amps = re.compile(r"(?:amp;)*").match(text, at + 1)
    assert amps is not None
    begin = amps.end()
    number = re.compile(r"#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?").match(text, begin)
    if number:
        code = int(number[1], 16) if number[1] else int(number[2])
        return numbered(code), number.end()
    name = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII).match(text, begin)
    if name and text[name.end() : name.end() + 1] == ";" and name[0] + ";" in html5:
        return html5[name[0] + ";"], name.end() + 1
    if begin > at + 1:
        return "&", begin
    if name:
        bare = max((one for one in BARE if name[0].startswith(one)), key=len, default="")
        following = text[begin + len(bare) : begin + len(bare) + 1]
        is_inside = following.isascii() and following.isalnum()
        if bare and following != "=" and not (is_inside and bare in BEGIN_WORDS):
            return html5[bare], begin + len(bare)
    return None


def numbered(code: int) -> str:
    if 0x80 <= code < 0xA0:
        return bytes([code]).decode("cp1252", "ignore") or chr(code)
    if 0xD800 <= code < 0xE000:
        return " "
    return chr(code) if 0 < code < 0x110000 else "\ufffd"


# ---- tags


def name_at(text: str, at: int) -> str:
    """The name in a tag that begins here, as it is written; empty where there is none."""
    found = NAME.match(text, at)
    if not found or not (found[0][0].isalpha() and found.end() < len(text)):
        return ""
    if text[found.end()] not in BLANK + "/>" or found[0].endswith(":"):
        return ""
    is_other = found[0].lower() not in ELEMENTS and "-" not in found[0] and ":" not in found[0]
    return "" if is_other and found[0] != found[0].lower() else found[0]


def is_html(text: str) -> bool:
    for found in re.finditer("<", text):
        at = found.start()
        if re.compile(r"<!--|<!doctype|<!\[cdata\[|<\?xml", re.I | re.ASCII).match(text, at):
            return True
        if name := name_at(text, at + 2) if text[at + 1 : at + 2] == "/" else "":
            is_ours = name.lower() in ELEMENTS or ":" in name
            if is_ours and re.compile(rf"[{BLANK}]*>").match(text, at + 2 + len(name)):
                return True
        elif (name := name_at(text, at + 1)).lower() in ELEMENTS and is_sure(text, at, name):
            return True
    return False


def is_sure(text: str, at: int, name: str) -> bool:
    rest = text[at + 1 + len(name) :]
    if re.match(rf"[{BLANK}]*/>", rest):
        return True
    if re.match(rf"[{BLANK}]+[A-Za-z]", rest):
        return bool(re.match(rf"[{BLANK}]+[A-Za-z0-9_:-]{{1,64}}[{BLANK}]*=", rest))
    end = re.match(rf"[{BLANK}]*>", rest)
    if not end or name.lower() not in SURE:
        return False
    if name == name.lower():
        return True
    if name[:2] != name[:2].upper():
        return False
    following = rest[end.end() : end.end() + 1]
    if following and following not in BLANK:
        return following == "<" or following.isalpha() or not following.isascii()
    return (at == 0 or text[at - 1] == "\n") and following in ("", "\n")


def tag_end(text: str, at: int) -> int:
    while at < len(text):
        char = text[at]
        if char == ">":
            return at + 1
        if char == "<":
            return -1
        at += 1
        if char == "=":
            while at < len(text) and text[at] in BLANK:
                at += 1
            if at < len(text) and text[at] in "\"'":
                end = text.find(text[at], at + 1)
                if end >= 0 and (end + 1 == len(text) or text[end + 1] in BLANK + "/>"):
                    at = end + 1
    return -1


def content_end(text: str, at: int, name: str) -> int:
    """Where the content of an element that is no text ends, with its end tag; `at` if it does not."""
    for found in re.finditer("<", text[at:]):
        begin = at + found.end()
        is_end = text[begin : begin + 1] == "/"
        begin += is_end
        other = NAME.match(text, begin)
        if not other or other[0].lower() != name or text[other.end() : other.end() + 1] not in tuple(BLANK + "/>"):
            continue
        if is_end:
            end = tag_end(text, other.end())
            return other.end() if end < 0 else end
        if name not in CODE:
            return at
    return at


def stripped(text: str) -> str:
    out, at, is_head = "", 0, False
    while at < len(text):
        if text[at] == "&":
            chars, at = entity(text, at) or ("&", at + 1)
            out += chars
            continue
        is_end = text[at : at + 2] == "</"
        written = name_at(text, at + 1 + is_end) if text[at] == "<" else ""
        if not written:
            behind = other_end(text, at)
            out += "" if behind > at else text[at]
            at = max(behind, at + 1)
            continue
        name = written.lower()
        last = at + 1 + is_end + len(written)
        behind = tag_end(text, last)
        at = last if behind < 0 else behind
        is_head = not is_end if name == "head" else is_head and name in IN_HEAD
        if (name in DROPPED or (name == "title" and is_head)) and not is_end and behind >= 0 and text[at - 2] != "/":
            at = content_end(text, at, name)
        if name in SPACED:
            out += "" if not out or out[-1] in " \n" else " "
        elif name not in INLINE:
            out += "" if not out or out[-1] == "\n" else "\n"
    return out


def other_end(text: str, at: int) -> int:
    """Where a comment, a declaration or the mark of CDATA ends; `at` if there is none."""
    if text.startswith("<!--", at):
        first = re.compile(r"-?>").match(text, at + 4)
        rest = re.compile(r"(?s:.*?)--!?>").match(text, at + 4)
        return first.end() if first else rest.end() if rest else at + 4
    if text[at : at + 9].lower() == "<![cdata[":
        return at + 9
    if re.compile(r"<[!?][A-Za-z\[]").match(text, at) and (end_at := text.find(">", at)) >= 0:
        return end_at + 1
    return at


# ---- escapes, base64

ESCAPE = re.compile(r"\\+(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")


def is_escaped(text: str) -> bool:
    return any(found[2] or int(found[1], 16) >= 0xA0 for found in ESCAPE.finditer(text))


def unescaped(text: str) -> str:
    def char(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2]:
            code = int(found[2], 16)
            if found[3]:
                return chr(0x10000 + (code - 0xD800 << 10) + int(found[3], 16) - 0xDC00)
            return " " if 0xD800 <= code < 0xE000 else chr(code)
        return "\n" if found[4] else ""

    pair = r"(?:(?<=u[dD][89abAB]..)\\u([dD][c-fC-F][0-9a-fA-F]{2}))?"
    pattern = rf"\\+(?:x([0-9a-fA-F]{{2}})|u([0-9a-fA-F]{{4}}){pair}|([nrt])|(?=[\"'/]))"
    return re.sub(pattern, char, text)


def without_runs(text: str) -> str:
    """A space in the place of long base64, and of the address that it is part of."""
    out, last = "", 0
    for found in BASE64.finditer(text):
        if not all(re.search(kind, found[0]) for kind in ("[0-9]", "[A-Z]", "[a-z]")):
            continue
        start = found.start()
        if text[last:start].endswith("base64,"):
            start -= 7
            address = re.search(r"data:[A-Za-z0-9+/=._;-]{0,100}\Z", text[last:start])
            start = last + address.start() if address else start
        out += text[last:start] + " "
        last = found.end()
    return out + text[last:]
