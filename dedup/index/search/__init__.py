"""Find candidates and matches of new texts among stored documents: sketches, postings, frequencies, and the search."""
