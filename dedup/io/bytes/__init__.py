"""Find files and read their bytes: decompressed, decoded, cut into lines."""
