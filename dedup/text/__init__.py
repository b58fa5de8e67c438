"""From text to tokens: markup removed, letters folded, words hashed, shingles."""
