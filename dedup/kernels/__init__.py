"""Loops only: arrays in, arrays out, no knowledge of the rest of the package."""
