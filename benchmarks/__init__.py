"""Benchmarks of dedup, by what they measure; README.md maps questions to commands, which run from the checkout."""
