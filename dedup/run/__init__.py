"""Deduplicate, from inputs to result: the stages of a run, its checkpoints, and its index."""
