"""Models fitted to labelled pairs: the labels, the fit, and the shipped labelled data."""
