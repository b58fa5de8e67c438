"""Find the pairs of documents that are worth comparing: by MinHash and LSH, and by rare word pairs."""
