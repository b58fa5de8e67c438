"""Define a place: where one input file is, how it is opened, and how a change of it is noticed."""

from __future__ import annotations

from io import RawIOBase
from pathlib import Path
from typing import Protocol

State = tuple[int, int]
"""Size in bytes, and a number that is another one after a change: nanoseconds of the last one, or a hash."""


class Place(Protocol):
    """Where one file is. A small, immutable value; nothing is open in it.

    A file is read several times: its beginning is looked at, all of it is read, and the kept records are copied from it
    again.
    """

    @property
    def local_path(self) -> Path | None:
        """Its path, if it is a file of its own on this machine: what maps files takes this; None for all others."""

    @property
    def stored_in(self) -> Path | None:
        """The local file that is read, and must not be written to: itself, or the archive that it is a member of.

        None of what is not on this machine.
        """

    @property
    def shown(self) -> str:
        """What a person on another day would find it by: an absolute path, or a URL without secrets; unique."""

    def open(self) -> RawIOBase:
        """Open it to be read: binary, without a buffer, with ``read``, ``seek`` and ``tell``.

        Raises
        ------
        OSError
        InputError
            With a hint what to do.
        """

    def size(self) -> int:
        """Return its size in bytes; errors as for ``open``."""

    def state(self) -> State:
        """Return its state, which changes when it is written to; errors as for ``open``."""

    def shown_state(self, state: State) -> str:
        """Return a state of it as a message shows it."""

    def version(self) -> str | None:
        """Return what the place itself says names the content of now, as an ETag does.

        None: it says nothing, and a digest of the content has to serve. Errors as for ``open``.
        """
