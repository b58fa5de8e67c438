"""The index in a folder: documents in SQLite, postings in sorted segments."""
