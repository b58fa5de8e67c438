"""Measure what runs cost in time and memory: beside rivals, over the size of the corpus, on hostile input."""
