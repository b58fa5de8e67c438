"""The lasting index: documents are added one by one or in batches, and each is answered with what it copies.

- ``index`` the class; ``aio`` the same for event loops; ``bulk`` the same for runs; ``rebuild`` from the texts
- ``record`` what callers pass, checked; ``match`` what they get
- ``features`` what is computed of new texts; ``search`` their matches among stored ones; ``decisions`` on them
- ``protocol`` of the back ends, ``folder`` and ``redis``; ``place`` which of them a path means
- ``stored``, ``vocabulary`` a document as it is stored; ``facts`` an index about itself; ``tuning`` sizes
"""

from dedup.index.index import Index
from dedup.index.match import Decision, Document, Match

__all__ = ["Decision", "Document", "Index", "Match"]
