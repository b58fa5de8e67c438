"""Repair mojibake in texts, before they are compared: UTF-8 that was read as windows-1252, as in "FranÃ§ois".

Only texts that `dedup.kernels.mojibake` finds are touched; ftfy says what they were.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dedup.kernels import mojibake as kernel
from dedup.text.tokens import buffers


def without_mojibake(texts: pa.LargeBinaryArray, mode: str) -> pa.LargeBinaryArray:
    """Repair the texts that are mojibake.

    Parameters
    ----------
    texts : pyarrow.LargeBinaryArray
        UTF-8, but not surely valid; what is not stays as it is.
    mode : str
        One of `dedup.params.MOJIBAKE`: ``keep`` leaves all texts as they are, ``repair`` needs ftfy.

    Returns
    -------
    pyarrow.LargeBinaryArray
        The same array where nothing is to be changed. Nulls stay.
    """
    if mode == "keep" or len(texts) == 0:
        return texts
    found = np.empty(len(texts), np.uint8)
    kernel.examine(*buffers(texts), found)
    (affected,) = np.nonzero(found & (kernel.MOJIBAKE | kernel.UNDECODABLE) == kernel.MOJIBAKE)
    if not len(affected):
        return texts
    from ftfy import fix_encoding  # a tenth of a second, for those who ask for it

    values = texts.to_pylist()
    for place in affected.tolist():
        values[place] = fix_encoding(values[place].decode()).encode("utf-8", "surrogatepass")
    return pa.array(values, pa.large_binary())
