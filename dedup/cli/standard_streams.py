"""Make standard input, output and error safe to use, in whatever state the caller left them.

Only for a process of our own: nothing is done on import.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def secure_streams() -> None:
    """Replace streams that are closed or lose output, and escape characters that their encoding lacks.

    Python gives a program None for a stream that its caller has closed (``>&-``); here it is an empty one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  to the end of the process
    sys.stdout = _complete(sys.stdout)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def settle_streams() -> None:
    """Flush standard output and error; drop what cannot be written, so that Python does not report it at its exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _complete(stream: TextIO) -> TextIO:
    """Return a stream that writes everything or fails; Python's own does not under ``PYTHONUNBUFFERED``.

    If the system accepts only a part of a line, as on a disk that is almost full, Python's stream silently drops the
    rest.
    """
    if not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", 1, stream.encoding, stream.errors, closefd=False)
