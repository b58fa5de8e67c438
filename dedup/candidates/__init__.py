"""Finding the pairs of documents that are worth a comparison: by MinHash and LSH, and by rare word pairs."""
