"""Check the ids of records that are added to an index: each record has its own, and none is too long."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from dedup.errors import InputError
from dedup.index.record import ID_BYTES
from dedup.io import Batch
from dedup.io.fields.roles import named_by
from dedup.io.formats.batch_builder import names_of_rows


def check_ids(batch: Batch) -> None:
    """Refuse records without an id of their own, because ids made up for them would occur again in the next input.

    Raises
    ------
    InputError
        With file and row of the first.
    """
    is_nameless = np.asarray(pc.equal(batch.id, names_of_rows(batch.file, batch.row))) | batch.numbered
    is_nameless[list(batch.rejected)] = False
    if is_nameless.any():
        found = f"{batch.file}, row {batch.row[np.argmax(is_nameless)]}: no id"
        hint = f"name the field with {named_by('id')}; the index identifies documents by it"
        raise InputError(found, "an id for every record that goes to an index", hint)
    sizes = np.asarray(pc.binary_length(batch.id))
    if sizes.max(initial=0) > ID_BYTES:
        found = f"{batch.file}, row {batch.row[np.argmax(sizes)]}: an id of {sizes.max():,} bytes"
        raise InputError(found, f"at most {ID_BYTES:,} in an index")
