"""Make requests to file systems of fsspec: repeated when they fail, a copy where a server cannot send parts."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from dedup.errors import InputError
from dedup.io.places.remote_errors import KNOWN, failure, is_transient
from dedup.io.places.remote_tuning import GROWTH, RemoteTuning
from dedup.io.places.urls import is_http, scheme_of, shown_url
from dedup.store.held_file import held_file

Answer = TypeVar("Answer")

CONNECT_SECONDS, READ_SECONDS = 20, 60
"""How long an HTTP server may take to answer, and to send the next bytes."""

LOG = logging.getLogger("dedup.io")


class Transfers:
    """The requests of one source, and what it holds of its remote files: copies on disk, beginnings in memory.

    Parameters
    ----------
    tuning : RemoteTuning
    scratch : Path, optional
        Folder for copies; by default the system's for temporary files. They are removed with this object.
    """

    def __init__(self, tuning: RemoteTuning | None = None, scratch: Path | None = None) -> None:
        self.tuning = tuning or RemoteTuning()
        self._scratch = scratch
        self._systems: dict[str, Any] = {}
        self._beginnings: OrderedDict[str, bytes] = OrderedDict()
        self._copies: dict[str, Path] = {}
        self._with_ranges: set[str] = set()

    def system(self, url: str) -> tuple[Any, str]:
        """Return the file system of a URL, and the path in it.

        Raises
        ------
        InputError
            When no package knows its scheme, or the one that does is not installed.
        """
        try:
            import fsspec
        except ImportError as error:
            raise failure(url, error) from error
        try:
            kind = fsspec.get_filesystem_class(scheme_of(url))
            options = {**_patience(url, fsspec.config.conf), **kind._get_kwargs_from_urls(url)}
            key = f"{scheme_of(url)} {sorted(options.items())}"
            if key not in self._systems:
                self._systems[key] = kind(**options)
            return self._systems[key], str(kind._strip_protocol(url))
        except ImportError as error:
            raise failure(url, error) from error
        except ValueError as error:
            if "not known" in str(error):
                raise InputError(f"{scheme_of(url)}:// in {shown_url(url)} is unknown", KNOWN) from None
            raise failure(url, error) from None

    def request(self, url: str, make: Callable[[], Answer], what: str = "read") -> Answer:
        """Make a request, and make it again if it fails for a reason that may pass.

        Raises
        ------
        InputError
        """
        wait, tries = self.tuning.wait_seconds, self.tuning.tries
        for attempt in range(1, tries + 1):
            try:
                return make()
            except InputError:
                raise
            except Exception as error:
                if attempt == tries or not is_transient(error):
                    raise failure(url, error, what) from None  # whose words may hold a secret
                LOG.warning("%s: %s; trying again in %.1f s", shown_url(url), type(error).__name__, wait)
            time.sleep(wait)
            wait *= 4
        raise AssertionError("unreachable")

    def part(self, url: str, size: int, start: int, end: int) -> bytes:
        """Return the bytes of a file from ``start`` to ``end``; the connection may break in the middle.

        Raises
        ------
        InputError
        """
        key = f"{url} {size}"
        if start == 0 and key in self._beginnings:
            self._beginnings.move_to_end(key)
            if len(held := self._beginnings[key]) >= end:
                return held[:end]
        got = b"".join(self._pieces(url, size, start, end))
        if len(got) > end - start:
            raise InputError(f"{shown_url(url)} has more than {size:,} bytes: it has changed", hint="run again")
        if start == 0 and end <= self.tuning.first_bytes:
            self._beginnings[key] = got
            if len(self._beginnings) > self.tuning.beginnings:
                self._beginnings.popitem(last=False)
        return got

    def _pieces(self, url: str, size: int, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a file from ``start`` to ``end``: at once, or less at a time after a connection broke."""
        system, path = self.system(url)
        most = end - start

        def some() -> bytes:
            nonlocal most
            stop = min(start + most, end)
            most = max(most // GROWTH, self.tuning.first_bytes)  # if this fails
            if not (piece := _fetched(system, path, start, stop, size)):
                raise ConnectionError("no more bytes")
            return piece

        while start < end:
            yield (piece := self.request(url, some))
            start += len(piece)
            most = max(len(piece), self.tuning.first_bytes)

    def copy(self, url: str, size: int | None) -> Path | None:
        """Return the copy of a file whose server cannot send parts of it; None if it can.

        Raises
        ------
        InputError, OSError
        """
        if url in self._copies:
            return self._copies[url]
        is_short = size is not None and size <= self.tuning.first_bytes
        if url in self._with_ranges or (size is not None and (is_short or not is_http(url))):
            return None
        system, path = self.system(url)
        if size is not None and self.request(url, lambda: _sends_parts(system, path, size)):
            self._with_ranges.add(url)
            return None
        LOG.info("%s: its server sends no parts of a file; all of it is copied to scratch", shown_url(url))
        copied = held_file(self, "dedup-copy-", "", self._scratch)
        self.request(url, lambda: system.get_file(path, str(copied)))
        if size is not None and copied.stat().st_size != size:
            raise InputError(f"{shown_url(url)} has not {size:,} bytes any more: it has changed", hint="run again")
        self._copies[url] = copied
        return copied


def _patience(url: str, conf: dict[str, Any]) -> dict[str, Any]:
    """Return options by which a long transfer is not broken off, but a dead one is, unless the user has chosen any."""
    if not is_http(url) or "client_kwargs" in conf.get(scheme_of(url), {}):
        return {}
    from aiohttp import ClientTimeout

    return {
        "client_kwargs": {"timeout": ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)}
    }


def _fetched(system: Any, path: str, start: int, end: int, size: int) -> bytes:
    """Return bytes of a file; all of it is asked for without naming parts."""
    found: bytes = system.cat_file(path) if (start, end) == (0, size) else system.cat_file(path, start=start, end=end)
    return found


def _sends_parts(system: Any, path: str, size: int) -> bool:
    """Return whether a server sends parts of a file, by its last byte."""
    try:
        with system.open(path, "rb", cache_type="none", size=size) as file:
            file.seek(size - 1)
            file.read(1)
    except ValueError:  # this is how fsspec says that it got all of the file, which it does not read then
        return False
    return True
