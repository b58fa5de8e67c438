"""A deduplication run from its inputs to its result: the stages, their checkpoints, and an index beside them."""
