"""The back end in a folder: documents in SQLite, postings in sorted segments, one writer at a time."""
