"""Read the place of an index that a caller names: a folder, or the URL of a server."""

from __future__ import annotations

import os
import re
from pathlib import Path

from dedup.errors import ParamsError

SCHEMES = ("redis", "rediss", "unix")

URL_FORM = "redis://host:6379/0?name=news, rediss://… or unix:///run/redis.sock?name=news"
"""How the URL of an index is written, for messages."""

CREATE_HINT = 'mode="rw" creates one, and so does dedup index create'

_URL = re.compile(r"\s*([a-z][a-z0-9+.-]*://|(redis|rediss|unix)(:|//.*@))", re.IGNORECASE)


def is_url(path: object) -> bool:
    """Return whether a path is the URL of a server."""
    return isinstance(path, str) and path.split("://", 1)[0].lower() in SCHEMES and "://" in path


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the folder that a path names; refuse paths that cannot be meant as a folder.

    Raises
    ------
    ParamsError
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise ParamsError(f"a path of type {type(path).__name__}", "the path of a folder") from None
    if not name:  # Path("") would be the working directory
        raise ParamsError("an empty path", "the path of a folder", "is a variable not set?")
    if _URL.match(name):  # a slash too few, and a folder "redis:" would be made
        begin = re.split("[:/]", name.strip(), maxsplit=1)[0]  # no more of it: there may be a password in the rest
        raise ParamsError(f"a path that begins with {begin}:", f"the path of a folder, or {URL_FORM}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise ParamsError(f"a path that no file can have: {name!r}", "the path of a folder") from None
    if "\0" in name:
        raise ParamsError(f"a path that no file can have: {name!r}", "the path of a folder")
    return Path(name)
