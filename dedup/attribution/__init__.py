"""Attribute texts: find the agency that a text credits, and the side of a pair that is the copy."""
