"""Collections of datasketch signatures, asked beside an index: their texts need not be there any more.

- ``reading`` signatures out of datasketch's objects
- ``stored`` the signatures in a folder: a database and runs of band keys
- ``signatures`` the class that loads them and tells what a text resembles, by estimate
- ``beside`` an index and such signatures asked together
"""

from dedup.integrations.datasketch.collection import EstimatedMatch, Loaded, Signatures
from dedup.integrations.datasketch.combined import IndexWithSignatures
from dedup.integrations.datasketch.readers import Signature, signatures_of

__all__ = ["EstimatedMatch", "IndexWithSignatures", "Loaded", "Signature", "Signatures", "signatures_of"]
