"""Find remote files by the URL of a file, a folder or a glob, and open each as a place."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from io import RawIOBase
from typing import Any
from urllib.parse import unquote

import xxhash

from dedup.errors import InputError
from dedup.io.places.input_place import State
from dedup.io.places.object_reader import ObjectReader
from dedup.io.places.transfers import Transfers
from dedup.io.places.urls import below, file_name, is_http, scheme_of, shown_url

ETAGS = ("ETag", "etag", "blob_id", "md5Hash", "content_md5", "Content-MD5")
TIMES = ("LastModified", "last_modified", "Last-Modified", "updated", "mtime", "created")
"""What file systems call what changes with the content, in the order in which it is believed."""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A file that a file system of fsspec holds; all else as `dedup.io.places.input_place.Place`.

    Parameters
    ----------
    url : str
        Perhaps with secrets.
    length : int or None
        Its size when it was found; None if the server does not say.
    mark : str or None
        What named its content then.
    transfers : Transfers
    """

    url: str = field(repr=False)
    length: int | None
    mark: str | None
    transfers: Transfers = field(repr=False, compare=False)

    @property
    def local_path(self) -> None:
        """None: it has no path."""
        return

    @property
    def stored_in(self) -> None:
        """None: it is not of this machine."""
        return

    @property
    def shown(self) -> str:
        """Its URL, without secrets."""
        return shown_url(self.url)

    def open(self) -> RawIOBase:
        """Open it to be read by parts; or a copy of it, if its server sends only the whole."""
        copy = self.transfers.copy(self.url, self.length)
        if copy is not None:
            return copy.open("rb", buffering=0)
        assert self.length is not None  # else it was copied
        return ObjectReader(partial(self.transfers.part, self.url, self.length), self.length, self.transfers.tuning)

    def size(self) -> int:
        """Return its size in bytes, as it was found."""
        if self.length is not None:
            return self.length
        copy = self.transfers.copy(self.url, None)
        assert copy is not None  # there is one of whatever has no size
        return copy.stat().st_size

    @property
    def found_state(self) -> State | None:
        """Its state when it was found; None if the server does not say how long it is."""
        return None if self.length is None else (self.length, _hash(self.mark))

    def state(self) -> State:
        """Return its size, and a hash of what names its content, as the server says now."""
        info = self.transfers.request(self.url, lambda: _info(self.transfers, self.url))
        size = info.get("size")
        return self.size() if size is None else int(size), _hash(_mark_now(info, self.mark))

    def shown_state(self, state: State) -> str:
        """Return the size, and a short form of what names the content."""
        size, mark = state
        return f"{size:,} bytes, state {mark:x}"

    def version(self) -> str | None:
        """Return what named its content when it was found: an ETag, or the time of the last change."""
        return self.mark


def object_at(url: str, transfers: Transfers) -> RemoteObject:
    """Return the file that a URL names.

    Raises
    ------
    InputError
        When there is none.
    """
    return RemoteObject(url, *_identity(transfers.request(url, lambda: _info(transfers, url))), transfers)


def is_unchanged(url: str, length: int, mark: str) -> bool:
    """Return whether a file has the size and the mark that it had; errors as for `object_at`."""
    before = RemoteObject(url, length, mark, Transfers())
    return before.state() == before.found_state


def objects_at(url: str, transfers: Transfers) -> tuple[list[tuple[str, RemoteObject]], bool]:
    """Return the files that the URL of a file, a folder or a glob names.

    Returns
    -------
    files : list of (str, RemoteObject)
        Sorted; each with its way from the folder, or from the fixed part of the glob, with forward slashes.
    is_single : bool
        Whether the URL is that of the one file.

    Raises
    ------
    InputError
        When there is nothing of that name.
    """
    system, path = transfers.system(url)
    if has_magic(url):
        fixed = _fixed_part(url)
        found = transfers.request(url, lambda: _globbed(system, path))
        if not found:
            raise InputError(f"nothing matches {shown_url(url)}")
        return _placed(fixed, str(system._strip_protocol(fixed)), found, transfers), False
    if not (is_http(url) and url.partition("?")[0].endswith("/")):  # else it is a page that lists files
        info = transfers.request(url, lambda: _info(transfers, url))
        if info.get("type") != "directory":
            return [(file_name(url), RemoteObject(url, *_identity(info), transfers))], True
    found = transfers.request(url, lambda: _found(system, path))
    if not found:
        raise InputError(f"there are no files in {shown_url(url)}", hint="is its name right?")
    return _placed(url, path, found, transfers), False


