"""Measure whether runs are right: copies found, documents dropped by mistake, relations, who copied whom."""
