"""Fit the models of relations to labelled pairs: the labels, the fit, and the shipped labelled data."""
