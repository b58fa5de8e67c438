"""Fit the relation models to labelled pairs: labels, the fit itself, and the shipped labelled data."""
