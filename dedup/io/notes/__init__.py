"""What is reported of an input: counts, refusals, the fields that were used, and what is wrong with its texts."""
