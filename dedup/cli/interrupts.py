"""End a command in order when it is interrupted: the first signal stops the work, and the next do not stop the tidying.

Only for a process of our own: nothing is done on import.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

CODE = 130
"""The exit code of an interrupted command."""

STOPPING = b"dedup: stopping; interrupt once more to end at once, without tidying up\n"

_HANDLED: list[signal.Signals] = []


def interrupt_once() -> None:
    """Let Ctrl-C, and SIGTERM, raise `KeyboardInterrupt` once; a second is answered, and a third ends the process.

    That is no worse than a kill, after which everything that was finished is there. Signals that the caller of the
    process has set to be ignored, as ``nohup`` does, stay ignored.
    """
    count = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise KeyboardInterrupt
        if count > 2:
            os._exit(CODE)
        os.write(2, STOPPING)

    for one, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(one) == usual:
            signal.signal(one, handle)
            _HANDLED.append(one)


def ignore_interrupts() -> None:
    """Ignore further signals, when all is tidied up: a process that is coming to its end would die of them."""
    for one in _HANDLED:
        signal.signal(one, signal.SIG_IGN)
