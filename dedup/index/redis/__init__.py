"""The index on a Redis server: several writers on several machines, the same answers as from a folder.

- ``storage`` what of it a client has in memory, and turns: one writer at a time, each commit whole or not at all
- ``address`` the URL, and errors in words; ``server`` keys and commands; ``state`` what is committed
- ``lease`` whose turn it is; ``buckets`` postings by linear hashing; ``rows`` a document as bytes
- ``lookup`` documents by id, copies by original; ``columns`` few bytes of every document
- ``snapshots`` the table of frequencies
- ``sweeping`` what is left of removed documents; ``checking`` whether all is whole
"""
