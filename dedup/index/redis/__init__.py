"""The back end on a Redis server: several writers on several machines, with the same answers as in a folder.

- ``backend`` the protocol; ``state`` what a client has in memory; ``turn`` how it is changed; ``lock`` the writer's
- ``url`` the address; ``failures`` in words; ``commands`` keys and commands; ``committed`` the state after a commit
- ``buckets`` postings by linear hashing; ``lookup`` documents by id, copies by original
- ``codec`` a document as bytes; ``columns`` a few bytes of every document; ``snapshots`` the table of frequencies
- ``maintenance`` removed documents swept; ``integrity`` whether all is whole
"""
