"""Which fields of a record hold the text, the id, the date and the source, and how often each was used."""
