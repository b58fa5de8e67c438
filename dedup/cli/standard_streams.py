"""Make standard input, output and error safe to use, whatever the caller has made of them.

Only for a process of our own: nothing is done on import.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def secure_streams() -> None:
    """Replace streams that are closed or lose output, and print what an encoding cannot hold as escapes.

    Python gives a program None for a stream that its caller has closed (``>&-``); here it is an empty one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  to the end of the process
    sys.stdout = _complete(sys.stdout)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def settle_streams() -> None:
    """Write out what has been printed; drop what cannot be, so that Python does not report it again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _complete(stream: TextIO) -> TextIO:
    """Return a stream that writes everything or fails, which Python's own does not under ``PYTHONUNBUFFERED``.

    Of a line that the system accepts only in part, as on a disk that is almost full, that one silently drops the rest.
    """
    if not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", 1, stream.encoding, stream.errors, closefd=False)
