"""Bytes of files: paths, decompression, encodings, lines."""
