"""Read and write the files of one remote folder, as that of a run."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dedup.errors import InputError, OutputError
from dedup.io.places.transfers import Transfers
from dedup.io.places.urls import shown_url

Answer = TypeVar("Answer")


class RemoteFolder:
    """A folder that a file system of fsspec holds. It need not exist: object stores have none.

    Parameters
    ----------
    url : str
    transfers : Transfers, optional

    Raises
    ------
    InputError
        When nothing knows the scheme of the URL.
    """

    def __init__(self, url: str, transfers: Transfers | None = None) -> None:
        self._transfers = transfers or Transfers()
        self._url = url
        self._system, path = self._transfers.system(url)
        self._path = path.rstrip("/")
        self._here: tempfile.TemporaryDirectory[str] | None = None

    @property
    def shown(self) -> str:
        """Its URL, without secrets."""
        return shown_url(self._url)

    def names(self) -> list[str]:
        """Return the names in it, in order, none if there is no such folder.

        Raises
        ------
        OutputError
            When it cannot be listed: this is done before something is written.
        """

        def listed() -> list[str]:
            self._system.invalidate_cache()
            try:
                found = self._system.ls(self._path, detail=False)
            except FileNotFoundError as error:
                if "bucket" in str(error).lower():
                    raise
                return []
            return sorted({Path(name.rstrip("/")).name for name in found if name.rstrip("/") != self._path})

        return self._written("list", listed)

    def read(self, name: str) -> bytes | None:
        """Return the content of a small file, None if it does not exist.

        Raises
        ------
        InputError
        """

        def content() -> bytes | None:
            self._system.invalidate_cache()
            if not self._system.exists(self._at(name)):
                return None
            found: bytes = self._system.cat_file(self._at(name))
            return found

        return self._transfers.request(f"{self._url.rstrip('/')}/{name}", content)

    def fetched(self, name: str) -> Path:
        """Return the path of a copy of a file, which lives as long as this object.

        Raises
        ------
        InputError
            When it does not exist, or cannot be read.
        """
        if self._here is None:
            self._here = tempfile.TemporaryDirectory(prefix="dedup-run-")
            weakref.finalize(self, self._here.cleanup)
        path = Path(self._here.name, name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            url = f"{self._url.rstrip('/')}/{name}"
            self._transfers.request(url, lambda: self._system.get_file(self._at(name), str(part)))
            part.rename(path)
        return path

    def write(self, name: str, content: bytes) -> None:
        """Write a small file.

        Raises
        ------
        OutputError
        """
        self._written("write to", lambda: self._system.pipe_file(self._at(name), content))

    def upload(self, path: Path, name: str) -> None:
        """Write a file, which is there as a whole or not at all; errors as for ``write``."""
        self._written("write to", lambda: self._system.put_file(str(path), self._at(name)))

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all in it, if it exists; errors as for ``write``."""

        def removed() -> None:
            self._system.invalidate_cache()
            if self._system.exists(self._at(name)):
                self._system.rm(self._at(name), recursive=True)

        self._written("remove a file of", removed)

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _written(self, what: str, request: Callable[[], Answer]) -> Answer:
        """Make a request of a run that writes here."""
        try:
            return self._transfers.request(self._url, request, what)
        except InputError as error:
            raise OutputError(error.found, error.expected, error.hint) from None
