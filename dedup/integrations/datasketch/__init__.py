"""Search collections of datasketch signatures together with an index, even where the texts are gone.

- ``readers`` reads signatures out of datasketch's objects
- ``store`` keeps signatures in a folder: a database, and sorted runs of band keys
- ``collection`` is the public class, which loads signatures and estimates what a text resembles
- ``combined`` searches an index and such a collection together
"""

from dedup.integrations.datasketch.collection import EstimatedMatch, LoadCounts, LoadTuning, Signatures
from dedup.integrations.datasketch.combined import IndexWithSignatures
from dedup.integrations.datasketch.readers import Signature, read_signatures

__all__ = [
    "EstimatedMatch",
    "IndexWithSignatures",
    "LoadCounts",
    "LoadTuning",
    "Signature",
    "Signatures",
    "read_signatures",
]
