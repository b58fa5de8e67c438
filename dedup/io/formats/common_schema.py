"""The one schema that all files of tables in an input have, since their kept records are written to one file."""

from __future__ import annotations

import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.paths import InputFile


class CommonSchema:
    """The schema of the first file, which those of all others must equal.

    Parameters
    ----------
    noun : str
        What the files are, for messages.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self.schema: pa.Schema | None = None
        self._file = ""

    def take(self, file: InputFile, schema: pa.Schema) -> None:
        """Take the schema of another file.

        Raises
        ------
        InputError
            When it is another one.
        """
        if self.schema is None:
            self.schema, self._file = schema, file.name
            return
        if schema.equals(self.schema):
            return
        ours, theirs = ([f"{field.name}: {field.type}" for field in one] for one in (schema, self.schema))
        different = [f"{file.name} has {column}" for column in ours if column not in theirs]
        different += [f"{self._file} has {column}" for column in theirs if column not in ours]
        raise InputError(
            f"{file.name} has a different schema from {self._file}"
            + (
                f" ({'; '.join(different[:6])})" if different else " (in the order of columns, or in which may be null)"
            ),
            f"one schema for all {self._noun} inputs",
            "run them separately, or convert them to one schema first",
        )
