"""Recognise the URL of a remote file or folder, and show it only without its secrets."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")  # two letters at least: C:// is a drive

_SECRET = re.compile("sig|token|key|secret|pass|auth|cred|policy|session|jwt|code|expires|^x-|^s[a-z]$", re.IGNORECASE)
"""Names of parameters of a query that hold secrets, or hold nothing without them, as in signed URLs."""

LONGEST_SHOWN = 40
"""Characters of a value in a query up to which it is no secret, if its name is none."""

HIDDEN = "..."

_USER = re.compile(r"(?<=://)[^/?#\s@]*@")
_VALUE = re.compile(r"([?&;][^=&#\s'\"]*=)([^&#\s'\")]*)")


def is_url(name: object) -> bool:
    """Return whether a name is a URL, and not a path."""
    return isinstance(name, str) and _URL.match(name) is not None


def scheme_of(url: str) -> str:
    """Return the scheme of a URL in lower case, as ``s3``."""
    return url.partition("://")[0].lower()


def is_http(url: str) -> bool:
    """Return whether a URL is one of HTTP, which alone has a query and escapes characters."""
    return scheme_of(url) in ("http", "https")


def shown_url(url: str) -> str:
    """Return a URL without user, password and secret values of a query.

    Parameters
    ----------
    url : str

    Examples
    --------
    >>> shown_url("https://ann:pw@host/a.jsonl?page=2&sig=Zm9v")
    'https://host/a.jsonl?page=2&sig=...'
    >>> shown_url("s3://bucket/a.jsonl")
    's3://bucket/a.jsonl'
    """
    begin, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if "@" in host and (is_http(url) or ":" in host.rpartition("@")[0]):  # abfs://container@account has no user
        host = host.rpartition("@")[2]
    shown = f"{begin}{slashes}{host}{slash}{path}"
    return _without_secrets(shown.partition("#")[0]) if is_http(url) else shown


def hides_secrets(url: str) -> bool:
    """Return whether a URL cannot be opened by what is shown of it."""
    return shown_url(url) != url.partition("#")[0]


def scrubbed(text: str, url: str) -> str:
    """Return a message of a library without the secrets of the URL that it is about, and of others in it."""
    text = text.replace(url, shown_url(url))
    parts = urlsplit(url) if is_http(url) else None
    if parts is not None and parts.query:
        text = text.replace(parts.query, _without_secrets(f"?{parts.query}")[1:])
    if parts is not None and parts.password:
        text = text.replace(parts.password, HIDDEN)
    return _VALUE.sub(lambda found: found[1] + _shown_value(found[1], found[2]), _USER.sub("", text))


def file_name(url: str) -> str:
    """Return the name of the file that a URL leads to, without what stands before and after it."""
    path = unquote(urlsplit(url).path) if is_http(url) else url
    return PurePosixPath(path).name


def below(folder: str, relative: str) -> str:
    """Return the URL of what lies below a folder; not one of HTTP."""
    return f"{folder.rstrip('/')}/{relative}"


def _without_secrets(url: str) -> str:
    path, mark, query = url.partition("?")
    if not mark:
        return url
    if not parse_qsl(query) and len(query) > LONGEST_SHOWN:
        return f"{path}?{HIDDEN}"
    return f"{path}{_VALUE.sub(lambda found: found[1] + _shown_value(found[1], found[2]), mark + query)}"


def _shown_value(name: str, value: str) -> str:
    is_secret = _SECRET.search(name.lstrip("?&;").rstrip("=")) is not None or len(value) > LONGEST_SHOWN
    return HIDDEN if is_secret and value else value
