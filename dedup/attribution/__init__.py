"""Attribute texts: find the agency that a text credits, and which side of a pair is the copy."""
