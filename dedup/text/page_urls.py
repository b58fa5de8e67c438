"""Bring URLs to a canonical form, by which two of them can be recognised as those of one page.

The form is for comparison only: what is kept, and what decisions show, are the URLs as they were. It leaves out how a
reader came to a page and in which form it is sent. Whatever may select the article stays: a parameter that is not known
to track (``?id=123``, ``?p=123``, ``?page=2``), the case of a path, a path after ``#!``.

Libraries with a similar aim were tried. w3lib and url-normalize leave scheme, tracking parameters and AMP as they are;
courlan drops parameters such as ``cid`` and ``source``, by which some sites select the article.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

_TRACKING = """
    fbclid gclid gclsrc dclid wbraid gbraid msclkid twclid ttclid li_fat_id igshid igsh yclid ysclid _openstat epik
    mc_cid mc_eid mkt_tok vero_id vero_conv oly_anon_id oly_enc_id _hsenc _hsmi __hsfp __hssc __hstc hsctatracking
    ml_subscriber ml_subscriber_hash rb_clickid s_cid s_kwcid ef_id wickedid irclickid bbeml dm_i trk_contact trk_msg
    trk_module trk_sid _ga _gl _ke _kx __s spm ncid ocid icid cmpid xtor xtref ns_mchannel ns_source ns_campaign
    ns_linkname ns_fee intlink_from_url smid smtyp sref srnd wpisrc wpmm ftcamp ito cmp feedtype feedname guccounter
    guce_referrer guce_referrer_sig __twitter_impression usqp replytocom phpsessid jsessionid
"""
TRACKING = frozenset(_TRACKING.split())
"""Parameters, in lower case, that say where a reader came from: those of advertising, mailing and statistics, which
filter lists remove on every site, those that news sites add to what they share and syndicate, and sessions.

https://github.com/AdguardTeam/AdguardFilters/blob/master/TrackParamFilter/sections/general_url.txt and
https://firefox.settings.services.mozilla.com/v1/buckets/main/collections/query-stripping/records; of news sites: the
BBC's ``ocid``, ``xtor`` and ``ns_...``, the New York Times' ``smid``, the Washington Post's ``wpisrc``, the Guardian's
``CMP``, Bloomberg's ``srnd`` and ``cmpid``, the Financial Times' ``ftcamp``, the Daily Mail's ``ito``, Yahoo's
``guccounter``.
"""

TRACKING_PREFIXES = ("utm_", "at_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "itm_", "wt_", "wt.", "gaa_", "amp_")
"""How further ones begin: of Google Analytics, Piano (AT Internet), Matomo, HubSpot, Webtrekk, Webtrends, and AMP.

