"""Measure what an index costs to fill and to query, in a folder and on Redis, beside datasketch."""
