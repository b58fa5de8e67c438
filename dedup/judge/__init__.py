"""Comparing candidate pairs for real: their evidence, their relation, families of versions, and clusters."""