https://support.google.com/analytics/answer/10917952, https://matomo.org/faq/how-to/faq_120/
"""

FORMS = frozenset(
    [
        *(("amp", value) for value in ("", "1", "true", "yes")),
        *(("output", "amp"), ("outputtype", "amp"), ("outputtype", "valid-amp"), ("m", "0"), ("m", "1")),
    ]
)
"""Parameters with values, in lower case, that select the form in which a page is sent: as AMP, or for telephones."""

INDEXES = ("index.html", "index.htm", "index.php")

_URL = re.compile(r"(?:(?:https?:)?//|(?=www\.))(?:[^/?#@]*@)?([^/?#\s]+)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.I | re.S)

# Hosts that serve the same pages for telephones or as AMP; two labels must follow.
_VARIANT_HOST = re.compile(r"(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")

# https://amp.dev/documentation/guides-and-tutorials/learn/amp-caches-and-cors/amp-cache-urls/
_AMP_CACHE = re.compile(
    r"(?:(?:(?:www\.)?google\.[a-z.]{2,6}/amp|[^/]+\.cdn\.ampproject\.org/[a-z]+|[^/]+\.bing-amp\.com/[a-z]+)/(?:s/)?)+",
    re.IGNORECASE,
)

_AMP_FILE = re.compile(r"\.amp(?=$|\.html?$)", re.I)
_SESSION = re.compile(r";jsessionid=[^/]*$", re.I)
_PORT = re.compile(r":(?:80|443)?$")

_SAFE = "!$'()*,;:@~/"
_PLAIN = re.compile(r"[\w!$'()*,;:@~./-]*", re.ASCII)


def canonical(url: str) -> str:
    """Return the canonical form of a URL, equal for the addresses of one page.

    Parameters
    ----------
    url : str

    Returns
    -------
    str
        ``//host/path?parameters``; empty if it is no URL of the web, or only that of a site: there an article has no
        page of its own.

    Examples
    --------
    >>> canonical("http://www.courier.example:80/news/amp/flood-123/?utm_source=rss&id=7#top")
    '//courier.example/news/flood-123?id=7'
    >>> canonical("https://www.google.com/amp/s/courier.example/news/flood-123?id=7")
    '//courier.example/news/flood-123?id=7'
    >>> canonical("https://courier.example/")
    ''
    """
    found = _URL.match(url.strip())
    if found is None:
        return ""
    host, path, query, fragment = found[1].lower(), found[2], found[3], found[4]
    if (cache := _AMP_CACHE.match(host + path)) is not None:
        host, slash, path = (host + path)[cache.end() :].partition("/")
        host, path = host.lower(), slash + path
    segments = _segments(path)
    parameters = _parameters(query) if query else []
    route = ""
    if fragment and (fragment[0] == "!" or (fragment[0] == "/" and not segments)):  # a page of a site run by script
        route = "#" + fragment
    if not segments and not parameters and len(route) < 3:
        return ""
    address = f"//{_host(host)}/{'/'.join(segments)}"
    return address + (f"?{'&'.join(parameters)}" if parameters else "") + route


def likeness(url: str) -> str:
    """Return a part of a URL that is equal wherever the canonical form is, and is found several times as fast."""
    path = url.strip().partition("#")[0].partition("?")[0]
    lower = path.lower()
    if "amp" not in lower and "index." not in lower and "%" not in path and ";" not in path:  # of nearly all
        path, _, last = path.rstrip("/").rpartition("/")
        return "" if _is_before_host(path) else last
    if "ampproject.org/" in lower or "bing-amp.com/" in lower or ("google." in lower and "/amp/" in lower):
        path = canonical(url).partition("#")[0].partition("?")[0]
    path = unquote(path).partition(";")[0]
    while path:
        path, _, last = path.rpartition("/")
        if _is_before_host(path):
            break
        if last and not _is_empty(last):
            return _without_amp(last)
    return ""


def _is_before_host(path: str) -> bool:
    return len(path) < 8 and path.lower() in ("", "/", "http:/", "https:/")


def _host(host: str) -> str:
    host = _PORT.sub("", host).rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:  # no name that can be registered
            return host
    return _VARIANT_HOST.sub("", host, count=1) if host.startswith(("www", "m", "amp.")) else host


def _segments(path: str) -> list[str]:
    """Return what stands between the slashes of a path, without AMP and the name of an index."""
    if ";" in path:
        path = _SESSION.sub("", path)
    every = _escaped(path, _SAFE + "&+=").split("/")
    return [_without_amp(one) for one in every if one and not _is_empty(one)]


def _is_empty(segment: str) -> bool:
    lower = segment.lower()
    return lower == "amp" or lower in INDEXES


def _without_amp(segment: str) -> str:
    if "amp" not in segment.lower():
        return segment
    return _AMP_FILE.sub("", segment.removeprefix("amp_") or segment)


def _parameters(query: str) -> list[str]:
    """Return the parameters that may select an article, sorted."""
    kept = []
    for parameter in query.replace("&amp;", "&").split("&"):
        name, equals, value = parameter.partition("=")
        lower = name.lower()
        if not name or lower in TRACKING or lower.startswith(TRACKING_PREFIXES) or (lower, value.lower()) in FORMS:
            continue
        kept.append(_escaped(name.replace("+", " ")) + equals + _escaped(value.replace("+", " ")))
    return sorted(kept)


def _escaped(text: str, safe: str = _SAFE) -> str:
    """Return a part of a URL in which the same characters are always escaped, and alike."""
    return text if _PLAIN.fullmatch(text) else quote_from_bytes(unquote_to_bytes(text), safe)