def has_magic(url: str) -> bool:
    """Return whether a URL is a glob; a question mark begins the query of one of HTTP."""
    return glob.has_magic(url.partition("?")[0] if is_http(url) else url)


def _info(transfers: Transfers, url: str) -> dict[str, Any]:
    """Return what a file system says of a file now, not what it remembers."""
    system, path = transfers.system(url)
    system.invalidate_cache()
    info: dict[str, Any] = system.info(path)
    return info


def _found(system: Any, path: str) -> dict[str, dict[str, Any]]:
    system.invalidate_cache()
    return _only_files(system.find(path, detail=True))


def _globbed(system: Any, pattern: str) -> dict[str, dict[str, Any]]:
    """Return what matches a glob, and all below the folders that match."""
    system.invalidate_cache()
    matches = system.glob(pattern, detail=True)
    files = _only_files(matches)
    for name, info in matches.items():
        if info["type"] == "directory" and not any(one.startswith(f"{name}/") for one in files):
            files.update(_only_files(system.find(name, detail=True)))
    return files


def _only_files(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: info for name, info in found.items() if info["type"] != "directory" and not name.endswith("/")}


def _placed(
    folder: str, path: str, found: dict[str, dict[str, Any]], transfers: Transfers
) -> list[tuple[str, RemoteObject]]:
    """Return the files that were found below a folder, given the path of that in its file system."""
    base = f"{path.partition('?')[0].rstrip('/')}/"
    files = []
    for name in sorted(found):
        relative = name.removeprefix(base)
        if is_http(folder):
            url, relative = name, unquote(relative)
        elif name.startswith(base):
            url = below(folder, relative)
        else:  # a file system that calls the folder by another name
            url = f"{scheme_of(folder)}://{name.lstrip('/')}"
        files.append((relative, RemoteObject(url, *_identity(found[name]), transfers)))
    return files


def _fixed_part(url: str) -> str:
    """Return the URL of the folder before the first part of a glob that has a wildcard."""
    scheme, _, path = url.partition("://")
    fixed: list[str] = []
    for part in path.split("/"):
        if glob.has_magic(part):
            break
        fixed.append(part)
    return f"{scheme}://{'/'.join(fixed)}"


def _identity(info: dict[str, Any]) -> tuple[int | None, str | None]:
    """Return size and mark of a file, by what a file system says of it."""
    marks = _marks(info)
    return info.get("size"), next((f"{kind} {mark}" for kind, mark in marks.items()), None)


def _marks(info: dict[str, Any]) -> dict[str, str]:
    """Return what names the content of a file, by its kind, the best one first."""
    etag = next((info[name] for name in ETAGS if info.get(name)), None)
    time = next((info[name] for name in TIMES if info.get(name)), None)
    marks = {} if etag is None else {"etag": str(etag).strip('"')}
    if isinstance(time, (int, float)):  # fsspec's memory says so in a list, and otherwise of one file
        time = datetime.fromtimestamp(time, timezone.utc)
    return marks if time is None else {**marks, "time": str(time)}


def _mark_now(info: dict[str, Any], before: str | None) -> str | None:
    """Return the mark of a file of the kind that it had before: a list of files may say less than a request for one."""
    kind = "" if before is None else before.partition(" ")[0]
    mark = _marks(info).get(kind)
    return before if mark is None else f"{kind} {mark}"


def _hash(mark: str | None) -> int:
    return xxhash.xxh3_64_intdigest((mark or "").encode()) >> 1  # as a number that JSON holds
