"""The persistent index: documents come one by one or in batches, and each is told what it copies.

- ``index`` the class: asking, writing, keeping; ``backend`` what it needs of the place where documents are kept
- ``embedded`` such a place: a folder, one writer, calls undone as a whole; ``opening`` an index made, or refused
- ``given`` what callers pass, checked; ``answers`` what they get
- ``storage`` the state on disk and in memory; ``documents`` the database; ``runfiles`` sorted postings in files
- ``finder`` new texts to matches; ``prepared``, ``sketching`` what is computed of texts; ``texts`` those compared
- ``postings``, ``frequencies``, ``packing`` what is held of documents; ``verdicts`` matches told
- ``checking`` whether all is whole; ``lock`` one writer at a time
"""

from dedup.index.index import Index
from dedup.index.match import Decision, Document, Match

__all__ = ["Decision", "Document", "Index", "Match"]
