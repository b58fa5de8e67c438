"""Choose the fields of records that hold text, id, date and source, and count how often each is used."""
