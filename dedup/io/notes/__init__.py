"""Report on an input: counts, refusals, the fields that were used, and defects of its texts."""
