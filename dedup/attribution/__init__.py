"""Who had a text first: the news agencies it credits, and which side of a pair is the copy."""
