"""Keep Python's garbage collector from visiting every object over and over while a short command starts and ends.

Only for a process of our own: nothing is done on import. Set the environment variable ``DEDUP_COLLECT`` to leave the
collector as Python has it.

@@FIGURES
"""

from __future__ import annotations

import gc
import os

SWITCH = "DEDUP_COLLECT"

OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""More than the start makes, hardly any of them garbage; with Python's 700 it is searched for garbage 250 times."""


def relax_collection() -> None:
    """Collect garbage seldom, from the start of the process."""
    if not os.environ.get(SWITCH):
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def stop_collection() -> None:
    """Spare the collections that Python makes at its end, when all memory goes back to the system anyway."""
    if not os.environ.get(SWITCH):
        gc.disable()
        gc.freeze()
